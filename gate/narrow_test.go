package gate

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"thresher/index"
	"thresher/internal/testkit"
	"thresher/pep"
)

func TestForeignWheel(t *testing.T) {
	linux := map[string]string{"sys_platform": "linux", "implementation_name": "cpython", "python_version": "3.11",
		"platform_machine": "x86_64"}
	windows := map[string]string{"sys_platform": "win32", "implementation_name": "cpython", "python_version": "3.11"}
	pypy := map[string]string{"sys_platform": "linux", "implementation_name": "pypy", "python_version": "3.11"}
	for _, c := range []struct {
		name        string
		environment map[string]string
		foreign     bool
	}{
		{"a-1-py3-none-any.whl", linux, false},
		{"a-1.tar.gz", linux, false},
		{"a-1-cp311-cp311-manylinux_2_17_x86_64.whl", linux, false},
		{"a-1-1build-cp311-cp311-manylinux_2_17_x86_64.whl", linux, false},
		{"a-1-cp311-cp311-manylinux_2_17_aarch64.whl", linux, false},
		{"a-1-cp311-cp311-musllinux_1_1_x86_64.whl", linux, false},
		{"a-1-cp310-cp310-manylinux_2_17_x86_64.whl", linux, true},
		{"a-1-cp313-cp313t-manylinux_2_17_x86_64.whl", linux, true},
		{"a-1-cp38-abi3-manylinux_2_17_x86_64.whl", linux, false},
		{"a-1-cp310.cp311-none-any.whl", linux, false},
		{"a-1-cp27-cp27mu-manylinux1_x86_64.whl", linux, true},
		{"a-1-pp311-pypy311_pp73-manylinux_2_17_x86_64.whl", linux, true},
		{"a-1-cp311-cp311-win_amd64.whl", linux, true},
		{"a-1-cp311-cp311-win_amd64.manylinux1_x86_64.whl", linux, false},
		{"a-1-py3-none-win32.whl", linux, true},
		{"a-1-py3-none-macosx_11_0_arm64.whl", linux, true},
		{"a-1-py3-none-android_21_x86_64.whl", linux, false},
		{"A-1-CP311-CP311-WIN_AMD64.whl", linux, true},
		{"a-1-cp311-win.whl", linux, false},
		{"a-1-cp311-cp311-win_amd64.whl", windows, false},
		{"a-1-cp311-cp311-manylinux_2_17_x86_64.whl", windows, true},
		{"a-1-cp310-cp310-manylinux_2_17_x86_64.whl", pypy, false},
		{"a-1-pp311-pypy311_pp73-manylinux_2_17_x86_64.whl", pypy, false},
		{"a-1-cp310-cp310-win_amd64.whl", nil, false},
	} {
		if got := foreignWheel(c.name, c.environment); got != c.foreign {
			t.Errorf("%s on %s: %v", c.name, c.environment["sys_platform"], got)
		}
	}
}

// TestForeignWheelIsNeverTaken: whatever tag the interpreter's own packaging.tags
// gives, a wheel with it stays on the page.
func TestForeignWheelIsNeverTaken(t *testing.T) {
	environment := filepath.Join(t.TempDir(), "env") // outside of one Debian's has no pip
	testkit.Environment(t, testkit.PipPython(t), environment)
	script := `import sys
from pip._vendor.packaging.tags import sys_tags
from pip._vendor.packaging.markers import default_environment
e = default_environment()
print("\n".join([e["sys_platform"], e["implementation_name"], e["python_version"]] + [str(t) for t in sys_tags()]))`
	output, err := exec.Command(filepath.Join(environment, "bin", "python"), "-I", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(output))
	marks := map[string]string{"sys_platform": lines[0], "implementation_name": lines[1], "python_version": lines[2]}
	if len(lines) < 50 {
		t.Fatalf("%d tags", len(lines)-3)
	}
	for _, tag := range lines[3:] {
		if foreignWheel("a-1-"+tag+".whl", marks) {
			t.Errorf("%s is left out", tag)
		}
	}
}

// TestNarrowedPages: the run's own pip is given the narrow page, one that joined the
// whole one.
func TestNarrowedPages(t *testing.T) {
	x := testkit.NewIndex(t)
	for _, tag := range []string{"py3-none-any", "cp27-cp27mu-win_amd64"} {
		x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0", Tag: tag})
	}
	g := open(t, Config{
		Source: newClient(t), Indexes: []Index{{URL: x.SimpleURL()}}, Requested: []pep.Requirement{{Name: "app"}},
		Environment: map[string]string{"sys_platform": "linux", "implementation_name": "cpython", "python_version": "3.11"},
		Narrow:      true,
	})
	v, _, err := g.projectVerdict(t.Context(), 0, "app")
	if err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{true, false} {
		narrow := string(v.rendered(asJSON, g.narrowed, g.onPipsSide))
		if !strings.Contains(narrow, "py3-none-any") || strings.Contains(narrow, "cp27") {
			t.Errorf("narrow: %s", narrow)
		}
		if whole := string(v.whole(asJSON)); !strings.Contains(whole, "cp27") {
			t.Errorf("whole: %s", whole)
		}
	}
	if page := g.narrowed(&index.Page{}); len(page.Files) != 0 {
		t.Error(page.Files)
	}
}
