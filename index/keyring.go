package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"thresher/internal/files"
	"thresher/internal/words"
)

// keyringPatience bounds one call of the keyring program, which may wait for
// a person to unlock it.
const keyringPatience = 2 * time.Minute

// chooseKeyring gives the keyring by pip's --keyring-provider, nil for none.
// "import" needs Python; the program of the same keyring stands for it.
func chooseKeyring(c Config, environ environment) (KeyringFunc, error) {
	if c.Keyring != nil {
		return c.Keyring, nil
	}
	switch c.KeyringProvider {
	case "disabled":
		return nil, nil
	case "", "auto":
		if c.NoInput {
			return nil, nil
		}
	case "import", "subprocess":
	default:
		return nil, fmt.Errorf("read the keyring provider: %q is none of auto, disabled, import, subprocess",
			words.Printable(c.KeyringProvider))
	}
	path := findKeyring(environ)
	if path == "" {
		return nil, nil
	}
	return func(ctx context.Context, service, user string) (string, string, bool, error) {
		return askKeyring(ctx, path, environ, service, user)
	}, nil
}

// findKeyring looks for the keyring program on PATH. Relative folders are
// left out: the working directory is a checkout.
func findKeyring(environ environment) string {
	if found := files.OnPath(environ.get("PATH"), keyringNames...); len(found) > 0 {
		return found[0]
	}
	return ""
}

// askKeyring runs the keyring program as pip's subprocess provider does: with
// a user "keyring get SERVICE USER", which every version has; without, or where
// that finds nothing, the credentials mode of keyring 25.2.1 and later.
func askKeyring(ctx context.Context, path string, environ environment, service, user string) (string,
	string, bool, error) {
	if strings.HasPrefix(service, "-") || strings.HasPrefix(user, "-") || strings.ContainsRune(service+user, 0) {
		return "", "", false, errors.New("a service or user that the program would take for an option")
	}
	if user != "" {
		out, ok, err := runKeyring(ctx, path, environ, "get", service, user)
		if password := strings.Trim(string(out), "\r\n"); ok && password != "" {
			return user, password, true, nil
		}
		if err != nil {
			return "", "", false, err
		}
	}
	args := []string{"--mode=creds", "--output=json", "get", service}
	if user != "" {
		args = append(args, user)
	}
	out, ok, err := runKeyring(ctx, path, environ, args...)
	if err != nil || !ok {
		return "", "", false, err
	}
	var found struct{ Username, Password string }
	if json.Unmarshal(out, &found) != nil || found.Password == "" {
		// An old keyring, which prints something else, has no such mode.
		return "", "", false, nil
	}
	return found.Username, found.Password, true, nil
}

// runKeyring gives what the program printed; ok is false where it ended with
// a status other than 0, which is its way to say that it has nothing.
func runKeyring(ctx context.Context, path string, environ environment, args ...string) (out []byte,
	ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, keyringPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(append([]string{}, environ.list...), "PYTHONIOENCODING=utf-8")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case errors.As(err, &exit):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return stdout.Bytes(), true, nil
}
