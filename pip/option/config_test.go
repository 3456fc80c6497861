package option

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/testkit"
)

// configTexts are the corners of configparser's grammar.
var configTexts = []string{
	"", "[global]\n", "[global]\nindex-url = https://a.example/s\n", "[global]\nA: b\n[install]\nc=d\n",
	"key = before\n", "[a]\nkey\n", "[a]\n= value\n", "[a]\n: value\n", "[a]\nkey =\n",
	"[a]\nkey = \n  more\n  and more\nother=1\n",
	"[a]\nkey = one\n\n  two\n", "[a]\nkey = one\n# comment\n  two\n", "[a]\nkey = one ; no comment # neither\n",
	"[a]\n  key = indented\n  next = 1\n",
	"[a]\n key = 1\n  still = value\nother = 2\n", "[a]\n[a]\n", "[a]\nkey=1\nkey=2\n", "[a]\nkey=1\nKEY=2\n",
	"[DEFAULT]\nx=1\n[a]\ny=2\n[b]\nx=3\n",
	"[DEFAULT]\nx=1\n", "[DEFAULT]\nx=1\n[DEFAULT]\ny=2\n[a]\n", "[DEFAULT]\nx=1\n[DEFAULT]\nx=2\n[a]\n",
	"[a] trailing\nkey=1\n", "[a]]\nkey=1\n", "[a][b]\nkey=1\n",
	"[]\n", "[ a ]\nkey=1\n", "\ufeff[a]\nkey=1\n", "[a]\nkey=1\rother=2\r\nthird=3", "[a]\nkey = x\u2028y\n",
	"[a]\nno-deps=1\nno_deps=2\n--No_Deps=3\n",
	"; comment\n# comment\n[a]\n;x=1\n#y=2\nz=3", "[a]\nkey = a = b : c\n", "[a]\nk:e=y\n", "  [a]\nkey=1\n",
	"[a]\n  [b]\nkey=1\n", "[a]\nkey=1\n  [b]\n",
	"[a]\nkey=1\n\x1c\x1d two\n", "[a\nkey=1\n", "[global]\nrequirement =\n    a.txt\n    b.txt\n",
	"[a]\n%(x)s = %(y)s\n", "[a]\nkey=  spaced  \n",
	"[a]\nk\u0130y=1\n", "[a]\nkey = '''\n  x\n'''\n", "[:env:]\nx=1\n", "[global.x]\ny=1\n",
	"[a]\nbroken\nkey=1\nkey=2\n", "[a]\nbroken\n[a]\n",
	"[a]\nkey=1\nbroken\n  continues\n", "[a]\n\tkey=1\n\t\tmore\n", "[a]\nx=\n\n\n", "[a]\nx=1\n\n\n  y\n\n\n[b]\n",
}

// TestParseConfig compares the reader with Python's own configparser.
func TestParseConfig(t *testing.T) {
	script := `
import configparser, json, sys
answers = []
for text in json.load(sys.stdin):
    parser = configparser.RawConfigParser()
    name = sys.argv[1]
    with open(name, "w", newline="", encoding="utf-8") as f:
        f.write(text)
    try:
        parser.read(name, encoding="utf-8")
    except configparser.Error:
        answers.append(None)
        continue
    found = []
    for section in parser.sections():
        values = {}
        for key, value in parser.items(section):
            key = key.lower().replace("_", "-")
            if key.startswith("--"):
                key = key[2:]
            values[section + "." + key] = value
        found.extend(values.items())
    merged = {}
    for key, value in found:
        merged[key] = value
    answers.append(list(merged.items()))
json.dump(answers, sys.stdout)
`
	for _, python := range testkit.Pythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			input, err := json.Marshal(configTexts)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(python.Path, "-I", "-c", script, filepath.Join(t.TempDir(), "pip.conf"))
			cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
			output, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var answers [][][2]string
			if err := json.Unmarshal(output, &answers); err != nil {
				t.Fatal(err)
			}
			for i, text := range configTexts {
				items, err := parseConfig(text, "pip.conf", python.Version)
				if err != nil {
					if answers[i] != nil {
						t.Errorf("%q is refused: %v; Python reads %q", text, err, answers[i])
					}
					continue
				}
				got := [][2]string{}
				for _, key := range items.keys {
					got = append(got, [2]string{key, items.byKey[key].Value})
				}
				if answers[i] == nil {
					t.Errorf("%q is read as %q, Python refuses it", text, got)
				} else if difference := cmp.Diff(answers[i], got); difference != "" {
					t.Errorf("%q (-Python +read):\n%s", text, difference)
				}
			}
		})
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, text := range configTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, version := range []string{"3.9.1", "3.13.0"} {
			items, err := parseConfig(text, "pip.conf", version)
			if err != nil {
				continue
			}
			for _, key := range items.keys {
				section, name, ok := strings.Cut(key, ".")
				if !ok || section == "" && !strings.Contains(text, "[.") || strings.HasPrefix(name, "_") {
					t.Fatalf("%q gives the key %q", text, key)
				}
			}
		}
	})
}

// TestHugeConfig reads ten megabytes of the worst lines in one pass.
func TestHugeConfig(t *testing.T) {
	for _, line := range []string{"k = v\n", "  more\n", "\n", "# comment\n", "[x]\n", "=", ":\n", "\u2028\n"} {
		text := "[a]\nkey = 1\n" + strings.Repeat(line, 10<<20/len(line))
		if _, err := parseConfig(text, "pip.conf", "3.11"); err == nil && line == "k = v\n" {
			t.Errorf("a key given twice was accepted")
		}
	}
}

// load gives what configuration a scene of files and variables has for install.
func loadConfig(t *testing.T, version string, files map[string]string, environ ...string) []Item {
	t.Helper()
	root := t.TempDir()
	for path, content := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reader := &ConfigReader{
		Version: version, PythonVersion: "3.11.7", Dir: root, Prefix: filepath.Join(root, "venv"),
		Environ: append([]string{"HOME=" + root, "LANG=C.UTF-8", "XDG_CONFIG_DIRS=" + root + "/global"}, environ...),
	}
	loaded, end := reader.Load(false)
	if end != nil {
		t.Fatalf("%+v", end)
	}
	return loaded.Ordered("install")
}

// TestDialects shows the four ways in which values of several places were
// merged over time: the same files, read by four pips.
func TestDialects(t *testing.T) {
	files := map[string]string{
		".config/pip/pip.conf": "[global]\ntimeout = 1\nno-binary = a\n[install]\nretries = 2\n",
		"venv/pip.conf":        "[global]\ntimeout =\nno-binary = b\n[install]\nretries = 3\n",
	}
	text := func(items []Item) string {
		var words []string
		for _, item := range items {
			if strings.HasPrefix(item.Origin.Place, "/etc/") {
				continue // the machine's own
			}
			words = append(words, item.Key+"="+item.Value)
		}
		return strings.Join(words, " ")
	}
	for version, want := range map[string]string{
		"25.1.1": "no-binary=b retries=3 pre=1",
		"25.3":   "timeout=1 no-binary=a no-binary=b retries=2 retries=3 pre=1",
		"25.2": "timeout=1 no-binary=a retries=2 " +
			"timeout=1 no-binary=a no-binary=b retries=2 retries=3 " +
			"timeout=1 no-binary=a no-binary=b retries=2 retries=3 pre=1",
		"26.0": "no-binary=b retries=3 pre=1",
	} {
		if got := text(loadConfig(t, version, files, "PIP_PRE=1")); got != want {
			t.Errorf("pip %s: %s, want %s", version, got, want)
		}
	}
}
