package gate

import (
	"strings"
	"testing"

	"thresher/address"
	"thresher/index"
	"thresher/internal/testkit"
	"thresher/policy/rules"
)

// A reason phrase is one line of printable ASCII, whatever evidence it quotes.
func TestReasonPhrase(t *testing.T) {
	reason := refusal(rules.Finding{
		Subject: "evil\r\nX-Injected: 1", Evidence: "na\u00efve \x1b[31m\u202e" + strings.Repeat("x", 5000),
		Rule: rules.Malware,
	})
	if len(reason) > maximalReason+10 {
		t.Errorf("%d bytes", len(reason))
	}
	for _, c := range []byte(reason) {
		if c < ' ' || c > '~' {
			t.Errorf("byte %q in %q", c, reason[:80])
		}
	}
	if want := "blocked by thresher: evil  X-Injected: 1: na?ve ?[31m?xxx"; !strings.HasPrefix(reason, want) {
		t.Errorf("got %q", reason[:80])
	}
}

// pip prints requirements that it cannot read as they are (from 24.1 on), and the
// metadata's hash keeps the gate from cleaning them: what could steer a terminal is
// refused.
// TestMetadataGivenLater: a file that is fetched ahead may be judged before pip is
// given the metadata that the index shows of it; both are compared in the end,
// wherever the file's address redirects to.
func TestMetadataGivenLater(t *testing.T) {
	x := testkit.NewIndex(t)
	g := open(t, Config{Indexes: mainIndex(x)})
	file := &index.File{URL: x.URL + "/files/app-1.0-py3-none-any.whl"}
	o := &offer{name: "app", version: "1.0", filename: "app-1.0-py3-none-any.whl", file: file, url: x.URL + "/elsewhere"}
	brought := contents{Wheel: true, Name: "app", Version: "1.0", Requires: []string{"beta"}}
	for _, test := range []struct {
		shown   []string
		refused bool
	}{{nil, true}, {[]string{"beta", "gamma"}, true}, {[]string{"beta"}, false}} {
		g.given[address.Key(file.URL)] = contents{Name: "app", Version: "1.0", Requires: test.shown}
		reason := g.conclude(o.url, &arrival{offers: []*offer{o}, read: brought})
		if (reason != "") != test.refused {
			t.Errorf("shown %q: %q", test.shown, reason)
		}
	}
}

func TestForgingMetadata(t *testing.T) {
	for _, release := range testkit.PipReleases(t) {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			x := testkit.NewIndex(t)
			const steering = "beta \x1b[1E\x1b[8mx"
			x.AddWheel(testkit.Distribution{Name: "offered", Version: "1.0", Requires: []string{steering}})
			x.AddWheel(testkit.Distribution{Name: "inside", Version: "1.0", Requires: []string{steering}}).Metadata = ""
			x.AddSdist(testkit.Distribution{Name: "folded", Version: "1.0", Metadata: "Requires-Python: ===1\n " +
				"thresher:installed\n"})
			x.AddWheel(testkit.Distribution{Name: "fine", Version: "1.0", Requires: []string{`thresher-like>=1; extra == "a"`}})
			e := newEnvironment(t, release)
			plain := e.plain(append(e.plainVariables(), "PIP_INDEX_URL="+x.SimpleURL()), "install", "inside")
			if strings.HasPrefix(release, "26.") && !strings.Contains(plain.output, "\x1b[8m") {
				t.Errorf("plain pip does not print it: %q", plain.output)
			}
			for _, name := range []string{"offered", "inside", "folded"} {
				g := open(t, Config{Indexes: mainIndex(x)})
				o := e.pip(g, "install", "--no-build-isolation", name)
				o.want(t, 1, "blocked by thresher: "+name)
				if strings.Contains(o.output, "\x1b[8m") || strings.Contains(o.output, "thresher:installed") {
					t.Errorf("%q", o.output)
				}
			}
			e.pip(open(t, Config{Indexes: mainIndex(x)}), "install", "fine").want(t, 0)
		})
	}
}
