package typosquat

import (
	"math"
	"slices"
)

// edit is one difference between a name and the name it may imitate.
type edit struct {
	kind   editKind
	at     int  // where it stands in the name imitated
	wanted byte // the letter there, 0 where a letter was added
	typed  byte // the letter instead, 0 where one was dropped
}

// editKind says what an edit does, from the side of the one who typed.
type editKind uint8

const (
	swapped   editKind = iota // two neighbours
	doubled                   // a letter typed twice
	undoubled                 // a double letter typed once
	dropped
	added
	neighbour // a key beside the right one
	lookalike // 0 for o
	vowel     // a vowel for another
	sounding  // a letter for one that sounds alike
	replaced  // any other letter
	number    // a digit for another, added or dropped
	digit     // a digit inside a word, for the letter that it looks like
	same      // no difference
	editKinds
)

// editsBetween returns the differences between a name as typed and the name
// wanted, both without separators: a shortest list of them, in order. Of several
// shortest it is the one that a person who meant the name makes most easily:
// selenuimm has two letters of selenium swapped and one typed twice, rather than
// one added and one replaced.
func editsBetween(typed, wanted string) []edit {
	// The whole table of optimal string alignment, since the way back is
	// needed; only names that are near come here.
	width := len(wanted) + 1
	table := make([]cell, (len(typed)+1)*width)
	for i := 0; i <= len(typed); i++ {
		for j := 0; j <= len(wanted); j++ {
			if i == 0 && j == 0 {
				continue
			}
			best := cell{cost: math.MaxUint8}
			try := func(before cell, e edit, rowsBack, columnsBack int) {
				before.rows, before.columns, before.edit = uint8(rowsBack), uint8(columnsBack), e
				if e.kind != same {
					before.cost++
					before.ease += e.weight(len(wanted))
				}
				if before.cost < best.cost || before.cost == best.cost && before.ease > best.ease {
					best = before
				}
			}
			if i > 0 && j > 0 {
				kind := same
				if typed[i-1] != wanted[j-1] {
					kind = replacement(typed[i-1], wanted, j-1)
				}
				try(table[(i-1)*width+j-1], edit{kind, j - 1, wanted[j-1], typed[i-1]}, 1, 1)
			}
			if swappedAt(typed, wanted, i, j) {
				try(table[(i-2)*width+j-2], edit{swapped, j - 2, wanted[j-2], wanted[j-1]}, 2, 2)
			}
			if i > 0 {
				try(table[(i-1)*width+j], edit{addition(typed[i-1], wanted, j), j, 0, typed[i-1]}, 1, 0)
			}
			if j > 0 {
				try(table[i*width+j-1], edit{omission(wanted, j-1), j - 1, wanted[j-1], 0}, 0, 1)
			}
			table[i*width+j] = best
		}
	}
	var edits []edit
	for i, j := len(typed), len(wanted); i > 0 || j > 0; {
		way := table[i*width+j]
		if way.edit.kind != same {
			edits = append(edits, way.edit)
		}
		i, j = i-int(way.rows), j-int(way.columns)
	}
	slices.Reverse(edits)
	return edits
}

// cell is the best way to one place of the table of two names: how many edits it
// has, how easily they are made, and its last step.
type cell struct {
	cost          uint8
	ease          float64
	edit          edit
	rows, columns uint8
}

func swappedAt(typed, wanted string, i, j int) bool {
	return i > 1 && j > 1 && typed[i-1] != typed[i-2] && typed[i-1] == wanted[j-2] && typed[i-2] == wanted[j-1]
}

// addition tells the kinds of a letter that was added before a place of the
// name wanted.
func addition(c byte, wanted string, place int) editKind {
	switch {
	case isDigit(c):
		return number
	case place > 0 && wanted[place-1] == c, place < len(wanted) && wanted[place] == c:
		return doubled
	}
	return added
}

func omission(wanted string, at int) editKind {
	c := wanted[at]
	switch {
	case isDigit(c):
		return number
	case at > 0 && wanted[at-1] == c, at+1 < len(wanted) && wanted[at+1] == c:
		return undoubled
	}
	return dropped
}

func replacement(typed byte, name string, at int) editKind {
	wanted := name[at]
	switch {
	case isDigit(typed) && looksLike(typed, wanted) && at > 0 && at < len(name)-1:
		return digit
	case looksLike(typed, wanted):
		return lookalike
	case isDigit(typed) && isDigit(wanted):
		return number
	case isNeighbour(typed, wanted):
		return neighbour
	case isVowel(typed) && isVowel(wanted):
		return vowel
	case soundsLike(typed, wanted):
		return sounding
	}
	return replaced
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isVowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

// looksLike reports whether two characters are taken for each other on a
// screen, or stand for each other in the spelling with digits.
func looksLike(a, b byte) bool { return a != b && face(a) == face(b) }

// face returns the letter that a character looks like.
func face(c byte) byte {
	switch c {
	case '0':
		return 'o'
	case '1', 'l', 'j':
		return 'i'
	case '3':
		return 'e'
	case '4':
		return 'a'
	case '5':
		return 's'
	case '7':
		return 't'
	case '8':
		return 'b'
	case '9', 'q':
		return 'g'
	}
	return c
}

// soundsLike reports whether two consonants may stand for each other in
// spelling.
func soundsLike(a, b byte) bool { return a != b && sound(a) == sound(b) }

// sound returns the first of the consonants that sound like one.
func sound(c byte) byte {
	switch c {
	case 'k', 'q', 'x':
		return 'c'
	case 'z':
		return 's'
	case 'v', 'w':
		return 'f'
	case 'j':
		return 'g'
	}
	return c
}

// keyRows are the rows of the keyboard (QWERTY), each shifted to the right of
// the one above by half a key.
var keyRows = [...]string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"}

// neighbours holds for each key the set of those that touch it, by number of
// key: letters first, then digits.
var neighbours = func() (sets [36]uint64) {
	touch := func(a, b byte) {
		sets[keyNumber(a)] |= 1 << keyNumber(b)
		sets[keyNumber(b)] |= 1 << keyNumber(a)
	}
	for row, keys := range keyRows {
		for column := range keys {
			if column > 0 {
				touch(keys[column], keys[column-1])
			}
			if row > 0 {
				touch(keys[column], keyRows[row-1][column])
				if column+1 < len(keyRows[row-1]) {
					touch(keys[column], keyRows[row-1][column+1])
				}
			}
		}
	}
	return sets
}()

func keyNumber(c byte) int {
	if isDigit(c) {
		return int(c-'0') + 26
	}
	return int(c - 'a')
}

func isNeighbour(a, b byte) bool { return neighbours[keyNumber(a)]&(1<<keyNumber(b)) != 0 }
