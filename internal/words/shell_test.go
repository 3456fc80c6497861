package words

import "testing"

func TestShellWord(t *testing.T) {
	for text, want := range map[string][2]string{
		"reqeusts": {"reqeusts", "reqeusts"}, "a b": {"'a b'", `"a b"`}, "it's": {`'it'\''s'`, `"it's"`},
		"": {"''", `""`}, "-rf": {"-rf", "-rf"}, "$(x)": {"'$(x)'", "\"`$(x)\""}, "a\nb": {"'a\nb'", "\"a\nb\""},
		"https://h.example/x?a=1&b=2": {"'https://h.example/x?a=1&b=2'", `"https://h.example/x?a=1&b=2"`},
		"~":                           {"'~'", `"~"`}, `C:\it`: {`'C:\it'`, `C:\it`},
		"six>=1,<2": {"'six>=1,<2'", `"six>=1,<2"`},
		`a"b`:       {`'a"b'`, `"a""b"`}, "100%": {"100%", `"100%"`}, "@a": {"@a", `"@a"`},
		"a`b": {"'a`b'", "\"a``b\""}, "“x”": {"'“x”'", "\"`“x`”\""},
	} {
		if got := [2]string{shellWord(text, "linux"), shellWord(text, "windows")}; got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
