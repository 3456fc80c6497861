package gate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"thresher/index"
)

// BenchmarkFilter judges and renders a page of 5,000 files.
func BenchmarkFilter(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"meta":{"api-version":"1.4"},"name":"large","files":[`)
	for i := range 5000 {
		if i > 0 {
			body.WriteString(",")
		}
		name := fmt.Sprintf("large-1.%d.%d-cp3%d-cp3%d-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", i/50,
			i%50/5, 8+i%5, 8+i%5)
		fmt.Fprintf(&body, `{"filename":%q,"url":"https://files.example/packages/%s%s","hashes":{"sha256":"%064x"},`+
			`"core-metadata":{"sha256":"%064x"},"requires-python":">=3.8","size":%d,"yanked":false,`+
			`"upload-time":"%s","provenance":null}`,
			name, strings.Repeat("ab/", 20), name, i, i+1, 1000+i,
			time.Now().Add(-time.Duration(i)*time.Hour).UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	body.WriteString("]}")
	page, err := index.ParsePage(contentJSON, []byte(body.String()), "http://index.example/simple/large/", "large")
	if err != nil {
		b.Fatal(err)
	}
	g := open(b, Config{Source: slowSource{}, JudgeFile: holdYoung(72 * time.Hour)})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			if _, err := index.ParsePage(contentJSON, []byte(body.String()), "http://index.example/simple/large/",
				"large"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("judge", func(b *testing.B) {
		for b.Loop() {
			if v := g.judge("large", "http://index.example/simple/", true, page, nil, nil); v.page == nil {
				b.Fatal("no page")
			}
		}
	})
	verdict := g.judge("large", "http://index.example/simple/", true, page, nil, nil)
	b.Run("render", func(b *testing.B) {
		for b.Loop() {
			if len(index.RenderJSON(verdict.page)) == 0 {
				b.Fatal("no page")
			}
		}
	})
}
