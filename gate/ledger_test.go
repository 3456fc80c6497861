package gate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

func TestUnvouched(t *testing.T) {
	ledger := []Entry{
		{Name: "some-app", Version: "1.0", Hashes: map[string]string{"sha256": "aa"}},
		{Name: "some-app", Version: "1.0", Hashes: map[string]string{"sha256": "bb"}},
		{Name: "bare", Version: "2.0rc1"},
		{Name: "odd", Version: "2004d"},
		{Name: "other", Version: "1.0", Hashes: map[string]string{"md5": "cc"}},
	}
	cases := []struct {
		arrived Arrived
		vouched bool
	}{
		{Arrived{Name: "Some.App", Version: "1.0"}, true},
		{Arrived{Name: "some_app", Version: "1.00.0"}, true},
		{Arrived{Name: "some-app", Version: "1.0", Hash: "sha256:BB"}, true},
		{Arrived{Name: "some-app", Version: "1.0", Hash: "sha256=aa"}, true},
		{Arrived{Name: "some-app", Version: "1.0", Hash: "sha256:cc"}, false},
		{Arrived{Name: "some-app", Version: "1.1"}, false},
		{Arrived{Name: "bare", Version: "2.0.rc1", Hash: "sha256:dd"}, true},
		{Arrived{Name: "odd", Version: "2004d"}, true},
		{Arrived{Name: "other", Version: "1.0", Hash: "sha256:dd"}, true},
		{Arrived{Name: "new", Version: "1.0"}, false},
	}
	for _, c := range cases {
		if got := len(Unvouched(ledger, []Arrived{c.arrived})) == 0; got != c.vouched {
			t.Errorf("%+v: vouched %t", c.arrived, got)
		}
	}
}

func TestVouchFolder(t *testing.T) {
	dir := t.TempDir()
	wheel, content := testkit.Distribution{Name: "some-app", Version: "1.0"}.Wheel()
	sdist, archive := testkit.Distribution{Name: "zope.interface", Version: "2.0rc1"}.Sdist()
	for name, content := range map[string][]byte{wheel: content, sdist: archive, "notes.txt": nil, "nothing.zip": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder-1.0.tar.gz"), 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := VouchFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name+" "+entry.Version)
	}
	if want := []string{"some-app 1.0", "zope-interface 2.0rc1"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if entries[0].Hashes["sha256"] != sha256Of(content) {
		t.Errorf("hash %v", entries[0].Hashes)
	}
	if _, err := VouchFolder(filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing folder gives no error")
	}
	if _, err := VouchFile(filepath.Join(dir, "notes.txt")); err == nil || !strings.Contains(err.Error(), "neither a wheel nor a source archive") {
		t.Errorf("error %v", err)
	}
	if _, err := VouchFile(filepath.Join(dir, "gone-1.0.tar.gz")); err == nil {
		t.Error("a missing file gives no error")
	}
}

func FuzzDistribution(f *testing.F) {
	for _, seed := range []string{"a-1.0-py3-none-any.whl", "a-1.0.tar.gz", "a-b-1.zip", "-.whl", "a--.tar.gz", "a-1-.whl"} {
		f.Add(seed, "a")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, filename, project string) {
		name, version, _, ok := distribution(filename, project)
		if ok && (name == "" && project != "" || version == "") {
			t.Errorf("%q gives %q %q", filename, name, version)
		}
	})
}
