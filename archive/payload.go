package archive

import (
	"path"
	"strings"

	"thresher/internal/lazyregexp"
)

// PayloadKind says what is odd about a member.
type PayloadKind string

// The kinds of payload.
const (
	NativeCode  PayloadKind = "native"  // compiled code in a wheel for any platform
	ForeignCode PayloadKind = "foreign" // compiled code of a platform that the wheel is not for
	HugeMember  PayloadKind = "huge"    // HugeSize or more, and no compiled code
)

// HugeSize is from where on a member is worth a word, in bytes.
const HugeSize = 5 << 20

// Payload is a member that an honest wheel of its kind seldom has.
type Payload struct {
	Member Member
	Kind   PayloadKind
}

// PayloadsOf gives the members of a wheel that do not fit its file name's
// tags, and the huge ones, in the order of the members. It goes by names and
// sizes; a platform that it does not know is never foreign.
func PayloadsOf(members []Member, filename string) []Payload {
	platforms := map[string]bool{}
	anywhere := false
	for tag := range strings.SplitSeq(platformTags(filename), ".") {
		anywhere = anywhere || tag == "any"
		platforms[platformOf(tag)] = true
	}
	var payloads []Payload
	for _, m := range members {
		if m.IsFolder() {
			continue
		}
		native, fits := nativeFor(m.Name)
		switch {
		case native && anywhere:
			payloads = append(payloads, Payload{m, NativeCode})
		case native && !platforms[""] && !fits(platforms):
			payloads = append(payloads, Payload{m, ForeignCode})
		case !native && m.Size >= HugeSize:
			payloads = append(payloads, Payload{m, HugeMember})
		}
	}
	return payloads
}

// platformTags is the last part of a wheel's name.
func platformTags(filename string) string {
	stem := strings.TrimSuffix(path.Base(filename), ".whl")
	return stem[strings.LastIndexByte(stem, '-')+1:]
}

// platformOf gives the system of a platform tag; "" for any and for unknown ones.
func platformOf(tag string) string {
	switch {
	case strings.HasPrefix(tag, "win"):
		return "windows"
	case strings.HasPrefix(tag, "macosx"):
		return "macos"
	case strings.Contains(tag, "linux"):
		return "linux"
	}
	return ""
}

var sharedObject = lazyregexp.New(`\.so(\.[0-9]+)*$`)

// IsNative tells compiled code by the name of a member.
func IsNative(name string) bool {
	native, _ := nativeFor(name)
	return native
}

// nativeFor tells whether a member is compiled code by its name, and of which
// systems.
func nativeFor(name string) (native bool, fits func(platforms map[string]bool) bool) {
	base := strings.ToLower(path.Base(name))
	only := func(systems ...string) func(map[string]bool) bool {
		return func(platforms map[string]bool) bool {
			for _, system := range systems {
				if platforms[system] {
					return true
				}
			}
			return false
		}
	}
	switch path.Ext(base) {
	case ".pyd", ".dll", ".exe":
		return true, only("windows")
	case ".dylib":
		return true, only("macos")
	case ".node":
		return true, only("windows", "macos", "linux")
	}
	if !sharedObject().MatchString(base) {
		return false, nil
	}
	switch {
	case strings.Contains(base, "-darwin"):
		return true, only("macos")
	case strings.Contains(base, "-linux-"):
		return true, only("linux")
	}
	return true, only("linux", "macos") // ".abi3.so" is used by both
}
