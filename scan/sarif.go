package scan

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"thresher/internal/words"
)

// SARIF 2.1.0 (OASIS), the part that code scanning services read.

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool    sarifTool     `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	ShortDescription sarifText      `json:"shortDescription"`
	HelpURI          string         `json:"helpUri,omitempty"`
	Properties       map[string]any `json:"properties,omitempty"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification,omitempty"`
}

// WriteSARIF writes the findings as a SARIF 2.1.0 log, one rule a
// vulnerability, one result a vulnerability in a distribution. The location is
// the line that asks for the distribution, else its metadata, both relative to
// root, the repository's, where they lie in it. Places that are not absolute are
// relative to dir. Ignored findings are there as suppressed ones. version is
// thresher's own.
func WriteSARIF(w io.Writer, results []Result, version, dir, root string) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "thresher", Version: version, Rules: []sarifRule{}}},
		Results: []sarifResult{}}
	rules := map[string]int{}
	for i := range results {
		for j := range results[i].Subjects {
			s := &results[i].Subjects[j]
			if evidence := results[i].vanished(s); evidence != "" {
				index, known := rules[ruleVanished]
				if !known {
					index = len(run.Tool.Driver.Rules)
					rules[ruleVanished] = index
					run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
						ID: ruleVanished, ShortDescription: sarifText{textRuleVanished},
						Properties: map[string]any{"tags": []string{"security"}},
					})
				}
				run.Results = append(run.Results, sarifResult{
					RuleID: ruleVanished, RuleIndex: index, Level: "warning",
					Message:      sarifText{words.OneLine(s.Name + " " + evidence)},
					Locations:    []sarifLocation{sarifPlace(s, dir, root)},
					Fingerprints: map[string]string{"distributionAdvisory/v1": s.Canonical + "/" + ruleVanished},
				})
			}
			for k := range s.Findings {
				f := &s.Findings[k]
				index, known := rules[f.ID]
				if !known {
					index = len(run.Tool.Driver.Rules)
					rules[f.ID] = index
					run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(f))
				}
				run.Results = append(run.Results, sarifResultOf(s, f, index, dir, root))
			}
		}
	}
	return encode(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

// ruleVanished is the rule of a release that is no longer on its index.
const ruleVanished = "vanished"

func sarifRuleOf(f *Finding) sarifRule {
	rule := sarifRule{ID: f.ID, ShortDescription: sarifText{f.ID}, HelpURI: f.Link,
		Properties: map[string]any{"tags": []string{"security"}}}
	if f.Summary != "" {
		rule.ShortDescription.Text = f.Summary
	}
	switch {
	case f.Malware:
		rule.Properties["security-severity"] = "10.0"
	case f.Vector != "":
		rule.Properties["security-severity"] = strconv.FormatFloat(f.Score, 'f', 1, 64)
	}
	return rule
}

func sarifResultOf(s *Subject, f *Finding, index int, dir, root string) sarifResult {
	message := fmt.Sprintf("%s %s: %s", s.Name, s.Version, f.ID)
	if f.Summary != "" {
		message += ": " + f.Summary
	}
	if len(f.FixedIn) > 0 {
		message += " (fixed in " + strings.Join(f.FixedIn, ", ") + ")"
	}
	result := sarifResult{
		RuleID: f.ID, RuleIndex: index, Level: "warning", Message: sarifText{words.OneLine(message)},
		Locations:    []sarifLocation{sarifPlace(s, dir, root)},
		Fingerprints: map[string]string{"distributionAdvisory/v1": s.Canonical + "/" + f.ID},
	}
	if f.Fails {
		result.Level = "error"
	}
	if f.Ignored != nil {
		result.Suppressions = []sarifSuppression{{Kind: "external", Justification: f.Ignored.Reason}}
	}
	return result
}

// sarifPlace gives the place that asks for the distribution.
func sarifPlace(s *Subject, dir, root string) sarifLocation {
	if file, number, ok := fileAndLine(s.Place); ok {
		return sarifLocation{sarifPhysical{sarifFile(file, dir, root), &sarifRegion{number}}}
	}
	if s.Distribution.Path != "" {
		return sarifLocation{sarifPhysical{Artifact: sarifFile(s.Distribution.Path, dir, root)}}
	}
	return sarifLocation{sarifPhysical{Artifact: sarifArtifact{URI: url.PathEscape(s.Name)}}}
}

// sarifFile names a file relative to the repository's root, by which services
// find it in a checkout of their own.
func sarifFile(path, dir, root string) sarifArtifact {
	absolute := path
	if !filepath.IsAbs(path) {
		absolute = filepath.Join(dir, path)
	}
	if inside, err := filepath.Rel(root, absolute); err == nil && filepath.IsLocal(inside) {
		return sarifArtifact{URI: fileURI(inside), Base: "%SRCROOT%"}
	}
	return sarifArtifact{URI: fileURI(path)}
}

// fileAndLine splits "requirements.txt:3".
func fileAndLine(place string) (file string, number int, ok bool) {
	at := strings.LastIndexByte(place, ':')
	if at <= 0 {
		return "", 0, false
	}
	number, err := strconv.Atoi(place[at+1:])
	return place[:at], number, err == nil && number > 0
}

// fileURI gives a relative reference for a relative path, a file URL for an
// absolute one.
func fileURI(path string) string {
	slashed := filepath.ToSlash(path)
	if filepath.IsAbs(path) {
		return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(slashed, "/")}).String()
	}
	return (&url.URL{Path: slashed}).EscapedPath()
}
