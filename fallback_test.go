package main

import (
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// stripped are changes to a pip that take away a place where thresher stands in
// it, while pip itself goes on working.
var stripped = []struct{ name, change string }{
	{"a session that sends by itself", `
cd pip/_internal/network
printf '\ndef _send(self, request, **options):\n    return super(PipSession, self).send(request, **options)\n\n\nPipSession.send = _send\n' >>session.py`},
	{"an adapter that sends by itself", `
cd pip/_internal/network
cat >>session.py <<'END'


from pip._vendor.requests import adapters as _adapters

_original = _adapters.HTTPAdapter.send


class _OwnAdapter(_adapters.HTTPAdapter):
    def send(self, *words, **options):
        return _original(self, *words, **options)


_make = PipSession.__init__


def _init(self, *words, **options):
    _make(self, *words, **options)
    self.mount("https://", _OwnAdapter())
    self.mount("http://", _OwnAdapter())


PipSession.__init__ = _init
END`},
	{"no prepare_linked_requirement", `
grep -rl prepare_linked_requirement pip/_internal --include=*.py | xargs sed -i s/prepare_linked_requirement/prepare_one/g`},
	{"no WheelCache", `
grep -rlw WheelCache pip/_internal --include=*.py | xargs sed -i 's/\bWheelCache\b/BuiltWheels/g'`},
}

// TestEveryPipWithoutTransport: a pip in which thresher cannot be sure of its place gets the gate
// as its index, which is said once; what must be refused is refused there as
// well, and so is a command that names what pip would open unseen. By policy it
// is not run at all.
func TestEveryPipWithoutTransport(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		x := testkit.NewIndex(t)
		x.AddWheel(testkit.Distribution{Name: "alpha", Version: "1.0", Requires: []string{"beta"}})
		x.AddWheel(testkit.Distribution{Name: "beta", Version: "1.0"})
		x.AddWheel(testkit.Distribution{Name: "gamma", Version: "1.0", Requires: []string{"nuisance"}})
		x.AddWheel(testkit.Distribution{Name: "nuisance", Version: "1.0"})
		x.AddWheel(testkit.Distribution{Name: "stranger", Version: "1.0",
			Requires: []string{"beta @ " + x.URL + "/files/beta-1.0-py3-none-any.whl"}})
		index := "PIP_INDEX_URL=" + x.SimpleURL()
		policy := w.read("home/.config/thresher/policy.toml")
		denied := "[deny]\nnuisance = 'not here'\n"
		for path, text := range (testkit.Distribution{Name: "project", Version: "1.0"}).SourceTree() {
			w.write("project/"+path, text)
		}
		const said = "can be seen only through an index of this run's own"
		w.shell("cp -a env template")
		tried := stripped
		if !testkit.Full() {
			tried = stripped[:1] // all of them end in the same way; .ci/run has each
		}
		for _, c := range tried {
			w.shell("rm -rf env; cp -a template env; cd env/lib/python3*/site-packages;" + c.change)
			w.write("home/.config/thresher/policy.toml", policy+denied)
			if plain := w.plain([]string{"install", "--dry-run", "alpha"}, index); plain.status != 0 && w.from("22.2") {
				t.Fatalf("%s: this pip does not work\n%s", c.name, plain.text())
			}
			got := w.pip([]string{"install", "alpha"}, index)
			got.want(t, 0, said, "+ alpha 1.0, + beta 1.0")
			if strings.Count(got.stderr, said) != 1 {
				t.Errorf("%s: said more than once\n%s", c.name, got.text())
			}
			w.pip([]string{"install", "gamma"}, index).want(t, 20, said, "nuisance")
			w.pip([]string{"install", "stranger"}, index).want(t, 20, "beta @")
			w.pip([]string{"install", "./project"}, index).want(t, 125, "was not run")
			w.pip([]string{"install", "--find-links", "project", "beta"}, index).want(t, 125, "was not run")
			w.write("home/.config/thresher/policy.toml", policy+denied+"[gate]\nfallback = false\n")
			stopped := w.pip([]string{"install", "--force-reinstall", "alpha"}, index)
			stopped.want(t, 125, "was not run")
			stopped.wantNot(t, said, "Collecting")
		}
	})
}
