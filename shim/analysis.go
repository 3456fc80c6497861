package shim

import (
	"errors"
	"strconv"
	"strings"

	"thresher/address"
	"thresher/index"
	"thresher/internal/lazyregexp"
	"thresher/internal/words"
	"thresher/pep"
	"thresher/pip"
	"thresher/pip/option"
	"thresher/pip/source"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
	"thresher/python"
	"thresher/session"
	"thresher/venv"
)

// analysis is what is known of a command before anything is started: what pip
// would make of it, where it would install, and what policy says with no
// network at all.
type analysis struct {
	installation *pip.Installation
	command      *pip.Command
	environment  python.Environment
	userSite     string // the user's own site-packages where the environment is open to them
	policy       *policy.Policy
	installed    []venv.Distribution
	places       map[string]string // subject of a finding → where it was said
	findings     []rules.Finding
}

// ending is an early end of a run: its status, and what is said about it.
type ending struct {
	status     int
	tell       func(*messenger)
	pipRefuses bool // pip itself has the say, and the status
}

// find chooses the pip that the command is meant for.
func (in *invocation) find() (*pip.Installation, *ending) {
	installation, err := pip.Find(pip.FindInput{
		Name: in.program, Environ: in.environ, Dir: in.dir, Self: in.self,
		Interpreter: in.interpreter, Python: "", CacheDir: in.places.Cache,
	})
	switch {
	case errors.Is(err, pip.ErrNoPip):
		return nil, &ending{status: statusNotFound, tell: func(m *messenger) { m.noPip(err) }}
	case err != nil:
		return nil, &ending{status: statusCannotRun, tell: func(m *messenger) { m.cannotRun(err) }}
	}
	return installation, nil
}

// read reads the command line and all it names.
func (in *invocation) read(installation *pip.Installation) *pip.Command {
	return pip.Parse(pip.Input{
		Args: in.args, Environ: in.environ, Dir: in.dir, Installation: installation,
		Fetch: in.fetch, Stdin: in.streams.In, CacheDir: in.places.Cache,
	})
}

// fetch gets a requirements file that is a URL, for a command as far as it has
// been read.
func (in *invocation) fetch(command *pip.Command, url string) (source.Page, error) {
	client, err := session.New(command, in.environ, "")
	if err != nil {
		return source.Page{}, err
	}
	defer client.Close()
	defer func() { in.say.notes(client.Notes()) }()
	document, err := client.Get(in.untilInterrupted(), url)
	var status *index.StatusError
	switch {
	case errors.Is(err, index.ErrNotFound):
		return source.Page{}, &source.StatusError{URL: address.Redact(url), Status: 404, Reason: "Not Found"}
	case errors.As(err, &status):
		return source.Page{}, &source.StatusError{URL: status.URL, Status: status.Status, Reason: status.Reason}
	case err != nil:
		return source.Page{}, err
	}
	return source.Page{Body: document.Body, ContentType: document.ContentType}, nil
}

// analyse judges a command that is not passed through. The ending, where there
// is one, is how the run would end before pip starts.
func (in *invocation) analyse(installation *pip.Installation, command *pip.Command) (*analysis, *ending) {
	a := &analysis{installation: installation, command: command, places: map[string]string{}}
	var err error
	a.policy, err = in.loadPolicy()
	if err != nil {
		return a, &ending{status: statusBroken, tell: func(m *messenger) { m.brokenPolicy(err) }}
	}
	if a.policy.Redirected != "" {
		in.say.redirected(a.policy.Redirected, in.places.AccountPolicy)
	}
	names, err := in.places.PopularNames()
	if err != nil {
		return a, &ending{status: statusBroken, tell: func(m *messenger) { m.failed("prepare", err) }}
	}
	typosquat.Use(names)
	a.environment = installation.Environment
	if !a.environment.Virtual && a.policy.Venv.Require.Value {
		return a, &ending{status: statusNoEnvironment, tell: func(m *messenger) { m.noEnvironment(installation.Interpreter, in.wayIn(a)) }}
	}
	if failure := command.Failure; failure != nil {
		return a, &ending{status: failure.Status, pipRefuses: true}
	}
	a.userSite, err = python.UserSite(a.environment, in.environ, in.places.Cache)
	if err != nil {
		return a, &ending{status: statusBroken, tell: func(m *messenger) { m.failed("find the user's own site-packages", err) }}
	}
	a.installed, err = venv.Distributions(a.seenDirectories())
	if err != nil {
		return a, &ending{status: statusBroken, tell: func(m *messenger) { m.failed("read what is installed", err) }}
	}
	a.findings = a.judge()
	if verdict := rules.Decide(a.findings, rules.AtTerminal); verdict.Action == rules.Block {
		a.findings = verdict.Findings
		return a, &ending{status: statusRefused, tell: func(m *messenger) { in.tellFindings(a, a.findings); m.refusedSummary() }}
	}
	return a, nil
}

// judge asks policy about everything that the command names, offline.
func (a *analysis) judge() []rules.Finding {
	var findings []rules.Finding
	for _, u := range a.command.Unreadable {
		findings = append(findings, a.policy.JudgeUnreadable(u.Place, u.Reason, u.Hint))
	}
	if cache := a.command.WheelCache; cache != "" && venv.FirstTracked([]string{cache}) != "" {
		findings = append(findings, a.policy.JudgeUnreadable(cache, messageTrackedCache, messageTrackedCacheHint))
	}
	present := map[string]bool{}
	for _, d := range a.installed {
		present[d.Canonical] = true
	}
	python := pythonVersion(a.installation.PythonVersion)
	for _, r := range a.command.Requirements {
		if r.Constraint && r.URL == "" || !r.MarkerApplies {
			continue // a constraint by name installs nothing; one by URL redirects
		}
		requested := rules.Requested{
			Name: r.Name, Canonical: r.Canonical, Specifier: r.Specifier, URL: r.URL, Path: r.Path,
			Editable: r.Editable, Constraint: r.Constraint,
			Hashes: len(r.Hashes) > 0 || urlHasHash(r.URL),
			Origin: r.Origin.Place, Typed: r.Origin.Kind == option.FromArgv, New: !present[r.Canonical], Python: python,
		}
		for _, f := range a.policy.JudgeRequested(requested, rules.NameEvidenceOf(r.Name)) {
			if r.Origin.Kind != option.FromArgv {
				a.places[f.Subject] = r.Origin.Place
			}
			findings = append(findings, f)
		}
	}
	for _, s := range a.command.Indexes {
		findings = append(findings, a.judgeIndex(s, false)...)
	}
	for _, s := range a.command.FindLinks {
		findings = append(findings, a.judgeIndex(s, false)...)
	}
	for _, s := range a.command.TrustedHosts {
		findings = append(findings, a.judgeIndex(s, true)...)
	}
	return findings
}

// hashInURL is what pips take for the hash of the file behind a URL: newer ones
// behind "#" or "&" alone, those before 23.0 anywhere, and all the first that
// they meet (pip 26.2 models/link.py).
var hashInURL = lazyregexp.New(`(sha512|sha384|sha256|sha224|sha1|md5)=([^&]*)`)

// hashDigits are the hash algorithms that nobody can forge, with the length of
// their values.
var hashDigits = map[string]int{"sha512": 128, "sha384": 96, "sha256": 64, "sha224": 56}

// urlHasHash says whether pip, of whatever version, holds the file behind a URL
// against a good hash in its fragment.
func urlHasHash(rawURL string) bool {
	found := hashInURL().FindStringSubmatchIndex(rawURL)
	fragment := strings.IndexByte(rawURL, '#')
	if found == nil || fragment < 0 || found[0] <= fragment || !strings.ContainsRune("#&", rune(rawURL[found[0]-1])) {
		return false
	}
	value := rawURL[found[4]:found[5]]
	return len(value) == hashDigits[rawURL[found[2]:found[3]]] && strings.Trim(value, "0123456789abcdef") == ""
}

func (a *analysis) judgeIndex(s option.Setting, trustedHost bool) []rules.Finding {
	return a.policy.JudgeIndex(rules.IndexEvidence{
		URL: s.Value, TrustedHost: trustedHost, FromFile: s.Origin.Kind == option.FromFile && !a.isConfigured(s.Value), Origin: s.Origin.Place,
	})
}

// isConfigured says whether what a file names is what the user's own
// configuration names already.
func (a *analysis) isConfigured(value string) bool {
	for _, own := range a.command.Configured {
		if address.Same(own.Value, value) {
			return true
		}
	}
	return false
}

func pythonVersion(text string) rules.Python {
	parts := strings.SplitN(text, ".", 3)
	if len(parts) < 2 {
		return rules.Python{}
	}
	major, err := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if err != nil || err2 != nil {
		return rules.Python{}
	}
	return rules.Python{Major: major, Minor: minor}
}

// wayIn gives the command that creates an environment, or activates one that
// lies near.
func (in *invocation) wayIn(a *analysis) string {
	if near := venv.Nearby(in.dir, in.places.Home); near != "" {
		return ". " + words.ShellWord(near+"/bin/activate")
	}
	return "python3 -m venv .venv && . .venv/bin/activate"
}

// requestedNames are the names the user asked for, canonical, in order, once.
func (a *analysis) requestedNames() []string {
	var names []string
	seen := map[string]bool{}
	for _, r := range a.command.Requirements {
		if r.Constraint || !r.MarkerApplies || r.Canonical == "" || seen[r.Canonical] {
			continue
		}
		seen[r.Canonical] = true
		names = append(names, pep.CanonicalName(r.Canonical))
	}
	return names
}

// addedStrategy is the --upgrade-strategy that policy adds; pip's own default
// needs no words.
func (a *analysis) addedStrategy() string {
	if a.policy.Upgrade.Strategy.Value == policy.Eager {
		return string(policy.Eager)
	}
	return ""
}

// eager says whether pip will upgrade dependencies that would do as they are:
// by the user's word, or by policy where the user has none.
func (a *analysis) eager() bool {
	c := a.command
	upgrades := c.Upgrade || a.policy.Upgrade.Always.Value && !c.UpgradeSet && c.Targets.Target == ""
	if c.Name != "install" || !upgrades {
		return false
	}
	return c.Eager || !c.StrategySet && a.addedStrategy() != ""
}
