package policy

import "testing"

func BenchmarkLoad(b *testing.B) {
	l := layers{user: example}
	_ = l
	for b.Loop() {
		statements, problems := checkDocument("policy.toml", []byte(example))
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		merge([]source{{File{Layer: UserLayer}, statements, false}}, LoadInput{Now: today})
	}
}

func BenchmarkJudgeFile(b *testing.B) {
	policy := Default(Standard)
	for name, evidence := range map[string]FileEvidence{
		"wheel": ordinary(),
		"sdist": {Name: "acme-data", Version: "2.1", Filename: "acme_data-2.1.tar.gz", Now: today, UploadTime: today.AddDate(0, -1, 0), IsSdist: true},
		"held":  {Name: "acme-data", Version: "2.1", Filename: "acme_data-2.1.tar.gz", Now: today, UploadTime: today.AddDate(0, 0, -1)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				policy.JudgeFile(evidence)
			}
		})
	}
}

func BenchmarkJudgeRequested(b *testing.B) {
	policy := layers{user: example}.merged(b, false)
	requested := named("acme-data", ">=1")
	for b.Loop() {
		policy.JudgeRequested(requested, NameEvidence{})
	}
}
