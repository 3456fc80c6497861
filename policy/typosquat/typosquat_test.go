package typosquat_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/bench/typosquat/measure"
	"thresher/policy/typosquat"
)

// list is a list of popular names made up for the tests: the most popular of
// them stand between names that nothing here is near to.
func list() []string {
	names := []string{"wobbleware", "glimmerkit", "python-quaffle", "zanthrope", "mumblecore-engine", "snorkel4"}
	for _, first := range []string{"brel", "dost", "farn", "gwip", "hjol"} {
		for _, second := range []string{"akkum", "ebbin", "iffot", "okker", "uddel"} {
			names = append(names, first+second)
		}
	}
	return append(names, "acorn-basket", "basket-acorn-tools", "pyfrobnitz", "limberlost-py")
}

func TestCheckKinds(t *testing.T) {
	tests := []struct {
		about, name string
		target, why string
		kind        typosquat.Kind
	}{
		{"swap", "wobblewaer", "wobbleware", "two letters swapped", typosquat.Typo},
		{"swap at the start", "owbbleware", "wobbleware", "two letters swapped", typosquat.Typo},
		{"letter twice", "wobbblleware", "wobbleware", `"b" typed twice, "l" typed twice`, typosquat.Typo},
		{"one of two", "wobleware", "wobbleware", `one of two "b" left out`, typosquat.Typo},
		{"letter left out", "zantrope", "zanthrope", `"h" left out`, typosquat.Typo},
		{"letter extra", "zanthqrope", "zanthrope", `extra "q"`, typosquat.Typo},
		{"next key", "glimnerkit", "glimmerkit", "n for m, the next key", typosquat.Typo},
		{"vowel", "glommerkit", "glimmerkit", "o for i, the next key", typosquat.Typo},
		{"vowel far off", "zanthropa", "zanthrope", "a for e", typosquat.Typo},
		{"look-alike", "w0bbleware", "wobbleware", "0 for o", typosquat.Typo},
		{"look-alikes", "g11mmerk1t", "glimmerkit", "111 for lii", typosquat.Disguised},
		{"digit for a letter and another slip", "mumblec0r-engine", "mumblecore-engine", `0 for o, one of two "e" left out`,
			typosquat.Typo},
		{"two letters swapped and one twice", "wobbelwarre", "wobbleware", `two letters swapped, "r" typed twice`,
			typosquat.Typo},
		{"group that looks alike", "glirnmerkit", "glimmerkit", "rn for m", typosquat.Disguised},
		{"another group", "vvobbleware", "wobbleware", "vv for w", typosquat.Disguised},
		{"sounds alike", "zantrofe", "zanthrope", "", typosquat.Typo},
		{"hyphen more", "wobble-ware", "wobbleware", "a hyphen more or less", typosquat.Separator},
		{"hyphen less", "mumblecoreengine", "mumblecore-engine", "a hyphen more or less", typosquat.Separator},
		{"hyphen elsewhere", "mumble-coreengine", "mumblecore-engine", "a hyphen more or less", typosquat.Separator},
		{"typo in one word", "mumblcore-engine", "mumblecore-engine", `"e" left out`, typosquat.Typo},
		{"order", "engine-mumblecore", "mumblecore-engine", "words in another order", typosquat.Reordered},
		{"order without hyphens", "enginemumblecore", "mumblecore-engine", "words in another order",
			typosquat.Reordered},
		{"order with the language", "quaffle-python", "python-quaffle", "words in another order", typosquat.Reordered},
		{"affix", "python-wobbleware", "wobbleware", `extra "python"`, typosquat.Extended},
		{"affix without hyphen", "wobblewarepy", "wobbleware", `extra "py"`, typosquat.Extended},
		{"affixes", "superfastglimmerkit", "glimmerkit", `extra "superfast"`, typosquat.Extended},
		{"affix that says nothing", "glimmerkit-plus", "glimmerkit", `extra "plus"`, typosquat.Extended},
		{"affix and a typo", "wobblewaer-plus", "wobbleware", `extra "plus", two letters swapped`, typosquat.Extended},
		{"digit for a version", "wobbleware2", "wobbleware", `extra "2"`, typosquat.Typo},
		{"language left out", "quaffle", "python-quaffle", `"python-" left out`, typosquat.Shortened},
		{"py left out", "frobnitz", "pyfrobnitz", `"py" left out`, typosquat.Shortened},
		{"version left out", "snorkel", "snorkel4", `"4" left out`, ""},
		{"end of a word left out", "mumblecore-eng", "mumblecore-engine", `"ine" left out`, typosquat.Shortened},
		{"vowels left out", "wbblwr", "wobbleware", "vowels left out", typosquat.Contracted},
		{"any spelling of the name", "Wobble_Waer", "wobbleware", "two letters swapped", typosquat.Typo},
	}
	detector := typosquat.New(list())
	for _, test := range tests {
		t.Run(test.about, func(t *testing.T) {
			suspicions := detector.Check(test.name)
			if len(suspicions) == 0 {
				t.Fatalf("Check(%q) finds nothing, want %s", test.name, test.target)
			}
			got := suspicions[0]
			if got.Target != test.target || test.why != "" && got.Why != test.why || test.kind != "" &&
				got.Kind != test.kind {
				t.Errorf("Check(%q) = %+v, want %s (%s), %s", test.name, got, test.target, test.why, test.kind)
			}
		})
	}
}

// Of several words one that is two letters off is another word, unless fingers slip
// like that, or a digit stands for one of the letters.
func TestCheckTwoEditsInACompound(t *testing.T) {
	names := list()
	for i := range 6000 {
		names = append(names, fmt.Sprintf("x%dq%dz", i%90, i))
	}
	detector := typosquat.New(append(names, "wharf-lantern"))
	for _, test := range []struct {
		name string
		want bool
	}{
		{"wharf-lintorn", false}, // two vowels
		{"wharf-lantesm", false}, // two other letters
		{"wharf-lantorne", false},
		{"wharf-lnatrn", true}, // swapped, and one left out
		{"wharf-lannterrn", true},
		{"wharf-lantterm", true},
		{"wharf-l4nteirn", true}, // a digit, and a letter more
	} {
		suspicions := detector.Check(test.name)
		asked := len(suspicions) > 0 && suspicions[0].Confidence != typosquat.Low
		if asked != test.want {
			t.Errorf("Check(%q) = %+v, want a question: %t", test.name, suspicions, test.want)
		}
	}
}

// A popular name that another is called like but for the language is imitated as
// often as that one: pytorch is not installed much, but torch is.
func TestCheckCountsTheLanguageAsNothing(t *testing.T) {
	names := list()
	for i := range 9000 {
		names = append(names, fmt.Sprintf("x%dq%dz", i%90, i))
	}
	alone := typosquat.New(append(slices.Clone(names), "pywibbler")).Check("pywibblrr")
	names[0] = "wibbler"
	beside := typosquat.New(append(names, "pywibbler")).Check("pywibblrr")
	order := []typosquat.Confidence{"", typosquat.Low, typosquat.Medium, typosquat.High}
	confidence := func(found []typosquat.Suspicion) int {
		for _, suspicion := range found {
			if suspicion.Target == "pywibbler" {
				return slices.Index(order, suspicion.Confidence)
			}
		}
		return 0
	}
	if confidence(beside) <= confidence(alone) {
		t.Errorf("with wibbler the most popular: %+v; without: %+v", beside, alone)
	}
}

func TestCheckStaysSilent(t *testing.T) {
	detector := typosquat.New(list())
	for about, name := range map[string]string{
		"on the list":                "wobbleware",
		"on the list, other writing": "Python_Quaffle",
		"no relation":                "trombonist",
		"short":                      "zq",
		"empty":                      "",
		"separators only":            "-_.",
		"separator at the end":       "wobblewaer-",
		"path":                       "../wobblewaer",
		"control character":          "wobblewaer\x1b[2J",
		"other script":               "wоbbleware",
		"invalid UTF-8":              "wobblewar\xff",
		"no end":                     strings.Repeat("wobbleware-", 1<<16) + "x",
	} {
		if got := detector.Check(name); got != nil {
			t.Errorf("%s: Check(%.40q) = %+v, want nothing", about, name, got)
		}
	}
}

// A family of honest projects around a popular one is no imitation of it.
func TestCheckKnowsFamilies(t *testing.T) {
	for _, name := range []string{"django-lawn-mower", "pytest-marmalade", "flask-teapot", "types-marmalade",
		"marmalade-mcp", "sphinx-marmalade-theme"} {
		for _, suspicion := range typosquat.Check(name) {
			if suspicion.Confidence != typosquat.Low {
				t.Errorf("Check(%q) = %+v, want no more than a note", name, suspicion)
			}
		}
	}
}

// A namespace of several popular names has more than these.
func TestCheckKnowsNamespaces(t *testing.T) {
	for _, name := range []string{"jaraco-packaging", "jaraco-pluggy"} {
		for _, suspicion := range typosquat.Check(name) {
			if suspicion.Confidence != typosquat.Low {
				t.Errorf("Check(%q) = %+v, want no more than a note", name, suspicion)
			}
		}
	}
}

func TestCheckOutsideTheList(t *testing.T) {
	tests := []struct {
		name, target string
		least        typosquat.Confidence
	}{
		{"requirement-txt", typosquat.RequirementsFile, typosquat.High},
		{"requirements.txt", typosquat.RequirementsFile, typosquat.High},
		{"requriementstxt", typosquat.RequirementsFile, typosquat.High},
		{"requirements", typosquat.RequirementsFile, typosquat.Medium},
		{"subprocess", "subprocess", typosquat.Medium},
		{"os", "os", typosquat.Medium},
		{"tempfile", "tempfile", typosquat.Medium},
		{"subproces", "subprocess", typosquat.Medium},
		{"threadding", "threading", typosquat.Medium},
	}
	order := []typosquat.Confidence{typosquat.Low, typosquat.Medium, typosquat.High}
	for _, test := range tests {
		suspicions := typosquat.Check(test.name)
		if len(suspicions) == 0 || suspicions[0].Target != test.target {
			t.Errorf("Check(%q) = %+v, want %s", test.name, suspicions, test.target)
			continue
		}
		if got := suspicions[0].Confidence; slices.Index(order, got) < slices.Index(order, test.least) {
			t.Errorf("Check(%q) has confidence %s, want %s at least", test.name, got, test.least)
		}
	}
}

func TestPopularNamesAreNeverSuspected(t *testing.T) {
	rank := 0
	for name := range typosquat.Popular() {
		rank++
		if got := typosquat.Rank(name); got != rank {
			t.Fatalf("Rank(%q) = %d, want %d", name, got, rank)
		}
		for _, spelling := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "-", "__")} {
			if got := typosquat.Check(spelling); got != nil {
				t.Errorf("Check(%q) = %+v, want nothing", spelling, got)
			}
		}
	}
	if rank < 10000 {
		t.Errorf("the list has %d names, want ten thousand at least", rank)
	}
	if got := typosquat.Rank("no-such-name-at-all"); got != 0 {
		t.Errorf("Rank of a name not on the list = %d, want 0", got)
	}
}

func TestNewPassesOverWhatIsNoName(t *testing.T) {
	detector := typosquat.New([]string{"First_Name", "", "two words", "first.name", "éclair", "second",
		strings.Repeat("x", 4096)})
	if got, want := slices.Collect(detector.Popular()), []string{"first-name", "second"}; !slices.Equal(got, want) {
		t.Errorf("Popular() = %q, want %q", got, want)
	}
	if got := typosquat.New(nil).Check("anything"); got != nil {
		t.Errorf("a detector without names says %+v", got)
	}
}

func TestCheckIsTheSameEachTime(t *testing.T) {
	one, two := typosquat.New(list()), typosquat.New(list())
	for _, name := range []string{"wobblewaer", "pythn-quaffle", "brelakum", "acorn-baskets", "dostebbinn"} {
		first := one.Check(name)
		for range 3 {
			if diff := cmp.Diff(first, two.Check(name)); diff != "" {
				t.Errorf("Check(%q) differs (-first +later):\n%s", name, diff)
			}
		}
		for i := 1; i < len(first); i++ {
			for j := range i {
				if first[i].Target == first[j].Target {
					t.Errorf("Check(%q) names %s twice", name, first[i].Target)
				}
			}
		}
	}
}

func TestCheckFromSeveralGoroutines(t *testing.T) {
	detector := typosquat.New(list())
	done := make(chan []typosquat.Suspicion)
	for range 8 {
		go func() { done <- detector.Check("wobblewaer") }()
	}
	for range 8 {
		if got := <-done; len(got) == 0 || got[0].Target != "wobbleware" {
			t.Errorf("Check = %+v", got)
		}
	}
}

// TestEnough measures the detector on the lists beside the repository; `go run
// ./bench/typosquat` prints the whole measurement.
func TestEnough(t *testing.T) {
	sets, err := measure.ReadSets(measure.DataFolder(filepath.Join("..", "..")))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	ordinary := measure.Count(sets.Ordinary, typosquat.Check)
	if share := ordinary.Share(ordinary.Flagged); share > 0.008 {
		t.Errorf("%.2f%% of the ordinary names are flagged, want 0.8%% at most", 100*share)
	}
	if share := ordinary.Share(ordinary.Blocked); share > 0.002 {
		t.Errorf("%.2f%% of the ordinary names are blocked, want 0.2%% at most", 100*share)
	}
	both := measure.Count(measure.Together("both", sets.Squats, sets.Campaign), typosquat.Check)
	if share := both.Share(both.Flagged); share < 0.80 {
		t.Errorf("%.1f%% of the imitations are flagged, want 80%% at least", 100*share)
	}
	for _, set := range []measure.Set{sets.Squats, sets.Campaign} {
		for _, one := range []bool{true, false} {
			counts := measure.Count(set.Half(one), typosquat.Check)
			if share := counts.Share(counts.Right); share < 0.60 {
				t.Errorf("%s (first half: %t): %.1f%% found with the right target, want 60%% at least", set.Title, one,
					100*share)
			}
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"wobblewaer", "a-b-c-d", "requirements.txt", "--", "\x00", "ﬀ", "x1l0o-rnmvvw",
		strings.Repeat("a", 127), strings.Repeat("py", 40)} {
		f.Add(seed)
	}
	detector := typosquat.New(list())
	f.Fuzz(func(t *testing.T, name string) {
		for _, check := range []func(string) []typosquat.Suspicion{detector.Check, typosquat.Check} {
			suspicions := check(name)
			if len(suspicions) > 3 {
				t.Errorf("Check(%q) names %d", name, len(suspicions))
			}
			for _, suspicion := range suspicions {
				if suspicion.Target == "" || suspicion.Why == "" || suspicion.Kind == "" || suspicion.Confidence == "" {
					t.Errorf("Check(%q) = %+v", name, suspicion)
				}
				if strings.ContainsFunc(suspicion.Why, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("Check(%q): why %q is not plain text", name, suspicion.Why)
				}
			}
		}
	})
}
