package index

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/address"
	"thresher/internal/testkit"
)

// machineIndex gives the index that a pip of this machine would ask, by its
// own words: its configuration, else the default in its source.
func machineIndex(t *testing.T) (indexURL, bundle string) {
	t.Helper()
	python := testkit.AnyPython(t)
	out, err := exec.Command(python.Path, "-c", `
import sys
sys.path.insert(0, sys.argv[1])
from pip._internal.configuration import Configuration
from pip._internal.models.index import PyPI
values = Configuration(isolated=False)
values.load()
found = {}
for key, value in values.items():
    name = key.rsplit(".", 1)[-1]
    if name in ("index-url", "cert"):
        found[name] = value
print(found.get("index-url") or PyPI.simple_url)
print(found.get("cert") or "")
`, testkit.BundledPip(t, python)).Output()
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if err != nil || len(lines) != 2 {
		t.Skipf("skipped: pip does not say which index it asks: %v", err)
	}
	return lines[0], lines[1]
}

// The machine's own index, where it answers, must be readable in full.
func TestTheMachinesOwnIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	base, bundle := machineIndex(t)
	c := client(t, func(c *Config) {
		c.Environ, c.CertFile, c.Netrc, c.CacheDir = os.Environ(), bundle, "", t.TempDir()
		c.Timeout = 10 * time.Second
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	page, err := c.Page(ctx, base, "pip")
	var connection *ConnectionError
	if errors.As(err, &connection) {
		t.Skipf("skipped: the machine's index does not answer")
	}
	if err != nil {
		t.Fatal(err)
	}
	h := Summarise(page, time.Now())
	t.Logf("pip: json %v, %d files, %d releases, undated %d, first %s, latest %s (%s), attested %v after %d",
		page.JSON, h.Files, len(h.Releases), h.Undated, h.First.Format(time.DateOnly), h.Latest.Format(time.DateOnly),
		h.LatestVersion, h.LatestAttested, h.PreviousAttested)
	if len(page.Files) < 50 || len(h.Releases) < 30 || len(page.Unreadable) > 0 {
		t.Fatalf("%d files, %d releases, unreadable %q", len(page.Files), len(h.Releases), page.Unreadable)
	}
	again, err := c.Page(ctx, base, "pip")
	if err != nil || len(again.Files) != len(page.Files) {
		t.Fatal(err)
	}
	for i := len(page.Files) - 1; i >= 0; i-- {
		if f := &page.Files[i]; f.CoreMetadata {
			metadata, err := c.Metadata(ctx, base, f)
			if err != nil || !strings.Contains(string(metadata), "Name: pip") {
				t.Fatal(err)
			}
			break
		}
	}
	project, err := c.Project(ctx, base, "pip")
	if err != nil && !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	if err == nil {
		t.Logf("%s %s, roles %d of %v, organisation %q, %d URLs", project.Name, project.Version, len(project.Roles),
			project.Ownership, project.Organization, len(project.URLs))
	}
	if _, err := c.Page(ctx, base, "this-name-is-surely-nobodys-0"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
}

// TestRealPagesAreReadAsByPip compares, for the projects that
// THRESHER_TEST_PAGES names ("numpy boto3"), what pip makes of the machine's
// own index's pages with what it makes of them rendered. It takes minutes.
func TestRealPagesAreReadAsByPip(t *testing.T) {
	names := strings.Fields(os.Getenv("THRESHER_TEST_PAGES"))
	if len(names) == 0 {
		t.Skip("skipped: THRESHER_TEST_PAGES names no projects")
	}
	base, bundle := machineIndex(t)
	c := client(t, func(c *Config) { c.Environ, c.CertFile, c.Timeout = os.Environ(), bundle, time.Minute })
	python := testkit.AnyPython(t)
	wheel := testkit.PipWheel(t, python, "26.2.1")
	for _, name := range names {
		for _, accept := range []string{acceptPage, "text/html"} {
			s, location, err := pageAddress(base, name)
			if err != nil {
				t.Fatal(err)
			}
			d, err := c.get(context.Background(), request{kind: "test", address: address.Parse(location),
				scope: s, accept: accept,
				limit: defaultMaxBody, check: checkPageType})
			if err != nil {
				t.Fatal(err)
			}
			page, err := ParsePage(d.contentType, d.body, d.url, name)
			if err != nil {
				t.Fatal(err)
			}
			if page.JSON {
				agree(t, d.body)
			}
			answers := askPip(t, python, wheel, []pipPage{
				{Body: string(d.body), Type: d.contentType, URL: d.url},
				{Body: string(RenderJSON(page)), Type: acceptJSONPage, URL: "http://127.0.0.1:9/x/"},
				{Body: string(RenderHTML(page)), Type: "text/html", URL: "http://127.0.0.1:9/x/"},
			})
			want, fromJSON, fromHTML := archives(answers[0].Links), archives(answers[1].Links), archives(answers[2].Links)
			if diff := cmp.Diff(want, fromJSON); diff != "" {
				t.Errorf("%s as JSON\n%s", name, diff)
			}
			forHTML(want)
			forHTML(fromHTML)
			if diff := cmp.Diff(want, fromHTML); diff != "" {
				t.Errorf("%s as HTML\n%s", name, diff)
			}
			t.Logf("%s as %s: %d files", name, d.contentType, len(page.Files))
		}
	}
}
