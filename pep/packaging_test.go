package pep

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// The tests in this file put the same questions to this package and to the
// packaging library inside real pips. THRESHER_PEP_CASES gives the number of
// random cases of each kind, 1500 by default; 60000 is the full run.

func cases(t testing.TB) int {
	text := os.Getenv("THRESHER_PEP_CASES")
	if text == "" {
		return 1500
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("THRESHER_PEP_CASES: %v", err)
	}
	return n
}

const (
	oldPip       = "23.2.1" // packaging 21.3, the last family with LegacyVersion
	newPip       = "26.3"   // packaging 26.3, the reference
	referencePip = "26.2.1" // packaging 26.2
)

type question struct {
	Ask  string `json:"ask"`
	With []any  `json:"with"`
}

// ask puts all questions to one pip's packaging, in one process.
func ask(t *testing.T, pipVersion string, questions []question) []json.RawMessage {
	t.Helper()
	python := testkit.Python{}
	for _, candidate := range testkit.Pythons(t) {
		// pip 26 asks for 3.10; a pip of 2023 still runs on 3.12.
		if candidate.Minor >= 10 && candidate.Minor <= 12 {
			python = candidate
		}
	}
	if python.Path == "" {
		t.Skip("skipped: there is no python between 3.10 and 3.12")
	}
	wheel := testkit.PipWheel(t, python, pipVersion)
	driver, err := filepath.Abs(filepath.Join("testdata", "packaging_driver.py"))
	if err != nil {
		t.Fatal(err)
	}
	var input, output, failure bytes.Buffer
	encoder := json.NewEncoder(&input)
	for _, q := range questions {
		if err := encoder.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(python.Path, "-I", driver, wheel)
	command.Stdin, command.Stdout, command.Stderr = &input, &output, &failure
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, failure.String())
	}
	var answers []json.RawMessage
	lines := bufio.NewReader(&output)
	for range questions {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, line)
	}
	return answers
}

func decode(t *testing.T, answer json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
}

func newRandom() *rand.Rand { return rand.New(rand.NewPCG(20, 7)) }

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func randomNumber(r *rand.Rand) string {
	return pick(r, "0", "1", "2", "3", "9", "10", "00", "01", "010", "20240131", "18446744073709551616",
		"99999999999999999999999999")
}

func randomRelease(r *rand.Rand) string {
	segments := []string{randomNumber(r)}
	for r.IntN(3) > 0 && len(segments) < 5 {
		segments = append(segments, pick(r, "0", "0", "1", "2", "3", randomNumber(r)))
	}
	return strings.Join(segments, ".")
}

func maybe(r *rand.Rand, oneIn int, text func() string) string {
	if r.IntN(oneIn) == 0 {
		return text()
	}
	return ""
}

func randomSuffix(r *rand.Rand) string {
	separator := func() string { return pick(r, "", "", ".", "-", "_") }
	small := func() string { return pick(r, "", "0", "1", "2", "01", "3") }
	return maybe(r, 3, func() string {
		return separator() + pick(r, "a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "A", "RC", "Alpha") +
			separator() + small()
	}) + maybe(r, 3, func() string {
		if r.IntN(3) == 0 {
			return "-" + pick(r, "0", "1", "2")
		}
		return separator() + pick(r, "post", "rev", "r", "POST", "Rev") + separator() + small()
	}) + maybe(r, 3, func() string {
		return separator() + pick(r, "dev", "DEV") + separator() + small()
	})
}

func randomLocal(r *rand.Rand) string {
	return maybe(r, 4, func() string {
		local := "+"
		for {
			local += pick(r, "1", "0", "abc", "ABC", "ubuntu", "1a", "01", "99999999999999999999999", "z")
			if r.IntN(2) == 0 {
				return local
			}
			local += pick(r, ".", "-", "_")
		}
	})
}

// randomVersion gives a text that is mostly a version of PEP 440.
func randomVersion(r *rand.Rand) string {
	text := maybe(r, 6, func() string { return pick(r, "v", "V", " ", "\u00a0") }) +
		maybe(r, 8, func() string { return pick(r, "0", "1", "2", "01") + "!" }) +
		randomRelease(r) + randomSuffix(r) + randomLocal(r) +
		maybe(r, 20, func() string { return pick(r, " ", "\n", "x", ".", "-", "_", "+", "é") })
	return text
}

// mutate changes, drops or adds a few characters.
func mutate(r *rand.Rand, text, alphabet string) string {
	letters := []rune(alphabet)
	runes := []rune(text)
	for range 1 + r.IntN(3) {
		i := r.IntN(len(runes) + 1)
		letter := letters[r.IntN(len(letters))]
		switch {
		case i == len(runes) || r.IntN(3) == 0:
			runes = append(runes[:i], append([]rune{letter}, runes[i:]...)...)
		case r.IntN(2) == 0:
			runes[i] = letter
		default:
			runes = append(runes[:i], runes[i+1:]...)
		}
	}
	return string(runes)
}

type describedVersion struct {
	Text, Public, Local, Major, Epoch string
	Release                           []string
	Pre, Dev, Post                    bool
}

func TestVersionsAgreeWithPackaging(t *testing.T) {
	for _, pipVersion := range testkit.SomeReleases(t, oldPip, referencePip, newPip) {
		t.Run(pipVersion, func(t *testing.T) {
			r := newRandom()
			var questions []question
			for range cases(t) {
				text := randomVersion(r)
				if r.IntN(3) == 0 {
					text = mutate(r, text, "0123.!+-_abcdeprstv \té\u0660")
				}
				questions = append(questions, question{"version", []any{text}})
			}
			for i, answer := range ask(t, pipVersion, questions) {
				text := questions[i].With[0].(string)
				var want *describedVersion
				decode(t, answer, &want)
				v, err := ParseVersion(text)
				if (want != nil) != (err == nil) {
					t.Errorf("%q: packaging %s, here %v", text, answer, err)
					continue
				}
				if want == nil {
					continue
				}
				got := describedVersion{v.String(), v.Public(), v.Local(), v.Major(), v.Epoch(), v.Release(), v.IsPrerelease(),
					v.IsDevRelease(), v.IsPostRelease()}
				if !reflect.DeepEqual(got, *want) {
					t.Errorf("%q: packaging %+v, here %+v", text, *want, got)
				}
			}
		})
	}
}

func TestComparisonAgreesWithPackaging(t *testing.T) {
	for _, pipVersion := range testkit.SomeReleases(t, oldPip, newPip) {
		t.Run(pipVersion, func(t *testing.T) {
			r := newRandom()
			var questions []question
			for range cases(t) {
				a := randomVersion(r)
				b := randomVersion(r)
				if r.IntN(2) == 0 {
					// Near ones, where order is decided late.
					b = mutate(r, a, "012.+-_abrcdevpost")
				}
				questions = append(questions, question{"compare", []any{a, b}})
			}
			compared := 0
			for i, answer := range ask(t, pipVersion, questions) {
				var want *int
				decode(t, answer, &want)
				textA, textB := questions[i].With[0].(string), questions[i].With[1].(string)
				a, errA := ParseVersion(textA)
				b, errB := ParseVersion(textB)
				if want == nil {
					if errA == nil && errB == nil {
						t.Errorf("%q %q: packaging knows one of them not", textA, textB)
					}
					continue
				}
				compared++
				if errA != nil || errB != nil || a.Compare(b) != *want || b.Compare(a) != -*want ||
					CompareOSV(textA, textB) != *want {
					t.Errorf("%q %q: packaging %d, here %d (%v %v)", textA, textB, *want, a.Compare(b), errA, errB)
				}
			}
			if compared < len(questions)/3 {
				t.Errorf("only %d of %d pairs were versions", compared, len(questions))
			}
		})
	}
}

func TestOSVOrderAgreesWithLegacyVersion(t *testing.T) {
	r := newRandom()
	var questions []question
	for range cases(t) {
		a := mutate(r, randomVersion(r), "0123.!+-_abcdefinlprstv @*~\u0660é")
		b := mutate(r, a, "0123.-_abcdefinlprstv@*")
		if r.IntN(4) == 0 {
			b = randomVersion(r)
		}
		questions = append(questions, question{"compare-any", []any{a, b}})
	}
	for _, pair := range [][2]string{
		{"", ""}, {"", "0"}, {"0dev", "0-pre-dev"}, {"foo", "bar"}, {"1.0-final", "1.0x"}, {"1.0.0.0x", "1.0x"},
		{"2004d", "2004c"}, {"1.0-x-pre", "1.0-x"}, {"1-1.x", "1-1x"}, {"final", ""}, {"1.final-", "1.-"},
	} {
		questions = append(questions, question{"compare-any", []any{pair[0], pair[1]}})
	}
	for i, answer := range ask(t, oldPip, questions) {
		var want int
		decode(t, answer, &want)
		a, b := questions[i].With[0].(string), questions[i].With[1].(string)
		if got := CompareOSV(a, b); got != want {
			t.Errorf("%q %q: packaging %d, here %d", a, b, want, got)
		}
		if CompareOSV(b, a) != -want {
			t.Errorf("%q %q: not the reverse", b, a)
		}
	}
}

func randomClause(r *rand.Rand) string {
	operator := pick(r, "==", "!=", "<=", ">=", "<", ">", "~=", "===")
	version := maybe(r, 10, func() string { return " " }) + maybe(r, 10, func() string { return "v" }) +
		maybe(r, 10, func() string { return pick(r, "0!", "1!") }) + randomRelease(r)
	switch {
	case (operator == "==" || operator == "!=") && r.IntN(3) == 0:
		version += ".*"
	case operator == "==" || operator == "!=" || operator == "===":
		version += randomSuffix(r) + randomLocal(r)
	default:
		version += randomSuffix(r)
	}
	return operator + version
}

func randomSpecifiers(r *rand.Rand) string {
	var clauses []string
	for range 1 + r.IntN(3) {
		clauses = append(clauses, randomClause(r))
	}
	return strings.Join(clauses, pick(r, ",", ", ", " ,"))
}

func TestSpecifiersAgreeWithPackaging(t *testing.T) {
	r := newRandom()
	var questions []question
	for range cases(t) {
		text := randomSpecifiers(r)
		if r.IntN(3) == 0 {
			text = mutate(r, text, "0123.!+-_<>=~,;)(abcdeprstv *\té")
		}
		questions = append(questions, question{"specifiers", []any{text}})
	}
	for _, text := range []string{"", ",", " ,, ", "===", "=== ", "===,>=1", "==1.*.*", "==1a1.*", "~=1", ">=1.*",
		"==1.+x", "~=1.0+x", "==\n1", "==1.0.-1", ">=1,>=1.0,==1.*,==1.0.*", "~=1.0,~=1.00,~=1.0.0"} {
		questions = append(questions, question{"specifiers", []any{text}})
	}
	for _, pipVersion := range testkit.SomeReleases(t, referencePip, newPip) {
		for i, answer := range ask(t, pipVersion, questions) {
			var want *struct{ Text string }
			decode(t, answer, &want)
			text := questions[i].With[0].(string)
			got, err := ParseSpecifiers(text)
			if (want != nil) != (err == nil) {
				t.Errorf("pip %s %q: packaging %s, here %v", pipVersion, text, answer, err)
			} else if want != nil && got.String() != want.Text {
				t.Errorf("pip %s %q: packaging %q, here %q", pipVersion, text, want.Text, got.String())
			}
		}
	}
}

// grid is every operator on versions of every kind.
func grid() (specifiers, candidates []string) {
	bases := []string{"1", "1.0", "1.1", "1.0.1", "2", "0", "1!1.0", "1.0.0.0"}
	suffixes := []string{"", "a1", "rc2", ".post0", ".post1", ".dev0", ".dev3", "a1.post1", "a1.dev1",
		".post1.dev2", "b0.post0.dev0"}
	locals := []string{"", "+abc", "+1", "+abc.2"}
	for _, base := range bases {
		for _, suffix := range suffixes {
			for _, local := range locals {
				candidates = append(candidates, base+suffix+local)
			}
			for _, operator := range []string{"==", "!=", "<", "<=", ">", ">=", "~=", "==="} {
				if operator != "~=" || strings.Contains(base, ".") {
					specifiers = append(specifiers, operator+base+suffix)
				}
			}
			specifiers = append(specifiers, "=="+base+suffix+"+abc", "!="+base+suffix+"+1", "==="+base+suffix+"+ABC")
		}
		specifiers = append(specifiers, "=="+base+".*", "!="+base+".*")
	}
	candidates = append(candidates, "3", "0.9", "1.0c1", "v1.0", "1.0-1", "1.0.0", "not a version", "1.0+ABC", " 1.0 ",
		"2024.1.1", "1.2.3.4.5.6", "")
	return specifiers, candidates
}

// sample gives all candidates in a full run, else the first of the grid, its
// odd end, and every seventh.
func sample(candidates []string) []string {
	if os.Getenv("THRESHER_PEP_CASES") != "" {
		return candidates
	}
	var few []string
	for i, candidate := range candidates {
		if i < 12 || i >= len(candidates)-12 || i%7 == 0 {
			few = append(few, candidate)
		}
	}
	return few
}

func TestSpecifierGridAgreesWithPackaging(t *testing.T) {
	specifiers, candidates := grid()
	candidates = sample(candidates)
	for _, pipVersion := range testkit.SomeReleases(t, referencePip, newPip) {
		var questions []question
		for _, text := range specifiers {
			for _, prereleases := range []bool{true, false} {
				questions = append(questions, question{"contains", []any{text, candidates, prereleases}})
			}
		}
		for i, answer := range ask(t, pipVersion, questions) {
			var want []bool
			decode(t, answer, &want)
			text, prereleases := questions[i].With[0].(string), questions[i].With[2].(bool)
			set, err := ParseSpecifiers(text)
			if err != nil {
				t.Fatal(err)
			}
			for j, candidate := range candidates {
				if got := set.Contains(candidate, prereleases); got != want[j] {
					t.Errorf("pip %s: %q in %q (pre-releases %v): packaging %v, here %v", pipVersion, candidate, text,
						prereleases, want[j], got)
				}
			}
		}
	}
}

// pip 23.2.1 is asked where PEP 440's reading did not change since: the edges
// of "<" and ">" around pre- and post-releases did, so did ".*" on versions
// with fewer segments, and it raises an error for candidates that are no versions.
func TestSpecifierGridAgreesWithOldPackaging(t *testing.T) {
	specifiers, candidates := grid()
	var valid []string
	for _, candidate := range candidates {
		if _, err := ParseVersion(candidate); err == nil {
			valid = append(valid, candidate)
		}
	}
	valid = sample(valid)
	var questions []question
	for _, text := range specifiers {
		set, err := ParseSpecifiers(text)
		if err != nil {
			t.Fatal(err)
		}
		clause := set.List()[0]
		if clause.Operator == "===" || (clause.Operator == "<" || clause.Operator == ">") &&
			(clause.version.IsPrerelease() || clause.version.post) {
			continue
		}
		questions = append(questions, question{"contains", []any{text, valid, true}})
	}
	for i, answer := range ask(t, oldPip, questions) {
		var want []bool
		decode(t, answer, &want)
		set, _ := ParseSpecifiers(questions[i].With[0].(string))
		for j, candidate := range valid {
			version, _ := ParseVersion(candidate)
			if clause := set.List()[0]; (clause.wildcard || clause.Operator == "~=") &&
				len(version.Release()) < len(clause.version.Release()) {
				continue
			}
			if got := set.Contains(candidate, true); got != want[j] {
				t.Errorf("%q in %q: packaging %v, here %v", candidate, set, want[j], got)
			}
		}
	}
}

func TestRandomSpecifierMembershipAgreesWithPackaging(t *testing.T) {
	r := newRandom()
	var questions []question
	for range cases(t) {
		text := randomSpecifiers(r)
		if _, err := ParseSpecifiers(text); err != nil {
			continue
		}
		candidates := []string{randomVersion(r), randomVersion(r)}
		set, _ := ParseSpecifiers(text)
		for _, clause := range set.List() {
			candidates = append(candidates, clause.Version, strings.TrimSuffix(clause.Version, ".*")+
				pick(r, "", ".0", ".1", ".dev1", "+local", ".post1", "rc1"))
		}
		questions = append(questions, question{"contains", []any{text, candidates, r.IntN(2) == 0}})
	}
	for i, answer := range ask(t, newPip, questions) {
		var want []bool
		decode(t, answer, &want)
		set, _ := ParseSpecifiers(questions[i].With[0].(string))
		prereleases := questions[i].With[2].(bool)
		for j, candidate := range questions[i].With[1].([]string) {
			if got := set.Contains(candidate, prereleases); got != want[j] {
				t.Errorf("%q in %q (pre-releases %v): packaging %v, here %v", candidate, set, prereleases, want[j], got)
			}
			if v, err := ParseVersion(candidate); err == nil && prereleases && !strings.Contains(set.String(), "===") &&
				set.Match(v) != want[j] {
				t.Errorf("%q matches %q: packaging %v", candidate, set, want[j])
			}
		}
	}
}

func randomMarker(r *rand.Rand, depth int) string {
	space := func() string { return pick(r, " ", " ", "", "  ", "\t") }
	variable := func() string { return markerVariables[r.IntN(len(markerVariables))] }
	value := func() string {
		quote := pick(r, `"`, `'`)
		return quote + pick(r, "3.8", "3.10", "3.8.*", "3.8.1", "posix", "linux", "3.7 3.8", "Foo_Bar", "foo-bar", "",
			"win32", "CPython", "6.1", "6.1-generic", "a,b", `\x33.8`, `\u0041`, `\d`, `a\tb`, ">=3",
			"python_version", "extra") + quote
	}
	operator := func() string {
		return pick(r, "==", "!=", "<", "<=", ">", ">=", "~=", "===", " in ", " not in ", " not  in ")
	}
	atom := func() string {
		left, right := variable(), value()
		if r.IntN(4) == 0 {
			left, right = right, left
		}
		if r.IntN(20) == 0 {
			right = variable()
		}
		return left + space() + operator() + space() + right
	}
	text := space()
	for i := 0; ; i++ {
		if depth > 0 && r.IntN(4) == 0 {
			text += "(" + randomMarker(r, depth-1) + ")"
		} else {
			text += atom()
		}
		if r.IntN(2) == 0 || i > 3 {
			return text + space()
		}
		text += pick(r, " ", "", "  ") + pick(r, "and", "or") + pick(r, " ", "", "\t")
	}
}

var exampleEnvironment = map[string]string{
	"implementation_name": "cpython", "implementation_version": "3.8.1", "os_name": "posix",
	"platform_machine": "x86_64", "platform_release": "6.1-generic", "platform_system": "Linux",
	"platform_version": "#1 SMP", "python_full_version": "3.8.1+", "platform_python_implementation": "CPython",
	"python_version": "3.8", "sys_platform": "linux",
}

func TestMarkersAgreeWithPackaging(t *testing.T) {
	r := newRandom()
	var questions []question
	for range cases(t) {
		text := randomMarker(r, 3)
		if r.IntN(4) == 0 {
			text = mutate(r, text, `0123.<>=~!()"' \andorit_é`)
		}
		questions = append(questions, question{"evaluate",
			[]any{text, exampleEnvironment, [][]string{nil, {"foo-bar"}, {"x", "Foo.Bar"}}[r.IntN(3)]}})
	}
	for _, pipVersion := range testkit.SomeReleases(t, referencePip, newPip) {
		parsed, held := 0, 0
		for i, answer := range ask(t, pipVersion, questions) {
			var want struct {
				Error, Undefined string
				Text             *string
				Holds            bool
			}
			decode(t, answer, &want)
			text, extras := questions[i].With[0].(string), questions[i].With[2].([]string)
			m, err := ParseMarker(text)
			if (want.Error == "") != (err == nil) {
				t.Errorf("pip %s %q: packaging %s, here %v", pipVersion, text, answer, err)
				continue
			}
			if err != nil {
				continue
			}
			parsed++
			if pipVersion != newPip && (strings.Contains(text, "(") || strings.Contains(text, "extra") ||
				strings.Contains(text, "groups")) {
				// 26.2 lost parentheses of parentheses, did not normalise extras
				// inside any, and took "extra" for a name on the wrong side.
				continue
			}
			quoted := pipVersion != newPip && strings.Contains(text, `"`) // which 26.2 printed without regard to inner quotes
			if want.Text != nil && m.String() != *want.Text && !quoted {
				t.Errorf("pip %s %q: packaging prints %s, here %s", pipVersion, text, *want.Text, m)
			}
			holds, err := m.Evaluate(exampleEnvironment, extras...)
			if (want.Undefined == "") != (err == nil) || err == nil && holds != want.Holds {
				t.Errorf("pip %s %q with %q: packaging %s, here %v %v", pipVersion, text, extras, answer, holds, err)
			}
			if holds {
				held++
			}
		}
		if parsed < len(questions)/2 || held < len(questions)/50 {
			t.Errorf("pip %s: only %d of %d parsed, %d held", pipVersion, parsed, len(questions), held)
		}
	}
}

func randomRequirement(r *rand.Rand) string {
	space := func() string { return pick(r, "", "", " ", "  ", "\t") }
	text := space() + pick(r, "foo", "Foo.Bar", "foo_bar", "f", "A-1", "foo_", "9x") + space()
	text += maybe(r, 3, func() string {
		return pick(r, "[]", "[a]", "[a,b]", "[ b , a ]", "[a.b,A_c]", "[a b]", "[a,]", "[,a]", "[a-]") + space()
	})
	switch r.IntN(5) {
	case 0:
	case 1:
		text += "@" + space() + pick(r, "https://index.example/x.whl", "file:///x.whl", "./x.whl",
			"git+https://g.example/x@v1#egg=foo", "x;y")
	case 2:
		text += "(" + space() + randomSpecifiers(r) + space() + ")"
	default:
		text += randomSpecifiers(r)
	}
	return text + space() + maybe(r, 3, func() string { return space() + ";" + randomMarker(r, 1) })
}

func TestRequirementsAgreeWithPackaging(t *testing.T) {
	r := newRandom()
	var questions []question
	for range cases(t) {
		text := randomRequirement(r)
		if r.IntN(4) == 0 {
			text = mutate(r, text, "0123.<>=~!()[]@;,\"' \t\nandorxé_-*+")
		}
		questions = append(questions, question{"requirement", []any{text}})
	}
	for _, text := range []string{"", " ", "foo", "foo\n", "foo;", "foo ()", "foo (>=2)", "foo(>=2,<3)", "foo >=2,",
		"foo==1.0,==", "foo @ u\n", "foo@u ;python_version>'3'", "foo===1,2", "foo===1,>=2", "foo-", "foo.", "-foo", "foo[a",
		"foo[a]]", "foo @", "foo @ a b", "é", "foo\u00a0", "foo>=1 # x", "foo>=1;extra=='A_b'"} {
		questions = append(questions, question{"requirement", []any{text}})
	}
	for _, pipVersion := range testkit.SomeReleases(t, referencePip, newPip) {
		parsed := 0
		for i, answer := range ask(t, pipVersion, questions) {
			var want struct {
				Error, Name, Specifiers, URL, Marker, Text string
				Extras                                     []string
			}
			decode(t, answer, &want)
			text := questions[i].With[0].(string)
			got, err := ParseRequirement(text)
			if (want.Error == "") != (err == nil) {
				if pipVersion == newPip && strings.HasSuffix(text, "\n") {
					continue // 26.3 takes no last line feed; earlier ones do
				}
				t.Errorf("pip %s %q: packaging %s, here %v", pipVersion, text, answer, err)
				continue
			}
			if err != nil {
				continue
			}
			parsed++
			if got.Name != want.Name || got.Specifiers.String() != want.Specifiers || got.URL != want.URL ||
				len(got.Extras)+len(want.Extras) > 0 && !reflect.DeepEqual(got.Extras, want.Extras) {
				t.Errorf("pip %s %q: packaging %s, here %+v", pipVersion, text, answer, got)
			}
			if pipVersion == newPip && got.String() != want.Text {
				t.Errorf("%q: packaging prints %q, here %q", text, want.Text, got)
			}
		}
		if parsed < len(questions)/4 {
			t.Errorf("pip %s: only %d of %d parsed", pipVersion, parsed, len(questions))
		}
	}
}

func TestFileNamesAgreeWithPip(t *testing.T) {
	r := newRandom()
	var questions []question
	for range cases(t) / 3 {
		name := pick(r, "foo", "Foo_Bar", "foo.bar", "foo-bar", "foo__bar", "9x")
		version := pick(r, "1.0", "1.0.post1", "1.0_1", "2004d", "1.0-1", "1.0+local.1", "1!2.0", "", "1.0-py3.7", "1.0-py2")
		questions = append(questions, question{"sdist", []any{name + pick(r, "-", "_", "--") + version +
			pick(r, ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".exe", ".TAR.GZ", ".tar"), pick(r, "foo", "foo-bar", name)}})
		wheel := name + "-" + version + pick(r, "", "-1", "-1abc", "-x", "-") + "-" + pick(r, "py3", "py2.py3", "cp38.CP39") +
			"-" + pick(r, "none", "abi3", "cp38") + "-" + pick(r, "any", "manylinux1_x86_64.linux_x86_64") +
			pick(r, ".whl", ".whl", ".whl", ".zip")
		questions = append(questions, question{"wheel", []any{wheel}})
	}
	for _, pipVersion := range testkit.SomeReleases(t, oldPip, newPip) {
		for i, answer := range ask(t, pipVersion, questions) {
			filename := questions[i].With[0].(string)
			if questions[i].Ask == "sdist" {
				var want *string
				decode(t, answer, &want)
				got, err := ParseSdistFilename(filename, questions[i].With[1].(string))
				if (want != nil) != (err == nil) || want != nil && *want != got {
					t.Errorf("pip %s %q of %q: pip %s, here %q %v", pipVersion, filename, questions[i].With[1], answer, got, err)
				}
				continue
			}
			var want struct {
				Error, Name, Version string
			}
			decode(t, answer, &want)
			name, version, err := ParseWheelFilename(filename)
			if err != nil && want.Error == "" {
				t.Errorf("pip %s %q: pip %s, here %v", pipVersion, filename, answer, err)
			}
			if err != nil || want.Error != "" {
				continue // what any pip reads is read here
			}
			// Old pips give the version as it is written.
			same := version == want.Version || CompareOSV(version, want.Version) == 0
			if name != want.Name || !same {
				t.Errorf("pip %s %q: pip %s, here %s %s", pipVersion, filename, answer, name, version)
			}
		}
	}
}

func TestCanonicalNamesAgreeWithPackaging(t *testing.T) {
	r := newRandom()
	var questions []question
	for range cases(t) / 3 {
		questions = append(questions, question{"canonical",
			[]any{mutate(r, pick(r, "Foo.Bar", "a--b", "__x", "foo-bar"), "-_.aBÉ1 ")}})
	}
	for i, answer := range ask(t, newPip, questions) {
		var want string
		decode(t, answer, &want)
		name := questions[i].With[0].(string)
		if got := CanonicalName(name); got != want {
			t.Errorf("%q: packaging %q, here %q", name, want, got)
		}
	}
}

func ExampleRequirement_String() {
	r, err := ParseRequirement(`Requests [socks] (>=2.0, <3) ; python_version < '3.9'`)
	fmt.Println(r, err)
	// Output: Requests[socks]<3,>=2.0; python_version < "3.9" <nil>
}
