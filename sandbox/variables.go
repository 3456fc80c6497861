package sandbox

import (
	"path"
	"slices"
	"strings"

	"thresher/internal/lazyregexp"
)

// ClosedVariable is set, to any value, for a program in a domain of its own that
// closes the network: a pip in it could reach no gate.
const ClosedVariable = "THRESHER_CLOSED"

// secretNames are variables that hold a secret, or lead to something that gives
// one out. `*` stands for any characters.
var secretNames = []string{
	"*_TOKEN", "*ACCESSTOKEN", "TOKEN", "*_SECRET*", "SECRET", "SECRET_*", "SECRETS", "*_KEY", "*APIKEY",
	"*_KEY_BASE64", "*_JWT", "*_JWT_V[0-9]",
	"*PASSWORD*", "*PASSWD*", "*PASSPHRASE*", "*_PASS", "*_PWD", "*_PAT", "*_CREDENTIAL", "*_CREDENTIALS",
	"*_CREDENTIALS_JSON", "*_CREDS",
	"*_AUTH", "*_AUTH_CONFIG", "*_COOKIE", "*_SAS", "*_DSN", "*_WEBHOOK", "*_WEBHOOK_URL", "*CONNECTION_STRING",
	"*_CERTIFICATE_PEM",
	"AWS_*", "DBT_ENV_SECRET_*", "GOOGLE_APPLICATION_CREDENTIALS", "KUBECONFIG", "KRB5CCNAME",
	// Agents, helpers and the sockets of programs that hold secrets.
	"SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS", "GIT_ASKPASS", "GPG_AGENT_INFO", "GNOME_KEYRING_CONTROL",
	"DBUS_SESSION_BUS_ADDRESS",
	"DOCKER_HOST", "XAUTHORITY", "VSCODE_GIT_*", "VSCODE_IPC_HOOK*", "ACTIONS_ID_TOKEN_REQUEST_URL",
}

// harmlessNames look like secretNames and hold no secret.
var harmlessNames = []string{
	"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PAGER", "AWS_DEFAULT_OUTPUT", "AWS_EC2_METADATA_DISABLED",
	"AWS_SDK_LOAD_CONFIG", "AWS_CA_BUNDLE",
	"GPG_KEY", // of a release manager, in the images of Python
	"STARSHIP_SESSION_KEY", "PASSWORD_STORE_DIR", "PASSWORD_STORE_ENABLE_EXTENSIONS", "NEXT_PUBLIC_*",
	"*_SECRET_NAME", "*_SECRET_ARN",
	"*_PUBLIC_KEY", "*_SORT_KEY", "*_PARTITION_KEY", "*_PRIMARY_KEY", "*_FOREIGN_KEY", "*_HASH_KEY",
	"*_CACHE_KEY", "CACHE_KEY",
}

// credentialInValue finds a URL that carries a password, and a header that
// authorises, in variables of any name.
var credentialInValue = lazyregexp.New(`(?i)[a-z][a-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@|` +
	`authorization\s*[:=]\s*\S|-----BEGIN [A-Z ]*PRIVATE KEY-----`)

// Variables says which variables reach a sandbox.
type Variables struct {
	Add  []string // further names that hold secrets, `*` for any characters
	Free []string // names that reach it whatever they look like
}

// Scrub leaves out of an environment (NAME=VALUE) what holds a secret, and
// gives the names of these. keep are names that a program needs for this run.
func (v Variables) Scrub(environ []string, keep ...string) (kept, scrubbed []string) {
	gitConfiguration := false
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !v.secret(name, value) || slices.Contains(keep, name) {
			kept = append(kept, pair)
			continue
		}
		scrubbed = append(scrubbed, name)
		gitConfiguration = gitConfiguration || strings.HasPrefix(name, "GIT_CONFIG_VALUE_")
	}
	if gitConfiguration { // git does not start where one of the triples is missing
		kept = slices.DeleteFunc(kept, func(pair string) bool {
			name, _, _ := strings.Cut(pair, "=")
			is := name == "GIT_CONFIG_COUNT" || matchesAny(name, []string{"GIT_CONFIG_KEY_*", "GIT_CONFIG_VALUE_*"})
			if is {
				scrubbed = append(scrubbed, name)
			}
			return is
		})
	}
	slices.Sort(scrubbed)
	return kept, scrubbed
}

func (v Variables) secret(name, value string) bool {
	switch {
	case matchesAny(name, v.Free):
		return false
	case matchesAny(name, v.Add):
		return true
	case value == "":
		return false
	case credentialInValue().MatchString(value):
		return true
	}
	return matchesAny(name, secretNames) && !matchesAny(name, harmlessNames)
}

// matchesAny says whether a name is one of the patterns (path.Match), in any
// case. A pattern that is none matches nothing.
func matchesAny(name string, patterns []string) bool {
	name = strings.ToUpper(name)
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := path.Match(strings.ToUpper(pattern), name)
		return err == nil && matched
	})
}
