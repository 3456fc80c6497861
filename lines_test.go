package main

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const longestLine = 120

// No line of Go is longer than a reader's window. What raw strings of several
// lines hold is as long as it has to be: it is a page, a script, another program.
func TestLinesFitTheScreen(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var long []int
		for i, line := range strings.Split(string(content), "\n") {
			if utf8.RuneCountInString(line) > longestLine {
				long = append(long, i+1)
			}
		}
		if len(long) == 0 {
			return nil
		}
		exempt := linesOfRawStrings(content)
		for _, line := range long {
			if !slices.ContainsFunc(exempt, func(lines [2]int) bool { return lines[0] <= line && line <= lines[1] }) {
				t.Errorf("%s:%d is longer than %d columns", path, line, longestLine)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// linesOfRawStrings gives the first and last lines of all raw strings that have
// several.
func linesOfRawStrings(content []byte) [][2]int {
	var found [][2]int
	file := token.NewFileSet().AddFile("", -1, len(content))
	var s scanner.Scanner
	s.Init(file, content, nil, 0)
	for {
		position, kind, literal := s.Scan()
		if kind == token.EOF {
			return found
		}
		if breaks := strings.Count(literal, "\n"); kind == token.STRING && breaks > 0 {
			first := file.Line(position)
			found = append(found, [2]int{first, first + breaks})
		}
	}
}
