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

func unknownCommandText(name string) string { return "ERROR: unknown command \"" + name + "\"" }

func noInterpreterText(python string) string {
	return "ERROR: Could not locate Python interpreter " + python
}

func pythonAfterCommandText() string {
	return "ERROR: The --python option must be placed before the pip subcommand name"
}

func noEnvironmentText() string {
	return "ERROR: Could not find an activated virtualenv (required)."
}

func conflictText(one, other string) string {
	return "ERROR: " + one + " cannot be combined with " + other
}

func noUserSiteText() string {
	return "ERROR: Can not perform a '--user' install. User site-packages are not visible in this virtualenv."
}

func targetIsFileText() string {
	return "ERROR: Target path exists but is not a directory, will not continue."
}

func restrictionText() string {
	return "ERROR: --python-version, --platform, --abi and --implementation need --no-deps or --only-binary=:all:"
}

func restrictionTargetText() string {
	return "ERROR: platform and abi options need --target or --dry-run"
}

func restrictionLockText(file string) string {
	return "ERROR: platform and interpreter constraints are not supported with " + file
}

func oneScriptText() string {
	return "ERROR: --requirements-from-script can only be given once"
}

func nothingGivenText(command string) string {
	return "ERROR: You must give at least one requirement to " + command + " (see \"pip help " + command + "\")"
}
