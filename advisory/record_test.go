package advisory

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// one parses a record and gives the part about a package called "a".
func one(t testing.TB, text string) *Record {
	t.Helper()
	parsed, err := parseOSV([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if parsed.packages["a"] == nil {
		t.Fatalf("nothing about a in %s", text)
	}
	return parsed.packages["a"]
}

// osv makes a record about a package called "a".
func osv(id, affected string) string {
	return fmt.Sprintf(`{"id":%q,"modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI",`+
		`"name":"A"},%s}]}`, id, affected)
}

func ecosystem(events ...string) string {
	return `"ranges":[{"type":"ECOSYSTEM","events":[` + strings.Join(events, ",") + `]}]`
}

func TestAffects(t *testing.T) {
	tests := []struct {
		name, affected string
		in, out        []string
	}{
		{"introduced and fixed", ecosystem(`{"introduced":"1.0"}`, `{"fixed":"2.0"}`),
			[]string{"1", "1.0.0", "1.9", "2.0rc1", "2.0.dev0", "1.0+local"}, []string{"0.9", "1.0rc1", "2.0", "2", "2.0.post1",
				"2.0+local", "1!1.0", "1.5-what"}},
		{"from the beginning", ecosystem(`{"introduced":"0"}`, `{"fixed":"2.0"}`),
			[]string{"0", "0.dev0", "1.9", "not a version", ""}, []string{"2.0", "1!0"}},
		{"without an end", ecosystem(`{"introduced":"0"}`), []string{"0", "9999", "5!1", "x"}, nil},
		{"last affected", ecosystem(`{"introduced":"0"}`, `{"last_affected":"1.5"}`), []string{"1.5", "1.5.0", "0"},
			[]string{"1.5.post1", "1.5.1", "1.5+local"}},
		{"several branches in any order", ecosystem(`{"fixed":"3.1"}`, `{"introduced":"3.0"}`, `{"fixed":"2.1"}`,
			`{"introduced":"2.0"}`),
			[]string{"2.0", "3.0.5"}, []string{"1.9", "2.1", "2.9", "3.1"}},
		{"limit", ecosystem(`{"introduced":"1"}`, `{"limit":"2"}`), []string{"1", "1.9"}, []string{"2", "3", "0"}},
		{"no limit", ecosystem(`{"introduced":"1"}`, `{"limit":"*"}`), []string{"1", "3"}, []string{"0"}},
		{"events in one object", `"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"1","fixed":"2"}]}]`,
			[]string{"1.5"}, []string{"2"}},
		{"two ranges", `"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"1"},{"fixed":"2"}]},{"type":"ECOSYSTEM",` +
			`"events":[{"introduced":"3"}]}]`,
			[]string{"1.5", "3"}, []string{"2.5"}},
		{"listed", `"versions":["1.0","2.0.0","0.1-bulbasaur"]`, []string{"1", "2", "v2.0", "0.1-bulbasaur"},
			[]string{"1.1", "1.0+x", "0.1-charmander"}},
		{"listed beside a range", `"versions":["0.9","1.5"],` + ecosystem(`{"introduced":"1"}`, `{"fixed":"2"}`),
			[]string{"0.9", "1.5", "1.6"}, []string{"0.8"}},
		{"git", `"ranges":[{"type":"GIT","events":[{"introduced":"0"}]},{"type":"SEMVER","events":[{"introduced":"0"}]}]`,
			nil, []string{"1.0", "0"}},
		{"introduced only by a fix", ecosystem(`{"fixed":"2"}`), nil, []string{"1", "2"}},
		{"nothing", `"versions":[]`, nil, []string{"1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := one(t, osv("X-1", test.affected))
			for _, v := range test.in {
				if !r.Affects(v) {
					t.Errorf("%q is not affected by %+v", v, r)
				}
			}
			for _, v := range test.out {
				if r.Affects(v) {
					t.Errorf("%q is affected by %+v", v, r)
				}
			}
		})
	}
}

func TestWholeMalware(t *testing.T) {
	source := write(t, filepath.Join(t.TempDir(), "x.jsonl"), []byte(strings.Join([]string{
		osv("MAL-1", ecosystem(`{"introduced":"0"}`)), osv("MAL-2", ecosystem(`{"introduced":"0"}`, `{"fixed":"2"}`)),
		osv("MAL-3", ecosystem(`{"introduced":"1"}`)), osv("PYSEC-4", ecosystem(`{"introduced":"0"}`)),
	}, "\n")))
	ids, err := imported(t, source).WholeMalware("a")
	if err != nil || !slices.Equal(ids, []string{"MAL-1"}) {
		t.Errorf("%v %v", ids, err)
	}
}

func TestListedVersionsThatARangeCoversAreDropped(t *testing.T) {
	r := one(t, osv("X-1", `"versions":["0.9","1.0","1.5","odd-1"],`+ecosystem(`{"introduced":"1"}`, `{"fixed":"2"}`)))
	if !slices.Equal(r.Versions, []string{"0.9", "odd-1"}) {
		t.Errorf("%q", r.Versions)
	}
}

func TestParseOSV(t *testing.T) {
	text := `{"id":"PYSEC-1","modified":"2024-02-03T04:05:06.789Z","published":"2024-01-01T00:00:00Z",
		"aliases":["CVE-1","PYSEC-1","bad alias","GHSA-a-b-c"],
		"details":"## First *sentence* here\u001b[31m. Second.\n\nMore.",
		"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"},{"type":"CVSS_V3","score":"nonsense"}],
		"affected":[
			{"package":{"ecosystem":"PyPI","name":"A_.b"},"versions":["1"]},
			{"package":{"ecosystem":"PyPI","name":"a-B"},"versions":["2"],"severity":[{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}]},
			{"package":{"ecosystem":"npm","name":"other"},"versions":["1"]},
			{"package":{"ecosystem":"PyPI","name":"../x"},"versions":["1"]}],
		"unknown":{"nested":[1,2,{"a":null}]}}`
	parsed, err := parseOSV([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.packages) != 1 || parsed.foreign || parsed.withdrawn {
		t.Fatalf("%+v", parsed)
	}
	r := parsed.packages["a-b"]
	if !slices.Equal(r.Versions, []string{"1", "2"}) || !slices.Equal(r.Aliases, []string{"CVE-1", "GHSA-a-b-c"}) {
		t.Errorf("%+v", r)
	}
	if r.Summary != "First *sentence* here[31m" || r.Score != 9.3 || LevelOf(r.Score) != Critical {
		t.Errorf("%q %v", r.Summary, r.Score)
	}
	for name, text := range map[string]string{
		"not JSON":    `{"id":`,
		"no id":       `{"modified":"2024-01-01T00:00:00Z"}`,
		"strange id":  `{"id":"../../x y","modified":"2024-01-01T00:00:00Z"}`,
		"no date":     `{"id":"X-1","modified":"yesterday"}`,
		"wrong types": `{"id":"X-1","affected":"all"}`,
		"deep":        `{"id":"X-1","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
	} {
		if _, err := parseOSV([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	withdrawn, err := parseOSV([]byte(`{"id":"X-1","modified":"2024-01-01T00:00:00Z","withdrawn":"2024-01-01T00:00:00Z",` +
		`"affected":[{"package":{"ecosystem":"PyPI","name":"a"},"versions":["1"]}]}`))
	if err != nil || !withdrawn.withdrawn || len(withdrawn.packages) != 0 {
		t.Errorf("%+v %v", withdrawn, err)
	}
}

func TestScores(t *testing.T) {
	tests := []struct {
		vector string
		score  float64
		ok     bool
	}{
		{"AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5, true},
		{"(AV:N/AC:L/Au:N/C:P/I:P/A:P)", 7.5, true},
		{"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, true},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, true},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0, true},
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3, true},
		{"CVSS:3.1/AV:N", 0, false},
		{"CVSS:9.9/AV:N", 0, false},
		{"HIGH", 0, false},
		{"", 0, false},
		{"CVSS:3.1/" + strings.Repeat("A", 5000), 0, false},
	}
	for _, test := range tests {
		if score, ok := scoreOf(test.vector); score != test.score || ok != test.ok {
			t.Errorf("%.40s: %v %v, want %v %v", test.vector, score, ok, test.score, test.ok)
		}
	}
	for score, level := range map[float64]Level{0: None, 0.1: Low, 3.9: Low, 4: Medium, 6.9: Medium, 7: High, 8.9: High,
		9: Critical, 10: Critical} {
		if LevelOf(score) != level {
			t.Errorf("%v is %s", score, LevelOf(score))
		}
	}
}

func TestSummaries(t *testing.T) {
	long := strings.Repeat("word ", 100)
	for _, test := range [][3]string{
		{"A summary.", "details", "A summary"},
		{"", "One. Two.", "One"},
		{"  ", "### Impact\nLine one\nline two.\n\nSecond paragraph", "Impact Line one line two"},
		{"\x00\x1b]0;title\x07 x\u202egnp.exe\u200b \xff end", "", "]0;title xgnp.exe end"},
		{"", "", ""},
	} {
		if got := summarise(test[0], test[1]); got != test[2] {
			t.Errorf("%q %q: %q, want %q", test[0], test[1], got, test[2])
		}
	}
	if got := summarise(long, ""); len([]rune(got)) > maxSummary || !strings.HasSuffix(got, "word…") {
		t.Errorf("%q", got)
	}
}

func TestGroup(t *testing.T) {
	v3 := `"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}],` // 5.3
	record := func(id, aliases, extra, affected string) Record {
		text := osv(id, affected)
		return *one(t, strings.Replace(text, `"modified"`, extra+`"aliases":[`+aliases+`],"modified"`, 1))
	}
	records := []Record{
		record("GHSA-1", `"CVE-1"`, v3, ecosystem(`{"introduced":"0"}`, `{"fixed":"2"}`)),
		record("PYSEC-1", `"CVE-1","CVE-2"`, "", ecosystem(`{"introduced":"0"}`, `{"fixed":"3"}`, `{"introduced":"4"}`,
			`{"fixed":"4.2"}`)),
		// Not about version 1, and yet what joins the two others.
		record("GHSA-2", `"CVE-2","CVE-3"`, strings.Replace(v3, "/C:L", "/C:H", 1), ecosystem(`{"introduced":"9"}`)),
		record("OTHER-3", `"CVE-3"`, "", ecosystem(`{"introduced":"0"}`, `{"fixed":"1.5"}`)),
		record("PYSEC-9", `"CVE-9"`, "", ecosystem(`{"introduced":"0"}`)),
		record("MAL-5", ``, "", ecosystem(`{"introduced":"0"}`)),
		record("GHSA-7", `"CVE-7"`, "", ecosystem(`{"introduced":"5"}`)),
		record("GHSA-8", `"CVE-8"`, "", ecosystem(`{"introduced":"0"}`)),
		record("PYSEC-8", `"CVE-8"`, "", ecosystem(`{"introduced":"0"}`, `{"fixed":"2.5"}`)),
	}
	var got []string
	for _, v := range Group(records, "1") {
		got = append(got, fmt.Sprintf("%s aliases=%v records=%v %s fixed=%v malware=%v %s", v.ID, v.Aliases, v.Records,
			v.Severity, v.FixedIn, v.Malware, v.Link))
	}
	want := []string{
		"MAL-5 aliases=[] records=[MAL-5] unknown fixed=[] malware=true https://osv.dev/vulnerability/MAL-5",
		"PYSEC-1 aliases=[CVE-1 CVE-2 CVE-3 GHSA-1 GHSA-2 OTHER-3] records=[GHSA-1 OTHER-3 PYSEC-1] high fixed=[3 4.2] " +
			"malware=false https://osv.dev/vulnerability/PYSEC-1",
		// One record knows no fix, the other does: it is told.
		"PYSEC-8 aliases=[CVE-8 GHSA-8] records=[GHSA-8 PYSEC-8] unknown fixed=[2.5] malware=false " +
			"https://osv.dev/vulnerability/PYSEC-8",
		"PYSEC-9 aliases=[CVE-9] records=[PYSEC-9] unknown fixed=[] malware=false https://osv.dev/vulnerability/PYSEC-9",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if none := Group(records[:1], "2"); none != nil {
		t.Errorf("%+v", none)
	}
	v := Group(records, "1")[1]
	if !v.Names("cve-3") || !v.Names("PYSEC-1") || v.Names("CVE-9") || v.Names("") {
		t.Error("a vulnerability does not know its names")
	}
}

// The whole of the shared advisories, taken together.
func TestGroupsOfRealAdvisories(t *testing.T) {
	d := imported(t, shared(t, "advisories.jsonl.gz"))
	found, err := d.Vulnerabilities("django", "3.2.1")
	if err != nil || len(found) == 0 {
		t.Fatalf("%v %v", found, err)
	}
	ids := map[string]bool{}
	for _, v := range found {
		for _, id := range append(slices.Clone(v.Aliases), v.ID) {
			if ids[id] {
				t.Errorf("%s stands in two vulnerabilities", id)
			}
			ids[id] = true
		}
	}
	fix, err := d.Fixes("django", "3.2.1")
	if err != nil || fix == "" {
		t.Fatalf("%q %v", fix, err)
	}
	if left, err := d.Match("django", fix); err != nil {
		t.Fatal(err)
	} else {
		for _, r := range left {
			if ids[r.ID] {
				t.Errorf("%s is no fix of %s", fix, r.ID)
			}
		}
	}
	names, err := d.IsFix("django", "3.2.20")
	if err != nil || len(names) == 0 {
		t.Errorf("%v %v", names, err)
	}
}

func FuzzOSV(f *testing.F) {
	f.Add([]byte(osv("PYSEC-1", ecosystem(`{"introduced":"0"}`, `{"fixed":"2.0"}`)+`,"versions":["1.0","odd"]`)), "1.0")
	f.Add([]byte(osv("MAL-1", `"versions":[]`)), "x")
	f.Add([]byte(`{"id":"X-1","withdrawn":"2024-01-01T00:00:00Z"}`), "")
	f.Fuzz(func(t *testing.T, text []byte, version string) {
		parsed, err := parseOSV(text)
		if err != nil {
			return
		}
		for _, r := range parsed.packages {
			stored, err := json.Marshal([]*Record{r})
			if err != nil {
				return // a date that JSON cannot hold; the import skips it as well
			}
			again, err := decodeRecords(stored)
			if err != nil {
				t.Fatalf("%s: %v", stored, err)
			}
			// What was stored matches as what was read.
			if r.Affects(version) != again[0].Affects(version) {
				t.Errorf("%s: %q matches in one form only", stored, version)
			}
			Group(again, version)
			if strings.ContainsFunc(r.Summary+r.Link+r.ID, unprintable) {
				t.Errorf("%q %q", r.Summary, r.Link)
			}
		}
	})
}
