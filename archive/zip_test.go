package archive

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// entry is a member of a zip that is written byte by byte, so that anything
// can be a lie.
type entry struct {
	name, localName string // localName "" is name
	content         string
	deflate         bool
	flags           uint16
	localFlags      int // -1: as flags
	method          int // -1: as deflate says
	extra           []byte
	localExtra      []byte
	mode            uint32
	size, crc       int64 // in the directory; -1: the truth
	compressed      int64
	localSize       int64
	localCRC        int64
	offset          int64 // -1: the truth
	before          string
	disk            uint16
	version         uint16
}

func plainEntry(name, content string) entry {
	return entry{name: name, content: content, localFlags: -1, method: -1, size: -1, crc: -1, compressed: -1,
		localSize: -1, localCRC: -1, offset: -1, version: 20, mode: 0o100644}
}

// layout says what stands around the members of a zip.
type layout struct {
	prefix, afterMembers, comment, suffix string
	count, size, offset                   int64 // -1: the truth
	zip64                                 bool
	zip64Place                            int64
	commentLength                         int
}

func plainLayout() layout {
	return layout{count: -1, size: -1, offset: -1, zip64Place: -1, commentLength: -1}
}

func or(value, truth int64) int64 {
	if value < 0 {
		return truth
	}
	return value
}

func makeZip(l layout, entries ...entry) []byte {
	little := binary.LittleEndian
	out := []byte(l.prefix)
	var directory []byte
	for _, e := range entries {
		out = append(out, e.before...)
		data, method := []byte(e.content), int64(methodStored)
		if e.deflate {
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, 9)
			w.Write(data)
			w.Close()
			data, method = b.Bytes(), methodDeflated
		}
		method = or(int64(e.method), method)
		crc := int64(crc32.ChecksumIEEE([]byte(e.content)))
		offset, localName := int64(len(out)), e.localName
		if localName == "" {
			localName = e.name
		}
		out = append(out, localSignature...)
		out = little.AppendUint16(out, e.version)
		out = little.AppendUint16(out, uint16(or(int64(e.localFlags), int64(e.flags))))
		out = little.AppendUint16(out, uint16(method))
		out = append(out, 0, 0, 0x21, 0)
		out = little.AppendUint32(out, uint32(or(e.localCRC, crc)))
		out = little.AppendUint32(out, uint32(or(e.localSize, int64(len(data)))))
		out = little.AppendUint32(out, uint32(or(e.localSize, int64(len(e.content)))))
		out = little.AppendUint16(out, uint16(len(localName)))
		out = little.AppendUint16(out, uint16(len(e.localExtra)))
		out = append(append(append(out, localName...), e.localExtra...), data...)

		directory = append(directory, entrySignature...)
		directory = little.AppendUint16(directory, 3<<8|e.version)
		directory = little.AppendUint16(directory, e.version)
		directory = little.AppendUint16(directory, e.flags)
		directory = little.AppendUint16(directory, uint16(method))
		directory = append(directory, 0, 0, 0x21, 0)
		directory = little.AppendUint32(directory, uint32(or(e.crc, crc)))
		directory = little.AppendUint32(directory, uint32(or(e.compressed, int64(len(data)))))
		directory = little.AppendUint32(directory, uint32(or(e.size, int64(len(e.content)))))
		directory = little.AppendUint16(directory, uint16(len(e.name)))
		directory = little.AppendUint16(directory, uint16(len(e.extra)))
		directory = little.AppendUint16(directory, 0)
		directory = little.AppendUint16(directory, e.disk)
		directory = little.AppendUint16(directory, 0)
		directory = little.AppendUint32(directory, e.mode<<16)
		directory = little.AppendUint32(directory, uint32(or(e.offset, offset)))
		directory = append(append(directory, e.name...), e.extra...)
	}
	out = append(out, l.afterMembers...)
	start := int64(len(out))
	out = append(out, directory...)
	count, size, offset := or(l.count, int64(len(entries))), or(l.size, int64(len(directory))), or(l.offset, start)
	if l.zip64 {
		place := int64(len(out))
		out = append(out, end64Signature...)
		out = little.AppendUint64(out, end64Size-12)
		out = append(out, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		for _, n := range []int64{count, count, size, offset} {
			out = little.AppendUint64(out, uint64(n))
		}
		out = append(append(out, locatorSignature...), 0, 0, 0, 0)
		out = little.AppendUint64(out, uint64(or(l.zip64Place, place)))
		out = append(out, 1, 0, 0, 0)
		count, size, offset = 0xffff, 0xffffffff, 0xffffffff
	}
	out = append(append(out, endSignature...), 0, 0, 0, 0)
	out = little.AppendUint16(out, uint16(count))
	out = little.AppendUint16(out, uint16(count))
	out = little.AppendUint32(out, uint32(size))
	out = little.AppendUint32(out, uint32(offset))
	out = little.AppendUint16(out, uint16(or(int64(l.commentLength), int64(len(l.comment)))))
	return append(append(out, l.comment...), l.suffix...)
}

func extraField(kind uint16, data []byte) []byte {
	out := binary.LittleEndian.AppendUint16(nil, kind)
	return append(binary.LittleEndian.AppendUint16(out, uint16(len(data))), data...)
}

func uint64s(values ...uint64) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, v)
	}
	return out
}

func changed(e entry, change func(*entry)) entry {
	change(&e)
	return e
}

func with(change func(*layout)) layout {
	l := plainLayout()
	change(&l)
	return l
}

type zipCase struct {
	name    string
	content []byte
	want    Reason // "" passes
}

func zipCases() []zipCase {
	a, b := plainEntry("a.py", "first"), plainEntry("b/c.py", strings.Repeat("second ", 200))
	b.deflate = true
	one := func(change func(*entry)) []byte { return makeZip(plainLayout(), changed(a, change), b) }
	unicodePath := func(name, second string) []byte {
		data := binary.LittleEndian.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(name)))
		return extraField(extraUnicodePath, append(data, second...))
	}
	whole := makeZip(plainLayout(), a, b)
	return []zipCase{
		{"plain", whole, ""},
		{"empty", makeZip(plainLayout()), ""},
		{"a comment", makeZip(with(func(l *layout) { l.comment = "made by hand" }), a, b), ""},
		{"a folder", makeZip(plainLayout(), plainEntry("b/", ""), b), ""},
		{"zip64", makeZip(with(func(l *layout) { l.zip64 = true }), a, b), ""},
		{"zip64 and a comment", makeZip(with(func(l *layout) { l.zip64, l.comment = true, "x" }), a, b), ""},
		{"zip64 sizes", one(func(e *entry) {
			e.size, e.compressed, e.extra = 0xffffffff, 0xffffffff, extraField(extraZip64, uint64s(5, 5))
			e.localSize, e.localExtra = 0xffffffff, extraField(extraZip64, uint64s(5, 5))
		}), ""},
		{"sizes behind the data", one(func(e *entry) {
			e.flags, e.localSize, e.localCRC = flagDescriptor, 0, 0
		}), ""},
		{"sizes behind the data of zip64", one(func(e *entry) {
			e.flags, e.localSize, e.localCRC = flagDescriptor, 0xffffffff, 0
			e.localExtra = extraField(extraZip64, uint64s(0, 0))
		}), ""},
		{"UTF-8", one(func(e *entry) { e.name, e.flags = "\u00e9.py", flagUTF8 }), ""},
		{"code page 437", one(func(e *entry) { e.name = "\x82\xe1.py" }), ""},
		{"the same name again as Unicode", one(func(e *entry) { e.extra = unicodePath("a.py", "a.py") }), ""},
		{"an unknown extra field", one(func(e *entry) { e.extra = append(extraField(0x5455, []byte{1, 2, 3, 4, 5}), 1, 2) }),
			""},
		{"a symbolic link", one(func(e *entry) { e.mode = 0o120777 }), ""},
		{"a gap", makeZip(plainLayout(), a, changed(b, func(e *entry) { e.before = "between" })), ""},

		{"nothing", nil, NotAnArchive},
		{"text", []byte(strings.Repeat("no archive at all\n", 10)), NotAnArchive},
		{"cut off", whole[:len(whole)-5], Truncated},
		{"cut off further", whole[:len(whole)-25], NotAnArchive},
		{"the beginning is gone", whole[7:], DataAround},
		{"something before", makeZip(with(func(l *layout) { l.prefix, l.offset = "#!/bin/sh\n", -1 }), a, b), DataAround},
		{"something before, unsaid", append([]byte("#!/bin/sh\n"), whole...), DataAround},
		{"something behind", makeZip(with(func(l *layout) { l.suffix = "more" }), a, b), DataAround},
		{"zeros behind", makeZip(with(func(l *layout) { l.suffix = strings.Repeat("\x00", 600) }), a, b), DataAround},
		{"something behind the directory", append(slices.Clone(whole[:len(whole)-22]),
			append([]byte("gap!"), whole[len(whole)-22:]...)...), DataAround},
		{"an archive in the comment", makeZip(with(func(l *layout) {
			l.comment =
				string(makeZip(plainLayout(), plainEntry("z.py", "z")))
		}), a, b), DataAround},
		{"an end record in the comment", makeZip(with(func(l *layout) { l.comment = string(whole[len(whole)-22:]) + "x" }), a,
			b), DataAround},
		{"a comment that is too short", makeZip(with(func(l *layout) { l.comment, l.commentLength = "abc", 2 }), a, b),
			DataAround},
		{"fewer members are claimed", makeZip(with(func(l *layout) { l.count = 1 }), a, b), TwoReadings},
		{"more members are claimed", makeZip(with(func(l *layout) { l.count = 3 }), a, b), TwoReadings},
		{"a smaller directory is claimed", makeZip(with(func(l *layout) { l.size = 50 }), a, b), DataAround},
		{"another place is claimed", makeZip(with(func(l *layout) { l.offset = 1 }), a, b), DataAround},
		{"a far place is claimed", makeZip(with(func(l *layout) { l.offset = 1 << 31 }), a, b), DataAround},
		{"an endless directory is claimed", makeZip(with(func(l *layout) { l.size = 0xfffffff0 }), a, b), TooLarge},
		{"zip64 elsewhere", makeZip(with(func(l *layout) { l.zip64, l.zip64Place = true, 3 }), a, b), TwoReadings},
		{"zip64 sizes that are not there", one(func(e *entry) { e.size, e.compressed = 0xffffffff, 0xffffffff }),
			Overlapping},
		{"zip64 sizes that are cut off", one(func(e *entry) {
			e.size, e.extra = 0xffffffff, extraField(extraZip64, []byte{1, 2, 3})
		}), TwoReadings},
		{"zip64 sizes twice", one(func(e *entry) {
			e.size, e.extra = 0xffffffff, append(extraField(extraZip64, uint64s(5)), extraField(extraZip64, uint64s(6))...)
		}), TwoReadings},
		{"an extra field that is cut off", one(func(e *entry) { e.extra = []byte{1, 0, 9, 0, 1} }), TwoReadings},
		{"a second name as Unicode", one(func(e *entry) { e.extra = unicodePath("a.py", "sitecustomize.py") }), TwoReadings},
		{"encrypted", one(func(e *entry) { e.flags = flagEncrypted }), Encrypted},
		{"encrypted in its own header alone", one(func(e *entry) { e.localFlags = flagEncrypted }), HeadersDiffer},
		{"a patch", one(func(e *entry) { e.flags = flagPatch }), UnsupportedFlag},
		{"of a version to come", one(func(e *entry) { e.version = 99 }), UnsupportedFlag},
		{"bzip2", one(func(e *entry) { e.method = 12 }), UnknownMethod},
		{"another disk", one(func(e *entry) { e.disk = 1 }), TwoReadings},
		{"NUL", one(func(e *entry) { e.name = "a.py\x00.txt" }), UnsafeName},
		{"a backslash", one(func(e *entry) { e.name = `b\c.py` }), UnsafeName},
		{"upwards", one(func(e *entry) { e.name = "../a.py" }), UnsafeName},
		{"upwards inside", one(func(e *entry) { e.name = "x/../a.py" }), UnsafeName},
		{"upwards at the end", one(func(e *entry) { e.name = "x/.." }), UnsafeName},
		{"absolute", one(func(e *entry) { e.name = "/a.py" }), UnsafeName},
		{"a drive", one(func(e *entry) { e.name = "C:a.py" }), UnsafeName},
		{"a dot", one(func(e *entry) { e.name = "x/./a.py" }), UnsafeName},
		{"two slashes", one(func(e *entry) { e.name = "x//a.py" }), UnsafeName},
		{"no name", one(func(e *entry) { e.name = "" }), UnsafeName},
		{"no UTF-8", one(func(e *entry) { e.name, e.flags = "\xff.py", flagUTF8 }), UnsafeName},
		{"an endless name", one(func(e *entry) { e.name = strings.Repeat("x", 5000) }), TooLarge},
		{"one name twice", makeZip(plainLayout(), a, a), SameName},
		{"a file and a folder", makeZip(plainLayout(), plainEntry("b", "x"), b), SameName},
		{"a file and its folder", makeZip(plainLayout(), plainEntry("b", "x"), plainEntry("b/", "")), SameName},
		{"a folder with content", makeZip(plainLayout(), plainEntry("b/", "x")), SameName},
		{"another name in its own header", one(func(e *entry) { e.localName = "z.py" }), HeadersDiffer},
		{"a longer name in its own header", one(func(e *entry) { e.localName = "a.py.txt" }), HeadersDiffer},
		{"another size in its own header", one(func(e *entry) { e.localSize = 3 }), HeadersDiffer},
		{"another checksum in its own header", one(func(e *entry) { e.localCRC = 3 }), HeadersDiffer},
		{"no sizes in its own header", one(func(e *entry) { e.localSize = 0 }), HeadersDiffer},
		{"a stored member of two sizes", one(func(e *entry) { e.size = 3 }), HeadersDiffer},
		{"one member in another", makeZip(plainLayout(), a, changed(b, func(e *entry) { e.offset = 10 })), Overlapping},
		{"two entries for one member",
			makeZip(plainLayout(), a, changed(plainEntry("z.py", "first"), func(e *entry) { e.offset = 0 })), Overlapping},
		{"no header where it is said to be", makeZip(plainLayout(), a, changed(b, func(e *entry) {
			e.before, e.offset =
				"xxxx", 41
		})), HeadersDiffer},
		{"too much for its place", one(func(e *entry) { e.size, e.compressed = 5000, 5000 }), Overlapping},
		{"beyond the end", one(func(e *entry) { e.offset = 1 << 30 }), DataAround},
		{"an extra field that overlaps", makeZip(plainLayout(), changed(a, func(e *entry) { e.localExtra = []byte("four") }),
			changed(b, func(e *entry) { e.offset = 39 })), Overlapping},
	}
}

func openBytes(content []byte) (*Wheel, error) {
	return OpenWheel(bytes.NewReader(content), int64(len(content)))
}

func TestZips(t *testing.T) {
	for _, test := range zipCases() {
		t.Run(test.name, func(t *testing.T) {
			_, err := openBytes(test.content)
			if ReasonOf(err) != test.want || (err != nil) != (test.want != "") {
				t.Errorf("%v, not %q", err, test.want)
			}
		})
	}
}

// Content that is not what the directory says is found when it is read.
func TestReadsMembers(t *testing.T) {
	long := plainEntry("long.py", strings.Repeat("x", 100_000))
	long.deflate = true
	tests := []struct {
		name  string
		entry entry
		limit int64
		want  Reason
	}{
		{"deflated", long, 1 << 20, ""},
		{"stored", plainEntry("a.py", "abc"), 3, ""},
		{"nothing", plainEntry("a.py", ""), 0, ""},
		{"more than the limit", long, 99_999, TooLarge},
		{"another checksum", changed(long, func(e *entry) { e.crc, e.localCRC = 1, 1 }), 1 << 20, Damaged},
		{"longer than it says", changed(long, func(e *entry) { e.size, e.flags, e.localSize = 99, flagDescriptor, 0 }),
			1 << 20, Damaged},
		{"shorter than it says", changed(long, func(e *entry) { e.size, e.flags, e.localSize = 100_001, flagDescriptor, 0 }),
			1 << 20, Damaged},
		{"a bomb's claim", changed(long, func(e *entry) { e.size, e.flags, e.localSize = 1<<31-1, flagDescriptor, 0 }),
			1 << 31, Damaged},
		{"not deflated at all", changed(plainEntry("a.py", strings.Repeat("\xff", 40)), func(e *entry) {
			e.method =
				methodDeflated
		}), 1 << 20, Damaged},
		{"deflated and cut off", changed(plainEntry("a.py", "\x00\xff"), func(e *entry) { e.method = methodDeflated }),
			1 << 20, Truncated},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, err := openBytes(makeZip(plainLayout(), test.entry))
			if err != nil {
				t.Fatal(err)
			}
			content, err := w.Read(test.entry.name, test.limit)
			if ReasonOf(err) != test.want || err == nil && string(content) != test.entry.content {
				t.Errorf("%v, not %q", err, test.want)
			}
		})
	}
	w, err := openBytes(makeZip(plainLayout(), long))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Read("absent.py", 1); ReasonOf(err) != NoSuchMember {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := OpenWheel(failingReader{broken}, 5000); !errors.Is(err, broken) || ReasonOf(err) != "" {
		t.Error(err)
	}
}

type failingReader struct{ err error }

func (f failingReader) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// A directory is had from the end of a file, and a member alone.
func TestReadsByRanges(t *testing.T) {
	distribution := testkit.Distribution{Name: "ranges", Version: "1.0", Files: map[string]string{}}
	for i := range 3000 {
		distribution.Files[fmt.Sprintf("ranges/module_%d.py", i)] = strings.Repeat("x = 1\n", i%7)
	}
	distribution.Files["ranges.pth"] = "import os\n"
	_, content := distribution.Wheel()
	size := int64(len(content))
	for _, first := range []int64{0, 5, 22, 100, 4096, size, size + 10} {
		from, requests := max(size-first, 0), 0
		var members []Member
		for more := from; more >= 0; requests++ {
			from = more
			var err error
			if members, more, err = ReadDirectory(content[from:], size); err != nil {
				t.Fatal(err)
			}
		}
		if len(members) != len(distribution.Files)+4 || requests > 4 {
			t.Fatalf("first %d bytes: %d members after %d requests", first, len(members), requests)
		}
		if from == 0 && first < size {
			t.Errorf("first %d bytes: the whole file was asked for", first)
		}
		hook := members[slices.IndexFunc(members, func(m Member) bool { return m.Name == "ranges.pth" })]
		offset, length := hook.Extent()
		if length > 200 {
			t.Errorf("a member of 10 bytes takes %d", length)
		}
		part := Part{offset, content[offset : offset+length]}
		if text, err := ReadMember(part, hook, 100); err != nil || string(text) != "import os\n" {
			t.Errorf("%q %v", text, err)
		}
		if _, err := newWheel(part, members).Read("ranges/module_6.py", 100); ReasonOf(err) != Truncated {
			t.Errorf("outside of the part: %v", err)
		}
	}
}

func TestWheelMetadata(t *testing.T) {
	wheel := func(files ...string) []byte {
		var entries []entry
		for i := 0; i < len(files); i += 2 {
			entries = append(entries, plainEntry(files[i], files[i+1]))
		}
		return makeZip(plainLayout(), entries...)
	}
	metadata := "Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\n"
	tests := []struct {
		name    string
		content []byte
		want    Reason
	}{
		{"plain", wheel("foo_bar-1.0.dist-info/METADATA", metadata), ""},
		{"another spelling", wheel("Foo.BAR-1.0.dist-info/METADATA", metadata), ""},
		{"none", wheel("foo_bar/METADATA", metadata), WrongInfo},
		{"two", wheel("foo_bar-1.0.dist-info/METADATA", metadata, "z-1.dist-info/METADATA", ""), WrongInfo},
		{"of another", wheel("foo-1.0.dist-info/METADATA", metadata), WrongInfo},
		{"of a longer name", wheel("foo_bar_baz-1.0.dist-info/METADATA", metadata), WrongInfo},
		{"without version", wheel("foo_bar.dist-info/METADATA", metadata), WrongInfo},
		{"empty", wheel("foo_bar-1.0.dist-info/METADATA", "", "foo_bar-1.0.dist-info/PKG-INFO", metadata), WrongInfo},
		{"without METADATA", wheel("foo_bar-1.0.dist-info/WHEEL", ""), NoSuchMember},
		{"deeper", wheel("x/foo_bar-1.0.dist-info/METADATA", metadata), WrongInfo},
		{"a file", wheel("foo_bar-1.0.dist-info", metadata), NoSuchMember},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, err := openBytes(test.content)
			if err != nil {
				t.Fatal(err)
			}
			content, err := w.Metadata("foo-bar")
			if ReasonOf(err) != test.want || err == nil && string(content) != metadata {
				t.Errorf("%q %v, not %q", content, err, test.want)
			}
		})
	}
	_, content := testkit.Distribution{Name: "foo-bar", Version: "1.0", Tag: "cp311-cp311-any"}.Wheel()
	w, err := openBytes(content)
	if err != nil {
		t.Fatal(err)
	}
	said, err := w.WheelFile("foo-bar")
	if err != nil || !said.RootIsPurelib || !slices.Equal(said.Tags, []string{"cp311-cp311-any"}) {
		t.Errorf("%+v %v", said, err)
	}
}

// Many members in deep folders are read, too many are not.
func TestManyMembers(t *testing.T) {
	var entries []entry
	for i := range 30_000 {
		entries = append(entries, plainEntry(strings.Repeat("a/", 60)+fmt.Sprint(i), ""))
	}
	content := makeZip(with(func(l *layout) { l.zip64 = true }), entries...)
	w, err := openBytes(content)
	if err != nil || len(w.Members) != len(entries) {
		t.Fatalf("%v", err)
	}
	claimed := makeZip(with(func(l *layout) { l.zip64, l.count = true, maximalMembers+1 }), entries...)
	if _, err := openBytes(claimed); ReasonOf(err) != TooLarge {
		t.Error(err)
	}
}

// randomZip is one of the cases with some of its bytes changed.
func randomZip(r *rand.Rand, bases [][]byte) []byte {
	content := slices.Clone(bases[r.IntN(len(bases))])
	for range 1 + r.IntN(3) {
		if len(content) == 0 {
			break
		}
		at := r.IntN(len(content))
		if r.IntN(2) == 0 { // the end holds what matters
			at = len(content) - 1 - r.IntN(min(len(content), 200))
		}
		switch r.IntN(6) {
		case 0:
			content[at] = byte(r.IntN(256))
		case 1:
			content[at] ^= 1 << r.IntN(8)
		case 2:
			content = slices.Delete(content, at, min(at+1+r.IntN(4), len(content)))
		case 3:
			content = slices.Insert(content, at, []byte("PK\x05\x06")[:1+r.IntN(4)]...)
		case 4:
			content[at] = []byte{0, 1, 0xff, 8, 0x50}[r.IntN(5)]
		case 5:
			content = append(content, []byte{0, 'x', 'P'}[r.IntN(3)])
		}
	}
	return content
}

// builtZip is an archive of members that are right, each in a form of its own,
// with a lie here and there.
func builtZip(r *rand.Rand) []byte {
	some := func(oneIn int) bool { return r.IntN(oneIn) == 0 }
	var entries []entry
	for i := range 1 + r.IntN(4) {
		names := []string{"a%d.py", "b/%d", "b/c/%d.pth", "\u00e9%d", "\x82\xff%d", "x %d", "%d~", "folder%d/", "A%d.PY"}
		e := plainEntry(fmt.Sprintf(names[r.IntN(len(names))], i), strings.Repeat("content ", r.IntN(50)))
		if strings.HasSuffix(e.name, "/") {
			e.content = ""
		}
		e.deflate = some(2)
		if strings.HasPrefix(e.name, "\u00e9") && !some(4) {
			e.flags = flagUTF8
		}
		size := uint64(len(e.content))
		switch r.IntN(8) {
		case 0:
			e.flags, e.localSize, e.localCRC = e.flags|flagDescriptor, 0, 0
		case 1:
			e.extra = append(extraField(0x5455, []byte{1, 2, 3, 4, 5}), make([]byte, r.IntN(4))...)
		case 2:
			if !e.deflate {
				e.size, e.compressed, e.extra = 0xffffffff, 0xffffffff, extraField(extraZip64, uint64s(size, size))
			}
		case 3:
			e.localExtra = make([]byte, r.IntN(40))
		case 4:
			e.mode = []uint32{0, 0o120777, 0o100755, 0o40755, 0o10644}[r.IntN(5)]
		case 5:
			if some(3) {
				e.before = "gap"
			}
		case 6:
			e.version = []uint16{10, 20, 45, 63, 64}[r.IntN(5)]
		case 7:
			if some(4) {
				e.localName = "other"
			}
		}
		entries = append(entries, e)
	}
	l := plainLayout()
	l.zip64 = some(4)
	if some(4) {
		l.comment = []string{"comment", "PK\x05", "PK\x01\x02", strings.Repeat("c", 70_000)[:65_535], "\x00"}[r.IntN(5)]
	}
	if some(10) {
		l.suffix = "\x00"
	}
	return makeZip(l, entries...)
}

func readZipSample(s sample) ([]pythonMember, error) {
	w, err := openBytes(s.Content)
	if err != nil {
		return nil, err
	}
	members := make([]pythonMember, len(w.Members))
	for i, m := range w.Members {
		content, err := w.Read(m.Name, 1<<20)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		members[i] = pythonMember{Name: latin1(m.Name), Size: m.Size, Sum: hex.EncodeToString(sum[:])}
	}
	return members, nil
}

// What passes is what every Python reads.
func TestZipsAgreeWithPython(t *testing.T) {
	var samples []sample
	var bases [][]byte
	for _, test := range zipCases() {
		if test.want == "" {
			bases = append(bases, test.content)
		}
		samples = append(samples, sample{"x.zip", test.content})
	}
	_, wheel := testkit.Distribution{Name: "a", Version: "1", Files: map[string]string{"a.pth": "import os\n"}}.Wheel()
	bases = append(bases, wheel, wheel, wheel)
	random := rand.New(rand.NewPCG(14, 11))
	for range 3 * randomCases(t) {
		samples = append(samples, sample{"x.zip", randomZip(random, bases)})
	}
	for range randomCases(t) {
		samples = append(samples, sample{"x.zip", builtZip(random)})
	}
	samples = append(samples, corpusSamples(t, "FuzzWheel", "x.zip")...)
	comparePythons(t, samples, readZipSample)
}

// Whatever Go's own reader makes of an archive that passes, it is the same.
func FuzzWheel(f *testing.F) {
	for _, test := range zipCases() {
		if len(test.content) < 5000 {
			f.Add(test.content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		w, err := openBytes(content)
		if err != nil {
			if ReasonOf(err) == "" || err.Error() == "" {
				t.Errorf("no refusal: %v", err)
			}
			return
		}
		other, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatalf("Go's reader says %v", err)
		}
		if len(other.File) != len(w.Members) {
			t.Fatalf("%d members, Go's reader has %d", len(w.Members), len(other.File))
		}
		for i, m := range w.Members {
			if m.raw != other.File[i].Name || uint64(m.Size) != other.File[i].UncompressedSize64 {
				t.Errorf("%+v, Go's reader has %+v", m, other.File[i])
			}
			mine, err := w.Read(m.Name, 1<<20)
			if err != nil {
				continue
			}
			file, err := other.File[i].Open()
			if err != nil {
				continue // of a folder with a data descriptor
			}
			theirs, err := io.ReadAll(file)
			if err == nil && !bytes.Equal(mine, theirs) {
				t.Errorf("%s: %q, Go's reader has %q", m.Name, mine, theirs)
			}
		}
	})
}

// corpusSamples gives the committed corpus of a fuzz target.
func corpusSamples(t *testing.T, target, name string) []sample {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
	if len(paths) == 0 {
		t.Fatalf("the corpus of %s is gone", target)
	}
	var samples []sample
	for _, path := range paths {
		samples = append(samples, sample{name, testkit.CorpusBytes(t, path)})
	}
	return samples
}
