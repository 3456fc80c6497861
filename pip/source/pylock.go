package source

import (
	"errors"
	"path/filepath"
	"sort"
	"strings"

	"thresher/address"
	"thresher/internal/lazyregexp"
	"thresher/pep"
	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

var lockURL = lazyregexp.New(`(?i)^(http|https|file)://`)

var lockName = lazyregexp.New(`^pylock\.(?:[^.]+\.)?toml$`)

// isLockName tells whether pip from 26.1 on takes what stands behind -r for a
// lock (PEP 751): by its file's name alone.
func isLockName(path string) bool {
	if lockURL().MatchString(path) {
		path, _, _ = strings.Cut(path, "#")
		path, _, _ = strings.Cut(path, "?")
		path = path[strings.IndexByte(path, ':')+3:]
		slash := strings.LastIndexByte(path, '/')
		return slash >= 0 && lockName().MatchString(path[slash+1:])
	}
	return lockName().MatchString(pythontext.PathName(filepath.ToSlash(path)))
}

// lockDocument is the part of a lock that decides what is installed. It is
// filled key by key: go-toml would take "NAME" for "name" in a struct.
type lockDocument struct {
	DefaultGroups []string
	Packages      []lockPackage
}

type lockPackage struct {
	Name, Version, Marker          string
	VCS, Directory, Archive, Sdist *lockFile
	Wheels                         []*lockFile
}

type lockFile struct {
	Type, Name, CommitID, Subdirectory string
	URL, Path                          *string
	Editable                           bool
	Hashes                             map[string]string
}

// lockReader takes values out of a TOML document and remembers the first of a
// wrong type.
type lockReader struct{ err error }

func (l *lockReader) wrong(key string) {
	if l.err == nil {
		l.err = errors.New(lockWrongType(key))
	}
}

func (l *lockReader) text(table map[string]any, key string) string {
	if text := l.optional(table, key); text != nil {
		return *text
	}
	return ""
}

func (l *lockReader) optional(table map[string]any, key string) *string {
	switch value := table[key].(type) {
	case nil:
	case string:
		return &value
	default:
		l.wrong(key)
	}
	return nil
}

func (l *lockReader) table(table map[string]any, key string) map[string]any {
	switch value := table[key].(type) {
	case nil:
	case map[string]any:
		return value
	default:
		l.wrong(key)
	}
	return nil
}

func (l *lockReader) list(table map[string]any, key string) []any {
	switch value := table[key].(type) {
	case nil:
	case []any:
		return value
	default:
		l.wrong(key)
	}
	return nil
}

func (l *lockReader) tables(table map[string]any, key string) []map[string]any {
	var tables []map[string]any
	for _, item := range l.list(table, key) {
		inner, ok := item.(map[string]any)
		if !ok {
			l.wrong(key)
			continue
		}
		tables = append(tables, inner)
	}
	return tables
}

func (l *lockReader) file(table map[string]any) *lockFile {
	if table == nil {
		return nil
	}
	f := &lockFile{
		Type: l.text(table, "type"), Name: l.text(table, "name"),
		CommitID: l.text(table, "commit-id"), Subdirectory: l.text(table, "subdirectory"),
		URL: l.optional(table, "url"), Path: l.optional(table, "path"),
		Hashes: map[string]string{},
	}
	switch editable := table["editable"].(type) {
	case nil:
	case bool:
		f.Editable = editable
	default:
		l.wrong("editable")
	}
	hashes := l.table(table, "hashes")
	for algorithm := range hashes {
		f.Hashes[algorithm] = l.text(hashes, algorithm)
	}
	return f
}

// parseLock reads the text of a lock.
func parseLock(text string) (lockDocument, error) {
	var root map[string]any
	if err := unmarshalTOML([]byte(text), &root); err != nil {
		return lockDocument{}, err
	}
	var document lockDocument
	l := &lockReader{}
	for _, group := range l.list(root, "default-groups") {
		name, ok := group.(string)
		if !ok {
			l.wrong("default-groups")
		}
		document.DefaultGroups = append(document.DefaultGroups, name)
	}
	for _, table := range l.tables(root, "packages") {
		p := lockPackage{
			Name: l.text(table, "name"), Version: l.text(table, "version"), Marker: l.text(table, "marker"),
			VCS: l.file(l.table(table, "vcs")), Directory: l.file(l.table(table, "directory")),
			Archive: l.file(l.table(table, "archive")), Sdist: l.file(l.table(table, "sdist")),
		}
		for _, wheel := range l.tables(table, "wheels") {
			p.Wheels = append(p.Wheels, l.file(wheel))
		}
		document.Packages = append(document.Packages, p)
	}
	for _, key := range []string{"lock-version", "created-by", "packages"} {
		if root[key] == nil && l.err == nil {
			l.err = errors.New(lockMissing(key))
		}
	}
	return document, l.err
}

// lock reads a lock and the entries of it that pip would select. Which of a
// package's files fits the interpreter is left open: all of them are named.
func (s *Collection) lock(path string, origin option.Origin) {
	if err := checkText(path); err != nil {
		s.record(err, origin.Place)
		return
	}
	place := s.place(path)
	file := &sourceFile{given: path, kind: kindLock, top: true}
	text, err := s.openLock(file)
	if err != nil {
		s.record(err, place)
		return
	}
	s.files = append(s.files, file)
	document, err := parseLock(text)
	if err != nil {
		s.record(refused(option.WrongLock, err), place)
		return
	}
	for i := range document.Packages {
		r, applies, err := s.lockedRequirement(&document.Packages[i], path, document.DefaultGroups)
		if err == nil && !applies {
			continue
		}
		for _, hash := range r.Hashes {
			s.Finder.RequireHashes = s.Finder.RequireHashes || hash != "" && !s.Finder.NoRequireHashes
		}
		s.add(r, err, option.Origin{Kind: option.FromFile, Place: place})
		if s.Failure != nil {
			return
		}
	}
}

// openLock reads the lock's text: UTF-8 from a path, as any page from a URL.
func (s *Collection) openLock(file *sourceFile) (string, error) {
	scheme, err := s.dialect.urls.Split(file.given)
	if err != nil {
		return "", crashed(option.WrongURL, err)
	}
	switch scheme.Scheme {
	case "http", "https", "file":
		return s.open(file)
	}
	if err := checkURLText(file.given); err != nil {
		return "", err
	}
	err = s.readPath(file, s.opened(file.given))
	var d *doubt
	if errors.As(err, &d) {
		return "", err
	}
	text := ""
	if err == nil {
		file.plain = true
		text, err = decode("utf-8", file.content)
	}
	if err != nil {
		return "", refused(option.NotOpened, err)
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), nil
}

// lockedRequirement gives the requirement that pip makes of one package, and
// whether its marker lets it be selected.
func (s *Collection) lockedRequirement(p *lockPackage, lock string, defaultGroups []string) (Requirement, bool, error) {
	if applies, err := s.lockMarker(p.Marker, defaultGroups); err != nil || !applies {
		return Requirement{}, applies, err
	}
	switch {
	case p.VCS != nil:
		url, err := s.lockedURL(p.VCS, lock)
		if err != nil {
			return Requirement{}, true, err
		}
		url = p.VCS.Type + "+" + url + "@" + p.VCS.CommitID
		r, err := s.lockedDirect(p.Name, url, p.VCS)
		return r, true, err
	case p.Directory != nil:
		r, err := s.lockedDirectory(p.Directory, lock)
		return r, true, err
	case p.Archive != nil:
		url, err := s.lockedURL(p.Archive, lock)
		if err != nil {
			return Requirement{}, true, err
		}
		r, err := s.lockedDirect(p.Name, url, p.Archive)
		r.Hashes = hashesOf(p.Archive.Hashes)
		return r, true, err
	}
	r, err := s.lockedFiles(p, lock)
	return r, true, err
}

// lockedDirect is "name @ url", with the subdirectory as a fragment.
func (s *Collection) lockedDirect(name, url string, file *lockFile) (Requirement, error) {
	if file.Subdirectory != "" {
		if strings.Contains(url, "#") {
			return Requirement{}, refused(option.WrongLock, nil)
		}
		url += "#subdirectory=" + file.Subdirectory
	}
	text := name + " @ " + url
	r := Requirement{Text: text, MarkerApplies: true}
	parsed, err := s.dialect.parseRequirement(text)
	if err != nil {
		return r, crashed(option.NoRequirement, err)
	}
	return r, s.setParsed(&r, parsed)
}

func (s *Collection) lockedDirectory(file *lockFile, lock string) (Requirement, error) {
	if lockURL().MatchString(lock) && !strings.HasPrefix(lock, "file://") {
		return Requirement{}, refused(option.WrongLock, nil)
	}
	url, err := s.lockedURL(&lockFile{Path: file.Path}, lock)
	if err != nil {
		return Requirement{}, err
	}
	if !strings.HasSuffix(url, "/") {
		url += "/"
	}
	if file.Subdirectory != "" {
		url += strings.TrimSuffix(file.Subdirectory, "/") + "/"
	}
	if file.Editable {
		return s.parseEditable(url, false)
	}
	return s.parseLine(url)
}

// lockedFiles is "name==version" with the wheels and sdist that it may be.
func (s *Collection) lockedFiles(p *lockPackage, lock string) (Requirement, error) {
	files := append([]*lockFile(nil), p.Wheels...)
	if p.Sdist != nil {
		files = append(files, p.Sdist)
	}
	if len(files) == 0 {
		return Requirement{}, refused(option.WrongLock, nil)
	}
	version := p.Version
	var urls, hashes []string
	for _, file := range files {
		url, err := s.lockedURL(file, lock)
		if err != nil {
			return Requirement{}, err
		}
		if err := checkURLText(url); err != nil {
			return Requirement{}, err
		}
		urls = append(urls, url)
		hashes = append(hashes, hashesOf(file.Hashes)...)
		if p.Version != "" {
			continue
		}
		named, err := file.version(p.Name)
		if err != nil {
			return Requirement{}, err
		}
		if version != "" && version != named {
			return Requirement{}, &doubt{reason: reasonLockedVersions, hint: hintLockedVersions}
		}
		version = named
	}
	text := p.Name + "==" + version
	r := Requirement{Text: text, MarkerApplies: true, Hashes: hashes, Locked: urls}
	parsed, err := s.dialect.parseRequirement(text)
	if err != nil {
		return r, crashed(option.NoRequirement, err)
	}
	return r, s.setParsed(&r, parsed)
}

// version is what the file's own name states.
func (f *lockFile) version(project string) (string, error) {
	name := f.Name
	if name == "" && f.Path != nil {
		name = *f.Path
		if at := strings.LastIndexByte(name, '/'); at >= 0 {
			name = name[at+1:]
		} else if at := strings.LastIndexByte(name, '\\'); at >= 0 {
			name = name[at+1:]
		}
	}
	if name == "" && f.URL != nil {
		path, _, _ := strings.Cut(*f.URL, "#")
		path, _, _ = strings.Cut(path, "?")
		name = path[strings.LastIndexByte(path, '/')+1:]
	}
	if strings.HasSuffix(name, ".whl") {
		_, version, err := pep.ParseWheelFilename(name)
		if err != nil {
			return "", refused(option.WrongWheelName, err)
		}
		return version, nil
	}
	version, err := pep.ParseSdistFilename(name, project)
	if err != nil {
		return "", &doubt{reason: err.Error()}
	}
	parsed, err := pep.ParseVersion(version)
	if err != nil {
		return "", &doubt{reason: err.Error()}
	}
	return parsed.String(), nil
}

// lockedURL is pip's _package_dist_url: a path, relative to the lock, wins over
// a URL.
func (s *Collection) lockedURL(file *lockFile, lock string) (string, error) {
	if file.Path == nil {
		if file.URL == nil {
			return "", refused(option.WrongLock, nil)
		}
		return *file.URL, nil
	}
	path := *file.Path
	remote := lockURL().MatchString(lock)
	if filepath.IsAbs(path) {
		if remote {
			return "", refused(option.WrongLock, nil)
		}
		return address.PathToURL(filepath.Clean(path)), nil
	}
	if !remote {
		return address.PathToURL(s.absolute(pythontext.JoinPath(dirName(lock), path))), nil
	}
	joined, err := s.dialect.urls.Join(lock, path)
	if err != nil {
		return "", crashed(option.WrongURL, err)
	}
	base, err := s.dialect.urls.Split(lock)
	if err != nil {
		return "", crashed(option.WrongURL, err)
	}
	target, err := s.dialect.urls.Split(joined)
	if err != nil {
		return "", crashed(option.WrongURL, err)
	}
	if base.Scheme != target.Scheme || base.Host != target.Host {
		return "", &doubt{reason: reasonLockedPath, hint: hintLockedPath}
	}
	return joined, nil
}

func hashesOf(hashes map[string]string) []string {
	list := make([]string, 0, len(hashes))
	for algorithm, digest := range hashes {
		list = append(list, algorithm+":"+digest)
	}
	sort.Strings(list)
	return list
}

// lockMarker tells whether a package's marker holds, with no extras and the
// lock's default groups. One that cannot be evaluated counts as holding, so
// that nothing stays unseen.
func (s *Collection) lockMarker(text string, defaultGroups []string) (bool, error) {
	if text == "" {
		return true, nil
	}
	marker, err := pep.ParseMarker(text)
	if err != nil {
		return true, refused(option.WrongLock, err)
	}
	plain, err := pep.ParseMarker(withoutSets(marker.String(), defaultGroups))
	if err != nil {
		return true, nil
	}
	environment, err := s.markerEnvironment()
	if err != nil {
		return true, &doubt{reason: markerDoubt(text, err), hint: hintMarker}
	}
	applies, err := plain.Evaluate(environment)
	return applies || err != nil, nil
}

// withoutSets replaces `"x" in extras` and `"x" in dependency_groups` in a
// marker as pep prints it by a comparison with the same outcome.
func withoutSets(marker string, groups []string) string {
	var b strings.Builder
	for i := 0; i < len(marker); {
		quote := marker[i]
		if quote != '"' && quote != '\'' {
			b.WriteByte(quote)
			i++
			continue
		}
		length := strings.IndexByte(marker[i+1:], quote)
		if length < 0 {
			return marker
		}
		value, end := marker[i+1:i+1+length], i+length+2
		rest := marker[end:]
		inverted, members, size := false, []string(nil), 0
		for _, form := range []struct {
			text     string
			inverted bool
			members  []string
		}{
			{" in extras", false, nil}, {" not in extras", true, nil},
			{" in dependency_groups", false, groups}, {" not in dependency_groups", true, groups},
		} {
			if strings.HasPrefix(rest, form.text) {
				inverted, members, size = form.inverted, form.members, len(form.text)
			}
		}
		if size == 0 {
			b.WriteString(marker[i:end])
			i = end
			continue
		}
		holds := inverted
		for _, member := range members {
			if pep.CanonicalName(member) == pep.CanonicalName(value) {
				holds = !inverted
			}
		}
		if holds {
			b.WriteString(`os_name != ""`)
		} else {
			b.WriteString(`os_name == ""`)
		}
		i = end + size
	}
	return b.String()
}
