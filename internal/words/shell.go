package words

import (
	"runtime"
	"strings"
)

// ShellWord writes a text as one word of this system's shells, in quotes where it
// needs them: of a POSIX shell, on Windows of cmd and PowerShell.
func ShellWord(text string) string { return shellWord(text, runtime.GOOS) }

func shellWord(text, system string) string {
	special := "@%+=:,./_-"
	if system == "windows" {
		special = `+=:./_-\` // cmd takes a comma for a blank, and % for a variable's name; PowerShell has a use for @
	}
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(special, r)
	}
	if text != "" && strings.TrimFunc(text, safe) == "" {
		return text
	}
	return quoted(text, system)
}

// ShellWords writes a command line.
func ShellWords(texts []string) string {
	written := make([]string, len(texts))
	for i, text := range texts {
		written[i] = ShellWord(text)
	}
	return strings.Join(written, " ")
}

// Quoted writes a text in quotes, as a word of this system's shells.
func Quoted(text string) string { return quoted(text, runtime.GOOS) }

// powershellSpecial is what PowerShell would expand between double quotes, and what
// it takes for such a quote. cmd keeps the ` before it, so that the text is another
// one there, but never a command.
var powershellSpecial = strings.NewReplacer(`"`, `""`, "`", "``", "$", "`$", "\u201c", "`\u201c", "\u201d", "`\u201d",
	"\u201e", "`\u201e")

// quoted knows double quotes alone for Windows: cmd has no others.
func quoted(text, system string) string {
	if system == "windows" {
		return `"` + powershellSpecial.Replace(text) + `"`
	}
	return ShellQuoted(text)
}

// ShellQuoted writes a text in quotes, as a word that stands for itself in bash,
// zsh and sh.
func ShellQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
