package shim

import (
	"bufio"
	"strings"

	"thresher/policy/rules"
)

// ask puts the findings in question to the person at the terminal, one by one,
// and says whether all were answered with yes. Anything but a clear yes is no.
func (in *invocation) ask(findings []rules.Finding, places map[string]string) bool {
	reader := bufio.NewReader(in.streams.In)
	for _, f := range findings {
		if f.Action != rules.Ask {
			continue
		}
		in.say.finding(f, places[f.Subject])
		in.say.question(f)
		answer, err := reader.ReadString('\n')
		if err != nil {
			in.say.line("no answer")
			return false
		}
		if !isYes(answer) {
			return false
		}
	}
	return true
}

// isYes says whether an answer is a clear yes.
func isYes(answer string) bool {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
