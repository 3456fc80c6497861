package rules_test

import (
	"testing"

	"thresher/policy"
	"thresher/policy/rules"
)

func BenchmarkJudgeFile(b *testing.B) {
	settings := preset(policy.Standard)
	for name, evidence := range map[string]rules.FileEvidence{
		"wheel": ordinary(),
		"sdist": {Name: "acme-data", Version: "2.1", Filename: "acme_data-2.1.tar.gz", Now: today,
			UploadTime: today.AddDate(0, -1, 0), IsSdist: true},
		"held": {Name: "acme-data", Version: "2.1", Filename: "acme_data-2.1.tar.gz", Now: today,
			UploadTime: today.AddDate(0, 0, -1)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				settings.JudgeFile(evidence)
			}
		})
	}
}

func BenchmarkJudgeRequested(b *testing.B) {
	settings := layers{user: "[allow.acme-data]\nreason = \"y\"\n[deny]\nx = \"y\"\n"}.settings(b)
	requested := named("acme-data", ">=1")
	for b.Loop() {
		settings.JudgeRequested(requested, rules.NameEvidence{})
	}
}
