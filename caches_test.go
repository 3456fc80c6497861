package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// TestEveryPipsCaches: what lies in pip's caches is used as ever, and never passes a
// verdict: neither a page or file that plain pip left there before a release
// turned out to be malware, though the index answers "not modified", nor a wheel
// that is not what it was built from, or was built from what no page offers.
func TestEveryPipsCaches(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		x, certificates := testkit.NewTLSIndex(t, false)
		x.AddWheel(testkit.Distribution{Name: "alpha", Version: "1.0"})
		x.AddWheel(testkit.Distribution{Name: "evil", Version: "1.0"})
		x.AddWheel(testkit.Distribution{Name: "evil", Version: "2.0"})
		x.AddSdist(testkit.Distribution{Name: "gamma", Version: "1.0"})
		x.AddSdist(testkit.Distribution{Name: "badsource", Version: "1.0"})
		source, content := testkit.Distribution{Name: "unlisted", Version: "1.0"}.Sdist()
		x.AddFile(source, content)
		unlisted := "unlisted @ " + x.URL + "/files/" + source
		x.AddWheel(testkit.Distribution{
			Name: "app", Version: "1.0", Requires: []string{unlisted + ` ; extra == "more"`}, Metadata: "Provides-Extra: more\n",
		})
		x.AddWheel(testkit.Distribution{Name: "top", Version: "1.0", Requires: []string{"app[more]"}})
		variables := []string{"PIP_INDEX_URL=" + x.SimpleURL(), "PIP_CERT=" + certificates.Authority}
		asked := func(part string) int { return strings.Count(strings.Join(x.Requests(), "\n")+"\n", part) }

		// Whatever plain pip has is in its caches from here on.
		plain := variables
		if w.from("24.2") { // truststore has no host by an IP address before urllib3 2 (pip 26)
			plain = append(slices.Clone(variables), "PIP_USE_DEPRECATED=legacy-certs")
		}
		w.plain([]string{"install", "alpha", "evil", "badsource"}, plain...).want(t, 0)
		w.without("alpha", "evil", "badsource")
		w.write("advisories.jsonl", `{"id":"MAL-2026-1","modified":"2026-01-01T00:00:00Z","summary":"steals","affected":[{"package":{"ecosystem":"PyPI","name":"evil"},"versions":["2.0"]}]}
{"id":"MAL-2026-2","modified":"2026-01-01T00:00:00Z","summary":"steals","affected":[{"package":{"ecosystem":"PyPI","name":"badsource"},"versions":["1.0"]}]}
`)
		w.run(binaries+"/thresher", []string{"update", "--from", "advisories.jsonl"}).want(t, 0)
		w.pip([]string{"install", "evil==2.0"}, variables...).want(t, 20, "MAL-2026-1")
		w.pip([]string{"install", "badsource"}, variables...).want(t, 20, "MAL-2026-2")
		w.pip([]string{"download", "-d", "saved", "evil==2.0"}, variables...).want(t, 20, "MAL-2026-1")
		w.pip([]string{"install", "evil<2"}, variables...).want(t, 0, "+ evil 1.0")

		// A file that thresher has read comes from pip's cache, and counts.
		w.pip([]string{"install", "alpha"}, variables...).want(t, 0, "+ alpha 1.0")
		w.without("alpha")
		before := asked("/files/alpha-1.0-py3-none-any.whl\n")
		again := w.pip([]string{"install", "alpha"}, variables...)
		again.want(t, 0, "+ alpha 1.0", "Using cached")
		again.wantNot(t, "without a verdict")
		if after := asked("/files/alpha-1.0-py3-none-any.whl\n"); after != before {
			t.Errorf("a file that pip has was fetched again: %v", x.Requests())
		}

		// So does a wheel that was built earlier, unless it is another.
		w.pip([]string{"install", "gamma"}, variables...).want(t, 0, "+ gamma 1.0")
		w.without("gamma")
		built := w.pip([]string{"install", "gamma"}, variables...)
		built.want(t, 0, "+ gamma 1.0", "Using cached")
		w.without("gamma")
		for name, forged := range map[string]testkit.Distribution{
			"is not of":                   {Name: "other", Version: "1.0"},
			"says that it is version 3.0": {Name: "gamma", Version: "3.0"},
			"version 1.0 depends on beta @": {Name: "gamma", Version: "1.0",
				Requires: []string{"beta @ https://files.example/beta-1.0.tar.gz"}},
		} {
			_, content := forged.Wheel()
			replaced := 0
			err := filepath.WalkDir(w.path("home/.cache/pip/wheels"), func(path string, entry fs.DirEntry, err error) error {
				if err == nil && strings.HasPrefix(entry.Name(), "gamma-1.0-") {
					replaced++
					return os.WriteFile(path, content, 0o644)
				}
				return err
			})
			if err != nil || replaced != 1 {
				t.Fatalf("%d wheels of gamma in pip's cache: %v", replaced, err)
			}
			w.pip([]string{"install", "gamma"}, variables...).want(t, 20, name)
		}

		// A wheel that plain pip built from an address is used where the command
		// names the address, not where a dependency does.
		w.plain([]string{"install", "top"}, plain...).want(t, 0)
		w.without("top", "app", "unlisted")
		before = asked("/files/" + source + "\n")
		got := w.pip([]string{"install", "top"}, variables...)
		got.want(t, 20, source)
		if after := asked("/files/" + source + "\n"); after != before {
			t.Errorf("it was not the wheel in the cache that was refused: %s\n%s", x.Requests(), got.text())
		}
		w.run(binaries+"/thresher", []string{"allow", x.URL + "/files/" + source, "--reason", "a test"}).want(t, 0)
		w.pip([]string{"install", unlisted}, variables...).want(t, 0, "+ unlisted 1.0", "Using cached")
		if after := asked("/files/" + source + "\n"); after != before {
			t.Errorf("a wheel that pip has built was built again: %s", x.Requests())
		}

		// A redirect that pip keeps for ever leads nowhere by itself.
		x.Change(func() { x.OwnURL = x.URL + "/moved" })
		for range 3 {
			w.without("alpha")
			w.pip([]string{"install", "alpha"}, variables...).want(t, 0, "+ alpha 1.0")
		}

		if installed := w.plain([]string{"list"}, plain...); strings.Contains(installed.stdout, "gamma") ||
			strings.Contains(installed.stdout, "other") {
			t.Errorf("installed\n%s", installed.stdout)
		}
	})
}
