package places

import "strings"

// Environ gives an environment (NAME=value) in which each variable has the name
// that it is looked for by: on Windows, where PATH is mostly called Path and
// case makes no difference, in upper case.
func Environ(environ []string, system string) []string {
	if system != "windows" {
		return environ
	}
	upper := make([]string, len(environ))
	for i, pair := range environ {
		// Those of the drives' working directories begin with a sign: "=C:".
		name, value, found := strings.Cut(pair, "=")
		if found && name != "" {
			pair = strings.ToUpper(name) + "=" + value
		}
		upper[i] = pair
	}
	return upper
}
