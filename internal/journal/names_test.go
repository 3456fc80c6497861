package journal

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// secretWords stand in every field of an entry that can hold words of a person's
// machine; none of them may be in a line of names.
var secretWords = []string{"anna", "s3cret", "/home", "private.example/", "because", "C:"}

func fullEntry(id string) Entry {
	return Entry{
		ID: id, Time: time.Date(2026, 11, 2, 8, 30, 0, 123456789, time.UTC), Host: "etl-7",
		Directory: "/home/anna/etl", Environment: "/home/anna/etl/.venv", Target: `C:\anna\vendored`,
		Argv: []string{
			"--cache-dir", "/home/anna/cache", "install", "-U", "-r/home/anna/requirements.txt", "-r", "s3cret.txt",
			"--index-url=https://private.example/anna", "--config-settings", "--token=s3cret", "./anna", "acme-etl==1.0",
		},
		Requested: []string{"acme-etl"},
		Findings: []Finding{
			{Subject: "acme-etl", Rule: "denied", Action: "note", Observed: "block", Evidence: "because of anna"},
			{Subject: "https://files.private.example/anna/x.whl", Rule: "direct-url", Action: "ask", Evidence: "because"},
			{Subject: "git+ssh://git@git.private.example/anna", Rule: "direct-url", Action: "ask", Evidence: "because"},
			{Subject: "/home/anna/hook.pth", Rule: "startup-hook", Action: "note", Evidence: "because"},
			{Subject: "beta @ https://private.example/anna", Rule: "direct-url", Action: "note", Evidence: "because"},
		},
		Changed: []Change{
			{Name: "acme-etl", After: "1.0", Index: "https://private.example/anna/simple", SHA256: strings.Repeat("0a", 32)},
			{Name: "beta", Before: "1.0", After: "2.0", URL: "file:///home/anna/beta", BeforeURL: `C:\anna\beta\`},
		},
		Vulnerabilities: []Vulnerability{{Name: "beta", Version: "2.0", ID: "PYSEC-2026-1"}},
		Ignored:         []Ignored{{Name: "beta", Version: "2.0", ID: "PYSEC-2026-2", Expires: "2026-12-31"}},
		Policy: []PolicyLayer{
			{
				Layer: "user", Source: "/home/anna/policy.toml", SHA256: strings.Repeat("0b", 32),
				Changed: time.Unix(0, 0).UTC(),
			},
		},
		Status: 20, Pip: "26.3", Thresher: "0.1.0",
	}
}

func TestNamesAlone(t *testing.T) {
	whole := fullEntry("0123abcd")
	names := NamesAlone(whole)
	if diff := cmp.Diff(fullEntry("0123abcd"), whole); diff != "" {
		t.Fatalf("the entry that was given changed: %s", diff)
	}
	want := whole
	want.Words, want.EnvironmentID = Names, EnvironmentID("/home/anna/etl/.venv")
	want.Directory, want.Environment, want.Target = "etl", ".venv", "vendored"
	want.Argv = []string{"--cache-dir", "install", "-U", "-r", "-r", "--index-url", "--config-settings", "--token"}
	want.Findings = []Finding{
		{Subject: "acme-etl", Rule: "denied", Action: "note", Observed: "block"},
		{Subject: "files.private.example", Rule: "direct-url", Action: "ask"},
		{Subject: "git.private.example", Rule: "direct-url", Action: "ask"},
		{Subject: "hook.pth", Rule: "startup-hook", Action: "note"},
		{Subject: "beta", Rule: "direct-url", Action: "note"},
	}
	want.Changed = []Change{
		{Name: "acme-etl", After: "1.0", Index: "private.example", SHA256: strings.Repeat("0a", 32)},
		{Name: "beta", Before: "1.0", After: "2.0", URL: "beta", BeforeURL: "beta"},
	}
	want.Policy = []PolicyLayer{
		{Layer: "user", Source: "policy.toml", SHA256: strings.Repeat("0b", 32), Changed: time.Unix(0, 0).UTC()},
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if again := NamesAlone(names); !cmp.Equal(again, names) {
		t.Errorf("it is not the same the second time: %s", cmp.Diff(names, again))
	}
}

func TestNameOf(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "alpha": "alpha", "alpha==1.0": "alpha==1.0", "fetch:alpha=files.example": "fetch:alpha=files.example",
		"https://user:pass@index.example:8443/simple/?token=1": "index.example", "file:///srv/wheels": "wheels",
		"/": "", "../anna/x/": "x", `\\server\anna\x.whl`: "x.whl", "https://[broken/anna": "",
	} {
		if got := nameOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What is collected never has more than names while the policy says so, whatever
// was written before, and what the machine itself reads has all of it.
func TestDetailsAreKeptApart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	write := func(id string, words Words) {
		t.Helper()
		entry := fullEntry(id)
		entry.Words = words
		entry.Time = entry.Time.Add(time.Duration(len(id)+int(id[7])) * time.Second)
		if err := Append(path, entry); err != nil {
			t.Fatal(err)
		}
	}
	collected := func() string {
		t.Helper()
		text := ""
		for _, part := range []string{path + ".1", path} {
			content, err := os.ReadFile(part)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			text += string(content)
		}
		return text
	}
	read := func(want string) {
		t.Helper()
		entries, broken, err := Read(path, time.Time{})
		ids := ""
		for _, entry := range entries {
			ids += entry.ID[7:]
			if entry.Words != "" || entry.Directory != "/home/anna/etl" || len(entry.Findings[0].Evidence) == 0 {
				t.Errorf("%s lacks its details: %+v", entry.ID, entry)
			}
		}
		if err != nil || broken != 0 || ids != want {
			t.Fatalf("read %s, want %s; %d broken, %v", ids, want, broken, err)
		}
	}
	write("00000001", "")
	if HasDetails(path) {
		t.Fatal("details without a switch")
	}
	if err := os.Rename(path, path+".1"); err != nil { // as a rotation does
		t.Fatal(err)
	}
	write("00000002", "")
	read("12")
	for _, id := range []string{"00000003", "00000004"} {
		write(id, Names)
		for _, word := range secretWords {
			if strings.Contains(collected(), word) {
				t.Fatalf("%q is collected: %s", word, collected())
			}
		}
	}
	read("1234")
	write("00000005", "") // switched back, and to names again
	read("12345")
	if !strings.Contains(collected(), "anna") {
		t.Fatal("no word although the policy lets all of them stand")
	}
	write("00000006", Names)
	if strings.Contains(collected(), "anna") || strings.Count(collected(), "\n") != 1 {
		t.Fatalf("collected: %s", collected())
	}
	read("123456")
	info, err := os.Stat(DetailsOf(path))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
}
