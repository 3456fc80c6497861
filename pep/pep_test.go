package pep

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestVersionOrder(t *testing.T) {
	// PEP 440's own example of an order, and a few beyond it.
	ordered := []string{
		"0.9", "1.dev0", "1.0.dev456", "1.0a0.dev0", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12",
		"1.0b1.dev456", "1.0b2",
		"1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5",
		"1.0+5.a", "1.0+5.0", "1.0.post456.dev34", "1.0.post456", "1.1.dev1", "1.18446744073709551616",
		"1.18446744073709551617", "1!0",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := sign(i - j)
			if got := CompareOSV(a, b); got != want {
				t.Errorf("%s %s: %d, want %d", a, b, got, want)
			}
		}
		if CompareOSV("legacy-"+a, "0.dev0") != -1 {
			t.Errorf("%q is not below every version", "legacy-"+a)
		}
	}
	for _, same := range [][2]string{{"1", "1.0.0"}, {"1.0-1", "1.0.post1"}, {"v1.0C1", "1rc1"}, {"1.0+AB-01", "1+ab.1"},
		{"0!1", "1"}, {"01", "1"}} {
		if CompareOSV(same[0], same[1]) != 0 {
			t.Errorf("%v are not equal", same)
		}
	}
}

func TestComparisonAllocatesNothing(t *testing.T) {
	a, err := ParseVersion("1!2.0.3rc1.post2.dev3+local.7")
	if err != nil {
		t.Fatal(err)
	}
	set, err := ParseSpecifiers(">=1.0,!=1.5.*,<3,~=2.0")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		b, _ := ParseVersion("1!2.0.3rc1.post2.dev4")
		_ = a.Compare(b)
		_ = set.Match(b)
		_ = set.Contains("2.7", false)
		_ = CompareOSV("1.2.3", "1.2.4")
		_ = CanonicalName("already-canonical")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSpecifierQuestions(t *testing.T) {
	for _, test := range []struct {
		text, pinned  string
		bound, prefix bool
	}{
		{"", "", false, false}, {"==1.0", "1.0", true, false}, {"== 1.0.*", "", true, false}, {"===odd one", "", false, true},
		{"===odd", "odd", true, false}, {"<2,>=1", "", true, false}, {"<2,!=1", "", false, false}, {"~=1.0", "", true, false},
		{">1", "", true, false},
		{">=1a1", "", true, false},
	} {
		set, err := ParseSpecifiers(test.text)
		if (err != nil) != test.prefix {
			t.Errorf("%q: %v", test.text, err)
		}
		if err != nil {
			continue
		}
		pinned, ok := set.Pinned()
		if pinned != test.pinned || ok != (test.pinned != "") || set.HasLowerBound() != test.bound ||
			set.Empty() != (test.text == "") {
			t.Errorf("%q: pinned %q, bound %v", test.text, pinned, set.HasLowerBound())
		}
	}
	set, _ := ParseSpecifiers(">=1a1, <2")
	if list := set.List(); len(list) != 2 || list[0].Operator != ">=" || list[0].Version != "1a1" ||
		!set.Contains("1b1", false) || set.String() != "<2,>=1a1" {
		t.Errorf("%v %v", list, set)
	}
	if set, _ = ParseSpecifiers(">=1"); set.Contains("2a1", false) || !set.Contains("2a1", true) ||
		set.Contains("odd", true) {
		t.Error("pre-releases")
	}
}

func TestMarkerExtras(t *testing.T) {
	r, err := ParseRequirement(`x; (extra == "B_b" or 'a' == extra) and python_version in "3.8 3.9"`)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Marker.Extras(); !slices.Equal(got, []string{"a", "b-b"}) {
		t.Errorf("%q", got)
	}
	holds, err := r.Marker.Evaluate(map[string]string{"python_version": "3.9"}, "c", "B.b")
	if err != nil || !holds {
		t.Errorf("%v %v", holds, err)
	}
	if _, err := r.Marker.Evaluate(nil); err == nil {
		t.Error("an environment without python_version evaluated")
	}
}

func TestFileNames(t *testing.T) {
	name, version, err := ParseWheelFilename("Foo_Bar-1.00.post1-1b-py2.py3-none-any.whl")
	if name != "foo-bar" || version != "1.0.post1" || err != nil {
		t.Errorf("%q %q %v", name, version, err)
	}
	for _, bad := range []string{"", ".whl", "foo-1.0.whl", "foo-1.0-py3-none-any.zip", "a-1-x-py3-none-any.whl",
		"a b-1-py3-none-any.whl", "-1-py3-none-any.whl", "a-1--py3-none-any.whl"} {
		if _, _, err := ParseWheelFilename(bad); err == nil {
			t.Errorf("%q was read", shorten(bad))
		}
	}
	for _, test := range []struct{ filename, project, version string }{
		{"foo__bar-1.0.tar.gz", "Foo-Bar", "1.0"}, {"foo-bar-2-1.0.zip", "foo-bar", "2-1.0"},
		{"foo-2004d.tar.bz2", "foo", "2004d"},
		{"foo-1.0-py3.7.zip", "foo", "1.0"}, {"foo-1.0.tar.gz", "fo", ""}, {"foo-1.0.exe", "foo", ""},
		{"foo-.zip", "foo", ""}, {"foo.zip", "foo", ""},
	} {
		got, err := ParseSdistFilename(test.filename, test.project)
		if got != test.version || (err == nil) != (test.version != "") {
			t.Errorf("%s of %s: %q %v", test.filename, test.project, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	for name, valid := range map[string]bool{"": false, "a": true, "A.b_c-9": true, "-a": false, "a_": false, "é": false,
		"a b": false, "a\n": false} {
		if ValidName(name) != valid {
			t.Errorf("%q: %v", name, !valid)
		}
	}
}

// A long text of anything must be answered in time linear to it: with a
// quadratic step this test would take minutes. The full run
// (THRESHER_PEP_CASES) takes ten megabytes.
func TestLongTextsEnd(t *testing.T) {
	size := 40_000
	if os.Getenv("THRESHER_PEP_CASES") != "" {
		size = 10 << 20
	}
	for _, unit := range []string{"0", "1.", "-", ".", "a", "(", "[", "a,", ",", "==1,", "~=1.0,", "===a,", "\\", "'", " ",
		"\x1c", "é", "1.0-", "0.0.", "_-", "a-a", "1a1", "+a", "1+a."} {
		text := strings.Repeat(unit, size/len(unit))
		for _, head := range []string{"", "1", "1+", "a", "a[", "a;(", "a ;'", "==1", "foo-"} {
			_, _ = ParseVersion(head + text)
			_ = CompareOSV(head+text, text)
			if set, err := ParseSpecifiers(head + text); err == nil {
				_ = set.String()
				_ = set.Contains(text, true)
			}
			_, _ = ParseRequirement(head + text)
			_, _ = ParseMarker(head + text)
			_ = CanonicalName(head + text)
			_ = ValidName(head + text)
			_, _, _ = ParseWheelFilename(head + text + ".whl")
			_, _ = ParseSdistFilename(head+text+".tar.gz", "foo")
		}
	}
}

func FuzzVersion(f *testing.F) {
	for _, seed := range []string{"1.0", "1!2.0rc1.post3.dev4+local.5", "1.0-1", "v1.0c-1", "1.0+",
		"1.0a.", "legacy", ""} {
		f.Add(seed, "1.0")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if CompareOSV(a, b) != -CompareOSV(b, a) || CompareOSV(a, a) != 0 {
			t.Errorf("%q and %q are in no order", a, b)
		}
		v, err := ParseVersion(a)
		if err != nil {
			return
		}
		again, err := ParseVersion(v.String())
		if err != nil || again.Compare(v) != 0 || again.String() != v.String() {
			t.Errorf("%q becomes %q, then %q (%v)", a, v, again, err)
		}
	})
}

func FuzzSpecifiers(f *testing.F) {
	for _, seed := range []string{">=1,<2", "==1.*", "~=1.0.post1", "===odd", "!=1+a", " , "} {
		f.Add(seed, "1.0")
	}
	f.Fuzz(func(t *testing.T, text, version string) {
		set, err := ParseSpecifiers(text)
		if err != nil {
			return
		}
		again, err := ParseSpecifiers(set.String())
		if err != nil || again.String() != set.String() || again.Contains(version, true) != set.Contains(version, true) {
			t.Errorf("%q becomes %q, then %q (%v)", text, set, again, err)
		}
	})
}

func FuzzRequirement(f *testing.F) {
	for _, seed := range []string{"a", "a[b,c]>=1;python_version<'3'", "a (>=2)", "a@u", "a @ u ; extra=='b'", "a===1,b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRequirement(text)
		if err != nil || r.Marker != nil && !printable(r.Marker) {
			return
		}
		again, err := ParseRequirement(r.String())
		if err != nil || again.String() != r.String() || again.URL != r.URL {
			t.Errorf("%q becomes %q, then %q (%v)", text, r, again, err)
		}
	})
}

func FuzzMarker(f *testing.F) {
	for _, seed := range []string{`python_version < "3.9" and (os_name == 'nt' or extra=="a")`, `"x" not in sys.platform`,
		`'\x41' == extra`, "((os_name=='a'))"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMarker(text)
		if err != nil {
			return
		}
		holds, failure := m.Evaluate(exampleEnvironment, "a")
		if !printable(m) {
			return
		}
		again, err := ParseMarker(m.String())
		if err != nil || again.String() != m.String() {
			t.Fatalf("%q becomes %q, then %v (%v)", text, m, again, err)
		}
		if holdsAgain, failureAgain := again.Evaluate(exampleEnvironment, "a"); holds != holdsAgain ||
			(failure == nil) != (failureAgain == nil) {
			t.Errorf("%q holds: %v, %q: %v", text, holds, m, holdsAgain)
		}
	})
}

// printable tells a marker whose values packaging's own printing keeps: it
// writes no escapes.
func printable(m *Marker) bool {
	var walk func(expression []markerAlternative) bool
	walk = func(expression []markerAlternative) bool {
		for _, alternative := range expression {
			for _, atom := range alternative {
				if atom.group != nil && !walk(atom.group) {
					return false
				}
				both := atom.left.text + atom.right.text
				if strings.ContainsAny(both, "\\\n\r\x00") || strings.Contains(both, `"`) && strings.Contains(both, "'") {
					return false
				}
			}
		}
		return true
	}
	return walk(m.expression)
}

func BenchmarkCompareOSV(b *testing.B) {
	for b.Loop() {
		_ = CompareOSV("2.31.0", "2.32.0.post1")
	}
}

func BenchmarkContains(b *testing.B) {
	set, err := ParseSpecifiers(">=1.21.1,<3,!=2.0.*")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = set.Contains("2.2.1", false)
	}
}
