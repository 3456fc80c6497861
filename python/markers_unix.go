//go:build unix

package python

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// systemMarkers gives the marker variables that tell the machine, as os.uname
// does. ok is false where it cannot be asked.
func systemMarkers() (markers map[string]string, ok bool) {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return nil, false
	}
	text := func(field []byte) string { return unix.ByteSliceToString(field) }
	return map[string]string{
		"os_name":          "posix",
		"platform_machine": text(name.Machine[:]),
		"platform_release": text(name.Release[:]),
		"platform_system":  text(name.Sysname[:]),
		"platform_version": text(name.Version[:]),
		"sys_platform":     runtime.GOOS,
	}, runtime.GOOS == "linux" || runtime.GOOS == "darwin"
}
