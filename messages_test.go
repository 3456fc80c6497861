package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// guardSays finds what a guard says, and what it fills in.
var guardSays = regexp.MustCompile(`\bsay\(\s*"([^"]*)"(?:\s*%\s*([^")]*))?`)

// TestMessages holds everything that thresher says against one page, so that the
// wording can be read in one place: the texts of every file of messages, what the
// commands say besides, and what a guard says.
func TestMessages(t *testing.T) {
	var page strings.Builder
	missing := map[string]bool{}
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
		return addTexts(&page, missing, path, said)
	})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := os.ReadFile(filepath.Join("venv", "guard", "guard.py"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&page, "venv/guard/guard.py\n")
	for _, said := range guardSays.FindAllStringSubmatch(string(guard), -1) {
		words := regexp.MustCompile(`\w+`).FindAllString(said[2], -1)
		fmt.Fprintf(&page, "  %s\n", verb.ReplaceAllStringFunc(said[1], func(string) string {
			word := strings.ToLower(words[0])
			words = words[1:]
			if examples[word] == "" {
				missing[word] = true
			}
			return examples[word]
		}))
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("%q is filled into a message and has no example in messages_examples_test.go", name)
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
	checkFixes(t, page.String())
	ruleName := regexp.MustCompile(`\[[a-z-]+\]`)
	hard := regexp.MustCompile(`\b(mend|any more|unvouched|vouched for|none of its own|distributions?)\b|\bnext: `)
	for _, line := range strings.Split(page.String(), "\n") {
		if word := hard.FindString(ruleName.ReplaceAllString(line, "")); word != "" {
			t.Errorf("%q has a word that a reader must learn: %q", line, word)
		}
	}
}

// addTexts writes the texts of a file that are said, one a line, as a person sees
// them: with an example for whatever is filled in.
func addTexts(page *strings.Builder, missing map[string]bool, path string, said func(ast.Node) bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	r, err := newReader(filepath.Dir(path), missing)
	if err != nil {
		return err
	}
	var texts []string
	collect := func(node ast.Node) {
		ast.Inspect(node, func(inner ast.Node) bool {
			if value, ok := inner.(*ast.ValueSpec); ok {
				for _, name := range value.Names {
					if r.named(name) != "" {
						texts = append(texts, r.render(name))
					}
				}
				return len(value.Values) == 0 || r.named(value.Names[0]) == ""
			}
			expression, ok := inner.(ast.Expr)
			if !ok || !r.says(expression) {
				return true
			}
			if call, ok := inner.(*ast.CallExpr); ok {
				if at := r.format(call); at >= 0 && r.named(call.Args[at]) != "" {
					return false // it stands where it has its name
				}
			}
			if strings.ContainsFunc(r.own(expression), func(c rune) bool { return unicode.IsLetter(c) || c == '[' }) {
				texts = append(texts, r.render(expression))
			}
			return false
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
	texts = slices.DeleteFunc(texts, func(text string) bool { return !strings.Contains(strings.TrimSpace(text), " ") })
	if len(texts) > 0 {
		fmt.Fprintln(page, filepath.ToSlash(path))
		for _, text := range texts {
			fmt.Fprintln(page, "  "+strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    "))
		}
	}
	return nil
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

// TestRulesPagePrints: what docs/rules.md has a rule print is printed.
func TestRulesPagePrints(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("testdata", "messages.golden"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range strings.Split(string(page), "\n### `")[1:] {
		rule, text, _ := strings.Cut(section, "`")
		_, rest, found := strings.Cut(text, "- Prints: `")
		printed, _, _ := strings.Cut(rest, "`")
		printed = strings.Join(strings.Fields(printed), " ")
		if !found || printed == "" || !strings.Contains(string(golden), printed) {
			t.Errorf("%s: docs/rules.md has it print %q, which nothing says", rule, printed)
		}
	}
}

// TestFAQNamesWhatIsSaid: what docs/faq.md has a reader see is said, as far as it
// is thresher that says it.
func TestFAQNamesWhatIsSaid(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("testdata", "messages.golden"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("docs", "faq.md"))
	if err != nil {
		t.Fatal(err)
	}
	questions := regexp.MustCompile("(?m)^\\*\\*`([^`]+)`").FindAllStringSubmatch(string(page), -1)
	for _, question := range questions {
		for _, part := range strings.Split(question[1], "…") {
			if part = strings.TrimSpace(part); !strings.Contains(string(golden), part) && !strings.HasPrefix(part, "403") {
				t.Errorf("nothing says %q", part)
			}
		}
	}
	if len(questions) < 10 {
		t.Errorf("only %d questions were found", len(questions))
	}
}
