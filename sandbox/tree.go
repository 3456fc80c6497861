package sandbox

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tree says of real paths which are closed, which are granted entry by entry,
// and which are needed within closed ones.
type tree struct {
	root treeNode
}

type treeNode struct {
	children map[string]*treeNode
	split    bool // granted entry by entry, so that what is made in it later is closed
	closed   bool // with everything below it but what is needed
	needed   bool
}

// names are the parts of an absolute path.
func names(path string) []string {
	return strings.FieldsFunc(filepath.Clean(path), func(r rune) bool { return r == filepath.Separator })
}

// at gives the node of a path, made where it is missing.
func (t *tree) at(path string) *treeNode {
	node := &t.root
	for _, name := range names(path) {
		next := node.children[name]
		if next == nil {
			next = &treeNode{}
			if node.children == nil {
				node.children = map[string]*treeNode{}
			}
			node.children[name] = next
		}
		node = next
	}
	return node
}

func (t *tree) split(path string) { t.at(path).split = true }

func (t *tree) close(path string) { t.at(path).closed = true }

// need has a path read where it lies within what is closed by now; elsewhere
// it is read anyway.
func (t *tree) need(path string) {
	node := &t.root
	for _, name := range names(path) {
		if node.closed {
			break
		}
		if node = node.children[name]; node == nil {
			return
		}
	}
	if node.closed {
		t.at(path).needed = true
	}
}

// readable gives the directories and files to grant so that everything can be
// read but what is closed. list gives the entries of a directory, none of one
// that cannot be listed. Symbolic links are left out: what they lead to is
// granted in its own place or not at all.
func (t *tree) readable(list func(directory string) []fs.DirEntry) (directories, files []string) {
	grant := func(path string, isDirectory bool) {
		if isDirectory {
			directories = append(directories, path)
		} else {
			files = append(files, path)
		}
	}
	var visit func(path string, node *treeNode, isDirectory, closed bool)
	visit = func(path string, node *treeNode, isDirectory, closed bool) {
		closed = (closed || node.closed) && !node.needed
		if !isDirectory || !closed && !node.split && node.children == nil {
			if !closed {
				grant(path, isDirectory)
			}
			return
		}
		listed := map[string]bool{}
		if !closed {
			for _, entry := range list(path) {
				listed[entry.Name()] = true
				below := filepath.Join(path, entry.Name())
				if entry.Type()&fs.ModeSymlink != 0 {
					continue
				}
				if child := node.children[entry.Name()]; child != nil {
					visit(below, child, entry.IsDir(), false)
				} else {
					grant(below, entry.IsDir())
				}
			}
		}
		// By its name a path can be reached in a directory that cannot be
		// listed, and what is needed in one that is closed.
		for _, name := range slices.Sorted(maps.Keys(node.children)) {
			below := filepath.Join(path, name)
			if info, err := os.Lstat(below); !listed[name] && err == nil && info.Mode()&fs.ModeSymlink == 0 {
				visit(below, node.children[name], info.IsDir(), closed)
			}
		}
	}
	visit("/", &t.root, true, false)
	return directories, files
}

func listDirectory(directory string) []fs.DirEntry {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil // who cannot list it here cannot in the sandbox
	}
	return entries
}
