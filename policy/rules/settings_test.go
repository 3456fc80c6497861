package rules_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"thresher/policy"
	"thresher/policy/rules"
)

var today = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// layers are the contents of policy files; "" is no file. The project's is not
// trusted.
type layers struct{ system, user, project string }

// settings gives what the layers come to for the rules.
func (l layers) settings(t testing.TB) *rules.Settings {
	t.Helper()
	dir := t.TempDir()
	input := policy.LoadInput{
		SystemPath: filepath.Join(dir, "system.toml"), UserPath: filepath.Join(dir, "user.toml"),
		Dir: filepath.Join(dir, "checkout"), Home: dir, Now: today,
	}
	if err := os.Mkdir(input.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		input.SystemPath: l.system, input.UserPath: l.user, filepath.Join(input.Dir, policy.ProjectFileName): l.project,
	} {
		if content == "" {
			continue
		}
		write(t, path, content)
	}
	loaded, err := policy.Load(input)
	if err != nil {
		t.Fatal(err)
	}
	return &loaded.Settings
}

// preset gives the settings of a preset alone.
func preset(name policy.Preset) *rules.Settings { return &policy.Default(name).Settings }

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
