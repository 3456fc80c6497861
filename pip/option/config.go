package option

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
)

// Item is one value from a configuration file or the environment, with
// its key in pip's normal form: lower case, dashes, no leading "--".
type Item struct {
	Key    string
	Value  string
	Origin Origin
}

// Items is a Python dict of "section.key": a key keeps its first place
// and takes its last value.
type Items struct {
	keys     []string
	byKey    map[string]Item
	sections bool // the file has at least one section, be it empty
}

func (o *Items) set(key string, item Item) {
	if o.byKey == nil {
		o.byKey = map[string]Item{}
	}
	if _, known := o.byKey[key]; !known {
		o.keys = append(o.keys, key)
	}
	o.byKey[key] = item
}

// All gives the items in their order.
func (o *Items) All() []Item {
	items := make([]Item, len(o.keys))
	for i, key := range o.keys {
		items[i] = o.byKey[key]
	}
	return items
}

func (o *Items) update(other *Items) {
	for _, key := range other.keys {
		o.set(key, other.byKey[key])
	}
}

// NormalizeKey is configuration.py's _normalize_name.
func NormalizeKey(name string) string {
	name = strings.ReplaceAll(pythontext.Lower(name), "_", "-")
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

// ConfigReader reads the configuration of one pip, each file once.
type ConfigReader struct {
	Version       string
	PythonVersion string
	Environ       pythontext.Environment
	Dir           string
	Home          string
	Prefix        string
	files         map[string]configFile
}

type configFile struct {
	items *Items
	err   error
}

// configError is pip's refusal of a configuration file.
type configError struct {
	Path string
	Line int // 0 for the whole file
	Text string
}

func (e *configError) Error() string { return e.place() + ": " + e.Text }

// place names what is to be opened: the file, and the line where it is one.
func (e *configError) place() string {
	if e.Line > 0 {
		return e.Path + ":" + strconv.Itoa(e.Line)
	}
	return e.Path
}

// unreadableError says that thresher cannot tell what pip would read.
type unreadableError struct{ Unreadable }

func (e *unreadableError) Error() string { return e.Place + ": " + e.Reason }

// places lists the files in pip's order of loading.
func (c *ConfigReader) places(isolated bool) ([]configPlace, error) {
	named, isNamed := c.Environ.Lookup("PIP_CONFIG_FILE")
	if isNamed && named == os.DevNull {
		return nil, nil
	}
	var found []configPlace
	global, err := c.globalDirectories()
	if err != nil {
		return nil, err
	}
	for _, dir := range global {
		found = append(found, configPlace{globalConfig, pythontext.JoinPath(dir, configName())})
	}
	if !isolated && !(named != "" && pythontext.Exists(c.absolute(named))) {
		legacy := ".pip"
		if runtime.GOOS == "windows" {
			legacy = "pip"
		}
		found = append(found,
			configPlace{userConfig, pythontext.JoinPath(pythontext.JoinPath(c.expand("~"), legacy), configName())},
			configPlace{userConfig, pythontext.JoinPath(c.userDirectory(), configName())})
	}
	found = append(found, configPlace{siteConfig, pythontext.JoinPath(c.Prefix, configName())})
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

func (c *ConfigReader) expand(path string) string {
	return pythontext.ExpandUser(path, c.Environ, c.Home)
}

func (c *ConfigReader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return pythontext.JoinPath(c.Dir, path) // "..", links and a closing slash are the system's
}

// globalDirectories is site_config_dirs of the release's appdirs or, from 21.3
// on, platformdirs, whose treatment of blanks and "~" changed twice.
func (c *ConfigReader) globalDirectories() ([]string, error) {
	switch runtime.GOOS {
	case "windows":
		return []string{pythontext.JoinPath(c.Environ.Get("PROGRAMDATA"), "pip")}, nil
	case "darwin":
		return c.globalDirectoriesDarwin(), nil
	}
	if c.Environ.Get("ANDROID_DATA") == "/data" && c.Environ.Get("ANDROID_ROOT") == "/system" &&
		release.AtLeast(c.Version, "21.3") {
		return nil, &unreadableError{unreadableAndroid()}
	}
	variable := c.Environ.Get("XDG_CONFIG_DIRS")
	var found []string
	switch {
	case !release.AtLeast(c.Version, "21.3"):
		if variable == "" {
			variable = "/etc/xdg"
		}
		for _, dir := range strings.Split(variable, ":") {
			if dir != "" {
				found = append(found, pythontext.JoinPath(c.expand(strings.TrimRight(dir, "/")), "pip"))
			}
		}
	case !release.AtLeast(c.Version, "26.2"):
		if pythontext.Strip(variable) == "" {
			variable = "/etc/xdg"
		}
		for _, dir := range strings.Split(variable, ":") {
			if !release.AtLeast(c.Version, "24.1") {
				dir = c.expand(dir)
			}
			found = append(found, pythontext.JoinPath(dir, "pip"))
		}
	default:
		variable = pythontext.Strip(variable)
		if variable == "" {
			variable = "/etc/xdg"
		}
		for _, dir := range strings.Split(variable, ":") {
			if pythontext.Strip(dir) != "" {
				found = append(found, pythontext.JoinPath(dir, "pip"))
			}
		}
	}
	return append(found, "/etc"), nil
}

func (c *ConfigReader) globalDirectoriesDarwin() []string {
	if variable := pythontext.Strip(c.Environ.Get("XDG_DATA_DIRS")); variable != "" &&
		release.AtLeast(c.Version, "26.2") {
		var found []string
		for _, dir := range strings.Split(variable, ":") {
			if pythontext.Strip(dir) != "" {
				found = append(found, pythontext.JoinPath(dir, "pip"))
			}
		}
		return found
	}
	found := []string{"/Library/Application Support/pip"}
	// Homebrew's Python has a directory of its own in front (platformdirs 4).
	if at := strings.Index(c.Prefix, "/opt/python"); at >= 0 && release.AtLeast(c.Version, "24.1") {
		found = append([]string{c.Prefix[:at] + "/share/pip"}, found...)
	}
	return found
}

// userDirectory is user_config_dir.
func (c *ConfigReader) userDirectory() string {
	switch runtime.GOOS {
	case "windows":
		return pythontext.JoinPath(c.Environ.Get("APPDATA"), "pip")
	case "darwin":
		data := c.expand("~/Library/Application Support/pip")
		if variable := pythontext.Strip(c.Environ.Get("XDG_DATA_HOME")); variable != "" &&
			release.AtLeast(c.Version, "26.2") {
			data = pythontext.JoinPath(variable, "pip")
		}
		if info, err := os.Stat(data); err == nil && info.IsDir() {
			return data
		}
		return c.expand("~/.config/pip")
	}
	variable, set := c.Environ.Lookup("XDG_CONFIG_HOME")
	switch {
	case !release.AtLeast(c.Version, "21.3"):
		if !set {
			variable = c.expand("~/.config")
		}
	case !release.AtLeast(c.Version, "26.2"):
		if pythontext.Strip(variable) == "" {
			variable = c.expand("~/.config")
		}
	default:
		variable = pythontext.Strip(variable)
		if variable == "" {
			variable = c.expand("~/.config")
		}
	}
	return pythontext.JoinPath(variable, "pip")
}

// read reads one file. A file that is missing or may not be read has no items,
// as pip's reader passes over these in silence.
func (c *ConfigReader) read(path string) (*Items, error) {
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

func (c *ConfigReader) readNow(path string) (*Items, error) {
	info, err := os.Stat(c.absolute(path))
	if err != nil || info.IsDir() {
		return &Items{}, nil
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(info, null) {
		return &Items{}, nil
	}
	if !info.Mode().IsRegular() {
		// pip reads its configuration twice, which a pipe allows only once.
		return nil, &unreadableError{unreadableConfigPipe(path)}
	}
	content, err := os.ReadFile(c.absolute(path))
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return &Items{}, nil
		}
		return nil, &unreadableError{unreadableFile(path, err)}
	}
	if !utf8.Valid(content) {
		encoding, known := pythontext.LocaleEncoding(c.Environ)
		if known && encoding == "utf-8" {
			return nil, &configError{Path: path, Text: "contains invalid utf-8 characters"}
		}
	}
	if encoding, known := pythontext.LocaleEncoding(c.Environ); !pythontext.IsASCII(content) &&
		(!known || encoding != "utf-8") {
		return nil, &unreadableError{unreadableConfigEncoding(path)}
	}
	return parseConfig(string(content), path, c.PythonVersion)
}

// parseConfig is configparser.RawConfigParser's reading of one file, with keys
// in pip's normal form.
func parseConfig(content, path, pythonVersion string) (*Items, error) {
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
		value := pythontext.Strip(line)
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
		name := pythontext.Lower(strings.TrimRightFunc(value[:at], pythontext.IsSpace))
		if name == "" {
			broken = firstLine(broken, number)
		}
		if current.byName[name] != nil {
			return nil, &configError{Path: path, Line: number, Text: fmt.Sprintf("option %q already exists", name)}
		}
		added := &option{name: name, lines: []string{pythontext.Strip(value[at+1:])}}
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

	all := &Items{sections: len(sections) > 0}
	for _, s := range sections {
		// The defaults show through in every section that is present.
		merged := &Items{}
		for _, from := range []*section{defaults, s} {
			for _, o := range from.options {
				merged.set(o.name, Item{
					Key:    NormalizeKey(o.name),
					Value:  strings.TrimRightFunc(strings.Join(o.lines, "\n"), pythontext.IsSpace),
					Origin: Origin{Kind: FromConfig, Place: fmt.Sprintf("%s [%s] %s", path, from.name, o.name)},
				})
			}
		}
		normal := &Items{}
		for _, name := range merged.keys {
			item := merged.byKey[name]
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
	if !release.AtLeast(pythonVersion, "3.10") {
		end = strings.IndexByte(value, ']')
	}
	if end < 2 {
		return "", false
	}
	return value[1:end], true
}

// Configuration is what pip loads for one parser, before it is put in order.
type Configuration struct {
	dialect configDialect
	files   []loadedConfig // in the order of precedence; ":env:" last
}

type loadedConfig struct {
	path  string
	items *Items
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
	case !release.AtLeast(version, "25.2"):
		return overwriting
	case !release.AtLeast(version, "25.3"):
		return repeating
	case !release.AtLeast(version, "26.0"):
		return accumulating
	}
	return masking
}

// Load is Configuration.load, of all files and the environment. What stands in
// its way is pip's refusal or unreadable.
func (c *ConfigReader) Load(isolated bool) (*Configuration, *End) {
	loaded, err := c.loadFiles(isolated)
	var broken *configError
	var unreadable *unreadableError
	switch {
	case errors.As(err, &broken):
		return nil, &End{Failure: &Failure{Kind: WrongConfiguration, What: broken.place(), Reason: broken.Text,
			Status: 2}}
	case errors.As(err, &unreadable):
		return nil, &End{Unreadable: &unreadable.Unreadable}
	}
	return loaded, nil
}

// loadFiles is load with an error of type *configError or *unreadableError.
func (c *ConfigReader) loadFiles(isolated bool) (*Configuration, error) {
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
	result := &Configuration{dialect: dialectOf(c.Version)}
	for variant := globalConfig; variant <= environConfig; variant++ {
		result.files = append(result.files, loaded[variant]...)
	}
	if !isolated {
		environ := c.EnvironItems()
		environ.sections = true
		result.files = append(result.files, loadedConfig{":env:", environ})
	}
	return result, nil
}

// EnvironItems is get_environ_vars, normalized.
func (c *ConfigReader) EnvironItems() *Items {
	items := &Items{}
	seen := map[string]bool{}
	for _, entry := range c.Environ {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || !strings.HasPrefix(name, "PIP_") || seen[name] {
			continue
		}
		seen[name] = true
		lower := pythontext.Lower(name[len("PIP_"):])
		if lower == "version" || lower == "help" {
			continue
		}
		key := NormalizeKey(lower)
		items.set(":env:."+key, Item{Key: key, Value: value, Origin: Origin{Kind: FromEnv, Place: name}})
	}
	return items
}

// Ordered is _get_ordered_configuration_items for the parser of that name
// ("global" for the main one): the values in the order they are applied.
func (c *Configuration) Ordered(parser string) []Item {
	sections := []string{"global", parser, ":env:"}
	switch c.dialect {
	case repeating, accumulating:
		return c.accumulated(sections)
	case masking:
		perSection := map[string]*Items{}
		for _, name := range sections {
			perSection[name] = &Items{}
		}
		for _, file := range c.files {
			for _, full := range file.items.keys {
				section, key, _ := strings.Cut(full, ".")
				if items := perSection[section]; items != nil {
					item := file.items.byKey[full]
					item.Key = key
					items.set(key, item)
				}
			}
		}
		var result []Item
		for _, name := range sections {
			for _, key := range perSection[name].keys {
				if item := perSection[name].byKey[key]; item.Value != "" {
					result = append(result, item)
				}
			}
		}
		return result
	}
	all := &Items{}
	for _, file := range c.files {
		all.update(file.items)
	}
	perSection := map[string][]Item{}
	for _, full := range all.keys {
		item := all.byKey[full]
		section, key, _ := strings.Cut(full, ".")
		item.Key = key
		if item.Value != "" {
			perSection[section] = append(perSection[section], item)
		}
	}
	var result []Item
	for _, name := range sections {
		result = append(result, perSection[name]...)
	}
	return result
}

// accumulated gives every value of every file, nothing overwritten.
func (c *Configuration) accumulated(sections []string) []Item {
	// One entry per path: a path that two kinds share keeps its first place
	// and its last content.
	var paths []string
	byPath := map[string]*Items{}
	for _, file := range c.files {
		if !file.items.sections {
			continue
		}
		if byPath[file.path] == nil {
			paths = append(paths, file.path)
		}
		byPath[file.path] = file.items
	}
	perSection := map[string][]Item{}
	var result []Item
	for i, path := range paths {
		items := byPath[path]
		for _, full := range items.keys {
			item := items.byKey[full]
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
