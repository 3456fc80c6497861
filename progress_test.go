//go:build unix

package main

import (
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"thresher/internal/testkit"
)

// shownUntil runs a command on a terminal of its own, prints what it shows, and
// makes a file once the terminal has shown a text that a pattern fits.
const shownUntil = `
import os, pty, re, sys
mark, pattern = sys.argv[1], re.compile(sys.argv[2].encode())
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
shown = b""
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    shown += data
    sys.stdout.buffer.write(data)
    if pattern.search(shown):
        open(mark, "w").close()
_, status = os.waitpid(pid, 0)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 99)
`

// TestEveryPipShowsProgress: on a terminal the bar of a large file is that of the
// network: it names the file's size from the start, stands where the index stops
// sending, and goes on when that does, before the gate has its verdict.
func TestEveryPipShowsProgress(t *testing.T) {
	if !testkit.HasTerminal() {
		t.Skip("skipped: there is no terminal here")
	}
	forEveryPip(t, func(t *testing.T, w *workplace) {
		noise := make([]byte, 24_000_000)
		if _, err := rand.Read(noise); err != nil {
			t.Fatal(err)
		}
		app := testkit.Distribution{Name: "app", Version: "1.0", Files: map[string]string{"app/noise": string(noise)}}
		name, content := app.Wheel()
		shown := w.path("half-is-shown")
		x := faulty(t, name, content, func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Length", strconv.Itoa(len(content)))
			_, _ = rw.Write(content[:len(content)/2])
			rw.(http.Flusher).Flush()
			for r.Context().Err() == nil { // until pip's --timeout
				if _, err := os.Stat(shown); err == nil {
					_, _ = rw.Write(content[len(content)/2:])
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
		// Pips before 22.0 write what came alone, later ones the whole beside it.
		half, whole := `1[12]\.\d/24\.\d MB`, "24.0/24.0 MB"
		if !w.from("22") {
			half, whole = `1[12]\.\d MB `, "24.0 MB "
		}
		install := []string{filepath.Join(binaries, "pip"), "install", "--no-cache-dir", "app"}
		words := append([]string{"-I", "-c", shownUntil, shown, half}, install...)
		got := w.run(w.path("env/bin/python"), words, "PIP_INDEX_URL="+x.URL+"/simple/", "COLUMNS=100", "TERM=xterm")
		got.want(t, 0, "24.0 MB", "Successfully installed app-1.0")
		if !strings.Contains(got.stdout, whole) {
			t.Errorf("the bar does not end with the whole file\n%q", got.stdout)
		}
	})
}
