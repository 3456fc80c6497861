//go:build unix

package sandbox

import (
	"os"
	"path/filepath"
	"testing"
)

// machine is a home directory with secrets, for tests to change.
func machine(t *testing.T, entries ...string) (root string, input Input) {
	t.Helper()
	root = realDirectory(t)
	plant(t, root, append([]string{
		"home/.ssh/id", "home/.aws/credentials", "home/.netrc", "home/.bashrc", "home/.config/gh/hosts.yml",
		"home/.config/other/x",
		"home/work/.env", "home/work/.env.example", "home/work/app/.env.local", "home/work/app/main.py",
		"home/work/node_modules/x/.env",
		"elsewhere/x",
	}, entries...)...)
	return root, Input{Home: filepath.Join(root, "home"), Project: filepath.Join(root, "home/work"), Network: NetworkNone}
}

func TestNew(t *testing.T) {
	for _, test := range []struct {
		name          string
		entries       []string
		change        func(root string, input *Input)
		reads, closes []string
	}{
		{
			name: "secrets of home and project",
			reads: []string{"home/.bashrc", "home/.config/other/x", "home/work/app/main.py", "home/work/.env.example",
				"home/work/node_modules/x/.env", "elsewhere/x"},
			closes: []string{"home/.ssh/id", "home/.aws/credentials", "home/.netrc", "home/.config/gh/hosts.yml",
				"home/work/.env", "home/work/app/.env.local"},
		},
		{
			name: "what comes into the home directory later", closes: []string{"home/.new-secret"},
		},
		{
			name: "a home directory that is a link", entries: []string{"link -> home"},
			change: func(root string, input *Input) { input.Home = filepath.Join(root, "link") },
			reads:  []string{"home/.bashrc"}, closes: []string{"home/.ssh/id", "link/.ssh/id"},
		},
		{
			name: "a secret that is a link", entries: []string{"vault/keys/id", "vault/x", "home/.kube -> vault/keys"},
			reads: []string{"vault/x"}, closes: []string{"vault/keys/id"},
		},
		{
			name: "a link to a place with secrets grants nothing", entries: []string{"home/shortcut -> home/.ssh"},
			closes: []string{"home/.ssh/id", "home/shortcut/id"},
		},
		{
			name: "a project inside .config", entries: []string{"home/.config/gh/x", "home/.config/project/main.py",
				"home/.config/project/.env"},
			change: func(root string, input *Input) { input.Project = filepath.Join(root, "home/.config/project") },
			reads:  []string{"home/.config/project/main.py"}, closes: []string{"home/.config/project/.env", "home/.config/gh/x"},
		},
		{
			name:   "the home directory is the project",
			change: func(root string, input *Input) { input.Project = input.Home },
			reads:  []string{"home/work/app/main.py", "home/work/.env"}, closes: []string{"home/.ssh/id"},
		},
		{
			name:    "places of a policy, with what is needed in them",
			entries: []string{"srv/keys/a", "srv/venv/bin/python", "srv/venv/pyvenv.cfg"},
			change: func(root string, input *Input) {
				input.Secrets = []string{filepath.Join(root, "srv"), filepath.Join(root, "not/there")}
				input.Needed = []string{filepath.Join(root, "srv/venv")}
			},
			reads: []string{"srv/venv/bin/python"}, closes: []string{"srv/keys/a"},
		},
		{
			name: "places that variables name",
			entries: []string{"conf/gcp.json", "conf/a.kube", "conf/b.kube", "conf/profiles.yml", "conf/x",
				"xdg/gh/hosts.yml", "xdg/x"},
			change: func(root string, input *Input) {
				at := func(name string) string { return filepath.Join(root, name) }
				input.Environ = []string{
					"GOOGLE_APPLICATION_CREDENTIALS=" + at("conf/gcp.json"), "KUBECONFIG=" + at("conf/a.kube") +
						":" + at("conf/b.kube"),
					"DBT_PROFILES_DIR=" + at("conf"), "XDG_CONFIG_HOME=" + at("xdg"), "AWS_CONFIG_FILE=/",
					"NETRC=/dev/null", "DOCKER_CONFIG=relative",
				}
			},
			reads: []string{"conf/x", "xdg/x"}, closes: []string{"conf/gcp.json", "conf/a.kube", "conf/b.kube",
				"conf/profiles.yml", "xdg/gh/hosts.yml"},
		},
		{
			name:   "a place that may be written is read whole",
			change: func(root string, input *Input) { input.Write = []string{filepath.Join(root, "home/work")} },
			reads:  []string{"home/work/.env", "home/work/app/.env.local"}, closes: []string{"home/.ssh/id"},
		},
		{
			name:   "a place that may be written and holds secrets is not",
			change: func(root string, input *Input) { input.Write = []string{input.Home, root} },
			reads:  []string{"home/.bashrc"}, closes: []string{"home/.ssh/id", "home/work/.env"},
		},
		{
			name:    "a home directory of the account beside another",
			entries: []string{"account/.ssh/id", "account/x"},
			change:  func(root string, input *Input) { input.Account = filepath.Join(root, "account") },
			reads:   []string{"account/x"}, closes: []string{"account/.ssh/id", "home/.ssh/id"},
		},
		{
			name: "no home directory", change: func(_ string, input *Input) { input.Home = "" },
			reads: []string{"home/.ssh/id"}, closes: []string{"home/work/.env"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, input := machine(t, test.entries...)
			if test.change != nil {
				test.change(root, &input)
			}
			domain, _, err := New(input)
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range test.reads {
				if !domain.reads(filepath.Join(root, path)) {
					t.Errorf("%s cannot be read", path)
				}
			}
			for _, path := range test.closes {
				if domain.reads(filepath.Join(root, path)) {
					t.Errorf("%s can be read", path)
				}
			}
		})
	}
}

// Which index is meant is read, unless somebody wrote a password into it.
func TestConfigurations(t *testing.T) {
	for content, closed := range map[string]bool{
		"[global]\nindex-url = https://index.example/simple\n":              false,
		"[global]\nindex-url = https://me:secret@index.example/simple\n":    true,
		"[global]\nindex-url = https://__token__:x@index.example/simple/\n": true,
	} {
		root, input := machine(t, "home/.config/pip/pip.conf")
		path := filepath.Join(root, "home/.config/pip/pip.conf")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		domain, _, err := New(input)
		if err != nil {
			t.Fatal(err)
		}
		if domain.reads(path) == closed {
			t.Errorf("closed is %t for %q", !closed, content)
		}
	}
}

func TestNewSaysWhatIsClosed(t *testing.T) {
	root, input := machine(t)
	input.Write = []string{input.Project}
	_, found, err := New(input)
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{}
	for _, closed := range found {
		open[closed.Path] = closed.Open
	}
	for path, want := range map[string]bool{"home/.ssh": false, "home/.netrc": false, "home/work/.env": true} {
		if got, there := open[filepath.Join(root, path)]; !there || got != want {
			t.Errorf("%s: open %t, there %t", path, got, there)
		}
	}
	if _, there := open[filepath.Join(root, "home/.azure")]; there {
		t.Error("a place that is not there is named")
	}
}

func TestDomainTravels(t *testing.T) {
	_, input := machine(t)
	input.Network, input.Ports = NetworkPorts, []uint16{8080}
	domain, _, err := New(input)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "domain.json")
	if err := domain.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	read, err := ReadFile(path)
	if err != nil || read.Network != NetworkPorts || len(read.Ports) != 1 ||
		len(read.ReadDirectories) != len(domain.ReadDirectories) {
		t.Errorf("%+v, %v", read, err)
	}
	for _, content := range []string{"", "{}", `{"network": "some"}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(path); err == nil {
			t.Errorf("%q is taken for a domain", content)
		}
	}
}
