package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thresher/advisory"
	"thresher/internal/testkit"
)

// A mirror that has gone back behind what is known is not followed by the
// refresh beside pip's run: the newer data counts, and the run says so.
func TestRefreshKeepsNewerData(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	t.Parallel()
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/old.jsonl" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(advisoryOf("MAL-2026-2", "another")))
	}))
	t.Cleanup(mirror.Close)
	home, dir := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(home, ".config", "thresher", "policy.toml"), "[update]\nadvisories = \""+
		mirror.URL+"/old.jsonl\"\n")
	source := filepath.Join(dir, "known.jsonl")
	write(source, advisoryOf("MAL-2026-1", "nasty"))
	data := filepath.Join(home, ".local", "share", "thresher", "advisories.db")
	if _, err := advisory.Import(context.Background(), data,
		advisory.Source{Path: source, Now: time.Now().Add(-2 * time.Hour)}, nil); err != nil {
		t.Fatal(err)
	}
	environment := filepath.Join(dir, "env")
	testkit.Environment(t, testkit.AnyPython(t), environment)
	index := testkit.NewIndex(t)
	for _, name := range []string{"nasty", "fine"} {
		index.AddWheel(testkit.Distribution{Name: name, Version: "1.0"})
	}
	for name, want := range map[string]int{"fine": 0, "nasty": 20} {
		command := exec.Command(filepath.Join(binaries, "pip"), "install", name)
		command.Dir = dir
		command.Env = []string{
			"PATH=" + filepath.Join(environment, "bin") + ":/usr/bin:/bin", "HOME=" + home, "PIP_INDEX_URL=" + index.SimpleURL(),
			"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1",
		}
		out, _ := command.CombinedOutput()
		text := string(out)
		if command.ProcessState.ExitCode() != want {
			t.Errorf("install %s: status %d, want %d\n%s", name, command.ProcessState.ExitCode(), want, text)
		}
		if want == 0 && (!strings.Contains(text, "thresher: the advisories known so far are kept: ") ||
			!strings.Contains(text, "MAL-2026-1 among them")) {
			t.Errorf("install %s does not say that older data was refused\n%s", name, text)
		}
	}
}
