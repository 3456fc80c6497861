package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScrub(t *testing.T) {
	for _, test := range []struct {
		name           string
		variables      Variables
		environ        []string
		keep           []string
		kept, scrubbed []string
	}{
		{
			name: "names of secrets",
			environ: []string{"GITHUB_TOKEN=x", "PATH=/bin", "DB_PASSWORD=x", "PGPASSWORD=x", "AWS_SECRET_ACCESS_KEY=x",
				"AWS_PROFILE=x", "OPENAI_API_KEY=x", "SYSTEM_ACCESSTOKEN=x", "CI_JOB_JWT_V2=x", "REDISCLI_AUTH=x", "MYSQL_PWD=x",
				"DBT_ENV_SECRET_X=x", "SENTRY_DSN=x", "gitlab_token=x"},
			kept: []string{"PATH=/bin"},
			scrubbed: []string{"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "CI_JOB_JWT_V2", "DBT_ENV_SECRET_X", "DB_PASSWORD",
				"GITHUB_TOKEN", "MYSQL_PWD", "OPENAI_API_KEY", "PGPASSWORD", "REDISCLI_AUTH", "SENTRY_DSN",
				"SYSTEM_ACCESSTOKEN", "gitlab_token"},
		},
		{
			name:     "sockets and helpers",
			environ:  []string{"SSH_AUTH_SOCK=/x", "DBUS_SESSION_BUS_ADDRESS=x", "DOCKER_HOST=x", "GIT_ASKPASS=x", "TERM=xterm"},
			kept:     []string{"TERM=xterm"},
			scrubbed: []string{"DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST", "GIT_ASKPASS", "SSH_AUTH_SOCK"},
		},
		{
			name: "harmless ones that look so",
			environ: []string{"AWS_REGION=eu", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", "TOKENIZERS_PARALLELISM=true",
				"PWD=/", "OLDPWD=/", "SIGNING_PUBLIC_KEY=x", "STARSHIP_SESSION_KEY=1", "MONKEY=1", "KEYBOARD=de", "MAX_TOKENS=3",
				"XDG_SEAT=seat0", "AUTHOR=me", "COMPASS=n", "GITHUB_TOKEN="},
			kept: []string{"AWS_REGION=eu", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", "TOKENIZERS_PARALLELISM=true",
				"PWD=/", "OLDPWD=/", "SIGNING_PUBLIC_KEY=x", "STARSHIP_SESSION_KEY=1", "MONKEY=1", "KEYBOARD=de", "MAX_TOKENS=3",
				"XDG_SEAT=seat0", "AUTHOR=me", "COMPASS=n", "GITHUB_TOKEN="},
		},
		{
			name: "values that carry credentials",
			environ: []string{"DATABASE_URL=postgres://me:secret@db.example/x", "HTTP_PROXY=http://proxy.example:3128",
				"HTTPS_PROXY=http://me:pw@proxy.example", "HOMEPAGE=https://me@host.example/",
				"CERT=-----BEGIN RSA PRIVATE KEY-----"},
			kept:     []string{"HTTP_PROXY=http://proxy.example:3128", "HOMEPAGE=https://me@host.example/"},
			scrubbed: []string{"CERT", "DATABASE_URL", "HTTPS_PROXY"},
		},
		{
			name: "git's own configuration goes whole or not at all",
			environ: []string{"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
				"GIT_CONFIG_KEY_1=http.extraheader", "GIT_CONFIG_VALUE_1=Authorization: Basic eDp5", "GIT_DIR=x"},
			kept: []string{"GIT_DIR=x"},
			scrubbed: []string{"GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_KEY_1", "GIT_CONFIG_VALUE_0",
				"GIT_CONFIG_VALUE_1"},
		},
		{
			name:    "git's own configuration without a credential",
			environ: []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
			kept:    []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
		},
		{
			name:      "a policy adds and frees, and frees what it adds",
			variables: Variables{Add: []string{"ACME_*"}, Free: []string{"ACME_NAME", "HF_TOKEN"}},
			environ:   []string{"ACME_LICENCE=x", "acme_other=x", "ACME_NAME=x", "HF_TOKEN=x", "GH_TOKEN=x"},
			kept:      []string{"ACME_NAME=x", "HF_TOKEN=x"},
			scrubbed:  []string{"ACME_LICENCE", "GH_TOKEN", "acme_other"},
		},
		{
			name:     "what this run needs",
			environ:  []string{"INDEX_TOKEN=x", "OTHER_TOKEN=x"},
			keep:     []string{"INDEX_TOKEN"},
			kept:     []string{"INDEX_TOKEN=x"},
			scrubbed: []string{"OTHER_TOKEN"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			kept, scrubbed := test.variables.Scrub(test.environ, test.keep...)
			if diff := cmp.Diff(test.kept, kept); diff != "" {
				t.Errorf("kept: %s", diff)
			}
			if diff := cmp.Diff(test.scrubbed, scrubbed); diff != "" {
				t.Errorf("scrubbed: %s", diff)
			}
		})
	}
}

func TestDirectories(t *testing.T) {
	got := Directories([]string{"TMPDIR=/var/tmp", "CARGO_HOME=/mine", "A=b"}, "/run/x")
	for _, want := range []string{"TMPDIR=/run/x", "CARGO_HOME=/mine", "CCACHE_DIR=/run/x/ccache", "A=b"} {
		found := 0
		for _, pair := range got {
			if pair == want {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s is there %d times in %q", want, found, got)
		}
	}
	for _, pair := range got {
		if pair == "TMPDIR=/var/tmp" || pair == "CARGO_HOME=/run/x/cargo" {
			t.Errorf("%s is there", pair)
		}
	}
}
