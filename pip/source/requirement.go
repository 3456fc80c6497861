package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"thresher/address"
	"thresher/internal/files"
	"thresher/pep"
	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

// refusal is an input that pip itself refuses, and its exit status.
type refusal struct {
	kind   option.Kind
	cause  error // nil where there is no more to say
	status int
}

func (r *refusal) Error() string { return string(r.kind) }

// refused is what pip reports as a plain error.
func refused(kind option.Kind, cause error) *refusal { return &refusal{kind, cause, 1} }

// crashed is what pip reports as an unexpected exception.
func crashed(kind option.Kind, cause error) *refusal { return &refusal{kind, cause, 2} }

// doubt is an input of which it is not certain what pip would make of it.
type doubt struct{ reason, hint string }

func (d *doubt) Error() string { return d.reason }

// record sorts an error of reading into a refusal of pip's or an unreadable place.
func (s *Collection) record(err error, place string) {
	var r *refusal
	var d *doubt
	switch {
	case errors.As(err, &r):
		s.Failure = &option.Failure{Kind: r.kind, What: address.RedactText(place), Status: r.status}
		if r.cause != nil {
			s.Failure.Reason = address.RedactText(reasonOf(r.cause))
		}
	case errors.As(err, &d):
		hint := d.hint
		if hint == "" {
			hint = hintSimpler
		}
		s.Unreadable = append(s.Unreadable,
			option.Unreadable{Place: place, Reason: address.RedactText(d.reason), Hint: hint})
	default:
		s.Unreadable = append(s.Unreadable,
			option.Unreadable{Place: place, Reason: address.RedactText(err.Error()), Hint: hintSimpler})
	}
}

// reasonOf is an error without the operation and path that the system's have:
// the place is said already.
func reasonOf(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// parseLine reads a requirement that is a name, a path or a URL, as
// install_req_from_line does.
func (s *Collection) parseLine(text string) (Requirement, error) {
	r := Requirement{Text: text, MarkerApplies: true}
	if err := checkText(text); err != nil {
		return r, err
	}
	url, err := s.dialect.isURL(text)
	if err != nil {
		return r, crashed(option.WrongURL, err)
	}
	separator := ";"
	if url {
		separator = "; "
	}
	name, markerText, hasMarker := strings.Cut(text, separator)
	name, markerText = pythontext.Strip(name), pythontext.Strip(markerText)
	if hasMarker && markerText != "" {
		if err := s.setMarker(&r, markerText); err != nil {
			return r, err
		}
	}
	if url, err = s.dialect.isURL(name); err != nil {
		return r, crashed(option.WrongURL, err)
	}
	var location string // of a URL, or of a path
	var extras []string
	if url {
		if err := checkURLText(name); err != nil {
			return r, err
		}
		location = name
	} else if mayBePath(name) {
		var path string
		if path, extras, err = s.dialect.stripExtras(s.absolute(name)); err != nil {
			return r, err
		}
		if location, err = s.urlOfPath(path, name); err != nil {
			return r, err
		}
	}
	if location == "" {
		err = s.setNamed(&r, name)
	} else {
		err = s.setLocated(&r, location)
	}
	if err != nil {
		return r, err
	}
	if len(extras) > 0 {
		r.Extras = extras
	}
	return r, nil
}

// mayBePath tells whether pip's look at the file system can matter for a word:
// without it the word is a requirement of PEP 508 for certain.
func mayBePath(name string) bool {
	return name == "" || looksLikeAPath(name) || strings.HasSuffix(name, "]") || address.IsArchive(name)
}

// checkText refuses texts that a process's arguments or a file can hold but
// that Python and thresher would not read alike.
func checkText(text string) error {
	if !utf8.ValidString(text) {
		return &doubt{reason: reasonNotUTF8, hint: hintNotUTF8}
	}
	if len(text) > maximalLine {
		return &doubt{reason: reasonLongText}
	}
	return nil
}

// checkURLText refuses a URL or path with control characters: Pythons differ in
// which of them they drop.
func checkURLText(text string) error {
	if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return &doubt{reason: reasonControl, hint: hintControl}
	}
	return nil
}

// absolute is os.path.normpath(os.path.abspath(path)) in the working directory.
func (s *Collection) absolute(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.input.Dir, path)
	}
	return filepath.Clean(path)
}

// opened gives the path that opening a file takes: relative to the working
// directory, but with "..", links and a closing slash left to the system.
func (s *Collection) opened(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return pythontext.JoinPath(s.input.Dir, path)
}

// setMarker reads a marker that stands apart from its requirement.
func (s *Collection) setMarker(r *Requirement, text string) error {
	if known, ok := s.markers[text]; ok {
		r.Marker, r.MarkerApplies = known.text, known.applies
		return nil
	}
	marker, err := pep.ParseMarker(text)
	if err != nil {
		if s.dialect.invalidMarkers {
			return refused(option.WrongMarker, err)
		}
		return crashed(option.WrongMarker, err)
	}
	if err := s.applyMarker(r, marker); err != nil {
		return err
	}
	s.markers[text] = evaluatedMarker{text: r.Marker, applies: r.MarkerApplies}
	return nil
}

// evaluatedMarker is a marker as packaging prints it, and whether it holds.
type evaluatedMarker struct {
	text    string
	applies bool
}

func (s *Collection) applyMarker(r *Requirement, marker *pep.Marker) error {
	r.Marker = marker.String()
	environment, err := s.markerEnvironment()
	if err != nil {
		return &doubt{reason: markerDoubt(r.Marker, err), hint: hintMarker}
	}
	applies, err := marker.Evaluate(environment)
	if err != nil {
		return &doubt{reason: markerDoubt(r.Marker, err), hint: hintMarker}
	}
	r.MarkerApplies = applies
	return nil
}

func (s *Collection) markerEnvironment() (map[string]string, error) {
	if s.environment == nil {
		if s.input.MarkerEnvironment == nil {
			return nil, errors.New(reasonNoMarkerEnvironment)
		}
		environment, err := s.input.MarkerEnvironment()
		if err != nil {
			return nil, err
		}
		s.environment = environment
	}
	return s.environment, nil
}

// setNamed reads a requirement of PEP 508.
func (s *Collection) setNamed(r *Requirement, text string) error {
	parsed, err := s.dialect.parseRequirement(text)
	var u *urlError
	if errors.As(err, &u) {
		return crashed(option.WrongURL, u)
	}
	if err != nil {
		return refused(option.NoRequirement, err)
	}
	if s.dialect.extrasAfterVersion && strings.Contains(parsed.specifier, "]") {
		for _, clause := range strings.Split(parsed.specifier, ",") {
			if strings.HasSuffix(clause, "]") {
				return refused(option.NoRequirement, nil)
			}
		}
	}
	return s.setParsed(r, parsed)
}

// setParsed fills in what a requirement of PEP 508 says.
func (s *Collection) setParsed(r *Requirement, parsed specified) error {
	r.Name = parsed.name
	r.Canonical = pep.CanonicalName(parsed.name)
	r.Specifier = parsed.specifier
	r.Extras = parsed.extras
	if parsed.url != "" {
		if err := checkURLText(parsed.url); err != nil {
			return err
		}
		l, err := s.dialect.newLink(parsed.url)
		if err != nil {
			return linkRefusal(err)
		}
		if err := s.setLink(r, l); err != nil {
			return err
		}
	}
	if parsed.marker != nil && r.Marker == "" {
		return s.applyMarker(r, parsed.marker)
	}
	return nil
}

func linkRefusal(err error) error {
	if errors.Is(err, errEggName) {
		return refused(option.WrongURL, err)
	}
	return crashed(option.WrongURL, err)
}

// setLink records where a requirement comes from.
func (s *Collection) setLink(r *Requirement, l link) error {
	r.URL = l.url
	if l.scheme == "file" {
		path, err := s.dialect.urlToPath(l.url)
		if err != nil {
			return crashed(option.WrongURL, err)
		}
		r.Path = s.absolute(path)
		if r.Name == "" {
			r.LocalName = localProjectName(r.Path)
		}
	}
	return nil
}

// setLocated reads a requirement that is a URL or the file: URL of a path.
func (s *Collection) setLocated(r *Requirement, url string) error {
	l, err := s.dialect.newLink(url)
	if err != nil {
		return linkRefusal(err)
	}
	if l.scheme == "file" && strings.Contains(l.url, "../") {
		if l, err = s.dialect.newLink(address.PathToURL(s.absolute(l.path))); err != nil {
			return linkRefusal(err)
		}
	}
	if l.isWheel() {
		name, version, err := s.dialect.wheelName(l.filename())
		if err != nil {
			return err
		}
		if err := s.setNamed(r, name+"=="+version); err != nil {
			return err
		}
	} else if l.hasEgg {
		if err := s.setNamed(r, l.egg); err != nil {
			return err
		}
	}
	return s.setLink(r, l)
}

// wheelName gives the name and version that pip reads out of a wheel's file name.
func (d *dialect) wheelName(filename string) (name, version string, err error) {
	name, version, err = pep.ParseWheelFilename(filename)
	if err != nil {
		return "", "", refused(option.WrongWheelName, err)
	}
	parts := strings.SplitN(filename, "-", 3)
	if _, invalid := pep.ParseVersion(parts[1]); invalid != nil {
		if !d.wheelNamesLegacy {
			return "", "", refused(option.WrongWheelName, invalid)
		}
		return strings.ReplaceAll(parts[0], "_", "-"), strings.ReplaceAll(parts[1], "_", "-"), nil
	}
	if !d.wheelNamesPackaging {
		return strings.ReplaceAll(parts[0], "_", "-"), strings.ReplaceAll(parts[1], "_", "-"), nil
	}
	return name, version, nil
}

// stripExtras takes "[extra]" off the end of a path. The extras are in lower case.
func (d *dialect) stripExtras(path string) (string, []string, error) {
	at := extrasAt(path)
	if at < 0 {
		return path, nil, nil
	}
	bare, bracket := path[:at], path[at:]
	if d.extrasAfterBlank {
		bare = strings.TrimRightFunc(bare, pythontext.IsSpace)
	}
	parsed, err := d.parseRequirement("placeholder" + strings.ToLower(bracket))
	if err != nil {
		return bare, nil, crashed(option.NoRequirement, err)
	}
	return bare, parsed.extras, nil
}

// extrasAt is where the match of pip's ^(.+)(\[[^\]]+\])$ splits, -1 without one.
func extrasAt(path string) int {
	if !strings.HasSuffix(path, "]") || strings.Contains(path, "\n") {
		return -1
	}
	inner := path[:len(path)-1]
	low := strings.LastIndexByte(inner, ']') + 1 // no "]" within the brackets
	at := strings.LastIndexByte(inner, '[')
	if at == len(inner)-1 && at > 0 { // "[]" is none, "[x[]" is
		at = strings.LastIndexByte(inner[:at], '[')
	}
	if at < low || at < 1 || at == len(inner)-1 {
		return -1
	}
	return at
}

// looksLikeAPath tells whether pip takes a word for a path.
func looksLikeAPath(name string) bool {
	return strings.ContainsRune(name, os.PathSeparator) || strings.Contains(name, "/") || strings.HasPrefix(name, ".")
}

// urlOfPath gives the file: URL where the word names a local project or an
// archive, "" where it is to be read as a requirement of PEP 508.
func (s *Collection) urlOfPath(path, name string) (string, error) {
	archive := address.IsArchive(path)
	if !archive && !looksLikeAPath(name) {
		return "", nil
	}
	info, statError := os.Stat(path)
	if looksLikeAPath(name) && statError == nil && info.IsDir() {
		if err := checkURLText(path); err != nil {
			return "", err
		}
		if isInstallable(path) {
			return address.PathToURL(s.absolute(path)), nil
		}
		return "", refused(option.NoProject, nil)
	}
	if !archive {
		return "", nil
	}
	if statError != nil || !info.Mode().IsRegular() {
		before, _, found := strings.Cut(name, "@")
		if found && !looksLikeAPath(before) {
			return "", nil
		}
	}
	if err := checkURLText(path); err != nil {
		return "", err
	}
	return address.PathToURL(s.absolute(path)), nil
}

// isInstallable tells whether the directory is a project in pip's eyes.
func isInstallable(dir string) bool {
	for _, name := range []string{"pyproject.toml", "setup.py"} {
		if files.IsRegular(filepath.Join(dir, name)) {
			return true
		}
	}
	return false
}

// requirementString reads what must be a requirement of PEP 508, as
// install_req_from_req_string does for groups and scripts.
func (s *Collection) requirementString(text string) (Requirement, error) {
	r := Requirement{Text: text, MarkerApplies: true}
	if err := checkText(text); err != nil {
		return r, err
	}
	parsed, err := s.dialect.parseRequirement(text)
	if err != nil {
		return r, refused(option.NoRequirement, err)
	}
	return r, s.setParsed(&r, parsed)
}
