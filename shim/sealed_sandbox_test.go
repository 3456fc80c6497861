package shim

import "testing"

func TestInstallPrefix(t *testing.T) {
	for site, want := range map[string]string{
		"/srv/env/lib/python3.11/site-packages":            "/srv/env",
		"/usr/lib64/python3.12/site-packages":              "/usr",
		"/usr/local/lib/python3.11/dist-packages":          "/usr/local",
		"/home/me/.local/lib/python3.13/site-packages":     "/home/me/.local",
		"/usr/lib/python3/dist-packages":                   "/usr",
		"/srv/target":                                      "",
		"/home/me/Library/Python/3.11/lib/python/packages": "/home/me/Library/Python/3.11",
		"/opt/elsewhere/python3.11/site-packages":          "",
	} {
		if got := installPrefix(site); got != want {
			t.Errorf("%s: %q, want %q", site, got, want)
		}
	}
}
