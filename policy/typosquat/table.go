package typosquat

// table finds names by their letters, separators left out of account. It is
// built for every run that meets a new name, so it is cheaper to make than a
// map of the language: no string is copied and nothing grows.
type table struct {
	names nameList
	heads []int32 // by hash: the first of a chain, as place in names + 1
	next  []int32 // by place in names: the rest of its chain
}

func newTable(names nameList) *table {
	size := 1
	for size < 2*names.size() {
		size *= 2
	}
	t := &table{names: names, heads: make([]int32, size), next: make([]int32, names.size())}
	// Backwards, so that a chain begins with the most popular name.
	for place := names.size() - 1; place >= 0; place-- {
		head := &t.heads[hashOf(names.at(place))&uint64(size-1)]
		t.next[place] = *head
		*head = int32(place) + 1
	}
	return t
}

// exact returns the place of a name, or -1.
func (t *table) exact(name string) int {
	for at := t.heads[hashOf(name)&uint64(len(t.heads)-1)]; at != 0; at = t.next[at-1] {
		if t.names.at(int(at-1)) == name {
			return int(at - 1)
		}
	}
	return -1
}

// sameLetters returns the place of the most popular name that differs from one
// in nothing but separators, or -1.
func (t *table) sameLetters(name string) int {
	for at := t.heads[hashOf(name)&uint64(len(t.heads)-1)]; at != 0; at = t.next[at-1] {
		if equalLetters(t.names.at(int(at-1)), name) {
			return int(at - 1)
		}
	}
	return -1
}

// hashOf is FNV-1a over the letters and digits of a name.
func hashOf(name string) uint64 {
	hash := uint64(14695981039346656037)
	for i := 0; i < len(name); i++ {
		if name[i] != '-' {
			hash = (hash ^ uint64(name[i])) * 1099511628211
		}
	}
	// The low bits of a product know nothing of the high ones of its factors.
	return hash ^ hash>>32
}

func equalLetters(a, b string) bool {
	i, j := 0, 0
	for {
		for i < len(a) && a[i] == '-' {
			i++
		}
		for j < len(b) && b[j] == '-' {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i] != b[j] {
			return false
		}
		i, j = i+1, j+1
	}
}
