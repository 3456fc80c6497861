package policy

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/policy/rules"
)

var today = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// layers are the contents of policy files; "" is no file.
type layers struct{ system, user, project string }

// load loads layers from files of their own.
func (l layers) load(t testing.TB, trusted bool) (*Policy, error) {
	t.Helper()
	dir := t.TempDir()
	input := LoadInput{
		SystemPath: filepath.Join(dir, "system.toml"),
		UserPath:   filepath.Join(dir, "user.toml"),
		Dir:        filepath.Join(dir, "checkout", "inside"),
		Home:       dir,
		Trusted:    func(string) bool { return trusted },
		Now:        today,
	}
	if err := os.MkdirAll(filepath.Join(input.Dir, "..", ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(input.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		input.SystemPath: l.system, input.UserPath: l.user, filepath.Join(dir, "checkout", ProjectFileName): l.project,
	} {
		if content == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(input)
}

func (l layers) mustLoad(t testing.TB, trusted bool) *Policy {
	t.Helper()
	policy, err := l.load(t, trusted)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// merged merges layers without files, for tests of many of them.
func (l layers) merged(t testing.TB, trusted bool) *Policy {
	t.Helper()
	var sources []source
	for layer, content := range map[rules.Layer]string{rules.SystemLayer: l.system, rules.UserLayer: l.user,
		rules.ProjectLayer: l.project} {
		if content == "" {
			continue
		}
		statements, problems := checkDocument("policy.toml", []byte(content))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		file := File{Layer: layer, Path: "policy.toml", SHA256: Hash([]byte(content))}
		sources = append(sources, source{file, statements, false, nil})
	}
	slices.SortFunc(sources, func(a, b source) int { return int(a.file.Layer - b.file.Layer) })
	policy := merge(sources, LoadInput{Now: today, Trusted: func(string) bool { return trusted }})
	if problems := foreverIgnores(policy); len(problems) > 0 {
		t.Fatal(problems)
	}
	return policy
}

// values are the values in force with their layers: "key = value (layer)".
func values(p *Policy) []string {
	var lines []string
	for _, setting := range p.Show() {
		lines = append(lines, setting.Key+" = "+setting.Value+" ("+setting.Layer.String()+")")
	}
	return lines
}

// value returns the values of one key, as `value (layer)`.
func value(p *Policy, key string) string {
	var found []string
	for _, line := range values(p) {
		if rest, is := strings.CutPrefix(line, key+" = "); is {
			found = append(found, rest)
		}
	}
	return strings.Join(found, "; ")
}

// example is the file of the design.
const example = `preset = "standard"

[upgrade]
always   = true
strategy = "only-if-needed"     # or "eager"

[rules]
typosquat   = "ask"
maintainers = "note"

[cooldown]
release        = "3d"
project        = "7d"
security-fixes = true
except         = ["acme-*"]

[index]
strategy = "first-index"
pin      = { "acme-*" = "https://index.acme.example/simple" }

[trust]
maintainers = { min = 2, max = 5 }
stale-after = "18 months"
organisations = ["pypa", "dbt-labs"]

[allow.reqeusts]
reason  = "our own fork"
expires = 2027-01-31

[deny]
colourama = "imitates colorama"

[prefer]
simplejson = "json"

[scan]
fail-on = "fixable"
scope   = "touched"

[[scan.ignore]]
id      = "CVE-2018-20225"
reason  = "no extra index is used here"
expires = 2026-12-31
`

func TestExampleLoads(t *testing.T) {
	policy := layers{user: example}.mustLoad(t, false)
	for key, want := range map[string]string{
		"preset":                `"standard" (user)`,
		"cooldown.release":      `"3 days" (user)`,
		"cooldown.except":       `"acme-*" (user)`,
		`index.pin."acme-*"`:    `"https://index.acme.example/simple" (user)`,
		"trust.maintainers.max": `5 (user)`,
		"trust.stale-after":     `"18 months" (user)`,
		"trust.organisations":   `"pypa" (user); "dbt-labs" (user)`,
		"allow.reqeusts":        `{ reason = "our own fork", expires = 2027-01-31 } (user)`,
		"deny.colourama":        `"imitates colorama" (user)`,
		"prefer.simplejson":     `"json" (user)`,
		"scan.fail-on":          `"fixable" (user)`,
		"scan.ignore": `{ id = "CVE-2018-20225", reason = "no extra index is used here", ` +
			`expires = 2026-12-31 } (user)`,
		"rules.sdist": `"note" (preset)`,
	} {
		if got := value(policy, key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if line := policy.Allow[0].Line; line != 26 {
		t.Errorf("the entry stands in line %d, want 26", line)
	}
	if policy.Project != nil || len(policy.Notes) > 0 {
		t.Errorf("project %v, notes %v", policy.Project, policy.Notes)
	}
}

func TestLayersMergeFieldByField(t *testing.T) {
	policy := layers{
		system: "[rules]\nsdist = \"hold\"\nstale = \"off\"\n[cooldown]\nrelease = \"5d\"\nexcept = [\"Acme_*\"]\n" +
			"[deny]\nevil = \"it is\"\n",
		user:    "[rules]\nsdist = \"note\"\n[cooldown]\nexcept = [\"mine\"]\n[allow.evil]\nreason = \"mine\"\n",
		project: "[rules]\nfunding = \"block\"\n",
	}.mustLoad(t, false)
	for key, want := range map[string]string{
		"rules.sdist":      `"note" (user)`,
		"rules.stale":      `"off" (system)`,
		"rules.funding":    `"block" (project)`,
		"cooldown.release": `"5 days" (system)`,
		"cooldown.project": `"7 days" (preset)`,
		"cooldown.except":  `"acme-*" (system); "mine" (user)`,
	} {
		if got := value(policy, key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	var files []rules.Layer
	for _, file := range policy.Files {
		files = append(files, file.Layer)
	}
	if diff := cmp.Diff([]rules.Layer{rules.SystemLayer, rules.UserLayer, rules.ProjectLayer}, files); diff != "" {
		t.Error(diff)
	}
}

func TestPresets(t *testing.T) {
	t.Run("each is at least as strict as the one before", func(t *testing.T) {
		steps := []Preset{Relaxed, Standard, Strict}
		for i := range steps[1:] {
			for _, field := range fields() {
				if field.adopt(Default(steps[i]), steps[i+1], rules.Source{}, true) {
					t.Errorf("%s is looser in %s than in %s", field.info.Key, steps[i+1], steps[i])
				}
			}
		}
	})
	t.Run("what a file says beats a preset of a nearer layer", func(t *testing.T) {
		policy := layers{system: "preset = \"strict\"\n[rules]\nsdist = \"note\"\n",
			user: "preset = \"relaxed\"\n"}.mustLoad(t, false)
		if got := value(policy, "rules.sdist"); got != `"note" (system)` {
			t.Error(got)
		}
		if got := value(policy, "cooldown.release"); got != `"1 day" (preset)` {
			t.Error(got)
		}
	})
	t.Run("a stricter one of a project counts for every key", func(t *testing.T) {
		policy := layers{user: "[rules]\nsdist = \"note\"\n[cooldown]\nrelease = \"30d\"\n[venv]\nrequire = false\n",
			project: "preset = \"strict\"\n"}.mustLoad(t, false)
		for key, want := range map[string]string{
			"rules.sdist": `"hold" (project)`, "cooldown.release": `"30 days" (user)`,
			"scan.fail-on": `"any" (project)`, "venv.require": `false (user)`,
		} {
			if got := value(policy, key); got != want {
				t.Errorf("%s: %s, want %s", key, got, want)
			}
		}
	})
	t.Run("a looser one of a trusted project counts for defaults alone", func(t *testing.T) {
		policy := layers{user: "[rules]\nsdist = \"hold\"\n", project: "preset = \"relaxed\"\n"}.mustLoad(t, true)
		if got := value(policy, "rules.sdist"); got != `"hold" (user)` {
			t.Error(got)
		}
		if got := value(policy, "rules.new-project"); got != `"note" (project)` {
			t.Error(got)
		}
	})
}

func TestLocks(t *testing.T) {
	tests := []struct {
		name string
		layers
		key, want string
		notes     int
	}{
		{"a locked key keeps its value",
			layers{system: "locked = [\"cooldown.release\"]\n[cooldown]\nrelease = \"5d\"\n",
				user: "[cooldown]\nrelease = \"1h\"\n"}, "cooldown.release", `"5 days" (system)`, 1},
		{"a locked key may be made stricter",
			layers{system: "locked = [\"cooldown.release\"]\n", user: "[cooldown]\nrelease = \"9d\"\n"},
			"cooldown.release", `"9 days" (user)`, 0},
		{"a table is locked whole", layers{system: "locked = [\"rules\"]\n", user: "[rules]\ntyposquat = \"off\"\n"},
			"rules.typosquat", `"ask" (preset)`, 1},
		{"a preset does not open a lock",
			layers{system: "locked = [\"rules.typosquat\"]\npreset = \"strict\"\n", user: "preset = \"relaxed\"\n"},
			"rules.typosquat", `"block" (preset)`, 0},
		{"a locked preset", layers{system: "locked = [\"preset\"]\npreset = \"strict\"\n",
			user: "preset = \"relaxed\"\n"}, "rules.sdist", `"hold" (preset)`, 1},
		{"a locked mode", layers{system: "locked = [\"mode\"]\n", user: "mode = \"observe\"\n"},
			"mode", `"enforce" (preset)`, 1},
		{"entries of a locked table", layers{system: "locked = [\"allow\"]\n", user: "[allow.x]\nreason = \"y\"\n"},
			"allow.x", "", 1},
		{"locks are the system's alone", layers{user: "locked = [\"rules\"]\n[rules]\nsdist = \"off\"\n"},
			"rules.sdist", `"off" (user)`, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			policy := test.mustLoad(t, false)
			if got := value(policy, test.key); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if len(policy.Notes) != test.notes {
				t.Errorf("%d notes %v, want %d", len(policy.Notes), policy.Notes, test.notes)
			}
		})
	}
	t.Run("trust does not open a lock", func(t *testing.T) {
		policy := layers{system: "locked = [\"scan\"]\n",
			project: "[scan]\nfail-on = \"none\"\n[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\n" +
				"expires = 2026-12-01\n"}.mustLoad(t, true)
		if got := value(policy, "scan.fail-on"); got != `"fixable" (preset)` {
			t.Error(got)
		}
		if len(policy.Scan.Ignore) != 0 || len(policy.Notes) != 2 {
			t.Errorf("%v, notes %v", policy.Scan.Ignore, policy.Notes)
		}
	})
}

func TestErrorsNameTheirPlace(t *testing.T) {
	tests := []struct{ content, want string }{
		{"prest = 1\n", `1:1: unknown key "prest", did you mean "preset"`},
		{"[rules]\n  typosqat = \"ask\"\n", `2:3: unknown key "rules.typosqat", did you mean "rules.typosquat"`},
		{"[colldown]\n", `1:2: unknown key "colldown", did you mean "cooldown"`},
		{"fail-on = \"any\"\n", `1:1: unknown key "fail-on", did you mean "scan.fail-on"`},
		{"[scan]\n\"fail.on\" = 1\n", `2:1: unknown key "scan.\"fail.on\""`},
		{"[cooldown.release]\nx = 1\n", `1:11: cooldown.release: must be a string, not a table`},
		{"cooldown = 3\n", `1:1: cooldown: must be a table, not an integer`},
		{"preset = \"strickt\"\n",
			`1:10: preset: "strickt" is not one of relaxed, standard, strict, did you mean "strict"`},
		{"[rules]\nmalware = \"off\"\n", `2:11: rules.malware: "off" is not possible, it is always block`},
		{"[rules]\nsdist = \"ask\"\n", `2:9: rules.sdist: "ask" is not one of off, note, hold, block`},
		{"[cooldown]\nrelease = 3\n", `2:11: cooldown.release: must be a string, not an integer`},
		{"[cooldown]\nrelease = \"3\"\n",
			`2:11: cooldown.release: "3" is no length of time, write it as "3d", "36 hours" or "18 months"`},
		{"[cooldown]\nrelease = \"-3d\"\n",
			`2:11: cooldown.release: "-3d" is no length of time, write it as "3d", "36 hours" or "18 months"`},
		{"[cooldown]\nrelease = \"99999 years\"\n",
			`2:11: cooldown.release: "99999 years" is too long, at most 100 years`},
		{"[trust]\nstale-after = \"1h\"\n", `2:15: trust.stale-after: "1h" is too short, at least 1 day`},
		{"[cooldown]\nproject = \"2m\"\n",
			`2:11: cooldown.project: "2m" could be minutes or months, write min or months`},
		{"[cooldown]\nexcept = [\"a b\"]\n", `2:11: cooldown.except: "a b" is no name`},
		{"[cooldown]\nexcept = \"a\"\n", `2:10: cooldown.except: must be a list, not a string`},
		{"[trust]\nmaintainers = { min = 6, max = 5 }\n", `2:17: trust.maintainers.min 6 is more than max 5`},
		{"[trust]\nmaintainers = { least = 6 }\n", `2:17: unknown key "trust.maintainers.least"`},
		{"[trust]\npopular-rank = -1\n", `2:16: trust.popular-rank: -1 is not between 0 and 1000000`},
		{"[allow.x]\n", `1:8: allow.x: reason is missing`},
		{"[allow.x]\nreason = \" \"\n", `2:10: allow.x.reason: says nothing`},
		{"[allow.x]\nreason = \"y\"\nexpires = \"2027-01-01\"\n",
			`3:11: allow.x.expires: is a date, write it without quotes: 2027-01-01`},
		{"[allow.x]\nreason = \"y\"\nexpires = 2027-01-01T00:00:00Z\n",
			`3:1: allow.x.expires: must be a date, not a date with a time`},
		{"[allow.x]\nreason = \"y\"\nexpire = 2027-01-01\n",
			`3:1: unknown key "allow.x.expire", did you mean "expires"`},
		{"[allow.x]\nreason = \"y\"\nrules = [\"malware\"]\n", `3:1: allow.x.rules: "malware" is not one of`},
		{"[allow.zope.interface]\nreason = \"y\"\n", `1:13: a name with dots is quoted: [allow."zope.interface"]`},
		{"[allow.\"https://u:p@h.example/x.whl\"]\nreason = \"y\"\n",
			`1:8: allow: must not hold a user name or a password`},
		{"[allow.Foo_Bar]\nreason = \"y\"\n[allow.foo-bar]\nreason = \"y\"\n",
			`3:8: allow: "foo-bar" is the same name as in line 1`},
		{"[allow.x]\nreason = \"y\"\n[deny]\nx = \"y\"\n", `4:1: x is denied here and allowed in line 1`},
		{"[deny]\nx = \"\"\n", `2:5: deny.x: says nothing`},
		{"[deny]\nx = 1\n", `2:5: deny.x: must be a table, not an integer`},
		{"[prefer]\nx = \"a b\"\n", `2:5: prefer.x: "a b" is no name`},
		{"[prefer.x]\n", `1:9: prefer.x: use is missing`},
		{"[index]\npin = { \"a-*\" = \"ftp://h.example\" }\n",
			`2:17: index.pin."a-*": "ftp://h.example" is no url of an index, it starts with https://`},
		{"[index]\npin = { \"a-*\" = \"https://u:secret@h.example/simple\" }\n",
			`2:17: index.pin."a-*": must not hold a user name or a password`},
		{"[[scan.ignore]]\nid = \"X-1\"\n", `1:8: scan.ignore: reason is missing`},
		{"[[scan.ignore]]\nreason = \"y\"\n", `1:8: scan.ignore: id is missing`},
		{"[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\n",
			`1:1: scan.ignore X-1: expires is missing, and scan.ignore-forever is false`},
		{"[[scan.ignore]]\nid = \"MAL-2024-1\"\nreason = \"y\"\nexpires = 2027-01-01\n",
			`2:6: scan.ignore.id: malware is never ignored`},
		{"[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\nexpires = 2027-01-01\nversions = \"1.x\"\n",
			`5:12: scan.ignore.versions: "1.x" is no version specifier`},
		{"[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\nexpires = 2027-01-01\n[[scan.ignore]]\nid = \"x-1\"\n" +
			"reason = \"y\"\nexpires = 2027-01-01\n", `5:8: scan.ignore: x-1 stands in line 1 already`},
		{"locked = [\"rules.typo\"]\n", `1:1: no key is called "rules.typo"`},
		{"preset = \"strict\"\npreset = \"relaxed\"\n", `2:1: "preset" stands here a second time`},
		{"[rules]\n[rules]\n", `2:2: "rules" stands here a second time`},
		{"deny = { a = \"b\" }\n[deny.c]\nreason = \"d\"\n", `2:2: "deny" stands here a second time`},
		{"a = [1\nb = 2\n", `2:1: `},
		{"= 3\n", `1:1: `},
		{"x = \"\xff\"\n", `1:6: is not utf-8 here`},
		{"\xef\xbb\xbfpreset = \"strict\"\n", `1:1: starts with a byte order mark, save it as utf-8 without one`},
		{"x = " + strings.Repeat("[", 40) + "\n", `1:37: nests deeper than 32 levels`},
		{strings.Repeat("a.", 40) + "a = 1\n", `nests deeper than 32 levels`},
		{strings.Repeat("#", largestFile+1), `user.toml: is larger than 512 kB`},
		{"# äöü\n# ü\nä = 1 # x\n", `3:1: `},
		{"[deny]\n\"ä\" = \"ü\"\n", `2:1: deny: "ä" is no name`},
		{"[deny]\nx = \"\\u001b[31m\"\n", `2:5: deny.x: holds a control character or an invisible one`},
	}
	for _, test := range tests {
		_, err := layers{user: test.content}.load(t, false)
		var broken *Error
		if !errors.As(err, &broken) {
			t.Errorf("%.60q: %v", test.content, err)
			continue
		}
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.60q:\n%v\nwant\n%s", test.content, err, test.want)
		}
		if strings.Contains(err.Error(), "\x1b") || strings.Contains(err.Error(), "\xff") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%.60q: shows what it must not: %q", test.content, err)
		}
	}
}

func TestAllProblemsAreListed(t *testing.T) {
	_, err := layers{
		system:  "a = 1\nb = 2\n",
		user:    "[rules]\nsdist = 1\nx = 2\n",
		project: "preset = 3\n",
	}.load(t, true)
	var broken *Error
	if !errors.As(err, &broken) {
		t.Fatal(err)
	}
	var got []string
	for _, problem := range broken.Problems {
		got = append(got, filepath.Base(problem.Path)+" "+problem.Message)
	}
	want := []string{
		`system.toml unknown key "a"`,
		`system.toml unknown key "b"`,
		`user.toml rules.sdist: must be a string, not an integer`,
		`user.toml unknown key "rules.x"`,
		`thresher.toml preset: must be a string, not an integer`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFileThatOthersMayWriteIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes here")
	}
	for _, test := range []struct {
		mode os.FileMode
		want string
	}{
		{0o600, ""},
		{0o644, ""},
		{0o666, "may be written by others"},
		{0o602, "may be written by others"},
		{0o000, "cannot be read"},
	} {
		path := filepath.Join(t.TempDir(), "policy.toml")
		if err := os.WriteFile(path, []byte("preset = \"strict\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		if test.mode == 0 && os.Geteuid() == 0 {
			continue // root reads everything
		}
		_, err := Load(LoadInput{UserPath: path, Now: today})
		if test.want == "" && err != nil || test.want != "" &&
			(err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%o: %v, want %q", test.mode, err, test.want)
		}
	}
	t.Run("hint", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "it's.toml")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Load(LoadInput{UserPath: path, Now: today})
		var broken *Error
		if !errors.As(err, &broken) || !strings.HasPrefix(broken.Problems[0].Hint, "chmod go-w '") ||
			!strings.HasSuffix(broken.Problems[0].Hint, `it'\''s.toml'`) {
			t.Errorf("%+v", err)
		}
	})
	t.Run("directory", func(t *testing.T) {
		_, err := Load(LoadInput{UserPath: t.TempDir(), Now: today})
		if err == nil || !strings.Contains(err.Error(), "is no regular file") {
			t.Error(err)
		}
	})
	t.Run("device", func(t *testing.T) {
		_, err := Load(LoadInput{UserPath: "/dev/zero", Now: today})
		if err == nil || !strings.Contains(err.Error(), "is no regular file") {
			t.Error(err)
		}
	})
}

func TestFindProject(t *testing.T) {
	root := t.TempDir()
	make := func(parts ...string) string {
		path := filepath.Join(append([]string{root}, parts...)...)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := func(parts ...string) string {
		path := filepath.Join(make(parts...), ProjectFileName)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	outer := file("outer")
	repository := file("outer", "repository")
	make("outer", "repository", ".git")
	inner := file("outer", "repository", "a", "b")
	bare := make("outer", "bare")
	make("outer", "bare", ".git")
	home := make("outer", "home")
	atHome := file("elsewhere", "home")
	tests := []struct{ name, dir, home, want string }{
		{"in the directory", filepath.Dir(inner), home, inner},
		{"above it", make("outer", "repository", "a", "b", "c"), home, inner},
		{"at the repository's root", make("outer", "repository", "a"), home, repository},
		{"not above the repository's root", make("outer", "bare", "x"), home, ""},
		{"not above the repository's root, from there", bare, home, ""},
		{"not above the home directory", make("outer", "home", "x"), home, ""},
		{"in the home directory", make("elsewhere", "home", "x"), filepath.Dir(atHome), atHome},
		{"outside any repository", make("outer", "x"), home, outer},
		{"no directory", "", home, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := FindProject(test.dir, test.home)
			if err != nil || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
	t.Run("a directory that is gone", func(t *testing.T) {
		if _, err := FindProject(filepath.Join(root, "gone"), home); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a directory of another owner", func(t *testing.T) {
		if runtime.GOOS == "windows" || os.Geteuid() != 0 {
			t.Skip("skipped: only root gives directories away")
		}
		const nobody = 65534
		giveAway := func(path string) {
			if err := os.Chown(path, nobody, nobody); err != nil {
				t.Skip("skipped: ", err)
			}
		}
		theirs := file("theirs", "repository")
		make("theirs", "repository", ".git")
		giveAway(theirs)
		giveAway(filepath.Dir(theirs))
		below := make("theirs", "repository", "a")
		for _, dir := range []string{below, filepath.Dir(theirs)} {
			if got, err := FindProject(dir, home); got != theirs || err != nil {
				t.Errorf("%s: %q, %v, want %q", dir, got, err, theirs)
			}
		}
		outside := file("loose")
		giveAway(filepath.Dir(outside))
		if got, err := FindProject(make("loose", "a"), home); got != "" || err != nil {
			t.Errorf("outside any repository: %q, %v", got, err)
		}
		if got, err := FindProject(filepath.Dir(outside), home); got != outside || err != nil {
			t.Errorf("the working directory: %q, %v", got, err)
		}
		// A file that another user owns only tightens, trusted or not.
		for path, owner := range map[string]int{theirs: nobody, file("mine"): 0} {
			content := "[deny]\nx = \"y\"\n[rules]\ntyposquat = \"off\"\n"
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			loaded, err := Load(LoadInput{Dir: filepath.Dir(path), Home: home, Now: today,
				Trusted: func(string) bool { return true }})
			if err != nil {
				t.Fatal(err)
			}
			if len(loaded.Deny) != 1 || (loaded.Project.Shared != "") != (owner != 0) ||
				(loaded.Action(rules.Typosquat).Value == rules.Off) != (owner == 0) {
				t.Errorf("%s: %+v, typosquat %s", path, loaded.Project, loaded.Action(rules.Typosquat).Value)
			}
		}
	})
	t.Run("a directory of everybody", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("skipped: nothing is sticky here")
		}
		file("sticky")
		make("sticky", ".git")
		if err := os.Chmod(filepath.Join(root, "sticky"), 0o777|os.ModeSticky); err != nil {
			t.Fatal(err)
		}
		if got, err := FindProject(make("sticky", "a"), home); got != "" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestMissingFilesSayNothing(t *testing.T) {
	dir := t.TempDir()
	policy, err := Load(LoadInput{SystemPath: filepath.Join(dir, "a", "b"), UserPath: filepath.Join(dir, "c"), Dir: dir,
		Home: dir, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values(Default(Standard)), values(policy)); diff != "" {
		t.Error(diff)
	}
}

func TestIgnoreForever(t *testing.T) {
	const forever = "[[scan.ignore]]\nid = \"X-1\"\nreason = \"y\"\n"
	policy := layers{user: "scan.ignore-forever = true\n" + forever}.mustLoad(t, false)
	if len(policy.Scan.Ignore) != 1 {
		t.Error(policy.Scan.Ignore)
	}
	// A trusted project's does not count either, but does not break the run.
	policy = layers{project: forever}.mustLoad(t, true)
	if len(policy.Scan.Ignore) != 0 || len(policy.Notes) != 1 {
		t.Error(policy.Scan.Ignore, policy.Notes)
	}
}

func TestExpiredAnswers(t *testing.T) {
	policy := layers{user: "[allow.old]\nreason = \"y\"\nexpires = 2026-11-20\n[allow.young]\nreason = \"y\"\n" +
		"expires = 2026-11-21\n"}.mustLoad(t, false)
	if policy.Allowed("old", rules.Typosquat) != nil || policy.Allowed("Young", rules.Typosquat) == nil {
		t.Error("the day of expiry is the first on which an answer does not count")
	}
	if len(policy.Notes) != 1 || !strings.Contains(policy.Notes[0].String(), "allow.old expired on 2026-11-20") {
		t.Error(policy.Notes)
	}
}

func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), ProjectFileName)
	content := "locked = [\"rules\"]\nx = 1\n[venv]\nrequire = false\n[allow.a]\nreason = \"b\"\nexpires = 2020-01-01\n"
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	problems, err := Check(path, rules.ProjectLayer, today)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, problem := range problems {
		got = append(got, strings.TrimPrefix(problem.String(), path+":"))
	}
	want := []string{
		"1:1: locked counts only in the system's file",
		`2:1: unknown key "x"`,
		"4:1: venv.require counts only in the user's and the system's file",
		"5:1: allow.a expired on 2020-01-01",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if problems, err := Check(path, rules.SystemLayer, today); err != nil || len(problems) != 2 {
		t.Error(problems, err)
	}
	if _, err := Check(filepath.Join(path, "x"), rules.UserLayer, today); err == nil {
		t.Error("no error for a file that is missing")
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{
		"3d": "3 days", "36 hours": "36 hours", "48h": "2 days", "18 months": "18 months", "1 year": "1 year",
		"2w": "14 days", "90min": "90 minutes", "0d": "0 days", "1s": "1 second", "500ms": "500 milliseconds",
		"365d": "1 year",
	} {
		span, err := rules.ParseSpan(text)
		if err != nil || span.String() != want {
			t.Errorf("%q: %v %v, want %s", text, span, err, want)
		}
		if again, err := rules.ParseSpan(span.String()); err != nil || again != span {
			t.Errorf("%q does not read again: %v %v", span, again, err)
		}
	}
	for _, text := range []string{"", "d", "3", "3m", "1.5d", "-1d", "3 d d", "3D", "9999999999999999999d", "101 years",
		"٣d", "0x3d"} {
		if span, err := rules.ParseSpan(text); err == nil {
			t.Errorf("%q is taken for %v", text, span)
		}
	}
}

// A policy that a variable names beside the account's own only tightens.
func TestLoadRedirected(t *testing.T) {
	dir := t.TempDir()
	account, named := filepath.Join(dir, "account.toml"), filepath.Join(dir, "named.toml")
	write := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(named, "preset = \"relaxed\"\n[switch-off]\nwithout-terminal = true\n[allow.reqeusts]\n"+
		"reason = \"theirs\"\n[deny]\ntheirs = \"x\"\n")
	load := func() *Policy {
		t.Helper()
		policy, err := Load(LoadInput{UserPath: named, AccountPath: account, Dir: dir, Home: dir, Now: today,
			Trusted: func(string) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		return policy
	}
	if policy := load(); policy.Redirected != "" || len(policy.Allow) != 1 || !policy.SwitchOff.WithoutTerminal.Value {
		t.Errorf("without one of the account's: %+v", policy)
	}
	write(account, "[deny]\nmine = \"y\"\n")
	policy := load()
	if policy.Redirected != named || len(policy.Allow) != 0 || policy.SwitchOff.WithoutTerminal.Value ||
		policy.Project != nil {
		t.Errorf("%+v", policy)
	}
	if len(policy.Deny) != 2 || len(policy.Notes) == 0 {
		t.Errorf("deny %v, notes %v", policy.Deny, policy.Notes)
	}
	if err := os.Remove(named); err != nil {
		t.Fatal(err)
	}
	if policy := load(); policy.Redirected != "" || len(policy.Deny) != 1 {
		t.Errorf("%+v", policy)
	}
}
