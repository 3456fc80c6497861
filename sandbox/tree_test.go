package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plant makes files, directories (a slash at the end) and links (NAME -> TARGET)
// below a directory.
func plant(t *testing.T, root string, entries ...string) {
	t.Helper()
	for _, entry := range entries {
		name, target, isLink := strings.Cut(entry, " -> ")
		path := filepath.Join(root, name)
		directory := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			directory = path
		}
		err := os.MkdirAll(directory, 0o755)
		switch {
		case err != nil || directory == path:
		case isLink && !filepath.IsAbs(target):
			err = os.Symlink(filepath.Join(root, target), path)
		case isLink:
			err = os.Symlink(target, path)
		default:
			err = os.WriteFile(path, []byte("content of "+name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// realDirectory is a temporary directory without links in its path.
func realDirectory(t *testing.T) string {
	t.Helper()
	directory, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return directory
}

func TestReadable(t *testing.T) {
	for _, test := range []struct {
		name                  string
		entries               []string
		split, closed, needed []string
		want                  []string
	}{
		{"nothing is closed", []string{"a/x", "b"}, nil, nil, nil, nil},
		{"siblings are granted", []string{"a/x", "b", "secret/x"}, nil, []string{"secret"}, nil, []string{"a/", "b"}},
		{"a file is closed", []string{"a/x", "b", "secret"}, nil, []string{"secret"}, nil, []string{"a/", "b"}},
		{"deep", []string{"a/b/c/x", "a/b/y", "a/z", "b"}, nil, []string{"a/b/c"}, nil, []string{"a/b/y", "a/z", "b"}},
		{"two in one directory", []string{"a/x", "a/y", "a/z"}, nil, []string{"a/x", "a/y"}, nil, []string{"a/z"}},
		{"one within another", []string{"a/b/x", "c"}, nil, []string{"a", "a/b"}, nil, []string{"c"}},
		{"a directory is granted entry by entry", []string{"a/x", "a/y/z"}, []string{"a"}, nil, nil, []string{"a/x", "a/y/"}},
		{"links are left out", []string{"secret/x", "a -> secret", "b -> c", "c"}, nil, []string{"secret"},
			nil, []string{"c"}},
		{"needed within a closed one", []string{"s/keys", "s/work/venv/bin", "b"}, nil, []string{"s"}, []string{"s/work"},
			[]string{"b", "s/work/"}},
		{"closed within needed within closed", []string{"s/keys", "s/work/.env", "s/work/x"}, nil,
			[]string{"s", "s/work/.env"}, []string{"s/work"}, []string{"s/work/x"}},
		{"needed elsewhere changes nothing", []string{"s/keys", "b/x", "b/y"}, nil, []string{"s"},
			[]string{"b/x"}, []string{"b/"}},
		{"what is closed is needed itself", []string{"s/keys", "b"}, nil, []string{"s"}, []string{"s"}, []string{"b", "s/"}},
		{"a file that is closed has nothing below", []string{"s", "b"}, nil, []string{"s", "s/x"}, nil, []string{"b"}},
		{"what is not there", []string{"b"}, nil, []string{"s/x/y"}, []string{"s/x/y/z"}, []string{"b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := realDirectory(t)
			plant(t, root, test.entries...)
			var made tree
			for _, path := range test.split {
				made.split(filepath.Join(root, path))
			}
			for _, path := range test.closed {
				made.close(filepath.Join(root, path))
			}
			for _, path := range test.needed {
				made.need(filepath.Join(root, path))
			}
			directories, files := made.readable(listDirectory)
			var got []string
			for _, path := range directories {
				if rest, ok := strings.CutPrefix(path, root+"/"); ok {
					got = append(got, rest+"/")
				}
			}
			for _, path := range files {
				if rest, ok := strings.CutPrefix(path, root+"/"); ok {
					got = append(got, rest)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if test.want == nil && !slices.Contains(directories, "/") {
				t.Errorf("nothing is closed, and all is not granted at once: %q", directories)
			}
		})
	}
}

// A directory that can be passed through but not listed is granted no entry,
// and what is known by name is still found in it.
func TestReadableWhereNothingIsListed(t *testing.T) {
	root := realDirectory(t)
	plant(t, root, "home/me/.ssh/id", "home/me/x", "home/other/x")
	var made tree
	made.close(filepath.Join(root, "home/me/.ssh"))
	directories, files := made.readable(func(directory string) []os.DirEntry {
		if directory == filepath.Join(root, "home") {
			return nil
		}
		return listDirectory(directory)
	})
	if want := filepath.Join(root, "home/me/x"); !slices.Contains(files, want) {
		t.Errorf("%s is not granted: %q", want, files)
	}
	if slices.Contains(directories, filepath.Join(root, "home/other")) ||
		slices.Contains(directories, filepath.Join(root, "home")) {
		t.Errorf("what cannot be listed is granted: %q", directories)
	}
}
