package settled

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"thresher/index"
	"thresher/pep"
	"thresher/pip/source"
	"thresher/venv"
)

// installed gives a distribution: NAME VERSION, and what it requires; "+x" is an
// extra that it provides.
func installed(name, version string, requires ...string) venv.Distribution {
	d := venv.Distribution{
		Name: name, Canonical: pep.CanonicalName(name), Version: version, Location: "/env/site",
		Path: "/env/site/" + strings.ReplaceAll(name, "-", "_") + "-" + version + ".dist-info",
	}
	for _, text := range requires {
		if extra, ok := strings.CutPrefix(text, "+"); ok {
			d.ProvidesExtra = append(d.ProvidesExtra, extra)
		} else {
			d.Requires = append(d.Requires, text)
		}
	}
	return d
}

// asked reads requirements as of a file; one that begins with "-c " is a
// constraint.
func asked(texts ...string) []source.Requirement {
	var requirements []source.Requirement
	for _, text := range texts {
		text, constraint := strings.CutPrefix(text, "-c ")
		parsed, err := pep.ParseRequirement(text)
		if err != nil {
			panic(err)
		}
		requirements = append(requirements, source.Requirement{
			Text: text, Name: parsed.Name, Canonical: pep.CanonicalName(parsed.Name), Specifier: parsed.Specifiers.String(),
			Extras: parsed.Extras, MarkerApplies: true, URL: parsed.URL, Constraint: constraint,
		})
	}
	return requirements
}

// file is a file of a page: its name, and what is special about it.
func file(name string, special ...string) Candidate {
	f := &index.File{Filename: name, URL: "https://files.index.example/" + name, Hashes: map[string]string{"sha256": "00"}}
	for _, word := range special {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "yanked":
			f.Yanked = true
		case "python":
			f.RequiresPython = value
		case "unhashed":
			f.Hashes = nil
		}
	}
	version := ""
	if strings.HasSuffix(name, ".whl") {
		_, version, _ = pep.ParseWheelFilename(name)
	} else {
		version, _ = pep.ParseSdistFilename(name, strings.SplitN(name, "-", 2)[0])
	}
	return Candidate{Version: version, File: f}
}

func question(requirements []source.Requirement, distributions ...venv.Distribution) Question {
	return Question{
		Pip: "25.3", Importlib: true, Python: "3.11.7", Upgrade: true, Requirements: requirements, Installed: distributions,
		Markers: map[string]string{"python_version": "3.11", "sys_platform": "linux", "python_full_version": "3.11.7"},
		Tags:    []string{"cp311-cp311-linux_x86_64", "py3-none-any"}, Dir: "/work",
	}
}

func TestTrace(t *testing.T) {
	alpha := installed("alpha", "1.0", "beta>=1", `gamma; extra == "fast"`, "+fast")
	beta, gamma := installed("beta", "1.0"), installed("gamma", "1.0")
	editable, twice := installed("beta", "1.0"), installed("beta", "2.0")
	editable.Editable = true
	broken := installed("beta", "1.0")
	broken.Broken = "no METADATA"
	egg := installed("beta", "1.0")
	egg.Path = "/env/site/beta-1.0.egg-info"
	renamed := installed("beta", "1.0")
	renamed.Path = "/env/site/beta-1.1.dist-info"
	for _, c := range []struct {
		name  string
		q     Question
		doubt string // "" none
		pages string
	}{
		{"what is there", question(asked("alpha"), alpha, beta), "", "alpha"},
		{"eager", func() Question {
			q := question(asked("alpha"), alpha, beta)
			q.Eager = true
			return q
		}(), "", "alpha beta"},
		{"no -U", func() Question {
			q := question(asked("alpha"), alpha, beta)
			q.Upgrade = false
			return q
		}(), "", ""},
		{"an extra", question(asked("alpha[fast]"), alpha, beta, gamma), "", "alpha"},
		{"an extra's dependency is missing", question(asked("alpha[fast]"), alpha, beta), "gamma is not installed", ""},
		{"an extra that is none", question(asked("alpha[slow]"), alpha, beta), "no extra", ""},
		{"missing", question(asked("alpha"), alpha), "beta is not installed", ""},
		{"too old", question(asked("alpha"), alpha, installed("beta", "0.9")), "does not fulfil", ""},
		{"a constraint", question(asked("-c beta<1", "alpha"), alpha, beta), "constraint", ""},
		{"a constraint that holds", question(asked("-c beta<2", "alpha"), alpha, beta), "", "alpha"},
		{"an extra in a constraint", question(asked("-c beta[x]<2", "alpha"), alpha, beta), "unusual", ""},
		{"a name that not every pip reads", question(asked("alpha"), installed("alpha", "1.0", "beta_>=1"), beta),
			"not read alike", ""},
		{"a comma at the end", question(asked("alpha"), installed("alpha", "1.0", "beta>=1,"), beta),
			"not read alike", ""},
		{"parentheses",
			question(asked("alpha"), installed("alpha", "1.0", "beta (>=1, <2) ; python_version >= '3'"), beta), "", "alpha"},
		{"a marker that does not hold here, and may elsewhere",
			question(asked("alpha"), installed("alpha", "1.0", `beta; sys_platform == "1.0"`), beta), "not read alike", ""},
		{"a URL", question(asked("alpha @ https://files.index.example/alpha.zip"), alpha, beta), "plain name", ""},
		{"a dependency by URL", question(asked("alpha"), installed("alpha", "1.0", "beta @ https://index.example/b.zip"),
			beta),
			"not read alike", ""},
		{"===", question(asked("alpha===1.0"), alpha, beta), "not read alike", ""},
		{"=== in a dependency", question(asked("alpha"), installed("alpha", "1.0", "beta===1.0"), beta),
			"not read alike", ""},
		{"a marker that does not hold", question(asked("alpha"), installed("alpha", "1.0", `nothing; `+
			`sys_platform == "win32"`)),
			"", "alpha"},
		{"a marker of another kind", question(asked("alpha"), installed("alpha", "1.0", `beta; platform_release > "1"`),
			beta),
			"need", ""},
		{"a marker that compares what looks like versions",
			question(asked("alpha"), installed("alpha", "1.0", `beta; sys_platform != "1.0"`), beta), "not read alike", ""},
		{"two readings", question(asked("alpha"), installed("alpha", "1.0", "beta # and more"), beta), "not read alike", ""},
		{"editable", question(asked("alpha"), alpha, editable), "editable", ""},
		{"twice", question(asked("alpha"), alpha, beta, twice), "twice", ""},
		{"broken", question(asked("alpha"), alpha, broken), "cannot be read", ""},
		{"no wheel's", question(asked("alpha"), alpha, egg), "no wheel's", ""},
		{"two names", question(asked("alpha"), alpha, renamed), "two ways", ""},
		{"< of the release itself", question(asked("beta<1.0.post1"), installed("beta", "1.0")), "does not fulfil", ""},
		{"an unread pip", func() Question {
			q := question(asked("alpha"), alpha, beta)
			q.Pip = "27.0"
			return q
		}(), "not known", ""},
		{"a pip before the resolver's", func() Question {
			q := question(asked("alpha"), alpha, beta)
			q.Pip = "20.3.4"
			return q
		}(), "not known", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			closure, err := Trace(c.q)
			switch {
			case c.doubt == "" && err != nil:
				t.Fatal(err)
			case c.doubt != "" && (err == nil || !strings.Contains(err.Error(), c.doubt)):
				t.Fatalf("%v, want %s", err, c.doubt)
			case err == nil && strings.Join(closure.Pages, " ") != c.pages:
				t.Errorf("pages %q, want %q", closure.Pages, c.pages)
			}
		})
	}
}

func TestCurrent(t *testing.T) {
	wheel := "alpha-1.0-py3-none-any.whl"
	for _, c := range []struct {
		name    string
		asked   []source.Requirement
		version string
		page    []Candidate
		newer   string // "" nothing
	}{
		{"nothing newer", asked("alpha"), "1.0", []Candidate{file(wheel), file("alpha-0.9.tar.gz")}, ""},
		{"no page", asked("alpha"), "1.0", nil, ""},
		{"newer", asked("alpha"), "1.0", []Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl")}, "1.1"},
		{"newer by its local version", asked("alpha==1.0"), "1.0",
			[]Candidate{file(wheel), file("alpha-1.0+local-py3-none-any.whl")},
			"local"},
		{"newer, and source alone", asked("alpha"), "1.0", []Candidate{file(wheel), file("alpha-1.1.tar.gz")}, "1.1"},
		{"another system's", asked("alpha"), "1.0", []Candidate{file(wheel), file("alpha-1.1-cp311-cp311-win_amd64.whl")},
			""},
		{"another Python's", asked("alpha"), "1.0",
			[]Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl", "python=>=3.12")}, ""},
		{"for a Python that cannot be read", asked("alpha"), "1.0",
			[]Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl", "python=three")}, "1.1"},
		{"pinned", asked("alpha==1.0"), "1.0", []Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl")}, ""},
		{"held back by what another wants", asked("alpha", "alpha<1.1"), "1.0",
			[]Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl")}, "1.1"},
		{"held back by what was asked first", asked("alpha<1.1", "alpha"), "1.0",
			[]Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl")}, ""},
		{"held back by a constraint", asked("-c alpha<1.1", "alpha"), "1.0",
			[]Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl")}, ""},
		{"a pre-release", asked("alpha"), "1.0", []Candidate{file(wheel), file("alpha-1.1rc1-py3-none-any.whl")}, ""},
		{"a pre-release that one may ask for", asked("alpha>=0.1b1"), "1.0",
			[]Candidate{file(wheel), file("alpha-1.1rc1-py3-none-any.whl")}, "1.1rc1"},
		{"a pre-release, and nothing else on the page", asked("alpha"), "1.0",
			[]Candidate{file("alpha-1.1rc1-py3-none-any.whl")}, "1.1rc1"},
		{"a pre-release, and the rest is yanked", asked("alpha"), "1.0",
			[]Candidate{file(wheel, "yanked"), file("alpha-1.1rc1-py3-none-any.whl")}, ""},
		{"a pre-release, and the rest is yanked and another system's", asked("alpha"), "1.0",
			[]Candidate{file("alpha-1.0-cp311-cp311-win_amd64.whl", "yanked"), file("alpha-1.1rc1-py3-none-any.whl")},
			"1.1rc1"},
		{"yanked", asked("alpha"), "1.0", []Candidate{file(wheel), file("alpha-1.1-py3-none-any.whl", "yanked")}, ""},
		{"all yanked", asked("alpha"), "1.0",
			[]Candidate{file(wheel, "yanked"), file("alpha-1.1-py3-none-any.whl", "yanked")}, ""},
		{"all yanked, and pinned", asked("alpha==1.0"), "1.0",
			[]Candidate{file(wheel, "yanked"), file("alpha-1.0+local-py3-none-any.whl", "yanked")}, "local"},
		{"< of its own pre-release", asked("alpha<1.1"), "1.0",
			[]Candidate{file("alpha-1.1rc1-py3-none-any.whl")}, "1.1rc1"},
		{"no version", asked("alpha"), "1.0",
			[]Candidate{file(wheel), {Version: "nightly", File: file("alpha-nightly.tar.gz").File}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			closure, err := Trace(question(c.asked, installed("alpha", c.version)))
			if err != nil {
				t.Fatal(err)
			}
			doubt := closure.Current(map[string][]Candidate{"alpha": c.page})
			switch {
			case c.newer == "" && doubt != nil:
				t.Fatal(doubt)
			case c.newer != "" && (doubt == nil || !strings.Contains(doubt.Error(), c.newer)):
				t.Fatalf("%v, want %s", doubt, c.newer)
			}
		})
	}
}

// TestCurrentYankedOfOld: pips before 22.0.4 take what is yanked wherever there is
// nothing else.
func TestCurrentYankedOfOld(t *testing.T) {
	asks := question(asked("alpha"), installed("alpha", "1.0"))
	asks.Pip, asks.Importlib = "21.3.1", false
	closure, err := Trace(asks)
	if err != nil {
		t.Fatal(err)
	}
	newer := file("alpha-1.1-py3-none-any.whl", "yanked")
	if closure.Current(map[string][]Candidate{"alpha": {file("alpha-1.0-py3-none-any.whl", "yanked"), newer}}) == nil {
		t.Error("settled where all is yanked")
	}
	if err := closure.Current(map[string][]Candidate{"alpha": {file("alpha-1.0-py3-none-any.whl"), newer}}); err != nil {
		t.Error(err)
	}
}

func TestFormats(t *testing.T) {
	wheel, archive := file("alpha-1.1-py3-none-any.whl"), file("alpha-1.1.tar.gz")
	installedNow := file("alpha-1.0-py3-none-any.whl")
	for _, c := range []struct {
		name    string
		formats Formats
		page    []Candidate
		newer   string
	}{
		{"no wheels at all", Formats{NoBinary: []string{":all:"}}, []Candidate{wheel}, ""},
		{"no wheels of it", Formats{NoBinary: []string{"alpha"}}, []Candidate{wheel}, ""},
		{"no wheels of it, and its source", Formats{NoBinary: []string{"alpha"}}, []Candidate{wheel, archive}, "tar.gz"},
		{"no wheels of another", Formats{NoBinary: []string{"beta"}}, []Candidate{wheel}, "whl"},
		{"wheels alone", Formats{OnlyBinary: []string{":all:"}}, []Candidate{archive}, ""},
		{"wheels of it alone", Formats{OnlyBinary: []string{"alpha"}}, []Candidate{archive, wheel}, "whl"},
		{"it apart", Formats{NoBinary: []string{":all:"}, OnlyBinary: []string{"alpha"}}, []Candidate{archive}, "tar.gz"},
		{"as a file writes it", Formats{OnlyBinary: []string{"Alpha"}}, []Candidate{archive}, "tar.gz"},
		{"taken back", Formats{OnlyBinary: []string{"alpha", ":none:"}}, []Candidate{archive}, "tar.gz"},
		{"both", Formats{NoBinary: []string{"alpha"}, OnlyBinary: []string{"alpha"}}, []Candidate{wheel}, "whl"},
		{"a pre-release beside a wheel that counts", Formats{OnlyBinary: []string{":all:"}},
			[]Candidate{installedNow, file("alpha-1.1rc1-py3-none-any.whl")}, ""},
		{"a pre-release beside a wheel that does not", Formats{NoBinary: []string{":all:"}},
			[]Candidate{installedNow, file("alpha-1.1rc1.tar.gz")}, "1.1rc1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asks := question(asked("alpha"), installed("alpha", "1.0"))
			asks.Formats = c.formats
			closure, err := Trace(asks)
			if err != nil {
				t.Fatal(err)
			}
			doubt := closure.Current(map[string][]Candidate{"alpha": c.page})
			if c.newer == "" && doubt != nil || c.newer != "" && (doubt == nil || !strings.Contains(doubt.Error(), c.newer)) {
				t.Errorf("%v, want %q", doubt, c.newer)
			}
		})
	}
}

func TestOrdinary(t *testing.T) {
	if err := Ordinary([]string{"index_url", "quiet", "requirements", "upgrade"}); err != nil {
		t.Error(err)
	}
	for _, option := range []string{"dry_run", "editables", "find_links", "force_reinstall", "ignore_installed",
		"ignore_dependencies",
		"json_report_file", "pre", "target_dir", "uploaded_prior_to", "deprecated_features_enabled", "verbose", "log"} {
		if Ordinary([]string{option}) == nil {
			t.Errorf("%s is ordinary", option)
		}
	}
}

func TestPagesDigest(t *testing.T) {
	closure, err := Trace(question(asked("alpha"), installed("alpha", "1.0")))
	if err != nil {
		t.Fatal(err)
	}
	digest := func(files ...Candidate) string {
		text, ok := closure.PagesDigest([]string{"alpha"}, map[string][]Candidate{"alpha": files})
		if !ok {
			t.Fatal("no digest")
		}
		return text
	}
	wheel := file("alpha-1.0-py3-none-any.whl")
	plain := digest(wheel)
	if digest(wheel, file("alpha-2.0-cp39-cp39-win_amd64.whl")) != plain {
		t.Error("what this interpreter cannot use counts")
	}
	blocked := wheel
	blocked.Blocked = true
	other := file("alpha-1.0-py3-none-any.whl")
	other.File.Hashes = map[string]string{"sha256": "01"}
	for name, files := range map[string][]Candidate{
		"another file": {wheel, file("alpha-0.1.tar.gz")}, "yanked": {file("alpha-1.0-py3-none-any.whl", "yanked")},
		"blocked": {blocked}, "another content": {other}, "nothing": nil,
	} {
		if digest(files...) == plain {
			t.Errorf("%s makes no difference", name)
		}
	}
	unhashed := map[string][]Candidate{"alpha": {file("alpha-1.0-py3-none-any.whl", "unhashed")}}
	if _, ok := closure.PagesDigest([]string{"alpha"}, unhashed); ok {
		t.Error("a file without a hash has a digest")
	}
}

func TestMemory(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "settled.json"), time.Unix(1_800_000_000, 0)
	if _, found, err := Recall(path, "question", now); found || err != nil {
		t.Fatal(found, err)
	}
	run := Memory{Pages: []string{"beta", "alpha"}, Digest: "d", Time: now}
	if err := Remember(t.Context(), path, "question", run); err != nil {
		t.Fatal(err)
	}
	recalled, found, err := Recall(path, "question", now.Add(23*time.Hour))
	if err != nil || !found || !slices.Equal(recalled.Pages, []string{"alpha", "beta"}) || recalled.Digest != "d" {
		t.Fatal(recalled, found, err)
	}
	for what, at := range map[string]time.Time{"a day": now.Add(24 * time.Hour), "the future": now.Add(-time.Second)} {
		if _, found, err := Recall(path, "question", at); found || err != nil {
			t.Errorf("%s: %v %v", what, found, err)
		}
	}
	if _, found, err := Recall(path, "another", now); found || err != nil {
		t.Error(found, err)
	}
	// The next one that is remembered lets go of what is old.
	run.Time = now.Add(25 * time.Hour)
	if err := Remember(t.Context(), path, "another", run); err != nil {
		t.Fatal(err)
	}
	if entries, err := Memories(path).Read(); err != nil || len(entries) != 1 {
		t.Error(entries, err)
	}
	// What is damaged is as good as nothing, and written anew.
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(string(content), `"digest":"d"`, `"digest":"e"`, 1)
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, found, err := Recall(path, "another", run.Time); found || err == nil {
		t.Error(found, err)
	}
	if err := Remember(t.Context(), path, "question", run); err != nil {
		t.Fatal(err)
	}
	if _, found, err := Recall(path, "question", run.Time); !found || err != nil {
		t.Error(found, err)
	}
}
