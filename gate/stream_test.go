package gate

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"thresher/internal/testkit"
	"thresher/pep"
)

// padded makes a source archive that writes a mark when it is built, and that
// goes on for so many bytes behind what is needed to build it.
func padded(t testing.TB, compressed bool, size int, name, mark string) []byte {
	t.Helper()
	var packed bytes.Buffer
	write := func(w *tar.Writer, path, text string) {
		header := &tar.Header{Name: "app-1.0/" + path, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	noise := make([]byte, size)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	archive := func(w *tar.Writer) {
		write(w, "setup.py", fmt.Sprintf("open(%q, 'w').close()\nfrom setuptools import setup\nsetup(name='app', "+
			"version='1.0')\n", mark))
		write(w, "PKG-INFO", "Metadata-Version: 2.1\nName: "+name+"\nVersion: 1.0\n")
		write(w, "noise", string(noise))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !compressed {
		archive(tar.NewWriter(&packed))
		return append(packed.Bytes(), make([]byte, 64<<10)...)
	}
	zipped := gzip.NewWriter(&packed)
	archive(tar.NewWriter(zipped))
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// TestRefusedStream: a file that is too large to be judged before pip is given
// it runs no code where it is refused at its end, with or without a hash on its
// page, cut off or whole, whatever the pip.
func TestRefusedStream(t *testing.T) {
	for _, release := range someReleases("21.3.1", "23.2.1", "26.2.1") {
		t.Run("pip "+release, func(t *testing.T) {
			t.Parallel()
			e := newEnvironment(t, release)
			mark := filepath.Join(e.home, "mark")
			const size = wholeFirst + 1<<20
			for _, c := range []struct {
				name    string
				file    string
				content []byte
				cut     int // bytes that are missing at the end
				length  bool
				hash    string
				says    string
			}{
				{"another name, tar", "app-1.0.tar", padded(t, false, size, "other", mark), 0, true, "", "calls itself other"},
				{"another name, tar.gz", "app-1.0.tar.gz", padded(t, true, size, "other", mark), 0, true, "", "calls itself other"},
				{"another name, no length", "app-1.0.tar.gz", padded(t, true, size, "other", mark), 0, false, "",
					"calls itself other"},
				{"another hash", "app-1.0.tar.gz", padded(t, true, size, "app", mark), 0, true, strings.Repeat("0", 64), "sha256"},
				{"cut off in what nobody needs, tar", "app-1.0.tar", padded(t, false, size, "app", mark), 32 << 10, true, "", ""},
				{"cut off, tar.gz", "app-1.0.tar.gz", padded(t, true, size, "app", mark), 4096, true, "", ""},
			} {
				x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !strings.HasPrefix(r.URL.Path, "/files/") {
						fragment := ""
						if c.hash != "" {
							fragment = "#sha256=" + c.hash
						}
						w.Header().Set("Content-Type", "text/html")
						fmt.Fprintf(w, `<!DOCTYPE html><a href="/files/%s%s">%s</a>`, c.file, fragment, c.file)
						return
					}
					if c.length {
						w.Header().Set("Content-Length", strconv.Itoa(len(c.content)))
					}
					_, _ = w.Write(c.content[:len(c.content)-c.cut])
				}))
				g := open(t, Config{Indexes: []Index{{URL: x.URL + "/simple/"}}, Prefetch: -1})
				o := e.pip(g, "install", "--no-build-isolation", "--retries", "0", "app")
				o.want(t, 1, c.says)
				if _, err := os.Stat(mark); err == nil {
					t.Errorf("%s: code ran\n%s", c.name, o.output)
				}
				if len(g.Ledger()) > 0 {
					t.Errorf("%s: in the ledger: %+v", c.name, g.Ledger())
				}
				x.Close()
			}
			e.wantInstalled()
		})
	}
}

// TestLargeFile: a wheel that is given out while it comes arrives whole, is in
// the ledger by its own hash, and leaves nothing in the run's directory.
func TestLargeFile(t *testing.T) {
	for _, release := range someReleases("21.3.1", "26.2.1") {
		t.Run("pip "+release, func(t *testing.T) {
			t.Parallel()
			noise := make([]byte, wholeFirst+3<<20)
			if _, err := rand.Read(noise); err != nil {
				t.Fatal(err)
			}
			x := testkit.NewIndex(t)
			d := testkit.Distribution{Name: "large", Version: "1.0", Files: map[string]string{"large/noise": string(noise)}}
			x.AddWheel(d)
			_, content := d.Wheel()
			e := newEnvironment(t, release)
			for _, ahead := range []int{-1, 16} {
				g := open(t, Config{Indexes: mainIndex(x), Prefetch: ahead, Requested: []pep.Requirement{{Name: "large"}}})
				e.pip(g, "install", "--force-reinstall", "--no-cache-dir", "large").want(t, 0)
				e.wantInstalled("large==1.0")
				if ledger := g.Ledger(); len(ledger) != 1 || ledger[0].Hashes["sha256"] != sha256Of(content) {
					t.Errorf("ledger %+v", ledger)
				}
				g.Close()
				if left, err := filepath.Glob(filepath.Join(g.config.Directory, "file-*")); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v %v", left, err)
				}
			}
		})
	}
}
