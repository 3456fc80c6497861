package inside

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"thresher/internal/lazyregexp"
)

// The .pth files that setuptools writes for namespace packages (PEP 420 made
// them needless) run a line of setuptools' own, which imports nothing of the
// distribution. Some hundreds of projects have them, each in another version.

// namespaceLines are the sha256 of these lines, with what names the package
// taken out: for a package at the top and for one within another, as setuptools
// 28 to 69, and 70 to 80, have them.
var namespaceLines = map[string]bool{
	"65796ec574302b0a6b064a98415e0b38c80941e5999b110f744b7e6bf7800fcd": true,
	"3d10fdce9af3cad36e667e96cda0877ea6a934a94d60b397f233f927ab0e7ce3": true,
	"b2e1a620ea584514d63ee4f53b9b1f78fa80c5acd1e351aeb39500846b07c93e": true,
	"bb92dfce1f8576e91878d1a81df688807bd26c87f4d9af307086bb6ec0555752": true,
}

var namespaceName = lazyregexp.New(`sys\.modules\.setdefault\('([A-Za-z_][A-Za-z0-9_.]*)'`)

// isNamespace tells whether every line of a .pth file is one that setuptools
// wrote for a namespace package.
func isNamespace(pth []byte) bool {
	lines := strings.Split(strings.TrimSuffix(string(pth), "\n"), "\n")
	for _, line := range lines {
		found := namespaceName().FindStringSubmatch(line)
		if found == nil {
			return false
		}
		name := found[1]
		path := "('" + strings.ReplaceAll(name, ".", "', '") + "')"
		parent, child := "", name
		if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
			parent, child = name[:dot], name[dot+1:]
		} else {
			path = "('" + name + "',)"
		}
		plain := strings.NewReplacer(
			path, "('PATH',)",
			"sys.modules['"+parent+"'], '"+child+"'", "sys.modules['PARENT'], 'CHILD'",
			"'"+name+"'", "'NAME'",
		).Replace(line)
		sum := sha256.Sum256([]byte(plain))
		if !namespaceLines[hex.EncodeToString(sum[:])] {
			return false
		}
	}
	return true
}
