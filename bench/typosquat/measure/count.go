package measure

import "thresher/policy/typosquat"

// Counts is what the detector made of a set.
type Counts struct {
	Names   int
	Right   int // flagged, with the right target first
	Among   int // flagged, with the right target among those named
	Flagged int // of medium or high confidence: asked about, or blocked
	Blocked int // of high confidence
	Noted   int // of low confidence
	ByKind  map[typosquat.Kind]KindCounts
}

// KindCounts is what one kind of imitation adds to the counts of a set, by the
// first suspicion of each name.
type KindCounts struct{ Right, Flagged, Blocked int }

// Share returns a count as a share of the names.
func (c Counts) Share(count int) float64 {
	if c.Names == 0 {
		return 0
	}
	return float64(count) / float64(c.Names)
}

// Count judges all names of a set.
func Count(set Set, check func(name string) []typosquat.Suspicion) Counts {
	counts := Counts{Names: len(set.Names), ByKind: map[typosquat.Kind]KindCounts{}}
	for _, name := range set.Names {
		suspicions := check(name.Name)
		if len(suspicions) == 0 {
			continue
		}
		best := suspicions[0]
		if best.Confidence == typosquat.Low {
			counts.Noted++
			continue
		}
		kind := counts.ByKind[best.Kind]
		counts.Flagged++
		kind.Flagged++
		if best.Confidence == typosquat.High {
			counts.Blocked++
			kind.Blocked++
		}
		if name.Target != "" && best.Target == name.Target {
			counts.Right++
			kind.Right++
		}
		for _, suspicion := range suspicions {
			if name.Target != "" && suspicion.Target == name.Target {
				counts.Among++
				break
			}
		}
		counts.ByKind[best.Kind] = kind
	}
	return counts
}

// LeftOut judges popular names as if each alone were not on the list: what
// the detector would say of them the day before they became popular.
func LeftOut(popular []string, names []string) Counts {
	set := Set{}
	for _, name := range names {
		set.Names = append(set.Names, Name{Name: name})
	}
	return Count(set, func(name string) []typosquat.Suspicion {
		rest := make([]string, 0, len(popular))
		for _, other := range popular {
			if other != name {
				rest = append(rest, other)
			}
		}
		return typosquat.New(rest).Check(name)
	})
}
