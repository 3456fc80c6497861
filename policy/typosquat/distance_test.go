package typosquat

import (
	"math/rand/v2"
	"testing"
)

// slowDistance is the optimal string alignment distance by its definition.
func slowDistance(a, b string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0:
				table[i][j] = j
			case j == 0:
				table[i][j] = i
			default:
				different := 1
				if a[i-1] == b[j-1] {
					different = 0
				}
				table[i][j] = min(table[i-1][j]+1, table[i][j-1]+1, table[i-1][j-1]+different)
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					table[i][j] = min(table[i][j], table[i-2][j-2]+1)
				}
			}
		}
	}
	return table[len(a)][len(b)]
}

func TestDistance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		letters := make([]byte, random.IntN(9))
		for i := range letters {
			letters[i] = "abc"[random.IntN(3)]
		}
		return string(letters)
	}
	var row rows
	for range 200000 {
		a, b := word(), word()
		want := slowDistance(a, b)
		for limit := 1; limit <= 3; limit++ {
			if got := row.distance(a, []byte(b), limit); got != min(want, limit+1) {
				t.Fatalf("distance(%q, %q, %d) = %d, want %d", a, b, limit, got, min(want, limit+1))
			}
		}
		if got := len(editsBetween(a, b)); got != want {
			t.Fatalf("editsBetween(%q, %q) are %d, want %d", a, b, got, want)
		}
	}
}

// TestNearMissesNothing compares the index with a look at every name.
func TestNearMissesNothing(t *testing.T) {
	names := newNameList("abba\nbaab\nab-ba\nabcabc\nab1\na-1-b\ncab\nbac\nzzzzzz\nzz-zz-z\n")
	x := newIndex(names)
	for _, query := range []string{"abba", "abcab", "ab1", "zzzzz", "zzz", "bca", "q"} {
		for limit := 1; limit <= 2; limit++ {
			found := map[int]int{}
			x.near(query, limit, func(place, distance int) { found[place] = distance })
			for place := range names.size() {
				want := slowDistance(query, withoutSeparators(names.at(place)))
				got, ok := found[place]
				if ok != (want <= limit) || ok && got != want {
					t.Errorf("near(%q, %d) has %s at %d (%t), want %d", query, limit, names.at(place), got, ok, want)
				}
			}
		}
	}
}

func TestCanonical(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "A.B": "a-b", "a--b": "a-b", "a._-b": "a-b", "Zope.Interface": "zope-interface", "x2": "x2",
	} {
		if got, ok := canonical(name); !ok || got != want {
			t.Errorf("canonical(%q) = %q, %t, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "-", "-a", "a-", ".a", "a b", "a\n", "ä", "a/b", "a[b]"} {
		if got, ok := canonical(name); ok {
			t.Errorf("canonical(%q) = %q, want none", name, got)
		}
	}
}

func TestFamilySize(t *testing.T) {
	for _, member := range []string{"django", "pytest", "types", "mcp"} {
		if familySize(member) < largeFamily {
			t.Errorf("familySize(%q) = %d, want a large family", member, familySize(member))
		}
	}
	for _, member := range []string{"", "a-word-of-no-name", "zzzzzzzz", "!", "\xff"} {
		if got := familySize(member); got != 0 {
			t.Errorf("familySize(%q) = %d, want 0", member, got)
		}
	}
}
