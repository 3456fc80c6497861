//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"thresher/internal/testkit"
)

// TestLargeWheel: a wheel of 1 GB passes without the memory for it.
func TestLargeWheel(t *testing.T) {
	if testing.Short() || !testkit.Full() {
		t.Skip("skipped: it takes 2 GB of disk, and is run with THRESHER_TEST_FULL=1")
	}
	releases := testkit.PipReleases(t)
	w := newWorkplace(t, releases[len(releases)-1])
	path := w.path("large-1.0-py3-none-any.whl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	wheel := zip.NewWriter(file)
	member := func(name string, content io.Reader) {
		part, err := wheel.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.Copy(part, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const size = 1 << 30
	member("large/zeros", io.LimitReader(zeros{}, size))
	member("large-1.0.dist-info/METADATA", strings.NewReader("Metadata-Version: 2.1\nName: large\nVersion: 1.0\n"))
	member("large-1.0.dist-info/WHEEL", strings.NewReader("Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"+
		"Tag: py3-none-any\n"))
	member("large-1.0.dist-info/RECORD", strings.NewReader("large-1.0.dist-info/RECORD,,\n"))
	if err := wheel.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	x := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/files/") {
			http.ServeFile(rw, r, path)
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		_, _ = rw.Write([]byte(`<!DOCTYPE html><a href="/files/large-1.0-py3-none-any.whl">large</a>`))
	}))
	defer x.Close()
	cmd := exec.Command(filepath.Join(binaries, "pip"), "download", "--no-cache-dir", "-d", "saved", "large")
	cmd.Dir, cmd.Env = w.dir, append(w.variables, "PIP_INDEX_URL="+x.URL+"/simple/")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if info, err := os.Stat(w.path("saved/large-1.0-py3-none-any.whl")); err != nil || info.Size() <= size {
		t.Errorf("saved: %v %v\n%s", info, err, out)
	}
	// That of the shim or of pip, whichever was more, in kB.
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if limit := int64(300 << 10); !ok || used.Maxrss > limit {
		t.Errorf("%d kB of memory for a file of %d kB", used.Maxrss, size>>10)
	}
	t.Logf("%d kB of memory", used.Maxrss)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// faulty is an index whose one file comes as a test wants it.
func faulty(t *testing.T, filename string, content []byte,
	serve func(rw http.ResponseWriter, r *http.Request)) *httptest.Server {
	t.Helper()
	x := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/files/") {
			serve(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(rw, `<!DOCTYPE html><a href="/files/%s#sha256=%x">file</a>`, filename, sha256.Sum256(content))
	}))
	t.Cleanup(x.Close)
	return x
}

// TestEveryPipAtFaultyIndexes: an index that is slow, dead, or stops in the middle is told
// of, within the time and the attempts that pip's own options give it, and
// nothing of half a file is used.
func TestEveryPipAtFaultyIndexes(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		noise := make([]byte, 20<<20)
		if _, err := rand.Read(noise); err != nil {
			t.Fatal(err)
		}
		small, content := testkit.Distribution{Name: "app", Version: "1.0"}.Wheel()
		_, large := testkit.Distribution{Name: "app", Version: "1.0",
			Files: map[string]string{"app/noise": string(noise)}}.Wheel()
		install := []string{"install", "--no-cache-dir", "--timeout", "2", "app"}
		nothing := func(r result, texts ...string) {
			t.Helper()
			r.want(t, 1, texts...)
			r.wantNot(t, "Successfully", "Traceback")
		}
		nothing(w.pip(install, "PIP_INDEX_URL=http://127.0.0.1:1/simple/"),
			"http://127.0.0.1:1/simple/ cannot be reached")

		quit := make(chan struct{})
		silent := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { <-quit }))
		nothing(w.pip(install, "PIP_INDEX_URL="+silent.URL+"/simple/"), silent.URL+"/simple/ cannot be reached")
		close(quit)
		silent.Close()

		for _, whole := range [][]byte{content, large} {
			stalled := make(chan struct{})
			slow := faulty(t, small, whole, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Length", strconv.Itoa(len(whole)))
				_, _ = rw.Write(whole[:len(whole)/2])
				rw.(http.Flusher).Flush()
				<-stalled
			})
			nothing(w.pip(install, "PIP_INDEX_URL="+slow.URL+"/simple/"))
			close(stalled)

			cut := faulty(t, small, whole, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Length", strconv.Itoa(len(whole)))
				_, _ = rw.Write(whole[:len(whole)/2])
			})
			nothing(w.pip(install, "PIP_INDEX_URL="+cut.URL+"/simple/"))

			// Once it is cut off, then goes on where it was asked to.
			asked := new(atomic.Int32)
			resuming := faulty(t, small, whole, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("ETag", `"one"`)
				if asked.Add(1) > 1 {
					http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(whole))
					return
				}
				rw.Header().Set("Accept-Ranges", "bytes")
				rw.Header().Set("Content-Length", strconv.Itoa(len(whole)))
				_, _ = rw.Write(whole[:len(whole)/2])
			})
			index := []string{"PIP_INDEX_URL=" + resuming.URL + "/simple/", "PIP_RETRIES=3"}
			plain := w.plain(append(install, "--force-reinstall"), index...)
			asked.Store(0)
			behind := w.pip(append(install, "--force-reinstall"), index...)
			if plain.status == 0 && behind.status != 0 {
				t.Errorf("plain pip goes on where it was cut off: %d bytes\n%s\n%s", len(whole), plain.text(), behind.text())
			}
			w.plain([]string{"uninstall", "-y", "app"})
		}
	})
}

// TestEveryPipInterrupted: Ctrl-C in the middle of a large file ends pip, thresher
// and what it fetches, leaves nothing, and gives the status that pip by itself has.
func TestEveryPipInterrupted(t *testing.T) {
	forEveryPip(t, func(t *testing.T, w *workplace) {
		begun, gone := make(chan struct{}, 2), make(chan struct{}, 2)
		x := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/files/") {
				rw.Header().Set("Content-Type", "text/html")
				_, _ = rw.Write([]byte(`<!DOCTYPE html><a href="/files/app-1.0-py3-none-any.whl">file</a>`))
				return
			}
			rw.Header().Set("Content-Length", strconv.Itoa(64<<20))
			_, _ = rw.Write(make([]byte, 32<<20))
			rw.(http.Flusher).Flush()
			begun <- struct{}{}
			<-r.Context().Done()
			gone <- struct{}{}
		}))
		defer x.Close()
		interrupted := func(program string) *os.ProcessState {
			t.Helper()
			cmd := exec.Command(program, "install", "--no-cache-dir", "app")
			cmd.Dir, cmd.Env = w.dir, append(w.variables, "PIP_INDEX_URL="+x.URL+"/simple/")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := os.Create(w.path("printed"))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			cmd.Stdout, cmd.Stderr = out, out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-begun
			for !strings.Contains(w.read("printed"), "Downloading") {
				time.Sleep(100 * time.Millisecond)
			}
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the status is looked at
			<-gone
			if strings.Contains(w.read("printed"), "Traceback") {
				t.Errorf("%s: %v\n%s", program, cmd.ProcessState, w.read("printed"))
			}
			return cmd.ProcessState
		}
		plain := interrupted(w.path("env/bin/pip"))
		if behind := interrupted(filepath.Join(binaries, "pip")); behind.String() != plain.String() || behind.Success() {
			t.Errorf("ended with %v, pip by itself with %v\n%s", behind, plain, w.read("printed"))
		}
		left, err := os.ReadDir(w.path("tmp"))
		for _, entry := range left {
			if strings.HasPrefix(entry.Name(), "thresher") {
				t.Errorf("left in TMPDIR: %s", entry.Name())
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
}
