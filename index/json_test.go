package index

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"thresher/address"
	"thresher/pep"
)

var ignorePrivate = cmp.Options{
	cmpopts.IgnoreUnexported(Page{}, File{}),
	cmpopts.EquateEmpty(),
}

// reference reads a JSON page with encoding/json and maps: slow, plain, and
// the measure of the scanner. ok is false for what is no page.
func reference(body []byte) (p *Page, ok bool) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document map[string]any
	if decoder.Decode(&document) != nil || document == nil {
		return nil, false
	}
	var rest any
	if decoder.Decode(&rest) == nil || decoder.More() || !json.Valid(body) {
		return nil, false
	}
	p = &Page{Name: "alpha", URL: pageURL, JSON: true}
	if name, ok := document["name"].(string); ok && pep.CanonicalName(name) == "alpha" {
		p.Name = name
	}
	if meta, present := document["meta"]; present {
		m, ok := meta.(map[string]any)
		if !ok {
			return nil, false
		}
		if version, ok := m["api-version"].(string); ok && version != "" && strings.Split(version, ".")[0] != "1" {
			return nil, false
		}
	}
	switch status := document["project-status"].(type) {
	case string:
		p.Status = status
	case map[string]any:
		p.Status, _ = status["status"].(string)
		if p.Status == "" {
			p.Status, _ = status["state"].(string)
		}
		p.StatusReason, _ = status["reason"].(string)
	}
	p.Status = strings.ToLower(strings.TrimSpace(p.Status))
	if versions, ok := document["versions"].([]any); ok {
		p.Versions = []string{}
		for _, v := range versions {
			text, ok := v.(string)
			if !ok {
				p.Versions = nil
				break
			}
			p.Versions = append(p.Versions, text)
		}
	}
	files, ok := document["files"].([]any)
	if !ok {
		return nil, false
	}
	base, _ := readURL(address.Parse(pageURL))
	links := linkReader{base: base}
	for _, entry := range files {
		f, keep, ok := referenceFile(entry, &links)
		if !ok {
			return nil, false
		}
		if keep {
			p.Files = append(p.Files, f)
		}
	}
	return p, true
}

func referenceFile(entry any, links *linkReader) (f File, keep, ok bool) {
	m, isObject := entry.(map[string]any)
	if !isObject {
		return f, false, false
	}
	text := func(key string) (string, bool) {
		switch v := m[key].(type) {
		case nil:
			return "", true
		case string:
			return v, true
		}
		return "", false
	}
	digests := func(v any) (map[string]string, bool) {
		object, isObject := v.(map[string]any)
		if !isObject {
			return nil, v == nil
		}
		out := map[string]string{}
		for name, value := range object {
			digest, isText := value.(string)
			if !isText {
				return nil, false
			}
			out[name] = digest
		}
		return out, true
	}
	address, ok1 := text("url")
	requires, ok2 := text("requires-python")
	hashes, ok3 := digests(m["hashes"])
	if !ok1 || !ok2 || !ok3 {
		return f, false, false
	}
	f.RequiresPython, f.Hashes = requires, hashes
	switch y := m["yanked"].(type) {
	case nil:
	case bool:
		f.Yanked = y
	case string:
		f.Yanked, f.YankedReason = y != "", y
	default:
		return f, false, false
	}
	for _, key := range []string{"dist-info-metadata", "core-metadata"} {
		v, present := m[key]
		exists, hashes := false, map[string]string(nil)
		switch v := v.(type) {
		case nil:
			if present && key == "core-metadata" {
				continue
			}
		case bool:
			exists = v
		case string:
			exists = v != ""
		case map[string]any:
			var ok bool
			exists = true
			if hashes, ok = digests(v); !ok {
				return f, false, false
			}
		default:
			return f, false, false
		}
		if present {
			f.CoreMetadata, f.MetadataHashes = exists, hashes
		}
	}
	if size, isNumber := m["size"].(json.Number); isNumber {
		if n, err := strconv.ParseInt(string(size), 10, 64); err == nil && n >= 0 {
			f.Size = n
		}
	}
	if uploaded, isText := m["upload-time"].(string); isText {
		f.UploadTime = parseTime(uploaded)
	}
	f.Provenance, _ = m["provenance"].(string)
	if signed, isBool := m["gpg-sig"].(bool); isBool {
		f.GPGSignature = &signed
	}
	if m["url"] == nil {
		return f, false, true
	}
	l, readable := links.read(address)
	if !readable {
		return f, false, true
	}
	f.URL, f.Filename = l.url, l.filename
	if l.hash != "" {
		merged := map[string]string{}
		for name, value := range f.Hashes {
			merged[name] = value
		}
		merged[l.hash] = l.hashValue
		f.Hashes = merged
	}
	return f, true, true
}

// repeats tells whether an object of the next value has a key twice.
func repeats(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	twice := false
	switch token {
	case json.Delim('{'):
		seen := map[json.Token]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return twice
			}
			twice = twice || seen[key]
			seen[key] = true
			twice = repeats(d) || twice
		}
		_, _ = d.Token()
	case json.Delim('['):
		for d.More() {
			twice = repeats(d) || twice
		}
		_, _ = d.Token()
	}
	return twice
}

// agree compares the scanner with the reference, and the rendering with what
// was read.
func agree(t *testing.T, body []byte) {
	t.Helper()
	if !utf8.Valid(body) {
		if _, err := ParsePage(acceptJSONPage, body, pageURL, "alpha"); err == nil {
			t.Fatalf("read what is no UTF-8: %q", body)
		}
		return
	}
	want, ok := reference(body)
	got, err := ParsePage(acceptJSONPage, body, pageURL, "alpha")
	if err != nil {
		// Of a member that stands twice both must be readable.
		if ok && !strings.Contains(err.Error(), errJSONDepth.Error()) &&
			!repeats(json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\uFEFF"))))) {
			t.Fatalf("refused %q: %v", body, err)
		}
		return
	}
	if !ok {
		t.Fatalf("read %q", body)
	}
	got.Unreadable = nil
	if d := cmp.Diff(want, got, ignorePrivate); d != "" {
		t.Fatalf("%q\n%s", body, d)
	}
	rendered := RenderJSON(got)
	if !json.Valid(rendered) {
		t.Fatalf("rendered what is no JSON: %q\nfrom %q", rendered, body)
	}
	again, err := ParsePage(acceptJSONPage, rendered, pageURL, "alpha")
	if err != nil {
		t.Fatalf("%v\n%q\nfrom %q", err, rendered, body)
	}
	if d := cmp.Diff(withShownText(got), again, ignorePrivate); d != "" {
		t.Fatalf("%q became %q\n%s", body, rendered, d)
	}
	if third := RenderJSON(again); !bytes.Equal(third, rendered) {
		t.Fatalf("rendered twice: %q, %q", rendered, third)
	}
	html := RenderHTML(got)
	fromHTML, err := ParsePage("text/html; charset=utf-8", html, pageURL, "alpha")
	if err != nil {
		if !strings.Contains(err.Error(), "larger than") {
			t.Fatalf("%v\n%q", err, html)
		}
		return
	}
	for _, f := range fromHTML.Files {
		found := false
		for _, g := range got.Files {
			found = found || f.URL == g.URL && f.Filename == g.Filename && f.Yanked == g.Yanked
		}
		if !found {
			t.Fatalf("HTML has %q, which the page has not: %q", f.URL, body)
		}
	}
}

// withShownText is a page as it is written: its free text is made harmless.
func withShownText(p *Page) *Page {
	written := *p
	written.Name, written.Status, written.StatusReason = shown(p.Name), shown(p.Status), shown(p.StatusReason)
	written.Versions, written.Files = slices.Clone(p.Versions), slices.Clone(p.Files)
	for i := range written.Versions {
		written.Versions[i] = shown(written.Versions[i])
	}
	for i := range written.Files {
		f := &written.Files[i]
		f.RequiresPython, f.YankedReason = shown(f.RequiresPython), shown(f.YankedReason)
	}
	return &written
}

func FuzzJSONPage(f *testing.F) {
	f.Add(bigPage(2))
	for _, c := range shapes {
		f.Add([]byte(c.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}

func TestRandomJSONPages(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		agree(t, []byte(randomPage(random)))
	}
}

func randomPage(r *rand.Rand) string {
	members := []string{}
	for range r.IntN(5) {
		switch r.IntN(6) {
		case 0:
			members = append(members, `"meta":`+pick(r, `{"api-version":"1.0"}`, `{"api-version":"1.4","x":1}`,
				`{"api-version":"2.0"}`, randomValue(r, 2)))
		case 1:
			members = append(members, `"name":`+pick(r, `"Alpha"`, randomValue(r, 1)))
		case 2:
			members = append(members, `"project-status":`+pick(r, `{"status":"archived"}`, `{"state":" Quarantined",`+
				`"reason":"r"}`, randomValue(r, 2)))
		case 3:
			members = append(members, `"versions":`+pick(r, `["1","2"]`, `[]`, randomValue(r, 2)))
		case 4:
			members = append(members, randomString(r)+`:`+randomValue(r, 3))
		}
	}
	var files []string
	for range r.IntN(3) {
		var file []string
		for range 1 + r.IntN(6) {
			key := pick(r, "filename", "url", "url", "hashes", "requires-python", "size", "upload-time", "yanked",
				"core-metadata", "dist-info-metadata", "provenance", "gpg-sig", "more")
			value := randomValue(r, 2)
			if r.IntN(6) > 0 {
				switch key {
				case "url":
					value = pick(r, `"https://files.example/a/alpha-1.0.tar.gz"`, `"../../alpha-1.0-py3-none-any.whl#sha256=aa"`,
						`"alpha-%31.zip"`, `"alpha-\u0032.zip?x=1&md5=00"`, `"javascript:x.zip"`, `null`, `"https:\/\/u:p@h\/x.whl"`)
				case "hashes":
					value = pick(r, `{"sha256":"aa"}`, `{}`, `{"md5":"1","sha256":"2","sha256":"3"}`)
				case "yanked":
					value = pick(r, `true`, `false`, `""`, `"bad"`)
				case "size":
					value = pick(r, `12`, `-1`, `1.5`, `99999999999999999999`, `0`)
				case "upload-time":
					value = pick(r, `"2024-01-17T16:53:12.779164Z"`, `"2024-01-17T16:53:12Z"`, `"2024-02-30T16:53:12Z"`, `"yesterday"`,
						`"9999-12-31T23:59:59Z"`)
				case "core-metadata", "dist-info-metadata":
					value = pick(r, `true`, `false`, `{"sha256":"aa"}`, `null`, `{}`)
				case "gpg-sig":
					value = pick(r, `true`, `false`)
				}
			}
			file = append(file, strconv.Quote(key)+pick(r, ":", " : ")+value)
		}
		files = append(files, "{"+strings.Join(file, pick(r, ",", ", "))+"}")
	}
	if r.IntN(30) == 0 {
		files = append(files, randomValue(r, 1))
	}
	if r.IntN(30) > 0 {
		members = append(members, `"files":[`+strings.Join(files, ",")+`]`)
	}
	page := "{" + strings.Join(members, ",") + "}"
	if r.IntN(10) == 0 && len(page) > 0 { // broken somewhere
		at := r.IntN(len(page))
		page = page[:at] + pick(r, "", "x", `"`, ",", "}", "\x01", `\`) + page[at+r.IntN(2):]
	}
	return page
}

func pick(r *rand.Rand, options ...string) string { return options[r.IntN(len(options))] }

func randomString(r *rand.Rand) string {
	return pick(r, `""`, `"a"`, `"a\n\"\\\/\b\f\r\tb"`, `"\u00e9\u20ac"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx\ude00"`,
		`"\ude00\ud83d"`, `"é€😀"`, `"\u0000"`, `"`+strings.Repeat("x", 50)+`"`)
}

func randomValue(r *rand.Rand, depth int) string {
	switch n := r.IntN(9); {
	case n == 0:
		return pick(r, "true", "false", "null")
	case n <= 2:
		return pick(r, "0", "-0", "1", "12.5", "1e9", "1E-2", "-3.0e+1", "123456789012345678901234567890")
	case n <= 5 || depth == 0:
		return randomString(r)
	case n == 6:
		var list []string
		for range r.IntN(4) {
			list = append(list, randomValue(r, depth-1))
		}
		return "[" + strings.Join(list, pick(r, ",", " , ")) + "]"
	}
	var list []string
	for range r.IntN(4) {
		list = append(list, randomString(r)+":"+randomValue(r, depth-1))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// shapes are pages of one file (or none), and what becomes of them: "" a page
// that is read, else words of the refusal.
var shapes = []struct{ name, body, refused string }{
	{"usual", `{"meta":{"api-version":"1.1"},"name":"alpha","files":[{"filename":"alpha-1.zip","url":"alpha-1.zip",` +
		`"hashes":{}}]}`, ""},
	{"no files", `{"meta":{"api-version":"1.1"},"name":"alpha"}`, "no list of files"},
	{"files is an object", `{"files":{}}`, "no list of files"},
	{"a file is a string", `{"files":["alpha-1.zip"]}`, "a file of the page is no JSON object"},
	{"no object", `[]`, "no JSON object"},
	{"nothing", ``, "ends in the middle"},
	{"half", `{"meta":{"api-version":"1.1"},"files":[{"filename":"alpha-1.zip","url":"alph`, "ends in the middle"},
	{"half a word", `{"files":[{"yanked":tru`, "ends in the middle"},
	{"trailing comma", `{"files":[],}`, "no JSON"},
	{"two documents", `{"files":[]}{}`, "no JSON"},
	{"not a number", `{"files":[{"size":NaN}]}`, "no JSON"},
	{"HTML", `<!DOCTYPE html>`, "no JSON"},
	{"control character", "{\"files\":[],\"a\":\"\x01\"}", "no JSON"},
	{"next major version", `{"meta":{"api-version":"2.0"},"files":[]}`, `version "2.0"`},
	{"URL is a number", `{"files":[{"url":5}]}`, `"url" of a file`},
	{"URL is null", `{"files":[{"url":null}]}`, ""},
	{"hashes is a list", `{"files":[{"url":"alpha-1.zip","hashes":[]}]}`, `"hashes" of a file`},
	{"a digest is a number", `{"files":[{"url":"alpha-1.zip","hashes":{"sha256":1}}]}`, `"hashes" of a file`},
	{"yanked is a number", `{"files":[{"url":"alpha-1.zip","yanked":1}]}`, `"yanked" of a file`},
	{"requires-python is a list", `{"files":[{"url":"alpha-1.zip","requires-python":[]}]}`, `"requires-python" of a file`},
	{"escaped keys", `{"f\u0069les":[{"u\u0072l":"alpha-1.zip"}]}`, ""},
	{"last of two", `{"files":[{"url":"a-1.zip"}],"files":[{"url":"evil-1.zip","url":"alpha-2.zip"}]}`, ""},
	{"byte order mark", "\uFEFF{\"files\":[]}", ""},
	{"deep", `{"files":[],"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "nested too deeply"},
}

func TestShapesOfJSONPages(t *testing.T) {
	for _, c := range shapes {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePage(acceptJSONPage, []byte(c.body), pageURL, "alpha")
			if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
				t.Fatalf("%v", err)
			}
			agree(t, []byte(c.body))
		})
	}
	if _, err := ParsePage(acceptJSONPage, []byte("{\"files\":[],\"a\":\"\xff\"}"), pageURL, "alpha"); err == nil {
		t.Fatal("read what is no UTF-8")
	}
}

func TestUnknownMembersAreKept(t *testing.T) {
	body := `{"meta":{"api-version":"1.4","_last-serial":12,"tracks":["https://other.example/simple/alpha/"]},"name":"alpha",
		"alternate-locations":["https://a.example/"],"versions":["1"],"project-status":{"status":"archived","reason":"done"},
		"files":[{"filename":"alpha-1.zip","url":"https://f.example/alpha-1.zip","hashes":{"sha256":"aa"},"x-more":{"deep":[1,2]},"size":"big",
		"data-dist-info-metadata":{"sha256":"bb"},"core-metadata":{"sha256":"bb"},"upload-time":"2024-01-17T16:53:12Z","provenance":"https://p.example/","gpg-sig":false}]}`
	page, err := ParsePage(acceptJSONPage, []byte(body), pageURL, "alpha")
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	if err := json.Unmarshal([]byte(body), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(RenderJSON(page), &got); err != nil {
		t.Fatal(err)
	}
	want["files"].([]any)[0].(map[string]any)["yanked"] = false
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

func TestWhatACallerChangesIsRendered(t *testing.T) {
	page, err := ParsePage(acceptJSONPage, bigPage(3), pageURL, "alpha")
	if err != nil {
		t.Fatal(err)
	}
	page.Files = append([]File(nil), page.Files[1:]...)
	page.Files[0].URL = "http://127.0.0.1:1/blocked/alpha.whl"
	page.Files[0].CoreMetadata = false
	page.Files[0].UploadTime = time.Date(2020, 1, 2, 3, 4, 5, 6000, time.UTC)
	page.Files[1].Yanked = true
	again, err := ParsePage(acceptJSONPage, RenderJSON(page), pageURL, "alpha")
	if err != nil || len(again.Files) != 2 {
		t.Fatal(err)
	}
	f := again.Files[0]
	if f.URL != page.Files[0].URL || f.CoreMetadata || !f.UploadTime.Equal(page.Files[0].UploadTime) ||
		!again.Files[1].Yanked {
		t.Fatalf("%+v", f)
	}
	if text := string(RenderJSON(page)); !strings.Contains(text, `"core-metadata":false`) ||
		!strings.Contains(text, `"2020-01-02T03:04:05.000006Z"`) {
		t.Fatal(text)
	}
}

func TestPlainRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 200_000 {
		text := make([]byte, random.IntN(40))
		for i := range text {
			text[i] = byte(random.IntN(256))
			if random.IntN(4) > 0 {
				text[i] = "a~ !#[]\x7f\x80\xff\x21\x23\x5b\x5d"[random.IntN(14)]
			}
		}
		want := len(text)
		for i, c := range text {
			if endsRun[c] {
				want = i
				break
			}
		}
		if got := plainRun(string(text)); got != want {
			t.Fatalf("%q: %d, want %d", text, got, want)
		}
	}
}

// What is made to cost memory or time is refused, or costs little.
func TestPagesMadeToHurt(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		refused    bool
	}{
		"files": {acceptJSONPage, `{"files":[` + strings.Repeat(`{"url":"a-1.zip"},`, maxFiles) + `{"url":"a-1.zip"}]}`,
			true},
		"versions": {acceptJSONPage, `{"versions":[` + strings.Repeat(`"1",`, maxFiles) + `"1"],"files":[]}`, true},
		"digests":  {acceptJSONPage, `{"files":[{"url":"a-1.zip","hashes":{` + manyMembers(1000) + `}}]}`, true},
		"members":  {acceptJSONPage, `{"files":[{"url":"a-1.zip",` + manyMembers(500_000) + `}]}`, false},
		"links":    {"text/html", strings.Repeat(`<a href=a-1.zip>`, maxFiles+1), true},
	} {
		_, err := ParsePage(c.kind, []byte(c.body), pageURL, "alpha")
		if (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"x%d":""`, i)
	}
	return b.String()
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2024-01-17T16:53:12.779164Z":      "2024-01-17T16:53:12.779164Z",
		"2024-01-17T16:53:12Z":             "2024-01-17T16:53:12Z",
		"2024-01-17T16:53:12.5Z":           "2024-01-17T16:53:12.5Z",
		"2024-01-17T16:53:12+02:00":        "2024-01-17T14:53:12Z",
		"2024-01-17 16:53:12":              "2024-01-17T16:53:12Z",
		"2024-02-29T00:00:00Z":             "2024-02-29T00:00:00Z",
		"2023-02-29T00:00:00Z":             "",
		"2024-13-01T00:00:00Z":             "",
		"2024-01-17T25:00:00Z":             "",
		"20240117T165312Z":                 "",
		"":                                 "",
		"2024-01-17T16:53:12.7791640000Z ": "",
		"9999-12-31T23:59:59Z":             "9999-12-31T23:59:59Z",
	} {
		got := ""
		if at := parseTime(text); !at.IsZero() {
			got = at.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		text := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", random.IntN(3000), random.IntN(14), random.IntN(33),
			random.IntN(25), random.IntN(61), random.IntN(61), random.IntN(1000000))
		want, err := time.Parse(time.RFC3339Nano, text)
		if got := parseTime(text); err == nil && !got.Equal(want) || err != nil && !got.IsZero() {
			t.Fatalf("%s: %v", text, got)
		}
	}
}
