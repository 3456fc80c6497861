package exposure

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"thresher/internal/journal"
)

func TestParseQuery(t *testing.T) {
	for text, want := range map[string]string{
		"Lite_LLM":         "lite-llm",
		"litellm==1.82.8":  "litellm==1.82.8",
		"a == 1":           "a==1",
		"a>=1,<2":          "a<2,>=1",
		"old==1.0-dirty_x": "old==1.0-dirty_x",
	} {
		if got, err := ParseQuery(text); err != nil || got.String() != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "./a", "a @ https://index.example/a.whl", "a; python_version<'3'", "a[b]", "-r", "a==", "a==1 b",
	} {
		if got, err := ParseQuery(text); !errors.Is(err, ErrQuery) {
			t.Errorf("%q was taken for %q", text, got)
		}
	}
	for _, c := range []struct {
		query, version string
		want           bool
	}{
		{"a", "1.0", true}, {"a", "nonsense", true}, {"a==1.0", "1", true}, {"a==1.0", "1.0.1", false},
		{"a==1.0", "1.0+local", false}, {"a>=1,<2", "1.5rc1", true}, {"a==nonsense", "nonsense", true}, {"a", "", false},
	} {
		query, err := ParseQuery(c.query)
		if err != nil || query.matches("a", c.version) != c.want || query.matches("b", c.version) {
			t.Errorf("%s and %q: not %v (%v)", c.query, c.version, c.want, err)
		}
	}
}

// A stay goes from the run that brought a release to the one that took it away;
// what is not known is left open.
func TestHistory(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	run := func(hour int, place string, changes ...journal.Change) journal.Entry {
		return journal.Entry{Time: at(hour), Environment: place, Changed: changes}
	}
	queries := Queries{{Canonical: "bad", exact: "1.0"}}
	stays, runs := History(queries, []journal.Entry{
		run(1, "/a", journal.Change{Name: "Bad", After: "1.0", Index: "https://index.example/simple", SHA256: "aa"}),
		run(2, "/a", journal.Change{Name: "good", After: "1.0"}),
		run(3, "/a", journal.Change{Name: "bad", Before: "1.0", After: "1.0", SHA256: "bb"}),
		run(4, "/a", journal.Change{Name: "bad", Before: "1.0", After: "2.0"}),
		run(5, "/b", journal.Change{Name: "bad", Before: "1.0"}),
		run(6, "/a", journal.Change{Name: "bad", Before: "2.0", After: "1.0", URL: "file:///srv/bad"}),
		{Time: at(7), Environment: "/a", Target: "/t", Changed: []journal.Change{{Name: "bad", After: "1.0"}}},
	}, "")
	var got []string
	for _, s := range stays {
		got = append(got, fmt.Sprintf("%s %s %v %d-%d %s %s", s.Path, s.Version, s.Present, hourOf(s.Since), hourOf(s.Until),
			s.Index, s.SHA256))
	}
	want := []string{
		"/a 1.0 false 1-4 https://index.example/simple bb", "/b 1.0 false 0-5  ", "/a 1.0 true 6-0 file:///srv/bad ",
		"/t 1.0 true 7-0  ",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("stays:\n%q\nwant\n%q", got, want)
	}
	if len(runs) != 4 {
		t.Errorf("%d runs brought it, want 4", len(runs))
	}
}

func hourOf(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	return t.Hour()
}

// What is in a cache is told by what it is, in the form of every pip; what is
// damaged is nothing.
func TestIdentify(t *testing.T) {
	var wheel bytes.Buffer
	archive := zip.NewWriter(&wheel)
	for _, name := range []string{"bad/__init__.py", "Bad_Thing-1.0.dist-info/METADATA"} {
		if _, err := archive.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	queries := Queries{{Canonical: "bad-thing"}}
	const old = "cc=4,\x82\xa8response\x84\xa4body\xc5"
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a wheel":           {wheel.Bytes(), "bad-thing 1.0"},
		"an old entry":      {fmt.Appendf(nil, old+"%s\xa7headers\x80", wheel.Bytes()), "bad-thing 1.0"},
		"an old page":       {[]byte(old + "<html>"), " "},
		"half a wheel":      {wheel.Bytes()[:wheel.Len()/2], " "},
		"nothing":           {nil, " "},
		"a broken gzip":     {[]byte{0x1f, 0x8b, 8, 0, 1}, " "},
		"headers of newer":  {[]byte("cc=4,\x82\xa8response"), " "},
		"a page of bzip2 h": {[]byte("BZh91AY"), " "},
	} {
		path := filepath.Join(t.TempDir(), "entry")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		project, version, err := identify(path, queries)
		if got := project + " " + version; err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}

// uv's cache, in the form of uv 0.13: wheels unpacked in archive-v0, and built ones.
func TestUVCache(t *testing.T) {
	directory := t.TempDir()
	for _, path := range []string{
		"archive-v0/YGL1iHPs0u5047jE/bad_thing-1.0.dist-info/METADATA", "archive-v0/YGL1iHPs0u5047jE/bad_thing/__init__.py",
		"archive-v0/other/good-1.0.dist-info/METADATA", "archive-v0/file", "archive-v0/later/bad_thing-2.0.dist-info/RECORD",
		"sdists-v11/index/1afc/bad-thing/1.0/NwTF/bad_thing-1.0-py3-none-any.whl", "simple-v28/index/bad-thing.rkyv",
	} {
		place := filepath.Join(directory, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, failures := UVCache(Queries{{Canonical: "bad-thing", exact: "1.0"}}, directory)
	var got []string
	for _, cached := range found {
		path, err := filepath.Rel(directory, cached.Path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, filepath.ToSlash(path)+" "+cached.Name+" "+cached.Version)
	}
	want := []string{
		"archive-v0/YGL1iHPs0u5047jE bad-thing 1.0",
		"sdists-v11/index/1afc/bad-thing/1.0/NwTF/bad_thing-1.0-py3-none-any.whl bad-thing 1.0",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(failures) > 0 {
		t.Errorf("%q, %v; want %q", got, failures, want)
	}
	if found, failures := UVCache(nil, filepath.Join(directory, "none")); len(found)+len(failures) > 0 {
		t.Errorf("nothing there: %v, %v", found, failures)
	}
}
