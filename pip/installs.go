package pip

import (
	"slices"

	"thresher/pip/internal/release"
	"thresher/pip/source"
)

// Installs says whether a command of this name may install, download or build
// something.
func Installs(command string) bool { return command != "" && !passingThrough[command] }

// RunsSetupInstall says whether this pip may run a setup.py that installs by itself:
// `install` where there is no wheel, up to pip 23.0, and `develop` for what is
// edited, up to 25.2 (pip 20.0 to 26.3, operations/install and req_install.py).
func (c *Command) RunsSetupInstall() bool {
	return !release.AtLeast(c.Installation.Version, "23.1") || !release.AtLeast(c.Installation.Version, "25.3") &&
		slices.ContainsFunc(c.Requirements, func(r source.Requirement) bool { return r.Editable })
}
