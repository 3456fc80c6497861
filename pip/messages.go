package pip

import (
	"strconv"

	"thresher/pip/option"
)

func unreadableOldPip(version string) option.Unreadable {
	return option.Unreadable{
		Place:  "pip " + version,
		Reason: "its command line is not known, 20.0 is the oldest that is",
		Hint:   "python -m pip install -U pip",
	}
}

func unreadableInterpreter(path string, err error) option.Unreadable {
	return option.Unreadable{
		Place:  "--python",
		Reason: "what " + path + " is cannot be told: " + err.Error(),
		Hint:   "name the environment's own interpreter",
	}
}

func unknownCommand(name, version string) *option.Unreadable {
	return &option.Unreadable{
		Place:  "command line",
		Reason: "what pip " + version + " does for the command " + strconv.Quote(name) + " is not known",
		Hint:   "upgrade thresher",
	}
}

func warnUnknownPip(version string, err error) string {
	return "the options of pip " + version + " are not known and it could not be asked: " + err.Error()
}

func argumentText(place int) string { return "argument " + strconv.Itoa(place) }

// Which options exclude each other, where that takes more than their names.
const (
	restrictionText = "--python-version, --platform, --abi or --implementation without --no-deps and without " +
		"--only-binary=:all:"
	restrictionTargetText = "--platform or --abi without --target and without --dry-run"
	restrictionLockText   = "--python-version, --platform, --abi or --implementation and a lock"
)
