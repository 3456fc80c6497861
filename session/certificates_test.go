package session

import (
	"path/filepath"
	"testing"

	"thresher/pip"
)

func TestCertifiOf(t *testing.T) {
	dir := t.TempDir()
	bundle := filepath.Join(dir, "_vendor", "certifi", "cacert.pem")
	for version, want := range map[string]string{
		"20.0.2": "", "26.2": "", "26.2.1": "", "26.2.2.dev0": "", "26.2.2": bundle, "26.3": bundle, "27.0": bundle,
		"unknown": "", "": "",
	} {
		if got := certifiOf(&pip.Installation{Version: version, PackageDir: dir}); got != want {
			t.Errorf("pip %q: %q, want %q", version, got, want)
		}
	}
	if got := certifiOf(&pip.Installation{Version: "27.0"}); got != "" {
		t.Errorf("a pip whose files are not known: %q", got)
	}
}
