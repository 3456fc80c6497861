package option

import (
	"fmt"
	"strings"
)

// All text of this package that a person reads.

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

func configValueText(item Item, problem string) string {
	return "An error occurred during configuration: option " + item.Key + ": " + problem
}

func configBooleanText(item Item) string {
	return item.Value + " is not a valid value for " + item.Key +
		" option, please specify a boolean value like yes/no, true/false or 1/0 instead."
}

func configCountText(item Item) string {
	return item.Value + " is not a valid value for " + item.Key +
		" option, please instead specify either a non-negative integer or a boolean value" +
		" like yes/no or false/true which is equivalent to 1/0."
}

func callbackText(call Call, problem string) string {
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

// UnknownOption says that an option of a pip whose table is not known may mean
// anything.
func UnknownOption(name, version, place string) *Unreadable {
	return &Unreadable{
		Place:  place,
		Reason: "pip " + version + " is not known and could not be asked for its options, so " + name + " may mean anything",
		Hint:   "write the option in full, or upgrade thresher",
	}
}
