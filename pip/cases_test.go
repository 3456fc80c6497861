package pip

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/pip/option"
	"thresher/pip/source"
)

// recordedCase is one line of pip_cases.jsonl: a command line, what lies
// around it, and what pip made of it.
type recordedCase struct {
	ID         string                     `json:"id"`
	Note       string                     `json:"note"`
	Argv       []string                   `json:"argv"`
	Env        orderedStrings             `json:"env"`
	Files      map[string]recordedContent `json:"files"`
	HTTP       map[string]recordedPage    `json:"http"`
	Stdin      string                     `json:"stdin"`
	Venv       *bool                      `json:"venv"`
	Expect     *expectation               `json:"expect"`
	Expect2321 *expectation               `json:"expect_23.2.1"`
	Expect2621 *expectation               `json:"expect_26.2.1"`
}

type expectation struct {
	Command         string                `json:"command"`
	Outcome         string                `json:"outcome"`
	RC              int                   `json:"rc"`
	Interpreter     string                `json:"interpreter"`
	Names           []string              `json:"names"`
	URLs            []string              `json:"urls"`
	Unnamed         int                   `json:"unnamed"`
	ConstraintNames []string              `json:"constraint_names"`
	ConstraintURLs  []string              `json:"constraint_urls"`
	Requirements    []expectedRequirement `json:"requirements"`
	Options         struct {
		IndexURLs []string `json:"index_urls"`
		FindLinks []string `json:"find_links"`
		Trusted   []string `json:"trusted"`
		NoIndex   bool     `json:"no_index"`
		Upgrade   bool     `json:"upgrade"`
		Target    string   `json:"target_dir"`
	} `json:"options"`
}

type expectedRequirement struct {
	Name          *string             `json:"name"`
	Specifier     string              `json:"specifier"`
	URL           string              `json:"url"`
	Extras        []string            `json:"extras"`
	MarkerApplies *bool               `json:"marker_applies"`
	Constraint    bool                `json:"constraint"`
	Editable      bool                `json:"editable"`
	Hashes        map[string][]string `json:"hashes"`
}

// orderedStrings is a JSON object of strings that keeps its order.
type orderedStrings []string

func (o *orderedStrings) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value string
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		*o = append(*o, name.(string)+"="+value)
	}
	return nil
}

// recordedContent is text, or bytes in base64.
type recordedContent struct {
	text  string
	exact []byte
}

func (c *recordedContent) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &c.text); err == nil {
		return nil
	}
	var encoded struct {
		B64 string `json:"b64"`
	}
	if err := json.Unmarshal(data, &encoded); err != nil {
		return err
	}
	var err error
	c.exact, err = base64.StdEncoding.DecodeString(encoded.B64)
	return err
}

// recordedPage is a body, or a body with its content type.
type recordedPage struct {
	ContentType string
	Body        recordedContent
}

func (p *recordedPage) UnmarshalJSON(data []byte) error {
	p.ContentType = "text/plain"
	var full struct {
		ContentType string           `json:"content_type"`
		Body        *recordedContent `json:"body"`
	}
	if err := json.Unmarshal(data, &full); err == nil && full.Body != nil {
		p.ContentType, p.Body = full.ContentType, *full.Body
		return nil
	}
	return p.Body.UnmarshalJSON(data)
}

// sharedData gives the path of a file among the inputs that are no part of
// the repository; the test is skipped without it.
func sharedData(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "shared", "data", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: %s is not there", path)
	}
	return path
}

const testDefaultIndex = "https://index.example/simple"

// TestRecordedCases reads every recorded command line as each of three pips
// would and compares the result with what that pip itself made of it.
func TestRecordedCases(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the cases were recorded on Linux")
	}
	file, err := os.Open(sharedData(t, "pip_cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c recordedCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		for _, version := range []string{"23.2.1", "26.2.1", "26.3.dev0"} {
			want := c.Expect
			if version == "23.2.1" && c.Expect2321 != nil {
				want = c.Expect2321
			}
			if version == "26.2.1" && c.Expect2621 != nil {
				want = c.Expect2621
			}
			t.Run(c.ID+"/"+version, func(t *testing.T) { checkCase(t, c, version, want) })
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func checkCase(t *testing.T, c recordedCase, version string, want *expectation) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home, environment, dir := filepath.Join(root, "home"), filepath.Join(root, "venv"), filepath.Join(root, "cwd")
	server := ""
	replace := func(text string) string {
		return strings.NewReplacer("{HOME}", home, "{VENV}", environment, "{CWD}", dir, "{HTTP}", server,
			"{DEFAULT_INDEX}", testDefaultIndex).Replace(text)
	}
	content := func(c recordedContent) []byte {
		if c.exact != nil {
			return c.exact
		}
		return []byte(replace(c.text))
	}
	if len(c.HTTP) > 0 {
		listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page, ok := c.HTTP[r.URL.Path]
			if !ok {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", page.ContentType)
			w.Write(content(page.Body))
		}))
		defer listener.Close()
		server = listener.URL
	}
	write := func(path string, content []byte) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{home, dir} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(environment, "pyvenv.cfg"),
		[]byte("home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.7\n"))
	write(filepath.Join(environment, "bin", "python"), nil)
	if err := os.MkdirAll(filepath.Join(environment, "lib", "python3.11", "site-packages"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range c.Files {
		path = replace(path)
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		write(path, content(text))
	}
	packageDir := filepath.Join(root, "lib", "pip")
	write(filepath.Join(packageDir, "__pip-runner__.py"), nil)

	environ := []string{
		"PATH=/usr/bin:/bin", "HOME=" + home, "LANG=C.UTF-8", "PIP_DISABLE_PIP_VERSION_CHECK=1",
		"XDG_CONFIG_DIRS=" + home + "/none",
	}
	for _, entry := range c.Env {
		environ = append(environ, replace(entry))
	}
	installation := &Installation{
		Environment: testEnvironment(environment), Version: version, PackageDir: packageDir,
		DefaultIndex: testDefaultIndex,
	}
	if c.Venv != nil && !*c.Venv {
		installation.Prefix = "/usr"
	}
	var argv []string
	for _, word := range c.Argv {
		argv = append(argv, replace(word))
	}
	got := Parse(Input{
		Args: argv, Environ: environ, Dir: dir, Installation: installation, Home: home,
		Stdin: strings.NewReader(c.Stdin), Fetch: fetchForTest,
	})
	compareCase(t, c, got, want, replace)
	if t.Failed() {
		t.Logf("%s: %s %q %q", c.ID, c.Note, argv, []string(c.Env))
		if got.Failure != nil {
			t.Logf("failure %d: %s", got.Failure.Status, got.Failure)
		}
		for _, u := range got.Unreadable {
			t.Logf("unreadable: %s: %s", u.Place, u.Reason)
		}
	}
}

// fetchForTest reads a page from a test's own server.
func fetchForTest(_ *Command, url string) (source.Page, error) {
	answer, err := http.Get(url)
	if err != nil {
		return source.Page{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		return source.Page{},
			&source.StatusError{URL: url, Status: answer.StatusCode, Reason: http.StatusText(answer.StatusCode)}
	}
	var body strings.Builder
	if _, err := bufio.NewReader(answer.Body).WriteTo(&body); err != nil {
		return source.Page{}, err
	}
	return source.Page{Body: []byte(body.String()), ContentType: answer.Header.Get("Content-Type")}, nil
}

func compareCase(t *testing.T, c recordedCase, got *Command, want *expectation, replace func(string) string) {
	// A codec that can hide a line is refused, whatever pip makes of it.
	if strings.Contains(c.Note, "utf-7") || strings.Contains(c.Note, "unicode_escape") {
		if len(got.Unreadable) == 0 {
			t.Error("a codec that can hide a line was read")
		}
		return
	}
	for _, u := range got.Unreadable {
		if want.Outcome == "reinvoke" {
			break // the environment of the case has no interpreter to ask
		}
		t.Errorf("unreadable: %s: %s", u.Place, u.Reason)
	}
	switch want.Outcome {
	case "exit":
		if got.Failure == nil || got.Failure.Status != want.RC {
			t.Errorf("the status is not %d", want.RC)
		}
		return
	case "reinvoke":
		if got.Reinvoke != replace(want.Interpreter) {
			t.Errorf("reinvoked with %q, want %q", got.Reinvoke, replace(want.Interpreter))
		}
		return
	case "other-command":
		if !got.Passthrough || got.Name != want.Command {
			t.Errorf("%q passes through: %v, want %q to", got.Name, got.Passthrough, want.Command)
		}
		return
	}
	if got.Failure != nil {
		t.Errorf("refused with %d", got.Failure.Status)
	}
	if got.Name != want.Command {
		t.Errorf("the command is %q, want %q", got.Name, want.Command)
	}
	var names, urls, constraintNames, constraintURLs []string
	unnamed := 0
	for _, r := range got.Requirements {
		switch {
		case r.Constraint && r.Name != "":
			constraintNames = append(constraintNames, r.Canonical)
		case !r.Constraint && r.Name != "":
			names = append(names, r.Canonical)
		case !r.Constraint:
			unnamed++
		}
		if r.URL != "" && r.Constraint {
			constraintURLs = append(constraintURLs, r.URL)
		} else if r.URL != "" {
			urls = append(urls, r.URL)
		}
	}
	compareLists(t, "names", names, want.Names, replace)
	compareLists(t, "urls", urls, want.URLs, replace)
	compareLists(t, "constraint names", constraintNames, want.ConstraintNames, replace)
	compareLists(t, "constraint urls", constraintURLs, want.ConstraintURLs, replace)
	if unnamed != want.Unnamed {
		t.Errorf("%d without a name, want %d", unnamed, want.Unnamed)
	}
	compareRequirements(t, got.Requirements, want.Requirements, replace)
	if got.Passthrough {
		return
	}
	compareLists(t, "indexes", settingValues(got.Indexes), want.Options.IndexURLs, replace)
	compareLists(t, "find-links", settingValues(got.FindLinks), want.Options.FindLinks, replace)
	hosts := settingValues(got.TrustedHosts)
	sort.Strings(hosts)
	sort.Strings(want.Options.Trusted)
	compareLists(t, "trusted hosts", hosts, want.Options.Trusted, replace)
	if got.NoIndex != want.Options.NoIndex {
		t.Errorf("no index: %v, want %v", got.NoIndex, want.Options.NoIndex)
	}
	if got.Upgrade != want.Options.Upgrade {
		t.Errorf("upgrade: %v, want %v", got.Upgrade, want.Options.Upgrade)
	}
}

func compareRequirements(t *testing.T, got []source.Requirement, want []expectedRequirement,
	replace func(string) string) {
	t.Helper()
	describe := func(name, specifier, url string, extras []string, applies, constraint, editable bool,
		hashes []string) string {
		return fmt.Sprintf("%q %q %q extras=%q applies=%v constraint=%v editable=%v hashes=%q",
			name, specifier, url, extras, applies, constraint, editable, hashes)
	}
	var gotTexts, wantTexts []string
	for _, r := range got {
		extras := append([]string{}, r.Extras...)
		sort.Strings(extras)
		hashes := append([]string{}, r.Hashes...)
		sort.Strings(hashes)
		gotTexts = append(gotTexts,
			describe(r.Name, r.Specifier, r.URL, extras, r.MarkerApplies, r.Constraint, r.Editable, hashes))
	}
	for _, r := range want {
		name := ""
		if r.Name != nil {
			name = *r.Name
		}
		hashes := []string{}
		for algorithm, digests := range r.Hashes {
			for _, digest := range digests {
				hashes = append(hashes, algorithm+":"+digest)
			}
		}
		sort.Strings(hashes)
		extras := append([]string{}, r.Extras...)
		sort.Strings(extras)
		applies := r.MarkerApplies == nil || *r.MarkerApplies
		wantTexts = append(wantTexts,
			describe(name, r.Specifier, replace(r.URL), extras, applies, r.Constraint, r.Editable, hashes))
	}
	if difference := cmp.Diff(wantTexts, gotTexts); difference != "" {
		t.Errorf("requirements (-want +got):\n%s", difference)
	}
}

func settingValues(settings []option.Setting) []string {
	var values []string
	for _, setting := range settings {
		values = append(values, setting.Value)
	}
	return values
}

func compareLists(t *testing.T, what string, got, want []string, replace func(string) string) {
	t.Helper()
	replaced := make([]string, len(want))
	for i, text := range want {
		replaced[i] = replace(text)
	}
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if difference := cmp.Diff(replaced, got); difference != "" {
		t.Errorf("%s (-want +got):\n%s", what, difference)
	}
}
