package main

import (
	"fmt"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// TestEveryPipNested: the gate sees what builds require, whatever pip starts for it,
// in an environment with a guard and without. A pip that a build starts by itself
// joins the run where there is a guard; where there is none it reaches nothing.
func TestEveryPipNested(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		x := testkit.NewIndex(t)
		x.AddWheel(testkit.Distribution{Name: "helper", Version: "1.0"})
		x.AddWheel(testkit.Distribution{Name: "nuisance", Version: "1.0"})
		x.AddWheel(testkit.Distribution{Name: "loner", Version: "1.0"})
		x.AddSdist(testkit.Distribution{Name: "deep", Version: "1.0", BuildRequires: []string{"helper"}})
		x.AddSdist(testkit.Distribution{Name: "app", Version: "1.0", BuildRequires: []string{"deep"}})
		x.AddSdist(testkit.Distribution{Name: "bad", Version: "1.0", BuildRequires: []string{"nuisance"}})
		x.AddSdist(testkit.Distribution{Name: "deepbad", Version: "1.0", BuildRequires: []string{"bad"}})
		starting := func(what string) string {
			return fmt.Sprintf("import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', '-q', "+
				"'--target', 'planted', %q])\n", what)
		}
		x.AddSdist(testkit.Distribution{Name: "starter", Version: "1.0", Backend: starting("loner")})
		x.AddSdist(testkit.Distribution{Name: "badstarter", Version: "1.0", Backend: starting("nuisance")})
		index := "PIP_INDEX_URL=" + x.SimpleURL()
		w.write("home/.config/thresher/policy.toml", w.read("home/.config/thresher/policy.toml")+
			"[deny]\nnuisance = 'not here'\n")
		fetched := func(name string) bool { return strings.Contains(strings.Join(x.Requests(), " "), "/files/"+name) }

		refused := func(words ...string) {
			t.Helper()
			got := w.pip(append(words[:1:1], append([]string{"--no-cache-dir"}, words[1:]...)...), index)
			if got.status != 20 {
				t.Errorf("%v: exit status %d\n%s", words, got.status, got.text())
			}
			if !strings.Contains(got.text(), "nuisance") {
				t.Errorf("%v: it is not said why\n%s", words, got.text())
			}
		}
		try := func() {
			w.pip([]string{"install", "--no-cache-dir", "app"}, index).want(t, 0, "+ app 1.0")
			refused("install", "bad")
			refused("install", "deepbad")
			w.pip([]string{"install", "--no-cache-dir", "--no-build-isolation", "deep"}, index).want(t, 0, "+ deep 1.0")
			refused("wheel", "-w", "built", "bad")
			refused("install", "--no-build-isolation", "badstarter")
			if fetched("nuisance") {
				t.Errorf("the refused build requirement was fetched: %v", x.Requests())
			}
		}
		try()
		unguarded := w.pip([]string{"install", "--no-cache-dir", "--no-build-isolation", "starter"}, index)
		unguarded.want(t, 20, ", which nothing of yours names")
		if fetched("loner") {
			t.Errorf("a build installed by itself, unseen\n%s", unguarded.text())
		}

		w.without("app", "deep")
		w.run(binaries+"/thresher", []string{"guard", "env"}).want(t, 0)
		try()
		w.pip([]string{"install", "--no-cache-dir", "--no-build-isolation", "starter"}, index).want(t, 0, "+ starter 1.0")
		if !fetched("loner") {
			t.Errorf("a pip that a build started did not join the run")
		}
	})
}
