//go:build unix

package pip

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"thresher/internal/testkit"
)

// TestMain lets the test binary stand for a thresher that runs something: the
// tests below need a process of their own to send signals to.
func TestMain(m *testing.M) {
	if how := os.Getenv("PIP_TEST_RUN"); how != "" {
		run := Run{Path: os.Args[1], Args: os.Args[1:], Environ: os.Environ()}
		if how == "exec" {
			fmt.Fprintln(os.Stderr, run.Exec())
			os.Exit(126)
		}
		outcome, err := run.Start()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(126)
		}
		outcome.Die()
	}
	os.Exit(m.Run())
}

// through gives a command that runs another through this package.
func through(t *testing.T, how string, argv ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, argv...)
	cmd.Env = append(os.Environ(), "PIP_TEST_RUN="+how)
	return cmd
}

func TestRunKeepsTheStatus(t *testing.T) {
	for _, how := range []string{"start", "exec"} {
		for _, status := range []int{0, 1, 3, 125} {
			cmd := through(t, how, "/bin/sh", "-c", fmt.Sprintf("exit %d", status))
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != status {
				t.Errorf("%s: ended with %d, want %d", how, got, status)
			}
		}
	}
	cmd := through(t, "start", "/nowhere/at/all")
	if cmd.Run(); cmd.ProcessState.ExitCode() != 126 {
		t.Errorf("what cannot be run ended with %d", cmd.ProcessState.ExitCode())
	}
}

func TestRunDiesOfTheSameSignal(t *testing.T) {
	for _, number := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGKILL} {
		cmd := through(t, "start", "/bin/sh", "-c", fmt.Sprintf("kill -%d $$", number))
		_ = cmd.Run()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != number {
			t.Errorf("%v: %v", number, cmd.ProcessState)
		}
	}
}

// TestRunPassesSignalsOn ends the waiting process only, with each signal: what
// the child makes of it is the outcome.
func TestRunPassesSignalsOn(t *testing.T) {
	for _, test := range []struct {
		number syscall.Signal
		want   int
	}{{syscall.SIGTERM, 7}, {syscall.SIGHUP, 7}, {syscall.SIGINT, 5}} {
		cmd := through(t, "start", "/bin/sh", "-c", "trap 'exit 7' TERM HUP; echo ready; read line; exit 5")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(test.number); err != nil {
			t.Fatal(err)
		}
		if test.number == syscall.SIGINT {
			// From this process alone, an interrupt means nothing to the child.
			fmt.Fprintln(in, "go on")
		}
		_ = cmd.Wait()
		in.Close()
		if got := cmd.ProcessState.ExitCode(); got != test.want {
			t.Errorf("%v: ended with %v, want %d", test.number, cmd.ProcessState, test.want)
		}
	}
}

func TestRunMarksTheChild(t *testing.T) {
	for how, variable := range map[string]string{"start": RunVariable, "exec": PassVariable} {
		cmd := through(t, how, "/bin/sh", "-c", "echo $"+variable+" $PPID $$")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(string(out))
		// A child is marked with its parent, a replacement with itself.
		want := map[string]int{"start": 1, "exec": 2}[how]
		if len(words) != 3 || words[0] != words[want] {
			t.Errorf("%s: %q", how, out)
		}
	}
}

// TestRunInEnvironment runs sealed, direct and refused commands of a real pip.
func TestRunInEnvironment(t *testing.T) {
	root := realPath(t, t.TempDir())
	env := filepath.Join(root, "env")
	testkit.Environment(t, testkit.AnyPython(t), env)
	// Neither of these may take pip's place.
	writeFile(t, filepath.Join(root, "pip", "__init__.py"), "raise SystemExit('the wrong pip')")
	writeFile(t, filepath.Join(root, "optparse.py"), "raise SystemExit('the wrong optparse')")
	// A pip that is ended where it would go on leaves its folders.
	environ := []string{"HOME=" + root, "PATH=/usr/bin:/bin", "PIP_CONFIG_FILE=" + os.DevNull, "PYTHONPATH=" + root,
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "TMPDIR=" + t.TempDir()}
	found, err := Find(FindInput{Name: "pip",
		Environ: append([]string{"PATH=" + filepath.Join(env, "bin")}, environ...), Dir: root})
	if err != nil {
		t.Fatal(err)
	}
	run := func(run Run) (string, int) {
		t.Helper()
		cmd := &exec.Cmd{Path: run.Path, Args: run.Args, Env: run.Environ, Dir: run.Dir}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	parse := func(args ...string) *Command {
		return Parse(Input{Args: args, Environ: environ, Dir: root, Installation: found})
	}

	t.Run("sealed", func(t *testing.T) {
		command := parse("install", "--no-index", "--dry-run", "pip")
		sealed, err := Seal(SealInput{Command: command, Environ: environ, Dir: root, Directory: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		out, status := run(sealed)
		if status != 0 || !strings.Contains(out, "Requirement already satisfied: pip in") {
			t.Errorf("%d: %s", status, out)
		}
	})
	t.Run("direct", func(t *testing.T) {
		command := parse("--version")
		direct := Direct(command, []string{"HOME=" + root}, root)
		out, status := run(direct)
		if !command.Passthrough || status != 0 || !strings.HasPrefix(out, "pip "+found.Version+" from "+env) {
			t.Errorf("%d: %s", status, out)
		}
	})
	t.Run("refused", func(t *testing.T) {
		for _, test := range []struct {
			args   []string
			status int
			says   string
		}{
			{[]string{"install", "--bogus"}, 2, "no such option: --bogus"},
			{[]string{"install"}, 1, "You must give at least one requirement to install"},
			{[]string{"instal", "foo"}, 1, `unknown command "instal"`},
			{[]string{"--python", "nowhere", "install", "foo"}, 1, "Could not locate Python interpreter nowhere"},
			{[]string{"install", "-r", "nowhere.txt"}, 1, "Could not open requirements file"},
		} {
			command := parse(test.args...)
			if command.Failure == nil || command.Failure.Status != test.status {
				t.Errorf("%q: %+v", test.args, command.Failure)
				continue
			}
			out, status := run(Refusal(command, environ, root))
			if status != test.status || !strings.Contains(out, test.says) {
				t.Errorf("%q: %d %s", test.args, status, out)
			}
		}
	})
	t.Run("refused by thresher alone", func(t *testing.T) {
		for _, args := range [][]string{
			{"install", "--no-index", "foo"}, {"wheel", "--no-index", "foo"}, {"--python", env, "install", "foo"},
		} {
			command := parse(args...)
			command.Reinvoke = ""
			command.Installation = found
			out, status := run(Refusal(command, environ, root))
			if status != RefusalStatus || !strings.Contains(out, "nothing was run") {
				t.Errorf("%q: %d %s", args, status, out)
			}
		}
	})
}
