//go:build linux

package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"slices"
	"strings"
	"testing"
	"time"

	"thresher/internal/testkit"
	"thresher/sandbox"
)

// TestRepositoryBySSH: a repository that the command names is fetched by ssh with
// the user's own key, or with an agent, in the sandbox; what is built in the same
// run sees neither the key nor the agent, and reaches nothing.
func TestRepositoryBySSH(t *testing.T) {
	if closed, _ := sandbox.Coverage(sandbox.Version(), sandbox.NetworkNone); !slices.Contains(closed, sandbox.PartTCP) {
		t.Skip("skipped: this kernel has no Landlock that closes the network, or a container forbids it")
	}
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	t.Parallel()
	for _, release := range testkit.PipReleases(t) {
		t.Run(release, func(t *testing.T) { fetchBySSH(t, newWorkplace(t, release)) })
	}
}

func fetchBySSH(t *testing.T, w *workplace) {
	me, err := user.Current()
	if err != nil {
		t.Skipf("skipped: ssh wants an account with an entry: %v", err)
	}
	w.write("home/.ssh/keep", "")
	port := startSSH(t, w)
	spy := testkit.Distribution{Name: "acme-app", Version: "1.0", Backend: testkit.SpyBackend}
	for path, text := range spy.SourceTree() {
		w.write("repository/"+path, text)
	}
	w.shell("cd repository && git init -q && git add . && git -c user.name=n -c user.email=n@index.example " +
		"commit -qm first")
	x := testkit.NewIndex(t)
	other := spy
	other.Name = "acme-spy"
	x.AddSdist(other)
	x.AddWheel(testkit.Setuptools())
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ssh := "ssh -F none -o IdentitiesOnly=yes -o UserKnownHostsFile=" + w.path("home/.ssh/known_hosts")
	key := w.path("home/.ssh/id")
	w.variables = append(w.variables,
		"PIP_INDEX_URL="+x.SimpleURL(), "SPY_READS="+strings.Join([]string{key, w.path("home/.ssh/known_hosts")}, ":"),
		"SPY_VARIABLE=SSH_AUTH_SOCK", "SPY_ADDRESS="+listener.Addr().String(),
	)
	repository := "git+ssh://" + me.Username + "@127.0.0.1:" + port + w.path("repository")
	w.run(binaries+"/thresher", []string{"allow", "git+ssh://127.0.0.1:" + port + w.path("repository"), "--reason",
		"a test"}).want(t, 0)
	install := []string{"install", "--no-cache-dir", "--force-reinstall", "acme-app @ " + repository, "acme-spy"}
	closed := func(said string) {
		t.Helper()
		for _, name := range []string{"acme-app", "acme-spy"} {
			for attempt, done := range w.report(name) {
				if done != (attempt == "own folder") {
					t.Errorf("%s: %s: %s: %t", said, name, attempt, done)
				}
			}
		}
	}

	agent, socket := exec.Command("ssh-agent", "-D", "-a", w.path("tmp/agent")), w.path("tmp/agent")
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Kill() // it may have ended
		_ = agent.Wait()
	})
	waitFor(t, "the agent", func() bool { return isThere(socket) })
	withAgent := "SSH_AUTH_SOCK=" + socket

	// With the key in a file; the agent holds none yet.
	w.pip(install, "GIT_SSH_COMMAND="+ssh+" -i "+key, withAgent).want(t, 0, "+ acme-app 1.0", "acme-spy 1.0")
	closed("by its key")

	// With the agent; the file is away.
	w.shell("SSH_AUTH_SOCK=" + socket + " ssh-add -q home/.ssh/id && mv home/.ssh/id.pub public && rm home/.ssh/id")
	w.write("home/.ssh/id", "no key\n")
	w.pip(install, "GIT_SSH_COMMAND="+ssh+" -i "+w.path("public"), withAgent).want(t, 0, "Successfully installed")
	closed("by the agent")

	// Without either it fails as git does, and not for want of the sandbox.
	got := w.pip(install, "GIT_SSH_COMMAND="+ssh+" -i "+w.path("public"))
	got.want(t, 1, "Permission denied (publickey")

	// By -e the checkout stays, and is built by the same rules.
	edited := spy
	edited.Backend += editable
	for path, text := range edited.SourceTree() {
		w.write("repository/"+path, text)
	}
	w.shell("cd repository && git add . && git -c user.name=n -c user.email=n@index.example commit -qm second")
	if w.from("21.3") {
		w.pip([]string{"install", "--src", w.path("checkouts"), "-e", repository + "#egg=acme-app"},
			"GIT_SSH_COMMAND="+ssh+" -i "+w.path("public"), withAgent).want(t, 0, "Successfully installed")
		closed("edited")
		if !isThere(w.path("checkouts/acme-app/backend.py")) {
			t.Error("--src has no checkout")
		}
	}
}

// startSSH starts a server for this account, with a key in the home directory that
// it lets in. It gives the port.
func startSSH(t *testing.T, w *workplace) (port string) {
	t.Helper()
	server, err := exec.LookPath("sshd")
	if err != nil {
		server = "/usr/sbin/sshd" // on few people's PATH
	}
	for _, program := range []string{server, "ssh", "ssh-agent", "ssh-keygen", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("skipped: there is no %s here", program)
		}
	}
	if os.Geteuid() == 0 {
		// Where it puts a part of itself that needs no rights.
		const empty = "/run/sshd"
		if err := os.Mkdir(empty, 0o755); err == nil {
			t.Cleanup(func() { _ = os.Remove(empty) }) // another test may need it too
		} else if !errors.Is(err, fs.ErrExist) {
			t.Skipf("skipped: no folder for the server: %v", err)
		}
	}
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err = net.SplitHostPort(free.Addr().String())
	if err = errors.Join(err, free.Close()); err != nil {
		t.Fatal(err)
	}
	w.shell("ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f home/.ssh/id && " +
		"cp home/.ssh/id.pub authorized && printf '[127.0.0.1]:%s ' " + port + " >home/.ssh/known_hosts && " +
		"cut -d ' ' -f 1,2 host.pub >>home/.ssh/known_hosts")
	w.write("sshd_config", "Port "+port+"\nListenAddress 127.0.0.1\nHostKey "+w.path("host")+"\nAuthorizedKeysFile "+
		w.path("authorized")+"\nPidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"+
		"KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n")
	serving := exec.Command(server, "-D", "-E", w.path("sshd.log"), "-f", w.path("sshd_config"))
	if err := serving.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serving.Process.Kill() // it may have ended
		_ = serving.Wait()
		if t.Failed() {
			t.Logf("the server: %s", w.read("sshd.log"))
		}
	})
	waitFor(t, "the server", func() bool {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", port))
		return err == nil && connection.Close() == nil
	})
	return port
}

// waitFor waits for what another process does.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come", what)
		}
	}
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
