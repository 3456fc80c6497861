package archive

import (
	"io/fs"
	"strings"

	"thresher/internal/words"
)

// Member is one file, folder or link of an archive.
type Member struct {
	Name       string      // as Python reads it; the name of a folder of a zip ends with "/"
	Size       int64       // unpacked, in bytes
	Compressed int64       // as it lies in a zip, in bytes; 0 in a tar
	CRC        uint32      // CRC-32 of the content in a zip; 0 in a tar
	Mode       fs.FileMode // kind and permissions, as far as the archive has them
	Link       string      // what a link of a tar points to

	raw    string // the name's bytes, of a zip
	offset int64  // of its own header, in a zip
	end    int64  // where the next member or the directory begins, in a zip
	flags  uint16
	method uint16
}

// IsFolder tells whether pip makes a folder of the member.
func (m Member) IsFolder() bool { return m.Mode.IsDir() || strings.HasSuffix(m.Name, "/") }

// unixMode takes a mode as stat has it.
func unixMode(mode uint32) fs.FileMode {
	result := fs.FileMode(mode & 0o777)
	switch mode & 0o170000 {
	case 0o040000:
		result |= fs.ModeDir
	case 0o120000:
		result |= fs.ModeSymlink
	case 0o010000:
		result |= fs.ModeNamedPipe
	case 0o140000:
		result |= fs.ModeSocket
	case 0o060000:
		result |= fs.ModeDevice
	case 0o020000:
		result |= fs.ModeDevice | fs.ModeCharDevice
	}
	return result
}

// Bounds of a member's name, in bytes and folders. No system takes more of it.
const (
	maximalName  = 1024
	maximalDepth = 64
)

// checkName refuses a name that does not say where its member goes: pip, its
// readers and the system's file names disagree about each of these.
func checkName(name string) error {
	if len(name) > maximalName || strings.Count(name, "/") > maximalDepth {
		return refuse(TooLarge, name, "")
	}
	unsafe := name == "" || strings.ContainsAny(name, "\x00\\") || len(name) > 1 && name[1] == ':' && isLetter(name[0])
	for part := range strings.SplitSeq(strings.TrimSuffix(name, "/"), "/") {
		// "" is of "//" and of "/" at the beginning. "x.dist-info/./METADATA"
		// takes the place of METADATA in pip's eyes (pathlib).
		unsafe = unsafe || part == "" || part == "." || part == ".."
	}
	if unsafe {
		return refuse(UnsafeName, name, "")
	}
	return nil
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// checkUnique refuses members of the same name, and a file that is a folder of
// others too.
func checkUnique(members []Member) error {
	const folder, file = 1, 2
	kinds := make(map[string]int, len(members))
	for _, m := range members {
		name, kind := strings.TrimSuffix(m.Name, "/"), file
		if name != m.Name {
			kind = folder
		}
		if known, taken := kinds[name]; taken {
			if known == kind {
				return refuse(SameName, m.Name, "")
			}
			return refuse(SameName, m.Name, detailFileAndFolder)
		}
		kinds[name] = kind
	}
	parents := map[string]bool{}
	for _, m := range members {
		name := strings.TrimSuffix(m.Name, "/")
		for {
			slash := strings.LastIndexByte(name, '/')
			if slash < 0 || parents[name[:slash]] {
				break
			}
			name = name[:slash]
			parents[name] = true
			if kinds[name] == file {
				return refuse(SameName, name, detailFileAndFolder)
			}
		}
	}
	return nil
}

// checkPlaces refuses two members of a wheel that pip puts in one place: which of
// them stays there is not the one that was read. Of commands the same content
// passes, which setup.py's scripts and data_files may both bring.
func checkPlaces(members []Member) error {
	type place struct {
		scheme Scheme
		name   string
	}
	// Where upper and lower case are one the last of two such files would stay:
	// another METADATA than the one that was read.
	info := map[string]bool{}
	inData := map[place]Member{}
	for _, m := range members {
		top, _, _ := strings.Cut(m.Name, "/")
		if strings.HasSuffix(folded(top), infoSuffix) && !m.IsFolder() {
			key := folded(m.Name)
			if info[key] {
				return refuse(SameName, m.Name, "")
			}
			info[key] = true
		}
		if m.IsFolder() || !strings.HasSuffix(top, ".data") {
			continue
		}
		scheme, name := Place(m.Name)
		earlier, taken := inData[place{scheme, name}]
		same := scheme != Site && m.CRC == earlier.CRC && m.Size == earlier.Size
		if taken && scheme != Nowhere && !same {
			return refuse(SameName, m.Name, detailPlaceTaken, words.Printable(earlier.Name))
		}
		inData[place{scheme, name}] = m
	}
	if len(inData) == 0 {
		return nil
	}
	for _, m := range members {
		if earlier, taken := inData[place{Site, m.Name}]; taken {
			return refuse(SameName, m.Name, detailPlaceTaken, words.Printable(earlier.Name))
		}
	}
	return nil
}
