package python

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"thresher/internal/files"
	"thresher/internal/words"
)

// askScript makes an interpreter print what it is.
//
//go:embed ask.py
var askScript string

// patience bounds a question to an interpreter; on a healthy machine the answer
// takes a tenth of a second.
const patience = 30 * time.Second

// answer is what an interpreter says about itself.
type answer struct {
	Executable   string            `json:"executable"`
	Prefix       string            `json:"prefix"`
	BasePrefix   string            `json:"base_prefix"`
	Version      string            `json:"version"`
	SitePackages []string          `json:"site_packages"`
	Path         []string          `json:"path"` // sys.path
	Scripts      string            `json:"scripts"`
	UserBase     string            `json:"user_base"`
	UserSite     string            `json:"user_site"`
	UserEnabled  bool              `json:"user_enabled"`
	Markers      map[string]string `json:"markers"`
}

// answers are those of this process, by cache key.
var answers sync.Map

// ask asks an interpreter once and keeps its answer in cacheDir for as long as
// the interpreter and its pyvenv.cfg are unchanged; fresh asks anew. A script
// (pyenv's are) is asked in the whole environment, which decides what it runs,
// and its answer is not kept.
func ask(interpreter string, script bool, environ []string, cacheDir string, fresh bool) (*answer, error) {
	variables := variablesOf(environ)
	flags := []string{"-E", "-c", askScript}
	if variables["PYTHONNOUSERSITE"] != "" {
		flags = append([]string{"-s"}, flags...)
	}
	if script {
		output, err := start(interpreter, environ, flags...)
		return answered(interpreter, output, err)
	}
	// Where the user's own packages lie depends on the home directory.
	home := variables["HOME"]
	bin := filepath.Dir(interpreter)
	key := files.Fingerprint(strings.Join(append(flags, interpreter, home), "\x00"),
		interpreter, filepath.Join(bin, configurationName), filepath.Join(filepath.Dir(bin), configurationName))
	if known, ok := answers.Load(key); ok && !fresh {
		return known.(*answer), nil
	}
	kept := ""
	if cacheDir != "" {
		kept = filepath.Join(cacheDir, "python", key+".json")
	}
	if content, err := os.ReadFile(kept); err == nil && !fresh {
		if said, err := answered(interpreter, content, nil); err == nil {
			answers.Store(key, said)
			return said, nil
		}
	}
	output, err := Run(interpreter, home, flags...)
	said, err := answered(interpreter, output, err)
	if err != nil {
		return nil, err
	}
	answers.Store(key, said)
	if kept != "" && os.MkdirAll(filepath.Dir(kept), 0o700) == nil {
		// A cache that cannot be written costs time: the question is asked again.
		_ = files.Keep(kept, output)
	}
	return said, nil
}

// answered reads what an interpreter printed. A wrapper may print something of
// its own before.
func answered(interpreter string, output []byte, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	said, line := &answer{}, words.LastLine(string(output))
	if err := json.Unmarshal([]byte(line), said); err != nil || said.Prefix == "" {
		return nil, fmt.Errorf(messageAnswer, interpreter, line)
	}
	return said, nil
}

// Run starts an interpreter with nothing of the user's environment but the home
// directory, "" for none, and gives what it printed. The error ends with the last
// line of what it complained of.
func Run(interpreter, home string, args ...string) ([]byte, error) {
	environ := []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PIP_CONFIG_FILE=" + os.DevNull}
	if home != "" {
		environ = append(environ, "HOME="+home)
	}
	if runtime.GOOS == "windows" {
		for _, name := range []string{"SYSTEMROOT", "APPDATA", "USERPROFILE"} {
			environ = append(environ, name+"="+os.Getenv(name))
		}
	}
	return start(interpreter, environ, args...)
}

func start(interpreter string, environ []string, args ...string) ([]byte, error) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	command := exec.CommandContext(ctx, interpreter, args...)
	var output, complaint bytes.Buffer
	command.Stdout, command.Stderr, command.Env = &output, &complaint, environ
	if err := command.Run(); err != nil {
		if last := words.LastLine(complaint.String()); last != "" {
			err = fmt.Errorf("%w: %s", err, last)
		}
		return nil, fmt.Errorf(messageAsk, interpreter, err)
	}
	return output.Bytes(), nil
}

func variablesOf(environ []string) map[string]string {
	variables := map[string]string{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	return variables
}
