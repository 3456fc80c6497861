package policy

import (
	"fmt"
	"strings"
	"testing"

	"thresher/policy/rules"
)

// Large hostile files are read in time that grows with their size. Nothing is
// asserted about the time itself: what grows faster would not end here.
func TestLargeFiles(t *testing.T) {
	lines := func(line string) string {
		var text strings.Builder
		for i := 0; text.Len() < largestFile-100; i++ {
			text.WriteString(strings.ReplaceAll(line, "#", fmt.Sprint(i)))
		}
		return text.String()
	}
	for name, content := range map[string]string{
		"unknown keys":   lines("ruels#=1\n"),
		"unknown tables": lines("[ruels#]\n"),
		"denials":        "[deny]\n" + lines("a#='b'\n"),
		"denied tables":  lines("[deny.a#]\nreason='b'\n"),
		"answers":        lines("[allow.a#]\nreason='b'\n"),
		"ignores":        lines("[[scan.ignore]]\nid='a#'\nreason='b'\nexpires=2027-01-01\n"),
		"a list":         "cooldown.except = [" + lines("'a#',") + "]\n",
		"a deep key":     lines("a.") + "a=1\n",
		"braces":         "allow = {" + lines("a#={reason='b'},") + "b={reason='b'}}\n",
		"a long line":    "preset = '" + lines("x") + "'\n",
		"one problem":    "[deny]\n" + lines("a#=1\n"),
		"one name":       lines("deny.a#.reason='b'\n"),
	} {
		t.Run(name, func(t *testing.T) {
			statements, problems := checkDocument("p", []byte(content))
			if len(problems) == 0 {
				merge([]source{{File{Layer: rules.UserLayer, Path: "p"}, statements, false, nil}}, LoadInput{Now: today})
			}
		})
	}
}
