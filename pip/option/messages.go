package option

import "thresher/internal/words"

// All text of this package that a person reads.

func unreadableConfigPipe(path string) Unreadable {
	return Unreadable{
		Place:  "PIP_CONFIG_FILE",
		Reason: path + " is no regular file, and pip reads its configuration twice",
		Hint:   "write the configuration to a file and name that",
	}
}

func unreadableFile(path string, err error) Unreadable {
	return Unreadable{Place: path, Reason: "it cannot be read: " + err.Error(),
		Hint: "check the file with: " + words.Show(path)}
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
		Hint:   words.UnsetVariables("ANDROID_DATA", "ANDROID_ROOT"),
	}
}

// UnknownOption says that an option of a pip whose table is not known may mean
// anything.
func UnknownOption(name, version, place string) *Unreadable {
	return &Unreadable{
		Place: place,
		Reason: "pip " + version + " is not known and could not be asked for its options, so " + name +
			" may mean anything",
		Hint: "write the option in full, or upgrade thresher",
	}
}
