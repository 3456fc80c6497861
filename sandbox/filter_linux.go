package sandbox

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// filterArchitectures are those of which the filter knows the numbers of system
// calls (linux/audit.h); on others it is not set.
var filterArchitectures = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// filtersNetwork says whether a filter of system calls closes what Landlock
// leaves open of the network: the kernel may be without, or a container keep it
// from its programs.
var filtersNetwork = sync.OnceValue(func() bool {
	_, known := filterArchitectures[runtime.GOARCH]
	action := uint32(unix.SECCOMP_RET_ERRNO)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return known && errno == 0
})

// Offsets in struct seccomp_data (linux/seccomp.h). Of an argument the lower
// half is looked at: all that are filtered are of 32 bits.
const (
	offsetNumber       = 0
	offsetArchitecture = 4
	offsetArguments    = 16
)

// alienCalls is the bit by which x86-64 marks the calls of its 32-bit kind.
const alienCalls = 0x40000000

// filter is a program of seccomp that is being written. Each test jumps over
// its answer where it does not hold.
type filter []unix.SockFilter

func (f *filter) add(code uint16, value uint32, whenTrue, whenFalse uint8) {
	*f = append(*f, unix.SockFilter{Code: code, K: value, Jt: whenTrue, Jf: whenFalse})
}

func (f *filter) load(offset uint32) { f.add(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, offset, 0, 0) }

func (f *filter) loadArgument(number uint32) { f.load(offsetArguments + 8*number) }

func (f *filter) answer(action uint32) { f.add(unix.BPF_RET|unix.BPF_K, action, 0, 0) }

func (f *filter) deny(errno unix.Errno) { f.answer(unix.SECCOMP_RET_ERRNO | uint32(errno)) }

func (f *filter) allow() { f.answer(unix.SECCOMP_RET_ALLOW) }

// ifEqual answers by what follows where the loaded value is this one; length is
// the number of instructions to jump over where it is not.
func (f *filter) ifEqual(value uint32, length uint8) {
	f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, value, 0, length)
}

func (f *filter) ifSet(bits uint32, length uint8) {
	f.add(unix.BPF_JMP|unix.BPF_JSET|unix.BPF_K, bits, 0, length)
}

// onCall runs the instructions that body writes where the system call is number.
func (f *filter) onCall(number uint32, body func(*filter)) {
	var inner filter
	body(&inner)
	f.load(offsetNumber)
	f.ifEqual(number, uint8(len(inner)))
	*f = append(*f, inner...)
}

// networkFilter denies what reaches the network past Landlock: every socket
// but those of TCP (and of the machine itself), TCP Fast Open, which connects
// without connect(2), and io_uring, which no filter sees. Without ports it
// denies TCP as well.
func networkFilter(architecture uint32, tcp bool) filter {
	var f filter
	f.load(offsetArchitecture)
	f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, architecture, 1, 0)
	f.deny(unix.ENOSYS) // a program of another architecture has other numbers
	if architecture == unix.AUDIT_ARCH_X86_64 {
		f.load(offsetNumber)
		f.ifSet(alienCalls, 1)
		f.deny(unix.ENOSYS)
	}
	f.onCall(unix.SYS_SOCKET, func(f *filter) {
		f.loadArgument(0)
		for _, family := range []uint32{unix.AF_UNIX, unix.AF_NETLINK} {
			f.ifEqual(family, 1)
			f.allow()
		}
		if tcp {
			f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, unix.AF_INET, 2, 0)
			f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, unix.AF_INET6, 1, 0)
			f.deny(unix.EACCES)
			f.loadArgument(1)
			f.add(unix.BPF_ALU|unix.BPF_AND|unix.BPF_K, 0xf, 0, 0)
			f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, unix.SOCK_STREAM, 1, 0)
			f.deny(unix.EACCES)
			f.loadArgument(2)
			for _, protocol := range []uint32{0, unix.IPPROTO_TCP} {
				f.ifEqual(protocol, 1)
				f.allow()
			}
		}
		f.deny(unix.EACCES)
	})
	for _, call := range []struct{ number, flags uint32 }{
		{unix.SYS_SENDTO, 3}, {unix.SYS_SENDMSG, 2}, {unix.SYS_SENDMMSG, 3},
	} {
		f.onCall(call.number, func(f *filter) {
			f.loadArgument(call.flags)
			f.ifSet(unix.MSG_FASTOPEN, 1)
			f.deny(unix.EOPNOTSUPP)
			f.allow()
		})
	}
	f.onCall(unix.SYS_SETSOCKOPT, func(f *filter) {
		f.loadArgument(1)
		f.ifEqual(unix.IPPROTO_TCP, 3)
		f.loadArgument(2)
		f.ifEqual(unix.TCP_FASTOPEN_CONNECT, 1)
		f.deny(unix.EOPNOTSUPP)
		f.allow()
	})
	f.onCall(unix.SYS_IO_URING_SETUP, func(f *filter) { f.deny(unix.ENOSYS) })
	f.allow()
	return f
}

// filterNetwork sets the filter for all threads of this process and what it
// starts. They cannot gain privileges any more by then.
func filterNetwork(tcp bool) error {
	if !filtersNetwork() {
		return nil
	}
	program := networkFilter(filterArchitectures[runtime.GOARCH], tcp)
	attached := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	failed, _, errno := unix.Syscall(unix.SYS_SECCOMP,
		unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&attached)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return fmt.Errorf("filter system calls: %w", errno)
	}
	if failed != 0 {
		return fmt.Errorf("filter system calls: thread %d does not take the filter", failed)
	}
	return nil
}
