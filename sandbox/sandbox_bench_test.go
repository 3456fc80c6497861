//go:build linux

package sandbox

import (
	"os"
	"testing"
)

// BenchmarkNew measures what computing a domain for this user's own home takes.
func BenchmarkNew(b *testing.B) {
	home, err := os.UserHomeDir()
	if err != nil {
		b.Fatal(err)
	}
	project, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	input := Input{Home: home, Project: project, Environ: os.Environ(), Write: []string{b.TempDir()}, Network: NetworkNone}
	for b.Loop() {
		domain, _, err := New(input)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(domain.ReadDirectories)+len(domain.ReadFiles)), "grants")
	}
}
