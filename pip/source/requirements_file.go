package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"thresher/address"
	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

// sourceFile is one file, pipe or address that requirements were read from.
type sourceFile struct {
	given   string // as pip was told
	path    string // absolute path, or the address
	content []byte // as read

	kind        fileKind
	contentType string     // of an address
	page        bool       // behind a URL, file: URLs included
	stable      bool       // a regular file that pip can read again and nobody else can change
	plain       bool       // its bytes are its text, whatever the locale
	lines       []fileLine // of a requirements file, in order
	top         bool       // named outside any file
	copied      string     // where rewrite has put a copy
}

type fileKind int

const (
	kindRequirements fileKind = iota
	kindLock
	kindGroups
	kindScript
)

// fileLine is what pip made of one logical line of a requirements file.
type fileLine struct {
	number    int
	raw       string // before its variables were expanded
	text      string // after
	variables []string
	args      string        // what stands before the first option
	values    option.Values // of the options
	options   bool          // the options themselves take effect
	nested    *sourceFile   // of -r and -c
	given     string        // the nested name as pip resolves it
	findLinks string        // of -f, as pip resolves it
}

// Bounds of what is read: more than any real use, less than what hangs.
const (
	maximalSource = 64 << 20 // bytes of one file
	maximalDepth  = 100      // of nested files
	maximalFiles  = 10000    // in all
	maximalLines  = 200000   // in all, comments and blank lines apart
)

// readTop reads a requirements or constraints file named outside any file.
func (s *Collection) readTop(path string, constraint bool, origin option.Origin) {
	if err := checkText(path); err != nil {
		s.record(err, origin.Place)
		return
	}
	reader := &fileReader{sources: s, constraints: constraint, seen: map[string]bool{}}
	file := reader.read(path, constraint)
	if file != nil {
		file.top = true
	}
}

// fileReader reads one tree of requirements files.
type fileReader struct {
	sources     *Collection
	constraints bool            // the tree hangs on -c: its settings are lost
	stack       []string        // the files being read, each by what pip recognises it by
	seen        map[string]bool // every file so far, for 24.3
}

// place names a file in messages: relative to the working directory where it
// lies in it.
func (s *Collection) place(path string) string {
	if isRequirementsURL(path) {
		return address.Redact(path)
	}
	if filepath.IsAbs(path) {
		if relative, err := filepath.Rel(s.input.Dir, path); err == nil && !strings.HasPrefix(relative, "..") {
			return relative
		}
	}
	return path
}

// read reads one file and everything it names.
func (f *fileReader) read(path string, constraint bool) *sourceFile {
	s := f.sources
	if len(f.stack) >= maximalDepth {
		s.record(&doubt{reason: reasonTooDeep}, s.place(path))
		return nil
	}
	if len(s.files) >= maximalFiles {
		s.record(&doubt{reason: reasonTooMany}, s.place(path))
		return nil
	}
	file := &sourceFile{given: path, kind: kindRequirements}
	text, err := s.open(file)
	if err != nil {
		place := s.place(path)
		var l *lineDoubt
		if errors.As(err, &l) {
			place += ":" + strconv.Itoa(l.line)
			err = &l.doubt
		}
		s.record(err, place)
		return nil
	}
	s.files = append(s.files, file)
	f.stack = append(f.stack, f.key(path))
	defer func() { f.stack = f.stack[:len(f.stack)-1] }()
	for _, line := range logicalLines(text) {
		if s.Failure != nil {
			return file
		}
		if s.lines++; s.lines > maximalLines {
			if s.lines == maximalLines+1 {
				s.record(&doubt{reason: reasonTooManyLines}, s.place(path))
			}
			return file
		}
		f.line(file, line, constraint)
	}
	return file
}

// key is what cycles are found by.
func (f *fileReader) key(path string) string {
	if isRequirementsURL(path) {
		return path
	}
	return f.sources.absolute(path)
}

// line reads one logical line and does what pip does with it.
func (f *fileReader) line(file *sourceFile, logical logicalLine, constraint bool) {
	s := f.sources
	place := s.place(file.given) + ":" + strconv.Itoa(logical.number)
	l := fileLine{number: logical.number, raw: logical.text}
	err := checkText(l.raw)
	if err != nil {
		s.record(err, place)
		return
	}
	if l.text, l.variables, err = expandVariables(logical.text, s.input.Environ); err == nil {
		err = s.checkUnsetVariables(&l)
	}
	if err == nil {
		err = s.parseOptions(&l, place)
	}
	if err != nil {
		s.record(err, place)
		return
	}
	editables := l.values.Of("editables").List
	switch {
	case l.args != "" || len(editables) > 0:
		f.requirement(file, &l, constraint, place)
	case len(l.values.Of("requirements").List) > 0 || len(l.values.Of("constraints").List) > 0:
		f.include(file, &l, place)
	case s.input.Command != "uninstall":
		l.options = true
		s.applyOptions(file, &l, place)
	}
	file.lines = append(file.lines, l)
}

// checkUnsetVariables refuses a line with a variable that is not set here and
// may be in the sealed run.
func (s *Collection) checkUnsetVariables(l *fileLine) error {
	if !strings.Contains(l.raw, "${") {
		return nil
	}
	for _, m := range lineVariable().FindAllStringSubmatch(l.raw, -1) {
		if isSealedVariable(m[1]) && !slices.Contains(l.variables, m[1]) {
			return &doubt{reason: sealedVariable(m[1]), hint: hintSealedVariable}
		}
	}
	return nil
}

// parseOptions splits a line at the first word that begins with a dash and
// reads the options, as pip's line parser does.
func (s *Collection) parseOptions(l *fileLine, place string) error {
	words := ""
	if strings.HasPrefix(l.text, "-") {
		words = l.text
	} else if at := strings.Index(l.text, " -"); at >= 0 {
		l.args, words = l.text[:at], l.text[at+1:]
	} else {
		l.args = l.text
		return nil
	}
	split, err := splitWords(words)
	if err != nil {
		if s.dialect.splitErrorEscapes {
			return crashed(option.WrongLine, err)
		}
		return refused(option.WrongLine, err)
	}
	l.values = option.Values{}
	reader := &option.Reader{
		Table: s.lineTable, Version: s.input.PipVersion, Dir: s.input.Dir, Exact: s.input.UnknownOptions,
		Expand: func(path string) string { return path },
		Values: l.values,
	}
	_, end := reader.Arguments(split, func(int) string { return place }, true)
	if end == nil {
		return s.checkHashes(l)
	}
	if end.Unreadable != nil {
		return &doubt{reason: end.Unreadable.Reason, hint: end.Unreadable.Hint}
	}
	return refused(option.WrongLine, errors.New(end.Failure.What))
}

// checkHashes is pip's callback of --hash.
func (s *Collection) checkHashes(l *fileLine) error {
	for _, call := range l.values.Of("hashes").Calls {
		algorithm, _, found := strings.Cut(call.Value, ":")
		if !found {
			return refused(option.WrongLine, errors.New(hashForm))
		}
		switch algorithm {
		case "sha256", "sha384", "sha512":
		default:
			return refused(option.WrongLine, errors.New(hashAlgorithm))
		}
	}
	return nil
}

// requirement keeps the requirement of a line. Of its options only hashes and
// settings count.
func (f *fileReader) requirement(file *sourceFile, l *fileLine, constraint bool, place string) {
	s := f.sources
	editables := l.values.Of("editables").List
	editable := len(editables) > 0 && (l.args == "" || s.dialect.editableWins)
	text := l.args
	if text == "" {
		text = editables[0].Value
	}
	s.mutateFormats(l)
	var r Requirement
	var err error
	if editable {
		r, err = s.parseEditable(text, constraint)
	} else {
		r, err = s.parseLine(text)
	}
	if err == nil && len(l.values.Of("install_options").List) > 0 {
		err = &doubt{reason: reasonInstallOption, hint: hintInstallOption}
	}
	r.Constraint = constraint
	letter := "-r"
	if constraint {
		letter = "-c"
	}
	r.From = fmt.Sprintf("%s %s (line %d)", letter, file.given, l.number)
	if !editable {
		for _, call := range l.values.Of("hashes").Calls {
			r.Hashes = append(r.Hashes, call.Value)
			s.Finder.RequireHashes = s.Finder.RequireHashes || !s.Finder.NoRequireHashes
		}
	}
	if !f.constraints && (!editable || s.dialect.editableSettings) {
		r.Settings = settingsOf(l.values.Of("config_settings").Calls)
	}
	s.add(r, err, option.Origin{Kind: option.FromFile, Place: place})
}

// settingsOf collects KEY=VALUE pairs; the values of a key given several times
// stand under each other.
func settingsOf(calls []option.Call) map[string]string {
	if len(calls) == 0 {
		return nil
	}
	settings := map[string]string{}
	for _, call := range calls {
		key, value, _ := strings.Cut(call.Value, "=")
		if known, ok := settings[key]; ok {
			value = known + "\n" + value
		}
		settings[key] = value
	}
	return settings
}

// include reads the file that -r or -c names; the first -r of a line wins, and
// everything else on it is lost.
func (f *fileReader) include(file *sourceFile, l *fileLine, place string) {
	s := f.sources
	constraint := len(l.values.Of("requirements").List) == 0
	name := ""
	if constraint {
		name = l.values.Of("constraints").List[0].Value
	} else {
		name = l.values.Of("requirements").List[0].Value
	}
	s.mutateFormats(l)
	if err := checkURLText(name); err != nil {
		s.record(err, place)
		return
	}
	path := name
	switch {
	case isRequirementsURL(file.given):
		joined, err := s.dialect.urls.Join(file.given, name)
		if err != nil {
			s.record(crashed(option.WrongURL, err), place)
			return
		}
		path = joined
	case !isRequirementsURL(name):
		path = name
		if !filepath.IsAbs(name) {
			path = pythontext.JoinPath(dirName(file.given), name)
		}
		if s.dialect.cyclesAreFound {
			path = s.absolute(path)
		}
	}
	key := f.key(path)
	if s.dialect.repeatsAreCycles {
		if f.seen[key] || key == f.stack[0] {
			s.record(refused(option.Circular, nil), place)
			return
		}
		f.seen[key] = true
	}
	if slices.Contains(f.stack, key) {
		if s.dialect.cyclesAreFound {
			s.record(refused(option.Circular, nil), place)
		} else {
			s.record(crashed(option.Circular, nil), place)
		}
		return
	}
	l.given = path
	l.nested = f.read(path, constraint)
}

// dirName is os.path.dirname.
func dirName(path string) string {
	head := strings.TrimRightFunc(path, func(c rune) bool { return c > 0x7f || !os.IsPathSeparator(uint8(c)) })
	if bare := strings.TrimRightFunc(head,
		func(c rune) bool { return c < 0x80 && os.IsPathSeparator(uint8(c)) }); bare != "" {
		return bare
	}
	return head
}

// applyOptions is pip's handle_option_line: a line of options changes the
// finder.
func (s *Collection) applyOptions(file *sourceFile, l *fileLine, place string) {
	origin := option.Origin{Kind: option.FromFile, Place: place}
	finder, values := &s.Finder, l.values
	s.mutateFormats(l)
	if values.Of("require_hashes").Truth {
		finder.RequireHashes = true
		if s.dialect.requireHashesAlone {
			l.options = false
			return
		}
	}
	if values.Of("no_require_hashes").Truth {
		finder.NoRequireHashes = true
	}
	for _, feature := range values.Of("features_enabled").List {
		finder.Features = append(finder.Features, feature.Value)
	}
	s.applyIndexes(values, origin)
	if links := values.Of("find_links").List; len(links) > 0 {
		l.findLinks = links[0].Value // the further ones of a line are lost
		beside := pythontext.JoinPath(filepath.Dir(s.absolute(file.given)), l.findLinks)
		if !filepath.IsAbs(l.findLinks) && pythontext.Exists(beside) {
			l.findLinks = beside
		}
		finder.FindLinks = append(finder.FindLinks, option.Setting{Value: l.findLinks, Origin: origin})
	}
	finder.Pre = finder.Pre || values.Of("pre").Truth
	finder.PreferBinary = finder.PreferBinary || values.Of("prefer_binary").Truth
	for _, host := range values.Of("trusted_hosts").List {
		if err := s.dialect.checkHostName(host.Value); err != nil {
			s.record(crashed(option.WrongURL, err), place)
			return
		}
		finder.TrustedHosts = append(finder.TrustedHosts, option.Setting{Value: host.Value, Origin: origin})
	}
}

// applyIndexes sets the indexes of an option line. An index in a file replaces
// the command line's, and all extra indexes with it.
func (s *Collection) applyIndexes(values option.Values, origin option.Origin) {
	finder := &s.Finder
	index, extras := values.Of("index_url").Text, values.Of("extra_index_urls").List
	noIndex := values.Of("no_index").Truth
	if s.dialect.noIndexSticks {
		finder.NoIndex = finder.NoIndex || noIndex
		if noIndex {
			finder.Indexes, finder.ExtraAt = nil, 0
		}
		if finder.NoIndex {
			return
		}
	}
	if index != "" {
		finder.Indexes, finder.ExtraAt = []option.Setting{{Value: index, Origin: origin}}, 1
		finder.NoIndex = false
	}
	if noIndex {
		finder.Indexes, finder.ExtraAt, finder.NoIndex = nil, 0, true
	}
	for _, extra := range extras {
		finder.Indexes = append(finder.Indexes[:len(finder.Indexes):len(finder.Indexes)],
			option.Setting{Value: extra.Value, Origin: origin})
		finder.NoIndex = false
	}
}

// mutateFormats applies --no-binary, --only-binary, --all-releases and
// --only-final: pip's callbacks change the finder while a line is read, be the
// line one of options or not.
func (s *Collection) mutateFormats(l *fileLine) {
	if s.input.Command == "uninstall" {
		return
	}
	for _, call := range l.values.Of("format_control").Calls {
		words := strings.Split(call.Value, ",")
		if call.Option.Long() == "no-binary" {
			s.Finder.NoBinary = append(s.Finder.NoBinary[:len(s.Finder.NoBinary):len(s.Finder.NoBinary)], words...)
		} else {
			s.Finder.OnlyBinary = append(s.Finder.OnlyBinary[:len(s.Finder.OnlyBinary):len(s.Finder.OnlyBinary)],
				words...)
		}
	}
	for _, call := range l.values.Of("release_control").Calls {
		words := strings.Split(call.Value, ",")
		if call.Option.Long() == "all-releases" {
			s.Finder.AllReleases = append(s.Finder.AllReleases[:len(s.Finder.AllReleases):len(s.Finder.AllReleases)],
				words...)
		} else {
			s.Finder.OnlyFinal = append(s.Finder.OnlyFinal[:len(s.Finder.OnlyFinal):len(s.Finder.OnlyFinal)], words...)
		}
	}
}
