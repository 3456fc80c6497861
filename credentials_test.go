package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"thresher/internal/testkit"
)

// onTerminal runs a command on a terminal of its own and types the answers, each
// once the text before it is there. It prints what the terminal showed.
const onTerminal = `
import os, pty, select, sys, time
answers = [tuple(word.split("=", 1)) for word in sys.argv[1].split(",")]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown, end = b"", time.monotonic() + 300
while time.monotonic() < end:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    shown += data
    sys.stdout.buffer.write(data)
    if answers and answers[0][0].encode() in shown:
        os.write(terminal, answers.pop(0)[1].encode() + b"\n")
        shown = b""
_, status = os.waitpid(pid, 0)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 99)
`

// TestEveryPipLogsIn: an index that wants a login is reached as with pip, by what
// its address, netrc or the keyring holds, and where nothing fits pip asks on the
// terminal. What belongs to one host no other hears, nor does a build.
func TestEveryPipLogsIn(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		var heard sync.Map
		other := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				heard.Store(r.URL.Path, r.Header.Get("Authorization"))
			}
			http.NotFound(rw, r)
		}))
		defer other.Close()
		x := testkit.NewIndex(t)
		x.User, x.Password = "ann", "wonder"
		x.AddWheel(testkit.Distribution{Name: "alpha", Version: "1.0", Requires: []string{"beta"}})
		x.AddWheel(testkit.Distribution{Name: "beta", Version: "1.0"})
		x.AddSdist(testkit.Distribution{Name: "curious", Version: "1.0", Backend: "import sys\nFILES['curious/seen.txt'] = " +
			"repr(dict(os.environ)) + repr(sys.argv)\n"})
		index := "PIP_INDEX_URL=" + x.SimpleURL()
		withLogin := func(user string) string {
			return "PIP_INDEX_URL=" + strings.Replace(x.SimpleURL(), "http://", "http://"+user+"@", 1)
		}
		install := []string{"install", "--no-cache-dir", "--force-reinstall", "alpha"}
		silent := func(r result) {
			t.Helper()
			r.wantNot(t, "wonder", "known-to-thresher", "Traceback")
		}

		w.pip(append(install, "--no-input"), index).want(t, 1, "the index wants credentials")
		w.pip(append(install, "--no-input"), withLogin("ann:wrong")).want(t, 1, "refuses the credentials that are configured")

		// its address
		got := w.pip(install, withLogin("ann:wonder"), "PIP_EXTRA_INDEX_URL="+other.URL+"/simple/")
		got.want(t, 0, "+ alpha 1.0", "ann:****@")
		silent(got)
		// netrc, also one that a variable names
		host := strings.Split(strings.TrimPrefix(x.URL, "http://"), ":")[0]
		w.write("home/.netrc", "machine "+host+" login ann password wonder\n")
		w.shell("chmod 600 home/.netrc")
		got = w.pip(install, index)
		got.want(t, 0)
		silent(got)
		w.shell("mv home/.netrc named")
		got = w.pip(install, index, "NETRC="+w.path("named"))
		got.want(t, 0)
		silent(got)
		w.shell("rm named")
		// the keyring; pips before 23.1 ask none by its program
		w.write("programs/keyring", "#!/bin/sh\n[ \"$1\" = get ] && [ \"$3\" = ann ] && echo wonder && exit 0\nexit 1\n")
		w.shell("chmod 755 programs/keyring")
		if w.from("23.1") {
			got = w.pip(append(install, "--keyring-provider", "subprocess"), withLogin("ann"))
			got.want(t, 0)
			silent(got)
		}
		w.shell("rm programs/keyring")

		// A person on a terminal: pip's own question, and a mistake at first.
		if testkit.HasTerminal() {
			install := append([]string{binaries + "/pip"}, install...)
			types := func(answers string) result {
				return w.run(w.path("env/bin/python"), append([]string{"-I", "-c", onTerminal, answers}, install...), index)
			}
			// pip 23.0 asks for a keyring that is not there, too.
			typed := types("User for=ann,Password=wonder,Save credentials=n")
			typed.want(t, 0, "User for", "Password", "Successfully installed")
			silent(typed)
			if typed = types("User for=ann,Password=wrong,Save credentials=n"); typed.status == 0 {
				t.Errorf("a wrong password was good enough\n%s", typed.text())
			}
		} else {
			t.Log("nobody is asked on a terminal: there is none here")
		}

		// A build inherits neither the password nor the secret of the run.
		got = w.pip([]string{"install", "--no-cache-dir", "curious"}, withLogin("ann:wonder"))
		got.want(t, 0, "+ curious 1.0")
		seen := w.read("env/lib/python3." + fmt.Sprint(testkit.PipPython(t).Minor) + "/site-packages/curious/seen.txt")
		for _, secret := range []string{"wonder", "THRESHER_TRANSPORT"} {
			if strings.Contains(seen, secret) {
				t.Errorf("a build sees %q: %s", secret, seen)
			}
		}
		// Nor does the host of the files, where that is another.
		x.OwnURL = other.URL
		silent(w.pip(append(install, "--no-deps"), withLogin("ann:wonder")))
		x.OwnURL = ""
		heard.Range(func(path, value any) bool {
			t.Errorf("another host heard %v at %v", value, path)
			return true
		})
		if left, err := os.ReadDir(w.path("tmp")); err != nil || len(left) != 1 {
			t.Errorf("left in TMPDIR: %v %v", left, err)
		}
	})
}
