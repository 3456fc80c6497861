package testkit

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/internal/files"
)

const fullVariable = "THRESHER_TEST_FULL"

// Full tells whether tests run with every Python of the machine and with pips of
// many releases, which takes an index and some minutes more: what .ci/run asks
// for by THRESHER_TEST_FULL.
func Full() bool { return os.Getenv(fullVariable) != "" }

// PipWheel gives the path of the wheel of one pip release: the one that comes
// with AnyPython where it is that, else, and where Full alone, fetched once from
// the machine's own index into the user's cache. The test is skipped without
// Full, and where the index does not answer; in CI the latter is a failure.
func PipWheel(t testing.TB, python Python, version string) string {
	t.Helper()
	if wheel := AnyPython(t).bundled; releaseOf(wheel) == version {
		return wheel
	}
	if !Full() {
		t.Skipf("skipped: pip %s is not the pip of this machine's Python; %s=1 fetches it", version, fullVariable)
	}
	dir := filepath.Join(cacheDirectory(t), "pips")
	release, err := files.Lock(context.Background(), filepath.Join(dir, "pip-"+version))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	matches, _ := filepath.Glob(filepath.Join(dir, "pip-"+version+"-*.whl"))
	if len(matches) > 0 {
		return matches[0]
	}
	// Fetched by an environment of its own: a system's pip may be a wrapper
	// or be kept from running.
	scratch := t.TempDir()
	Environment(t, python, filepath.Join(scratch, "fetch"))
	temporary := filepath.Join(scratch, "wheels")
	fetch := exec.Command(filepath.Join(scratch, "fetch", "bin", "python"), "-I", "-m", "pip", "download", "-q",
		"--no-deps", "--only-binary", ":all:", "--retries", "1", "--timeout", "20", "-d", temporary, "pip=="+version)
	if out, err := fetch.CombinedOutput(); err != nil {
		unavailable(t, "pip %s cannot be had from this machine's index: %s", version, strings.TrimSpace(string(out)))
	}
	fetched, _ := filepath.Glob(filepath.Join(temporary, "pip-*.whl"))
	if len(fetched) != 1 {
		unavailable(t, "pip %s was not fetched", version)
	}
	content, err := os.ReadFile(fetched[0])
	if err != nil {
		t.Fatal(err)
	}
	final := filepath.Join(dir, filepath.Base(fetched[0]))
	if err := files.Replace(final, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return final
}

// unavailable skips a test that lacks what it fetches, and fails it in CI, where
// nobody reads what was skipped.
func unavailable(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("in CI this is no reason to skip: "+format, args...)
	}
	t.Skipf("skipped: "+format, args...)
}

// SomeReleases gives those of the pip releases that a test knows the answers of
// and runs with: all of them where Full, else the one that comes with AnyPython.
// The test is skipped where it is none of them.
func SomeReleases(t testing.TB, releases ...string) []string {
	t.Helper()
	if Full() {
		return releases
	}
	bundled := releaseOf(BundledPip(t, AnyPython(t)))
	if !slices.Contains(releases, bundled) {
		t.Skipf("skipped: made for pip %s, here is %s; %s=1 fetches them", strings.Join(releases, ", "),
			bundled, fullVariable)
	}
	t.Logf("pip %s alone: %s=1 runs with %s", bundled, fullVariable, strings.Join(releases, ", "))
	return []string{bundled}
}

// releaseOf gives the 23.2.1 of …/pip-23.2.1-py3-none-any.whl.
func releaseOf(wheel string) string {
	version, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(wheel), "pip-"), "-")
	return version
}
