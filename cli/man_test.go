package cli

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"

	"thresher/docs"
)

// The man pages that are embedded say what --help and the pages say:
// `go test ./cli -update` writes them.
func TestManPages(t *testing.T) {
	policy := page("policy")
	for name, want := range map[string]string{"thresher.1": manualPage(testApp()),
		"thresher-policy.5": manPage("policy", policy)} {
		holds(t, filepath.Join("man", name), want)
	}
	for _, part := range []string{".TH thresher 1", ".SH NAME\nthresher \\- ", ".SH COMMANDS", "thresher doctor",
		".SH EXIT STATUSES", "thresher-policy"} {
		if !strings.Contains(manThresher, part) {
			t.Errorf("thresher(1) has no %q", part)
		}
	}
	for _, part := range []string{".TH thresher-policy 5", ".SH NAME\nthresher-policy \\- ", ".SH DESCRIPTION"} {
		if !strings.Contains(manPolicy, part) {
			t.Errorf("thresher-policy(5) has no %q", part)
		}
	}
	if got := linkToPage.FindString(troff("see [the rules](rules.md#names) and [gate.md](gate.md)")); got != "" {
		t.Errorf("it links to files: %s", got)
	}
}

// manPage makes a page of the documentation a man page of section 5.
func manPage(name, content string) string {
	title, rest, _ := strings.Cut(content, "\n")
	summary := strings.TrimPrefix(strings.TrimPrefix(title, "# "), "thresher-"+name+": ")
	return troff(fmt.Sprintf("%% thresher-%s 5\n\n# NAME\n\nthresher-%s - %s\n\n# DESCRIPTION\n\n%s\n\n# SEE ALSO\n"+
		"\n**thresher**(1)\n",
		name, name, lowerFirst(summary), rest))
}

// manualPage is thresher(1): what --help says, and the exit statuses.
func manualPage(app *cli.App) string {
	_, statuses, _ := strings.Cut(page("exit-statuses"), "\n")
	_, commands, _ := strings.Cut(commandsPage(app), commandsIntroduction)
	text := "% thresher 1\n\n# NAME\n\nthresher - " + app.Usage + "\n\n" +
		"# SYNOPSIS\n\n**pip** *PIP-ARGS* …\n\n**thresher** *COMMAND* [*OPTIONS*] [*WORDS*]\n\n" +
		"# DESCRIPTION\n\n" + app.Description + "\n\n# COMMANDS\n" + commands +
		"\n# EXIT STATUSES\n" + statuses + "\n# SEE ALSO\n\n**thresher-policy**(5), **pip**(1)\n"
	return troff(text)
}

func page(name string) string {
	content, err := docs.Pages.ReadFile(name + ".md")
	if err != nil {
		return "" // then what is made of it differs
	}
	return string(content)
}

var linkToPage = regexp.MustCompile(`\[([^\]]+)\]\(([a-z-]+)\.md(#[^)]*)?\)`)

// troff writes Markdown as man reads it. A link to another page becomes the
// command that shows the page.
func troff(markdown string) string {
	linked := linkToPage.ReplaceAllStringFunc(markdown, func(link string) string {
		parts := linkToPage.FindStringSubmatch(link)
		shows := "`thresher manual " + parts[2] + "`"
		if parts[1] == parts[2]+".md" {
			return shows
		}
		return parts[1] + " (" + shows + ")"
	})
	return string(md2man.Render([]byte(linked)))
}

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}
