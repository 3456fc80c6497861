package gate

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"thresher/index/route"
	"thresher/internal/testkit"
	"thresher/pep"
	"thresher/policy/rules"
)

// TestConfusion sets a private 0.0.1 against a public 1.0.0 of the same name.
func TestConfusion(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		privateMain bool // the private index is the main one, the public one extra
		knownPublic bool // the gate knows which one is public
		strategy    string
		pin         string // index that the name is pinned to: private, public
		popular     bool
		version     string // of the name that two indexes have
		publicHears bool
	}{
		{name: "extra", version: "0.0.1"},
		{name: "extra, public known", knownPublic: true, version: "0.0.1"},
		{name: "main, public known", privateMain: true, knownPublic: true, version: "0.0.1"},
		{name: "main, pinned", privateMain: true, pin: "private", version: "0.0.1"},
		{name: "pinned elsewhere", pin: "public", version: "1.0.0", publicHears: true},
		{name: "as pip", strategy: route.AsPip, version: "1.0.0", publicHears: true},
		{name: "popular", popular: true, version: "1.0.0", publicHears: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			private, public := testkit.NewIndex(t), testkit.NewIndex(t)
			private.AddWheel(testkit.Distribution{Name: "acme-lib", Version: "0.0.1",
				Requires: []string{"ordinary", "acme-core"}})
			private.AddWheel(testkit.Distribution{Name: "acme-core", Version: "0.0.1"})
			public.AddWheel(testkit.Distribution{Name: "acme-lib", Version: "1.0.0", Requires: []string{"ordinary"}})
			public.AddWheel(testkit.Distribution{Name: "ordinary", Version: "3.0"})
			indexes := []Index{{URL: public.SimpleURL(), Public: c.knownPublic}, {URL: private.SimpleURL(), Extra: true}}
			if c.privateMain {
				indexes = []Index{{URL: private.SimpleURL()}, {URL: public.SimpleURL(), Extra: true, Public: c.knownPublic}}
			}
			pins := map[string]string{}
			switch c.pin {
			case "private":
				pins["acme-*"] = private.SimpleURL()
			case "public":
				pins["acme-*"], pins["acme-core"] = private.SimpleURL(), private.SimpleURL()
				pins["acme-lib"] = strings.TrimSuffix(public.SimpleURL(), "/")
			}
			g := open(t, Config{
				Indexes: indexes, Strategy: c.strategy, Requested: []pep.Requirement{{Name: "acme-lib"}},
				Pin: func(name string) string {
					if !strings.HasPrefix(name, "acme-") {
						return ""
					}
					return cmp.Or(pins[name], pins["acme-*"])
				},
				Popular: func(name string) bool { return c.popular && name == "acme-lib" },
			})
			e := newEnvironment(t, "")
			e.pip(g, "install", "acme-lib").want(t, 0)
			if c.name == "extra" {
				e.pip(g, "install", "-U", "acme-lib").want(t, 0)
			}
			want := []string{"acme_lib==" + c.version, "ordinary==3.0"}
			if c.version == "0.0.1" {
				want = []string{"acme_core==0.0.1", "acme_lib==0.0.1", "ordinary==3.0"}
			}
			e.wantInstalled(want...)
			heard := slices.ContainsFunc(public.Requests(), func(path string) bool { return strings.Contains(path, "acme") })
			if heard != c.publicHears {
				t.Errorf("the public index heard of it: %t\n%v", heard, public.Requests())
			}
		})
	}
}

// TestConfusionFault: a private index that fails to answer is no reason to ask
// a public one; one that has no such name is.
func TestConfusionFault(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		status  int
		guarded bool
		falls   bool // the public index is asked
	}{
		{"not found", 404, true, true},
		{"gone", 410, true, true},
		{"forbidden, no credentials", 403, false, true},
		{"forbidden, credentials", 403, true, false},
		{"unauthorised", 401, false, false},
		{"server error", 500, false, false},
		{"unavailable", 503, false, false},
		{"too many", 429, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			public := testkit.NewIndex(t)
			public.AddWheel(testkit.Distribution{Name: "acme-lib", Version: "1.0.0"})
			private := httptest.NewServer(
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(c.status) }))
			defer private.Close()
			client := newClient(t)
			if c.guarded {
				if err := client.Authenticate(private.URL, "user", "word"); err != nil {
					t.Fatal(err)
				}
			}
			g := open(t, Config{
				Source:    client,
				Indexes:   []Index{{URL: public.SimpleURL()}, {URL: private.URL + "/simple/", Extra: true}},
				Requested: []pep.Requirement{{Name: "acme-lib"}},
			})
			status, _, _ := ask(t, g, indexURL(g, 0)+"acme-lib/", "")
			if (status == 200) != c.falls {
				t.Errorf("status %d", status)
			}
			if asked := len(public.Requests()) > 0; asked != c.falls {
				t.Errorf("the public index was asked: %t", asked)
			}
			status, reason, _ := ask(t, g, indexURL(g, 1)+"acme-lib/", "")
			if c.falls != (status == 404) || (!c.falls && !strings.HasPrefix(reason, "thresher: "+private.URL)) {
				t.Errorf("the private index: %d %s", status, reason)
			}
			if got := len(g.Faults()); (got == 0) != c.falls {
				t.Errorf("faults %+v", g.Faults())
			}
		})
	}
}

func TestConfusionJudged(t *testing.T) {
	t.Parallel()
	first, second := testkit.NewIndex(t), testkit.NewIndex(t)
	first.AddWheel(testkit.Distribution{Name: "both", Version: "1.0"})
	second.AddWheel(testkit.Distribution{Name: "both", Version: "2.0"})
	second.AddWheel(testkit.Distribution{Name: "one", Version: "2.0"})
	var judged []rules.ConfusionEvidence
	g := open(t, Config{
		Indexes:  []Index{{URL: first.SimpleURL()}, {URL: second.SimpleURL(), Extra: true}},
		Strategy: route.AsPip, Prefetch: -1,
		JudgeConfusion: func(e rules.ConfusionEvidence) []rules.Finding {
			judged = append(judged, e)
			return []rules.Finding{{Subject: e.Name, Rule: rules.Confusion, Action: rules.Note}}
		},
		JudgeProject: func(context.Context, Project) []rules.Finding { return nil },
	})
	for _, path := range []string{"both/", "one/"} {
		ask(t, g, indexURL(g, 0)+path, "")
		ask(t, g, indexURL(g, 1)+path, "")
	}
	if len(judged) != 1 || judged[0].Name != "both" || judged[0].Chosen != second.SimpleURL() ||
		!slices.Equal(judged[0].Others, []string{first.SimpleURL()}) || judged[0].NewerElse {
		t.Errorf("judged %+v", judged)
	}
	if findings := g.Findings(); len(findings) != 1 || findings[0].Rule != rules.Confusion {
		t.Errorf("findings %+v", findings)
	}
}

// TestUnreachableExtra: a name that several indexes have is installed although
// an extra index is out of reach, which is tried once and not for every name.
func TestUnreachableExtra(t *testing.T) {
	t.Parallel()
	x := testkit.NewIndex(t)
	for _, name := range []string{"one", "two", "three"} {
		x.AddWheel(testkit.Distribution{Name: name, Version: "1.0"})
	}
	g := open(t, Config{
		Indexes: []Index{{URL: x.SimpleURL()}, {URL: "http://127.0.0.1:1/simple/", Extra: true}},
		Popular: func(name string) bool { return name != "acme" },
	})
	for _, name := range []string{"one", "two", "three"} {
		if status, reason, _ := ask(t, g, indexURL(g, 0)+name+"/", ""); status != 200 {
			t.Errorf("%s: %d %s", name, status, reason)
		}
		if status, _, _ := ask(t, g, indexURL(g, 1)+name+"/", ""); status != gatewayTimeout {
			t.Errorf("%s: %d", name, status)
		}
	}
	// One that only the private index could vouch for is not looked for elsewhere.
	if status, _, _ := ask(t, g, indexURL(g, 0)+"acme/", ""); status == 200 ||
		slices.Contains(x.Requests(), "/simple/acme/") {
		t.Errorf("status %d, asked %v", status, x.Requests())
	}
	var kinds []FaultKind
	for _, fault := range g.Faults() {
		if fault.Kind != Undated {
			kinds = append(kinds, fault.Kind)
		}
	}
	if !slices.Equal(kinds, []FaultKind{Unreachable}) {
		t.Errorf("faults %+v", g.Faults())
	}
}
