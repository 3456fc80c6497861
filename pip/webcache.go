package pip

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// CachesURL says whether pip's cache in a directory holds an answer for a URL:
// a file under the URL's SHA-224, in http-v2 since pip 23.3 and in http before
// (pip 26.3 network/cache.py). Whether it is still good is pip's to say.
func CachesURL(cache, rawURL string) bool {
	rawURL, _, _ = strings.Cut(rawURL, "#")
	sum := sha256.Sum224([]byte(rawURL))
	name := hex.EncodeToString(sum[:])
	below := filepath.Join(name[0:1], name[1:2], name[2:3], name[3:4], name[4:5], name)
	for _, folder := range []string{"http-v2", "http"} {
		if info, err := os.Stat(filepath.Join(cache, folder, below)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}
