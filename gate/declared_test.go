package gate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thresher/internal/testkit"
	"thresher/policy/rules"
)

// localProject writes a project whose build leaves a mark, and gives the URL of
// its folder and the path of the mark.
func localProject(t *testing.T) (url, mark string) {
	t.Helper()
	folder := t.TempDir()
	mark = filepath.Join(t.TempDir(), "built")
	for name, text := range (testkit.Distribution{
		Name: "evil", Version: "1.0", Backend: "open(" + `"` + mark + `"` + ", 'w').close()\n",
	}).SourceTree() {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + folder, mark
}

// A release whose metadata declares a dependency by URL is blocked before pip
// has it build what the URL holds: a file of this machine passes no proxy.
func TestDeclaredByURL(t *testing.T) {
	t.Parallel()
	local, mark := localProject(t)
	for _, release := range []string{"21.3.1", "23.2.1", "26.2.1"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			x := testkit.NewIndex(t)
			x.AddWheel(testkit.Distribution{Name: "parent", Version: "1.0"})
			x.AddWheel(testkit.Distribution{Name: "parent", Version: "2.0", Requires: []string{"Evil[a] @ " + local}})
			x.AddWheel(testkit.Distribution{Name: "above", Version: "1.0", Requires: []string{"parent"}})
			x.AddWheel(testkit.Distribution{Name: "extra", Version: "1.0", Requires: []string{"evil @ " + local + ` ; extra == "bad"`}})
			g := open(t, Config{
				Indexes: mainIndex(x), Requested: []Wanted{{Name: "above"}}, Environment: map[string]string{"python_version": "3.12"},
			})
			e := newEnvironment(t, release)
			e.pip(g, "install", "above").want(t, 1, "blocked by thresher: parent: version 2.0 depends on Evil[a] @ "+local)
			// Nobody told the gate that parent is wanted, and it has no say
			// where an older release is asked for.
			e.pip(open(t, Config{Indexes: mainIndex(x)}), "install", "parent").want(t, 1, "depends on Evil[a] @ "+local)
			e.pip(open(t, Config{Indexes: mainIndex(x)}), "install", "parent<2").want(t, 0)
			e.pip(open(t, Config{Indexes: mainIndex(x)}), "install", "extra").want(t, 0)
			bad := Config{Indexes: mainIndex(x), Requested: []Wanted{{Name: "extra", Extras: []string{"bad"}}}}
			e.pip(open(t, bad), "install", "-U", "--force-reinstall", "extra[bad]").want(t, 1, "depends on evil @ "+local)
			findings := g.Findings()
			if len(findings) != 1 || findings[0].Rule != rules.DirectURL || findings[0].Subject != "parent" ||
				findings[0].Hint != "pip install parent 'Evil[a] @ "+local+"'" {
				t.Errorf("findings %+v", findings)
			}
			e.pip(open(t, Config{Indexes: mainIndex(x), NoDependencies: true}), "install", "--no-deps", "parent==2.0").want(t, 0)
			e.wantInstalled("extra==1.0", "parent==2.0")
			if _, err := os.Stat(mark); err == nil {
				t.Fatal("the project behind the URL was built")
			}
		})
	}
}

func TestHadVerdict(t *testing.T) {
	t.Parallel()
	g := &Gate{config: Config{AllowedURLs: []string{
		"https://user:secret@index.example/a.whl#sha256=00", "ssh://git@index.example/a.git@v1", "file:///home/a/",
	}}}
	for declared, want := range map[string]bool{
		"https://index.example/a.whl":                       true,
		"https://index.example/a.whl#egg=a":                 true,
		"https://index.example/b.whl":                       false,
		"git+ssh://git@index.example/a.git@v1":              true,
		"git+ssh://git@index.example/a.git@v2":              false,
		"git+https://git@index.example/a.git@v1":            false,
		"file:///home/a":                                    true,
		"file:///home/a/b":                                  false,
		"file:///home":                                      false,
		strings.ToUpper("file:///home/a"):                   false,
		"https://index.example/a.whl?redirect=b":            false,
		"https://other.example/https://index.example/a.whl": false,
	} {
		if got := g.hadVerdict(declared); got != want {
			t.Errorf("%s: %v", declared, got)
		}
	}
}
