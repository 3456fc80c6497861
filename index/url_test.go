package index

import (
	"testing"

	"thresher/address"
)

func TestLinks(t *testing.T) {
	base, _ := readURL(address.Parse("https://index.example/simple/alpha/"))
	for _, c := range []struct{ text, url, filename, hash string }{
		{"https://f.example/a-1.zip", "https://f.example/a-1.zip", "a-1.zip", ""},
		{"https://f.example/a-1.zip#sha256=AB", "https://f.example/a-1.zip", "a-1.zip", "sha256=AB"},
		{"https://f.example/a-1.zip#sha256=AB&egg=a-1", "https://f.example/a-1.zip", "a-1.zip", "sha256=AB"},
		{"https://f.example/a-1.zip#sha256=AB&egg=b-1", "", "", ""},
		{"https://f.example/a-1.zip?x=1&subdirectory=evil", "", "", ""},
		{"https://f.example:443/a-1.zip", "https://f.example:443/a-1.zip", "a-1.zip", ""},
		// as pip does
		{"https://f.example/a-1.zip?b=1&sha256=0#md5=1", "https://f.example/a-1.zip?b=1&sha256=0",
			"a-1.zip", "sha256=0#md5=1"},
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
		base, _ := readURL(address.Parse("https://index.example/simple/alpha/"))
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
