package settled

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"thresher/pep"
)

// The order in which pip's resolver takes what it has met, by which it prints
// (resolution/resolvelib/provider.py, get_preference). Where nothing conflicts it
// decides nothing else.

// preference is one key of pip's, false before true.
type preference struct {
	numbers []int
	id      string
}

func (p preference) compare(other preference) int {
	return cmp.Or(slices.Compare(p.numbers, other.numbers), strings.Compare(p.id, other.id))
}

const never = math.MaxInt

// pipRules are what differs between the pips that are known.
type pipRules struct {
	splits    bool // a requirement with extras and a version is two (23.3)
	safeNames bool // names are shown as pkg_resources writes them (before 22.0)
	order     func(w *walk, n *node) []int
}

func rulesOf(pip pep.Version) pipRules {
	rules := pipRules{splits: from(pip, "23.3"), safeNames: !from(pip, "22.0")}
	deep := from(pip, "21.3")
	depth := func(w *walk, n *node) []int {
		return []int{number(!n.equal), w.depthOf(n, deep), w.placeOf(n), number(n.free())}
	}
	switch {
	case from(pip, "25.1"):
		rules.order = func(w *walk, n *node) []int {
			return []int{number(!n.explicit), number(!n.pinned), number(!n.bounded), w.placeOf(n), number(n.free())}
		}
	case from(pip, "23.1"):
		rules.order = depth
	case from(pip, "21.2"):
		rules.order = func(w *walk, n *node) []int { return append([]int{number(n.late())}, depth(w, n)...) }
	case from(pip, "21.1"):
		rules.order = func(w *walk, n *node) []int { return []int{number(n.late()), n.rating(), w.placeOf(n)} }
	default:
		rules.order = func(w *walk, n *node) []int {
			return []int{number(n.late()), n.rating(), number(n.requirements[0].parent != nil)}
		}
	}
	return rules
}

// next gives the node that pip takes next, nil where all are taken.
func (w *walk) next() *node {
	var best *node
	var first preference
	for _, n := range w.order {
		if n.taken {
			continue
		}
		if p := (preference{w.rules.order(w, n), n.id}); best == nil || p.compare(first) < 0 {
			best, first = n, p
		}
	}
	return best
}

// note enters what a requirement says of a node's rank.
func (n *node) note(r *requirement) {
	if r.explicit {
		n.explicit = true
		return
	}
	for _, clause := range r.specifiers.List() {
		n.clauses = true
		wildcard := strings.Contains(clause.Version, "*")
		isEqual := clause.Operator == "==" || clause.Operator == "==="
		n.equal = n.equal || isEqual
		n.pinned = n.pinned || isEqual && !wildcard
		switch clause.Operator {
		case "<", "<=", "~=":
			n.bounded = true
		case "==":
			n.bounded = n.bounded || wildcard
		}
	}
}

func (n *node) free() bool { return !n.clauses }

// late says that pips before 23.1 leave it to the end.
func (n *node) late() bool { return n.id == "setuptools" }

// rating is how little the requirements leave open, for pips before 21.2.
func (n *node) rating() int {
	switch {
	case n.explicit:
		return 0
	case n.equal:
		return 1
	case n.clauses:
		return 2
	}
	return 3
}

// placeOf is where a node stands among what the user asked for.
func (w *walk) placeOf(n *node) int {
	if place, ok := w.requested[n.id]; ok {
		return place
	}
	return never
}

// depthOf is how far a node is from what the user asked for, as far as pip knows;
// deep says that it knows it of what was asked for, too.
func (w *walk) depthOf(n *node, deep bool) int {
	if _, requested := w.requested[n.id]; requested {
		if deep {
			w.depths[n.id] = 1
		}
		return 1
	}
	depth := never
	for _, r := range n.requirements {
		parent := 0
		if r.parent != nil {
			var known bool
			if parent, known = w.depths[r.parent.id]; !known {
				parent = never
			}
		}
		if parent != never {
			depth = min(depth, parent+1)
		}
	}
	w.depths[n.id] = depth
	return depth
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
