package option

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thresher/pip/internal/release"
)

// TestTables compares the embedded tables with what was recorded of every
// option of every command: in which versions it came and went.
func TestTables(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "pip_options.tsv"))
	if err != nil {
		t.Skip("what was recorded is not here: ", err)
	}
	for number, line := range strings.Split(strings.TrimRight(string(content), "\n"), "\n") {
		if number == 0 {
			continue
		}
		f := strings.Split(line, "\t")
		recorded, command, long, short, takesValue, first, last := f[0], f[1], f[2], f[3], f[4] == "yes", f[6], f[7]
		check := func(version string, present bool) {
			t.Helper()
			table, ok := Embedded(version)
			if !ok {
				t.Fatalf("pip %s has no table", version)
			}
			var option *Spec
			if table.Commands[command] != nil {
				option = table.Commands[command].byName[long]
			}
			if (option != nil) != present {
				t.Errorf("pip %s: %s %s is there: %v, want %v", version, command, long, option != nil, present)
				return
			}
			if option == nil || version != recorded {
				return
			}
			if short != "" && table.Commands[command].byName[short] != option {
				t.Errorf("pip %s: %s %s is not %s", version, command, short, long)
			}
			if option.TakesValue() != takesValue || option.Action != f[9] || option.Dest != f[10] ||
				strings.Join(option.Choices, ",") != f[11] {
				t.Errorf("pip %s: %s %s is %+v, want %q", version, command, long, option, f)
			}
		}
		check(recorded, true)
		if order, _ := release.Order(first); first != "" && order > 200000009 {
			check(first, true)
		}
		if last != "" {
			check(last, true)
			if last == "26.2.1" {
				check("26.3.dev0", false)
			}
		}
	}
}

func TestEmbeddedTableKnowsItsLimits(t *testing.T) {
	for version, known := range map[string]bool{
		"20.0": true, "20.0.2": true, "22.1": true, "23.0.1+dfsg": true, "26.2.1": true, "26.3.dev0": true,
		"19.3.1": false, "26.2.2": false, "26.3": false, "27.0": false, "24.1b1": false, "26.4.dev0": false, "": false,
		"x": false,
	} {
		if _, ok := Embedded(version); ok != known {
			t.Errorf("pip %q is known: %v, want %v", version, ok, known)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	ascending := []string{"9", "20.0.dev1", "20.0", "20.0.1", "20.1", "20.2.dev0", "20.2rc1", "20.2", "20.10",
		"26.3.dev0", "26.3"}
	for i := 1; i < len(ascending); i++ {
		if release.AtLeast(ascending[i-1], ascending[i]) && ascending[i] != "20.2rc1" ||
			!release.AtLeast(ascending[i], ascending[i-1]) {
			t.Errorf("%s and %s are out of order", ascending[i-1], ascending[i])
		}
	}
	if !release.AtLeast("no version", "26.0") {
		t.Error("what cannot be read is taken as the newest")
	}
}

// BenchmarkEmbedded unpacks a table, which one process does once.
func BenchmarkEmbedded(b *testing.B) {
	for b.Loop() {
		embeddedTables.Clear()
		if _, ok := Embedded("25.0"); !ok {
			b.Fatal("it is not known")
		}
	}
}
