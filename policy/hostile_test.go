package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// disarming is what a hostile checkout would like to say, for every key: each
// a whole project file that makes the standard policy, or the user's own words
// before it, looser. The keys that a project cannot make looser say why.
var disarming = map[string][]struct{ user, project string }{
	"preset": {{"preset = \"strict\"\n", "preset = \"relaxed\"\n"},
		{"", "preset = \"relaxed\"\n"}},
	"allowlist":      {{"allowlist = true\n", "allowlist = false\n"}},
	"mode":           {{"", "mode = \"observe\"\n"}},
	"locked":         {{"", "locked = [\"rules\", \"allow\"]\n"}},
	"upgrade.always": {{"", "[upgrade]\nalways = false\n"}},
	"upgrade.strategy": {{"", "[upgrade]\nstrategy = \"eager\"\n"},
		{"[upgrade]\nstrategy = \"eager\"\n", "[upgrade]\nstrategy = \"only-if-needed\"\n"}},
	"upgrade.skip-when-current": {{"[upgrade]\nskip-when-current = false\n", "[upgrade]\nskip-when-current = true\n"}},
	"install.compile":           {{"", "[install]\ncompile = \"pip\"\n"}},
	"cooldown.release": {{"", "[cooldown]\nrelease = \"0d\"\n"},
		{"[cooldown]\nrelease = \"9d\"\n", "[cooldown]\nrelease = \"8d\"\n"}},
	"cooldown.project":        {{"", "[cooldown]\nproject = \"6d\"\n"}},
	"cooldown.pins":           {{"", "[cooldown]\npins = \"pass\"\n"}},
	"cooldown.pins-release":   {{"", "[cooldown]\npins-release = \"1h\"\n"}},
	"cooldown.security-fixes": {{"[cooldown]\nsecurity-fixes = false\n", "[cooldown]\nsecurity-fixes = true\n"}},
	"cooldown.unknown-age":    {{"", "[cooldown]\nunknown-age = \"off\"\n"}},
	"cooldown.except": {{"", "[cooldown]\nexcept = [\"*\"]\n"},
		{"[cooldown]\nexcept = [\"a\"]\n", "[cooldown]\nexcept = [\"a\", \"b\"]\n"}},
	"index.strategy": {{"", "[index]\nstrategy = \"pip\"\n"}},
	"index.max-age":  {{"", "[index]\nmax-age = \"1d\"\n"}},
	"index.pin.NAME": {{"", "[index]\npin = { \"*\" = \"https://evil.example/simple\" }\n"},
		{"[index.pin]\na = \"https://index.example/simple\"\n", "[index.pin]\na = \"https://evil.example/simple\"\n"}},
	"index.moved.NAME": {
		{"", "[index.moved]\n\"https://index.example/simple\" = \"https://evil.example/simple\"\n"},
		{"[index.moved]\n\"https://a.example\" = \"https://b.example\"\n",
			"[index.moved]\n\"https://A.example/\" = \"https://evil.example\"\n"}},
	"index.URL": {
		{"", "[index.\"https://index.example/simple\"]\ncooldown = \"0d\"\n"},
		{"[index.\"https://a.example\"]\npublisher = true\n", "[index.\"https://A.example/\"]\npublisher = false\n"}},
	"trust.maintainers.min": {{"", "[trust]\nmaintainers = { min = 0 }\n"}},
	"trust.maintainers.max": {{"", "[trust]\nmaintainers.max = 1000\n"}},
	"trust.stale-after":     {{"", "[trust]\nstale-after = \"100 years\"\n"}},
	"trust.popular-rank":    {{"", "[trust]\npopular-rank = 1000000\n"}},
	"trust.organisations":   {{"", "[trust]\norganisations = [\"evil\"]\n"}},
	"evidence.online": {{"", "[evidence]\nonline = false\n"},
		{"[evidence]\nonline = false\n", "[evidence]\nonline = true\n"}},
	"evidence.deadline":           {{"", "[evidence]\ndeadline = \"0s\"\n"}, {"", "[evidence]\ndeadline = \"1y\"\n"}},
	"venv.require":                {{"", "[venv]\nrequire = false\n"}},
	"guard.automatic":             {{"", "[guard]\nautomatic = false\n"}},
	"gate.fallback":               {{"[gate]\nfallback = false\n", "[gate]\nfallback = true\n"}},
	"switch-off.without-terminal": {{"", "[switch-off]\nwithout-terminal = true\n"}},
	"sandbox.enabled":             {{"", "[sandbox]\nenabled = false\n"}},
	"sandbox.require":             {{"[sandbox]\nrequire = true\n", "[sandbox]\nrequire = false\n"}},
	"sandbox.secrets":             nil, // more of them is stricter, and none is taken away
	"sandbox.write":               {{"", "[sandbox]\nwrite = [\"~/.config\"]\n"}},
	"sandbox.environment.add":     nil, // likewise
	"agents.variables":            nil, // likewise
	"sandbox.environment.free":    {{"", "[sandbox]\nenvironment = { free = [\"*_TOKEN\"] }\n"}},
	"answers.without-terminal":    {{"", "[answers]\nwithout-terminal = true\n"}},
	"allow.NAME": {{"", "[allow.reqeusts]\nreason = \"trust me\"\n"},
		{"", "[allow.\"*\"]\nreason = \"trust me\"\n"},
		{"", "[allow.\"https://evil.example/x.whl\"]\nreason = \"trust me\"\n"},
		{"[allow.a]\nreason = \"b\"\nrules = [\"stale\"]\n", "[allow.a]\nreason = \"trust me\"\n"}},
	"deny.NAME":   nil, // more of them is stricter, and none is taken away
	"prefer.NAME": {{"[prefer]\na = \"b\"\n", "[prefer]\na = \"evil\"\n"}},
	"bound.NAME": {
		{aBound("2", "2027-01-01"), aBound("3", "2027-01-01")}, {aBound("2", "2027-01-01"), aBound("2", "2026-12-20")},
	},
	"scan.fail-on": {{"", "[scan]\nfail-on = \"none\"\n"}, {"", "[scan]\nfail-on = \"critical\"\n"},
		{"[scan]\nfail-on = \"any\"\n", "[scan]\nfail-on = \"fixable\"\n"},
		{"[scan]\nfail-on = \"low\"\n", "[scan]\nfail-on = \"high\"\n"},
		{"[scan]\nfail-on = \"critical\"\n", "[scan]\nfail-on = \"fixable\"\n"}},
	"scan.scope": {{"[scan]\nscope = \"all\"\n", "[scan]\nscope = \"touched\"\n"}},
	"scan.ignore-forever": {{"",
		"[scan]\nignore-forever = true\n[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\n"}},
	"scan.ignore": {{"", "[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\nexpires = 2027-02-19\n"},
		{"", "[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\nexpires = 2999-01-01\n"}},
	"update.automatic": {{"", "[update]\nautomatic = false\n"}},
	"update.max-age": {{"", "[update]\nmax-age = \"100 years\"\n"},
		{"", "[update]\nmax-age = \"1min\"\n"}},
	"venv.seed":          {{"", "[venv]\nseed = \"newest\"\n"}},
	"update.missing":     {{"[update]\nmissing = \"block\"\n", "[update]\nmissing = \"note\"\n"}},
	"update.patience":    {{"", "[update]\npatience = \"0s\"\n"}},
	"update.stale-after": {{"", "[update]\nstale-after = \"1 year\"\n"}},
	"update.advisories":  {{"", "[update]\nadvisories = \"https://evil.example/all.zip\"\n"}},
	"policy.from": {{"", "[policy]\nfrom = [\"git+https://evil.example/p@" + strings.Repeat("a", 40) +
		"#p\"]\n"}},
	"policy.allowed-signers": {{"", "[policy]\nallowed-signers = [\"me ssh-ed25519 " +
		"AAAAC3NzaC1lZDI1NTE5AAAAIPArzQRxvTPsh4/BNebSpVSH3iUSE8qzoXPHANotyimM\"]\n"}},
	"policy.minisign-keys": {{"", "[policy]\nminisign-keys = [\"" +
		"RWQBAgMEBQYHCHeyviSXUeuwrloaEArpCKhiynfsDw8Zo2yrbKJStjaL\"]\n"}},
	"policy.version":       {{"", "[policy]\nversion = 7\n"}},
	"policy.refresh":       {{"", "[policy]\nrefresh = \"1 year\"\n"}},
	"policy.grace":         {{"", "[policy]\ngrace = \"1 year\"\n"}},
	"policy.stale":         {{"[policy]\nstale = \"block\"\n", "[policy]\nstale = \"note\"\n"}},
	"log.words":            {{"[log]\nwords = \"names\"\n", "[log]\nwords = \"all\"\n"}},
	"message.refused":      {{"", "[message]\nrefused = \"all is well\"\n"}},
	"update.popular-names": {{"", "[update]\npopular-names = \"https://evil.example/names\"\n"}},
}

// aBound is a bound on a.
func aBound(below, expires string) string {
	return "[bound.a]\nbelow = \"" + below + "\"\nreason = \"b\"\nexpires = " + expires + "\n"
}

func TestProjectCannotDisarmItsUser(t *testing.T) {
	for _, info := range keys() {
		if rule, isRule := strings.CutPrefix(info.Key, "rules."); isRule {
			testRuleCannotBeLoosened(t, rules.Rule(rule))
			continue
		}
		attempts, known := disarming[info.Key]
		if !known {
			t.Errorf("nobody has tried to loosen %s", info.Key)
		}
		for _, attempt := range attempts {
			before := layers{user: attempt.user}.merged(t, false)
			after := layers{user: attempt.user, project: attempt.project}.merged(t, false)
			if diff := cmp.Diff(values(before), values(after)); diff != "" {
				t.Errorf("%q changed the policy:\n%s", attempt.project, diff)
			}
			if len(after.Project.Loosens)+len(after.Notes) == 0 {
				t.Errorf("%q is dropped in silence", attempt.project)
			}
			// Trust is what makes it count, where it may count at all.
			trusted := layers{user: attempt.user, project: attempt.project}.merged(t, true)
			changed := !cmp.Equal(values(before), values(trusted))
			if may := info.Layers == EveryLayer; changed != may {
				t.Errorf("%q, trusted: changed %t, want %t", attempt.project, changed, may)
			}
			if info.Layers == EveryLayer && len(trusted.Project.Loosens) == 0 {
				t.Errorf("%q: thresher trust would have nothing to show", attempt.project)
			}
		}
	}
	for key := range disarming {
		if !slices.ContainsFunc(keys(), func(info KeyInfo) bool { return info.Key == key }) {
			t.Errorf("there is no key %s", key)
		}
	}
}

// testRuleCannotBeLoosened tries every action of a rule against every action
// the user may have chosen.
func testRuleCannotBeLoosened(t *testing.T, rule rules.Rule) {
	info, _ := rules.InfoOf(rule)
	for _, users := range info.Actions {
		for _, projects := range info.Actions {
			policy := layers{
				user:    "[rules]\n" + string(rule) + " = \"" + string(users) + "\"\n",
				project: "[rules]\n" + string(rule) + " = \"" + string(projects) + "\"\n",
			}.merged(t, false)
			want := users
			if rules.Severity(projects) > rules.Severity(users) {
				want = projects
			}
			if got := policy.Action(rule).Value; got != want {
				t.Errorf("%s: the user says %s, the project %s: %s", rule, users, projects, got)
			}
			loosens := rules.Severity(projects) < rules.Severity(users)
			if loosens != (len(policy.Project.Loosens) == 1) {
				t.Errorf("%s: the user says %s, the project %s: would loosen %v", rule, users, projects,
					policy.Project.Loosens)
			}
		}
	}
}

func TestProjectMayTighten(t *testing.T) {
	tests := []struct{ user, project, key, want string }{
		{"", "allowlist = true\n", "allowlist", "true (project)"},
		{"[upgrade]\nalways = false\n", "[upgrade]\nalways = true\n", "upgrade.always", "true (project)"},
		{"", "[cooldown]\nrelease = \"9d\"\n", "cooldown.release", `"9 days" (project)`},
		{"", "[cooldown]\nsecurity-fixes = false\n", "cooldown.security-fixes", "false (project)"},
		{"[cooldown]\npins = \"pass\"\n", "[cooldown]\npins = \"hold\"\n", "cooldown.pins", `"hold" (project)`},
		{"", "[cooldown]\npins-release = \"2d\"\n", "cooldown.pins-release", `"2 days" (project)`},
		{"", "[cooldown]\nunknown-age = \"block\"\n", "cooldown.unknown-age", `"block" (project)`},
		{"[index]\nstrategy = \"pip\"\n", "[index]\nstrategy = \"first-index\"\n", "index.strategy",
			`"first-index" (project)`},
		{"", "[trust]\nmaintainers = { min = 3, max = 4 }\n", "trust.maintainers.max", "4 (project)"},
		{"", "[trust]\nstale-after = \"90d\"\n", "trust.stale-after", `"3 months" (project)`},
		{"", "[deny]\nx = \"y\"\n", "deny.x", `"y" (project)`},
		{"", "[prefer]\nx = \"y\"\n", "prefer.x", `"y" (project)`},
		{"", "[scan]\nfail-on = \"any\"\n", "scan.fail-on", `"any" (project)`},
		{"[scan]\nfail-on = \"none\"\n", "[scan]\nfail-on = \"fixable\"\n", "scan.fail-on", `"fixable" (project)`},
		{"[scan]\nfail-on = \"high\"\n", "[scan]\nfail-on = \"low\"\n", "scan.fail-on", `"low" (project)`},
		{"", "[scan]\nscope = \"all\"\n", "scan.scope", `"all" (project)`},
		{"", "[update]\nmissing = \"block\"\n", "update.missing", `"block" (project)`},
		{"", "[update]\nstale-after = \"1 day\"\n", "update.stale-after", `"1 day" (project)`},
		{"", "[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\nexpires = 2027-02-18\n", "scan.ignore",
			`{ id = "X-1", reason = "y", expires = 2027-02-18 } (project)`},
	}
	for _, test := range tests {
		policy := layers{user: test.user, project: test.project}.merged(t, false)
		if got := value(policy, test.key); got != test.want {
			t.Errorf("%q: %s, want %s", test.project, got, test.want)
		}
		if len(policy.Project.Loosens) > 0 {
			t.Errorf("%q would loosen %v", test.project, policy.Project.Loosens)
		}
	}
}

// What the user has said already is not loosened by being said again.
func TestWhatIsAllowedAlready(t *testing.T) {
	tests := []struct {
		user, project string
		loosens       bool
	}{
		{"reason = \"a\"\n", "reason = \"b\"\n", false},
		{"reason = \"a\"\n", "reason = \"b\"\nexpires = 2027-01-01\n", false},
		{"reason = \"a\"\nexpires = 2027-01-01\n", "reason = \"b\"\nexpires = 2027-01-02\n", true},
		{"reason = \"a\"\nexpires = 2027-01-01\n", "reason = \"b\"\n", true},
		{"reason = \"a\"\nexpires = 2027-01-02\n", "reason = \"b\"\nexpires = 2027-01-01\n", false},
		{"reason = \"a\"\n", "reason = \"b\"\nrules = [\"stale\"]\n", false},
		{"reason = \"a\"\n", "reason = \"b\"\nrules = [\"stale\", \"sdist\"]\n", true},
		{"reason = \"a\"\nrules = [\"stale\", \"sdist\"]\n", "reason = \"b\"\nrules = [\"sdist\"]\n", false},
		{"reason = \"a\"\nrules = [\"stale\"]\n", "reason = \"b\"\n", true},
	}
	for _, test := range tests {
		before := layers{user: "[allow.x]\n" + test.user}.merged(t, false)
		after := layers{user: "[allow.x]\n" + test.user, project: "[allow.X]\n" + test.project}.merged(t, false)
		if got := len(after.Project.Loosens) > 0; got != test.loosens {
			t.Errorf("%q, %q: loosens %t", test.user, test.project, got)
		}
		if diff := cmp.Diff(values(before), values(after)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestUntrustedIgnoreSaysSo(t *testing.T) {
	project := "[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\nexpires = 2026-12-01\n"
	for _, trusted := range []bool{false, true} {
		policy := layers{project: project}.merged(t, trusted)
		if len(policy.Scan.Ignore) != 1 || policy.Scan.Ignore[0].Untrusted == trusted {
			t.Errorf("trusted %t: %+v", trusted, policy.Scan.Ignore)
		}
	}
}

// A checkout that allows its own typosquat, denies what it imitates, and says
// the right one is to be replaced.
func TestHostileCheckout(t *testing.T) {
	project := "preset = \"relaxed\"\nallowlist = false\nlocked = [\"rules\"]\n[rules]\ntyposquat = \"off\"\n" +
		"new-project = \"off\"\n" +
		"[allow.reqeusts]\nreason = \"ours\"\n[allow.\"r*\"]\nreason = \"ours\"\n[venv]\nrequire = false\n" +
		"[switch-off]\nwithout-terminal = true\n" +
		"[trust]\norganisations = [\"evil\"]\n[cooldown]\nexcept = [\"reqeusts\"]\n[index.pin]\n" +
		"reqeusts = \"https://evil.example/simple\"\n"
	requested := rules.Requested{Name: "reqeusts", Canonical: "reqeusts", Origin: "requirements.txt:1", New: true}
	evidence := rules.NameEvidence{Suspicions: []typosquat.Suspicion{{Target: "requests", Confidence: typosquat.High,
		Why: "two letters swapped"}}}
	plain := layers{}.merged(t, false)
	hostile := layers{project: project}.mustLoad(t, false)
	if diff := cmp.Diff(plain.JudgeRequested(requested, evidence),
		hostile.JudgeRequested(requested, evidence)); diff != "" {
		t.Error(diff)
	}
	if !hostile.Venv.Require.Value || hostile.SwitchOff.WithoutTerminal.Value || hostile.PinFor("reqeusts") != nil ||
		hostile.ExemptFromCooldown("reqeusts") {
		t.Error("the checkout has disarmed its user")
	}
	if verdict := rules.Decide(hostile.JudgeRequested(requested, evidence),
		rules.WithoutTerminal); verdict.Action != rules.Block {
		t.Error(verdict)
	}
	// What it would loosen is all there to be shown before it is trusted.
	var keys []string
	for _, change := range hostile.Project.Loosens {
		keys = append(keys, change.Key)
	}
	want := []string{"preset", "rules.typosquat", "rules.new-project", "allow.reqeusts", `allow."r*"`,
		"trust.organisations", "cooldown.except", "index.pin.reqeusts"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
	trusted := layers{project: project}.merged(t, true)
	if findings := trusted.JudgeRequested(requested, evidence); len(findings) > 0 &&
		findings[0].Rule == rules.Typosquat {
		t.Error("trust has no effect", findings)
	}
	if !trusted.Venv.Require.Value || trusted.SwitchOff.WithoutTerminal.Value {
		t.Error("some things only the user may say, trusted or not")
	}
}
