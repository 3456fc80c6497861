package shim

import (
	"slices"
	"strings"

	"thresher/internal/lazyregexp"
)

// hashInURL is what pips take for the hash of the file behind a URL: newer ones
// behind "#" or "&" alone, those before 23.0 anywhere, and all the first that
// they meet (pip 26.2 models/link.py).
var hashInURL = lazyregexp.New(`(sha512|sha384|sha256|sha224|sha1|md5)=([^&]*)`)

// hashDigits are the hash algorithms that nobody can forge, with the length of
// their values.
var hashDigits = map[string]int{"sha512": 128, "sha384": 96, "sha256": 64, "sha224": 56}

// urlHasHash says whether pip, of whatever version, holds the file behind a URL
// against a good hash in its fragment.
func urlHasHash(rawURL string) bool {
	found := hashInURL().FindStringSubmatchIndex(rawURL)
	fragment := strings.IndexByte(rawURL, '#')
	if found == nil || fragment < 0 || found[0] <= fragment || !strings.ContainsRune("#&", rune(rawURL[found[0]-1])) {
		return false
	}
	value := rawURL[found[4]:found[5]]
	return len(value) == hashDigits[rawURL[found[2]:found[3]]] && strings.Trim(value, "0123456789abcdef") == ""
}

// namesGoodHash says whether hashes of a requirement ("sha256:…") have one that
// nobody can forge.
func namesGoodHash(texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		algorithm, digest, _ := strings.Cut(text, ":")
		return hashDigits[algorithm] > 0 && len(digest) == hashDigits[algorithm]
	})
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
