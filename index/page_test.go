package index

import (
	"fmt"
	"strings"
	"testing"
)

const pageURL = "https://index.example/simple/alpha/"

// bigPage is a JSON page as large indexes write it.
func bigPage(files int) []byte {
	var b strings.Builder
	b.WriteString(`{"meta":{"_last-serial":24888689,"api-version":"1.4"},"name":"alpha",` +
		`"project-status":{"status":"active"},"files":[`)
	for i := range files {
		if i > 0 {
			b.WriteString(", ")
		}
		digest := fmt.Sprintf("%064x", i*7919)
		name := fmt.Sprintf("alpha-%d.%d.%d-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", i/100, i/10%10, i%10)
		fmt.Fprintf(&b, `{"core-metadata": {"sha256": "%s"}, "data-dist-info-metadata": {"sha256": "%s"}, "filename": "%s",`+
			` "hashes": {"sha256": "%s"}, "provenance": null, "requires-python": ">=3.8", "size": %d, "upload-time": `+
			`"2024-01-17T16:%02d:12.779164Z", "url": "https://files.example/packages/%s/%s/%s/%s", "yanked": false}`,
			digest, digest, name, digest, 100000+i, i%60, digest[:2], digest[2:4], digest[4:], name)
	}
	b.WriteString(`],"versions":["1.0","1.1"]}`)
	return []byte(b.String())
}

func BenchmarkParseAndRender5000(b *testing.B) {
	body := bigPage(5000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		page, err := ParsePage(acceptJSONPage, body, pageURL, "alpha")
		if err != nil || len(page.Files) != 5000 {
			b.Fatal(err)
		}
		if len(RenderJSON(page)) < 1<<20 {
			b.Fatal("short")
		}
	}
}

func BenchmarkParse5000(b *testing.B) {
	body := bigPage(5000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePage(acceptJSONPage, body, pageURL, "alpha"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseHTML5000(b *testing.B) {
	page, err := ParsePage(acceptJSONPage, bigPage(5000), pageURL, "alpha")
	if err != nil {
		b.Fatal(err)
	}
	body := RenderHTML(page)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := ParsePage("text/html", body, pageURL, "alpha"); err != nil {
			b.Fatal(err)
		}
		RenderHTML(page)
	}
}
