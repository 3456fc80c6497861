package pip

import (
	"errors"
	"fmt"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
	"thresher/pip/option"
)

// The tests in this file run the original and the sealed command line through
// the parsers of real pips and compare every effective option. By default a
// few hundred are tried; THRESHER_SEAL_CASES=all tries every option in every
// way, THRESHER_SEAL_MIXES sets how many random mixes follow.

// sealedQuestion parses and seals a scene's command line; ok is false where
// pip refuses it, or thresher does.
func sealedQuestion(t *testing.T, s *scene, c *collector) (question collectedCase, command *Command, ok bool) {
	t.Helper()
	installation := s.installation(c)
	installation.Script = filepath.Join(s.environment, "bin", "pip")
	command = Parse(Input{
		Args: s.argv, Environ: s.environ, Dir: s.dir, Installation: installation, Home: s.home,
		Fetch: fetchForTest, Stdin: strings.NewReader(""),
	})
	if command.Failure != nil || len(command.Unreadable) > 0 || command.Passthrough || command.Reinvoke != "" {
		return collectedCase{}, nil, false
	}
	copies := filepath.Join(s.root, "copies")
	if err := os.MkdirAll(copies, 0o700); err != nil {
		t.Fatal(err)
	}
	run, err := Seal(SealInput{Command: command, Environ: s.environ, Dir: s.dir, Directory: copies})
	if err != nil {
		t.Fatalf("%v\n%s", err, s.describe())
	}
	words := run.Args
	for words[0] != installation.Script {
		words = words[1:]
	}
	sealed := *s
	sealed.argv, sealed.environ = words[1:], run.Environ
	return sealed.question(), command, true
}

// compareSealed tells how the sealed run's options differ from the original's.
func compareSealed(command *Command, original, sealed collectedAnswer) string {
	if original.Outcome == "exit" && sealed.Outcome == "exit" && original.RC == sealed.RC {
		return ""
	}
	if original.Outcome != "requirements" || sealed.Outcome != "requirements" {
		return fmt.Sprintf("original: %s %d %s\nsealed: %s %d %s", original.Outcome, original.RC, original.Stderr,
			sealed.Outcome, sealed.RC, sealed.Stderr)
	}
	if difference := cmp.Diff(original.Requirements, sealed.Requirements); difference != "" {
		return "requirements:\n" + difference
	}
	for _, lists := range [][3]any{
		{"indexes", original.Indexes, sealed.Indexes}, {"find-links", original.FindLinks, sealed.FindLinks},
		{"trusted hosts", original.Trusted, sealed.Trusted}, {"arguments", original.Args, sealed.Args},
	} {
		if difference := cmp.Diff(lists[1], lists[2]); difference != "" {
			return fmt.Sprintf("%s:\n%s", lists[0], difference)
		}
	}
	skipped := map[string]bool{}
	for dest := range dropped {
		skipped[dest] = dest != "isolated_mode"
	}
	if old := !release.AtLeast(command.Installation.PythonVersion, "3.10") ||
		!release.AtLeast(command.Installation.Version, "21.3"); old {
		skipped["isolated_mode"] = true // set on purpose, see Seal
	}
	if difference := compareOptions(original.Options, sealed.Options, skipped); difference != "" {
		return "options:\n" + difference
	}
	if command.isolated || command.Name != "install" {
		return "" // build environments read variables that this command did not
	}
	for dest := range addsUp {
		skipped[dest] = true
	}
	skipped["isolated_mode"] = true
	if difference := compareOptions(original.Child, sealed.Child, skipped); difference != "" {
		return "options of build environments:\n" + difference
	}
	return ""
}

func compareOptions(original, sealed map[string]any, skipped map[string]bool) string {
	clean := func(options map[string]any) map[string]any {
		kept := map[string]any{}
		for dest, value := range options {
			switch {
			case skipped[dest]:
			case dest == "requirements" || dest == "constraints" || dest == "build_constraints":
				// A copy has another name; what is in it was compared above.
				if list, ok := value.([]any); ok {
					value = len(list)
				}
				kept[dest] = value
			case dest == "features_enabled" || dest == "deprecated_features_enabled":
				// Both parsers of pip add to the same list: what stands
				// before the command is in it twice.
				texts := strings.Fields(strings.Trim(fmt.Sprint(value), "[]"))
				slices.Sort(texts)
				kept[dest] = slices.Compact(texts)
			case dest == "uploaded_prior_to" && value != nil:
				kept[dest] = fmt.Sprint(value)[:10]
			case value == true:
				kept[dest] = 1.0 // what a variable makes of it
			case value == false:
				kept[dest] = 0.0
			default:
				kept[dest] = value
			}
		}
		return kept
	}
	return cmp.Diff(clean(original), clean(sealed))
}

func checkSealed(t *testing.T, s *scene, c *collector) (compared bool) {
	t.Helper()
	defer os.RemoveAll(s.root)
	question, command, ok := sealedQuestion(t, s, c)
	if !ok {
		return false
	}
	original := c.ask(s.question())
	sealed := c.ask(question)
	if difference := compareSealed(command, original, sealed); difference != "" {
		t.Errorf("%s%s\nsealed %q", s.describe(), difference, question.Argv)
	}
	return true
}

// waysToSet are the places that an option of install can be set in.
var waysToSet = []string{
	"argv", "env",
	"home/.config/pip/pip.conf [global]", "home/.config/pip/pip.conf [install]", "home/.config/pip/pip.conf [:env:]",
	"home/.pip/pip.conf [install]", "venv/pip.conf [global]", "venv/pip.conf [install]",
	"home/global/pip/pip.conf [install]",
	"cwd/my.conf [install]",
}

func TestSealEveryOption(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the driver forks")
	}
	all := os.Getenv("THRESHER_SEAL_CASES") == "all"
	for _, p := range testedPips[:2] {
		t.Run(p.version, func(t *testing.T) {
			c := startCollector(t, p.version, p.oldest, p.youngest)
			table, _ := option.Embedded(p.version)
			compared, refused := 0, 0
			for number, option := range table.Commands["install"].Options {
				if option.Action == "help" || excluded[option.Long()] && option.Long() != "debug" ||
					option.Dest == "python" || option.Dest == "version" {
					continue
				}
				for round := range waysToSet {
					if !all && (round > 0 || number%4 != 0) {
						break
					}
					// In the short test each option is set in three places,
					// others for the next option.
					ways := []string{waysToSet[round]}
					if !all {
						ways = []string{"argv", "env", waysToSet[2+number%(len(waysToSet)-2)]}
					}
					s := sceneSetting(t, c, table.Commands["install"], option, ways, number+round)
					if checkSealed(t, s, c) {
						compared++
					} else {
						refused++
					}
				}
			}
			t.Logf("pip %s: %d compared, %d refused", p.version, compared, refused)
			if compared < refused {
				t.Errorf("only %d of %d could be compared", compared, compared+refused)
			}
		})
	}
}

// sceneSetting makes a scene that sets one option in some places.
func sceneSetting(t *testing.T, c *collector, command *option.CommandTable, option *option.Spec, ways []string,
	number int) *scene {
	t.Helper()
	random := rand.New(rand.NewSource(int64(number)))
	s := &scene{files: map[string]string{}}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.root, s.dir, s.home, s.environment = root, filepath.Join(root, "cwd"), filepath.Join(root, "home"),
		filepath.Join(root, "venv")
	s.argv = []string{"install"}
	s.environ = []string{
		"PATH=/usr/bin:/bin", "HOME=" + s.home, "LANG=C.UTF-8", "TMPDIR=" + filepath.Join(root, "tmp"),
		"XDG_CONFIG_DIRS=" + s.home + "/global", "PIP_TOKEN=kept", "PIP_FORMAT=json",
	}
	s.randomFiles(random, command, "")
	for path := range s.files {
		if strings.HasSuffix(path, ".conf") {
			delete(s.files, path)
		}
	}
	for _, path := range []string{"req.txt", "more.txt", "sub/nested.txt", "c.txt"} {
		s.files["cwd/"+path] = "alpha\nbeta==1\n"
	}
	good, _ := valuesOf(option, s, "")
	value := func() string {
		for {
			if text := pick(random, good); !strings.HasPrefix(text, "/r.txt") {
				return text
			}
		}
	}
	for _, way := range ways {
		text := value()
		if !option.TakesValue() {
			text = pick(random, flagValues)
		}
		switch path, section, _ := strings.Cut(way, " "); path {
		case "argv":
			if option.TakesValue() {
				s.argv = append(s.argv, "--"+option.Long()+"="+text)
			} else {
				s.argv = append(s.argv, "--"+option.Long())
			}
		case "env":
			s.environ = append(s.environ, variableOf(option.Long())+"="+text)
		default:
			s.files[path] += section + "\n" + option.Long() + " = " + text + "\n"
			if path == "cwd/my.conf" {
				s.environ = append(s.environ, "PIP_CONFIG_FILE=my.conf")
			}
		}
	}
	// What some options refuse to go without.
	switch option.Dest {
	case "platforms", "abis", "implementation", "python_version":
		s.argv = append(s.argv, "--no-deps", "--target=t")
	}
	s.argv = append(s.argv, "foo")
	s.write(t)
	return s
}

// write puts the scene's files where they belong.
func (s *scene) write(t testing.TB) {
	t.Helper()
	for path, content := range s.files {
		full := filepath.Join(s.root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"tmp", "home", "cwd/links", "venv"} {
		if err := os.MkdirAll(filepath.Join(s.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSealRandomMixes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the driver forks")
	}
	total := numberFromEnvironment(t, "THRESHER_SEAL_MIXES", 40)
	seed := numberFromEnvironment(t, "THRESHER_DIFFERENTIAL_SEED", 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintln(w, "fromhttp")
	}))
	defer server.Close()
	pips := testedPips
	if total < 1000 {
		pips = pips[:4]
	}
	for _, p := range pips {
		t.Run(p.version, func(t *testing.T) {
			c := startCollector(t, p.version, p.oldest, p.youngest)
			compared := 0
			for i := 0; i < total/len(pips)+1; i++ {
				random := rand.New(rand.NewSource(int64(seed)*7_000_003 + int64(i)))
				if checkSealed(t, randomScene(t, random, c, server.URL), c) {
					compared++
				}
			}
			t.Logf("pip %s: %d compared", p.version, compared)
		})
	}
}

// sealed parses and seals a command line without starting anything.
func sealed(t *testing.T, in Input, change func(*SealInput)) Run {
	t.Helper()
	command := Parse(in)
	if command.Failure != nil || len(command.Unreadable) > 0 {
		t.Fatalf("%q: %+v %+v", in.Args, command.Failure, command.Unreadable)
	}
	seal := SealInput{Command: command, Environ: in.Environ, Dir: in.Dir, Directory: t.TempDir()}
	if change != nil {
		change(&seal)
	}
	run, err := Seal(seal)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func sealInput(t *testing.T, args, environ []string) Input {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pyvenv.cfg"), []byte("include-system-site-packages = false\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "setup.py"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return Input{
		Args: args, Environ: append([]string{"HOME=" + dir, "PATH=/usr/bin", "PIP_CONFIG_FILE=" + os.DevNull},
			environ...), Dir: dir,
		Installation: &Installation{
			Environment: testEnvironment(dir), Script: filepath.Join(dir, "bin", "pip"),
			Version: "26.2.1", PackageDir: filepath.Join(dir, "pip"), DefaultIndex: testDefaultIndex,
		},
	}
}

func TestSealWords(t *testing.T) {
	gate := func(url string) string {
		if !strings.HasPrefix(url, "https://") {
			return url // a folder that nothing takes the place of
		}
		return "http://127.0.0.1:1/" + strings.TrimPrefix(url, "https://")
	}
	for _, test := range []struct {
		name    string
		args    []string
		environ []string
		change  func(*SealInput)
		want    string   // the words behind the script
		set     []string // variables that must be there
		unset   []string // and names that must not
	}{
		{"upgrade is added behind the command", []string{"-q", "install", "foo", "-e."}, nil,
			func(s *SealInput) { s.Upgrade = true },
			"install -U --quiet --editable=. -- foo", nil, nil},
		{"never with a target", []string{"install", "-t", "x", "foo"}, nil,
			func(s *SealInput) { s.Upgrade = true }, "install --target=x -- foo", nil, nil},
		{"never with a target from the environment", []string{"install", "foo"}, []string{"PIP_TARGET=x"},
			func(s *SealInput) { s.Upgrade = true }, "install -- foo", []string{"PIP_TARGET=x"}, nil},
		{"never against the user's word", []string{"install", "foo"}, []string{"PIP_UPGRADE=0"},
			func(s *SealInput) { s.Upgrade = true }, "install -- foo", []string{"PIP_UPGRADE=0"}, nil},
		{"never twice", []string{"install", "--upg", "foo"}, nil, nil, "", nil, nil},
		{"a strategy is added", []string{"install", "-U", "foo"}, nil,
			func(s *SealInput) { s.Upgrade, s.Strategy = true, "eager" },
			"install --upgrade-strategy eager --upgrade -- foo", nil, nil},
		{"only where the user did not choose", []string{"install", "foo"},
			[]string{"PIP_UPGRADE_STRATEGY=only-if-needed"},
			func(s *SealInput) { s.Upgrade, s.Strategy = true, "eager" },
			"install -U -- foo", []string{"PIP_UPGRADE_STRATEGY=only-if-needed"}, nil},
		{"download has no upgrade", []string{"download", "foo"}, nil,
			func(s *SealInput) { s.Upgrade, s.Strategy = true, "eager" }, "download -- foo", nil, nil},
		{"indexes are replaced everywhere",
			[]string{"install", "-i", "https://a.example/s", "foo", "--extra-index-url=https://b.example/s", "-f",
				"links"},
			[]string{"PIP_EXTRA_INDEX_URL=https://c.example/s https://d.example/s",
				"PIP_FIND_LINKS=https://e.example/l x"},
			func(s *SealInput) { s.ReplaceIndex = gate },
			"install --index-url=http://127.0.0.1:1/a.example/s --extra-index-url=http://127.0.0.1:1/b.example/s " +
				"--find-links=links -- foo",
			[]string{
				"PIP_EXTRA_INDEX_URL=http://127.0.0.1:1/c.example/s http://127.0.0.1:1/d.example/s",
				"PIP_FIND_LINKS=http://127.0.0.1:1/e.example/l x",
				"PIP_INDEX_URL=http://127.0.0.1:1/index.example/simple",
			}, nil},
		{"isolation leaves the variables out", []string{"--isolated", "install", "foo"},
			[]string{"PIP_INDEX_URL=https://a.example/s", "PIP_TOKEN=x"}, nil,
			"install -- foo", []string{"PIP_ISOLATED=1", "PIP_TOKEN=x"}, []string{"PIP_INDEX_URL"}},
		{"odd names are removed with the others", []string{"install", "foo"},
			[]string{"PIP_--pre=1", "PIP_Pypi-Url=https://a.example/s", "PIP_FORMAT=json"}, nil,
			"install -- foo", []string{"PIP_PRE=1", "PIP_PYPI_URL=https://a.example/s", "PIP_CONFIG_FILE=" + os.DevNull},
			[]string{"PIP_FORMAT", "PIP_--pre"}},
		{"a proxy becomes variables", []string{"install", "--proxy", "http://p.example:1", "foo"},
			[]string{"ALL_PROXY=socks5://s.example", "no_proxy=x.example"},
			func(s *SealInput) { s.ReplaceIndex = gate },
			"install -- foo", []string{"https_proxy=http://p.example:1", "no_proxy=x.example"},
			[]string{"ALL_PROXY", "PIP_PROXY"}},
		{"the gate's proxy has no way around it", []string{"install", "--no-proxy-env", "foo"},
			[]string{"no_proxy=*", "http_proxy=http://p.example:1"},
			func(s *SealInput) { s.Proxy = "http://127.0.0.1:2" },
			"install -- foo", []string{"http_proxy=http://127.0.0.1:2", "no_proxy=", "NO_PROXY="}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := sealInput(t, test.args, test.environ)
			if test.want == "" {
				if got := Parse(in); got.Failure == nil {
					t.Fatal("not refused")
				}
				return
			}
			run := sealed(t, in, test.change)
			words := run.Args
			for words[0] != in.Installation.Script {
				words = words[1:]
			}
			if got := strings.Join(words[1:], " "); got != test.want {
				t.Errorf("words %q, want %q", got, test.want)
			}
			environ := pythontext.EnvironmentOf(run.Environ)
			for _, entry := range test.set {
				name, value, _ := strings.Cut(entry, "=")
				if pythontext.OnWindows {
					name = strings.ToUpper(name)
				}
				if got, _ := environ.Lookup(name); got != value {
					t.Errorf("%s is %q, want %q", name, got, value)
				}
			}
			for _, name := range test.unset {
				if got, set := environ.Lookup(name); set {
					t.Errorf("%s is %q, want it unset", name, got)
				}
			}
		})
	}
}

func TestSealRefuses(t *testing.T) {
	in := sealInput(t, []string{"install", "foo"}, nil)
	if err := os.WriteFile(filepath.Join(in.Dir, "setup.cfg"),
		[]byte("[metadata]\nname=x\n [install]\ninstall_lib=/x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	seal := func() error {
		_, err := Seal(SealInput{Command: Parse(in), Environ: in.Environ, Dir: in.Dir, Directory: t.TempDir()})
		return err
	}
	if err := seal(); err != nil {
		t.Errorf("a newer Python does not read setup.cfg: %v", err)
	}
	in.Installation.PythonVersion = "3.9.18"
	if err := seal(); !errors.Is(err, ErrSetupConfig) {
		t.Errorf("a setup.cfg that redirects installations: %v", err)
	}
	in = sealInput(t, []string{"install", strings.Repeat("x", 1<<17)}, nil)
	if err := seal(); !errors.Is(err, ErrUnsealable) {
		t.Errorf("a word of 128 KiB: %v", err)
	}
	for _, args := range [][]string{{"install", "--bogus"}, {"list"},
		{"install", "foo", "-r", "https://files.example/r.txt"}, {"install", "foo", ""}, {"install", "foo=1"}} {
		in = sealInput(t, args, nil)
		in.Installation.Version = "25.3"
		if err := seal(); !errors.Is(err, ErrUnsealable) {
			t.Errorf("%q: %v", args, err)
		}
	}
	in = sealInput(t, []string{"install", "foo"}, []string{"PIP_TRUSTED_HOST=a\x00b"})
	if err := seal(); !errors.Is(err, ErrUnsealable) {
		t.Errorf("a NUL byte: %v", err)
	}
}
