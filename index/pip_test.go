package index

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/address"
	"thresher/internal/testkit"
)

// pipLinks reads pages with pip's own code.
const pipLinks = `
import json, sys
sys.path.insert(0, sys.argv[1])
from pip._internal.index.collector import parse_links, IndexContent
out = []
for page in json.load(sys.stdin):
    try:
        content = IndexContent(page["body"].encode(), page["type"], "utf-8", page["url"], cache_link_parsing=False)
        links = []
        for link in parse_links(content):
            metadata = link.metadata_link() if callable(getattr(link, "metadata_link", None)) else None
            data = getattr(link, "metadata_file_data", None)
            links.append({
                "url": link.url_without_fragment, "filename": link.filename,
                "hashes": {**(getattr(link, "_hashes", None) or {}), **({link.hash_name: link.hash} if link.hash_name else {})}, "requires": link.requires_python or "",
                "yanked": link.yanked_reason, "metadata": metadata.url_without_fragment if metadata else "",
                "digests": (data.hashes or {}) if data else {},
                "uploaded": str(link.upload_time) if getattr(link, "upload_time", None) else "",
            })
        out.append({"links": links})
    except Exception as e:
        out.append({"error": repr(e)})
json.dump(out, sys.stdout)
`

type pipPage struct {
	Body string `json:"body"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

type pipLink struct {
	URL, Filename, Requires, Metadata, Uploaded string
	Hashes, Digests                             map[string]string
	Yanked                                      *string
}

func askPip(t *testing.T, python testkit.Python, wheel string, pages []pipPage) []struct {
	Links []pipLink
	Error string
} {
	t.Helper()
	input, err := json.Marshal(pages)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python.Path, "-I", "-c", pipLinks, wheel)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok && strings.Contains(string(e.Stderr), "cannot import name 'IndexContent'") {
			t.Skipf("skipped: %s has no IndexContent", filepath.Base(wheel))
		}
		t.Fatal(err)
	}
	var answers []struct {
		Links []pipLink
		Error string
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// pages on which pip and this package must agree.
var pipPages = []pipPage{
	{Type: acceptJSONPage, Body: string(bigPage(3))},
	{Type: acceptJSONPage, Body: `{"files":[{"url":"../../files/alpha-1.0.tar.gz","hashes":{"md5":"a","sha256":"b"},"requires-python":">=3.8,<4","yanked":"broken"},
		{"url":"https://h.example/a%2Bb/alpha-1.0%2Blocal-py3-none-any.whl","hashes":{},"yanked":true,"core-metadata":true},
		{"url":"/up/alpha 1.zip","hashes":{"sha512":"x"},"yanked":"","dist-info-metadata":{"sha256":"q"}},
		{"url":"alpha-2.zip#sha256=beef","hashes":{"sha256":"dead"},"core-metadata":null,"dist-info-metadata":true},
		{"url":null,"filename":"x"},{"filename":"no-url"},
		{"url":"//other.example/alpha-3.zip?token=1","core-metadata":false,"upload-time":"2024-01-17T16:53:12.779164Z"}]}`},
	{Type: "text/html", Body: `<!DOCTYPE html><html><head><base href="https://files.example/x/"></head><body>
		<a href="alpha-1.0.tar.gz#sha256=0123" data-requires-python="&gt;=3.8, &lt;4">alpha</a>
		<A HREF='/alpha-1.1-py3-none-any.whl#md5=99' data-yanked="so &amp; so" data-core-metadata="sha256=77">alpha</A>
		<a href=alpha-1.2.zip data-dist-info-metadata=true data-yanked="">alpha</a>
		
		<a href="../alpha%201.5.zip">space</a><a href="alpha 1.6.zip">space</a>
		<a href="https://h.example/alpha-1.7.zip?a=1&amp;b=2#sha256=12&amp;x=1">query</a>
		<!-- <a href="alpha-9.0.zip">comment</a> -->
		<script>var x = '<a href="alpha-9.1.zip">';</script>
		<a name="anchor">none</a><a href="">empty</a><a href="/simple/">index</a>
		<a href="alpha-1.8.zip"`},
	{Type: "text/html", Body: `<a href="alpha-1.zip">a<a href="alpha-2.zip">b<p><a href="alpha-3.zip" ` +
		`data-requires-python=">=3">c`},
	{Type: "application/vnd.pypi.simple.v1+html", Body: `<body><a href="alpha-1.0.zip#sha512=aa&sha256=bb">x</a><a
		href="alpha-2.0.zip#md5=1">x</a><a/href="alpha-3.0.zip">x</a></body>`},
}

func TestPipReadsTheRenderedPageAsTheOriginal(t *testing.T) {
	python := testkit.AnyPython(t)
	for _, version := range testkit.SomeReleases(t, "22.3.1", "23.0.1", "23.2.1", "24.0", "25.1.1", "26.2.1") {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			comparePip(t, python, testkit.PipWheel(t, python, version), version < "23.2")
		})
	}
}

func comparePip(t *testing.T, python testkit.Python, wheel string, oldMetadata bool) {
	var asked []pipPage
	for _, p := range pipPages {
		p.URL = pageURL
		page, err := ParsePage(p.Type, []byte(p.Body), p.URL, "alpha")
		if err != nil {
			t.Fatal(err)
		}
		const gate = "http://127.0.0.1:9/1/simple/alpha/"
		asked = append(asked, p,
			pipPage{Type: acceptJSONPage, Body: string(RenderJSON(page)), URL: gate},
			pipPage{Type: "text/html", Body: string(RenderHTML(page)), URL: gate})
	}
	answers := askPip(t, python, wheel, asked)
	for i := range pipPages {
		original, fromJSON, fromHTML := answers[3*i], answers[3*i+1], answers[3*i+2]
		if original.Error != "" {
			// pip up to 23.1 fails on a digest under the former name.
			if fromJSON.Error == "" {
				t.Errorf("page %d: pip fails on the original only: %s", i, original.Error)
			}
			continue
		}
		want, fromJSONLinks := archives(original.Links), archives(fromJSON.Links)
		if oldMetadata {
			// It trips over the former name in JSON, so only the new one,
			// which it does not know, is written for what HTML offered.
			withoutMetadata(want)
			withoutMetadata(fromJSONLinks)
		}
		if d := cmp.Diff(want, fromJSONLinks); d != "" || fromJSON.Error != "" {
			t.Errorf("page %d as JSON: %s\n%s", i, fromJSON.Error, d)
		}
		forHTML(want)
		got := archives(fromHTML.Links)
		forHTML(got)
		if d := cmp.Diff(want, got); d != "" || fromHTML.Error != "" {
			t.Errorf("page %d as HTML: %s\n%s", i, fromHTML.Error, d)
		}
	}
}

func archives(links []pipLink) []pipLink {
	var kept []pipLink
	for _, l := range links {
		if address.IsLinkedArchive(l.Filename) {
			// pip up to 22.3 takes all that follows for the digest.
			for name, value := range l.Hashes {
				l.Hashes[name], _, _ = strings.Cut(value, "&")
			}
			kept = append(kept, l)
		}
	}
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].URL < kept[j].URL })
	return kept
}

// forHTML leaves out what HTML has no place for: times, and all digests but
// the strongest.
func forHTML(links []pipLink) {
	for i := range links {
		links[i].Uploaded = ""
		for _, digests := range []map[string]string{links[i].Hashes, links[i].Digests} {
			best, _ := strongest(digests)
			for name := range digests {
				if name != best {
					delete(digests, name)
				}
			}
		}
	}
	// Both names of the metadata are written, which helps pips that know one
	// only.
	withoutMetadata(links)
}

func withoutMetadata(links []pipLink) {
	for i := range links {
		links[i].Metadata, links[i].Digests = "", nil
	}
}
