package typosquat

import (
	"strings"
	"testing"
)

// BenchmarkCheck is the time of one name, over names of all kinds.
func BenchmarkCheck(b *testing.B) {
	names := []string{
		"reqeusts", "python-dateutils", "daria-pypi-lib", "aws-solutions-constructs-aws-fargate-opensearch",
		"mimiqlink", "django-freeze", "l10n", "odoo14-addon-l10n-ro-stock-account-date-wizard", "pool-lnd-grpc",
		"graphreadability",
	}
	Check(names[0])
	b.ResetTimer()
	for i := range b.N {
		Check(names[i%len(names)])
	}
}

// BenchmarkCheckHostile is the time of the names that take longest.
func BenchmarkCheckHostile(b *testing.B) {
	for about, name := range map[string]string{
		"same letter": strings.Repeat("m", 64),
		"groups":      strings.Repeat("kcl", 21),
		"hyphens":     strings.Repeat("a-", 63) + "b",
		"consonants":  "rqstscrptgrphy",
		"affixes":     strings.Repeat("py", 32),
		"common":      "pytest-django-requests-sdk-core-client",
		"long":        strings.Repeat("requests", 12),
	} {
		b.Run(about, func(b *testing.B) {
			Check(name)
			b.ResetTimer()
			for range b.N {
				Check(name)
			}
		})
	}
}

// BenchmarkStart is what the first new name of a run costs.
func BenchmarkStart(b *testing.B) {
	for range b.N {
		newEmbedded().Check("reqeusts")
	}
}

// BenchmarkStartPopular is what a run costs that meets popular names only.
func BenchmarkStartPopular(b *testing.B) {
	for range b.N {
		newEmbedded().Check("requests")
	}
}
