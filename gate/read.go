package gate

import (
	"io"
	"strings"

	"thresher/archive"
	"thresher/inside"
	"thresher/internal/words"
	"thresher/pep"
)

// readable is a file that is here whole.
type readable interface {
	io.ReaderAt
	size() (count int64, ended bool)
}

// readContents opens a wheel or source archive as pip will.
func readContents(filename string, file readable) contents {
	count, _ := file.size()
	if isWheel(filename) {
		return readWheel(filename, file, count)
	}
	return readSdist(filename, file, count)
}

// isWheel says whether pip takes a file of this name for a wheel. It goes by
// small letters: what ends in ".WHL" it unpacks, and builds.
func isWheel(filename string) bool { return strings.HasSuffix(filename, ".whl") }

func readWheel(filename string, file io.ReaderAt, size int64) contents {
	name := ""
	if found := readings(filename, ""); len(found) > 0 {
		name = found[0].name
	}
	wheel, err := archive.OpenWheel(file, size)
	if err != nil {
		return contents{Wheel: true, Problem: words.Printable(err.Error())}
	}
	text, err := wheel.Metadata(name)
	if err != nil {
		return contents{Wheel: true, Problem: words.Printable(err.Error())}
	}
	read, err := contentsOfMetadata(text)
	read.Wheel = true
	if err == nil {
		var brings inside.Contents
		brings, err = inside.OfMembers(wheel, filename)
		read.Inside = &brings
	}
	if err != nil {
		read.Problem = words.Printable(err.Error())
	}
	return read
}

// readSdist reads what a source archive says of itself. It may say nothing; its
// build has the last word, whose dependencies are judged where pip fetches them.
func readSdist(filename string, file io.ReaderAt, size int64) contents {
	sdist, err := archive.OpenSdist(file, size, filename)
	if err != nil {
		return contents{Problem: words.Printable(err.Error())}
	}
	var read contents
	if sdist.PkgInfo != nil {
		if read, err = contentsOfMetadata(sdist.PkgInfo); err != nil {
			read.Problem = words.Printable(err.Error())
			return read
		}
	}
	brings := inside.OfSource(sdist.Members)
	read.Inside = &brings
	for _, info := range sdist.EggInfo {
		requires, _ := pep.ParseRequiresTxt(info.RequiresTxt)
		read.Requires = append(read.Requires, requires...)
	}
	return read
}
