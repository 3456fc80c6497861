package gate

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"thresher/internal/testkit"
	"thresher/policy/rules"
	"thresher/python"
	"thresher/venv"
)

// holdHooks judges as the standard preset does.
func holdHooks(e rules.InsideEvidence) []rules.Finding {
	var findings []rules.Finding
	for _, hook := range e.Hooks {
		if hook.Runs && !hook.Seen {
			findings = append(findings, rules.Finding{Subject: e.Name, Rule: rules.StartupHook, Action: rules.Hold,
				Evidence: hook.Path})
		}
	}
	for _, replaced := range e.Replaced {
		findings = append(findings, rules.Finding{Subject: e.Name, Rule: rules.Replaces, Action: rules.Block,
			Evidence: replaced.Path + " of " + replaced.Owner})
	}
	return findings
}

const month = 30 * 24 * time.Hour

// TestInsideUnderEveryPip: what files bring is judged under every pip before
// anything of them is installed.
func TestInsideUnderEveryPip(t *testing.T) {
	hook := map[string]string{"hook.pth": "import os"}
	for _, release := range testkit.PipReleases(t) {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			x := testkit.NewIndex(t)
			young := func(f *testkit.ServedFile) { f.Uploaded = time.Now().Add(-month) }
			x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0", Requires: []string{"child>=1"}})
			x.AddWheel(testkit.Distribution{Name: "child", Version: "1.0"})
			young(x.AddWheel(testkit.Distribution{Name: "child", Version: "1.1", Files: hook}))
			young(x.AddSdist(testkit.Distribution{Name: "child", Version: "1.1", Files: hook}))
			x.AddSdist(testkit.Distribution{Name: "made", Version: "1.0", Files: hook}).Uploaded = time.Now().Add(-month)
			x.AddSdist(testkit.Distribution{Name: "settled", Version: "1.0", Files: hook})
			x.AddWheel(testkit.Distribution{Name: "victim", Version: "1.0", Files: map[string]string{
				"victim/core.py": "good", "victim-1.0.dist-info/entry_points.txt": "[console_scripts]\nvictim = victim:run\n",
			}})
			young(x.AddWheel(testkit.Distribution{Name: "thief", Version: "1.0",
				Files: map[string]string{"victim/core.py": "bad"}}))
			young(x.AddWheel(testkit.Distribution{Name: "stealer", Version: "1.0", Files: map[string]string{
				"stealer-1.0.dist-info/entry_points.txt": "[console_scripts]\nvictim = stealer:run\n",
			}}))
			x.AddWheel(testkit.Distribution{Name: "taker", Version: "1.0", Files: map[string]string{
				"taker-1.0.dist-info/entry_points.txt": "[console_scripts]\npip3 = taker:run\n",
			}})
			e := newEnvironment(t, release)
			var installed []venv.Distribution
			begin := func() *Gate {
				t.Helper()
				environment, err := python.Inspect(filepath.Join(e.dir, "bin", "python"), nil, "")
				if err == nil {
					installed, err = venv.Distributions(environment.SitePackages)
				}
				if err != nil {
					t.Fatal(err)
				}
				occupied := venv.NewOccupied(environment, installed)
				return open(t, Config{
					Indexes: mainIndex(x), JudgeInside: holdHooks, Occupied: occupied.At, Beside: occupied.Beside,
				})
			}
			g := begin()
			e.pip(g, "install", "app").want(t, 0, "Successfully installed")
			e.wantInstalled("app==1.0", "child==1.0")
			if findings := g.Findings(); len(findings) != 1 || findings[0].Rule != rules.StartupHook ||
				findings[0].Action != rules.Hold {
				t.Errorf("findings %+v", findings)
			}
			e.pip(begin(), "install", "child==1.1").want(t, 1)
			e.pip(begin(), "install", "made").want(t, 1, "blocked by thresher: made: hook.pth (startup-hook)")
			e.pip(begin(), "install", "taker").want(t, 1, "blocked by thresher: taker: bin/pip3")
			e.pip(begin(), "install", "victim", "thief").want(t, 1, "blocked by thresher: thief: victim/core.py of victim")
			e.wantInstalled("app==1.0", "child==1.0")
			e.pip(begin(), "install", "victim", "settled").want(t, 0)
			e.pip(begin(), "install", "thief").want(t, 1, "blocked by thresher: thief: victim/core.py of victim")
			e.pip(begin(), "install", "stealer").want(t, 1, "blocked by thresher: stealer: bin/victim of victim")
			e.wantInstalled("app==1.0", "child==1.0", "settled==1.0", "victim==1.0")
		})
	}
}

// An index that shows another end of a file than it has, or that gives none
// alone, is found out when the file comes.
func TestInsideOfALyingIndex(t *testing.T) {
	x := testkit.NewIndex(t)
	noise := make([]byte, 200<<10) // beyond what is fetched whole
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	large := string(noise)
	files := map[string]string{"app/data.py": large}
	_, harmless := testkit.Distribution{Name: "app", Version: "1.0", Files: files}.Wheel()
	bad := x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0", Files: map[string]string{"app/data.py": large,
		"a.pth": "import os"}})
	bad.Uploaded = time.Now().Add(-month)
	for name, answer := range map[string]http.HandlerFunc{
		"no parts": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bad.Content) },
		"another": func(w http.ResponseWriter, r *http.Request) {
			content := bad.Content
			if r.Header.Get("Range") != "" {
				content = harmless
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		},
	} {
		x.Change(func() { bad.Answer = answer })
		g := open(t, Config{Indexes: mainIndex(x), JudgeInside: holdHooks})
		e := newEnvironment(t, "")
		e.pip(g, "install", "app").want(t, 1, "blocked by thresher: app: a.pth (startup-hook)")
		if len(e.installed()) != 0 {
			t.Errorf("%s: installed %v", name, e.installed())
		}
	}
}

// What was read is asked for once, by this run and by the next.
func TestInsideIsRemembered(t *testing.T) {
	x := testkit.NewIndex(t)
	for version, files := range map[string]map[string]string{
		"1.0": nil, "1.1": {"app.pth": "import os"},
	} {
		f := x.AddWheel(testkit.Distribution{Name: "app", Version: version, Files: files})
		if version == "1.1" {
			f.Uploaded = time.Now().Add(-month)
		}
	}
	memory := t.TempDir()
	asked := func() int {
		return len(slices.DeleteFunc(x.Requests(), func(path string) bool { return !strings.HasSuffix(path, ".whl") }))
	}
	for run := range 2 {
		before := asked()
		g := open(t, Config{Indexes: mainIndex(x), JudgeInside: holdHooks, Memory: memory, Prefetch: -1})
		e := newEnvironment(t, "")
		e.pip(g, "install", "app").want(t, 0)
		e.wantInstalled("app==1.0")
		if count := asked() - before; run == 0 && count > 3 || run == 1 && count != 1 {
			t.Errorf("run %d: %d requests for files", run, count)
		}
	}
	// What cannot be read as knowledge is read again, and no pass.
	err := filepath.WalkDir(memory, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			err = os.WriteFile(path, []byte(`{"wheel": true}`), 0o600)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g := open(t, Config{Indexes: mainIndex(x), JudgeInside: holdHooks, Memory: memory})
	e := newEnvironment(t, "")
	e.pip(g, "install", "app").want(t, 0)
	e.wantInstalled("app==1.0")
}

// Compiled code in a wheel that says that it has none is noted where the release
// before had nothing of the kind.
func TestPayloadIsNoted(t *testing.T) {
	x := testkit.NewIndex(t)
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
	code := map[string]string{"app/fast.so": "1"}
	x.AddWheel(testkit.Distribution{Name: "app", Version: "1.1", Files: code}).Uploaded = time.Now().Add(-month)
	g := open(t, Config{Indexes: mainIndex(x), JudgeInside: func(e rules.InsideEvidence) []rules.Finding {
		var findings []rules.Finding
		for _, payload := range e.Payloads {
			findings = append(findings, rules.Finding{Subject: e.Name, Rule: rules.Payload, Action: rules.Note,
				Evidence: payload.Path})
		}
		return findings
	}})
	e := newEnvironment(t, "")
	e.pip(g, "install", "app").want(t, 0)
	notes := func() (count int) {
		for _, entry := range g.Ledger() {
			count += len(entry.Notes)
		}
		return count
	}
	for range 1000 { // it is looked for beside pip
		if notes() > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if notes() != 1 {
		t.Errorf("%d notes", notes())
	}
}
