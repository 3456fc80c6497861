package inside

import (
	"testing"

	"thresher/archive"
)

// What several distributions of a real environment have alike is no harm.
func TestSameModule(t *testing.T) {
	const (
		extended = "# a comment\nfrom pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"
		inline   = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)  # type: ignore\n"
		declared = "try:\n    __import__('pkg_resources').declare_namespace(__name__)\nexcept ImportError:\n" +
			"    import pkgutil\n    __path__ = pkgutil.extend_path(__path__, __name__)\n"
		code = extended + "import os\n"
	)
	for _, test := range []struct {
		path, a, b string
		want       bool
	}{
		{"x/__init__.py", extended, inline, true},
		{"x/__init__.py", declared, extended, true},
		{"x/__init__.py", "", declared, true},
		{"x/__init__.py", code, extended, false},
		{"x/__init__.py", code, code, true},
		{"x/__init__.py", "__path__ = extend_path(__path__, __name__); import os", extended, false},
		{"x/__init__.py", "__path__ = evil(__path__, __name__)", extended, false},
		{"x/core.py", "", extended, false},
		{"x/core.py", "a\r\n", "a\r\n\n", true},
	} {
		if got := SameModule(Path{archive.Site, test.path}, []byte(test.a), []byte(test.b)); got != test.want {
			t.Errorf("%s: %q and %q: %t", test.path, test.a, test.b, got)
		}
	}
}

func TestIsIdle(t *testing.T) {
	for path, want := range map[Path]bool{
		{archive.Site, "tests/__init__.py"}:                        true,
		{archive.Site, "Docs/conf.py"}:                             true,
		{archive.Site, "README.md"}:                                true,
		{archive.Site, "LICENSE"}:                                  true,
		{archive.Environment, "share/man/man1/x.1"}:                true,
		{archive.Environment, "etc/jupyter/x.json"}:                false,
		{archive.Site, "x/tests/__init__.py"}:                      false,
		{archive.Site, "tests.py"}:                                 false,
		{archive.Site, "build/__init__.py"}:                        false,
		{archive.Site, "license.py"}:                               false,
		{archive.Scripts, "tests/x"}:                               false,
		PathOf("x-1.data/purelib/tests/a.py"):                      true,
		PathOf("x-1.data/data/lib/python3.9/site-packages/x/a.py"): false,
	} {
		if got := IsIdle(path); got != want {
			t.Errorf("%v: %t", path, got)
		}
	}
}
