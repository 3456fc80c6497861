package archive

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"thresher/internal/words"
)

// Sdist is what was read of a source archive. What its metadata says is what
// its maker's build said; a build on this machine may say something else.
type Sdist struct {
	Members []Member // in order, as they are in the archive
	Root    string   // the folder that all stand in and pip takes off; "" for none
	PkgInfo []byte   // PKG-INFO at the top; nil for none
	EggInfo []EggInfo
}

// EggInfo is one .egg-info directory of a source archive.
type EggInfo struct {
	Directory string // its path in the archive
	// What it holds, nil for none. pkg_resources reads depends.txt as it does
	// requires.txt.
	PkgInfo, RequiresTxt, DependsTxt []byte
}

// OpenSdist reads a source archive of size bytes, in the form that its name
// says. Errors are Refusals, or those of r.
func OpenSdist(r io.ReaderAt, size int64, filename string) (*Sdist, error) {
	if formOf(filename) != formZip {
		return ReadSdist(io.NewSectionReader(r, 0, size), filename)
	}
	w, err := OpenWheel(r, size)
	if err != nil {
		return nil, err
	}
	if err := refuseTarToo(r, size); err != nil {
		return nil, err
	}
	described := newDescription()
	for _, m := range w.Members {
		if m.IsFolder() || !described.wants(m.Name) {
			continue
		}
		content, err := w.Read(m.Name, maximalMetadata)
		if err == nil {
			err = described.take(m.Name, content)
		}
		if err != nil {
			return nil, err
		}
	}
	return described.finish(w.Members), nil
}

// ReadSdist reads a source archive that is a tar from a stream, up to its end
// and in little memory. A zip, which is read from its end, and compression by
// xz or lzma are refused as UnreadableForm. Errors are Refusals, or those of r.
func ReadSdist(r io.Reader, filename string) (*Sdist, error) {
	if formOf(filename) == formZip {
		return nil, refuse(UnreadableForm, "", "")
	}
	var end lastBytes
	unpacked, err := unpack(io.TeeReader(r, &end), filename)
	if err != nil {
		return nil, err
	}
	t := &tarReader{r: unpacked, left: maximalUnpacked}
	described := newDescription()
	var members []Member
	for {
		m, err := t.next()
		if errors.Is(err, errTarEnd) {
			if end.holdZip() {
				return nil, refuse(TwoReadings, "", detailZipToo)
			}
			return described.finish(members), nil
		}
		if err != nil {
			return nil, err
		}
		members = append(members, m)
		wanted := described.wants(m.Name)
		switch {
		case wanted && !m.Mode.IsRegular() && !m.Mode.IsDir():
			return nil, refuse(UnreadableForm, m.Name, detailTarLink, words.Printable(path.Base(m.Name)))
		case wanted && m.Size > maximalMetadata:
			return nil, refuse(TooLarge, m.Name, detailSizeLimit, m.Size, int64(maximalMetadata))
		case wanted && m.Mode.IsRegular():
			content, err := t.content(m.Size)
			if err == nil {
				err = described.take(m.Name, content)
			}
			if err != nil {
				return nil, err
			}
		default:
			if err := t.skip(padded(m.Size)); err != nil {
				return nil, err
			}
		}
	}
}

// maximalDescription bounds what is kept of all metadata files together.
const maximalDescription = 64 << 20

// description gathers the files of an sdist that describe it.
type description struct {
	files map[string][]byte // by cleaned path
	size  int
}

func newDescription() *description { return &description{files: map[string][]byte{}} }

// wants tells whether a member describes the distribution: PKG-INFO at the top
// or below one folder, and the metadata of .egg-info directories.
func (d *description) wants(name string) bool {
	name = path.Clean(name)
	folder, base := path.Split(name)
	switch base {
	case "PKG-INFO":
		return strings.Count(folder, "/") <= 1 || strings.HasSuffix(folder, eggSuffix)
	case "requires.txt", "depends.txt":
		return strings.HasSuffix(folder, eggSuffix)
	}
	return false
}

const eggSuffix = ".egg-info/"

// take keeps a file. One that is there twice must be the same: which of two
// counts depends on who unpacks.
func (d *description) take(name string, content []byte) error {
	key := path.Clean(name)
	if earlier, known := d.files[key]; known && !bytes.Equal(earlier, content) {
		return refuse(SameName, name, detailTarAgain, words.Printable(path.Base(key)))
	}
	d.files[key] = content
	if d.size += len(content); d.size > maximalDescription {
		return refuse(TooLarge, "", "")
	}
	return nil
}

// finish puts together what was gathered.
func (d *description) finish(members []Member) *Sdist {
	s := &Sdist{Members: members, Root: leadingFolder(members)}
	top := "PKG-INFO"
	if s.Root != "" {
		top = path.Join(s.Root, top)
	}
	s.PkgInfo = d.files[top]
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		folder := path.Dir(name)
		if !strings.HasSuffix(folder+"/", eggSuffix) {
			continue
		}
		if len(s.EggInfo) == 0 || s.EggInfo[len(s.EggInfo)-1].Directory != folder {
			s.EggInfo = append(s.EggInfo, EggInfo{Directory: folder})
		}
		info := &s.EggInfo[len(s.EggInfo)-1]
		switch path.Base(name) {
		case "PKG-INFO":
			info.PkgInfo = d.files[name]
		case "requires.txt":
			info.RequiresTxt = d.files[name]
		case "depends.txt":
			info.DependsTxt = d.files[name]
		}
	}
	return s
}

// leadingFolder gives the folder that all members stand in (pip's
// has_leading_dir).
func leadingFolder(members []Member) string {
	common := ""
	for i, m := range members {
		folder := leading(m.Name)
		if folder == "" || i > 0 && folder != common {
			return ""
		}
		common = folder
	}
	return common
}

// leading is pip's split_leading_dir.
func leading(name string) string {
	name = strings.TrimLeft(strings.TrimLeft(name, "/"), `\`)
	if i := strings.IndexAny(name, `/\`); i >= 0 {
		return name[:i]
	}
	return name
}
