package shim

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// longestNetrc is far above any list of hosts that a person keeps.
const longestNetrc = 1 << 20

// netrc writes the user's own entries and the gate's into a file for this run
// alone: pip reads credentials for the gate from there, so that they show in
// no process list. A file that pip overlooks since it cannot be read, or not
// as a netrc, is overlooked here as well: with its entries in the way pip would
// not find the gate's.
func (in *invocation) netrc(a *analysis, entry, directory string) (string, error) {
	path := filepath.Join(directory, "netrc")
	for _, own := range netrcFiles(in.environment) {
		info, err := os.Stat(own)
		if err != nil {
			continue
		}
		if !info.Mode().IsRegular() || info.Size() > longestNetrc {
			in.say.oddNetrc(own) // a pipe would have the run wait for ever
			break
		}
		text, err := os.ReadFile(own)
		if err != nil {
			break
		}
		// A macro ends with an empty line.
		whole := strings.TrimRight(string(text), "\n") + "\n\n" + entry
		if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
			return "", fmt.Errorf("write the netrc of this run: %w", err)
		}
		if isSimpleNetrc(string(text)) || in.readsNetrc(a, path) {
			return path, nil
		}
		break
	}
	return path, os.WriteFile(path, []byte(entry), 0o600)
}

// netrcFiles are the places where pip looks (requests 2.32 utils.get_netrc_auth).
func netrcFiles(environment map[string]string) []string {
	home := environment["HOME"]
	if path := environment["NETRC"]; path != "" {
		if rest, ok := strings.CutPrefix(path, "~/"); ok && home != "" {
			path = filepath.Join(home, rest)
		}
		return []string{path}
	}
	if home != "" {
		return []string{filepath.Join(home, ".netrc"), filepath.Join(home, "_netrc")}
	}
	return nil
}

// isSimpleNetrc says that a netrc has nothing in it but whole entries without
// quotes, comments and macros, which every Python reads alike.
func isSimpleNetrc(text string) bool {
	if strings.ContainsAny(text, "\"'\\#") {
		return false
	}
	words := strings.Fields(text)
	for len(words) > 0 {
		switch {
		case words[0] == "machine" && len(words) > 1:
			words = words[2:]
		case words[0] == "default":
			words = words[1:]
		default:
			return false
		}
		said := map[string]bool{}
		for len(words) > 1 && (words[0] == "login" || words[0] == "password" || words[0] == "account") {
			said[words[0]] = true
			words = words[2:]
		}
		if !said["login"] || !said["password"] {
			return false
		}
	}
	return true
}

// readsNetrc asks the interpreter that will run pip whether it can read a
// netrc: Pythons differ in that.
func (in *invocation) readsNetrc(a *analysis, path string) bool {
	command := exec.CommandContext(in.untilInterrupted(), a.command.Installation.Interpreter, "-I", "-c", "import netrc, sys; netrc.netrc(sys.argv[1])", path)
	command.Env = in.environ
	return command.Run() == nil
}
