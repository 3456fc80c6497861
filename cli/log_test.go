package cli

import (
	"testing"
	"time"
)

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":           {},
		"2h":         now.Add(-2 * time.Hour),
		"3d":         now.AddDate(0, 0, -3),
		"2026-03-01": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := parseSince(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-2h", "-3d", "2026-13-01"} {
		if got, err := parseSince(text, now); err == nil {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
}
