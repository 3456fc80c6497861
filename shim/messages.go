package shim

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"

	"thresher/gate"
	"thresher/internal/memory"
	"thresher/internal/words"
	"thresher/layers"
	"thresher/pip/option"
	"thresher/policy/rules"
	"thresher/scan"
	"thresher/venv"
)

// All that the shim says to a person is here, by these rules:
//   - to standard error only, each line with "thresher: " before it;
//   - lower case, no final period, no exclamation;
//   - a refusal says what, the evidence, and then the next command, one that
//     can be pasted;
//   - credentials are gone before a text gets here.

// What is said of a dependency that is declared as a repository, by thresher and
// where pip quotes the program that was to fetch it.
const (
	messageRepositoryEvidence = "a dependency is declared as this repository, which neither the command line nor " +
		"a file of yours names"
	messageRepositoryBlocked = "blocked by thresher: a dependency is declared as a repository that you did " +
		"not name (direct-url)"
)

// messageUnenclosed is why a source distribution is held back where
// sandbox.require is set.
const messageUnenclosed = "is built from source, and this system has no Landlock to keep files from its " +
	"build (sandbox.require)"

// messageLinksNotAsked is why nothing is known of a name that no index has, where
// there are other places to get it from.
const messageLinksNotAsked = "no index has it, and what --find-links names is not asked beforehand"

// messenger writes the shim's lines.
type messenger struct {
	out                      io.Writer
	red, yellow, green, bold *color.Color

	// wrapped says that a program reads this which shows people only errors;
	// refusedOnce that it had its error.
	wrapped, refusedOnce bool

	noted map[string]bool // what did not work but stops nothing, and has been said
	// ownership gives the other user that owns what an error is about, and what
	// this one can do; "" for any other error.
	ownership func(error) (owner, remedy string)
}

func newMessenger(out io.Writer, coloured bool) *messenger {
	paint := func(attributes ...color.Attribute) *color.Color {
		c := color.New(attributes...)
		if coloured {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return c
	}
	return &messenger{
		out: out, red: paint(color.FgRed, color.Bold), yellow: paint(color.FgYellow),
		green: paint(color.FgGreen), bold: paint(color.Bold), noted: map[string]bool{},
		ownership: func(error) (string, string) { return "", "" },
	}
}

// line writes one line or several; each gets the prefix. A terminal that is
// gone is no reason to stop pip's work, so errors of writing are not kept.
func (m *messenger) line(format string, args ...any) {
	for _, text := range strings.Split(strings.TrimRight(fmt.Sprintf(format, args...), "\n"), "\n") {
		_, _ = fmt.Fprintln(m.out, "thresher: "+text)
	}
}

// notRemembered says that what a run learned for later ones could not be kept.
func (m *messenger) notRemembered(err error) {
	m.line("what this run learned was not kept: %v", err)
	m.foreign(err)
}

// fix gives a command to act on; "" for none.
func (m *messenger) fix(command string) { m.remedy("", command) }

// remedy gives what helps: a command, or what to write in a place.
func (m *messenger) remedy(place, text string) {
	if text == "" {
		return
	}
	label, what, _ := strings.Cut(words.Remedy(place, text), ": ")
	m.line("  %s: %s", label, m.bold.Sprint(what))
}

func (m *messenger) noPip(err error) {
	m.line("no pip to hand over to: %v", err)
	m.fix(words.NewEnvironment())
}

func (m *messenger) cannotRun(err error) {
	m.line("pip cannot be run: %v", err)
}

func (m *messenger) failed(doing string, err error) {
	m.line("%s: %v; nothing was installed", doing, err)
	m.foreign(err)
}

// foreign says who owns what an error of the file system is about, where that is
// another user, and what this user can do; and what helps against a file that is
// not what thresher wrote.
func (m *messenger) foreign(err error) {
	if owner, remedy := m.ownership(err); owner != "" {
		m.line("  that place belongs to %s, and you are another user", owner)
		m.fix(remedy)
	}
	var damaged *memory.DamagedError
	if errors.As(err, &damaged) {
		m.fix(damaged.Remedy())
	}
}

// failedAfter is said where pip has run already.
func (m *messenger) failedAfter(doing string, err error) {
	m.line("%s: %v; pip has run, and what it changed was not checked to the end", doing, err)
}

func (m *messenger) brokenPolicy(err error) {
	m.line("%s", err)
	m.line("nothing was installed: a policy that cannot be read cannot be followed; correct the lines above")
}

// noLayer is said of a shared layer that is not on this machine.
func (m *messenger) noLayer(err error) {
	m.line("%s", err)
	m.line("nothing was installed: a policy that is not here cannot be followed")
	m.fix("thresher policy show")
}

// layerArrived says that a shared layer is here for the first time, and what vouches
// for it.
func (m *messenger) layerArrived(layer layers.Layer) {
	m.line("%s", layer.Arrived())
}

// layerBehind is said once a day of a shared layer that counts on and is behind.
func (m *messenger) layerBehind(layer layers.Layer, now time.Time) {
	behind := "was last seen " + words.Age(now.Sub(layer.Checked)) + " ago"
	if layer.Failure != "" {
		behind += ": " + words.Printable(layer.Failure)
	}
	m.line("%s: the shared policy %s %s; the version of %s counts on", m.yellow.Sprint("not up to date"),
		layer.Reference, behind, layer.Date.UTC().Format(time.DateOnly))
	m.fix(messageUpdate)
}

// layerStops ends a run for a shared layer that is older than its grace.
func (m *messenger) layerStops(layer layers.Layer, place string) {
	m.refusal("%s: the shared policy %s could not be fetched for longer than policy.grace, and policy.stale is block (%s)",
		m.red.Sprint("refused"), layer.Reference, place)
	if layer.Failure != "" {
		m.line("  %s", words.Printable(layer.Failure))
	}
	m.fix(messageUpdate)
}

// noEnvironment names the interpreter and the command that creates or
// activates an environment.
func (m *messenger) noEnvironment(interpreter, next string) {
	m.refusal("%s: %s is not a virtual environment; nothing was started", m.red.Sprint("refused"), interpreter)
	m.fix(next)
}

// noEnvironmentHere is noEnvironment where there is no pip outside of one either.
func (m *messenger) noEnvironmentHere(next string) {
	m.refusal("%s: there is no virtual environment here, and no pip outside of one; nothing was started",
		m.red.Sprint("refused"))
	m.fix(next)
}

// thrownAway names the other way of an image that is thrown away as a whole.
func (m *messenger) thrownAway(systemPolicy string) {
	m.line("  or, in an image that is thrown away as a whole:")
	m.remedy(systemPolicy, "venv.require = false")
}

// refusal is line for what a refusal begins with. Under a program that passes on
// errors alone, as pip marks them, its first line is one.
func (m *messenger) refusal(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if m.wrapped && !m.refusedOnce {
		m.refusedOnce = true
		_, _ = fmt.Fprintln(m.out, "ERROR: thresher: "+text)
		return
	}
	m.line("%s", text)
}

// stayed says what a command left as it was in a target directory: pip replaces
// nothing there unless it upgrades.
func (m *messenger) stayed(change venv.Change, target string) {
	m.line("%s: %s %s stays in %s, where pip replaces nothing without -U; of %s only the metadata lies beside it",
		m.yellow.Sprint("not changed"), m.bold.Sprint(change.Name), change.Before, words.Printable(target), change.After)
	m.fix("pip install -U --target " + words.ShellWord(target) + " " + words.ShellWord(change.Name+"=="+change.After))
}

// finding writes one finding: how it ended, what it is about, the evidence.
func (m *messenger) finding(f rules.Finding, place string) {
	word := m.yellow.Sprint("note")
	switch f.Action {
	case rules.Block:
		word = m.red.Sprint("refused")
	case rules.Ask:
		word = m.red.Sprint("in question")
	case rules.Hold:
		word = m.yellow.Sprint("held back")
	}
	where := ""
	if place != "" {
		where = " (" + place + ")"
	}
	say := m.line
	if f.Action == rules.Block {
		say = m.refusal
	}
	say("%s: %s%s: %s [%s]", word, m.bold.Sprint(f.Subject), where, f.Evidence, f.Rule)
	if f.Action != rules.Note {
		m.remedy(cmp.Or(f.Place, place, f.Subject), f.Hint)
	}
	if f.Action == rules.Block && f.Answer != "" {
		m.line("  or, where %s is right: %s", f.Subject, m.bold.Sprint(f.Answer))
	}
}

// bounded says in one line what upper bounds of the policy left out.
func (m *messenger) bounded(found []rules.Finding) {
	var names []string
	for _, f := range found {
		if !slices.Contains(names, f.Subject) {
			names = append(names, f.Subject)
		}
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
	case 1:
		m.line("%s: %s: %s [%s]", m.yellow.Sprint("held back"), m.bold.Sprint(names[0]), found[0].Evidence, rules.Bounded)
	default:
		m.line("%s: %s: left out by upper bounds of the policy, see them with: thresher policy show [%s]",
			m.yellow.Sprint("held back"), m.bold.Sprint(strings.Join(names, ", ")), rules.Bounded)
	}
}

// vanished is a finding about what is installed, with what to do also where it is
// a note: nothing else says it.
func (m *messenger) vanished(f rules.Finding) {
	m.finding(f, "")
	if f.Action == rules.Note {
		m.remedy(f.Subject, f.Hint)
	}
}

// buildFailed says of a build that failed where it ran, since the kernel does
// not tell what it denied; the back end's own error stands above.
func (m *messenger) buildFailed(name, place string, expires time.Time) {
	what := cmp.Or(name, place, "a package")
	m.line("the build of %s ran in the sandbox: without secrets, and without a network but for the index",
		m.bold.Sprint(what))
	if name == "" { // nothing to let out by
		m.line("  more: thresher manual sandbox")
		return
	}
	m.line("  fix: %s", m.bold.Sprintf("thresher allow build:%s --expires %s --reason %s",
		name, expires.Format(time.DateOnly), words.Quoted("its build needs more")))
}

// fault says why pip failed: an index that gave it nothing. login is where that
// index's address stands, "" where it is not its login that is wrong, and unset a
// variable named there that has no value.
func (m *messenger) fault(f gate.Fault, login, unset string) {
	m.line("%s: %s", m.red.Sprint("pip failed"), f.Text)
	switch {
	case unset != "":
		m.line("  %s names ${%s}, which is not set, so that pip sent just that", login, unset)
		m.fix(words.AskVariable(unset))
	case login != "":
		m.remedy(login, "the user name, and the password or token, that this index takes today")
	}
}

// foreignPlace says why pip failed: it may not write where another user owns
// everything.
func (m *messenger) foreignPlace(path, owner, remedy string) {
	m.line("%s: %s belongs to %s, and you are another user", m.red.Sprint("pip failed"), words.Printable(path), owner)
	m.fix(remedy)
}

// What a user can do who may not write where others own everything.
const (
	messageOwnHome = `export HOME="$(mktemp -d)"`
)

// refusals says what stopped the run, hardest first, and leaves notes out: a
// refusal must not drown.
func (m *messenger) refusals(findings []rules.Finding, origins map[string]string) {
	for _, f := range findings {
		if f.Action == rules.Block || f.Action == rules.Ask {
			m.finding(f, origins[f.Subject])
		}
	}
}

func (m *messenger) refusedSummary() {
	m.line("nothing was installed")
}

// ownWords are those that the user's or the system's policy has for who was
// refused; "" for none.
func (m *messenger) ownWords(text string) {
	if text != "" {
		m.line("  %s", words.Printable(text))
	}
}

// notesSummary stands for the notes where no terminal is there to read them.
func (m *messenger) notesSummary(findings []rules.Finding) {
	counts := map[rules.Rule]int{}
	var order []rules.Rule
	for _, f := range findings {
		if counts[f.Rule] == 0 {
			order = append(order, f.Rule)
		}
		counts[f.Rule]++
	}
	parts := make([]string, len(order))
	for i, rule := range order {
		parts[i] = fmt.Sprintf("%s %d", rule, counts[rule])
	}
	m.line("notes: %s; see them with: thresher log --last 1 --verdicts", strings.Join(parts, ", "))
}

// observed says in one line what a policy would have stopped that only observes,
// and the status that the run would have ended with; 0 the same.
func (m *messenger) observed(findings []rules.Finding, status int, logged bool) {
	var parts []string
	for _, f := range findings[:min(len(findings), mostNamed)] {
		parts = append(parts, fmt.Sprintf("%s %s [%s]", wouldBe(f.Observed), f.Subject, f.Rule))
	}
	if more := len(findings) - mostNamed; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	if status != 0 {
		parts = append(parts, fmt.Sprintf("exit status %d", status))
	}
	end := ""
	if logged {
		end = "; see it with: thresher log --last 1 --verdicts"
	}
	m.line("%s: would have been: %s%s", m.yellow.Sprint("observed, not stopped"), strings.Join(parts, ", "), end)
}

// wouldBe says what an action does to what it is about.
func wouldBe(action rules.Action) string {
	switch action {
	case rules.Hold:
		return "held back"
	case rules.Ask:
		return "asked about"
	}
	return "refused"
}

func (m *messenger) moreNotes(name string, count int) {
	m.line("  %d more about %s; see them with: thresher explain %s", count, name, name)
}

// mostNamed is how many new packages are named.
const mostNamed = 8

// changes says what pip did: new distributions on one line, each upgrade and
// downgrade on its own, removed ones on one line.
func (m *messenger) changes(changes []venv.Change) {
	var added, removed, again []string
	for _, c := range changes {
		switch c.Kind {
		case venv.New:
			added = append(added, fmt.Sprintf("+ %s %s", c.Name, c.After))
		case venv.Removed:
			removed = append(removed, fmt.Sprintf("- %s %s", c.Name, c.Before))
		case venv.Reinstalled:
			again = append(again, fmt.Sprintf("= %s %s", c.Name, c.After))
		}
	}
	switch {
	case len(added) > mostNamed:
		m.line("%s; read them with: thresher log --last 1 --verdicts", m.green.Sprintf("+ %d packages", len(added)))
	case len(added) > 0:
		m.line("%s", m.green.Sprint(strings.Join(added, ", ")))
	}
	for _, c := range changes {
		switch {
		case c.Kind == venv.Upgraded && c.Major:
			m.line("%s", m.yellow.Sprintf("↑ %s %s → %s  (major)", c.Name, c.Before, c.After))
		case c.Kind == venv.Upgraded:
			m.line("%s", m.green.Sprintf("↑ %s %s → %s", c.Name, c.Before, c.After))
		case c.Kind == venv.Downgraded:
			m.line("%s", m.yellow.Sprintf("↓ %s %s → %s", c.Name, c.Before, c.After))
		}
	}
	if len(again) > 0 {
		m.line("%s", strings.Join(again, ", "))
	}
	if len(removed) > 0 {
		m.line("%s", m.yellow.Sprint(strings.Join(removed, ", ")))
	}
}

func (m *messenger) unvouched(name, version string) {
	m.line("%s: %s %s was installed and had not been checked [%s]",
		m.red.Sprint("not checked"), m.bold.Sprint(name), version, rules.Unvouched)
	m.fix("pip uninstall " + words.ShellWord(name))
}

// deniedArrived is said of a distribution whose name was known only when it was
// built.
func (m *messenger) deniedArrived(f rules.Finding) {
	m.line("%s: %s was installed all the same: %s [%s]", m.red.Sprint("refused"), m.bold.Sprint(f.Subject), f.Evidence,
		f.Rule)
	m.fix("pip uninstall " + words.ShellWord(f.Subject))
}

// noDatabase says that nothing is known; failure is why the data could not be
// fetched, nil where that was not tried.
func (m *messenger) noDatabase(failure error) {
	m.line("no advisory database on this machine yet, so nothing is known of vulnerabilities and malware")
	if failure != nil {
		m.line("  %v", failure)
	}
	m.fix(messageUpdate)
}

// damagedDatabase says that what is there of advisories does not count.
func (m *messenger) damagedDatabase(err error) { m.line("the advisories do not count: %v", err) }

// fetchesDatabase is said where no terminal is there to show how far it is.
func (m *messenger) fetchesDatabase() {
	m.line("fetching the advisories of known malware and vulnerabilities, which this machine does not have yet")
}

// slowDatabase is why advisories count as missing that may be on their way.
func slowDatabase(limit time.Duration) error {
	return fmt.Errorf("nothing of them arrived for %s", limit)
}

// staleDatabase says how old the newest of the advisories is.
func (m *messenger) staleDatabase(age time.Duration, remedy string) {
	m.line("the newest of the advisories is %s old: what has become known since is not seen", words.Age(age))
	m.fix(remedy)
}

// messageUpdate is how advisories are fetched; those of a source that stands
// still are had from another.
const (
	messageUpdate            = "thresher update"
	messageSourceStandsStill = "update.advisories, whose source has nothing newer"
)

// keptDatabase is said where a refresh offered less than is known.
func (m *messenger) keptDatabase(err error) {
	m.line("the advisories known so far are kept: %v", err)
	m.fix("thresher update --replace")
}

// waitsForTurn is said while another run changes the same environment.
func (m *messenger) waitsForTurn() {
	m.line("another pip is at work in this environment; waiting until it is done")
}

func (m *messenger) logFailed(err error) {
	m.line("the run could not be logged: %v", err)
	m.foreign(err)
}

func (m *messenger) switchedOff() {
	m.line("switched off by THRESHER=off: pip runs as it is, and nothing is checked")
}

// notSwitchedOff is said where nobody can be asked.
func (m *messenger) notSwitchedOff() {
	m.line("THRESHER=off does not count here: there is no terminal to ask on, and your own policy does not have " +
		"[switch-off] without-terminal = true")
}

// questionOff asks whether THRESHER=off is meant; the answer no is the default.
func (m *messenger) questionOff() {
	_, _ = m.out.Write([]byte("thresher: THRESHER=off is set: let this pip command run unchecked? [y/N] "))
}

func (m *messenger) staysOn() {
	m.line("not switched off: the command is checked as ever")
}

func (m *messenger) interrupted() {
	m.line("interrupted; nothing was installed")
}

// guardChanged is said of a guard that was changed while pip ran; failure is
// why it could not be put back, nil where it was.
func (m *messenger) guardChanged(prefix string, failure error) {
	word := m.red.Sprint("not checked")
	if failure != nil {
		m.line("%s: the guard of %s was changed or taken away by this command, and could not be put back: %v [%s]",
			word, prefix, failure, rules.Unvouched)
		m.fix("thresher guard " + words.ShellWord(prefix))
		return
	}
	m.line("%s: the guard of %s was changed or taken away by this command; it is put back [%s]",
		word, prefix, rules.Unvouched)
}

// question asks whether to go on with a name in question, or which of two names is
// meant; the answer no is the default.
func (m *messenger) question(subject, target string) {
	prompt := fmt.Sprintf("install %s all the same? [y/N]", subject)
	if target != "" {
		prompt = fmt.Sprintf("install %s, or did you mean %s? [%s/%s/N]", subject, target, target, subject)
	}
	_, _ = m.out.Write([]byte("thresher: " + prompt + " "))
}

// brokenLine ends the line of a question that was not answered.
func (m *messenger) brokenLine() { _, _ = m.out.Write([]byte("\n")) }

// meant says what is to be written where a file names what was not meant.
func (m *messenger) meant(edits []edit) {
	for _, e := range edits {
		m.remedy(e.place, e.text)
	}
	m.refusedSummary()
}

// tooYoung says in one line what the cooldown kept back.
func (m *messenger) tooYoung(releases []scan.HeldRelease, now time.Time) {
	if len(releases) == 0 {
		return
	}
	const most = 4
	names := make([]string, 0, most)
	for _, r := range releases[:min(most, len(releases))] {
		names = append(names, fmt.Sprintf("%s %s (for %s more)", r.Canonical, r.Version, words.Age(r.Until.Sub(now))))
	}
	if more := len(releases) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	m.line("%s: too new: %s", m.yellow.Sprint("held back"), strings.Join(names, ", "))
}

// notFollowed is said where the gate can be neither pip's transport nor its
// index.
func (m *messenger) notFollowed(version string) {
	m.line("%s: what pip %s fetches cannot be seen, so it was not run", m.red.Sprint("refused"), version)
	m.fix("thresher new .venv")
}

// followedByIndexes is said where pip gets the gate as its index.
func (m *messenger) followedByIndexes(version string) {
	m.line("what pip %s fetches can be seen only through an index of this run's own, whose address shows in its output",
		version)
}

// What is said of a cache of pip's that came with a checkout: the wheels in it
// count for built from what the index has.
const messageTrackedCache = "git tracks files in this cache of pip, whose wheels would be installed in place " +
	"of what the index has"

// redirected is said where a variable names another policy than the account's.
func (m *messenger) redirected(named, own string) {
	m.line("HOME or XDG_CONFIG_HOME names %s, which only tightens; the policy of your account is %s", named, own)
}

// misread is said where pip does not refuse what it should have refused.
func (m *messenger) misread(expected *option.Failure, args []string) {
	m.line("%s: this command line was not understood for certain: it was expected that %s",
		m.red.Sprint("refused"), expected)
	m.fix("thresher plan -- " + words.ShellWords(args))
}

// networkClosed is said of a pip that `thresher run` is around.
func (m *messenger) networkClosed(name, program string, args []string) {
	m.refusal("%s: pip %s cannot run inside thresher run, whose network is closed; run it before, outside",
		m.red.Sprint("refused"), name)
	m.fix(program + " " + words.ShellWords(args))
}

// circular is said of requirements files that include themselves.
func (m *messenger) circular() {
	m.line("%s: a requirements file includes itself, directly or through another; nothing was installed",
		m.red.Sprint("refused"))
	m.fix(includesShown(runtime.GOOS))
}

// includesShown is the command that shows which lines of requirements files include
// others.
func includesShown(system string) string {
	if system == "windows" {
		return `findstr /s /n /r /c:"^ *-r" /c:"^ *-c" /c:"^ *--requirement" /c:"^ *--constraint" *.txt`
	}
	return "grep -rnE '^ *(-r|-c|--requirement|--constraint)' --include='*.txt' ."
}

// changedMeanwhile is said of a file that pip read by itself and that no
// longer holds what was judged.
func (m *messenger) changedMeanwhile(file, program string, args []string) {
	m.line("%s: %s changed while pip ran, so what pip read of it is not known [%s]",
		m.red.Sprint("not checked"), file, rules.Unvouched)
	m.fix(program + " " + words.ShellWords(args))
}

// notes are said of what did not work but stops nothing, each once in a run: a
// cache that cannot be used, a netrc that cannot be read, a keyring that fails.
func (m *messenger) notes(texts []string) {
	for _, text := range texts {
		if !m.noted[text] {
			m.noted[text] = true
			m.line("%s", text)
		}
	}
}

// runNotRemembered: the next run asks pip once more.
func (m *messenger) runNotRemembered(err error) {
	m.line("this run cannot be remembered, so pip runs the next time too: %v", err)
}

// damagedMemory: pip decides.
func (m *messenger) damagedMemory(err error) {
	m.line("what is remembered of earlier runs cannot be read, so pip runs: %v", err)
}

// notCompiled: Python compiles what it needs when it first needs it.
func (m *messenger) notCompiled(err error) {
	m.line("not everything was compiled ahead: %v", err)
}
