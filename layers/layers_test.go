package layers_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thresher/policy"
	"thresher/policy/rules"
)

const denying = "[policy]\nversion = 1\n[deny]\nbad = \"known to us\"\n"

// denies says whether a policy denies a name.
func denies(p *policy.Policy, name string) bool {
	for _, entry := range p.Deny {
		if entry.Name == name {
			return true
		}
	}
	return false
}

func TestPinnedDigest(t *testing.T) {
	w := newWorld(t)
	url := w.put("/pip.toml", denying)
	w.write("user.toml", following("", "", url+"#sha256="+policy.Hash([]byte(denying))))
	loaded := w.mustLoad()
	if !denies(loaded.Policy, "bad") || len(loaded.Layers) != 1 {
		t.Fatal("the layer does not count")
	}
	for _, setting := range loaded.Show() {
		if setting.Key == "deny.bad" && (setting.Layer != rules.UserSharedLayer || setting.Line != 4 ||
			!strings.HasPrefix(setting.Path, url) || setting.Date.IsZero()) {
			t.Errorf("%+v does not say where it is from", setting)
		}
	}
	// What is pinned is not asked for again, ever.
	w.requests()
	w.now = w.now.AddDate(1, 0, 0)
	w.setDown(true)
	loaded = w.mustLoad()
	if loaded.Refresh(context.Background(), w.fetcher()) != nil || w.requests() != 0 || len(loaded.Telling()) > 0 {
		t.Error("a pinned layer is fetched again")
	}

	// Another content is none.
	w = newWorld(t)
	url = w.put("/pip.toml", denying+"# changed\n")
	w.write("user.toml", following("", "", url+"#sha256="+policy.Hash([]byte(denying))))
	w.refused("has another content, with sha256=" + policy.Hash([]byte(denying+"# changed\n")))
}

func TestPinnedCommit(t *testing.T) {
	w := newWorld(t)
	r := w.repository(newSigner(t))
	first := r.commit("", denying)
	r.commit("", "[deny]\nother = \"later\"\n")
	w.write("user.toml", following("", "", r.reference(first, "policy.toml")))
	if loaded := w.mustLoad(); !denies(loaded.Policy, "bad") || denies(loaded.Policy, "other") {
		t.Error("not the content of the pinned commit")
	}
	w.write("user.toml", following("", "", r.reference(strings.Repeat("a", 40), "policy.toml")))
	w.refused("cannot be fetched")
}

// A layer that was never fetched and cannot be is an error, not a policy without it.
func TestNeverFetched(t *testing.T) {
	w := newWorld(t)
	url := w.put("/pip.toml", denying)
	w.write("user.toml", following("", "", url+"#sha256="+policy.Hash([]byte(denying))))
	w.setDown(true)
	w.refused("user.toml:2:1: " + url)
	w.setDown(false)
	w.mustLoad()
}

func TestWhatIsNoLayer(t *testing.T) {
	w := newWorld(t)
	for content, want := range map[string]string{
		"[policy]\nfrom = [\"https://x.example/y\"]\n": "policy.from has no place in a shared layer",
		"[deny\n":                           "is broken: line 1",
		"[denies]\nx = \"y\"\n":             `unknown key "denies"`,
		"[sandbox]\nsecrets = [\"keys\"]\n": "lies beside nothing",
		"#" + strings.Repeat("x", 300<<10):  "larger than",
		"[policy]\nminisign-keys = [\"" + newMinisigner(t).key() + "\"]\n": "no place in a shared layer",
	} {
		url := w.put("/pip.toml", content)
		w.write("user.toml", following("", "", url+"#sha256="+policy.Hash([]byte(content))))
		w.refused(want)
	}
}

func TestFilesOfRepositories(t *testing.T) {
	w := newWorld(t)
	r := w.repository(newSigner(t))
	w.write("repository/folder/inner.toml", denying)
	w.write("repository/huge.toml", "#"+strings.Repeat("x", 300<<10))
	if err := os.Symlink("/etc/passwd", filepath.Join(r.dir, "link.toml")); err != nil {
		t.Skip("skipped: no links here")
	}
	if err := os.Symlink("folder", filepath.Join(r.dir, "linked")); err != nil {
		t.Fatal(err)
	}
	commit := r.commit("", denying)
	for file, want := range map[string]string{
		"link.toml": "link or a directory", "folder": "link or a directory", "linked/inner.toml": "has no file",
		"none.toml": "has no file", "huge.toml": "larger than", "../repository/policy.toml": "no plain path",
		"-x": "no plain path", "/policy.toml": "no plain path", ":policy.toml": "no plain path",
		"folder/../policy.toml": "no plain path",
	} {
		w.write("user.toml", following("", "", r.reference(commit, file)))
		w.refused(want)
	}
	w.write("user.toml", following("", "", r.reference(commit, "folder/inner.toml")))
	if !denies(w.mustLoad().Policy, "bad") {
		t.Error("a file of a folder does not count")
	}
}

// What git is given cannot be an option, another transport or a program.
func TestWhatIsNoReference(t *testing.T) {
	w := newWorld(t)
	commit := "@" + strings.Repeat("a", 40) + "#policy.toml"
	for _, reference := range []string{
		"git+ext://sh -c touch% /tmp/x" + commit, "git+http://git.example/x" + commit, "git+file://host/x" + commit,
		"git+ssh://-oProxyCommand=x/y" + commit, "git+ssh://-u@host/y" + commit, "git+https://-host.example/x" + commit,
		"--upload-pack=x" + commit, "git+https://git.example/x@--upload-pack=x#policy.toml",
		"git+https://git.example/x@-x#policy.toml", "git+https://git.example/x@a..b#policy.toml",
		"git+https://git.example/x@main:other#policy.toml", "git+https://git.example/x@refs@{1}#policy.toml",
		"git+https://git.example/x@abcdef123#policy.toml", "git+https://git.example/x#policy.toml",
		"git+https://git.example/x" + strings.TrimSuffix(commit, "#policy.toml"), "http://policy.example/pip.toml",
		"file:///etc/pip.toml", "https://policy.example", "https://policy.example/x#md5=1",
		"https://policy.example/../x", "git+https://git.example/../x" + commit,
	} {
		w.write("user.toml", following("", "", reference))
		w.refused("policy.from: ")
	}
	for _, reference := range []string{
		"https://user:hunter2@policy.example/x", "https://hunter2@policy.example/x", "https://policy.example/x?token=hunter2",
		"git+https://user:hunter2@git.example/x" + commit, "git+ssh://git:hunter2@git.example/x" + commit,
	} {
		w.write("user.toml", following("", "", reference))
		_, err := w.load()
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", reference, err)
		}
	}
}

// Redirects lead neither away from https nor to what only this machine reaches.
func TestRedirects(t *testing.T) {
	w := newWorld(t)
	w.put("/there.toml", denying)
	url := w.put("/pip.toml", "→/there.toml")
	reference := url + "#sha256=" + policy.Hash([]byte(denying))
	w.write("user.toml", following("", "", reference))
	if !denies(w.mustLoad().Policy, "bad") {
		t.Error("a redirect of the same server is not followed")
	}
	w = newWorld(t)
	url = w.put("/pip.toml", "→http://policy.example/there.toml")
	w.write("user.toml", following("", "", url+"#sha256="+policy.Hash([]byte(denying))))
	w.refused("http")
}

// The system's file, what it names, the user's file and what that names, in order.
func TestOrderOfLayers(t *testing.T) {
	w := newWorld(t)
	layer := func(path, release, more string) string {
		content := "[cooldown]\nrelease = \"" + release + "\"\n" + more
		return w.put(path, content) + "#sha256=" + policy.Hash([]byte(content))
	}
	system := "[cooldown]\nrelease = \"1d\"\n"
	w.write("system.toml", system+following("", "", layer("/s", "2d", "")))
	if got := w.mustLoad().Cooldown.Release.Value; got != 2*rules.Day {
		t.Errorf("system's shared: %s", got)
	}
	w.write("user.toml", following("", "", layer("/u1", "3d", ""), layer("/u2", "4d", "")))
	if got := w.mustLoad().Cooldown.Release; got.Value != 4*rules.Day || got.Layer != rules.UserSharedLayer {
		t.Errorf("user's shared: %v", got)
	}
	w.write("user.toml", "[cooldown]\nrelease = \"5d\"\n"+following("", "", layer("/u1", "3d", "")))
	if got := w.mustLoad().Cooldown.Release; got.Value != 5*rules.Day || got.Layer != rules.UserLayer {
		t.Errorf("user: %v", got)
	}

	// What the system's file, or a layer of it, locks is not loosened by a user's layer;
	// the administrator's own layer says what is locked.
	w.write("system.toml", "locked = [\"cooldown\"]\n"+system+following("", "", layer("/s", "12h", "")))
	if got := w.mustLoad().Cooldown.Release; got.Value != 5*rules.Day {
		t.Errorf("tightened: %v", got)
	}
	w.write("user.toml", following("", "", layer("/u1", "1h", "")))
	loaded := w.mustLoad()
	if got := loaded.Cooldown.Release; got.Value != rules.Day/2 || got.Layer != rules.SystemSharedLayer {
		t.Errorf("locked: %v", got)
	}
	if len(loaded.Notes) == 0 || !strings.Contains(loaded.Notes[0].Message, "locked") {
		t.Errorf("what is locked is not noted: %v", loaded.Notes)
	}
	content := "locked = [\"policy.from\"]\n"
	w.write("system.toml", following("", "", w.put("/l", content)+"#sha256="+policy.Hash([]byte(content))))
	if loaded := w.mustLoad(); loaded.Cooldown.Release.Layer != rules.DefaultLayer || len(loaded.Notes) != 1 {
		t.Errorf("a locked from counts: %v, %v", loaded.Cooldown.Release, loaded.Notes)
	}
}

// A project's layers are not asked for before the project is trusted, and only tighten
// after that.
func TestProjectsLayers(t *testing.T) {
	w := newWorld(t)
	content := "[cooldown]\nrelease = \"1h\"\nproject = \"90d\"\n[allow.bad]\nreason = \"x\"\n" +
		"[message]\nrefused = \"mine\"\n[[scan.ignore]]\nid = \"CVE-2026-1\"\nreason = \"x\"\nexpires = 2026-12-31\n"
	w.write("user.toml", "[deny]\nbad = \"ours\"\n")
	file := w.write("project/thresher.toml",
		following("", "", w.put("/p", content)+"#sha256="+policy.Hash([]byte(content))))
	loaded := w.mustLoad()
	if w.requests() != 0 || len(loaded.Layers) != 0 || len(loaded.Project.Loosens) != 1 {
		t.Errorf("asked for before it is trusted, %v", loaded.Project.Loosens)
	}
	said, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	trusting := w.input()
	trusting.Trusted = func(sum string) bool { return sum == policy.Hash(said) }
	loaded, err = loadWith(w, trusting)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Cooldown.Release.Layer != rules.DefaultLayer || loaded.Cooldown.Project.Value != 90*rules.Day ||
		len(loaded.Allow) != 0 || loaded.Message.Refused.Value != "" || len(loaded.Scan.Ignore) != 1 {
		t.Errorf("it does not only tighten: %v %v %v %v %v", loaded.Cooldown.Release, loaded.Cooldown.Project,
			loaded.Allow, loaded.Message.Refused, loaded.Scan.Ignore)
	}
	if len(loaded.Notes) < 3 {
		t.Errorf("what does not count is not noted: %v", loaded.Notes)
	}
}

// A file of the state that was damaged is fetched anew, and never believed.
func TestDamagedState(t *testing.T) {
	w := newWorld(t)
	w.write("user.toml", following("", "", w.put("/pip.toml", denying)+"#sha256="+policy.Hash([]byte(denying))))
	w.mustLoad()
	kept, err := filepath.Glob(filepath.Join(w.dir, "state", "layers", "*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
		t.Errorf("others may read it: %v %v", info.Mode(), err)
	}
	whole, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []string{"", "{", strings.Replace(string(whole), "known to us", "unknown to us", 1),
		string(whole[:len(whole)/2])} {
		if err := os.WriteFile(kept[0], []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		w.requests()
		if !denies(w.mustLoad().Policy, "bad") || w.requests() == 0 {
			t.Errorf("%.20q is not fetched anew", damaged)
		}
		if err := os.WriteFile(kept[0], []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		w.setDown(true)
		w.refused("cannot be fetched")
		w.setDown(false)
	}
	if filepath.Separator != '/' {
		return
	}
	if err := os.WriteFile(kept[0], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(kept[0], 0o666); err != nil {
		t.Fatal(err)
	}
	w.refused("may be written by others")
}

func TestParallelRunsFetchOnce(t *testing.T) {
	w := newWorld(t)
	w.write("user.toml", following("", "", w.put("/pip.toml", denying)+"#sha256="+policy.Hash([]byte(denying))))
	ended := make(chan error)
	for range 8 {
		go func() {
			_, err := loadWith(w, w.input())
			ended <- err
		}()
	}
	for range 8 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if got := w.requests(); got != 1 {
		t.Errorf("asked %d times", got)
	}
}

func inHours(w *world, hours int) { w.now = w.now.Add(time.Duration(hours) * time.Hour) }
