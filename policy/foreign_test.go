package policy

import (
	"strings"
	"testing"
	"time"
)

func TestFromSafety(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for about, test := range map[string]struct {
		policy, want string
		ids          int
		notes        []string
	}{
		"version 2": {`# Safety
security:
    ignore-cvss-severity-below: 7.5
    ignore-cvss-unknown-severity: False
    ignore-vulnerabilities:
        # CVE-2018-20225
        67599:
            reason: we use no extra index
            expires: '2026-12-31'
        25853:
            reason: CVE-2020-8492 does not reach us
        40000: # no id
            reason: we do not call it
        11111:
            reason: CVE-2019-0001
            expires: '2022-10-21'
        ghsa-xqr8-7jwr-rhp7:
    continue-on-vulnerability-error: False
`, `[scan]
fail-on = "high"

[[scan.ignore]]
id = "CVE-2018-20225"
reason = "we use no extra index"
expires = 2026-12-31

[[scan.ignore]]
id = "CVE-2020-8492"
reason = "CVE-2020-8492 does not reach us"
expires = 2026-05-30

[[scan.ignore]]
id = "ghsa-xqr8-7jwr-rhp7"
reason = "taken over from safety"
expires = 2026-05-30
`, 3, []string{"line 3: a score of 7.5 lies within high", "line 12: 40000 is a number",
			"line 14: the ignore of 11111 expired on 2022-10-21"}},
		"version 3": {`version: '3.0'
scanning-settings:
  max-depth: 6
report:
  dependency-vulnerabilities:
    auto-ignore-in-report:
      vulnerabilities:
        51457:
          reason: PYSEC-2022-42969 is about Subversion
          expires: '2027-01-01'
fail-scan-with-exit-code:
  dependency-vulnerabilities:
    fail-on-any-of:
      cvss-severity:
        - critical
        - high
      exploitability:
        - critical
`, `[scan]
fail-on = "high"

[[scan.ignore]]
id = "PYSEC-2022-42969"
reason = "PYSEC-2022-42969 is about Subversion"
expires = 2027-01-01
`, 1, []string{"line 2: scanning-settings has no counterpart",
			"line 17: exploitability has no counterpart"}},
		"version 3, by what it takes where nothing is said": {"version: '3.0'\nfail-scan-with-exit-code:\n" +
			"  dependency-vulnerabilities:\n    enabled: true\n", "[scan]\nfail-on = \"medium\"\n", 0, nil},
		"version 3, switched off": {"version: '3.0'\nfail-scan-with-exit-code:\n" +
			"  dependency-vulnerabilities:\n    enabled: false\n", "[scan]\nfail-on = \"none\"\n", 0, nil},
		"version 3, for single requirements": {`version: '3.0'
report:
  dependency-vulnerabilities:
    auto-ignore-in-report:
      vulnerabilities:
        51457:
          reason: CVE-2022-42969 is about Subversion
          expires: '2027-01-01'
          specifications: ['==1.10.0', '<1.11', 'no specifier']
`, `[[scan.ignore]]
id = "CVE-2022-42969"
reason = "CVE-2022-42969 is about Subversion"
expires = 2027-01-01
versions = "==1.10.0"

[[scan.ignore]]
id = "CVE-2022-42969"
reason = "CVE-2022-42969 is about Subversion"
expires = 2027-01-01
versions = "<1.11"
`, 2, []string{"line 6: "}},
		"a score below which all is ignored": {"security:\n  ignore-cvss-severity-below: 7\n" +
			"  ignore-cvss-unknown-severity: True\n", "[scan]\nfail-on = \"high\"\n", 0,
			[]string{"line 3: ignore-cvss-unknown-severity has no counterpart"}},
		"a score within low": {"security:\n  ignore-cvss-severity-below: 3\n", "[scan]\nfail-on = \"low\"\n", 0,
			[]string{"line 2: a score of 3 lies within low"}},
		"no score":      {"security:\n  ignore-cvss-severity-below: 0\n", "[scan]\nfail-on = \"any\"\n", 0, nil},
		"nothing fails": {"security:\n  continue-on-vulnerability-error: true\n", "[scan]\nfail-on = \"none\"\n", 0, nil},
		"empty":         {"security: {}\n", "", 0, nil},
	} {
		imported, err := FromSafety([]byte(test.policy), now)
		if err != nil {
			t.Errorf("%s: %v", about, err)
			continue
		}
		if imported.TOML != test.want || imported.Ids != test.ids {
			t.Errorf("%s: %d\n%s\nwant\n%s", about, imported.Ids, imported.TOML, test.want)
		}
		if len(imported.Notes) != len(test.notes) {
			t.Errorf("%s: %q", about, imported.Notes)
		}
		for i, note := range test.notes {
			if i < len(imported.Notes) && !strings.Contains(imported.Notes[i], note) {
				t.Errorf("%s: %q, want %q", about, imported.Notes[i], note)
			}
		}
		if _, problems := checkDocument("", []byte(imported.TOML)); len(problems) > 0 {
			t.Errorf("%s: what it prints is no policy: %v", about, problems)
		}
	}
	for _, text := range []string{"", "- a\n", "{", "\x00", "a: &a [*a]\n"} {
		if imported, err := FromSafety([]byte(text), now); err == nil && imported.TOML != "" {
			t.Errorf("%q: %+v", text, imported)
		}
	}
}

func FuzzFromSafety(f *testing.F) {
	f.Add([]byte("security:\n  ignore-vulnerabilities:\n    1:\n      reason: CVE-2020-1234\n"))
	f.Add([]byte("security:\n  ignore-cvss-severity-below: 9.9\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		imported, err := FromSafety(content, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			return
		}
		if _, problems := checkDocument("", []byte(imported.TOML)); len(problems) > 0 {
			t.Errorf("%q: %s: %v", content, imported.TOML, problems)
		}
	})
}
