package shim

import (
	"os"
	"path/filepath"
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

// runNested runs a pip that is part of a run: what it fetches passes the
// parent's gate, and what it changes is the parent's to compare.
func (in *invocation) runNested(a *analysis, joined gate.Joined) int {
	directory, err := in.ownFolder()
	if err != nil {
		in.say.failed("make a temporary directory", err)
		return statusBroken
	}
	defer in.remove(directory)
	files, refused, err := in.nestedFolders(a)
	if err != nil {
		in.say.failed("read a folder of --find-links", err)
		return statusBroken
	}
	run, err := pip.Seal(pip.SealInput{
		Command: a.command, Environ: append(in.environ, variableGate+"="+in.gate), Dir: in.dir, Directory: directory,
		ReplaceIndex: addressForPip,
		Transport: &pip.Transport{
			Socket: joined.Socket, Port: joined.Port, Secret: joined.Secret, Named: append(files, namedPaths(a.command)...),
		},
	})
	if err != nil {
		in.say.failed("seal the command", err)
		return statusBroken
	}
	in.pipRan = true
	ended, err := run.Start()
	if err != nil {
		in.say.cannotRun(err)
		return statusCannotRun
	}
	result := outcome{pip: in.pipStatus(ended)}
	if result.pip != 0 && len(refused) > 0 {
		in.tellFindings(a, refused)
		result.refused = true
	}
	return in.end(ended, result)
}

// nestedFolders judges what a nested pip may take from folders of this machine:
// it gives the files that it may have, and why not the others. The advisory data
// is used as it is.
func (in *invocation) nestedFolders(a *analysis) (files []string, refused []rules.Finding, err error) {
	folders := localFolders(a.command, in.dir)
	if len(folders) == 0 {
		return nil, nil, nil
	}
	known, err := in.localDatabase()
	if err != nil {
		return nil, nil, err
	}
	defer known.close()
	judge := &judgement{analysis: a, database: known, now: in.start, answered: map[string]bool{}}
	for _, folder := range folders {
		listed, err := os.ReadDir(folder)
		if err != nil {
			return nil, nil, err
		}
		for _, item := range listed {
			path := filepath.Join(folder, item.Name())
			var findings []rules.Finding
			for _, entry := range gate.EntriesOf(path) {
				findings = append(findings, judge.local(entry)...)
			}
			if len(findings) == 0 {
				files = append(files, path)
			}
			refused = append(refused, findings...)
		}
	}
	return files, refused, nil
}
