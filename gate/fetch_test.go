package gate

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thresher/internal/testkit"
	"thresher/policy/rules"
)

// pageOf serves a page without hashes for every project, with one file on it,
// and hands all other requests on.
func pageOf(t testing.TB, place, filename string, files http.HandlerFunc) *httptest.Server {
	x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/simple/") && strings.HasSuffix(r.URL.Path, "/") {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<!DOCTYPE html><a href="%s%s">%s</a>`, place, filename, filename)
			return
		}
		files(w, r)
	}))
	t.Cleanup(x.Close)
	return x
}

// TestStatusOfNoFile: pip takes the body of every answer that is no error for the
// file, and what its cache holds where the answer is 304. The gate judges that of
// a 200 alone, so no other reaches pip.
func TestStatusOfNoFile(t *testing.T) {
	_, content := testkit.Distribution{Name: "other", Version: "1.0"}.Sdist()
	status, location := 0, ""
	x := pageOf(t, "/files/", "app-1.0.tar.gz", func(w http.ResponseWriter, _ *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
		if status != http.StatusNoContent && status != http.StatusNotModified {
			_, _ = w.Write(content)
		}
	})
	asked := x.URL + "/files/app-1.0.tar.gz"
	for _, status = range []int{200, 201, 202, 203, 204, 205, 206, 207, 226, 299, 300, 301, 302, 304, 305, 306, 399} {
		for _, location = range []string{"", "/files/app-1.0.tar.gz"} {
			g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}, Prefetch: -1})
			if got, _, _ := ask(t, g, x.URL+"/simple/app/", ""); got != http.StatusOK {
				t.Fatalf("the page: %d", got)
			}
			got, reason, body := ask(t, g, asked, "")
			redirected := location != "" && (status == 301 || status == 302)
			if redirected && got != status || !redirected &&
				(got != http.StatusForbidden || !strings.HasPrefix(reason, "blocked by thresher: ")) {
				t.Errorf("%d %q: %d %s", status, location, got, reason)
			}
			if strings.Contains(body, string(content[:20])) || len(g.Ledger()) > 0 {
				t.Errorf("%d %q: pip is given the file", status, location)
			}
		}
	}
}

// TestFilesBesidePages: some indexes have their files right below the address
// under which projects have their pages.
func TestFilesBesidePages(t *testing.T) {
	filename, content := testkit.Distribution{Name: "app", Version: "1.0"}.Wheel()
	x := pageOf(t, "/simple/", filename, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) })
	g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}, Prefetch: -1})
	if status, _, _ := ask(t, g, x.URL+"/simple/app/", ""); status != http.StatusOK {
		t.Fatalf("the page: %d", status)
	}
	if status, reason, body := ask(t, g, x.URL+"/simple/"+filename, ""); status != http.StatusOK ||
		body != string(content) {
		t.Errorf("the file: %d %s", status, reason)
	}
}

// TestNamedArchiveIsJudged: an archive that the command names by its address is
// judged by the name that it has inside, or by that of the file where it has none.
func TestNamedArchiveIsJudged(t *testing.T) {
	_, said := testkit.Distribution{Name: "bad", Version: "1.0"}.Sdist()
	x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/download/7" {
			w.Header().Set("Content-Disposition", `attachment; filename="main.tar.gz"`)
		}
		_, _ = w.Write(said)
	}))
	defer x.Close()
	for _, path := range []string{"/main.tar.gz", "/download/7"} {
		g := open(t, Config{
			Named: []Named{{URL: x.URL + path}},
			JudgeLocal: func(entry Entry) []rules.Finding {
				if entry.Name != "bad" {
					return nil
				}
				return []rules.Finding{{Subject: entry.Name, Rule: rules.Malware, Action: rules.Block, Evidence: "is malware"}}
			},
		})
		if status, reason, _ := ask(t, g, x.URL+path, ""); status != http.StatusForbidden ||
			!strings.Contains(reason, "bad: is malware") {
			t.Errorf("%s: %d %s", path, status, reason)
		}
	}
}

// TestRepositoryByAnotherRevision: that the command names a repository lets no
// dependency name another revision of it.
func TestRepositoryByAnotherRevision(t *testing.T) {
	const repository = "git+https://host.example/acme.git"
	g := open(t, Config{Named: []Named{{URL: repository + "@v1#egg=acme"}}})
	for link, may := range map[string]bool{
		repository + "@v1": true, repository + "@v1#subdirectory=x": true, repository: false, repository + "@0123abc": false,
	} {
		if finding := g.judgeUse(use{Link: link}); (finding == nil) != may {
			t.Errorf("%s: %+v", link, finding)
		}
	}
}

// TestUseOfLocalPlaces: what counts is the path that pip opens, byte for byte; a
// folder is used only where the command names it.
func TestUseOfLocalPlaces(t *testing.T) {
	folder := t.TempDir()
	filename, content := testkit.Distribution{Name: "app", Version: "1.0"}.Wheel()
	for _, path := range []string{filename, "\ufffd-1.0.tar.gz", "named/setup.py", "other/setup.py"} {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := open(t, Config{Folders: []string{folder}, Named: []Named{{Path: filepath.Join(folder, "named")}}})
	for _, c := range []struct {
		link, path string
		may        bool
	}{
		{filename, filename, true},
		{"named", "named", true},
		{"other", "other", false},
		{"not-there.whl", "not-there.whl", true}, // pip says so itself
		{"%ff-1.0.tar.gz", "\ufffd-1.0.tar.gz", false},
		{filename, "", false},
	} {
		asked := use{Link: "file://" + folder + "/" + c.link}
		if c.path != "" {
			asked.Path = (&url.URL{Path: filepath.Join(folder, c.path)}).EscapedPath()
		}
		if finding := g.judgeUse(asked); (finding == nil) != c.may {
			t.Errorf("%+v: %+v", c, finding)
		}
	}
}

// TestReadAsWhatItsNameSays: what was read in a file as a source archive says
// nothing of the same bytes as a wheel.
func TestReadAsWhatItsNameSays(t *testing.T) {
	_, content := testkit.Distribution{Name: "app", Version: "1.0",
		Requires: []string{"x @ https://elsewhere.example/x.whl"}}.Wheel()
	memory := t.TempDir()
	for _, path := range []string{"/app-1.0.zip", "/app-1.0-py3-none-any.whl"} {
		x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
		g := open(t, Config{Named: []Named{{URL: x.URL + path}}, Memory: memory})
		status, reason, _ := ask(t, g, x.URL+path, "")
		if wheel := strings.HasSuffix(path, ".whl"); wheel != strings.Contains(reason,
			"depends on x @ https://elsewhere.example/x.whl") {
			t.Errorf("%s: %d %s", path, status, reason)
		}
		x.Close()
	}
}
