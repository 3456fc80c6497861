package advisory

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Vulnerability is one flaw, or one case of malicious code, in one version of
// a package: all records that name each other as aliases, taken together.
type Vulnerability struct {
	ID        string   // of a matching record, the one best known: MAL, PYSEC, GHSA, CVE, any other
	Aliases   []string // every other id of it, sorted
	Records   []string // ids of the records that are about this version, sorted
	Severity  Level
	Score     float64  // the highest CVSS base score of the group; 0 where Severity is Unknown
	Vector    string   // the vector it comes from
	FixedIn   []string // versions above this one that fix it, ascending; empty where none is known
	Summary   string
	Link      string
	Published time.Time // the earliest
	Modified  time.Time // the latest
	Malware   bool
}

// Names tells whether id is the vulnerability's id or one of its aliases.
// Ids are compared without regard to case, as people type them.
func (v *Vulnerability) Names(id string) bool {
	same := func(other string) bool { return strings.EqualFold(other, id) }
	return same(v.ID) || slices.ContainsFunc(v.Aliases, same)
}

// Group gives the vulnerabilities of a version, given all records of its
// package. Aliases are taken as symmetric and transitive, also by way of
// records that are not about this version; these lend their ids and their
// severity. The order is malware first, then by falling severity with the
// unknown before the low ones, then by id.
func Group(records []Record, text string) []Vulnerability {
	if len(records) == 0 {
		return nil
	}
	v := parseVersion(text)
	affected := make([]bool, len(records))
	hit := false
	for i := range records {
		affected[i] = records[i].affects(v)
		hit = hit || affected[i]
	}
	if !hit {
		return nil
	}
	var found []Vulnerability
	for _, cluster := range clusters(records) {
		var matched, others []*Record
		for _, i := range cluster {
			if affected[i] {
				matched = append(matched, &records[i])
			} else {
				others = append(others, &records[i])
			}
		}
		if len(matched) > 0 {
			found = append(found, vulnerability(matched, others, v))
		}
	}
	slices.SortFunc(found, func(a, b Vulnerability) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// rank orders vulnerabilities by how much they ask for attention.
func rank(v Vulnerability) int {
	if v.Malware {
		return 10
	}
	return slices.Index([]Level{None, Low, Unknown, Medium, High, Critical}, v.Severity)
}

// clusters gives the records that belong together, as indexes: a union-find
// over ids and aliases.
func clusters(records []Record) [][]int {
	parent := make([]int, len(records))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	owner := make(map[string]int, 3*len(records))
	for i := range records {
		join := func(id string) {
			if first, known := owner[id]; known {
				a, b := find(first), find(i)
				parent[max(a, b)] = min(a, b)
			} else {
				owner[id] = i
			}
		}
		join(records[i].ID)
		for _, alias := range records[i].Aliases {
			join(alias)
		}
	}
	byRoot := map[int]int{}
	var groups [][]int
	for i := range records {
		root := find(i)
		at, known := byRoot[root]
		if !known {
			at = len(groups)
			byRoot[root] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], i)
	}
	return groups
}

// vulnerability makes one of the records of a cluster.
func vulnerability(matched, others []*Record, v version) Vulnerability {
	found := Vulnerability{Severity: Unknown}
	slices.SortFunc(matched, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(preference(a.ID), preference(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	first := matched[0]
	found.ID = first.ID
	for _, r := range slices.Concat(matched, others) {
		found.Aliases = append(append(found.Aliases, r.ID), r.Aliases...)
		if r.Vector != "" && (found.Vector == "" || r.Score > found.Score) {
			found.Score, found.Vector, found.Severity = r.Score, r.Vector, LevelOf(r.Score)
		}
	}
	slices.Sort(found.Aliases)
	found.Aliases = slices.DeleteFunc(slices.Compact(found.Aliases), func(id string) bool { return id == found.ID })

	plain := make([]Record, len(matched))
	for i, r := range matched {
		plain[i] = *r
		found.Records = append(found.Records, r.ID)
		found.Malware = found.Malware || r.malware(v)
		if found.Published.IsZero() || (!r.Published.IsZero() && r.Published.Before(found.Published)) {
			found.Published = r.Published
		}
		if r.Modified.After(found.Modified) {
			found.Modified = r.Modified
		}
		if found.Summary == "" {
			found.Summary = r.Summary
		}
	}
	slices.Sort(found.Records)
	found.Records = slices.Compact(found.Records) // one may be there in two forms
	found.Link = linkOf(first.ID)
	if found.Link == "" {
		found.Link = first.Link
	}
	found.FixedIn = fixes(plain, v)
	return found
}

// preference orders ids by how well the people of PyPI know them.
func preference(id string) int {
	for i, prefix := range []string{"MAL-", "PYSEC-", "GHSA-", "CVE-"} {
		if strings.HasPrefix(id, prefix) {
			return i
		}
	}
	return 9
}

// fixes gives the versions above v that fix a vulnerability described by the
// records. Where the records contradict each other, one of them without a fix,
// a fix that another names is still told.
func fixes(records []Record, v version) []string {
	if clean := cleanFixes(records, v); len(clean) > 0 {
		return clean
	}
	return namedFixes(records, v)
}

// cleanFixes gives the named fixes that none of the records is about.
func cleanFixes(records []Record, v version) []string {
	return slices.DeleteFunc(namedFixes(records, v), func(text string) bool {
		fix := parseVersion(text)
		return slices.ContainsFunc(records, func(r Record) bool { return r.affects(fix) })
	})
}

// namedFixes gives all versions above v that a record calls fixed, ascending.
func namedFixes(records []Record, v version) []string {
	var all []version
	for i := range records {
		for _, span := range records[i].Ranges {
			for _, event := range span {
				if event.Fixed == "" {
					continue
				}
				if fix := parseVersion(event.Fixed); fix.compare(v) > 0 {
					all = append(all, fix)
				}
			}
		}
	}
	slices.SortStableFunc(all, version.compare)
	all = slices.CompactFunc(all, func(a, b version) bool { return a.compare(b) == 0 })
	texts := make([]string, len(all))
	for i, fix := range all {
		texts[i] = fix.text
	}
	return texts
}
