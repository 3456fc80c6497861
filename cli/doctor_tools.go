package cli

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"thresher/internal/words"
	"thresher/python"
)

// Tools that call pip unless uv is there, or a plugin brings it (pipx 1.18, nox
// 2026.10, build 1.6, hatch 1.18, tox-uv 1.37, pre-commit-uv 4.4): uv never calls
// pip, so what it installs is not checked.

// tool is a program that may install by uv.
type tool struct {
	name   string // of its program
	module string // its import
	// goesRound says whether it installs by uv here, and why.
	goesRound func(p *program, found toolFound) (why string, is bool)
	next      string // what sets it back
}

// toolFound is a tool as it lies on this machine.
type toolFound struct {
	path    string
	version string   // "" where its environment does not tell
	folders []string // where its environment has its packages
}

// has says whether a module lies in the tool's environment.
func (t toolFound) has(module string) bool {
	for _, folder := range t.folders {
		if info, err := os.Stat(filepath.Join(folder, module)); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

var tools = []tool{
	{"pipx", "pipx", func(p *program, found toolFound) (string, bool) {
		chosen := p.environment["PIPX_DEFAULT_BACKEND"]
		_, err := lookUp("uv", p.environment["PATH"])
		return messageToolPipx, chosen == "uv" || chosen == "" && (err == nil || found.has("uv"))
	}, words.SetVariable("PIPX_DEFAULT_BACKEND", "pip")},
	{"tox", "tox", func(_ *program, found toolFound) (string, bool) {
		return messageToolTox, found.has("tox_uv")
	}, "runner = virtualenv below [testenv] of tox.ini"},
	{"pre-commit", "pre_commit", func(p *program, found toolFound) (string, bool) {
		_, off := p.environment["DISABLE_PRE_COMMIT_UV_PATCH"]
		return messageToolPreCommit, found.has("pre_commit_uv") && !off
	}, words.SetVariable("DISABLE_PRE_COMMIT_UV_PATCH", "1")},
	{"nox", "nox", func(p *program, _ toolFound) (string, bool) {
		return messageToolNox, strings.HasPrefix(p.environment["NOX_DEFAULT_VENV_BACKEND"], "uv")
	}, words.UnsetVariables("NOX_DEFAULT_VENV_BACKEND")},
	{"hatch", "hatch", func(*program, toolFound) (string, bool) { return messageToolHatch, true },
		`installer = "pip" below [tool.hatch.envs.hatch-test] of pyproject.toml`},
}

// toolFacts are the tools on PATH that install past every check here, each with
// what sets it back.
func (p *program) toolFacts() []fact {
	var facts []fact
	for _, known := range tools {
		path, err := lookUp(known.name, p.environment["PATH"])
		if err != nil {
			continue
		}
		found := p.toolAt(path, known.module)
		why, round := known.goesRound(p, found)
		called := strings.TrimSpace(known.name + " " + found.version)
		if round {
			facts = append(facts, fact{"tool", "warning", fmt.Sprintf(messageToolRound, called, why), known.next})
		} else {
			facts = append(facts, fact{"tool", "ok", fmt.Sprintf(messageToolPip, called), ""})
		}
	}
	if path, err := lookUp("uv", p.environment["PATH"]); err == nil {
		facts = append(facts, fact{"tool", "info", fmt.Sprintf(messageToolUv, p.short(path)), ""})
	}
	return facts
}

// toolAt looks into the environment of a tool's program, by the interpreter in
// its first line.
func (p *program) toolAt(path, module string) toolFound {
	found := toolFound{path: path}
	interpreter := interpreterOf(path)
	if interpreter == "" {
		return found
	}
	environment, err := python.Inspect(interpreter, p.environ, p.places.Cache)
	if err != nil {
		return found // what it is made of cannot be told
	}
	found.folders = environment.SitePackages
	for _, folder := range found.folders {
		records, err := filepath.Glob(filepath.Join(folder, module+"-*.dist-info"))
		if err == nil && len(records) > 0 { // the only error is that of a bad pattern
			name := strings.TrimSuffix(filepath.Base(records[0]), ".dist-info")
			found.version = words.Printable(strings.TrimPrefix(name, module+"-"))
			break
		}
	}
	return found
}

// interpreterOf reads the interpreter from the first line of a script; "" for
// what is none, or starts in another way.
func interpreterOf(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	line, err := bufio.NewReader(file).ReadString('\n')
	interpreter, isScript := strings.CutPrefix(strings.TrimSpace(line), "#!")
	if err != nil || !isScript || !filepath.IsAbs(strings.TrimSpace(interpreter)) {
		return ""
	}
	return strings.TrimSpace(interpreter)
}
