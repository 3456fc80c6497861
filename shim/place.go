package shim

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/pip"
	"thresher/policy"
	"thresher/python"
	"thresher/venv"
)

// place is where a command would install, and the policy that holds there.
type place struct {
	command     *pip.Command
	policy      *policy.Policy
	environment python.Environment
	userSite    string // the user's own site-packages where the environment is open to them
	installed   []venv.Distribution
}

// findPlace reads the environment that a command would install into, and the
// policy. Outside a virtual environment the run ends. A command that pip
// refuses has no place to be looked at.
func (in *invocation) findPlace(command *pip.Command) (*place, *ending) {
	p := &place{command: command, environment: command.Installation.Environment}
	var end *ending
	if p.policy, end = in.loadLayers(command); end != nil {
		return p, end
	}
	if p.policy.Redirected != "" {
		in.say.redirected(p.policy.Redirected, in.places.AccountPolicy)
	}
	if project := p.policy.Project; project != nil && !project.Trusted && len(project.Loosens) > 0 {
		in.say.line("%s", policy.NotInForce(project))
	}
	if !p.environment.Virtual && p.policy.Venv.Require.Value {
		return p, in.noEnvironment(command)
	}
	if failure := command.Failure; failure != nil {
		return p, &ending{status: failure.Status, pipRefuses: true}
	}
	var err error
	p.userSite, err = python.UserSite(p.environment, in.environ, in.places.Cache)
	if err != nil {
		return p, broken("find the user's own site-packages", err)
	}
	p.installed, err = venv.Distributions(p.seenDirectories())
	if err != nil {
		return p, broken("read what is installed", err)
	}
	return p, nil
}

// noEnvironment ends a run outside a virtual environment.
func (in *invocation) noEnvironment(command *pip.Command) *ending {
	return in.outside(func(m *messenger) { m.noEnvironment(command.Installation.Interpreter, in.wayIn()) })
}

// noEnvironmentHere is noEnvironment where not even a pip is there.
func (in *invocation) noEnvironmentHere() *ending {
	return in.outside(func(m *messenger) { m.noEnvironmentHere(in.wayIn()) })
}

// outside ends a run outside a virtual environment. For root in a container there
// is another way.
func (in *invocation) outside(tell func(*messenger)) *ending {
	return &ending{status: statuses.NoEnvironment, tell: func(m *messenger) {
		tell(m)
		if os.Geteuid() == 0 && in.inContainer() {
			m.thrownAway(in.places.SystemPolicy)
		}
	}}
}

// inContainer says whether this is a container: by what docker and podman put into
// one, and the variable that others set (systemd's container interface).
func (in *invocation) inContainer() bool {
	return in.environment["container"] != "" || slices.ContainsFunc(strings.Fields(containerMarks), isRegularFile)
}

// containerMarks are the files that tell a container. Tests of the whole program
// are linked with others, so that they say the same on every machine.
var containerMarks = "/.dockerenv /run/.containerenv"

// wayIn gives the command that creates an environment, or activates one that
// lies near.
func (in *invocation) wayIn() string {
	if near := venv.Nearby(in.dir, in.places.Home); near != "" {
		// A path without blanks is a command in PowerShell and in cmd.
		if relative, err := filepath.Rel(in.dir, near); runtime.GOOS == "windows" && err == nil {
			near = relative
		}
		return words.Activation(near, "")
	}
	return words.NewEnvironment()
}

// siteDirectories are where the command installs to.
func (p *place) siteDirectories() []string {
	targets := p.command.Targets
	if targets.Target != "" {
		return []string{targets.Target}
	}
	if targets.Prefix == "" && targets.Root == "" {
		return p.seenDirectories()
	}
	var moved []string
	for _, dir := range p.seenDirectories() {
		if targets.Prefix != "" {
			if relative, err := filepath.Rel(p.environment.Prefix, dir); err == nil && !strings.HasPrefix(relative, "..") {
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
func (p *place) seenDirectories() []string {
	directories := p.environment.SitePackages
	if p.userSite == "" {
		return directories
	}
	own := 0 // of a virtual environment, which come before the user's
	if !p.command.Targets.User && p.environment.Prefix != p.environment.BasePrefix {
		for own < len(directories) && isBelow(directories[own], p.environment.Prefix) {
			own++
		}
	}
	return slices.Insert(slices.Clone(directories), own, p.userSite)
}

// isInstalled says whether the environment has a distribution of a canonical
// name.
func (p *place) isInstalled(canonical string) bool {
	for _, d := range p.installed {
		if d.Canonical == canonical {
			return true
		}
	}
	return false
}

// markers are the values of environment markers (PEP 508) of the interpreter;
// nil where they could not be learned, which makes every marker count.
func (p *place) markers(cache string) map[string]string {
	values, err := p.command.Installation.MarkerEnvironment(cache)
	if err != nil {
		return nil
	}
	return values
}

// changes says whether the command is one after which an environment may be
// another.
func (p *place) changes() bool {
	c := p.command
	return c.Name != "download" && c.Name != "wheel" && c.Name != "lock" && !c.DryRun
}

// keepGuarded puts the guard into an environment that has none, such as one
// that was rebuilt. Where that is not possible `thresher doctor` tells: the
// command at hand goes through thresher all the same.
func (in *invocation) keepGuarded(environment python.Environment) {
	if !environment.Virtual || in.places.State == "" {
		return
	}
	state, err := venv.GuardState(environment)
	if err != nil || state.Installed && !state.Gone && (state.Current || state.Program != in.self) {
		return
	}
	// A policy that cannot be read refuses installs elsewhere; here it says
	// nothing.
	if loaded, err := in.loadPolicy(); err != nil || !loaded.Guard.Automatic.Value {
		return
	}
	// What stands in the way (another owner, a read-only file system) is for
	// `thresher doctor` to tell.
	_ = venv.EnsureGuard(environment, in.self, in.places.State)
}
