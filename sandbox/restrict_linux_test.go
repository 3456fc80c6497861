package sandbox

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The test binary enters domains and tries things in them itself.
func TestMain(m *testing.M) {
	if status, is := Hidden(os.Args[1:], os.Environ()); is {
		os.Exit(status)
	}
	if len(os.Args) > 1 && os.Args[1] == "try" {
		for _, attempt := range os.Args[2:] {
			fmt.Println(attempt, try(attempt))
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// try does one thing ("read PATH") and says whether it was possible.
func try(attempt string) bool {
	words := strings.Fields(attempt)
	var err error
	switch words[0] {
	case "read":
		_, err = os.ReadFile(words[1])
	case "list":
		_, err = os.ReadDir(words[1])
	case "write":
		err = os.WriteFile(words[1], []byte("x"), 0o600)
	case "truncate":
		err = os.Truncate(words[1], 0)
	case "rename":
		err = os.Rename(words[1], words[2])
	case "node":
		err = unix.Mknod(words[1], unix.S_IFBLK|0o600, int(unix.Mkdev(254, 0)))
	case "kill":
		var pid int
		if pid, err = strconv.Atoi(words[1]); err == nil {
			err = syscall.Kill(pid, 0)
		}
	case "connect":
		err = reach(unix.SOCK_STREAM, 0, words[1],
			func(socket int, to unix.Sockaddr) error { return unix.Connect(socket, to) })
	case "multipath":
		err = reach(unix.SOCK_STREAM, unix.IPPROTO_MPTCP, words[1],
			func(socket int, to unix.Sockaddr) error { return unix.Connect(socket, to) })
	case "fast-open":
		err = reach(unix.SOCK_STREAM, 0, words[1], func(socket int, to unix.Sockaddr) error {
			return unix.Sendto(socket, []byte("x"), unix.MSG_FASTOPEN, to)
		})
	case "fast-open-message":
		err = reach(unix.SOCK_STREAM, 0, words[1], func(socket int, to unix.Sockaddr) error {
			return unix.Sendmsg(socket, []byte("x"), nil, to, unix.MSG_FASTOPEN)
		})
	case "fast-open-connect":
		err = reach(unix.SOCK_STREAM, 0, words[1], func(socket int, to unix.Sockaddr) error {
			if err := unix.SetsockoptInt(socket, unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 1); err != nil {
				return err
			}
			return unix.Connect(socket, to)
		})
	case "datagram":
		err = reach(unix.SOCK_DGRAM, 0, words[1],
			func(socket int, to unix.Sockaddr) error { return unix.Sendto(socket, []byte("x"), 0, to) })
	case "pair":
		_, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	case "ring":
		_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 0, 0, 0)
		if errno == unix.ENOSYS {
			err = errno
		}
	}
	return err == nil
}

// reach uses a new socket with an address of this machine.
func reach(kind, protocol int, address string, use func(socket int, to unix.Sockaddr) error) error {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	socket, err := unix.Socket(unix.AF_INET, kind, protocol)
	if err != nil {
		return err
	}
	return use(socket, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
}

// inDomain tries things in a domain, and says which were possible.
func inDomain(t *testing.T, domain Domain, attempts ...string) []string {
	t.Helper()
	if Version() == 0 {
		t.Skip("skipped: this kernel has no Landlock, or a container forbids it")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "domain.json")
	if err := domain.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	words := Command(self, file, self, append([]string{self, "try"}, attempts...))
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var possible []string
	for _, attempt := range attempts {
		switch {
		case strings.Contains(string(out), attempt+" true\n"):
			possible = append(possible, attempt)
		case !strings.Contains(string(out), attempt+" false\n"):
			t.Fatalf("nothing is said of %q: %s", attempt, out)
		}
	}
	return possible
}

// listen answers on a port of this machine until the test ends.
func listen(t *testing.T) (address string, port uint16) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String(), uint16(listener.Addr().(*net.TCPAddr).Port)
}

func TestFilesInTheSandbox(t *testing.T) {
	root, input := machine(t, "run/", "link -> home", "home/shortcut -> home/.ssh")
	at := func(name string) string { return filepath.Join(root, name) }
	input.Write = []string{at("run"), at("home/work")}
	input.Home = at("link")
	domain, _, err := New(input)
	if err != nil {
		t.Fatal(err)
	}
	permitted := []string{
		"read " + at("home/.bashrc"), "read " + at("link/.bashrc"), "list " + at("home"),
		"list " + at("home/.ssh"), "write " + at("run/x"),
		"write " + at("home/work/new"), "read " + at("home/work/new"), "read " + at("home/work/.env"), "rename " +
			at("run/x") + " " + at("home/work/y"),
		"write /dev/null", "read /proc/self/environ", "pair x",
	}
	denied := []string{
		"read " + at("home/.ssh/id"), "read " + at("link/.ssh/id"), "read " + at("home/shortcut/id"),
		"read " + at("home/.netrc"),
		"write " + at("home/.bashrc"), "write " + at("home/.profile"), "write " + at("home/.ssh/authorized_keys"),
		"write " + at("elsewhere/x"),
		"rename " + at("home/.ssh/id") + " " + at("run/id"), "rename " + at("home/.netrc") + " " + at("run/netrc"),
		"node " + at("run/disk"), "read /proc/" + strconv.Itoa(os.Getpid()) + "/environ",
	}
	if Version() >= 3 {
		denied = append(denied, "truncate "+at("home/.bashrc"))
	}
	if Version() >= 6 {
		denied = append(denied, "kill "+strconv.Itoa(os.Getpid()))
	}
	got := inDomain(t, domain, slices.Concat(permitted, denied)...)
	if Version() == 1 {
		permitted = slices.DeleteFunc(permitted, func(attempt string) bool { return strings.HasPrefix(attempt, "rename") })
	}
	if diff := cmp.Diff(permitted, got); diff != "" {
		t.Errorf("permitted: %s", diff)
	}
}

func TestNetworkInTheSandbox(t *testing.T) {
	address, port := listen(t)
	other, _ := listen(t)
	attempts := []string{
		"connect " + address, "connect " + other, "multipath " + address, "fast-open " + address,
		"fast-open-message " + address,
		"fast-open-connect " + address, "datagram " + address, "ring x",
	}
	for _, test := range []struct {
		network Network
		ports   []uint16
		want    []string
	}{
		{NetworkNone, nil, nil},
		{NetworkPorts, []uint16{port}, []string{"connect " + address}},
		{NetworkPorts, nil, nil},
	} {
		if Version() < 4 && test.network == NetworkPorts || !filtersNetwork() {
			t.Logf("not tried: %s, which this system cannot close", test.network)
			continue
		}
		got := inDomain(t, Domain{ReadDirectories: []string{"/"}, Network: test.network, Ports: test.ports}, attempts...)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %d: %s", test.network, test.ports, diff)
		}
	}
	got := inDomain(t, Domain{ReadDirectories: []string{"/"}, Network: NetworkAll}, attempts...)
	if !slices.Contains(got, "connect "+other) || !slices.Contains(got, "datagram "+address) {
		t.Errorf("all: only %q", got)
	}
}

// A second domain within the first one only takes away.
func TestDomainsStack(t *testing.T) {
	root := realDirectory(t)
	plant(t, root, "outer/a", "outer/inner/b")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if Version() == 0 {
		t.Skip("skipped: this kernel has no Landlock, or a container forbids it")
	}
	outer := Domain{ReadDirectories: []string{"/"}, Write: []string{filepath.Join(root, "outer")}, Network: NetworkNone}
	inner := Domain{ReadDirectories: []string{"/"}, Write: []string{filepath.Join(root, "outer/inner"), root},
		Network: NetworkAll}
	for name, domain := range map[string]Domain{"outer.json": outer, "inner.json": inner} {
		if err := domain.WriteFile(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	address, _ := listen(t)
	within := Command(self, filepath.Join(root, "inner.json"), self, []string{
		self, "try", "write " + filepath.Join(root, "outer/inner/c"), "write " + filepath.Join(root, "x"),
		"connect " + address,
	})
	words := Command(self, filepath.Join(root, "outer.json"), self, within)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"inner/c true", "/x false"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is missing: %s", want, out)
		}
	}
	if closed, _ := Coverage(Version(), NetworkNone); slices.Contains(closed, PartTCP) &&
		!strings.Contains(string(out), address+" false") {
		t.Errorf("the network is open again: %s", out)
	}
}

func TestEnterRefuses(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{{}, {filepath.Join(t.TempDir(), "gone"), self, self}} {
		out, err := exec.Command(self, append([]string{EnterCommand}, words...)...).CombinedOutput()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 125 || !strings.HasPrefix(string(out), "thresher: ") {
			t.Errorf("%q: %v: %s", words, err, out)
		}
	}
}

func TestProbe(t *testing.T) {
	if Version() == 0 {
		t.Skip("skipped: this kernel has no Landlock, or a container forbids it")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, input := machine(t, "run/")
	input.Write = []string{filepath.Join(root, "run")}
	domain, _, err := New(input)
	if err != nil {
		t.Fatal(err)
	}
	address, _ := listen(t)
	probe := Probe{
		Secret: filepath.Join(input.Home, ".ssh/id"), Write: filepath.Join(input.Home, ".profile"),
		Own:     filepath.Join(root, "run/x"),
		Address: address, Variable: "GITHUB_TOKEN",
	}
	asked, err := json.Marshal(probe)
	if err != nil {
		t.Fatal(err)
	}
	attempt := func(words []string) (done Probe) {
		command := exec.Command(words[0], words[1:]...)
		command.Env = []string{ProbeVariable + "=" + string(asked), "GITHUB_TOKEN=x"}
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &done); err != nil {
			t.Fatal(err)
		}
		return done
	}
	if outside := attempt([]string{self, ProbeCommand}); !outside.Read || !outside.Wrote || !outside.Connected ||
		!outside.Saw || !outside.Works {
		t.Errorf("outside: %+v", outside)
	}
	if err := os.Remove(probe.Write); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "domain.json")
	if err := domain.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	inside := attempt(Command(self, file, self, []string{self, ProbeCommand}))
	if inside.Read || inside.Wrote || !inside.Works || inside.Connected && filtersNetwork() {
		t.Errorf("inside: %+v", inside)
	}
	if got, want := inside.Escaped(), "saw a variable"; filtersNetwork() && got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The filter is run call by call, for both architectures that it knows.
func TestNetworkFilter(t *testing.T) {
	const allowed = unix.SECCOMP_RET_ALLOW
	denied := func(errno unix.Errno) int { return unix.SECCOMP_RET_ERRNO | int(errno) }
	for name, architecture := range filterArchitectures {
		for _, test := range []struct {
			name      string
			call      uint32
			arguments [4]uint32
			ports     int // with TCP
			none      int // without
		}{
			{"tcp", unix.SYS_SOCKET, [4]uint32{unix.AF_INET, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, 0}, allowed,
				denied(unix.EACCES)},
			{"tcp by its number", unix.SYS_SOCKET, [4]uint32{unix.AF_INET6, unix.SOCK_STREAM, unix.IPPROTO_TCP}, allowed,
				denied(unix.EACCES)},
			{"multipath tcp", unix.SYS_SOCKET, [4]uint32{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP},
				denied(unix.EACCES), denied(unix.EACCES)},
			{"sctp", unix.SYS_SOCKET, [4]uint32{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP}, denied(unix.EACCES),
				denied(unix.EACCES)},
			{"udp", unix.SYS_SOCKET, [4]uint32{unix.AF_INET, unix.SOCK_DGRAM, 0}, denied(unix.EACCES), denied(unix.EACCES)},
			{"udp 6", unix.SYS_SOCKET, [4]uint32{unix.AF_INET6, unix.SOCK_DGRAM | unix.SOCK_NONBLOCK, 0}, denied(unix.EACCES),
				denied(unix.EACCES)},
			{"raw", unix.SYS_SOCKET, [4]uint32{unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP}, denied(unix.EACCES),
				denied(unix.EACCES)},
			{"packets", unix.SYS_SOCKET, [4]uint32{unix.AF_PACKET, unix.SOCK_RAW, 0}, denied(unix.EACCES), denied(unix.EACCES)},
			{"virtual machines", unix.SYS_SOCKET, [4]uint32{unix.AF_VSOCK, unix.SOCK_STREAM, 0}, denied(unix.EACCES),
				denied(unix.EACCES)},
			{"unix", unix.SYS_SOCKET, [4]uint32{unix.AF_UNIX, unix.SOCK_STREAM, 0}, allowed, allowed},
			{"netlink", unix.SYS_SOCKET, [4]uint32{unix.AF_NETLINK, unix.SOCK_RAW, 0}, allowed, allowed},
			{"fast open", unix.SYS_SENDTO, [4]uint32{3, 0, 1, unix.MSG_FASTOPEN | unix.MSG_NOSIGNAL}, denied(unix.EOPNOTSUPP),
				denied(unix.EOPNOTSUPP)},
			{"a send", unix.SYS_SENDTO, [4]uint32{3, 0, unix.MSG_FASTOPEN, unix.MSG_NOSIGNAL}, allowed, allowed},
			{"fast open of a message", unix.SYS_SENDMSG, [4]uint32{3, 0, unix.MSG_FASTOPEN}, denied(unix.EOPNOTSUPP),
				denied(unix.EOPNOTSUPP)},
			{"fast open of messages", unix.SYS_SENDMMSG, [4]uint32{3, 0, 1, unix.MSG_FASTOPEN}, denied(unix.EOPNOTSUPP),
				denied(unix.EOPNOTSUPP)},
			{"fast open by option", unix.SYS_SETSOCKOPT, [4]uint32{3, unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT},
				denied(unix.EOPNOTSUPP), denied(unix.EOPNOTSUPP)},
			{"another option", unix.SYS_SETSOCKOPT, [4]uint32{3, unix.IPPROTO_TCP, unix.TCP_NODELAY}, allowed, allowed},
			{"an option of another level", unix.SYS_SETSOCKOPT, [4]uint32{3, unix.SOL_SOCKET, unix.TCP_FASTOPEN_CONNECT},
				allowed, allowed},
			{"io_uring", unix.SYS_IO_URING_SETUP, [4]uint32{}, denied(unix.ENOSYS), denied(unix.ENOSYS)},
			{"read", unix.SYS_READ, [4]uint32{0, 0, unix.MSG_FASTOPEN, unix.MSG_FASTOPEN}, allowed, allowed},
			{"execve", unix.SYS_EXECVE, [4]uint32{}, allowed, allowed},
		} {
			for tcp, want := range map[bool]int{true: test.ports, false: test.none} {
				if got := answer(t, networkFilter(architecture, tcp), architecture, test.call, test.arguments); got != want {
					t.Errorf("%s, %s, tcp %t: %#x, want %#x", name, test.name, tcp, got, want)
				}
			}
		}
		if got := answer(t, networkFilter(architecture, true), architecture+1, unix.SYS_READ,
			[4]uint32{}); got != denied(unix.ENOSYS) {
			t.Errorf("%s: another architecture: %#x", name, got)
		}
	}
	if got := answer(t, networkFilter(unix.AUDIT_ARCH_X86_64, true), unix.AUDIT_ARCH_X86_64, unix.SYS_READ|alienCalls,
		[4]uint32{}); got != denied(unix.ENOSYS) {
		t.Errorf("a call of x32: %#x", got)
	}
}

// answer runs the filter as the kernel does. The machine of the test reads
// numbers with the highest byte first, so they are laid down that way.
func answer(t *testing.T, program filter, architecture, call uint32, arguments [4]uint32) int {
	t.Helper()
	var raw []bpf.RawInstruction
	for _, instruction := range program {
		raw = append(raw, bpf.RawInstruction{Op: instruction.Code, Jt: instruction.Jt, Jf: instruction.Jf, K: instruction.K})
	}
	instructions, known := bpf.Disassemble(raw)
	if !known {
		t.Fatal("the filter has an instruction that is none")
	}
	machine, err := bpf.NewVM(instructions)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 64)
	put := func(offset int, value uint32) {
		data[offset], data[offset+1], data[offset+2], data[offset+3] = byte(value>>24), byte(value>>16),
			byte(value>>8), byte(value)
	}
	put(offsetNumber, call)
	put(offsetArchitecture, architecture)
	for i, value := range arguments {
		put(offsetArguments+8*i, value)
	}
	got, err := machine.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
