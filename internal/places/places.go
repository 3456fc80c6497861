// Package places says where thresher's files lie: policy, data, caches and
// state, by the XDG base directories on Unix and each platform's own custom
// elsewhere.
package places

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Places are the absolute paths of everything thresher keeps. An empty path
// means that the platform gave no home to derive it from.
type Places struct {
	Home         string // the user's home directory
	SystemPolicy string // the administrator's policy file
	UserPolicy   string // the user's policy file
	Data         string // directory: advisories, refreshed lists
	Cache        string // directory: index pages, option tables, interpreters
	State        string // directory: the log, trusted files, known environments
}

// Find computes the places from an environment (name → value). Relative XDG
// values are ignored, as the XDG base directory specification 0.8 demands.
func Find(environ map[string]string) Places {
	return find(environ, runtime.GOOS)
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
			Cache: filepath.Join(base, "cache"), State: filepath.Join(base, "state"),
		}
	case "darwin":
		config := under("XDG_CONFIG_HOME", "Library", "Application Support", "thresher")
		return Places{
			Home: home, SystemPolicy: "/Library/Application Support/thresher/policy.toml",
			UserPolicy: file(config, "policy.toml"),
			Data:       under("XDG_DATA_HOME", "Library", "Application Support", "thresher", "data"),
			Cache:      under("XDG_CACHE_HOME", "Library", "Caches", "thresher"),
			State:      under("XDG_STATE_HOME", "Library", "Application Support", "thresher", "state"),
		}
	default:
		config := under("XDG_CONFIG_HOME", ".config", "thresher")
		return Places{
			Home: home, SystemPolicy: "/etc/thresher/policy.toml",
			UserPolicy: file(config, "policy.toml"),
			Data:       under("XDG_DATA_HOME", ".local", "share", "thresher"),
			Cache:      under("XDG_CACHE_HOME", ".cache", "thresher"),
			State:      under("XDG_STATE_HOME", ".local", "state", "thresher"),
		}
	}
}

func file(directory, name string) string {
	if directory == "" {
		return ""
	}
	return filepath.Join(directory, name)
}

// Advisories is the local advisory database.
func (p Places) Advisories() string { return file(p.Data, "advisories.db") }

// Popular is the refreshed list of popular names; the embedded one serves
// where it is missing.
func (p Places) Popular() string { return file(p.Data, "popular.txt") }

// PopularNames reads the refreshed list of popular names; nil where there is
// none, and the embedded one serves. An error says that it cannot be read.
func (p Places) PopularNames() ([]string, error) {
	if p.Data == "" {
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

// Trusted is the record of project policy files that the user trusts.
func (p Places) Trusted() string { return file(p.State, "trusted.jsonl") }

// Pages is the cache of index pages.
func (p Places) Pages() string { return file(p.Cache, "index") }
