package words

import "testing"

func TestShellWord(t *testing.T) {
	for text, want := range map[string]string{
		"reqeusts": "reqeusts", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "-rf": "'-rf'", "$(x)": "'$(x)'", "a\nb": "'a?b'", "https://h.example/x?a=1&b=2": "'https://h.example/x?a=1&b=2'", "~": "'~'",
	} {
		if got := ShellWord(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
