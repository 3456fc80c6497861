package testkit

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sort"
	"strings"
)

// Distribution describes a wheel or sdist to be made.
type Distribution struct {
	Name, Version  string
	Requires       []string // Requires-Dist lines
	RequiresPython string
	BuildRequires  []string          // of an sdist; its backend is in the tree and needs nothing else
	Files          map[string]string // path in the wheel or sdist → content
	// Backend is extra Python code run when an sdist is built, which may change
	// METADATA, FILES and MORE_BUILD_REQUIRES.
	Backend string
	// Setup has an sdist built by a setup.py, without a pyproject.toml: by the
	// Setuptools of this kit.
	Setup    bool
	Tag      string // wheel tag, "py3-none-any" by default
	Metadata string // extra METADATA header lines
}

// normalised gives the name as file names carry it.
func (d Distribution) normalised() string {
	return strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToLower(d.Name))
}

// MetadataText gives the content of METADATA.
func (d Distribution) MetadataText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Metadata-Version: 2.1\nName: %s\nVersion: %s\n", d.Name, d.Version)
	if d.RequiresPython != "" {
		fmt.Fprintf(&b, "Requires-Python: %s\n", d.RequiresPython)
	}
	for _, r := range d.Requires {
		fmt.Fprintf(&b, "Requires-Dist: %s\n", r)
	}
	b.WriteString(d.Metadata)
	return b.String()
}

// Wheel gives the wheel's file name and content.
func (d Distribution) Wheel() (string, []byte) {
	tag := d.Tag
	if tag == "" {
		tag = "py3-none-any"
	}
	info := d.normalised() + "-" + d.Version + ".dist-info/"
	files := map[string]string{d.normalised() + "/__init__.py": "version = '" + d.Version + "'\n"}
	for path, content := range d.Files {
		files[path] = content
	}
	files[info+"METADATA"] = d.MetadataText()
	files[info+"WHEEL"] = "Wheel-Version: 1.0\nGenerator: testkit\nRoot-Is-Purelib: true\nTag: " + tag + "\n"
	var record strings.Builder
	for _, path := range sortedKeys(files) {
		sum := sha256.Sum256([]byte(files[path]))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", path, base64.RawURLEncoding.EncodeToString(sum[:]), len(files[path]))
	}
	record.WriteString(info + "RECORD,,\n")
	files[info+"RECORD"] = record.String()

	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, path := range sortedKeys(files) {
		f, err := w.Create(path)
		if err == nil {
			_, err = f.Write([]byte(files[path]))
		}
		if err != nil {
			panic(err) // a bytes.Buffer does not fail
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return d.normalised() + "-" + d.Version + "-" + tag + ".whl", b.Bytes()
}

// backend is a PEP 517 backend in one file that makes a wheel with the
// standard library alone.
const backend = `
import base64, hashlib, os, zipfile
NAME, VERSION, METADATA, FILES = %q, %q, %q, %s
%s
def get_requires_for_build_wheel(config_settings=None):
    return globals().get("MORE_BUILD_REQUIRES", [])
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = NAME + "-" + VERSION + ".dist-info/"
    files = dict(FILES)
    files[info + "METADATA"] = METADATA
    files[info + "WHEEL"] = "Wheel-Version: 1.0\nGenerator: testkit\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        record += "%%s,sha256=%%s,%%d\n" %% (path, digest, len(content.encode()))
    files[info + "RECORD"] = record + info + "RECORD,,\n"
    name = NAME + "-" + VERSION + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return name
`

// setup is what makes a setup.py of backend: the commands that pip gives one.
const setup = `
import sys, sysconfig

def _setup(words):
    def option(name, otherwise):
        for i, word in enumerate(words):
            if word in (name, name[1:]) and i + 1 < len(words):
                return words[i + 1]
            if word.startswith(name + "="):
                return word[len(name) + 1:]
        return otherwise

    def write(path, text):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        written.append(os.path.abspath(path))

    written, own = [], os.path.abspath(os.curdir)
    site = sysconfig.get_path("purelib")
    info = NAME + ".egg-info/"
    if "bdist_wheel" in words:
        build_wheel(option("--dist-dir", option("-d", "dist")))
    elif "develop" in words:
        for path, content in FILES.items():
            write(path, content)
        write(info + "PKG-INFO", METADATA)
        write(os.path.join(site, NAME + ".egg-link"), own + "\n.")
        with open(os.path.join(site, "easy-install.pth"), "a") as file:
            file.write(own + "\n")
    elif "install" in words:
        for path, content in FILES.items():
            write(os.path.join(site, path), content)
        write(os.path.join(site, NAME + "-" + VERSION + ".egg-info", "PKG-INFO"), METADATA)
        record = option("--record", None)
        if record:
            write(record, "\n".join(written) + "\n")
    elif "egg_info" in words:
        base = option("--egg-base", os.curdir)
        write(os.path.join(base, info, "PKG-INFO"), METADATA)
        write(os.path.join(base, info, "SOURCES.txt"), "")

_setup(sys.argv[1:])
`

// Setuptools stands for the setuptools that every pip knows: its back end and what
// pip itself starts run setup.py.
func Setuptools() Distribution {
	return Distribution{Name: "setuptools", Version: "70.0", Files: map[string]string{"setuptools/build_meta.py": `
import os, runpy, sys

class _Setup:
    def build_wheel(self, directory, config_settings=None, metadata_directory=None):
        before = set(os.listdir(directory))
        sys.argv = ["setup.py", "bdist_wheel", "--dist-dir", directory]
        runpy.run_path("setup.py", run_name="__main__")
        return (set(os.listdir(directory)) - before).pop()

    build_editable = build_wheel

__legacy__ = _Setup()
`}}
}

// Sdist gives the source distribution's file name and content: a project with
// an in-tree PEP 517 backend.
func (d Distribution) Sdist() (string, []byte) {
	root := d.normalised() + "-" + d.Version
	content := map[string]string{}
	for _, path := range sortedKeys(d.SourceTree()) {
		content[root+"/"+path] = d.SourceTree()[path]
	}
	var b bytes.Buffer
	compressed := gzip.NewWriter(&b)
	w := tar.NewWriter(compressed)
	for _, path := range sortedKeys(content) {
		header := &tar.Header{Name: path, Mode: 0o644, Size: int64(len(content[path])), Typeflag: tar.TypeReg}
		err := w.WriteHeader(header)
		if err == nil {
			_, err = w.Write([]byte(content[path]))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	if err := compressed.Close(); err != nil {
		panic(err)
	}
	return root + ".tar.gz", b.Bytes()
}

// SourceTree gives the files of the sdist or of a local project, by path.
func (d Distribution) SourceTree() map[string]string {
	files := map[string]string{d.normalised() + "/__init__.py": "version = '" + d.Version + "'\n"}
	for path, content := range d.Files {
		files[path] = content
	}
	var dict strings.Builder
	dict.WriteString("{")
	for _, path := range sortedKeys(files) {
		fmt.Fprintf(&dict, "%q: %q, ", path, files[path])
	}
	dict.WriteString("}")
	var requires []string
	for _, r := range d.BuildRequires {
		requires = append(requires, fmt.Sprintf("%q", r))
	}
	hooks := fmt.Sprintf(backend, d.normalised(), d.Version, d.MetadataText(), dict.String(), d.Backend)
	tree := map[string]string{"PKG-INFO": d.MetadataText()}
	if d.Setup {
		tree["setup.py"] = hooks + setup
	} else {
		tree["backend.py"] = hooks
		tree["pyproject.toml"] = "[build-system]\nrequires = [" + strings.Join(requires, ", ") +
			"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
	}
	for path, content := range files {
		tree[path] = content
	}
	return tree
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
