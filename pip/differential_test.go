package pip

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/testkit"
	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
	"thresher/python"
)

// collector is a real pip that reads command lines without acting on them.
type collector struct {
	t       testing.TB
	version string
	python  testkit.Python
	in      io.WriteCloser
	out     *bufio.Reader
}

type collectedCase struct {
	Argv    []string    `json:"argv"`
	Environ [][2]string `json:"environ"`
	Dir     string      `json:"dir"`
	Prefix  string      `json:"prefix"`
	Base    string      `json:"base,omitempty"`
}

type collectedAnswer struct {
	Outcome      string         `json:"outcome"`
	Command      string         `json:"command"`
	RC           int            `json:"rc"`
	Stderr       string         `json:"stderr"`
	Interpreter  string         `json:"interpreter"`
	Requirements []collectedReq `json:"requirements"`
	Indexes      []string       `json:"indexes"`
	FindLinks    []string       `json:"find_links"`
	NoIndex      *bool          `json:"no_index"`
	Trusted      []string       `json:"trusted"`
	Options      map[string]any `json:"options"`
	Args         []string       `json:"args"`
	Child        map[string]any `json:"child"`
}

type collectedReq struct {
	Name       *string  `json:"name"`
	Specifier  string   `json:"specifier"`
	URL        *string  `json:"url"`
	Extras     []string `json:"extras"`
	Applies    bool     `json:"applies"`
	Constraint bool     `json:"constraint"`
	Editable   bool     `json:"editable"`
	Hashes     []string `json:"hashes"`
}

// testedPips are the releases that the tests below compare with, each with
// the newest Python minor version that it is at home on.
var testedPips = []struct {
	version  string
	oldest   int
	youngest int
}{
	{"26.2.1", 10, 14}, {"23.2.1", 8, 11}, {"20.0.2", 8, 8}, {"25.3", 9, 14}, {"22.0.4", 8, 10},
	{"24.0", 8, 12}, {"21.3.1", 8, 9}, {"25.1.1", 9, 13}, {"20.3.4", 8, 9}, {"26.0.1", 9, 14},
	{"22.3.1", 8, 11}, {"23.0.1", 8, 11}, {"24.2", 8, 13}, {"20.1.1", 8, 8}, {"26.1.2", 10, 14},
}

// startCollector starts one of the tested pips.
func startCollector(t testing.TB, version string, oldest, youngest int) *collector {
	t.Helper()
	var python *testkit.Python
	for _, p := range testkit.Pythons(t) {
		if p.Minor >= oldest && p.Minor <= youngest {
			python = &p
		}
	}
	if python == nil {
		t.Skipf("skipped: no Python from 3.%d to 3.%d for pip %s", oldest, youngest, version)
	}
	wheel := testkit.PipWheel(t, testkit.AnyPython(t), version)
	cmd := exec.Command(python.Path, "-I", filepath.Join("testdata", "collect.py"), testkit.UnpackedPip(t, *python, wheel))
	cmd.Env = []string{"LANG=C.UTF-8", "PATH=/usr/bin:/bin"}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("pip %s: %v", version, err)
		}
	})
	return &collector{t: t, version: version, python: *python, in: in, out: bufio.NewReader(out)}
}

// ask lets the pip read one command line.
func (c *collector) ask(question collectedCase) collectedAnswer {
	c.t.Helper()
	text, err := json.Marshal(question)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.in.Write(append(text, '\n')); err != nil {
		c.t.Fatal(err)
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		c.t.Fatal(err)
	}
	var answer collectedAnswer
	if err := json.Unmarshal(line, &answer); err != nil {
		c.t.Fatalf("%v in %s", err, line)
	}
	return answer
}

// scene is everything around one random command line.
type scene struct {
	root, dir, home, environment string
	argv                         []string
	environ                      []string
	files                        map[string]string
}

func (s *scene) installation(c *collector) *Installation {
	return &Installation{
		Environment: python.Environment{
			Interpreter: c.python.Path, Prefix: s.environment, BasePrefix: "/usr", Virtual: true,
			PythonVersion: c.python.Version,
			SitePackages: []string{filepath.Join(s.environment, "lib", fmt.Sprintf("python3.%d", c.python.Minor),
				"site-packages")},
		},
		Version: c.version, PackageDir: filepath.Join(s.root, "package", "pip"),
	}
}

func (s *scene) question() collectedCase {
	question := collectedCase{Argv: s.argv, Dir: s.dir, Prefix: s.environment}
	for _, entry := range s.environ {
		name, value, _ := strings.Cut(entry, "=")
		question.Environ = append(question.Environ, [2]string{name, value})
	}
	return question
}

func (s *scene) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "argv %q\n", s.argv)
	for _, entry := range s.environ[4:] {
		fmt.Fprintf(&b, "env %q\n", entry)
	}
	var paths []string
	for path := range s.files {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		fmt.Fprintf(&b, "%s: %q\n", path, s.files[path])
	}
	return b.String()
}

// TestDifferential makes random command lines, variables, configuration and
// files, and compares what Parse makes of them with what real pips do. By
// default it tries a few; THRESHER_DIFFERENTIAL_CASES sets how many in all, and
// THRESHER_DIFFERENTIAL_SEED where the random numbers start.
func TestDifferential(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the driver forks")
	}
	total := numberFromEnvironment(t, "THRESHER_DIFFERENTIAL_CASES", 90)
	seed := numberFromEnvironment(t, "THRESHER_DIFFERENTIAL_SEED", 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		switch r.URL.Path {
		case "/r.txt":
			io.WriteString(w, "fromhttp\n-r nested.txt\n")
		case "/nested.txt":
			io.WriteString(w, "--extra-index-url https://http.example/s\nnestedhttp==2\n")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	pips := testedPips
	if total < 1000 {
		pips = pips[:6]
	}
	for _, p := range pips {
		t.Run(p.version, func(t *testing.T) {
			c := startCollector(t, p.version, p.oldest, p.youngest)
			unreadable, compared, refused := 0, 0, 0
			for i := 0; i < total/len(pips)+1; i++ {
				random := rand.New(rand.NewSource(int64(seed)*1_000_003 + int64(i)))
				s := randomScene(t, random, c, server.URL)
				answer := c.ask(s.question())
				if answer.Outcome == "reinvoke" {
					// What the other interpreter then does is Parse's next round.
					if answer.Interpreter != filepath.Join(s.environment, "bin", "python") {
						t.Errorf("case %d: reinvoked with %s", i, answer.Interpreter)
					}
					os.RemoveAll(s.root)
					continue
				}
				got := Parse(Input{
					Args: s.argv, Environ: s.environ, Dir: s.dir, Installation: s.installation(c), Home: s.home,
					Fetch: fetchForTest, Stdin: strings.NewReader(""),
				})
				if len(got.Unreadable) > 0 {
					unreadable++
					os.RemoveAll(s.root)
					continue
				}
				if got.Name == "uninstall" && strings.Contains(s.describe(), server.URL) {
					os.RemoveAll(s.root) // no address is fetched for a removal
					continue
				}
				compared++
				if answer.Outcome == "exit" {
					refused++
				}
				if difference := compareAnswer(got, answer); difference != "" {
					t.Errorf("case %d of seed %d:\n%s%s\npip: %s %d %s", i, seed, s.describe(), difference,
						answer.Outcome, answer.RC, answer.Stderr)
				}
				os.RemoveAll(s.root)
			}
			t.Logf("pip %s: %d compared, of these refused by pip %d; unreadable %d", p.version, compared, refused,
				unreadable)
			if compared < unreadable {
				t.Errorf("too much is unreadable: %d of %d", unreadable, compared+unreadable)
			}
		})
	}
}

func numberFromEnvironment(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return number
}

// compareAnswer tells how a parsed command differs from what pip made of it.
func compareAnswer(got *Command, want collectedAnswer) string {
	switch want.Outcome {
	case "exit":
		if want.RC == 0 && got.Passthrough && got.Failure == nil {
			return ""
		}
		if _, plain := plainlyPassesThrough(got.Args, pythontext.EnvironmentOf(nil)); plain && got.Passthrough {
			return "" // pip says by itself what is wrong
		}
		if got.Failure == nil {
			return fmt.Sprintf("not refused, pip ends with %d", want.RC)
		}
		if got.Failure.Status != want.RC {
			return fmt.Sprintf("refused with %d (%s), pip ends with %d", got.Failure.Status, got.Failure, want.RC)
		}
		return ""
	case "other-command":
		if !got.Passthrough || got.Name != want.Command {
			return fmt.Sprintf("%q passes through: %v, pip runs %q", got.Name, got.Passthrough, want.Command)
		}
		return ""
	}
	if got.Failure != nil {
		return fmt.Sprintf("refused with %d (%s), pip goes on", got.Failure.Status, got.Failure)
	}
	if got.Name != want.Command {
		return fmt.Sprintf("the command is %q, pip runs %q", got.Name, want.Command)
	}
	var gotTexts, wantTexts []string
	for _, r := range got.Requirements {
		extras := append([]string{}, r.Extras...)
		sort.Strings(extras)
		hashes := append([]string{}, r.Hashes...)
		sort.Strings(hashes)
		gotTexts = append(gotTexts,
			fmt.Sprintf("%q %q %q %q %v %v %v %q", r.Name, r.Specifier, r.URL, extras, r.MarkerApplies, r.Constraint,
				r.Editable, hashes))
	}
	for _, r := range want.Requirements {
		name, url := "", ""
		if r.Name != nil {
			name = *r.Name
		}
		if r.URL != nil {
			url = *r.URL
		}
		wantTexts = append(wantTexts,
			fmt.Sprintf("%q %q %q %q %v %v %v %q", name, r.Specifier, url, r.Extras, r.Applies, r.Constraint,
				r.Editable, r.Hashes))
	}
	if difference := cmp.Diff(wantTexts, gotTexts); difference != "" {
		return "requirements (-pip +parsed):\n" + difference
	}
	if want.Command == "uninstall" {
		return ""
	}
	truth := func(dest string) bool {
		switch value := want.Options[dest].(type) {
		case bool:
			return value
		case float64:
			return value != 0
		}
		return false
	}
	text := func(dest string) string {
		value, _ := want.Options[dest].(string)
		return value
	}
	hosts := settingValues(got.TrustedHosts)
	sort.Strings(hosts)
	type facts struct {
		Indexes, FindLinks, Trusted                       []string
		NoIndex, Upgrade, DryRun, NoInput, BuildIsolation bool
		Prefix, Root, Proxy, Cert, Keyring                string
		Timeout, Retries                                  float64
	}
	number := func(dest string) float64 {
		value, _ := want.Options[dest].(float64)
		return value
	}
	var wantIndexes []string
	for _, index := range want.Indexes {
		if index == "" || !strings.Contains(index, ".example") && !strings.HasPrefix(index, "http://127.") {
			index = "" // pip's own default, whose name is not written here
		}
		wantIndexes = append(wantIndexes, index)
	}
	absolute := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return "/" + filepath.Clean(path)
	}
	base := func(path string) string {
		if path == "" {
			return ""
		}
		return "/" + filepath.Base(path)
	}
	noIndex := got.NoIndex
	if want.NoIndex != nil {
		noIndex = *want.NoIndex // before 22.3 a pip only forgets its indexes
	}
	wanted := facts{
		wantIndexes, want.FindLinks, unique(want.Trusted), noIndex, truth("upgrade"), truth("dry_run"),
		truth("no_input"),
		truth("build_isolation"), absolute(text("prefix_path")), absolute(text("root_path")), text("proxy"),
		text("cert"), text("keyring_provider"),
		number("timeout"), number("retries"),
	}
	found := facts{
		settingValues(got.Indexes), settingValues(got.FindLinks), unique(hosts), got.NoIndex, got.Upgrade, got.DryRun,
		got.NoInput,
		!got.NoBuildIsolated, base(got.Targets.Prefix), base(got.Targets.Root), got.Proxy, got.Cert,
		got.KeyringProvider,
		got.Timeout, float64(got.Retries),
	}
	for _, list := range []*[]string{&wanted.Indexes, &wanted.FindLinks, &wanted.Trusted, &found.Indexes,
		&found.FindLinks, &found.Trusted} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	if difference := cmp.Diff(wanted, found); difference != "" {
		return "options (-pip +parsed):\n" + difference
	}
	return ""
}

func unique(sorted []string) []string {
	var kept []string
	for i, text := range sorted {
		if i == 0 || text != sorted[i-1] {
			kept = append(kept, text)
		}
	}
	return kept
}

// The pieces that random scenes are made of.
var (
	requirementWords = []string{
		"foo", "Foo.Bar", "requests>=2,<3", "foo[b,a]", "foo; python_version < '3'", "foo;python_version>='3'",
		"a_b==1.0",
		"foo @ https://files.example/foo-1.0.tar.gz", "https://files.example/Foo-1.0-py3-none-any.whl",
		"https://files.example/x.zip#egg=named",
		"git+https://git.example/foo.git@main#egg=foo", "./proj", ".", "proj/", "./proj[extra]", "foo.zip", "foo (>=2)",
		"foo===1",
		"pkg-1.0-py3-none-any.whl", "install",
	}
	brokenWords = []string{"", " ", "-", "foo bar", "foo==", "foo=1", "./missing", "a/b", "foo#x", "req.txt", "--",
		"-r", "foo --hash=x"}
	fileLines = []string{
		"alpha", "Beta==1.0", "gamma>=2 # comment", "# only a comment", "", "delta \\\n  >=1", "-r more.txt",
		"-c c.txt", "--requirement=sub/nested.txt",
		"-i https://file.example/simple", "--extra-index-url https://extra.example/s", "--no-index", "-f ./links",
		"--find-links https://links.example/x",
		"--trusted-host t.example", "-e ./proj", "-e git+https://git.example/e.git#egg=e", "./proj",
		"pkg-1.0-py3-none-any.whl", "--pre", "--prefer-binary",
		"epsilon --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"zeta; python_version < '3'", "${NAME_1}", "eta[x,y]~=1.4",
		"--only-binary foo", "--no-binary=:all:", "theta @ https://files.example/theta-1.zip", "--require-hashes",
	}
	brokenLines = []string{"foo bar", "--bogus", "-r missing.txt", "-e", "foo --bogus", "'unbalanced", "-x"}
	flagValues  = []string{"1", "0", "yes", "no", "true", "FALSE", "on", "off", "t", "n"}
)

// valuesOf gives plausible values of an option, the broken ones behind them.
func valuesOf(option *option.Spec, s *scene, server string) (good, broken []string) {
	switch option.Dest {
	case "requirements":
		return []string{"req.txt", "more.txt", "sub/nested.txt", "req.txt", server + "/r.txt"},
			[]string{"missing.txt", "sub"}
	case "constraints", "build_constraints":
		return []string{"c.txt", "c.txt", "more.txt"}, []string{"missing.txt"}
	case "editables":
		return []string{"./proj", "proj", "git+https://git.example/x.git#egg=x", "."}, []string{"foo", "./missing"}
	case "dependency_groups":
		return []string{"dev", "test", "sub/pyproject.toml:dev"}, []string{"nosuch", "x.toml:dev"}
	case "requirements_from_scripts":
		return []string{"script.py"}, []string{"missing.py", "req.txt"}
	case "index_url", "extra_index_urls":
		return []string{"https://one.example/simple", "https://user:pw@two.example/s", "http://three.example/"}, nil
	case "find_links":
		return []string{"links", "./links", "https://links.example/x", "~/links"}, nil
	case "trusted_hosts":
		return []string{"a.example", "b.example:8080"}, nil
	case "format_control", "release_control", "refresh_package":
		return []string{":all:", "foo", "foo,bar", ":none:", ":all:,:none:,Foo_x"}, []string{"-x"}
	case "config_settings":
		return []string{"a=b", "a=c", "k="}, []string{"bad"}
	case "python_version":
		return []string{"3.8", "38", "3"}, []string{"3.x", "1.2.3.4"}
	case "uploaded_prior_to":
		return []string{"2024-01-01", "P3D", "2024-01-01T00:00:00"}, []string{"7 days", "never"}
	case "python":
		return []string{s.environment, filepath.Join(s.environment, "bin", "python")}, []string{"missing-python"}
	case "target_dir", "prefix_path", "root_path", "src_dir", "download_dir", "wheel_dir", "cache_dir", "build_dir":
		return []string{"out", "out2"}, nil
	case "log":
		return []string{"log.txt", "install"}, nil
	case "cert", "client_cert":
		return []string{"cert.pem", "~/cert.pem"}, nil
	case "proxy":
		return []string{""}, nil
	case "timeout":
		return []string{"15", "2.5", "1_0", "1e1"}, []string{"soon", "0x1"}
	case "retries", "resume_retries":
		return []string{"0", "0x10", "010", " 2 "}, []string{"x", "1.5"}
	case "features_enabled":
		for _, choice := range option.Choices {
			if choice != "truststore" {
				good = append(good, choice)
			}
		}
		return good, []string{"nosuch"}
	case "global_options", "install_options", "build_options":
		return []string{"--x"}, nil
	case "output_file":
		return []string{"-", "pylock.out.toml"}, nil
	}
	if option.Type == "choice" {
		return option.Choices, []string{"bogus"}
	}
	return []string{"any"}, nil
}

func pick(random *rand.Rand, from []string) string { return from[random.Intn(len(from))] }

func (s *scene) value(random *rand.Rand, option *option.Spec, server string) string {
	good, broken := valuesOf(option, s, server)
	if len(broken) > 0 && random.Intn(25) == 0 || len(good) == 0 {
		return pick(random, append(broken, "x"))
	}
	return pick(random, good)
}

// excluded are options whose refusals depend on what is installed, on the
// network or on files that pip writes, and those that only end pip.
var excluded = map[string]bool{"no-use-pep517": true, "use-pep517": true, "proxy": true, "debug": true,
	"no-proxy-env": true}

// spelled writes an option as a person might.
func spelled(random *rand.Rand, table *option.CommandTable, option *option.Spec, value string) []string {
	name := pick(random, option.Names)
	if strings.HasPrefix(name, "--") {
		if random.Intn(8) == 0 && len(name) > 4 {
			name = name[:4+random.Intn(len(name)-4)]
		}
		if !option.TakesValue() {
			if random.Intn(60) == 0 {
				return []string{name + "=1"}
			}
			return []string{name}
		}
		if random.Intn(2) == 0 {
			return []string{name + "=" + value}
		}
		return []string{name, value}
	}
	cluster := ""
	for _, letter := range []string{"q", "v", "U"} {
		if random.Intn(4) == 0 {
			cluster += letter
		}
	}
	word := "-" + cluster + name[1:]
	if !option.TakesValue() {
		return []string{word}
	}
	if random.Intn(2) == 0 {
		return []string{word + value}
	}
	return []string{word, value}
}

func randomOption(random *rand.Rand, table *option.CommandTable, wanted []string) *option.Spec {
	for {
		option := table.Options[random.Intn(len(table.Options))]
		if len(wanted) > 0 && random.Intn(2) == 0 {
			option = table.Option("--" + pick(random, wanted))
		}
		if option == nil || excluded[option.Long()] || option.Action == "help" && random.Intn(10) > 0 ||
			option.Dest == "python" && random.Intn(10) > 0 ||
			restricting[option.Dest] && random.Intn(4) > 0 {
			continue
		}
		return option
	}
}

// restricting are the options that most command lines are refused with.
var restricting = map[string]bool{
	"platforms": true, "platform": true, "abis": true, "abi": true, "implementation": true, "python_version": true,
	"use_user_site": true, "only_dependencies": true,
}

var oftenWanted = []string{
	"requirement", "constraint", "editable", "index-url", "extra-index-url", "find-links", "no-index", "group",
	"upgrade", "trusted-host",
	"requirements-from-script", "pypi-url", "no-binary", "pre",
}

func randomScene(t testing.TB, random *rand.Rand, c *collector, server string) *scene {
	root, err := os.MkdirTemp(t.TempDir(), "scene")
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{
		root: root, dir: filepath.Join(root, "cwd"), home: filepath.Join(root, "home"),
		environment: filepath.Join(root, "venv"), files: map[string]string{},
	}
	table, ok := option.Embedded(c.version)
	if !ok {
		t.Fatalf("no table for pip %s", c.version)
	}
	name := "install"
	switch random.Intn(12) {
	case 0:
		name = "download"
	case 1:
		name = "wheel"
	case 2:
		name = "lock"
	case 3:
		name = pick(random, []string{"uninstall", "list", "freeze", "nosuch", "instal"})
	}
	command := table.Commands[name]
	if command == nil {
		command = table.Commands["install"]
	}
	global := table.Commands[option.GlobalCommand]
	for random.Intn(5) == 0 {
		option := randomOption(random, global, nil)
		s.argv = append(s.argv, spelled(random, global, option, s.value(random, option, server))...)
	}
	if random.Intn(40) == 0 {
		s.argv = append(s.argv, "--")
	}
	s.argv = append(s.argv, name)
	for words := 1 + random.Intn(5); words > 0; words-- {
		switch random.Intn(5) {
		case 0, 1:
			if random.Intn(20) == 0 {
				s.argv = append(s.argv, pick(random, brokenWords))
			} else {
				s.argv = append(s.argv, pick(random, requirementWords))
			}
		default:
			option := randomOption(random, command, oftenWanted)
			s.argv = append(s.argv, spelled(random, command, option, s.value(random, option, server))...)
		}
	}
	if name == "uninstall" {
		s.argv = append(s.argv, "-y")
	}
	s.environ = []string{
		"PATH=/usr/bin:/bin", "HOME=" + s.home, "LANG=C.UTF-8", "TMPDIR=" + filepath.Join(root, "tmp"),
		"XDG_CONFIG_DIRS=" + s.home + "/none:" + s.home + "/global", "NAME_1=fromvariable",
	}
	for random.Intn(2) == 0 {
		s.environ = append(s.environ, s.randomVariable(random, command, server))
	}
	if random.Intn(12) == 0 {
		s.environ = append(s.environ, "PIP_CONFIG_FILE="+pick(random, []string{"/dev/null", "my.conf", "missing.conf"}))
	}
	s.environ = environmentOnce(s.environ)
	s.randomFiles(random, command, server)
	s.write(t)
	return s
}

// environmentOnce keeps the last entry of each name, at the first's place:
// what a dict makes of it.
func environmentOnce(environ []string) []string {
	place := map[string]int{}
	var kept []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if at, known := place[name]; known {
			kept[at] = entry
			continue
		}
		place[name] = len(kept)
		kept = append(kept, entry)
	}
	return kept
}

func (s *scene) settingText(random *rand.Rand, option *option.Spec, server string) string {
	switch option.Action {
	case "store_true", "store_false", "count":
		if random.Intn(20) == 0 {
			return pick(random, []string{"maybe", "2", "-1", ""})
		}
		return pick(random, flagValues)
	}
	if !option.TakesValue() {
		return pick(random, flagValues)
	}
	value := s.value(random, option, server)
	if option.Action == "append" && random.Intn(3) == 0 {
		value += pick(random, []string{" ", "\t", "  "}) + s.value(random, option, server)
	}
	if random.Intn(15) == 0 {
		value = ""
	}
	return value
}

func (s *scene) randomVariable(random *rand.Rand, command *option.CommandTable, server string) string {
	option := randomOption(random, command, oftenWanted)
	var long []string
	for _, name := range option.Names {
		if strings.HasPrefix(name, "--") {
			long = append(long, name[2:])
		}
	}
	name := strings.ToUpper(strings.ReplaceAll(pick(random, long), "-", "_"))
	switch random.Intn(12) {
	case 0:
		name = strings.ToLower(name)
	case 1:
		name = "--" + strings.ToLower(name)
	case 2:
		name = strings.ReplaceAll(name, "_", "-")
	}
	prefix := "PIP_"
	if random.Intn(25) == 0 {
		prefix = "pip_"
	}
	return prefix + name + "=" + s.settingText(random, option, server)
}

func (s *scene) randomFiles(random *rand.Rand, command *option.CommandTable, server string) {
	lines := func() string {
		var b strings.Builder
		for n := random.Intn(5); n > 0; n-- {
			if random.Intn(40) == 0 {
				b.WriteString(pick(random, brokenLines))
			} else {
				b.WriteString(pick(random, fileLines))
			}
			b.WriteString(pick(random, []string{"\n", "\n", "\n", "\r\n"}))
		}
		return b.String()
	}
	nestable := func() string {
		text := lines()
		for _, recursion := range []string{"-r more.txt", "-c c.txt", "--requirement=sub/nested.txt"} {
			text = strings.ReplaceAll(text, recursion, "iota")
		}
		return text
	}
	s.files["cwd/req.txt"] = lines()
	s.files["cwd/more.txt"] = nestable()
	s.files["cwd/sub/nested.txt"] = nestable()
	s.files["cwd/c.txt"] = pick(random, []string{"foo<2\n", "alpha==1\nbeta>1\n", nestable()})
	s.files["cwd/install"] = "x\n"
	s.files["cwd/proj/pyproject.toml"] = "[project]\nname = \"proj\"\nversion = \"1\"\n"
	s.files["cwd/pkg-1.0-py3-none-any.whl"] = ""
	s.files["cwd/pyproject.toml"] = "[project]\nname = \"here\"\nversion = \"1\"\n[dependency-groups]\n" +
		"dev = [\"pytest>=7\", \"Foo.Bar\"]\ntest = [{include-group = \"dev\"}, \"coverage\"]\n"
	s.files["cwd/sub/pyproject.toml"] = "[dependency-groups]\ndev = [\"subdep\"]\n"
	s.files["cwd/script.py"] = "# /// script\n# requires-python = \">=3.8\"\n# dependencies = [\n" +
		"#   \"scriptdep>=1\",\n# ]\n# ///\n"
	s.files["venv/pyvenv.cfg"] = "home = /usr/bin\ninclude-system-site-packages = false\n"
	s.files["venv/bin/python"] = ""
	s.files["home/links/x"] = ""
	s.files["home/cert.pem"], s.files["cwd/cert.pem"] = "", ""
	for _, place := range []string{"home/.config/pip/pip.conf", "home/.pip/pip.conf", "venv/pip.conf",
		"home/none/pip/pip.conf", "home/global/pip/pip.conf", "cwd/my.conf"} {
		if random.Intn(4) == 0 {
			s.files[place] = s.randomConfig(random, command, server)
		}
	}
}

func (s *scene) randomConfig(random *rand.Rand, command *option.CommandTable, server string) string {
	var b strings.Builder
	sections := []string{"global", command.Name, "install", ":env:", "DEFAULT", "Install", "download", "global.x"}
	random.Shuffle(len(sections), func(i, j int) { sections[i], sections[j] = sections[j], sections[i] })
	used := map[string]bool{}
	for _, section := range sections[:1+random.Intn(3)] {
		if used[section] && random.Intn(20) > 0 {
			continue
		}
		used[section] = true
		fmt.Fprintf(&b, "[%s]\n", section)
		for n := random.Intn(3); n > 0; n-- {
			option := randomOption(random, command, oftenWanted)
			key := option.Long()
			switch random.Intn(8) {
			case 0:
				key = strings.ReplaceAll(key, "-", "_")
			case 1:
				key = strings.ToUpper(key)
			case 2:
				key = "--" + key
			}
			value := s.settingText(random, option, server)
			if option.Action == "append" && random.Intn(3) == 0 {
				value += "\n    " + s.value(random, option, server)
			}
			separator := pick(random, []string{" = ", "=", ": ", ":"})
			fmt.Fprintf(&b, "%s%s%s\n", key, separator, value)
			if random.Intn(10) == 0 {
				b.WriteString(pick(random, []string{"# comment\n", "; comment\n", "\n", "  # indented\n"}))
			}
		}
	}
	if random.Intn(40) == 0 {
		b.WriteString(pick(random, []string{"no delimiter\n", "[global]\n[global]\n", "= nothing\n"}))
	}
	return b.String()
}

// traps are command lines on which a reader of pip's command line is easily
// wrong, with the variables and files that make them so.
var traps = []struct {
	argv    []string
	environ []string
	files   map[string]string
}{
	{argv: []string{"--", "install", "-r", "req.txt"}},
	{argv: []string{"--proxy", "list", "install", "list"}},
	{argv: []string{"--log", "install", "install", "install", "foo"}},
	{argv: []string{"install", "--log", "install", "foo"}},
	{argv: []string{"--no-i", "install", "foo"}},
	{argv: []string{"install", ""}},
	{argv: []string{"install", "", "-r", "req.txt"}},
	{argv: []string{"install", "foo", "--", "--pre"}},
	{argv: []string{"install", "foo", "--", "--", "bar"}},
	{argv: []string{"install", "-"}},
	{argv: []string{"install", "proj"}},
	{argv: []string{"install", "--python", "x", "foo"}},
	{argv: []string{"--python", "missing", "install", "foo"}, environ: []string{"_PIP_RUNNING_IN_SUBPROCESS=1"}},
	{argv: []string{"install", "--python", "missing", "foo"}, environ: []string{"_PIP_RUNNING_IN_SUBPROCESS="}},
	{argv: []string{"--python=", "install", "foo"}},
	{argv: []string{"--python", "missing", "list"}},
	{argv: []string{"install", "--log", "--isolated", "foo"}, environ: []string{"PIP_REQUIREMENT=req.txt"}},
	{argv: []string{"install", "--isol", "foo"}, environ: []string{"PIP_REQUIREMENT=req.txt"}},
	{argv: []string{"--isolated", "install", "foo"},
		environ: []string{"PIP_REQUIREMENT=req.txt", "PIP_CONFIG_FILE=my.conf"},
		files:   map[string]string{"cwd/my.conf": "[install]\nconstraint = c.txt\n"}},
	{argv: []string{"--isolated", "install", "foo"}, environ: []string{"PIP_RETRIES=bad"}},
	{argv: []string{"install", "--isolated", "foo"}, environ: []string{"PIP_UPGRADE_STRATEGY=bad"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_UPGRADE_STRATEGY=bad"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_REQUIREMENT=a b.txt"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_reQuirement=req.txt", "PIP_REQUIREMENT="}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_REQUIREMENT=", "PIP_--requirement=req.txt"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP___REQUIREMENT=req.txt"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_----requirement=req.txt"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_REQUIREMENTS=req.txt", "PIP_R=req.txt"}},
	{argv: []string{"install", "foo"},
		environ: []string{"PIP_INDEX_URL=https://one.example/s", "PIP_PYPI_URL=https://two.example/s"}},
	{argv: []string{"install", "foo"},
		environ: []string{"PIP_PYPI_URL=https://two.example/s", "PIP_INDEX_URL=https://one.example/s"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_PYPI_URL=https://two.example/s"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nindex-url = https://conf.example/s\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_\u212aEYRING_PROVIDER=bogus"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_HELP=1", "PIP_--HELP=1"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_--VERSION=1"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_VERBOSE=-1"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_VERBOSE= 3 ", "PIP_QUIET=1_0"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_NO_BUILD_ISOLATION=0"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_NO_BUILD_ISOLATION=maybe"}},
	{argv: []string{"install", "--cache-dir", "x", "foo"}, environ: []string{"PIP_NO_CACHE_DIR=bad"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_EXISTS_ACTION=i  x"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_FIND_LINKS=a\u00a0b\x1cc\u3000d"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_CONFIG_FILE=my.conf"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_CONFIG_FILE=my.conf"},
		files: map[string]string{"cwd/my.conf": "", "home/.config/pip/pip.conf": "[install]\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_CONFIG_FILE="},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_CONFIG_FILE=cwd"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_CONFIG_FILE=/dev/null"},
		files: map[string]string{"venv/pip.conf": "[install]\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"PIP_CONFIG_FILE=//dev/null"},
		files: map[string]string{"venv/pip.conf": "[install]\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"XDG_CONFIG_HOME="},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = req.txt\n",
			"cwd/pip/pip.conf": "[install]\nconstraint = c.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"XDG_CONFIG_HOME= "},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = req.txt\n",
			"cwd/ /pip/pip.conf": "[install]\nconstraint = c.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"XDG_CONFIG_HOME=~/x"},
		files: map[string]string{"home/x/pip/pip.conf": "[install]\nrequirement = req.txt\n",
			"cwd/~/x/pip/pip.conf": "[install]\nconstraint = c.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"XDG_CONFIG_DIRS=~/x::/none/"},
		files: map[string]string{"home/x/pip/pip.conf": "[install]\nrequirement = req.txt\n",
			"cwd/pip/pip.conf": "[install]\nconstraint = c.txt\n"}},
	{argv: []string{"install", "foo"}, environ: []string{"XDG_CONFIG_DIRS= "},
		files: map[string]string{"cwd/ /pip/pip.conf": "[install]\nconstraint = c.txt\n"}},
	{argv: []string{"install"},
		files: map[string]string{"home/.config/pip/pip.conf": "[global]\nfind-links = links\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = req.txt ; not a comment\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement =\n    req.txt\n\n" +
			"    more.txt\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[DEFAULT]\nrequirement = req.txt\n[global]\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install] x\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = req.txt\n",
			"venv/pip.conf": "[install]\nrequirement =\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[global]\nrequirement = req.txt\n",
			"venv/pip.conf": "[install]\nrequirement =\n"}},
	{argv: []string{"install", "foo"},
		files:   map[string]string{"home/.config/pip/pip.conf": "[:env:]\nrequirement = req.txt\n"},
		environ: []string{"PIP_REQUIREMENT=more.txt"}},
	{argv: []string{"install", "--isolated", "foo"},
		files: map[string]string{"venv/pip.conf": "[:env:]\nrequirement = req.txt\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = réq.txt\n",
			"cwd/réq.txt": "accent\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nrequirement = r\xe9q.txt\n"}},
	{argv: []string{"list"}, files: map[string]string{"home/.config/pip/pip.conf": "broken\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[global]\nversion = 1\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nversion = 1\nhelp = 1\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nuser = yes\n"}},
	{argv: []string{"install", "foo"},
		files: map[string]string{"home/.config/pip/pip.conf": "[install]\nuser = yes\nno-user = no\n"}},
	{argv: []string{"install", "--user", "--target", "t", "foo"}},
	{argv: []string{"install", "--user", "--prefix", "t", "foo"}},
	{argv: []string{"install", "--target", "req.txt", "foo"}},
	{argv: []string{"install", "--target=", "foo"}},
	{argv: []string{"install", "--require-virtualenv", "foo"}},
	{argv: []string{"install", "--pre", "--all-releases", "foo", "bar"}},
	{argv: []string{"install", "--require-hashes", "--no-require-hashes", "foo"}},
	{argv: []string{"install", "--only-deps", "--no-deps", "foo"}},
	{argv: []string{"install", "--only-deps", "-r", "req.txt"}},
	{argv: []string{"install", "--platform", "x", "foo"}},
	{argv: []string{"install", "--platform", "x", "--no-deps", "foo"}},
	{argv: []string{"install", "--platform", "x", "--no-deps", "--dry-run", "foo"}},
	{argv: []string{"download", "--platform", "x", "--only-binary", ":all:", "foo"}},
	{argv: []string{"download", "--python-version", "", "foo"}},
	{argv: []string{"download", "--python-version", "3.x", "foo"}},
	{argv: []string{"install", "--build-constraint", "c.txt", "--no-build-isolation", "foo"}},
	{argv: []string{"install", "--build-constraint", "missing.txt", "foo"}},
	{argv: []string{"install", "--requirements-from-script", "script.py", "--requirements-from-script", "script.py"}},
	{argv: []string{"install", "--requirements-from-script", "script.py", "--python-version", "3.7", "--target", "t",
		"--no-deps"}},
	{argv: []string{"install", "--group", ":dev"}},
	{argv: []string{"install", "--group", "a:b:dev"}},
	{argv: []string{"install", "--group", "sub/pyproject.toml/:dev"}},
	{argv: []string{"install", "-C", "a", "foo"}},
	{argv: []string{"install", "-Ca=b", "-C", "a=c", "foo"}},
	{argv: []string{"install", "--no-binary", "-x", "foo"}},
	{argv: []string{"install", "--uploaded-prior-to", "P0D", "foo"}},
	{argv: []string{"install", "--uploaded-prior-to", "p3d", "foo"}},
	{argv: []string{"install", "-vqU", "-Ifoo"}},
	{argv: []string{"install", "-ihttps://é.example", "foo"}},
	{argv: []string{"install", "-é", "foo"}},
	{argv: []string{"install", "--=x", "foo"}},
	{argv: []string{"install", "--no-deps=", "foo"}},
	{argv: []string{"install", "-r"}},
	{argv: []string{"install", "--requirement"}},
	{argv: []string{"install", "--retries", "1e3", "foo"}},
	{argv: []string{"install", "--retries", "-0x1", "foo"}},
	{argv: []string{"install", "--retries", "٣", "foo"}},
	{argv: []string{"install", "--timeout", "1_000.5", "foo"}},
	{argv: []string{"install", "--timeout", "infinite", "foo"}},
	{argv: []string{"uninstall", "-y"}},
	{argv: []string{"uninstall", "-y", "./proj"}},
	{argv: []string{"uninstall", "-y", "-r", "missing.txt"}},
	{argv: []string{"help"}},
	{argv: []string{"help", "nosuch"}},
	{argv: []string{"-q"}},
	{argv: []string{"INSTALL", "foo"}},
	{argv: []string{"install", "foo"}, environ: []string{"_PIP_IN_BUILD_IGNORE_CONSTRAINTS=1", "PIP_CONSTRAINT=c.txt"}},
	{argv: []string{"install", "foo", "--build-constraint", "more.txt"},
		environ: []string{"_PIP_IN_BUILD_IGNORE_CONSTRAINTS=1", "PIP_CONSTRAINT=c.txt"}},
}

// TestTraps compares each of the traps with what real pips make of it.
func TestTraps(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the driver forks")
	}
	pips := testedPips[:2]
	if os.Getenv("THRESHER_DIFFERENTIAL_CASES") != "" {
		pips = testedPips
	}
	for _, p := range pips {
		t.Run(p.version, func(t *testing.T) {
			c := startCollector(t, p.version, p.oldest, p.youngest)
			table, _ := option.Embedded(p.version)
			for _, trap := range traps {
				root := realPath(t, t.TempDir())
				s := &scene{
					root: root, dir: filepath.Join(root, "cwd"), home: filepath.Join(root, "home"),
					environment: filepath.Join(root, "venv"),
					argv:        trap.argv, files: map[string]string{},
				}
				s.environ = environmentOnce(append([]string{
					"PATH=/usr/bin:/bin", "HOME=" + s.home, "LANG=C.UTF-8", "TMPDIR=" + filepath.Join(root, "tmp"),
					"XDG_CONFIG_DIRS=" + s.home + "/none",
				}, trap.environ...))
				s.randomFiles(rand.New(rand.NewSource(1)), table.Commands["install"], "")
				for path := range s.files {
					if strings.HasSuffix(path, ".conf") {
						delete(s.files, path)
					}
				}
				s.files["cwd/req.txt"], s.files["cwd/more.txt"], s.files["cwd/c.txt"] = "alpha\nbeta==1\n", "gamma\n",
					"alpha<2\n"
				for path, content := range trap.files {
					s.files[path] = content
				}
				s.write(t)
				answer := c.ask(s.question())
				got := Parse(Input{Args: s.argv, Environ: s.environ, Dir: s.dir, Installation: s.installation(c),
					Home: s.home})
				for _, u := range got.Unreadable {
					t.Errorf("%q %q: unreadable: %s: %s", trap.argv, trap.environ, u.Place, u.Reason)
				}
				if difference := compareAnswer(got, answer); difference != "" {
					t.Errorf("%q %q %q:\n%s\npip: %s %d %s", trap.argv, trap.environ, trap.files, difference,
						answer.Outcome, answer.RC, answer.Stderr)
				}
			}
		})
	}
}
