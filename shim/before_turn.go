package shim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"thresher/internal/files"
	"thresher/internal/statuses"
	"thresher/venv"
)

// A run that changes an environment has it for itself from before the first
// look at what is installed until after the last: what another run installs
// meanwhile would look like something that nothing had let through.
const (
	turnPatience = 5 * time.Minute // then runs go on beside each other
)

// takeTurn waits until no other run changes the environment, and gives what
// ends this run's turn. Where nothing can be locked, runs go on beside each
// other, and so they do where the other one is an ancestor of this one, which
// waits for it.
func (in *invocation) takeTurn(a *asked, d *door) (end func(), interrupted *ending) {
	end = func() {}
	if d.own == nil || in.places.Cache == "" || !a.changes() {
		return end, nil
	}
	sum := sha256.Sum256([]byte(strings.Join(a.siteDirectories(), "\x00")))
	path := filepath.Join(in.places.Cache, "turns", hex.EncodeToString(sum[:8]))
	holder := path + ".pid"
	release, got, err := files.TryLock(path)
	if err == nil && !got {
		if pid, err := readNumber(holder); err == nil && venv.AncestorIs(pid, in.self) {
			return end, nil
		}
		in.say.waitsForTurn()
		d.waited = true
		patience, cancel := context.WithTimeout(in.untilInterrupted(), turnPatience)
		defer cancel()
		release, err = files.Lock(patience, path)
		got = err == nil
	}
	if err != nil || !got {
		if in.untilInterrupted().Err() != nil {
			return end, &ending{status: statuses.Broken} // Run says that it was interrupted
		}
		return end, nil
	}
	// Without the number a run that this one starts waits in vain, for a while.
	_ = os.WriteFile(holder, []byte(strconv.Itoa(os.Getpid())), 0o600)
	return func() {
		_ = os.Remove(holder)
		release()
	}, nil
}

func readNumber(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
