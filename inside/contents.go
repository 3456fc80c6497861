package inside

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"

	"thresher/archive"
)

// Contents is what a wheel or a source archive brings. It depends on the file
// alone, so that it can be kept for as long as the file's sha256 is known.
type Contents struct {
	Hooks    []Hook    `json:"hooks,omitempty"`
	Scripts  []string  `json:"scripts,omitempty"` // commands, by their names in bin or Scripts
	Payloads []Payload `json:"payloads,omitempty"`
	Native   int       `json:"native,omitempty"` // files of compiled code
	Members  int       `json:"members"`
	Unpacked int64     `json:"unpacked"` // bytes
}

// Hook is a file that takes part in every start of Python.
type Hook struct {
	Path   string           `json:"path"` // below site-packages, or below the environment
	Kind   archive.HookKind `json:"kind"`
	Size   int64            `json:"size"`
	SHA256 string           `json:"sha256,omitempty"` // of its content; "" it was not read
	// Runs says that code runs: not so with a .pth file of paths alone, nor with
	// one that setuptools made for a namespace package.
	Runs bool `json:"runs"`
}

// Payload is a member that an honest wheel of its kind seldom has.
type Payload struct {
	Path string              `json:"path"`
	Kind archive.PayloadKind `json:"kind"`
	Size int64               `json:"size"`
}

// Bounds of what is read of hooks, and of what is kept of one file. A longer
// hook is never taken for one that was seen before.
const (
	maximalHook  = 1 << 20
	maximalHooks = 1000
	maximalKept  = 100
)

// maximalEntryPoints bounds entry_points.txt. The longest on the public index
// have some 100 kB.
const maximalEntryPoints = 1 << 20

// OfWheel reads a wheel that is here whole, and compares each member's own
// header with the directory. Errors are refusals of archive, or those of r.
func OfWheel(r io.ReaderAt, size int64, filename string) (Contents, error) {
	wheel, err := archive.OpenWheel(r, size)
	if err != nil {
		return Contents{}, err
	}
	return OfMembers(wheel, filename)
}

// OfMembers is OfWheel for a wheel that is open.
func OfMembers(wheel *archive.Wheel, filename string) (Contents, error) {
	return describe(wheel.Members, filename, true, func(m archive.Member, limit int64) ([]byte, error) {
		return wheel.Read(m.Name, limit)
	})
}

// OfSource says what of a source archive a build may make startup hooks of, by
// the names of its members.
func OfSource(members []archive.Member) Contents {
	contents := count(members)
	for _, hook := range archive.SourceHooks(members) {
		if len(contents.Hooks) == maximalKept {
			break
		}
		contents.Hooks = append(contents.Hooks, Hook{Path: hook.Path, Kind: hook.Kind, Size: hook.Member.Size, Runs: true})
	}
	return contents
}

func count(members []archive.Member) Contents {
	var contents Contents
	for _, m := range members {
		if !m.IsFolder() {
			contents.Members++
			if archive.IsNative(m.Name) {
				contents.Native++
			}
			contents.Unpacked += m.Size
		}
	}
	return contents
}

// reader gives the content of a member, of which limit bytes are read at most.
type reader func(m archive.Member, limit int64) ([]byte, error)

// describe puts together what the members of a wheel bring. Commands of entry
// points need a member's content, and are left out where commands is false.
func describe(members []archive.Member, filename string, commands bool, read reader) (Contents, error) {
	contents := count(members)
	var entryPoints []byte
	for _, m := range members {
		if !commands || !isEntryPoints(m) {
			continue
		}
		content, err := read(m, maximalEntryPoints)
		if err != nil {
			return Contents{}, err
		}
		entryPoints = append(append(entryPoints, content...), '\n')
	}
	for _, script := range archive.ScriptsOf(members, entryPoints) {
		if len(contents.Scripts) < maximalKept || isAnothersCommand(script.Name) {
			contents.Scripts = append(contents.Scripts, script.Name)
		}
	}
	slices.Sort(contents.Scripts)
	contents.Scripts = slices.Compact(contents.Scripts)
	for _, payload := range archive.PayloadsOf(members, filename) {
		if len(contents.Payloads) == maximalKept {
			break
		}
		contents.Payloads = append(contents.Payloads, Payload{Path: payload.Member.Name, Kind: payload.Kind,
			Size: payload.Member.Size})
	}
	hooks, err := describeHooks(members, read)
	contents.Hooks = hooks
	return contents, err
}

// isAnothersCommand tells a command that no list of a wheel's may leave out.
func isAnothersCommand(name string) bool {
	return archive.OwnScript(name) || archive.SystemCommand(name) || archive.LeadsOut(name)
}

func isEntryPoints(m archive.Member) bool {
	folder, base, _ := strings.Cut(m.Name, "/")
	return base == "entry_points.txt" && strings.HasSuffix(folder, ".dist-info")
}

// describeHooks reads the hooks of a wheel, and those that its .pth files reach.
func describeHooks(members []archive.Member, read reader) ([]Hook, error) {
	found := archive.StartupHooks(members)
	known := map[string]bool{}
	for _, hook := range found {
		known[hook.Member.Name] = true
	}
	var hooks []Hook
	for i := 0; i < len(found); i++ { // it grows
		if i == maximalHooks {
			return nil, errors.New(messageTooManyHooks)
		}
		hook := found[i]
		described := Hook{Path: hook.Path, Kind: hook.Kind, Size: hook.Member.Size, Runs: true}
		if hook.Scheme == archive.Scripts {
			described.Path = "bin/" + hook.Path
		}
		if hook.Member.Size <= maximalHook {
			content, err := read(hook.Member, maximalHook)
			if err != nil {
				return nil, err
			}
			sum := sha256.Sum256(content)
			described.SHA256 = hex.EncodeToString(sum[:])
			if hook.Kind == archive.PathFile {
				described.Runs = archive.HasImportLine(content) && !isNamespace(content)
				for _, behind := range archive.HooksBehind(members, content) {
					if !known[behind.Member.Name] {
						known[behind.Member.Name] = true
						found = append(found, behind)
					}
				}
			}
		}
		hooks = append(hooks, described)
	}
	return hooks, nil
}

// NewPayloads gives the payloads of a wheel of whose kind the release before had
// none.
func NewPayloads(now, before Contents) []Payload {
	var found []Payload
	for _, payload := range now.Payloads {
		if !slices.ContainsFunc(before.Payloads, func(known Payload) bool { return known.Kind == payload.Kind }) {
			found = append(found, payload)
		}
	}
	return found
}
