//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package policy

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"thresher/internal/words"
)

// readGuarded reads a policy file that nobody but its user and the system can
// have written. What is checked is the file that was opened, not its name.
func readGuarded(path string) ([]byte, error) {
	// Without O_NONBLOCK a named pipe would hold the run up for ever.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &guardError{message: noRegularFile}
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, &guardError{message: unknownOwner}
	}
	if !ownedByUser(info) && status.Uid != 0 {
		return nil, &guardError{message: foreignFile}
	}
	if info.Mode().Perm()&0o002 != 0 || info.Mode().Perm()&0o020 != 0 && !isPrivateGroup("/etc/passwd", "/etc/group", status.Uid, status.Gid) {
		return nil, &guardError{writableByOthers, "chmod go-w " + words.ShellWord(path)}
	}
	content, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return content, nil
}

// ownedByUser says whether a file belongs to the user of this process.
func ownedByUser(info fs.FileInfo) bool {
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}

// isPrivateGroup says whether nobody but the owner is in a group, as many
// systems set their users up: there a file that its group may write is as
// private as any. What is not found in the system's own files is not private.
func isPrivateGroup(passwdPath, groupPath string, owner, group uint32) bool {
	if group == 0 {
		return true // who is in it can be root anyway
	}
	name := ""
	alone := true
	passwd := eachLine(passwdPath, func(fields []string) {
		if len(fields) < 4 {
			return
		}
		switch isOwner := fields[2] == strconv.Itoa(int(owner)); {
		case isOwner:
			name = fields[0]
		case fields[3] == strconv.Itoa(int(group)):
			alone = false
		}
	})
	found := false
	groups := eachLine(groupPath, func(fields []string) {
		if len(fields) < 4 || fields[2] != strconv.Itoa(int(group)) {
			return
		}
		found = true
		for member := range strings.SplitSeq(fields[3], ",") {
			if member != "" && member != name {
				alone = false
			}
		}
	})
	return passwd && groups && found && name != "" && alone
}

// eachLine calls work with the fields of every line of a file whose fields are
// separated by colons. It is false when the file cannot be read to its end.
func eachLine(path string, work func(fields []string)) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		work(strings.Split(lines.Text(), ":"))
	}
	return lines.Err() == nil
}

// lockFor keeps other runs from writing beside a path until unlock is called.
// The directory is what is locked: a lock file would stay behind in a checkout.
func lockFor(path string) (unlock func(), err error) {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(directory.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		directory.Close()
		return nil, err
	}
	return func() { directory.Close() }, nil
}
