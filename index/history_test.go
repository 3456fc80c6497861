package index

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// uploads makes a page of files: "NAME DAYS_AGO FLAGS…", where flags are
// "attested", "yanked" and "undated".
func uploads(lines ...string) *Page {
	p := &Page{Name: "alpha"}
	for _, line := range lines {
		words := strings.Fields(line)
		f := File{Filename: words[0]}
		var days float64
		_, _ = fmt.Sscan(words[1], &days)
		f.UploadTime = today.Add(-time.Duration(days * 24 * float64(time.Hour)))
		for _, flag := range words[2:] {
			switch flag {
			case "attested":
				f.Provenance = "https://index.example/p"
			case "yanked":
				f.Yanked = true
			case "undated":
				f.UploadTime = time.Time{}
			}
		}
		p.Files = append(p.Files, f)
	}
	return p
}

func TestHistories(t *testing.T) {
	for _, c := range []struct {
		name string
		page *Page
		want string
	}{
		{"nothing", uploads(), "files 0 releases 0"},
		{"what is no distribution", uploads("alpha-1.0.exe 5", "beta-1.0-py3-none-any.whl 5", "README 5"),
			"files 0 releases 0"},
		{"one release", uploads("alpha-1.0.tar.gz 10", "alpha-1.0-py3-none-any.whl 9"), "files 2 releases 1 first 10 " +
			"latest 10 (1.0) year 1/1 median 0 silence 10 yanked 0.00"},
		{"spellings of one version", uploads("alpha-1.0.tar.gz 10", "alpha-1.0.0-py3-none-any.whl 9", "alpha-v1.0.zip 8"),
			"files 3 releases 1 first 10 latest 10 (1.0) year 1/1 median 0 silence 10 yanked 0.00"},
		{"a rhythm", uploads("alpha-1.zip 1000", "alpha-2.zip 900", "alpha-3.zip 700", "alpha-4.zip 300",
			"alpha-5.zip 100 yanked"),
			"files 5 releases 5 first 1000 latest 100 (4) year 2/3 median 200 silence 400 yanked 0.20 sdist-only"},
		{"silent since", uploads("alpha-1.zip 1000", "alpha-2.zip 900"), "files 2 releases 2 first 1000 latest 900 (2) " +
			"year 0/0 median 100 silence 900 yanked 0.00 sdist-only"},
		{"pre-releases", uploads("alpha-1.0-py3-none-any.whl 50", "alpha-2.0rc1-py3-none-any.whl 5",
			"alpha-2.0.dev1-py3-none-any.whl 4"),
			"files 3 releases 3 first 50 latest 4 (1.0) year 3/3 median 23 silence 45 yanked 0.00 wheel-only"},
		{"only pre-releases", uploads("alpha-1.0a1-py3-none-any.whl 50"), "files 1 releases 1 first 50 latest 50 (1.0a1) " +
			"year 1/1 median 0 silence 50 yanked 0.00 wheel-only"},
		{"a maintenance release after a newer one", uploads("alpha-2.0.zip 50", "alpha-1.1.zip 5"),
			"files 2 releases 2 first 50 latest 5 (1.1) year 2/2 median 45 silence 45 yanked 0.00 sdist-only"},
		{"no times", uploads("alpha-1.0.zip 0 undated", "alpha-2.0.zip 0 undated"), "files 2 releases 2 undated 2 (2.0) " +
			"year 0/0 median 0 silence 0 yanked 0.00 sdist-only"},
		{"the future", uploads("alpha-1.0.zip 10", "alpha-2.0.zip -400"), "files 2 releases 2 future 1 first 10 latest " +
			"-400 (2.0) year 2/2 median 410 silence 410 yanked 0.00 sdist-only"},
		{"attested", uploads("alpha-1.0.zip 40", "alpha-1.1.zip 30 attested", "alpha-1.2b1.zip 25", "alpha-1.2.zip "+
			"20 attested", "alpha-1.3.zip 10"),
			"files 5 releases 5 first 40 latest 10 (1.3) year 5/5 median 7.5 silence 10 yanked 0.00 sdist-only " +
				"previous attested 2"},
		{"attested still", uploads("alpha-1.1.zip 30 attested", "alpha-1.2.zip 20 attested",
			"alpha-1.2-py3-none-any.whl 20 attested"),
			"files 3 releases 2 first 30 latest 20 (1.2) year 2/2 median 10 silence 20 yanked 0.00 attested " +
				"previous attested 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := describe(Summarise(c.page, today)); got != c.want {
				t.Fatalf("\n%s, want\n%s", got, c.want)
			}
		})
	}
}

func TestReleaseKeys(t *testing.T) {
	for _, same := range [][]string{
		{"1", "1.0", "1.0.0", "v1", " 1.0 "}, {"1!2.0", "1!2"}, {"1.0rc1", "1rc1", "1.0.0c1", "1.0-RC.1"}, {"0", "0.0"},
		{"1.0.post1", "1-1"},
		{"1.0.dev0", "1.dev"}, {"1.0+a.0", "1+A-0"}, {"10", "10.0"}, {"1.10"}, {"1.0.1"}, {"nonsense"},
	} {
		first, _ := releaseKey(same[0])
		for _, other := range same {
			if key, _ := releaseKey(other); key != first {
				t.Errorf("%q: %q, %q: %q", same[0], first, other, key)
			}
		}
	}
	if a, _ := releaseKey("10"); a == "1" {
		t.Error(a)
	}
}

func describe(h History) string {
	ago := func(at time.Time) string { return fmt.Sprintf("%g", today.Sub(at).Hours()/24) }
	text := fmt.Sprintf("files %d releases %d", h.Files, len(h.Releases))
	if h.Undated > 0 {
		text += fmt.Sprintf(" undated %d", h.Undated)
	}
	if h.Future > 0 {
		text += fmt.Sprintf(" future %d", h.Future)
	}
	if !h.First.IsZero() {
		text += " first " + ago(h.First) + " latest " + ago(h.Latest)
	}
	if len(h.Releases) == 0 {
		return text
	}
	text += fmt.Sprintf(" (%s) year %d/%d median %g silence %g yanked %.2f", h.LatestVersion, h.LastYear, h.LastTwoYears,
		h.MedianInterval.Hours()/24, h.LongestSilence.Hours()/24, h.YankedShare)
	if h.WheelOnly {
		text += " wheel-only"
	}
	if h.SdistOnly {
		text += " sdist-only"
	}
	if h.LatestAttested {
		text += " attested"
	}
	if h.PreviousAttested > 0 {
		text += fmt.Sprintf(" previous attested %d", h.PreviousAttested)
	}
	return text
}

func TestLostProvenance(t *testing.T) {
	for _, c := range []struct {
		name string
		page *Page
		want string
	}{
		{"never had it", uploads("alpha-1.zip 30", "alpha-2.zip 20", "alpha-3.zip 10"), ""},
		{"always had it", uploads("alpha-1.zip 30 attested", "alpha-2.zip 20 attested", "alpha-3.zip 10 attested"), ""},
		{"lost it", uploads("alpha-1.zip 30 attested", "alpha-2.zip 20 attested", "alpha-3.zip 10"), "alpha-3.zip"},
		{"one before is not enough", uploads("alpha-1.zip 30", "alpha-2.zip 20 attested", "alpha-3.zip 10"), ""},
		{"one in all before", uploads("alpha-2.zip 20 attested", "alpha-3.zip 10"), ""},
		{"a second one does not clear the first", uploads("alpha-1.zip 30 attested", "alpha-2.zip 20 attested",
			"alpha-3.zip 10", "alpha-4.zip 9", "alpha-5.zip 8"), "alpha-3.zip alpha-4.zip alpha-5.zip"},
		{"a project that gave it up", uploads("alpha-1.zip 300 attested", "alpha-2.zip 200 attested", "alpha-3.zip 100",
			"alpha-4.zip 60", "alpha-5.zip 2"), "alpha-3.zip"},
		{"given up lately", uploads("alpha-1.zip 300 attested", "alpha-2.zip 200 attested", "alpha-3.zip 100",
			"alpha-5.zip 2"), "alpha-3.zip"},
		{"a pre-release without", uploads("alpha-1.zip 30 attested", "alpha-2.zip 20 attested", "alpha-3b1.zip 10"),
			"alpha-3b1.zip"},
		{"pre-releases do not count before", uploads("alpha-1.zip 30 attested", "alpha-2b1.zip 25", "alpha-2.zip 20 attested",
			"alpha-3.zip 10"), "alpha-3.zip"},
		{"a late file for an old release", uploads("alpha-1.zip 30 attested", "alpha-2.zip 20 attested", "alpha-3.zip "+
			"10 attested", "alpha-1-py3-none-any.whl 1"), "alpha-1-py3-none-any.whl"},
		{"wheels only have it", uploads("alpha-1.zip 30", "alpha-1-py3-none-any.whl 30 attested", "alpha-2.zip 20",
			"alpha-2-py3-none-any.whl 20 attested", "alpha-3.zip 10", "alpha-3-py3-none-any.whl 10"), ""},
		{"some files of the new one", uploads("alpha-1.zip 30 attested", "alpha-2.zip 20 attested", "alpha-3.zip 10 attested",
			"alpha-3-py3-none-any.whl 10"), "alpha-3-py3-none-any.whl"},
		{"order is by time", uploads("alpha-1.zip 30 attested", "alpha-3.zip 20 attested", "alpha-1.1.zip 10"),
			"alpha-1.1.zip"},
		{"before it began", uploads("alpha-1.zip 30", "alpha-2.zip 20 attested", "alpha-3.zip 10 attested"), ""},
		{"no times", uploads("alpha-1.zip 0 attested undated", "alpha-2.zip 0 attested undated", "alpha-3.zip 0 undated"),
			""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for name := range LostProvenance(c.page, today) {
				got = append(got, name)
			}
			sort.Strings(got)
			// The first one that was lost, long ago, stays named: it is what
			// pip would fall back to only for a pin.
			if strings.Join(got, " ") != c.want {
				t.Fatalf("%q, want %q", got, c.want)
			}
		})
	}
}
