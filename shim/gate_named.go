package shim

import (
	"maps"
	"path/filepath"
	"strings"

	"thresher/address"
	"thresher/gate"
	"thresher/internal/files"
	"thresher/pip"
)

// named are the places that a command names by itself, each judged by policy
// before: the gate lets pip have these, beside what pages offer.
func (a *asked) named(dir string, refused map[string]bool) []gate.Named {
	var named []gate.Named
	for _, link := range linkPages(a.command, dir) {
		// A single archive that --find-links names pip takes without a page.
		if path, local := address.FilePath(link.url); local && address.IsArchive(path) {
			named = append(named, gate.Named{Path: path})
		}
	}
	for _, r := range a.command.Requirements {
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
	if path, local := address.FilePath(place); local {
		named.Path = path
	} else {
		named.URL = place
	}
	return named
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
		return parsed.WithUser(gate.Placeholder)
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
			// Written like this pip fetches it as it would a page: of a folder
			// the one that lies in it (pip 26.2 index/collector.py).
			page := "file:" + s.Value[len("file:"):]
			if path, local := address.FilePath(page); local && files.IsDirectory(path) {
				page = strings.TrimRight(page, "/") + "/index.html"
			}
			pages = append(pages, linkPage{s.Value, page})
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
