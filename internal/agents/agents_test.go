package agents

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestRunning(t *testing.T) {
	for _, c := range []struct {
		environ, more []string
		want          string
	}{
		{nil, nil, ""},
		{[]string{"HOME=/h", "PATH=/bin"}, nil, ""},
		{[]string{"CLAUDECODE=1"}, nil, "CLAUDECODE"},
		{[]string{"CLAUDECODE="}, nil, ""},
		{[]string{"CURSOR_AGENT=0", "OPENCODE=false"}, nil, ""},
		{[]string{"ACME_BOT=yes"}, nil, ""},
		{[]string{"ACME_BOT=yes"}, []string{"ACME_*"}, "ACME_BOT"},
		{[]string{"OTHER_BOT=yes"}, []string{"ACME_*"}, ""},
	} {
		if got := in(c.environ, c.more); got != c.want {
			t.Errorf("%q with %q: %q, want %q", c.environ, c.more, got, c.want)
		}
	}
}

// A variable that a task file takes out is still that of the process above, of
// the same home directory.
func TestAncestors(t *testing.T) {
	if os.Getenv("AGENTS_TEST") == "child" {
		os.Stdout.WriteString("found " + Running(os.Environ(), nil) + ".\n")
		os.Exit(0)
	}
	if runtime.GOOS != "linux" {
		t.Skip("skipped: other processes are looked at under Linux alone")
	}
	for _, c := range []struct{ script, want string }{
		{`unset GEMINI_CLI; AGENTS_TEST=child "$0" -test.run '^TestAncestors$'; true`, "found GEMINI_CLI."},
		{`unset GEMINI_CLI; HOME=/other AGENTS_TEST=child "$0" -test.run '^TestAncestors$'; true`, "found ."},
	} {
		shell := exec.Command("sh", "-c", c.script, os.Args[0])
		shell.Env = []string{"GEMINI_CLI=1", "HOME=/h", "PATH=" + os.Getenv("PATH")}
		out, err := shell.CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %s, %v; want %s", c.script, out, err, c.want)
		}
	}
}
