package setup

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"thresher/internal/files"
)

// tree gives every path below a directory with what is in it.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, _ := filepath.Rel(root, path)
		switch {
		case entry.Type()&os.ModeSymlink != 0:
			found[relative], err = os.Readlink(path)
		case entry.IsDir():
			found[relative] = "directory"
		default:
			var content []byte
			content, err = os.ReadFile(path)
			found[relative] = Digest(content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// everything is one entry of each kind that this system has.
func everything(t *testing.T, home string) []Wanted {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(home, "share", "thresher", "bin")
	lines, err := LinesFor(filepath.Join(home, ".profile"), "# two\nlines\n")
	if err != nil {
		t.Fatal(err)
	}
	made, err := LinesFor(filepath.Join(home, "fish", "config.fish"), "one\n")
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("# policy\n")
	all := []Wanted{
		{Entry: Entry{Kind: Program, Path: filepath.Join(bin, "thresher")}, Source: self, Check: []string{"-test.run=^$"}},
		{Entry: Entry{Kind: File, Path: filepath.Join(home, "etc", "policy.toml"), SHA256: Digest(content)},
			Content: content},
		{Entry: lines}, {Entry: made},
	}
	program := filepath.Join(bin, "thresher")
	all = append(all, Wanted{Entry: Entry{Kind: Name, Path: filepath.Join(bin, "pip3"), Target: program}, Source: self})
	if runtime.GOOS != "windows" {
		all = append(all, Wanted{Entry: Entry{Kind: Link, Path: filepath.Join(bin, "pip"), Target: "thresher"}})
	}
	var whole []Wanted
	seen := map[string]bool{}
	for _, w := range all {
		for _, directory := range MissingDirectories(w.Path) {
			if !seen[directory.Path] {
				whole = append(whole, Wanted{Entry: directory})
			}
			seen[directory.Path] = true
		}
		whole = append(whole, w)
	}
	return whole
}

func entriesOf(wanted []Wanted) []Entry {
	var entries []Entry
	for _, w := range wanted {
		entries = append(entries, w.Entry)
	}
	return entries
}

// setUp writes the manifest and places the first n entries, as a setup does
// that is killed after them.
func setUp(t *testing.T, home, state string, n int) []Wanted {
	t.Helper()
	wanted := everything(t, home)
	earlier, _, err := ReadManifest(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := earlier.With(entriesOf(wanted)).Write(state); err != nil {
		t.Fatal(err)
	}
	for _, w := range wanted[:min(n, len(wanted))] {
		if err := w.Place(); err != nil {
			t.Fatal(err)
		}
	}
	return wanted
}

// takeAway removes what the manifest has, as the command does.
func takeAway(t *testing.T, state string) (notes []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	manifest, _, err := ReadManifest(state)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(manifest.Entries, func(a, b Entry) int { return len(b.Path) - len(a.Path) })
	for _, last := range []bool{false, true} {
		for _, entry := range manifest.Entries {
			if (entry.Kind == Directory) != last {
				continue
			}
			note, err := entry.Remove(self)
			if err != nil {
				t.Fatal(err)
			}
			if note != "" {
				notes = append(notes, note)
			}
		}
	}
	if err := Forget(state); err != nil {
		t.Fatal(err)
	}
	return notes
}

func newHome(t *testing.T) (home, state string) {
	t.Helper()
	home, state = t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".profile"), []byte("mine"), 0o640); err != nil {
		t.Fatal(err)
	}
	return home, state
}

// Killed after any number of entries, a setup is repaired by another one, and
// what is taken away then is what it placed, to the byte.
func TestKilledAfterEachEntry(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, and it copies a program many times")
	}
	home, state := newHome(t)
	before := tree(t, home)
	setUp(t, home, state, 1000)
	placed := tree(t, home)
	takeAway(t, state)
	if diff := cmp.Diff(before, tree(t, home)); diff != "" {
		t.Fatalf("taken away it is another:\n%s", diff)
	}
	for n := range everything(t, home) {
		home, state := newHome(t)
		setUp(t, home, state, n)
		if n%2 == 0 { // and taken away as it is
			takeAway(t, state)
			if diff := cmp.Diff(before, tree(t, home)); diff != "" {
				t.Errorf("killed after %d: left\n%s", n, diff)
			}
		}
		setUp(t, home, state, 1000)
		if diff := cmp.Diff(placed, tree(t, home)); diff != "" {
			t.Errorf("killed after %d: not repaired:\n%s", n, diff)
		}
		takeAway(t, state)
		if diff := cmp.Diff(before, tree(t, home)); diff != "" {
			t.Errorf("killed after %d: not taken away:\n%s", n, diff)
		}
	}
}

// A file that was not whole when it was killed lies under another name, and
// goes with the next setup.
func TestLeftovers(t *testing.T) {
	home, state := newHome(t)
	wanted := setUp(t, home, state, 1000)
	for _, w := range wanted {
		if w.Kind == Directory {
			continue
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(w.Path), temporaryPrefix+"123"), []byte("half"),
			0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(home, "share", "thresher", "bin", "thresher")); err != nil {
		t.Fatal(err)
	}
	setUp(t, home, state, 1000)
	takeAway(t, state)
	for path := range tree(t, home) {
		if strings.Contains(path, temporaryPrefix) {
			t.Errorf("left %s", path)
		}
	}
}

// What somebody changed since stays, and is named.
func TestChangedStays(t *testing.T) {
	home, state := newHome(t)
	setUp(t, home, state, 1000)
	profile, policy := filepath.Join(home, ".profile"), filepath.Join(home, "etc", "policy.toml")
	if err := os.WriteFile(profile, []byte("before\n# two\nlines of mine\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(policy, []byte("preset = \"strict\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	notes := takeAway(t, state)
	if len(notes) != 2 || !strings.Contains(strings.Join(notes, "\n"), policy) ||
		!strings.Contains(strings.Join(notes, "\n"), profile) {
		t.Errorf("it said %q", notes)
	}
	for _, path := range []string{profile, policy} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// A name is the program's own file, also after that was replaced.
func TestNames(t *testing.T) {
	directory := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := Wanted{Entry: Entry{Kind: Program, Path: filepath.Join(directory, "thresher")}, Source: self}
	name := Wanted{Entry: Entry{Kind: Name, Path: filepath.Join(directory, "pip"), Target: program.Path}, Source: self}
	for range 2 {
		for _, w := range []Wanted{program, name} {
			if err := w.Place(); err != nil {
				t.Fatal(err)
			}
			if state, err := w.Look(); state != Right || err != nil {
				t.Errorf("%s is %s: %v", w.Path, state, err)
			}
		}
		if !files.Same(program.Path, name.Path) {
			t.Error("they are two files")
		}
		// Another build takes its place.
		if err := os.Remove(program.Path); err != nil {
			t.Fatal(err)
		}
	}
}

// Lines that their user moved within the file are found; a start-up file that
// is a link stays one, with its mode.
func TestLines(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: there are no start-up files there")
	}
	directory := t.TempDir()
	place, link := filepath.Join(directory, "dotfiles"), filepath.Join(directory, ".bashrc")
	if err := os.WriteFile(place, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dotfiles", link); err != nil {
		t.Fatal(err)
	}
	entry, err := LinesFor(link, "x\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Wanted{Entry: entry}).Place(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(link)
	if target, _ := os.Readlink(link); err != nil || target != "dotfiles" || info.Mode().Perm() != 0o600 {
		t.Errorf("the link leads to %q, its mode is %v: %v", target, info.Mode(), err)
	}
	if err := os.WriteFile(place, []byte("x\nb\na\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if note, err := entry.Remove(""); note != "" || err != nil {
		t.Errorf("%q, %v", note, err)
	}
	if content, _ := os.ReadFile(place); string(content) != "b\na\n" {
		t.Errorf("left %q", content)
	}
	if err := os.Remove(place); err != nil {
		t.Fatal(err)
	}
	if _, err := (Wanted{Entry: entry}).Look(); err == nil {
		t.Error("a link to nowhere is no start-up file")
	}
}

func TestPathOfWindows(t *testing.T) {
	const directory = `C:\Users\ada\AppData\Local\thresher\bin`
	for _, test := range []struct{ before, after, removed string }{
		{``, directory, ``},
		{`C:\a;%USERPROFILE%\b;`, directory + `;C:\a;%USERPROFILE%\b;`, `C:\a;%USERPROFILE%\b;`},
		{`C:\a;` + strings.ToUpper(directory) + `\;C:\b`, directory + `;C:\a;C:\b`, `C:\a;C:\b`},
	} {
		if got := withFirst(test.before, directory); got != test.after {
			t.Errorf("%q: %q", test.before, got)
		}
		if got := without(test.after, directory); got != test.removed {
			t.Errorf("%q: %q", test.after, got)
		}
	}
}

// A manifest that something else has written is not followed.
func TestReadManifest(t *testing.T) {
	for _, content := range []string{"{", `{"entries":[{"kind":"data","path":"x"}]}`} {
		state := t.TempDir()
		if err := os.WriteFile(filepath.Join(state, manifestName), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ReadManifest(state); err == nil {
			t.Errorf("%s was read", content)
		}
	}
}

// Two setups at a time would each take the other's half for a leftover.
func TestLock(t *testing.T) {
	state := t.TempDir()
	release, err := Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(state); err == nil {
		t.Error("a second one was let in")
	}
	release()
	release, err = Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	release()
}
