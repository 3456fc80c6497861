package archive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"thresher/internal/testkit"
)

// The tests in this file and those that use it put the same archives to this
// package and to Python's zipfile and tarfile. THRESHER_ARCHIVE_CASES gives the
// number of random cases of each kind, 1000 by default.

func randomCases(t testing.TB) int {
	text := os.Getenv("THRESHER_ARCHIVE_CASES")
	if text == "" {
		return 1000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("THRESHER_ARCHIVE_CASES: %v", err)
	}
	return n
}

// sample is an archive with the name it is read under.
type sample struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// pythonMember is a member as Python sees it.
type pythonMember struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Sum  string `json:"sum"` // SHA-256 of the content, or why it cannot be read
	Kind string `json:"kind"`
	Link string `json:"link"`
}

// pythonAnswer is what Python makes of a sample.
type pythonAnswer struct {
	Members []pythonMember `json:"members"`
	Error   string         `json:"error"`
}

// askPython has one Python read all samples, in one process.
func askPython(t *testing.T, python testkit.Python, samples []sample) []pythonAnswer {
	t.Helper()
	var input, output, failure bytes.Buffer
	encoder := json.NewEncoder(&input)
	for _, s := range samples {
		if err := encoder.Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, python.Path, "-I", filepath.Join("testdata", "archive_driver.py"))
	command.Stdin, command.Stdout, command.Stderr = &input, &output, &failure
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, failure.String())
	}
	answers := make([]pythonAnswer, len(samples))
	lines := bufio.NewReader(&output)
	for i := range samples {
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &answers[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

// comparePythons compares every sample with every Python of the machine. What
// is not refused must be what Python sees, content and all.
func comparePythons(t *testing.T, samples []sample, read func(sample) ([]pythonMember, error)) {
	t.Helper()
	// Python is not asked about what is refused: it never ends with some of it.
	var passed []sample
	var ours [][]pythonMember
	for _, s := range samples {
		members, err := read(s)
		switch {
		case err == nil:
			passed, ours = append(passed, s), append(ours, members)
		case ReasonOf(err) == "":
			t.Errorf("%s: an error that is no refusal: %v\n%q", s.Name, err, s.Content)
		}
	}
	t.Logf("%d of %d samples pass", len(passed), len(samples))
	for _, python := range testkit.SomePythons(t) {
		t.Run(python.Version, func(t *testing.T) {
			for i, answer := range askPython(t, python, passed) {
				content := passed[i].Content[:min(len(passed[i].Content), 1100)]
				if answer.Error != "" {
					t.Errorf("%s passes, Python says %s\n%q", passed[i].Name, answer.Error, content)
				} else if want, got := describe(answer.Members), describe(ours[i]); got != want {
					t.Errorf("%s\ngot    %s\npython %s\n%q", passed[i].Name, got, want, content)
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

func describe(members []pythonMember) string {
	var b strings.Builder
	for _, m := range members {
		// Python 3.8 to 3.11 leave a slash at some folders of a tar.
		if m.Kind == "folder" {
			m.Name = strings.TrimRight(m.Name, "/")
		}
		line, _ := json.Marshal(m)
		b.Write(line)
		b.WriteString("\n")
	}
	return b.String()
}

// latin1 is how the driver writes bytes.
func latin1(text string) string {
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	return string(runes)
}
