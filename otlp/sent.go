package otlp

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thresher/internal/files"
	"thresher/internal/journal"
)

// sent is what one endpoint has had: a line for each run. It is held by one process
// at a time.
type sent struct {
	path    string
	runs    map[string]bool
	release func()
}

// openSent reads what an endpoint has had, and waits for another process that sends
// there. directory is where such files lie.
func openSent(ctx context.Context, directory string, to Endpoint) (*sent, error) {
	sum := sha256.Sum256([]byte(to.key()))
	const digits = 16
	s := &sent{path: filepath.Join(directory, hex.EncodeToString(sum[:])[:digits]+".txt"), runs: map[string]bool{}}
	var err error
	if s.release, err = files.Lock(ctx, s.path); err != nil {
		return nil, err
	}
	file, err := files.OpenRegular(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		s.release()
		return nil, fmt.Errorf(textBadState, to, err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			s.runs[line] = true
		}
	}
	if err := lines.Err(); err != nil {
		s.release()
		return nil, fmt.Errorf(textBadState, to, err)
	}
	return s, nil
}

// add remembers runs, on the disk before it returns.
func (s *sent) add(runs []journal.Entry) error {
	file, err := os.OpenFile(s.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, run := range runs {
		s.runs[run.Key()] = true
		text.WriteString(run.Key() + "\n")
	}
	_, err = file.WriteString(text.String())
	return errors.Join(err, file.Sync(), file.Close())
}

// forget leaves out what the log does not have any longer.
func (s *sent) forget(log []journal.Entry, to Endpoint) error {
	kept := []string{}
	for _, run := range log {
		if key := run.Key(); s.runs[key] {
			kept = append(kept, key)
		}
	}
	if len(kept) == len(s.runs) {
		return nil
	}
	slices.Sort(kept)
	kept = slices.Compact(kept)
	text := "# the runs that were sent to " + to.String() + "\n" + strings.Join(append(kept, ""), "\n")
	return files.Replace(s.path, []byte(text), 0o600)
}
