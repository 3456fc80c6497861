package python

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// compileScript makes an interpreter compile sources.
//
//go:embed compile.py
var compileScript string

// CompileWords are the words that make an interpreter compile the sources whose
// paths it reads, each ended by a NUL, and print what came of it. Nothing that is
// installed runs in it (-I, -S).
func CompileWords() []string { return []string{"-I", "-S", "-B", "-c", compileScript} }

// Compiled reads what such an interpreter printed: the place of each source that
// was compiled, and the path of its bytecode. The error says that it is cut off.
func Compiled(output []byte) (map[int]string, error) {
	compiled := map[int]string{}
	parts := strings.Split(string(output), "\x00")
	for i := 0; i+1 < len(parts); i += 2 {
		place, err := strconv.Atoi(parts[i])
		if err != nil || i+2 >= len(parts) {
			return compiled, fmt.Errorf("read what was compiled: it ends in %q", parts[i])
		}
		compiled[place] = parts[i+1]
	}
	return compiled, nil
}
