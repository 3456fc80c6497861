package archive

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

// hiddenZip is a .tar.gz that Python opens as a zip as well: that lies in a
// field of gzip's header which nothing else reads.
func hiddenZip(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Extra = makeZip(plainLayout(), plainEntry("x-1/setup.py", "print('from the zip')\n"))
	_, err := w.Write(makeTar(zeros, file("x-1/setup.py", "print('from the tar')\n")))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hiddenTar is a zip whose first bytes, header and content of its one member,
// are a tar. The header leaves sizes and checksum out, so that it stays as it is
// when the content gets the checksum that a tar asks for.
func hiddenTar() []byte {
	const headerSize = localSize + len("a")
	build := func(content []byte) []byte {
		member := plainEntry("a", string(content))
		member.flags, member.localSize, member.localCRC = flagDescriptor, 0, 0
		return makeZip(plainLayout(), member)
	}
	content := makeTar(zeros, file("tar.py", "print('from the tar')\n"))[headerSize:]
	sum := 8 * int(' ')
	for i, c := range build(content)[:tarBlock] {
		if i < 148 || 156 <= i {
			sum += int(c)
		}
	}
	copy(content[148-headerSize:], fmt.Sprintf("%06o\x00 ", sum))
	return build(content)
}

// An archive of two kinds is refused under the name of either.
func TestTwoKindsInOne(t *testing.T) {
	zipInTar := hiddenZip(t)
	if _, err := OpenSdist(bytes.NewReader(zipInTar), int64(len(zipInTar)), "x-1.tar.gz"); ReasonOf(err) != TwoReadings {
		t.Errorf("a zip in a .tar.gz: %v", err)
	}
	if _, err := ReadSdist(bytes.NewReader(zipInTar), "x-1.tar.gz"); ReasonOf(err) != TwoReadings {
		t.Errorf("a zip in a stream: %v", err)
	}
	tarInZip := hiddenTar()
	if _, err := OpenSdist(bytes.NewReader(tarInZip), int64(len(tarInZip)), "x-1.zip"); ReasonOf(err) != TwoReadings {
		t.Errorf("a tar in a .zip: %v", err)
	}
	// Python reads them as what their content type may call them.
	answers := askPython(t, testkit.AnyPython(t), []sample{
		{"x.zip", zipInTar}, {"x.tar.gz", zipInTar}, {"x.zip", tarInZip}, {"x.tar", tarInZip},
	})
	for i, answer := range answers {
		if answer.Error != "" || len(answer.Members) == 0 {
			t.Errorf("python does not read sample %d: %+v", i, answer)
		}
	}
	// A member that is a zip is none of the archive's own kinds.
	inner := string(makeZip(plainLayout(), plainEntry("a.py", strings.Repeat("x", 100))))
	outer := gzipped(makeTar(zeros, file("x-1/test.zip", inner)))
	if _, err := ReadSdist(bytes.NewReader(outer), "x-1.tar.gz"); err != nil {
		t.Errorf("a zip among the members: %v", err)
	}
}
