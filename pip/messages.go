package pip

import (
	"fmt"
	"strconv"
	"strings"
)

func httpStatusText(e *httpStatusError) string {
	kind := "Server"
	if e.Status < 500 {
		kind = "Client"
	}
	return strconv.Itoa(e.Status) + " " + kind + " Error: " + e.Reason + " for url: " + e.URL
}

// The words of optparse and of pip's own checks, for plan and the log; where
// pip is run to refuse a command line, it prints its own.

func noSuchOptionText(name string) string { return "no such option: " + name }

func ambiguousOptionText(name string, matches []string) string {
	return "ambiguous option: " + name + " (" + strings.Join(matches, ", ") + "?)"
}

func missingValueText(name string) string { return name + " option requires 1 argument" }

func needlessValueText(name string) string { return name + " option does not take a value" }

func invalidValueText(kind, text string) string {
	return fmt.Sprintf("invalid %s value: '%s'", kind, text)
}

func invalidChoiceText(text string, choices []string) string {
	return fmt.Sprintf("invalid choice: '%s' (choose from '%s')", text, strings.Join(choices, "', '"))
}

func optionValueText(name, problem string) string { return "option " + name + ": " + problem }

func configValueText(item configItem, problem string) string {
	return "An error occurred during configuration: option " + item.Key + ": " + problem
}

func configBooleanText(item configItem) string {
	return item.Value + " is not a valid value for " + item.Key +
		" option, please specify a boolean value like yes/no, true/false or 1/0 instead."
}

func configCountText(item configItem) string {
	return item.Value + " is not a valid value for " + item.Key +
		" option, please instead specify either a non-negative integer or a boolean value" +
		" like yes/no or false/true which is equivalent to 1/0."
}

func callbackText(call optionCall, problem string) string {
	return "option " + call.Option.Names[len(call.Option.Names)-1] + " error: " + problem
}

func configErrorText(e *configError) string {
	if e.Line > 0 {
		return fmt.Sprintf("Configuration file could not be loaded. %s:%d: %s", e.Path, e.Line, e.Text)
	}
	return "Configuration file " + e.Path + " could not be loaded: " + e.Text
}

func unreadableConfigPipe(path string) Unreadable {
	return Unreadable{
		Place:  "PIP_CONFIG_FILE",
		Reason: path + " is no regular file, and pip reads its configuration twice",
		Hint:   "write the configuration to a file and name that",
	}
}

func unreadableFile(path string, err error) Unreadable {
	return Unreadable{Place: path, Reason: "it cannot be read: " + err.Error(), Hint: "check the file with: cat " + path}
}

func unreadableConfigEncoding(path string) Unreadable {
	return Unreadable{
		Place:  path,
		Reason: "it has letters beyond ASCII, and how pip reads them depends on the locale",
		Hint:   "set LANG=C.UTF-8 and unset LC_ALL, or keep to ASCII in that file",
	}
}

func unreadableAndroid() Unreadable {
	return Unreadable{
		Place:  "ANDROID_ROOT",
		Reason: "pip would look for its configuration where an Android app has it",
		Hint:   "unset ANDROID_DATA ANDROID_ROOT",
	}
}

func unknownOption(name, version, place string) *Unreadable {
	return &Unreadable{
		Place:  place,
		Reason: "pip " + version + " is not known and could not be asked for its options, so " + name + " may mean anything",
		Hint:   "write the option in full, or upgrade thresher",
	}
}

func unreadableOldPip(version string) Unreadable {
	return Unreadable{
		Place:  "pip " + version,
		Reason: "its command line is not known, 20.0 is the oldest that is",
		Hint:   "python -m pip install -U pip",
	}
}

func unreadableInterpreter(path string, err error) Unreadable {
	return Unreadable{
		Place:  "--python",
		Reason: "what " + path + " is cannot be told: " + err.Error(),
		Hint:   "name the environment's own interpreter",
	}
}

func unknownCommand(name, version string) *Unreadable {
	return &Unreadable{
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
