package cli

import (
	"path/filepath"
	"strings"
)

// startupFile is the file that the user's shell reads when it starts for a
// person.
func startupFile(environment map[string]string, system string) string {
	home := environment["HOME"]
	switch shell := filepath.Base(environment["SHELL"]); {
	case shell == "fish":
		configuration := environment["XDG_CONFIG_HOME"]
		if !filepath.IsAbs(configuration) {
			configuration = filepath.Join(home, ".config")
		}
		return filepath.Join(configuration, "fish", "config.fish")
	case shell == "zsh":
		if directory := environment["ZDOTDIR"]; filepath.IsAbs(directory) {
			return filepath.Join(directory, ".zshrc")
		}
		return filepath.Join(home, ".zshrc")
	case shell == "bash" && system == "darwin": // whose terminals start login shells
		return filepath.Join(home, ".bash_profile")
	case shell == "bash":
		return filepath.Join(home, ".bashrc")
	}
	return filepath.Join(home, ".profile")
}

// startupLines are what setup adds to that file. A program that is gone is
// not called.
func (s *setupRun) startupLines() string {
	program := `"` + inDoubleQuotes(s.installed(), s.environment["HOME"]) + `"`
	var line string
	switch shell := filepath.Base(s.environment["SHELL"]); shell {
	case "fish":
		line = "test -x " + program + "; and " + program + " init fish | source"
	case "zsh", "bash":
		line = "[ ! -x " + program + ` ] || eval "$(` + program + " init " + shell + `)"`
	default:
		line = `export PATH="` + inDoubleQuotes(s.bin, s.environment["HOME"]) + `:$PATH"`
	}
	return "# pip is thresher's; thresher setup --remove takes this out\n" + line + "\n"
}

// inDoubleQuotes writes a path for a shell to read between double quotes, by
// $HOME where it lies there: start-up files are shared between machines.
func inDoubleQuotes(path, home string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`")
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok && home != "" {
		return "$HOME/" + escape.Replace(rest)
	}
	return escape.Replace(path)
}
