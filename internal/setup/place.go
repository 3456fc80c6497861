package setup

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"thresher/internal/files"
)

// Wanted is an entry and what it is placed from.
type Wanted struct {
	Entry
	Source  string   // of a program: the file to copy; of a name: a build of the same program
	Check   []string // of a program: arguments with which it must end well at its place
	Content []byte   // of a file
}

// State is what stands at the place of an entry.
type State string

// The states of a place.
const (
	Missing State = "missing"
	Older   State = "older" // ours, and another than what is wanted
	Right   State = "right"
)

// Look tells what stands at the entry's place. It is an error where that is
// somebody else's.
func (w Wanted) Look() (State, error) {
	info, err := os.Lstat(w.Path)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return "", err
	}
	switch w.Kind {
	case Lines:
		content, err := os.ReadFile(w.Path)
		switch {
		case missing || err == nil && !bytes.Contains(content, []byte(strings.TrimLeft(w.Text, "\n"))):
			return Missing, nil
		case err != nil:
			return "", err
		}
		return Right, nil
	case Search:
		return lookSearch(w.Path)
	}
	if missing {
		return Missing, nil
	}
	switch w.Kind {
	case Directory:
		if info, err = os.Stat(w.Path); err == nil && info.IsDir() {
			return Right, nil
		}
	case Link:
		if target, err := os.Readlink(w.Path); err == nil && target == w.Target {
			return Right, nil
		}
	case Program:
		switch {
		case !info.Mode().IsRegular() || !SameProgram(w.Path, w.Source):
		case sameContent(w.Path, w.Source):
			return Right, nil
		default:
			return Older, nil
		}
	case Name:
		switch {
		case !info.Mode().IsRegular() || !SameProgram(w.Path, w.Source):
		case files.Same(w.Path, w.Target): // a guard knows its program by the file: a copy would not do
			return Right, nil
		default:
			return Older, nil
		}
	case File:
		// One that is there already is its owner's, whatever is in it.
		if info.Mode().IsRegular() {
			return Right, nil
		}
	case Data:
		return Right, nil
	}
	return "", fmt.Errorf(messageForeign, w.Path)
}

// CheckPlace says what is wrong with the directory that a program is to lie
// in: who may write there decides what runs under its name. A directory that
// is not there yet is fine.
func CheckPlace(directory string) error {
	info, err := os.Stat(directory)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf(messageNoDirectory, directory)
	case everybodyWrites(info):
		return fmt.Errorf(messageEverybody, directory, directory)
	case !files.IsMine(info):
		return fmt.Errorf(messageOtherOwner, directory)
	}
	return nil
}

// SameProgram tells whether two files are builds of the same program, by what
// Go has written into them. Neither is run.
func SameProgram(one, other string) bool {
	a, err := buildinfo.ReadFile(one)
	if err != nil {
		return false
	}
	b, err := buildinfo.ReadFile(other)
	return err == nil && a.Path == b.Path
}

func sameContent(one, other string) bool {
	a, err := os.ReadFile(one)
	if err != nil {
		return false
	}
	b, err := os.ReadFile(other)
	return err == nil && bytes.Equal(a, b)
}

// Digest is the SHA-256 of a content, as an entry has it.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Place puts an entry where it belongs, whole or not at all, over an older one
// of ours. The manifest that has it must be written before.
func (w Wanted) Place() error {
	state, err := w.Look()
	if err != nil || state == Right {
		return err
	}
	switch w.Kind {
	case Directory:
		err = os.Mkdir(w.Path, 0o755)
	case Program:
		err = w.placeProgram()
	case Link:
		err = placeLink(w.Target, w.Path)
	case Name:
		err = placeName(w.Target, w.Path)
	case File:
		err = replace(w.Path, w.Content, 0o644)
	case Lines:
		err = addLines(w.Path, w.Text)
	case Search:
		err = addSearch(w.Path)
	}
	if err != nil {
		return fmt.Errorf(messagePlace, w.Path, err)
	}
	return nil
}

// placeProgram has the new program run at its place, under another name,
// before it takes the place of the old one.
func (w Wanted) placeProgram() error {
	directory := filepath.Dir(w.Path)
	if err := clearTemporary(directory); err != nil {
		return err
	}
	content, err := os.ReadFile(w.Source)
	if err != nil {
		return err
	}
	// Windows runs what is called .exe alone.
	trial := filepath.Join(directory, temporaryPrefix+"trial"+filepath.Ext(w.Path))
	if err := os.WriteFile(trial, content, 0o755); err != nil {
		return errors.Join(err, removeIfThere(trial))
	}
	err = os.Chmod(trial, 0o755)
	if err == nil && w.Check != nil {
		if failure := exec.Command(trial, w.Check...).Run(); failure != nil {
			err = fmt.Errorf(messageDoesNotRun, directory, failure)
		}
	}
	if err == nil {
		err = replaceProgram(trial, w.Path)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(trial))
	}
	return nil
}

// placeLink is for a link that is not there: Look has refused any other.
func placeLink(target, path string) error {
	trial := filepath.Join(filepath.Dir(path), temporaryPrefix+"link")
	if err := errors.Join(removeIfThere(trial), os.Symlink(target, trial)); err != nil {
		return err
	}
	return os.Rename(trial, path)
}

func placeName(program, path string) error {
	trial := filepath.Join(filepath.Dir(path), temporaryPrefix+"name")
	if err := errors.Join(removeIfThere(trial), os.Link(program, trial)); err != nil {
		return err
	}
	return replaceProgram(trial, path)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Remove takes an entry away. What somebody changed since stays, and note says
// so; it is no error where it is gone already. own is this program, which
// knows a build of itself.
func (e Entry) Remove(own string) (note string, err error) {
	switch e.Kind {
	case Directory:
		_ = os.Remove(e.Path) // only where it is empty
		return "", nil
	case Lines:
		note, err = removeLines(e)
	case Search:
		err = removeSearch(e.Path)
	case Link:
		target, failure := os.Readlink(e.Path)
		switch {
		case failure == nil && target == e.Target:
			err = os.Remove(e.Path)
		case !errors.Is(failure, fs.ErrNotExist):
			return fmt.Sprintf(messageChanged, e.Path), nil
		}
	case Program, Name:
		_, failure := os.Lstat(e.Path)
		switch {
		case errors.Is(failure, fs.ErrNotExist):
		case !SameProgram(e.Path, own):
			return fmt.Sprintf(messageChanged, e.Path), nil
		default:
			err = removeProgram(e.Path)
		}
	case File:
		content, failure := os.ReadFile(e.Path)
		switch {
		case errors.Is(failure, fs.ErrNotExist):
		case failure != nil:
			err = failure
		case Digest(content) != e.SHA256:
			return fmt.Sprintf(messageChanged, e.Path), nil
		default:
			err = os.Remove(e.Path)
		}
	case Data:
		err = removeIfThere(e.Path)
	}
	if err = errors.Join(err, clearTemporary(filepath.Dir(e.Path))); err != nil {
		return "", fmt.Errorf(messageTakeAway, e.Path, err)
	}
	return note, nil
}
