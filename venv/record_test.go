package venv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBytecodeInRecord(t *testing.T) {
	site := t.TempDir()
	info := filepath.Join(site, "alpha-1.0.dist-info")
	write(t, filepath.Join(info, "RECORD"),
		"alpha-1.0.dist-info/RECORD,,\r\n\"alpha/a, b.py\",sha256=x,1\r\nalpha/b.py,sha256=y,2\r\n")
	write(t, filepath.Join(site, "alpha", "a, b.py"), "x")
	write(t, filepath.Join(site, "alpha", "b.py"), "yy")
	d := Distribution{Name: "alpha", Path: info, Location: site}
	bytecode := filepath.Join(site, "alpha", "__pycache__") + "/"
	if err := d.AddBytecode([]string{
		bytecode + "b.cpython-311.pyc", bytecode + "a, b.cpython-311.pyc", bytecode + "b.cpython-311.pyc",
	}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(info, "RECORD"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"alpha-1.0.dist-info/RECORD,,", `"alpha/__pycache__/a, b.cpython-311.pyc",,`, "alpha/__pycache__/b.cpython-311.pyc,,",
		`"alpha/a, b.py",sha256=x,1`, "alpha/b.py,sha256=y,2", "",
	}, "\r\n")
	if string(text) != want {
		t.Errorf("%q, want %q", text, want)
	}
}

func TestFreshSources(t *testing.T) {
	prefix := t.TempDir()
	site := filepath.Join(prefix, "lib")
	info := filepath.Join(site, "alpha-1.0.dist-info")
	outside := filepath.Join(t.TempDir(), "mine.py")
	write(t, outside, "x")
	climbing, err := filepath.Rel(site, outside)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(site, "alpha.py"), "x")
	write(t, filepath.Join(site, "old.py"), "x")
	write(t, filepath.Join(prefix, "bin", "tool.py"), "x")
	if err := os.Symlink(outside, filepath.Join(site, "link.py")); err != nil {
		t.Skip(err)
	}
	began := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(site, "old.py"), began.Add(-time.Hour), began.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(info, "RECORD"),
		"alpha.py,,\nalpha.py,,\nold.py,,\n../bin/tool.py,,\nlink.py,,\nabsent.py,,\nalpha.txt,,\n"+
			climbing+",,\n"+outside+",,\n")
	sources, err := Distribution{Name: "alpha", Path: info, Location: site}.FreshSources(began, prefix)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, source := range sources {
		relative := strings.TrimPrefix(source.Path, site+string(filepath.Separator))
		found = append(found, filepath.ToSlash(relative))
	}
	// As pip names them, which is what the bytecode holds: not cleaned.
	if got := strings.Join(found, " "); got != "alpha.py ../bin/tool.py" {
		t.Error(got)
	}
}
