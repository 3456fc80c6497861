// Command start measures what thresher costs where it does nothing: a
// passed-through `pip --version` through the shim and through the guard
// against plain pip, Python's own start with and without the guard, and the
// refusal of a typo from exec to exit. Run it from the repository's root:
//
//	go run ./bench/start
//
// It prints medians of 30 runs (-runs), taken in turn, and the medians of the
// differences within each turn, which a machine that gets slower or faster
// meanwhile does not move.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"thresher/internal/testkit"
)

func main() {
	runs := flag.Int("runs", 30, "how often each command is run")
	flag.Parse()
	t, done := testkit.Standalone()
	defer done()
	dir := t.TempDir()
	binary := filepath.Join(dir, "bin", "thresher")
	build := exec.Command("go", "build", "-trimpath", "-tags", "urfave_cli_no_docs", "-ldflags",
		"-s -w", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := os.Symlink("thresher", filepath.Join(dir, "bin", "pip")); err != nil {
		t.Fatal(err)
	}
	python := testkit.AnyPython(t)
	plain := filepath.Join(dir, "plain")
	guarded := filepath.Join(dir, "guarded")
	testkit.Environment(t, python, plain)
	testkit.Environment(t, python, guarded)
	// Without compiled modules pip needs three times as long, and only the
	// plain one, isolated by -I, would write them.
	if err := os.Unsetenv("PYTHONDONTWRITEBYTECODE"); err != nil {
		t.Fatal(err)
	}
	environ := append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir+"/c", "XDG_DATA_HOME="+dir+"/d",
		"XDG_STATE_HOME="+dir+"/s", "XDG_CACHE_HOME="+dir+"/k", "PIP_DISABLE_PIP_VERSION_CHECK=1")
	command := func(environment string, args ...string) func() {
		return func() {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Env = append(environ, "PATH="+filepath.Join(dir, "bin")+":"+filepath.Join(environment, "bin")+
				":"+os.Getenv("PATH"))
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatalf("%v: %v", args, err)
			}
		}
	}
	guard := exec.Command(binary, "guard", guarded)
	guard.Env = environ
	if out, err := guard.CombinedOutput(); err != nil {
		t.Fatalf("guard: %v\n%s", err, out)
	}
	shim := filepath.Join(dir, "bin", "pip")
	in := func(environment, name string) string { return filepath.Join(environment, "bin", name) }
	measures := []struct {
		name string
		run  func()
		base int // index of what it is compared with, -1 for none
	}{
		{"pip --version, plain", command(plain, in(plain, "pip"), "--version"), -1},
		{"pip --version through the shim", command(guarded, shim, "--version"), 0},
		{"pip --version through the guard", command(guarded, in(guarded, "pip"), "--version"), 0},
		{"python -c pass, plain", command(plain, in(plain, "python"), "-c", "pass"), -1},
		{"python -c pass, guarded", command(guarded, in(guarded, "python"), "-c", "pass"), 3},
		{"a typo refused", command(guarded, shim, "install", "reqeusts"), -1},
	}
	times := make([][]time.Duration, len(measures))
	for round := range *runs + 2 {
		for i, m := range measures {
			start := time.Now()
			m.run()
			if round >= 2 { // the first rounds fill the caches
				times[i] = append(times[i], time.Since(start))
			}
		}
	}
	for i, m := range measures {
		fmt.Printf("%-34s %8.1f ms", m.name, milliseconds(median(times[i])))
		if m.base >= 0 {
			fmt.Printf("  %+6.1f ms", milliseconds(median(differences(times[i], times[m.base]))))
		}
		fmt.Println()
	}
}

// differences pairs what was measured in the same turn.
func differences(times, base []time.Duration) []time.Duration {
	found := make([]time.Duration, len(times))
	for i := range times {
		found[i] = times[i] - base[i]
	}
	return found
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
