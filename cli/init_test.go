package cli

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"thresher/internal/words"
)

func TestQuoting(t *testing.T) {
	for word, want := range map[string][3]string{
		"/opt/bin": {"'/opt/bin'", "'/opt/bin'", "/opt/bin"},
		"it's a":   {`'it'\''s a'`, `'it\'s a'`, `'it'\''s a'`},
		`back\`:    {`'back\'`, `'back\\'`, `'back\'`},
		"":         {"''", "''", "''"},
	} {
		if got := [3]string{words.ShellQuoted(word), fishQuoted(word), words.ShellWord(word)}; got != want {
			t.Errorf("%q: %q", word, got)
		}
	}
}

// On Windows an environment's commands are programs in Scripts.
func TestTrialsOnWindows(t *testing.T) {
	for _, trial := range trialsInside("born", "windows") {
		if !strings.HasSuffix(trial.path[0], "Scripts") {
			t.Errorf("%s: %v", trial.route, trial.path)
		}
		if word := trial.words[0]; strings.Contains(word, "born") && !strings.HasSuffix(word, ".exe") {
			t.Errorf("%s: %s is no program", trial.route, word)
		}
		if trial.route == "python ENVIRONMENT/bin/pip" {
			t.Errorf("%s: a program is no script", trial.route)
		}
	}
}

func TestPipNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: names without an ending are no programs here")
	}
	one, other := t.TempDir(), t.TempDir()
	for _, path := range []string{
		filepath.Join(one, "pip3.9"), filepath.Join(one, "pip3.11"), filepath.Join(other, "pip3.9"),
		filepath.Join(other, "pip3.x"), filepath.Join(other, "pip3.123"), filepath.Join(other, "pip4"),
	} {
		if err := writeNew(path, nil); err != nil {
			t.Fatal(err)
		}
	}
	got := pipNames(strings.Join([]string{one, "relative", other, "/nowhere"}, ":"))
	if want := []string{"pip", "pip3", "pip3.9", "pip3.11"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Completion offers every command and option, and nothing in it ends a quote.
func TestEntries(t *testing.T) {
	found := map[string][]string{}
	for _, e := range entries(testApp()) {
		found[e.command] = e.words
		if strings.Contains(strings.Join(e.words, "")+e.command, "'") {
			t.Errorf("%q has a quote in it", e)
		}
	}
	for command, word := range map[string]string{"": "doctor", "init": "fish", "init bash": "--alias",
		"log": "-n", "policy": "show"} {
		if !slices.Contains(found[command], word) {
			t.Errorf("after %q there is no %q: %q", command, word, found[command])
		}
	}
}
