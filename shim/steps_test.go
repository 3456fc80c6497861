package shim

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"thresher/gate"
	"thresher/internal/statuses"
	"thresher/pip"
	"thresher/pip/option"
	"thresher/pip/source"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/python"
	"thresher/scan"
	"thresher/venv"
)

// The status is the first that applies, from whichever step.
func TestOutcome(t *testing.T) {
	failed := pip.Outcome{Status: 1}
	killed := pip.Outcome{Signal: syscall.SIGTERM}
	observing := &place{policy: policy.Default(policy.Standard)}
	observing.policy.Mode.Value = rules.Observe
	for _, test := range []struct {
		name   string
		made   steps
		status int
		signal syscall.Signal
	}{
		{"nothing", steps{}, 0, 0},
		{"pip failed", steps{ended: ended{pip: failed, unvouched: true}}, 1, 0},
		{"pip was ended", steps{ended: ended{pip: killed}}, 128 + 15, syscall.SIGTERM},
		{"pip was ended by what was refused", steps{ended: ended{pip: killed, refused: true}}, statuses.Refused, 0},
		{"malware", steps{found: found{result: scan.Result{Malware: true, Fails: true}}}, statuses.Refused, 0},
		{"changed meanwhile", steps{ended: ended{unvouched: true}}, statuses.Unvouched, 0},
		{"arrived", steps{changed: changed{unvouched: true}, found: found{result: scan.Result{Fails: true}}},
			statuses.Unvouched, 0},
		{"vulnerable", steps{found: found{result: scan.Result{Fails: true}}}, statuses.Vulnerable, 0},
		{"arrived, and only observed", steps{place: observing, changed: changed{unvouched: true},
			found: found{result: scan.Result{Fails: true}}}, 0, 0},
		{"malware, whatever is only observed", steps{place: observing,
			found: found{result: scan.Result{Malware: true}}}, statuses.Refused, 0},
		{"pip failed, and only observed", steps{place: observing, ended: ended{pip: failed, unvouched: true}}, 1, 0},
		{"not scanned", steps{found: found{failed: true}}, statuses.Broken, 0},
		{"not scanned, and pip failed", steps{ended: ended{pip: failed}, found: found{failed: true}}, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			end := test.made.outcome().ending()
			if end.status != test.status || end.signal != test.signal || !end.pipRan {
				t.Errorf("%+v, want %d and signal %d", end, test.status, test.signal)
			}
		})
	}
}

// Where a command installs to, by its options.
func TestSiteDirectories(t *testing.T) {
	environment := python.Environment{Prefix: "/env", BasePrefix: "/usr",
		SitePackages: []string{"/env/lib/site", "/usr/lib/site"}}
	for _, test := range []struct {
		name     string
		targets  pip.Targets
		userSite string
		want     []string
	}{
		{"usual", pip.Targets{}, "", []string{"/env/lib/site", "/usr/lib/site"}},
		{"a folder", pip.Targets{Target: "/out"}, "", []string{"/out"}},
		{"a prefix", pip.Targets{Prefix: "/out"}, "", []string{"/out/lib/site", "/usr/lib/site"}},
		{"a root", pip.Targets{Root: "/out"}, "", []string{"/out/env/lib/site", "/out/usr/lib/site"}},
		{"the user's own is seen", pip.Targets{}, "/me", []string{"/env/lib/site", "/me", "/usr/lib/site"}},
		{"the user's own is meant", pip.Targets{User: true}, "/me", []string{"/me", "/env/lib/site", "/usr/lib/site"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &place{command: &pip.Command{Targets: test.targets}, environment: environment, userSite: test.userSite}
			if got := p.siteDirectories(); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestChangesAPlace(t *testing.T) {
	for name, want := range map[string]bool{"install": true, "download": false, "wheel": false,
		"lock": false, "sync": true} {
		if got := (&place{command: &pip.Command{Name: name}}).changes(); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (&place{command: &pip.Command{Name: "install", DryRun: true}}).changes() {
		t.Error("a dry run changes nothing")
	}
}

// What a command asks for, by name.
func TestAskedNames(t *testing.T) {
	a := &asked{place: &place{
		command: &pip.Command{Requirements: []source.Requirement{
			{Name: "Acme.Lib", Canonical: "acme-lib", Specifier: "==1.0", MarkerApplies: true},
			{Name: "acme_lib", Canonical: "acme-lib", MarkerApplies: true},
			{Name: "limit", Canonical: "limit", Constraint: true, MarkerApplies: true},
			{Name: "elsewhere", Canonical: "elsewhere"},
			{Name: "other", Canonical: "other", Specifier: ">=1.0", MarkerApplies: true},
		}},
		installed: []venv.Distribution{{Canonical: "other"}},
	}}
	if got := a.requestedNames(); !slices.Equal(got, []string{"acme-lib", "other"}) {
		t.Errorf("names %q", got)
	}
	if got := a.written("acme-lib"); got != "Acme.Lib" {
		t.Errorf("written %q", got)
	}
	if got := a.written("brought-along"); got != "brought-along" {
		t.Errorf("written %q", got)
	}
	if a.isRequested("limit") || !a.isRequested("other") || a.isInstalled("acme-lib") || !a.isInstalled("other") {
		t.Error("requested or installed")
	}
	if !a.pinOf("acme-lib", "1.0.0").asked || a.pinOf("acme-lib", "1.1").asked || a.pinOf("other", "1.0").asked {
		t.Error("pins")
	}
}

// What a file pins, and what it locks by a hash that nobody can forge.
func TestPins(t *testing.T) {
	digest := strings.Repeat("0", 64)
	for _, test := range []struct {
		name       string
		kind       option.OriginKind
		specifier  string
		hashes     []string
		constraint bool
		want       pin
	}{
		{"a word of the command", option.FromArgv, "==1.0", nil, false, pin{asked: true}},
		{"a file", option.FromFile, "==1.0", nil, false, pin{asked: true, inFile: true}},
		{"a constraint", option.FromFile, "==1.0", nil, true, pin{asked: true, inFile: true}},
		{"a bound", option.FromFile, ">=1.0", []string{"sha256:" + digest}, false, pin{}},
		{"any patch", option.FromFile, "==1.*", nil, false, pin{}},
		{"a lock", option.FromFile, "==1.0", []string{"md5:1", "sha256:" + digest}, false,
			pin{asked: true, inFile: true, byHash: true}},
		{"a weak hash", option.FromFile, "==1.0", []string{"md5:" + digest[:32]}, false, pin{asked: true, inFile: true}},
	} {
		a := &asked{place: &place{command: &pip.Command{Requirements: []source.Requirement{{
			Name: "acme", Canonical: "acme", Specifier: test.specifier, Hashes: test.hashes, Constraint: test.constraint,
			Origin: option.Origin{Kind: test.kind}, MarkerApplies: true,
		}}}}}
		if got := a.pinOf("acme", "1.0"); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// What arrived without a verdict.
func TestUnvouched(t *testing.T) {
	ledger := []gate.Entry{{Name: "known", Version: "1.0", Filename: "known-1.0-py3-none-any.whl"}}
	arrived := func(name, version, direct string) venv.Change {
		return venv.Change{Kind: venv.New, Name: name, After: version, Distribution: venv.Distribution{
			Name: name, Canonical: name, Version: version, DirectURL: direct, Path: name + "-1.dist-info",
		}}
	}
	command := &pip.Command{
		Installation: &pip.Installation{Version: "26.2"},
		Requirements: []source.Requirement{{URL: "https://files.example/named.zip", MarkerApplies: true}},
	}
	removed := arrived("gone", "1.0", "")
	removed.Kind = venv.Removed
	var names []string
	for _, d := range unvouched(command, ledger, []venv.Change{
		arrived("known", "1.0", ""), arrived("known", "2.0", ""), arrived("stranger", "1.0", ""), removed,
		arrived("named", "1.0", "https://files.example/named.zip"),
		arrived("foreign", "1.0", "https://other.example/foreign.zip"),
	}, "/src") {
		names = append(names, d.Name+" "+d.Version)
	}
	if want := []string{"known 2.0", "stranger 1.0", "foreign 1.0"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

// What the steps that were taken give the log.
func TestEntry(t *testing.T) {
	command := &pip.Command{Installation: &pip.Installation{Version: "26.2"}}
	one, two, three := rules.Finding{Subject: "one"}, rules.Finding{Subject: "two"}, rules.Finding{Subject: "three"}
	if entry := (steps{command: command}).entry(); entry.Pip != "26.2" || len(entry.Findings) != 0 {
		t.Errorf("%+v", entry)
	}
	entry := steps{
		command: command, asked: &asked{findings: []rules.Finding{one}}, ended: ended{findings: []rules.Finding{two}},
		changed: changed{findings: []rules.Finding{three}, changes: []venv.Change{{Name: "acme", Before: "1", After: "2"}}},
	}.entry()
	var subjects []string
	for _, f := range entry.Findings {
		subjects = append(subjects, f.Subject)
	}
	if !slices.Equal(subjects, []string{"one", "two", "three"}) || len(entry.Changed) != 1 ||
		entry.Changed[0].After != "2" {
		t.Errorf("%+v", entry)
	}
}

// What is observed has the status that it would have ended with, the refusal first.
func TestObservedStatus(t *testing.T) {
	observing := &place{policy: policy.Default(policy.Standard)}
	observing.policy.Mode.Value = rules.Observe
	finding := func(rule rules.Rule, action rules.Action) *asked {
		return &asked{place: observing, findings: []rules.Finding{{Subject: "alpha", Rule: rule, Action: action}}}
	}
	arrived := changed{unvouched: true}
	for _, test := range []struct {
		name         string
		made         steps
		status, want int
	}{
		{"refused", steps{place: observing, asked: finding(rules.Denied, rules.Block), changed: arrived},
			0, statuses.Refused},
		{"held back", steps{place: observing, asked: finding(rules.Cooldown, rules.Hold)}, 0, 0},
		{"arrived", steps{place: observing, asked: finding(rules.Stale, rules.Note), changed: arrived},
			0, statuses.Unvouched},
		{"vulnerable", steps{place: observing, asked: finding(rules.Stale, rules.Note),
			found: found{result: scan.Result{Fails: true}}}, 0, statuses.Vulnerable},
		{"pip failed", steps{place: observing, asked: finding(rules.Denied, rules.Block)}, 1, 0},
		{"no policy that observes", steps{changed: arrived}, 0, 0},
	} {
		if got := test.made.observedStatus(test.status); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
