package policy

import (
	"testing"

	"thresher/policy/rules"
)

func BenchmarkLoad(b *testing.B) {
	l := layers{user: example}
	_ = l
	for b.Loop() {
		statements, problems := checkDocument("policy.toml", []byte(example))
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		merge([]source{{File{Layer: rules.UserLayer}, statements, false, nil}}, LoadInput{Now: today})
	}
}
