package pip

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What files set is told from what the user's own configuration has, and the
// options that decide which dependencies are fetched are read everywhere.
func TestParseConfigured(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.txt")
	if err := os.WriteFile(file,
		[]byte("-i https://file.example/simple\n--extra-index-url https://more.example/simple\n"+
			"--trusted-host file.example\nfoo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := Parse(sealInput(t, []string{"install", "-r", file, "--no-deps", "-f", "https://links.example/"}, []string{
		"PIP_INDEX_URL=https://own.example/simple", "PIP_TRUSTED_HOST=own.example", "PIP_UPGRADE_STRATEGY=eager",
	}))
	var values []string
	for _, s := range got.Configured {
		values = append(values, s.Value)
	}
	if want := []string{"https://own.example/simple", "https://links.example/", "own.example"}; !slices.Equal(values,
		want) {
		t.Errorf("configured %q, want %q", values, want)
	}
	if !got.Eager || !got.NoDependencies || !got.StrategySet || len(got.Indexes) != 2 {
		t.Errorf("%+v", got)
	}
	if got := Parse(sealInput(t, []string{"install", "foo"}, nil)); got.Eager || got.NoDependencies {
		t.Errorf("%+v", got)
	}
}
