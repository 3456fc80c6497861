package scan

import (
	"cmp"
	"encoding/json"
	"io"
	"time"
)

// The JSON report is a contract: fields are added, never renamed.

type jsonReport struct {
	Distributions []jsonDistribution `json:"distributions"`
	Advisories    *jsonAdvisories    `json:"advisories"` // null without advisory data
	FailOn        FailOn             `json:"fail_on"`
	Status        int                `json:"status"`
	UnusedIgnores []string           `json:"unused_ignores,omitempty"`
}

type jsonDistribution struct {
	Name            string              `json:"name"`
	Version         string              `json:"version"`
	Vulnerabilities []jsonVulnerability `json:"vulnerabilities"`

	Environment string   `json:"environment,omitempty"`
	Path        []string `json:"path,omitempty"`
	Place       string   `json:"place,omitempty"`
	Fix         string   `json:"fix,omitempty"`
	Broken      string   `json:"broken,omitempty"`
	Vanished    string   `json:"vanished,omitempty"` // evidence that it is no longer on its index
}

type jsonVulnerability struct {
	ID       string   `json:"id"`
	Aliases  []string `json:"aliases"`
	Records  []string `json:"records"`
	Severity string   `json:"severity"`
	FixedIn  []string `json:"fixed_in"`
	Ignored  bool     `json:"ignored"`

	Score     *float64    `json:"score"` // null where unknown
	Vector    string      `json:"vector,omitempty"`
	Summary   string      `json:"summary,omitempty"`
	Link      string      `json:"link,omitempty"`
	Published time.Time   `json:"published,omitzero"`
	Modified  time.Time   `json:"modified,omitzero"`
	Malware   bool        `json:"malware"`
	Fails     bool        `json:"fails"`
	Holds     []Hold      `json:"holds,omitempty"`
	Ignore    *jsonIgnore `json:"ignore,omitempty"`
}

type jsonIgnore struct {
	ID      string    `json:"id"`
	Reason  string    `json:"reason"`
	Expires time.Time `json:"expires,omitzero"`
	Until   string    `json:"until,omitempty"` // "fixed": until a release without it can be installed
	Place   string    `json:"place,omitempty"`
	Expired bool      `json:"expired"`
}

type jsonAdvisories struct {
	Count   int       `json:"count"`
	Updated time.Time `json:"updated"`
	Newest  time.Time `json:"newest,omitzero"`
	Source  string    `json:"source,omitempty"`
}

// WriteJSON writes the report as one JSON object. Several environments share
// its list of distributions; each then names its environment.
func WriteJSON(w io.Writer, results []Result) error {
	report := jsonReport{Distributions: []jsonDistribution{}, Status: Status(results)}
	for i := range results {
		r := &results[i]
		report.FailOn = r.FailOn
		if r.HasDatabase {
			report.Advisories = &jsonAdvisories{Count: r.Meta.Count, Updated: r.Meta.Updated, Newest: r.Meta.Newest,
				Source: r.Meta.Source}
		}
		for j := range r.Subjects {
			d := jsonOf(&r.Subjects[j])
			d.Vanished = r.vanished(&r.Subjects[j])
			if len(results) > 1 {
				d.Environment = r.Environment
			}
			report.Distributions = append(report.Distributions, d)
		}
	}
	for _, i := range Unused(results) {
		report.UnusedIgnores = append(report.UnusedIgnores, i.ID)
	}
	return encode(w, report)
}

// Status gives the exit status of several scans together.
func Status(results []Result) int {
	all := Result{}
	for i := range results {
		all.Malware = all.Malware || results[i].Malware
		all.Fails = all.Fails || results[i].Fails
		all.Vanished = append(all.Vanished, results[i].Vanished...)
	}
	return all.Status()
}

// vanished gives the evidence that a distribution is no longer on its index; ""
// for none.
func (r *Result) vanished(s *Subject) string {
	for _, v := range r.Vanished {
		if v.Canonical == s.Canonical && v.Version == s.Version {
			return v.Evidence
		}
	}
	return ""
}

func jsonOf(s *Subject) jsonDistribution {
	d := jsonDistribution{
		Name: s.Name, Version: s.Version, Vulnerabilities: []jsonVulnerability{},
		Path: s.Path, Place: s.Place, Fix: s.Fix, Broken: s.Broken,
	}
	for i := range s.Findings {
		f := &s.Findings[i]
		v := jsonVulnerability{
			ID: f.ID, Aliases: list(f.Aliases), Records: list(f.Records), Severity: string(f.Severity),
			FixedIn: list(f.FixedIn), Ignored: f.Ignored != nil, Vector: f.Vector, Summary: f.Summary,
			Link: f.Link, Published: f.Published, Modified: f.Modified, Malware: f.Malware, Fails: f.Fails,
			Holds: f.Holds,
		}
		if f.Vector != "" {
			v.Score = &f.Score
		}
		if ignore := f.Ignored; ignore != nil {
			v.Ignore = &jsonIgnore{ID: cmp.Or(ignore.ID, f.ID), Reason: ignore.Reason, Expires: ignore.Expires,
				Until: ignore.until(), Place: ignore.Place}
		} else if ignore := f.Expired; ignore != nil {
			v.Ignore = &jsonIgnore{ID: ignore.ID, Reason: ignore.Reason, Expires: ignore.Expires,
				Until: ignore.until(), Place: ignore.Place, Expired: true}
		}
		d.Vulnerabilities = append(d.Vulnerabilities, v)
	}
	return d
}

// list is never null in JSON.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func encode(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

// until is the event that an ignore waits for; "" for none.
func (i *Ignore) until() string {
	if i.UntilFixed {
		return "fixed"
	}
	return ""
}
