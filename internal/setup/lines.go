package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"thresher/internal/files"
)

// LinesFor is the entry that adds lines to the end of a start-up file: every
// byte of it, so that it can be taken out again. Where the file has the lines
// already, it is they.
func LinesFor(path, lines string) (Entry, error) {
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Entry{Kind: Lines, Path: path, Text: lines, Made: true}, nil
	case err != nil:
		return Entry{}, err
	case len(content) > 0 && !bytes.HasSuffix(content, []byte("\n")):
		// Its last line has no end. One break is the file's, and is added.
		lines = "\n" + lines
	}
	return Entry{Kind: Lines, Path: path, Text: lines}, nil
}

// addLines appends to a file. A link is followed, and stays one: many keep
// their start-up files elsewhere.
func addLines(path, text string) error {
	place, mode, content, err := readStartup(path)
	if err != nil {
		return err
	}
	return replace(place, append(content, text...), mode)
}

func readStartup(path string) (place string, mode fs.FileMode, content []byte, err error) {
	place, err = filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return "", 0, nil, fmt.Errorf("it is a link to nowhere")
		}
		return path, 0o644, nil, nil
	}
	if err != nil {
		return "", 0, nil, err
	}
	info, err := os.Stat(place)
	if err != nil {
		return "", 0, nil, err
	}
	if !files.IsMine(info) {
		return "", 0, nil, errors.New("it belongs to another user")
	}
	content, err = os.ReadFile(place)
	return place, info.Mode().Perm(), content, err
}

// removeLines takes out what was added, byte for byte, and the file where it
// was made for it and has nothing else. Lines that were moved within the file
// are found; a line that was changed is not.
func removeLines(e Entry) (note string, err error) {
	place, mode, content, err := readStartup(e.Path)
	if err != nil || content == nil {
		return "", err
	}
	text := e.Text
	if !bytes.Contains(content, []byte(text)) {
		text = strings.TrimPrefix(text, "\n")
	}
	before, after, found := bytes.Cut(content, []byte(text))
	if !found {
		if first, _, _ := strings.Cut(strings.TrimPrefix(e.Text, "\n"), "\n"); bytes.Contains(content, []byte(first)) {
			return fmt.Sprintf(messageLinesChanged, e.Path), nil
		}
		return "", nil // taken out by hand
	}
	rest := append(bytes.Clone(before), after...)
	if len(rest) == 0 && e.Made {
		return "", os.Remove(place)
	}
	return "", replace(place, rest, mode)
}
