package pip

import (
	"debug/elf"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/python"
)

// tagsScript makes a pip say which wheels it takes.
//
//go:embed tags.py
var tagsScript string

// Tags is what a pip says of the interpreter that it works on.
type Tags struct {
	Supported []string // of wheels, in the order of preference: "cp311-cp311-manylinux_2_36_x86_64"
	// Importlib says that it reads what is installed by importlib.metadata, and
	// not by pkg_resources.
	Importlib bool
}

// tagsAnswer is what tagsScript prints.
type tagsAnswer struct {
	Pip       string   `json:"pip"`
	Python    string   `json:"python"`
	Tags      []string `json:"tags"`
	Importlib bool     `json:"importlib"`
}

// Tags asks a pip's own packaging.tags which wheels the interpreter takes, once:
// the answer is kept in cacheDir for as long as pip, the interpreter, its
// pyvenv.cfg, the machine, its C library and what lies there as `_manylinux` are
// the same.
func (i *Installation) Tags(cacheDir string) (Tags, error) {
	machine, err := i.MarkerEnvironment(cacheDir)
	if err != nil {
		return Tags{}, err
	}
	text := []string{tagsScript, i.Version, i.PythonVersion, machine["platform_system"], machine["platform_machine"]}
	if runtime.GOOS != "linux" {
		text = append(text, machine["platform_release"])
	}
	bin := filepath.Dir(i.Interpreter)
	depends := []string{
		i.Interpreter, filepath.Join(bin, "pyvenv.cfg"), filepath.Join(i.Prefix, "pyvenv.cfg"),
		filepath.Join(i.PackageDir, "__init__.py"), loaderOf(i.Interpreter),
	}
	for _, site := range i.SitePackages {
		depends = append(depends, filepath.Join(site, "_manylinux.py"), filepath.Join(site, "_manylinux"))
	}
	cached := filepath.Join(cacheDir, "pip", "tags", files.Fingerprint(strings.Join(text, "\x00"), depends...)+".json")
	if cacheDir != "" {
		if content, err := os.ReadFile(cached); err == nil {
			if tags, err := i.readTags(content); err == nil {
				return tags, nil
			}
		}
	}
	args := append([]string{"-I", "-S", "-B", "-c", tagsScript, filepath.Dir(i.PackageDir)}, i.SitePackages...)
	output, err := python.Run(i.Interpreter, "", args...)
	if err != nil {
		return Tags{}, err
	}
	tags, err := i.readTags(output)
	if err != nil {
		return Tags{}, err
	}
	if cacheDir != "" && os.MkdirAll(filepath.Dir(cached), 0o700) == nil {
		// A cache that cannot be written costs time: the question is asked again.
		_ = files.Keep(cached, output)
	}
	return tags, nil
}

// readTags reads an answer. It must be that of this very pip and Python.
func (i *Installation) readTags(output []byte) (Tags, error) {
	var said tagsAnswer
	err := json.Unmarshal([]byte(words.LastLine(string(output))), &said)
	if err == nil && (said.Pip != i.Version || said.Python != i.PythonVersion || len(said.Tags) == 0) {
		err = fmt.Errorf("they are of pip %s on Python %s", said.Pip, said.Python)
	}
	if err != nil {
		return Tags{}, fmt.Errorf("read the tags of %s: %w", i.Interpreter, err)
	}
	return Tags{Supported: said.Tags, Importlib: said.Importlib}, nil
}

// loaderOf gives the program that loads an interpreter, which comes with the C
// library; "" where it names none.
func loaderOf(interpreter string) string {
	f, err := elf.Open(interpreter)
	if err != nil {
		return "" // of another system
	}
	defer f.Close()
	for _, part := range f.Progs {
		if part.Type != elf.PT_INTERP || part.Filesz > 4096 {
			continue
		}
		name := make([]byte, part.Filesz)
		if _, err := part.ReadAt(name, 0); err == nil {
			return strings.TrimRight(string(name), "\x00")
		}
	}
	return ""
}
