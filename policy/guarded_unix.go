//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package policy

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"thresher/internal/files"
	"thresher/internal/words"
)

// readShared reads a policy file, and says where others than its user and the
// system can have written it. What is checked is the file that was opened, not its
// name.
func readShared(path string) (content []byte, shared *guardError, err error) {
	file, err := openGuarded(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	user, group, ok := files.Owner(info)
	switch {
	case !ok:
		shared = &guardError{message: unknownOwner}
	case !files.IsMine(info) && user != 0:
		shared = &guardError{message: foreignFile}
	case info.Mode().Perm()&0o002 != 0 || info.Mode().Perm()&0o020 != 0 &&
		!isPrivateGroup("/etc/passwd", "/etc/group", user, group):
		shared = &guardError{writableByOthers, "chmod go-w " + words.ShellWord(words.Printable(path))}
	}
	content, err = io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return content, shared, nil
}

// isPrivateGroup says whether nobody but the owner is in a group, as many
// systems set their users up: there a file that its group may write is as
// private as any. What is not found in the system's own files is not private.
func isPrivateGroup(passwdPath, groupPath string, owner, group int) bool {
	if group == 0 {
		return true // who is in it can be root anyway
	}
	name := ""
	alone := true
	passwd := eachLine(passwdPath, func(fields []string) {
		if len(fields) < 4 {
			return
		}
		switch isOwner := fields[2] == strconv.Itoa(owner); {
		case isOwner:
			name = fields[0]
		case fields[3] == strconv.Itoa(group):
			alone = false
		}
	})
	found := false
	groups := eachLine(groupPath, func(fields []string) {
		if len(fields) < 4 || fields[2] != strconv.Itoa(group) {
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
