package typosquat

import (
	"math/bits"
	"strings"
)

// index finds the names near another one. Names are held without separators
// and by length; a set of letters for each turns away nearly all of them
// before any distance is computed.
type index struct {
	plain   []string // the names without separators, in the order given
	ordered []uint16 // places in plain, by length
	letters []uint64 // the letter sets of the names, in the order of ordered
	starts  []int    // starts[n] is where length n begins in ordered
}

func newIndex(names []string) *index {
	found := &index{
		plain:   make([]string, len(names)),
		ordered: make([]uint16, len(names)),
		letters: make([]uint64, len(names)),
		starts:  make([]int, longestName+2),
	}
	total := 0
	for _, name := range names {
		total += len(name)
	}
	// One string for all of them, since fifteen thousand small ones cost more
	// time than the rest of the start.
	var all strings.Builder
	all.Grow(total)
	for _, name := range names {
		for i := 0; i < len(name); i++ {
			if name[i] != '-' {
				all.WriteByte(name[i])
			}
		}
	}
	rest := all.String()
	for i, name := range names {
		length := len(name) - strings.Count(name, "-")
		found.plain[i], rest = rest[:length], rest[length:]
		found.starts[length+1]++
	}
	for n := 1; n < len(found.starts); n++ {
		found.starts[n] += found.starts[n-1]
	}
	next := make([]int, len(found.starts))
	copy(next, found.starts)
	for i, plain := range found.plain {
		place := next[len(plain)]
		next[len(plain)]++
		found.ordered[place] = uint16(i)
		found.letters[place] = letterSet(plain)
	}
	return found
}

// near calls visit with the place of each name within a distance of another
// one (both without separators), in no particular order.
func (x *index) near(plain string, limit int, visit func(place, distance int)) {
	letters := letterSet(plain)
	shortest, longest := max(len(plain)-limit, 1), min(len(plain)+limit, longestName)
	var row rows
	for at := x.starts[shortest]; at < x.starts[longest+1]; at++ {
		// Each edit takes at most one letter out of the set and puts one in.
		different := letters ^ x.letters[at]
		if different != 0 && (bits.OnesCount64(different&letters) > limit || bits.OnesCount64(different&^letters) > limit) {
			continue
		}
		place := int(x.ordered[at])
		if d := row.distance(plain, x.plain[place], limit); d <= limit {
			visit(place, d)
		}
	}
}

// letterSet returns the letters and digits of a name as bits, letters that
// occur again as bits of their own.
func letterSet(plain string) uint64 {
	var set uint64
	for i := 0; i < len(plain); i++ {
		c := plain[i]
		if c <= '9' {
			set |= 1 << (52 + c - '0')
			continue
		}
		bit := uint64(1) << (c - 'a')
		if set&bit != 0 {
			bit <<= 26
		}
		set |= bit
	}
	return set
}

// rows is the memory of a distance: three rows of the table.
type rows [3][longestName + 1]uint8

// distance returns the optimal string alignment distance of two names
// (letters added, dropped, replaced, or two neighbours swapped, no place
// edited twice), or limit+1 where it is greater than the limit.
func (r *rows) distance(a, b string, limit int) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 {
		return min(len(a)+len(b), limit+1)
	}
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	const far = 1 << 6
	before, last, now := &r[0], &r[1], &r[2]
	for j := 0; j <= len(b); j++ {
		last[j] = uint8(min(j, far))
	}
	for i := 1; i <= len(a); i++ {
		from, to := max(1, i-limit), min(len(b), i+limit)
		now[from-1] = far
		if from == 1 {
			now[0] = uint8(min(i, far))
		}
		best := now[from-1]
		for j := from; j <= to; j++ {
			cost := last[j-1]
			if a[i-1] != b[j-1] {
				cost++
			}
			// The cell above is outside the band at its right end.
			if j < i+limit || i == 1 {
				cost = min(cost, last[j]+1)
			}
			cost = min(cost, now[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cost = min(cost, before[j-2]+1)
			}
			now[j] = cost
			best = min(best, cost)
		}
		if int(best) > limit {
			return limit + 1
		}
		before, last, now = last, now, before
	}
	return min(int(last[len(b)]), limit+1)
}
