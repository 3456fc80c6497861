package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Network says which TCP connections a domain permits.
type Network string

// The networks.
const (
	NetworkAll   Network = "all"   // every connection
	NetworkPorts Network = "ports" // connections to Domain.Ports, at any address
	NetworkNone  Network = "none"  // no connection
)

// Domain is what a process and everything that it starts may do. All paths are
// absolute and free of symbolic links. It travels as JSON from the process that
// computes it to the one that enters it.
type Domain struct {
	// ReadDirectories are read and executed with everything below them,
	// ReadFiles alone.
	ReadDirectories []string `json:"read-directories,omitempty"`
	ReadFiles       []string `json:"read-files,omitempty"`
	// Write are directories that are read and written with everything below.
	Write []string `json:"write,omitempty"`
	// WriteOnly are directories that are written, but hold secrets: of what is
	// below them only the above is read.
	WriteOnly []string `json:"write-only,omitempty"`
	// WriteFiles are files and devices that are read and written.
	WriteFiles []string `json:"write-files,omitempty"`
	// Sockets are sockets with a path, and directories of such, that may be
	// connected to.
	Sockets []string `json:"sockets,omitempty"`
	Network Network  `json:"network"`
	Ports   []uint16 `json:"ports,omitempty"`
}

// Input is what a domain is computed from.
type Input struct {
	Home    string // the user's home directory; "" where there is none
	Account string // the account's home directory where that is another one, else ""
	// Project is the directory whose `.env` files are secrets; "" for none.
	Project string
	Environ []string // NAME=VALUE, which name further places of secrets
	Secrets []string // further secrets, absolute paths
	// Needed are paths that have to be read though they lie in a secret place:
	// the environment, its interpreter, the sources that a command names.
	Needed []string
	// Write are directories, files and devices that may be written. One that is
	// not there is of no use; Prepare makes directories.
	Write   []string
	Sockets []string // sockets with a path that may be connected to
	Network Network
	Ports   []uint16
}

// Closed is a place that a domain keeps from being read.
type Closed struct {
	Path string // as it was found, before links were resolved
	// Open says that it is read all the same, since it lies in a directory that
	// may be written.
	Open bool
}

// devices are what of /dev is there for every program: the rest is disks and
// keyboards. /dev/shm holds semaphores of Python's multiprocessing.
var devices = []string{
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
	"/dev/shm",
}

// New computes a domain, and the secrets that are there. An error says that a
// place could not be looked at.
func New(input Input) (Domain, []Closed, error) {
	mounts, err := readMounts()
	if err != nil {
		return Domain{}, nil, err
	}
	var closed tree
	var found []Closed
	homes := resolvedAll([]string{input.Home, input.Account})
	for _, home := range homes {
		closed.split(home) // what is made in it later is closed as well
	}
	projectFiles := environmentFiles(input.Project, homes)
	var secretPaths []string
	for _, secret := range slices.Concat(candidates(input), projectFiles) {
		paths, err := realPaths(secret)
		if err != nil {
			return Domain{}, nil, err
		}
		if len(paths) == 0 {
			continue
		}
		found = append(found, Closed{Path: secret})
		for _, path := range paths {
			for _, alias := range append(mounts.aliases(path), path) {
				closed.close(alias)
				if !slices.Contains(projectFiles, secret) {
					secretPaths = append(secretPaths, alias)
				}
			}
		}
	}
	domain := Domain{Network: input.Network, Ports: input.Ports, Sockets: resolvedAll(input.Sockets)}
	closed.close("/dev")
	for _, needed := range resolvedAll(input.Needed) {
		closed.need(needed)
	}
	domain.ReadDirectories, domain.ReadFiles = closed.readable(listDirectory)
	for _, path := range append(input.Write, devices...) {
		domain.addWritable(path, append(secretPaths, homes...))
	}
	for i := range found {
		paths, err := realPaths(found[i].Path)
		if err != nil {
			return Domain{}, nil, err
		}
		found[i].Open = slices.ContainsFunc(paths, domain.reads)
	}
	return domain, found, nil
}

// addWritable puts a path among what may be written. A directory that holds
// secrets, or a home directory with those to come, is written only.
func (d *Domain) addWritable(path string, secrets []string) {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return // not there: nothing that could be granted
	}
	info, err := os.Stat(resolved)
	switch {
	case err != nil:
	case !info.IsDir():
		d.WriteFiles = append(d.WriteFiles, resolved)
	case slices.ContainsFunc(secrets, func(secret string) bool { return Within(secret, resolved) }):
		d.WriteOnly = append(d.WriteOnly, resolved)
	default:
		d.Write = append(d.Write, resolved)
	}
}

// reads says whether the domain permits to read a real path.
func (d *Domain) reads(path string) bool {
	if slices.Contains(d.ReadFiles, path) || slices.Contains(d.WriteFiles, path) {
		return true
	}
	return slices.ContainsFunc(append(slices.Clone(d.Write), d.ReadDirectories...), func(directory string) bool {
		return Within(path, directory)
	})
}

// Prepare makes the directories that are to be written and are not there yet,
// since only what is there can be granted. It gives those that it made, the
// deepest first, so that who finds them empty afterwards can take them away. The
// error joins what stood in the way of each.
func Prepare(directories []string) (made []string, err error) {
	var failed []error
	for _, directory := range directories {
		var missing []string
		for at := directory; ; at = filepath.Dir(at) {
			if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
				break
			}
			missing = append(missing, at)
		}
		if len(missing) == 0 {
			continue
		}
		if err := os.MkdirAll(directory, 0o777); err != nil { // as pip does, under the umask
			failed = append(failed, fmt.Errorf("make a directory that may be written: %w", err))
			continue
		}
		made = append(missing, made...)
	}
	return made, errors.Join(failed...)
}

// WriteFile keeps a domain in a file that only its owner can read.
func (d Domain) WriteFile(path string) error {
	content, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("write a domain: %w", err)
	}
	return os.WriteFile(path, content, 0o600)
}

// ReadFile reads a domain that WriteFile wrote.
func ReadFile(path string) (Domain, error) {
	var domain Domain
	content, err := os.ReadFile(path)
	if err != nil {
		return domain, fmt.Errorf("read a domain: %w", err)
	}
	if err := json.Unmarshal(content, &domain); err != nil {
		return domain, fmt.Errorf("read a domain: %w", err)
	}
	switch domain.Network {
	case NetworkAll, NetworkPorts, NetworkNone:
		return domain, nil
	}
	return domain, fmt.Errorf("read a domain: no such network: %q", domain.Network)
}

// Within says whether a path is a directory or lies in it.
func Within(path, directory string) bool {
	return path == directory || directory == "/" ||
		strings.HasPrefix(path, directory+string(filepath.Separator))
}

// resolvedAll resolves the links of paths and leaves out what is not there, and
// what is there twice.
func resolvedAll(paths []string) []string {
	var resolved []string
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			continue
		}
		if real, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(resolved, real) {
			resolved = append(resolved, real)
		}
	}
	return resolved
}

// realPaths are the places of a secret: where its name stands, and where that
// leads if it is a link. None where there is nothing, or nothing that this user
// could reach.
func realPaths(path string) ([]string, error) {
	_, err := os.Stat(filepath.Dir(path))
	for _, absent := range []error{fs.ErrNotExist, fs.ErrPermission, syscall.ENOTDIR, syscall.ELOOP} {
		if errors.Is(err, absent) {
			return nil, nil
		}
	}
	var parent, target string
	if err == nil {
		parent, err = filepath.EvalSymlinks(filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("look for a place that holds secrets: %w", err)
	}
	name := filepath.Join(parent, filepath.Base(path))
	if _, err := os.Lstat(name); err != nil {
		return nil, nil
	}
	if target, err = filepath.EvalSymlinks(name); err != nil || target == name {
		return []string{name}, nil // a link to nowhere leads to no secret
	}
	return []string{name, target}, nil
}
