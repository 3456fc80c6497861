package venv

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thresher/internal/files"
)

// Source is one Python source that a distribution installed.
type Source struct {
	Path string // as pip calls it: the site directory and the path in RECORD
	Size int64
}

// FreshSources gives the Python sources in a distribution's RECORD that were
// written since, within a directory: a RECORD may name what belongs to others. One
// that has no RECORD has none.
func (d Distribution) FreshSources(since time.Time, within string) ([]Source, error) {
	rows, _, err := d.recordRows()
	if err != nil {
		return nil, err
	}
	var sources []Source
	seen := map[string]bool{}
	for _, row := range rows {
		path := d.Location + string(filepath.Separator) + filepath.FromSlash(row[0])
		if filepath.IsAbs(filepath.FromSlash(row[0])) {
			path = filepath.FromSlash(row[0])
		}
		inside, err := filepath.Rel(within, path)
		if !strings.HasSuffix(row[0], ".py") || seen[path] || err != nil || !filepath.IsLocal(inside) {
			continue
		}
		seen[path] = true
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && !info.ModTime().Before(since) {
			sources = append(sources, Source{Path: path, Size: info.Size()})
		}
	}
	return sources, nil
}

// recordRows reads RECORD: its rows, and its bytes.
func (d Distribution) recordRows() (rows [][]string, text []byte, err error) {
	if !strings.EqualFold(filepath.Ext(d.Path), ".dist-info") {
		return nil, nil, nil
	}
	text, err = files.ReadRegular(filepath.Join(d.Path, "RECORD"), maxRecord)
	if err != nil {
		return nil, nil, fmt.Errorf("read RECORD of %s: %w", d.Name, err)
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	if rows, err = reader.ReadAll(); err != nil {
		return nil, nil, fmt.Errorf("read RECORD of %s: %w", d.Name, err)
	}
	return rows, text, nil
}

// AddBytecode enters the bytecode of a distribution's sources into its RECORD, as
// pip does that compiled it: without a digest, each row in its place (pip 26.3
// operations/install/wheel.py).
func (d Distribution) AddBytecode(paths []string) error {
	rows, text, err := d.recordRows()
	if err != nil || len(paths) == 0 {
		return err
	}
	end := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		end = "\r\n"
	}
	known := map[string]bool{}
	for _, row := range rows {
		known[row[0]] = true
	}
	for _, path := range paths {
		recorded, err := filepath.Rel(d.Location, path)
		if err != nil {
			return fmt.Errorf("enter bytecode into RECORD of %s: %w", d.Name, err)
		}
		if recorded = filepath.ToSlash(recorded); !known[recorded] {
			known[recorded] = true
			rows = append(rows, []string{recorded, "", ""})
		}
	}
	slices.SortStableFunc(rows, slices.Compare[[]string])
	var b strings.Builder
	for _, row := range rows {
		for i, field := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(csvField(field))
		}
		b.WriteString(end)
	}
	path := filepath.Join(d.Path, "RECORD")
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("enter bytecode into RECORD of %s: %w", d.Name, err)
	}
	return files.Replace(path, []byte(b.String()), info.Mode().Perm())
}

// csvField writes a field as Python's csv does: quoted where it has to be.
func csvField(field string) string {
	if !strings.ContainsAny(field, ",\"\r\n") {
		return field
	}
	return `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
}
