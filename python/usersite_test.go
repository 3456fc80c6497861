package python

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

func TestUserSite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the environment is laid out as on Unix")
	}
	python := testkit.AnyPython(t)
	dir := filepath.Join(t.TempDir(), "env")
	testkit.Environment(t, python, dir)
	home := t.TempDir()
	configuration := filepath.Join(dir, "pyvenv.cfg")
	closed, err := os.ReadFile(configuration)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		line    string // in place of the one in pyvenv.cfg
		environ []string
		open    bool
	}{
		"closed":   {"include-system-site-packages = false", []string{"HOME=" + home}, false},
		"open":     {"include-system-site-packages = true", []string{"HOME=" + home}, true},
		"not said": {"", []string{"HOME=" + home}, true},
		"another base": {"include-system-site-packages = True",
			[]string{"HOME=" + home, "PYTHONUSERBASE=" + filepath.Join(home, "base")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(string(closed), "include-system-site-packages = false", c.line, 1)
			if err := os.WriteFile(configuration, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			environment, err := Inspect(filepath.Join(dir, "bin", "python"), c.environ, "")
			if err != nil {
				t.Fatal(err)
			}
			got, err := UserSite(environment, c.environ, "")
			if err != nil {
				t.Fatal(err)
			}
			if !c.open {
				if got != "" {
					t.Errorf("%s, want none", got)
				}
				return
			}
			want, enabled, err := AskUserSite(environment, c.environ, "")
			if err != nil {
				t.Fatal(err)
			}
			if got != want || !enabled {
				t.Errorf("%s, the interpreter says %s, %v", got, want, enabled)
			}
		})
	}
}
