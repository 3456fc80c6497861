package source

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/testkit"
	"thresher/pep"
	"thresher/pip/internal/release"
	"thresher/pip/option"
)

// realPip is a pip that answers what it makes of requirement sources.
type realPip struct {
	version string
	python  testkit.Python
	markers map[string]string
	in      io.WriteCloser
	out     *bufio.Reader
}

func startPip(t testing.TB, version string) *realPip {
	t.Helper()
	newest := 99
	if !release.AtLeast(version, "24.0") {
		newest = 11
	}
	var python testkit.Python
	for _, p := range testkit.Pythons(t) {
		if p.Minor <= newest && p.Minor >= 10 {
			python = p
		}
	}
	if python.Path == "" {
		t.Skipf("skipped: no python for pip %s", version)
	}
	wheel := testkit.PipWheel(t, python, version)
	driver, err := filepath.Abs(filepath.Join("testdata", "sources.py"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python.Path, "-I", "-W", "ignore", driver, wheel)
	command.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	command.Stderr = os.Stderr
	p := &realPip{version: version, python: python}
	if p.in, err = command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(stdout)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.in.Close()
		_ = command.Wait()
	})
	var hello struct {
		Pip     string
		Markers map[string]string
	}
	p.read(t, &hello)
	p.version, p.markers = hello.Pip, hello.Markers
	return p
}

func (p *realPip) read(t testing.TB, into any) {
	t.Helper()
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, into)
	}
	if err != nil {
		t.Fatalf("pip %s: %v: %s", p.version, err, line)
	}
}

// sourcesReading is what pip or thresher made of sources.
type sourcesReading struct {
	Requirements  []readRequirement `json:"requirements"`
	Indexes       []string          `json:"indexes"`
	FindLinks     []string          `json:"find_links"`
	Hosts         []string          `json:"hosts"`
	RequireHashes bool              `json:"require_hashes"`
	NoBinary      []string          `json:"no_binary"`
	OnlyBinary    []string          `json:"only_binary"`
	Status        int               `json:"status"`
	Message       string            `json:"message"`
	Kind          string            `json:"kind"`
}

type readRequirement struct {
	Name       string            `json:"name"`
	Specifier  string            `json:"specifier"`
	Extras     []string          `json:"extras"`
	Marker     string            `json:"marker"`
	Applies    bool              `json:"applies"`
	URL        string            `json:"url"`
	Editable   bool              `json:"editable"`
	Constraint bool              `json:"constraint"`
	Hashes     []string          `json:"hashes"`
	Settings   map[string]string `json:"settings"`
}

func (p *realPip) ask(t testing.TB, dir string, environ, args []string) sourcesReading {
	t.Helper()
	variables := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	question, err := json.Marshal(map[string]any{"dir": dir, "env": variables, "args": args})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(question, '\n')); err != nil {
		t.Fatal(err)
	}
	var r sourcesReading
	p.read(t, &r)
	for i := range r.Requirements {
		r.Requirements[i].Name = pep.CanonicalName(r.Requirements[i].Name)
		r.Requirements[i].Extras = canonicalExtras(r.Requirements[i].Extras)
	}
	return r
}

// canonicalExtras levels what pips below 24.0 do to the spelling of extras.
func canonicalExtras(extras []string) []string {
	canonical := []string{}
	for _, extra := range extras {
		canonical = append(canonical, pep.CanonicalName(extra))
	}
	slices.Sort(canonical)
	return slices.Compact(canonical)
}

const testIndex = "https://index.example/simple"

// read is what thresher makes of the same sources.
func (p *realPip) collect(t testing.TB, dir string, environ, args []string) *Collection {
	t.Helper()
	table, ok := option.Embedded(p.version)
	if !ok {
		t.Fatalf("no table for pip %s", p.version)
	}
	s := New(Input{
		Dir: dir, Command: "install", PipVersion: p.version, PythonVersion: p.python.Version, Environ: environ,
		MarkerEnvironment: func() (map[string]string, error) { return p.markers, nil },
		LineOptions:       table.LineOptions, Fetch: fetchPage,
		Finder: Finder{Indexes: []option.Setting{{Value: testIndex}}, ExtraAt: 1},
	})
	origin := option.Origin{Kind: option.FromArgv, Place: "argument"}
	for _, kind := range []string{"-c", "", "--group", "-e", "-r", "--requirements-from-script"} {
		for i := 0; i < len(args); i++ {
			option, value := "", args[i]
			if strings.HasPrefix(value, "-") {
				option, value = args[i], args[i+1]
				i++
			}
			if option != kind {
				continue
			}
			switch kind {
			case "-c":
				s.ConstraintsFile(value, origin)
			case "":
				s.Positional(value, origin)
			case "--group":
				s.Group(value, origin)
			case "-e":
				s.Editable(value, origin)
			case "-r":
				s.RequirementsFile(value, origin)
			default:
				s.Script(value, origin)
			}
		}
	}
	return s
}

func (s *Collection) reading() sourcesReading {
	r := sourcesReading{RequireHashes: s.Finder.RequireHashes}
	if s.Failure != nil {
		return sourcesReading{Status: s.Failure.Status, Message: s.Failure.String()}
	}
	for _, q := range s.Requirements {
		hashes := append([]string{}, q.Hashes...)
		sort.Strings(hashes)
		settings := map[string]string{}
		maps.Copy(settings, q.Settings)
		r.Requirements = append(r.Requirements, readRequirement{
			Name: q.Canonical, Specifier: q.Specifier, Extras: canonicalExtras(q.Extras), Marker: q.Marker,
			Applies: q.MarkerApplies,
			URL:     q.URL, Editable: q.Editable, Constraint: q.Constraint, Hashes: hashes, Settings: settings,
		})
	}
	for _, index := range s.Finder.Indexes {
		r.Indexes = append(r.Indexes, index.Value)
	}
	for _, links := range s.Finder.FindLinks {
		r.FindLinks = append(r.FindLinks, links.Value)
	}
	for _, host := range s.Finder.TrustedHosts {
		name, _, _ := strings.Cut(host.Value, ":")
		r.Hosts = append(r.Hosts, name)
	}
	return r
}

// comparable drops what the two sides put differently on purpose.
func (r sourcesReading) comparable() sourcesReading {
	if strings.Contains(strings.ToLower(r.Message), "file name too long") {
		// A file that includes itself by a relative path, before 24.3: which
		// limit is met first depends on the path's length.
		r.Status = 2
	}
	r.NoBinary, r.OnlyBinary, r.Hosts, r.Kind, r.Message = nil, nil, nil, "", ""
	if r.Status != 0 {
		return sourcesReading{Status: r.Status}
	}
	if len(r.Requirements) == 0 {
		r.Requirements = nil
	}
	if len(r.Indexes) == 0 {
		r.Indexes = nil
	}
	if len(r.FindLinks) == 0 {
		r.FindLinks = nil
	}
	return r
}

// tree is a random project directory with what is asked of pip in it.
type tree struct {
	files   map[string][]byte
	environ []string
	args    []string
	types   map[string]string // Content-Type by path, of what is served
}

// ServeHTTP makes the tree's files available at the address given to it.
func (c *tree) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	content, ok := c.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", c.types[name])
	_, _ = w.Write(content)
}

// fetchPage is the Fetch of these tests.
func fetchPage(url string) (Page, error) {
	response, err := http.Get(url)
	if err != nil {
		return Page{}, err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return Page{}, &StatusError{URL: url, Status: response.StatusCode, Reason: "Not Found"}
	}
	body, err := io.ReadAll(response.Body)
	return Page{Body: body, ContentType: response.Header.Get("Content-Type")}, err
}

func (c *tree) write(t testing.TB, dir string) {
	t.Helper()
	for name, content := range c.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *tree) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "args %q\nenviron %q\n", c.args, c.environ)
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if strings.HasSuffix(name, ".txt") || strings.HasSuffix(name, ".toml") || strings.HasSuffix(name, ".py") {
			fmt.Fprintf(&b, "--- %s %q\n", name, c.files[name])
		}
	}
	return b.String()
}

// generator makes random sources. A tame one keeps to what pip accepts most of
// the time, so that whole trees are read to their end.
type generator struct {
	*rand.Rand
	tame bool
}

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

// chance is true once in n.
func (g generator) chance(n int) bool { return g.IntN(n) == 0 }

var testEnviron = []string{
	"LANG=C.UTF-8", "PATH=/usr/bin:/bin", "HOME=/dev/null/home", "PIP_CONFIG_FILE=/dev/null",
	"PKG=envpkg", "NEST=${PKG}", "SELF=${SELF}x", "BLANK= ", "TWO=two parts", "OPT=-r a.txt", "PRE=--pre",
	"LINE=one\ntwo", "HASHED=q #r", "SLASH=w\\", "EMPTY=", "HOST=https://env.example/s", "PIP_TOKEN=tok", "LINK=-",
}

func (g generator) requirement() string {
	if g.tame && !g.chance(20) {
		return g.tameRequirement()
	}
	name := g.pick("alpha", "Beta_x", "gamma.y", "a-b", "foo", "req.txt", "proj", "x1", "${PKG}", "delta")
	switch g.IntN(26) {
	case 0, 1, 2:
		return name
	case 3, 4:
		return name + g.pick("==1.0", ">=1,<2", "~=2.1", "!=1.*", "===1.0-weird", " (>=1.0)", ">=1.0.*", "==1.0-x_y",
			">dev", " == 2.0 , < 3", "=1", "==", "===", ">=2;", "<=1.0+local")
	case 5:
		return name + "[" + g.pick("x", "x,y", "X , y", "", "x y", "x,", "é") + "]" + g.pick("", "==1", " >=2")
	case 6, 7:
		return name + g.pick("; ", ";", " ; ", " ;") + g.marker()
	case 8:
		return name + g.pick(" @ ", "@", " @", "@ ") + g.url() + g.pick("", "", " ; "+g.marker(), ";"+g.marker(), " #x",
			"#egg=other")
	case 9, 10:
		return g.url() + g.pick("", "", "; "+g.marker(), " ; "+g.marker(), ";"+g.marker())
	case 11, 12:
		return g.path() + g.pick("", "", "[x]", "[x,Y]", " [x]", "; "+g.marker(), "#egg=z", "[", "]", "[]", "[é]")
	case 13:
		return g.pick("foo bar", "-", "--", "é", "foo/bar", "foo\tbar", "\ufefffoo", "foo\x00", "foo;", ";", "[x]", "@",
			"foo@", "foo @", "$", "${", "foo${NOPE}")
	case 14:
		return g.pick("${NEST}", "${SELF}", "${TWO}", "${OPT}", "${PRE}", "${LINE}", "${HASHED}", "${SLASH}",
			"${EMPTY}foo", "${BLANK}foo", "foo ${OPT}", "${LINK}e proj", "${BLANK}-r a.txt", "${pkg}", "$PKG",
			"${PIP_TOKEN}", "a${SELF}${SELF}")
	case 15, 16:
		return name + " " + g.option()
	case 17:
		return name + "==1.0 " +
			g.hash() + g.pick("", " "+g.hash(), " -C a=b", " --config-settings k=v -C k=w", "\t"+g.hash())
	default:
		return name
	}
}

func (g generator) tameRequirement() string {
	name := g.pick("alpha", "Beta_x", "gamma.y", "a-b", "foo", "req.txt", "proj", "x1", "${PKG}", "delta")
	marker := g.pick("python_version > '3'", `sys_platform == "linux"`, "extra=='x' or os_name == 'nt'")
	switch g.IntN(12) {
	case 0:
		return name + g.pick("==1.0", ">=1,<2", "~=2.1", "!=1.*", "===1.0", " (>=1.0)", " == 2.0 , < 3")
	case 1:
		return name + "[" + g.pick("x", "x,y", "X , y", "") + "]" + g.pick("", "==1", " >=2")
	case 2:
		return name + g.pick("; ", ";", " ; ", " ;") + marker
	case 3:
		return name + " @ " +
			g.pick("https://x.example/a.zip", "git+https://g.example/r@v1", "file:///nowhere/b.whl") + g.pick("",
			" ; "+marker, " #x", "#egg=other")
	case 4:
		return g.pick("https://x.example/foo-1.0-py3-none-any.whl", "https://x.example/x.tar.gz",
			"git+https://g.example/r.git@v1#egg=vcs&subdirectory=s", "ftp://f.example/x.zip", "file:proj",
			"https://x.example/a%2Fb-1-py3-none-any.whl", "HTTPS://X.example/Foo_bar-1.0-py3-none-any.whl") + g.pick("",
			"; "+marker)
	case 5, 6:
		return g.pick("./proj", "proj/", "./setup", ".", "./proj/../proj", "pk-1.0.zip", "./wh-1.0-py3-none-any.whl",
			"missing.tar.gz", "dir.zip", "./dir.zip", "x.ZIP", "./with space", "./.zip") + g.pick("", "", "[x]",
			"[x,Y]", "; "+marker)
	case 7:
		return g.pick("${NEST}", "${EMPTY}foo", "${BLANK}foo", "${PRE}", "${OPT}", "${LINK}e proj", "${BLANK}-r a.txt",
			"${PIP_TOKEN}", "foo ${OPT}", "${HASHED}")
	case 8:
		return name + "==1.0 --hash=sha256:" +
			strings.Repeat("a", 64) + g.pick("", " --hash sha512:b", " -C a=b", " -e proj", " -r a.txt",
			" --pre -i https://lost.example/s")
	default:
		return name
	}
}

func (g generator) tameOption() string {
	return g.pick("-r a.txt", "-ra.txt", "--requirement=sub/b.txt", "-r 'a.txt'", "-c c.txt", "-r a.txt -r sub/b.txt",
		"-c c.txt -r a.txt", "-r a.txt foo", "-r ./sub/../a.txt",
		"-i https://a.example/s", "--index-url=https://b.example/s --extra-index-url https://c.example/s",
		"--extra-index-url 'https://d.example/s'", "--pypi-url https://p.example/s", "-i ${HOST}",
		"-i https://a.example/s#f",
		"--no-index", "--no-index -i https://late.example/s", "-f links", "-f https://l.example/", "-f links -f other",
		"-f nolinks", "-f sub", "-f '/abs/l'", "-f ~/x",
		"--pre", "--pre foo", "--prefer-binary", "--trusted-host t.example", "--no-binary foo", "--only-binary=a,b",
		"--use-feature=fast-deps", "-- foo", "--hash=sha256:aa",
		"-e proj", "-e ./setup[x]", "-e proj -e setup", "-e git+https://g.example/r.git#egg=ed", "-e file:proj",
		"-eproj", "-e git:g.example/r#egg=q",
		"-r a.txt # c", "-i https://a.example/s -r a.txt", "-f links --pre -i https://m.example/s",
		"--extra-index-url https://x1.example/s --extra-index-url https://x2.example/s")
}

func (g generator) hash() string {
	return "--hash" + g.pick("=", " ") + g.pick("sha256:"+strings.Repeat("a", 64), "sha512:b", "sha384:c", "md5:d",
		"sha256", "'sha256:e'")
}

func (g generator) marker() string {
	return g.pick("python_version > '3'", "python_version<'3'", `sys_platform == "linux"`, `extra == 'x'`,
		"os_name=='posix' and (python_version>='3.6' or extra=='y')", "nonsense", "", "'x' in sys_platform",
		"python_full_version >= '3.7.1' # c", "platform_system != 'Windows'", "'a'=='a'")
}

func (g generator) url() string {
	return g.pick("https://x.example/foo-1.0-py3-none-any.whl", "https://x.example/x.tar.gz",
		"https://x.example/x.tar.gz#egg=eggy", "HTTPS://X.example/Foo_bar-1.0-py3-none-any.whl",
		"git+https://g.example/r.git@v1#egg=vcs&subdirectory=s", "git+ssh://git@g.example/r", "git+file:///srv/r",
		"git:foo", "hg+https://h.example/r#egg=h", "svn+svn://s.example/r", "bzr+lp:proj",
		"file:///nowhere/b.whl", "file:proj", "file://localhost/x.zip", "file://host/x.zip", "FILE:///x.zip",
		"ftp://f.example/x.zip", "https://x.example/a%2Fb-1-py3-none-any.whl",
		"https://x.example/w-1_2-py3-none-any.whl", "https://x.example/w.whl",
		"https://x.example/x#egg=a[b]", "https://x.example/x#egg=a==1", "https://x.example/x?egg=1&b=2#sha256=aa",
		"https://[::1]/x.zip", "https://[x/x.zip", "http:x.zip", "https://user:pw@x.example/x.zip",
		"file:///x/../y.zip", "https://x.example/é.zip", "https://${PKG}.example/x.zip", "mailto:x", "C:\\x\\y.zip",
		"https://x.example/foo-1.0-py3-none-any.WHL", "https://x.example/foo-1.0-py3-none-any.whl/")
}

func (g generator) path() string {
	return g.pick("./proj", "proj", "proj/", "./setup", "./plain", "plain", "./missing", ".", "..", "./proj/../proj",
		"pk-1.0.zip", "./pk-1.0.zip", "missing.tar.gz", "./wh-1.0-py3-none-any.whl", "wh-1.0-py3-none-any.whl",
		"bad.whl", "./bad.whl", "/nowhere/x.tar.bz2", "dir.zip", "./dir.zip", "sub/b.txt", "a.txt", "foo@pk-1.0.zip",
		"./foo@pk-1.0.zip", "x.ZIP", "with space/p", "./with space", "proj\\x", "~/x", "./é.zip",
		"wh@./wh-1.0-py3-none-any.whl", "foo @ ./pk-1.0.zip", ".zip", "./.zip", "a..zip", "pk-1.0.tar.gz.zip")
}

func (g generator) option() string {
	if g.tame && !g.chance(20) {
		return g.tameOption()
	}
	return g.pick("-r a.txt", "-ra.txt", "--requirement=sub/b.txt", "-r sub/b.txt", "--req a.txt", "-r 'a.txt'",
		`-r "sub/b.txt"`, "-c c.txt", "--constraint c.txt", "-r missing.txt", "-r a.txt -r sub/b.txt",
		"-c c.txt -r a.txt", "-r a.txt foo", "-r", "-r ''", "-r .", "-r file:a.txt", "-r ./sub/../a.txt",
		"-i https://a.example/s", "--index-url https://a.example/s",
		"--index-url=https://b.example/s --extra-index-url https://c.example/s",
		"--extra-index-url 'https://d.example/s'", "--pypi-url https://p.example/s", "--index https://ab.example/s",
		"-i ''", "-i ${HOST}", "--extra https://e.example/s", "-ihttps://glued.example/s",
		"--no-index", "--no-index -i https://late.example/s", "-f links", "--find-links=./links",
		"-f https://l.example/", "-f links -f other", "-f nolinks", "--find ${BLANK}", "-f sub", "-f ~/x",
		"-f '/abs/l'",
		"--pre", "--pr", "--pre foo", "--prefer-binary", "--require-hashes", "--trusted-host t.example",
		"--trusted-host=t.example:8080", "--no-binary foo", "--no-binary :all:", "--only-binary=a,b",
		"--only-binary :none:", "--no-binary -x",
		"--use-feature=fast-deps", "--use-feature nope", "--bogus", "-x", "--", "-- foo", "-", "--hash=sha256:aa",
		"--hash nope", "-C a=b", "-C nope", "--config-settings a=b", "--global-option x", "--no-index=1", "--re a.txt",
		"--no", "-e proj", "-e ./setup[x]", "-e proj -e setup", "-e git+https://g.example/r.git#egg=ed",
		"-e ed @ git+https://g.example/r.git", "-e 'ed @ git+https://g.example/r.git'", "-e foo", "-e", "-e file:proj",
		"-e .", "-eproj", "--editable=setup", "-e git:g.example/r#egg=q", "-e https://x.example/x.zip#egg=q",
		"-e plain",
		"-r 'a.txt", `-r "a.txt`, `-r a.txt\`, "-r a.txt # c", "-r a.txt#c", "-i https://a.example/s#f", "-r\ta.txt",
		"-r  a.txt", "--all-releases foo", "--only-final :all:", "--no-require-hashes",
		"--extra-index-url https://x.example -r a.txt", "-f links --pre -i https://m.example/s", "--trusted-host ''")
}

func (g generator) line() string {
	switch g.IntN(9) {
	case 0, 1, 2:
		return g.option()
	case 3:
		return g.pick("# comment", "  # comment", "#", "# coding: utf-8", "# -*- coding: latin-1 -*-", "# coding=ascii",
			"#\\", "# c\\", "", "   ", "\t", "\\", "\\\\", "# coding: utf_8_sig")
	case 4:
		if g.chance(3) && !g.tame {
			return g.pick("# coding: utf-7", "# vim: set fileencoding=cp1252 :", "# coding: utf-16",
				"# coding: unicode_escape")
		}
	}
	text := g.requirement()
	if g.chance(5) {
		text += g.pick(" # c", "# c", "  #c", "\t# c", " #", " # c\\", "#")
	}
	if g.chance(6) {
		text = g.pick(" ", "\t", "\u00a0", "  ") + text
	}
	if g.chance(6) {
		text += g.pick("\\", " \\", "\\\\", "\\ ", " ")
	}
	if g.chance(12) {
		at := g.IntN(len(text) + 1)
		text = text[:at] + g.pick("\\\n", " \\\n ", "\\\n# c\n", "\\\r\n", "\\\n\\\n") + text[at:]
	}
	return text
}

func (g generator) text(lines int) string {
	var b strings.Builder
	for range g.IntN(lines) + 1 {
		b.WriteString(g.line())
		b.WriteString(g.pick("\n", "\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\r", "\v", "\f", "\u2028", "\u0085",
			"\x1c", "\n\n", ""))
	}
	return b.String()
}

func (g generator) bytes(text string) []byte {
	switch g.IntN(25) {
	case 0:
		return append([]byte("\xef\xbb\xbf"), text...)
	case 1, 2:
		units := utf16.Encode([]rune(text))
		big := g.chance(2)
		out := []byte("\xff\xfe")
		if big {
			out = []byte("\xfe\xff")
		}
		for _, u := range units {
			if big {
				out = append(out, byte(u>>8), byte(u))
			} else {
				out = append(out, byte(u), byte(u>>8))
			}
		}
		if g.chance(6) {
			out = append(out, 'x')
		}
		return out
	case 3:
		out := []byte("\xff\xfe\x00\x00")
		for _, c := range text {
			out = append(out, byte(c), byte(c>>8), byte(c>>16), 0)
		}
		return out
	case 4:
		return []byte(text + "caf\xe9\n")
	case 5:
		return append([]byte(g.pick("# coding: latin-1\n", "# coding: cp1252\n", "# coding: us-ascii\n",
			"#!x\n# coding: iso-8859-1\n")), text+"# caf\xe9\n"...)
	}
	return []byte(text)
}

func (g generator) script() []byte {
	if g.chance(2) {
		var b strings.Builder
		for range g.IntN(12) {
			b.WriteString(g.pick("# /// script", "# /// script", "# ///", "# ///", "# /// other", "#",
				"# dependencies = ['a']", "# x = 'y'", "#x", "", "# /// script ", "print()", "#\tdependencies = []",
				"# ['b']", "# dependencies = [", "#   'c',", "# ]"))
			b.WriteString(g.pick("\n", "\n", "\n", "\n", "\r\n", "\r", "\f", "\u2028"))
		}
		return []byte(b.String())
	}
	return []byte(g.pick("#!x\n", "") + "# /// script\n" +
		g.pick("# requires-python = '>=3.8'\n", "# requires-python = '<3'\n", "") +
		g.pick("# dependencies = ['alpha>=1', 'b']\n",
			"# dependencies = [\n#   'x',\n#\n#   'y; extra == \"z\"',\n# ]\n", "# dependencies = 'ab'\n",
			"# dependencies = [1]\n", "#dependencies = []\n", "# dependencies = ['a\x0cb']\n",
			"# x = 1 # \u2028#harmless\n# dependencies = ['q']\n", "") +
		g.pick("# ///\n", "# ///\n", "# ///\n# more\n# ///\n", "", "# /// other\n# ///\n", "# ///\r\n"))
}

func (g generator) groupItem() string {
	if g.tame && !g.chance(20) {
		return g.pick(`"alpha"`, `"beta>=1"`, `"gamma; python_version > '3'"`, `{include-group = "base"}`,
			`"d @ https://x.example/d.zip"`)
	}
	return g.pick(`"alpha"`, `"beta>=1"`, `"gamma; python_version > '3'"`, `{include-group = "base"}`,
		`{include-group = "Dev"}`, `{include-group = "none"}`, `{include-group = 1}`, `1`, `"./proj"`, `"not valid"`,
		`{include = "base"}`, `"d @ https://x.example/d.zip"`)
}

func (g generator) tree() *tree {
	c := &tree{environ: testEnviron, files: map[string][]byte{
		"proj/pyproject.toml": []byte("[project]\nname = \"proj\"\nversion = \"1\"\n"), "setup/setup.py": nil,
		"plain/x":    nil,
		"pk-1.0.zip": nil, "wh-1.0-py3-none-any.whl": nil, "dir.zip/pyproject.toml": nil, "links/x": nil,
		"sub/links/x":         nil,
		"with space/setup.py": nil,
		"main.txt":            g.bytes(g.text(6)),
		"a.txt": g.bytes(g.pick("ina\n", "ina\n", "", "-c c.txt\nina\n", "-r sub/b.txt\n",
			"-i https://ina.example/s\nina\n", g.text(2))),
		"sub/b.txt": g.bytes(g.pick("inb\n", "-r c.txt\ninb\n", "-r ../a.txt\n", "-f links\ninb\n",
			g.text(2))),
		"sub/c.txt": []byte("insubc\n"),
		"c.txt": g.bytes(g.pick("foo<3\n", "foo<3\n-r a.txt\n", "-e proj\n", "foo[x]<2\n",
			"dep @ https://c.example/d.zip\n", g.text(2))),
	}}
	c.args = []string{"-i", testIndex}
	var groups strings.Builder
	groups.WriteString("[dependency-groups]\n")
	for _, name := range []string{"dev", "base", "other"} {
		if g.tame && name == "base" {
			groups.WriteString("base = ['inbase']\n")
			continue
		}
		fmt.Fprintf(&groups, "%s = [%s]\n", name,
			strings.Join([]string{g.groupItem(), g.pick(`"alpha"`, g.groupItem())}, ", "))
	}
	c.files["pyproject.toml"] = []byte(groups.String())
	c.files["s.py"] = []byte("#!x\n# /// script\n# dependencies = ['scripted>=1', 'b']\n# ///\n")
	if !g.tame || g.chance(3) {
		c.files["s.py"] = g.script()
	}
	if g.chance(4) {
		c.args = append(c.args, "-c", "c.txt")
	}
	for g.chance(2) {
		text := g.requirement()
		if g.chance(8) {
			text = g.path()
		}
		if !strings.HasPrefix(text, "-") &&
			(!g.tame || !strings.Contains(text, " -") && !strings.Contains(text, "$")) &&
			!strings.ContainsRune(text, 0) {
			c.args = append(c.args, text)
		}
	}
	if g.chance(6) {
		c.args = append(c.args, "-e",
			g.pick("proj", "proj", "proj", "./setup", "file:proj", "git+https://g.example/r.git#egg=ed", "./setup[x]",
				"git+https://g.example/r.git#egg=ed", "ed @ git+https://g.example/r.git",
				"ed[x] @ file:proj ; python_version > '3'", "file:proj", g.url(), g.path()))
	}
	if !g.chance(6) || len(c.args) == 2 {
		c.args = append(c.args, "-r",
			g.pick("main.txt", "main.txt", "main.txt", "./main.txt", "sub/../main.txt", "sub/b.txt", "a.txt"))
	}
	return c
}

// remote moves the sources behind URLs.
func (g generator) remote(c *tree, url string) {
	if !g.chance(4) {
		return
	}
	c.types = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		c.types[name] = g.pick("text/plain", "text/plain; charset=utf-8", "text/plain; charset=latin-1",
			"text/plain;charset=us-ascii", "application/octet-stream", "TEXT/plain", "text/x; Charset=\"UTF-8\"",
			"application/json", "text/plain; charset=nonsense", "text/plain; charset=utf-16",
			"text/plain; charset='utf-8'; charset=latin-1", "text/plain; charset=", "x")
	}
	for i := 2; i+1 < len(c.args); i++ {
		if (c.args[i] == "-r" || c.args[i] == "-c") && g.chance(2) {
			c.args[i+1] = url + "/" + c.args[i+1]
		}
	}
	for _, name := range []string{"main.txt", "a.txt"} {
		if g.chance(2) {
			c.files[name] = append(c.files[name],
				"\n"+g.pick("-r ", "-c ")+g.pick(url+"/sub/b.txt", url+"/sub/../a.txt?x=1#y", url+"/missing.txt",
					"file:///nowhere.txt", url+"/c.txt")+"\n"...)
		}
	}
}

func (g generator) lock() string {
	var b strings.Builder
	b.WriteString("lock-version = \"1.0\"\ncreated-by = \"t\"\n")
	b.WriteString(g.pick("", "", "default-groups = [\"dev\"]\n", "requires-python = \">=3.8\"\n",
		"extras = [\"x\"]\ndependency-groups = [\"dev\"]\n"))
	hash := "hashes = {sha256 = \"" + strings.Repeat("a", 64) + "\"}\n"
	for i := range g.IntN(4) {
		fmt.Fprintf(&b, "[[packages]]\nname = \"p%d\"\n", i)
		version := g.pick("version = \"1.0\"\n", "version = \"1.0\"\n", "")
		marker := g.pick("", "", "", "marker = \"python_version > '3'\"\n", "marker = \"python_version < '3'\"\n",
			"marker = \"'dev' in dependency_groups\"\n", "marker = \"'x' in extras or 'y' not in dependency_groups\"\n",
			"marker = \"os_name == 'posix' and 'x' not in extras\"\n", "marker = 'os_name == \" in extras\"'\n",
			"Name = \"upper\"\nMARKER = \"os_name == 'nt'\"\n")
		b.WriteString(version + marker)
		file := fmt.Sprintf("p%d-1.0", i)
		where := func(suffix string) string {
			return g.pick("url = \"https://files.example/"+file+suffix+"\"\n", "path = \"locked/"+file+suffix+"\"\n",
				"path = \"../"+file+suffix+"\"\n",
				"url = \"https://files.example/"+file+suffix+"\"\npath = \"/abs/"+file+suffix+"\"\n")
		}
		switch g.IntN(6) {
		case 0:
			fmt.Fprintf(&b, "[packages.vcs]\ntype = \"git\"\nurl = \"https://git.example/r.git\"\n"+
				"commit-id = \"0123456789abcdef0123456789abcdef01234567\"\n%s", g.pick("", "subdirectory = \"s\"\n"))
		case 1:
			b.WriteString("[packages.directory]\npath = \"" + g.pick("proj", "./setup", "sub/../proj", "missing", ".") +
				"\"\n" + g.pick("", "editable = true\n", "subdirectory = \"x\"\n"))
		case 2:
			b.WriteString("[packages.archive]\n" + where(".zip") + g.pick("", "subdirectory = \"s\"\n") + hash)
		case 3:
			b.WriteString("[packages.sdist]\n" + where(".tar.gz") + hash)
		default:
			b.WriteString("[[packages.wheels]]\n" +
				where("-py3-none-any.whl") + g.pick("", "name = \""+file+"-py3-none-any.whl\"\n") + hash)
		}
	}
	return b.String()
}

// newer adds what only pips from 25.1 and 26.0 on know.
func (g generator) newer(c *tree, version string) {
	if release.AtLeast(version, "25.1") && g.chance(3) {
		c.args = append(c.args, "--group",
			g.pick("dev", "base", "Dev", "other", "./pyproject.toml:other", "dev",
				g.pick("none", "sub/pyproject.toml:dev")))
	}
	if release.AtLeast(version, "26.1") && g.chance(3) {
		c.files["pylock.toml"] = []byte(g.lock())
		c.files["sub/pylock.x.toml"] = []byte(g.lock())
		c.args = append(c.args, "-r", g.pick("pylock.toml", "sub/pylock.x.toml", "./pylock.toml"))
	}
	if release.AtLeast(version, "26.0") && g.chance(4) {
		c.args = append(c.args, "--requirements-from-script",
			g.pick("s.py", "s.py", "s.py", "s.py", "missing.py", "a.txt"))
	}
}

// caseCount is how many random cases to run: a few hundred, or what
// THRESHER_SOURCE_CASES says (10,000 in the documented run).
func caseCount(t testing.TB) int {
	if text := os.Getenv("THRESHER_SOURCE_CASES"); text != "" {
		count, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	return 200
}

// TestSourcesAgreeWithPip compares the reading of random nasty sources, and of
// the copies made of them, with what real pips make of them. The number of
// cases is set by THRESHER_SOURCE_CASES, the pips by THRESHER_SOURCE_PIPS
// ("23.2.1 26.2.1"), the first seed by THRESHER_SOURCE_SEED.
func TestSourcesAgreeWithPip(t *testing.T) {
	versions := []string{"23.0.1", "23.2.1", "24.2", "26.2.1"}
	if text := os.Getenv("THRESHER_SOURCE_PIPS"); text != "" {
		versions = strings.Fields(text)
	}
	first := 1
	if text := os.Getenv("THRESHER_SOURCE_SEED"); text != "" {
		first, _ = strconv.Atoi(text)
	}
	count := caseCount(t)/len(versions) + 1
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			p := startPip(t, version)
			unreadable, refused, copied := map[string]int{}, 0, 0
			failures := 0
			for seed := first; seed < first+count && failures < 10; seed++ {
				g := generator{Rand: rand.New(rand.NewPCG(uint64(seed), 7))}
				g.tame = !g.chance(4)
				c := g.tree()
				g.newer(c, p.version)
				server := httptest.NewServer(c)
				g.remote(c, server.URL)
				dir, err := os.MkdirTemp(t.TempDir(), "case")
				if err != nil {
					t.Fatal(err)
				}
				c.write(t, dir)
				s := p.collect(t, dir, c.environ, c.args[2:])
				if len(s.Unreadable) > 0 {
					server.Close()
					reason, _, _ := strings.Cut(s.Unreadable[0].Reason, ":")
					unreadable[reason]++
					continue
				}
				want, got := p.ask(t, dir, c.environ, c.args), s.reading()
				server.Close() // the copies need it no more
				if want.Status != 0 {
					refused++
				}
				if strings.HasPrefix(want.Message, "You must give at least one requirement") {
					continue // the command line's matter, not the sources'
				}
				if diff := cmp.Diff(want.comparable(), got.comparable()); diff != "" {
					failures++
					t.Errorf("seed %d: -pip +thresher\n%s\npip: %s %s\nthresher: %s\n%s", seed, diff, want.Kind,
						want.Message, got.Message, c)
					continue
				}
				if got.Status == 0 && p.compareCopies(t, dir, c, s, want) {
					copied++
				}
				_ = os.RemoveAll(dir)
			}
			t.Logf("%d cases, %d refused by pip, %d with copies, unreadable: %v", count, refused, copied, unreadable)
		})
	}
}

// compareCopies has pip read the copies and compares with what it made of the
// originals. It tells whether there were any.
func (p *realPip) compareCopies(t *testing.T, dir string, c *tree, s *Collection, want sourcesReading) bool {
	t.Helper()
	gate := func(url string) string {
		if strings.HasPrefix(url, "http") {
			return "http://127.0.0.1:1/" + base64.RawURLEncoding.EncodeToString([]byte(url))
		}
		return url
	}
	out := filepath.Join(dir, "out put #1")
	if err := os.Mkdir(out, 0o700); err != nil {
		t.Fatal(err)
	}
	mapping, err := s.Rewrite(out, gate)
	if err != nil {
		if !strings.Contains(err.Error(), rewriteNotSame) {
			t.Errorf("rewrite: %v\n%s", err, c)
		}
		return false
	}
	args := slices.Clone(c.args)
	for i := range args {
		if path, ok := mapping[args[i]]; ok && i > 0 && strings.HasPrefix(args[i-1], "-") {
			args[i] = path
		}
	}
	// The sealed run sets variables of pip's options otherwise.
	environ := slices.Clone(c.environ)
	for i := range environ {
		environ[i] = strings.Replace(environ[i], "PIP_TOKEN=tok", "PIP_TOKEN=sealed", 1)
	}
	again := p.ask(t, dir, environ, args)
	for _, list := range [][]string{want.Indexes, want.FindLinks} {
		for i := range list {
			if list[i] != testIndex {
				list[i] = gate(list[i])
			}
			if list[i] != "" && !strings.Contains(list[i], ":") && !filepath.IsAbs(list[i]) {
				list[i] = filepath.Join(dir, list[i])
			}
		}
	}
	for i := range again.FindLinks {
		if !strings.Contains(again.FindLinks[i], ":") && !filepath.IsAbs(again.FindLinks[i]) {
			again.FindLinks[i] = filepath.Join(dir, again.FindLinks[i])
		}
	}
	if diff := cmp.Diff(want.comparable(), again.comparable()); diff != "" {
		t.Errorf("copies: -original +copy\n%s\n%s\n%v %s\n%s", diff, again.Kind, mapping, again.Message, c)
	}
	return len(mapping) > 0
}
