package inside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"thresher/archive"
	"thresher/index"
	"thresher/internal/testkit"
)

// made is a wheel with these files.
func made(files map[string]string) (filename string, content []byte) {
	return testkit.Distribution{Name: "x", Version: "1.0", Files: files}.Wheel()
}

// partsOf gives parts of a file, and counts them.
func partsOf(content []byte, requests *int) Ranges {
	return func(_ context.Context, offset, length int64) (Piece, error) {
		*requests++
		size := int64(len(content))
		if offset < 0 {
			offset = max(size-length, 0)
		}
		if offset > size {
			return Piece{}, errors.New("beyond its end")
		}
		return Piece{archive.Part{Offset: offset, Content: bytes.Clone(content[offset:min(offset+length, size)])}, size}, nil
	}
}

// noise cannot be compressed.
func noise(size int) string {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}

func TestContents(t *testing.T) {
	tests := []struct {
		path, text string
		kind       archive.HookKind // "" none
		runs       bool
	}{
		{"x.pth", "import os\n", archive.PathFile, true},
		{"x.pth", "import\tos", archive.PathFile, true},
		{"x.pth", "\ufeffimport os", archive.PathFile, true},
		{"x.pth", "/a\rimport os", archive.PathFile, true},
		{"x.pth", "/a\r\n# import os\r\n", archive.PathFile, false},
		{"x.pth", " import os", archive.PathFile, false},
		{"x.pth", "importlib", archive.PathFile, false},
		{"X.PTH", "import os", archive.PathFile, true},
		{"x.pth", strings.Repeat("#", maximalHook) + "\nimport os", archive.PathFile, true},
		{"x.pth", strings.Repeat("#", maximalHook+1), archive.PathFile, true}, // not read
		{"x.start", "x:run", archive.StartFile, true},
		{"sitecustomize.cpython-311.so", "", archive.SiteCustomize, true},
		{"usercustomize/__init__.pyc", "", archive.UserCustomize, true},
		{"__pycache__/sitecustomize.cpython-312.pyc", "", archive.SiteCustomize, true},
		{"x-1.0.data/purelib/x.pth", "import os", archive.PathFile, true},
		{"x-1.0.data/data/lib/python3.7/site-packages/x.pth", "import os", archive.PathFile, true},
		{"x-1.0.data/data/Lib/site-packages/x.pth", "import os", archive.PathFile, true},
		{"other.data/platlib/x.pth", "import os", archive.PathFile, true},
		{"x-1.0.data/headers/x.pth", "import os", "", false},
		{"x-1.0.data/scripts/python._pth", "import site", archive.Configuration, true},
		{"x-1.0.data/data/pyvenv.cfg", "", archive.Configuration, true},
		{"x/x.pth", "import os", "", false},
		{"x/sitecustomize.py", "", "", false},
	}
	for _, test := range tests {
		filename, content := made(map[string]string{test.path: test.text})
		whole, err := OfWheel(bytes.NewReader(content), int64(len(content)), filename)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		switch {
		case test.kind == "" && len(whole.Hooks) > 0, test.kind != "" && len(whole.Hooks) != 1:
			t.Errorf("%s: %+v", test.path, whole.Hooks)
		case test.kind != "" && (whole.Hooks[0].Kind != test.kind || whole.Hooks[0].Runs != test.runs):
			t.Errorf("%s %q: %+v, want %s, runs %t", test.path, test.text[:min(20, len(test.text))], whole.Hooks[0],
				test.kind, test.runs)
		}
	}
}

// A folder that a .pth of paths puts on Python's path holds hooks as well.
func TestHookBehindAPath(t *testing.T) {
	filename, content := made(map[string]string{"x.pth": "x/hidden\n", "x/hidden/sitecustomize.py": "1"})
	found, err := OfWheel(bytes.NewReader(content), int64(len(content)), filename)
	if err != nil || len(found.Hooks) != 2 || found.Hooks[0].Runs || !found.Hooks[1].Runs {
		t.Errorf("%+v, %v", found.Hooks, err)
	}
}

// What setuptools writes for namespace packages runs nothing of the
// distribution's own; whatever differs from it does.
func TestNamespaceFiles(t *testing.T) {
	const line = "import sys, types, os;has_mfs = sys.version_info > (3, 5);" +
		"p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('acme', 'data'));" +
		"importlib = has_mfs and __import__('importlib.util');has_mfs and __import__('importlib.machinery');" +
		"m = has_mfs and sys.modules.setdefault('acme.data', importlib.util.module_from_spec(" +
		"importlib.machinery.PathFinder.find_spec('acme.data', [os.path.dirname(p)])));" +
		"m = m or sys.modules.setdefault('acme.data', types.ModuleType('acme.data'));" +
		"mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)"
	const nested = line + ";m and setattr(sys.modules['acme'], 'data', m)\n"
	single := strings.NewReplacer("('acme', 'data')", "('acme',)", "'acme.data'", "'acme'").Replace(line) + "\n"
	for text, want := range map[string]bool{
		single:          true,
		nested:          true,
		single + nested: true,
		strings.Replace(single, "importlib.util", "acme.evil", 1): false,
		single + "import evil\n":                                  false,
		strings.Replace(single, "mp.append(p)", "evil()", 1):      false,
		strings.Replace(single, "\n", ";import evil\n", 1):        false,
		strings.Replace(single, "\n", "\r\n", 1):                  false,
		"import os\n":                                             false, "": false,
	} {
		if got := isNamespace([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// Parts of a wheel show what the whole does, in as few requests as promised.
func TestAhead(t *testing.T) {
	many := map[string]string{"x.pth": "import os"}
	for i := range 4000 {
		many[fmt.Sprintf("x/some/folder/with/a/long/name/module_%d.py", i)] = ""
	}
	large := map[string]string{"x/data.bin": noise(1 << 20), "zzz.pth": "import os"}
	front := map[string]string{"aaa.pth": "import os", "x/data.bin": noise(1 << 20)}
	for _, test := range []struct {
		name     string
		files    map[string]string
		size     bool // the page says it
		requests int
	}{
		{"small", map[string]string{"x.pth": "import os"}, true, 1},
		{"small, of unknown size", map[string]string{"x.pth": "import os"}, false, 1},
		{"large", large, true, 1},
		{"large, of unknown size", large, false, 1},
		{"large, the hook in front", front, true, 2},
		{"a large directory", many, true, 3},
	} {
		filename, content := made(test.files)
		size, requests := int64(0), 0
		if test.size {
			size = int64(len(content))
		}
		want, err := OfWheel(bytes.NewReader(content), int64(len(content)), filename)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Ahead(t.Context(), filename, size, partsOf(content, &requests), true)
		if err != nil || !reflect.DeepEqual(got, want) || len(got.Hooks) != 1 {
			t.Errorf("%s: %+v, want %+v (%v)", test.name, got, want, err)
		}
		if requests > test.requests {
			t.Errorf("%s: %d requests", test.name, requests)
		}
		if _, err := Ahead(t.Context(), filename, int64(len(content))+1, partsOf(content, &requests), true); err == nil {
			t.Errorf("%s: its size is another than was promised", test.name)
		}
	}
}

func TestMetadata(t *testing.T) {
	distribution := testkit.Distribution{Name: "x", Version: "1.0", Requires: []string{"y>=2"},
		Files: map[string]string{"x/data.bin": noise(1 << 20), "x/x-1.0.dist-info/METADATA": "Name: another"}}
	_, content := distribution.Wheel()
	requests := 0
	got, err := Metadata(t.Context(), int64(len(content)), partsOf(content, &requests))
	if err != nil || string(got) != distribution.MetadataText() || requests > 2 {
		t.Errorf("%q after %d requests: %v", got, requests, err)
	}
	if _, err := Metadata(t.Context(), int64(len(content))+1, partsOf(content, &requests)); err == nil {
		t.Error("its size is another than was promised")
	}
}

// What a server answers is what was asked for, or an error.
func TestOverHTTP(t *testing.T) {
	filename, content := made(map[string]string{"x.pth": "import os", "x/data.bin": noise(1 << 20)})
	answers := map[string]http.HandlerFunc{
		"ranges": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		},
		"whole": func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(content) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, strings.Replace(r.URL.Path, "redirect", "ranges", 1), http.StatusFound)
		},
		"loop": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"begin": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-99/%d", len(content)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content[:100])
		},
		"cut": func(w http.ResponseWriter, r *http.Request) {
			var first, last int
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(content)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content[first : first+10])
		},
		"missing": http.NotFound,
		"nonsense": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 5-1/x")
			w.WriteHeader(http.StatusPartialContent)
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[strings.Trim(r.URL.Path, "/")](w, r)
	}))
	defer server.Close()
	client, err := index.New(index.Config{Netrc: "-", KeyringProvider: "disabled"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name := range answers {
		ranges := OverHTTP(client.Open, func(ctx context.Context, asked, location string) (string, error) {
			return client.Redirected(ctx, asked, location, []string{server.URL})
		}, server.URL+"/"+name, server.URL)
		found, err := Ahead(t.Context(), filename, int64(len(content)), ranges, true)
		good := name == "ranges" || name == "redirect"
		if good != (err == nil) || good && len(found.Hooks) != 1 {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
		if (name == "whole") != errors.Is(err, ErrNoRanges) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVouching(t *testing.T) {
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	release := func(version string, days int, yanked bool) Release {
		file := &index.File{Filename: "x-" + version + "-py3-none-any.whl", Yanked: yanked}
		if days >= 0 {
			file.UploadTime = now.Add(-time.Duration(days) * 24 * time.Hour)
		}
		return Release{version, file}
	}
	source := release("1.5", 200, false)
	source.File = &index.File{Filename: "x-1.5.tar.gz", UploadTime: source.File.UploadTime}
	foreign := release("1.4", 300, false)
	foreign.File = &index.File{Filename: "x-1.4-cp311-cp311-win_amd64.whl", UploadTime: foreign.File.UploadTime}
	for _, test := range []struct {
		name     string
		releases []Release
		allowed  string
		want     string
	}{
		{"young ones vouch for nothing", []Release{release("1.8", 20, false), release("1.7", 89, false)}, "", ""},
		{"the newest old one first", []Release{release("1.1", 900, false), release("1.3", 91, false),
			release("1.2", 100, false),
			release("1.9", 5, false), release("1.0", 1000, false)}, "", "1.3 1.2 1.1"},
		{"not one that was taken back, nor a newer one", []Release{release("1.3", 91, true), release("2.1", 400, false),
			release("2.0", 400, false), release("1.2", 91, false)}, "", "1.2"},
		{"one that is allowed", []Release{release("1.8", 20, false), release("1.2", 91, false)}, "1.8", "1.8 1.2"},
		{"wheels only", []Release{source, foreign, release("1.4", 300, false)}, "", "1.4"},
		{"without upload times the third", []Release{release("1.1", -1, false), release("1.4", -1, false),
			release("1.3", -1, false),
			release("1.2", -1, false)}, "", "1.2 1.1"},
		{"or the first", []Release{release("1.1", -1, false), release("1.4", -1, false)}, "", "1.1"},
	} {
		var got []string
		for _, r := range Vouching(test.releases, "2.0", "x-2.0-py3-none-any.whl", now,
			func(v string) bool { return v == test.allowed }) {
			got = append(got, r.Version)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
	}
	if none := Vouching([]Release{release("1.0", 200, false)}, "no version", "x", now, nil); none != nil {
		t.Errorf("%v", none)
	}
}

// The same content vouches, and nothing else does.
func TestCompare(t *testing.T) {
	hook := func(path, sum string, kind archive.HookKind) Hook {
		return Hook{Path: path, SHA256: sum, Kind: kind, Runs: true}
	}
	one := Release{"1", &index.File{}}
	for _, test := range []struct {
		name        string
		hook, known Hook
		seen, other string
	}{
		{"the same", hook("x.pth", "a", archive.PathFile), hook("x.pth", "a", archive.PathFile), "1", ""},
		{"another version in its name", hook("x-2.pth", "a", archive.PathFile), hook("x-1.pth", "a", archive.PathFile), "1",
			""},
		{"changed", hook("x.pth", "b", archive.PathFile), hook("x.pth", "a", archive.PathFile), "", "1"},
		{"too large to read", hook("x.pth", "", archive.PathFile), hook("x.pth", "", archive.PathFile), "", "1"},
		{"a module of another name", hook("sitecustomize.py", "a", archive.SiteCustomize),
			hook("sitecustomize/x.py", "a", archive.SiteCustomize), "", ""},
		{"of another kind", hook("x.pth", "a", archive.PathFile), hook("x.start", "a", archive.StartFile), "", ""},
	} {
		standings, compared := Compare([]Hook{test.hook}, []Release{one}, func(Release) (Contents, bool) {
			return Contents{Hooks: []Hook{test.known}}, true
		})
		if standings[0].Seen != test.seen || standings[0].Other != test.other || compared != "1" {
			t.Errorf("%s: %+v", test.name, standings[0])
		}
	}
	standings, compared := Compare([]Hook{hook("x.pth", "a", archive.PathFile)}, []Release{one},
		func(Release) (Contents, bool) {
			return Contents{}, false
		})
	if standings[0].Seen != "" || compared != "" {
		t.Errorf("a release that could not be read: %+v, %q", standings, compared)
	}
}

func TestNewPayloads(t *testing.T) {
	native, huge := Payload{Path: "a.so", Kind: archive.NativeCode}, Payload{Path: "b.js", Kind: archive.HugeMember}
	for _, test := range []struct {
		now, before []Payload
		want        int
	}{
		{[]Payload{native, huge}, nil, 2},
		{[]Payload{native, huge}, []Payload{{Path: "other.so", Kind: archive.NativeCode}}, 1},
		{[]Payload{native}, []Payload{native, huge}, 0},
		{nil, []Payload{native}, 0},
	} {
		if got := NewPayloads(Contents{Payloads: test.now}, Contents{Payloads: test.before}); len(got) != test.want {
			t.Errorf("%v against %v: %v", test.now, test.before, got)
		}
	}
}

func TestKnownHooks(t *testing.T) {
	if len(knownHooks()) < 10 {
		t.Errorf("%d known hooks", len(knownHooks()))
	}
	for line := range knownHooks() {
		fields := strings.Split(line, "\t")
		if len(fields) != 3 || len(fields[2]) != 64 {
			t.Fatalf("%q", line)
		}
		hook := Hook{Path: "any.pth", Kind: archive.HookKind(fields[1]), SHA256: fields[2], Runs: true}
		if !IsKnown(fields[0], hook) || IsKnown("another", hook) {
			t.Errorf("%q", line)
		}
		hook.SHA256 = strings.Repeat("0", 64)
		if IsKnown(fields[0], hook) || IsKnown(fields[0], Hook{Kind: hook.Kind}) {
			t.Errorf("%q is known by another content", line)
		}
	}
}

// What parts show is what the whole shows, whatever the file claims.
func FuzzAhead(f *testing.F) {
	for _, files := range []map[string]string{
		{"x.pth": "import os"}, {"sitecustomize.py": "", "x-1.0.data/scripts/pip": ""},
	} {
		_, content := made(files)
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		const filename = "x-1.0-py3-none-any.whl"
		requests := 0
		ahead, aheadErr := Ahead(t.Context(), filename, int64(len(content)), partsOf(content, &requests), true)
		whole, err := OfWheel(bytes.NewReader(content), int64(len(content)), filename)
		if err == nil && (aheadErr != nil || !reflect.DeepEqual(ahead, whole)) {
			t.Errorf("%+v (%v), the whole %+v", ahead, aheadErr, whole)
		}
		if errors.Is(aheadErr, io.ErrUnexpectedEOF) {
			t.Errorf("%v", aheadErr)
		}
	})
}
