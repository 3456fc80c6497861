// Command wheel puts built programs into wheels, one for each platform, so
// that thresher is installed with Python's own tools. A wheel has no Python
// code: the program is its script, as the binary distribution format has it
// (packaging.python.org, Binary distribution format).
//
//	go run ./internal/wheel DIR GOOS/GOARCH=PROGRAM…
//
// It is run from the checkout, whose licence and man pages go in too. The same
// programs give the same bytes.
package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"thresher/internal/version"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "wheel:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: go run ./internal/wheel DIR GOOS/GOARCH=PROGRAM…")
	}
	for _, word := range args[1:] {
		platform, program, found := strings.Cut(word, "=")
		if !found {
			return fmt.Errorf("%q is not GOOS/GOARCH=PROGRAM", word)
		}
		name, content, err := wheelOf(platform, program)
		if err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		if err := os.WriteFile(filepath.Join(args[0], name), content, 0o644); err != nil {
			return err
		}
		fmt.Println(name)
	}
	return nil
}

// wheelOf makes the wheel of one program, which says its version itself.
func wheelOf(platform, program string) (name string, content []byte, err error) {
	tags, known := platformTags[platform]
	if !known {
		return "", nil, fmt.Errorf("it has no platform tag")
	}
	built, err := buildinfo.ReadFile(program)
	if err != nil {
		return "", nil, err
	}
	w := wheel{tags: tags}
	if w.version, err = pythonVersion(version.Of(built)); err != nil {
		return "", nil, err
	}
	script := "thresher"
	if strings.HasPrefix(platform, "windows/") {
		script += ".exe"
	}
	for _, file := range []struct {
		path, source string
		mode         os.FileMode
	}{
		{w.data() + "/scripts/" + script, program, 0o755},
		{w.data() + "/data/share/man/man1/thresher.1", filepath.Join("cli", "man", "thresher.1"), 0o644},
		{w.data() + "/data/share/man/man5/thresher-policy.5", filepath.Join("cli", "man", "thresher-policy.5"), 0o644},
		{w.info() + "/licenses/LICENSE", "LICENSE", 0o644},
	} {
		content, err := os.ReadFile(file.source)
		if err != nil {
			return "", nil, err
		}
		w.files = append(w.files, member{file.path, content, file.mode})
	}
	content, err = w.bytes()
	return w.name(), content, err
}
