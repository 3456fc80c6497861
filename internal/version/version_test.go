package version

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"testing"
)

// semantic is the expression that semver.org suggests.
var semantic = regexp.MustCompile(
	`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)` +
		`(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$`)

func TestOf(t *testing.T) {
	revision := "8a9dd684682b5b30a997cf4c3399aec96fefb752"
	for _, test := range []struct {
		name, module string
		settings     []debug.BuildSetting
		want         string
	}{
		{"a tag", "v1.2.3", nil, "1.2.3"},
		{"a tag of a release candidate", "v1.3.0-rc.1", nil, "1.3.0-rc.1"},
		{"a commit before any tag", "v0.0.0-20261122175702-8a9dd684682b", nil, Next + "-dev.20261122175702+8a9dd684682b"},
		{"a commit after a tag", "v1.2.4-0.20261122175702-8a9dd684682b", nil, Next + "-dev.20261122175702+8a9dd684682b"},
		{"a changed checkout", "v0.0.0-20261122175702-8a9dd684682b+dirty", nil,
			Next + "-dev.20261122175702+8a9dd684682b.dirty"},
		{"a changed checkout of a tag", "v1.2.3+dirty", []debug.BuildSetting{
			{Key: "vcs.revision", Value: revision}, {Key: "vcs.time", Value: "2026-11-22T17:57:02Z"},
			{Key: "vcs.modified", Value: "true"},
		}, Next + "-dev.20261122175702+8a9dd684682b.dirty"},
		{"what git says alone", "(devel)", []debug.BuildSetting{
			{Key: "vcs.revision", Value: revision}, {Key: "vcs.time", Value: "2026-11-22T17:57:02Z"},
			{Key: "vcs.modified", Value: "false"},
		}, Next + "-dev.20261122175702+8a9dd684682b"},
		{"nothing", "(devel)", nil, Next + "-dev"},
	} {
		got := Of(&debug.BuildInfo{Main: debug.Module{Version: test.module}, Settings: test.settings})
		if got != test.want || !semantic.MatchString(got) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if !semantic.MatchString(String()) {
		t.Errorf("this program is %q", String())
	}
}

// The first release that CHANGELOG.md speaks of is the next one.
func TestChangelog(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	first := regexp.MustCompile(`(?m)^## ([0-9]+\.[0-9]+\.[0-9]+)`).FindSubmatch(content)
	if first == nil || string(first[1]) != Next {
		t.Errorf("CHANGELOG.md begins with %q, and Next is %s", first, Next)
	}
}
