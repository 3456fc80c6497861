package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/policy/rules"
)

func TestAppend(t *testing.T) {
	allow := func(subject string, entry rules.Allow) func(string) (bool, string, error) {
		var err error
		if entry.Subject, err = rules.ParseSubject(subject); err != nil {
			t.Fatal(err)
		}
		return func(path string) (bool, string, error) { return AppendAllow(path, entry) }
	}
	deny := func(entry rules.Deny) func(string) (bool, string, error) {
		return func(path string) (bool, string, error) { return AppendDeny(path, entry) }
	}
	prefer := func(entry rules.Prefer) func(string) (bool, string, error) {
		return func(path string) (bool, string, error) { return AppendPrefer(path, entry) }
	}
	ignore := func(entry Ignore) func(string) (bool, string, error) {
		return func(path string) (bool, string, error) { return AppendIgnore(path, entry) }
	}
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name, before string
		add          func(path string) (bool, string, error)
		added        string // "" where nothing is written
		line         string // the line to change, without the path
		fails        string
	}{
		{"to nothing", "", allow("Foo_Bar", rules.Allow{Reason: "ours"}), "[allow.foo-bar]\nreason = \"ours\"\n", "",
			""},
		{"with everything", "# mine\n",
			allow("x", rules.Allow{Reason: "a \"b\" \\c", Expires: day,
				Rules: []rules.Rule{rules.Cooldown, rules.Sdist}}),
			"\n[allow.x]\nreason = \"a \\\"b\\\" \\\\c\"\nexpires = 2027-01-31\nrules = [\"cooldown\", \"sdist\"]\n",
			"", ""},
		{"a pattern", "", allow("acme-*", rules.Allow{Reason: "ours"}), "[allow.\"acme-*\"]\nreason = \"ours\"\n", "",
			""},
		{"a url", "", allow("https://h.example/x.whl#sha256=0", rules.Allow{Reason: "ours"}),
			"[allow.\"https://h.example/x.whl\"]\nreason = \"ours\"\n", "", ""},
		{"a host to fetch from", "", allow("host:H.example:8443", rules.Allow{Reason: "ours"}),
			"[allow.\"host:h.example:8443\"]\nreason = \"ours\"\n", "", ""},
		{"a trusted host", "", allow("trusted-host:H.example:80", rules.Allow{Reason: "ours"}),
			"[allow.\"trusted-host:h.example:80\"]\nreason = \"ours\"\n", "", ""},
		{"to a last line without an end", "preset = \"strict\"", allow("x", rules.Allow{Reason: "y"}),
			"\n\n[allow.x]\nreason = \"y\"\n", "", ""},
		{"in the file's manner", "preset = \"strict\"\r\n", allow("x", rules.Allow{Reason: "y"}),
			"\r\n[allow.x]\r\nreason = \"y\"\r\n", "", ""},
		{"where it stands already", "# 1\n[allow.Foo_Bar]\nreason = \"y\"\n",
			allow("foo.bar", rules.Allow{Reason: "z"}), "", "2: [allow.Foo_Bar]", ""},
		{"where it stands already in braces", "allow = { x = { reason = \"y\" } }\n",
			allow("x", rules.Allow{Reason: "z"}), "", "1: allow = { x = { reason = \"y\" } }", ""},
		{"where a table is in braces", "allow = { y = { reason = \"y\" } }\n", allow("x", rules.Allow{Reason: "z"}), "",
			"1: allow = { y = { reason = \"y\" } }", ""},
		{"without a reason", "", allow("x", rules.Allow{}), "", "", "reason: says nothing"},
		{"with a control character", "", allow("x", rules.Allow{Reason: "\x1b[1m"}), "", "", "control character"},
		{"a release", "", allow("Foo==1.0.0rc1", rules.Allow{Reason: "ours", Rules: []rules.Rule{rules.Cooldown}}),
			"[allow.\"foo==1.0.0rc1\"]\nreason = \"ours\"\nrules = [\"cooldown\"]\n", "", ""},
		{"a release beside its name", "[allow.foo]\nreason = \"ours\"\n",
			allow("foo==1", rules.Allow{Reason: "x", Rules: []rules.Rule{rules.Yanked}}),
			"\n[allow.\"foo==1\"]\nreason = \"x\"\nrules = [\"yanked\"]\n", "", ""},
		{"a release for nothing", "", allow("foo==1", rules.Allow{Reason: "ours"}), "", "",
			"for the rules that are named alone"},
		{"malware without an end", "", allow("foo==1", rules.Allow{Reason: "ours", Rules: []rules.Rule{rules.Malware}}),
			"", "", "with an end alone"},
		{"malware of a name", "",
			allow("foo", rules.Allow{Reason: "ours", Expires: day, Rules: []rules.Rule{rules.Malware}}), "", "",
			`"malware" is not one of`},
		{"to a broken file", "[rules\n", allow("x", rules.Allow{Reason: "y"}), "", "", ":1:"},
		{"to a file with an unknown key", "x = 1\n", allow("x", rules.Allow{Reason: "y"}), "", "", `unknown key "x"`},
		{"what contradicts the file", "[deny]\nx = \"bad\"\n", allow("x", rules.Allow{Reason: "y"}), "", "",
			"x is denied here"},
		{"a denial", "", deny(rules.Deny{Name: "Colourama", Reason: "imitates colorama"}),
			"[deny.colourama]\nreason = \"imitates colorama\"\n", "", ""},
		{"a denial to others", "[deny]\na = \"b\"\n\n[rules]\nsdist = \"note\"\n",
			deny(rules.Deny{Name: "c", Reason: "d"}), "\n[deny.c]\nreason = \"d\"\n", "", ""},
		{"a denial that stands already", "[deny]\n# why\nA_b = \"b\"\n", deny(rules.Deny{Name: "a-b", Reason: "d"}), "",
			"3: A_b = \"b\"", ""},
		{"a preference", "[prefer]\na = \"b\"\n", prefer(rules.Prefer{Name: "Simplejson", Use: "json"}),
			"\n[prefer.simplejson]\nuse = \"json\"\n", "", ""},
		{"a preference for nothing", "", prefer(rules.Prefer{Name: "x"}), "", "", "is no name"},
		{"a preference that stands already", "[prefer.a]\nuse = \"b\"\n", prefer(rules.Prefer{Name: "A", Use: "c"}), "",
			"1: [prefer.a]", ""},
		{"an ignore", "", ignore(Ignore{ID: "CVE-2026-1", Reason: "y", Expires: day, Package: "Foo_Bar",
			Versions: "<2"}),
			"[[scan.ignore]]\nid = \"CVE-2026-1\"\nreason = \"y\"\nexpires = 2027-01-31\npackage = \"Foo_Bar\"\n" +
				"versions = \"<2\"\n", "", ""},
		{"an ignore after others",
			"[scan]\nscope = \"all\"\n[[scan.ignore]]\nid = \"A-1\"\nreason = \"y\"\nexpires = 2027-01-31\n" +
				"[rules]\nsdist = \"note\"\n", ignore(Ignore{ID: "A-2", Reason: "y", Expires: day}),
			"\n[[scan.ignore]]\nid = \"A-2\"\nreason = \"y\"\nexpires = 2027-01-31\n", "", ""},
		{"an ignore that stands already", "[[scan.ignore]]\nid = \"a-1\"\nreason = \"y\"\nexpires = 2027-01-31\n",
			ignore(Ignore{ID: "A-1", Reason: "z", Expires: day}), "", "1: [[scan.ignore]]", ""},
		{"an ignore to a list in brackets",
			"[scan]\nignore = [{ id = \"A-1\", reason = \"y\", expires = 2027-01-31 }]\n",
			ignore(Ignore{ID: "A-2", Reason: "z", Expires: day}), "",
			"2: ignore = [{ id = \"A-1\", reason = \"y\", expires = 2027-01-31 }]", ""},
		{"an ignore of malware", "", ignore(Ignore{ID: "MAL-2026-1", Reason: "y", Expires: day}), "", "",
			"malware is never ignored"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "thresher", "policy.toml")
			if test.before != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(test.before), 0o640&^0o040); err != nil {
					t.Fatal(err)
				}
			}
			written, line, err := test.add(path)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("error %v, want %q", err, test.fails)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if written != (test.added != "") {
				t.Errorf("written %t", written)
			}
			if want := test.line; want != "" && line != path+":"+want || want == "" && line != "" {
				t.Errorf("line %q, want %q", line, want)
			}
			content, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.before+test.added, string(content)); diff != "" {
				t.Error(diff)
			}
			if written {
				if _, problems := checkDocument(path, content); len(problems) > 0 {
					t.Error(problems)
				}
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

func TestAppendKeepsModeAndLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes here")
	}
	dir := t.TempDir()
	target, link := filepath.Join(dir, "real.toml"), filepath.Join(dir, "policy.toml")
	if err := os.WriteFile(target, []byte("# mine\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, _, err := AppendDeny(link, rules.Deny{Name: "x", Reason: "y"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(target)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	fresh := filepath.Join(dir, "new", "policy.toml")
	if _, _, err := AppendDeny(fresh, rules.Deny{Name: "x", Reason: "y"}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.Chmod(fresh, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := AppendDeny(fresh, rules.Deny{Name: "z", Reason: "y"}); err == nil {
		t.Error("wrote to a file that others may write")
	}
}

func TestAppendFromManyRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.toml")
	var runs sync.WaitGroup
	for i := range 16 {
		runs.Go(func() {
			if written, _, err := AppendDeny(path, rules.Deny{Name: fmt.Sprintf("x%d", i), Reason: "y"}); err != nil ||
				!written {
				t.Errorf("%t %v", written, err)
			}
		})
	}
	runs.Wait()
	policy, err := Load(LoadInput{UserPath: path, Now: today})
	if err != nil || len(policy.Deny) != 16 {
		t.Errorf("%d of 16 entries, %v", len(policy.Deny), err)
	}
}

func TestTrust(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "trusted.json")
	trust, err := ReadTrust(path)
	if err != nil || trust.Has("") || trust.Has("aa") {
		t.Fatalf("%v %v", trust, err)
	}
	for _, record := range []TrustRecord{{"aa", "/x", today}, {"bb", "/y", today}, {"aa", "/z", today}} {
		if err := RecordTrust(path, record); err != nil {
			t.Fatal(err)
		}
	}
	trust, err = ReadTrust(path)
	if err != nil || len(trust.Records) != 2 || !trust.Has("aa") || !trust.Has("bb") || trust.Has("cc") {
		t.Errorf("%v %v", trust, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if count, err := ForgetTrust(path, "/z", ""); count != 1 || err != nil {
		t.Error(count, err)
	}
	if count, err := ForgetTrust(path, "", "bb"); count != 1 || err != nil {
		t.Error(count, err)
	}
	if trust, err := ReadTrust(path); err != nil || len(trust.Records) != 0 {
		t.Errorf("%v %v", trust, err)
	}
	t.Run("a broken file trusts nothing", func(t *testing.T) {
		if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		var broken *Error
		if _, err := ReadTrust(path); !errors.As(err, &broken) {
			t.Error(err)
		}
		if err := RecordTrust(path, TrustRecord{SHA256: "cc"}); err == nil {
			t.Error("a broken file was written over")
		}
	})
	t.Run("a file that others may write trusts nothing", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("there are no modes here")
		}
		if err := os.WriteFile(path, []byte(`[{"sha256": "aa"}]`), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o606); err != nil {
			t.Fatal(err)
		}
		if trust, err := ReadTrust(path); err == nil || trust.Has("aa") {
			t.Error(trust, err)
		}
	})
}

// Trust is in a content, so that a checkout that changes is not trusted.
func TestTrustEndsWithAChange(t *testing.T) {
	state := filepath.Join(t.TempDir(), "trusted.json")
	const content = "[rules]\ntyposquat = \"off\"\n"
	if err := RecordTrust(state, TrustRecord{SHA256: Hash([]byte(content)), Path: "/x", Time: today}); err != nil {
		t.Fatal(err)
	}
	trust, err := ReadTrust(state)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for text, want := range map[string]rules.Action{content: rules.Off, content + "\n": rules.Ask} {
		if err := os.WriteFile(filepath.Join(dir, ProjectFileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		policy, err := Load(LoadInput{Dir: dir, Home: dir, Trusted: trust.Has, Now: today})
		if err != nil || policy.Action(rules.Typosquat).Value != want {
			t.Errorf("%q: %v %v, want %s", text, policy.Action(rules.Typosquat), err, want)
		}
	}
}

func TestInit(t *testing.T) {
	said, problems := checkDocument("policy.toml", Init("policy.schema.json"))
	if len(problems) > 0 || len(said) > 0 {
		t.Fatalf("%v says %d things", problems, len(said))
	}
	// With every comment sign taken away it says the defaults, and the examples.
	var lines []string
	for line := range strings.Lines(string(Init("policy.schema.json"))) {
		if strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "#:") {
			line = line[1:]
		}
		lines = append(lines, line)
	}
	policy := layers{system: strings.Join(lines, "")}.merged(t, false)
	for _, info := range keys() {
		got := value(policy, strings.TrimSuffix(info.Key, ".NAME"))
		if info.Standard != "" && info.Layers != SharedOnly && got != info.Standard+" (system)" {
			t.Errorf("%s: %s, want %s", info.Key, got, info.Standard)
		}
	}
	if len(policy.Allow) != 1 || len(policy.Deny) != 1 || len(policy.Prefer) != 1 || len(policy.Scan.Ignore) != 1 ||
		len(policy.Pin) != 1 || len(policy.Locked) != 2 {
		t.Error("an example is missing")
	}
	// What is appended to it can be read.
	path := filepath.Join(t.TempDir(), "policy.toml")
	if err := os.WriteFile(path, Init("policy.schema.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := AppendAllow(path,
		rules.Allow{Subject: rules.Subject{Kind: rules.NameSubject, Name: "x"}, Reason: "y"}); err != nil {
		t.Error(err)
	}
}

// What Show prints is what a policy file would say.
func TestShowReadsAgain(t *testing.T) {
	policy := layers{user: example}.merged(t, false)
	var said strings.Builder
	lists := map[string][]string{}
	for _, setting := range policy.Show() {
		switch setting.Key {
		case "cooldown.except", "trust.organisations", "scan.ignore", "locked",
			"sandbox.secrets", "sandbox.write", "sandbox.environment.add", "sandbox.environment.free":
			lists[setting.Key] = append(lists[setting.Key], setting.Value)
		default:
			said.WriteString(setting.Key + " = " + setting.Value + "\n")
		}
	}
	for key, entries := range lists {
		said.WriteString(key + " = [" + strings.Join(entries, ", ") + "]\n")
	}
	again := layers{user: said.String()}.merged(t, false)
	plain := func(p *Policy) (lines []string) {
		for _, setting := range p.Show() {
			lines = append(lines, setting.Key+" = "+setting.Value)
		}
		return lines
	}
	if diff := cmp.Diff(plain(policy), plain(again)); diff != "" {
		t.Error(diff)
	}
}
