package pip

import "os"

// Outcome is how a pip ended.
type Outcome struct {
	Status int       // exit status; meaningless where Signal is set
	Signal os.Signal // the signal that killed it, nil for a normal end
}
