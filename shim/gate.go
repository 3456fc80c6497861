package shim

import (
	"slices"

	"thresher/gate"
	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
	"thresher/scan"
	"thresher/session"
	"thresher/venv"
)

// door is the gate as one run has it: its own, or that of the run which this pip
// is a part of.
type door struct {
	own    *gate.Gate  // nil: the gate is a parent's
	joined gate.Joined // the parent's

	folder       ownFolder
	made         []string // folders that were made for the sandbox, the deepest first
	database     *database
	publications *gate.Publications
	client       *index.Client // nil behind a parent's gate
	judge        *judgement
	config       gate.Config
	// refused says why what the command names for certain may not be had: files
	// of a lock, and behind a parent's gate files of local folders. Behind the
	// latter files are those that may be had.
	refused  []rules.Finding
	files    []string
	settling *settling // nil where nothing is attempted
	waited   bool      // for another run in the same environment to end
}

// openGate opens the gate for this run alone, which begins to fetch what the
// requested names will need; or joins that of the run which started this pip.
// What it gives is to be closed, also with an ending.
func (in *invocation) openGate(a *asked) (*door, *ending) {
	d := &door{}
	var err error
	if d.folder, err = in.ownFolder(); err != nil {
		return d, broken("make a temporary directory", err)
	}
	if joined, ok := in.livingGate(); ok && in.serves(joined, a.command) {
		d.joined = joined
		return d, in.joinGate(a, d)
	}
	if d.database, err = in.openDatabase(a); err != nil {
		return d, broken("open the advisory data", err)
	}
	if end := in.awaitAdvisories(a, d.database); end != nil {
		return d, end
	}
	maxAge := a.policy.Index.MaxAge.Value.Duration()
	if slices.Contains(a.command.Said(), "refresh_package") {
		maxAge = 0
	}
	if d.client, err = session.NewKeeping(a.command, in.environ, in.places.Pages(), maxAge); err != nil {
		return d, broken("read how to reach the index", err)
	}
	for _, configured := range a.command.Indexes {
		d.client.Prepare(configured.Value)
	}
	d.judge = &judgement{
		asked: a, database: d.database, now: in.start, answered: map[string]bool{},
		held: map[string]scan.HeldRelease{}, bounded: map[string]scan.HeldRelease{},
	}
	addresses, refused, err := d.judge.judgeLocked()
	if err != nil {
		return d, broken("read a file of the lock", err)
	}
	if d.publications, err = in.publications(); err != nil {
		return d, broken("read who published what", err)
	}
	d.refused, d.config = refused, in.gateConfig(a, d, addresses)
	d.config.Deferred = in.maySettle(a)
	if d.own, err = gate.Start(in.untilInterrupted(), d.config); err != nil {
		return d, broken("open the gate", err)
	}
	if d.config.Deferred {
		in.beginSettling(a, d)
	}
	return d, nil
}

// close ends what was opened. pip has ended, nobody else is served.
func (d *door) close(say *messenger) {
	if d.own != nil {
		d.own.Close()
	}
	if d.settling != nil {
		<-d.settling.done // which uses what is closed next
		d.settling.early.Wait()
	}
	if d.client != nil {
		say.notes(d.client.Notes())
		d.client.Close()
	}
	if d.database != nil {
		d.database.close()
	}
	if err := d.folder.remove(); err != nil {
		say.line("left behind: %v", err)
	}
}

// gateConfig is the gate for a command. refused are the addresses of a lock's
// files that may not be had.
func (in *invocation) gateConfig(a *asked, d *door, refused map[string]bool) gate.Config {
	c, j, occupied := a.command, d.judge, venv.NewOccupied(a.environment, a.installed)
	config := gate.Config{
		Source: d.client, FindLinks: pageURLs(linkPages(c, in.dir)),
		Indexes: a.table.Indexes, Strategy: a.table.Strategy, Pin: a.table.Pin, Popular: a.table.Popular,
		Barred:       a.table.Barred,
		JudgeProject: j.project, JudgeFile: j.file, SecurityFix: j.securityFix, JudgeConfusion: j.confusion,
		Installed: map[string]string{}, AllowedHosts: a.policy.AllowedHosts(), AllowedFetches: a.policy.AllowedFetches(),
		Named:   a.named(in.dir, refused),
		Folders: localFolders(c, in.dir), JudgeLocal: j.local, Directory: d.folder.path, Memory: in.places.Files(),
		CachedByPip: cachedByPip(c.WheelCache), Environment: a.markers(in.places.Cache), Narrow: a.mayNarrow(),
		Proxy: d.client.ProxyFor, Eager: a.eager(), NoDependencies: c.NoDependencies,
		JudgePublisher: j.publisher, Publications: d.publications,
		JudgeInside: j.inside, InstalledHook: a.installedHook,
		Occupied: occupied.At, Beside: occupied.Beside,
		AllowsHooks: func(canonical, version string) bool {
			return a.policy.AllowsRelease(canonical, version, rules.StartupHook)
		},
	}
	for _, d := range a.installed {
		if d.Canonical != "" && !d.Shadowed {
			config.Installed[d.Canonical] = d.Version
		}
	}
	for _, r := range c.Requirements {
		if !r.Constraint && r.MarkerApplies && r.Name != "" && r.URL == "" && r.Locked == nil {
			specifiers, err := pep.ParseSpecifiers(r.Specifier)
			if err != nil {
				continue // an old pip's own form: nothing can be said of its versions
			}
			config.Requested = append(config.Requested,
				pep.Requirement{Name: r.Name, Specifiers: specifiers, Extras: r.Extras})
		}
	}
	return config
}

// mayNarrow says whether pip would take and show nothing of files for other
// interpreters: it is not told to fetch for one, and not to say what it passes over.
func (a *asked) mayNarrow() bool {
	return !slices.ContainsFunc(a.command.Said(), func(option string) bool {
		return slices.Contains([]string{"verbose", "log", "platform", "platforms", "abi", "abis", "implementation",
			"python_version"}, option)
	})
}
