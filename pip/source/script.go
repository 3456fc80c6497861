package source

import (
	"errors"
	"strings"

	"thresher/internal/lazyregexp"
	"thresher/pep"
	"thresher/pip/internal/release"
	"thresher/pip/option"
)

var (
	scriptStart = lazyregexp.New(`^# /// ([a-zA-Z0-9-]+)$`)
	scriptLine  = lazyregexp.New(`^#(| .*)$`)
)

// Script reads the inline metadata of a script (PEP 723), as pip from 26.0 on
// does for --requirements-from-script.
func (s *Collection) Script(path string, origin option.Origin) {
	if s.Failure != nil {
		return
	}
	place := s.place(path)
	dependencies, err := s.scriptDependencies(path)
	if err != nil {
		s.record(err, place)
		return
	}
	for _, dependency := range dependencies {
		r, err := s.requirementString(dependency)
		s.add(r, err, option.Origin{Kind: option.FromScript, Place: place})
		if s.Failure != nil {
			return
		}
	}
}

func (s *Collection) scriptDependencies(path string) ([]string, error) {
	if err := checkText(path); err != nil {
		return nil, err
	}
	if err := checkURLText(path); err != nil {
		return nil, err
	}
	file := &sourceFile{given: path, kind: kindScript, top: true}
	if err := s.readPath(file, s.opened(path)); err != nil {
		return nil, s.scriptNotOpened(err)
	}
	s.files = append(s.files, file)
	text, err := decode("utf-8", file.content)
	if err != nil {
		return nil, crashed(option.WrongEncoding, err)
	}
	block, err := scriptBlock(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
	if err != nil {
		return nil, err
	}
	var metadata map[string]any
	if err := unmarshalTOML([]byte(block), &metadata); err != nil {
		return nil, refused(option.WrongScript, err)
	}
	if err := s.checkScriptPython(metadata["requires-python"]); err != nil {
		return nil, err
	}
	switch dependencies := metadata["dependencies"].(type) {
	case nil:
		return nil, nil
	case string: // Python goes through it letter by letter
		return strings.Split(dependencies, ""), nil
	case []any:
		texts := make([]string, len(dependencies))
		for i, dependency := range dependencies {
			text, ok := dependency.(string)
			if !ok {
				return nil, crashed(option.WrongScript, nil)
			}
			texts[i] = text
		}
		return texts, nil
	case map[string]any:
		return nil, &doubt{reason: reasonDependenciesTable, hint: hintDependencies}
	}
	return nil, crashed(option.WrongScript, nil)
}

// scriptBlock finds the one "script" block by pip's regular expression: from
// "# /// script" over comment lines to the last "# ///" among them.
func scriptBlock(text string) (string, error) {
	lines := strings.Split(text, "\n")
	var blocks []string
	for i := 0; i < len(lines); i++ {
		m := scriptStart().FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		end := 0
		next := i + 1
		for ; next < len(lines) && scriptLine().MatchString(lines[next]); next++ {
			if lines[next] == "# ///" && next > i+1 {
				end = next
			}
		}
		if end == 0 {
			continue
		}
		if m[1] == "script" {
			blocks = append(blocks, uncomment(strings.Join(lines[i+1:end], "\n")+"\n"))
		}
		i = end
	}
	switch len(blocks) {
	case 0:
		return "", refused(option.WrongScript, nil)
	case 1:
		return blocks[0], nil
	}
	return "", refused(option.WrongScript, nil)
}

// uncomment takes the "# " off every line, where Python's splitlines sees one.
func uncomment(content string) string {
	var b strings.Builder
	for start := 0; start < len(content); {
		end := start
		width := 0
		for end < len(content) {
			if width = lineSeparator(content[end:]); width > 0 {
				break
			}
			end++
		}
		line := content[start : end+width]
		if strings.HasPrefix(line, "# ") {
			b.WriteString(line[2:])
		} else {
			_, size := firstRune(line)
			b.WriteString(line[size:])
		}
		start = end + width
	}
	return b.String()
}

func firstRune(text string) (rune, int) {
	for i, c := range text {
		if i > 0 {
			return c, i
		}
	}
	return 0, len(text)
}

// checkScriptPython refuses a script for another Python.
func (s *Collection) checkScriptPython(required any) error {
	if required == nil || s.input.IgnoreRequiresPython {
		return nil
	}
	text, ok := required.(string)
	if !ok {
		return crashed(option.WrongScript, nil)
	}
	if text == "" {
		return nil
	}
	if s.input.Command != "install" && s.input.Command != "download" && !release.AtLeast(s.input.PipVersion, "26.3") {
		// These commands lack the options that the check looks at.
		return crashed(option.WrongScript, nil)
	}
	specifiers, err := pep.ParseSpecifiers(text)
	if err != nil {
		return crashed(option.WrongScript, err)
	}
	running := s.input.PythonVersion
	if s.input.TargetPython != "" {
		running = s.input.TargetPython
	}
	version, err := pep.ParseVersion(running)
	if err != nil {
		return &doubt{reason: err.Error()}
	}
	if !specifiers.Match(version) {
		return refused(option.OtherPython, nil)
	}
	return nil
}

// scriptNotOpened is what pip makes of a script that cannot be opened: install
// reports an OSError, the other commands do not expect one.
func (s *Collection) scriptNotOpened(err error) error {
	var d *doubt
	if errors.As(err, &d) {
		return err
	}
	if s.input.Command == "install" {
		return refused(option.NotOpened, err)
	}
	return crashed(option.NotOpened, err)
}
