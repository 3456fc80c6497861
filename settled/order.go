package settled

import (
	"cmp"
	"math"
	"slices"
	"strings"
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

// next gives the node that pip takes next, nil where all are taken.
func (w *walk) next() *node {
	var best *node
	var first preference
	for _, n := range w.order {
		if n.pinned {
			continue
		}
		if p := w.preferenceOf(n); best == nil || p.compare(first) < 0 {
			best, first = n, p
		}
	}
	return best
}

// preferenceOf is get_preference of the pip concerned.
func (w *walk) preferenceOf(n *node) preference {
	equal, pinned, bounded, free, explicit, transitive := false, false, false, true, false, true
	for _, r := range n.requirements {
		explicit = explicit || r.explicit
		transitive = transitive && r.parent != nil
		if r.explicit {
			continue
		}
		for _, clause := range r.specifiers.List() {
			free = false
			wildcard := strings.Contains(clause.Version, "*")
			isEqual := clause.Operator == "==" || clause.Operator == "==="
			equal = equal || isEqual
			pinned = pinned || isEqual && !wildcard
			switch clause.Operator {
			case "<", "<=", "~=":
				bounded = true
			case "==":
				bounded = bounded || wildcard
			}
		}
	}
	requested, ok := w.requested[n.id]
	if !ok {
		requested = never
	}
	late := n.id == "setuptools"
	rating := 3
	switch {
	case explicit:
		rating = 0
	case equal:
		rating = 1
	case !free:
		rating = 2
	}
	switch {
	case from(w.pip, "25.1"):
		return preference{[]int{number(!explicit), number(!pinned), number(!bounded), requested, number(free)}, n.id}
	case from(w.pip, "23.1"):
		return preference{[]int{number(!equal), w.depthOf(n), requested, number(free)}, n.id}
	case from(w.pip, "21.2"):
		return preference{[]int{number(late), number(!equal), w.depthOf(n), requested, number(free)}, n.id}
	case from(w.pip, "21.1"):
		return preference{[]int{number(late), rating, requested}, n.id}
	}
	return preference{[]int{number(late), rating, number(transitive)}, n.id}
}

// depthOf is how far a node is from what the user asked for, as far as pip knows.
func (w *walk) depthOf(n *node) int {
	if _, requested := w.requested[n.id]; requested {
		if from(w.pip, "21.3") {
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
