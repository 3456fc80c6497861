package shim

import (
	"os"
	"path/filepath"
	"time"

	"thresher/address"
	"thresher/gate"
	"thresher/pip"
	"thresher/venv"
)

// What `pip download` and `pip wheel` leave in a folder is compared with what the
// gate let through, as what an install leaves in an environment is.

// savedFile is one archive in the folder.
type savedFile struct {
	size    int64
	changed time.Time
}

// saved lists the archives in the folder that a command saves to; none for a
// command that saves nothing, and for a folder that is not there.
func saved(command *pip.Command) (map[string]savedFile, error) {
	files := map[string]savedFile{}
	if command.SaveTo == "" {
		return files, nil
	}
	listed, err := os.ReadDir(command.SaveTo)
	if os.IsNotExist(err) {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	for _, item := range listed {
		path := filepath.Join(command.SaveTo, item.Name())
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && address.IsArchive(path) {
			files[path] = savedFile{info.Size(), info.ModTime()}
		}
	}
	return files, nil
}

// tellSaved reports archives that were saved without a verdict: a file must be
// one that the gate let through, a wheel that was built here may also be of a
// release whose source archive was, or of a source that the command names.
func (in *invocation) tellSaved(a *asked, c *changed, ledger []gate.Entry, before map[string]savedFile) error {
	after, err := saved(a.command)
	if err != nil {
		return err
	}
	var built []venv.Distribution
	for path, file := range after {
		if before[path] == file {
			continue
		}
		known, err := gate.Holds(ledger, path)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		entries := gate.EntriesOf(path)
		if a.command.Name != "wheel" || len(entries) == 0 {
			in.tellArrival(a, c, filepath.Base(path), "")
			continue
		}
		name := entries[0].Name
		built = append(built, venv.Distribution{Name: name, Canonical: name, Version: entries[0].Version})
	}
	var unknown []venv.Distribution
	for _, d := range built {
		if len(gate.Unvouched(ledger, []gate.Arrived{{Name: d.Name, Version: d.Version}})) > 0 {
			unknown = append(unknown, d)
		}
	}
	// Of a wheel nobody can tell which source it was built from.
	if len(unknown) <= sourcesInstalled(a.command.Requirements) {
		return nil
	}
	for _, d := range unknown {
		in.tellArrival(a, c, d.Name, d.Version)
	}
	return nil
}
