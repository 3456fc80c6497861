package source

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"thresher/pip/internal/pythontext"
)

// Rewrite writes to dir (which exists and is private) a copy of each source
// that cannot be handed to pip as it is: one that sets an index or find-links
// whose URL replaceIndex changes, that pip could not read again (a pipe, a
// URL), that others may change in between, that is in another encoding, or
// that names such a file. nil leaves every URL as it is. The result maps the
// path as given (for a group the path before the colon, "pyproject.toml" where
// none was given) to the path to give to pip instead; what is not in it stays.
//
// What stays is compared once more with what was read.
func (s *Collection) Rewrite(dir string, replaceIndex func(url string) string) (map[string]string, error) {
	if s.Failure != nil || len(s.Unreadable) > 0 {
		return nil, errors.New(rewriteUnread)
	}
	if replaceIndex == nil {
		replaceIndex = func(url string) string { return url }
	}
	w := &writer{sources: s, dir: dir, replace: replaceIndex, needs: map[*sourceFile]bool{},
		written: map[string]*sourceFile{}}
	mapping := map[string]string{}
	for _, file := range s.files {
		if !file.top || !w.needsCopy(file) {
			continue
		}
		path, err := w.copy(file)
		if err != nil {
			return nil, fmt.Errorf(rewriteFailed, s.place(file.given), err)
		}
		mapping[file.given] = path
	}
	if changed := s.Changed(); len(changed) > 0 {
		return nil, fmt.Errorf(rewriteChanged, strings.Join(changed, ", "))
	}
	return mapping, nil
}

// Changed names the files that pip reads for itself and that no longer hold
// what was read.
func (s *Collection) Changed() []string {
	var changed []string
	seen := map[string]bool{}
	for _, file := range s.files {
		if file.copied != "" || !file.stable || seen[file.path] {
			continue
		}
		seen[file.path] = true
		if content, err := os.ReadFile(file.path); err != nil || !bytes.Equal(content, file.content) {
			changed = append(changed, s.place(file.given))
		}
	}
	return changed
}

// Mentioned names the variables that any file has as ${NAME}, set or not: pip
// expands them with the values that it is given.
func (s *Collection) Mentioned() []string {
	var names []string
	for _, file := range s.files {
		for _, m := range lineVariable().FindAllStringSubmatch(string(file.content), -1) {
			if !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// writer writes the copies of one run.
type writer struct {
	sources *Collection
	dir     string
	replace func(string) string
	needs   map[*sourceFile]bool
	written map[string]*sourceFile // by the name that pip was told
	number  int
}

// needsCopy tells whether pip cannot be given the file as it is.
func (w *writer) needsCopy(file *sourceFile) bool {
	if needs, known := w.needs[file]; known {
		return needs
	}
	needs := file.page || !file.stable || !file.plain && (file.kind == kindRequirements || file.kind == kindLock)
	for i := range file.lines {
		l := &file.lines[i]
		needs = needs || w.setsIndex(l) || hasSealedVariable(l.variables) || l.nested != nil && w.needsCopy(l.nested)
	}
	w.needs[file] = needs
	return needs
}

// setsIndex tells whether a line's options name an address that is replaced.
func (w *writer) setsIndex(l *fileLine) bool {
	if !l.options {
		return false
	}
	if index := l.values.Of("index_url").Text; index != "" && w.replace(index) != index {
		return true
	}
	for _, extra := range l.values.Of("extra_index_urls").List {
		if w.replace(extra.Value) != extra.Value {
			return true
		}
	}
	return l.findLinks != "" && w.replace(l.findLinks) != l.findLinks
}

// hasSealedVariable tells whether one of the variables is set otherwise in the
// sealed run.
func hasSealedVariable(names []string) bool { return slices.ContainsFunc(names, isSealedVariable) }

// isSealedVariable tells the variables that the sealed run sets, changes or
// removes.
func isSealedVariable(name string) bool {
	return strings.HasPrefix(strings.TrimLeft(name, "_"), "PIP_") || strings.HasPrefix(name, "THRESHER") ||
		strings.HasSuffix(name, "_PROXY") || name == "NETRC"
}

// checkSealedVariables refuses a line that names such a variable where it is
// not set: in the sealed run it may be.
func checkSealedVariables(line string) error {
	if !strings.Contains(line, "${") {
		return nil
	}
	for _, m := range lineVariable().FindAllStringSubmatch(line, -1) {
		if isSealedVariable(m[1]) {
			return &doubt{reason: sealedVariable(m[1])}
		}
	}
	return nil
}

// copy writes the copy of a file and gives its path.
func (w *writer) copy(file *sourceFile) (string, error) {
	if known := w.written[file.given]; known != nil && known.kind == file.kind {
		if !bytes.Equal(known.content, file.content) {
			return "", errors.New(rewriteTwoReadings)
		}
		file.copied = known.copied
		return known.copied, nil
	}
	content, err := w.content(file)
	if err != nil {
		return "", err
	}
	w.number++
	directory := filepath.Join(w.dir, "source-"+strconv.Itoa(w.number))
	if err := os.Mkdir(directory, 0o700); err != nil {
		return "", err
	}
	file.copied = filepath.Join(directory, copyName(file))
	w.written[file.given] = file
	return file.copied, os.WriteFile(file.copied, content, 0o600)
}

// copyName keeps the file's own name as far as it is harmless.
func copyName(file *sourceFile) string {
	name := file.given
	if file.page {
		name, _, _ = strings.Cut(name, "#")
		name, _, _ = strings.Cut(name, "?")
	}
	name = pythontext.PathName(filepath.ToSlash(name))
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c) {
			return c
		}
		return '_'
	}, name)
	switch {
	case file.kind == kindLock && !isLockName(name):
		return "pylock.copy.toml"
	case file.kind == kindGroups:
		return "pyproject.toml"
	case file.kind == kindRequirements &&
		(isLockName(name) || name == "" || strings.HasPrefix(name, "-") || name == "." || name == ".."):
		return "requirements.txt"
	}
	return name
}

func (w *writer) content(file *sourceFile) ([]byte, error) {
	switch file.kind {
	case kindRequirements:
		return w.requirements(file)
	case kindLock:
		return w.lock(file)
	}
	return file.content, nil
}

// requirements writes a requirements file anew: every logical line stands on
// the line number that pip would report, in UTF-8 with a byte order mark, which
// every pip reads alike.
func (w *writer) requirements(file *sourceFile) ([]byte, error) {
	var b bytes.Buffer
	b.Write(utf8BOM)
	at := 1
	for i := range file.lines {
		l := &file.lines[i]
		for ; at < l.number; at++ {
			b.WriteByte('\n')
		}
		text, err := w.line(l)
		if err == nil {
			err = w.check(l, text)
		}
		if err != nil {
			return nil, fmt.Errorf(rewriteLine, l.number, err)
		}
		b.WriteString(text)
		b.WriteByte('\n')
		at++
	}
	return b.Bytes(), nil
}

// line gives the text of one line of the copy.
func (w *writer) line(l *fileLine) (string, error) {
	switch {
	case l.given != "":
		return w.include(l)
	case l.options && (l.values.Of("index_url").Text != "" || len(l.values.Of("extra_index_urls").List) > 0 ||
		l.findLinks != ""):
		return w.optionLine(l), nil
	}
	text := l.raw
	if hasSealedVariable(l.variables) {
		text = l.text
	}
	if strings.HasSuffix(text, `\`) {
		text += " #" // what was no continuation must not become one
	}
	return text, nil
}

// include gives the line of -r or -c with the nested file's copy or absolute path.
func (w *writer) include(l *fileLine) (string, error) {
	option := "-r "
	if len(l.values.Of("requirements").List) == 0 {
		option = "-c "
	}
	if l.nested == nil {
		return "", errors.New(rewriteUnread)
	}
	path := w.sources.absolute(l.nested.given)
	if w.needsCopy(l.nested) {
		var err error
		if path, err = w.copy(l.nested); err != nil {
			return "", err
		}
	}
	words := []string{option + quoteWord(path)}
	for _, dest := range []string{"format_control", "release_control"} {
		for _, call := range l.values.Of(dest).Calls {
			words = append(words, "--"+call.Option.Long()+" "+quoteWord(call.Value))
		}
	}
	return strings.Join(words, " "), nil
}

// optionLine writes the options of a line anew, with its addresses replaced.
func (w *writer) optionLine(l *fileLine) string {
	var words []string
	done := map[string]bool{}
	for _, option := range w.sources.lineTable.Options {
		value := l.values[option.Dest]
		if value == nil || !value.Set || done[option.Dest] {
			continue
		}
		done[option.Dest] = true
		name := "--" + option.Long()
		switch option.Action {
		case "store_true":
			words = append(words, name)
		case "store":
			text := value.Text
			if option.Dest == "index_url" {
				if text == "" {
					continue // pip does not see an empty one
				}
				text = w.replace(text)
			}
			words = append(words, name, quoteWord(text))
		case "append":
			for i, item := range value.List {
				text := item.Value
				switch {
				case option.Dest == "extra_index_urls":
					text = w.replace(text)
				case option.Dest == "find_links" && i > 0:
					continue // only the first of a line counts
				case option.Dest == "find_links":
					text = w.findLinks(l.findLinks)
				}
				words = append(words, name, quoteWord(text))
			}
		case "callback":
			for _, call := range value.Calls {
				words = append(words, "--"+call.Option.Long(), quoteWord(call.Value))
			}
		}
	}
	return strings.Join(words, " ")
}

// findLinks gives the replacement of -f: the copy lies elsewhere, so a path
// becomes absolute.
func (w *writer) findLinks(value string) string {
	if replaced := w.replace(value); replaced != value {
		return replaced
	}
	if url, err := w.sources.dialect.isURL(value); err == nil && !url {
		return w.sources.absolute(value)
	}
	return value
}

// check reads a line of the copy as pip will and compares it with what the
// line was: variables with the sealed run's values left alone.
func (w *writer) check(l *fileLine, text string) error {
	again := logicalLines(text)
	if len(again) == 0 && text == "" {
		return nil
	}
	if len(again) != 1 || len(splitLines(text)) != 1 {
		return errors.New(rewriteNotSame)
	}
	expanded, variables, err := expandVariables(again[0].text, w.sources.input.Environ)
	if err != nil {
		return err
	}
	if hasSealedVariable(variables) || checkSealedVariables(again[0].text) != nil {
		return errors.New(rewriteNotSame)
	}
	read := fileLine{text: expanded}
	if err := w.sources.parseOptions(&read, ""); err != nil {
		return err
	}
	if l.given == "" && !l.options {
		if expanded != l.text {
			return errors.New(rewriteNotSame)
		}
		return nil
	}
	if read.args != "" {
		return errors.New(rewriteNotSame)
	}
	return nil
}

// lock writes a lock anew with its paths made absolute, or, of a lock behind a
// URL, made URLs.
func (w *writer) lock(file *sourceFile) ([]byte, error) {
	s := w.sources
	text, err := w.lockText(file)
	if err != nil {
		return nil, err
	}
	var root map[string]any
	if err := unmarshalTOML([]byte(text), &root); err != nil {
		return nil, err
	}
	resolve := func(entry any) error {
		table, ok := entry.(map[string]any)
		if !ok {
			return nil
		}
		path, ok := table["path"].(string)
		if !ok {
			return nil
		}
		url, err := s.lockedURL(&lockFile{Path: &path}, file.given)
		if err != nil {
			return err
		}
		if local, err := s.dialect.urlToPath(url); err == nil {
			table["path"] = local
		} else {
			delete(table, "path")
			table["url"] = url
		}
		return nil
	}
	packages, _ := root["packages"].([]any)
	for _, item := range packages {
		entry, _ := item.(map[string]any)
		wheels, _ := entry["wheels"].([]any)
		parts := append([]any{entry["vcs"], entry["archive"], entry["sdist"]}, wheels...)
		if !lockURL().MatchString(file.given) || strings.HasPrefix(file.given, "file://") {
			parts = append(parts, entry["directory"]) // elsewhere pip refuses one that it selects
		}
		for _, part := range parts {
			if err := resolve(part); err != nil {
				return nil, err
			}
		}
	}
	return toml.Marshal(root)
}

// lockText decodes again what was read.
func (w *writer) lockText(file *sourceFile) (string, error) {
	if !file.page {
		text, err := decode("utf-8", file.content)
		return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), err
	}
	return w.sources.dialect.decodePage(file.content, file.contentType, strings.HasPrefix(file.given, "file:"))
}
