package index

import (
	"strings"
	"testing"
)

func TestCredentialsInURLs(t *testing.T) {
	for _, c := range []struct{ url, bare, user, password, redacted string }{
		{"https://index.example/simple", "https://index.example/simple", "", "", "https://index.example/simple"},
		{"https://me:secret@index.example/simple", "https://index.example/simple", "me", "secret", "https://me:****@index.example/simple"},
		{"https://token@index.example/", "https://index.example/", "token", "", "https://****@index.example/"},
		{"https://me:@index.example/", "https://index.example/", "me", "", "https://me:****@index.example/"},
		{"https://a%40b:p%2Fq%3a@index.example:8/", "https://index.example:8/", "a@b", "p/q:", "https://a@b:****@index.example:8/"},
		{"https://me:pa@ss@index.example/", "https://index.example/", "me", "pa@ss", "https://me:****@index.example/"},
		{"https://me:pa/ss@index.example/x", "https://index.example/x", "me", "pa/ss", "https://me:****@index.example/x"},
		{"https://me:pa?ss#1@index.example", "https://index.example", "me", "pa?ss#1", "https://me:****@index.example"},
		{"https://me:100%@index.example", "https://index.example", "me", "100%", "https://me:****@index.example"},
		{"https://index.example/a@b", "https://index.example/a@b", "", "", "https://index.example/a@b"},
		{"https://[::1]:80/a@b", "https://[::1]:80/a@b", "", "", "https://[::1]:80/a@b"},
		{"git+ssh://git@host.example/x.git@main", "git+ssh://host.example/x.git@main", "git", "", "git+ssh://****@host.example/x.git@main"},
		{"https://f.example/a.whl?X-Signature=abc#sha256=1", "https://f.example/a.whl?X-Signature=abc#sha256=1", "", "", "https://f.example/a.whl?****"},
		{"https://me:s\x1b[31m@h.example/", "https://h.example/", "me", "s\x1b[31m", "https://me:****@h.example/"},
		{"/srv/index", "/srv/index", "", "", "/srv/index"},
		{"", "", "", "", ""},
	} {
		bare, user, password := StripCredentials(c.url)
		if bare != c.bare || user != c.user || password != c.password {
			t.Errorf("%q: %q %q %q", c.url, bare, user, password)
		}
		if got := Redact(c.url); got != c.redacted {
			t.Errorf("%q redacted: %q, want %q", c.url, got, c.redacted)
		}
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Not Found":               "Not Found",
		"a\x1b[2Jb\r\nc\u202ed\t": "a?[2Jb??c?d?",
		"caf\xff é":               "caf� é",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := Printable(strings.Repeat("x", 1000)); len(got) > 310 || !strings.HasSuffix(got, "…") {
		t.Error(got)
	}
}

func TestSecureOrigins(t *testing.T) {
	trusted := []string{"trusted.example", "ported.example:8080", "::2"}
	for url, want := range map[string]bool{
		"https://index.example/simple":            true,
		"http://index.example/simple":             false,
		"http://127.0.0.1:3141/":                  true,
		"http://localhost/":                       true,
		"http://[::1]:80/":                        true,
		"http://trusted.example:81/":              true,
		"http://TRUSTED.example/":                 true,
		"http://sub.trusted.example/":             false,
		"http://ported.example:8080/":             true,
		"http://ported.example/":                  false,
		"http://[::2]:80/":                        true,
		"http://me:pw@trusted.example/":           true,
		"http://trusted.example@index.example/":   false,
		"file:///srv/simple":                      true,
		"/srv/simple":                             true,
		"ftp://index.example/":                    false,
		"http://[bad/":                            false,
		"http://127.0.0.1.index.example/":         false,
		"http://index.example/http://127.0.0.1/x": false,
	} {
		if got := SecureOrigin(url, trusted); got != want {
			t.Errorf("%s: %v", url, got)
		}
	}
}

func TestLinks(t *testing.T) {
	base, _ := parseURL("https://index.example/simple/alpha/")
	for _, c := range []struct{ text, url, filename, hash string }{
		{"https://f.example/a-1.zip", "https://f.example/a-1.zip", "a-1.zip", ""},
		{"https://f.example/a-1.zip#sha256=AB", "https://f.example/a-1.zip", "a-1.zip", "sha256=AB"},
		{"https://f.example/a-1.zip#sha256=AB&egg=a-1", "https://f.example/a-1.zip", "a-1.zip", "sha256=AB"},
		{"https://f.example/a-1.zip#sha256=AB&egg=b-1", "", "", ""},
		{"https://f.example/a-1.zip?x=1&subdirectory=evil", "", "", ""},
		{"https://f.example:443/a-1.zip", "https://f.example:443/a-1.zip", "a-1.zip", ""},
		{"https://f.example/a-1.zip?b=1&sha256=0#md5=1", "https://f.example/a-1.zip?b=1&sha256=0", "a-1.zip", "sha256=0#md5=1"}, // as pip does
		{"https://f.example/a-1.zip/", "https://f.example/a-1.zip/", "a-1.zip", ""},
		{"https://f.example/x/..", "", "", ""},
		{"https://f.example/", "", "", ""},
		{"https://f.example", "", "", ""},
		{"http:///a-1.zip", "", "", ""},
		{"https://f.example\\a-1.zip", "", "", ""},
		{"https://f.exämple/a-1.zip", "", "", ""},
		{"https://f.example:99999999/a-1.zip", "", "", ""},
		{"ftp://f.example/a-1.zip", "", "", ""},
		{"file:///a-1.zip", "", "", ""},
		{"data:a-1.zip", "", "", ""},
		{"a%2F..%2Fb-1.zip", "https://index.example/simple/alpha/a%2F..%2Fb-1.zip", "b-1.zip", ""},
		{"a-1%2Bx.zip", "https://index.example/simple/alpha/a-1%2Bx.zip", "a-1+x.zip", ""},
		{"a-1%252Bx.zip", "", "", ""},
		{"a-1%zz.zip", "", "", ""},
		{" \n a-1.zip\t", "https://index.example/simple/alpha/a-1.zip", "a-1.zip", ""},
		{"a-\t1.zip", "https://index.example/simple/alpha/a-1.zip", "a-1.zip", ""},
		{"a-1.zip%00", "", "", ""},
		{"../../../../a-1.zip", "https://index.example/a-1.zip", "a-1.zip", ""},
		{"https://u:p@f.example/a-1.zip", "https://u:p@f.example/a-1.zip", "a-1.zip", ""},
	} {
		r := linkReader{base: base}
		l, ok := r.read(c.text)
		hash := ""
		if l.hash != "" {
			hash = l.hash + "=" + l.hashValue
		}
		if ok != (c.url != "") || l.url != c.url || l.filename != c.filename || hash != c.hash {
			t.Errorf("%q: %v %+v", c.text, ok, l)
		}
	}
}

// The quick way must give what the slow one gives.
func FuzzLinks(f *testing.F) {
	f.Add("https://f.example/a/b-1.zip#sha256=00")
	f.Add("http://f.example:80/x/../b-1.zip")
	f.Fuzz(func(t *testing.T, text string) {
		base, _ := parseURL("https://index.example/simple/alpha/")
		quick := linkReader{base: base}
		l, ok := quick.readPlain(text)
		if !ok {
			return
		}
		slow := linkReader{base: base}
		m, ok := slow.readAny(text)
		if !ok || l != m {
			t.Fatalf("%q: %+v, slowly %+v %v", text, l, m, ok)
		}
	})
}
