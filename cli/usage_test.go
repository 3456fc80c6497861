package cli

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"thresher/internal/statuses"
)

// asked runs one command line with every action replaced by nothing, and gives
// its status, what it says, and whether an action was reached.
func asked(t *testing.T, line ...string) (status int, said string, reached bool) {
	t.Helper()
	var out, err bytes.Buffer
	p := &program{environment: map[string]string{}, out: &out, err: &err}
	p.inert = func() { reached = true }
	status = p.run(append([]string{"thresher"}, line...))
	return status, err.String(), reached
}

// everyCommand calls a function for each command, with what is typed for it.
func everyCommand(visit func(called string, command *cli.Command)) {
	var walk func(above string, commands []*cli.Command)
	walk = func(above string, commands []*cli.Command) {
		for _, command := range commands {
			visit(above+command.Name, command)
			walk(above+command.Name+" ", command.Subcommands)
		}
	}
	walk("", testApp().Commands)
}

// TestEveryCommandHasExamples: --help shows a line to type, and it is taken.
func TestEveryCommandHasExamples(t *testing.T) {
	call := regexp.MustCompile(`thresher ([^|>)&]*)`)
	everyCommand(func(called string, command *cli.Command) {
		if !strings.Contains(command.Description, "For example:\n  ") {
			t.Errorf("%s has no example in its help", called)
		}
		for _, example := range examplesOf[called] {
			found := call.FindStringSubmatch(example)
			if found == nil {
				t.Errorf("%s: %q calls nothing", called, example)
				continue
			}
			line := shellFields(found[1])
			if status, said, reached := asked(t, line...); !reached && status != 0 {
				t.Errorf("%q: status %d\n%s", example, status, said)
			}
			if !strings.HasPrefix(strings.Join(line, " "), called) {
				t.Errorf("%q is an example of %s", example, called)
			}
		}
	})
	for called := range examplesOf {
		found := false
		everyCommand(func(other string, _ *cli.Command) { found = found || other == called })
		if !found {
			t.Errorf("there is no command %s", called)
		}
	}
}

// shellFields splits a line as a shell does, as far as the examples need it.
func shellFields(line string) []string {
	var fields []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			fields = append(fields, part)
		} else {
			fields = append(fields, strings.Fields(part)...)
		}
	}
	return fields
}

// TestWrongWords: whatever is wrong with a command line is wrong usage, is told
// in one line, and comes with a line to type that is right.
func TestWrongWords(t *testing.T) {
	everyCommand(func(called string, command *cli.Command) {
		if command.SkipFlagParsing {
			return
		}
		words := strings.Fields(called)
		wrong := [][]string{append(words[:len(words):len(words)], "--frobnicate")}
		least, most := arity(command.ArgsUsage)
		if len(command.Subcommands) > 0 {
			least, most = 0, 0
		}
		if most >= 0 {
			line := words[:len(words):len(words)]
			for range most + 1 {
				line = append(line, "word")
			}
			wrong = append(wrong, line)
		}
		if least > 0 {
			wrong = append(wrong, words)
		}
		for _, flag := range command.Flags {
			if value, ok := flag.(cli.DocGenerationFlag); ok && value.TakesValue() {
				wrong = append(wrong, append(words[:len(words):len(words)], dashed(flag.Names()[0])))
			}
		}
		for _, line := range wrong {
			status, said, reached := asked(t, line...)
			if reached || status != statuses.Usage {
				t.Errorf("thresher %s: status %d", strings.Join(line, " "), status)
				continue
			}
			if strings.Count(said, "\n") != 1 || !strings.Contains(said, "; fix: thresher ") {
				t.Errorf("thresher %s says %q", strings.Join(line, " "), said)
				continue
			}
			_, fix, _ := strings.Cut(strings.TrimSpace(said), "; fix: thresher ")
			if status, more, reached := asked(t, shellFields(fix)...); !reached && status != 0 {
				t.Errorf("thresher %s: its fix %q: %s", strings.Join(line, " "), fix, more)
			}
		}
	})
}

func TestWordsThatAreNearlyRight(t *testing.T) {
	for line, want := range map[string]string{
		"scann .":           `there is no command "scann"; fix: thresher scan .`,
		"instal numpy":      `there is no command "instal"; fix: thresher pip install numpy`,
		"unistall numpy":    `there is no command "unistall"; fix: thresher pip uninstall numpy`,
		"upgrade numpy":     `there is no command "upgrade"; fix: thresher pip install -U numpy`,
		"frobnicate":        `there is no command "frobnicate"; fix: thresher --help`,
		"install -U numpy":  `install is a command of pip; fix: thresher pip install -U numpy`,
		"freeze":            `freeze is a command of pip; fix: thresher pip freeze`,
		"version":           `there is no command "version"; fix: thresher --version`,
		"-V":                `thresher has no option -V; fix: thresher --version`,
		"--hepl":            `thresher has no option --hepl; fix: thresher --help`,
		"scan --jsno .venv": `scan has no option --jsno; fix: thresher scan --json .venv`,
		"log --lats=3":      `log has no option --lats; fix: thresher log --last=3`,
		"log --last three":  `log: --last does not take "three"; fix: thresher log --help`,
		"plan -r x.txt":     `plan has no option -r; fix: thresher plan -- -r x.txt`,
		"policy chekc":      `policy has no command "chekc"; fix: thresher policy check`,
		"init fihs":         `init has no command "fihs"; fix: thresher init fish`,
		"allow numpyy":      `allow takes --reason, too; fix: thresher allow numpyy --reason 'why it is right'`,
		"allow numpyy --project": `allow takes --reason, too; ` +
			`fix: thresher allow numpyy --project --reason 'why it is right'`,
		"allow numpyy our own": `allow: "our" is one word too many; fix: thresher allow numpyy --reason 'why it is right'`,
		"allow https://me:pw@index.example/x y --reason z": `allow: "y" is one word too many; ` +
			`fix: thresher allow 'https://me:****@index.example/x' --reason z`,
		"prefer simplejson": `prefer takes OLD NEW; fix: thresher prefer --help`,
		"doctor now":        `doctor takes options alone, and not "now"; fix: thresher doctor`,
		"help scann":        `there is no command "scann"; fix: thresher scan --help`,
	} {
		status, said, reached := asked(t, strings.Fields(line)...)
		if said != "thresher: "+want+"\n" || status != statuses.Usage || reached {
			t.Errorf("thresher %s: status %d, %s", line, status, said)
		}
	}
}

// TestHelp: `help COMMAND` is `COMMAND --help`, and set-up comes first.
func TestHelp(t *testing.T) {
	shows := func(line ...string) string {
		t.Helper()
		var out, err bytes.Buffer
		p := &program{environment: map[string]string{}, out: &out, err: &err}
		if status := p.run(append([]string{"thresher"}, line...)); status != 0 {
			t.Errorf("thresher %s: status %d, %s", strings.Join(line, " "), status, err.String())
		}
		return out.String()
	}
	for _, line := range []string{"allow", "policy check", ""} {
		words := strings.Fields(line)
		if by := shows(append([]string{"help"}, words...)...); by == "" || by != shows(append(words, "--help")...) {
			t.Errorf("help %s shows\n%s", line, by)
		}
	}
	top := shows("help")
	if setup, allow := strings.Index(top, " setup "), strings.Index(top, " allow "); setup < 0 || setup > allow {
		t.Errorf("setup does not come first:\n%s", top)
	}
}

func TestArity(t *testing.T) {
	for usage, want := range map[string][2]int{
		"": {0, 0}, "NAME": {1, 1}, "OLD NEW": {2, 2}, "[DIR]": {0, 1}, "[DIR…]": {0, -1}, "NAME…": {1, -1},
		"NAME… | -r FILE | -": {0, -1}, "NAME | NAME==VERSION | URL": {1, 1}, "-- COMMAND…": {1, -1},
	} {
		if least, most := arity(usage); least != want[0] || most != want[1] {
			t.Errorf("%q: %d to %d, want %d to %d", usage, least, most, want[0], want[1])
		}
	}
}

func TestAdvisoryID(t *testing.T) {
	for id, want := range map[string]bool{
		"CVE-2018-20225": true, "GHSA-xqr8-7jwr-rhp7": true, "PYSEC-2023-74": true, "cve-2020-1": true, "OSV-2021-1": true,
		"NOTANID": false, "requests": false, "scikit-learn": false, "": false, "CVE-": false,
	} {
		if isAdvisoryID(id) != want {
			t.Errorf("%q: %t", id, !want)
		}
	}
}
