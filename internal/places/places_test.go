package places

import "testing"

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, system string
		environ      map[string]string
		log, policy  string
	}{
		{"home only", "linux", map[string]string{"HOME": "/h"}, "/h/.local/state/thresher/log.jsonl", "/h/.config/thresher/policy.toml"},
		{"xdg", "linux", map[string]string{"HOME": "/h", "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c"}, "/s/thresher/log.jsonl", "/c/thresher/policy.toml"},
		{"relative xdg is ignored", "linux", map[string]string{"HOME": "/h", "XDG_STATE_HOME": "s"}, "/h/.local/state/thresher/log.jsonl", "/h/.config/thresher/policy.toml"},
		{"nothing to derive from", "linux", nil, "", ""},
		{"macos", "darwin", map[string]string{"HOME": "/h"}, "/h/Library/Application Support/thresher/state/log.jsonl", "/h/Library/Application Support/thresher/policy.toml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := find(c.environ, c.system)
			if p.Log() != c.log || p.UserPolicy != c.policy {
				t.Errorf("got %q and %q, want %q and %q", p.Log(), p.UserPolicy, c.log, c.policy)
			}
		})
	}
}
