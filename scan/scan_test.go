package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/advisory"
	"thresher/pip/option"
	"thresher/pip/source"
	"thresher/venv"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// record makes an OSV record; more are further members of it.
func record(id, name, events string, more ...string) string {
	return fmt.Sprintf(`{"id":%q,"modified":"2024-05-06T07:08:09Z","published":"2024-01-02T03:04:05Z",%s
		"affected":[{"package":{"ecosystem":"PyPI","name":%q},"ranges":[{"type":"ECOSYSTEM","events":[%s]}]}]}`,
		id, strings.Join(append(more, ""), ","), name, events)
}

const (
	high   = `"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]` // 7.5
	medium = `"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}]` // 5.3
)

var records = []string{
	record("PYSEC-1", "web", `{"introduced":"0"},{"fixed":"2.0"}`, high, `"aliases":["CVE-1","GHSA-1"]`,
		`"summary":"Reads any file"`),
	record("GHSA-1", "web", `{"introduced":"0"},{"fixed":"2.0"},{"introduced":"3.0"},{"fixed":"3.1"}`,
		`"aliases":["CVE-1"]`),
	record("PYSEC-2", "web", `{"introduced":"0"},{"fixed":"1.5"}`, medium, `"summary":"Slow\u001b[31m red \u202egnp"`),
	record("PYSEC-3", "nofix", `{"introduced":"0"}`),
	record("MAL-4", "evil", `{"introduced":"0"}`, `"summary":"Malicious code in evil"`),
	record("PYSEC-5", "lib", `{"introduced":"0"},{"fixed":"1.1"}`, medium),
}

func database(t testing.TB) *advisory.Database {
	t.Helper()
	dir := t.TempDir()
	var lines bytes.Buffer
	for _, r := range records {
		if err := json.Compact(&lines, []byte(r)); err != nil {
			t.Fatal(err)
		}
		lines.WriteByte('\n')
	}
	source, path := filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "x.db")
	if err := os.WriteFile(source, lines.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := advisory.Import(context.Background(), path,
		advisory.Source{Path: source, Now: now.Add(-2 * time.Hour)}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := advisory.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func installed(name, version string, requires ...string) venv.Distribution {
	return venv.Distribution{Name: name, Canonical: name, Version: version, Requires: requires,
		Path: "/site/" + name + ".dist-info"}
}

func run(t testing.TB, in Input) Result {
	t.Helper()
	in.Now = now
	result, err := Scan(in)
	if err != nil {
		t.Fatal(err)
	}
	// The age of the shared records is not what these tests are about.
	result.AsOf = now.Add(-2 * time.Hour)
	return result
}

func TestFailOn(t *testing.T) {
	d := database(t)
	web := installed("web", "1.0")
	pin := []source.Requirement{{Canonical: "web", Specifier: "==1.0", MarkerApplies: true,
		Origin: option.Origin{Place: "requirements.txt:3"}}}
	only := func(names ...string) map[string]bool {
		touched := map[string]bool{}
		for _, name := range names {
			touched[name] = true
		}
		return touched
	}
	for _, test := range []struct {
		name   string
		in     Input
		status int
	}{
		{"clean", Input{Distributions: []venv.Distribution{installed("web", "2.0"), installed("other", "1")}}, 0},
		{"fixable", Input{Distributions: []venv.Distribution{web}}, 21},
		{"fixable, after an install, by the next upgrade",
			Input{Distributions: []venv.Distribution{web}, Upgrading: true}, 0},
		{"fixable, after an install, but pinned",
			Input{Distributions: []venv.Distribution{web}, Upgrading: true, Requirements: pin}, 21},
		{"fixable, pinned, not touched",
			Input{Distributions: []venv.Distribution{web}, Upgrading: true, Requirements: pin, Touched: only("other")},
			0},
		{"fixable, pinned, touched",
			Input{Distributions: []venv.Distribution{web}, Upgrading: true, Requirements: pin, Touched: only("web")},
			21},
		{"no fix", Input{Distributions: []venv.Distribution{installed("nofix", "1")}}, 0},
		{"no fix, any", Input{Distributions: []venv.Distribution{installed("nofix", "1")}, FailOn: FailOnAny}, 21},
		{"any, not touched",
			Input{Distributions: []venv.Distribution{installed("nofix", "1")}, FailOn: FailOnAny, Touched: only()}, 0},
		{"unknown severity counts as at the threshold",
			Input{Distributions: []venv.Distribution{installed("nofix", "1")}, FailOn: FailOnCritical}, 21},
		{"below the threshold", Input{Distributions: []venv.Distribution{web}, FailOn: FailOnCritical}, 0},
		{"at the threshold", Input{Distributions: []venv.Distribution{web}, FailOn: FailOnHigh}, 21},
		{"above the threshold", Input{Distributions: []venv.Distribution{web}, FailOn: FailOnLow}, 21},
		{"medium is not high", Input{Distributions: []venv.Distribution{installed("lib", "1.0")}, FailOn: FailOnHigh},
			0},
		{"none", Input{Distributions: []venv.Distribution{web, installed("nofix", "1")}, FailOn: FailOnNone}, 0},
		{"not offered", Input{Distributions: []venv.Distribution{web},
			Offered: map[string][]string{"web": {"1.0", "1.4"}}}, 0},
		{"malware", Input{Distributions: []venv.Distribution{installed("evil", "1")}}, 20},
		{"malware, whatever is set",
			Input{Distributions: []venv.Distribution{installed("evil", "1"), web}, FailOn: FailOnNone, Touched: only(),
				Ignores: []Ignore{{ID: "MAL-4", Reason: "no"}}}, 20},
		{"malware that an answer lets stand", Input{Distributions: []venv.Distribution{installed("evil", "1.0")},
			Ignores: []Ignore{{Package: "evil", Release: "1", Reason: "a false alarm"}}}, 0},
		{"another release of it", Input{Distributions: []venv.Distribution{installed("evil", "2")},
			Ignores: []Ignore{{Package: "evil", Release: "1", Reason: "a false alarm"}}}, 20},
		{"an answer to malware is none to vulnerabilities", Input{Distributions: []venv.Distribution{web},
			Ignores: []Ignore{{Package: "web", Release: "1.0", Reason: "a false alarm"}}}, 21},
		{"shadowed", Input{Distributions: []venv.Distribution{{Name: "web", Canonical: "web", Version: "1.0",
			Shadowed: true}}}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.in.Database = d
			result := run(t, test.in)
			if result.Status() != test.status {
				t.Errorf("status %d, want %d: %+v", result.Status(), test.status, result)
			}
		})
	}
	// An answer to malware is told whenever it is used, and is no word when not.
	allowed := Ignore{Package: "evil", Release: "1.0", Reason: "a false alarm", Place: "policy.toml:3"}
	for name, told := range map[string]bool{"evil": true, "web": false} {
		result := run(t, Input{Database: d, Distributions: []venv.Distribution{installed(name, "1.0")},
			Ignores: []Ignore{allowed}})
		text := strings.Join(Text([]Result{result}, TextOptions{}), "\n")
		if strings.Contains(text, "evil 1.0 is malware, and allowed by policy.toml:3: a false alarm") != told ||
			len(result.UnusedIgnores) > 0 {
			t.Errorf("%s: %s", name, text)
		}
	}
	for _, text := range []string{"fixable", "any", "low", "medium", "high", "critical", "none", ""} {
		if _, err := ParseFailOn(text); err != nil {
			t.Error(err)
		}
	}
	if _, err := ParseFailOn("High"); !errors.Is(err, ErrFailOn) {
		t.Errorf("%v", err)
	}
}

func TestHoldsAndPaths(t *testing.T) {
	d := database(t)
	for _, test := range []struct {
		name  string
		in    Input
		path  string
		place string
		holds []Hold
	}{
		{"nothing known", Input{Distributions: []venv.Distribution{installed("web", "1.0")}}, "web", "", nil},
		{"asked for", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Requirements: []source.Requirement{{Canonical: "web", Specifier: ">=1", MarkerApplies: true,
				Origin: option.Origin{Place: "r.txt:1"}}}}, "web", "r.txt:1",
			nil},
		{"pin", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Requirements: []source.Requirement{{Canonical: "web", Specifier: "==1.0", MarkerApplies: true,
				Origin: option.Origin{Place: "r.txt:1"}}}},
			"web", "r.txt:1", []Hold{{Kind: HeldByPin, Place: "r.txt:1", Requirement: "web==1.0"}}},
		{"bound in a constraint", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Requirements: []source.Requirement{{Canonical: "web", MarkerApplies: true, Origin: option.Origin{Place: "r.txt:1"}},
				{Canonical: "web", Specifier: "<2", Constraint: true, MarkerApplies: true,
					Origin: option.Origin{Place: "c.txt:9"}}}},
			"web", "r.txt:1", []Hold{{Kind: HeldByBound, Place: "c.txt:9", Requirement: "web<2"}}},
		{"constraint alone brings nothing", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Requirements: []source.Requirement{{Canonical: "web", Specifier: "==1.*", Constraint: true, MarkerApplies: true,
				Origin: option.Origin{Place: "c.txt:9"}}}},
			"web", "", []Hold{{Kind: HeldByBound, Place: "c.txt:9", Requirement: "web==1.*"}}},
		{"address", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Requirements: []source.Requirement{{Canonical: "web", URL: "https://index.example/web.whl", MarkerApplies: true,
				Origin: option.Origin{Place: "r.txt:1"}}}},
			"web", "r.txt:1", []Hold{{Kind: HeldByURL, Place: "r.txt:1", Requirement: "web"}}},
		{"parent's bound", Input{Distributions: []venv.Distribution{installed("web", "1.0"),
			installed("mid", "3", "Web (<2.0)"), installed("app", "1", "mid")},
			Requirements: []source.Requirement{{Canonical: "app", MarkerApplies: true,
				Origin: option.Origin{Place: "argument 2"}}}},
			"app mid web", "argument 2", []Hold{{Kind: HeldByParent, Parent: "mid 3", Requirement: "Web<2.0"}}},
		{"parent's bound under a marker that does not hold", Input{
			Distributions: []venv.Distribution{installed("web", "1.0"),
				installed("app", "3", `web<2; python_version < "3"`, "web>=1")},
			Markers: map[string]string{"python_version": "3.11"}}, "app web", "", nil},
		{"bound in an extra nobody asked for", Input{
			Distributions: []venv.Distribution{installed("web", "1.0"),
				installed("app", "3", `web<2; extra == "old"`)}}, "web", "", nil},
		{"bound in an extra that was asked for", Input{
			Distributions: []venv.Distribution{installed("web", "1.0"),
				installed("app", "3", `web<2; extra == "o_ld"`)},
			Requirements: []source.Requirement{{Canonical: "app", Extras: []string{"O.ld"}, MarkerApplies: true,
				Origin: option.Origin{Place: "r.txt:1"}}}},
			"app web", "r.txt:1", []Hold{{Kind: HeldByParent, Parent: "app 3", Requirement: "web<2"}}},
		{"bound in an extra that a distribution asked for", Input{
			Distributions: []venv.Distribution{installed("web", "1.0"), installed("app", "3", `web<2; extra == "old"`),
				installed("top", "1", "app[old]")},
			Requirements: []source.Requirement{{Canonical: "app", MarkerApplies: true, Origin: option.Origin{Place: "r.txt:1"}},
				{Canonical: "top", MarkerApplies: true, Origin: option.Origin{Place: "r.txt:2"}}}},
			"app web", "r.txt:1", []Hold{{Kind: HeldByParent, Parent: "app 3", Requirement: "web<2"}}},
		{"shortest path", Input{
			Distributions: []venv.Distribution{installed("web", "1.0"), installed("a", "1", "b"),
				installed("b", "1", "web"), installed("c", "1", "web")},
			Requirements: []source.Requirement{{Canonical: "a", MarkerApplies: true, Origin: option.Origin{Place: "r.txt:1"}},
				{Canonical: "c", MarkerApplies: true, Origin: option.Origin{Place: "r.txt:2"}}}},
			"c web", "r.txt:2", nil},
		{"recorded as requested", Input{
			Distributions: []venv.Distribution{installed("web", "1.0"), installed("a", "1", "web"),
				{Name: "b", Canonical: "b", Version: "1", Requires: []string{"a"}, Requested: true}}}, "b a web", "",
			nil},
		{"circle", Input{Distributions: []venv.Distribution{installed("web", "1.0", "a"), installed("a", "1", "web")}},
			"a web", "", nil},
		{"cooldown", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Held:    []HeldRelease{{Canonical: "web", Version: "2.0.0", Until: now.Add(time.Hour)}},
			Offered: map[string][]string{"web": {"1.0"}}},
			"web", "", []Hold{{Kind: HeldByCooldown, Release: "2.0.0", Until: now.Add(time.Hour)}}},
		{"an upper bound", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Held:    []HeldRelease{{Canonical: "web", Version: "2.0.0", Until: now.Add(time.Hour), Bounded: true}},
			Offered: map[string][]string{"web": {"1.0"}}},
			"web", "", []Hold{{Kind: HeldByPolicy, Release: "2.0.0", Until: now.Add(time.Hour)}}},
		{"another rule", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Held:    []HeldRelease{{Canonical: "web", Version: "2.0", Rule: "publisher"}},
			Offered: map[string][]string{"web": {"1.0"}}},
			"web", "", []Hold{{Kind: HeldByRule, Release: "2.0", Rule: "publisher"}}},
		{"another rule, of one file alone", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Held:    []HeldRelease{{Canonical: "web", Version: "2.0", Rule: "sdist"}},
			Offered: map[string][]string{"web": {"1.0", "2.0"}}}, "web", "", nil},
		{"a later release that is free", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Held:    []HeldRelease{{Canonical: "web", Version: "2.0", Until: now}},
			Offered: map[string][]string{"web": {"2.0", "2.1"}}}, "web", "",
			nil},
		{"a later release that is affected", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Held:    []HeldRelease{{Canonical: "web", Version: "2.0", Until: now}},
			Offered: map[string][]string{"web": {"2.0", "3.0"}}},
			"web", "", []Hold{{Kind: HeldByCooldown, Release: "2.0", Until: now}}},
		{"not offered", Input{Distributions: []venv.Distribution{installed("web", "1.0")},
			Offered: map[string][]string{"web": {"0.9", "1.0", "3.0"}}},
			"web", "", []Hold{{Kind: NotOffered}}},
		{"in development", Input{Distributions: []venv.Distribution{{Name: "web", Canonical: "web", Version: "1.0",
			Editable: true}}},
			"web", "", []Hold{{Kind: HeldByEditable}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.in.Database = d
			result := run(t, test.in)
			i := slices.IndexFunc(result.Subjects, func(s Subject) bool { return s.Canonical == "web" })
			s := result.Subjects[i]
			if got := strings.Join(s.Path, " "); got != test.path || s.Place != test.place {
				t.Errorf("path %q from %q, want %q from %q", got, s.Place, test.path, test.place)
			}
			if s.Fix != "2.0" {
				t.Errorf("fix %q", s.Fix)
			}
			if diff := cmp.Diff(test.holds, s.Holds); diff != "" {
				t.Errorf("holds: %s", diff)
			}
			if diff := cmp.Diff(test.holds, s.Findings[0].Holds); diff != "" {
				t.Errorf("holds of the finding: %s", diff)
			}
		})
	}
}

func TestIgnores(t *testing.T) {
	d := database(t)
	yesterday, tomorrow := now.AddDate(0, 0, -1), now.AddDate(0, 0, 1)
	for _, test := range []struct {
		name            string
		ignore          Ignore
		ignored, failed bool
		expired, unused bool
	}{
		{"by its id", Ignore{ID: "PYSEC-5", Reason: "r"}, true, false, false, false},
		{"in another spelling", Ignore{ID: "pysec-5", Reason: "r", Expires: tomorrow}, true, false, false, false},
		{"expired", Ignore{ID: "PYSEC-5", Reason: "r", Expires: yesterday}, false, true, true, false},
		{"expired this moment", Ignore{ID: "PYSEC-5", Reason: "r", Expires: now}, false, true, true, false},
		{"another package", Ignore{ID: "PYSEC-5", Reason: "r", Package: "web"}, false, true, false, true},
		{"its package", Ignore{ID: "PYSEC-5", Reason: "r", Package: "lib"}, true, false, false, false},
		{"its version", Ignore{ID: "PYSEC-5", Reason: "r", Versions: "<1.1"}, true, false, false, false},
		{"another version", Ignore{ID: "PYSEC-5", Reason: "r", Versions: ">1.0"}, false, true, false, true},
		{"versions that cannot be read", Ignore{ID: "PYSEC-5", Reason: "r", Versions: "one"}, false, true, false, true},
		{"nothing installed", Ignore{ID: "CVE-0", Reason: "r"}, false, true, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := run(t, Input{Database: d, Distributions: []venv.Distribution{installed("lib", "1.0")},
				Ignores: []Ignore{test.ignore}})
			f := result.Subjects[0].Findings[0]
			if (f.Ignored != nil) != test.ignored || f.Fails != test.failed || (f.Expired != nil) != test.expired ||
				(len(result.UnusedIgnores) == 1) != test.unused || result.Fails != test.failed {
				t.Errorf("%+v, unused %v", f, result.UnusedIgnores)
			}
		})
	}
	// Any alias will do, and of two ignores the one that counts, counts.
	result := run(t, Input{Database: d, Distributions: []venv.Distribution{installed("web", "1.9")}, Ignores: []Ignore{
		{ID: "CVE-1", Reason: "old", Expires: yesterday}, {ID: "GHSA-1", Reason: "new", Expires: tomorrow}}})
	if f := result.Subjects[0].Findings[0]; f.Ignored == nil || f.Ignored.Reason != "new" || f.Expired != nil {
		t.Errorf("%+v", f)
	}
}

func TestWithoutDatabase(t *testing.T) {
	result := run(t, Input{Distributions: []venv.Distribution{installed("web", "1.0")}})
	if result.Status() != 0 || result.HasDatabase {
		t.Errorf("%+v", result)
	}
	if got := Text([]Result{result}, TextOptions{}); len(got) != 1 || !strings.Contains(got[0], "thresher update") {
		t.Errorf("%q", got)
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, []Result{result}); err != nil || !strings.Contains(b.String(), `"advisories": null`) {
		t.Errorf("%v %s", err, b.String())
	}
}

func TestParseList(t *testing.T) {
	found, err := ParseList(strings.NewReader("\ufeff# all\nDjango==3.2.1\n\nDjango == 3.2.1\r\n" +
		"odd_One===0.1-bulbasaur\nlimnoria==2013-02-02T20:23:17+0100\na==1!2.0+x"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range found {
		got = append(got, d.Name+" "+d.Canonical+" "+d.Version)
	}
	want := []string{"Django django 3.2.1", "Django django 3.2.1", "odd_One odd-one 0.1-bulbasaur",
		"limnoria limnoria 2013-02-02T20:23:17+0100", "a a 1!2.0+x"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, line := range []string{"django", "django>=3", "-e git+https://x", "a @ file:///x", "a==", "==1",
		"a==1 ; python_version<'3'",
		"a==1 --hash=sha256:x", "a==1 # why", "a==1,<2", "a[x]==1", "a b==1",
		"x" + strings.Repeat("y", 100_000) + "==1"} {
		if _, err := ParseList(strings.NewReader("ok==1\n" + line)); err == nil ||
			!strings.Contains(err.Error(), "line 2") {
			t.Errorf("%.60s: %v", line, err)
		}
	}
}
