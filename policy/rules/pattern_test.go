package rules

import "testing"

func TestPatterns(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"acme-*", "acme-data", true}, {"acme-*", "acme", false}, {"acme*", "acme", true}, {"*", "x", true},
		{"*-sdk", "acme-sdk", true},
		{"a*b*c", "aXbYc", true}, {"a*b*c", "acb", false}, {"a*a", "a", false}, {"ab*ba", "aba", false},
		{"x", "x", true}, {"x", "xy", false},
	}
	for _, test := range tests {
		if got := MatchesPattern(test.pattern, test.name); got != test.want {
			t.Errorf("%s, %s: %t", test.pattern, test.name, got)
		}
	}
	for text, want := range map[string]string{"Acme_*": "acme-*", "Acme": "acme", "*": "*", "a.-_b*": "a-b*"} {
		if got, ok := CanonicalPattern(text); !ok || got != want {
			t.Errorf("%s: %s %t, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "a b", "-a", "a-", "ä", "a/b", "a*?"} {
		if got, ok := CanonicalPattern(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}
