package pip

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"
)

// configItem is one value from a configuration file or the environment, with
// its key in pip's normal form: lower case, dashes, no leading "--".
type configItem struct {
	Key    string
	Value  string
	Origin Origin
}

// orderedItems is a Python dict of "section.key": a key keeps its first place
// and takes its last value.
type orderedItems struct {
	keys     []string
	items    map[string]configItem
	sections bool // the file has at least one section, be it empty
}

func (o *orderedItems) set(key string, item configItem) {
	if o.items == nil {
		o.items = map[string]configItem{}
	}
	if _, known := o.items[key]; !known {
		o.keys = append(o.keys, key)
	}
	o.items[key] = item
}

// all gives the items in their order.
func (o *orderedItems) all() []configItem {
	items := make([]configItem, len(o.keys))
	for i, key := range o.keys {
		items[i] = o.items[key]
	}
	return items
}

func (o *orderedItems) update(other *orderedItems) {
	for _, key := range other.keys {
		o.set(key, other.items[key])
	}
}

// normalizeKey is configuration.py's _normalize_name.
func normalizeKey(name string) string {
	name = strings.ReplaceAll(lowerPython(name), "_", "-")
	return strings.TrimPrefix(name, "--")
}

// configVariant is a kind of configuration file; later kinds win.
type configVariant int

const (
	globalConfig configVariant = iota
	userConfig
	siteConfig
	environConfig // PIP_CONFIG_FILE
)

// configPlace is one place where pip looks for a configuration file.
type configPlace struct {
	Variant configVariant
	Path    string
}

// configReader reads the configuration of one pip, each file once.
type configReader struct {
	version       string
	pythonVersion string
	environ       environment
	dir           string
	home          string
	prefix        string
	files         map[string]configFile
}

type configFile struct {
	items *orderedItems
	err   error
}

// configError is pip's refusal of a configuration file.
type configError struct {
	Path string
	Line int // 0 for the whole file
	Text string
}

func (e *configError) Error() string { return configErrorText(e) }

// unreadableError says that thresher cannot tell what pip would read.
type unreadableError struct{ Unreadable }

func (e *unreadableError) Error() string { return e.Place + ": " + e.Reason }

// places lists the files in pip's order of loading.
func (c *configReader) places(isolated bool) ([]configPlace, error) {
	named, isNamed := c.environ.lookup("PIP_CONFIG_FILE")
	if isNamed && named == os.DevNull {
		return nil, nil
	}
	var found []configPlace
	global, err := c.globalDirectories()
	if err != nil {
		return nil, err
	}
	for _, dir := range global {
		found = append(found, configPlace{globalConfig, joinPython(dir, configName())})
	}
	if !isolated && !(named != "" && exists(c.absolute(named))) {
		legacy := ".pip"
		if runtime.GOOS == "windows" {
			legacy = "pip"
		}
		found = append(found,
			configPlace{userConfig, joinPython(joinPython(c.expand("~"), legacy), configName())},
			configPlace{userConfig, joinPython(c.userDirectory(), configName())})
	}
	found = append(found, configPlace{siteConfig, joinPython(c.prefix, configName())})
	if isNamed {
		found = append(found, configPlace{environConfig, named})
	}
	return found, nil
}

func configName() string {
	if runtime.GOOS == "windows" {
		return "pip.ini"
	}
	return "pip.conf"
}

func (c *configReader) expand(path string) string { return expandUser(path, c.environ, c.home) }

func (c *configReader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return joinPython(c.dir, path) // "..", links and a closing slash are the system's
}

// globalDirectories is site_config_dirs of the release's appdirs or, from 21.3
// on, platformdirs, whose treatment of blanks and "~" changed twice.
func (c *configReader) globalDirectories() ([]string, error) {
	switch runtime.GOOS {
	case "windows":
		return []string{joinPython(c.environ.get("PROGRAMDATA"), "pip")}, nil
	case "darwin":
		return c.globalDirectoriesDarwin(), nil
	}
	if c.environ.get("ANDROID_DATA") == "/data" && c.environ.get("ANDROID_ROOT") == "/system" && atLeast(c.version, "21.3") {
		return nil, &unreadableError{unreadableAndroid()}
	}
	variable := c.environ.get("XDG_CONFIG_DIRS")
	var found []string
	switch {
	case !atLeast(c.version, "21.3"):
		if variable == "" {
			variable = "/etc/xdg"
		}
		for _, dir := range strings.Split(variable, ":") {
			if dir != "" {
				found = append(found, joinPython(c.expand(strings.TrimRight(dir, "/")), "pip"))
			}
		}
	case !atLeast(c.version, "26.2"):
		if stripPython(variable) == "" {
			variable = "/etc/xdg"
		}
		for _, dir := range strings.Split(variable, ":") {
			if !atLeast(c.version, "24.1") {
				dir = c.expand(dir)
			}
			found = append(found, joinPython(dir, "pip"))
		}
	default:
		variable = stripPython(variable)
		if variable == "" {
			variable = "/etc/xdg"
		}
		for _, dir := range strings.Split(variable, ":") {
			if stripPython(dir) != "" {
				found = append(found, joinPython(dir, "pip"))
			}
		}
	}
	return append(found, "/etc"), nil
}

func (c *configReader) globalDirectoriesDarwin() []string {
	if variable := stripPython(c.environ.get("XDG_DATA_DIRS")); variable != "" && atLeast(c.version, "26.2") {
		var found []string
		for _, dir := range strings.Split(variable, ":") {
			if stripPython(dir) != "" {
				found = append(found, joinPython(dir, "pip"))
			}
		}
		return found
	}
	found := []string{"/Library/Application Support/pip"}
	// Homebrew's Python has a directory of its own in front (platformdirs 4).
	if at := strings.Index(c.prefix, "/opt/python"); at >= 0 && atLeast(c.version, "24.1") {
		found = append([]string{c.prefix[:at] + "/share/pip"}, found...)
	}
	return found
}

// userDirectory is user_config_dir.
func (c *configReader) userDirectory() string {
	switch runtime.GOOS {
	case "windows":
		return joinPython(c.environ.get("APPDATA"), "pip")
	case "darwin":
		data := c.expand("~/Library/Application Support/pip")
		if variable := stripPython(c.environ.get("XDG_DATA_HOME")); variable != "" && atLeast(c.version, "26.2") {
			data = joinPython(variable, "pip")
		}
		if info, err := os.Stat(data); err == nil && info.IsDir() {
			return data
		}
		return c.expand("~/.config/pip")
	}
	variable, set := c.environ.lookup("XDG_CONFIG_HOME")
	switch {
	case !atLeast(c.version, "21.3"):
		if !set {
			variable = c.expand("~/.config")
		}
	case !atLeast(c.version, "26.2"):
		if stripPython(variable) == "" {
			variable = c.expand("~/.config")
		}
	default:
		variable = stripPython(variable)
		if variable == "" {
			variable = c.expand("~/.config")
		}
	}
	return joinPython(variable, "pip")
}

// read reads one file. A file that is missing or may not be read has no items,
// as pip's reader passes over these in silence.
func (c *configReader) read(path string) (*orderedItems, error) {
	if known, ok := c.files[path]; ok {
		return known.items, known.err
	}
	items, err := c.readNow(path)
	if c.files == nil {
		c.files = map[string]configFile{}
	}
	c.files[path] = configFile{items, err}
	return items, err
}

func (c *configReader) readNow(path string) (*orderedItems, error) {
	info, err := os.Stat(c.absolute(path))
	if err != nil || info.IsDir() {
		return &orderedItems{}, nil
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(info, null) {
		return &orderedItems{}, nil
	}
	if !info.Mode().IsRegular() {
		// pip reads its configuration twice, which a pipe allows only once.
		return nil, &unreadableError{unreadableConfigPipe(path)}
	}
	content, err := os.ReadFile(c.absolute(path))
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return &orderedItems{}, nil
		}
		return nil, &unreadableError{unreadableFile(path, err)}
	}
	if !utf8.Valid(content) {
		encoding, known := localeEncoding(c.environ)
		if known && encoding == "utf-8" {
			return nil, &configError{Path: path, Text: "contains invalid utf-8 characters"}
		}
	}
	if encoding, known := localeEncoding(c.environ); !isASCII(content) && (!known || encoding != "utf-8") {
		return nil, &unreadableError{unreadableConfigEncoding(path)}
	}
	return parseConfig(string(content), path, c.pythonVersion)
}

// parseConfig is configparser.RawConfigParser's reading of one file, with keys
// in pip's normal form.
func parseConfig(content, path, pythonVersion string) (*orderedItems, error) {
	type option struct {
		name  string // lower case
		lines []string
	}
	type section struct {
		name    string
		options []*option
		byName  map[string]*option
	}
	newSection := func(name string) *section { return &section{name: name, byName: map[string]*option{}} }

	defaults := newSection("DEFAULT")
	var sections []*section
	seen := map[string]bool{}
	var current *section
	var open *option
	indent := 0
	broken := 0 // first line that is no option; reported after the last line
	content = strings.ReplaceAll(strings.ReplaceAll(content, "\r\n", "\n"), "\r", "\n")
	number := 0
	for content != "" {
		var line string
		line, content, _ = strings.Cut(content, "\n")
		number++
		value := stripPython(line)
		comment := strings.HasPrefix(value, "#") || strings.HasPrefix(value, ";")
		if comment || value == "" {
			if !comment && current != nil && open != nil {
				open.lines = append(open.lines, "")
			}
			continue
		}
		depth := utf8.RuneCountInString(line[:strings.Index(line, value)])
		if current != nil && open != nil && depth > indent {
			open.lines = append(open.lines, value)
			continue
		}
		indent = depth
		if name, ok := sectionHeader(value, pythonVersion); ok {
			open = nil
			if name == "DEFAULT" {
				current = defaults
				continue
			}
			if seen[name] {
				return nil, &configError{Path: path, Line: number, Text: fmt.Sprintf("section %q already exists", name)}
			}
			seen[name] = true
			current = newSection(name)
			sections = append(sections, current)
			continue
		}
		if current == nil {
			return nil, &configError{Path: path, Line: number, Text: "file contains no section headers"}
		}
		at := strings.IndexAny(value, "=:")
		if at < 0 {
			broken = firstLine(broken, number)
			continue
		}
		name := lowerPython(strings.TrimRightFunc(value[:at], isSpacePython))
		if name == "" {
			broken = firstLine(broken, number)
		}
		if current.byName[name] != nil {
			return nil, &configError{Path: path, Line: number, Text: fmt.Sprintf("option %q already exists", name)}
		}
		added := &option{name: name, lines: []string{stripPython(value[at+1:])}}
		current.byName[name] = added
		current.options = append(current.options, added)
		// An option without a name is not continued by the next line.
		open = nil
		if name != "" {
			open = added
		}
	}
	if broken > 0 {
		return nil, &configError{Path: path, Line: broken, Text: "is neither a section nor an option"}
	}

	all := &orderedItems{sections: len(sections) > 0}
	for _, s := range sections {
		// The defaults show through in every section that is present.
		merged := &orderedItems{}
		for _, from := range []*section{defaults, s} {
			for _, o := range from.options {
				merged.set(o.name, configItem{
					Key:    normalizeKey(o.name),
					Value:  strings.TrimRightFunc(strings.Join(o.lines, "\n"), isSpacePython),
					Origin: Origin{Kind: FromConfig, Place: fmt.Sprintf("%s [%s] %s", path, from.name, o.name)},
				})
			}
		}
		normal := &orderedItems{}
		for _, name := range merged.keys {
			item := merged.items[name]
			normal.set(s.name+"."+item.Key, item)
		}
		all.update(normal)
	}
	return all, nil
}

func firstLine(known, number int) int {
	if known > 0 {
		return known
	}
	return number
}

// sectionHeader reads "[name]"; what follows the bracket is ignored. Up to
// Python 3.9 a name ends at the first "]", later at the last one.
func sectionHeader(value, pythonVersion string) (string, bool) {
	if !strings.HasPrefix(value, "[") {
		return "", false
	}
	end := strings.LastIndexByte(value, ']')
	if !atLeast(pythonVersion, "3.10") {
		end = strings.IndexByte(value, ']')
	}
	if end < 2 {
		return "", false
	}
	return value[1:end], true
}

// configuration is what pip loads for one parser, before it is put in order.
type configuration struct {
	dialect configDialect
	files   []loadedConfig // in the order of precedence; ":env:" last
}

type loadedConfig struct {
	path  string
	items *orderedItems
}

// configDialect is how the values of several files are merged.
type configDialect int

const (
	// overwriting (to 25.1): the files fill one dict, so that an empty value
	// in a later file masks an earlier one.
	overwriting configDialect = iota
	// repeating (25.2): after each file, the values of all files so far are
	// applied again; empty ones are dropped.
	repeating
	// accumulating (25.3): every file's values are applied, empty ones dropped.
	accumulating
	// masking (from 26.0): as overwriting, per section.
	masking
)

func dialectOf(version string) configDialect {
	switch {
	case !atLeast(version, "25.2"):
		return overwriting
	case !atLeast(version, "25.3"):
		return repeating
	case !atLeast(version, "26.0"):
		return accumulating
	}
	return masking
}

// load is Configuration.load, of all files and the environment. What stands in
// its way is pip's refusal or unreadable.
func (c *configReader) load(isolated bool) (*configuration, *parseEnd) {
	loaded, err := c.loadFiles(isolated)
	var broken *configError
	var unreadable *unreadableError
	switch {
	case errors.As(err, &broken):
		return nil, failed(2, broken.Error())
	case errors.As(err, &unreadable):
		return nil, &parseEnd{unreadable: &unreadable.Unreadable}
	}
	return loaded, nil
}

// loadFiles is load with an error of type *configError or *unreadableError.
func (c *configReader) loadFiles(isolated bool) (*configuration, error) {
	places, err := c.places(isolated)
	if err != nil {
		return nil, err
	}
	loaded := map[configVariant][]loadedConfig{}
	for _, place := range places {
		items, err := c.read(place.Path)
		if err != nil {
			return nil, err
		}
		loaded[place.Variant] = append(loaded[place.Variant], loadedConfig{place.Path, items})
	}
	result := &configuration{dialect: dialectOf(c.version)}
	for variant := globalConfig; variant <= environConfig; variant++ {
		result.files = append(result.files, loaded[variant]...)
	}
	if !isolated {
		environ := c.environItems()
		environ.sections = true
		result.files = append(result.files, loadedConfig{":env:", environ})
	}
	return result, nil
}

// environItems is get_environ_vars, normalized.
func (c *configReader) environItems() *orderedItems {
	items := &orderedItems{}
	seen := map[string]bool{}
	for _, entry := range c.environ {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || !strings.HasPrefix(name, "PIP_") || seen[name] {
			continue
		}
		seen[name] = true
		lower := lowerPython(name[len("PIP_"):])
		if lower == "version" || lower == "help" {
			continue
		}
		key := normalizeKey(lower)
		items.set(":env:."+key, configItem{Key: key, Value: value, Origin: Origin{Kind: FromEnv, Place: name}})
	}
	return items
}

// ordered is _get_ordered_configuration_items for the parser of that name
// ("global" for the main one): the values in the order they are applied.
func (c *configuration) ordered(parser string) []configItem {
	sections := []string{"global", parser, ":env:"}
	switch c.dialect {
	case repeating, accumulating:
		return c.accumulated(sections)
	case masking:
		perSection := map[string]*orderedItems{}
		for _, name := range sections {
			perSection[name] = &orderedItems{}
		}
		for _, file := range c.files {
			for _, full := range file.items.keys {
				section, key, _ := strings.Cut(full, ".")
				if items := perSection[section]; items != nil {
					item := file.items.items[full]
					item.Key = key
					items.set(key, item)
				}
			}
		}
		var result []configItem
		for _, name := range sections {
			for _, key := range perSection[name].keys {
				if item := perSection[name].items[key]; item.Value != "" {
					result = append(result, item)
				}
			}
		}
		return result
	}
	all := &orderedItems{}
	for _, file := range c.files {
		all.update(file.items)
	}
	perSection := map[string][]configItem{}
	for _, full := range all.keys {
		item := all.items[full]
		section, key, _ := strings.Cut(full, ".")
		item.Key = key
		if item.Value != "" {
			perSection[section] = append(perSection[section], item)
		}
	}
	var result []configItem
	for _, name := range sections {
		result = append(result, perSection[name]...)
	}
	return result
}

// accumulated gives every value of every file, nothing overwritten.
func (c *configuration) accumulated(sections []string) []configItem {
	// One entry per path: a path that two kinds share keeps its first place
	// and its last content.
	var paths []string
	byPath := map[string]*orderedItems{}
	for _, file := range c.files {
		if !file.items.sections {
			continue
		}
		if byPath[file.path] == nil {
			paths = append(paths, file.path)
		}
		byPath[file.path] = file.items
	}
	perSection := map[string][]configItem{}
	var result []configItem
	for i, path := range paths {
		items := byPath[path]
		for _, full := range items.keys {
			item := items.items[full]
			section, key, _ := strings.Cut(full, ".")
			item.Key = key
			if item.Value != "" {
				perSection[section] = append(perSection[section], item)
			}
		}
		if c.dialect == accumulating && i < len(paths)-1 {
			continue
		}
		for _, name := range sections {
			result = append(result, perSection[name]...)
		}
	}
	return result
}
