package shim

import (
	"maps"
	"path/filepath"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/pep"
	"thresher/pip"
	"thresher/policy/rules"
)

// named are the places that a command names by itself, each judged by policy
// before: the gate lets pip have these, beside what pages offer.
func (j *judgement) named(in *invocation, refused map[string]bool) []gate.Named {
	var named []gate.Named
	for _, link := range linkPages(j.analysis.command, in.dir) {
		// A single archive that --find-links names pip takes without a page.
		if path, local := gate.PathOf(link.url); local && address.IsArchive(path) {
			named = append(named, gate.Named{Path: path})
		}
	}
	for _, r := range j.analysis.command.Requirements {
		hashes := hashesOf(r.Hashes)
		for _, locked := range r.Locked {
			if !refused[locked] {
				named = append(named, namedAt(gate.Named{Name: r.Canonical, Hashes: hashes}, locked))
			}
		}
		switch {
		case r.Path != "":
			named = append(named, gate.Named{Name: r.Canonical, Path: r.Path, Hashes: hashes})
		case r.URL != "":
			maps.Copy(hashes, hashInFragment(r.URL))
			named = append(named, namedAt(gate.Named{Name: r.Canonical, Hashes: hashes}, r.URL))
		}
	}
	return named
}

// namedAt tells a local place from one of the network.
func namedAt(named gate.Named, place string) gate.Named {
	if path, local := gate.PathOf(place); local {
		named.Path = path
	} else {
		named.URL = place
	}
	return named
}

// hashesOf reads "sha256:…" of requirements. Of several for one algorithm, as
// for the files of different platforms, pip compares.
func hashesOf(texts []string) map[string]string {
	hashes := map[string]string{}
	several := map[string]bool{}
	for _, text := range texts {
		algorithm, digest, ok := strings.Cut(text, ":")
		if _, again := hashes[algorithm]; !ok || again {
			several[algorithm] = true
			continue
		}
		hashes[algorithm] = digest
	}
	for algorithm := range several {
		delete(hashes, algorithm)
	}
	return hashes
}

// hashInFragment reads the hash that a URL names for its file.
func hashInFragment(rawURL string) map[string]string {
	_, fragment, _ := strings.Cut(rawURL, "#")
	found := hashInURL().FindStringSubmatch(fragment)
	if found == nil {
		return nil
	}
	return map[string]string{found[1]: found[2]}
}

// namedPaths are the archives and folders of this machine that a command names.
func namedPaths(command *pip.Command) []string {
	var paths []string
	for _, r := range command.Requirements {
		if r.Path != "" {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// localFolders are the folders of --find-links.
func localFolders(command *pip.Command, dir string) []string {
	var folders []string
	for _, setting := range command.FindLinks {
		if folder, ok := localFolder(setting.Value, dir); ok {
			folders = append(folders, folder)
		}
	}
	return folders
}

// local judges a file of this machine, which is on no index's page, by its name
// and by what the advisories know of its version.
func (j *judgement) local(entry gate.Entry) []rules.Finding {
	canonical := pep.CanonicalName(entry.Name)
	if j.isRequested(canonical) && j.answered[canonical] {
		return nil
	}
	malware, _ := j.database.known(canonical, entry.Version)
	findings := j.analysis.policy.JudgeDependency(entry.Name, rules.NameEvidenceOf(entry.Name), !j.isInstalled(canonical))
	findings = append(findings, j.analysis.policy.JudgeProject(rules.ProjectEvidence{
		Name: entry.Name, Canonical: canonical, Exists: rules.Yes, Now: j.now, Malware: malware,
	})...)
	verdict := rules.Decide(findings, rules.InGate)
	if verdict.Action != rules.Block {
		return nil
	}
	return verdict.Findings
}

// cachedByPip says whether pip's own cache of pages and files holds what is at a
// URL (pip 20.0 to 26.3 network/cache.py: http, and http-v2 from 23.3 on).
func cachedByPip(cache string) func(string) bool {
	if cache == "" {
		return nil
	}
	return func(asked string) bool { return pip.CachesURL(cache, asked) }
}

// addressForPip is an index's address as pip is given it: a password, or a user
// name that stands alone, is known to the gate only.
func addressForPip(rawURL string) string {
	parsed := address.Parse(rawURL)
	switch user, _ := parsed.Credentials(); {
	case parsed.Complete():
		return parsed.WithCredentials(user, gate.Placeholder)
	case parsed.HasUser():
		return parsed.WithCredentials(gate.Placeholder, "")
	}
	return rawURL
}

// linkPage is a value of --find-links that is a page of links or a single file,
// and the URL at which the gate reads it.
type linkPage struct{ value, url string }

// linkPages are the values of --find-links that are no folders: what is behind
// a URL, and local files.
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
		if path != "" && !folder && isRegularFile(path) {
			pages = append(pages, linkPage{s.Value, address.PathToURL(filepath.Clean(path))})
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
