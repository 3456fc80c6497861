package policy

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// JudgeIndex judges an index, a find-links place or a trusted host.
func (p *Policy) JudgeIndex(e IndexEvidence) []Finding {
	findings := p.foreignIndex(e)
	if !e.TrustedHost && strings.Contains(e.URL, "://") {
		findings = append(findings, p.insecure(e.URL)...)
	}
	return quietWhenKnown(findings, true)
}

// Foreign-index: a requirements file brings along where names come from, or
// whom to believe without a certificate. The policy's own pins are no
// strangers.
func (p *Policy) foreignIndex(e IndexEvidence) []Finding {
	if !e.FromFile || isLocal(e.URL) {
		return nil
	}
	subject := comparableURL(e.URL)
	if e.TrustedHost {
		subject = trustedHostPrefix + strings.ToLower(printable(e.URL))
	} else if !strings.Contains(e.URL, "://") {
		return nil // a folder
	}
	if p.allowedPlace(subject, ForeignIndex) != nil {
		return nil
	}
	for _, pin := range p.Index.Pin {
		if !e.TrustedHost && comparableURL(pin.URL) == subject {
			return nil
		}
	}
	return one(p.finding(ForeignIndex, subject, High, foreignIndexEvidence(e)), "")
}

// JudgeConfusion judges a name that more than one index has.
func (p *Policy) JudgeConfusion(e ConfusionEvidence) []Finding {
	if e.Pinned || p.PinFor(e.Name) != nil || len(e.Others) == 0 {
		return nil
	}
	finding := p.finding(Confusion, e.Name, Medium, confusionEvidence(e))
	if e.Rank > 0 {
		// Accelerator indexes and mirrors list popular names, too.
		finding.Confidence = Low
		finding.Action = atMost(Note, finding.Action)
	}
	return quietWhenKnown(one(finding, "thresher policy show"), true)
}

// PinFor returns the pin that counts for a canonical name, or nil: that of the
// nearest layer, and in one layer the one that says most of the name.
func (p *Policy) PinFor(canonical string) *Pin {
	var best *Pin
	for i := range p.Index.Pin {
		pin := &p.Index.Pin[i]
		if !matchesPattern(pin.Pattern, canonical) {
			continue
		}
		if best == nil || pin.Layer > best.Layer || pin.Layer == best.Layer && moreSpecific(pin.Pattern, best.Pattern) {
			best = pin
		}
	}
	return best
}

func moreSpecific(a, b string) bool {
	exactA, exactB := !strings.Contains(a, "*"), !strings.Contains(b, "*")
	if exactA != exactB {
		return exactA
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(b, a)) > 0
}

// JudgeArrival judges what was not in an environment before pip ran.
func (p *Policy) JudgeArrival(a Arrival) []Finding {
	var findings []Finding
	subject := a.Name
	if subject == "" {
		subject = a.Path
	}
	if a.Hook && p.allowedFor(canonicalOrEmpty(a.Name), StartupHook) == nil {
		finding := p.finding(StartupHook, subject, High, startupHookEvidence(a))
		hint := ""
		if a.Name == "" {
			hint = "cat " + shellQuoted(a.Path)
		}
		findings = append(findings, one(finding, hint)...)
	}
	if a.Replaces {
		findings = append(findings, one(p.finding(Unvouched, subject, High, replacesEvidence(a)), "cat "+shellQuoted(a.Path))...)
	} else if !a.Vouched && a.Name != "" {
		findings = append(findings, one(p.finding(Unvouched, subject, High, unvouchedEvidence(a)), "pip uninstall "+shellQuoted(a.Name))...)
	}
	return quietWhenKnown(findings, true)
}

func canonicalOrEmpty(name string) string {
	canonical, _ := canonicalName(name)
	return canonical
}

// Pins returns the pins as pattern and index URL, the nearest layer's where two
// layers name the same pattern.
func (p *Policy) Pins() map[string]string {
	pins := map[string]string{}
	for _, pin := range slices.Backward(p.Index.Pin) {
		pins[pin.Pattern] = pin.URL
	}
	return pins
}

// hostOf is the host of a URL for evidence, or the URL itself.
func hostOf(text string) string {
	if parsed, err := url.Parse(text); err == nil && parsed.Host != "" {
		return printable(parsed.Host)
	}
	return printable(withoutCredentials(text))
}
