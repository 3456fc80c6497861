package pip

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thresher/internal/testkit"
)

func benchmarkInput(b *testing.B, args ...string) Input {
	b.Helper()
	dir := b.TempDir()
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, "distribution-%d[extra]>=1.%d,<2 ; python_version >= '3.8'  # why\n", i, i)
	}
	for path, content := range map[string]string{
		"requirements.txt": "pandas>=2\nnumpy\nrequests[socks]~=2.31 ; python_version >= '3.8'\n-c constraints.txt\n",
		"constraints.txt":  "urllib3<3\n",
		"thousand.txt":     lines.String(),
		"pip.conf":         "[global]\ntimeout = 20\nextra-index-url = https://extra.example/simple\n",
		"pyvenv.cfg":       "include-system-site-packages = false\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return Input{
		Args: args, Dir: dir,
		Environ: []string{"HOME=" + dir, "LANG=C.UTF-8", "PIP_CONFIG_FILE=" + filepath.Join(dir, "pip.conf"),
			"PIP_NO_INPUT=1"},
		Installation: &Installation{
			Environment: testEnvironment(dir), Version: "26.2.1",
			PackageDir: filepath.Join(dir, "pip"), DefaultIndex: testDefaultIndex,
		},
	}
}

func benchmarkParse(b *testing.B, args ...string) {
	in := benchmarkInput(b, args...)
	b.ReportAllocs()
	for b.Loop() {
		if got := Parse(in); got.Failure != nil || len(got.Unreadable) > 0 {
			b.Fatalf("%+v %+v", got.Failure, got.Unreadable)
		}
	}
}

func BenchmarkParse(b *testing.B)         { benchmarkParse(b, "install", "-U", "-r", "requirements.txt") }
func BenchmarkParseThousand(b *testing.B) { benchmarkParse(b, "install", "-U", "-r", "thousand.txt") }

// BenchmarkFind chooses the pip of an activated environment: some files are
// read, no process is started.
func BenchmarkFind(b *testing.B) {
	python := testkit.AnyPython(b)
	env := filepath.Join(b.TempDir(), "env")
	testkit.Environment(b, python, env)
	in := FindInput{Name: "pip", Dir: env, Self: "/none",
		Environ: []string{"HOME=" + env, "PATH=/nowhere:" + filepath.Join(env, "bin")}}
	for b.Loop() {
		if _, err := Find(in); err != nil {
			b.Fatal(err)
		}
	}
}
