package typosquat

// index finds the names near another one, separators left out of account.
// Names are held by length; a set of letters for each turns away nearly all of
// them before any distance is computed.
type index struct {
	names   nameList
	ordered []uint32 // places in names, by length
	sets    []uint64 // the letter sets of the names, in the order of ordered
	starts  []int    // starts[n] is where length n begins in ordered
}

func newIndex(names nameList) *index {
	found := &index{
		names:   names,
		ordered: make([]uint32, names.size()),
		sets:    make([]uint64, names.size()),
		starts:  make([]int, longestName+2),
	}
	sets := make([]uint64, names.size())
	lengths := make([]uint8, names.size())
	for place := range names.size() {
		set, length := letterSet(names.at(place))
		sets[place], lengths[place] = set, uint8(length)
		found.starts[length+1]++
	}
	for n := 1; n < len(found.starts); n++ {
		found.starts[n] += found.starts[n-1]
	}
	next := make([]int, len(found.starts))
	copy(next, found.starts)
	for place, length := range lengths {
		found.ordered[next[length]] = uint32(place)
		found.sets[next[length]] = sets[place]
		next[length]++
	}
	return found
}

// near calls visit with the place of each name within a distance (1 or 2) of
// another one, which has no separators, in no particular order.
func (x *index) near(plain string, limit int, visit func(place, distance int)) {
	wanted, _ := letterSet(plain)
	shortest, longest := max(len(plain)-limit, 1), min(len(plain)+limit, longestName)
	var row rows
	var letters [longestName]byte
	for at := x.starts[shortest]; at < x.starts[longest+1]; at++ {
		// Each edit takes at most one letter out of the set and puts one in;
		// x & (x-1) is x less its lowest bit.
		extra, missing := wanted&^x.sets[at], x.sets[at]&^wanted
		extra, missing = extra&(extra-1), missing&(missing-1)
		if limit > 1 {
			extra, missing = extra&(extra-1), missing&(missing-1)
		}
		if extra|missing != 0 {
			continue
		}
		place := int(x.ordered[at])
		other := letters[:0]
		for _, c := range []byte(x.names.at(place)) {
			if c != '-' {
				other = append(other, c)
			}
		}
		if d := row.distance(plain, other, limit); d <= limit {
			visit(place, d)
		}
	}
}

// letterSet returns the letters and digits of a name as bits, letters that
// occur again as bits of their own, and how many there are.
func letterSet(name string) (set uint64, length int) {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '-' {
			continue
		}
		length++
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
	return set, length
}

// rows is the memory of a distance: three rows of the table.
type rows [3][longestName + 1]uint8

// distance returns the optimal string alignment distance of two names
// (letters added, dropped, replaced, or two neighbours swapped, no place
// edited twice), or limit+1 where it is greater than the limit.
func (r *rows) distance(a string, b []byte, limit int) int {
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
