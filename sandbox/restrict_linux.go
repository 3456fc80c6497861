package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/landlock-lsm/go-landlock/landlock"
	kernel "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Rights of Landlock (landlock(7)). Nodes of devices are never made: root could
// read a disk by one.
const (
	rightsToReadFile  = kernel.AccessFSExecute | kernel.AccessFSReadFile
	rightsToRead      = rightsToReadFile | kernel.AccessFSReadDir
	rightsToWriteFile = kernel.AccessFSWriteFile | kernel.AccessFSTruncate
	rightsToWrite     = rightsToWriteFile | kernel.AccessFSRemoveDir | kernel.AccessFSRemoveFile |
		kernel.AccessFSMakeDir | kernel.AccessFSMakeReg | kernel.AccessFSMakeSock | kernel.AccessFSMakeFifo |
		kernel.AccessFSMakeSym | kernel.AccessFSRefer | kernel.AccessFSResolveUnix
)

// sinceABI are the rights of files that came after the first version.
var sinceABI = []struct {
	abi    int
	rights landlock.AccessFSSet
}{
	{2, kernel.AccessFSRefer}, {3, kernel.AccessFSTruncate}, {5, kernel.AccessFSIoctlDev},
	{9, kernel.AccessFSResolveUnix},
}

// Version is the version of Landlock that the kernel speaks, 0 for none: it is
// too old, was started without it, or a container forbids the call.
func Version() int {
	version, err := kernel.LandlockGetABIVersion()
	if err != nil || version < 0 {
		return 0
	}
	return version
}

// Enter puts this process, and all that it will start, into a domain for good.
// On a kernel that knows less than the domain says, what it knows is enforced;
// on one without Landlock it is an error.
func Enter(domain Domain) error {
	version := Version()
	if version == 0 {
		return ErrUnsupported
	}
	handled := landlock.V11
	for _, since := range sinceABI {
		if version < since.abi {
			handled.HandledAccessFS &^= since.rights
		}
	}
	if version < 10 {
		handled.HandledAccessNet = kernel.AccessNetBindTCP | kernel.AccessNetConnectTCP
	}
	if version < 4 || domain.Network == NetworkAll {
		handled.HandledAccessNet = 0
	}
	if version < 6 {
		handled.Scoped = 0
	}
	granted := func(rights landlock.AccessFSSet, paths ...string) landlock.Rule {
		return landlock.PathAccess(rights&handled.HandledAccessFS, paths...).IgnoreIfMissing()
	}
	rules := []landlock.Rule{
		granted(kernel.AccessFSReadDir, "/"), // what there is may be seen, not what is in it
		granted(rightsToRead, reachable(domain.ReadDirectories, unix.O_DIRECTORY)...),
		granted(rightsToReadFile, reachable(domain.ReadFiles, 0)...),
		granted(rightsToRead|rightsToWrite|kernel.AccessFSIoctlDev, reachable(domain.Write, unix.O_DIRECTORY)...),
		granted(rightsToWrite, reachable(domain.WriteOnly, unix.O_DIRECTORY)...),
		granted(rightsToReadFile|rightsToWriteFile|kernel.AccessFSIoctlDev, reachable(domain.WriteFiles, 0)...),
	}
	if version >= 9 {
		rules = append(rules, granted(kernel.AccessFSResolveUnix, reachable(domain.Sockets, 0)...))
	}
	if domain.Network == NetworkPorts && handled.HandledAccessNet != 0 {
		for _, port := range domain.Ports {
			rules = append(rules, landlock.ConnectTCP(port))
		}
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	if err := handled.Restrict(rules...); err != nil {
		return fmt.Errorf("enter the sandbox: %w", err)
	}
	if domain.Network == NetworkAll {
		return nil
	}
	return filterNetwork(domain.Network == NetworkPorts)
}

// reachable leaves out what this user cannot reach: another's file system, a
// dead mount, what is gone by now.
func reachable(paths []string, flags int) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		descriptor, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC|flags, 0)
		if err == nil {
			err = unix.Close(descriptor)
		}
		return err != nil
	})
}

// dangerous are the capabilities by which root reads what no file system
// guards: disks, memory, other processes, the kernel (capabilities(7)).
var dangerous = []uintptr{
	unix.CAP_DAC_READ_SEARCH, unix.CAP_SYS_RAWIO, unix.CAP_SYS_MODULE, unix.CAP_SYS_PTRACE, unix.CAP_SYS_ADMIN,
	unix.CAP_SYS_BOOT,
	unix.CAP_MKNOD, unix.CAP_BPF, unix.CAP_PERFMON, unix.CAP_SYSLOG, unix.CAP_NET_RAW, unix.CAP_NET_ADMIN,
}

// dropCapabilities takes from root, for the program that is started next on
// this thread, what Landlock does not keep it from.
func dropCapabilities() error {
	if os.Geteuid() != 0 {
		return nil
	}
	runtime.LockOSThread() // for good: the program is started from this thread
	for _, capability := range dangerous {
		held, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, capability, 0, 0, 0)
		if err != nil || held == 0 {
			continue // of another kernel, or gone already
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
			return fmt.Errorf("drop capability %d: %w", capability, err)
		}
	}
	return nil
}
