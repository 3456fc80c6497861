package pip

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
	"thresher/pip/option"
	"thresher/pip/source"
)

// Errors of Seal, matched with errors.Is.
var (
	// ErrSetupConfig says that a setup.cfg in the working directory could
	// redirect the installation behind pip's back.
	ErrSetupConfig = errors.New("setup.cfg redirects installations")
	// ErrUnsealable says that a value cannot be handed to pip unchanged.
	ErrUnsealable = errors.New("cannot be handed to pip")
)

// SealInput is what the sealed run is made of.
type SealInput struct {
	Command *Command
	Environ []string // the user's own environment
	Dir     string   // working directory, absolute
	// ReplaceIndex gives the gate's URL for an index or a find-links URL, or
	// the folder that takes the place of a local one; what it gives back as it
	// was stays. nil leaves everything as it is.
	ReplaceIndex func(url string) string
	Upgrade      bool       // add -U where the user did not decide
	NoCompile    bool       // add --no-compile
	Strategy     string     // "eager" adds --upgrade-strategy where the user did not decide
	Proxy        string     // http(s) proxy that what pip starts has to use instead of the user's; empty keeps the user's
	Transport    *Transport // the gate; nil leaves pip its own transport
	Directory    string     // private directory for rewritten requirements files and the bootstrap; must exist
}

// Run is one process to start.
type Run struct {
	Path    string   // the program
	Args    []string // argv, with argv[0]
	Environ []string
	Dir     string
}

// longestString is what Linux takes as one argument or variable, its end
// included.
const longestString = 128 << 10

// Seal gives the process that runs a command from nothing but inputs that were
// read: configuration files are shut out, the values that were in effect are
// put back as variables (so that build environments see them too), and the
// command line is written anew from what was understood.
//
// It returns an error that is ErrSetupConfig or ErrUnsealable, or what stood
// in the way of writing a requirements file anew.
func Seal(in SealInput) (Run, error) {
	c := in.Command
	if c.command == nil || c.sources == nil || c.Passthrough {
		return Run{}, fmt.Errorf("%w: %q was not read to its end", ErrUnsealable, c.Name)
	}
	if c.Failure != nil || len(c.Unreadable) > 0 {
		return Run{}, fmt.Errorf("%w: %q was not understood", ErrUnsealable, c.Name)
	}
	old := !release.AtLeast(c.Installation.PythonVersion, "3.10") || !release.AtLeast(c.Installation.Version, "21.3")
	if old {
		// distutils, which these use, reads it from the working directory.
		if err := checkSetupConfig(in.Dir); err != nil {
			return Run{}, err
		}
	}
	files, err := rewriteFiles(in)
	if err != nil {
		return Run{}, err
	}
	s := sealing{SealInput: in, files: files}
	words := s.arguments()
	environ := s.environ(old)
	if s.err != nil {
		return Run{}, s.err
	}
	run := interpreterRun(c.Installation, in.Environ)
	run.Environ, run.Dir = environ, in.Dir
	if in.Transport != nil {
		if err := run.Bootstrap(c.Installation, *in.Transport, in.Directory); err != nil {
			return Run{}, err
		}
	}
	run.Args = append(run.Args, words...)
	for _, text := range append(append([]string{}, run.Args...), run.Environ...) {
		if strings.ContainsRune(text, 0) {
			return Run{}, fmt.Errorf("%w: a value holds a NUL byte", ErrUnsealable)
		}
		if len(text) >= longestString {
			return Run{}, fmt.Errorf("%w: a value is %d bytes long, and 131071 is the most the system takes",
				ErrUnsealable, len(text))
		}
	}
	return run, nil
}

// sealing is one Seal in progress.
type sealing struct {
	SealInput
	files map[string]string // requirements file as named → copy
	err   error             // what cannot be said in a variable
}

// rewriteFiles makes the copies of requirements files that pip gets instead.
func rewriteFiles(in SealInput) (map[string]string, error) {
	files := map[string]string{}
	for i, s := range []*source.Collection{in.Command.sources, in.Command.buildSources} {
		if s == nil {
			continue
		}
		replace := in.ReplaceIndex
		if replace == nil {
			replace = func(url string) string { return url }
		}
		dir := filepath.Join(in.Directory, []string{"requirements", "build-constraints"}[i])
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		copies, err := s.Rewrite(dir, replace)
		if err != nil {
			return nil, err
		}
		for given, copied := range copies {
			files[given] = copied
		}
	}
	return files, nil
}

// checkSetupConfig refuses a setup.cfg with an [install] section.
func checkSetupConfig(dir string) error {
	path := filepath.Join(dir, "setup.cfg")
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %s cannot be read: %w", ErrSetupConfig, path, err)
	}
	for _, line := range strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if strings.HasPrefix(pythontext.Strip(line), "[install]") {
			return fmt.Errorf("%w: %s has an [install] section", ErrSetupConfig, path)
		}
	}
	return nil
}

// destinations whose values go to the command line: they install something,
// or add up over environment, configuration and command line.
var addsUp = map[string]bool{
	"requirements": true, "editables": true, "dependency_groups": true, "requirements_from_scripts": true,
	"build_constraints": true, "format_control": true, "release_control": true, "refresh_package": true,
	"config_settings": true,
}

// dropped are the destinations that thresher carries out itself.
var dropped = map[string]bool{
	"python": true, "isolated_mode": true, "proxy": true, "no_proxy_env": true, "version": true, "help": true,
}

// arguments is the command line: the command, what thresher adds, what
// Environment and configuration add, then what the user wrote.
func (s *sealing) arguments() []string {
	c := s.Command
	words := []string{c.Name}
	if s.adds("--upgrade") && s.Upgrade && !c.UpgradeSet && c.Targets.Target == "" {
		words = append(words, "-U")
	}
	upgrades := c.Upgrade || len(words) > 1
	if s.NoCompile && s.adds("--no-compile") {
		words = append(words, "--no-compile")
	}
	if upgrades && s.adds("--upgrade-strategy") &&
		s.Strategy != "" && !c.StrategySet {
		words = append(words, "--upgrade-strategy", s.Strategy)
	}
	for _, item := range s.lastOfEach() {
		option := c.command.Option("--" + item.Key)
		if !addsUp[option.Dest] {
			continue
		}
		if option.Action != "append" {
			words = append(words, "--"+item.Key+"="+s.replace(option, item.Value))
			continue
		}
		for _, value := range pythontext.Split(item.Value) {
			words = append(words, "--"+item.Key+"="+s.replace(option, value))
		}
	}
	for _, use := range c.uses {
		switch {
		case dropped[use.Option.Dest]:
		case use.Option.TakesValue():
			words = append(words, "--"+use.Option.Long()+"="+s.replace(use.Option, use.Value))
		default:
			words = append(words, "--"+use.Option.Long())
		}
	}
	if len(c.positionals) > 0 {
		words = append(words, "--")
	}
	for _, positional := range c.positionals {
		words = append(words, positional.Value)
	}
	return words
}

// adds tells whether an option may be added to this command.
func (s *sealing) adds(name string) bool {
	return s.Command.Name == "install" && s.Command.command.Option(name) != nil
}

// lastOfEach gives the items of environment and configuration that are in
// effect: all that add up, of others the last for each destination, in order.
func (s *sealing) lastOfEach() []option.Item {
	c := s.Command
	last := map[string]int{}
	for i, item := range c.items {
		if option := c.command.Option("--" + item.Key); option != nil {
			last[effect(option)] = i
		}
	}
	var kept []option.Item
	for i, item := range c.items {
		option := c.command.Option("--" + item.Key)
		if option == nil {
			continue
		}
		if option.Action == "callback" && addsUp[option.Dest] || last[effect(option)] == i {
			kept = append(kept, item)
		}
	}
	return kept
}

// effect names what an item sets. A callback and a plain option of the same
// destination (--no-cache-dir, --cache-dir) are not merged: pip applies the
// callback last.
func effect(spec *option.Spec) string {
	if spec.Action == "callback" {
		return "callback " + spec.Long()
	}
	return spec.Dest
}

// replace gives the value that pip gets for an option's own: the gate's
// address for an index, the copy for a requirements file.
func (s *sealing) replace(spec *option.Spec, value string) string {
	switch spec.Dest {
	case "requirements", "constraints", "build_constraints", "requirements_from_scripts":
		if copied, ok := s.files[value]; ok {
			return copied
		}
	case "dependency_groups":
		path, name := "pyproject.toml", value
		if at := strings.LastIndexByte(value, ':'); at >= 0 {
			path, name = value[:at], value[at+1:]
		}
		if copied, ok := s.files[path]; ok {
			return copied + ":" + name
		}
	case "index_url", "extra_index_urls", "find_links":
		if s.ReplaceIndex != nil {
			return s.ReplaceIndex(value)
		}
	}
	return value
}

// environ is the user's environment with every variable that pip reads as an
// option replaced by what was in effect.
func (s *sealing) environ(old bool) []string {
	c := s.Command
	var environ []string
	for _, entry := range pythontext.EnvironmentOf(s.Environ) {
		name, _, _ := strings.Cut(entry, "=")
		if rest, ok := strings.CutPrefix(name, "PIP_"); ok &&
			(rest == "CONFIG_FILE" || c.table.HasLong(option.NormalizeKey(rest))) {
			continue
		}
		environ = append(environ, entry)
	}
	environ = append(environ, "PIP_CONFIG_FILE="+os.DevNull)
	indexSet := false
	for _, item := range s.lastOfEach() {
		spec := c.command.Option("--" + item.Key)
		if addsUp[spec.Dest] || dropped[spec.Dest] {
			continue
		}
		value := item.Value
		if spec.Action == "append" {
			values := pythontext.Split(value)
			for i := range values {
				values[i] = s.replace(spec, values[i])
				if len(pythontext.Split(values[i])) > 1 {
					s.err = fmt.Errorf("%w: %s cannot name %s, which has a blank in it", ErrUnsealable,
						variableOf(item.Key), values[i])
				}
			}
			value = strings.Join(values, " ")
		} else {
			value = s.replace(spec, value)
		}
		if truth, ok := pythontext.Boolean(value); spec.Dest == "no_input" && item.Origin.Kind == option.FromConfig && ok &&
			!truth {
			continue // pip also reads this variable itself, and any text counts
		}
		indexSet = indexSet || spec.Dest == "index_url"
		environ = append(environ, variableOf(item.Key)+"="+value)
	}
	if !indexSet && s.ReplaceIndex != nil {
		// Also where the command line names one: build environments read it.
		if gate := s.ReplaceIndex(c.Installation.DefaultIndex); gate != c.Installation.DefaultIndex {
			environ = append(environ, "PIP_INDEX_URL="+gate)
		}
	}
	if len(c.values.Of("cache_dir").Calls) > 0 { // --no-cache-dir
		// Also where the command line says so: the pips of build environments
		// would use the usual one, which this run may not write.
		environ = append(environ, "PIP_NO_CACHE_DIR=1")
	}
	if c.values.Of("isolated_mode").Truth || old {
		environ = append(environ, "PIP_ISOLATED=1")
	}
	if c.Installation.Runner != "" {
		environ = withVariable(environ, "_PIP_RUNNING_IN_SUBPROCESS", "1")
	}
	return s.proxies(environ)
}

// variableOf gives the variable that pip reads for a key.
func variableOf(key string) string {
	return "PIP_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// proxies puts the proxy into the variables that git and build backends read.
func (s *sealing) proxies(environ []string) []string {
	switch {
	case s.Proxy != "":
		return BehindProxy(environ, s.Proxy)
	case s.Command.Proxy != "" || s.Command.values.Of("no_proxy_env").Truth:
		return withProxy(environ, s.Command.Proxy)
	}
	return environ
}

// BehindProxy gives an environment in which programs reach the network through a
// proxy of thresher's own. Nothing may go around it, not even what goes to this
// machine.
func BehindProxy(environ []string, proxy string) []string {
	return withVariable(withVariable(withProxy(environ, proxy), "no_proxy", ""), "NO_PROXY", "")
}

// withProxy gives an environment with this proxy in place of any other; "" none.
func withProxy(environ []string, proxy string) []string {
	var changed []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		switch strings.ToLower(name) {
		case "http_proxy", "https_proxy", "all_proxy":
		default:
			changed = append(changed, entry)
		}
	}
	if proxy != "" {
		for _, name := range []string{"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
			changed = append(changed, name+"="+proxy)
		}
	}
	return changed
}

// interpreterRun gives the start of pip's command line: its own interpreter,
// kept from a folder named pip and from PYTHONPATH.
func interpreterRun(i *Installation, environ []string) Run {
	run := Run{Path: i.Interpreter, Args: []string{i.Interpreter}}
	variables := pythontext.EnvironmentOf(environ)
	if i.UnderVirtualenv() && !i.systemSite() {
		run.Args = append(run.Args, "-I")
	} else {
		// -I hides the user's site-packages as well, which pip would install
		// to here.
		run.Args = append(run.Args, "-E")
		if variables.Get("PYTHONNOUSERSITE") != "" {
			run.Args = append(run.Args, "-s")
		}
	}
	// What these switches make Python overlook is said again as switches.
	for _, pair := range []struct{ variable, flag string }{
		{"PYTHONDONTWRITEBYTECODE", "-B"}, {"PYTHONUNBUFFERED", "-u"},
	} {
		if variables.Get(pair.variable) != "" {
			run.Args = append(run.Args, pair.flag)
		}
	}
	switch value := variables.Get("PYTHONUTF8"); value {
	case "0", "1":
		run.Args = append(run.Args, "-X", "utf8="+value)
	}
	for _, filter := range strings.Split(variables.Get("PYTHONWARNINGS"), ",") {
		if filter != "" {
			run.Args = append(run.Args, "-W", filter)
		}
	}
	switch {
	case i.Runner != "":
		run.Args = append(run.Args, i.Runner)
	case i.Script != "":
		run.Args = append(run.Args, i.Script)
	case run.Args[1] == "-I":
		run.Args = append(run.Args, "-m", "pip")
	default:
		run.Args = append(run.Args, filepath.Join(i.PackageDir, "__main__.py"))
	}
	return run
}

// refuseScript runs pip up to the point where it would have collected its
// requirements, and no further.
//
//go:embed refuse.py
var refuseScript string

// RefusalStatus is how a Refusal ends where pip, against all that was read,
// would not have refused.
const RefusalStatus = 125

// Refusal gives the process that lets pip itself refuse a command line that
// has a Failure, in its own words and with its own status. It cannot install:
// where pip would go on, it ends with RefusalStatus instead.
func Refusal(c *Command, environ []string, dir string) Run {
	i := c.Installation
	run := interpreterRun(i, environ)
	name := i.Script
	flags := 1
	for flags < len(run.Args) && strings.HasPrefix(run.Args[flags], "-") && run.Args[flags] != "-m" {
		if run.Args[flags] == "-X" || run.Args[flags] == "-W" {
			flags++
		}
		flags++
	}
	if name == "" {
		name = filepath.Join(i.PackageDir, "__main__.py")
	}
	var known []string
	for command := range installing {
		known = append(known, command)
	}
	for command := range passingThrough {
		known = append(known, command)
	}
	sort.Strings(known)
	run.Args = append(run.Args[:flags:flags], "-c", refuseScript, i.PackageDir, strings.Join(known, ","), name)
	run.Args = append(run.Args, c.Args...)
	run.Environ, run.Dir = environ, dir
	if c.Reinvoke != "" && i.Runner != "" {
		run.Environ = withVariable(environ, "_PIP_RUNNING_IN_SUBPROCESS", "1")
	}
	return run
}

// Direct gives the process of pip itself with the user's own words: for
// commands that pass through. The help of a command that installs comes from a
// process that could not install.
func Direct(c *Command, environ []string, dir string) Run {
	if installing[c.Name] {
		return Refusal(c, environ, dir)
	}
	return Plain(c, environ, dir)
}

// Plain gives the process of pip itself with the user's own words, whatever
// they do.
func Plain(c *Command, environ []string, dir string) Run {
	i := c.Installation
	run := Run{Path: i.Interpreter, Args: []string{i.Interpreter}, Environ: environ, Dir: dir}
	switch {
	case i.Runner != "":
		run.Args = append(run.Args, i.Runner)
		run.Environ = withVariable(environ, "_PIP_RUNNING_IN_SUBPROCESS", "1")
	case i.Script != "":
		run.Args = append(run.Args, i.Script)
	default:
		run.Args = append(run.Args, "-m", "pip")
	}
	run.Args = append(run.Args, c.Args...)
	return run
}
