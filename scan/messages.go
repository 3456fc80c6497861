package scan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"thresher/advisory"
	"thresher/internal/words"
)

// Texts of errors.
const (
	textFailOn = "fail-on is one of fixable, any, low, medium, high, critical, none"
	textNoPin  = "line %d is no name==version: %s"
)

// Heads of the table.
var tableHead = row{"package", "version", "advisory", "severity", "fixed in", "published", "summary"}

const (
	textMalware = "malware"
	textIgnored = "ignored"
	textNoFix   = "no fix"

	textRuleVanished = "an installed release that its index no longer lists"
)

// textNoDatabase says that nothing could be looked up.
func textNoDatabase(count int) string {
	return fmt.Sprintf("%s, not scanned: there is no advisory data on this machine yet; to get it: thresher update",
		packages(count))
}

// textClean is the one line of a good day.
func textClean(count, ignored int, age string) string {
	also := ""
	if ignored > 0 {
		also = fmt.Sprintf(", %d ignored", ignored)
	}
	return fmt.Sprintf("%s, no known vulnerabilities%s (advisories %s)", packages(count), also, age)
}

// textTotal ends a table.
func textTotal(r *Result, t totals, age string) string {
	var parts []string
	if t.malware > 0 {
		parts = append(parts, "malware in "+packages(t.infected))
	}
	if t.standing > 0 {
		parts = append(parts,
			fmt.Sprintf("%s in %d of %s", vulnerabilities(t.standing), t.affected, packages(len(r.Subjects))))
		switch {
		case t.failing == t.standing:
			parts = append(parts, fmt.Sprintf("failing at fail-on = %q", r.FailOn))
		case t.failing > 0:
			parts = append(parts, fmt.Sprintf("%d failing at fail-on = %q", t.failing, r.FailOn))
		default:
			parts = append(parts, fmt.Sprintf("not one failing at fail-on = %q", r.FailOn))
		}
	}
	if t.ignored > 0 {
		parts = append(parts, fmt.Sprintf("%d ignored", t.ignored))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(" (advisories %s)", age)
}

func packages(n int) string { return words.Counted(int64(n), "package") }

func vulnerabilities(n int) string {
	if n == 1 {
		return "1 known vulnerability"
	}
	return fmt.Sprintf("%d known vulnerabilities", n)
}

// mostAside is how many distributions the line of what was not touched names.
const mostAside = 5

// textAside names what has known vulnerabilities and was neither asked for nor
// changed.
func textAside(subjects []*Subject) string {
	var names []string
	for _, s := range subjects[:min(mostAside, len(subjects))] {
		names = append(names, shorten(words.OneLine(s.Name), 60)+" "+shorten(words.OneLine(s.Version), 40))
	}
	if more := len(subjects) - mostAside; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return "known vulnerabilities in what this command did not touch: " + strings.Join(names, ", ") +
		"; see them with: thresher scan"
}

// textCounted is how to see or end what an earlier report named. This run asked no
// index about it, so no version is promised that may not be there: pip takes the
// newest, and the report of that run says what is left.
func textCounted(subjects []*Subject) string {
	if len(subjects) == 1 && !subjects[0].malware() && subjects[0].Fix != "" && len(subjects[0].Holds) == 0 {
		return "; fix: pip install -U " + words.ShellWord(subjects[0].Name)
	}
	if len(subjects) == 1 {
		if next := textNext(subjects[0]); len(next) == 1 && words.IsCommand(next[0]) {
			return "; fix: " + next[0]
		}
	}
	if len(subjects) > 0 {
		return "; fix: thresher scan"
	}
	return ""
}

// textMore stands for rows that were left out.
func textMore(n int, name string) string {
	return fmt.Sprintf("  and %d more in %s; all of them: thresher scan", n, name)
}

// textBrought says why a distribution is there.
func textBrought(s *Subject) string {
	place := ""
	if s.Place != "" {
		place = " (" + s.Place + ")"
	}
	switch {
	case len(s.Path) > 1:
		return "  brought by " + strings.Join(s.Path, " → ") + place
	case s.Place != "":
		return "  asked for in " + s.Place
	}
	return ""
}

// textFix says whether there is a way out, and what is in it.
func textFix(s *Subject) string {
	switch {
	case s.malware():
		return "  it ran with your rights: take it out, then change every password and token that it could read"
	case s.Fix == "":
		return "  no release without it is known"
	}
	fixed := "  fixed in " + s.Fix
	if len(s.Findings) > 1 {
		fixed = "  all fixed in " + s.Fix
	}
	var reasons []string
	for _, hold := range s.Holds {
		reasons = append(reasons, hold.String())
	}
	if len(reasons) == 0 {
		return fixed
	}
	return fixed + ", but " + strings.Join(reasons, ", and ")
}

// textNext gives the commands that help, or what to write where none can.
func textNext(s *Subject) []string {
	wanted := words.Quoted(s.Name + ">=" + s.Fix)
	switch {
	case s.malware():
		return []string{"pip uninstall -y " + s.Name}
	case s.Fix == "":
		for _, f := range s.Findings {
			if f.Fails {
				return []string{textIgnoreUntilFixed(f.ID, "why it does not matter here")}
			}
		}
		return nil
	case len(s.Holds) == 0:
		return []string{"pip install -U " + wanted}
	}
	var next []string
	for _, hold := range s.Holds {
		switch hold.Kind {
		case HeldByPin, HeldByBound:
			if isLine(hold.Place) {
				next = append(next, hold.Place+": "+s.Name+">="+s.Fix)
			} else { // a word of the command line
				next = append(next, "pip install -U "+wanted)
			}
		case HeldByURL:
			next = append(next, fmt.Sprintf("%s: the address of %s %s or later", hold.Place, s.Name, s.Fix))
		case HeldByParent:
			parent, _, _ := strings.Cut(hold.Parent, " ")
			next = append(next, "pip install -U "+parent)
		case HeldByCooldown:
			next = append(next, fmt.Sprintf("thresher allow %s --rule cooldown --reason %s",
				words.ShellWord(s.Name+"=="+hold.Release), words.Quoted("why it is right")))
		case HeldByPolicy:
			next = append(next, fmt.Sprintf("thresher allow %s --rule bounded --reason %s",
				words.ShellWord(s.Name+"=="+hold.Release), words.Quoted("why it is right")))
		}
	}
	return next
}

// isLine says whether a place is a line of a file, "requirements.txt:3", rather
// than a word of the command line.
func isLine(place string) bool {
	at := strings.LastIndexByte(place, ':')
	number, err := strconv.Atoi(place[at+1:])
	return at > 0 && err == nil && number > 0
}

// String says what holds a fix back.
func (hold Hold) String() string {
	switch hold.Kind {
	case HeldByPin, HeldByBound:
		return fmt.Sprintf("%s has %s", hold.Place, hold.Requirement)
	case HeldByURL:
		return fmt.Sprintf("%s takes it from an address", hold.Place)
	case HeldByParent:
		return fmt.Sprintf("%s requires %s", hold.Parent, hold.Requirement)
	case HeldByCooldown:
		if hold.Until.IsZero() {
			return "the cooldown holds " + hold.Release + " back"
		}
		return "the cooldown holds " + hold.Release + " back until " + hold.Until.Format(time.DateOnly)
	case HeldByPolicy:
		return "an upper bound of the policy leaves " + hold.Release + " out until " + hold.Until.Format(time.DateOnly)
	case HeldByRule:
		return "the rule " + hold.Rule + " holds " + hold.Release + " back"
	case NotOffered:
		return "no index offers that release to this python"
	case HeldByEditable:
		return "it is installed from a directory: upgrade it there"
	}
	return "something holds it back"
}

// textIgnore is the command that sets a vulnerability aside for a while.
func textIgnore(id, reason string) string {
	return fmt.Sprintf("thresher ignore %s --reason %s --days 14", id, words.Quoted(reason))
}

// textIgnoreUntilFixed is the command that sets a vulnerability aside until
// there is a fix.
func textIgnoreUntilFixed(id, reason string) string {
	return fmt.Sprintf("thresher ignore %s --reason %s --until-fixed", id, words.ShellQuoted(reason))
}

// textRemedy is a line to act on.
func textRemedy(next string) string { return "  " + words.Remedy("", next) }

func textSee(link string) string { return "  see " + link }

// textExpired says that an ignore does not count any more, and since when.
func textExpired(f *Finding) string {
	if f.Expired.UntilFixed && f.installable() {
		return fmt.Sprintf("  the ignore of %s (%s) held until there is a fix, and there is one", f.Expired.ID,
			f.Expired.Place)
	}
	return fmt.Sprintf("  the ignore of %s (%s) expired on %s", f.Expired.ID, f.Expired.Place,
		f.Expired.Expires.Format(time.DateOnly))
}

// textUsedIgnore is told of every ignore that an untrusted file brings, and of
// every answer to malware.
func textUsedIgnore(i Ignore) string {
	until := ""
	if !i.Expires.IsZero() {
		until = " until " + i.Expires.Format(time.DateOnly)
	}
	if i.Release != "" {
		return fmt.Sprintf("%s %s is malware, and allowed%s by %s: %s", i.Package, i.Release, until, i.Place, i.Reason)
	}
	return fmt.Sprintf("%s ignored%s by %s: %s", i.ID, until, i.Place, i.Reason)
}

// textVanished says that an installed release is no longer on its index.
func textVanished(v Vanished) string { return fmt.Sprintf("vanished: %s: %s", v.Canonical, v.Evidence) }

func textBroken(name, path, what string) string {
	return fmt.Sprintf("the metadata of %s is broken, what is known of it may be incomplete: %s (%s)", name, what, path)
}

// levelText is how a severity is shown.
func levelText(f *Finding) string {
	switch {
	case f.Malware:
		return textMalware
	case f.Ignored != nil:
		return textIgnored
	case f.Severity == advisory.Unknown:
		return "unknown"
	}
	return fmt.Sprintf("%s %.1f", f.Severity, f.Score)
}
