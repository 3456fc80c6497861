package otlp

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"

	"thresher/internal/journal"
)

// A request reads as OpenTelemetry's own library writes and reads one, with the line
// of each run as its body.
func TestRequest(t *testing.T) {
	first := journal.Entry{
		Schema: journal.SchemaVersion, ID: "0123abcd", Time: day, Host: "etl-7", Environment: "/srv/env",
		Requested: []string{"alpha"}, Status: 20, Milliseconds: 12, PipRan: true, Thresher: "0.1.0", Pip: "26.3",
		Findings: []journal.Finding{{Subject: "alpha", Rule: "denied", Action: "block", Evidence: "why"}},
		Changed:  []journal.Change{{Name: "beta", Before: "1.0", After: "2.0"}},
	}
	second := journal.Entry{ID: "0123abce", Time: day.Add(time.Minute), Thresher: "0.1.0"}
	third := journal.Entry{ID: "0123abcf", Time: day, Host: "etl-8", Thresher: "0.2.0"}
	body, err := Request([]journal.Entry{first, second, third}, "etl-7", day.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`"timeUnixNano":"1793608200123456789"`, `"severityNumber":17`, `"intValue":"20"`} {
		if !strings.Contains(string(body), text) {
			t.Errorf("no %s in %s", text, body)
		}
	}
	logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(body)
	if err != nil || logs.ResourceLogs().Len() != 2 || logs.LogRecordCount() != 3 {
		t.Fatalf("%v, %s", err, body)
	}
	resource := logs.ResourceLogs().At(0)
	want := map[string]any{"service.name": "thresher", "service.version": "0.1.0", "host.name": "etl-7"}
	if diff := cmp.Diff(want, resource.Resource().Attributes().AsRaw()); diff != "" {
		t.Error(diff)
	}
	record := resource.ScopeLogs().At(0).LogRecords().At(0)
	if !record.Timestamp().AsTime().Equal(day) || !record.ObservedTimestamp().AsTime().Equal(day.Add(time.Hour)) ||
		record.SeverityText() != "ERROR" || record.EventName() != "thresher.run" {
		t.Errorf("%v %v %s %s", record.Timestamp(), record.ObservedTimestamp(), record.SeverityText(), record.EventName())
	}
	want = map[string]any{"thresher.run.id": "0123abcd", "thresher.run.status": int64(20)}
	if diff := cmp.Diff(want, record.Attributes().AsRaw()); diff != "" {
		t.Error(diff)
	}
	line, err := json.Marshal(record.Body().AsRaw())
	if err != nil {
		t.Fatal(err)
	}
	var again journal.Entry
	if err := json.Unmarshal(line, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(journal.WithoutNulls(first), again); diff != "" {
		t.Error(diff)
	}
}

func TestSeverity(t *testing.T) {
	for _, c := range []struct {
		status, observed int
		want             plog.SeverityNumber
	}{
		{0, 0, plog.SeverityNumberInfo}, {0, 20, plog.SeverityNumberWarn}, {1, 0, plog.SeverityNumberWarn},
		{3, 0, plog.SeverityNumberWarn}, {21, 0, plog.SeverityNumberWarn}, {20, 0, plog.SeverityNumberError},
		{22, 0, plog.SeverityNumberError}, {125, 0, plog.SeverityNumberError}, {127, 0, plog.SeverityNumberError},
		{130, 0, plog.SeverityNumberWarn},
	} {
		if got := severityOf(journal.Entry{Status: c.status, ObservedStatus: c.observed}); got != c.want {
			t.Errorf("%d, %d: %v", c.status, c.observed, got)
		}
	}
}
