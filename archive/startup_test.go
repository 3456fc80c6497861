package archive

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

func named(names ...string) []Member {
	var members []Member
	for _, name := range names {
		members = append(members, Member{Name: name})
	}
	return members
}

func TestHooks(t *testing.T) {
	tests := []struct {
		name string
		want string // kind, scheme and path; "" for no hook
	}{
		{"x.pth", "pth site x.pth"},
		{"X.PTH", "pth site X.PTH"},
		{".hidden.pth", "pth site .hidden.pth"},
		{"x.pth.", "pth site x.pth."},
		{"x.pth::$DATA", "pth site x.pth::$DATA"},
		{"x.start", "start site x.start"},
		{"sitecustomize.py", "sitecustomize site sitecustomize.py"},
		{"sitecustomize.cpython-311-x86_64-linux-gnu.so", "sitecustomize site sitecustomize.cpython-311-x86_64-linux-gnu.so"},
		{"usercustomize.pyc", "usercustomize site usercustomize.pyc"},
		{"usercustomize/__init__.py", "usercustomize site usercustomize/__init__.py"},
		{"sitecustomize/deep/er.py", "sitecustomize site sitecustomize/deep/er.py"},
		{"__pycache__/sitecustomize.cpython-311.pyc", "sitecustomize site __pycache__/sitecustomize.cpython-311.pyc"},
		{"apport_python_hook.py", "sitecustomize site apport_python_hook.py"},
		{"x-1.data/purelib/x.pth", "pth site x.pth"},
		{"x-1.data/platlib/sitecustomize.py", "sitecustomize site sitecustomize.py"},
		{"other.data/purelib/x.pth", "pth site x.pth"},
		{"x-1.data/data/lib/python3.11/site-packages/x.pth", "pth site x.pth"},
		{"x-1.data/data/lib64/python3/site-packages/usercustomize.py", "usercustomize site usercustomize.py"},
		{"x-1.data/data/local/lib/python3.11/dist-packages/x.pth", "pth site x.pth"},
		{"x-1.data/data/Lib/site-packages/x.start", "start site x.start"},
		{"x-1.data/data/x.pth", "pth environment x.pth"},
		{"x-1.data/data/pyvenv.cfg", "configuration environment pyvenv.cfg"},
		{"x-1.data/scripts/python311._pth", "configuration scripts python311._pth"},
		{"x-1.data/data/Scripts/python311._pth", "configuration scripts python311._pth"},
		{"x-1.data/data/lib/python3.11/sitecustomize.py", "standard-library environment lib/python3.11/sitecustomize.py"},
		{"x-1.data/data/lib/python3.11/json/__init__.py", "standard-library environment lib/python3.11/json/__init__.py"},
		{"x-1.data/data/Lib/os.py", "standard-library environment Lib/os.py"},

		{"x/sitecustomize.py", ""},
		{"x/y.pth", ""},
		{"x.pth.txt", ""},
		{"x.pth/y", ""},
		{"pth", ""},
		{"mysitecustomize.py", ""},
		{"x-1.data/headers/x.pth", ""},
		{"x-1.data/scripts/x.pth", ""},
		{"x-1.data/elsewhere/x.pth", ""},
		{"x-1.data/data/share/x.pth", ""},
		{"x-1.data/data/lib/libmkl.so", ""},
		{"x-1.data/data/lib/python3.11/x.txt", ""},
		{"x-1.data/data/lib/node_modules/x/y.py", ""},
		{"x-1.data/data/share/python3.11/site-packages/x.pth", ""},
		{"sub/x-1.data/purelib/x.pth", ""},
	}
	for _, test := range tests {
		got := ""
		for _, hook := range StartupHooks(named(test.name)) {
			got = fmt.Sprintf("%s %s %s", hook.Kind, hook.Scheme, hook.Path)
		}
		if got != test.want {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
	}
	if hooks := StartupHooks(named("sitecustomize/")); hooks != nil {
		t.Errorf("a folder alone: %+v", hooks)
	}
}

// A .pth of paths makes Python import sitecustomize from elsewhere.
func TestHooksBehindPaths(t *testing.T) {
	members := named("x.pth", "x/inner/sitecustomize.py", "x/other/sitecustomize.py", "x/inner/usercustomize/__init__.py",
		"x-1.data/data/share/x/sitecustomize.py", "x/inner/deep/sitecustomize.py", "x/inner/")
	tests := []struct {
		pth  string
		want []string
	}{
		{"x/inner\n", []string{"x/inner/sitecustomize.py", "x/inner/usercustomize/__init__.py"}},
		{"./x/other/../inner/  \r\n", []string{"x/inner/sitecustomize.py", "x/inner/usercustomize/__init__.py"}},
		{"x\\inner", []string{"x/inner/sitecustomize.py", "x/inner/usercustomize/__init__.py"}},
		{"../../../share/x\n", []string{"x-1.data/data/share/x/sitecustomize.py"}},
		{"# x/inner\n/x/inner\nimport x/inner\n", nil},
		{"", nil},
	}
	for _, test := range tests {
		var got []string
		for _, hook := range HooksBehind(members, []byte(test.pth)) {
			got = append(got, hook.Member.Name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, not %q", test.pth, got, test.want)
		}
	}
}

func TestSourceHooks(t *testing.T) {
	members := named("x-1/src/x.pth", "./x-1/sitecustomize.py", "x-1/src/usercustomize/__init__.py",
		"x-1/x.start", "x-1/setup.py",
		"x-1/pth", "x-1/sitecustomize/", "x.pth", "x-1/docs/x.pth.rst")
	var got []string
	for _, hook := range SourceHooks(members) {
		got = append(got, string(hook.Kind)+" "+hook.Path)
	}
	want := []string{"pth x-1/src/x.pth", "sitecustomize x-1/sitecustomize.py",
		"usercustomize x-1/src/usercustomize/__init__.py",
		"start x-1/x.start", "pth x.pth"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// pip itself puts what is called a hook here where it runs, and Python runs it:
// a harmless one in each place.
func TestHooksRun(t *testing.T) {
	python := testkit.AnyPython(t)
	files := map[string]string{}
	labels := map[string]string{
		"one.pth":                        "import sys; sys.stdout.write(%q)\n",
		"probe-1.data/purelib/two.pth":   "# a comment\nimport\tsys; sys.stdout.write(%q)\n",
		"other-2.data/platlib/three.pth": "import sys; sys.stdout.write(%q)",
		fmt.Sprintf("probe-1.data/data/lib/python3.%d/site-packages/four.pth", python.Minor): "import sys; " +
			"sys.stdout.write(%q)\r\n",
		"sitecustomize/__init__.py":             "print(%q)\n",
		"probe-1.data/purelib/usercustomize.py": "print(%q)\n",
	}
	for path, content := range labels {
		files[path] = fmt.Sprintf(content, path+" ran;")
	}
	dir := filepath.Join(t.TempDir(), "env")
	testkit.Environment(t, python, dir)
	name, wheel := testkit.Distribution{Name: "probe", Version: "1", Files: files}.Wheel()
	w, err := openBytes(wheel)
	if err != nil {
		t.Fatal(err)
	}
	hooks := StartupHooks(w.Members)
	if len(hooks) != len(labels) {
		t.Errorf("%+v", hooks)
	}
	for _, hook := range hooks {
		read, err := w.Read(hook.Member.Name, 1000)
		if err != nil || hook.Kind == PathFile && !HasImportLine(read) {
			t.Errorf("%s: %q has no import line: %v", hook.Member.Name, read, err)
		}
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, wheel, 0o644); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin", "python")
	install := exec.Command(bin, "-I", "-m", "pip", "install", "-q", "--no-deps", "--no-index",
		"--disable-pip-version-check", file)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// A virtual environment looks for usercustomize where users' sites are on.
	out, err := exec.Command(bin, "-c", "import site; site.execusercustomize()").CombinedOutput()
	// Debian has a module of that name in front of it.
	const hidden = "import sitecustomize; print(sitecustomize.__file__)"
	before, _ := exec.Command(python.Path, "-I", "-c", hidden).Output() // fails where there is none
	for path := range labels {
		if path == "sitecustomize/__init__.py" && len(before) > 0 {
			t.Logf("%s is not run: Python has %s", path, before)
			continue
		}
		if err != nil || !strings.Contains(string(out), path+" ran;") {
			t.Errorf("%s did not run: %q %v", path, out, err)
		}
	}
}

func TestHasImportLine(t *testing.T) {
	for text, want := range map[string]bool{
		"import os\n":                  true,
		"import\tos":                   true,
		"\ufeffimport os":              true,
		"folder\rimport os":            true,
		"folder\x0cimport os":          true,
		"\u00e9\u0085import os":        true,
		"\xe9\x85import os":            true,
		"x\u2028import os":             true,
		"x\x1eimport os":               true,
		"# comment\r\nimport x; y":     true,
		"":                             false,
		"folder\n../other\n":           false,
		" import os\n":                 false,
		"#import os\n":                 false,
		"important\nimport\nimports x": false,
		"import\u00a0os\nIMPORT os":    false,
		"from os import path":          false,
	} {
		if got := HasImportLine([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// site.py itself runs no line of a file that is said to have none.
func TestImportLinesAgreeWithPython(t *testing.T) {
	pieces := []string{"import ", "import\t", "import", "os", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e",
		"\x1f", "\u0085", "\x85",
		"\u2028", "\u2029", "\ufeff", "\xff", "\xfe", "\xe9", "\u00e9", "#", " ", "\t", "x", "\x00", "\x81",
		"\x1a", "import os; x\n"}
	random := rand.New(rand.NewPCG(8, 29))
	var contents [][]byte
	for range randomCases(t) / 2 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		contents = append(contents, []byte(b.String()))
	}
	for _, s := range corpusSamples(t, "FuzzImportLine", "") {
		contents = append(contents, s.Content)
	}
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			var input, output, failure bytes.Buffer
			for _, content := range contents {
				fmt.Fprintln(&input, base64.StdEncoding.EncodeToString(content))
			}
			command := exec.Command(python.Path, "-I", filepath.Join("testdata", "pth_driver.py"))
			command.Stdin, command.Stdout, command.Stderr = &input, &output, &failure
			if err := command.Run(); err != nil {
				t.Fatalf("%v\n%s", err, failure.String())
			}
			decoder, ran := json.NewDecoder(&output), 0
			for _, content := range contents {
				var executes bool
				if err := decoder.Decode(&executes); err != nil {
					t.Fatal(err)
				}
				if executes {
					ran++
				}
				if executes && !HasImportLine(content) {
					t.Errorf("python runs a line of %q", content)
				}
			}
			t.Logf("%d of %d run", ran, len(contents))
		})
	}
}

func FuzzImportLine(f *testing.F) {
	for _, text := range []string{"import os\n", "folder\r\nimport\tos", "\xe9\x85import os", "\ufeff\ufeffimport x",
		"#\u2028import x"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, pth []byte) {
		if !bytes.Contains(pth, []byte("import")) && HasImportLine(pth) {
			t.Errorf("%q", pth)
		}
		if !HasImportLine(append(slices.Clone(pth), "\nimport os"...)) {
			t.Errorf("%q hides a line", pth)
		}
		HooksBehind(named("a/sitecustomize.py"), pth)
		entryPointScripts(pth)
	})
}
