package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMessages holds everything that thresher says against one page, so that the
// wording can be read in one place: the texts of every file of messages, what the
// commands say besides, and what a guard says.
func TestMessages(t *testing.T) {
	var page strings.Builder
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go"):
			return nil
		}
		said := spoken
		if strings.HasSuffix(path, "messages.go") {
			said = everything
		} else if house := strings.Split(filepath.ToSlash(path), "/")[0]; house != "cli" && house != "shim" {
			return nil
		}
		return addTexts(&page, path, said)
	})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := os.ReadFile(filepath.Join("venv", "guard", "guard.py"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&page, "venv/guard/guard.py\n")
	for _, found := range regexp.MustCompile(`\bsay\(\s*"([^"]*)"`).FindAllSubmatch(guard, -1) {
		fmt.Fprintf(&page, "  %s\n", found[1])
	}
	const path = "testdata/messages.golden"
	if *update {
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), page.String()); diff != "" {
		t.Errorf("%s is not what is said; fix: go test . -run Messages -update\n%s", path, diff)
	}
	hard := regexp.MustCompile(`\b(mend|any more|unvouched|vouched for|none of its own|distributions?)\b|\bnext: `)
	for _, line := range strings.Split(page.String(), "\n") {
		if word := hard.FindString(line); word != "" {
			t.Errorf("%q has a word that a reader must learn: %q", line, word)
		}
	}
}

// addTexts writes the texts of a file that are said, one a line.
func addTexts(page *strings.Builder, path string, said func(ast.Node) bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	var texts []string
	collect := func(node ast.Node) {
		ast.Inspect(node, func(inner ast.Node) bool {
			text, whole := literalText(inner)
			if whole && strings.Contains(strings.TrimSpace(text), " ") {
				texts = append(texts, strings.ReplaceAll(text, "\n", `\n`))
			}
			return !whole
		})
	}
	for _, declared := range file.Decls {
		if general, ok := declared.(*ast.GenDecl); ok && general.Tok == token.IMPORT {
			continue
		}
		ast.Inspect(declared, func(node ast.Node) bool {
			if node == nil || !said(node) {
				return true
			}
			collect(node)
			return false
		})
	}
	if len(texts) > 0 {
		fmt.Fprintf(page, "%s\n  %s\n", filepath.ToSlash(path), strings.Join(texts, "\n  "))
	}
	return nil
}

// literalText is a text that stands in the source, also on several lines.
func literalText(node ast.Node) (text string, whole bool) {
	switch node := node.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(node.Value)
		return text, err == nil && node.Kind == token.STRING
	case *ast.BinaryExpr:
		left, wholeLeft := literalText(node.X)
		right, wholeRight := literalText(node.Y)
		return left + right, wholeLeft && wholeRight && node.Op == token.ADD
	}
	return "", false
}

// everything takes all texts of a file.
func everything(ast.Node) bool { return true }

// spoken takes the texts that are given to what says them.
func spoken(node ast.Node) bool {
	call, ok := node.(*ast.CallExpr)
	if !ok {
		return false
	}
	name := ""
	switch function := call.Fun.(type) {
	case *ast.Ident:
		name = function.Name
	case *ast.SelectorExpr:
		name = function.Sel.Name
	}
	switch name {
	case "say", "line", "usageError", "Errorf", "New", "failed", "broken", "brokenAfter":
		return true
	}
	return false
}
