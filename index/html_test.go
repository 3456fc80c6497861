package index

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHTMLPages(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		want             *Page
		refused          string
	}{
		{"all attributes", "text/html", `<html><head><meta name="pypi:repository-version" content="1.3">
			<meta name="pypi:project-status" content="Archived"><meta name="pypi:project-status-reason" content="done">
			<a href="a-1.0.zip#sha256=ab" data-requires-python="&gt;=3" data-yanked data-gpg-sig="true" data-provenance="https://p.example/" data-core-metadata="sha256=cd">a</a>`,
			&Page{Status: "archived", StatusReason: "done", Files: []File{{
				Filename: "a-1.0.zip", URL: "https://index.example/simple/alpha/a-1.0.zip",
				Hashes:         map[string]string{"sha256": "ab"},
				RequiresPython: ">=3", Yanked: true, Provenance: "https://p.example/", CoreMetadata: true,
				MetadataHashes: map[string]string{"sha256": "cd"}, GPGSignature: &[]bool{true}[0],
			}}}, ""},
		{"links that are no files", "text/html", `<a href="/">x</a><a href="mailto:a@b.example">x</a><a ` +
			`href="x.whl.metadata">x</a><a href="setup.exe">x</a><a href="#top">x</a>`, &Page{}, ""},
		{"base after the anchors, and a second one", "text/html", `<a href="a-1.zip"></a><base target=_top><base ` +
			`href="/files/"><base href="/other/">`,
			&Page{Files: []File{{Filename: "a-1.zip", URL: "https://index.example/files/a-1.zip"}}}, ""},
		{"what cannot be told for certain", "text/html",
			`<a href="https://h.example/x.zip#egg=alpha-1.0">1</a><a href="file:///etc/a-1.zip">2</a>
			<a href="https://u@h.example\@g.example/a-1.zip">3</a><a href="a%2525-1.zip">4</a><a href="a-1.zip?x&amp;egg=b-2">5</a><a href="a%5c-1.zip">6</a><a href="javascript:a.zip">7</a>`,
			&Page{Unreadable: []string{"https://h.example/x.zip#egg=alpha-1.0", "file:///etc/a-1.zip",
				"https://****@g.example/a-1.zip", "a%2525-1.zip", "a-1.zip?****", "a%5c-1.zip", "javascript:a.zip"}}, ""},
		{"an egg that says what the name says", "text/html", `<a href="alpha-1.0.zip#egg=alpha-1.0">x</a>`,
			&Page{Files: []File{{Filename: "alpha-1.0.zip", URL: "https://index.example/simple/alpha/alpha-1.0.zip"}}}, ""},
		{"Latin-1", "text/html; charset=ISO-8859-1", "<a href=\"a-1.zip\" data-yanked=\"caf\xe9\">x</a>",
			&Page{Files: []File{{Filename: "a-1.zip", URL: "https://index.example/simple/alpha/a-1.zip", Yanked: true,
				YankedReason: "café"}}}, ""},
		{"other charsets", "text/html; charset=utf-16", "x", nil, "charset"},
		{"next major version", "text/html", `<meta name="pypi:repository-version" content="2.0">`, nil, `version "2.0"`},
		{"plain text", "text/plain", `<a href="a-1.zip">`, nil, `it is "text/plain"`},
		{"no type", "", `<a href="a-1.zip">`, nil, "no Content-Type"},
		{"plain JSON", "application/json", `{"files":[]}`, nil, `it is "application/json"`},
		{"endless tag", "text/html", `<a href="` + strings.Repeat("x", 2<<20), nil, "larger than 1 MiB"},
		{"empty", "text/html", ``, &Page{}, ""},
		{"NUL and garbage", "text/html", "\x00<\xff<a href=\"a\x00-1.zip\">x<a href='a-2.zip",
			&Page{Files: []File{{Filename: "a\uFFFD-1.zip", URL: "https://index.example/simple/alpha/a%EF%BF%BD-1.zip"}}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParsePage(c.kind, []byte(c.body), pageURL, "alpha")
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.want.Name, c.want.URL = "alpha", pageURL
			if d := cmp.Diff(c.want, got, ignorePrivate); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func FuzzHTMLPage(f *testing.F) {
	for _, p := range pipPages {
		f.Add([]byte(p.Body), "utf-8")
	}
	f.Add([]byte(`<a href="a-1.zip#sha256=ab" data-yanked>`), "iso-8859-1")
	f.Fuzz(func(t *testing.T, body []byte, charset string) {
		page, err := ParsePage("text/html; charset="+charset, body, pageURL, "alpha")
		if err != nil {
			return
		}
		// What is rendered reads the same again, in both forms.
		for kind, rendered := range map[string][]byte{"text/html": RenderHTML(page), acceptJSONPage: RenderJSON(page)} {
			again, err := ParsePage(kind, rendered, pageURL, "alpha")
			if err != nil {
				t.Fatalf("%v: %q", err, rendered)
			}
			if len(again.Files) != len(page.Files) {
				t.Fatalf("%d files became %d: %q", len(page.Files), len(again.Files), rendered)
			}
			for i := range page.Files {
				a, b := page.Files[i], again.Files[i]
				if a.URL != b.URL || a.Filename != b.Filename || a.Yanked != b.Yanked || a.CoreMetadata != b.CoreMetadata ||
					a.Provenance != b.Provenance {
					t.Fatalf("%+v became %+v", a, b)
				}
			}
		}
	})
}
