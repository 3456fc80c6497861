package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"thresher/internal/testkit"
	"thresher/pep"
)

// block is one header of a tar, with its data, written byte by byte.
type block struct {
	name, link, prefix string
	kind               byte
	data               string
	magic              string
	size               string // as it stands in the header; "" is the truth
	mtime              string
	spoil              func([]byte) // changes the header before its checksum is made
	sum                string       // "" is the truth
	short              bool         // the data is not padded
}

func (b block) bytes() []byte {
	header := make([]byte, tarBlock)
	copy(header, b.name)
	copy(header[100:], "0000644\x00")
	copy(header[108:], "0001750\x000001750\x00")
	size := b.size
	if size == "" {
		size = fmt.Sprintf("%011o\x00", len(b.data))
	}
	copy(header[124:], size)
	copy(header[136:], "00000000000\x00")
	copy(header[136:], b.mtime)
	header[156] = b.kind
	copy(header[157:], b.link)
	magic := b.magic
	if magic == "" {
		magic = "ustar\x0000"
	}
	copy(header[257:], magic)
	copy(header[345:], b.prefix)
	if b.spoil != nil {
		b.spoil(header)
	}
	copy(header[148:], "        ")
	sum := 0
	for _, c := range header {
		sum += int(c)
	}
	text := b.sum
	if text == "" {
		text = fmt.Sprintf("%06o\x00 ", sum)
	}
	copy(header[148:156], text)
	out := append(header, b.data...)
	if b.short {
		return out
	}
	return append(out, make([]byte, padded(int64(len(b.data)))-int64(len(b.data)))...)
}

const zeros = 1024

// makeTar puts headers together, with end zeros behind.
func makeTar(end int, blocks ...block) []byte {
	var out []byte
	for _, b := range blocks {
		out = append(out, b.bytes()...)
	}
	return append(out, make([]byte, end)...)
}

func gzipped(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func pax(records ...string) string {
	var b strings.Builder
	for i := 0; i < len(records); i += 2 {
		rest := " " + records[i] + "=" + records[i+1] + "\n"
		length := len(rest) + 1
		for len(fmt.Sprint(length))+len(rest) != length {
			length++
		}
		fmt.Fprintf(&b, "%d%s", length, rest)
	}
	return b.String()
}

func file(name, content string) block { return block{name: name, kind: '0', data: content} }

type tarCase struct {
	name, filename string
	content        []byte
	want           Reason
}

func tarCases() []tarCase {
	info := file("x-1/PKG-INFO", "Name: x\nVersion: 1\n")
	long := strings.Repeat("long/", 40) + "name.py"
	plain := makeTar(zeros, block{name: "x-1/", kind: '5'}, info, file("x-1/a.py", strings.Repeat("a", 700)))
	some := func(blocks ...block) []byte { return makeTar(zeros, append([]block{info}, blocks...)...) }
	return []tarCase{
		{"plain", "x.tar", plain, ""},
		{"gzip", "x.tar.gz", gzipped(plain), ""},
		{"gzip by another ending", "X.TGZ", gzipped(plain), ""},
		{"gzip in .tar", "x.tar", gzipped(plain), ""},
		{"two gzip members", "x.tar.gz", append(gzipped(plain[:700]), gzipped(plain[700:])...), ""},
		{"gzip padded by zeros", "x.tar.gz", append(gzipped(plain), make([]byte, 5000)...), ""},
		{"gzip with zeros between", "x.tar.gz", append(append(gzipped(plain[:512]), 0, 0), gzipped(plain[512:])...), ""},
		{"many zeros behind", "x.tar", append(slices.Clone(plain), make([]byte, 20480)...), ""},
		{"no end", "x.tar", makeTar(0, info), ""},
		{"one block of zeros", "x.tar", makeTar(512, info), ""},
		{"no members", "x.tar", make([]byte, 1024), ""},
		{"a long name of GNU", "x.tar",
			some(block{name: "././@LongLink", kind: 'L', magic: "ustar  \x00", data: long + "\x00"},
				block{name: long[:100], kind: '0', magic: "ustar  \x00", data: "content"}), ""},
		{"a long link of GNU", "x.tar", some(block{name: "././@LongLink", kind: 'K', data: long + "\x00"},
			block{name: "././@LongLink", kind: 'L', data: long + "2\x00"}, block{name: "x", kind: '2', link: "short"}), ""},
		{"a long folder of GNU", "x.tar", some(block{name: "././@LongLink", kind: 'L', data: long + "/\x00"},
			block{name: "x/", kind: '5'}), ""},
		{"an old folder behind a long name of GNU", "x.tar", some(
			block{name: "././@LongLink", kind: 'L', data: long + "\x00"}, block{name: long[:100]}), TwoReadings},
		{"an old folder behind pax", "x.tar", some(block{name: "P", kind: 'x', data: pax("path", long)}, block{name: "x/"}),
			TwoReadings},
		{"an old folder", "x.tar", some(block{name: "x/"}), ""},
		{"a long name by prefix", "x.tar", some(block{name: "name.py", prefix: "x-1/long", kind: '0', data: "content"}), ""},
		{"a long name by pax", "x.tar", some(block{name: "PaxHeaders/x", kind: 'x', data: pax("mtime", "1.5", "path", long)},
			file("short", "content")), ""},
		{"a link by pax", "x.tar", some(block{name: "P", kind: 'x', data: pax("linkpath", long)},
			block{name: "l", kind: '2', link: "x"}), ""},
		{"a size by pax", "x.tar", some(block{name: "P", kind: 'x', data: pax("size", "7")}, file("a", "content")), ""},
		{"UTF-8 by pax", "x.tar", some(block{name: "P", kind: 'x', data: pax("path", "x-1/\u00e9")}, file("a", "content")),
			""},
		{"a comment for all", "x.tar",
			append(block{name: "pax_global_header", kind: 'g', data: pax("comment", "abc")}.bytes(), plain...), ""},
		{"links", "x.tar", some(block{name: "s", kind: '2', link: "x-1/PKG-INFO"},
			block{name: "h", kind: '1', link: "x-1/PKG-INFO"}), ""},
		{"a pipe", "x.tar", some(block{name: "p", kind: '6'}), ""},
		{"of old", "x.tar", some(block{name: "old/", kind: 0, magic: "\x00"},
			block{name: "old/a", kind: 0, magic: "\x00", data: "a"}), ""},
		{"contiguous", "x.tar", some(block{name: "c", kind: '7', data: "abc"}), ""},
		{"bytes that are no UTF-8", "x.tar", some(file("\xe9\xff", "abc")), ""},
		{"a binary size", "x.tar", some(block{name: "b", kind: '0', data: "abc", size: "\x80" + strings.Repeat("\x00", 10) +
			"\x03"}), ""},
		{"a negative time", "x.tar", some(block{name: "b", kind: '0', mtime: strings.Repeat("\xff", 12)}), ""},
		{"blanks around numbers", "x.tar", some(block{name: "b", kind: '0', data: "abc", size: "         3 \x00"}), ""},
		{"a dot before", "x.tar", makeTar(zeros, block{name: "./", kind: '5'}, file("./x-1/a.py", "")), ""},
		{"one name twice", "x.tar", some(file("x-1/a.py", "one"), file("x-1/a.py", "two")), ""},

		{"nothing", "x.tar", nil, NotAnArchive},
		{"text", "x.tar", []byte(strings.Repeat("no archive at all\n", 100)), TwoReadings},
		{"no gzip", "x.tar.gz", plain, NotAnArchive},
		{"no bzip2", "x.tar.bz2", plain, Damaged},
		{"xz", "x.tar.xz", []byte("\xfd7zXZ\x00"), UnreadableForm},
		{"xz in .tar", "x.tar", []byte("\xfd7zXZ\x00abcdefg"), UnreadableForm},
		{"lzma", "x.tlz", plain, UnreadableForm},
		{"no archive by its name", "x.txt", plain, UnreadableForm},
		{"gzip cut off", "x.tar.gz", gzipped(plain)[:60], Truncated},
		{"gzip without its last bytes", "x.tar.gz", gzipped(plain)[:len(gzipped(plain))-4], Truncated},
		{"gzip with a wrong checksum", "x.tar.gz", func() []byte { b := gzipped(plain); b[len(b)-8] ^= 1; return b }(),
			Damaged},
		{"garbage behind gzip", "x.tar.gz", append(gzipped(plain), "garbage behind"...), DataAround},
		{"garbage and zeros behind gzip", "x.tar.gz", append(gzipped(plain), "\x00\x00\x00g"...), DataAround},
		{"a tar behind the end", "x.tar", append(slices.Clone(plain), plain...), DataAround},
		{"a tar behind one block of zeros", "x.tar", append(makeTar(512, info), plain...), DataAround},
		{"a tar behind gzip's end", "x.tar.gz", append(gzipped(plain), gzipped(plain)...), DataAround},
		{"cut off in a header", "x.tar", plain[:700], Truncated},
		{"cut off in the data", "x.tar", makeTar(0, file("a", strings.Repeat("a", 700)))[:1100], Truncated},
		{"cut off in the padding", "x.tar", makeTar(0, block{name: "a", kind: '0', data: "a", short: true}), Truncated},
		{"a wrong checksum", "x.tar", some(block{name: "b", kind: '0', sum: "000001\x00 "}), TwoReadings},
		{"a wrong checksum first", "x.tar", makeTar(zeros, block{name: "b", kind: '0', sum: "000001\x00 "}), TwoReadings},
		{"a size that is no number", "x.tar", some(block{name: "b", kind: '0', size: "1_0"}), TwoReadings},
		{"a size in Python's octal", "x.tar", some(block{name: "b", kind: '0', size: "0o3"}), TwoReadings},
		{"a negative size", "x.tar", some(block{name: "b", kind: '0', size: strings.Repeat("\xff", 12)}), TwoReadings},
		{"a time that is no number", "x.tar", some(block{name: "b", kind: '0', mtime: "yesterday"}), TwoReadings},
		{"an endless size", "x.tar", some(block{name: "b", kind: '0', size: "77777777777\x00"}), TooLarge},
		{"a sparse file", "x.tar", some(block{name: "b", kind: 'S'}), UnreadableForm},
		{"a sparse file of pax", "x.tar",
			some(block{name: "P", kind: 'x', data: pax("GNU.sparse.name", "z", "GNU.sparse.map", "0,1")}, file("a", "a")),
			UnreadableForm},
		{"an unknown type", "x.tar", some(block{name: "b", kind: 'Z'}), UnreadableForm},
		{"a folder with content", "x.tar", some(block{name: "b/", kind: '5', data: "abc"}), TwoReadings},
		{"a link with content", "x.tar", some(block{name: "b", kind: '1', link: "x", data: "abc"}), TwoReadings},
		{"another size by pax", "x.tar", some(block{name: "P", kind: 'x', data: pax("size", "600")}, file("a", "content")),
			TwoReadings},
		{"a path for all", "x.tar", append(block{name: "g", kind: 'g', data: pax("path", "z")}.bytes(), plain...),
			TwoReadings},
		{"another character set", "x.tar", some(block{name: "P", kind: 'x', data: pax("hdrcharset", "BINARY")},
			file("a", "")), TwoReadings},
		{"a record that is too long", "x.tar", some(block{name: "P", kind: 'x', data: "90 path=z\n"}, file("a", "")),
			TwoReadings},
		{"a record that is too short", "x.tar", some(block{name: "P", kind: 'x', data: "5 path=z\n"}, file("a", "")),
			TwoReadings},
		{"a record twice", "x.tar", some(block{name: "P", kind: 'x', data: pax("path", "y", "path", "z")}, file("a", "")),
			TwoReadings},
		{"NUL by pax", "x.tar", some(block{name: "P", kind: 'x', data: pax("path", "y\x00z")}, file("a", "")), TwoReadings},
		{"a name by GNU and by pax", "x.tar", some(block{name: "L", kind: 'L', data: "y\x00"},
			block{name: "P", kind: 'x', data: pax("path", "z")}, file("a", "")), TwoReadings},
		{"a long name twice", "x.tar", some(block{name: "L", kind: 'L', data: "y\x00"},
			block{name: "L", kind: 'L', data: "z\x00"}, file("a", "")), TwoReadings},
		{"a long name without a member", "x.tar", some(block{name: "L", kind: 'L', data: "y\x00"}), TwoReadings},
		{"pax without a member", "x.tar", some(block{name: "P", kind: 'x', data: pax("path", "z")}), TwoReadings},
		{"a prefix of another format", "x.tar", some(block{name: "b", prefix: "elsewhere", kind: '0', magic: "ustar  \x00"}),
			TwoReadings},
		{"upwards", "x.tar", some(file("x-1/../../b", "")), UnsafeName},
		{"absolute", "x.tar", some(file("/etc/b", "")), UnsafeName},
		{"a file with a slash", "x.tar", some(file("b/", "")), UnsafeName},
		{"PKG-INFO twice", "x.tar", some(file("x-1/PKG-INFO", "Name: y\n")), SameName},
		{"PKG-INFO is a link", "x.tar", some(block{name: "y/PKG-INFO", kind: '2', link: "z"}), UnreadableForm},
		{"an endless PKG-INFO", "x.tar", some(file("y/PKG-INFO", strings.Repeat("x", maximalMetadata+1))), TooLarge},
		{"endless names", "x.tar", some(block{name: "L", kind: 'L', data: strings.Repeat("y", maximalExtended+1)},
			file("a", "")), TooLarge},
	}
}

func TestTars(t *testing.T) {
	for _, test := range tarCases() {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadSdist(bytes.NewReader(test.content), test.filename)
			if ReasonOf(err) != test.want || (err != nil) != (test.want != "") {
				t.Errorf("%v, not %q", err, test.want)
			}
		})
	}
}

func TestSdistMetadata(t *testing.T) {
	distribution := testkit.Distribution{Name: "foo-bar", Version: "1.0", Requires: []string{"baz>=1"},
		Files: map[string]string{
			"foo_bar.egg-info/PKG-INFO":     "Name: foo-bar\nVersion: 1.0\nRequires-Dist: qux\n",
			"foo_bar.egg-info/requires.txt": "one\n[extra]\ntwo @ https://index.example/two.whl\n",
			"foo_bar.egg-info/depends.txt":  "three\n",
			"foo_bar.pth":                   "import os\n",
		}}
	name, content := distribution.Sdist()
	sdist, err := OpenSdist(bytes.NewReader(content), int64(len(content)), name)
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := pep.ParseMetadata(sdist.PkgInfo)
	if err != nil || metadata.Name != "foo-bar" || !slices.Equal(metadata.RequiresDist, []string{"baz>=1"}) ||
		sdist.Root != "foo_bar-1.0" {
		t.Errorf("%+v %v %q", metadata, err, sdist.Root)
	}
	if len(sdist.EggInfo) != 1 || !strings.Contains(string(sdist.EggInfo[0].PkgInfo), "qux") ||
		!strings.Contains(string(sdist.EggInfo[0].RequiresTxt), "two @ https://index.example/two.whl") ||
		string(sdist.EggInfo[0].DependsTxt) != "three\n" {
		t.Errorf("%+v", sdist.EggInfo)
	}
	if !slices.ContainsFunc(sdist.Members, func(m Member) bool {
		return m.Name == "foo_bar-1.0/foo_bar.pth" &&
			m.Size == 10
	}) {
		t.Errorf("%+v", sdist.Members)
	}
	// The same in a zip.
	var entries []entry
	for path, text := range distribution.SourceTree() {
		entries = append(entries, plainEntry("foo_bar-1.0/"+path, text))
	}
	zipped := makeZip(plainLayout(), entries...)
	again, err := OpenSdist(bytes.NewReader(zipped), int64(len(zipped)), "foo_bar-1.0.zip")
	if err != nil || again.Root != sdist.Root || !bytes.Equal(again.PkgInfo, sdist.PkgInfo) || len(again.EggInfo) != 1 {
		t.Errorf("%+v %v", again, err)
	}
	if _, err := ReadSdist(bytes.NewReader(zipped), "foo_bar-1.0.zip"); ReasonOf(err) != UnreadableForm {
		t.Error(err)
	}
	// Without a folder around all, the top is where the members are.
	flat := makeTar(zeros, file("PKG-INFO", "Name: a\n"), file("b/PKG-INFO", "Name: b\n"))
	sdist, err = ReadSdist(bytes.NewReader(flat), "a-1.tar")
	if err != nil || sdist.Root != "" || string(sdist.PkgInfo) != "Name: a\n" {
		t.Errorf("%+v %v", sdist, err)
	}
	broken := errors.New("broken")
	if _, err := ReadSdist(io.MultiReader(bytes.NewReader(content[:100]), iotest.ErrReader(broken)),
		name); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// A bomb is read in little memory, and not to its end.
func TestTarBomb(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(block{name: "x/a", kind: '0', size: "77777777777\x00"}.bytes())
	w.Write(make([]byte, 1<<20))
	w.Close()
	if _, err := ReadSdist(&packed, "x.tar.gz"); ReasonOf(err) != TooLarge {
		t.Error(err)
	}
	// Zeros behind the end count as well.
	endless := io.MultiReader(bytes.NewReader(makeTar(512, file("x/a", ""))), zeroReader{})
	if _, err := ReadSdist(endless, "x.tar"); ReasonOf(err) != TooLarge {
		t.Error(err)
	}
}

type zeroReader struct{}

func (zeroReader) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

func readTarSample(s sample) ([]pythonMember, error) {
	sdist, err := ReadSdist(bytes.NewReader(s.Content), s.Name)
	if err != nil {
		return nil, err
	}
	unpacked, err := unpack(bytes.NewReader(s.Content), s.Name)
	if err != nil {
		return nil, err
	}
	reader := &tarReader{r: unpacked, left: maximalUnpacked}
	members := make([]pythonMember, len(sdist.Members))
	for i, m := range sdist.Members {
		if _, err := reader.next(); err != nil {
			return nil, err
		}
		members[i] = pythonMember{Name: latin1(m.Name), Size: m.Size, Link: latin1(m.Link), Kind: kindOf(m.Mode)}
		if !m.Mode.IsRegular() {
			continue
		}
		content, err := reader.content(m.Size)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		members[i].Sum = hex.EncodeToString(sum[:])
	}
	return members, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeSymlink != 0:
		return "symlink"
	case mode&fs.ModeIrregular != 0:
		return "link"
	case mode&(fs.ModeDevice|fs.ModeNamedPipe) != 0:
		return "device"
	}
	return "file"
}

// randomTar changes some bytes, and makes the checksums good again now and then.
func randomTar(r *rand.Rand, base []byte) []byte {
	content := slices.Clone(base)
	for range 1 + r.IntN(3) {
		if len(content) < tarBlock {
			return content
		}
		start := r.IntN(len(content)/tarBlock) * tarBlock
		at := start + []int{0, 5, 99, 100, 107, 124, 130, 135, 136, 156, 156, 157, 257, 262, 263, 329, 345,
			400, 511}[r.IntN(19)]
		switch r.IntN(5) {
		case 0:
			content[at] = byte(r.IntN(256))
		case 1:
			content[at] = "\x00 017/Lxg25\x80\xff_o+-"[r.IntN(17)]
		case 2:
			content = slices.Delete(content, at, at+1+r.IntN(min(600, len(content)-at)))
		case 3:
			content = slices.Insert(content, start, make([]byte, 512*(1+r.IntN(2)))...)
		case 4:
			content = append(content, base[:min(len(base), 512*(1+r.IntN(3)))]...)
		}
		if start+tarBlock <= len(content) && r.IntN(4) > 0 && !isZero(content[start:start+tarBlock]) {
			header := content[start : start+tarBlock]
			copy(header[148:], "        ")
			sum := 0
			for _, c := range header {
				sum += int(c)
			}
			copy(header[148:], fmt.Sprintf("%06o\x00 ", sum))
		}
	}
	return content
}

// What passes is what every Python reads.
func TestTarsAgreeWithPython(t *testing.T) {
	var samples []sample
	var bases [][]byte
	for _, test := range tarCases() {
		if len(test.content) > 1<<20 {
			continue
		}
		if strings.HasSuffix(test.filename, ".tar") && test.want == "" && len(test.content) > tarBlock {
			bases = append(bases, test.content)
		}
		samples = append(samples, sample{strings.ToLower(test.filename), test.content})
	}
	random := rand.New(rand.NewPCG(11, 14))
	for range 3 * randomCases(t) {
		samples = append(samples, sample{"x.tar", randomTar(random, bases[random.IntN(len(bases))])})
	}
	samples = append(samples, corpusSamples(t, "FuzzTar", "x.tar")...)
	samples = append(samples, corpusSamples(t, "FuzzTarGz", "x.tar.gz")...)
	samples = append(samples, pythonTars(t)...)
	comparePythons(t, samples, readTarSample)
}

// pythonTars are archives as Python's tarfile and the system's tar write them.
func pythonTars(t *testing.T) []sample {
	t.Helper()
	python := testkit.AnyPython(t)
	var samples []sample
	for _, form := range []string{"USTAR_FORMAT", "GNU_FORMAT", "PAX_FORMAT"} {
		for mode, name := range map[string]string{"w": "x.tar", "w:gz": "x.tar.gz", "w:bz2": "x.tar.bz2"} {
			content, err := exec.Command(python.Path, "-I", "-c", `
import io, sys, tarfile
out = io.BytesIO()
with tarfile.open(fileobj=out, mode=sys.argv[2], format=getattr(tarfile, sys.argv[1])) as tar:
    long = "/".join(["some-folder"] * (8 if sys.argv[1] == "USTAR_FORMAT" else 30))
    for name, kind in ("x-1", tarfile.DIRTYPE), ("x-1/PKG-INFO", tarfile.REGTYPE), ("x-1/" + long + "/a.py", tarfile.REGTYPE), \
            ("x-1/" + long, tarfile.DIRTYPE), ("x-1/s", tarfile.SYMTYPE), ("x-1/h", tarfile.LNKTYPE), ("x-1/\u00e9", tarfile.REGTYPE):
        info = tarfile.TarInfo(name)
        info.type, info.mtime = kind, 1700000000.5
        if kind == tarfile.REGTYPE:
            info.size = 5
        if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info.linkname = "x-1/PKG-INFO"
        tar.addfile(info, io.BytesIO(b"12345"))
sys.stdout.buffer.write(out.getvalue())
`, form, mode).Output()
			if err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			if _, err := ReadSdist(bytes.NewReader(content), name); err != nil {
				t.Errorf("%s of Python in %s is refused: %v", name, form, err)
			}
			samples = append(samples, sample{name, content})
		}
	}
	return samples
}

// Whatever Go's own reader makes of a tar that passes, it is the same.
func FuzzTar(f *testing.F) {
	for _, test := range tarCases() {
		if strings.HasSuffix(test.filename, ".tar") && len(test.content) < 10_000 {
			f.Add(test.content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		sdist, err := ReadSdist(bytes.NewReader(content), "x.tar")
		if err != nil {
			if ReasonOf(err) == "" || err.Error() == "" {
				t.Errorf("no refusal: %v", err)
			}
			return
		}
		if sniffed, err := unpack(bytes.NewReader(content), "x.tar"); err != nil {
			t.Fatal(err)
		} else if _, packed := sniffed.(*gzipReader); packed {
			return
		}
		reader := tar.NewReader(bytes.NewReader(content))
		for _, m := range sdist.Members {
			header, err := reader.Next()
			if err != nil {
				return // Go reads a lone block of zeros as an error, and times more strictly
			}
			for header.Typeflag == tar.TypeXGlobalHeader {
				if header, err = reader.Next(); err != nil {
					return
				}
			}
			if name := strings.TrimRight(header.Name, "/"); name != strings.TrimRight(m.Name, "/") && m.Name != "." ||
				header.Size != m.Size {
				t.Errorf("%+v, Go's reader has %+v", m, header)
			}
		}
	})
}

func FuzzTarGz(f *testing.F) {
	for _, test := range tarCases() {
		if !strings.HasSuffix(test.filename, ".tar") && len(test.content) < 10_000 {
			f.Add(test.content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := ReadSdist(bytes.NewReader(content), "x.tar.gz"); err != nil && ReasonOf(err) == "" {
			t.Errorf("no refusal: %v", err)
		}
		if _, err := ReadSdist(iotest.OneByteReader(bytes.NewReader(content)), "x.tar.bz2"); err != nil &&
			ReasonOf(err) == "" {
			t.Errorf("no refusal: %v", err)
		}
	})
}
