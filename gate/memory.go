package gate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"thresher/internal/files"
)

// What was read in a file is true for ever: it is remembered by the file's
// sha256, one small file each. Nothing is lost where it cannot be written or
// read: the file is fetched and read again.

// contentsForm is the form of what is kept: one more whenever more is looked for in a
// file, for what an earlier thresher read of it is no knowledge then.
const contentsForm = 2

func (g *Gate) memoryOf(sha256 string) string {
	if g.config.Memory == "" || len(sha256) != 64 {
		return ""
	}
	return filepath.Join(g.config.Memory, sha256[:2], sha256[2:]+".json")
}

// recall gives what was read in the file with this digest, in this run or in an
// earlier one, as what its name makes of it: a wheel that was read as a source
// archive was not read as a wheel.
func (g *Gate) recall(filename, sha256 string) (contents, bool) {
	g.mutex.Lock()
	read, ok := g.known256[sha256]
	g.mutex.Unlock()
	if ok && read.Wheel == isWheel(filename) {
		return read, true
	}
	return recallFrom(g.memoryOf(sha256), filename)
}

// recallFrom reads one file of the memory; "" stands for none. What an earlier
// thresher kept that did not look for as much is no knowledge.
func recallFrom(path, filename string) (contents, bool) {
	if path == "" {
		return contents{}, false
	}
	text, err := os.ReadFile(path)
	var read contents
	if err != nil || json.Unmarshal(text, &read) != nil || read.Problem != "" || read.Wheel != isWheel(filename) ||
		read.Inside == nil || read.Form != contentsForm {
		return contents{}, false
	}
	return read, true
}

// remember keeps what was read. What could not be read is no knowledge to keep:
// a later thresher may read more.
func (g *Gate) remember(sha256 string, read contents) {
	g.mutex.Lock()
	g.known256[sha256] = read
	g.mutex.Unlock()
	rememberAt(g.memoryOf(sha256), read)
}

// rememberAt writes one file of the memory; "" stands for none.
func rememberAt(path string, read contents) {
	if path == "" || read.Problem != "" {
		return
	}
	read.Form = contentsForm
	text, err := json.Marshal(read)
	if err != nil {
		return
	}
	// Whatever fails here costs a fetch in a later run, and nothing else.
	if os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = files.Keep(path, text)
	}
}
