package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"thresher/pep"
)

// distribution is the name by which Python's tools install thresher. It stands
// here alone, and in the pages that name the command.
const distribution = "thresher"

// platformTags are the tags of the machines that a program runs on. One for
// Linux needs no C library, so its wheel has the tags of both; Go 1.26 runs on
// macOS from 12 on.
var platformTags = map[string][]string{
	"linux/amd64":   {"manylinux2014_x86_64", "musllinux_1_1_x86_64"},
	"linux/arm64":   {"manylinux2014_aarch64", "musllinux_1_1_aarch64"},
	"darwin/amd64":  {"macosx_12_0_x86_64"},
	"darwin/arm64":  {"macosx_12_0_arm64"},
	"windows/amd64": {"win_amd64"},
	"windows/arm64": {"win_arm64"},
}

// summary and description are what an index shows.
const (
	summary     = "A pip that refuses what should not be installed"
	description = `thresher stands where pip is called, vets every name, file and index before any
code of it runs, hands over to the real pip with -U, and scans what came out.

    pipx install thresher
    thresher setup

puts it in place of pip, after showing what that changes; thresher setup --remove
takes it back.
`
)

type member struct {
	path    string
	content []byte
	mode    os.FileMode
}

// wheel is one wheel: PEP 427, with the platform tags as a compressed set (PEP
// 425).
type wheel struct {
	version string // PEP 440
	tags    []string
	files   []member
}

func (w wheel) info() string { return distribution + "-" + w.version + ".dist-info" }
func (w wheel) data() string { return distribution + "-" + w.version + ".data" }
func (w wheel) name() string {
	return distribution + "-" + w.version + "-py3-none-" + strings.Join(w.tags, ".") + ".whl"
}

func (w wheel) metadata() string {
	return "Metadata-Version: 2.4\nName: " + distribution + "\nVersion: " + w.version + "\nSummary: " + summary +
		"\nLicense-Expression: Apache-2.0\nLicense-File: LICENSE\nRequires-Python: >=3.8\n" +
		"Classifier: Environment :: Console\nClassifier: Topic :: Security\n" +
		"Classifier: Topic :: System :: Installation/Setup\n" +
		"Description-Content-Type: text/markdown\n\n" + description
}

func (w wheel) wheelFile() string {
	text := "Wheel-Version: 1.0\nGenerator: thresher/internal/wheel\nRoot-Is-Purelib: false\n"
	for _, tag := range w.tags {
		text += "Tag: py3-none-" + tag + "\n"
	}
	return text
}

// bytes is the archive. RECORD comes last, as PEP 427 advises.
func (w wheel) bytes() ([]byte, error) {
	files := append([]member{}, w.files...)
	files = append(files,
		member{w.info() + "/METADATA", []byte(w.metadata()), 0o644},
		member{w.info() + "/WHEEL", []byte(w.wheelFile()), 0o644})
	var record strings.Builder
	for _, file := range files {
		sum := sha256.Sum256(file.content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", file.path, base64.RawURLEncoding.EncodeToString(sum[:]), len(file.content))
	}
	fmt.Fprintf(&record, "%s/RECORD,,\n", w.info())
	files = append(files, member{w.info() + "/RECORD", []byte(record.String()), 0o644})

	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	archive.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(to, flate.BestCompression)
	})
	for _, file := range files {
		// The first day that an archive can tell, wherever it is made.
		header := &zip.FileHeader{Name: file.path, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(file.mode)
		to, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(file.content); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return out.Bytes(), err
}

var semantic = regexp.MustCompile(`^([0-9]+\.[0-9]+\.[0-9]+)(?:-([a-z]+)(?:\.([0-9]+))?)?(?:\+([0-9a-z.]+))?$`)

// pythonVersion writes a version of thresher as PEP 440 has it: 1.2.0-rc.1 is
// 1.2.0rc1, and 1.2.0-dev.20260102150405+0123456789ab is
// 1.2.0.dev20260102150405+0123456789ab.
func pythonVersion(text string) (string, error) {
	parts := semantic.FindStringSubmatch(text)
	if parts == nil {
		return "", fmt.Errorf("the version %q cannot be written as PEP 440 has it", text)
	}
	written := parts[1]
	switch {
	case parts[2] == "dev":
		written += ".dev" + parts[3]
	case parts[2] != "":
		written += parts[2] + parts[3]
	}
	if parts[4] != "" {
		written += "+" + parts[4]
	}
	parsed, err := pep.ParseVersion(written)
	if err != nil {
		return "", err
	}
	return parsed.String(), nil
}
