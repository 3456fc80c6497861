package option

// Failure is pip's own refusal of a command line. Its words are left to pip:
// this is what it is about, and how it ends.
type Failure struct {
	Kind   Kind
	What   string // the option, variable, argument or place of a file that it is about
	Reason string // what is wrong there, as far as it is known; without credentials
	Status int    // pip's exit status
}

// Kind is what pip refuses, to be read after "pip refuses".
type Kind string

// What pip refuses of a command line, its environment and its configuration.
const (
	NoSuchOption       Kind = "an option that it does not have"
	AmbiguousOption    Kind = "an abbreviation of several options"
	WrongValue         Kind = "the value of an option"
	WrongConfiguration Kind = "a configuration file"
	NoSuchCommand      Kind = "a command that it does not have"
	NoSuchInterpreter  Kind = "an interpreter that it cannot find"
	MisplacedOption    Kind = "an option behind the command"
	NoEnvironment      Kind = "to run outside a virtual environment"
	Conflict           Kind = "options that exclude each other"
	WrongTarget        Kind = "the place to install to"
	NothingGiven       Kind = "a command without requirements"
)

// What pip refuses of requirements and of the files that name them.
const (
	NoRequirement      Kind = "what is no requirement"
	WrongMarker        Kind = "a marker"
	WrongURL           Kind = "a url"
	NoProject          Kind = "a directory without a project"
	WrongWheelName     Kind = "the name of a wheel"
	NotEditable        Kind = "what cannot be editable"
	EditableConstraint Kind = "an editable constraint"
	WrongLine          Kind = "the options of a line"
	NotOpened          Kind = "what it cannot open"
	WrongEncoding      Kind = "a file that is not in its encoding"
	Circular           Kind = "a file that includes itself"
	WrongGroups        Kind = "dependency groups"
	WrongScript        Kind = "the metadata of a script"
	OtherPython        Kind = "a script for another python"
	WrongLock          Kind = "a lock"
)

// String puts the refusal into one line.
func (f *Failure) String() string {
	text := "pip refuses " + string(f.Kind)
	if f.What != "" {
		text += ": " + f.What
	}
	if f.Reason != "" {
		text += ": " + f.Reason
	}
	return text
}
