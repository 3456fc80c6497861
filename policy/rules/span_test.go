package rules

import "testing"

func TestAges(t *testing.T) {
	for span, want := range map[Span]string{0: "less than a minute", Hour: "1 hour", 26 * Hour: "1 day", 45 * Day: "1 month", 800 * Day: "2 years"} {
		if got := Age(span.Duration()); got != want {
			t.Errorf("%v: %s, want %s", span, got, want)
		}
	}
}
