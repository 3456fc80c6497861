package scan

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"thresher/internal/words"
	"thresher/pep"
	"thresher/venv"
)

// maxListLine bounds a line of a list, in bytes.
const maxListLine = 64 << 10

// ParseList reads "name==version" lines, as `pip freeze` prints them. Names
// and versions are kept as written and in order, duplicates included; a
// version may be any text. Empty lines and comments are passed over. The error
// names the line that is none of these: leaving it out would call it clean.
func ParseList(r io.Reader) ([]venv.Distribution, error) {
	var found []venv.Distribution
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxListLine)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, version, ok := strings.Cut(line, "==")
		name, version = strings.TrimSpace(name), strings.TrimSpace(strings.TrimPrefix(version, "="))
		// What follows a version in a requirements file would become part of
		// it here, and match nothing.
		if !ok || !pep.ValidName(name) || version == "" || strings.Contains(version, ";") ||
			strings.Contains(version, " #") || strings.Contains(version, " --") || strings.Contains(version, ",") {
			return nil, fmt.Errorf(textNoPin, number, shorten(words.OneLine(line), 80))
		}
		found = append(found, venv.Distribution{Name: name, Canonical: pep.CanonicalName(name), Version: version})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return found, nil
}
