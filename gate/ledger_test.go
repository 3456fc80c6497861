package gate

import (
	"strings"
	"testing"
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
		{Arrived{Name: "bare", Version: "2.0.rc1", Hash: "sha256:dd"}, false},
		{Arrived{Name: "bare", Version: "2.0.rc1"}, true},
		{Arrived{Name: "odd", Version: "2004d"}, true},
		{Arrived{Name: "other", Version: "1.0", Hash: "sha256:dd"}, false},
		{Arrived{Name: "new", Version: "1.0"}, false},
	}
	for _, c := range cases {
		if got := len(Unvouched(ledger, []Arrived{c.arrived})) == 0; got != c.vouched {
			t.Errorf("%+v: vouched %t", c.arrived, got)
		}
	}
}

func TestReadings(t *testing.T) {
	cases := []struct{ filename, project, want string }{
		{"Some_App-1.0-py3-none-any.whl", "", "some-app 1.0"},
		{"Some_App-1.0-1-py3-none-any.whl", "some-app", "some-app 1.0"},
		{"some_app-1.0-py3-none-any.whl", "other", ""},
		{"app-1.0.whl", "", ""},
		{"some-app-1.0.tar.gz", "", "some-app 1.0"},
		{"some-app-1.0.tar.gz", "some-app", "some-app 1.0"},
		{"some-app-1.0.tar.gz", "some", "some app-1.0"},
		{"app-1-2.zip", "", "app-1 2, app 1-2"},
		{"app-v1.0.tgz", "", "app v1.0"},
		{"app.tar.gz", "", ""},
		{"app-1.0.exe", "", ""},
		{"-1.0.tar.gz", "", ""},
	}
	for _, c := range cases {
		var got []string
		for _, r := range readings(c.filename, c.project) {
			got = append(got, r.name+" "+r.version)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", c.filename, got, c.want)
		}
	}
}

func FuzzReadings(f *testing.F) {
	for _, seed := range []string{"a-1.0-py3-none-any.whl", "a-1.0.tar.gz", "a-b-1.zip", "-.whl",
		"a--.tar.gz", "a-1-.whl"} {
		f.Add(seed, "a")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, filename, project string) {
		for _, r := range readings(filename, project) {
			if r.version == "" || (project != "" && r.name != project) {
				t.Errorf("%q gives %+v", filename, r)
			}
		}
	})
}
