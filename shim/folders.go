package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/internal/files"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy/rules"
)

// folders are the local --find-links folders of a command, judged: pip reads
// these by itself, past the gate.
type folders struct {
	entries  []gate.Entry      // of the files that may be installed
	replaced map[string]string // folder as named → the copy that pip gets instead
	blocked  []rules.Finding   // what was left out of the copies
	// repositories are those that only dependencies name and that were not
	// fetched.
	repositories []rules.Finding
}

// judgeFolders judges every file of the local folders by its name and by what
// the advisories know of its version. A folder in which something is blocked
// is replaced by a view of the rest: a folder of links in the run's own
// directory.
func (j *judgement) judgeFolders(in *invocation, directory string) (folders, error) {
	result := folders{replaced: map[string]string{}}
	for number, setting := range j.analysis.command.FindLinks {
		folder, ok := localFolder(setting.Value, in.dir)
		if !ok {
			continue
		}
		entries, err := gate.VouchFolder(folder)
		if err != nil {
			return result, err
		}
		var kept []gate.Entry
		blocked := len(result.blocked)
		for _, entry := range entries {
			if finding := j.blocksFile(entry); finding != nil {
				result.blocked = append(result.blocked, *finding)
				continue
			}
			kept = append(kept, entry)
		}
		result.entries = append(result.entries, kept...)
		if len(result.blocked) == blocked {
			continue
		}
		view := filepath.Join(directory, fmt.Sprintf("links-%d", number))
		if err := linkFiles(folder, view, kept); err != nil {
			return result, err
		}
		result.replaced[setting.Value] = view
	}
	return result, nil
}

// blocksFile gives the finding that keeps a file of a local folder from being
// installed; nil where there is none.
func (j *judgement) blocksFile(entry gate.Entry) *rules.Finding {
	canonical := pep.CanonicalName(entry.Name)
	malware, _ := j.database.known(canonical, entry.Version)
	findings := j.analysis.policy.JudgeDependency(entry.Name, rules.NameEvidenceOf(entry.Name), !j.isInstalled(canonical))
	for _, f := range j.analysis.policy.JudgeFile(rules.FileEvidence{Name: canonical, Version: entry.Version, Now: j.now, Malware: malware}) {
		if f.Rule == rules.Malware {
			findings = append(findings, f)
		}
	}
	if verdict := rules.Decide(findings, j.stage(canonical)); verdict.Action == rules.Block {
		return &verdict.Findings[0]
	}
	return nil
}

func linkFiles(folder, view string, entries []gate.Entry) error {
	if err := os.Mkdir(view, 0o700); err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.Symlink(filepath.Join(folder, entry.Filename), filepath.Join(view, entry.Filename)); err != nil {
			return err
		}
	}
	return nil
}

// linkPage is a value of --find-links that is a page of links or a single file,
// and the URL at which the gate reads it.
type linkPage struct{ value, url string }

// linkPages are the values of --find-links that are no folders: what is behind
// a URL, and local files, which pip would read past the gate.
func linkPages(c *pip.Command, dir string) []linkPage {
	var pages []linkPage
	for _, s := range c.FindLinks {
		lower := strings.ToLower(s.Value)
		if strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
			pages = append(pages, linkPage{s.Value, s.Value})
			continue
		}
		if strings.HasPrefix(lower, "file:") && !strings.HasPrefix(s.Value, "file:") {
			// Written like this pip fetches it as it would a page.
			pages = append(pages, linkPage{s.Value, "file:" + s.Value[len("file:"):]})
			continue
		}
		path, folder := localFolder(s.Value, dir)
		if path != "" && !folder && files.IsRegular(path) {
			pages = append(pages, linkPage{s.Value, address.PathToURL(path)})
		}
	}
	return pages
}

// pageURLs are the URLs of pages of links, in order.
func pageURLs(pages []linkPage) []string {
	urls := make([]string, len(pages))
	for i, page := range pages {
		urls[i] = page.url
	}
	return urls
}
