// Package places says where thresher's files lie: policy, data, caches and
// state, by the XDG base directories on Unix and each platform's own custom
// elsewhere.
package places

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Places are the absolute paths of everything thresher keeps. An empty path
// means that the platform gave no home to derive it from.
type Places struct {
	Home    string // the user's home directory
	Account string // the home directory that the system has for the account; "" where it is Home, or not known
	// AccountPolicy is the user's policy file where no variable says
	// otherwise: below the home directory that the system has for the account.
	// Empty where that is UserPolicy, or is not known.
	AccountPolicy string
	// Redirected are the directories of policy, trust, data and caches that a
	// variable names rather than the account's home directory.
	Redirected   []string
	SystemPolicy string // the administrator's policy file
	UserPolicy   string // the user's policy file
	Data         string // directory: advisories, refreshed lists
	Cache        string // directory: index pages, option tables, interpreters
	State        string // directory: the log, trusted files, known environments, what setup placed
	// AlsoData are further directories of data, where a variable names Data: that
	// of HOME, and that of the account's home directory. Advisories in them count
	// as well: a redirected place may add, never take away.
	AlsoData []string
	// OwnData and OwnState are the account's own, for what may loosen: the list of
	// popular names and trusted files. They are Data and State where the account's
	// home directory is not known or not there.
	OwnData, OwnState string
	Programs          string // directory: the program in its bin
	// SystemState and SystemPrograms are State and Programs of a thresher that
	// is there for all users of a machine.
	SystemState, SystemPrograms string
}

// account says whose home directory Find takes for the account's: "" that of
// the user who runs this process. Tests of the whole program are linked with
// another one.
var account = ""

// Find computes the places from an environment (name → value). Relative values
// are ignored, as the XDG base directory specification 0.8 demands; without a
// HOME it is the account's.
func Find(environ map[string]string) Places {
	home := account
	if home == "" {
		if current, err := user.Current(); err == nil {
			home = current.HomeDir
		}
	}
	if runtime.GOOS == "windows" {
		return redirectedOnWindows(environ, accountFolders(home))
	}
	found := redirected(environ, runtime.GOOS, home)
	// The account of a service may have a home directory that is nowhere.
	if info, err := os.Stat(home); home == "" || err != nil || !info.IsDir() {
		found.OwnData, found.OwnState = found.Data, found.State
	}
	return found
}

// redirected finds the places, and says which of them a variable names. home is
// the account's home directory, "" where it is not known.
func redirected(environ map[string]string, system, home string) Places {
	if !filepath.IsAbs(home) {
		home = ""
	}
	if !filepath.IsAbs(environ["HOME"]) {
		environ = maps.Clone(environ)
		if environ == nil {
			environ = map[string]string{}
		}
		environ["HOME"] = home
	}
	found := find(environ, system)
	if found.Home != home {
		found.Account = home
	}
	own := find(map[string]string{"HOME": home}, system)
	found.compare(own, find(map[string]string{"HOME": environ["HOME"]}, system).Data)
	return found
}

// redirectedOnWindows does the same there. own are the account's folders by the
// names of the variables that usually hold them.
func redirectedOnWindows(environ, own map[string]string) Places {
	found, account := find(environ, "windows"), find(own, "windows")
	if account.UserPolicy == "" {
		account = found
	}
	if own["PROGRAMDATA"] != "" {
		found.SystemPolicy = account.SystemPolicy // the administrator's, whatever a variable says
	}
	found.compare(account, "")
	return found
}

// compare completes places that variables name by the account's own; others are
// further directories of data.
func (found *Places) compare(own Places, others ...string) {
	if own.UserPolicy != found.UserPolicy {
		found.AccountPolicy = own.UserPolicy
	}
	for _, pair := range [][2]string{
		{filepath.Dir(found.UserPolicy), filepath.Dir(own.UserPolicy)}, {found.Data, own.Data}, {found.Cache, own.Cache},
		{found.State, own.State},
	} {
		if pair[0] != pair[1] && filepath.IsAbs(pair[0]) {
			found.Redirected = append(found.Redirected, pair[0])
		}
	}
	for _, data := range append(others, own.Data) {
		if data != "" && data != found.Data && !slices.Contains(found.AlsoData, data) {
			found.AlsoData = append(found.AlsoData, data)
		}
	}
	found.OwnData, found.OwnState = cmp.Or(own.Data, found.Data), cmp.Or(own.State, found.State)
}

func find(environ map[string]string, system string) Places {
	home := environ["HOME"]
	under := func(variable string, fallback ...string) string {
		if value := environ[variable]; filepath.IsAbs(value) {
			return filepath.Join(value, "thresher")
		}
		if home == "" {
			return ""
		}
		return filepath.Join(append([]string{home}, fallback...)...)
	}
	switch system {
	case "windows":
		home = environ["USERPROFILE"]
		local := environ["LOCALAPPDATA"]
		if local == "" && home != "" {
			local = filepath.Join(home, "AppData", "Local")
		}
		if local == "" {
			return Places{Home: home}
		}
		base := filepath.Join(local, "thresher")
		system := environ["PROGRAMDATA"]
		if system == "" {
			system = `C:\ProgramData`
		}
		return Places{
			Home: home, SystemPolicy: filepath.Join(system, "thresher", "policy.toml"),
			UserPolicy: filepath.Join(base, "policy.toml"), Data: filepath.Join(base, "data"),
			Cache: filepath.Join(base, "cache"), State: filepath.Join(base, "state"), Programs: base,
			SystemState: filepath.Join(system, "thresher", "state"), SystemPrograms: filepath.Join(system, "thresher"),
		}
	case "darwin":
		config := under("XDG_CONFIG_HOME", "Library", "Application Support", "thresher")
		return Places{
			Home: home, SystemPolicy: "/Library/Application Support/thresher/policy.toml",
			UserPolicy: file(config, "policy.toml"),
			Data:       under("XDG_DATA_HOME", "Library", "Application Support", "thresher", "data"),
			Cache:      under("XDG_CACHE_HOME", "Library", "Caches", "thresher"),
			State:      under("XDG_STATE_HOME", "Library", "Application Support", "thresher", "state"),
			// Where no path has a blank.
			Programs:    under("XDG_DATA_HOME", ".local", "share", "thresher"),
			SystemState: "/Library/Application Support/thresher/state", SystemPrograms: systemPrograms,
		}
	default:
		config := under("XDG_CONFIG_HOME", ".config", "thresher")
		return Places{
			Home: home, SystemPolicy: "/etc/thresher/policy.toml",
			UserPolicy: file(config, "policy.toml"),
			Data:       under("XDG_DATA_HOME", ".local", "share", "thresher"),
			Cache:      under("XDG_CACHE_HOME", ".cache", "thresher"),
			State:      under("XDG_STATE_HOME", ".local", "state", "thresher"),
			Programs:   under("XDG_DATA_HOME", ".local", "share", "thresher"), SystemState: "/var/lib/thresher",
			SystemPrograms: systemPrograms,
		}
	}
}

const systemPrograms = "/usr/local/lib/thresher"

func file(directory, name string) string {
	if directory == "" {
		return ""
	}
	return filepath.Join(directory, name)
}

// advisoriesFile is the name of the advisory database in a directory of data.
const advisoriesFile = "advisories.db"

// Advisories is the local advisory database, the one that is kept up to date.
func (p Places) Advisories() string { return file(p.Data, advisoriesFile) }

// AllAdvisories are the advisory databases whose records count: Advisories, and
// those that a variable would have taken the place of. Any may be missing.
func (p Places) AllAdvisories() []string {
	var paths []string
	for _, directory := range append([]string{p.Data}, p.AlsoData...) {
		if directory != "" {
			paths = append(paths, filepath.Join(directory, advisoriesFile))
		}
	}
	return paths
}

// Popular is the refreshed list of popular names; the embedded one serves
// where it is missing. A name on it is no imitation, so it is the account's own.
func (p Places) Popular() string { return file(p.OwnData, "popular.txt") }

// PopularNames reads the refreshed list of popular names; nil where there is
// none, and the embedded one serves. An error says that it cannot be read.
func (p Places) PopularNames() ([]string, error) {
	if p.OwnData == "" {
		return nil, nil
	}
	content, err := os.ReadFile(p.Popular())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the popular names: %w", err)
	}
	return strings.Fields(string(content)), nil
}

// Log is the log of past runs, one JSON object a line.
func (p Places) Log() string { return file(p.State, "log.jsonl") }

// Trusted is the record of project policy files that the user trusts. What is in
// it loosens, so it is the account's own.
func (p Places) Trusted() string { return file(p.OwnState, "trusted.jsonl") }

// Layers is the directory of the shared layers of the policy as they were fetched. They
// loosen, so it is the account's own.
func (p Places) Layers() string { return file(p.OwnState, "layers") }

// Indexes are the tables of which names came from which index: the first is the
// account's own and the one to write. One that a variable names counts as well,
// and takes nothing away. Either may be missing.
func (p Places) Indexes() []string {
	own, named := file(p.OwnState, indexesFile), file(p.State, indexesFile)
	if own == named || named == "" || own == "" {
		return slices.DeleteFunc([]string{cmp.Or(own, named)}, func(path string) bool { return path == "" })
	}
	return []string{own, named}
}

// Publishers is the table of who published which file. Who is known there is
// trusted, so that it is the account's own.
func (p Places) Publishers() string { return file(p.OwnState, "publishers.json") }

// indexesFile is the name of the table of indexes in a directory of state.
const indexesFile = "indexes.json"

// Pages is the cache of index pages.
func (p Places) Pages() string { return file(p.Cache, "index") }

// Settled is the table of runs that changed nothing. The account's own: a forged
// one would have upgrades missed.
func (p Places) Settled() string { return file(p.OwnState, "settled.json") }

// Files is the directory of what was read in wheels and source archives, by
// their hashes. The account's own: what a forged one says is not read again.
func (p Places) Files() string { return file(p.OwnData, "files") }
