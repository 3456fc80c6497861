package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	aReference = "git+https://git.example/p@0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a#p.toml"
	aMovingOne = "git+https://git.example/p@stable#p.toml"
	aSigner    = "me@x.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPArzQRxvTPsh4/BNebSpVSH3iUSE8qzoXPHANotyimM"
)

// Following and taking out again leaves a file as it was, but for the table.
func TestFollow(t *testing.T) {
	for before, after := range map[string]string{
		"": "[policy]\nfrom = [\"" + aReference + "\"]\n",
		"# mine\n[rules]\nsdist = \"hold\"": "# mine\n[rules]\nsdist = \"hold\"\n\n[policy]\nfrom = [\"" +
			aReference + "\"]\n",
		"[policy] # ours\nstale = \"block\"\n[scan]\n": "[policy] # ours\nfrom = [\"" + aReference +
			"\"]\nstale = \"block\"\n[scan]\n",
		"[policy]":                              "[policy]\nfrom = [\"" + aReference + "\"]\n",
		"[policy]\nfrom = [\"x\"] # all\n":      "[policy]\nfrom = [\"x\", \"" + aReference + "\"] # all\n",
		"[policy]\nfrom = [\n  'x', # one\n]\n": "[policy]\nfrom = [\n  'x',\n  \"" + aReference + "\", # one\n]\n",
		"[policy]\n  from = [ ] # none\n":       "[policy]\n  from = [\"" + aReference + "\"] # none\n",
		"policy = { from = [\"x\"] }\n":         "policy = { from = [\"x\", \"" + aReference + "\"] }\n",
	} {
		before = strings.ReplaceAll(before, "x", strings.ReplaceAll(aReference, "0a", "0b"))
		after = strings.ReplaceAll(strings.ReplaceAll(after, "\"x\"", "\""+strings.ReplaceAll(aReference, "0a", "0b")+"\""),
			"'x'", "'"+strings.ReplaceAll(aReference, "0a", "0b")+"'")
		path := filepath.Join(t.TempDir(), "policy.toml")
		if before != "" {
			if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the second time it is there
			if err := (Following{Reference: aReference}).Follow(path, false); err != nil {
				t.Errorf("%q: %v", before, err)
			}
			if got := contentOf(t, path); got != after {
				t.Errorf("%q:\n%s\nwant\n%s", before, got, after)
			}
		}
		if found, err := Unfollow(path, aReference); !found || err != nil {
			t.Errorf("%q: %t %v", before, found, err)
		}
		if strings.Contains(contentOf(t, path), aReference) {
			t.Errorf("%q: it is still there", before)
		}
		if found, err := Unfollow(path, aReference); found || err != nil {
			t.Errorf("%q: %t %v", before, found, err)
		}
	}
}

func contentOf(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestFollowBringsItsKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "thresher", "policy.toml")
	following := Following{Reference: aMovingOne}
	if _, err := following.Named(path, false); err == nil || !strings.Contains(err.Error(), "nothing vouches for it") {
		t.Errorf("%v", err)
	}
	following.AllowedSigners = []string{aSigner}
	named, err := following.Named(path, true)
	if err != nil || len(named.Keys.SSH) != 1 {
		t.Fatalf("%+v %v", named, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("looking wrote it")
	}
	if err := following.Follow(path, true); err != nil {
		t.Fatal(err)
	}
	// The next layer finds the key there.
	if _, err := (Following{Reference: strings.Replace(aMovingOne, "stable", "next", 1)}).Named(path, true); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || filepath.Separator == '/' && info.Mode().Perm() != 0o644 {
		t.Errorf("not everybody may read the system's: %v %v", info.Mode(), err)
	}
	for _, odd := range []Following{{Reference: aMovingOne, AllowedSigners: []string{"x\ny"}}, {Reference: "\x1b[2J"},
		{Reference: aReference, MinisignKeys: []string{"RW"}}, {}} {
		before := contentOf(t, path)
		if err := odd.Follow(path, true); err == nil {
			t.Errorf("%+v is written", odd)
		}
		if contentOf(t, path) != before {
			t.Errorf("%+v changed the file", odd)
		}
	}
}

func TestFollowCannotWriteThere(t *testing.T) {
	for _, content := range []string{
		"policy = {}\n", "[policy]\nfrom = [\n]\n", "policy.stale = \"note\"\n", "[policy\n",
	} {
		path := filepath.Join(t.TempDir(), "policy.toml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := (Following{Reference: aReference}).Follow(path, false)
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", content, err)
		}
		if contentOf(t, path) != content {
			t.Errorf("%q was changed", content)
		}
	}
}
