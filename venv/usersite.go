package venv

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

const userSiteQuestion = `import json, site
print(json.dumps([site.getusersitepackages(), bool(site.check_enableusersite())]))`

// userSite asks a base interpreter where the user's site-packages lie. The
// directory need not exist yet.
func userSite(interpreter string) (directory string, err error) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	// Not isolated: the user's own site-packages are what is asked for.
	command := exec.CommandContext(ctx, interpreter, "-c", userSiteQuestion)
	// -c looks for modules in the working directory first.
	command.Dir = filepath.Dir(interpreter)
	var failure bytes.Buffer
	command.Stderr = &failure
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf(messageAsk, interpreter, err, lastLine(failure.String()))
	}
	var enabled bool
	answer := []any{&directory, &enabled}
	if err := json.Unmarshal([]byte(lastLine(string(output))), &answer); err != nil || !filepath.IsAbs(directory) {
		return "", fmt.Errorf(messageAnswer, interpreter, lastLine(string(output)))
	}
	if !enabled {
		return "", fmt.Errorf(messageGuardBase, interpreter, ErrNoUserSite)
	}
	return directory, nil
}
