package pep

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"thresher/internal/testkit"
)

// readings of Python's, see testdata/metadata_driver.py.
type pythonReading struct {
	Fields              [][2]string `json:"fields"`
	TextFields          [][2]string `json:"text_fields"`
	Name                string      `json:"name"`
	Version             string      `json:"version"`
	Requires            []string    `json:"requires"`
	Importlib           []string    `json:"importlib"`
	PkgResources        []string    `json:"pkg_resources"`
	PkgResourcesVersion string      `json:"pkg_resources_version"`
	RequiresTxt         [][2]any    `json:"requires_txt"`
}

// askPython reads every content with one Python's email parser, its
// importlib.metadata, and the pkg_resources of one pip.
func askPython(t *testing.T, python testkit.Python, pipVersion string, contents [][]byte) []pythonReading {
	t.Helper()
	wheel := testkit.PipWheel(t, python, pipVersion)
	var input, output, failure bytes.Buffer
	for _, content := range contents {
		fmt.Fprintln(&input, base64.StdEncoding.EncodeToString(content))
	}
	command := exec.Command(python.Path, "-I", filepath.Join("testdata", "metadata_driver.py"), wheel)
	command.Stdin, command.Stdout, command.Stderr = &input, &output, &failure
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, failure.String())
	}
	answers := make([]pythonReading, len(contents))
	lines := bufio.NewReader(&output)
	for i := range contents {
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &answers[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

// oddMetadata are headers on which readers are known to differ, or were.
var oddMetadata = []string{
	"",
	"\n",
	"\nName: late\n",
	"Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b\n\nRequires-Dist: c\n",
	"Name: a\r\nVersion: 1\r\nRequires-Dist: b\r\n\r\nbody: x\r\n",
	"Name: a\rVersion: 1\rRequires-Dist: b\r\rRequires-Dist: c",
	"Name: a\r\n\rVersion: 1",
	"Name: a\n\r\nVersion: 1",
	"Name: a\nno colon here\nRequires-Dist: b\n",
	"Name: a\nwith blank: x\nRequires-Dist: b\n",
	"Name: a\nRequires-Dist : b\nRequires-Dist: c\n",
	"Name: a\n:nameless\n continued\nRequires-Dist: b\n",
	"Name: a\nRequires-Dist: b\n : c\n",
	"From me\nName: a\nRequires-Dist: b\n",
	"From me\n folded\nName: a\n",
	"Name: a\nFrom me\n folded\nRequires-Dist: b\n",
	"Name: a\nFrom me\n\nbody\n",
	"From : x\nFrom: y\nName: a\n",
	" leading\n\tcontinuation\nName: a\n",
	"\tName: b\nName: a\n",
	"NAME: a\nname: b\nREQUIRES-DIST: c\nrequires-dist: d\n",
	"Name:\nName: second\nVersion: \n  1\n",
	"Name: a\nRequires-Dist: b\n  @ https://index.example/b.whl\n",
	"Name: a\nRequires-Dist:\n  b @ https://index.example/b.whl\n",
	"Name: a\nRequires-Dist: \n\tb\n\tc @ https://index.example/c.whl\n",
	"Name: a\nRequires-Dist: b\r  c @ https://index.example/c.whl\r\n",
	"Name: a\nRequires-Dist: b\x0bc @ https://index.example/c.whl\n",
	"Name: a\nRequires-Dist: b\x0cc\x1cd\x1de\x1ef\u0085g\u2028h\u2029i\n",
	"Name: a\x0bRequires-Dist: b\n",
	"Name: a\n\x0cRequires-Dist: b\n",
	"Name: a\u0085Requires-Dist: b\n",
	"Name: a\nRequires-Dist: b #c @ https://index.example/c.whl\n",
	"Name: a\nRequires-Dist: b # c\n  d\n",
	"Name: a\nRequires-Dist: b x\\\n  c\n  d\\\n e\\\n f\n",
	"Name: a\nRequires-Dist: \\\n  c\n",
	"Name: a\nRequires-Dist: é\\\n  c\n",
	"Name: a\nRequires-Dist: #c\n",
	"Name: a\nRequires-Dist: b\x00c\n\x00Requires-Dist: d\n",
	"Name: a\x00\nVersion: 1\n",
	"\ufeffName: a\nRequires-Dist: b\n",
	"Name: a\nR\u00e9quires: x\nRequires-Dist: b\n",
	"Name: a\nRequires-Dist: b\xff\xfe\nAuthor: \xe9\n",
	"Name: a\nRequires-Dist: =?utf-8?q?b_=40_https=3A//index.example/?=\n",
	"Name: =?utf-8?b?YQ==?=\n",
	"Name: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\nRequires-Dist: b\n\n--x--\nRequires-Dist: c\n",
	"Content-Type: multipart/mixed; boundary=x\n--x\nRequires-Dist: b\n\n--x--\n",
	"Content-Type: message/rfc822\n\nName: a\nRequires-Dist: b\n",
	"Content-Type: message/delivery-status\n\nName: a\n\nRequires-Dist: b\n",
	"Content-Type: multipart/digest; boundary*0=x; boundary*1=y\n\n--xy\n\nName: a\n--xy--\n",
	"Content-Type: multipart/mixed\n\nName: a\n",
	"Name: a\nVersion: 1\n\nVersion: 2\n",
	"Name: a\nSummary: x\n  Version: 2\nVersion: 1\n",
	"Name: a\n#Version: 2\n\n version: 3\n",
	"Name: a\nDescription: x\n        |Version: 2\n  Version: 4\nVersion: 1\n",
	"Name: a\nversion:\n",
	"Name: a\nRequires-Dist: b\n   \n  c\n",
	"Name: a\nRequires-Dist: b  \t\r\nRequires-Dist: \t c\t\n",
	"Name: a\nX: " + strings.Repeat("long ", 20_000) + "\nRequires-Dist: b\n",
	"Name: a\nX: " + strings.Repeat("y", 8188-10) + "\r\nRequires-Dist: b\r\n",
	"Name: a\nX: " + strings.Repeat("y", 8187-10) + "\r\nRequires-Dist: b\r\n",
	"Name: a\nX: " + strings.Repeat("y", 8186-10) + "\r\rRequires-Dist: b\r\n",
	"b\nc>=1 # d\n[x]\ny\n[:os_name == 'nt']\nz\n[ q : os_name == 'nt' ]\n# no\nw\n[[r]]\nlast",
	"[broken\nb\n",
	"[a]b]\nc\n",
	"[]\nc\n[:]\nd\n",
}

// randomMetadata puts lines together of pieces that mean something to one
// reader or another.
func randomMetadata(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(12) {
		for range 1 + r.IntN(4) {
			b.WriteString(pick(r, "Name: ", "Version: ", "version:", "Requires-Dist: ", "requires-dist:", "Requires-Dist", ":",
				"From ", " ", "\t", "a", "b>=1", "c @ https://index.example/c", " # x", "#", `\`, ";", "[", "]", "[x]", "é", "\x00",
				"Content-Type: multipart/mixed; boundary=q", "--q", "--q--", "X-Y.z_: ", "\x7f", "\u2028", "\ufeff", "\xff",
				"\x0b", "\x1c", "~!:"))
		}
		b.WriteString(pick(r, "\n", "\n", "\n", "\r\n", "\r", "\n\n", "\x0c", "\u0085", "", "\n ", "\n\t"))
	}
	return b.String()
}

func comparedMetadata() [][]byte {
	var contents [][]byte
	for _, text := range oddMetadata {
		contents = append(contents, []byte(text))
	}
	return contents
}

// Python's own readers see the same fields, and no requirement that this one
// does not see.
func TestMetadataAgreesWithPython(t *testing.T) {
	random := newRandom()
	contents := comparedMetadata()
	for range 2 * cases(t) {
		contents = append(contents, []byte(randomMetadata(random)))
	}
	compared := 0
	for _, python := range testkit.Pythons(t) {
		// The pkg_resources of pip 20.3.4 and 23.2.1 run where these did.
		pipVersion := "23.2.1"
		switch {
		case python.Minor <= 8:
			pipVersion = "20.3.4"
		case python.Minor == 10 || python.Minor > 11:
			continue
		}
		compared++
		t.Run(python.Version, func(t *testing.T) {
			answers := askPython(t, python, pipVersion, contents)
			for i, content := range contents {
				compareMetadata(t, content, answers[i])
				if t.Failed() {
					return
				}
			}
		})
	}
	if compared == 0 {
		t.Skip("skipped: there is no python of 3.8, 3.9 or 3.11")
	}
}

func compareMetadata(t *testing.T, content []byte, python pythonReading) {
	t.Helper()
	m, err := ParseMetadata(content)
	if err != nil {
		t.Fatal(err)
	}
	got := make([][2]string, 0, len(m.Fields))
	for _, field := range m.Fields {
		got = append(got, [2]string{field.Name, latin1(field.Value)})
	}
	for _, fields := range [][][2]string{python.Fields, python.TextFields} {
		if fields == nil {
			continue
		}
		for i := range fields { // Python 3.8 to 3.13 leave line ends at the beginning
			fields[i][1] = strings.TrimLeft(fields[i][1], " \t\r\n")
		}
		if !reflect.DeepEqual(got, fields) {
			t.Errorf("%q\ngot    %q\npython %q", content, got, fields)
		}
	}
	if python.TextFields == nil {
		return // no UTF-8: pip reads no more of it
	}
	if m.Name != trimSpace(python.Name) || m.Version != trimSpace(python.Version) {
		t.Errorf("%q: %q %q, python %q %q", content, m.Name, m.Version, python.Name, python.Version)
	}
	other := python.PkgResourcesVersion
	if other != "" {
		other = trimSpace(other[len("version:"):])
	}
	if other != m.Version && m.OtherVersion != other {
		t.Errorf("%q: other version %q, pkg_resources %q", content, m.OtherVersion, other)
	}
	var known []string
	for _, value := range m.RequiresDist {
		known = append(known, readings(value)...)
	}
	for _, seen := range slices.Concat(python.Requires, python.Importlib, python.PkgResources) {
		// importlib.metadata takes blanks off each line, which means nothing
		// to a reader that takes the whole.
		bare := strings.Join(strings.FieldsFunc(seen, isSpace), " ")
		same := func(reading string) bool { return strings.Join(strings.FieldsFunc(reading, isSpace), " ") == bare }
		if !slices.ContainsFunc(known, same) {
			t.Errorf("%q: python sees the requirement %q, known are %q", content, seen, known)
		}
	}
	compareRequiresTxt(t, content, python.RequiresTxt)
}

// compareRequiresTxt asks whether each line that pkg_resources has is there,
// under its extra.
func compareRequiresTxt(t *testing.T, content []byte, sections [][2]any) {
	t.Helper()
	requires, extras := ParseRequiresTxt(content)
	for _, section := range sections {
		name, _ := section[0].(string)
		extra, _, _ := strings.Cut(name, ":")
		extra = CanonicalName(trimSpace(extra))
		lines := section[1].([]any)
		// pkg_resources takes one pair of brackets off, pip all.
		if extra != "" && !strings.ContainsAny(name, "[]") && len(lines) > 0 && !slices.Contains(extras, extra) {
			t.Errorf("%q: the extra %q is not among %q", content, extra, extras)
		}
		for _, line := range lines {
			if !slices.ContainsFunc(requires, func(r string) bool {
				return r == line ||
					strings.HasPrefix(r, line.(string)+" ; ")
			}) {
				t.Errorf("%q: the line %q is not among %q", content, line, requires)
			}
		}
	}
}

// latin1 is how the driver writes bytes.
func latin1(text string) string {
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	return string(runes)
}

func TestRequirementsOfMetadata(t *testing.T) {
	tests := []struct {
		value      string
		want       []string
		unreadable []string
	}{
		{"b>=1", []string{"b>=1"}, nil},
		{`b ; extra == "x"`, []string{`b; extra == "x"`}, nil},
		{"b\n  @ https://index.example/b.whl", []string{"b @ https://index.example/b.whl", "b"},
			[]string{"b\n  @ https://index.example/b.whl", "@ https://index.example/b.whl"}},
		{"b\n c @ https://index.example/c.whl", []string{"b", "c @ https://index.example/c.whl"},
			[]string{"b\n c @ https://index.example/c.whl", "b  c @ https://index.example/c.whl"}},
		{"b #c", []string{"b"}, []string{"b #c"}},
		{"b.*garbage", nil, []string{"b.*garbage"}},
		{"", nil, []string{""}},
	}
	for _, test := range tests {
		parsed, unreadable := ParseRequirements([]string{test.value})
		var got []string
		for _, requirement := range parsed {
			got = append(got, requirement.String())
		}
		if !slices.Equal(got, test.want) || !slices.Equal(unreadable, test.unreadable) {
			t.Errorf("%q: %q, unreadable %q", test.value, got, unreadable)
		}
	}
	endless := strings.Repeat("b\\\n", 1_000_000)
	if parsed, unreadable := ParseRequirements([]string{endless}); len(parsed) != 0 || len(unreadable) != 1 {
		t.Errorf("%d parsed and %d unreadable", len(parsed), len(unreadable))
	}
}

func TestApplies(t *testing.T) {
	environment := map[string]string{"os_name": "posix"}
	tests := []struct {
		requirement string
		extras      []string
		want        bool
		fails       bool
	}{
		{"b", nil, true, false},
		{`b; extra == "x"`, nil, false, false},
		{`b; extra == "x"`, []string{"y", "x"}, true, false},
		{`b; extra != "x"`, []string{"x"}, true, false}, // pkg_resources asks without extras as well
		{`b; os_name == "nt"`, []string{"x"}, false, false},
		{`b; sys_platform == "linux"`, nil, false, true},
	}
	for _, test := range tests {
		requirement, err := ParseRequirement(test.requirement)
		if err != nil {
			t.Fatal(err)
		}
		got, err := requirement.Applies(environment, test.extras...)
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%s with %q: %v, %v", test.requirement, test.extras, got, err)
		}
	}
}

func TestMetadataIsBounded(t *testing.T) {
	line := "Classifier: " + strings.Repeat("x", 1000) + "\n"
	long := "Name: a\n" + strings.Repeat(line, maxMetadata/len(line)+1)
	m, err := ParseMetadata([]byte(long))
	again, readError := ReadMetadata(strings.NewReader(long))
	if !errors.Is(err, ErrMetadataTooLong) || !errors.Is(readError, ErrMetadataTooLong) ||
		m.Name != "a" || again.Name != "a" {
		t.Errorf("%v, %v, %q %q", err, readError, m.Name, again.Name)
	}
	for _, endless := range []repeated{' ', 'a', ':'} {
		if _, err := ReadMetadata(endless); !errors.Is(err, ErrMetadataTooLong) {
			t.Errorf("%q: %v", byte(endless), err)
		}
	}
	broken := errors.New("broken")
	m, err = ReadMetadata(io.MultiReader(strings.NewReader("Name: a\nVersion: 1"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || m.Name != "a" {
		t.Errorf("%v %+v", err, m)
	}
}

// repeated is a reader without end.
type repeated byte

func (c repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

func FuzzMetadata(f *testing.F) {
	for _, content := range comparedMetadata() {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		whole, err := ParseMetadata(content)
		if err != nil && len(content) <= maxMetadata {
			t.Errorf("%q: %v", content, err)
		}
		// The pieces in which a reader hands over its bytes make no difference.
		whole.OtherVersion = ""
		for _, r := range []io.Reader{
			bytes.NewReader(content), iotest.OneByteReader(bytes.NewReader(content)),
			iotest.DataErrReader(bytes.NewReader(content)),
		} {
			read, readError := ReadMetadata(r)
			if !reflect.DeepEqual(whole, read) || err != readError {
				t.Errorf("%q: %+v %v, read %+v %v", content, whole, err, read, readError)
			}
		}
		requirements, unreadable := ParseRequirements(whole.RequiresDist)
		if got := len(requirements) + len(unreadable); got < len(whole.RequiresDist) {
			t.Errorf("%q: of %d values %d are accounted for", content, len(whole.RequiresDist), got)
		}
		ParseRequiresTxt(content)
	})
}

// The corpus of the fuzz target is compared with Python's readers, too.
func TestMetadataCorpusAgreesWithPython(t *testing.T) {
	python := testkit.Python{}
	for _, candidate := range testkit.Pythons(t) {
		if candidate.Minor <= 11 && candidate.Minor != 10 {
			python = candidate
		}
	}
	if python.Path == "" {
		t.Skip("skipped: there is no python of 3.8, 3.9 or 3.11")
	}
	paths, _ := filepath.Glob(filepath.Join("testdata", "fuzz", "FuzzMetadata", "*"))
	if len(paths) == 0 {
		t.Fatal("the corpus of FuzzMetadata is gone")
	}
	var contents [][]byte
	for _, path := range paths {
		contents = append(contents, testkit.CorpusBytes(t, path))
	}
	for i, answer := range askPython(t, python, "23.2.1", contents) {
		compareMetadata(t, contents[i], answer)
	}
}
