package archive

import "testing"

func TestModuleOf(t *testing.T) {
	for path, want := range map[string]string{
		"x.py": "x", "x.pyc": "x", "x.so": "x", "x.abi3.so": "x", "x.cpython-311-x86_64-linux-gnu.so": "x",
		"x.cp311-win_amd64.pyd": "x", "x/__init__.py": "x", "x/__init__.abi3.so": "x", "__pycache__/x.cpython-311.pyc": "x",
		"x/y.py": "x/y", "x/y/__init__.pyc": "x/y", "x/__pycache__/y.cpython-311.opt-1.pyc": "x/y",
		"x/__pycache__/__init__.cpython-311.pyc": "x",
		// No modules.
		"x.txt": "", "x": "", "x.pth": "", "x.y.py": "", "libx.so.1": "", "libx.1.2.so": "", "__init__.py": "", ".so": "",
		"x/__pycache__/y.py": "", "x-1.0.dist-info/METADATA": "",
	} {
		if got, ok := ModuleOf(path); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %t", path, got, ok)
		}
	}
}

// Two members of a wheel that pip puts in one place.
func TestPlaces(t *testing.T) {
	for _, test := range []struct {
		name    string
		refused bool
		members []Member
	}{
		{"data beside the root", true, named("x-1.data/purelib/a.py", "a.py")},
		{"metadata", true, named("x-1.dist-info/METADATA", "x-1.data/platlib/x-1.dist-info/METADATA")},
		{"both libraries", true, named("x-1.data/purelib/a.py", "x-1.data/platlib/a.py")},
		{"by the environment", true, named("x-1.data/data/lib/python3.11/site-packages/a.py", "a.py")},
		{"another *.data", true, named("y-1.data/purelib/a.py", "x-1.data/purelib/a.py")},
		{"a command of another content", true,
			[]Member{{Name: "x-1.data/scripts/run", CRC: 1}, {Name: "x-1.data/data/bin/run"}}},
		{"metadata in another case", true, named("x-1.dist-info/METADATA", "x-1.dist-info/Metadata")},
		{"metadata in another folder's case", true, named("x-1.DIST-INFO/METADATA", "x-1.dist-info/METADATA")},
		{"other files in another case", false, named("a/README", "a/readme", "x-1.dist-info/METADATA")},
		{"a command twice", false, named("x-1.data/scripts/run", "x-1.data/data/bin/run")},
		{"apart", false, named("a.py", "x-1.data/purelib/b.py", "x-1.data/data/a.py", "x-1.data/purelib/")},
	} {
		if err := checkPlaces(test.members); (ReasonOf(err) == SameName) != test.refused {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	_, err := InfoOf(named("x-1.dist-info/METADATA", "x-1.data/purelib/y-1.dist-info/METADATA"), "x")
	if ReasonOf(err) != WrongInfo {
		t.Errorf("another distribution in *.data: %v", err)
	}
}
