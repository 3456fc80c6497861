package layers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"thresher/policy"
)

// version is the content of one version of a shared layer.
func version(number int, denied string) string {
	return fmt.Sprintf("[policy]\nversion = %d\n[deny]\n%s = \"known to us\"\n", number, denied)
}

func TestMinisign(t *testing.T) {
	w := newWorld(t)
	ours, theirs := newMinisigner(t), newMinisigner(t)
	content := "[deny]\nbad = \"known to us\"\n"
	url := w.put("/pip.toml", content)
	w.write("user.toml", following("", ours.key(), url))
	for _, try := range []struct{ signature, want string }{
		{theirs.sign(t, content, "timestamp:1790000000"), "not in policy.minisign-keys"},
		{ours.sign(t, content+"#", "timestamp:1790000000"), "does not fit the content"},
		{strings.Replace(ours.sign(t, content, "timestamp:1790000000"), "1790000000", "1890000000", 1), "does not fit"},
		{"nonsense", "cannot be read"},
		{ours.sign(t, content, "no moment"), "which of two versions is the newer"},
	} {
		w.put("/pip.toml.minisig", try.signature)
		w.refused(try.want)
	}
	w.put("/pip.toml.minisig", ours.sign(t, content, "timestamp:1790000000\tfile:pip.toml\thashed"))
	loaded := w.mustLoad()
	if !denies(loaded.Policy, "bad") || !strings.Contains(loaded.Layers[0].VouchedBy(), ours.key()) ||
		!loaded.Layers[0].Date.Equal(time.Unix(1790000000, 0)) {
		t.Errorf("%+v", loaded.Layers)
	}
}

func TestMissingSignature(t *testing.T) {
	w := newWorld(t)
	url := w.put("/pip.toml", denying)
	w.write("user.toml", following("", newMinisigner(t).key(), url))
	w.refused("no file of its name with .minisig behind it")
	w.write("user.toml", following(newSigner(t).line(""), "", url))
	w.refused("no file of its name with .sig behind it")
	w.write("user.toml", following("", "", url))
	w.refused("nothing vouches for it: write #sha256=HEX")
	if w.requests() != 4 {
		t.Error("it was fetched although nothing can vouch for it")
	}
}

func TestSSHSignature(t *testing.T) {
	w := newWorld(t)
	ours, theirs := newSigner(t), newSigner(t)
	url := w.put("/pip.toml", denying)
	w.write("user.toml", following(ours.line(""), "", url))
	for _, try := range []struct{ signature, want string }{
		{theirs.sign(t, denying, "thresher-policy"), "not in policy.allowed-signers"},
		{ours.sign(t, denying+"#", "thresher-policy"), "does not fit the content"},
		{ours.sign(t, denying, "file"), "signed for something else"},
		{ours.sign(t, denying, "git"), "signed for something else"},
		{"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", "cannot be read"},
	} {
		w.put("/pip.toml.sig", try.signature)
		w.refused(try.want)
	}
	w.put("/pip.toml.sig", ours.sign(t, denying, "thresher-policy"))
	for options, want := range map[string]string{
		`valid-before="20260101"`:              "counted until",
		`valid-after="20270101Z"`:              "counts from",
		`namespaces="git"`:                     "may not sign in the namespace",
		`cert-authority`:                       `option "cert-authority"`,
		`valid-before="tomorrow"`:              "is no day",
		`namespaces="git,file",cert-authority`: "is not known here",
	} {
		w.write("user.toml", following(ours.line(options), "", url))
		w.refused(want)
	}
	w.write("user.toml", following(ours.line(`namespaces="thresher-policy,git",valid-before="20270101"`), "", url))
	if !denies(w.mustLoad().Policy, "bad") {
		t.Error("a signature that holds does not count")
	}
	// Without a version nobody could tell an older one.
	w = newWorld(t)
	content := "[deny]\nbad = \"x\"\n"
	url = w.put("/pip.toml", content)
	w.put("/pip.toml.sig", ours.sign(t, content, "thresher-policy"))
	w.write("user.toml", following(ours.line(""), "", url))
	w.refused("its [policy] needs version = 1")
}

// A key that is taken out of the file that names a layer vouches for nothing, also for
// what is on this machine.
func TestKeyIsTakenOut(t *testing.T) {
	w := newWorld(t)
	ours, theirs := newSigner(t), newSigner(t)
	url := w.put("/pip.toml", denying)
	w.put("/pip.toml.sig", ours.sign(t, denying, "thresher-policy"))
	w.write("user.toml", following(ours.line(""), "", url))
	w.mustLoad()
	w.write("user.toml", following(theirs.line(""), "", url))
	w.refused("not in policy.allowed-signers")
}

func TestSignedRevisions(t *testing.T) {
	w := newWorld(t)
	ours, theirs := newSigner(t), newSigner(t)
	r := w.repository(ours)
	w.write("user.toml", following(ours.line(""), "", r.reference("main", "policy.toml")))

	r.commit("", denying)
	w.refused("is not signed")
	r.commit("", denying, "--gpg-sign")
	loaded := w.mustLoad()
	if !denies(loaded.Policy, "bad") || !strings.Contains(loaded.Layers[0].VouchedBy(), "team@acme.example") ||
		!loaded.Layers[0].Date.Equal(w.now) {
		t.Errorf("a signed commit: %+v", loaded.Layers)
	}
	for revision, want := range map[string]string{"other": "no tag and no branch other", "mai": "no tag"} {
		w.write("user.toml", following(ours.line(""), "", r.reference(revision, "policy.toml")))
		w.refused(want)
	}
	w.write("user.toml", following(theirs.line(""), "", r.reference("main", "policy.toml")))
	w.refused("not in policy.allowed-signers")
	w.write("user.toml", following("", newMinisigner(t).key(), r.reference("main", "policy.toml")))
	w.refused("nothing vouches for it: name a whole commit behind the @")

	// A signed tag of an unsigned commit, and the same object as another tag.
	r.commit("", version(2, "worse"))
	r.git("", "-C", r.dir, "tag", "--sign", "-m", "policy", "v2")
	w.write("user.toml", following(ours.line(""), "", r.reference("v2", "policy.toml")))
	if !denies(w.mustLoad().Policy, "worse") {
		t.Error("a signed tag does not count")
	}
	r.git("", "-C", r.dir, "update-ref", "refs/tags/v3", r.git("", "-C", r.dir, "rev-parse", "v2"))
	w.write("user.toml", following(ours.line(""), "", r.reference("v3", "policy.toml")))
	w.refused(`is signed as the tag "v2"`)

	// Of a tag without a signature the commit's counts; one that does not hold is none.
	r.git("", "-C", r.dir, "tag", "-a", "-m", "x", "v4")
	w.write("user.toml", following(ours.line(""), "", r.reference("v4", "policy.toml")))
	w.refused("is not signed")
	signed := r.git("", "-C", r.dir, "cat-file", "commit", "main~1")
	forged := strings.Replace(signed, "committer team", "committer mean", 1)
	path := w.write("forged", forged+"\n")
	object := r.git("", "-C", r.dir, "hash-object", "-t", "commit", "-w", path)
	r.git("", "-C", r.dir, "update-ref", "refs/tags/v5", object)
	w.write("user.toml", following(ours.line(""), "", r.reference("v5", "policy.toml")))
	w.refused("does not fit the content")
	r.git("", "-C", r.dir, "tag", "--sign", "-m", "policy", "v6")
	w.write("user.toml", following(ours.line(`valid-before="20260101"`), "", r.reference("v6", "policy.toml")))
	w.refused("counted until")
}

// An older signed version that comes back is not taken, and the newer counts on.
func TestRollback(t *testing.T) {
	w := newWorld(t)
	ours := newSigner(t)
	r := w.repository(ours)
	first := r.commit("", version(1, "bad"), "--gpg-sign")
	w.write("user.toml", following(ours.line(""), "", r.reference("main", "policy.toml")))
	w.mustLoad()
	inHours(w, 2)
	r.commit("", version(1, "worse"), "--gpg-sign")
	w.refresh()
	if !denies(w.mustLoad().Policy, "worse") {
		t.Fatal("a newer commit does not count")
	}
	inHours(w, 2)
	r.git("", "-C", r.dir, "reset", "--quiet", "--hard", first)
	w.refresh()
	standsOn(t, w, "worse", "was signed on")

	// Also one that was committed anew with an older number.
	inHours(w, 2)
	r.commit("", version(0, "bad"), "--gpg-sign")
	w.refresh()
	standsOn(t, w, "worse", "is version 0, older than version 1")

	// What was published again as a new version is one.
	inHours(w, 2)
	r.commit("", version(2, "bad"), "--gpg-sign")
	w.refresh()
	if loaded := w.mustLoad(); !denies(loaded.Policy, "bad") || loaded.Layers[0].Failure != "" {
		t.Errorf("a new version is not taken: %s", loaded.Layers[0].Failure)
	}
}

func TestRollbackByHTTPS(t *testing.T) {
	w := newWorld(t)
	ours, mini := newSigner(t), newMinisigner(t)
	url := w.server.URL + "/pip.toml"
	publish := func(content, comment string) {
		inHours(w, 2)
		w.put("/pip.toml", content)
		if comment != "" {
			w.put("/pip.toml.minisig", mini.sign(t, content, comment))
		}
		w.put("/pip.toml.sig", ours.sign(t, content, "thresher-policy"))
	}
	publish(version(3, "bad"), "")
	w.write("user.toml", following(ours.line(""), "", url))
	w.mustLoad()
	publish(version(2, "worse"), "")
	w.refresh()
	standsOn(t, w, "bad", "is version 2, older than version 3")
	publish(version(3, "worse"), "")
	w.refresh()
	standsOn(t, w, "bad", "is still version 3")
	publish(version(4, "worse"), "")
	w.refresh()
	standsOn(t, w, "worse", "")

	w = newWorld(t)
	url = w.server.URL + "/pip.toml"
	publish("[deny]\nbad = \"x\"\n", "timestamp:1790000000")
	w.write("user.toml", following("", mini.key(), url))
	w.mustLoad()
	publish("[deny]\nworse = \"x\"\n", "timestamp:1780000000")
	w.refresh()
	standsOn(t, w, "bad", "was signed on")
	publish("[deny]\nworse = \"x\"\n", "timestamp:1795000000")
	w.refresh()
	standsOn(t, w, "worse", "")
}

// standsOn wants that a layer counts that denies a name, and what is said of it.
func standsOn(t *testing.T, w *world, denied, failure string) {
	t.Helper()
	loaded := w.mustLoad()
	if !denies(loaded.Policy, denied) {
		t.Errorf("%s is not denied", denied)
	}
	layer := loaded.Layers[0]
	if failure == "" && layer.Failure != "" || !strings.Contains(layer.Failure, failure) {
		t.Errorf("%q, want %q", layer.Failure, failure)
	}
	if layer.Refused != (failure != "") {
		t.Errorf("refused: %t", layer.Refused)
	}
	if failure == "" {
		return
	}
	if told := loaded.Telling(); len(told) != 1 {
		t.Errorf("it is not said: %v", told)
	}
	w.now = w.now.Add(time.Hour)
	if told := w.mustLoad().Telling(); len(told) != 0 {
		t.Errorf("it is said again within the day: %v", told)
	}
	w.now = w.now.Add(24 * time.Hour)
	if told := w.mustLoad().Telling(); len(told) != 1 {
		t.Errorf("it is not said the day after")
	}
	w.now = w.now.Add(24 * time.Hour)
}

// A shared file that is broken: the last good one counts, and that is said.
func TestBrokenLayerLater(t *testing.T) {
	w := newWorld(t)
	mini := newMinisigner(t)
	content := "[deny]\nbad = \"x\"\n"
	url := w.put("/pip.toml", content)
	w.put("/pip.toml.minisig", mini.sign(t, content, "timestamp:1790000000"))
	w.write("user.toml", following("", mini.key(), url))
	w.mustLoad()
	inHours(w, 2)
	broken := "[deny]\nbad = 7\n"
	w.put("/pip.toml", broken)
	w.put("/pip.toml.minisig", mini.sign(t, broken, "timestamp:1790000001"))
	w.refresh()
	standsOn(t, w, "bad", "is broken: line 2: ")
}

func TestTwoMachines(t *testing.T) {
	one, other := newWorld(t), newWorld(t)
	mini := newMinisigner(t)
	content := "[deny]\nbad = \"x\"\n"
	url := one.put("/pip.toml", content)
	one.put("/pip.toml.minisig", mini.sign(t, content, "timestamp:1790000000"))
	for _, w := range []*world{one, other} {
		w.write("user.toml", following("", mini.key(), url))
	}
	other.write("authority.pem", authorityOf(one.server))
	if a, b := one.mustLoad(), other.mustLoad(); a.Layers[0].SHA256 != b.Layers[0].SHA256 ||
		a.Layers[0].SHA256 != policy.Hash([]byte(content)) {
		t.Error("two machines have two policies")
	}
}
