package layers_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"thresher/layers"
)

// gitServer serves the repositories of a world by https, as git itself does, to who has
// the password where there is one.
func (w *world) gitServer(password string) *httptest.Server {
	w.t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		w.t.Skip("skipped: there is no git")
	}
	program := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := exec.LookPath(program); err != nil {
		w.t.Skip("skipped: this git has no git-http-backend")
	}
	backend := &cgi.Handler{Path: program, Env: []string{"GIT_PROJECT_ROOT=" + w.dir, "GIT_HTTP_EXPORT_ALL=1"}}
	server := httptest.NewTLSServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if _, given, _ := request.BasicAuth(); given != password {
			response.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		if rest, moved := strings.CutPrefix(request.URL.Path, "/moved/"); moved {
			http.Redirect(response, request, "/"+rest+"?"+request.URL.RawQuery, http.StatusMovedPermanently)
			return
		}
		backend.ServeHTTP(response, request)
	}))
	w.t.Cleanup(server.Close)
	w.write("git-authority.pem", authorityOf(server))
	return server
}

// byGit is the world's fetcher that knows the authority of its git server, and has
// further variables.
func (w *world) byGit(variables ...string) layers.Fetcher {
	f := w.fetcher()
	f.Environ = append(f.Environ, "GIT_SSL_CAINFO="+filepath.Join(w.dir, "git-authority.pem"))
	f.Environ = append(f.Environ, variables...)
	return f
}

func TestGitByHTTPS(t *testing.T) {
	w := newWorld(t)
	r := w.repository(newSigner(t))
	commit := r.commit("", denying)
	r.commit("", version(2, "other"))
	server := w.gitServer("")
	named := "git+" + server.URL + "/repository/.git@" + commit + "#policy.toml"
	w.write("user.toml", following("", "", named))
	loaded, err := w.loadBy(w.byGit())
	if err != nil || !denies(loaded.Policy, "bad") {
		t.Errorf("%v", err)
	}

	// Without the authority of the server there is no policy, and no redirect is followed.
	w.write("user.toml", following("", "", strings.Replace(named, "/repository/.git", "/moved/repository/.git", 1)))
	if _, err := w.loadBy(w.byGit()); err == nil || !strings.Contains(err.Error(), "cannot be fetched") {
		t.Errorf("a redirect is followed: %v", err)
	}
	w.write("user.toml", following("", "", strings.Replace(named, "/repository/.git", "/./repository/.git", 1)))
	if _, err := w.loadBy(w.fetcher()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server without a known authority: %v", err)
	}
}

// Credentials come by git's own ways, and stand in no message.
func TestGitAsksItsHelper(t *testing.T) {
	w := newWorld(t)
	r := w.repository(newSigner(t))
	commit := r.commit("", denying)
	server := w.gitServer("hunter2")
	w.write("user.toml", following("", "", "git+"+server.URL+"/repository/.git@"+commit+"#policy.toml"))
	if _, err := w.loadBy(w.byGit()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("without a password: %v", err)
	}
	config := w.write("gitconfig", "[credential]\n\thelper = \"!f() { echo username=me; echo password=hunter2; }; f\"\n")
	loaded, err := w.loadBy(w.byGit("GIT_CONFIG_GLOBAL=" + config))
	if err != nil || !denies(loaded.Policy, "bad") {
		t.Errorf("the user's helper is not asked: %v", err)
	}
	// What else is set for git where one stands, and what a global configuration says of
	// hooks and other transports, does not count.
	config = w.write("gitconfig", "[credential]\n\thelper = \"!f() { echo username=me; echo password=hunter2; }; f\"\n"+
		"[core]\n\thooksPath = "+filepath.ToSlash(w.dir)+"/hooks\n[protocol]\n\tallow = never\n[init]\n\ttemplateDir = "+
		filepath.ToSlash(w.dir)+"/template\n")
	w.write("hooks/reference-transaction", "#!/bin/sh\ntouch "+w.dir+"/ran\n")
	w.write("template/hooks/reference-transaction", "#!/bin/sh\ntouch "+w.dir+"/ran\n")
	if out, err := exec.Command("chmod", "-R", "+x", filepath.Join(w.dir, "hooks"),
		filepath.Join(w.dir, "template")).CombinedOutput(); err != nil {
		t.Skipf("skipped: %s", out)
	}
	w.write("user.toml", following("", "", "git+"+server.URL+"/./repository/.git@"+commit+"#policy.toml"))
	trace := filepath.Join(w.dir, "trace")
	loaded, err = w.loadBy(w.byGit("GIT_CONFIG_GLOBAL="+config, "GIT_DIR="+w.dir, "GIT_WORK_TREE="+w.dir,
		"GIT_TRACE_CURL="+trace, "GIT_TRACE="+trace, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.sshCommand",
		"GIT_CONFIG_VALUE_0=false", "GIT_TEMPLATE_DIR="+filepath.Join(w.dir, "template")))
	if err != nil || !denies(loaded.Policy, "bad") {
		t.Errorf("%v", err)
	}
	for _, path := range []string{"ran", "trace"} {
		if there(filepath.Join(w.dir, path)) {
			t.Errorf("%s was written", path)
		}
	}
}

// A repository's submodules are not fetched, and another repository that it names is
// not asked.
func TestSubmodulesAreNot(t *testing.T) {
	w := newWorld(t)
	r := w.repository(newSigner(t))
	w.write("repository/.gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = "+w.server.URL+"/other.git\n")
	if err := os.Mkdir(filepath.Join(r.dir, "x"), 0o755); err != nil { // or it counts as taken away
		t.Fatal(err)
	}
	r.git("", "-C", r.dir, "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("a", 40)+",x")
	commit := r.commit("", denying)
	w.write("user.toml", following("", "", r.reference(commit, "policy.toml")))
	if loaded, err := w.load(); err != nil || !denies(loaded.Policy, "bad") {
		t.Errorf("%v", err)
	}
	w.write("user.toml", following("", "", r.reference(commit, "x")))
	w.refused("no plain file")
	if w.requests() != 0 {
		t.Error("a submodule was asked for")
	}
}

// ssh is the user's own, with its agent and configuration.
func TestGitBySSH(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("skipped: the stand-in for ssh is a shell script")
	}
	w := newWorld(t)
	r := w.repository(newSigner(t))
	commit := r.commit("", denying)
	stub := w.write("ssh", "#!/bin/sh\necho \"$*\" >> "+w.dir+"/called\nfor last; do :; done\nexec sh -c \"$last\"\n")
	if err := os.Chmod(stub, 0o755); err != nil {
		t.Fatal(err)
	}
	reference := "git+ssh://me@git.example" + r.dir + "@" + commit + "#policy.toml"
	w.write("user.toml", following("", "", reference))
	loaded, err := w.loadBy(w.byGit("GIT_SSH="+stub, "GIT_SSH_VARIANT=simple"))
	if err != nil || !denies(loaded.Policy, "bad") {
		t.Fatal(err)
	}
	called, err := os.ReadFile(filepath.Join(w.dir, "called"))
	if err != nil || !strings.HasPrefix(string(called), "me@git.example git-upload-pack '"+r.dir+"'") {
		t.Errorf("%s %v", called, err)
	}
}
