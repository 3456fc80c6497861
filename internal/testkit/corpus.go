package testkit

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// CorpusBytes reads the one []byte of a file of a fuzz target's corpus.
func CorpusBytes(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, argument, _ := strings.Cut(string(text), "\n")
	literal := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(argument), "[]byte("), ")")
	content, err := strconv.Unquote(literal)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return []byte(content)
}
