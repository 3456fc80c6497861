package layers_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"github.com/jedisct1/go-minisign"
	"golang.org/x/crypto/ssh"

	"thresher/index"
	"thresher/layers"
	"thresher/policy"
)

// world is a machine that goes by shared layers, and an https server that has some.
type world struct {
	t      *testing.T
	dir    string
	server *httptest.Server
	now    time.Time

	mutex sync.Mutex
	files map[string]string // by their paths; "→URL" redirects
	down  bool
	asked []string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), files: map[string]string{},
		now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	w.server = httptest.NewTLSServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.server.Close)
	if err := os.Mkdir(filepath.Join(w.dir, "project"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write("authority.pem", authorityOf(w.server))
	return w
}

func authorityOf(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func (w *world) serve(response http.ResponseWriter, request *http.Request) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.asked = append(w.asked, request.URL.Path)
	content, found := w.files[request.URL.Path]
	to, redirects := strings.CutPrefix(content, "→")
	switch {
	case w.down:
		response.WriteHeader(http.StatusBadGateway)
	case !found:
		response.WriteHeader(http.StatusNotFound)
	case redirects:
		http.Redirect(response, request, to, http.StatusFound)
	default:
		_, _ = response.Write([]byte(content))
	}
}

// put puts a file on the server and gives its URL.
func (w *world) put(path, content string) string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.files[path] = content
	return w.server.URL + path
}

func (w *world) setDown(down bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.down = down
}

// requests says how often the server was asked since the last time.
func (w *world) requests() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	count := len(w.asked)
	w.asked = nil
	return count
}

func (w *world) write(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "SSL_CERT_FILE=" + filepath.Join(w.dir, "authority.pem")}
}

func (w *world) fetcher() layers.Fetcher {
	return layers.Fetcher{Environ: w.environ(), Alone: true, Client: func() (*index.Client, error) {
		return index.New(index.Config{Environ: w.environ(), KeyringProvider: "disabled"})
	}}
}

func (w *world) store() layers.Store { return layers.NewStore(filepath.Join(w.dir, "state", "layers")) }

// input reads the files of the world's machine; those that are not there say nothing.
func (w *world) input() policy.LoadInput {
	return policy.LoadInput{SystemPath: filepath.Join(w.dir, "system.toml"), UserPath: filepath.Join(w.dir, "user.toml"),
		Dir: filepath.Join(w.dir, "project"), Home: w.dir, Now: w.now}
}

func (w *world) load() (*layers.Loaded, error) {
	return loadWith(w, w.input())
}

func (w *world) mustLoad() *layers.Loaded {
	w.t.Helper()
	loaded, err := w.load()
	if err != nil {
		w.t.Fatal(err)
	}
	return loaded
}

// refresh lets the refresh beside a run come to its end.
func (w *world) refresh() {
	w.t.Helper()
	w.mustLoad().Refresh(context.Background(), w.fetcher()).Close(time.Minute)
}

// refused loads and wants an error with a text in it.
func (w *world) refused(want string) {
	w.t.Helper()
	_, err := w.load()
	if err == nil || !strings.Contains(err.Error(), want) {
		w.t.Errorf("%v, want %q", err, want)
	}
	var policyError *policy.Error
	if err != nil && !errors.As(err, &policyError) {
		w.t.Errorf("%T is no error of a policy", err)
	}
}

// following is a user's file that names layers, and keys where they are not "".
func following(signers, minisignKeys string, references ...string) string {
	text := "[policy]\nfrom = [\"" + strings.Join(references, "\", \"") + "\"]\n"
	if signers != "" {
		text += "allowed-signers = ['" + signers + "']\n"
	}
	if minisignKeys != "" {
		text += "minisign-keys = ['" + minisignKeys + "']\n"
	}
	return text
}

// signer signs as ssh-keygen does.
type signer struct {
	private ed25519.PrivateKey
	signer  ssh.Signer
}

func newSigner(t *testing.T) signer {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer{private, made}
}

// line is the key's line of allowed signers, with options before the key.
func (s signer) line(options string) string {
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.signer.PublicKey())))
	return strings.Join(strings.Fields("team@acme.example "+options+" "+key), " ")
}

func (s signer) sign(t *testing.T, content, namespace string) string {
	t.Helper()
	made, err := sshsig.Sign(strings.NewReader(content), s.signer, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return string(sshsig.Armor(made))
}

// minisigner signs as minisign does.
type minisigner struct{ private minisign.PrivateKey }

func newMinisigner(t *testing.T) minisigner {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// The form of a secret key without a password (minisign's format of files).
	id := public[:8]
	raw := append([]byte("Ed\x00\x00B2"), make([]byte, 48)...)
	raw = append(append(append(raw, id...), private...), make([]byte, 32)...)
	key, err := minisign.DecodePrivateKey("untrusted comment: test\n" + base64.StdEncoding.EncodeToString(raw) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return minisigner{key}
}

func (m minisigner) key() string {
	public := m.private.PublicKey()
	return base64.StdEncoding.EncodeToString(
		append(append([]byte("Ed"), public.KeyId[:]...), public.PublicKey[:]...))
}

func (m minisigner) sign(t *testing.T, content, comment string) string {
	t.Helper()
	made, err := m.private.Sign([]byte(content), minisign.SignOptions{TrustedComment: comment})
	if err != nil {
		t.Fatal(err)
	}
	return string(made.Encode())
}

// repository is a repository of git in a world.
type repository struct {
	w   *world
	dir string
}

func (w *world) repository(s signer) repository {
	w.t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		w.t.Skip("skipped: there is no git")
	}
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		w.t.Skip("skipped: there is no ssh-keygen, which git signs with")
	}
	r := repository{w, filepath.Join(w.dir, "repository")}
	block, err := ssh.MarshalPrivateKey(s.private, "")
	if err != nil {
		w.t.Fatal(err)
	}
	key := w.write("key", string(pem.EncodeToMemory(block)))
	r.git("", "init", "--quiet", "--initial-branch=main", r.dir)
	for _, setting := range []string{"user.name=team", "user.email=team@acme.example", "gpg.format=ssh",
		"user.signingkey=" + key, "uploadpack.allowAnySHA1InWant=false"} {
		name, value, _ := strings.Cut(setting, "=")
		r.git("", "-C", r.dir, "config", name, value)
	}
	return r
}

// git runs git at a moment, RFC 3339, "" for the world's.
func (r repository) git(at string, args ...string) string {
	r.w.t.Helper()
	if at == "" {
		at = r.w.now.Format(time.RFC3339)
	}
	command := exec.Command("git", args...)
	command.Env = append(r.w.environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_COMMITTER_DATE="+at, "GIT_AUTHOR_DATE="+at)
	out, err := command.CombinedOutput()
	if err != nil {
		r.w.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit with the policy's content, and gives its name.
func (r repository) commit(at, content string, options ...string) string {
	r.w.t.Helper()
	r.w.write("repository/policy.toml", content)
	r.git("", "-C", r.dir, "add", "--all")
	r.git(at, append([]string{"-C", r.dir, "commit", "--quiet", "--allow-empty", "-m", "policy"}, options...)...)
	return r.git("", "-C", r.dir, "rev-parse", "HEAD")
}

func (r repository) reference(revision, file string) string {
	return "git+file:///" + strings.TrimPrefix(filepath.ToSlash(r.dir), "/") + "@" + revision + "#" + file
}

func loadWith(w *world, input policy.LoadInput) (*layers.Loaded, error) {
	return layers.Load(context.Background(), input, w.store(), w.fetcher(), nil)
}

// loadBy loads with another fetcher than the world's.
func (w *world) loadBy(f layers.Fetcher) (*layers.Loaded, error) {
	return layers.Load(context.Background(), w.input(), w.store(), f, nil)
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
