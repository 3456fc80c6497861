package policy

import (
	"fmt"
	"strings"

	"thresher/internal/words"
)

// Problem is one thing that is wrong with a policy file. Line and Column are
// counted from 1, Column in characters; both are 0 where the whole file is
// meant.
type Problem struct {
	Path    string
	Line    int
	Column  int
	Message string
	Hint    string // a command that can be pasted; "" none
}

// String writes the problem as `path:line:column: message`.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", words.Printable(p.Path), p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", words.Printable(p.Path), p.Line, p.Column, p.Message)
}

// Error says that a policy file cannot be used. It lists all that is wrong
// with all files, in the order of the layers and then of the lines.
type Error struct{ Problems []Problem }

// Error writes one problem a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}
