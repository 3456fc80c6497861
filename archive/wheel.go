package archive

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"thresher/internal/words"
	"thresher/pep"
)

// What is read of a wheel's own description. The largest METADATA on the public
// index have some 400 kB.
const (
	maximalMetadata = 8 << 20
	firstTail       = 64 << 10
)

// Wheel is an opened wheel.
type Wheel struct {
	Members []Member // in the order of the directory
	file    io.ReaderAt
	byName  map[string]int
}

// OpenWheel reads the directory of a wheel, or of any zip, of size bytes, and
// compares every member's own header with it. Nothing of their content is read.
// Errors are Refusals, or those of r.
func OpenWheel(r io.ReaderAt, size int64) (*Wheel, error) {
	members, err := readDirectoryAt(r, size)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if _, err := m.checkLocal(r); err != nil {
			return nil, err
		}
	}
	return newWheel(r, members), nil
}

func newWheel(r io.ReaderAt, members []Member) *Wheel {
	w := &Wheel{Members: members, file: r, byName: make(map[string]int, len(members))}
	for i, m := range members {
		w.byName[m.Name] = i
	}
	return w
}

// OpenDirectory reads the directory of a wheel alone, of which nothing else is to
// be believed. Errors are Refusals, or those of r.
func OpenDirectory(r io.ReaderAt, size int64) (*Wheel, error) {
	members, err := readDirectoryAt(r, size)
	if err != nil {
		return nil, err
	}
	return newWheel(r, members), nil
}

// readDirectoryAt reads as much of the end as ReadDirectory asks for.
func readDirectoryAt(r io.ReaderAt, size int64) ([]Member, error) {
	for from := max(size-firstTail, 0); ; {
		tail := make([]byte, size-from)
		if err := readAt(r, tail, from, ""); err != nil {
			return nil, err
		}
		members, more, err := ReadDirectory(tail, size)
		if err != nil || more < 0 {
			return members, err
		}
		from = more
	}
}

// Read gives the content of the member of the name given, which must not
// exceed limit bytes.
func (w *Wheel) Read(name string, limit int64) ([]byte, error) {
	i, ok := w.byName[name]
	if !ok {
		return nil, refuse(NoSuchMember, name, "")
	}
	return ReadMember(w.file, w.Members[i], limit)
}

// Has tells whether there is a member of the name given.
func (w *Wheel) Has(name string) bool {
	_, ok := w.byName[name]
	return ok
}

// Info is the .dist-info directory of a wheel. pip takes name and version of
// what it installs from the directory's own name.
type Info struct {
	Directory     string // "Name-1.0.dist-info"
	Name, Version string // as the directory has them
}

// Info gives the .dist-info directory as pip chooses it: the only one at the
// top, of the project given. pip lets a longer name pass here, and others in
// *.data; this does not.
func (w *Wheel) Info(project string) (Info, error) {
	return InfoOf(w.Members, project)
}

// InfoOf is Wheel.Info for a list of members.
func InfoOf(members []Member, project string) (Info, error) {
	var found []string
	for _, m := range members {
		scheme, inside := Place(m.Name) // what lies in *.data arrives beside it
		top, _, _ := strings.Cut(inside, "/")
		if scheme == Site && strings.HasSuffix(top, infoSuffix) && !slices.Contains(found, top) {
			if found = append(found, top); len(found) > 1 {
				return Info{}, refuse(WrongInfo, "", detailInfoSeveral, words.Printable(strings.Join(found, ", ")))
			}
		}
	}
	if len(found) == 0 {
		return Info{}, refuse(WrongInfo, "", detailInfoNone)
	}
	info := Info{Directory: found[0]}
	info.Name, info.Version, _ = strings.Cut(strings.TrimSuffix(info.Directory, infoSuffix), "-")
	switch {
	case pep.CanonicalName(info.Name) != pep.CanonicalName(project):
		return Info{}, refuse(WrongInfo, "", detailInfoName, words.Printable(info.Directory), words.Printable(project))
	case info.Version == "":
		return Info{}, refuse(WrongInfo, "", detailInfoNoVersion, words.Printable(info.Directory))
	}
	return info, nil
}

const infoSuffix = ".dist-info"

// Metadata gives the content of METADATA of the project's .dist-info directory.
// An empty one is refused: pip would go on to PKG-INFO.
func (w *Wheel) Metadata(project string) ([]byte, error) {
	info, err := w.Info(project)
	if err != nil {
		return nil, err
	}
	name := info.Directory + "/METADATA"
	content, err := w.Read(name, maximalMetadata)
	if err == nil && len(content) == 0 {
		return nil, refuse(WrongInfo, name, detailEmptyMetadata)
	}
	return content, err
}

// WheelFile is what WHEEL says (PEP 427).
type WheelFile struct {
	RootIsPurelib bool
	Tags          []string // "py3-none-any"
}

// WheelFile reads WHEEL of the project's .dist-info directory.
func (w *Wheel) WheelFile(project string) (WheelFile, error) {
	info, err := w.Info(project)
	if err != nil {
		return WheelFile{}, err
	}
	content, err := w.Read(info.Directory+"/WHEEL", maximalMetadata)
	if err != nil {
		return WheelFile{}, err
	}
	header, err := pep.ReadMetadata(bytes.NewReader(content))
	if err != nil {
		return WheelFile{}, refuse(TooLarge, info.Directory+"/WHEEL", "")
	}
	return WheelFile{
		RootIsPurelib: strings.EqualFold(header.Get("Root-Is-Purelib"), "true"),
		Tags:          header.All("Tag"),
	}, nil
}

// PathKey writes a path as this system's file system compares it.
func PathKey(path string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return folded(path)
	}
	return path
}

// folded writes a name as file systems compare it that take upper and lower
// case, or composed and decomposed letters, for the same.
func folded(name string) string {
	if isASCII(name) {
		return strings.ToLower(name)
	}
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(name)))
}
