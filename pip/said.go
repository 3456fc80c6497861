package pip

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"thresher/pip/option"
	"thresher/pip/source"
)

// Said gives the destinations of the options that were said anywhere, on the
// command line, in the environment, the configuration or a line of a requirements
// file, in order.
func (c *Command) Said() []string {
	said := map[string]bool{}
	for destination, value := range c.values {
		said[destination] = value.Set || len(value.List) > 0 || len(value.Calls) > 0
	}
	if c.sources != nil {
		f := c.sources.Finder
		said["pre"] = said["pre"] || f.Pre
		said["prefer_binary"] = said["prefer_binary"] || f.PreferBinary
		said["format_control"] = said["format_control"] || len(f.NoBinary)+len(f.OnlyBinary) > 0
		said["release_control"] = said["release_control"] || len(f.AllReleases)+len(f.OnlyFinal) > 0
		said["features_enabled"] = said["features_enabled"] || len(f.Features) > 0
		said["find_links"] = said["find_links"] || len(f.FindLinks) > 0
		said["no_index"] = said["no_index"] || f.NoIndex
	}
	var names []string
	for name, yes := range said {
		if yes {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Fingerprint digests everything that was read of a command: its words, every
// option and where it was said, and what its files name. The error says that a
// value has no text.
func (c *Command) Fingerprint() (string, error) {
	var finder source.Finder
	if c.sources != nil {
		finder = c.sources.Finder
	}
	text, err := json.Marshal(struct {
		Command *Command
		Values  option.Values
		Finder  source.Finder
	}{c, c.values, finder})
	if err != nil {
		return "", fmt.Errorf("digest the command: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
