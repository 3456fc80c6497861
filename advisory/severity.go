package advisory

import (
	"strings"

	cvss20 "github.com/pandatix/go-cvss/20"
	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
	cvss40 "github.com/pandatix/go-cvss/40"
)

// Level is a severity in words: the CVSS v3 qualitative scale, for scores of
// every version.
type Level string

// The levels, from what is not known upward.
const (
	Unknown  Level = "unknown" // no record of it has a score
	None     Level = "none"    // 0.0
	Low      Level = "low"     // to 3.9
	Medium   Level = "medium"  // to 6.9
	High     Level = "high"    // to 8.9
	Critical Level = "critical"
)

// LevelOf gives the level of a CVSS score.
func LevelOf(score float64) Level {
	switch {
	case score >= 9:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	case score > 0:
		return Low
	}
	return None
}

// scoreOf gives the base score of a CVSS vector of version 2, 3.0, 3.1 or 4.0;
// ok is false where it is none.
func scoreOf(vector string) (score float64, ok bool) {
	if len(vector) > 1024 {
		return 0, false
	}
	switch {
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		v, err := cvss40.ParseVector(vector)
		if err != nil {
			return 0, false
		}
		return v.Score(), true
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		v, err := cvss31.ParseVector(vector)
		if err != nil {
			return 0, false
		}
		return v.BaseScore(), true
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		v, err := cvss30.ParseVector(vector)
		if err != nil {
			return 0, false
		}
		return v.BaseScore(), true
	}
	// Version 2 has no prefix of its own; some write it in brackets.
	v, err := cvss20.ParseVector(strings.TrimSuffix(strings.TrimPrefix(vector, "("), ")"))
	if err != nil {
		return 0, false
	}
	return v.BaseScore(), true
}
