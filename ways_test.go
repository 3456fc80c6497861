package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"thresher/internal/testkit"
)

// TestEveryPipReachesIndexes: whatever way to packages a person configures, it is the way
// that is taken: proxies, redirects, variables in files, caches elsewhere, pages
// of links, repositories and projects that stay where they are.
func TestEveryPipReachesIndexes(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		x := testkit.NewIndex(t)
		x.AddWheel(testkit.Distribution{Name: "alpha", Version: "1.0", Requires: []string{"beta"}})
		x.AddWheel(testkit.Distribution{Name: "beta", Version: "1.0"})
		again := []string{"install", "--no-cache-dir", "--force-reinstall"}
		arrived := func(r result) {
			t.Helper()
			r.want(t, 0, "Successfully installed")
			r.wantNot(t, "without a verdict", "wonder")
		}

		// A name that only a proxy knows.
		through := new(atomic.Int32)
		target, err := url.Parse(x.URL)
		if err != nil {
			t.Fatal(err)
		}
		forward := httputil.NewSingleHostReverseProxy(target)
		proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Host != "index.example" || r.Header.Get("Thresher-Secret") != "" {
				http.Error(rw, "not for here", http.StatusBadGateway)
				return
			}
			through.Add(1)
			r.URL.Scheme, r.URL.Host = "", ""
			forward.ServeHTTP(rw, r)
		}))
		defer proxy.Close()
		x.OwnURL = "http://index.example"
		w.run(binaries+"/thresher", []string{"allow", "http://index.example/simple", "--reason", "a test"}).want(t, 0)
		elsewhere := "PIP_INDEX_URL=http://index.example/simple/"
		arrived(w.pip(append(again, "--trusted-host", "index.example", "--proxy", proxy.URL, "alpha"), elsewhere))
		arrived(w.pip(append(again, "--trusted-host", "index.example", "alpha"), elsewhere, "http_proxy="+proxy.URL))
		if through.Load() < 6 {
			t.Errorf("the proxy saw %d requests", through.Load())
		}
		x.OwnURL = ""

		// Redirects of pages and of files, to a path and to another server.
		other := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, x.URL+r.URL.Path, http.StatusMovedPermanently)
		}))
		defer other.Close()
		arrived(w.pip(append(again, "alpha"), "PIP_INDEX_URL="+other.URL+"/simple/"))
		x.OwnURL = other.URL
		arrived(w.pip(append(again, "alpha"), "PIP_INDEX_URL="+x.SimpleURL()))
		x.OwnURL = ""

		// A requirements file with an index of its own and a password from the
		// environment.
		x.User, x.Password = "ann", "wonder"
		w.write("requirements.txt", "--index-url "+strings.Replace(x.SimpleURL(), "http://", "http://ann:${TOKEN}@", 1)+
			"\nalpha\n")
		arrived(w.pip(append(again, "-r", "requirements.txt"), "TOKEN=wonder"))
		x.User = ""

		index := "PIP_INDEX_URL=" + x.SimpleURL()
		// A path that is too long for a Unix socket.
		long := "tmp/" + strings.Repeat("long", 50)
		w.write(long+"/keep", "")
		arrived(w.pip(append(again, "alpha"), index, "TMPDIR="+w.path(long)))
		arrived(w.pip([]string{"install", "--force-reinstall", "--cache-dir", "elsewhere", "alpha"}, index))
		if _, err := os.Stat(w.path("home/.cache/pip")); err == nil {
			t.Errorf("pip's cache is where it was not wanted")
		}
		arrived(w.pip(append(again, "--no-index", "--find-links", x.SimpleURL()+"alpha/", "--find-links",
			x.SimpleURL()+"beta/", "alpha")))
		w.pip([]string{"download", "-d", "folder", "alpha"}, index).want(t, 0)
		arrived(w.pip(append(again, "--no-index", "--find-links", "folder", "alpha")))
		if w.from("21") { // earlier ones take it for an address
			arrived(w.pip(append(again, "--no-index", "--find-links", "folder/beta-1.0-py3-none-any.whl", "beta")))
		}

		project := testkit.Distribution{Name: "project", Version: "1.0", Backend: editable}
		for path, text := range project.SourceTree() {
			w.write("repository/"+path, text)
		}
		if w.from("21.3") { // earlier ones know setup.py alone
			w.pip(append(again, "-e", "./repository"), index).want(t, 0, "+ project 1.0")
		}
		if _, err := exec.LookPath("git"); err != nil {
			t.Log("no repository is tried: there is no git")
			return
		}
		w.shell("cd repository && git init -q && git add . && git -c user.name=n -c user.email=n@index.example " +
			"commit -qm first")
		w.pip(append(again, "git+file://"+w.path("repository")+"#egg=project"), index).want(t, 0,
			"Successfully installed project-1.0")
		for path, text := range (testkit.Distribution{Name: "user", Version: "1.0", Requires: []string{"project @ " +
			"git+https://index.example/project.git"}}).SourceTree() {
			w.write("user/"+path, text)
		}
		w.pip(append(again, "./user"), index).want(t, 20, "git+https://index.example/project.git")
	})
}

// editable is a backend's hook for projects that stay where they are (PEP 660).
const editable = `
def get_requires_for_build_editable(config_settings=None):
    return []
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return build_wheel(wheel_directory, config_settings, metadata_directory)
`
