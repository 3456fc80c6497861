// Package otlp sends the log's runs to a collector, as log records of
// OpenTelemetry (OTLP 1.x over HTTP, in JSON). It sends when it is called, and
// what it has not sent yet.
package otlp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"thresher/internal/journal"
	"thresher/internal/statuses"
)

// eventName is the name of the event that a record is.
const eventName = "thresher.run"

// source is what the records of one resource have in common.
type source struct{ host, thresher string }

// Request is the body of an export of runs (ExportLogsServiceRequest in JSON). Runs
// that do not say so are of host. docs/log.md has the mapping.
func Request(runs []journal.Entry, host string, now time.Time) ([]byte, error) {
	logs := plog.NewLogs()
	known := map[source]plog.LogRecordSlice{}
	for _, run := range runs {
		of := source{run.Host, run.Thresher}
		if of.host == "" {
			of.host = host
		}
		records, found := known[of]
		if !found {
			records = addSource(logs, of)
			known[of] = records
		}
		if err := fill(records.AppendEmpty(), run, now); err != nil {
			return nil, err
		}
	}
	body, err := (&plog.JSONMarshaler{}).MarshalLogs(logs)
	if err != nil {
		return nil, fmt.Errorf("encode the runs for a collector: %w", err)
	}
	return body, nil
}

// addSource adds a resource: names of its attributes are OpenTelemetry's own
// (semantic conventions 1.x, service and host).
func addSource(logs plog.Logs, of source) plog.LogRecordSlice {
	resource := logs.ResourceLogs().AppendEmpty()
	attributes := resource.Resource().Attributes()
	attributes.PutStr("service.name", "thresher")
	attributes.PutStr("service.version", of.thresher)
	if of.host != "" {
		attributes.PutStr("host.name", of.host)
	}
	scope := resource.ScopeLogs().AppendEmpty()
	scope.Scope().SetName("thresher")
	scope.Scope().SetVersion(of.thresher)
	return scope.LogRecords()
}

// fill makes the record of a run: its line is the body.
func fill(record plog.LogRecord, run journal.Entry, now time.Time) error {
	record.SetTimestamp(pcommon.NewTimestampFromTime(run.Time))
	record.SetObservedTimestamp(pcommon.NewTimestampFromTime(now))
	record.SetEventName(eventName)
	severity := severityOf(run)
	record.SetSeverityNumber(severity)
	record.SetSeverityText(map[plog.SeverityNumber]string{
		plog.SeverityNumberInfo: "INFO", plog.SeverityNumberWarn: "WARN", plog.SeverityNumberError: "ERROR",
	}[severity])
	record.Attributes().PutStr("thresher.run.id", run.ID)
	record.Attributes().PutInt("thresher.run.status", int64(run.Status))
	line, err := json.Marshal(journal.WithoutNulls(run))
	if err != nil {
		return fmt.Errorf("encode the run %s: %w", run.ID, err)
	}
	var body map[string]any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return fmt.Errorf("encode the run %s: %w", run.ID, err)
	}
	return record.Body().FromRaw(whole(body))
}

// whole makes the numbers of a line integers, which all of them are.
func whole(value any) any {
	switch value := value.(type) {
	case json.Number:
		number, _ := value.Int64() // the fields of an entry are integers
		return number
	case map[string]any:
		for key, inner := range value {
			value[key] = whole(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = whole(inner)
		}
	}
	return value
}

// severityOf is ERROR where thresher refused, something arrived unchecked, or
// thresher itself failed; WARN where the run failed otherwise, or would have but for
// `mode = "observe"`; else INFO.
func severityOf(run journal.Entry) plog.SeverityNumber {
	switch {
	case run.Status == statuses.Refused, run.Status == statuses.Unvouched,
		run.Status >= statuses.Broken && run.Status < statuses.Interrupted:
		return plog.SeverityNumberError
	case run.Status != 0, run.ObservedStatus != 0:
		return plog.SeverityNumberWarn
	}
	return plog.SeverityNumberInfo
}
