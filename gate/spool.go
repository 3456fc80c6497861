package gate

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"sync"
)

// inMemory is how many bytes of a file are kept in memory; a larger one lies in
// the run's own directory.
const inMemory = 1 << 20

// spool keeps a file while it arrives: what came can be read at once, and many
// may read.
type spool struct {
	directory string
	sums      map[string]hash.Hash
	mutex     sync.Mutex
	changed   *sync.Cond
	small     []byte
	file      *os.File // nil as long as the file is small
	count     int64
	ended     bool
	err       error
	readers   int
	discarded bool
}

func newSpool(directory string) *spool {
	s := &spool{directory: directory, sums: map[string]hash.Hash{
		"md5": md5.New(), "sha1": sha1.New(), "sha224": sha256.New224(), "sha256": sha256.New(), "sha384": sha512.New384(),
		"sha512": sha512.New(),
	}}
	s.changed = sync.NewCond(&s.mutex)
	return s
}

// keepSums lets go of the sums that nobody will ask for: sha256 stays always.
func (s *spool) keepSums(wanted func(algorithm string) bool) {
	for algorithm := range s.sums {
		if algorithm != "sha256" && !wanted(algorithm) {
			delete(s.sums, algorithm)
		}
	}
}

// Write takes what arrived.
func (s *spool) Write(p []byte) (int, error) {
	for _, sum := range s.sums {
		sum.Write(p)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.file == nil && len(s.small)+len(p) > inMemory {
		file, err := os.CreateTemp(s.directory, "file-")
		if err != nil {
			return 0, err
		}
		if _, err := file.Write(s.small); err != nil {
			return 0, errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
		s.file, s.small = file, nil
	}
	if s.file == nil {
		s.small = append(s.small, p...)
	} else if _, err := s.file.WriteAt(p, s.count); err != nil {
		return 0, err
	}
	s.count += int64(len(p))
	s.changed.Broadcast()
	return len(p), nil
}

// end says that nothing more comes, and why where that is before the end.
func (s *spool) end(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.ended, s.err = true, err
	s.changed.Broadcast()
}

// size gives how much has arrived, and whether that is all.
func (s *spool) size() (count int64, ended bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.count, s.ended
}

// digests gives the sums of what arrived, by algorithm.
func (s *spool) digests() map[string]string {
	found := make(map[string]string, len(s.sums))
	for algorithm, sum := range s.sums {
		found[algorithm] = hex.EncodeToString(sum.Sum(nil))
	}
	return found
}

// ReadAt reads what has arrived.
func (s *spool) ReadAt(p []byte, offset int64) (int, error) {
	s.mutex.Lock()
	small, file, count := s.small, s.file, s.count
	s.mutex.Unlock()
	if offset >= count {
		return 0, io.EOF
	}
	if file == nil {
		n := copy(p, small[offset:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	return file.ReadAt(p[:min(int64(len(p)), count-offset)], offset)
}

// follow copies the file to w as it arrives. The error is the file's own, where
// it ended before its end, or that of w.
func (s *spool) follow(w io.Writer) error {
	buffer := make([]byte, 128<<10)
	for offset := int64(0); ; {
		s.mutex.Lock()
		for s.count == offset && !s.ended {
			s.changed.Wait()
		}
		done := s.count == offset
		err := s.err
		s.mutex.Unlock()
		if done {
			return err
		}
		n, err := s.ReadAt(buffer, offset)
		if n == 0 && err != nil {
			return err
		}
		offset += int64(n)
		if _, err := w.Write(buffer[:n]); err != nil {
			return err
		}
	}
}

// hold and release count who still reads; discard lets go of the bytes once
// nobody does.
func (s *spool) hold() {
	s.mutex.Lock()
	s.readers++
	s.mutex.Unlock()
}

func (s *spool) release() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.readers--
	s.drop()
}

func (s *spool) discard() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.discarded = true
	s.drop()
}

// drop expects the mutex to be held.
func (s *spool) drop() {
	if !s.discarded || s.readers > 0 || s.file == nil {
		return
	}
	// The run's directory is taken away at the end in any case.
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
	s.file = nil
}
