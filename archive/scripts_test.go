package archive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestScripts(t *testing.T) {
	members := named("a.py", "a-1.data/scripts/run", "a-1.data/scripts/python.EXE", "a-1.data/data/bin/pip3",
		"a-1.data/data/Scripts/x.bat",
		"a-1.data/data/share/bin/no", "a-1.data/scripts/", "b.data/scripts/deep/er")
	entryPoints := "[console_scripts]\nfirst = a:main\n  second=a:main [extra]\n# no = x\n\n[gui_scripts]\n" +
		"third.exe = a:gui\n" +
		"[ console_scripts ]\nfourth = a\n[other]\nno = a:main\n[DEFAULT]\nfifth = a\n[console_scripts]\n../sixth = a\n"
	var got []string
	for _, script := range ScriptsOf(members, []byte(entryPoints)) {
		got = append(got, script.Name)
	}
	want := []string{"run", "python", "pip3", "x.bat", "deep/er", "first", "second", "third", "fourth",
		"fifth", "../sixth"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestOwnScripts(t *testing.T) {
	for name, want := range map[string]bool{
		"python": true, "python3": true, "python3.11": true, "python3.13t": true, "Python.exe": true, "pythonw.exe": true,
		"pip": true, "pip3": true, "pip3.11": true, "pip-script.py": true, "activate": true, "Activate.ps1": true,
		"activate_this.py": true, "activate.fish": true, "deactivate.bat": true,
		"pipx": false, "python-config": false, "ipython": false, "pip-compile": false, "activate-global": false,
		"pipenv": false,
	} {
		if OwnScript(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestSystemCommands(t *testing.T) {
	for name, want := range map[string]bool{
		"thresher": true, "sudo": true, "git": true, "GIT.exe": true, "bash": true, "env": true, "ssh": true,
		"git-lfs": false, "gitlint": false, "pip": false, "bashate": false, "environ": false, "thresherx": false,
	} {
		if SystemCommand(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestPayloads(t *testing.T) {
	members := []Member{
		{Name: "a/x.so"}, {Name: "a/x.so.1.2"}, {Name: "a/x.cpython-311-x86_64-linux-gnu.so"},
		{Name: "a/x.cpython-311-darwin.so"},
		{Name: "a/x.pyd"}, {Name: "a/x.DLL"}, {Name: "a/x.dylib"}, {Name: "a/x.node"}, {Name: "a/x.py"}, {Name: "a/x.sorry"},
		{Name: "a/bundle.js", Size: HugeSize}, {Name: "a/small.js", Size: HugeSize - 1}, {Name: "a/x.exe", Size: HugeSize},
		{Name: "a.so/"},
	}
	tests := []struct{ filename, want string }{
		{"a-1-py3-none-any.whl", "native x.so, native x.so.1.2, native x.cpython-311-x86_64-linux-gnu.so, native " +
			"x.cpython-311-darwin.so, " +
			"native x.pyd, native x.DLL, native x.dylib, native x.node, huge bundle.js, native x.exe"},
		{"a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
			"foreign x.cpython-311-darwin.so, foreign x.pyd, foreign x.DLL, foreign x.dylib, huge bundle.js, foreign x.exe"},
		{"a-1-cp311-abi3-musllinux_1_1_aarch64.whl",
			"foreign x.cpython-311-darwin.so, foreign x.pyd, foreign x.DLL, foreign x.dylib, huge bundle.js, foreign x.exe"},
		{"a-1-cp311-cp311-win_amd64.whl", "foreign x.so, foreign x.so.1.2, foreign x.cpython-311-x86_64-linux-gnu.so, " +
			"foreign x.cpython-311-darwin.so, foreign x.dylib, huge bundle.js"},
		{"a-1-cp311-cp311-macosx_11_0_arm64.whl", "foreign x.cpython-311-x86_64-linux-gnu.so, foreign x.pyd, foreign " +
			"x.DLL, huge bundle.js, foreign x.exe"},
		{"a-1-1-cp311-cp311-android_21_arm64_v8a.whl", "huge bundle.js"},
	}
	for _, test := range tests {
		var got []string
		for _, payload := range PayloadsOf(members, test.filename) {
			got = append(got, fmt.Sprintf("%s %s", payload.Kind, strings.TrimPrefix(payload.Member.Name, "a/")))
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%s:\n%s\nnot\n%s", test.filename, text, test.want)
		}
	}
}

func TestLeadsOut(t *testing.T) {
	for name, want := range map[string]bool{
		"x": false, "x.y": false, "a/b": false, "x..y": false,
		"../x": true, "a/../../python": true, "/bin/sh": true, `..\x`: true, "c:x": true, "..": true,
	} {
		if LeadsOut(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}
