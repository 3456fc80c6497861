package gate

import (
	"strings"
	"testing"

	"thresher/policy/rules"
)

// A reason phrase is one line of printable ASCII, whatever evidence it quotes.
func TestReasonPhrase(t *testing.T) {
	reason := refusal(rules.Finding{
		Subject: "evil\r\nX-Injected: 1", Evidence: "na\u00efve \x1b[31m\u202e" + strings.Repeat("x", 5000), Rule: rules.Malware,
	})
	if len(reason) > maximalReason+10 {
		t.Errorf("%d bytes", len(reason))
	}
	for _, c := range []byte(reason) {
		if c < ' ' || c > '~' {
			t.Errorf("byte %q in %q", c, reason[:80])
		}
	}
	if want := "blocked by thresher: evil  X-Injected: 1: na?ve ?[31m?xxx"; !strings.HasPrefix(reason, want) {
		t.Errorf("got %q", reason[:80])
	}
}
