package address

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestCredentials(t *testing.T) {
	for _, c := range []struct{ url, bare, user, password, shown string }{
		{"https://index.example/simple", "https://index.example/simple", "", "", "https://index.example/simple"},
		{"https://me:secret@index.example/simple", "https://index.example/simple", "me", "secret",
			"https://me:****@index.example/simple"},
		{"https://token@index.example/", "https://index.example/", "token", "", "https://****@index.example/"},
		{"https://me:@index.example/", "https://index.example/", "me", "", "https://me:****@index.example/"},
		{"https://@index.example/", "https://index.example/", "", "", "https://****@index.example/"},
		{"https://a%40b:p%2Fq%3a@index.example:8/", "https://index.example:8/", "a@b", "p/q:",
			"https://a@b:****@index.example:8/"},
		{"https://me:pa@ss@index.example/", "https://index.example/", "me", "pa@ss", "https://me:****@index.example/"},
		{"https://me:p:q@index.example/", "https://index.example/", "me", "p:q", "https://me:****@index.example/"},
		{"https://${TOKEN}@index.example/", "https://index.example/", "${TOKEN}", "", "https://****@index.example/"},
		{"https://me:p^|{}\"<>`@index.example/", "https://index.example/", "me", "p^|{}\"<>`",
			"https://me:****@index.example/"},
		{"https://me:pa/ss@index.example/x", "https://index.example/x", "me", "pa/ss", "https://me:****@index.example/x"},
		{"https://me:pa?ss#1@index.example", "https://index.example", "me", "pa?ss#1", "https://me:****@index.example"},
		{"https://me:100%@index.example", "https://index.example", "me", "100%", "https://me:****@index.example"},
		{`https://tok\en@index.example/`, "https://index.example/", `tok\en`, "", "https://****@index.example/"},
		{"https://me:pw@[::1]:8/x", "https://[::1]:8/x", "me", "pw", "https://me:****@[::1]:8/x"},
		{"https://index.example/a@b", "https://index.example/a@b", "", "", "https://index.example/a@b"},
		{"https://[::1]:80/a@b", "https://[::1]:80/a@b", "", "", "https://[::1]:80/a@b"},
		{"git+ssh://git@host.example/x.git@main", "git+ssh://host.example/x.git@main", "git", "",
			"git+ssh://git@host.example/x.git@main"},
		{"git+ssh://git:pw@host.example/x.git", "git+ssh://host.example/x.git", "git", "pw",
			"git+ssh://git:****@host.example/x.git"},
		{"git+https://token@host.example/x.git", "git+https://host.example/x.git", "token", "",
			"git+https://****@host.example/x.git"},
		{"https://f.example/a.whl?X-Signature=abc#sha256=1", "https://f.example/a.whl?X-Signature=abc#sha256=1", "", "",
			"https://f.example/a.whl?****"},
		{"https://me:s\x1b[31m@h.example/", "https://h.example/", "me", "s\x1b[31m", "https://me:****@h.example/"},
		{"me:secret@proxy.example:3128", "proxy.example:3128", "me", "secret", "****@proxy.example:3128"},
		{"mailto:u:p@h.example", "h.example", "mailto", "u:p", "****@h.example"},
		{"/srv/index", "/srv/index", "", "", "/srv/index"},
		{"pkg@1.0", "pkg@1.0", "", "", "pkg@1.0"},
		{"", "", "", "", ""},
	} {
		u := Parse(c.url)
		user, password := u.Credentials()
		if u.Bare() != c.bare || user != c.user || password != c.password || u.Secret() != c.url {
			t.Errorf("%q: %q %q %q", c.url, u.Bare(), user, password)
		}
		if got := Redact(c.url); got != c.shown {
			t.Errorf("%q shown: %q, want %q", c.url, got, c.shown)
		}
	}
}

func TestRedactText(t *testing.T) {
	for text, want := range map[string]string{
		"--index-url=https://me:pw@index.example/simple": "--index-url=https://****@index.example/simple",
		"x @ git+https://token@host.example/x.git@v1":    "x @ git+https://****@host.example/x.git@v1",
		"Could not open 'https://me:pw@h.example/r.txt': https://a:b@c.example is gone": "Could not open " +
			"'https://****@h.example/r.txt': https://****@c.example is gone",
		"--proxy=me:pw@proxy.example:3128": "--proxy=****@proxy.example:3128",
		"me:pw@proxy.example:3128":         "****@proxy.example:3128",
		"-ihttps://me:p\"w@index.example/": "-ihttps://****@index.example/",
		"acme[extra]==1.0":                 "acme[extra]==1.0",
		"git@host.example:org/x.git":       "git@host.example:org/x.git",
	} {
		if got := RedactText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	u := Parse("https://me:hunter2@index.example/simple?signature=hunter2")
	document, err := json.Marshal(map[string]any{"url": u, "list": []URL{u}})
	if err != nil {
		t.Fatal(err)
	}
	shown := string(document)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		shown += fmt.Sprintf(verb, u) + fmt.Sprintf(verb, &u) + fmt.Sprintf(verb, []URL{u}) +
			fmt.Sprintf(verb, struct{ At URL }{u})
	}
	if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "index.example/simple") {
		t.Error(shown)
	}
}

func TestWhatCannotBeAskedForIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"https://index.example/simple":             "https://index.example/simple",
		"HTTPS://me:pw@index.example/simple":       "https://index.example/simple",
		"https://${TOKEN}@index.example/simple":    "https://index.example/simple",
		"https://me:p^|{}@index.example/si^m|p{l}": "https://index.example/si%5Em%7Cp%7Bl%7D",
		"https://index.example/si mple/%7Ex/%zz":   "https://index.example/si%20mple/%7Ex/%25zz",
		" https://index.example/simple\n":          "https://index.example/simple",
		"http://[::1]:8080/simple":                 "http://[::1]:8080/simple",
		"file:///srv/simple":                       "file:///srv/simple",
		// requests asks another host than urllib reads, or refuses.
		`https://tok\en@index.example/`:        "",
		`https://index.example\@other.example`: "",
		`https://index.example\simple`:         "",
		"https://index.exämple/":               "",
		"https:///simple":                      "",
		"https://index.example:x/":             "",
		"https://index.example:999999/":        "",
		"https://[::1/":                        "",
	} {
		read, err := Parse(text).Read()
		switch {
		case want == "" && err == nil:
			t.Errorf("%q: read as %q", text, read)
		case want != "" && (err != nil || read.String() != want):
			t.Errorf("%q: %v %v, want %q", text, read, err, want)
		case err != nil && strings.Contains(err.Error(), "tok"):
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSame(t *testing.T) {
	const index = "https://index.example/simple"
	for _, other := range []string{
		index, index + "/", index + "//", "HTTPS://Index.Example/simple", "https://index.example:443/simple/",
		"https://me:pw@index.example/simple", "https://${TOKEN}@index.example/simple/", index + "#fragment", index + "/#",
	} {
		if !Same(index, other) || !Parse(other).Same(Parse(index)) {
			t.Errorf("%q is another place than %q", other, index)
		}
	}
	for _, other := range []string{
		"", "http://index.example/simple", "https://index.example:8443/simple", "https://index.example/Simple",
		"https://index.example/simple?a=b", "https://index.example.other.example/simple", "https://index.example/simple/x",
		`https://index.example\@other.example/simple`, "https://index.example@other.example/simple",
	} {
		if Same(index, other) {
			t.Errorf("%q is the same place as %q", other, index)
		}
	}
	if Same("", "") {
		t.Error("no address is the same as none")
	}
	for one, other := range map[string]string{
		"https://h.example/si^m":            "https://h.example/si%5em",
		"https://h.example/app-1!2.0+x.whl": "https://h.example/app-1%212.0%2Bx.whl",
		"https://h.example/a b/%7Ex":        "https://h.example/a%20b/~x",
	} {
		if !Same(one, other) {
			t.Errorf("%s is another place than %s: %s, %s", one, other, Key(one), Key(other))
		}
	}
	for one, other := range map[string]string{
		"https://h.example/a/b": "https://h.example/a%2Fb", "https://h.example/a?b": "https://h.example/a%3Fb",
		"https://h.example/%41": "https://h.example/%2541", "https://h.example/a?x=%2B": "https://h.example/a?x=+",
	} {
		if Same(one, other) {
			t.Errorf("%s is the same place as %s: %s", one, other, Key(one))
		}
	}
	// As requests and urllib3 write it before they ask.
	if !Same("https://h.example/b/../a/./%66-1%2e0.whl", "https://h.example/a/f-1.0.whl") ||
		Same("https://h.example/../../a", "https://h.example/b") {
		t.Error("dots are compared as they are written")
	}
	if Same("file:///a/b/../c", "file:///a/c") {
		t.Error("a local path is another where b is a link")
	}
}

func TestHostKey(t *testing.T) {
	for text, want := range map[string]string{
		"https://Index.Example/x":      "index.example:443",
		"http://index.example.:8080/x": "index.example:8080",
		"http://index.example":         "index.example:80",
		"git+ssh://git@host.example/x": "host.example:22",
		"git+https://host.example/x":   "host.example:443",
		"https://me:pw@[::1]/":         "[::1]:443",
		"file:///srv":                  "",
	} {
		read, err := Parse(text).Read()
		if err != nil {
			t.Fatal(err)
		}
		if got := HostKey(read); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// pip takes an archive that it is given in letters of any case, and files on a
// page in lower case alone.
func TestArchives(t *testing.T) {
	for _, name := range []string{
		"a-1-py3-none-any.whl", "a.zip", "a.tar.gz", "a.tgz", "a.tar", "a.tar.bz2", "a.tbz", "a.tar.xz", "a.txz", "a.tlz",
		"a.tar.lz", "a.tar.lzma",
	} {
		if !IsArchive("./x.y/"+name) || !IsArchive(strings.ToUpper(name)) || !IsLinkedArchive(name) {
			t.Errorf("%s is no archive", name)
		}
		if IsLinkedArchive(strings.ToUpper(name)) {
			t.Errorf("%s is an archive on a page", strings.ToUpper(name))
		}
	}
	for _, name := range []string{"", ".zip", "zip", "a.egg", "a.tar.zst", "a.gz", "a.zip/", "a.zip/x",
		"a.whl.metadata", "a-1.exe"} {
		if IsArchive(name) || IsLinkedArchive(name) {
			t.Errorf("%q is an archive", name)
		}
	}
}

func TestFilePaths(t *testing.T) {
	for text, want := range map[string]string{
		"file:///srv/a%20b?x#y":     "/srv/a b",
		"file://localhost/srv":      "/srv",
		"file:relative/x":           "relative/x",
		"file:///srv/a%23b":         "/srv/a#b",
		"https://index.example/srv": "",
		"file://other.example/srv":  "",
		"/srv":                      "",
	} {
		if got, ok := FilePath(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
	for _, path := range []string{"/srv/a b", "/srv/ä#?%", "/"} {
		if got, ok := FilePath(PathToURL(path)); !ok || got != path {
			t.Errorf("%q comes back as %q", path, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"https://me:pw@index.example/x?y#z", "a:b@c", `http://a\b@c`, "git+ssh://git@h/x@v",
		"file:///x", "http://[::1]:8@x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u := Parse(text)
		user, password := u.Credentials()
		if password != "" && len(password) > 12 && strings.Contains(u.String(), password) &&
			!strings.Contains(u.Bare()+user, password) {
			t.Errorf("%q shows its password: %s", text, u)
		}
		read, err := u.Read()
		if err != nil || read.Scheme != "http" && read.Scheme != "https" {
			return
		}
		if read.User != nil {
			t.Errorf("%q keeps credentials", text)
		}
		if key := u.Key(); Key(key) != key {
			t.Errorf("%q: the key %q has the key %q", text, key, Key(key))
		}
	})
}
