package gate

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"thresher/internal/testkit"
	"thresher/pep"
	"thresher/policy/rules"
)

// Scenarios with the real pip of one interpreter.

// A pip with another secret gets nothing, and says so.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x)})
	e := newEnvironment(t, "")
	variables := e.variables(g)
	other := &Gate{config: g.config, address: g.address, socket: g.socket, secret: strings.Repeat("0", 48)}
	e.run(other, variables, "install", "app").want(t, 125, "this pip cannot be followed")
	if len(x.Requests()) > 0 || g.Ready() {
		t.Errorf("the index was asked: %v", x.Requests())
	}
}

func TestBuildRequirementBlocked(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddSdist(testkit.Distribution{Name: "app", Version: "1.0", BuildRequires: []string{"badbuild"}})
	x.AddWheel(testkit.Distribution{Name: "badbuild", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x), JudgeProject: blockNamed("badbuild")})
	e := newEnvironment(t, "")
	e.pip(g, "install", "app").want(t, 1, "blocked by thresher: badbuild: is malware (MAL-2026-1)")
	e.wantInstalled()
	findings := g.Findings()
	if len(findings) != 1 || findings[0].Action != rules.Block || findings[0].Subject != "badbuild" {
		t.Errorf("findings %+v", findings)
	}
}

// A file that is blocked is no reason to take an older one, nor to take the
// copy that an earlier run left in pip's cache.
func TestBlockedFileInWarmCache(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	x.AddWheel(testkit.Distribution{Name: "app", Version: "2.0"})
	x.AddSdist(testkit.Distribution{Name: "built", Version: "1.0"})
	x.AddSdist(testkit.Distribution{Name: "built", Version: "2.0"})
	e := newEnvironment(t, "")
	before := open(t, Config{Indexes: mainIndex(x)})
	e.pip(before, "install", "app", "built").want(t, 0)
	e.wantInstalled("app==2.0", "built==2.0")
	e.pip(before, "uninstall", "-y", "app", "built").want(t, 0)

	bad := func(action rules.Action) func(FileEvidence) []rules.Finding {
		return func(f FileEvidence) []rules.Finding {
			if f.Version != "2.0" {
				return nil
			}
			return []rules.Finding{{Subject: f.Name + "==" + f.Version, Rule: rules.Malware, Action: action,
				Evidence: "is malware"}}
		}
	}
	blocking := open(t, Config{Indexes: mainIndex(x), JudgeFile: bad(rules.Block)})
	e.pip(blocking, "install", "app").want(t, 1, "blocked by thresher: app==2.0: is malware")
	e.pip(blocking, "install", "built").want(t, 1, "blocked by thresher: built==2.0: is malware")
	e.pip(blocking, "install", "app<2").want(t, 0)
	e.wantInstalled("app==1.0")
	if findings := blocking.Findings(); len(findings) != 2 {
		t.Errorf("findings %+v", findings)
	}
	e.pip(blocking, "uninstall", "-y", "app").want(t, 0)
	holding := open(t, Config{Indexes: mainIndex(x), JudgeFile: bad(rules.Hold)})
	e.pip(holding, "install", "app", "built").want(t, 0)
	e.wantInstalled("app==1.0", "built==1.0")
}

// With --require-hashes pip sorts files out by hash before it chooses: the
// blocked one must keep its place even so.
func TestBlockedFileWithHashes(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x), JudgeProject: blockNamed("app")})
	e := newEnvironment(t, "")
	_, content := testkit.Distribution{Name: "app", Version: "1.0"}.Wheel()
	file := e.home + "/requirements.txt"
	if err := os.WriteFile(file, []byte("app==1.0 --hash=sha256:"+sha256Of(content)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	e.pip(g, "install", "-r", file).want(t, 1, "blocked by thresher: app: is malware")
}

// A quarantined project has no files; one that the command itself asks for
// fails in pip's plain words all the same.
func TestRequestedProjectWithoutFiles(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.SetStatus("app", "quarantined")
	e := newEnvironment(t, "")
	for _, words := range [][]string{{"app"}, {"app~=1.4"}, {"--no-binary", ":all:", "app<1"},
		{"--only-binary", ":all:", "app==1!2.0"}} {
		g := open(t, Config{
			Indexes: mainIndex(x), JudgeProject: blockNamed("app"),
			Requested: []pep.Requirement{wanted(t, "App"+strings.TrimPrefix(words[len(words)-1], "app"))},
		})
		o := e.pip(g, append([]string{"install"}, words...)...)
		o.want(t, 1, "403 Client Error: blocked by thresher: app: is malware")
		if strings.Contains(o.output, "Traceback") {
			t.Errorf("%q: %s", words, o.output)
		}
	}
}

// wanted is what a command asks for by this text.
func wanted(t *testing.T, text string) pep.Requirement {
	t.Helper()
	requirement, err := pep.ParseRequirement(text)
	if err != nil {
		t.Fatal(err)
	}
	return requirement
}

func TestFittingVersion(t *testing.T) {
	for _, specifier := range []string{"", "==3.1", ">=2,<3", "~=1.4", "!=1.0", "==2.*", "<1", ">1,<2", "===7", "==1!2.0",
		">5", ">=2.0rc1,<2.1", "==1.0+local"} {
		version, ok := fittingVersion([]pep.Requirement{{Name: "other"}, {Name: "App"}, wanted(t, "app"+specifier)}, "app")
		specifiers, err := pep.ParseSpecifiers(specifier)
		if err != nil {
			t.Fatal(err)
		}
		if !ok || !specifiers.Contains(version, true) {
			t.Errorf("%q: %q %t", specifier, version, ok)
		}
	}
	for _, requested := range [][]pep.Requirement{nil, {{Name: "other"}}, {wanted(t, "app<1,>2")}} {
		if version, ok := fittingVersion(requested, "app"); ok {
			t.Errorf("%v: %q", requested, version)
		}
	}
}

// A blocked name that no index has must stop pip too: the parent that asks for
// it is the danger.
func TestBlockedNameNobodyHas(t *testing.T) {
	t.Parallel()
	x, extra := testkit.NewIndex(t), testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	x.AddWheel(testkit.Distribution{Name: "app", Version: "2.0", Requires: []string{"badpkg"}})
	g := open(t, Config{
		Indexes: []Index{{URL: x.SimpleURL()}, {URL: extra.SimpleURL(), Extra: true}}, JudgeProject: blockNamed("badpkg"),
	})
	e := newEnvironment(t, "")
	e.pip(g, "install", "app").want(t, 1, "blocked by thresher: badpkg: is malware")
	e.wantInstalled()
	if findings := g.Findings(); len(findings) != 1 {
		t.Errorf("findings %+v", findings)
	}
}

func TestHTMLOnlyIndex(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.HTMLOnly = true
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0", Requires: []string{"child"}, RequiresPython: ">=3.6"})
	x.AddWheel(testkit.Distribution{Name: "child", Version: "1.0"})
	x.AddWheel(testkit.Distribution{Name: "child", Version: "2.0"}).Yanked = true
	x.AddWheel(testkit.Distribution{Name: "bad", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x), JudgeProject: blockNamed("bad")})
	e := newEnvironment(t, "")
	e.pip(g, "install", "app").want(t, 0)
	e.wantInstalled("app==1.0", "child==1.0")
	e.pip(g, "install", "bad").want(t, 1, "blocked by thresher: bad: is malware")
}

// Between what pip may take the oldest fix passes and nothing newer; none does
// that another rule holds back.
func TestSecurityFix(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	for _, version := range []string{"1.0", "2.0"} {
		x.AddWheel(testkit.Distribution{Name: "app", Version: version})
	}
	x.AddWheel(testkit.Distribution{Name: "app", Version: "3.0", RequiresPython: "<3.0"})
	x.AddWheel(testkit.Distribution{Name: "app", Version: "4.0"}).Yanked = true
	for _, version := range []string{"1.1", "1.2", "1.3", "4.1", "4.2"} {
		x.AddWheel(testkit.Distribution{Name: "app", Version: version}).Uploaded = time.Now()
	}
	var mutex sync.Mutex
	asked := map[string]string{}
	young := holdYoung(time.Hour)
	configuration := Config{
		Indexes: mainIndex(x),
		JudgeFile: func(e FileEvidence) []rules.Finding {
			findings := young(e)
			if e.Version == "1.1" || e.Version == "4.1" {
				findings = append(findings, rules.Finding{Subject: e.Name, Rule: rules.Provenance, Action: rules.Hold})
			}
			return findings
		},
		SecurityFix: func(name, instead, fix string, uploaded time.Time) []string {
			mutex.Lock()
			defer mutex.Unlock()
			if asked[fix] = instead; time.Since(uploaded) > time.Hour {
				t.Errorf("%s uploaded %s", fix, uploaded)
			}
			return []string{"CVE-2026-1"}
		},
		Environment: map[string]string{"python_full_version": "3.11.0"},
	}
	e := newEnvironment(t, "")
	g := open(t, configuration)
	e.pip(g, "install", "app<2").want(t, 0)
	e.wantInstalled("app==1.2")
	e.pip(g, "install", "-U", "app").want(t, 0)
	e.wantInstalled("app==4.2")
	// 1.3 is not asked about: 1.2 was let through. Neither 3.0, which does not fit,
	// nor 4.0, which was yanked, would be taken.
	if want := map[string]string{"1.1": "1.0", "1.2": "1.0", "4.1": "2.0", "4.2": "2.0"}; !maps.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	for _, entry := range g.Ledger() {
		if entry.Version == "4.2" && (len(entry.Notes) != 1 || entry.Notes[0].Evidence != "fixes CVE-2026-1") {
			t.Errorf("notes %+v", entry.Notes)
		}
	}

	// Nothing below it may be taken: it is held back as any other.
	alone := testkit.NewIndex(t)
	alone.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"}).Uploaded = time.Now()
	configuration.Indexes = mainIndex(alone)
	newEnvironment(t, "").pip(open(t, configuration), "install", "app").want(t, 1)
	// What is installed is what pip would keep.
	configuration.Installed = map[string]string{"app": "0.9"}
	newEnvironment(t, "").pip(open(t, configuration), "install", "app").want(t, 0)
}

// A dependency by URL is refused where it is declared, and at its fetch where
// nothing declared it; one that the command names as well is let through.
func TestDependencyByURL(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	_, content := testkit.Distribution{Name: "dep", Version: "1.0"}.Wheel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/dep-1.0-py3-none-any.whl") {
			_, _ = w.Write(content)
			return
		}
		http.NotFound(w, r)
	}))
	defer elsewhere.Close()
	address := elsewhere.URL + "/dep-1.0-py3-none-any.whl"
	x.AddWheel(testkit.Distribution{Name: "plain", Version: "1.0", Requires: []string{"dep @ " + address}})
	x.AddWheel(testkit.Distribution{Name: "extra", Version: "1.0", Metadata: "Provides-Extra: more\n",
		Requires: []string{`dep @ ` + address + ` ; extra == "more"`}})
	x.AddWheel(testkit.Distribution{Name: "wanting", Version: "1.0", Requires: []string{"extra[more]"}})
	x.AddSdist(testkit.Distribution{Name: "built", Version: "1.0", Requires: []string{"dep @ " + address}})
	x.AddWheel(testkit.Distribution{Name: "local", Version: "1.0",
		Requires: []string{"dep @ file:///dep-1.0-py3-none-any.whl"}})
	e := newEnvironment(t, "")
	for _, c := range []struct{ name, says string }{
		{"plain", "blocked by thresher: plain: version 1.0 depends on dep @ " + address},
		{"wanting", "blocked by thresher: " + address},
		{"local", "blocked by thresher: local: version 1.0 depends on dep @ file:///dep-1.0-py3-none-any.whl"},
	} {
		g := open(t, Config{Indexes: mainIndex(x), Prefetch: -1})
		e.pip(g, "install", "--retries", "0", c.name).want(t, 1, c.says)
		if findings := g.Findings(); len(findings) != 1 || findings[0].Rule != rules.DirectURL {
			t.Errorf("%s: findings %+v", c.name, findings)
		}
	}
	e.wantInstalled()
	e.pip(open(t, Config{Indexes: mainIndex(x)}), "install", "extra").want(t, 0)
	digest := sha256Of(content)
	allowed := open(t, Config{Indexes: mainIndex(x),
		Named: []Named{{Name: "dep", URL: address + "#sha256=" + digest, Hashes: map[string]string{"sha256": digest}}}})
	e.pip(allowed, "install", "plain").want(t, 0)
	e.wantInstalled("dep==1.0", "extra==1.0", "plain==1.0")
	missing := Unvouched(allowed.Ledger(), []Arrived{{Name: "dep", Version: "1.0", Hash: "sha256=" + digest},
		{Name: "plain", Version: "1.0"}})
	if len(missing) != 0 {
		t.Errorf("unvouched %+v", missing)
	}
	forged := open(t, Config{Indexes: mainIndex(x),
		Named: []Named{{Name: "dep", URL: address, Hashes: map[string]string{"sha256": strings.Repeat("0", 64)}}}})
	e.pip(forged, "install", "--force-reinstall", "plain").want(t, 1, "blocked by thresher: dep: the file "+
		"dep-1.0-py3-none-any.whl is not what was offered")
}

func TestIndexWithCredentials(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.User, x.Password = "someone", "se:cret/@"
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	address, err := url.Parse(x.SimpleURL())
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(x.User, x.Password)
	g := open(t, Config{Indexes: []Index{{URL: address.String()}}})
	e := newEnvironment(t, "")
	o := e.pip(g, "install", "-v", "--report", "report.json", "app")
	o.want(t, 0)
	report, err := os.ReadFile(e.home + "/report.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{o.output, string(report)} {
		if strings.Contains(text, "se:cret") || strings.Contains(text, "se%3Acret") {
			t.Errorf("the password is in\n%s", text)
		}
	}
	if !strings.Contains(string(report), x.URL[len("http://"):]+"/files/app-1.0") {
		t.Errorf("no upstream URL in %s", report)
	}
	wrong := open(t, Config{Indexes: mainIndex(x)})
	e.pip(wrong, "install", "--no-input", "other").want(t, 1)
	if faults := wrong.Faults(); len(faults) != 1 || faults[0].Kind != Refused ||
		!strings.Contains(faults[0].Text, messageCredentialsWanted) {
		t.Errorf("faults %+v", faults)
	}
}

func TestFindLinksPage(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	x.AddWheel(testkit.Distribution{Name: "app", Version: "2.0"})
	x.AddWheel(testkit.Distribution{Name: "bad", Version: "1.0"})
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for _, file := range []string{"app-1.0-py3-none-any.whl", "app-2.0-py3-none-any.whl", "bad-1.0-py3-none-any.whl"} {
			_, _ = w.Write([]byte(`<!DOCTYPE html><a href="` + x.URL + "/files/" + file + `">` + file + "</a>\n"))
		}
	}))
	defer page.Close()
	g := open(t, Config{
		FindLinks: []string{page.URL + "/links.html"}, JudgeProject: blockNamed("bad"),
		JudgeFile: func(f FileEvidence) []rules.Finding {
			if f.Version == "2.0" {
				return []rules.Finding{{Subject: f.Filename, Rule: rules.Yanked, Action: rules.Hold}}
			}
			return nil
		},
	})
	e := newEnvironment(t, "")
	e.pip(g, "install", "app").want(t, 0)
	e.wantInstalled("app==1.0")
	e.pip(g, "install", "bad").want(t, 1, "blocked by thresher: bad: is malware")
	if missing := Unvouched(g.Ledger(), []Arrived{{Name: "app", Version: "1.0"}}); len(missing) > 0 {
		t.Errorf("unvouched %+v", missing)
	}
}

// What pip reports and locks are the upstream's URLs, as without the gate.
func TestUpstreamURLs(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	g := open(t, Config{Indexes: mainIndex(x)})
	e := newEnvironment(t, "26.2.1")
	e.pip(g, "install", "--dry-run", "--report", "-", "app").want(t, 0, x.URL+"/files/app-1.0-py3-none-any.whl")
	e.pip(g, "lock", "-o", "-", "app").want(t, 0, x.URL+"/files/app-1.0-py3-none-any.whl")
	e.pip(g, "download", "app").want(t, 0, "Saved ./app-1.0-py3-none-any.whl")
	e.pip(g, "index", "versions", "app").want(t, 0, "app (1.0)")
	e.wantInstalled()
}

// Where an index sends those who fetch its files pip may follow, hop by hop; but
// not from the network into this machine.
func TestRedirectedFiles(t *testing.T) {
	t.Parallel()
	_, content := testkit.Distribution{Name: "app", Version: "1.0"}.Wheel()
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second", http.StatusTemporaryRedirect)
			return
		}
		_, _ = w.Write(content)
	}))
	defer store.Close()
	x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/files/") {
			http.Redirect(w, r, store.URL+"/first", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><a href="/files/app-1.0-py3-none-any.whl">app</a>`))
	}))
	defer x.Close()
	e := newEnvironment(t, "")
	g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}})
	e.pip(g, "install", "app").want(t, 0)
	e.wantInstalled("app==1.0")
	direct := open(t, Config{Named: []Named{{URL: x.URL + "/files/app-1.0-py3-none-any.whl"}}})
	e.pip(direct, "install", "--force-reinstall", x.URL+"/files/app-1.0-py3-none-any.whl").want(t, 0)
	e.pip(open(t, Config{}), "install", "--force-reinstall", x.URL+"/files/app-1.0-py3-none-any.whl").want(t, 1,
		"blocked by thresher")
	e.pip(open(t, Config{}), "install", "--force-reinstall", store.URL+"/second/app-1.0-py3-none-any.whl").want(t, 1,
		"blocked by thresher")
}

// Half a file stays half a file on pip's side, which installs nothing of it.
func TestHalfAFile(t *testing.T) {
	t.Parallel()
	_, content := testkit.Distribution{Name: "app", Version: "1.0"}.Wheel()
	x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/files/") {
			w.Header().Set("Content-Length", strconv.Itoa(len(content)))
			_, _ = w.Write(content[:len(content)/2])
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><a href="/files/app-1.0-py3-none-any.whl">app</a>`))
	}))
	defer x.Close()
	for _, release := range someReleases("21.3.1", "24.2", "26.2.1") {
		e := newEnvironment(t, release)
		g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}})
		if outcome := e.pip(g, "install", "--retries", "0", "app"); outcome.status == 0 ||
			strings.Contains(outcome.output, "Successfully") {
			t.Errorf("pip %s: status %d\n%s", release, outcome.status, outcome.output)
		}
		e.wantInstalled()
	}
}
