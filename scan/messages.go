package scan

import (
	"fmt"
	"strings"
	"time"

	"thresher/advisory"
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
)

// textNoDatabase says that nothing could be looked up.
func textNoDatabase(count int) string {
	return fmt.Sprintf("%s, not scanned: there is no advisory data on this machine yet; to get it: thresher update", distributions(count))
}

// textClean is the one line of a good day.
func textClean(count, ignored int, age string) string {
	also := ""
	if ignored > 0 {
		also = fmt.Sprintf(", %d ignored", ignored)
	}
	return fmt.Sprintf("%s, no known vulnerabilities%s (advisories %s)", distributions(count), also, age)
}

// textTotal ends a table.
func textTotal(r *Result, t totals, age string) string {
	parts := []string{fmt.Sprintf("%s in %d of %s", vulnerabilities(t.standing), t.affected, distributions(len(r.Subjects)))}
	switch {
	case t.failing > 0 && t.failing == t.standing:
		parts = append(parts, fmt.Sprintf("failing at fail-on = %q", r.FailOn))
	case t.failing > 0:
		parts = append(parts, fmt.Sprintf("%d failing at fail-on = %q", t.failing, r.FailOn))
	case t.malware == 0:
		parts = append(parts, fmt.Sprintf("none failing at fail-on = %q", r.FailOn))
	}
	if t.ignored > 0 {
		parts = append(parts, fmt.Sprintf("%d ignored", t.ignored))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(" (advisories %s)", age)
}

func distributions(n int) string {
	if n == 1 {
		return "1 distribution"
	}
	return fmt.Sprintf("%d distributions", n)
}

func vulnerabilities(n int) string {
	if n == 1 {
		return "1 known vulnerability"
	}
	return fmt.Sprintf("%d known vulnerabilities", n)
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

// textNext says what can be done about a distribution.
func textNext(s *Subject) string {
	name := s.Name
	switch {
	case s.malware():
		return fmt.Sprintf("  take it out: pip uninstall -y %s; it ran with your rights, so change every password and token that it could read", name)
	case s.Fix == "":
		return "  no release is known to be free of all this"
	case len(s.Holds) == 0:
		return fmt.Sprintf("  free of it from %s on: pip install -U %s", s.Fix, quoted(name+">="+s.Fix))
	}
	var reasons []string
	for _, hold := range s.Holds {
		reasons = append(reasons, textHold(name, s.Fix, hold))
	}
	return fmt.Sprintf("  %s would be free of it, but ", s.Fix) + strings.Join(reasons, "; and ")
}

// textHold says what holds a fix back, and what to do about it.
func textHold(name, fix string, hold Hold) string {
	switch hold.Kind {
	case HeldByPin, HeldByBound:
		return fmt.Sprintf("%s has %s: write %s there", hold.Place, hold.Requirement, quoted(name+">="+fix))
	case HeldByURL:
		return fmt.Sprintf("%s takes it from an address: name %s or later there", hold.Place, fix)
	case HeldByParent:
		parent, _, _ := strings.Cut(hold.Parent, " ")
		return fmt.Sprintf("%s requires %s: pip install -U %s", hold.Parent, hold.Requirement, parent)
	case HeldByCooldown:
		until := ""
		if !hold.Until.IsZero() {
			until = " until " + hold.Until.Format(time.DateOnly)
		}
		return fmt.Sprintf("the cooldown holds it back%s: set security-fixes = true under [cooldown]", until)
	case NotOffered:
		return "no index offers it to this python"
	case HeldByEditable:
		return "it is installed from a directory: upgrade it there"
	}
	return "something holds it back"
}

func textSee(link string) string { return "  see " + link }

// textExpired says that an ignore does not count any more, and since when.
func textExpired(name string, f *Finding) string {
	return fmt.Sprintf("  the ignore of %s (%s) expired on %s; to renew it: thresher ignore %s --reason %s --days 14",
		f.Expired.ID, f.Expired.Place, f.Expired.Expires.Format(time.DateOnly), f.Expired.ID, quoted(f.Expired.Reason))
}

// textUntrustedIgnore is told of every ignore that an untrusted file brings.
func textUntrustedIgnore(i Ignore) string {
	until := ""
	if !i.Expires.IsZero() {
		until = " until " + i.Expires.Format(time.DateOnly)
	}
	return fmt.Sprintf("%s ignored%s by %s: %s", i.ID, until, i.Place, i.Reason)
}

func textUnusedIgnore(i Ignore) string {
	return fmt.Sprintf("the ignore of %s (%s) matches nothing that is installed: it can go", i.ID, i.Place)
}

func textBroken(name, path, what string) string {
	return fmt.Sprintf("the metadata of %s is broken, what is known of it may be incomplete: %s (%s)", name, what, path)
}

// Age says how old something is: "5 min old", "2 h old", "3 days old".
func Age(age time.Duration) string {
	switch {
	case age < time.Hour:
		return fmt.Sprintf("%d min old", max(int(age/time.Minute), 0))
	case age < 48*time.Hour:
		return fmt.Sprintf("%d h old", int(age/time.Hour))
	}
	return fmt.Sprintf("%d days old", int(age/(24*time.Hour)))
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

// quoted makes a word safe to paste into a shell.
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
