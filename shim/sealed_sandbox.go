package shim

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/pep"
	"thresher/pip"
	"thresher/pip/source"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/sandbox"
)

// pip runs in the sandbox, and what it starts in a second one within it. pip
// itself writes the environment, its cache and what the command line names; a
// build writes to the run's own folder and its own source tree, so that it
// leaves no startup hook in the environment and forges no wheel in the cache.

// enclosure is the sandbox of one run.
type enclosure struct {
	environ []string // without the variables that hold secrets
	prefix  []string // the words that put pip into it; nil for nothing
	builds  pip.Builds
}

// enclose makes the sandbox of a run behind its own gate. In the run's own folder
// nothing in the sandbox writes but to one folder in it.
func (in *invocation) enclose(a *asked, d *door, guarded repositories) (enclosure, error) {
	e := enclosure{environ: in.environ}
	way, directory := d.own.Way(), d.folder.path
	if !a.policy.Sandbox.Enabled.Value {
		return e, nil
	}
	remote := a.namesRemoteRepository()
	mentioned := a.command.Mentioned()
	e.environ, e.builds.Hidden, e.builds.Fetching = in.scrub(a, remote, mentioned)
	if sandbox.Version() == 0 {
		return e, nil
	}
	folder := filepath.Join(directory, "run")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return e, err
	}
	installed := in.installPlaces(a)
	own := slices.Concat(installed, in.savePlaces(a))
	// What cannot be made, such as a cache in a home that cannot be written, is
	// pip's own to do without or to fail on.
	made, _ := sandbox.Prepare(own)
	d.made = append(d.made, made...)
	e.environ = sandbox.Directories(e.environ, folder, mentioned...)
	e.builds.Open, e.builds.OpenFolders, e.builds.Repositories = a.policy.AllowedBuilds(), a.openSources(), remote
	e.builds.Failed = filepath.Join(folder, failedBuilds)

	narrow := in.sandboxInput(a, way, guarded, folder)
	if err := writeDomain(narrow, buildsDomain(directory)); err != nil {
		return e, err
	}
	e.builds.Prefix = []string{in.self, sandbox.EnterCommand, buildsDomain(directory)}
	if a.command.RunsSetupInstall() {
		// It gets the environment, and neither pip's cache nor what remote opens.
		installing := narrow
		installing.Write = slices.Concat(narrow.Write, installed)
		file := filepath.Join(directory, "domain-of-setup.json")
		if err := writeDomain(installing, file); err != nil {
			return e, err
		}
		e.builds.Installing = []string{in.self, sandbox.EnterCommand, file}
	}
	if len(e.builds.Open) > 0 {
		// A domain is never left again: pip stays outside where a build has to.
		return e, nil
	}
	wide := narrow
	wide.Write = slices.Concat(narrow.Write, own)
	if mentionsTemporary(mentioned) {
		wide.Write = append(wide.Write, os.TempDir())
	}
	if remote {
		// ssh and the helpers of git need what is closed: keys, agents, hosts.
		wide.Network = sandbox.NetworkAll
		wide.Needed = append(slices.Clone(wide.Needed), in.accessPlaces()...)
	}
	file := filepath.Join(directory, "domain.json")
	if err := writeDomain(wide, file); err != nil {
		return e, err
	}
	e.prefix = []string{in.self, sandbox.EnterCommand, file}
	return e, nil
}

func buildsDomain(directory string) string { return filepath.Join(directory, "domain-of-builds.json") }

func writeDomain(input sandbox.Input, file string) error {
	domain, _, err := sandbox.New(input)
	if err != nil {
		return err
	}
	return domain.WriteFile(file)
}

// around puts a run into the sandbox.
func (e enclosure) around(run pip.Run) pip.Run {
	if e.prefix != nil {
		run.Args = append(append(slices.Clone(e.prefix), run.Path), run.Args...)
		run.Path = e.prefix[0]
	}
	return run
}

// accessVariables lead to agents and helpers that git may need to fetch a
// repository. No build gets them.
var accessVariables = []string{"SSH_AUTH_SOCK", "SSH_ASKPASS", "GIT_ASKPASS"}

// scrub leaves out the variables that hold secrets, but for those that files of
// the command name, which pip expands, and those by which a repository of another
// machine is fetched; these are hidden from what pip starts, or from all but git.
func (in *invocation) scrub(a *asked, remote bool, mentioned []string) (kept, hidden, fetching []string) {
	variables := sandbox.Variables{Add: policy.Values(a.policy.Sandbox.Add), Free: policy.Values(a.policy.Sandbox.Free)}
	keep := slices.Clone(mentioned)
	if remote {
		keep = append(keep, accessVariables...)
	}
	kept, scrubbed := variables.Scrub(in.environ, keep...)
	_, secrets := variables.Scrub(in.environ)
	for _, name := range secrets {
		switch {
		case slices.Contains(scrubbed, name):
		case remote && slices.Contains(accessVariables, name):
			fetching = append(fetching, name)
		default:
			hidden = append(hidden, name)
		}
	}
	return kept, hidden, fetching
}

// sandboxInput is what everything in the sandbox of a run may do, builds too.
func (in *invocation) sandboxInput(a *asked, way gate.Way, guarded repositories, folder string) sandbox.Input {
	sources := a.localSources(in)
	input := sandbox.Input{
		Home: in.places.Home, Account: in.places.Account, Project: in.dir, Environ: in.environ,
		Secrets: policy.Paths(a.policy.Sandbox.Secrets, in.places.Home),
		Needed: append([]string{
			in.dir, filepath.Dir(folder), in.self, a.environment.Prefix, a.environment.BasePrefix,
			a.command.Installation.PackageDir,
		}, sources...),
		Write:   slices.Concat([]string{folder}, policy.Paths(a.policy.Sandbox.Write, in.places.Home), sources),
		Network: sandbox.NetworkPorts, Ports: []uint16{uint16(way.Port)},
	}
	if way.Socket != "" {
		input.Sockets = []string{way.Socket}
	}
	if guarded.log != "" {
		input.Write = append(input.Write, guarded.log)
	}
	return input
}

// accessPlaces are closed places of the home directory that fetching a
// repository may need.
func (in *invocation) accessPlaces() []string {
	var places []string
	for _, name := range []string{".ssh", ".git-credentials", ".config/git/credentials", ".netrc"} {
		places = append(places, filepath.Join(in.places.Home, name))
	}
	return places
}

// namesRemoteRepository says whether the command itself names a repository that
// another machine has. What a dependency names is never fetched.
func (a *asked) namesRemoteRepository() bool {
	return slices.ContainsFunc(a.command.Requirements, func(r source.Requirement) bool {
		_, rest, versioned := address.CutVersionControl(r.URL)
		return versioned && r.MarkerApplies && !strings.HasPrefix(strings.ToLower(rest), "file:")
	})
}

// localSources are the folders that the command names to be built from: pip
// builds in them, in place. Repositories that are edited are built where they
// are checked out.
func (a *asked) localSources(in *invocation) []string {
	var folders []string
	for _, r := range a.command.Requirements {
		if r.Path == "" || r.Constraint || !r.MarkerApplies {
			continue
		}
		if info, err := os.Stat(r.Path); err == nil && info.IsDir() {
			folders = append(folders, r.Path)
		}
	}
	if a.editsRepository() {
		folders = append(folders, in.checkouts(a.command))
	}
	return folders
}

func (a *asked) editsRepository() bool {
	return slices.ContainsFunc(a.command.Requirements, func(r source.Requirement) bool {
		_, _, versioned := address.CutVersionControl(r.URL)
		return versioned && r.Editable && r.MarkerApplies
	})
}

// namesOfSources are the canonical names of the folders that the command names to
// be built from, links followed.
func (a *asked) namesOfSources() map[string]string {
	names := map[string]string{}
	for _, r := range a.command.Requirements {
		name := pep.CanonicalName(cmp.Or(r.Name, r.LocalName))
		if real, err := filepath.EvalSymlinks(r.Path); r.Path != "" && name != "" && err == nil {
			names[real] = name
		}
	}
	return names
}

// openSources are the folders among localSources whose names the policy lets out.
func (a *asked) openSources() []string {
	var folders []string
	for _, r := range a.command.Requirements {
		if name := pep.CanonicalName(r.LocalName); r.Path != "" && name != "" && a.policy.AllowsBuild(name) {
			if real, err := filepath.EvalSymlinks(r.Path); err == nil {
				folders = append(folders, real)
			}
		}
	}
	return folders
}

// installPlaces are what an install writes: the environment, and other targets
// that the command names.
func (in *invocation) installPlaces(a *asked) []string {
	c := a.command
	places := []string{a.environment.Prefix, a.environment.Scripts, c.Targets.Target, c.Targets.Prefix, c.Targets.Root}
	for _, site := range a.siteDirectories() {
		places = append(places, site, installPrefix(site))
	}
	return absolute(places)
}

// savePlaces are what pip itself writes besides: its cache, and what the command
// names.
func (in *invocation) savePlaces(a *asked) []string {
	c := a.command
	places := []string{c.WheelCache, c.SaveTo}
	for _, file := range c.OutputFiles {
		places = append(places, filepath.Dir(file))
	}
	if a.editsRepository() {
		places = append(places, in.checkouts(c))
	}
	return absolute(places)
}

// absolute leaves out of places what is twice there, and what is no absolute path.
func absolute(places []string) []string {
	slices.Sort(places)
	return slices.DeleteFunc(slices.Compact(places), func(place string) bool { return !filepath.IsAbs(place) })
}

// installPrefix is the directory that a site directory (lib/python3.11/site-packages)
// belongs to, where scripts and data are put too: another one than the
// environment's with --user, and in the Python of some systems. "" where the
// directory lies otherwise.
func installPrefix(site string) string {
	versioned := filepath.Dir(site)
	library := filepath.Dir(versioned)
	if strings.HasPrefix(filepath.Base(versioned), "python") && strings.HasPrefix(filepath.Base(library), "lib") {
		return filepath.Dir(library)
	}
	return ""
}

// mentionsTemporary says whether files of the command name the variable of
// temporary files, which then stays as it is.
func mentionsTemporary(mentioned []string) bool {
	return slices.ContainsFunc(mentioned, func(name string) bool {
		return name == "TMPDIR" || name == "TEMP" || name == "TMP"
	})
}

// removeMade takes away what was made to be granted and was not used.
func (d *door) removeMade() {
	for _, directory := range d.made {
		_ = os.Remove(directory) // one that holds something stays
	}
}

// openBuildDays is for how long the command that thresher shows lets a build out.
const openBuildDays = 30

// failedBuilds is the file in the run's folder in which the bootstrap notes the
// builds that failed. A build can write to it: it decides nothing.
const failedBuilds = "failed-builds"

// blocks says whether the gate stopped something, which explains why pip failed.
func blocks(findings []rules.Finding) bool {
	return slices.ContainsFunc(findings, func(f rules.Finding) bool { return f.Action == rules.Block })
}

// tellFailedBuilds says of builds that failed that they ran in the sandbox: the
// kernel does not tell what it denied.
func (in *invocation) tellFailedBuilds(a *asked, directory string) {
	content, err := os.ReadFile(filepath.Join(directory, "run", failedBuilds))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		in.say.line("read which builds failed: %v", err)
		return
	}
	told := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		var failed struct{ Name, Folder string }
		if json.Unmarshal([]byte(line), &failed) != nil {
			continue // of a build's own making
		}
		name, place := failed.Name, ""
		for _, r := range a.command.Requirements {
			if real, err := filepath.EvalSymlinks(r.Path); r.Path != "" && err == nil && real == failed.Folder {
				name, place = cmp.Or(r.Name, r.LocalName), r.Path
			}
		}
		if !pep.ValidName(name) {
			name = "" // of a build's own making, or not known beforehand
		}
		if name = pep.CanonicalName(name); !told[name+place] {
			told[name+place] = true
			in.say.buildFailed(name, place, in.start.AddDate(0, 0, openBuildDays))
		}
	}
}

// holdsBuilds says whether the policy asks for builds that see no secrets, and
// this system has none to offer.
func (a *asked) holdsBuilds() bool {
	return a.policy.Sandbox.Require.Value && sandbox.Version() == 0
}
