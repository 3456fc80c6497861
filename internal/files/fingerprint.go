package files

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Fingerprint names a cache entry after a text and the identity, size and time of
// the files it depends on.
func Fingerprint(text string, paths ...string) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\x00", text)
	for _, path := range paths {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			fmt.Fprintf(hash, "%s\x00missing\x00", path)
			continue
		}
		info, err := os.Stat(real)
		if err != nil {
			fmt.Fprintf(hash, "%s\x00missing\x00", real)
			continue
		}
		fmt.Fprintf(hash, "%s\x00%d\x00%d\x00", real, info.Size(), info.ModTime().UnixNano())
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}
