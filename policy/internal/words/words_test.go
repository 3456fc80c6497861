package words

import "testing"

func TestWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"https://h.example/a@b":       "https://h.example/a@b",
		"https://u:p@h.example/a":     "https://***@h.example/a",
		"https://u@h.example/a?x=1@2": "https://***@h.example/a?x=1@2",
		"https://u:p/q@h.example/a":   "https://***@h.example/a",
		"https://u:p%zz@h.example/a":  "https://***@h.example/a",
		"git+ssh://git@h.example/a":   "git+ssh://***@h.example/a",
		"u:p@h.example":               "***@h.example",
		"wheels":                      "wheels",
		"mailto:u:p@h.example":        "***@h.example",
	} {
		if got := WithoutCredentials(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for text, want := range map[string]string{
		"reqeusts": "reqeusts", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "-rf": "'-rf'", "$(x)": "'$(x)'", "a\nb": "'a?b'", "https://h.example/x?a=1&b=2": "'https://h.example/x?a=1&b=2'", "~": "'~'",
	} {
		if got := ShellWord(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
