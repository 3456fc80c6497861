package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/testkit"
)

// recorder is a server that remembers with which credentials it was asked.
type recorder struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // "path user:password"
}

func record(t *testing.T, answer http.HandlerFunc) *recorder {
	t.Helper()
	r := &recorder{}
	r.Server = server(t, func(w http.ResponseWriter, q *http.Request) {
		user, password, ok := q.BasicAuth()
		r.mu.Lock()
		if ok {
			r.seen = append(r.seen, q.URL.Path+" "+user+":"+password)
		} else {
			r.seen = append(r.seen, q.URL.Path+" "+q.Header.Get("Authorization")+"-")
		}
		r.mu.Unlock()
		answer(w, q)
	})
	return r
}

func (r *recorder) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seen) == 0 {
		return ""
	}
	return r.seen[len(r.seen)-1]
}

// with puts credentials into a server's address.
func with(auth, address string) string {
	return strings.Replace(address, "://", "://"+auth+"@", 1)
}

func netrcFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "netrc")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhichCredentialsAreSent(t *testing.T) {
	guarded := func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "right" {
			w.WriteHeader(401)
			return
		}
		writePage(w, "alpha-1.zip")
	}
	type keys map[string]string // "service user" → "user password"
	for _, c := range []struct {
		name, auth, netrc string
		keyring           keys
		want              string // the last credentials seen, "-" none
		fails             bool
	}{
		{"none", "", "", nil, "-", true},
		{"in the URL", "me:right", "machine 127.0.0.1 login net password right", keys{"host me": "me right"}, "me:right",
			false},
		{"quoted in the URL", "m%40e:right", "", nil, "m@e:right", false},
		{"wrong in the URL asks no keyring", "me:wrong", "machine 127.0.0.1 login net password right",
			keys{"host me": "me right"}, "me:wrong", true},
		{"netrc", "", "machine 127.0.0.1 login net password right", nil, "net:right", false},
		{"netrc before a user alone", "me", "machine 127.0.0.1 login net password right", nil, "net:right", false},
		{"netrc of another host", "", "machine other.example login net password right", nil, "-", true},
		{"netrc default", "", "default login net password right", nil, "net:right", false},
		{"keyring by index", "me", "", keys{"index me": "me right", "host me": "me wrong"}, "me:right", false},
		{"keyring by host", "me", "", keys{"host me": "me right"}, "me:right", false},
		{"keyring without a user", "", "", keys{"index ": "tok right"}, "tok:right", false},
		{"keyring knows nothing", "me", "", keys{}, "me:", true},
		{"keyring is wrong", "me", "", keys{"host me": "me wrong"}, "me:wrong", true},
		{"keyring after a wrong netrc", "", "machine 127.0.0.1 login net password wrong", keys{"host ": "tok right"},
			"net:wrong", true},
		{"a token alone", "right", "", nil, "right:", true},
		{"empty password", "me:", "", keys{"host me": "me right"}, "me:", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := record(t, guarded)
			host := strings.TrimPrefix(r.URL, "http://")
			asked := 0
			x := client(t, func(config *Config) {
				config.Netrc = netrcFile(t, c.netrc)
				if c.keyring != nil {
					config.Keyring = func(_ context.Context, service, user string) (string, string, bool, error) {
						asked++
						kind := map[string]string{r.URL + "/simple/": "index", host: "host"}[service]
						if kind == "" {
							t.Errorf("the keyring was asked for %q", service)
						}
						found, ok := c.keyring[kind+" "+user]
						name, password, _ := strings.Cut(found, " ")
						return name, password, ok, nil
					}
				}
			})
			base := r.URL + "/simple"
			if c.auth != "" {
				base = with(c.auth, base)
			}
			for range 2 {
				page, err := x.Page(context.Background(), base, "alpha")
				var auth *AuthError
				if (err != nil) != c.fails || err != nil && !errors.As(err, &auth) {
					t.Fatalf("%+v %v", page, err)
				}
				if err != nil && (strings.Contains(err.Error(), "right") || strings.Contains(err.Error(), "wrong")) {
					t.Fatalf("credentials in %q", err)
				}
				if err != nil && auth.Sent != (c.want != "-") {
					t.Fatalf("%+v", auth)
				}
				if page != nil && page.URL != r.URL+"/simple/alpha/" {
					t.Fatal(page.URL)
				}
			}
			if got := strings.TrimPrefix(r.last(), "/simple/alpha/ "); got != c.want {
				t.Fatalf("%q", r.seen)
			}
			if asked > 2 {
				t.Fatalf("the keyring was asked %d times", asked)
			}
		})
	}
}

// Whoever may redirect must get nothing that was not meant for them.
func TestRedirectsCarryNoCredentials(t *testing.T) {
	final := record(t, func(w http.ResponseWriter, _ *http.Request) { writePage(w, "alpha-1.zip") })
	for _, c := range []struct {
		name, netrc, want string
		location          func(other string) string
	}{
		{"another port", "", "/p/ -", func(other string) string { return other + "/p/" }},
		{"the index's own user in front", "", "/p/ x:y", func(other string) string { return with("x:y", other) + "/p/" }},
		{"netrc of a host over plain http", "machine localhost login net password secret", "/p/ -",
			func(other string) string { return strings.Replace(other, "127.0.0.1", "localhost", 1) + "/p/" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := record(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, c.location(final.URL), http.StatusFound)
			})
			x := client(t, func(config *Config) { config.Netrc = netrcFile(t, c.netrc) })
			page, err := x.Page(context.Background(), with("me:secret", first.URL), "alpha")
			if err != nil {
				t.Fatal(err)
			}
			if final.last() != c.want || first.last() != "/alpha/ me:secret" {
				t.Fatalf("%q %q", first.seen, final.seen)
			}
			if strings.Contains(page.URL, "@") || strings.Contains(page.Files[0].URL, "@") {
				t.Fatalf("%s %s", page.URL, page.Files[0].URL)
			}
		})
	}
	// On the same host and port they are kept.
	same := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/alpha/" {
			http.Redirect(w, r, "/other/alpha/", http.StatusMovedPermanently)
			return
		}
		writePage(w)
	})
	if _, err := client(t, nil).Page(context.Background(), with("me:secret", same.URL), "alpha"); err != nil ||
		same.last() != "/other/alpha/ me:secret" {
		t.Fatalf("%v %q", err, same.seen)
	}
	// A 401 behind a redirect must not make the keyring speak in the clear.
	asked := false
	locked := record(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
	first := record(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, locked.URL, http.StatusFound) })
	x := client(t, func(config *Config) {
		config.Keyring = func(_ context.Context, _, _ string) (string, string, bool, error) {
			asked = true
			return "me", "secret", true, nil
		}
	})
	if _, err := x.Page(context.Background(), first.URL, "alpha"); err == nil || asked {
		t.Fatal(err, asked)
	}
}

// TestOpenCredentials: a file gets the credentials of its index, of netrc and of
// what a person said, each for its own host alone; those that pip sends are used
// where none of these is there, or was refused.
func TestOpenCredentials(t *testing.T) {
	var seen []string
	proxy := server(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		seen = append(seen, strings.Trim(user+" "+password, " "))
		if !ok || password == "old" {
			w.Header().Set("WWW-Authenticate", `Basic realm="files"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	x := client(t, func(c *Config) {
		c.Netrc = netrcFile(t, "machine netrc.example login n password p")
		c.Proxy = proxy.URL
	})
	if err := x.Authenticate("http://asked.example/simple", "ann", "p w"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ index, file, told, want string }{
		{"http://me:p%2Fw@index.example/simple", "http://index.example/f/a.whl", "", "me p/w"},
		{"http://me:p@index.example:80/simple", "http://index.example/a.whl?x#sha256=1", "", "me p"},
		{"http://me:p@index.example/simple", "http://files.example/a.whl", "", ""},
		{"http://me:p@index.example/simple", "http://index.example:8443/a.whl", "", ""},
		{"http://me:p@index.example/simple", "http://you:q@index.example/a.whl", "", "you q"},
		{"http://index.example/simple", "http://index.example/a.whl", "", ""},
		{"http://token@index.example/simple", "http://index.example/a.whl", "", "token"},
		{"http://netrc.example/simple", "http://netrc.example/a.whl", "", "n p"},
		{"http://asked.example/simple", "http://asked.example/a.whl", "", "ann p w"},
		{"http://bob@asked.example/simple", "http://asked.example/a.whl", "", "ann p w"},
		{"", "http://you:q@index.example/a.whl", "", "you q"},
		{"http://index.example/simple", "http://index.example/a.whl", "tom t", "tom t"},
		{"http://me:old@index.example/simple", "http://index.example/a.whl", "tom t", "me old, tom t"},
		{"http://me:p@index.example/simple", "http://index.example/a.whl", "tom t", "me p"},
	} {
		seen = nil
		user, password, _ := strings.Cut(c.told, " ")
		stream, err := x.Open(context.Background(), Fetch{Method: http.MethodGet, URL: c.file, Index: c.index, User: user,
			Password: password})
		if err != nil {
			t.Fatal(err)
		}
		_ = stream.Body.Close()
		if got := strings.Join(seen, ", "); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.index, c.file, got, c.want)
		}
	}
}

func TestNetrcAsPythonReadsIt(t *testing.T) {
	files := []string{
		"", "machine a login b password c", "machine a password c login b\nmachine d user e password f account g",
		"# comment\nmachine a # comment\n login b\n password c # machine x\n", "#\nmachine a login b password c",
		"machine a login \"b c\" password \"d\\\"e\"", "machine a login b\\ c password d", "default login x password y",
		"macdef init\ncd /\nls\n\nmachine a login b password c", "macdef init\ncd /", "machine", "machine a bogus", "bogus",
		"machine a login b", "machine a password c", "machine a\r\nlogin b\r\npassword c\r\n",
		"machine a login b password #c",
		"machine a login b password c\nmachine a login d password e", "machine a account z password c",
		"machine a login b password \"", "#machine a login b password c\n",
	}
	for _, text := range files {
		if _, err := parseNetrc(text); err != nil && strings.Contains(err.Error(), "c") &&
			strings.Contains(err.Error(), "password c") {
			t.Fatalf("%q: %v", text, err)
		}
	}
	var python testkit.Python
	for _, p := range testkit.Pythons(t) {
		if p.Minor >= 11 {
			python = p
		}
	}
	if python.Path == "" {
		t.Skip("skipped: no python from 3.11 on, whose netrc module is followed")
	}
	input, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python.Path, "-I", "-c", `
import json, sys, netrc, tempfile, os
out = []
for text in json.load(sys.stdin):
    with tempfile.NamedTemporaryFile("w", newline="", delete=False) as f:
        f.write(text)
    try:
        out.append({k: list(v) for k, v in netrc.netrc(f.name).hosts.items()})
    except netrc.NetrcParseError:
        out.append(None)
    os.unlink(f.name)
json.dump(out, sys.stdout)`)
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []map[string][]string
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, text := range files {
		hosts, err := parseNetrc(text)
		if (err != nil) != (want[i] == nil) {
			t.Errorf("%q: %v, Python %v", text, err, want[i])
			continue
		}
		got := map[string][]string{}
		for name, e := range hosts {
			got[name] = []string{e.login, e.account, e.password}
		}
		if d := cmp.Diff(want[i], got); err == nil && d != "" {
			t.Errorf("%q\n%s", text, d)
		}
	}
}

func TestABrokenNetrcIsNoted(t *testing.T) {
	x := client(t, func(c *Config) { c.Netrc = netrcFile(t, "machine a login b password secret\nnonsense") })
	notes := x.Notes()
	if len(notes) != 1 || strings.Contains(notes[0], "secret") || len(x.netrc) != 0 {
		t.Fatal(notes)
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "_netrc"), []byte("machine a login b password c"), 0o600); err != nil {
		t.Fatal(err)
	}
	x = client(t, func(c *Config) { c.Netrc = ""; c.Environ = []string{"HOME=" + home, "USERPROFILE=" + home} })
	if x.netrc["a"].login != "b" {
		t.Fatalf("%+v", x.netrc)
	}
	x = client(t, func(c *Config) { c.Netrc = ""; c.Environ = []string{"HOME=" + home, "NETRC=~/_netrc"} })
	if runtime.GOOS != "windows" && x.netrc["a"].login != "b" {
		t.Fatalf("%+v", x.netrc)
	}
}

// keyringScript makes a keyring program.
func keyringScript(t *testing.T, body string) (dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the stand-in is a shell script")
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "keyring"), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTheKeyringProgram(t *testing.T) {
	const simple = `[ "$1" = get ] || { echo "unrecognized arguments: --mode=creds" >&2; exit 2; }
echo "$2 $3" >> "$LOG"; [ "$3" = me ] && echo right && exit 0; exit 1`
	const modern = `[ "$1 $2" = "--mode=creds --output=json" ] || exit 1
echo '{"username": "token", "password": "right"}'`
	log := filepath.Join(t.TempDir(), "log")
	for _, c := range []struct {
		name, provider, script, user string
		noInput                      bool
		want                         string
	}{
		{"auto", "", simple, "me", false, "me:right"},
		{"import stands for it", "import", simple, "me", true, "me:right"},
		{"subprocess", "subprocess", simple, "me", true, "me:right"},
		{"auto without input", "auto", simple, "me", true, ""},
		{"disabled", "disabled", simple, "me", false, ""},
		{"nothing known", "subprocess", simple, "you", false, ""},
		{"an old one without a user", "subprocess", simple, "", false, ""},
		{"a new one without a user", "subprocess", modern, "", false, "token:right"},
		{"a new one with another user", "subprocess", modern, "me", false, "token:right"},
		{"garbage", "subprocess", `echo '{'`, "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			environ := newEnvironment([]string{"PATH=relative" + string(os.PathListSeparator) + keyringScript(t, c.script),
				"LOG=" + log})
			keyring, err := chooseKeyring(Config{KeyringProvider: c.provider, NoInput: c.noInput}, environ)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if keyring != nil {
				user, password, ok, err := keyring(context.Background(), "https://index.example/simple/", c.user)
				if err != nil {
					t.Fatal(err)
				}
				if ok {
					got = user + ":" + password
				}
			}
			if got != c.want {
				t.Fatalf("%q", got)
			}
		})
	}
	environ := newEnvironment([]string{"PATH=" + keyringScript(t, simple)})
	if _, _, _, err := askKeyring(context.Background(), findKeyring(environ), environ, "https://index.example/",
		"--evil"); err == nil {
		t.Fatal("an option was passed as a user")
	}
}

func TestASlowKeyringHoldsNobodyBeyondTheirTime(t *testing.T) {
	r := record(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	release := make(chan struct{})
	defer close(release)
	x := client(t, func(c *Config) {
		c.Keyring = func(context.Context, string, string) (string, string, bool, error) {
			<-release
			return "", "", false, nil
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := x.Page(ctx, r.URL, "alpha"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestTheKeyringIsAskedOnceForMany(t *testing.T) {
	var calls atomic.Int64
	r := record(t, func(w http.ResponseWriter, q *http.Request) {
		if _, password, _ := q.BasicAuth(); password != "right" {
			w.WriteHeader(401)
			return
		}
		writePage(w)
	})
	x := client(t, func(c *Config) {
		c.Keyring = func(context.Context, string, string) (string, string, bool, error) {
			calls.Add(1)
			return "me", "right", true, nil
		}
	})
	var wait sync.WaitGroup
	for i := range 30 {
		wait.Go(func() {
			if _, err := x.Page(context.Background(), r.URL, fmt.Sprintf("p%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if calls.Load() != 1 {
		t.Fatal(calls.Load())
	}
	x = client(t, func(c *Config) {
		c.Keyring = func(context.Context, string, string) (string, string, bool, error) {
			calls.Add(1)
			return "", "", false, errors.New("locked")
		}
	})
	calls.Store(0)
	for range 3 {
		if _, err := x.Page(context.Background(), r.URL, "alpha"); err == nil {
			t.Fatal("went on")
		}
	}
	if calls.Load() != 1 || len(x.Notes()) != 1 {
		t.Fatal(calls.Load(), x.Notes())
	}
}
