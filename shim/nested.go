package shim

import (
	"fmt"
	"strconv"
	"strings"

	"thresher/gate"
	"thresher/pip"
	"thresher/venv"
)

// parentGate is the gate of the run that this pip command is part of: pip's
// build isolation starts pip again, and build backends may too.
type parentGate struct {
	address string
}

// gateToken is what a run tells its children: who holds the gate, where it
// is, and how to prove that one belongs to it.
func gateToken(pid int, address, user, password string) string {
	return fmt.Sprintf("%d %s %s %s", pid, address, user, password)
}

// livingGate gives the parent's gate where the variable speaks the truth: the
// process it names is a living ancestor of this one and is this very program,
// and who listens there knows the secret. A dead or forged gate is none.
func (in *invocation) livingGate() (parentGate, bool) {
	words := strings.Fields(in.gate)
	if len(words) != 4 {
		return parentGate{}, false
	}
	pid, err := strconv.Atoi(words[0])
	if err != nil || !venv.AncestorIs(pid, in.self) || !gate.Alive(in.untilInterrupted(), words[1], words[2], words[3]) {
		return parentGate{}, false
	}
	return parentGate{address: words[1]}, true
}

// serves says whether the command fetches from this gate alone. One that
// names other indexes gets a vetted run of its own.
func (g parentGate) serves(c *pip.Command, dir string) bool {
	mine := "http://" + g.address + "/"
	for _, s := range c.Indexes {
		if !strings.HasPrefix(s.Value, mine) {
			return false
		}
	}
	for _, page := range linkPages(c, dir) {
		if !strings.HasPrefix(page.url, mine) {
			return false
		}
	}
	return true
}

// runNested runs a pip that is part of a run: what it fetches passes the
// parent's gate, and what it changes is the parent's to compare.
func (in *invocation) runNested(a *analysis) int {
	directory, err := in.ownFolder()
	if err != nil {
		in.say.failed("make a temporary directory", err)
		return statusBroken
	}
	defer in.remove(directory)
	local, err := in.nestedFolders(a, directory)
	if err != nil {
		in.say.failed("read a folder of --find-links", err)
		return statusBroken
	}
	run, err := pip.Seal(pip.SealInput{
		Command: a.command, Environ: append(in.environ, variableGate+"="+in.gate), Dir: in.dir, Directory: directory,
		Netrc: in.environment["NETRC"],
		ReplaceIndex: func(url string) string {
			if view, ok := local.replaced[url]; ok {
				return view
			}
			return url
		},
		KeepNoProxy: true,
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
	if result.pip != 0 && len(local.blocked) > 0 {
		in.tellFindings(a, local.blocked)
		result.refused = true
	}
	return in.end(ended, result)
}

// nestedFolders judges the local folders that a nested pip may take files from:
// the parent's gate never sees these. The advisory data is used as it is.
func (in *invocation) nestedFolders(a *analysis, directory string) (folders, error) {
	known := &database{start: in.start, cancel: func() {}}
	if len(a.command.FindLinks) > 0 {
		var err error
		if known, err = in.localDatabase(); err != nil {
			return folders{}, err
		}
		defer known.close()
	}
	judge := &judgement{analysis: a, database: known, now: in.start, answered: map[string]bool{}}
	return judge.judgeFolders(in, directory)
}
