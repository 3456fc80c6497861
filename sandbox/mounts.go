package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mount is one line of /proc/self/mountinfo: a directory of a file system that
// is seen at a place (proc_pid_mountinfo(5)).
type mount struct {
	device string // major:minor
	root   string // the directory within the file system
	at     string
}

type mounts []mount

// readMounts reads what is mounted where; nothing on systems that do not say.
func readMounts() (mounts, error) {
	content, err := os.ReadFile("/proc/self/mountinfo")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is mounted: %w", err)
	}
	return parseMounts(string(content)), nil
}

func parseMounts(text string) mounts {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	var parsed mounts
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 4 {
			parsed = append(parsed, mount{fields[2], unescape.Replace(fields[3]), unescape.Replace(fields[4])})
		}
	}
	return parsed
}

// aliases are the other places at which a real path is seen: by bind mounts, or
// by a file system that is mounted whole beside a part of it.
func (all mounts) aliases(path string) []string {
	var own *mount
	for i := range all {
		// Of mounts at one place the last is seen.
		if Within(path, all[i].at) && (own == nil || len(all[i].at) >= len(own.at)) {
			own = &all[i]
		}
	}
	if own == nil {
		return nil
	}
	relative, err := filepath.Rel(own.at, path)
	if err != nil {
		return nil
	}
	inside := filepath.Join(own.root, relative) // within the file system
	var aliases []string
	for i := range all {
		other := &all[i]
		if other == own || other.device != own.device || !Within(inside, other.root) {
			continue
		}
		relative, err := filepath.Rel(other.root, inside)
		if alias := filepath.Join(other.at, relative); err == nil && alias != path {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}
