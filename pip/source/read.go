package source

import (
	"errors"
	"io"
	"os"
	"strings"

	"thresher/address"
	"thresher/pip/option"
)

// open reads the file, pipe or address that file.Given names, and gives its
// text as pip would decode it.
func (s *Collection) open(file *sourceFile) (string, error) {
	if err := checkText(file.given); err != nil {
		return "", err
	}
	if err := checkURLText(file.given); err != nil {
		return "", err
	}
	scheme, err := s.dialect.urlScheme(file.given)
	if err != nil {
		return "", crashed(option.WrongURL, err)
	}
	switch scheme {
	case "http", "https":
		return s.openPage(file)
	case "file":
		return s.openFileURL(file)
	}
	if err := s.readPath(file, s.opened(file.given)); err != nil {
		return "", notOpened(err)
	}
	text, err := s.dialect.decodeFile(file.content, s.input.Environ)
	file.plain = text.plain
	return text.text, err
}

// notOpened is what pip makes of a file that cannot be opened; a doubt stays one.
func notOpened(err error) error {
	var d *doubt
	if errors.As(err, &d) {
		return err
	}
	return refused(option.NotOpened, err)
}

// openPage fetches an http or https address.
func (s *Collection) openPage(file *sourceFile) (string, error) {
	file.page, file.path = true, file.given
	if s.input.Fetch == nil {
		return "", &doubt{reason: reasonNoFetch, hint: hintDownload}
	}
	asked := file.given
	if split, err := s.dialect.urls.Split(asked); err == nil && strings.Contains(split.Path, "/.") {
		split.Path = address.JoinPaths("", split.Path) // as requests asks for it
		asked = split.Unsplit()
	}
	page, err := s.input.Fetch(asked)
	if err != nil {
		var status *StatusError
		if errors.As(err, &status) {
			return "", refused(option.NotOpened, status)
		}
		return "", &doubt{reason: err.Error(), hint: hintDownload}
	}
	if len(page.Body) > maximalSource {
		return "", &doubt{reason: reasonTooLarge}
	}
	file.content, file.contentType = page.Body, page.ContentType
	if s.dialect.looksOdd(page.ContentType) {
		return "", &doubt{reason: charsetDoubt(page.ContentType), hint: hintCharset}
	}
	return s.dialect.decodePage(page.Body, page.ContentType, false)
}

// openFileURL reads a file: URL: through pip's session from 21.2 on, as a path
// before.
func (s *Collection) openFileURL(file *sourceFile) (string, error) {
	file.page = true
	if !s.dialect.fileURLsAsPaths && !strings.HasPrefix(strings.ToLower(file.given), "file://") {
		return "", &doubt{reason: reasonFileURL, hint: hintFileURL}
	}
	path, err := s.dialect.urlToPath(file.given)
	if err != nil {
		return "", crashed(option.WrongURL, err)
	}
	err = s.readPath(file, s.opened(path))
	if s.dialect.fileURLsAsPaths {
		if err != nil {
			return "", notOpened(err)
		}
		text, err := s.dialect.decodeFile(file.content, s.input.Environ)
		return text.text, err
	}
	if err != nil {
		var d *doubt
		if errors.As(err, &d) {
			return "", err
		}
		if s.dialect.fileURLErrorEscapes {
			return "", crashed(option.NotOpened, err)
		}
		return "", refused(option.NotOpened, err)
	}
	return s.dialect.decodePage(file.content, "", true)
}

// readPath reads a file or pipe once. What is no regular file cannot be read
// again by pip and is kept for a copy.
func (s *Collection) readPath(file *sourceFile, path string) error {
	file.path = path
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	regular := info.Mode().IsRegular()
	standard := isStandardInput(path)
	if !regular && !info.IsDir() {
		identity := path
		if standard {
			identity = "/dev/stdin"
		}
		if s.pipes[identity] {
			return &doubt{reason: reasonReadTwice, hint: hintReadTwice}
		}
		s.pipes[identity] = true
	}
	var in io.Reader
	if standard && s.input.Stdin != nil {
		in = s.input.Stdin
	} else {
		opened, err := os.Open(path)
		if err != nil {
			return err
		}
		defer opened.Close()
		in = opened
	}
	content, err := io.ReadAll(io.LimitReader(in, maximalSource+1))
	if err != nil {
		return err
	}
	if len(content) > maximalSource {
		return &doubt{reason: reasonTooLarge}
	}
	file.content = content
	file.stable = regular && !standard && !isDevice(path) && !changeableByOthers(path, info)
	return nil
}

func isStandardInput(path string) bool {
	return path == "/dev/stdin" || path == "/dev/fd/0" || path == "/proc/self/fd/0"
}

// isDevice tells what only looks like a regular file: a descriptor that is
// redirected from one is another file for the next process.
func isDevice(path string) bool {
	return strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/")
}
