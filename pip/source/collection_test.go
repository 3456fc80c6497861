package source

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

var testMarkers = map[string]string{
	"implementation_name": "cpython", "implementation_version": "3.11.7", "os_name": "posix",
	"platform_machine": "x86_64",
	"platform_release": "6.1", "platform_system": "Linux", "platform_version": "1", "python_full_version": "3.11.7",
	"platform_python_implementation": "CPython", "python_version": "3.11", "sys_platform": "linux",
}

// collection starts a collection in dir for a pip release.
func collection(t testing.TB, dir, version string, environ ...string) *Collection {
	t.Helper()
	table, ok := option.Embedded(version)
	if !ok {
		t.Fatalf("no table for pip %s", version)
	}
	return New(Input{
		Dir: dir, Command: "install", PipVersion: version, PythonVersion: "3.11.7",
		Environ:           append([]string{"LANG=C.UTF-8"}, environ...),
		MarkerEnvironment: func() (map[string]string, error) { return testMarkers, nil },
		LineOptions:       table.LineOptions, Fetch: fetchPage,
		Finder: Finder{Indexes: []option.Setting{{Value: testIndex}}, ExtraAt: 1},
	})
}

// directory writes files and gives the directory they are in.
func directory(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(s *Collection) []string {
	list := []string{}
	for _, r := range s.Requirements {
		name := r.Canonical
		if name == "" {
			name = r.URL
		}
		if r.Constraint {
			name = "-c " + name
		}
		list = append(list, name)
	}
	return list
}

var onArgv = option.Origin{Kind: option.FromArgv, Place: "argument 2"}

func TestUnreadableSources(t *testing.T) {
	for _, test := range []struct {
		name, content, version, place, reason string
		environ                               []string
	}{
		{"utf-7", "# coding: utf-7\nharmless #+AAo-evil\n", "26.2.1", "r.txt:1", "utf-7", nil},
		{"second line", "#!x\n# vim: set fileencoding=unicode_escape :\nharmless #\\nevil\n", "26.2.1", "r.txt:2",
			"unicode_escape", nil},
		{"punycode", "# coding=punycode\nx\n", "23.2.1", "r.txt:1", "punycode", nil},
		{"shift-jis", "# coding=shift_jis\nx\n", "23.2.1", "r.txt:1", "shift_jis", nil},
		{"mac roman", "# coding=macroman\nx\n", "23.2.1", "r.txt:1", "macroman", nil},
		{"utf-7 by alias", "# coding: U7\nx\n", "25.3", "r.txt:1", "U7", nil},
		{"locale unknown", "caf\xc3\xa9\n", "24.2", "r.txt", "locale", []string{"LC_ALL=de_DE"}},
		{"locale unknown, not utf-8", "x # caf\xe9\n", "26.2.1", "r.txt", "locale",
			[]string{"LC_ALL=de_DE.ISO-8859-1"}},
		{"pip would guess", "-r file://DIR/é.txt\n", "23.2.1", "file://DIR/é.txt", "guess", nil},
		{"variable bytes", "${BYTES}\n", "26.2.1", "r.txt:1", "utf-8", []string{"BYTES=\xff"}},
		{"endless variable", strings.Repeat("${SELF}", 500), "26.2.1", "r.txt:1", "1 MiB",
			[]string{"SELF=${SELF}${SELF}" + strings.Repeat("x", 1000)}},
		{"install option", "foo --install-option=--prefix=/x\n", "22.0.4", "r.txt:1", "--install-option", nil},
		{"control character in a path", "-r a\x01b\n", "26.2.1", "r.txt:1", "control", nil},
		{"control character in a url", "https://x.example/a\tb.zip\n", "26.2.1", "r.txt:1", "control", nil},
		{"variable of the sealed run", "-r a${PIP_ISOLATED}\n", "26.2.1", "r.txt:1", "PIP_ISOLATED", nil},
		{"variable of thresher's", "foo @ https://x.example/${THRESHER_RUN}.zip\n", "26.2.1", "r.txt:1", "THRESHER_RUN",
			nil},
		{"file url without slashes", "-r file:a.txt\n", "26.2.1", "file:a.txt", "slashes", nil},
		{"deep", "-r 1.txt\n", "26.2.1", "100.txt", "100 deep", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{"é.txt": "é\n"}
			for i := 1; i <= 120; i++ {
				files[strconv.Itoa(i)+".txt"] = "-r " + strconv.Itoa(i+1) + ".txt\n"
			}
			dir := directory(t, files)
			content := strings.ReplaceAll(test.content, "DIR", dir)
			if err := os.WriteFile(filepath.Join(dir, "r.txt"), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			s := collection(t, dir, test.version, test.environ...)
			if len(test.environ) > 0 && strings.HasPrefix(test.environ[0], "LC_ALL") {
				s.input.Environ = test.environ
			}
			s.RequirementsFile("r.txt", onArgv)
			place := strings.ReplaceAll(test.place, "DIR", dir)
			if len(s.Unreadable) != 1 || s.Unreadable[0].Place != place ||
				!strings.Contains(s.Unreadable[0].Reason, test.reason) || s.Failure != nil {
				t.Errorf("got %+v, %+v", s.Unreadable, s.Failure)
			}
			if _, err := s.Rewrite(t.TempDir(), nil); err == nil {
				t.Error("what was not read can be rewritten")
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	wide := func(mark string, order func(uint16) []byte, text string) string {
		out := mark
		for _, c := range text {
			out += string(order(uint16(c)))
		}
		return out
	}
	little := func(c uint16) []byte { return []byte{byte(c), byte(c >> 8)} }
	big := func(c uint16) []byte { return []byte{byte(c >> 8), byte(c)} }
	for _, test := range []struct {
		name, content, version string
		names                  []string
		status                 int
	}{
		{"utf-8", "foo # é\n", "26.2.1", []string{"foo"}, 0},
		{"utf-8 mark", "\xef\xbb\xbffoo\n", "23.2.1", []string{"foo"}, 0},
		{"two utf-8 marks", "\xef\xbb\xbf\xef\xbb\xbffoo\n", "26.2.1", nil, 1},
		{"utf-16 little", wide("\xff\xfe", little, "foo\n"), "26.2.1", []string{"foo"}, 0},
		{"utf-16 big", wide("\xfe\xff", big, "foo\n"), "26.2.1", []string{"foo"}, 0},
		{"utf-16 twice marked", wide("\xff\xfe\xfe\xff", big, "foo\n"), "26.2.1", []string{"foo"}, 0},
		{"utf-16 big twice marked", wide("\xfe\xff\xfe\xff", big, "foo\n"), "26.2.1", nil, 1},
		{"utf-16 truncated", wide("\xff\xfe", little, "foo\n") + "x", "26.2.1", nil, 2},
		{"utf-16 lone surrogate", "\xff\xfef\x00\x00\xd8o\x00", "26.2.1", nil, 2},
		{"utf-32", "\xff\xfe\x00\x00f\x00\x00\x00", "26.2.1", []string{"f"}, 0},
		{"utf-32 big", "\x00\x00\xfe\xff\x00\x00\x00f", "25.0", []string{"f"}, 0},
		{"latin-1", "# coding: latin-1\nfoo # \xe9\n", "23.2.1", []string{"foo"}, 0},
		{"latin-1 separator", "# coding: iso-8859-1\nfoo # \x85bar\n", "26.2.1", []string{"foo", "bar"}, 0},
		{"cp1252 has no separator there", "# coding: cp1252\nfoo # \x85bar\n", "26.2.1", []string{"foo"}, 0},
		{"cp1252 undefined", "# coding: cp1252\nfoo # \x81\n", "26.2.1", nil, 2},
		{"ascii", "# coding: ASCII\nfoo # \xe9\n", "26.2.1", nil, 2},
		{"third line is no declaration", "\n\n# coding: utf-7\nfoo #+AAo-bar\n", "26.2.1", []string{"foo"}, 0},
		{"declaration behind a blank is none", " # coding: utf-7\nfoo #+AAo-bar\n", "26.2.1", []string{"foo"}, 0},
		{"carriage return ends no line there", "x\r# coding: utf-7\nfoo\n", "26.2.1", []string{"x", "foo"}, 0},
		{"unknown", "# coding: no-such-codec\nfoo\n", "26.2.1", nil, 2},
		{"not utf-8", "caf\xe9\n", "26.2.1", nil, 2},
		{"not utf-8 before 25.0", "caf\xe9\n", "24.2", nil, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collection(t, directory(t, map[string]string{"r.txt": test.content}), test.version)
			s.RequirementsFile("r.txt", onArgv)
			status := 0
			if s.Failure != nil {
				status = s.Failure.Status
			}
			if len(s.Unreadable) > 0 || status != test.status || test.status == 0 &&
				!slices.Equal(names(s), test.names) {
				t.Errorf("names %q, status %d, %+v", names(s), status, s.Unreadable)
			}
		})
	}
}

func TestCycles(t *testing.T) {
	files := map[string]string{"a.txt": "x\n-r sub/b.txt\n", "sub/b.txt": "-c ../a.txt\n"}
	for version, status := range map[string]int{"24.2": 2, "24.3": 1, "26.2.1": 1} {
		s := collection(t, directory(t, files), version)
		s.RequirementsFile("a.txt", onArgv)
		if s.Failure == nil || s.Failure.Status != status {
			t.Errorf("pip %s: %+v", version, s.Failure)
		}
	}
}

func TestPipesAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	s := collection(t, dir, "26.2.1")
	s.input.Stdin = strings.NewReader("piped\n./local-1.0.zip\n")
	s.RequirementsFile("/dev/stdin", onArgv)
	if want := []string{"piped", "file://" + dir + "/local-1.0.zip"}; !cmp.Equal(names(s), want) ||
		len(s.Unreadable) > 0 {
		t.Fatalf("%q %+v", names(s), s.Unreadable)
	}
	mapping, err := s.Rewrite(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(mapping["/dev/stdin"])
	if err != nil || string(copied) != "\xef\xbb\xbfpiped\n./local-1.0.zip\n" {
		t.Errorf("%q %v", copied, err)
	}
}

func TestRewrite(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(directory(t,
		map[string]string{"r/n.txt": "-i https://n.example/s\nnested\n-r m.txt\n", "r/m.txt": "deeper\n"}))))
	defer server.Close()
	gate := func(url string) string {
		if !strings.Contains(url, "://") {
			return url // a folder that nothing takes the place of
		}
		return "http://127.0.0.1:9/" + base64.RawURLEncoding.EncodeToString([]byte(url))
	}
	token := "https://user:s3cret@i.example/s"
	dir := directory(t, map[string]string{
		"plain.txt":     "foo\n-r sub/plain.txt\n./local-1.0.zip\n",
		"sub/plain.txt": "bar  # c\n-f links\n",
		"sub/links/x":   "",
		"index.txt": "# c\n\n-i ${INDEX} --extra-index-url 'https://e.example/s' --pre -f links\n\n" +
			"foo==1.0 \\\n  --hash=sha256:aa  # why\n-r sub/deep.txt\n-r sub/plain.txt\n",
		"sub/deep.txt":   "-c ../c.txt\n--extra-index-url https://d.example/s\n",
		"c.txt":          "foo<3\n",
		"variable.txt":   "foo @ ${PIP_INDEX_URL}/foo.zip\n",
		"backslash.txt":  "-i https://b.example/s\nfoo \\ # c\nbar\n",
		"url.txt":        "-r " + server.URL + "/r/n.txt\n",
		"latin.txt":      "# coding: latin-1\nfoo # \xe9\nbar\n",
		"impossible.txt": "-i https://b.example/s\n${HASH}\n",
	})
	for _, test := range []struct {
		file    string
		want    map[string]string // what the copies hold, by a piece of their name
		failure string
	}{
		{"plain.txt", nil, ""},
		{"index.txt", map[string]string{
			"index.txt": "\n\n--pre --index-url " + gate(token) + " --extra-index-url " + gate("https://e.example/s") +
				" --find-links DIR/links\n\nfoo==1.0   --hash=sha256:aa\n\n-r OUT/deep.txt\n-r DIR/sub/plain.txt\n",
			"deep.txt": "-c DIR/c.txt\n--extra-index-url " + gate("https://d.example/s") + "\n",
		}, ""},
		{"variable.txt", map[string]string{"variable.txt": "foo @ https://sealed.example/s/foo.zip\n"}, ""},
		{"backslash.txt", map[string]string{"backslash.txt": "--index-url " + gate("https://b.example/s") +
			"\nfoo \\ #\nbar\n"}, "1"},
		{"url.txt", map[string]string{"url.txt": "-r OUT/n.txt\n",
			"n.txt": "--index-url " + gate("https://n.example/s") + "\nnested\n-r OUT/m.txt\n", "m.txt": "deeper\n"},
			""},
		{"latin.txt", map[string]string{"latin.txt": "\nfoo\nbar\n"}, ""},
		{"impossible.txt", nil, "1"},
	} {
		t.Run(test.file, func(t *testing.T) {
			s := collection(t, dir, "26.2.1", "INDEX="+token, "PIP_INDEX_URL=https://sealed.example/s", "HASH=foo #x")
			s.RequirementsFile(test.file, onArgv)
			if s.Failure != nil {
				if test.failure == "" {
					t.Fatal(s.Failure)
				}
				return
			}
			out := t.TempDir()
			mapping, err := s.Rewrite(out, gate)
			if err != nil {
				t.Fatal(err)
			}
			if (len(mapping) == 0) != (test.want == nil) {
				t.Fatalf("%v", mapping)
			}
			copies, _ := filepath.Glob(filepath.Join(out, "*", "*"))
			if len(copies) != len(test.want) {
				t.Errorf("copies: %v", copies)
			}
			for _, path := range copies {
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				got := strings.TrimPrefix(string(content), "\xef\xbb\xbf")
				got = strings.ReplaceAll(got, dir, "DIR")
				for i := 1; i < 9; i++ {
					got = strings.ReplaceAll(got, filepath.Join(out, "source-"+strconv.Itoa(i)), "OUT")
				}
				if diff := cmp.Diff(test.want[filepath.Base(path)], got); diff != "" {
					t.Errorf("%s: -want +got\n%s", filepath.Base(path), diff)
				}
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v %v", path, info.Mode(), err)
				}
			}
		})
	}
}

func TestChangedMeanwhile(t *testing.T) {
	dir := directory(t, map[string]string{"r.txt": "-r n.txt\n", "n.txt": "foo\n"})
	s := collection(t, dir, "26.2.1")
	s.RequirementsFile("r.txt", onArgv)
	if err := os.WriteFile(filepath.Join(dir, "n.txt"), []byte("evil\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rewrite(t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "n.txt") {
		t.Errorf("rewrite: %v", err)
	}
	if changed := s.Changed(); !slices.Equal(changed, []string{"n.txt"}) {
		t.Errorf("changed: %v", changed)
	}
}

func TestFilesOfOthersAreCopied(t *testing.T) {
	dir := directory(t, map[string]string{"r.txt": "foo\n",
		"proj/pyproject.toml": "[dependency-groups]\ndev = ['bar']\n"})
	for _, name := range []string{"r.txt", "proj/pyproject.toml"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := collection(t, dir, "26.2.1")
	s.Group("proj/pyproject.toml:dev", onArgv)
	s.RequirementsFile("r.txt", onArgv)
	mapping, err := s.Rewrite(t.TempDir(), nil)
	if err != nil || len(mapping) != 2 || filepath.Base(mapping["proj/pyproject.toml"]) != "pyproject.toml" {
		t.Errorf("%v %v", mapping, err)
	}
}

func TestLocks(t *testing.T) {
	const hash = `hashes = {sha256 = "aa"}`
	head := "lock-version = \"1.0\"\ncreated-by = \"t\"\n"
	for _, test := range []struct {
		name, content string
		names, locked []string
		failure       bool
		unreadable    bool
	}{
		{"files", head + "[[packages]]\nname = \"a\"\nversion = \"1\"\n[[packages.wheels]]\n" +
			"url = \"https://f.example/a-1-py3-none-any.whl\"\n" + hash +
			"\n[[packages.wheels]]\npath = \"w/a-1-cp311-cp311-linux_x86_64.whl\"\n" + hash +
			"\n[packages.sdist]\nurl = \"https://f.example/a-1.tar.gz\"\n" + hash + "\n",
			[]string{"a"}, []string{"https://f.example/a-1-py3-none-any.whl",
				"file://DIR/w/a-1-cp311-cp311-linux_x86_64.whl", "https://f.example/a-1.tar.gz"}, false, false},
		{"keys of another case are others",
			head + "[[packages]]\nname = \"evil\"\nNAME = \"requests\"\nversion = \"1\"\n[packages.sdist]\n" +
				"url = \"https://f.example/evil-1.tar.gz\"\nURL = \"https://f.example/requests-1.tar.gz\"\n" + hash +
				"\n",
			[]string{"evil"}, []string{"https://f.example/evil-1.tar.gz"}, false, false},
		{"marker of a default group",
			head + "default-groups = [\"dev\"]\n[[packages]]\nname = \"a\"\nversion = \"1\"\n" +
				"marker = \"'dev' in dependency_groups\"\n[packages.sdist]\nurl = \"https://f.example/a-1.tar.gz\"\n" +
				hash + "\n[[packages]]\nname = \"b\"\nversion = \"1\"\nmarker = \"'x' in extras\"\n" +
				"[packages.sdist]\nurl = \"https://f.example/b-1.tar.gz\"\n" + hash + "\n",
			[]string{"a"}, []string{"https://f.example/a-1.tar.gz"}, false, false},
		{"versions differ", head +
			"[[packages]]\nname = \"a\"\n[[packages.wheels]]\nurl = \"https://f.example/a-1-py3-none-any.whl\"\n" +
			hash + "\n[[packages.wheels]]\nurl = \"https://f.example/a-6-cp311-cp311-linux_x86_64.whl\"\n" + hash +
			"\n",
			nil, nil, false, true},
		{"no packages", head, nil, nil, true, false},
		{"no toml", "a = \n", nil, nil, true, false},
		{"wrong type", head + "packages = 1\n", nil, nil, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := directory(t, map[string]string{"pylock.toml": test.content})
			s := collection(t, dir, "26.2.1")
			s.RequirementsFile("pylock.toml", onArgv)
			var locked []string
			for _, r := range s.Requirements {
				for _, url := range r.Locked {
					locked = append(locked, strings.ReplaceAll(url, dir, "DIR"))
				}
			}
			if test.failure != (s.Failure != nil) || test.unreadable != (len(s.Unreadable) > 0) {
				t.Fatalf("%+v %+v", s.Failure, s.Unreadable)
			}
			if !slices.Equal(names(s), test.names) || !slices.Equal(locked, test.locked) {
				t.Errorf("%q %q", names(s), locked)
			}
			if len(test.names) > 0 && !s.Finder.RequireHashes {
				t.Error("a lock's hashes are not required")
			}
		})
	}
	old := collection(t, directory(t, map[string]string{"pylock.toml": "foo\n"}), "25.3")
	old.RequirementsFile("pylock.toml", onArgv)
	if !slices.Equal(names(old), []string{"foo"}) {
		t.Errorf("an older pip reads it as requirements: %q", names(old))
	}
}

func TestLockBehindURL(t *testing.T) {
	content := "lock-version = \"1.0\"\ncreated-by = \"t\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n" +
		"[[packages.wheels]]\npath = \"w/a-1-py3-none-any.whl\"\nupload-time = 2025-01-02T03:04:05Z\n" +
		"hashes = {sha256 = \"aa\"}\n"
	server := httptest.NewServer(http.FileServer(http.Dir(directory(t,
		map[string]string{"x/pylock.toml": content, "x/pylock.abs.toml": strings.Replace(content, "w/a", "/w/a", 1),
			"x/pylock.away.toml": strings.Replace(content, "w/a", "//other.example/w/a", 1)}))))
	defer server.Close()
	s := collection(t, t.TempDir(), "26.2.1")
	s.RequirementsFile(server.URL+"/x/pylock.toml", onArgv)
	if len(s.Requirements) != 1 || s.Requirements[0].Locked[0] != server.URL+"/x/w/a-1-py3-none-any.whl" {
		t.Fatalf("%+v %+v %+v", s.Requirements, s.Failure, s.Unreadable)
	}
	mapping, err := s.Rewrite(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	again := collection(t, t.TempDir(), "26.2.1")
	again.RequirementsFile(mapping[server.URL+"/x/pylock.toml"], onArgv)
	if again.Failure != nil || !slices.Equal(again.Requirements[0].Locked, s.Requirements[0].Locked) {
		t.Errorf("%+v %+v", again.Failure, again.Requirements)
	}
	for _, name := range []string{"/x/pylock.abs.toml", "/x/pylock.away.toml"} {
		s := collection(t, t.TempDir(), "26.2.1")
		s.RequirementsFile(server.URL+name, onArgv)
		if s.Failure == nil && len(s.Unreadable) == 0 {
			t.Errorf("%s: %+v", name, s.Requirements)
		}
	}
}

func TestURLsThatCannotBeFetched(t *testing.T) {
	s := collection(t, t.TempDir(), "26.2.1")
	s.input.Fetch = func(string) (Page, error) { return Page{}, errors.New("connection refused") }
	s.RequirementsFile("https://r.example/r.txt", onArgv)
	if len(s.Unreadable) != 1 || s.Failure != nil {
		t.Errorf("%+v %+v", s.Unreadable, s.Failure)
	}
	s.input.Fetch = nil
	s.ConstraintsFile("https://user:s3cret@r.example/c.txt", onArgv)
	if len(s.Unreadable) != 2 || strings.Contains(s.Unreadable[1].Place, "s3cret") {
		t.Errorf("%+v", s.Unreadable)
	}
}

func TestLocalNames(t *testing.T) {
	dir := directory(t, map[string]string{
		"stated/pyproject.toml": "[project]\nname = 'Stated'\n", "unstated/pyproject.toml": "[tool.x]\nname = 'no'\n",
		"broken/pyproject.toml": "[project\n", "legacy/setup.py": "",
		"upper/pyproject.toml": "[Project]\nname = 'no'\n",
	})
	s := collection(t, dir, "26.2.1")
	for _, name := range []string{"stated", "unstated", "broken", "legacy", "upper"} {
		s.Positional("./"+name, onArgv)
	}
	s.Editable("stated", onArgv)
	var got []string
	for _, r := range s.Requirements {
		got = append(got, r.Name+":"+r.LocalName)
	}
	if want := []string{":Stated", ":", ":", ":", ":", ":Stated"}; !slices.Equal(got, want) || s.Failure != nil {
		t.Errorf("%q %+v", got, s.Failure)
	}
}

func TestSplitWords(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, " \t": nil, "a b": {"a", "b"}, `'a b'c`: {"a bc"}, `"a\"b\c"`: {`a"b\c`}, `a\ b`: {"a b"}, `''`: {""},
		`a''b ""`: {"ab", ""}, "a\nb": {"a", "b"}, "a\u00a0b": {"a\u00a0b"}, `'\'`: {`\`}, `"\\"`: {`\`},
		"a#b #c": {"a#b", "#c"},
	} {
		if got, err := splitWords(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`'a`, `"a`, `a\`, `"a\`} {
		if got, err := splitWords(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestURLJoin(t *testing.T) {
	d := newDialect("26.2.1", "3.12.1")
	for _, test := range [][3]string{
		{"https://h/a/b.txt", "c.txt", "https://h/a/c.txt"}, {"https://h/a/b.txt", "/c.txt", "https://h/c.txt"},
		{"https://h/a/b.txt", "../../../c", "https://h/c"}, {"https://h", "c.txt", "https://h/c.txt"},
		{"https://h/a/b?x#y", "?z", "https://h/a/b?z"}, {"https://h/a/", "./", "https://h/a/"},
		{"https://h/a/b", "//k/c", "https://k/c"},
		{"https://h/a/b", "http://k/c", "http://k/c"}, {"https://h/a/b", "file:///c", "file:///c"},
		{"file:///a/b", "c", "file:///a/c"},
		{"https://h/a/b", "", "https://h/a/b"}, {"https://h/a//b/c", "d", "https://h/a/b/d"},
	} {
		if got, err := d.urls.Join(test[0], test[1]); err != nil || got != test[2] {
			t.Errorf("%q + %q: %q %v, want %q", test[0], test[1], got, err, test[2])
		}
	}
}

// TestLargeSources reads 10 MB files, and long lines, of what invites quadratic
// work: it would not end. THRESHER_SOURCE_CASES makes it try more of them.
func TestLargeSources(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: large files take seconds")
	}
	units := []string{"#", " #", "\\\n", "${SELF}", " -", "[", "a[", "a\n", "==1,", "'"}
	if os.Getenv("THRESHER_SOURCE_CASES") != "" {
		units = append(units, "a", "a#", "\\", "a\\\n", "${PKG}", "${", " --", " --hash=sha256:a", "]", ";", "; (",
			"a,", "\"", " '", "@", "(", "=",
			" ", "\t", "-", "--pre ", "-e ", "\u2028", "-i x\n", "# coding: \n", "../", "a/", ".", "%41", "https://x/",
			"é", "\x00", "#egg=", "-r ''", "-C a=b ")
	}
	for _, version := range []string{"23.2.1", "26.2.1"} {
		for _, unit := range units {
			s := collection(t, directory(t, map[string]string{"r.txt": strings.Repeat(unit, (10<<20)/len(unit))}),
				version, "PKG=x", "SELF=${SELF}y")
			s.RequirementsFile("r.txt", onArgv)
			for _, prefix := range []string{"", "foo", "foo ; ", "foo @ https://x/#", "-e ", "./", "--pre "} {
				line := prefix + strings.Repeat(unit, (maximalLine/4)/len(unit))
				s := collection(t, directory(t, map[string]string{"r.txt": line}), version, "PKG=x", "SELF=${SELF}y")
				s.RequirementsFile("r.txt", onArgv)
			}
		}
	}
}

func FuzzRequirementsFile(f *testing.F) {
	for _, seed := range []string{
		"foo==1.0 --hash=sha256:aa \\\n --hash=sha512:bb # c\n", "-r n.txt\n-c n.txt\n-e ./p[x]\n",
		"-i https://x/s --extra-index-url y\n-f links\n",
		"# coding: latin-1\n\xe9\n", "\xff\xfef\x00", "${A} ${B}\\\n#\n", "https://x/a.whl ; os_name=='nt'\n",
		"\\\\\n \\ #\n'\"", "--pre foo\u2028bar\x85",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	gate := func(url string) string { return "http://127.0.0.1:9/" + url }
	dir := directory(f, map[string]string{"n.txt": "nested\n", "p/setup.py": "", "links/x": ""})
	f.Fuzz(func(t *testing.T, content []byte, newest bool) {
		version := "23.2.1"
		if newest {
			version = "26.2.1"
		}
		if err := os.WriteFile(filepath.Join(dir, "r.txt"), content, 0o644); err != nil {
			t.Fatal(err)
		}
		read := func(path string) *Collection {
			s := collection(t, dir, version, "A=${B}", "B=x #y", "C=-r n.txt")
			s.input.Fetch = nil
			s.RequirementsFile(path, onArgv)
			return s
		}
		s := read("r.txt")
		if s.Failure != nil || len(s.Unreadable) > 0 {
			return
		}
		mapping, err := s.Rewrite(t.TempDir(), gate)
		if err != nil || len(mapping) == 0 {
			return
		}
		again := read(mapping["r.txt"])
		if diff := cmp.Diff(s.reading().Requirements, again.reading().Requirements); diff != "" ||
			again.Failure != nil {
			t.Errorf("the copy reads otherwise: %+v\n%s", again.Failure, diff)
		}
	})
}

func FuzzPositional(f *testing.F) {
	for _, seed := range []string{"foo[x]>=1,<2; python_version>'3'", "./p[x]", "https://x/a-1-py3-none-any.whl#egg=b",
		"a @ file:///x", "pytz>dev", "foo (>=1)", "git+https://x@v#egg=a[b]", "x.zip ; os_name=='nt'"} {
		f.Add(seed)
	}
	dir := directory(f, map[string]string{"p/setup.py": ""})
	f.Fuzz(func(t *testing.T, text string) {
		for _, version := range []string{"20.3.4", "23.2.1", "26.2.1"} {
			s := collection(t, dir, version)
			s.Positional(text, onArgv)
			s.Editable(text, onArgv)
			if s.Failure == nil && len(s.Unreadable) == 0 && len(s.Requirements) == 0 && pythontext.Strip(text) != "" {
				t.Errorf("pip %s: %q was lost", version, text)
			}
		}
	})
}

func FuzzLock(f *testing.F) {
	f.Add("lock-version = \"1.0\"\ncreated-by = \"t\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n" +
		"marker = \"'x' in extras\"\n[packages.sdist]\nurl = \"https://f/a-1.tar.gz\"\nhashes = {sha256 = \"aa\"}\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content string) {
		if err := os.WriteFile(filepath.Join(dir, "pylock.toml"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		collection(t, dir, "26.2.1").RequirementsFile("pylock.toml", onArgv)
	})
}

func FuzzScript(f *testing.F) {
	f.Add("# /// script\n# dependencies = ['a']\n# ///\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content string) {
		if err := os.WriteFile(filepath.Join(dir, "s.py"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		collection(t, dir, "26.2.1").Script("s.py", onArgv)
	})
}

func BenchmarkRequirementsFile(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		text.WriteString("project-" + strconv.Itoa(i) + "[extra]>=1.0,<2 ; python_version > '3.8' # why\n")
	}
	dir := directory(b, map[string]string{"r.txt": text.String()})
	b.ReportAllocs()
	for b.Loop() {
		s := collection(b, dir, "26.2.1")
		s.RequirementsFile("r.txt", onArgv)
		if len(s.Requirements) != 1000 {
			b.Fatal(s.Failure)
		}
	}
}

func TestNoCredentialsInTexts(t *testing.T) {
	for _, content := range []string{
		"foo @ https://user:s3cret@x.example/[a;b\n", "-i https://s3cret@x.example/s --bogus\n",
		"-r https://user:s3cret@x.example/r.txt\n",
		"-e https://s3cret@x.example/x.zip\n", "https://user:s3cret@x.example/a#egg=a[b]\n",
		"https://user:s3cret@x.example/a\tb.zip\n",
	} {
		for _, version := range []string{"23.2.1", "26.2.1"} {
			s := collection(t, directory(t, map[string]string{"r.txt": content}), version)
			s.input.Fetch = func(url string) (Page, error) {
				return Page{}, &StatusError{URL: url, Status: 403, Reason: "Forbidden"}
			}
			s.RequirementsFile("r.txt", onArgv)
			for _, u := range s.Unreadable {
				if strings.Contains(u.Place+u.Reason+u.Hint, "s3cret") || u.Hint == "" {
					t.Errorf("pip %s: %q: %+v", version, content, u)
				}
			}
			if s.Failure != nil && strings.Contains(s.Failure.String(), "s3cret") {
				t.Errorf("pip %s: %q: %+v", version, content, s.Failure)
			}
		}
	}
}
