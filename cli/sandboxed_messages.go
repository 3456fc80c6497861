package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"thresher/internal/words"
	"thresher/policy/rules"
	"thresher/sandbox"
)

// All that is said of the sandbox is here.

const sandboxMissing = "this system has no Landlock to keep files and network from a program; " +
	"only variables are kept back, see docs/sandbox.md"

func refusedOpenNetwork(command []string) string {
	return "refused: this system cannot close the network to a command, which takes Linux 6.7 with Landlock\n" +
		"  fix: thresher run --net all -- " + words.ShellWords(command)
}

func refusedOnePort(command []string) string {
	return "refused: this system cannot close the network to a command but for one port, which takes Linux 6.7\n" +
		"  fix: thresher run --net none -- " + words.ShellWords(command)
}

func refusedWithoutSandbox(require rules.Source) string {
	return fmt.Sprintf("refused: this system has no Landlock to keep files from a command, "+
		"and sandbox.require is set\n  edit: %s:%d: require = false", require.Path, require.Line)
}

// refusedHosts are said of hosts that a command wanted to reach. It may ask for as
// many as it likes.
func refusedHosts(findings []rules.Finding) []string {
	const most = 10
	var lines []string
	for _, finding := range findings[:min(len(findings), most)] {
		lines = append(lines, "refused: "+finding.Evidence+"\n  fix: "+finding.Hint)
	}
	if more := len(findings) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("refused: %d more hosts", more))
	}
	return lines
}

// sandboxed is what is said before a command starts in the sandbox.
type sandboxed struct {
	version   int
	network   sandbox.Network
	hosts     []string // that may be reached all the same
	secrets   []sandbox.Closed
	scrubbed  []string // names of variables
	readOnly  bool
	holdsHome bool
	extra     []string // further directories that may be written
}

// lines are what is closed, what may be written, and what is open. short writes
// a path as a person knows it.
func (s sandboxed) lines(short func(string) string, dir string) []string {
	var closed, open []string
	for _, secret := range s.secrets {
		name := short(secret.Path)
		if relative, err := filepath.Rel(dir, secret.Path); err == nil && !strings.HasPrefix(relative, "..") {
			name = relative
		}
		if secret.Open {
			open = append(open, name)
		} else {
			closed = append(closed, name)
		}
	}
	// What is the person's own is named first.
	slices.SortStableFunc(closed, func(a, b string) int {
		return cmp.Compare(len(a)-len(strings.TrimPrefix(a, "/")), len(b)-len(strings.TrimPrefix(b, "/")))
	})
	var lines []string
	if s.version == 0 {
		lines = append(lines, "not closed: "+sandboxMissing)
	} else {
		lines = append(lines, "closed: "+counted(closed, "place with secrets", "places with secrets"))
	}
	if len(s.scrubbed) > 0 {
		lines = append(lines, "closed: "+counted(s.scrubbed, "variable", "variables"))
	}
	if s.version == 0 {
		return lines
	}
	_, gaps := sandbox.Coverage(s.version, s.network)
	switch {
	case s.network == sandbox.NetworkAll:
		lines = append(lines, "open: the network; close it with --net none")
	case s.network == sandbox.NetworkPorts && len(s.hosts) > 0:
		lines = append(lines, "closed: the network, but for "+counted(s.hosts, "allowed host", "allowed hosts"))
	case sandbox.ClosesTCP(s.version, s.network):
		lines = append(lines, "closed: the network")
	}
	lines = append(lines, s.written(short))
	if len(open) > 0 {
		lines = append(lines, fmt.Sprintf("open: %s, since this directory may be written; close it with --read-only",
			strings.Join(open, ", ")))
	}
	if len(gaps) > 0 {
		lines = append(lines, fmt.Sprintf("open, since this kernel cannot close it: %s", strings.Join(gaps, "; ")))
	}
	return lines
}

func (s sandboxed) written(short func(string) string) string {
	var places []string
	if !s.readOnly && !s.holdsHome {
		places = append(places, "this directory")
	}
	for _, extra := range s.extra {
		places = append(places, short(extra))
	}
	text := "may write: " + strings.Join(append(places, "a temporary folder of its own"), ", ")
	if s.holdsHome && !s.readOnly {
		text += "; not this directory, which holds your home directory"
	}
	return text
}

// counted names a few of many.
func counted(names []string, one, many string) string {
	const most = 3
	word := many
	switch len(names) {
	case 0:
		return "no " + one + ", since not one was found"
	case 1:
		word = one
	}
	shown := names
	if len(names) > most+1 {
		shown = append(append([]string{}, names[:most]...), fmt.Sprintf("%d more", len(names)-most))
	}
	return fmt.Sprintf("%d %s (%s)", len(names), word, strings.Join(shown, ", "))
}
