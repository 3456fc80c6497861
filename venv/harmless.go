package venv

import (
	"slices"
	"strings"
)

// What the guard knows of pip's command line (guard/guard.py; a test holds the
// two to each other): the commands that install nothing, and the options that
// may stand before a command.
var (
	harmlessCommands = []string{
		"cache", "check", "completion", "config", "debug", "freeze", "hash", "help", "index", "inspect", "list", "search",
		"show", "uninstall",
	}
	harmlessFlags = []string{
		"-h", "--help", "-v", "-vv", "-vvv", "--verbose", "-V", "--version", "-q", "-qq", "-qqq", "--quiet", "--debug",
		"--isolated", "--require-virtualenv", "--require-venv", "--no-input", "--no-color", "--no-cache-dir",
		"--disable-pip-version-check", "--no-python-version-warning",
	}
	harmlessOptions = []string{ // with a value
		"--log", "--log-file", "--local-log", "--proxy", "--retries", "--timeout", "--default-timeout", "--exists-action",
		"--trusted-host", "--cert", "--client-cert", "--cache-dir", "--use-feature", "--use-deprecated", "--python",
		"--keyring-provider", "--resume-retries", "--no-proxy-env",
	}
	installingCommands = []string{"install", "download", "wheel", "lock"}
)

// GuardLetsPass tells whether an environment's guard takes a pip command for one
// that installs nothing, and so lets it go on in the process that thresher gives
// up for it. The guard reads less of pip's command line than thresher does: one
// that it does not understand (`pip --version install`, `pip --cer FILE list`)
// has to have thresher for its parent, or the two hand it to each other.
func GuardLetsPass(arguments []string) bool {
	for i := 0; i < len(arguments); i++ {
		word := arguments[i]
		name, _, joined := strings.Cut(word, "=")
		switch {
		case slices.Contains(harmlessFlags, word):
		case joined && slices.Contains(harmlessOptions, name):
		case slices.Contains(harmlessOptions, word):
			i++ // its value
		case strings.HasPrefix(word, "-"):
			return !slices.ContainsFunc(arguments, func(word string) bool { return slices.Contains(installingCommands, word) })
		default:
			return slices.Contains(harmlessCommands, word)
		}
	}
	return true
}
