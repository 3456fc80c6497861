package cli

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/internal/journal"
	"thresher/internal/lazyregexp"
	"thresher/internal/statuses"
)

// What answers from the logs of many machines, which somebody has collected in
// directories.

// collectedLog is the log of one machine, in the parts that it was rotated into.
type collectedLog struct {
	name  string // its last part's path
	parts []string
}

// besideLogs lie in the same directory where a whole state directory was
// collected.
var besideLogs = []string{"environments.jsonl", "trusted.jsonl", "details.jsonl", "details.jsonl.1"}

var logPart = lazyregexp.New(`\.jsonl(\.[0-9]+)?$`)

// collectedLogs finds the logs in directories and below: files whose names end
// in .jsonl, with their rotated parts. A place may also be a file. None is an error.
func collectedLogs(places []string) ([]collectedLog, error) {
	var logs []collectedLog
	at := map[string]int{}
	for _, place := range places {
		err := filepath.WalkDir(place, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !entry.Type().IsRegular() || path != place && !logPart().MatchString(entry.Name()) ||
				slices.Contains(besideLogs, entry.Name()) {
				return nil
			}
			name := path
			if part := logPart().FindStringSubmatch(path); part != nil {
				name = strings.TrimSuffix(path, part[1])
			}
			if i, known := at[name]; !known {
				at[name] = len(logs)
				logs = append(logs, collectedLog{name: name, parts: []string{path}})
			} else if !slices.Contains(logs[i].parts, path) {
				logs[i].parts = append(logs[i].parts, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look for collected logs: %w", err)
		}
	}
	if len(logs) == 0 {
		return nil, &exitError{statuses.Broken, fmt.Sprintf(messageNoLogs, strings.Join(places, ", "))}
	}
	return logs, nil
}

// read gives the runs of the log since a time, oldest first, and which lines are none.
func (l collectedLog) read(since time.Time) (entries []journal.Entry, failures []error, err error) {
	for _, part := range l.parts {
		read, broken, err := journal.ReadFile(part, since)
		if err != nil {
			return nil, nil, fmt.Errorf("read the log: %w", err)
		}
		entries = append(entries, read...)
		failures = append(failures, brokenLines(part, broken)...)
	}
	slices.SortStableFunc(entries, func(a, b journal.Entry) int { return a.Time.Compare(b.Time) })
	return entries, failures, nil
}
