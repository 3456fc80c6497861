// Package measure measures the typosquat detector: on malicious names that
// others collected, on ordinary names, on typos made up for the purpose, and on
// popular names as if they were not on the list.
package measure

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
)

// Name is a name to be judged.
type Name struct {
	Name   string
	Target string // the popular name it imitates, "" for an ordinary name
}

// Set is a list of names of one kind.
type Set struct {
	Title string
	Names []Name
}

// Sets are the lists that the detector is measured with.
type Sets struct {
	Popular  []string // most popular first
	Squats   Set      // typosquats.tsv: confirmed, with a popular target
	Campaign Set      // typosquats_campaign.tsv: with a popular target, which a script inferred from the name
	Untold   Set      // typosquats_campaign.tsv: the rest, whose targets are unknown or not popular
	Ordinary Set      // ordinary_names.tsv
	Pairs    []string // popular_pairs.tsv: popular names near a more popular one
}

// DataFolder returns the folder of the lists, beside the repository's root.
func DataFolder(root string) string { return filepath.Join(root, "..", "shared", "data") }

// ReadSets reads the lists of a folder. It returns an error that wraps
// fs.ErrNotExist where one is missing.
func ReadSets(folder string) (Sets, error) {
	var sets Sets
	popular, err := os.ReadFile(filepath.Join(folder, "popular.txt"))
	if err != nil {
		return Sets{}, fmt.Errorf("read the popular names: %w", err)
	}
	sets.Popular = strings.Fields(string(popular))

	squats, err := readTable(folder, "typosquats.tsv")
	if err != nil {
		return Sets{}, err
	}
	sets.Squats.Title = "typosquats"
	for _, row := range squats {
		if row["kind"] == "name" && row["confirmed_by"] != "" && row["target_rank"] != "" {
			sets.Squats.Names = append(sets.Squats.Names, Name{row["name"], row["target"]})
		}
	}

	campaign, err := readTable(folder, "typosquats_campaign.tsv")
	if err != nil {
		return Sets{}, err
	}
	sets.Campaign.Title = "campaigns, target inferred"
	sets.Untold.Title = "campaigns, target not known"
	for _, row := range campaign {
		if row["inferred_target"] != "" && row["target_rank"] != "" {
			sets.Campaign.Names = append(sets.Campaign.Names, Name{row["name"], row["inferred_target"]})
		} else {
			sets.Untold.Names = append(sets.Untold.Names, Name{row["name"], ""})
		}
	}

	ordinary, err := readTable(folder, "ordinary_names.tsv")
	if err != nil {
		return Sets{}, err
	}
	sets.Ordinary.Title = "ordinary names"
	for _, row := range ordinary {
		sets.Ordinary.Names = append(sets.Ordinary.Names, Name{row["name"], ""})
	}

	pairs, err := readTable(folder, "popular_pairs.tsv")
	if err != nil {
		return Sets{}, err
	}
	seen := map[string]bool{}
	for _, row := range pairs {
		if name := row["name"]; !seen[name] {
			seen[name] = true
			sets.Pairs = append(sets.Pairs, name)
		}
	}
	return sets, nil
}

// readTable reads a file of tab-separated columns under a line of titles, each
// row as its columns by title.
func readTable(folder, file string) ([]map[string]string, error) {
	content, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, fmt.Errorf("read the names of a set: %w", err)
	}
	var titles []string
	var rows []map[string]string
	for line := range strings.Lines(string(content)) {
		columns := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if titles == nil {
			titles = columns
			continue
		}
		row := map[string]string{}
		for i, column := range columns {
			if i < len(titles) {
				row[titles[i]] = column
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Half returns the names of one half of a set, or of the other, chosen by a
// hash of the name.
func (s Set) Half(one bool) Set {
	half := Set{Title: s.Title}
	for _, name := range s.Names {
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(name.Name)) // a hash takes everything
		if (hash.Sum32()>>7&1 == 0) == one {
			half.Names = append(half.Names, name)
		}
	}
	return half
}

// Together returns the names of two sets, each pair of name and target once.
func Together(title string, a, b Set) Set {
	both := Set{Title: title}
	seen := map[Name]bool{}
	for _, set := range []Set{a, b} {
		for _, name := range set.Names {
			if !seen[name] {
				seen[name] = true
				both.Names = append(both.Names, name)
			}
		}
	}
	return both
}
