package rules_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thresher/pep"
	"thresher/policy"
	"thresher/policy/rules"
	"thresher/policy/typosquat"
)

// sharedTable reads a table beside the repository, its rows by title; without it
// the test is left out.
func sharedTable(t *testing.T, name string) []map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		t.Skip("the table is not here: ", err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes = '\t', -1, true
	lines, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, title := range lines[0] {
			if i < len(line) {
				row[title] = line[i]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// firstOf is the first finding about a name as the standard preset has it.
func firstOf(settings *rules.Settings, name string) rules.Finding {
	findings := settings.JudgeRequested(typed(name), rules.NameEvidenceOf(name))
	if decided := rules.Decide(findings, rules.AtTerminal); len(decided.Findings) > 0 {
		return decided.Findings[0]
	}
	return rules.Finding{}
}

// TestImportsOfPopularPackages: who types an import is led to its package.
func TestImportsOfPopularPackages(t *testing.T) {
	settings := preset(policy.Standard)
	// What the table has otherwise: these have no answer, or another.
	otherwise := map[string]string{"google": "", "airflow": "apache-airflow"}
	rows, right := 0, 0
	for _, row := range sharedTable(t, "import_names.tsv") {
		canonical, ok := pep.ParseName(row["import"])
		if rank := row["rank"]; !ok || len(rank) > 3 && (len(rank) > 4 || rank >= "5000") {
			continue
		}
		rows++
		want := row["distribution"]
		if corrected, is := otherwise[canonical]; is {
			want = corrected
		}
		if first := firstOf(settings, row["import"]); first.Target == want {
			right++
		} else {
			t.Logf("%s: %s %s, the table has %s", row["import"], first.Rule, first.Target, want)
		}
	}
	t.Logf("%d of %d", right, rows)
	if rows < 1000 || 100*right < 99*rows {
		t.Errorf("of %d imports %d are led to their packages, want 99 of 100", rows, right)
	}
}

// TestOrdinaryNamesAreNoImports: names of nobody's imports are seldom asked
// about as if they were.
func TestOrdinaryNamesAreNoImports(t *testing.T) {
	settings := preset(policy.Standard)
	rows := sharedTable(t, "ordinary_names.tsv")
	stopped := 0
	for _, row := range rows {
		for _, finding := range settings.JudgeRequested(typed(row["name"]), rules.NameEvidenceOf(row["name"])) {
			if finding.Rule == rules.ImportName && finding.Action != rules.Note {
				t.Logf("%s: %s", row["name"], finding.Target)
				stopped++
			}
		}
	}
	t.Logf("%d of %d", stopped, len(rows))
	if 1000*stopped >= len(rows) {
		t.Errorf("%d of %d ordinary names are stopped, want less than one of a thousand", stopped, len(rows))
	}
}

func TestImportName(t *testing.T) {
	tests := []struct {
		name, target string
		action       rules.Action
	}{
		{"PIL", "pillow", rules.Ask},
		{"cv2", "opencv-python", rules.Ask},
		{"dateutil", "python-dateutil", rules.Ask},
		{"yaml", "pyyaml", rules.Ask},
		{"airflow", "apache-airflow", rules.Ask},
		{"git", "gitpython", rules.Ask},
		{"MySQLdb", "mysqlclient", rules.Ask},
		{"sklearn", "scikit-learn", rules.Note},
		{"bs4", "beautifulsoup4", rules.Note},
		{"dotenv", "python-dotenv", rules.Note},
		{"jwt", "pyjwt", rules.Note},
		{"serial", "pyserial", rules.Note},
		{"fitz", "pymupdf", rules.Note},
		{"examples", "tweepy", rules.Note},
		{"google", "", ""},
		{"opentelemetry", "", ""},
		{"numpy", "", ""},
	}
	for _, test := range tests {
		first := firstOf(preset(policy.Standard), test.name)
		if first.Target != test.target || first.Action != test.action {
			t.Errorf("%s: %+v, want %s, %s", test.name, first, test.action, test.target)
		}
		if test.target == "" {
			continue
		}
		if first.Rule != rules.ImportName || first.Hint != "pip install "+test.target {
			t.Errorf("%s: %+v", test.name, first)
		}
		checkTexts(t, []rules.Finding{first})
	}
	if first := firstOf(layers{user: "preset = \"strict\"\n"}.settings(t), "cv2"); first.Action != rules.Block {
		t.Errorf("strict: %+v", first)
	}
	allowed := "[allow.cv2]\nreason = \"our own\"\n"
	if first := firstOf(layers{user: allowed}.settings(t), "cv2"); first.Rule != "" {
		t.Errorf("allowed: %+v", first)
	}
	installed := typed("cv2")
	installed.New = false
	for _, finding := range preset(policy.Standard).JudgeRequested(installed, rules.NameEvidenceOf("cv2")) {
		t.Errorf("installed: %+v", finding)
	}
}

// TestImportNameFromFile: what a file names is corrected where it stands, and
// without a terminal the right name still comes before the answer.
func TestImportNameFromFile(t *testing.T) {
	settings := preset(policy.Standard)
	findings := settings.JudgeRequested(named("cv2", ">=4"), rules.NameEvidenceOf("cv2"))
	first := rules.Decide(findings, rules.WithoutTerminal).Findings[0]
	if first.Action != rules.Block || first.Hint != "opencv-python in the place of cv2" ||
		!strings.HasPrefix(first.Answer, "thresher allow cv2 ") {
		t.Errorf("%+v", first)
	}
}

// TestNameThatNoIndexHas: where no index has a name, the right one is the answer,
// and nobody is asked whether to install what is not there.
func TestNameThatNoIndexHas(t *testing.T) {
	settings := preset(policy.Standard)
	for name, target := range map[string]string{"cv2": "opencv-python", "nunpy": "numpy", "examples": "tweepy"} {
		known := rules.NameEvidenceOf(name)
		before := settings.JudgeRequested(typed(name), known)
		findings := settings.Settle(before, rules.ProjectEvidence{Name: name, Canonical: name, New: true,
			Exists: rules.No, Suspicions: known.Suspicions})
		decided := rules.Decide(findings, rules.AtTerminal)
		first := decided.Findings[0]
		if decided.Action != rules.Block || first.Target != target || first.Hint != "pip install "+target ||
			first.Answer != "" || !strings.Contains(first.Evidence, "no index has it") {
			t.Errorf("%s: %+v", name, decided)
		}
		if outcome(findings, rules.UnknownName) != "" {
			t.Errorf("%s: told twice: %+v", name, findings)
		}
	}
	noted := layers{user: "[rules]\nimport-name = \"note\"\n"}.settings(t)
	findings := noted.Settle(noted.JudgeRequested(typed("cv2"), rules.NameEvidenceOf("cv2")),
		rules.ProjectEvidence{Name: "cv2", Canonical: "cv2", New: true, Exists: rules.No})
	if got := outcome(findings, rules.ImportName); got != rules.Note {
		t.Errorf("with import-name = \"note\": %s", got)
	}
}

// TestSuggestionsByPopularity: of several packages that may be meant the most
// popular comes first.
func TestSuggestionsByPopularity(t *testing.T) {
	findings := rules.Decide([]rules.Finding{
		{Subject: "x", Rule: rules.Typosquat, Action: rules.Ask, Target: "dateutils"},
		{Subject: "x", Rule: rules.Typosquat, Action: rules.Ask, Target: "requirements.txt"},
		{Subject: "x", Rule: rules.Typosquat, Action: rules.Ask, Target: "python-dateutil"},
	}, rules.AtTerminal).Findings
	want := []string{"python-dateutil", "requirements.txt", "dateutils"}
	for i, finding := range findings {
		if finding.Target != want[i] {
			t.Errorf("%d: %s, want %s", i, finding.Target, want[i])
		}
	}
}

func TestImportTable(t *testing.T) {
	if _, known := rules.ImportOf("numpy"); known {
		t.Error("numpy is installed as itself")
	}
	count := 0
	for _, name := range rules.ImportNames() {
		count++
		known, _ := rules.ImportOf(name)
		if canonical, ok := pep.ParseName(name); !ok || canonical != name || known.Distribution == name ||
			typosquat.Rank(known.Distribution) == 0 {
			t.Errorf("%s: %+v", name, known)
		}
	}
	if count < 3000 {
		t.Errorf("%d imports", count)
	}
}
