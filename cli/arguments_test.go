package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestOptionsFirst(t *testing.T) {
	commands := []*cli.Command{
		{Name: "allow", Flags: []cli.Flag{&cli.StringFlag{Name: "reason"}, &cli.BoolFlag{Name: "project"}}},
		{Name: "policy", Subcommands: []*cli.Command{{Name: "init", Flags: []cli.Flag{&cli.BoolFlag{Name: "project"}}}}},
		{Name: "pip"},
		{Name: "plan", Flags: []cli.Flag{&cli.BoolFlag{Name: "json"}}},
	}
	for given, want := range map[string]string{
		"allow NAME --reason why":       "allow --reason why NAME",
		"allow --reason why NAME":       "allow --reason why NAME",
		"allow NAME --reason=why":       "allow --reason=why NAME",
		"allow NAME --project --reason": "allow --project --reason NAME",
		"policy init x --project":       "policy init --project x",
		"pip install x --json":          "pip install x --json",
		"plan -- install x --json":      "plan -- install x --json",
		"plan --json -- install -U x":   "plan --json -- install -U x",
		"unknown x --y":                 "unknown x --y",
		"":                              "",
	} {
		if got := optionsFirst(commands, strings.Fields(given)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}
