package pip

// Installs says whether a command of this name may install, download or build
// something.
func Installs(command string) bool { return command != "" && !passingThrough[command] }
