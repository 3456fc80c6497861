package words

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"scan", "setup", "allow", "--json"}
	for given, want := range map[string]string{
		"scann": "scan", "SCAN": "scan", "alow": "allow", "alolw": "allow", "--jsno": "--json", "install": "", "": "",
	} {
		if got := Nearest(given, known); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
