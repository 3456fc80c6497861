//go:build ignore

// Generate writes popular.txt, the embedded list of popular names, from the
// list given (by default the one beside the repository): canonical names, most
// popular first, one a line, each once.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

func main() {
	source := filepath.Join("..", "..", "..", "shared", "data", "popular.txt")
	if len(os.Args) > 1 {
		source = os.Args[1]
	}
	if err := generate(source, "popular.txt"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(source, target string) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return fmt.Errorf("read the list of popular names: %w", err)
	}
	separators := regexp.MustCompile(`[-_.]+`)
	seen := map[string]bool{}
	var list bytes.Buffer
	for line := range bytes.Lines(content) {
		name := string(separators.ReplaceAll(bytes.ToLower(bytes.TrimSpace(line)), []byte("-")))
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		list.WriteString(name + "\n")
	}
	return os.WriteFile(target, list.Bytes(), 0o644)
}
