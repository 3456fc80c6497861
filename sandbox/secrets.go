package sandbox

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// secretKind are places of one kind of secret.
type secretKind struct {
	kind  string // in words, as a person is told
	paths []string
}

// homeSecrets lie below the home directory; those in .config, .local/share and
// .cache also where the XDG variables say.
var homeSecrets = []secretKind{
	{"keys and tokens of machines and repositories", []string{
		".ssh", ".gnupg", ".netrc", "_netrc", ".git-credentials", ".config/git/credentials", ".config/gh", ".config/hub",
		".config/glab-cli", ".age", ".config/sops",
	}},
	{"tokens of package indexes", []string{
		".pypirc", ".local/share/uv/credentials", ".config/pypoetry/auth.toml", ".npmrc",
		".yarnrc.yml", ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml",
		".gradle/gradle.properties",
		".local/share/python_keyring",
	}},
	{"clouds and clusters", []string{
		".aws", ".azure", ".config/gcloud", ".boto", ".s3cfg", ".config/rclone", ".oci", ".config/doctl",
		".config/openstack",
		".kube", ".docker", ".config/containers", ".config/helm", ".config/argocd", ".terraform.d", ".terraformrc",
		".vault-token",
		".fly", ".config/heroku", ".config/netlify", ".config/configstore", ".ansible/vault", ".vault_pass",
	}},
	{"databases, warehouses and models", []string{
		".dbt", ".databrickscfg", ".databricks", ".snowflake", ".config/snowflake", ".snowsql", ".pgpass", ".my.cnf",
		".mylogin.cnf", ".odbc.ini",
		".bigqueryrc", ".cache/huggingface/token", ".huggingface/token", ".kaggle", ".config/kaggle", ".config/wandb",
		".streamlit/secrets.toml", ".local/share/jupyter/runtime",
	}},
	{"passwords, browsers, mail and editors", []string{
		".password-store", ".local/share/keyrings", ".local/share/kwalletd", ".kde/share/apps/kwallet",
		".config/keepassxc", ".config/Bitwarden",
		".config/Bitwarden CLI", ".config/1Password", ".config/op", ".config/lastpass", ".local/share/lastpass",
		".mozilla", ".thunderbird", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware",
		".config/microsoft-edge",
		".config/vivaldi", ".config/opera", ".config/mozilla", "snap/firefox", "snap/chromium", ".var/app", ".pki",
		".config/Slack", ".config/discord", ".config/Signal", ".config/Code/User/globalStorage",
		".vscode-server/data/User/globalStorage",
		".Xauthority", ".ICEauthority",
	}},
	{"histories of shells, in which credentials were typed", []string{
		".bash_history", ".zsh_history", ".zhistory", ".zsh_sessions", ".histfile", ".sh_history", ".ksh_history",
		".history",
		".local/share/fish/fish_history", ".config/nushell/history.txt", ".python_history",
		".ipython/profile_default/history.sqlite",
		".psql_history", ".mysql_history", ".sqlite_history", ".rediscli_history", ".dbshell", ".mongodb",
		".node_repl_history", ".lesshst",
		".viminfo",
	}},
}

// homePaths are homeSecrets of every kind.
func homePaths() []string {
	var paths []string
	for _, kind := range homeSecrets {
		paths = append(paths, kind.paths...)
	}
	return paths
}

// systemSecrets lie in the same place for everybody; most can be read by root
// alone, who builds in containers.
var systemSecrets = []string{
	"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssl/private", "/etc/pki/tls/private",
	"/etc/krb5.keytab",
	"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key", "/etc/kubernetes",
	"/etc/rancher", "/var/lib/kubelet", "/run/secrets",
}

// configurations are files that hold no secret but where somebody wrote one into
// an address. They are closed only then: a program that cannot read which index
// is meant would ask another one. A leading "/" is not below the home directory.
var configurations = []string{
	".pip/pip.conf", ".config/pip/pip.conf", ".config/uv/uv.toml", ".condarc", ".config/pypoetry/config.toml",
	"/etc/pip.conf",
	"/etc/xdg/pip/pip.conf", "/etc/uv/uv.toml",
}

// largestConfiguration is how much of one is read.
const largestConfiguration = 1 << 20

// holdsCredential says whether a configuration has a URL with a password.
func holdsCredential(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, largestConfiguration))
	return err == nil && credentialInValue().Match(content)
}

// placeVariables name files or directories that hold secrets, several of them
// as PATH does, and of some directories the file in it that does.
var placeVariables = map[string]string{
	"AWS_SHARED_CREDENTIALS_FILE": "", "AWS_CONFIG_FILE": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
	"GOOGLE_APPLICATION_CREDENTIALS": "",
	"CLOUDSDK_CONFIG":                "", "AZURE_CONFIG_DIR": "", "AZURE_FEDERATED_TOKEN_FILE": "", "KUBECONFIG": "",
	"DOCKER_CONFIG":      "",
	"REGISTRY_AUTH_FILE": "", "NETRC": "", "GNUPGHOME": "", "PGPASSFILE": "", "PGSERVICEFILE": "",
	"DBT_PROFILES_DIR":       "profiles.yml",
	"DATABRICKS_CONFIG_FILE": "", "SNOWFLAKE_HOME": "", "RCLONE_CONFIG": "", "GH_CONFIG_DIR": "",
	"PASSWORD_STORE_DIR": "",
	"HISTFILE":           "", "XAUTHORITY": "", "BOTO_CONFIG": "", "KAGGLE_CONFIG_DIR": "", "HF_TOKEN_PATH": "",
	"NPM_CONFIG_USERCONFIG": "",
	"TF_CLI_CONFIG_FILE":    "", "ANSIBLE_VAULT_PASSWORD_FILE": "", "SOPS_AGE_KEY_FILE": "",
	"OCI_CLI_CONFIG_FILE": "", "CARGO_HOME": "credentials.toml",
}

// candidates are all the places at which secrets may lie, there or not.
func candidates(input Input) []string {
	environment := map[string]string{}
	for _, pair := range input.Environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			environment[name] = value
		}
	}
	var found []string
	for _, home := range []string{input.Home, input.Account} {
		if !filepath.IsAbs(home) {
			continue
		}
		for _, secret := range homePaths() {
			found = append(found, filepath.Join(home, secret))
		}
	}
	withConfigurations := []string{environment["PIP_CONFIG_FILE"]}
	for _, path := range configurations {
		if filepath.IsAbs(path) {
			withConfigurations = append(withConfigurations, path)
		} else if filepath.IsAbs(input.Home) {
			withConfigurations = append(withConfigurations, filepath.Join(input.Home, path))
		}
	}
	for _, path := range withConfigurations {
		if filepath.IsAbs(path) && holdsCredential(path) {
			found = append(found, path)
		}
	}
	for variable, standard := range map[string]string{
		"XDG_CONFIG_HOME": ".config/", "XDG_DATA_HOME": ".local/share/", "XDG_CACHE_HOME": ".cache/",
	} {
		if directory := environment[variable]; filepath.IsAbs(directory) {
			for _, secret := range homePaths() {
				if rest, ok := strings.CutPrefix(secret, standard); ok {
					found = append(found, filepath.Join(directory, rest))
				}
			}
		}
	}
	for variable, name := range placeVariables {
		for _, place := range filepath.SplitList(environment[variable]) {
			// One that holds all the rest is a mistake, and nothing could run.
			place = filepath.Join(place, name)
			if filepath.IsAbs(place) && !Within(input.Home, place) && !Within("/dev/null", place) {
				found = append(found, place)
			}
		}
	}
	if runtimeDirectory := environment["XDG_RUNTIME_DIR"]; filepath.IsAbs(runtimeDirectory) {
		for _, name := range []string{"containers", "gnupg", "keyring", "gcr", "ssh-agent.socket"} {
			found = append(found, filepath.Join(runtimeDirectory, name))
		}
	}
	found = append(found, fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid()))
	found = append(found, systemSecrets...)
	found = append(found, input.Secrets...)
	slices.Sort(found)
	return slices.Compact(found)
}

// How far a project is looked through for `.env` files: directories below it,
// and entries in all.
const (
	deepestEnvironmentFile = 3
	mostProjectEntries     = 4000
)

// notSearched are directories of a project that hold other people's files.
var notSearched = []string{"node_modules", "site-packages", "__pycache__"}

func isSearched(directory string) bool {
	return !strings.HasPrefix(directory, ".") && !slices.Contains(notSearched, directory)
}

// environmentFiles are the `.env` files of a project, in it and in the
// directories below it. Of a project that is a home directory or above one
// only the directory itself is looked at.
func environmentFiles(project string, homes []string) []string {
	if !filepath.IsAbs(project) {
		return nil
	}
	if real, err := filepath.EvalSymlinks(project); err == nil {
		project = real
	}
	deepest := deepestEnvironmentFile
	if slices.ContainsFunc(homes, func(home string) bool { return Within(home, project) }) {
		deepest = 0
	}
	var found []string
	left := mostProjectEntries
	// Breadth first, so that what is near is found where a project is large.
	directories := []string{project}
	for depth := 0; depth <= deepest; depth++ {
		var below []string
		for _, directory := range directories {
			entries := listDirectory(directory)
			if left -= len(entries); left < 0 && directory != project {
				return found
			}
			for _, entry := range entries {
				path := filepath.Join(directory, entry.Name())
				switch {
				case isEnvironmentFile(entry):
					found = append(found, path)
				case entry.IsDir() && isSearched(entry.Name()):
					below = append(below, path)
				}
			}
		}
		directories = below
	}
	return found
}

// isEnvironmentFile says whether an entry is a file of variables that a program
// loads (.env, .env.local, .envrc), and no example of one.
func isEnvironmentFile(entry fs.DirEntry) bool {
	name := entry.Name()
	if entry.IsDir() || name != ".env" && name != ".envrc" && !strings.HasPrefix(name, ".env.") {
		return false
	}
	for _, harmless := range []string{"example", "sample", "template", "dist", "defaults"} {
		if strings.HasSuffix(name, "."+harmless) {
			return false
		}
	}
	return true
}
