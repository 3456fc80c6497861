package shared

import (
	"strings"
	"testing"
	"time"

	"thresher/internal/words"
)

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPArzQRxvTPsh4/BNebSpVSH3iUSE8qzoXPHANotyimM"

func TestReferences(t *testing.T) {
	commit, digest := strings.Repeat("0a", 20), strings.Repeat("0a", 32)
	for text, want := range map[string]Reference{
		"git+https://git.example:8443/data/policy.git@v1.2#sub/policy.toml": {
			URL: "https://git.example:8443/data/policy.git", Revision: "v1.2", File: "sub/policy.toml"},
		"git+ssh://git@git.example/data/policy@" + commit + "#p.toml": {
			URL: "ssh://git@git.example/data/policy", Revision: commit, File: "p.toml"},
		"git+file:///srv/policy@release/2026#p.toml": {
			URL: "file:///srv/policy", Revision: "release/2026", File: "p.toml"},
		"git+file:///srv/a@b@" + digest + "#p.toml": {URL: "file:///srv/a@b", Revision: digest, File: "p.toml"},
		"https://policy.example/pip.toml#sha256=" + digest: {
			URL: "https://policy.example/pip.toml", SHA256: digest},
		"https://[::1]:8443/pip.toml": {URL: "https://[::1]:8443/pip.toml"},
	} {
		got, message := ParseReference(text)
		want.text, want.Repository = text, strings.HasPrefix(text, "git+")
		if message != "" || got != want {
			t.Errorf("%s: %+v %s", text, got, message)
		}
		if got.Pinned() != (strings.Contains(text, "0a0a")) {
			t.Errorf("%s: pinned %t", text, got.Pinned())
		}
	}
	if _, message := ParseReference("https://policy.example/\u202epip.toml"); message == "" {
		t.Error("a text that reads otherwise than it is counts")
	}
}

func FuzzReference(f *testing.F) {
	f.Add("git+https://git.example/x@v1#p.toml")
	f.Add("git+ssh://-oProxyCommand=x@host/y@main#p")
	f.Add("https://user:secret@policy.example/x?y#sha256=00")
	f.Fuzz(func(t *testing.T, text string) {
		r, message := ParseReference(text)
		if message != "" {
			return
		}
		if r.String() != text || words.Printable(text) != text {
			t.Errorf("%q is %q", text, r)
		}
		if strings.HasPrefix(r.Revision, "-") || strings.HasPrefix(r.File, "-") || strings.HasPrefix(r.URL, "-") {
			t.Errorf("%q has an option", text)
		}
		for part := range strings.SplitSeq(r.File, "/") {
			if r.Repository && (part == "" || part == ".." || part == ".") {
				t.Errorf("%q leads elsewhere", text)
			}
		}
		scheme, rest, _ := strings.Cut(r.URL, "://")
		authority, _, _ := strings.Cut(rest, "/")
		user, host, hasUser := strings.Cut(authority, "@")
		if !hasUser {
			user, host = "", user
		}
		if strings.HasPrefix(user, "-") || strings.HasPrefix(host, "-") || strings.Contains(user, ":") {
			t.Errorf("%q: user %q, host %q", text, user, host)
		}
		if scheme != "https" && scheme != "ssh" && scheme != "file" {
			t.Errorf("%q is reached by %q", text, scheme)
		}
	})
}

func TestAllowedSigners(t *testing.T) {
	s, message := ParseAllowedSigner(`a@x.example,b@x.example namespaces="git,thresher-policy",` +
		`valid-after="20260101Z",valid-before="202701021530Z" ` + key)
	if message != "" || s.Principals != "a@x.example,b@x.example" || len(s.Namespaces) != 2 ||
		!s.After.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) ||
		!s.Before.Equal(time.Date(2027, 1, 2, 15, 30, 0, 0, time.UTC)) {
		t.Errorf("%+v %s", s, message)
	}
	for _, line := range []string{"", "a@x.example", "a@x.example ssh-ed25519", "a@x.example ssh-ed25519 AAAA", key,
		"a@x.example " + key + "\nb@x.example " + key, "# a@x.example " + key, `"a b" ` + key} {
		if s, message := ParseAllowedSigner(line); message == "" {
			t.Errorf("%q: %+v", line, s)
		}
	}
}

func TestMinisignKeys(t *testing.T) {
	for _, text := range []string{"", "RW", "RWQBAgMEBQYHCHeyviSXUeuwrloaEArpCKhiynfsDw8Zo2yrbKJStjaL\n",
		strings.Repeat("A", 56)} {
		if _, message := ParseMinisignKey(text); message == "" {
			t.Errorf("%q counts", text)
		}
	}
}
