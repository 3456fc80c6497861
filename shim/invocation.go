package shim

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"thresher/internal/places"
	"thresher/internal/words"
	"thresher/layers"
)

// Streams are the standard streams of one run. Only Err is written to: the
// others are handed to pip.
type Streams struct {
	In  *os.File
	Out *os.File
	Err *os.File
}

// Names of the variables by which thresher speaks to its guards and to nested
// runs. They are taken out of the environment before pip sees it.
const (
	variableOff         = "THRESHER"             // "off": let this command through unchecked
	variableInterpreter = "THRESHER_INTERPRETER" // set by a guard: the interpreter that was called
	variableGate        = "THRESHER_GATE"        // set for pip: the living gate of this run
)

// invocation is one call of the shim with everything it was given.
type invocation struct {
	context      context.Context // see untilInterrupted
	stopWatching context.CancelFunc
	program      string // "pip", "pip3", "pip3.11"
	args         []string
	environ      []string          // without thresher's own variables
	environment  map[string]string // the same
	off          bool              // THRESHER=off
	interpreter  string            // named by a guard
	within       Within            // for a command of thresher's own; zero for none
	gate         string            // the gate a parent run offers, unproven
	dir          string
	self         string // path of this binary
	places       places.Places
	streams      Streams
	say          *messenger
	terminal     bool // a person can be asked
	width        int  // of the terminal; 0 none
	coloured     bool
	start        time.Time
	refreshing   *layers.Beside // of the shared layers of the policy; nil none
}

// shells are programs whose people read all that a command says; a parent that is
// not known counts for one.
var shells = []string{"", "sh", "bash", "dash", "zsh", "fish", "ksh", "mksh", "ash", "busybox", "tcsh", "csh", "nu",
	"elvish", "xonsh", "pwsh"}

// parent is the name of the program that started this one; "" not known.
func (in *invocation) parent() string {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(os.Getppid()) + "/comm") // Linux alone has it
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

func newInvocation(program string, args, environ []string, streams Streams) (*invocation, error) {
	in := &invocation{
		program: program, args: args, environment: map[string]string{}, streams: streams, start: time.Now(),
	}
	for _, pair := range environ {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		switch name {
		case variableOff:
			in.off = strings.EqualFold(value, "off")
			continue
		case variableInterpreter:
			in.interpreter = value
			continue
		case variableGate:
			in.gate = value
			continue
		}
		in.environ = append(in.environ, pair)
		in.environment[name] = value
	}
	errorTerminal := term.IsTerminal(int(streams.Err.Fd()))
	in.coloured = words.Coloured(in.environment, errorTerminal)
	in.terminal = errorTerminal && term.IsTerminal(int(streams.In.Fd()))
	if errorTerminal {
		if columns, _, err := term.GetSize(int(streams.Err.Fd())); err == nil {
			in.width = columns
		}
	}
	in.say = newMessenger(streams.Err, in.coloured)
	in.places = places.Find(in.environment)
	in.say.wrapped = !errorTerminal && !slices.Contains(shells, strings.TrimPrefix(in.parent(), "-"))
	in.say.ownership = in.foreignRemedy
	var err error
	if in.self, err = os.Executable(); err != nil {
		return in, err
	}
	in.dir, err = os.Getwd()
	return in, err
}
