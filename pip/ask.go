package pip

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"thresher/internal/files"
	"thresher/pip/internal/pythontext"
	"thresher/pip/option"
)

// askScript makes an interpreter print what it and its pip are.
//
//go:embed ask.py
var askScript string

// askTimeout bounds a question to an interpreter or a wrapper; on a healthy
// machine the answer takes a tenth of a second.
const askTimeout = 30 * time.Second

// answer is what an interpreter says about itself.
type answer struct {
	Prefix       string            `json:"prefix"`
	BasePrefix   string            `json:"base_prefix"`
	Python       string            `json:"python"`
	SitePackages string            `json:"site_packages"`
	Pip          string            `json:"pip"`
	PipVersion   string            `json:"pip_version"`
	DefaultIndex string            `json:"default_index"`
	Markers      map[string]string `json:"markers"`
}

// askInterpreter asks an interpreter once and keeps its answer in cacheDir for
// as long as the interpreter, its pyvenv.cfg and the pip it named are unchanged.
func askInterpreter(interpreter string, environ pythontext.Environment, cacheDir string) (answer, error) {
	// Which pip an interpreter has can depend on the user's own packages.
	flags := []string{"-E", "-c", askScript}
	home := environ.Get("HOME")
	if environ.Get("PYTHONNOUSERSITE") != "" {
		flags = append([]string{"-s"}, flags...)
	}
	bin := filepath.Dir(interpreter)
	key := fingerprint(strings.Join(append(flags, interpreter, home), "\x00"),
		interpreter, filepath.Join(bin, "pyvenv.cfg"), filepath.Join(filepath.Dir(bin), "pyvenv.cfg"))
	cached := cacheFile(cacheDir, "interpreters", key)
	var known answer
	if readCached(cached, &known) && known.Pip != "" {
		if version, err := packageVersion(known.Pip); err == nil && version == known.PipVersion {
			return known, nil
		}
	}
	output, err := ask(interpreter, home, flags...)
	if err != nil {
		return answer{}, err
	}
	var said answer
	if err := json.Unmarshal(output, &said); err != nil || said.Prefix == "" {
		return answer{}, fmt.Errorf("ask %s what it is: it printed something else", interpreter)
	}
	writeCached(cached, said)
	return said, nil
}

// introspectedTableOf asks a pip for its options and keeps the answer.
func introspectedTableOf(i *Installation, cacheDir string) (*option.Table, error) {
	sources := []string{
		filepath.Join(i.PackageDir, "__init__.py"),
		filepath.Join(i.PackageDir, "_internal", "cli", "cmdoptions.py"),
		filepath.Join(i.PackageDir, "_internal", "commands", "install.py"),
	}
	cached := cacheFile(cacheDir, "options", fingerprint(i.PackageDir+option.Introspection, sources...))
	if cached != "" {
		if content, err := os.ReadFile(cached); err == nil {
			if table, err := option.FromIntrospection(content, i.Version); err == nil {
				return table, nil
			}
		}
	}
	if i.Interpreter == "" {
		return nil, errors.New("its interpreter is not known")
	}
	output, err := ask(i.Interpreter, "", "-I", "-c", option.Introspection, filepath.Dir(i.PackageDir))
	if err != nil {
		return nil, err
	}
	table, err := option.FromIntrospection(output, i.Version)
	if err != nil {
		return nil, err
	}
	writeCachedBytes(cached, output)
	return table, nil
}

// ask runs an interpreter with nothing of the user's environment but the home
// directory, and gives what it printed.
func ask(program, home string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var output, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &errors
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PIP_CONFIG_FILE=" + os.DevNull}
	if home != "" {
		cmd.Env = append(cmd.Env, "HOME="+home)
	}
	if pythontext.OnWindows {
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("ask %s what it is: %w%s", program, err, lastLine(errors.String()))
	}
	return output.Bytes(), nil
}

// lastLine gives the last line of a program's complaint, as ": line".
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return ": " + last
	}
	return ""
}

// fingerprint names a cache entry after a text and the identity, size and
// time of the files it depends on.
func fingerprint(text string, files ...string) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\x00%s\x00", askScript, text)
	for _, path := range files {
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

// cacheFile names a cache entry; it is empty where nothing is to be kept.
func cacheFile(dir, kind, key string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "pip", kind, key+".json")
}

func readCached(path string, into any) bool {
	if path == "" {
		return false
	}
	content, err := os.ReadFile(path)
	return err == nil && json.Unmarshal(content, into) == nil
}

func writeCached(path string, value any) {
	if content, err := json.Marshal(value); err == nil {
		writeCachedBytes(path, content)
	}
}

// writeCachedBytes keeps an answer, whole or not at all. A cache that cannot
// be written costs time, not correctness: the question is asked again.
func writeCachedBytes(path string, content []byte) {
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	_ = files.Keep(path, content)
}
