package shim

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"thresher/gate"
	"thresher/pip"
	"thresher/policy/rules"
	"thresher/venv"
)

// livingGate gives the gate of the run that this pip command is part of (build
// backends may start pip), where the variable speaks the truth: the process it
// names is a living ancestor of this one and is this very program, and who
// listens there knows the secret. A dead or forged gate is none.
func (in *invocation) livingGate() (gate.Joined, bool) {
	process, way, _ := strings.Cut(in.gate, " ")
	pid, err := strconv.Atoi(process)
	parsed, ok := gate.ParseWay(way)
	if err != nil || !ok || !venv.AncestorIs(pid, in.self) {
		return gate.Joined{}, false
	}
	return gate.Join(in.untilInterrupted(), parsed)
}

// serves says whether a command fetches from a gate alone. One that names other
// indexes gets a vetted run of its own.
func (in *invocation) serves(joined gate.Joined, c *pip.Command) bool {
	for _, s := range c.Indexes {
		if !joined.Serves(s.Value) {
			return false
		}
	}
	for _, page := range linkPages(c, in.dir) {
		if !joined.Serves(page.url) {
			return false
		}
	}
	return true
}

// joinGate makes the parent's gate this run's: what pip fetches passes it, and
// what pip changes is the parent's to compare. What it may take from folders of
// this machine is judged here, by the advisory data as it is.
func (in *invocation) joinGate(a *asked, d *door) *ending {
	folders := localFolders(a.command, in.dir)
	if len(folders) == 0 {
		return nil
	}
	var err error
	if d.database, err = in.localDatabase(); err != nil {
		return broken("read a folder of --find-links", err)
	}
	d.judge = &judgement{asked: a, database: d.database, now: in.start, answered: map[string]bool{}}
	for _, folder := range folders {
		listed, err := os.ReadDir(folder)
		if err != nil {
			return broken("read a folder of --find-links", err)
		}
		for _, item := range listed {
			path := filepath.Join(folder, item.Name())
			var findings []rules.Finding
			for _, entry := range gate.EntriesOf(path) {
				findings = append(findings, d.judge.local(entry)...)
			}
			if len(findings) == 0 {
				d.files = append(d.files, path)
			}
			d.refused = append(d.refused, findings...)
		}
	}
	return nil
}

// tellParent tells the run that this pip is a part of what was refused here: it
// says why the build failed, and ends as refused.
func (in *invocation) tellParent(made steps) {
	if in.gate == "" || made.asked == nil {
		return
	}
	joined, ok := in.livingGate()
	if !ok {
		return
	}
	findings := made.asked.findings
	if made.gate != nil {
		findings = slices.Concat(findings, made.gate.refused)
	}
	if err := joined.Report(in.untilInterrupted(), findings); err != nil {
		in.say.line("%v", err)
	}
}
