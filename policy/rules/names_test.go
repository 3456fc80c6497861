package rules_test

import (
	"slices"
	"strings"
	"testing"

	"thresher/internal/words"
	"thresher/pep"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// outcome is what a rule made of a case: its action, or "" for no finding.
func outcome(findings []rules.Finding, rule rules.Rule) rules.Action {
	for _, finding := range findings {
		if finding.Rule == rule {
			return finding.Action
		}
	}
	return ""
}

// checkTexts holds every finding to the manner in which findings are written.
func checkTexts(t testing.TB, findings []rules.Finding) {
	t.Helper()
	for _, finding := range findings {
		for _, text := range []string{finding.Subject, finding.Target, finding.Evidence, finding.Hint} {
			if text != words.Printable(text) && text != finding.Hint {
				t.Errorf("%s: %q would reach the terminal", finding.Rule, text)
			}
			if strings.ContainsAny(text, "\n\r\x1b\x00") {
				t.Errorf("%s: %q would reach the terminal", finding.Rule, text)
			}
			if strings.Contains(text, "secret") {
				t.Errorf("%s: %q shows credentials", finding.Rule, text)
			}
		}
		if finding.Evidence == "" || strings.HasSuffix(finding.Evidence, ".") {
			t.Errorf("%s: evidence %q", finding.Rule, finding.Evidence)
		}
		if finding.Subject == "" || finding.Confidence == "" || finding.Action == rules.Off {
			t.Errorf("%+v", finding)
		}
		if finding.Hint == "" && finding.Rule != rules.Unreadable {
			t.Errorf("%s: no hint", finding.Rule)
		}
	}
}

// named is a request for a name that is new to the environment.
func named(name, specifier string) rules.Requested {
	return rules.Requested{Name: name, Canonical: pep.CanonicalName(name), Specifier: specifier,
		Origin: "requirements.txt:3", New: true, Python: rules.Python{3, 12}}
}

func typed(name string) rules.Requested {
	requested := named(name, "")
	requested.Typed, requested.Origin = true, "argument 2"
	return requested
}

func fromURL(name, url string) rules.Requested {
	requested := named(name, "")
	requested.URL = url
	return requested
}

func TestUnreadable(t *testing.T) {
	settings := preset(policy.Standard)
	tests := []struct {
		name      string
		requested rules.Requested
		want      rules.Action
	}{
		{"nothing at all", rules.Requested{Origin: "requirements.txt:3", New: true}, rules.Block},
		{"no name", rules.Requested{Name: "a b", Canonical: "a b", New: true}, rules.Block},
		{"a name that is not its canonical one", rules.Requested{Name: "Foo", Canonical: "Foo", New: true},
			rules.Block},
		{"a name", named("Foo_Bar", ""), ""},
		{"a path", rules.Requested{Path: "/src/x", URL: "file:///src/x", New: true}, ""},
	}
	for _, test := range tests {
		findings := settings.JudgeRequested(test.requested, rules.NameEvidence{})
		if got := outcome(findings, rules.Unreadable); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
	if finding := settings.JudgeUnreadable("a\x1b[1m", "b\n", "c"); finding.Subject != "a?[1m" ||
		finding.Evidence != "b?" || finding.Action != rules.Block {
		t.Error(finding)
	}
}

func TestDenied(t *testing.T) {
	tests := []struct {
		name string
		layers
		requested string
		want      rules.Action
	}{
		{"denied", layers{user: "[deny]\nColour_Ama = \"imitates colorama\"\n"}, "colour.ama", rules.Block},
		{"another name", layers{user: "[deny]\ncolourama = \"x\"\n"}, "colorama", ""},
		{"by a pattern", layers{user: "[deny]\n\"evil-*\" = \"x\"\n"}, "Evil_Thing", rules.Block},
		{"as the policy acts", layers{user: "[rules]\ndenied = \"ask\"\n[deny]\nx = \"x\"\n"}, "x", rules.Ask},
		{"a nearer layer allows it", layers{system: "[deny]\nx = \"x\"\n", user: "[allow.x]\nreason = \"y\"\n"}, "x",
			""},
		{"a farther layer allows it", layers{system: "[allow.x]\nreason = \"y\"\n", user: "[deny]\nx = \"x\"\n"}, "x",
			rules.Block},
		{"a nearer layer allows something of it",
			layers{system: "[deny]\nx = \"x\"\n", user: "[allow.x]\nreason = \"y\"\nrules = [\"stale\"]\n"}, "x",
			rules.Block},
		{"a nearer layer allowed it until now",
			layers{system: "[deny]\nx = \"x\"\n", user: "[allow.x]\nreason = \"y\"\nexpires = 2026-01-01\n"}, "x",
			rules.Block},
		{"the denial is locked",
			layers{system: "locked = [\"deny\"]\n[deny]\nx = \"x\"\n", user: "[allow.x]\nreason = \"y\"\n"}, "x",
			rules.Block},
		{"a name beats a pattern", layers{user: "[deny]\n\"x-*\" = \"x\"\n[allow.x-y]\nreason = \"y\"\n"}, "x-y", ""},
		{"a pattern beats no name", layers{user: "[deny]\nx-y = \"x\"\n[allow.\"x-*\"]\nreason = \"y\"\n"}, "x-y",
			rules.Block},
		{"of two patterns deny wins", layers{user: "[deny]\n\"x-*\" = \"x\"\n[allow.\"*\"]\nreason = \"y\"\n"}, "x-y",
			rules.Block},
		{"an untrusted project denies", layers{user: "[allow.x]\nreason = \"y\"\n", project: "[deny]\nx = \"x\"\n"},
			"x", rules.Block},
		{"an untrusted project allows", layers{user: "[deny]\nx = \"x\"\n", project: "[allow.x]\nreason = \"y\"\n"},
			"x", rules.Block},
	}
	for _, test := range tests {
		settings := test.settings(t)
		for _, isNew := range []bool{true, false} {
			requested := named(test.requested, ">=1")
			requested.New = isNew
			findings := settings.JudgeRequested(requested, rules.NameEvidence{})
			if got := outcome(findings, rules.Denied); got != test.want {
				t.Errorf("%s: %q, want %q", test.name, got, test.want)
			}
			checkTexts(t, findings)
		}
		if got := outcome(settings.JudgeDependency(test.requested, rules.NameEvidence{}, true),
			rules.Denied); got != test.want {
			t.Errorf("%s, as a dependency: %q, want %q", test.name, got, test.want)
		}
	}
	constraint := named("x", "<2")
	constraint.Constraint = true
	if findings := (layers{user: "[deny]\nx = \"x\"\n"}).settings(t).JudgeRequested(constraint,
		rules.NameEvidence{}); len(findings) > 0 {
		t.Error("a constraint installs nothing", findings)
	}
}

func TestUnapproved(t *testing.T) {
	const list = "allowlist = true\n"
	tests := []struct {
		name, user string
		requested  rules.Requested
		want       rules.Action
	}{
		{"no allowlist", "", named("x", ""), ""},
		{"not on it", list, named("x", ""), rules.Block},
		{"on it", list + "[allow.x]\nreason = \"y\"\n", named("X", ""), ""},
		{"on it by a pattern", list + "[allow.\"acme-*\"]\nreason = \"y\"\n", named("acme.x", ""), ""},
		{"on it until now", list + "[allow.x]\nreason = \"y\"\nexpires = 2026-01-01\n", named("x", ""), rules.Block},
		{"on it for another rule", list + "[allow.x]\nreason = \"y\"\nrules = [\"stale\"]\n", named("x", ""),
			rules.Block},
		{"a url without a name", list, fromURL("", "https://h.example/x-1.whl"), rules.Block},
		{"a url on it", list + "[allow.\"https://H.example/x-1.whl\"]\nreason = \"y\"\n",
			fromURL("", "https://u:secret@h.example/x-1.whl#sha256=00"), ""},
		{"the user's own directory", list,
			rules.Requested{Path: "/src/x", URL: "file:///src/x", Editable: true, New: true}, ""},
		{"an archive of someone's", list, rules.Requested{Path: "/src/x.whl", URL: "file:///src/x.whl", New: true},
			rules.Block},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.settings(t).JudgeRequested(test.requested, rules.NameEvidence{})
		if got := outcome(findings, rules.Unapproved); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
	settings := layers{user: list}.settings(t)
	if got := outcome(settings.JudgeDependency("x", rules.NameEvidence{}, false),
		rules.Unapproved); got != rules.Block {
		t.Errorf("a dependency: %q", got)
	}
}

func TestTyposquat(t *testing.T) {
	suspect := func(confidence typosquat.Confidence) rules.NameEvidence {
		return rules.NameEvidence{Suspicions: []typosquat.Suspicion{{Target: "requests", Confidence: confidence,
			Why: "two letters swapped"}}}
	}
	tests := []struct {
		name, user string
		evidence   rules.NameEvidence
		want       rules.Action
	}{
		{"nothing suspected", "", rules.NameEvidence{}, ""},
		{"high", "", suspect(typosquat.High), rules.Block},
		{"medium", "", suspect(typosquat.Medium), rules.Ask},
		{"low", "", suspect(typosquat.Low), rules.Note},
		{"popular itself", "", rules.NameEvidence{Rank: 5, Suspicions: suspect(typosquat.High).Suspicions}, ""},
		{"allowed", "[allow.reqeusts]\nreason = \"y\"\n", suspect(typosquat.High), ""},
		{"allowed until now", "[allow.reqeusts]\nreason = \"y\"\nexpires = 2026-01-01\n", suspect(typosquat.High),
			rules.Block},
		{"another allowed", "[allow.requests]\nreason = \"y\"\n", suspect(typosquat.High), rules.Block},
		{"strict, medium", "preset = \"strict\"\n", suspect(typosquat.Medium), rules.Block},
		{"strict, low", "preset = \"strict\"\n", suspect(typosquat.Low), rules.Note},
		{"noted, high", "[rules]\ntyposquat = \"note\"\n", suspect(typosquat.High), rules.Note},
		{"off", "[rules]\ntyposquat = \"off\"\n", suspect(typosquat.High), ""},
	}
	for _, test := range tests {
		settings := layers{user: test.user}.settings(t)
		findings := settings.JudgeRequested(named("reqeusts", ">=1"), test.evidence)
		if got := outcome(findings, rules.Typosquat); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
	t.Run("known in the environment", func(t *testing.T) {
		requested := named("reqeusts", ">=1")
		requested.New = false
		if got := outcome(preset(policy.Standard).JudgeRequested(requested, suspect(typosquat.Medium)),
			rules.Typosquat); got != rules.Ask {
			t.Error(got)
		}
	})
	t.Run("what to type next", func(t *testing.T) {
		settings := preset(policy.Standard)
		for _, test := range []struct {
			requested rules.Requested
			want      string
		}{
			{typed("reqeusts"), "pip install requests"},
			{named("reqeusts", ">=1"), "requests in the place of reqeusts"},
		} {
			if got := settings.JudgeRequested(test.requested, suspect(typosquat.High))[0]; got.Hint != test.want ||
				got.Target != "requests" {
				t.Errorf("%+v, want %s", got, test.want)
			}
		}
		file := rules.NameEvidence{Suspicions: []typosquat.Suspicion{{Target: "requirements.txt",
			Confidence: typosquat.High, Why: "a file name"}}}
		if got := settings.JudgeRequested(typed("requirements-txt"),
			file)[0].Hint; got != "pip install -r requirements.txt" {
			t.Error(got)
		}
	})
	t.Run("a finding each", func(t *testing.T) {
		two := rules.NameEvidence{Suspicions: []typosquat.Suspicion{{Target: "a", Confidence: typosquat.Medium,
			Why: "b"}, {Target: "c", Confidence: typosquat.Medium, Why: "d"}}}
		if findings := preset(policy.Standard).JudgeRequested(named("x", ">=1"), two); len(findings) != 2 {
			t.Error(findings)
		}
	})
}

func TestStdlib(t *testing.T) {
	tests := []struct {
		name, user string
		requested  rules.Requested
		python     rules.Python
		want       rules.Action
	}{
		{"in the library of this python", "", typed("dataclasses"), rules.Python{3, 12}, rules.Note},
		{"in that of a later one", "", typed("tomli"), rules.Python{3, 10}, ""},
		{"in that of exactly this one", "", typed("tomli"), rules.Python{3, 11}, rules.Note},
		{"in any python there is, this one unknown", "", typed("enum34"), rules.Python{}, rules.Note},
		{"perhaps in this python, which is unknown", "", typed("tomli"), rules.Python{}, ""},
		{"a backport may be blocked", "[rules]\nstdlib = \"block\"\n", typed("dataclasses"), rules.Python{3, 12},
			rules.Block},
		{"what does more may not", "[rules]\nstdlib = \"block\"\n", typed("pytz"), rules.Python{3, 12}, rules.Note},
		{"only python 2 needed it", "", typed("six"), rules.Python{3, 12}, rules.Note},
		{"in part is no finding", "[rules]\nstdlib = \"block\"\n", typed("requests"), rules.Python{3, 12}, ""},
		{"in a file", "", named("Enum34", ">=1"), rules.Python{3, 12}, rules.Note},
		{"allowed", "[allow.enum34]\nreason = \"y\"\n", typed("enum34"), rules.Python{3, 12}, ""},
		{"off", "[rules]\nstdlib = \"off\"\n", typed("enum34"), rules.Python{3, 12}, ""},
		{"something else", "", typed("numpy"), rules.Python{3, 12}, ""},
	}
	for _, test := range tests {
		test.requested.Python = test.python
		findings := layers{user: test.user}.settings(t).JudgeRequested(test.requested, rules.NameEvidence{})
		if got := outcome(findings, rules.Stdlib); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
	if findings := preset(policy.Standard).JudgeDependency("enum34", rules.NameEvidence{}, true); len(findings) > 0 {
		t.Error("only what a user names", findings)
	}
}

func TestPreferred(t *testing.T) {
	const prefer = "[prefer]\nsimplejson = \"json\"\nrequests = \"httpx\"\n"
	tests := []struct {
		name, user string
		requested  rules.Requested
		want       rules.Action
		hint       string
	}{
		{"no preference", "", typed("simplejson"), "", ""},
		{"a module", prefer, typed("SimpleJSON"), rules.Note, "thresher allow SimpleJSON --reason 'why it is right'"},
		{"a popular name", prefer, typed("requests"), rules.Note, "pip install httpx"},
		{"in a file", prefer, named("requests", ">=1"), rules.Note,
			"thresher allow requests --reason 'why it is right'"},
		{"asked", prefer + "[rules]\npreferred = \"ask\"\n", typed("requests"), rules.Ask, "pip install httpx"},
		{"allowed", prefer + "[allow.requests]\nreason = \"y\"\n", typed("requests"), "", ""},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.settings(t).JudgeRequested(test.requested, rules.NameEvidence{Rank: 1})
		if got := outcome(findings, rules.Preferred); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		for _, finding := range findings {
			if finding.Rule == rules.Preferred && finding.Hint != test.hint {
				t.Errorf("%s: %s, want %s", test.name, finding.Hint, test.hint)
			}
		}
		checkTexts(t, findings)
	}
}

func TestPinned(t *testing.T) {
	hashed := named("x", "==1.2")
	hashed.Hashes = true
	constraint := named("x", "==1.2")
	constraint.Constraint = true
	located := named("x", "==1.2")
	located.URL = "https://files.example/x-1.2-py3-none-any.whl"
	tests := []struct {
		name, user string
		requested  rules.Requested
		want       rules.Action
	}{
		{"exact", "", named("x", "==1.2"), rules.Note},
		{"arbitrary", "", named("x", "===1.2"), rules.Note},
		{"among others", "", named("x", "!=1.1,==1.2"), rules.Note},
		{"a series", "", named("x", "==1.*"), ""},
		{"compatible", "", named("x", "~=1.2"), ""},
		{"bounded", "", named("x", "<2,>=1"), ""},
		{"a lock file's line", "", hashed, ""},
		{"a constraint", "", constraint, rules.Note},
		{"a temporary pin", "[allow.x]\nreason = \"2.0 breaks us\"\nexpires = 2027-01-31\n", named("x", "==1.2"), ""},
		{"one whose time is over", "[allow.x]\nreason = \"2.0 breaks us\"\nexpires = 2026-01-31\n", named("x", "==1.2"),
			rules.Note},
		{"allowed for other reasons", "[allow.x]\nreason = \"our own fork\"\n", named("x", "==1.2"), rules.Note},
		{"allowed for this reason", "[allow.x]\nreason = \"y\"\nrules = [\"pinned\"]\n", named("x", "==1.2"), ""},
		{"relaxed", "preset = \"relaxed\"\n", named("x", "==1.2"), ""},
		{"by a url", "", located, ""},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.settings(t).JudgeRequested(test.requested, rules.NameEvidence{})
		if got := outcome(findings, rules.Pinned); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

func TestUnbounded(t *testing.T) {
	hashed := named("x", "")
	hashed.Hashes = true
	tests := []struct {
		name, user string
		requested  rules.Requested
		want       rules.Action
	}{
		{"no bound", "", named("x", ""), rules.Note},
		{"an upper one", "", named("x", "<2"), rules.Note},
		{"all but one", "", named("x", "!=2"), rules.Note},
		{"a lower one", "", named("x", ">=1"), ""},
		{"above", "", named("x", ">1"), ""},
		{"compatible", "", named("x", "~=1.2"), ""},
		{"exact", "", named("x", "==1.2"), ""},
		{"a series", "", named("x", "==1.*"), ""},
		{"typed", "", typed("x"), ""},
		{"by a url", "", fromURL("x", "https://h.example/x.whl"), ""},
		{"with a hash", "", hashed, ""},
		{"allowed", "[allow.x]\nreason = \"y\"\n", named("x", ""), ""},
		{"strict", "preset = \"strict\"\n", named("x", ""), rules.Note},
		{"blocked", "[rules]\nunbounded = \"block\"\n", named("x", ""), rules.Block},
	}
	for _, test := range tests {
		findings := layers{user: test.user}.settings(t).JudgeRequested(test.requested, rules.NameEvidence{})
		if got := outcome(findings, rules.Unbounded); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}

func TestDirectAndInsecureURLs(t *testing.T) {
	hashed := func(requested rules.Requested) rules.Requested {
		requested.Hashes = true
		return requested
	}
	const wheel = "://h.example/x-1-py3-none-any.whl"
	const commit = "0123456789abcdef0123456789abcdef01234567"
	tests := []struct {
		name, user       string
		requested        rules.Requested
		direct, insecure rules.Action
	}{
		{"an archive", "", fromURL("", "https"+wheel), rules.Ask, ""},
		{"an archive with credentials", "", fromURL("x", "https://u:secret@h.example/x.whl"), rules.Ask, ""},
		{"an archive with a hash", "", hashed(fromURL("", "https"+wheel)), rules.Note, ""},
		{"an archive over http", "", fromURL("", "http"+wheel), rules.Ask, rules.Block},
		{"in capitals", "", fromURL("", "HTTP"+wheel), rules.Ask, rules.Block},
		{"an archive over http with a hash", "", hashed(fromURL("", "http"+wheel)), rules.Note, ""},
		{"over ftp", "", fromURL("", "ftp"+wheel), rules.Ask, rules.Block},
		{"over what nobody knows", "", fromURL("", "gopher"+wheel), rules.Ask, rules.Block},
		{"from this machine", "", fromURL("", "http://127.0.0.1:8000/x.whl"), rules.Ask, ""},
		{"from this machine by name", "", fromURL("", "http://localhost/x.whl"), rules.Ask, ""},
		{"from a name below it", "", fromURL("", "http://x.localhost/x.whl"), rules.Ask, rules.Block},
		{"from a name that only looks like it", "", fromURL("", "http://localhost.evil.example/x.whl"), rules.Ask,
			rules.Block},
		{"from this machine as a user name", "", fromURL("", "http://127.0.0.1@evil.example/x.whl"), rules.Ask,
			rules.Block},
		{"a tag", "", fromURL("x", "git+https://h.example/x@v1"), rules.Ask, ""},
		{"a repository over ssh", "", fromURL("x", "git+ssh://git@h.example/x"), rules.Ask, ""},
		{"a user's name is no commit", "", fromURL("x", "git+ssh://"+commit+"@h.example/x"), rules.Ask, ""},
		{"a commit", "", fromURL("x", "git+https://h.example/x@"+commit+"#egg=x"), rules.Note, ""},
		{"a part of a commit", "", fromURL("x", "git+https://h.example/x@"+commit[:12]), rules.Ask, ""},
		{"a commit, strict", "preset = \"strict\"\n", fromURL("x", "git+ssh://git@h.example/x@"+commit), rules.Note, ""},
		{"a branch, strict", "preset = \"strict\"\n", fromURL("x", "git+https://h.example/x@main"), rules.Block, ""},
		{"a repository of this machine", "", fromURL("x", "git+file:///src/x"), rules.Note, ""},
		{"a repository over http", "", fromURL("x", "git+http://h.example/x"), rules.Ask, rules.Block},
		{"a repository over git", "", fromURL("x", "git+git://h.example/x"), rules.Ask, rules.Block},
		{"a repository with a hash that pip does not look at", "",
			hashed(fromURL("x", "git+http://h.example/x#sha256=00")), rules.Ask, rules.Block},
		{"a folder", "", rules.Requested{Path: "/src/x", URL: "file:///src/x", New: true}, "", ""},
		{"no url", "", fromURL("", "https://[::1/x"), rules.Ask, rules.Block},
		{"allowed", "[allow.\"https" + wheel + "\"]\nreason = \"y\"\n",
			fromURL("", "https://u:secret@H.example/x-1-py3-none-any.whl#egg=x"), "", ""},
		{"its name is allowed", "[allow.x]\nreason = \"y\"\n", fromURL("x", "https"+wheel), rules.Ask, ""},
		{"another url is allowed", "[allow.\"https://h.example/\"]\nreason = \"y\"\n", fromURL("x", "https"+wheel),
			rules.Ask, ""},
		{"allowed over http", "[allow.\"http" + wheel + "\"]\nreason = \"y\"\n", fromURL("", "http"+wheel), "", ""},
		{"strict", "preset = \"strict\"\n", fromURL("", "https"+wheel), rules.Block, ""},
		{"strict, with a hash", "preset = \"strict\"\n", hashed(fromURL("", "https"+wheel)), rules.Note, ""},
	}
	for _, test := range tests {
		settings := layers{user: test.user}.settings(t)
		findings := settings.JudgeRequested(test.requested, rules.NameEvidence{})
		if got := outcome(findings, rules.DirectURL); got != test.direct {
			t.Errorf("%s: direct-url %q, want %q", test.name, got, test.direct)
		}
		if got := outcome(findings, rules.InsecureURL); got != test.insecure {
			t.Errorf("%s: insecure-url %q, want %q", test.name, got, test.insecure)
		}
		checkTexts(t, findings)
		test.requested.Constraint = true
		if got := outcome(settings.JudgeRequested(test.requested, rules.NameEvidence{}),
			rules.InsecureURL); got != test.insecure {
			t.Errorf("%s, as a constraint: insecure-url %q, want %q", test.name, got, test.insecure)
		}
	}
}

func TestWhatIsKnownPrintsNoNotes(t *testing.T) {
	requested := named("simplejson", "==1")
	requested.New = false
	settings := layers{user: "[prefer]\nsimplejson = \"json\"\n"}.settings(t)
	if findings := settings.JudgeRequested(requested, rules.NameEvidence{}); len(findings) > 0 {
		t.Error(findings)
	}
}

// Names, origins and reasons come from files that anyone may have written.
func TestHostileTextsReachNobody(t *testing.T) {
	const evil = "x\x1b]0;owned\x07\n\u202e$(reboot)'; rm -rf ~; '"
	settings := layers{user: "allowlist = true\n"}.settings(t)
	var findings []rules.Finding
	for _, requested := range []rules.Requested{
		{Name: evil, Canonical: evil, Origin: evil, New: true},
		{URL: "https://h.example/" + evil, Origin: evil, New: true},
		{URL: evil, Origin: evil, New: true},
		{Path: "/" + evil + ".whl", URL: "file:///" + evil + ".whl", Origin: evil, New: true},
		{Name: "x", Canonical: "x", Specifier: "===" + evil, Origin: evil, New: true},
		{Name: "x", Canonical: "x", Specifier: "==1+" + evil, Origin: evil, New: true},
		{Name: "x", Canonical: "x", Origin: evil, New: true},
	} {
		evidence := rules.NameEvidence{Suspicions: []typosquat.Suspicion{{Target: evil, Confidence: typosquat.High,
			Why: evil}}}
		findings = append(findings, settings.JudgeRequested(requested, evidence)...)
	}
	findings = append(findings, settings.JudgeProject(rules.ProjectEvidence{
		Name: evil, Canonical: evil, Now: today, New: true, Exists: rules.Yes, Status: evil, StatusReason: evil,
		Malware:   []string{evil},
		Ownership: true, Maintainers: []string{evil}, First: today, Latest: today.AddDate(-9, 0, 0),
	})...)
	findings = append(findings,
		settings.JudgeProject(rules.ProjectEvidence{Name: evil, Canonical: evil, Now: today, New: true,
			Failure: evil})...)
	findings = append(findings, settings.JudgeFile(rules.FileEvidence{
		Name: evil, Version: evil, Filename: evil, Now: today, UploadTime: today, Yanked: true, Pinned: true,
		YankedReason: evil,
		IsSdist:      true, PredecessorsProvenance: true, Malware: []string{evil}, Vulnerabilities: []string{evil},
	})...)
	findings = append(findings,
		settings.JudgeIndex(rules.IndexEvidence{URL: "https://u:secret@" + evil, FromFile: true, Origin: evil})...)
	findings = append(findings,
		settings.JudgeIndex(rules.IndexEvidence{URL: evil, TrustedHost: true, FromFile: true, Origin: evil})...)
	findings = append(findings,
		settings.JudgeConfusion(rules.ConfusionEvidence{Name: evil, Chosen: evil,
			Others: []string{evil, "https://u:secret@h.example/" + evil}})...)
	findings = append(findings,
		settings.JudgeArrival(rules.Arrival{Name: evil, Version: evil, Path: evil, Hook: true})...)
	if len(findings) < 20 {
		t.Errorf("only %d findings", len(findings))
	}
	checkTexts(t, findings)
	for _, finding := range append(findings, rules.Decide(findings, rules.WithoutTerminal).Findings...) {
		if outside := unquoted(finding.Hint); strings.ContainsAny(outside, "$;`|&") {
			t.Errorf("%s: %s", finding.Rule, finding.Hint)
		}
	}
}

// unquoted is what of a shell's line stands outside quotes.
func unquoted(line string) string {
	var outside strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && !quoted:
			i++
		case line[i] == '\'':
			quoted = !quoted
		case !quoted:
			outside.WriteByte(line[i])
		}
	}
	if quoted {
		outside.WriteString("; a quote is open")
	}
	return outside.String()
}

// Hosts that builds may fetch from are named by their own entries, as long as
// these last.
func TestAllowedHosts(t *testing.T) {
	content := `[allow."host:Files.acme.example"]
reason = "ours"
[allow."host:late.example"]
reason = "once"
expires = 2026-01-01
[allow."host:other.example:8443"]
reason = "ours"
rules = ["direct-url"]
[allow."host:insecure.example"]
reason = "not for this"
rules = ["insecure-url"]
[allow."trusted-host:index.example"]
reason = "another question"
`
	if got := (layers{user: content}).settings(t).AllowedHosts(); !slices.Equal(got,
		[]string{"files.acme.example", "other.example:8443"}) {
		t.Errorf("%q", got)
	}
}

// A name that is the target itself, with a dash for a dot, is told as what it is.
func TestTyposquatOfItself(t *testing.T) {
	for name, want := range map[string]string{
		"requirements.txt": "it is the name of a file, for which -r is missing",
		"subprocess":       "it is a module of the standard library, which needs no install",
		"requriements.txt": "may be meant for requirements.txt: ",
	} {
		findings := preset(policy.Standard).JudgeRequested(typed(name), rules.NameEvidenceOf(name))
		found := false
		for _, finding := range findings {
			found = found || finding.Rule == rules.Typosquat && strings.HasPrefix(finding.Evidence, want)
		}
		if !found {
			t.Errorf("%s: %+v, want %q", name, findings, want)
		}
	}
}
