package scan

import (
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// CycloneDX 1.6 (ECMA-424), components and vulnerabilities.

type bom struct {
	Schema          string             `json:"$schema"`
	Format          string             `json:"bomFormat"`
	SpecVersion     string             `json:"specVersion"`
	Version         int                `json:"version"`
	Metadata        bomMetadata        `json:"metadata"`
	Components      []bomComponent     `json:"components"`
	Vulnerabilities []bomVulnerability `json:"vulnerabilities"`
}

type bomMetadata struct {
	Timestamp string   `json:"timestamp,omitempty"`
	Tools     bomTools `json:"tools"`
}

type bomTools struct {
	Components []bomComponent `json:"components"`
}

type bomComponent struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
}

type bomVulnerability struct {
	Ref            string         `json:"bom-ref"`
	ID             string         `json:"id"`
	Source         *bomSource     `json:"source,omitempty"`
	References     []bomReference `json:"references,omitempty"`
	Ratings        []bomRating    `json:"ratings,omitempty"`
	Description    string         `json:"description,omitempty"`
	Recommendation string         `json:"recommendation,omitempty"`
	Published      string         `json:"published,omitempty"`
	Updated        string         `json:"updated,omitempty"`
	Affects        []bomAffects   `json:"affects"`
	Properties     []bomProperty  `json:"properties,omitempty"`
}

type bomSource struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type bomReference struct {
	ID     string    `json:"id"`
	Source bomSource `json:"source"`
}

type bomRating struct {
	Score    *float64 `json:"score,omitempty"`
	Severity string   `json:"severity"`
	Method   string   `json:"method,omitempty"`
	Vector   string   `json:"vector,omitempty"`
}

type bomAffects struct {
	Ref string `json:"ref"`
}

type bomProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// WriteCycloneDX writes what is installed and what is known against it as a
// CycloneDX 1.6 document. Equal distributions of several environments are one
// component. version is thresher's own.
func WriteCycloneDX(w io.Writer, results []Result, version string) error {
	document := bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata: bomMetadata{Tools: bomTools{[]bomComponent{{Type: "application", Name: "thresher",
			Version: version}}}},
		Components: []bomComponent{}, Vulnerabilities: []bomVulnerability{},
	}
	seen := map[string]bool{}
	for i := range results {
		r := &results[i]
		if !r.Now.IsZero() {
			document.Metadata.Timestamp = r.Now.UTC().Format(time.RFC3339)
		}
		for j := range r.Subjects {
			s := &r.Subjects[j]
			name := s.Canonical
			if name == "" {
				name = s.Name
			}
			purl := "pkg:pypi/" + purlEscape.Replace(url.PathEscape(name))
			if s.Version != "" {
				purl += "@" + purlEscape.Replace(url.PathEscape(s.Version))
			}
			if seen[purl] {
				continue
			}
			seen[purl] = true
			document.Components = append(document.Components,
				bomComponent{Type: "library", Ref: purl, Name: s.Name, Version: s.Version, PURL: purl})
			for k := range s.Findings {
				document.Vulnerabilities = append(document.Vulnerabilities, bomVulnerabilityOf(&s.Findings[k], purl))
			}
		}
	}
	return encode(w, document)
}

// purlEscape encodes what package URLs reserve and paths do not.
var purlEscape = strings.NewReplacer("+", "%2B", "!", "%21", "@", "%40")

func bomVulnerabilityOf(f *Finding, purl string) bomVulnerability {
	v := bomVulnerability{
		Ref: f.ID + "/" + purl, ID: f.ID, Description: f.Summary, Affects: []bomAffects{{purl}},
		Source: &bomSource{Name: "OSV", URL: f.Link},
	}
	for _, alias := range f.Aliases {
		v.References = append(v.References, bomReference{ID: alias, Source: bomSource{Name: sourceOf(alias)}})
	}
	rating := bomRating{Severity: string(f.Severity)} // the levels are CycloneDX's own words
	if f.Vector != "" {
		rating.Score, rating.Vector, rating.Method = &f.Score, f.Vector, methodOf(f.Vector)
	}
	v.Ratings = []bomRating{rating}
	if len(f.FixedIn) > 0 {
		v.Recommendation = "upgrade to " + strings.Join(f.FixedIn, " or ")
	}
	if !f.Published.IsZero() {
		v.Published = f.Published.Format(time.RFC3339)
	}
	if !f.Modified.IsZero() {
		v.Updated = f.Modified.Format(time.RFC3339)
	}
	v.Properties = append(v.Properties, bomProperty{"thresher:fails", strconv.FormatBool(f.Fails)})
	if f.Malware {
		v.Properties = append(v.Properties, bomProperty{"thresher:malware", "true"})
	}
	if f.Ignored != nil {
		v.Properties = append(v.Properties, bomProperty{"thresher:ignored", f.Ignored.Reason})
	}
	return v
}

// methodOf gives CycloneDX's name for the kind of a vector.
func methodOf(vector string) string {
	switch {
	case strings.HasPrefix(vector, "CVSS:4"):
		return "CVSSv4"
	case strings.HasPrefix(vector, "CVSS:3.1"):
		return "CVSSv31"
	case strings.HasPrefix(vector, "CVSS:3"):
		return "CVSSv3"
	}
	return "CVSSv2"
}

// sourceOf names who gives ids of this form.
func sourceOf(id string) string {
	for prefix, name := range map[string]string{
		"CVE-": "CVE", "GHSA-": "GitHub Advisory Database", "PYSEC-": "Python Packaging Advisory Database",
		"MAL-": "OpenSSF Malicious Packages",
	} {
		if strings.HasPrefix(id, prefix) {
			return name
		}
	}
	return "OSV"
}
