package cli

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"thresher/internal/progress"
	"thresher/internal/words"
	"thresher/venv"
)

// shared is one distribution across the environments.
type shared struct {
	Name         string              `json:"name"`
	Environments int                 `json:"environments"`
	Versions     map[string][]string `json:"versions"` // version → environments that have it
}

func (p *program) inventoryCommand() *cli.Command {
	return &cli.Command{
		Name:     "inventory",
		Usage:    "list the packages across the environments that thresher has seen, most shared first",
		Category: categoryLook,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line"},
			&cli.BoolFlag{Name: "differing", Usage: "only those that stand in more than one version"},
		},
		Action: func(c *cli.Context) error {
			found, err := p.inventory()
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(p.out)
			table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
			for _, s := range found {
				if c.Bool("differing") && len(s.Versions) < 2 {
					continue
				}
				if c.Bool("json") {
					err = encoder.Encode(s)
				} else {
					_, err = fmt.Fprintf(table, "%s\t%d\t%s\n", s.Name, s.Environments, strings.Join(s.sideBySide(), "  "))
				}
				if err != nil {
					return err
				}
			}
			return table.Flush()
		},
	}
}

// sideBySide writes the versions with how many environments have each.
func (s shared) sideBySide() []string {
	var texts []string
	for version, environments := range s.Versions {
		text := version
		if len(s.Versions) > 1 {
			text = fmt.Sprintf("%s (%d)", version, len(environments))
		}
		texts = append(texts, text)
	}
	sort.Strings(texts)
	return texts
}

// installation is what one environment holds.
type installation struct {
	prefix        string
	python        string // version
	distributions []venv.Distribution
}

// installations reads the environments that thresher has seen and that are still
// there. Those that cannot be read are said.
func (p *program) installations() ([]installation, error) {
	known, err := venv.Known(p.places.State)
	if err != nil {
		return nil, fmt.Errorf("read the known environments: %w", err)
	}
	var found []installation
	bar := progress.Bar{Out: p.err, Width: width(p.err)}
	defer bar.Clear()
	for i, one := range known {
		bar.Show(messageReading, fmt.Sprint(i), words.Counted(int64(len(known)), "environment"), int64(i), int64(len(known)))
		if one.Base || one.Gone {
			continue
		}
		environment, err := inspectPrefix(one.Prefix, p.environ, p.places.Cache)
		if err != nil {
			continue // gone since; `thresher doctor` tells
		}
		distributions, err := venv.Distributions(environment.SitePackages)
		if err != nil {
			p.say("%s: %v", one.Prefix, err)
			continue
		}
		found = append(found, installation{one.Prefix, environment.PythonVersion, distributions})
	}
	return found, nil
}

func (p *program) inventory() ([]shared, error) {
	environments, err := p.installations()
	if err != nil {
		return nil, err
	}
	byName := map[string]*shared{}
	for _, one := range environments {
		for _, d := range one.distributions {
			if d.Canonical == "" || d.Shadowed {
				continue
			}
			s := byName[d.Canonical]
			if s == nil {
				s = &shared{Name: d.Canonical, Versions: map[string][]string{}}
				byName[d.Canonical] = s
			}
			s.Environments++
			s.Versions[d.Version] = append(s.Versions[d.Version], one.prefix)
		}
	}
	p.say("%s in %s", words.Counted(int64(len(byName)), "package"), words.Counted(int64(len(environments)), "environment"))
	var found []shared
	for _, s := range byName {
		found = append(found, *s)
	}
	sort.Slice(found, func(i, j int) bool {
		if found[i].Environments != found[j].Environments {
			return found[i].Environments > found[j].Environments
		}
		return found[i].Name < found[j].Name
	})
	return found, nil
}
