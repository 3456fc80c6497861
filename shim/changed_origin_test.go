package shim

import (
	"os"
	"path/filepath"
	"testing"

	"thresher/pip"
	"thresher/pip/source"
	"thresher/venv"
)

// What pips of all ages record of a path or URL, and what they were asked for.
func TestNamedBySource(t *testing.T) {
	root := t.TempDir()
	project := filepath.Join(root, "my (own)+@~ project")
	checkouts := filepath.Join(root, "env", "src")
	for _, dir := range []string{filepath.Join(project, "src"), filepath.Join(checkouts, "acme-lib", "sub"),
		filepath.Join(checkouts, "other")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(root, "link")
	if err := os.Symlink(project, link); err != nil {
		t.Skipf("skipped: no symbolic links here: %v", err)
	}
	quoted := "file://" + root + "/my%20%28own%29%2B%40~%20project" // as pip quotes it
	tests := []struct {
		name         string
		distribution venv.Distribution
		requirement  source.Requirement
		want         bool
	}{
		{"directory", venv.Distribution{DirectURL: quoted}, source.Requirement{Path: project}, true},
		{"directory by a link", venv.Distribution{DirectURL: quoted}, source.Requirement{Path: link}, true},
		{"editable directory", venv.Distribution{DirectURL: quoted, Editable: true},
			source.Requirement{Path: link, Editable: true}, true},
		{"egg-link", venv.Distribution{Editable: true, Location: project}, source.Requirement{Path: project, Editable: true},
			true},
		{"egg-link to src", venv.Distribution{Editable: true, Location: filepath.Join(project, "src")},
			source.Requirement{Path: project, Editable: true}, true},
		{"egg-link elsewhere", venv.Distribution{Editable: true, Location: root},
			source.Requirement{Path: project, Editable: true}, false},
		{"another directory", venv.Distribution{DirectURL: "file://" + root + "/other"}, source.Requirement{Path: project},
			false},
		{"below a directory that is not editable", venv.Distribution{DirectURL: quoted + "/src"},
			source.Requirement{Path: project}, false},

		{"repository", venv.Distribution{DirectURL: "https://git.example/a/b.git"},
			source.Requirement{URL: "git+https://git.example/a/b.git"}, true},
		{"revision", venv.Distribution{DirectURL: "https://git.example/a/b.git"},
			source.Requirement{URL: "git+https://me:secret@git.example/a/b.git@v1.0#egg=b"}, true},
		{"revision without a path behind it", venv.Distribution{DirectURL: "https://git.example"},
			source.Requirement{URL: "git+https://me@git.example"}, true},
		{"user of ssh", venv.Distribution{DirectURL: "ssh://git.example/a/b"},
			source.Requirement{URL: "git+ssh://git@git.example/a/b@main"}, true},
		{"local repository", venv.Distribution{DirectURL: "file:///srv/b"}, source.Requirement{URL: "git+file:///srv/b@v1"},
			true},
		{"subversion over ssh", venv.Distribution{DirectURL: "svn+ssh://svn.example/a"},
			source.Requirement{URL: "svn+ssh://svn.example/a@7"}, true},
		{"another repository", venv.Distribution{DirectURL: "https://git.example/a/c.git"},
			source.Requirement{URL: "git+https://git.example/a/b.git@v1"}, false},

		{"archive", venv.Distribution{DirectURL: "https://files.example/b.zip"},
			source.Requirement{URL: "https://files.example/b.zip#sha256=00"}, true},
		{"archive with @", venv.Distribution{DirectURL: "https://files.example/@a/b.zip"},
			source.Requirement{URL: "https://files.example/@c/b.zip"}, false},

		{"checkout", venv.Distribution{DirectURL: "file://" + checkouts + "/acme-lib", Editable: true},
			source.Requirement{URL: "git+https://git.example/x@v1#egg=acme_lib", Editable: true, Canonical: "acme-lib"}, true},
		{"checkout, egg-link", venv.Distribution{Location: filepath.Join(checkouts, "acme-lib", "sub"), Editable: true},
			source.Requirement{URL: "git+https://git.example/x@v1#egg=acme_lib", Editable: true, Canonical: "acme-lib"}, true},
		{"another checkout", venv.Distribution{DirectURL: "file://" + checkouts + "/other", Editable: true},
			source.Requirement{URL: "git+https://git.example/x@v1#egg=acme_lib", Editable: true, Canonical: "acme-lib"}, false},
		{"not a checkout", venv.Distribution{DirectURL: quoted, Editable: true},
			source.Requirement{URL: "git+https://git.example/x@v1#egg=acme_lib", Editable: true, Canonical: "acme-lib"}, false},

		{"from an index", venv.Distribution{Canonical: "acme-lib"}, source.Requirement{Canonical: "acme-lib"}, false},
		{"archive by path, whose hash is in the ledger", venv.Distribution{DirectURL: "file:///srv/b-1.zip"},
			source.Requirement{Path: "/srv/b-1.zip"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := namedBySource(test.distribution, []source.Requirement{test.requirement}, checkouts); got != test.want {
				t.Errorf("namedBySource = %v, want %v", got, test.want)
			}
		})
	}
}

// A pip before 20.1, and setup.py install, record nothing: as many
// distributions as there are sources may have come from these, and no more.
func TestWithoutVerdictUnrecorded(t *testing.T) {
	one := venv.Distribution{Name: "one", Path: "one-1.egg-info"}
	two := venv.Distribution{Name: "two", Path: "two-1.dist-info"}
	sources := []source.Requirement{{Path: "/srv/one"}, {Name: "six"}, {URL: "https://files.example/c", Constraint: true}}
	tests := []struct {
		name    string
		pip     string
		arrived []venv.Distribution
		want    int
	}{
		{"setup.py install", "22.0", []venv.Distribution{one}, 0},
		{"a wheel without a record from a pip that records", "22.0", []venv.Distribution{two}, 1},
		{"a pip that records nothing", "20.0.2", []venv.Distribution{two}, 0},
		{"more than were asked for", "20.0.2", []venv.Distribution{one, two}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			command := &pip.Command{Requirements: sources, Installation: &pip.Installation{Version: test.pip}}
			if got := withoutVerdict(test.arrived, command, "/env/src"); len(got) != test.want {
				t.Errorf("withoutVerdict gives %d distributions, want %d", len(got), test.want)
			}
		})
	}
}
