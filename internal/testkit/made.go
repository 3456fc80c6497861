package testkit

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"thresher/internal/files"
)

// unusedFor is how long a directory stays in the cache that no test asks for.
const unusedFor = 7 * 24 * time.Hour

// cacheDirectory is where tests of all packages, which are processes of their
// own, find what is made once. A user without such a place has it made each time.
func cacheDirectory(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	cache = filepath.Join(cache, "thresher-test")
	if err != nil || os.MkdirAll(filepath.Join(cache, "made"), 0o700) != nil {
		return t.TempDir()
	}
	return cache
}

// useMade calls use with a directory that is made once for all test processes:
// by the first that asks for this name, into the user's cache. No two processes
// make or use one of a name at the same time. What is in it is linked to rather
// than copied, so a test that writes into its own copy of a file may write into
// all of them: where the files are not those that were made they are made again.
func useMade(t testing.TB, name string, make, use func(directory string)) {
	t.Helper()
	directory := filepath.Join(cacheDirectory(t), "made", name)
	record := directory + ".sum"
	release, err := files.Lock(context.Background(), directory)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	known, err := os.ReadFile(record)
	if err != nil || string(known) != sumOf(t, directory) {
		if err == nil {
			t.Logf("%s is made again: something wrote into it", directory)
		}
		if err := os.RemoveAll(directory); err != nil {
			t.Fatal(err)
		}
		removeUnused(filepath.Dir(directory))
		make(directory)
		if err := os.WriteFile(record, []byte(sumOf(t, directory)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	if err := os.Chtimes(record, now, now); err != nil {
		t.Fatal(err)
	}
	use(directory)
}

// sumOf tells one state of a directory's files from another, by their sizes and
// times.
func sumOf(t testing.TB, directory string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			fmt.Fprintf(sum, "%s %d %d %v\n", path, info.Size(), info.ModTime().UnixNano(), info.Mode())
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// removeUnused keeps the cache small where Pythons and pips come and go.
func removeUnused(directory string) {
	records, _ := filepath.Glob(filepath.Join(directory, "*.sum"))
	for _, record := range records {
		info, err := os.Stat(record)
		if err != nil || time.Since(info.ModTime()) < unusedFor {
			continue
		}
		made := strings.TrimSuffix(record, ".sum")
		release, held, err := files.TryLock(made)
		if err != nil || !held {
			continue
		}
		// What cannot be removed now is removed next time.
		_ = os.Remove(record)
		_ = os.RemoveAll(made)
		release()
	}
}

// plainPath has nothing that an activation script would have to quote.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9/._-]+$`)

// BareEnvironment makes a real virtual environment without pip: a copy of the
// one that `python -m venv` made, with its own path where that has the other's.
func BareEnvironment(t testing.TB, python Python, dir string) {
	t.Helper()
	make := func(dir string) { run(t, python.Path, "-I", "-m", "venv", "--without-pip", dir) }
	if _, err := os.Lstat(dir); err == nil || !filepath.IsAbs(dir) || !plainPath.MatchString(dir) {
		make(dir)
		return
	}
	name := "bare-" + python.Version + "-" + files.Fingerprint(python.Path, python.Path)[:12]
	useMade(t, name, make, func(made string) {
		rename := strings.NewReplacer(made, dir, name, filepath.Base(dir))
		err := filepath.WalkDir(made, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			target := filepath.Join(dir, strings.TrimPrefix(path, made))
			switch entry.Type() {
			case fs.ModeDir:
				return os.MkdirAll(target, 0o755)
			case fs.ModeSymlink:
				link, err := os.Readlink(path)
				if err != nil {
					return err
				}
				return os.Symlink(rename.Replace(link), target)
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(target, []byte(rename.Replace(string(content))), info.Mode())
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// compiling imports what an install imports, so that Python writes the compiled
// modules. An old pip may not run on a new Python; then there are none.
const compiling = `
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in ("cli.main", "commands.install", "commands.download", "commands.wheel", "commands.list", "commands.freeze",
             "commands.check", "commands.show", "commands.uninstall", "resolution.resolvelib.resolver", "utils.subprocess"):
    try:
        importlib.import_module("pip._internal." + name)
    except Exception:
        pass
`

// linkCompiledPip puts an unpacked pip wheel and its compiled modules into a
// site-packages. Without these every pip of every new environment needs three
// times as long. Files are linked where the file system does that, but for those
// of the .dist-info folder, into which an install writes.
func linkCompiledPip(t testing.TB, interpreter, minor, wheel, site string) {
	t.Helper()
	content, err := os.ReadFile(wheel)
	if err != nil {
		t.Fatal(err)
	}
	// Distributions of Linux have a pip of their own under the same file name.
	sum := sha256.Sum256(content)
	name := fmt.Sprintf("pip-%s-python-%s-%x", releaseOf(wheel), minor, sum[:6])
	make := func(directory string) {
		unpack(t, wheel, directory)
		// Without site, since an environment's guard watches what imports pip.
		if out, err := exec.Command(interpreter, "-I", "-S", "-c", compiling, directory).CombinedOutput(); err != nil {
			t.Fatalf("compile %s: %v\n%s", wheel, err, out)
		}
	}
	useMade(t, name, make, func(made string) {
		err := filepath.WalkDir(made, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			target := filepath.Join(site, strings.TrimPrefix(path, made))
			if entry.IsDir() {
				return os.MkdirAll(target, 0o755)
			}
			if !strings.HasSuffix(filepath.Dir(path), ".dist-info") && os.Link(path, target) == nil {
				return nil
			}
			return copyFile(path, target)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// copyFile copies a file with its time, by which Python knows that a compiled
// module is current.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, content, 0o644); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// UnpackedPip gives a directory with the content of a pip wheel, which ends with
// the test: a pip is read some hundred times faster from files than from an archive.
func UnpackedPip(t testing.TB, python Python, wheel string) string {
	t.Helper()
	directory := t.TempDir()
	linkCompiledPip(t, python.Path, "3."+strconv.Itoa(python.Minor), wheel, directory)
	return directory
}

// unpack writes the files of a wheel into a directory.
func unpack(t testing.TB, wheel, directory string) {
	t.Helper()
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") {
			copyOut(t, f, filepath.Join(directory, f.Name))
		}
	}
}

func copyOut(t testing.TB, f *zip.File, path string) {
	t.Helper()
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	content, err := io.ReadAll(in)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
