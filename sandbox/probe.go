package sandbox

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// ProbeCommand is the word by which thresher's own binary tries what a
// malicious build would: `thresher sandbox-probe`, with the attempts as JSON in
// ProbeVariable. It is for `thresher doctor` and stands in no help.
const (
	ProbeCommand  = "sandbox-probe"
	ProbeVariable = "THRESHER_PROBE"
)

// Probe is what is tried, and with it what came of it.
type Probe struct {
	Secret   string `json:"secret"`   // a file to read
	Write    string `json:"write"`    // a file to make
	Address  string `json:"address"`  // host:port to connect to
	Variable string `json:"variable"` // a variable that must not be seen
	Own      string `json:"own"`      // a file to make where it is permitted

	Read      bool `json:"read"`      // the secret was read
	Wrote     bool `json:"wrote"`     // the file was made
	Connected bool `json:"connected"` //
	Saw       bool `json:"saw"`       // the variable was there
	Works     bool `json:"works"`     // what is permitted went well
}

// probeTimeout is how long a connection to this machine may take.
const probeTimeout = 2 * time.Second

// Attempt tries it all and prints the result as JSON. It gives the exit status:
// 0 whatever came of it.
func Attempt() int {
	var probe Probe
	if err := json.Unmarshal([]byte(os.Getenv(ProbeVariable)), &probe); err != nil {
		fmt.Fprintf(os.Stderr, "thresher: %s: %v\n", ProbeVariable, err)
		return 125
	}
	content, err := os.ReadFile(probe.Secret)
	probe.Read = err == nil && len(content) > 0
	probe.Wrote = os.WriteFile(probe.Write, []byte("made in the sandbox\n"), 0o600) == nil
	probe.Works = os.WriteFile(probe.Own, []byte("made in the sandbox\n"), 0o600) == nil
	connection, err := net.DialTimeout("tcp", probe.Address, probeTimeout)
	if probe.Connected = err == nil; probe.Connected {
		_ = connection.Close() // nothing was sent
	}
	_, probe.Saw = os.LookupEnv(probe.Variable)
	if err := json.NewEncoder(os.Stdout).Encode(probe); err != nil {
		return 125
	}
	return 0
}

// Escaped names what was possible and must not be, in words.
func (p Probe) Escaped() string {
	var possible []string
	for _, attempt := range []struct {
		done bool
		text string
	}{
		{p.Read, "read a secret"}, {p.Wrote, "wrote a file of the home directory"},
		{p.Connected, "connected to a port"}, {p.Saw, "saw a variable"},
	} {
		if attempt.done {
			possible = append(possible, attempt.text)
		}
	}
	return strings.Join(possible, ", ")
}
