package pip

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"thresher/internal/testkit"
	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
)

func TestParseKindsOfCommands(t *testing.T) {
	for _, test := range []struct {
		name        string
		args        []string
		environ     []string
		passthrough bool
		status      int  // of pip's refusal
		unreadable  bool //
		command     string
	}{
		{name: "nothing", passthrough: true},
		{name: "version", args: []string{"-V", "install", "foo"}, passthrough: true},
		{name: "help", args: []string{"--help"}, passthrough: true},
		{name: "help of install", args: []string{"install", "foo", "--help", "--bogus"}, passthrough: true,
			command: "install"},
		{name: "an error before help", args: []string{"install", "--bogus", "--help"}, status: 2, command: "install"},
		{name: "list", args: []string{"-q", "list", "--outdated"}, passthrough: true, command: "list"},
		{name: "freeze reads no file", args: []string{"freeze", "-r", "missing"}, passthrough: true, command: "freeze"},
		{name: "index", args: []string{"index", "versions", "foo"}, passthrough: true, command: "index"},
		{name: "uninstall", args: []string{"uninstall", "-y", "foo"}, passthrough: true, command: "uninstall"},
		{name: "an unknown command", args: []string{"instal", "foo"}, status: 1},
		{name: "no command is abbreviated", args: []string{"inst", "foo"}, status: 1},
		{name: "the table's own name", args: []string{"<global>"}, status: 1},
		{name: "install", args: []string{"install", "foo"}, command: "install"},
		{name: "the command's name again", args: []string{"--log", "install", "install", "install"},
			command: "install"},
		{name: "completion", args: []string{"install", "foo"},
			environ: []string{"PIP_AUTO_COMPLETE=1", "COMP_WORDS=pip in", "COMP_CWORD=1"}, passthrough: true},
		{name: "no completion", args: []string{"install", "foo"}, environ: []string{"PIP_AUTO_COMPLETE=1"},
			command: "install"},
		{name: "version from the environment is ignored", args: []string{"install", "foo"},
			environ: []string{"PIP_VERSION=1"}, command: "install"},
		{name: "not in this spelling", args: []string{"install", "foo"}, environ: []string{"PIP_--VERSION=1"},
			passthrough: true},
		{name: "a bad value for every command", args: []string{"-q", "list"}, environ: []string{"PIP_RETRIES=x"},
			status: 3},
		{name: "pip says what is wrong with it", args: []string{"list"}, environ: []string{"PIP_RETRIES=x"},
			passthrough: true, command: "list"},
		{name: "an address that cannot be fetched", args: []string{"install", "-r", "https://files.example/r.txt"},
			unreadable: true, command: "install"},
		{name: "python behind the command", args: []string{"install", "--python", "x", "foo"}, status: 1,
			command: "install"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Parse(sealInput(t, test.args, test.environ))
			status := 0
			if got.Failure != nil {
				status = got.Failure.Status
			}
			if got.Passthrough != test.passthrough || status != test.status || got.Name != test.command ||
				(len(got.Unreadable) > 0) != test.unreadable {
				t.Errorf("%q passes through %v, refused with %d, unreadable %v", got.Name, got.Passthrough, status,
					got.Unreadable)
			}
		})
	}
}

// TestParseOrigins checks that every value knows where it came from.
func TestParseOrigins(t *testing.T) {
	name := "pip.conf"
	if runtime.GOOS == "windows" {
		name = "pip.ini"
	}
	in := sealInput(t, []string{"-q", "install", "-r", "a.txt", "foo"},
		[]string{"PIP_reQuirement=b.txt", "PIP_EXTRA_INDEX_URL=https://e.example/s"})
	in.Environ = append(in.Environ[:2:2], in.Environ[3:]...) // no configuration shut out
	in.Environ = append(in.Environ, "XDG_CONFIG_DIRS="+in.Dir)
	writeFile(t, filepath.Join(in.Dir, "a.txt"), "alpha\n")
	writeFile(t, filepath.Join(in.Dir, "b.txt"), "\nbeta\n")
	writeFile(t, filepath.Join(in.Dir, name), "[install]\ntrusted-host = t.example\neditable = .\n")
	writeFile(t, filepath.Join(in.Dir, "pyproject.toml"), "")
	got := Parse(in)
	var places []string
	for _, r := range got.Requirements {
		places = append(places, string(r.Origin.Kind)+" "+r.Origin.Place)
	}
	for _, s := range append(got.Indexes, got.TrustedHosts...) {
		places = append(places, string(s.Origin.Kind)+" "+s.Origin.Place)
	}
	config := filepath.Join(in.Dir, name) + " [install] "
	want := "argv argument 5|config " + config +
		"editable|file b.txt:2|file a.txt:1|pip pip 26.2.1|env PIP_EXTRA_INDEX_URL|config " + config + "trusted-host"
	if all := strings.Join(places, "|"); all != want {
		t.Errorf("got  %s\nwant %s", all, want)
	}
}

// TestParseOldPip lets a pip of before 20.0 do one thing: install a newer one.
func TestParseOldPip(t *testing.T) {
	for _, test := range []struct {
		args    []string
		environ []string
		allowed bool
	}{
		{[]string{"install", "-U", "pip"}, nil, true},
		{[]string{"install", "--upgrade", "pip>=23"}, nil, true},
		{[]string{"list"}, nil, true},
		{[]string{"install", "-U", "pip", "foo"}, nil, false},
		{[]string{"install", "foo"}, nil, false},
		{[]string{"install", "-U", "pip @ https://files.example/pip.zip"}, nil, false},
		{[]string{"install", "--upg", "pip"}, nil, false},
		{[]string{"install", "pip"}, []string{"PIP_REQUIREMENT=" + os.DevNull, "PIP_PROCESS_DEPENDENCY_LINKS=1"}, false},
		{[]string{"download", "pip"}, nil, false},
	} {
		in := sealInput(t, test.args, test.environ)
		in.Installation.Version = "18.1"
		if got := Parse(in); (len(got.Unreadable) == 0) != test.allowed || got.Failure != nil {
			t.Errorf("%q %q: %+v %+v", test.args, test.environ, got.Unreadable, got.Failure)
		}
	}
}

// TestParseReinvokes follows --python into another environment, whose own
// configuration then counts.
func TestParseReinvokes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the environments are for Unix")
	}
	root := realPath(t, t.TempDir())
	env, target := filepath.Join(root, "env"), filepath.Join(root, "target")
	python := testkit.AnyPython(t)
	testkit.Environment(t, python, env)
	if out, err := exec.Command(python.Path, "-I", "-m", "venv", "--without-pip", target).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	writeFile(t, filepath.Join(env, "pip.conf"), "[install]\nindex-url = https://wrong.example/s\n")
	writeFile(t, filepath.Join(target, "pip.conf"), "[install]\nindex-url = https://right.example/s\n")
	in := FindInput{Name: "pip", Dir: root, Environ: []string{"HOME=" + root, "PATH=" + filepath.Join(env, "bin")}}
	found, err := Find(in)
	if err != nil {
		t.Fatal(err)
	}
	if !release.AtLeast(found.Version, "22.3") {
		t.Skipf("skipped: pip %s has no --python", found.Version)
	}
	got := Parse(Input{Args: []string{"--python", "target", "install", "foo"}, Environ: in.Environ, Dir: root,
		Installation: found})
	if got.Failure != nil || len(got.Unreadable) > 0 || got.Name != "install" {
		t.Fatalf("%+v %+v", got.Failure, got.Unreadable)
	}
	interpreter := filepath.Join(target, "bin", "python")
	if got.Reinvoke != interpreter || got.Installation.Prefix != target || got.Targets.Python != interpreter ||
		len(got.Indexes) != 1 || got.Indexes[0].Value != "https://right.example/s" {
		t.Errorf("%+v", got)
	}
	run, err := Seal(SealInput{Command: got, Environ: in.Environ, Dir: root, Directory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(run.Args, " ")
	if run.Path != interpreter ||
		!strings.HasSuffix(words, filepath.Join(found.PackageDir, "__pip-runner__.py")+" install -- foo") {
		t.Errorf("%s %s", run.Path, words)
	}
	if value, _ := pythontext.Environment(run.Environ).Lookup("_PIP_RUNNING_IN_SUBPROCESS"); value != "1" {
		t.Error("the child would start itself again")
	}
	cmd := &exec.Cmd{Path: run.Path, Args: append(run.Args[:len(run.Args)-3:len(run.Args)-3], "--version"),
		Env: run.Environ, Dir: root}
	if out, err := cmd.CombinedOutput(); err != nil ||
		!strings.Contains(string(out), "pip "+found.Version+" from "+env) {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(target, "lib")); err != nil {
		t.Error(err)
	}
}

// FuzzParse reads any words and variables: it must come to an end and say
// something. Words that name devices are left out.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"install\x00-U\x00foo\x01PIP_REQUIREMENT=req.txt", "-qqq\x00install\x00-rreq.txt\x00-ihttps://x.example",
		"install\x00--no-d\x00--group=dev\x01PIP_--pre=1",
		"download\x00foo; python_version<'3'\x00git+https://g.example/r#egg=x[y]",
		"wheel\x00-e.\x00--no-binary=:all:,:none:", "lock\x00--uploaded-prior-to=P3D\x00-",
		"install\x00foo @ file:///x\x00--hash\x01PIP_RETRIES=0x_1\x01PIP_TIMEOUT=1_e3\x01PIP_VERBOSE=yes",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	for path, content := range map[string]string{"req.txt": "alpha\n-c c.txt\n", "c.txt": "alpha<2\n",
		"pyproject.toml": "[dependency-groups]\ndev = ['x']\n"} {
		writeFile(f, filepath.Join(dir, path), content)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "dev/") || strings.Contains(text, "proc") {
			return
		}
		parts := strings.Split(text, "\x01")
		in := Input{
			Args: strings.Split(parts[0], "\x00"), Dir: dir, Home: dir,
			Environ: append([]string{"HOME=" + dir, "LANG=C.UTF-8", "PIP_CONFIG_FILE=" + os.DevNull}, parts[1:]...),
			Installation: &Installation{
				Environment: testEnvironment(dir), Version: "26.2.1",
				PackageDir: filepath.Join(dir, "pip"), DefaultIndex: testDefaultIndex,
			},
		}
		got := Parse(in)
		if got.Failure != nil || len(got.Unreadable) > 0 || got.Passthrough || got.Reinvoke != "" {
			return
		}
		run, err := Seal(SealInput{Command: got, Environ: in.Environ, Dir: dir, Directory: t.TempDir(), Upgrade: true})
		if err != nil {
			return
		}
		// What was sealed reads as what was there before.
		words := run.Args
		for words[0] != got.Name {
			words = words[1:]
		}
		again := in
		again.Args, again.Environ = words, run.Environ
		sealed := Parse(again)
		if sealed.Failure != nil || len(sealed.Requirements) != len(got.Requirements) ||
			len(sealed.Indexes) != len(got.Indexes) {
			t.Errorf("%q became %q: %+v", in.Args, words, sealed.Failure)
		}
	})
}

// Where pip keeps built wheels, as pip 26.2's main and platformdirs decide.
func TestParseWheelCache(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: pip's own place is another elsewhere")
	}
	for _, test := range []struct {
		environ []string
		args    []string
		want    string
	}{
		{nil, nil, "/home/someone/.cache/pip"},
		{[]string{"XDG_CACHE_HOME=/c"}, nil, "/c/pip"},
		{[]string{"XDG_CACHE_HOME= "}, nil, "/home/someone/.cache/pip"},
		{[]string{"XDG_CACHE_HOME=/c", "PIP_CACHE_DIR=near"}, nil, "DIR/near"},
		{[]string{"PIP_CACHE_DIR=/a"}, []string{"--cache-dir", "~/b"}, "/home/someone/b"},
		{[]string{"PIP_CACHE_DIR=/a", "PIP_NO_CACHE_DIR=1"}, nil, ""},
		{[]string{"PIP_CACHE_DIR=/a"}, []string{"--no-cache-dir"}, ""},
		{nil, []string{"--no-cache-dir", "--cache-dir", "/b"}, "/b"},
	} {
		in := sealInput(t, nil, nil)
		in.Args = append(append([]string{}, test.args...), "install", "alpha")
		in.Environ = append([]string{"HOME=/home/someone", "PIP_CONFIG_FILE=" + os.DevNull}, test.environ...)
		want := strings.Replace(test.want, "DIR", in.Dir, 1)
		if got := Parse(in); got.WheelCache != want {
			t.Errorf("%q %q: %q, want %q (%+v)", test.environ, in.Args, got.WheelCache, want, got.Failure)
		}
	}
}
