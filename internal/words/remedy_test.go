package words

import "testing"

func TestRemedy(t *testing.T) {
	for _, test := range []struct{ place, remedy, want string }{
		{"requirements.txt:3", "requests>=2.31.0", "edit: requirements.txt:3: requests>=2.31.0"},
		{"", "requirements.txt:3: requests>=2.31.0", "edit: requirements.txt:3: requests>=2.31.0"},
		{"requirements.txt:3", "pip install -U requests", "fix: pip install -U requests"},
		{"reqeusts", "thresher explain reqeusts", "fix: thresher explain reqeusts"},
		{"", ". .venv/bin/activate", "fix: . .venv/bin/activate"},
		{"", `& "my env\Scripts\activate"`, `fix: & "my env\Scripts\activate"`},
		{"", `..\.venv\Scripts\activate`, `fix: ..\.venv\Scripts\activate`},
		{"", `$env:TOKEN = Read-Host`, `fix: $env:TOKEN = Read-Host`},
		{"setup.cfg", "piping is no command", "edit: setup.cfg: piping is no command"},
	} {
		if got := Remedy(test.place, test.remedy); got != test.want {
			t.Errorf("%q %q: %q, want %q", test.place, test.remedy, got, test.want)
		}
	}
}
