package inside

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"thresher/archive"
	"thresher/index"
	"thresher/pep"
)

// Settled is how long a file has been out until its content counts as seen:
// what is planted in a popular project is found within days.
const Settled = 90 * 24 * time.Hour

// IsSettled says whether a file was uploaded so long ago that what it brings
// needs nobody to vouch for it.
func IsSettled(file *index.File, now time.Time) bool {
	return file != nil && !file.UploadTime.IsZero() && now.Sub(file.UploadTime) >= Settled
}

// Release is a file of a page, with the version that its name writes.
type Release struct {
	Version string
	File    *index.File
}

// Bounds of a comparison: how many older releases are read, and which of
// undated ones is the first that counts.
const (
	maximalCompared = 3
	undatedFrom     = 2
)

// Vouching gives the wheels that can vouch for the startup hooks of a release:
// of older ones, the newest first, those that are out for as long as Settled or
// that a person allowed. So two bad releases do not vouch for each other, nor
// does one that was taken back. Where the index gives no upload times the third
// release before counts, or the first that there is. filename is the wheel that
// is judged; that of its own platform is taken.
func Vouching(releases []Release, version, filename string, now time.Time,
	allowed func(version string) bool) []Release {
	own, err := pep.ParseVersion(version)
	if err != nil {
		return nil
	}
	var older, undated []Release
	for _, release := range Older(releases, own, filename) {
		switch {
		case allowed != nil && allowed(release.Version), IsSettled(release.File, now):
			older = append(older, release)
		case release.File.UploadTime.IsZero():
			undated = append(undated, release)
		}
	}
	if len(undated) > 0 {
		older = append(older, undated[min(undatedFrom, len(undated)-1):]...)
	}
	return older[:min(len(older), maximalCompared)]
}

// Older gives the releases below a version that have a wheel and were not taken
// back, the newest first, each with the wheel that is most like the one named.
func Older(releases []Release, version pep.Version, filename string) []Release {
	type parsed struct {
		Release
		version pep.Version
		like    int
	}
	var older []parsed
	for _, release := range releases {
		if release.File.Yanked || !strings.HasSuffix(release.File.Filename, ".whl") {
			continue
		}
		if number, err := pep.ParseVersion(release.Version); err == nil && number.Compare(version) < 0 {
			older = append(older, parsed{release, number, likeness(release.File.Filename, filename)})
		}
	}
	slices.SortStableFunc(older, func(a, b parsed) int {
		return cmp.Or(b.version.Compare(a.version), cmp.Compare(b.like, a.like), cmp.Compare(a.File.Size, b.File.Size))
	})
	older = slices.CompactFunc(older, func(a, b parsed) bool { return a.version.Compare(b.version) == 0 })
	result := make([]Release, len(older))
	for i, release := range older {
		result[i] = release.Release
	}
	return result
}

// likeness counts the tags that two wheels share: platform before ABI before
// interpreter.
func likeness(a, b string) int {
	first, second := tagsOf(a), tagsOf(b)
	like := 0
	for i := range first {
		if first[i] == second[i] {
			like += 2 << i
		} else if letters(first[i]) == letters(second[i]) {
			like += 1 << i
		}
	}
	return like
}

// tagsOf gives interpreter, ABI and platform.
func tagsOf(filename string) [3]string {
	parts := strings.Split(strings.TrimSuffix(filename, ".whl"), "-")
	var tags [3]string
	if len(parts) > len(tags) {
		copy(tags[:], parts[len(parts)-len(tags):])
	}
	return tags
}

// letters takes the digits out of a tag: "manylinux__x_" of any glibc.
func letters(tag string) string {
	first, _, _ := strings.Cut(tag, ".")
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, first)
}

// Standing is what is known of a hook from older releases.
type Standing struct {
	Hook  Hook
	Seen  string // the release that vouches for it; "" none
	Other string // a release that has a hook of this path with another content; "" none
}

// Compare says for which hooks older wheels vouch. read gives what one of them
// brings, and false where it could not be had, which vouches for nothing. The
// release compared with last is given, "" for none.
func Compare(hooks []Hook, older []Release, read func(Release) (Contents, bool)) (standings []Standing,
	compared string) {
	standings = make([]Standing, len(hooks))
	missing := 0
	for i, hook := range hooks {
		standings[i].Hook = hook
		if hook.Runs {
			missing++
		}
	}
	for _, release := range older {
		if missing == 0 {
			break
		}
		contents, ok := read(release)
		if !ok {
			continue
		}
		if compared == "" {
			compared = release.Version
		}
		for i := range standings {
			standing := &standings[i]
			if !standing.Hook.Runs || standing.Seen != "" {
				continue
			}
			for _, known := range contents.Hooks {
				switch {
				case standing.Hook.Same(known):
					standing.Seen = release.Version
					missing--
				case known.Path == standing.Hook.Path && standing.Other == "":
					standing.Other = release.Version
					continue
				default:
					continue
				}
				break
			}
		}
	}
	return standings, compared
}

// Same says whether two hooks do the same: of path files whose lines are all
// there is to them the name does not matter, which often holds the version.
func (h Hook) Same(other Hook) bool {
	if h.SHA256 == "" || h.SHA256 != other.SHA256 || h.Kind != other.Kind {
		return false
	}
	return h.Path == other.Path || h.Kind == archive.PathFile || h.Kind == archive.StartFile
}
