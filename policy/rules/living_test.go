package rules_test

import (
	"os"
	"strings"
	"testing"

	"thresher/policy"
	"thresher/policy/rules"
)

// TestLivingProjectsGoOn judges, with no network, what the requirement files of
// living projects name. Evidence clears nearly all names that are asked about;
// without any, few files may be stopped, and none for another reason.
func TestLivingProjectsGoOn(t *testing.T) {
	content, err := os.ReadFile("testdata/living_requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	// Evidence clears afsapi, which is old and has many releases. That of aioemonitor,
	// four releases of one day in 2021 by one account, does not.
	want := map[string]string{"aioemonitor": "aiomonitor", "afsapi": "fastapi"}
	settings := preset(policy.Standard)
	files, stopped := 0, 0
	for line := range strings.Lines(string(content)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		files++
		isStopped := false
		for _, name := range strings.Fields(line) {
			for _, finding := range settings.JudgeRequested(named(name, ">=1"), rules.NameEvidenceOf(name)) {
				if finding.Action != rules.Ask && finding.Action != rules.Block {
					continue
				}
				isStopped = true
				if finding.Rule != rules.Typosquat || finding.Confidence != rules.Medium || want[name] != finding.Target {
					t.Errorf("%s is stopped: %+v", name, finding)
				}
			}
		}
		if isStopped {
			stopped++
		}
	}
	if files < 900 || 1000*stopped > 3*files {
		t.Errorf("%d of %d files are stopped, want 3 of 1,000 at most without any evidence", stopped, files)
	}
}
