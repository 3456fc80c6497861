package pep

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// maximalLines is how many lines a requirement may have. Real ones have one,
// and few had three.
const maximalLines = 100

// ParseRequirements reads values of Requires-Dist, or lines of requires.txt.
// Where pip's readers disagree about a value, each reading is given: the
// packaging of pips before 24.1 takes line ends for blanks, and pkg_resources
// takes every line for a requirement of its own, without comments. A reading
// that ParseRequirement does not know is given as unreadable, in the form that
// was tried, and must be taken for a requirement of anything: some pip may read
// it.
func ParseRequirements(values []string) (requirements []Requirement, unreadable []string) {
	for _, value := range values {
		if countLineEnds(value) > maximalLines {
			unreadable = append(unreadable, trimSpace(value))
			continue
		}
		for _, reading := range readings(value) {
			requirement, err := ParseRequirement(reading)
			if err != nil {
				unreadable = append(unreadable, reading)
				continue
			}
			requirements = append(requirements, requirement)
		}
	}
	return requirements, unreadable
}

// Applies tells whether the requirement counts in the environment given with
// the extras given: whether its marker holds with one of them or with none.
// Pips differ: the newer ones ask without extras only where none is wanted,
// pkg_resources always. See Marker.Evaluate for the error.
func (r Requirement) Applies(environment map[string]string, extras ...string) (bool, error) {
	if r.Marker == nil {
		return true, nil
	}
	return r.Marker.Evaluate(environment, append([]string{""}, extras...)...)
}

// readings gives the texts that one reader or another makes of a value, each
// once.
func readings(value string) []string {
	value = trimSpace(value)
	found := []string{value}
	// Nearly every value is a line without comments, and is read in one way.
	if !strings.ContainsFunc(value, isLineEnd) && !strings.Contains(value, " #") && !strings.HasSuffix(value, `\`) {
		return found
	}
	known := map[string]bool{value: true}
	add := func(reading string) {
		if !known[reading] {
			known[reading] = true
			found = append(found, reading)
		}
	}
	if joined := strings.Join(strings.FieldsFunc(value, isLineEnd), " "); joined != value {
		add(joined)
	}
	var lines []string
	for line := range pythonLines(value) {
		if line = trimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	eachContinued(lines, add)
	eachContinuedOnce(lines, add)
	return found
}

// eachContinued is join_continuation over drop_comment of pkg_resources since
// setuptools 60: "\" and the character before it give way to the next line.
func eachContinued(lines []string, visit func(string)) {
	for i := 0; i < len(lines); i++ {
		line, _, _ := strings.Cut(lines[i], " #")
		for strings.HasSuffix(line, `\`) {
			if i++; i == len(lines) {
				return
			}
			next, _, _ := strings.Cut(lines[i], " #")
			line = trimSpace(withoutLastTwo(line)) + next
		}
		visit(line)
	}
}

// eachContinuedOnce is parse_requirements of older pkg_resources, in which one
// line is continued, comment and all.
func eachContinuedOnce(lines []string, visit func(string)) {
	for i := 0; i < len(lines); i++ {
		line, _, _ := strings.Cut(lines[i], " #")
		if strings.HasSuffix(line, `\`) {
			if i++; i == len(lines) {
				return
			}
			line = trimSpace(withoutLastTwo(line)) + lines[i]
		}
		visit(line)
	}
}

// withoutLastTwo is line[:-2] of a line that ends with "\".
func withoutLastTwo(line string) string {
	line = line[:len(line)-1]
	_, size := utf8.DecodeLastRuneInString(line)
	return line[:len(line)-size]
}

// ParseRequiresTxt reads setuptools' requires.txt of an egg-info directory:
// requirements, and sections "[extra]", "[:marker]" and "[extra:marker]" of
// further ones. It gives them as pip does, in the form of Requires-Dist with
// the section as the marker; see ParseRequirements for what cannot be read.
// The extras are canonical, each once.
func ParseRequiresTxt(content []byte) (requires, extras []string) {
	section := ""
	for line := range pythonLines(string(content)) {
		line = trimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && line[len(line)-1] == ']':
			var extra string
			extra, section = readSection(strings.Trim(line, "[]"))
			if extra != "" && !slices.Contains(extras, extra) {
				extras = append(extras, extra)
			}
		default:
			requires = append(requires, line+section)
		}
	}
	return requires, extras
}

// readSection gives the extra of a section, and its marker as it stands behind
// a requirement.
func readSection(section string) (extra, marker string) {
	extra, marker, _ = strings.Cut(section, ":")
	// pip strips nothing here, pkg_resources does; no blank can stand in either.
	extra, marker = CanonicalName(trimSpace(extra)), trimSpace(marker)
	switch {
	case extra == "" && marker == "":
		return "", ""
	case extra == "":
		return "", " ; " + marker
	case marker == "":
		return extra, ` ; extra == "` + extra + `"`
	}
	return extra, ` ; (` + marker + `) and extra == "` + extra + `"`
}

// isLineEnd tells the characters at which Python's str.splitlines splits.
func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

func countLineEnds(text string) int {
	count := 0
	for _, r := range text {
		if isLineEnd(r) {
			count++
		}
	}
	return count
}

// pythonLines is Python's str.splitlines.
func pythonLines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(text) > 0 {
			end := strings.IndexFunc(text, isLineEnd)
			if end < 0 {
				yield(text)
				return
			}
			if !yield(text[:end]) {
				return
			}
			_, size := utf8.DecodeRuneInString(text[end:])
			if strings.HasPrefix(text[end:], "\r\n") {
				size = 2
			}
			text = text[end+size:]
		}
	}
}
