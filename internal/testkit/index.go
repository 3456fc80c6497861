package testkit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

// Index is a package index on a loopback port.
type Index struct {
	*httptest.Server
	// HTMLOnly makes it answer as an index older than PEP 691.
	HTMLOnly bool
	// User and Password, where set, are demanded of every request.
	User, Password string
	// Delay is slept before each answer.
	Delay time.Duration
	// NoUploadTimes leaves PEP 700's upload-time out.
	NoUploadTimes bool
	// OwnURL is what its pages call the server; "" its URL. What is asked for below
	// URL/moved is redirected to where it lies.
	OwnURL string

	mu       sync.Mutex
	files    map[string][]*ServedFile // canonical name → files
	byName   map[string]*ServedFile   // file name → file
	projects map[string]map[string]any
	statuses map[string]string
	requests []string
}

// ServedFile is one file of an Index. Once requests may come its
// fields are changed inside Index.Change.
type ServedFile struct {
	Filename     string
	Content      []byte
	Metadata     string // PEP 658 metadata; "" none is offered
	Uploaded     time.Time
	Yanked       bool
	YankedReason string
	Provenance   string
	Requires     string           // Requires-Python
	Answer       http.HandlerFunc // in the place of its content; nil the content
}

// NewIndex starts an index that ends with the test.
func NewIndex(t testing.TB) *Index {
	x := &Index{
		files: map[string][]*ServedFile{}, byName: map[string]*ServedFile{},
		projects: map[string]map[string]any{}, statuses: map[string]string{},
	}
	x.Server = httptest.NewServer(http.HandlerFunc(x.serve))
	t.Cleanup(x.Close)
	return x
}

// SimpleURL is the address to give as --index-url.
func (x *Index) SimpleURL() string { return x.URL + "/simple/" }

// AddWheel puts the distribution's wheel on the index, uploaded 400 days ago.
func (x *Index) AddWheel(d Distribution) *ServedFile {
	name, content := d.Wheel()
	return x.add(d, name, content, d.MetadataText())
}

// AddSdist puts the distribution's sdist on the index, uploaded 400 days ago.
func (x *Index) AddSdist(d Distribution) *ServedFile {
	name, content := d.Sdist()
	return x.add(d, name, content, "")
}

// Remove takes down the files of a version of a project, or where version is ""
// the project.
func (x *Index) Remove(name, version string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	canonical := canonicalName(name)
	if version == "" {
		delete(x.files, canonical)
		return
	}
	x.files[canonical] = slices.DeleteFunc(x.files[canonical], func(f *ServedFile) bool {
		rest := f.Filename[min(len(name)+1, len(f.Filename)):]
		return strings.HasPrefix(rest, version+"-") || strings.HasPrefix(rest, version+".tar")
	})
}

// AddFile puts any file on the index, at files/NAME, that no page leads to.
func (x *Index) AddFile(name string, content []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.byName[name] = &ServedFile{Filename: name, Content: content}
}

func (x *Index) add(d Distribution, filename string, content []byte, metadata string) *ServedFile {
	f := &ServedFile{Filename: filename, Content: content, Metadata: metadata, Requires: d.RequiresPython,
		Uploaded: time.Now().AddDate(0, 0, -400)}
	x.mu.Lock()
	defer x.mu.Unlock()
	canonical := canonicalName(d.Name)
	x.files[canonical] = append(x.files[canonical], f)
	x.byName[filename] = f
	return f
}

// Change changes the index or its files while requests may come.
func (x *Index) Change(change func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change()
}

// SetStatus sets the project status of PEP 792.
func (x *Index) SetStatus(name, status string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.statuses[canonicalName(name)] = status
}

// SetProject sets what /pypi/NAME/json answers.
func (x *Index) SetProject(name string, document map[string]any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.projects[canonicalName(name)] = document
}

// Requests gives the paths asked for so far, in order.
func (x *Index) Requests() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]string(nil), x.requests...)
}

func canonicalName(name string) string {
	fields := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return strings.Join(fields, "-")
}

func (x *Index) serve(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	x.requests = append(x.requests, r.URL.Path)
	delay, wantedUser, wantedPassword := x.Delay, x.User, x.Password
	x.mu.Unlock()
	time.Sleep(delay)
	if wantedUser != "" {
		if user, password, _ := r.BasicAuth(); user != wantedUser || password != wantedPassword {
			w.Header().Set("WWW-Authenticate", `Basic realm="index"`)
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
	}
	path := strings.Trim(r.URL.Path, "/")
	switch {
	case strings.HasPrefix(path, "moved/"): // for ever
		http.Redirect(w, r, strings.TrimPrefix(r.URL.Path, "/moved"), http.StatusMovedPermanently)
	case strings.HasPrefix(path, "files/"):
		x.serveFile(w, r, strings.TrimPrefix(path, "files/"))
	case strings.Contains(path, "simple/"): // under any path
		_, name, _ := strings.Cut(path, "simple/")
		x.servePage(w, r, name)
	case strings.HasPrefix(path, "pypi/") && strings.HasSuffix(path, "/json"):
		name := strings.Split(path, "/")[1]
		x.mu.Lock()
		document, ok := x.projects[canonicalName(name)]
		x.mu.Unlock()
		if !ok {
			http.NotFound(w, r)
			return
		}
		writeJSON(w, "application/json", document)
	default:
		http.NotFound(w, r)
	}
}

func (x *Index) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	metadata := strings.HasSuffix(name, ".metadata")
	x.mu.Lock()
	var f ServedFile
	known := x.byName[strings.TrimSuffix(name, ".metadata")]
	if known != nil {
		f = *known
	}
	x.mu.Unlock()
	switch {
	case known == nil || (metadata && f.Metadata == ""):
		http.NotFound(w, r)
	case metadata:
		_, _ = w.Write([]byte(f.Metadata))
	case f.Answer != nil:
		f.Answer(w, r)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Cache-Control", "max-age=365000000, immutable, public")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(f.Content)))
	}
}

func (x *Index) servePage(w http.ResponseWriter, r *http.Request, name string) {
	canonical := canonicalName(name)
	x.mu.Lock()
	known, ok := x.files[canonical]
	status, htmlOnly, undated := x.statuses[canonical], x.HTMLOnly, x.NoUploadTimes
	files := make([]ServedFile, len(known))
	for i, f := range known {
		files[i] = *f
	}
	x.mu.Unlock()
	if !ok && status == "" {
		http.NotFound(w, r)
		return
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].Filename < files[j].Filename })
	var body []byte
	kind := "text/html; charset=utf-8"
	if !htmlOnly && strings.Contains(r.Header.Get("Accept"), "application/vnd.pypi.simple.v1+json") {
		kind = "application/vnd.pypi.simple.v1+json"
		body = x.pageJSON(canonical, status, files, undated)
	} else {
		body = []byte(x.pageHTML(canonical, files))
	}
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Type", kind)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body)
}

func (x *Index) pageJSON(name, status string, files []ServedFile, undated bool) []byte {
	list := []map[string]any{}
	seen := map[string]bool{}
	versions := []string{}
	for _, f := range files {
		entry := map[string]any{
			"filename": f.Filename, "url": x.ownURL() + "/files/" + f.Filename,
			"hashes": map[string]string{"sha256": digest(f.Content)}, "size": len(f.Content),
			"yanked": f.Yanked, "core-metadata": false,
		}
		if f.YankedReason != "" {
			entry["yanked"] = f.YankedReason
		}
		if f.Requires != "" {
			entry["requires-python"] = f.Requires
		}
		if f.Metadata != "" {
			entry["core-metadata"] = map[string]string{"sha256": digest([]byte(f.Metadata))}
		}
		if !undated {
			entry["upload-time"] = f.Uploaded.UTC().Format("2006-01-02T15:04:05.000000Z")
		}
		if f.Provenance != "" {
			entry["provenance"] = f.Provenance
		}
		list = append(list, entry)
		if parts := strings.Split(strings.TrimSuffix(f.Filename, ".tar.gz"), "-"); len(parts) > 1 && !seen[parts[1]] {
			seen[parts[1]] = true
			versions = append(versions, parts[1])
		}
	}
	page := map[string]any{"meta": map[string]any{"api-version": "1.4"}, "name": name, "files": list, "versions": versions}
	if status != "" {
		page["project-status"] = map[string]string{"status": status}
	}
	body, err := json.Marshal(page)
	if err != nil {
		panic(err)
	}
	return body
}

func (x *Index) pageHTML(name string, files []ServedFile) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html><html><head><meta name=\"pypi:repository-version\" content=\"1.1\"><title>Links for "+
		"%s</title></head><body>\n", name)
	prefix := "../.."
	if x.OwnURL != "" {
		prefix = x.OwnURL
	}
	for _, f := range files {
		fmt.Fprintf(&b, "<a href=\"%s/files/%s#sha256=%s\"", prefix, f.Filename, digest(f.Content))
		if f.Requires != "" {
			fmt.Fprintf(&b, " data-requires-python=\"%s\"", html.EscapeString(f.Requires))
		}
		if f.Yanked || f.YankedReason != "" {
			fmt.Fprintf(&b, " data-yanked=\"%s\"", html.EscapeString(f.YankedReason))
		}
		if f.Metadata != "" {
			fmt.Fprintf(&b, " data-core-metadata=\"sha256=%s\"", digest([]byte(f.Metadata)))
		}
		fmt.Fprintf(&b, ">%s</a><br/>\n", f.Filename)
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

func (x *Index) ownURL() string {
	if x.OwnURL != "" {
		return x.OwnURL
	}
	return x.URL
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func writeJSON(w http.ResponseWriter, kind string, document any) {
	w.Header().Set("Content-Type", kind)
	if err := json.NewEncoder(w).Encode(document); err != nil {
		panic(err)
	}
}
