package words

import (
	"slices"
	"strings"
)

// programs are what a command that thresher shows begins with.
var programs = []string{
	".", "cat", "curl", "exec", "export", "git", "grep", "mv", "pip", "python", "python3", "rm", "sh", "source",
	"thresher", "unset", "uv",
	"del", "findstr", "move", "type", "&", "Remove-Item", // on Windows
}

// IsCommand says whether what helps is a command that can be pasted.
func IsCommand(remedy string) bool {
	first, _, _ := strings.Cut(remedy, " ")
	// On Windows a program of the environment's own activates it.
	return slices.Contains(programs, first) || strings.HasSuffix(first, `\Scripts\activate`) ||
		strings.HasPrefix(first, "$env:")
}

// Remedy is the line to act on: a command that can be pasted, or what to write
// in a place ("requirements.txt:3").
func Remedy(place, remedy string) string {
	switch {
	case IsCommand(remedy):
		return "fix: " + remedy
	case place == "":
		return "edit: " + remedy
	}
	return "edit: " + place + ": " + remedy
}
