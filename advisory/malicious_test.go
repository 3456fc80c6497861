package advisory

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Of all records of the test data the rules call these malware and no other.
func TestMaliciousRecords(t *testing.T) {
	source, err := openSource(shared(t, "advisories.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var got []string
	if err := source.read(func(next item) error {
		text, err := next.load()
		if err != nil {
			return err
		}
		record, err := parseOSV(text)
		if err == nil && record.malware {
			got = append(got, record.id)
		}
		return err
	}, nil); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join("testdata", "malicious_records.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(list))
	slices.Sort(got)
	for _, id := range got {
		if !slices.Contains(want, id) {
			t.Errorf("%s is called malware and is none", id)
		}
	}
	for _, id := range want {
		if !slices.Contains(got, id) {
			t.Errorf("%s is malware and is not called so", id)
		}
	}
}

// Sentences of both kinds, as records have them.
func TestTextSaysMalicious(t *testing.T) {
	for text, want := range map[string]bool{
		"The acme project was taken over via an account compromise and a new malicious release made": true,
		"Two acme versions published containing credential harvesting malware":                       true,
		"After a token was exposed, two new releases of `acme` were uploaded to the index " +
			"containing automatically activated malware. Anyone may be concerned.": true,
		"Malicious code in acme (PyPI)":                                                 true,
		"Embedded malicious code":                                                       true,
		"Malicious package. It sends secrets to a server.":                              true,
		"acme 0.5 contains credential harvesting code":                                  true,
		"An attacker published version 1.2.3 with a token that was stolen":              true,
		"Malicious versions of acme were published, which may send credentials away":    true,
		"Versions 8.3.41 and 8.3.42 contained a cryptominer":                            true,
		"Versions 1.0 and 1.1 were compromised and should not be used":                  true,
		"The acme package, as distributed on PyPI, included a code-execution backdoor.": true,

		"A malicious server may send a response that never ends":                                     false,
		"Malicious code in a model file is executed when it is loaded":                               false,
		"acme does not protect from compromised mirrors":                                             false,
		"An attacker can upload a malicious package to the registry that acme then installs":         false,
		"This flaw leads to malicious packages being installed on the system":                        false,
		"If an attacker published a package of that name, acme would install it":                     false,
		"A malicious package could override these components with harmful code":                      false,
		"By embedding malicious code in packages served from their index, the attacker runs it":      false,
		"Versions before 2.0 contain a flaw with which an attacker runs malicious code":              false,
		"The package contains a function that executes malicious payloads without a check":           false,
		"Version 1.0 has a parser in which a malicious file published elsewhere ends the process":    false,
		"Session hijacking is possible where a compromised account is used":                          false,
		"Affected versions of this package are vulnerable to malicious input":                        false,
		"An attacker who takes over an account may release malware to its users, which is not fixed": false,
	} {
		if got := textSaysMalicious(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// Which versions a record calls malware: those that it names where its source is
// known to say too much.
func TestMalwareOfVersions(t *testing.T) {
	const affected = `"affected":[{"package":{"name":"acme","ecosystem":"PyPI"},` +
		`"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}],"versions":["1.0","1.1"]}]`
	for _, c := range []struct {
		name, text, version string
		malware, whole      bool
	}{
		{"the collection's", `{"id":"MAL-1",` + affected + `}`, "2.0", true, true},
		{"of a source that says too much", `{"id":"MAL-1","database_specific":{"malicious-packages-origins":[` +
			`{"source":"ghsa-malware","ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]},` +
			`{"source":"other","versions":["1.0"]}]},` + affected + `}`, "2.0", false, false},
		{"the same, a version that it names", `{"id":"MAL-1","database_specific":{"malicious-packages-origins":[` +
			`{"source":"ghsa-malware","ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]},` + affected + `}`,
			"1.1.0", true, false},
		{"another source says the same", `{"id":"MAL-1","database_specific":{"malicious-packages-origins":[` +
			`{"source":"ghsa-malware","ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]},` +
			`{"source":"other","ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]},` + affected + `}`,
			"2.0", true, true},
		{"by its alias", `{"id":"GHSA-1","aliases":["MAL-1"],` + affected + `}`, "1.0", true, false},
		{"by its class", `{"id":"GHSA-1","database_specific":{"cwe_ids":["CWE-506"]},` + affected + `}`,
			"1.0", true, false},
		{"by its class, said of the package", `{"id":"PYSEC-1",` +
			`"affected":[{"package":{"name":"acme","ecosystem":"PyPI"},"versions":["1.0"],` +
			`"database_specific":{"cwes":[{"cweId":"CWE-506"}]}}]}`, "1.0", true, false},
		{"a version after the named ones", `{"id":"PYSEC-1","summary":"acme 1.1 contains a backdoor",` + affected + `}`,
			"2.0", false, false},
		{"a vulnerability", `{"id":"PYSEC-1","summary":"a flaw","database_specific":["another form"],` + affected + `}`,
			"1.0", false, false},
	} {
		record, err := parseOSV([]byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		r := record.packages["acme"]
		if got := r.Malware(c.version); got != c.malware {
			t.Errorf("%s: %s is malware: %v, want %v", c.name, c.version, got, c.malware)
		}
		if got := r.wholeMalware(); got != c.whole {
			t.Errorf("%s: whole: %v, want %v", c.name, got, c.whole)
		}
		if !r.Affects(c.version) {
			t.Errorf("%s: is not about %s", c.name, c.version)
		}
	}
}
