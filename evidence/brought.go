package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thresher/archive"
	"thresher/index"
	"thresher/inside"
	"thresher/internal/files"
	"thresher/pep"
	"thresher/policy/rules"
)

// Brought is what one file brings once it is installed, and what of that is new.
type Brought struct {
	Name     string          `json:"name"`    // canonical
	Version  string          `json:"version"` // as the file name writes it
	Filename string          `json:"filename"`
	Size     int64           `json:"size"` // of the file, in bytes
	Source   bool            `json:"source,omitempty"`
	Contents inside.Contents `json:"contents"`
	// Before is the release that it was compared with, "" none; New is what that
	// one does not have.
	Before string     `json:"before,omitempty"`
	New    NewContent `json:"new"`
	// Findings are what the policy says of it.
	Findings []rules.Finding `json:"findings"`
}

// NewContent is what the release before does not have.
type NewContent struct {
	Hooks    []string `json:"hooks,omitempty"` // by path; new, or with another content
	Scripts  []string `json:"scripts,omitempty"`
	Native   bool     `json:"native,omitempty"` // compiled code, and the release before had none
	Payloads []string `json:"payloads,omitempty"`
}

// maximalSource bounds a source archive that is fetched to be looked into.
const maximalSource = 64 << 20

// The errors of looking into a file.
var (
	ErrNoRelease = errors.New(textNoRelease)
	ErrNoFile    = errors.New(textNoFile)
)

// OfFile looks into a wheel or source archive of this machine. It asks nobody,
// so that nothing is known of what was there before.
func OfFile(path string, judge func(rules.InsideEvidence) []rules.Finding) (Brought, error) {
	file, err := files.OpenRegular(path)
	if err != nil {
		return Brought{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Brought{}, err
	}
	b := Brought{Filename: filepath.Base(path), Size: info.Size()}
	if name, version, err := pep.ParseWheelFilename(b.Filename); err == nil {
		b.Name, b.Version = name, version
	}
	if err := b.read(file, info.Size()); err != nil {
		return b, fmt.Errorf("look into %s: %w", b.Filename, err)
	}
	b.judge(nil, "", false, judge)
	return b, nil
}

// read reads a file that is here whole.
func (b *Brought) read(file io.ReaderAt, size int64) error {
	var err error
	if strings.HasSuffix(b.Filename, ".whl") {
		b.Contents, err = inside.OfWheel(file, size, b.Filename)
		return err
	}
	b.Source = true
	sdist, err := archive.OpenSdist(file, size, b.Filename)
	if err == nil {
		b.Contents = inside.OfSource(sdist.Members)
	}
	return err
}

// Brings looks into the file of a release that pip would probably take here; of
// the newest release where version is "". A wheel is read by parts. The error
// wraps ErrNoRelease or ErrNoFile where there is none.
func (s Source) Brings(ctx context.Context, name, version string, judge func(rules.InsideEvidence) []rules.Finding) (
	Brought, error) {
	canonical := pep.CanonicalName(name)
	found := s.Table.Owner(canonical, func(url string) (*index.Page, error) { return s.Client.Page(ctx, url, canonical) })
	if found.Err != nil {
		return Brought{}, fmt.Errorf("look into %s: %w", name, found.Err)
	}
	releases := releasesOf(found.Page, canonical)
	release, err := chosen(releases, version)
	if err != nil {
		return Brought{}, fmt.Errorf("look into %s: %w", name, err)
	}
	b := Brought{Name: canonical, Version: release.Version, Filename: release.File.Filename, Size: release.File.Size}
	if strings.HasSuffix(b.Filename, ".whl") {
		b.Contents, err = s.contents(ctx, found.URL, release)
	} else {
		err = s.readSource(ctx, found.URL, release, &b)
	}
	if err != nil {
		return b, fmt.Errorf("look into %s: %w", b.Filename, err)
	}
	s.compare(ctx, found.URL, releases, release, &b, judge)
	return b, nil
}

// releasesOf gives the files of a page with their versions.
func releasesOf(page *index.Page, canonical string) []inside.Release {
	var releases []inside.Release
	for i := range page.Files {
		file := &page.Files[i]
		version, err := pep.ParseSdistFilename(file.Filename, canonical)
		if strings.HasSuffix(file.Filename, ".whl") {
			_, version, err = pep.ParseWheelFilename(file.Filename)
		}
		if err == nil {
			releases = append(releases, inside.Release{Version: version, File: file})
		}
	}
	return releases
}

// chosen gives the file of a version, or of the newest one that is no
// pre-release and was not taken back: a wheel for any platform before one for
// this, and that before any other.
func chosen(releases []inside.Release, version string) (inside.Release, error) {
	var best inside.Release
	var bestVersion pep.Version
	for _, release := range releases {
		number, err := pep.ParseVersion(release.Version)
		if err != nil {
			continue
		}
		if version != "" {
			if wanted, err := pep.ParseVersion(version); err != nil || wanted.Compare(number) != 0 {
				continue
			}
		} else if number.IsPrerelease() || release.File.Yanked {
			continue
		}
		order := 1
		if best.File != nil {
			order = number.Compare(bestVersion)
		}
		if order > 0 || order == 0 && fitting(release.File.Filename) > fitting(best.File.Filename) {
			best, bestVersion = release, number
		}
	}
	switch {
	case best.File == nil && version != "":
		return best, ErrNoRelease
	case best.File == nil:
		return best, ErrNoFile
	}
	return best, nil
}

// fitting says how well a file fits this machine, by its name.
func fitting(filename string) int {
	platforms := map[string][]string{
		"linux/amd64": {"linux", "_x86_64"}, "linux/arm64": {"linux", "_aarch64"}, "darwin/amd64": {"macosx", "_x86_64"},
		"darwin/arm64": {"macosx", "_arm64"}, "windows/amd64": {"win", "_amd64"}, "windows/arm64": {"win", "_arm64"},
	}[runtime.GOOS+"/"+runtime.GOARCH]
	foreign := func(part string) bool { return !strings.Contains(filename, part) }
	switch {
	case strings.HasSuffix(filename, "-any.whl"):
		return 3
	case strings.HasSuffix(filename, ".whl") && len(platforms) > 0 && !slices.ContainsFunc(platforms, foreign):
		return 2
	case strings.HasSuffix(filename, ".whl"):
		return 1
	}
	return 0
}

func (s Source) ranges(indexURL string, file *index.File) inside.Ranges {
	return inside.OverHTTP(s.Client.Open, func(ctx context.Context, asked, location string) (string, error) {
		return s.Client.Redirected(ctx, asked, location, []string{indexURL})
	}, file.URL, indexURL)
}

func (s Source) contents(ctx context.Context, indexURL string, release inside.Release) (inside.Contents, error) {
	return inside.Ahead(ctx, release.File.Filename, release.File.Size, s.ranges(indexURL, release.File), true)
}

// readSource fetches a source archive whole.
func (s Source) readSource(ctx context.Context, indexURL string, release inside.Release, b *Brought) error {
	piece, err := s.ranges(indexURL, release.File)(ctx, -1, maximalSource)
	switch {
	case err != nil:
		return err
	case int64(len(piece.Content)) != piece.Total:
		return errors.New(textTooLarge)
	}
	return b.read(bytes.NewReader(piece.Content), piece.Total)
}

// compare fills in what is new against older releases.
func (s Source) compare(
	ctx context.Context, indexURL string, releases []inside.Release, release inside.Release, b *Brought,
	judge func(rules.InsideEvidence) []rules.Finding,
) {
	own, err := pep.ParseVersion(release.Version)
	if err != nil || b.Source {
		return
	}
	read := func(r inside.Release) (inside.Contents, bool) {
		contents, err := s.contents(ctx, indexURL, r)
		return contents, err == nil
	}
	standings, compared := inside.Compare(b.Contents.Hooks, inside.Vouching(releases, release.Version,
		b.Filename, s.Now, nil), read)
	older := slices.DeleteFunc(inside.Older(releases, own, b.Filename), func(r inside.Release) bool {
		number, err := pep.ParseVersion(r.Version)
		return err != nil || number.IsPrerelease() && !own.IsPrerelease()
	})
	if len(older) > 0 {
		if before, ok := read(older[0]); ok {
			b.Before, b.New = older[0].Version, newAgainst(b.Contents, before)
		}
	}
	b.judge(standings, compared, inside.IsSettled(release.File, s.Now), judge)
}

// newAgainst gives what the release before does not have.
func newAgainst(now, before inside.Contents) NewContent {
	var found NewContent
	for _, hook := range now.Hooks {
		if !slices.ContainsFunc(before.Hooks, hook.Same) {
			found.Hooks = append(found.Hooks, hook.Path)
		}
	}
	for _, script := range now.Scripts {
		if !slices.Contains(before.Scripts, script) {
			found.Scripts = append(found.Scripts, script)
		}
	}
	found.Native = now.Native > 0 && before.Native == 0
	for _, payload := range inside.NewPayloads(now, before) {
		found.Payloads = append(found.Payloads, payload.Path)
	}
	return found
}

// judge asks policy about it, as of a package that is new here.
func (b *Brought) judge(standings []inside.Standing, compared string, settled bool,
	judge func(rules.InsideEvidence) []rules.Finding) {
	evidence := rules.InsideEvidence{
		Name: b.Name, Version: b.Version, Filename: b.Filename, New: true, Compared: compared,
	}
	for i, hook := range b.Contents.Hooks {
		known := rules.HookEvidence{Path: hook.Path, Runs: hook.Runs, Seen: settled || inside.IsKnown(b.Name, hook)}
		if i < len(standings) {
			known.Seen, known.Other = known.Seen || standings[i].Seen != "", standings[i].Other
		}
		evidence.Hooks = append(evidence.Hooks, known)
	}
	for _, script := range b.Contents.Scripts {
		if (archive.OwnScript(script) || archive.LeadsOut(script)) && b.Name != "pip" {
			evidence.Replaced = append(evidence.Replaced, rules.ReplacedEvidence{Path: "bin/" + script})
		}
	}
	for _, payload := range b.Contents.Payloads {
		if slices.Contains(b.New.Payloads, payload.Path) {
			evidence.Payloads = append(evidence.Payloads, rules.PayloadEvidence{
				Path: payload.Path, Kind: rules.PayloadKind(payload.Kind), Size: payload.Size,
			})
		}
	}
	b.Findings = judge(evidence)
	if b.Findings == nil {
		b.Findings = []rules.Finding{}
	}
}

// IsLocalFile says whether a word names a file of this machine rather than a
// package.
func IsLocalFile(word string) bool {
	if strings.HasSuffix(word, ".whl") || strings.HasSuffix(word, ".tar.gz") {
		return true
	}
	info, err := os.Stat(word)
	return err == nil && info.Mode().IsRegular()
}
