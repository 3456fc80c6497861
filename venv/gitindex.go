package venv

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"thresher/internal/files"
)

// FirstTracked gives the first of the directories that a git repository around
// it tracks something in: a checkout brought it along. "" for none.
func FirstTracked(directories []string) string {
	for _, directory := range directories {
		if trackedByGit(filepath.Clean(directory)) {
			return directory
		}
	}
	return ""
}

// CheckRedirected returns an error where one of the directories that variables
// make thresher's own came with a checkout.
func CheckRedirected(directories []string) error {
	if tracked := FirstTracked(directories); tracked != "" {
		return fmt.Errorf(messageRedirected, tracked)
	}
	return nil
}

// trackedByGit tells whether the repository around a directory tracks anything
// in it. It reads the index itself: running git in a checkout that is not
// trusted can run what its configuration names. An index that cannot be read
// counts as one that tracks it.
func trackedByGit(directory string) bool {
	for dir := filepath.Dir(directory); ; dir = filepath.Dir(dir) {
		repository := filepath.Join(dir, ".git")
		if files.IsRegular(repository) {
			// A worktree or submodule: the file says where the repository lies.
			content, err := os.ReadFile(repository)
			path, ok := strings.CutPrefix(strings.TrimSpace(string(content)), "gitdir: ")
			if err != nil || !ok {
				return true
			}
			if repository = path; !filepath.IsAbs(path) {
				repository = filepath.Join(dir, path)
			}
		}
		if files.IsDirectory(repository) {
			relative, err := filepath.Rel(dir, directory)
			if err != nil {
				return true
			}
			return indexTracks(filepath.Join(repository, "index"), filepath.ToSlash(relative))
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

// maxIndex is the size of an index beyond which it is not read.
const maxIndex = 256 << 20

// indexTracks tells whether an index has entries at or below a path.
func indexTracks(index, path string) bool {
	info, err := os.Stat(index)
	if os.IsNotExist(err) {
		return false // nothing was ever added
	}
	if err != nil || info.Size() > maxIndex {
		return true
	}
	content, err := os.ReadFile(index)
	if err != nil {
		return true
	}
	tracked := false
	complete := eachIndexEntry(content, func(name string) {
		if name == path || strings.HasPrefix(name, path+"/") || strings.HasSuffix(name, "/") &&
			strings.HasPrefix(path+"/", name) {
			tracked = true
		}
	})
	return tracked || !complete
}

// eachIndexEntry visits the names in a git index (gitformat-index, versions 2
// to 4). It gives false where the index cannot be read to its end or has more
// entries elsewhere.
func eachIndexEntry(content []byte, visit func(name string)) bool {
	// SHA-256 repositories have longer names of objects, but the same header;
	// their checksum at the end does not fit, and they count as unreadable.
	if len(content) < 12+sha1.Size || string(content[:4]) != "DIRC" {
		return false
	}
	if sum := sha1.Sum(content[:len(content)-sha1.Size]); !bytes.Equal(sum[:], content[len(content)-sha1.Size:]) &&
		!bytes.Equal(content[len(content)-sha1.Size:], make([]byte, sha1.Size)) { // index.skipHash
		return false
	}
	version := binary.BigEndian.Uint32(content[4:])
	count := binary.BigEndian.Uint32(content[8:])
	if version < 2 || version > 4 {
		return false
	}
	rest := content[12 : len(content)-sha1.Size]
	previous := ""
	for range count {
		const fixed = 62 // times, numbers and modes, the object's name, flags
		if len(rest) < fixed {
			return false
		}
		size := fixed
		if binary.BigEndian.Uint16(rest[60:])&0x4000 != 0 {
			size += 2 // extended flags
		}
		if len(rest) < size {
			return false
		}
		start := size
		kept := ""
		if version == 4 {
			strip, n := indexVarint(rest[start:])
			if n == 0 || strip > len(previous) {
				return false
			}
			kept = previous[:len(previous)-strip]
			start += n
		}
		end := bytes.IndexByte(rest[start:], 0)
		if end < 0 {
			return false
		}
		name := kept + string(rest[start:start+end])
		size = start + end + 1
		if version < 4 {
			size = (start + end + 8) / 8 * 8 // padded with one to eight zeros
		}
		if len(rest) < size {
			return false
		}
		rest = rest[size:]
		visit(name)
		previous = name
	}
	return !bytes.HasPrefix(rest, []byte("link")) // a split index
}

// indexVarint reads git's variable width integer and gives its length, 0 where
// there is none.
func indexVarint(content []byte) (value, length int) {
	for i, c := range content {
		if i > 4 {
			return 0, 0
		}
		value = value<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			return value, i + 1
		}
		value++
	}
	return 0, 0
}
