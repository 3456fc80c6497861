package main

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// invented are pip's names for temporary folders, what it measures, and the hash of
// what was built a moment ago. In the sandbox the folders lie in the run's own,
// which -v shows: a build may write there, and not to all of TMPDIR.
var invented = regexp.MustCompile(`(thresher-[0-9]+/run/)?pip-[a-z-]+-[a-z0-9_]{8}|[0-9.]+ ` +
	`[kM]B/s|0:00:[0-9]{2}|(?m)^  Created wheel .*$`)

// connections are what -v says of connections: of the gate pip opens none, and
// the length of a page is that of the page judged.
var connections = regexp.MustCompile(`(?m)^ *(Starting new HTTP connection|http://[0-9.:]+ "GET /(simple|files)/).*\n`)

// ownLines are thresher's.
var ownLines = regexp.MustCompile(`(?m)^thresher: .*\n`)

// TestEveryPipLeavesNoTrace: with nothing to refuse thresher leaves no trace. Standard output
// is pip's, standard error as well but for thresher's own lines, and the
// environment and what was saved are the same in every file.
func TestEveryPipLeavesNoTrace(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		x, extra, private := testkit.NewIndex(t), testkit.NewIndex(t), testkit.NewIndex(t)
		private.User, private.Password = "ann", "wonder"
		epsilon := testkit.Distribution{Name: "epsilon", Version: "1.0"}
		x.AddWheel(testkit.Distribution{Name: "alpha", Version: "0.9"})
		x.AddWheel(testkit.Distribution{
			Name: "alpha", Version: "1.0", Requires: []string{"beta>=1", `epsilon; extra == "more"`},
			Metadata: "Provides-Extra: more\n",
			Files:    map[string]string{"alpha/data.txt": "data\n"},
		})
		x.AddWheel(testkit.Distribution{Name: "beta", Version: "1.0"})
		x.AddWheel(epsilon)
		x.AddWheel(testkit.Distribution{Name: "delta", Version: "1.0"}).YankedReason = "a mistake"
		x.AddWheel(testkit.Distribution{Name: "large", Version: "1.0",
			Files: map[string]string{"large/noise": strings.Repeat("0123456789abcdef", 20<<16)}})
		x.AddWheel(testkit.Distribution{Name: "lazy", Version: "1.0", Requires: []string{"beta"},
			Files: map[string]string{"lazy/noise": strings.Repeat("0123456789abcdef", 4<<10)}}).Metadata = ""
		x.AddSdist(testkit.Distribution{Name: "gamma", Version: "1.0", Requires: []string{"beta"}})
		extra.AddWheel(testkit.Distribution{Name: "zeta", Version: "1.0"})
		private.AddWheel(testkit.Distribution{Name: "hush", Version: "1.0"})
		withLogin := strings.Replace(private.SimpleURL(), "http://", "http://ann:wonder@", 1)
		_, content := epsilon.Wheel()
		direct := fmt.Sprintf("%s/files/epsilon-1.0-py3-none-any.whl#sha256=%x", x.URL, sha256.Sum256(content))
		w.write("requirements.txt", "# comment\nbeta==1.0  # why\ndelta==1.0\n")
		project := testkit.Distribution{Name: "project", Version: "1.0"}
		for path, text := range project.SourceTree() {
			w.write("project/"+path, text)
		}

		var commands [][]string
		add := func(from string, words ...string) {
			if w.from(from) {
				commands = append(commands, words)
			}
		}
		// What goes the way of another one.
		more := func(from string, words ...string) {
			if testkit.Full() {
				add(from, words...)
			}
		}
		add("20", "install", "alpha[more]", "gamma")
		add("20", "install", "alpha")
		add("20", "install", "-q", "-r", "requirements.txt")
		add("20", "install", "--force-reinstall", "--no-deps", "-v", "alpha==0.9")
		add("22.2", "install", "--dry-run", "--report", "-", "--force-reinstall", "alpha[more]", "gamma")
		more("22.2", "install", "-q", "--dry-run", "--ignore-installed", "gamma")
		add("25.1", "lock", "-o", "-", "alpha")
		add("20", "download", "-d", "saved", "alpha", "gamma")
		add("20", "wheel", "-w", "built", "gamma")
		add("21.2", "index", "versions", "alpha")
		more("20", "install", "--use-feature=fast-deps", "lazy")
		add("20", "install", "large")
		more("24.1", "install", "--progress-bar", "raw", "--force-reinstall", "--no-cache-dir", "large")
		add("20", "install", "--index-url", withLogin, "hush")
		add("20", "install", "--extra-index-url", extra.SimpleURL(), "zeta")
		add("20", "install", "--no-index", "--find-links", "saved", "--force-reinstall", "alpha")
		more("20", "install", "--find-links", extra.SimpleURL()+"zeta/", "zeta")
		add("20", "install", "./project")
		add("20", "install", "--force-reinstall", "./saved/beta-1.0-py3-none-any.whl", direct)
		add("20", "install", "no-such-version==3", "beta==7")
		more("20", "install")
		add("20", "list")
		more("20", "freeze")
		more("20", "show", "-f", "alpha")
		add("20", "uninstall", "-y", "alpha")
		more("20", "check")

		normal := func(text string) string {
			return invented.ReplaceAllString(connections.ReplaceAllString(ownLines.ReplaceAllString(text, ""), ""), "#")
		}
		type kept struct {
			results []result
			trees   map[string]map[string]string
		}
		play := func(run func([]string, ...string) result) kept {
			var k kept
			for _, words := range commands {
				k.results = append(k.results, run(words, "PIP_INDEX_URL="+x.SimpleURL(), "XDG_CACHE_HOME="+w.path("cache")))
			}
			k.trees = map[string]map[string]string{}
			for _, folder := range []string{"env", "saved", "built"} {
				k.trees[folder] = w.tree(folder)
			}
			k.trees["cache of built wheels"] = w.tree("cache/pip/wheels")
			return k
		}
		w.shell("cp -a env template")
		plain := play(w.plain)
		w.shell("rm -rf env saved built cache; mv template env")
		behind := play(w.pip)

		for i, words := range commands {
			want, got := plain.results[i], behind.results[i]
			if want.status != got.status {
				t.Errorf("pip %s: status %d, plain pip's is %d\n%s", strings.Join(words, " "), got.status, want.status, got.text())
			}
			if normal(want.stdout) != normal(got.stdout) || strings.Contains(normal(got.stdout), "thresher") {
				t.Errorf("pip %s: stdout\n%s\nplain pip's:\n%s", strings.Join(words, " "), got.stdout, want.stdout)
			}
			if normal(want.stderr) != normal(got.stderr) {
				t.Errorf("pip %s: stderr\n%s\nplain pip's:\n%s", strings.Join(words, " "), got.stderr, want.stderr)
			}
		}
		for folder, want := range plain.trees {
			got := behind.trees[folder]
			if len(want) == 0 {
				t.Errorf("%s is empty", folder)
			}
			for name, content := range want {
				other, there := got[name]
				if there && other != content && !strings.HasSuffix(name, ".whl") && !strings.HasSuffix(name, ".pyc") {
					t.Errorf("%s: %s is\n%s\nand not\n%s", folder, name, other, content)
				} else if !there || other != content && strings.HasSuffix(name, ".pyc") {
					t.Errorf("%s: %s is not as pip has it: there %v", folder, name, there)
				}
			}
			for name := range got {
				if _, there := want[name]; !there {
					t.Errorf("%s: %s came in addition", folder, name)
				}
			}
		}
	})
}
