package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"thresher/internal/places"
)

// madeInterpreter lays out what an installation of Python is known by. Nothing of it
// is ever started.
func madeInterpreter(t *testing.T, prefix, version string) string {
	t.Helper()
	minor := version[:strings.LastIndex(version, ".")]
	interpreter, library := filepath.Join(prefix, "bin", "python3"), filepath.Join(prefix, "lib", "python"+minor)
	include := filepath.Join(prefix, "include", "python"+minor)
	if runtime.GOOS == "windows" {
		interpreter, library = filepath.Join(prefix, "python.exe"), filepath.Join(prefix, "Lib")
		include = filepath.Join(prefix, "include")
	}
	for path, content := range map[string]string{
		interpreter:                                       "no program",
		filepath.Join(library, "os.py"):                   "",
		filepath.Join(include, "patchlevel.h"):            "#define PY_VERSION \"" + version + "\"\n",
		filepath.Join(library, "site-packages", "README"): "",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return interpreter
}

// TestInterpreter finds interpreters wherever the field's tools put them.
func TestInterpreter(t *testing.T) {
	home := t.TempDir()
	project := filepath.Join(home, "work", "project")
	if err := os.MkdirAll(project, 0o755); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(home, ".local", "share", "uv", "python")
	pyenv := filepath.Join(home, ".pyenv", "versions")
	if runtime.GOOS == "windows" {
		data = filepath.Join(home, "AppData", "Roaming", "uv", "data", "python")
		pyenv = filepath.Join(home, ".pyenv", "pyenv-win", "versions")
	}
	onPath := madeInterpreter(t, filepath.Join(home, "usr"), "3.11.2")
	pyenvs := madeInterpreter(t, filepath.Join(pyenv, "3.10.13"), "3.10.13")
	newer := madeInterpreter(t, filepath.Join(pyenv, "3.11.7"), "3.11.7")
	uvs := madeInterpreter(t, filepath.Join(data, "cpython-3.12.1-made"), "3.12.1")
	uvsOwn := madeInterpreter(t, filepath.Join(home, "own", "cpython-3.12.4-made"), "3.12.4")
	condas := madeInterpreter(t, filepath.Join(home, "miniforge3"), "3.9.18")
	elsewhere := madeInterpreter(t, filepath.Join(home, "conda"), "3.13.0")
	madeInterpreter(t, filepath.Join(pyenv, "3.7.16"), "3.7.16")
	search := filepath.Dir(onPath)

	run := func(meant, file string, environment map[string]string) (string, error) {
		t.Helper()
		path := filepath.Join(home, "work", ".python-version")
		if err := os.WriteFile(path, []byte(file), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", search)
		p := &program{dir: project, places: places.Places{Home: home, Cache: filepath.Join(home, "cache")},
			environment: map[string]string{"PATH": search}}
		for name, value := range environment {
			p.environment[name] = value
		}
		for name, value := range p.environment {
			p.environ = append(p.environ, name+"="+value)
		}
		if meant == "" {
			found, _, err := p.interpreter("python3", false)
			return found, err
		}
		found, _, err := p.interpreter(meant, true)
		return found, err
	}
	for _, test := range []struct {
		about, meant, file string
		environment        map[string]string
		want               string
	}{
		{about: "pyenv's", meant: "3.10", want: pyenvs},
		{about: "the newest of a version, not the first on PATH", meant: "3.11", want: newer},
		{about: "to the patch", meant: "3.11.2", want: onPath},
		{about: "the name of a command", meant: "python3.10", want: pyenvs},
		{about: "as uv writes it", meant: "cpython@3.10", want: pyenvs},
		{about: "as pyenv's folders are named", meant: "cpython-3.10.13", want: pyenvs},
		{about: "uv's", meant: "3.12", want: uvs},
		{about: "uv's, in a place of its own", meant: "3.12", want: uvsOwn,
			environment: map[string]string{"UV_PYTHON_INSTALL_DIR": filepath.Join(home, "own")}},
		{about: "conda's base", meant: "3.9", want: condas},
		{about: "conda's, by what its shell hook sets", meant: "3.13", want: elsewhere,
			environment: map[string]string{"CONDA_EXE": filepath.Join(home, "conda", "bin", "conda")}},
		{about: "a path", meant: onPath, want: onPath},
		{about: "a file above the project", file: "# for the team\n3.10\n", want: pyenvs},
		{about: "a file of several", file: "3.12.1\n3.10\n", want: uvs},
		{about: "the word of a person is nearer than a file", meant: "3.11", file: "3.10\n", want: newer},
	} {
		if runtime.GOOS == "windows" && test.about == "conda's, by what its shell hook sets" {
			continue // which lies in Scripts there
		}
		if got, err := run(test.meant, test.file, test.environment); err != nil || got != test.want {
			t.Errorf("%s: %s, %v, want %s", test.about, got, err, test.want)
		}
	}
	short := "~" + string(filepath.Separator) + filepath.Join("work", ".python-version")
	for _, test := range []struct{ about, meant, file, want string }{
		{"none matches", "3.14", "", "there is no python 3.14 here; there are 3.9.18, 3.10.13, 3.11.2, 3.11.7, and 1 more; " +
			"fix: thresher new --python 3.12.1"},
		{"a part of a number is another", "3.1", "", "python 3.1 is too old"},
		{"too old", "3.7", "", "python 3.7 is too old, 3.8 is the oldest that can be guarded; there are 3.9.18"},
		{"older still", "2.7", "", "python 2.7 is too old"},
		{"a file's", "", "3.10.99\n", short + ": there is no python 3.10.99 here; there are"},
		{"no command", "pythno", "", "there is no interpreter pythno here; fix: thresher new --python 3"},
	} {
		got, err := run(test.meant, test.file, nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %s, %v, want %s", test.about, got, err, test.want)
		}
	}
}
