package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The page has all that is closed, and since when.
func TestSandboxPage(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "docs", "sandbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	var wanted []string
	for _, part := range Parts {
		since := "every Landlock"
		switch {
		case part.Linux != "":
			since = fmt.Sprintf("Linux %s (Landlock %d)", part.Linux, part.Since)
		case part.Since > 0:
			since = fmt.Sprintf("Landlock %d", part.Since)
		}
		wanted = append(wanted, "| "+part.Name+" | "+since)
	}
	for _, secret := range homePaths() {
		wanted = append(wanted, "`~/"+secret+"`")
	}
	for _, path := range configurations {
		if !strings.HasPrefix(path, "/") {
			path = "~/" + path
		}
		wanted = append(wanted, "`"+path+"`")
	}
	for _, name := range slices.Concat(systemSecrets, secretNames, harmlessNames) {
		wanted = append(wanted, "`"+name+"`")
	}
	for name := range placeVariables {
		wanted = append(wanted, "`"+name+"`")
	}
	for _, want := range wanted {
		if !strings.Contains(page, want) {
			t.Errorf("docs/sandbox.md has no %s", want)
		}
	}
}
