package shim

import (
	"path/filepath"
	"slices"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/scan"
	"thresher/session"
	"thresher/venv"
)

// install runs pip behind the gate and looks at what came of it.
func (in *invocation) install(a *analysis) int {
	directory, err := in.ownFolder()
	if err != nil {
		in.say.failed("make a temporary directory", err)
		return statusBroken
	}
	defer in.remove(directory)

	database, err := in.openDatabase(a)
	if err != nil {
		in.say.failed("open the advisory data", err)
		return statusBroken
	}
	defer database.close()
	if a.policy.Update.Required.Value {
		if database.wait(in.untilInterrupted(), waitForScan); database.missing() {
			in.say.noDatabase(database.refreshFailure())
			in.say.refusedSummary()
			return statusRefused
		}
	}

	client, err := session.New(a.command, in.environ, in.places.Pages())
	if err != nil {
		in.say.failed("read how to reach the index", err)
		return statusBroken
	}
	defer client.Close()
	defer func() { in.say.notes(client.Notes()) }()

	judge := &judgement{
		analysis: a, database: database, now: in.start, answered: map[string]bool{},
		held: map[string]scan.HeldRelease{},
	}
	addresses, refused, err := judge.judgeLocked()
	if err != nil {
		in.say.failed("read a file of the lock", err)
		return statusBroken
	}
	config := judge.gateConfig(in, client, directory, addresses)
	opened, err := gate.Start(in.untilInterrupted(), config)
	if err != nil {
		in.say.failed("open the gate", err)
		return statusBroken
	}
	defer func() { opened.Close() }() // pip has ended, nobody else is served

	if status, refused := in.weigh(a, client, judge); refused {
		in.record(a, nil, nil, "", status)
		return status
	}
	if len(refused) > 0 {
		a.findings = append(a.findings, refused...)
		in.tellFindings(a, refused)
		in.say.refusedSummary()
		in.record(a, nil, nil, "", statusRefused)
		return statusRefused
	}
	guarded, err := in.guardRepositories(a, directory)
	if err != nil {
		in.say.failed("keep repositories of dependencies out", err)
		return statusBroken
	}
	defer guarded.remove()
	defer in.removeMade()
	run, err := in.seal(a, opened, guarded, directory)
	if err != nil {
		in.say.failed("seal the command", err)
		return statusBroken
	}
	end, ok := in.takeTurn(a)
	defer end()
	if !ok {
		return statusBroken // Run says that it was interrupted
	}
	before, err := look(a)
	if err != nil {
		in.say.failed("read what is installed", err)
		return statusBroken
	}
	notes := in.gatherBeside(a, client, judge)
	in.pipRan = true
	ended, err := run.Start()
	if err == nil && ended.Signal == nil && !opened.Ready() {
		opened.Close()
		opened, ended, err = in.withoutTransport(a, config, guarded, directory)
		if opened == nil {
			in.record(a, nil, nil, "", statusBroken)
			return statusBroken
		}
	}
	if err != nil {
		in.say.cannotRun(err)
		return statusCannotRun
	}
	opened.Close() // before the ledger is read, so that it is complete
	if ended.Status != 0 && !blocks(opened.Findings()) {
		in.tellFailedBuilds(a, directory)
	}
	repositories, err := guarded.refused()
	if err != nil {
		in.say.failed("read which repositories were kept out", err)
		return statusBroken
	}
	return in.conclude(a, judge, opened, repositories, before, ended, notes)
}

// variableGitProtocols holds the only transports that git may use
// (GIT_ALLOW_PROTOCOL in git(1)).
const variableGitProtocols = "GIT_ALLOW_PROTOCOL"

// gitProtocols are the transports of git that a run may use: those that pass
// through the gate as a proxy, and those of repositories that the command names
// itself. A dependency on any other would reach the network past the gate. What
// the user allows already is narrowed, never widened.
func (a *analysis) gitProtocols(environment map[string]string) []string {
	protocols := []string{"http", "https"}
	for _, r := range a.command.Requirements {
		system, rest, isVCS := address.CutVersionControl(r.URL)
		if !isVCS || system != "git" || !r.MarkerApplies {
			continue
		}
		protocol, _, found := strings.Cut(rest, "://")
		if !found {
			protocol = "ssh" // host:path, as scp has it
		}
		if !slices.Contains(protocols, protocol) {
			protocols = append(protocols, protocol)
		}
	}
	if own, set := environment[variableGitProtocols]; set {
		allowed := strings.Split(own, ":")
		protocols = slices.DeleteFunc(protocols, func(protocol string) bool { return !slices.Contains(allowed, protocol) })
	}
	return protocols
}

// state is the environment at one moment.
type state struct {
	distributions []venv.Distribution
	hooks         venv.Hooks
	guard         venv.Guarded // zero where there is none, or none that can be read
	saved         map[string]savedFile
}

func look(a *analysis) (state, error) {
	distributions, err := venv.Distributions(a.siteDirectories())
	if err != nil {
		return state{}, err
	}
	hooks, err := venv.SnapshotHooks(a.siteDirectories(), a.environment.Scripts)
	if err != nil {
		return state{}, err
	}
	files, err := saved(a.command)
	if err != nil {
		return state{}, err
	}
	return state{distributions, hooks, guardOf(a), files}, nil
}

// guardOf is the guard of the environment, zero where there is none or none
// that can be read.
func guardOf(a *analysis) venv.Guarded {
	guard, err := venv.GuardState(a.environment)
	if err != nil {
		return venv.Guarded{}
	}
	return guard
}

// siteDirectories are where the command installs to.
func (a *analysis) siteDirectories() []string {
	targets := a.command.Targets
	if targets.Target != "" {
		return []string{targets.Target}
	}
	if targets.Prefix == "" && targets.Root == "" {
		return a.seenDirectories()
	}
	var moved []string
	for _, dir := range a.seenDirectories() {
		if targets.Prefix != "" {
			if relative, err := filepath.Rel(a.environment.Prefix, dir); err == nil && !strings.HasPrefix(relative, "..") {
				dir = filepath.Join(targets.Prefix, relative)
			}
		}
		if targets.Root != "" {
			dir = filepath.Join(targets.Root, dir)
		}
		moved = append(moved, dir)
	}
	return moved
}

// seenDirectories are the site directories of the environment, the user's own
// among them where it looks into these. With --user they come first, so that
// nothing hides what arrives there.
func (a *analysis) seenDirectories() []string {
	directories := a.environment.SitePackages
	if a.userSite == "" {
		return directories
	}
	own := 0 // of a virtual environment, which come before the user's
	if !a.command.Targets.User && a.environment.Prefix != a.environment.BasePrefix {
		for own < len(directories) && strings.HasPrefix(directories[own], a.environment.Prefix+string(filepath.Separator)) {
			own++
		}
	}
	return slices.Insert(slices.Clone(directories), own, a.userSite)
}
