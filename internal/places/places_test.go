package places

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, system string
		environ      map[string]string
		log, policy  string
	}{
		{"home only", "linux", map[string]string{"HOME": "/h"}, "/h/.local/state/thresher/log.jsonl",
			"/h/.config/thresher/policy.toml"},
		{"xdg", "linux", map[string]string{"HOME": "/h", "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c"},
			"/s/thresher/log.jsonl", "/c/thresher/policy.toml"},
		{"relative xdg is ignored", "linux", map[string]string{"HOME": "/h", "XDG_STATE_HOME": "s"},
			"/h/.local/state/thresher/log.jsonl", "/h/.config/thresher/policy.toml"},
		{"nothing to derive from", "linux", nil, "", ""},
		{"macos", "darwin", map[string]string{"HOME": "/h"}, "/h/Library/Application Support/thresher/state/log.jsonl",
			"/h/Library/Application Support/thresher/policy.toml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := find(c.environ, c.system)
			if p.Log() != c.log || p.UserPolicy != c.policy {
				t.Errorf("got %q and %q, want %q and %q", p.Log(), p.UserPolicy, c.log, c.policy)
			}
		})
	}
}

func TestFindWithAnAccount(t *testing.T) {
	for _, c := range []struct {
		name                             string
		environ                          map[string]string
		policy, account, firstRedirected string
	}{
		{"as the account has it", map[string]string{"HOME": "/h"}, "/h/.config/thresher/policy.toml", "", ""},
		{"another home", map[string]string{"HOME": "/checkout"}, "/checkout/.config/thresher/policy.toml",
			"/h/.config/thresher/policy.toml", "/checkout/.config/thresher"},
		{"no home", nil, "/h/.config/thresher/policy.toml", "", ""},
		{"a relative home", map[string]string{"HOME": "."}, "/h/.config/thresher/policy.toml", "", ""},
		{"trust alone", map[string]string{"HOME": "/h", "XDG_STATE_HOME": "/checkout"}, "/h/.config/thresher/policy.toml", "",
			"/checkout/thresher"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := redirected(c.environ, "linux", "/h")
			first := ""
			if len(p.Redirected) > 0 {
				first = p.Redirected[0]
			}
			if p.UserPolicy != c.policy || p.AccountPolicy != c.account || first != c.firstRedirected {
				t.Errorf("got %q, %q and %q", p.UserPolicy, p.AccountPolicy, p.Redirected)
			}
		})
	}
	if p := redirected(nil, "linux", ""); p.UserPolicy != "" || p.AccountPolicy != "" || len(p.Redirected) != 0 {
		t.Errorf("nothing to derive from: %+v", p)
	}
}

// A variable adds a place for advisories and takes none away; what loosens is
// the account's own.
func TestFindOwnPlaces(t *testing.T) {
	for _, c := range []struct {
		name             string
		environ          map[string]string
		advisories       []string
		trusted, popular string
	}{
		{"as the account has it", map[string]string{"HOME": "/h"},
			[]string{"/h/.local/share/thresher/advisories.db"}, "/h/.local/state/thresher/trusted.jsonl",
			"/h/.local/share/thresher/popular.txt"},
		{"XDG_DATA_HOME", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/x"},
			[]string{"/x/thresher/advisories.db", "/h/.local/share/thresher/advisories.db"},
			"/h/.local/state/thresher/trusted.jsonl", "/h/.local/share/thresher/popular.txt"},
		{"both, and a third", map[string]string{"HOME": "/other", "XDG_DATA_HOME": "/x", "XDG_STATE_HOME": "/s"},
			[]string{"/x/thresher/advisories.db", "/other/.local/share/thresher/advisories.db",
				"/h/.local/share/thresher/advisories.db"},
			"/h/.local/state/thresher/trusted.jsonl", "/h/.local/share/thresher/popular.txt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := redirected(c.environ, "linux", "/h")
			if got := p.AllAdvisories(); !slices.Equal(got, c.advisories) || p.Trusted() != c.trusted ||
				p.Popular() != c.popular {
				t.Errorf("got %q, %q and %q", got, p.Trusted(), p.Popular())
			}
			if own := "/h/.local/state/thresher/indexes.json"; p.Indexes()[0] != own || p.State != p.OwnState &&
				p.Indexes()[1] != filepath.Join(p.State, "indexes.json") {
				t.Errorf("what is remembered of indexes is looked for in %q", p.Indexes())
			}
			if p.Files() != "/h/.local/share/thresher/files" {
				t.Errorf("what was read in files is looked for in %q", p.Files())
			}
		})
	}
	if p := redirected(map[string]string{"HOME": "/o", "XDG_STATE_HOME": "/s"}, "linux",
		""); p.Trusted() != "/s/thresher/trusted.jsonl" {
		t.Errorf("without a known account: %q", p.Trusted())
	}
	environ := map[string]string{"USERPROFILE": "/o", "LOCALAPPDATA": "/o/l", "PROGRAMDATA": "/o/p"}
	p := redirectedOnWindows(environ, map[string]string{"USERPROFILE": "/h", "LOCALAPPDATA": "/h/l", "PROGRAMDATA": "/p"})
	if p.SystemPolicy != "/p/thresher/policy.toml" || p.AccountPolicy != "/h/l/thresher/policy.toml" ||
		p.UserPolicy != "/o/l/thresher/policy.toml" ||
		p.Trusted() != "/h/l/thresher/state/trusted.jsonl" || len(p.AllAdvisories()) != 2 || len(p.Redirected) != 4 {
		t.Errorf("Windows: %+v", p)
	}
}
