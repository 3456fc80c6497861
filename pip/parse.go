package pip

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thresher/pip/internal/pythontext"
	"thresher/pip/internal/release"
	"thresher/pip/option"
	"thresher/pip/source"
)

// Input is everything that can make pip install something.
type Input struct {
	Args         []string // after the program's name
	Environ      []string // NAME=value in the order of the environment block
	Dir          string   // working directory, absolute
	Installation *Installation
	// Fetch reads a requirements file behind an http or https URL, as the command
	// says that pip reaches it: the command as far as it has been read, with the
	// trusted hosts of the files before. nil refuses these. It returns a
	// *source.StatusError for an answer of 400 or above.
	Fetch    func(command *Command, url string) (source.Page, error)
	Stdin    io.Reader // for -r /dev/stdin; nil opens the file itself
	Home     string    // home directory from the user database, for an unset HOME; empty asks it
	CacheDir string    // thresher's own cache; empty keeps nothing
}

// commands that install, download or build something.
var installing = map[string]bool{"install": true, "download": true, "wheel": true, "lock": true}

// commands that install, download and build nothing. The list is closed: a
// command that is in neither list is refused.
var passingThrough = map[string]bool{
	"uninstall": true, "freeze": true, "inspect": true, "list": true, "show": true, "check": true,
	"config": true, "search": true, "cache": true, "index": true, "hash": true, "completion": true,
	"debug": true, "help": true,
}

// parsing is one Parse in progress.
type parsing struct {
	in      Input
	environ pythontext.Environment
	table   *option.Table
	exact   bool // the table is not that of this pip
	config  *option.ConfigReader
	cmd     *Command
}

// Parse reads one pip command line as the pip of in.Installation would, with
// Environment, configuration files and every file that these name, in pip's
// own order. What pip would refuse is the command's Failure, what thresher
// cannot tell for certain is its Unreadable; both can be there.
func Parse(in Input) *Command {
	return parse(in, "")
}

// parse reads a command line; reinvoked is the interpreter that --python named
// where pip has started itself again.
func parse(in Input, reinvoked string) *Command {
	p := &parsing{in: in, environ: pythontext.EnvironmentOf(in.Environ), cmd: &Command{
		Args: in.Args, Installation: in.Installation, Reinvoke: reinvoked,
	}}
	if p.completing() {
		p.cmd.Passthrough = true
		return p.cmd
	}
	if name, passes := plainlyPassesThrough(in.Args, p.environ); passes {
		p.cmd.Name, p.cmd.Passthrough = name, true
		return p.cmd
	}
	p.findTable()
	p.config = &option.ConfigReader{
		Version: in.Installation.Version, PythonVersion: in.Installation.PythonVersion,
		Environ: p.environ, Dir: in.Dir, Home: in.Home, Prefix: in.Installation.Prefix,
	}
	p.read()
	if !release.AtLeast(in.Installation.Version, oldestVersion) && !p.cmd.Passthrough && !onlyPip(p.cmd) {
		p.refuse(unreadableOldPip(in.Installation.Version))
	}
	return p.cmd
}

// oldestVersion is the first pip whose options are known.
const oldestVersion = "20.0"

// onlyPip tells the one command that an older pip is let do: to install
// another pip by name.
func onlyPip(c *Command) bool {
	if c.Name != "install" || c.Failure != nil || len(c.Requirements) != 1 {
		return false
	}
	r := c.Requirements[0]
	return r.Canonical == "pip" && r.URL == "" && !r.Editable && !r.Constraint
}

// plainlyPassesThrough tells the commands of which nothing needs to be read:
// their first word says what they are, and pip says what is wrong with the
// rest. Nobody should wait for the option table to see a list.
func plainlyPassesThrough(words []string, environ pythontext.Environment) (name string, passes bool) {
	if _, elsewhere := environ.Lookup("PIP_PYTHON"); elsewhere || len(words) == 0 {
		return "", false
	}
	if len(words) == 1 && (words[0] == "--version" || words[0] == "-V") {
		return "", true
	}
	return words[0], passingThrough[words[0]] && words[0] != "uninstall"
}

// completing tells whether pip would only print completions and exit. Without
// the two other variables newer pips go on as if nothing were set.
func (p *parsing) completing() bool {
	_, set := p.environ.Lookup("PIP_AUTO_COMPLETE")
	return set && p.environ.Get("COMP_WORDS") != "" && p.environ.Get("COMP_CWORD") != ""
}

func (p *parsing) findTable() {
	version := p.in.Installation.Version
	if !release.AtLeast(version, oldestVersion) {
		p.table, _ = option.Embedded(oldestVersion)
		p.exact = true
		return
	}
	if table, ok := option.Embedded(version); ok {
		p.table = table
		return
	}
	table, err := introspectedTableOf(p.in.Installation, p.in.CacheDir)
	if err == nil {
		p.table = table
		return
	}
	// What is written in full still means the same in the newest known pip.
	p.exact = true
	p.table = option.NewestEmbedded()
	p.cmd.Warnings = append(p.cmd.Warnings, warnUnknownPip(version, err))
}

func (p *parsing) refuse(u option.Unreadable) { p.cmd.Unreadable = append(p.cmd.Unreadable, u) }

// stop records why reading ended.
func (p *parsing) stop(end *option.End) {
	switch {
	case end.Help:
		p.cmd.Passthrough = true
	case end.Failure != nil:
		p.cmd.Failure = end.Failure
	case end.Unreadable != nil:
		p.refuse(*end.Unreadable)
	}
}

func (p *parsing) expand(path string) string {
	return pythontext.ExpandUser(path, p.environ, p.in.Home)
}

func (p *parsing) reader(table *option.CommandTable) *option.Reader {
	r := &option.Reader{
		Table: table, Version: p.in.Installation.Version, Expand: p.expand, Dir: p.in.Dir, Exact: p.exact,
	}
	r.Defaults()
	return r
}

// read is pip's main(): the main parser splits off the command, the command's
// parser reads everything again.
func (p *parsing) read() {
	configuration, end := p.config.Load(false)
	if end != nil {
		p.stop(end)
		return
	}
	main := p.reader(p.table.Commands[option.GlobalCommand])
	if end := main.Update(configuration.Ordered("global")); end != nil {
		p.stop(end)
		return
	}
	words := p.in.Args
	rest, end := main.Arguments(words, argumentPlace(nil), false)
	if end != nil {
		p.stop(end)
		return
	}
	_, inSubprocess := p.environ.Lookup("_PIP_RUNNING_IN_SUBPROCESS")
	if python := main.Values.Of("python").Text; python != "" && !inSubprocess {
		p.reinvoke(python)
		return
	}
	if main.Values.Of("version").Truth {
		p.cmd.Passthrough = true
		return
	}
	if len(rest) == 0 || rest[0].Value == "help" && len(rest) == 1 {
		p.cmd.Passthrough = true
		if len(rest) == 1 {
			p.cmd.Name = "help"
		}
		return
	}
	name := rest[0].Value
	command := p.table.Commands[name]
	if command == nil || name == option.GlobalCommand {
		if p.exact {
			p.refuse(*unknownCommand(name, p.in.Installation.Version))
			return
		}
		p.cmd.Failure = &option.Failure{Kind: option.NoSuchCommand, What: name, Status: 1}
		return
	}
	p.cmd.Name = name
	switch {
	case installing[name]:
	case passingThrough[name]:
		p.cmd.Passthrough = true
	default:
		p.refuse(*unknownCommand(name, p.in.Installation.Version))
		return
	}
	// The first word equal to the command is taken out, wherever it stands.
	removed := 0
	for words[removed] != name {
		removed++
	}
	remaining := append(append([]string{}, words[:removed]...), words[removed+1:]...)
	if p.cmd.Passthrough && name != "uninstall" {
		return
	}
	p.readCommand(command, remaining, removed)
}

// argumentPlace names a word by its place on the command line, counted from 1;
// removed is the place of the command's name, which the second pass lacks.
func argumentPlace(removed *int) func(int) string {
	return func(index int) string {
		if removed != nil && index >= *removed {
			index++
		}
		return argumentText(index + 1)
	}
}

// reinvoke is --python: pip starts itself again with that interpreter.
func (p *parsing) reinvoke(python string) {
	found, ok := identifyInterpreter(python, p.in.Dir)
	if !ok {
		p.cmd.Failure = &option.Failure{Kind: option.NoSuchInterpreter, What: python, Status: 1}
		return
	}
	p.cmd.Reinvoke = found
	target, err := p.in.Installation.On(found, p.in.Environ, p.in.CacheDir)
	if err != nil {
		p.refuse(unreadableInterpreter(found, err))
		return
	}
	in := p.in
	in.Installation = target
	in.Environ = append(append([]string{}, in.Environ...), "_PIP_RUNNING_IN_SUBPROCESS=1")
	again := parse(in, found)
	again.Warnings = append(p.cmd.Warnings, again.Warnings...)
	*p.cmd = *again
}

// readCommand is Command.main: the second pass, and for what installs,
// everything that the result names.
func (p *parsing) readCommand(command *option.CommandTable, words []string, removed int) {
	isolated := false
	for _, word := range words {
		if word == "--isolated" {
			isolated = true
		}
	}
	configuration, end := p.config.Load(isolated)
	if end != nil {
		p.stop(end)
		return
	}
	if p.exact {
		p.refuseUnknownVariables(command)
	}
	r := p.reader(command)
	p.cmd.items = configuration.Ordered(command.Name)
	p.cmd.isolated = isolated
	p.cmd.table, p.cmd.command = p.table, command
	if end := r.Update(p.cmd.items); end != nil {
		p.stop(end)
		return
	}
	positionals, end := r.Arguments(words, argumentPlace(&removed), true)
	if end != nil {
		p.stop(end)
		return
	}
	p.cmd.values, p.cmd.uses, p.cmd.positionals = r.Values, r.Uses, positionals
	p.fill(r.Values)
	if end := p.checkBeforeRun(command, r.Values); end != nil {
		p.stop(end)
		return
	}
	p.collect(command, r.Values, positionals)
}

// refuseUnknownVariables refuses PIP_* variables that may be options of a pip
// whose options are not known.
func (p *parsing) refuseUnknownVariables(command *option.CommandTable) {
	for _, item := range p.config.EnvironItems().All() {
		if !p.table.HasLong(item.Key) && !plainVariables[item.Origin.Place] {
			p.refuse(*option.UnknownOption(item.Origin.Place, p.in.Installation.Version, "environment"))
		}
	}
}

// plainVariables are the PIP_* variables that are no options.
var plainVariables = map[string]bool{
	"PIP_CONFIG_FILE": true, "PIP_IS_CI": true, "PIP_USER_AGENT_USER_DATA": true, "PIP_RESOLVER_DEBUG": true,
	"PIP_BUILD_TRACKER": true, "PIP_NO_PARTIAL_CLONE_FOR_BROKEN_GIT_SERVER": true, "PIP_AUTO_COMPLETE": true,
}

// fill copies what the rest of thresher asks about.
func (p *parsing) fill(v option.Values) {
	c := p.cmd
	c.Targets = Targets{
		Target: p.path(v.Of("target_dir").Text),
		Prefix: p.path(v.Of("prefix_path").Text),
		Root:   p.path(v.Of("root_path").Text),
		User:   v.Of("use_user_site").Truth,
		Python: p.cmd.Reinvoke,
	}
	if calls := v.Of("src_dir").Calls; len(calls) > 0 {
		c.Targets.Src = p.path(calls[len(calls)-1].Value)
	}
	switch c.Name {
	case "download":
		c.SaveTo = p.folder(v.Of("download_dir"))
	case "wheel":
		c.SaveTo = p.folder(v.Of("wheel_dir"))
	}
	c.Upgrade, c.UpgradeSet = v.Of("upgrade").Truth, v.Of("upgrade").Set
	c.StrategySet, c.Eager = v.Of("upgrade_strategy").Set, v.Of("upgrade_strategy").Text == "eager"
	c.NoDependencies = v.Of("ignore_dependencies").Truth
	c.RequireHashes = v.Of("require_hashes").Truth
	c.DryRun = v.Of("dry_run").Truth
	c.Quiet = int(min(v.Of("quiet").Number, 100))
	if isolation := v["build_isolation"]; isolation != nil {
		c.NoBuildIsolated = !isolation.Truth
	}
	c.Proxy = v.Of("proxy").Text
	c.NoProxyEnvironment = v.Of("no_proxy_env").Truth ||
		v.Of("proxy").Set && c.Proxy == "" && release.AtLeast(p.in.Installation.Version, "26.2")
	c.Cert, c.ClientCert = v.Of("cert").Text, v.Of("client_cert").Text
	c.Timeout, c.Retries = v.Of("timeout").Float, int(v.Of("retries").Number)
	if !(c.Timeout < 1e9) {
		c.Timeout = 1e9 // "inf" and "nan" as well: no JSON has a word for these
	}
	c.OutputFiles = p.outputFiles(v)
	c.WheelCache = p.wheelCache(v.Of("cache_dir"))
	c.KeyringProvider = v.Of("keyring_provider").Text
	c.NoInput = v.Of("no_input").Truth
	c.NoBinary, c.OnlyBinary = excludingSets(v.Of("format_control").Calls, "no-binary")
}

// outputFiles are the files that pip writes besides what it installs and saves.
// A lock without a name is pylock.toml (pip 26.2 commands/lock.py).
func (p *parsing) outputFiles(v option.Values) []string {
	var files []string
	for _, destination := range []string{"log", "json_report_file", "output_file"} {
		if text := v.Of(destination).Text; text != "" && text != "-" {
			files = append(files, p.path(text))
		}
	}
	if p.cmd.Name == "lock" && v.Of("output_file").Text == "" {
		files = append(files, p.path("pylock.toml"))
	}
	return files
}

// wheelCache is the directory that --cache-dir and its like choose, or pip's own
// (pip 26.2 locations.USER_CACHE_DIR, by platformdirs).
func (p *parsing) wheelCache(option *option.Value) string {
	switch {
	case len(option.Calls) > 0: // --no-cache-dir
		return ""
	case option.Set:
		return p.path(option.Text)
	}
	return ownCache(p.in.Environ, p.in.Dir, p.in.Home)
}

// folder gives the folder of an option, the working directory where it is not
// said.
func (p *parsing) folder(said *option.Value) string {
	if said.Text == "" {
		return p.in.Dir
	}
	return p.path(said.Text)
}

// path makes an option's path absolute, as os.path.abspath.
func (p *parsing) path(text string) string {
	if text == "" || filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(p.in.Dir, text)
}

// excludingSets is handle_mutual_excludes over all calls: the names of the
// first option and those of its opposite, each in the order they were added.
func excludingSets(calls []option.Call, first string) (set, other []string) {
	var sets [2][]string
	discard := func(from []string, name string) []string {
		kept := from[:0:0]
		for _, known := range from {
			if known != name {
				kept = append(kept, known)
			}
		}
		return kept
	}
	for _, call := range calls {
		target := 1
		if call.Option.Long() == first {
			target = 0
		}
		names := strings.Split(call.Value, ",")
		last, none := -1, -1
		for i, name := range names {
			switch name {
			case ":all:":
				last = i
			case ":none:":
				none = i
			}
		}
		if last >= 0 {
			sets[target], sets[1-target] = []string{":all:"}, nil
			names = names[last+1:]
			// Without a later ":none:" everything else is covered by ":all:".
			if none < last {
				continue
			}
		}
		for _, name := range names {
			if name == ":none:" {
				sets[target] = nil
				continue
			}
			name = canonicalName(name)
			sets[1-target] = discard(sets[1-target], name)
			sets[target] = append(discard(sets[target], name), name)
		}
	}
	return sets[0], sets[1]
}

// checkBeforeRun is what pip refuses between reading its options and reading
// its requirements, in that order.
func (p *parsing) checkBeforeRun(command *option.CommandTable, v option.Values) *option.End {
	_, inSubprocess := p.environ.Lookup("_PIP_RUNNING_IN_SUBPROCESS")
	// Up to 23.1 a --python behind the command has no effect.
	if v.Of("python").Text != "" && !inSubprocess && release.AtLeast(p.in.Installation.Version, "23.2") {
		return option.Failed(1, option.MisplacedOption, "--python")
	}
	p.cmd.RequireVirtual = v.Of("require_venv").Truth && !command.IgnoresVenv
	if p.cmd.RequireVirtual && !p.in.Installation.UnderVirtualenv() {
		return option.Failed(3, option.NoEnvironment, "--require-virtualenv")
	}
	switch command.Name {
	case "install":
		return p.checkInstall(v)
	case "download":
		return firstEnd(p.checkRestriction(v, false), checkBuildConstraints(v), checkReleaseControl(v),
			checkOnlyDependencies(v))
	case "wheel", "lock":
		return firstEnd(checkBuildConstraints(v), checkReleaseControl(v), checkOnlyDependencies(v))
	}
	return nil
}

func firstEnd(ends ...*option.End) *option.End {
	for _, end := range ends {
		if end != nil {
			return end
		}
	}
	return nil
}

func (p *parsing) checkInstall(v option.Values) *option.End {
	target, user := v.Of("target_dir"), v.Of("use_user_site")
	if user.Truth && target.Set && release.AtLeast(p.in.Installation.Version, "20.1") {
		return option.Failed(1, option.Conflict, "--user and --target")
	}
	if end := firstEnd(checkOnlyDependencies(v), checkBuildConstraints(v), p.checkRestriction(v, true),
		checkReleaseControl(v)); end != nil {
		return end
	}
	if user.Truth {
		if v.Of("prefix_path").Text != "" {
			return option.Failed(1, option.Conflict, "--user and --prefix")
		}
		if p.in.Installation.UnderVirtualenv() && !p.in.Installation.systemSite() {
			return option.Failed(1, option.WrongTarget, "--user")
		}
	}
	if path := p.cmd.Targets.Target; path != "" {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return option.Failed(1, option.WrongTarget, path)
		}
	}
	return nil
}

// checkRestriction is check_dist_restriction.
func (p *parsing) checkRestriction(v option.Values, checkTarget bool) *option.End {
	restricted := len(v.Of("platforms").List) > 0 || len(v.Of("abis").List) > 0 || v.Of("implementation").Text != "" ||
		v.Of("platform").Text != "" || v.Of("abi").Text != "" // the names of a single one, up to 20.2
	if calls := v.Of("python_version").Calls; len(calls) > 0 && calls[len(calls)-1].Value != "" {
		restricted = true
	}
	if !restricted {
		return nil
	}
	noBinary, onlyBinary := p.cmd.NoBinary, p.cmd.OnlyBinary
	binaryOnly := len(noBinary) == 0 && len(onlyBinary) == 1 && onlyBinary[0] == ":all:"
	if !binaryOnly && !v.Of("ignore_dependencies").Truth {
		return option.Failed(1, option.Conflict, restrictionText)
	}
	if checkTarget && v.Of("target_dir").Text == "" {
		if !v.Of("dry_run").Truth || !release.AtLeast(p.in.Installation.Version, "23.3") {
			return option.Failed(1, option.Conflict, restrictionTargetText)
		}
	}
	if release.AtLeast(p.in.Installation.Version, "26.1") {
		for _, file := range v.Of("requirements").List {
			if isLockFileName(file.Value) {
				return option.Failed(1, option.Conflict, restrictionLockText)
			}
		}
	}
	return nil
}

// targetPython gives the version that --python-version names, filled up to
// three parts as normalize_version_info does.
func targetPython(calls []option.Call) string {
	if len(calls) == 0 || calls[len(calls)-1].Value == "" {
		return ""
	}
	text := calls[len(calls)-1].Value
	parts := strings.Split(text, ".")
	if len(parts) == 1 && len(text) > 1 {
		parts = []string{text[:1], text[1:]}
	}
	for len(parts) < 3 {
		parts = append(parts, "0")
	}
	return strings.Join(parts, ".")
}

// checkBuildConstraints is check_build_constraints without the reading.
func checkBuildConstraints(v option.Values) *option.End {
	if len(v.Of("build_constraints").List) > 0 && !v.Of("build_isolation").Truth {
		return option.Failed(1, option.Conflict, "--build-constraint and --no-build-isolation")
	}
	return nil
}

// checkReleaseControl is check_release_control_exclusive.
func checkReleaseControl(v option.Values) *option.End {
	all, final := excludingSets(v.Of("release_control").Calls, "all-releases")
	if v.Of("pre").Truth && len(all)+len(final) > 0 {
		return option.Failed(1, option.Conflict, "--pre and --all-releases or --only-final")
	}
	return nil
}

// checkOnlyDependencies is check_only_deps_option_does_not_conflict.
func checkOnlyDependencies(v option.Values) *option.End {
	if !v.Of("only_dependencies").Truth {
		return nil
	}
	legacy := false
	for _, feature := range v.Of("deprecated_features_enabled").List {
		legacy = legacy || feature.Value == "legacy-resolver"
	}
	if v.Of("ignore_dependencies").Truth || legacy || len(v.Of("requirements").List) > 0 ||
		len(v.Of("requirements_from_scripts").List) > 0 || len(v.Of("dependency_groups").Calls) > 0 {
		return option.Failed(1, option.Conflict, "--only-dependencies and other ways to select requirements")
	}
	return nil
}

// finderOf is the package finder's state from options alone.
func (p *parsing) finderOf(v option.Values) source.Finder {
	f := source.Finder{
		NoIndex:         v.Of("no_index").Truth,
		TrustedHosts:    append([]option.Setting{}, v.Of("trusted_hosts").List...),
		Pre:             v.Of("pre").Truth,
		PreferBinary:    v.Of("prefer_binary").Truth,
		RequireHashes:   v.Of("require_hashes").Truth,
		NoRequireHashes: v.Of("no_require_hashes").Truth,
		NoBinary:        p.cmd.NoBinary,
		OnlyBinary:      p.cmd.OnlyBinary,
		ExtraAt:         1,
	}
	if !f.NoIndex {
		index := option.Setting{Value: p.in.Installation.DefaultIndex,
			Origin: option.Origin{Kind: option.FromPip, Place: "pip " + p.in.Installation.Version}}
		if said := v.Of("index_url"); said.Set {
			index = option.Setting{Value: said.Text, Origin: said.Origin}
		}
		f.Indexes = append([]option.Setting{index}, v.Of("extra_index_urls").List...)
	} else {
		f.ExtraAt = 0
	}
	for _, link := range v.Of("find_links").List {
		if strings.HasPrefix(link.Value, "~") {
			if expanded := p.path(p.expand(link.Value)); pythontext.Exists(expanded) {
				if real, err := filepath.EvalSymlinks(expanded); err == nil {
					expanded = real
				}
				link.Value = expanded
			}
		}
		f.FindLinks = append(f.FindLinks, link)
	}
	f.AllReleases, f.OnlyFinal = excludingSets(v.Of("release_control").Calls, "all-releases")
	for _, feature := range v.Of("features_enabled").List {
		f.Features = append(f.Features, feature.Value)
	}
	return f
}

// collect is get_requirements.
func (p *parsing) collect(command *option.CommandTable, v option.Values, positionals []option.Setting) {
	version := p.in.Installation.Version
	input := source.Input{
		Dir:           p.in.Dir,
		Command:       command.Name,
		PipVersion:    version,
		PythonVersion: p.in.Installation.PythonVersion,
		Environ:       p.environ,
		MarkerEnvironment: func() (map[string]string, error) {
			return p.in.Installation.MarkerEnvironment(p.in.CacheDir)
		},
		LineOptions:          p.table.LineOptions,
		UnknownOptions:       p.exact,
		IgnoreRequiresPython: v.Of("ignore_requires_python").Truth,
		TargetPython:         targetPython(v.Of("python_version").Calls),
		Stdin:                p.in.Stdin,
		Finder:               p.finderOf(v),
	}
	p.cmd.Configured = slices.Concat(input.Finder.Indexes, input.Finder.FindLinks, input.Finder.TrustedHosts)
	var s *source.Collection
	if p.in.Fetch != nil && !p.cmd.Passthrough {
		input.Fetch = func(url string) (source.Page, error) {
			p.cmd.TrustedHosts = s.Finder.TrustedHosts
			return p.in.Fetch(p.cmd, url)
		}
	}
	s = source.New(input)
	p.cmd.sources = s

	buildConstraints := v.Of("build_constraints").List
	if len(buildConstraints) > 0 {
		// pip reads these before anything else, and again in each build
		// Environment, where a "-r" inside installs as it does elsewhere.
		build := source.New(input)
		for _, file := range buildConstraints {
			build.ConstraintsFile(file.Value, file.Origin)
			if build.Failure != nil && build.HasRead(file.Value) {
				// pip itself only looks whether the file can be read. What is
				// wrong inside ends each build environment at that place.
				build.Failure = nil
			}
		}
		p.cmd.BuildRequirements = build.Requirements
		p.cmd.buildSources = build
		p.cmd.Unreadable = append(p.cmd.Unreadable, build.Unreadable...)
		if build.Failure != nil {
			p.cmd.Failure = build.Failure
			return
		}
	}

	editables := v.Of("editables").List
	if command.Name == "download" {
		editables = nil // download.py resets it
	}
	scripts := v.Of("requirements_from_scripts").List
	groups := v.Of("dependency_groups").Calls
	constraints := v.Of("constraints").List
	if p.environ.Get("_PIP_IN_BUILD_IGNORE_CONSTRAINTS") == "1" {
		if release.AtLeast(version, "26.2") {
			constraints = buildConstraints
		} else if release.AtLeast(version, "25.3") {
			constraints = nil
		}
	}
	for _, file := range constraints {
		s.ConstraintsFile(file.Value, file.Origin)
	}
	for _, word := range positionals {
		s.Positional(word.Value, word.Origin)
	}
	for _, call := range groups {
		s.Group(call.Value, call.Origin)
	}
	for _, editable := range editables {
		s.Editable(editable.Value, editable.Origin)
	}
	for _, file := range v.Of("requirements").List {
		s.RequirementsFile(file.Value, file.Origin)
	}
	for i, file := range scripts {
		if i > 0 {
			break
		}
		if len(scripts) > 1 && s.Failure == nil {
			s.Failure = &option.Failure{Kind: option.Conflict, What: "two --requirements-from-script", Status: 1}
			break
		}
		s.Script(file.Value, file.Origin)
	}

	c := p.cmd
	c.Requirements = s.Requirements
	if command.Name == "uninstall" {
		c.Requirements = lastOfEachName(c.Requirements)
	}
	if !c.Passthrough {
		// What uninstall reads wrongly it can only fail to remove.
		c.Unreadable = append(c.Unreadable, s.Unreadable...)
	}
	c.Indexes, c.ExtraAt = s.Finder.Indexes, s.Finder.ExtraAt
	c.FindLinks, c.NoIndex = s.Finder.FindLinks, s.Finder.NoIndex
	c.TrustedHosts = s.Finder.TrustedHosts
	c.RequireHashes = s.Finder.RequireHashes
	c.NoBinary, c.OnlyBinary = s.Finder.NoBinary, s.Finder.OnlyBinary
	switch {
	case s.Failure != nil:
		c.Failure = s.Failure
	case s.Finder.RequireHashes && s.Finder.NoRequireHashes:
		c.Failure = &option.Failure{Kind: option.Conflict, What: "--require-hashes and --no-require-hashes", Status: 1}
	case command.Name == "uninstall" && len(s.Unreadable) == 0 && !namesAny(c.Requirements),
		command.Name != "uninstall" &&
			len(positionals)+len(editables)+len(v.Of("requirements").List)+len(groups)+len(scripts) == 0:
		c.Failure = &option.Failure{Kind: option.NothingGiven, What: command.Name, Status: 1}
	}
	if !s.Finder.NoRequireHashes {
		for _, requirement := range c.Requirements {
			if len(requirement.Hashes) > 0 {
				c.RequireHashes = true
			}
		}
	}
}

// lastOfEachName is the dict that uninstall collects into: unnamed ones are
// passed over, and of two with one name the later takes the earlier's place.
func lastOfEachName(requirements []source.Requirement) []source.Requirement {
	var kept []source.Requirement
	place := map[string]int{}
	for _, requirement := range requirements {
		if requirement.Name == "" {
			continue
		}
		if at, known := place[requirement.Canonical]; known {
			kept[at] = requirement
			continue
		}
		place[requirement.Canonical] = len(kept)
		kept = append(kept, requirement)
	}
	return kept
}

func namesAny(requirements []source.Requirement) bool {
	for _, requirement := range requirements {
		if requirement.Name != "" {
			return true
		}
	}
	return false
}

// isLockFileName is is_valid_pylock_filename: "pylock.toml" or
// "pylock.NAME.toml", where NAME has no dot.
func isLockFileName(path string) bool {
	if at := strings.LastIndexByte(path, '/'); at >= 0 {
		path = path[at+1:]
	}
	middle, ok := strings.CutPrefix(path, "pylock.")
	if middle == "toml" && ok {
		return true
	}
	middle, named := strings.CutSuffix(middle, ".toml")
	return ok && named && middle != "" && !strings.Contains(middle, ".")
}

// canonicalName is packaging's canonicalize_name (PEP 503).
func canonicalName(name string) string {
	var b strings.Builder
	dash := false
	for _, r := range name {
		if r == '-' || r == '_' || r == '.' {
			dash = true
			continue
		}
		if dash {
			b.WriteByte('-')
			dash = false
		}
		b.WriteRune(r)
	}
	if dash {
		b.WriteByte('-')
	}
	return pythontext.Lower(b.String())
}
