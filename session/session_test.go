package session

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"thresher/index"
	"thresher/internal/version"
	"thresher/pip"
	"thresher/pip/option"
	"thresher/python"
)

// Whatever a command says of how indexes are reached reaches the client.
func TestConfig(t *testing.T) {
	environ := []string{"HOME=/home/ann"}
	command := &pip.Command{
		Proxy: "http://proxy.example:3128", NoProxyEnvironment: true, Cert: "/cert.pem", ClientCert: "/client.pem",
		TrustedHosts: []option.Setting{{Value: "a.example"}, {Value: "b.example:8080"}}, Timeout: 2.5, Retries: 3,
		KeyringProvider: "subprocess", NoInput: true,
		Installation: &pip.Installation{
			Version: "27.0", PackageDir: "/pip", Environment: python.Environment{PythonVersion: "3.12.1"},
		},
	}
	want := index.Config{
		CacheDir: "/cache", Environ: environ, UserAgent: "thresher/" + version.String(),
		Proxy: "http://proxy.example:3128", NoProxyEnvironment: true, CertFile: "/cert.pem", ClientCert: "/client.pem",
		CertifiFile: "/pip/_vendor/certifi/cacert.pem", CertAddsToSystem: true,
		TrustedHosts: []string{"a.example", "b.example:8080"}, Timeout: 2500 * time.Millisecond, Retries: 3,
		KeyringProvider: "subprocess", NoInput: true,
	}
	if difference := cmp.Diff(want, configOf(command, environ, "/cache")); difference != "" {
		t.Errorf("(-want +got):\n%s", difference)
	}
	for _, old := range []struct{ pip, python string }{{"24.1", "3.12.1"}, {"26.2", "3.9.18"}, {"23.2.1", "3.11.7"}} {
		command.Installation.Version, command.Installation.PythonVersion = old.pip, old.python
		if configOf(command, nil, "").CertAddsToSystem {
			t.Errorf("pip %s on Python %s: a bundle adds to the system's", old.pip, old.python)
		}
	}
	for pip, asks := range map[string]bool{"26.1.2": true, "26.2": false, "27.0": false, "unknown": false} {
		command.Installation.Version = pip
		if got := configOf(command, nil, ""); (got.Revalidate != nil) != asks || asks && !got.Revalidate("app") {
			t.Errorf("pip %s: asks every time %t, want %t", pip, got.Revalidate != nil, asks)
		}
	}
}
