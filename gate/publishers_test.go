package gate

import (
	"testing"
	"time"

	"thresher/index"
)

// Which earlier release a file is compared with: the last before it that has
// settled, so that a stranger's first release vouches for no second one.
func TestVouchingFor(t *testing.T) {
	now := time.Now()
	g := &Gate{config: Config{Now: func() time.Time { return now }}}
	day := 24 * time.Hour
	for _, c := range []struct {
		name string
		ages map[string]time.Duration // of the releases before, negative without provenance
		want string
	}{
		{"the last", map[string]time.Duration{"1.0": 90 * day, "1.1": 60 * day}, "1.1"},
		{"one that has not settled", map[string]time.Duration{"1.0": 90 * day, "1.1": 60 * day, "1.2": 10 * day}, "1.1"},
		{"none has settled", map[string]time.Duration{"1.0": 20 * day, "1.1": 15 * day}, "1.0"},
		{"without attestations", map[string]time.Duration{"1.0": 90 * day, "1.1": -60 * day}, "1.0"},
		{"a pre-release", map[string]time.Duration{"1.0": 90 * day, "1.1rc1": 60 * day}, "1.0"},
		{"a later one", map[string]time.Duration{"1.0": 90 * day, "0.9": time.Hour}, "1.0"},
		{"the same release", map[string]time.Duration{"1.0": 90 * day, "2.0.0": 60 * day}, "1.0"},
		{"none", nil, ""},
	} {
		v := &verdict{name: "tool"}
		for version, age := range c.ages {
			file := &index.File{Provenance: "https://index.example/p", UploadTime: now.Add(-age)}
			if age < 0 {
				file.Provenance, file.UploadTime = "", now.Add(age)
			}
			v.kept = append(v.kept, keptFile{name: "tool", version: version, file: file})
		}
		got := g.vouchingFor(v, &keptFile{version: "2.0", file: &index.File{UploadTime: now.Add(-5 * day)}})
		if got == nil && c.want != "" || got != nil && got.version != c.want {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
	}
}
