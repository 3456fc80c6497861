package venv

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// write makes a file with its directories.
func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func metadata(name, version string) string {
	return "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"
}

func read(t testing.TB, dirs ...string) []Distribution {
	t.Helper()
	found, err := Distributions(dirs)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestReadsADistribution(t *testing.T) {
	site := t.TempDir()
	info := filepath.Join(site, "Flask_App-1.0.dist-info")
	write(t, filepath.Join(info, "METADATA"), "Metadata-Version: 2.1\r\nname: Flask.App\r\nVersion:  1.0 \r\n"+
		"Requires-Dist: werkzeug (>=2.0)\r\nRequires-Dist: click>=8 ;\r\n  python_version >= \"3.8\"\r\nRequires-Python: "+
		">=3.8\r\n\r\nName: not-this\r\n")
	write(t, filepath.Join(info, "INSTALLER"), "pip\n")
	write(t, filepath.Join(info, "REQUESTED"), "")
	write(t, filepath.Join(info, "direct_url.json"),
		`{"url":"https://user:secret@index.example/a.whl","archive_info":{"hash":"sha256=abc","hashes":{"sha256":"abc"}}}`)
	found := read(t, site)
	if len(found) != 1 {
		t.Fatalf("%+v", found)
	}
	d := found[0]
	if d.Name != "Flask.App" || d.Canonical != "flask-app" || d.Version != "1.0" || d.Location != site || d.Path != info {
		t.Errorf("%+v", d)
	}
	if !slices.Equal(d.Requires, []string{"werkzeug (>=2.0)", "click>=8 ;\r\n  python_version >= \"3.8\""}) ||
		d.RequiresPython != ">=3.8" {
		t.Errorf("%q %q", d.Requires, d.RequiresPython)
	}
	if d.Installer != "pip" || !d.Requested || d.Editable || d.Broken != "" || d.Shadowed {
		t.Errorf("%+v", d)
	}
	if d.DirectURL != "https://index.example/a.whl" || d.ArchiveHash != "sha256:abc" {
		t.Errorf("%q %q", d.DirectURL, d.ArchiveHash)
	}
}

func TestFormsOfMetadata(t *testing.T) {
	site := t.TempDir()
	project := filepath.Join(t.TempDir(), "src")
	write(t, filepath.Join(site, "one.egg-info"), metadata("one", "1"))
	write(t, filepath.Join(site, "two-2.egg-info", "PKG-INFO"), metadata("two", "2"))
	write(t, filepath.Join(site, "two-2.egg-info", "requires.txt"), "one\n\n[extra]\nthree>=3\n\n[:python_version < "+
		"\"3\"]\nfour\n[fast:os_name=='nt']\nfive\n")
	write(t, filepath.Join(site, "three-3-py3.11.egg", "EGG-INFO", "PKG-INFO"), metadata("three", "3"))
	write(t, filepath.Join(site, "four.egg-link"), project+"\n.\n")
	write(t, filepath.Join(project, "four.egg-info", "PKG-INFO"), metadata("four", "4.dev0"))
	write(t, filepath.Join(site, "__editable__.five-5.pth"), filepath.Join(project, "more")+"\nimport sys\n")
	write(t, filepath.Join(project, "more", "five.egg-info", "PKG-INFO"), metadata("five", "5"))
	write(t, filepath.Join(site, "five-5.dist-info", "METADATA"), metadata("five", "5"))
	write(t, filepath.Join(site, "five-5.dist-info", "direct_url.json"),
		`{"url":"file:///src/five","dir_info":{"editable":true}}`)
	write(t, filepath.Join(site, "README.txt"), "")
	var got []string
	for _, d := range read(t, site, filepath.Join(site, "absent")) {
		got = append(got, fmt.Sprintf("%s %s editable=%v shadowed=%v broken=%q %q", d.Canonical, d.Version, d.Editable,
			d.Shadowed, d.Broken, d.Requires))
	}
	want := []string{
		`five 5 editable=true shadowed=false broken="" []`,
		`one 1 editable=false shadowed=false broken="" []`,
		`two 2 editable=false shadowed=false broken="" ["one" "three>=3 ; extra == \"extra\"" "four ; python_version < ` +
			`\"3\"" "five ; (os_name=='nt') and extra == \"fast\""]`,
		`four 4.dev0 editable=true shadowed=false broken="" []`,
		`three 3 editable=false shadowed=false broken="" []`,
		`five 5 editable=true shadowed=true broken="" []`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestShadowing(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	write(t, filepath.Join(first, "a-1.dist-info", "METADATA"), metadata("a", "1"))
	write(t, filepath.Join(first, "A-2.dist-info", "METADATA"), metadata("A", "2"))
	write(t, filepath.Join(first, "a.egg-info", "PKG-INFO"), metadata("a", "1"))
	write(t, filepath.Join(second, "a-3.dist-info", "METADATA"), metadata("a", "3"))
	if err := os.Symlink(first, filepath.Join(second, "lib64")); err != nil {
		t.Skipf("skipped: no symbolic links: %v", err)
	}
	found := read(t, first, filepath.Join(second, "lib64"), second)
	if len(found) != 4 {
		t.Fatalf("the same directory by two ways counts once: %+v", found)
	}
	want := [][2]any{{false, ""}, {false, "the same directory also holds A-2.dist-info: one of the two is a remnant"},
		{true, ""}, {true, ""}}
	for i, d := range found {
		if d.Shadowed != want[i][0] || d.Broken != want[i][1] {
			t.Errorf("%+v", d)
		}
	}
}

// What cannot be read is told, and known by its directory's name as far as
// that goes.
func TestBrokenMetadata(t *testing.T) {
	tests := []struct {
		name, dir, content, wantName, wantVersion, wantBroken string
	}{
		{"no file", "gone-1.0.dist-info", "", "gone", "1.0", "METADATA cannot be read: "},
		{"empty", "empty-1.0.dist-info", "\n", "empty", "1.0", "METADATA has no Name"},
		{"no version", "half-1.0.dist-info", "Name: half\n", "half", "1.0", "METADATA has no Version"},
		{"bad name", "bad-1.0.dist-info", "Name: ../bad\nVersion: 2\n", "bad", "2", `METADATA has "../bad" for a name`},
		{"control characters", "ctl-1.0.dist-info", "Name: c\x1b[2Jtl\nVersion: 2\n", "ctl", "2",
			`METADATA has "c\x1b[2Jtl" for a name`},
		{"NUL", "nul-1.0.dist-info", "Name: n\x00ul\nVersion: 2\n", "nul", "2", `METADATA has "n\x00ul" for a name`},
		{"no header", "body-1.0.dist-info", "<html>\nName: body\n", "body", "1.0", "METADATA has no Name"},
		{"endless line", "line-1.0.dist-info", "Name: line\nVersion: 2\nRequires-Dist: " + strings.Repeat("a", 5<<20), "line",
			"2", "METADATA cannot be read: the header is longer"},
		{"endless header", "head-1.0.dist-info", "Name: head\nVersion: 2\n" + strings.Repeat("Classifier: x\n", 400_000),
			"head", "2", "METADATA cannot be read: the header is longer"},
		{"interrupted uninstall", "~ip-23.0.dist-info", metadata("pip", "23.0"), "~ip", "23.0",
			"left behind by an uninstall"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			site := t.TempDir()
			if test.content == "" {
				if err := os.Mkdir(filepath.Join(site, test.dir), 0o755); err != nil {
					t.Fatal(err)
				}
			} else {
				write(t, filepath.Join(site, test.dir, "METADATA"), test.content)
			}
			found := read(t, site)
			if len(found) != 1 || found[0].Name != test.wantName || found[0].Version != test.wantVersion ||
				!strings.HasPrefix(found[0].Broken, test.wantBroken) {
				t.Errorf("%+v", found)
			}
		})
	}
}

// A metadata file that never ends costs no more than its bound.
func TestEndlessMetadata(t *testing.T) {
	site := t.TempDir()
	sparse := filepath.Join(site, "sparse-1.0.dist-info")
	write(t, filepath.Join(sparse, "METADATA"), metadata("sparse", "1.0")+"\n")
	if err := os.Truncate(filepath.Join(sparse, "METADATA"), 1<<30); err != nil {
		t.Fatal(err)
	}
	hollow := filepath.Join(site, "hollow-1.0.dist-info")
	write(t, filepath.Join(hollow, "METADATA"), "Name: hollow\n")
	if err := os.Truncate(filepath.Join(hollow, "METADATA"), 1<<30); err != nil {
		t.Fatal(err)
	}
	found := read(t, site)
	if len(found) != 2 || found[0].Broken == "" || found[1].Broken != "" {
		t.Errorf("%+v", found)
	}
}

// What pip lists is what is read, for what real pip installs.
func TestAgreesWithPip(t *testing.T) {
	python := testkit.AnyPython(t)
	index := testkit.NewIndex(t)
	index.AddWheel(testkit.Distribution{Name: "Alpha.One", Version: "1.0", Requires: []string{"beta>=1"}})
	index.AddWheel(testkit.Distribution{Name: "beta", Version: "2.0"})
	environment := filepath.Join(t.TempDir(), "env")
	testkit.Environment(t, python, environment)
	name, content := testkit.Distribution{Name: "gamma", Version: "3.0"}.Wheel()
	archive := filepath.Join(t.TempDir(), name)
	write(t, archive, string(content))
	pip := func(args ...string) []byte {
		command := exec.Command(filepath.Join(environment, "bin", "pip"), args...)
		command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PIP_DISABLE_PIP_VERSION_CHECK=1"}
		out, err := command.Output()
		if err != nil {
			t.Fatalf("pip %v: %v", args, err)
		}
		return out
	}
	before := read(t, filepath.Join(environment, "lib", fmt.Sprintf("python3.%d", python.Minor), "site-packages"))
	pip("install", "-q", "--index-url", index.SimpleURL(), "alpha-one", archive)
	site := filepath.Join(environment, "lib", fmt.Sprintf("python3.%d", python.Minor), "site-packages")
	after := read(t, site)
	var want []struct{ Name, Version string }
	if err := json.Unmarshal(pip("list", "--format", "json"), &want); err != nil {
		t.Fatal(err)
	}
	var got []struct{ Name, Version string }
	for _, d := range after {
		got = append(got, struct{ Name, Version string }{d.Name, d.Version})
		if d.Installer != "pip" || d.Broken != "" {
			t.Errorf("%+v", d)
		}
		switch d.Canonical {
		case "alpha-one":
			if !d.Requested || !slices.Equal(d.Requires, []string{"beta>=1"}) {
				t.Errorf("%+v", d)
			}
		case "gamma":
			// pip writes the hash from 23.1 on.
			recorded, err := os.ReadFile(filepath.Join(d.Path, "direct_url.json"))
			hashed := strings.Contains(string(recorded), "sha256")
			if err != nil || d.DirectURL != "file://"+archive || hashed != strings.HasPrefix(d.ArchiveHash, "sha256:") {
				t.Errorf("%+v", d)
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, pip lists %v", got, want)
	}
	changes := Compare(before, after)
	if len(changes) != 3 || changes[0].Kind != New || changes[0].Name != "Alpha.One" {
		t.Errorf("%+v", changes)
	}
	pip("install", "-q", "--force-reinstall", "--no-deps", "--index-url", index.SimpleURL(), "beta")
	again := Compare(after, read(t, site))
	if len(again) != 1 || again[0].Kind != Reinstalled || again[0].Name != "beta" {
		t.Errorf("%+v", again)
	}
	pip("uninstall", "-q", "-y", "beta")
	if gone := Compare(after, read(t, site)); len(gone) != 1 || gone[0].Kind != Removed || gone[0].Before != "2.0" {
		t.Errorf("%+v", gone)
	}
}
