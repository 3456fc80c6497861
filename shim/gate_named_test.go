package shim

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"thresher/pip"
	"thresher/pip/option"
)

// What --find-links names and is no folder to pip is read as a page: "FILE:" as
// well, of a folder the page in it.
func TestLinkPages(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "links.html")
	if err := os.WriteFile(page, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	slashed := filepath.ToSlash(dir)
	var settings []option.Setting
	for _, value := range []string{
		"https://files.example/links", "FILE://" + slashed + "/", "FILE://" + slashed, "FILE://" + filepath.ToSlash(page),
		"file://" + slashed + "/", dir, page,
	} {
		settings = append(settings, option.Setting{Value: value})
	}
	got := pageURLs(linkPages(&pip.Command{FindLinks: settings}, dir))
	want := []string{
		"https://files.example/links", "file://" + slashed + "/index.html", "file://" + slashed + "/index.html",
		"file://" + filepath.ToSlash(page), "file://" + filepath.ToSlash(page),
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
