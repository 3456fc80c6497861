package progress

import (
	"strings"
	"testing"
)

func TestPictureFitsTheTerminal(t *testing.T) {
	for _, test := range []struct {
		width       int
		done, total int64
		want        string
	}{
		{80, 5, 10, "thresher: download 5 of 10 [############............]"},
		{80, 20, 10, "thresher: download 20 of 10 [########################]"},
		{80, 5, 0, "thresher: download 5"},
		{20, 5, 10, "thresher: download "},
	} {
		b := Bar{Width: test.width}
		text := map[int64]string{5: "5", 10: "10", 20: "20"}
		if got := b.picture("download", text[test.done], text[test.total], test.done, test.total); got != test.want {
			t.Errorf("%d of %d in %d columns: %q, want %q", test.done, test.total, test.width, got, test.want)
		}
	}
}

func TestNothingIsShownBeforeASecondOrWithoutATerminal(t *testing.T) {
	for _, width := range []int{0, 80} {
		var out strings.Builder
		b := Bar{Out: &out, Width: width}
		b.Show("download", "1", "2", 1, 2)
		b.Clear()
		if out.Len() > 0 {
			t.Errorf("%d columns: %q", width, out.String())
		}
	}
}
