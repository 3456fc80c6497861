package words

import (
	"path/filepath"
	"testing"
)

func TestActivation(t *testing.T) {
	tests := []struct{ dir, shell, system, want string }{
		{".venv", "bash", "linux", ". .venv/bin/activate"},
		{"my env", "zsh", "darwin", ". 'my env/bin/activate'"},
		{".venv", "fish", "linux", "source .venv/bin/activate.fish"},
		{".venv", "", "windows", filepath.Join(".venv", "Scripts", "activate")},
	}
	for _, test := range tests {
		if got := Activation(test.dir, test.shell, test.system); got != test.want {
			t.Errorf("%v: %s", test, got)
		}
	}
}

func TestShellWord(t *testing.T) {
	for text, want := range map[string][2]string{
		"reqeusts": {"reqeusts", "reqeusts"}, "a b": {"'a b'", `"a b"`}, "it's": {`'it'\''s'`, `"it's"`},
		"": {"''", `""`}, "-rf": {"-rf", "-rf"}, "$(x)": {"'$(x)'", `"$(x)"`}, "a\nb": {"'a\nb'", "\"a\nb\""},
		"https://h.example/x?a=1&b=2": {"'https://h.example/x?a=1&b=2'", `"https://h.example/x?a=1&b=2"`},
		"~":                           {"'~'", `"~"`}, `C:\it`: {`'C:\it'`, `C:\it`},
		"six>=1,<2": {"'six>=1,<2'", `"six>=1,<2"`},
		`a"b`:       {`'a"b'`, `"a""b"`}, "100%": {"100%", `"100%"`},
	} {
		if got := [2]string{shellWord(text, "linux"), shellWord(text, "windows")}; got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
