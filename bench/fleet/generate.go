package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"thresher/internal/journal"
)

// today is the last day of the made-up logs, so that the same seed gives the same bytes.
var today = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)

// fleet says how large the logs are.
type fleet struct {
	machines, days int
	seed           uint64
}

const (
	projects     = 60 // that packages are made for
	releaseEvery = 9  // days between two releases of a project
	policies     = 4  // contents of the system's policy, one after another
)

// machine is one machine as its log is made.
type machine struct {
	*rand.Rand
	host         string
	environments []string
	installed    []map[string]string // of each environment: name → version
	names        bool                // its lines have names alone
	observes     bool
	lag          int // days until it has a new policy; it never has the last where it is stuck
	stuck        bool
}

// generate makes the logs, each in HOST/log.jsonl below a directory, and hands every
// run to visit as well.
func (f fleet) generate(directory string, visit func(journal.Entry)) error {
	for i := range f.machines {
		if err := f.generateMachine(directory, i, visit); err != nil {
			return err
		}
	}
	return nil
}

func (f fleet) generateMachine(directory string, number int, visit func(journal.Entry)) error {
	random := rand.New(rand.NewPCG(f.seed, uint64(number)))
	m := &machine{Rand: random, host: fmt.Sprintf("etl-%04d", number+1), names: number%2 == 1,
		observes: random.IntN(10) == 0, lag: random.IntN(5), stuck: random.IntN(20) == 0}
	for range 1 + random.IntN(3) {
		m.environments = append(m.environments, fmt.Sprintf("/home/user%d/project-%d/.venv", number, random.IntN(1000)))
		m.installed = append(m.installed, map[string]string{})
	}
	folder := filepath.Join(directory, m.host)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(folder, "log.jsonl"))
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	encoder := json.NewEncoder(out)
	for day := range f.days {
		date := today.AddDate(0, 0, day-f.days+1)
		if weekday := date.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			continue
		}
		for at := range m.environments {
			entry := m.run(f, day, at, date)
			if m.names {
				entry = journal.NamesAlone(entry)
			}
			entry = journal.WithoutNulls(entry)
			if err := encoder.Encode(entry); err != nil {
				return errors.Join(err, file.Close())
			}
			visit(entry)
		}
	}
	return errors.Join(out.Flush(), file.Close())
}

// run is one morning's upgrade of an environment.
func (m *machine) run(f fleet, day, at int, date time.Time) journal.Entry {
	began := date.Add(time.Duration(6*60+m.IntN(180))*time.Minute + time.Duration(m.IntN(1_000_000_000)))
	entry := journal.Entry{
		Schema: journal.SchemaVersion, ID: fmt.Sprintf("%08x", m.Uint32()), Time: began, Host: m.host,
		Directory: filepath.ToSlash(filepath.Dir(m.environments[at])), Environment: m.environments[at],
		EnvironmentID: journal.EnvironmentID(m.environments[at]),
		Argv:          []string{"install", "-U", "-r", "requirements.txt"},
		Pip:           "26.3", Thresher: "0.1.0", Milliseconds: 300 + m.Int64N(4000), PipRan: true,
		Policy: m.policy(f, day),
	}
	installed := m.installed[at]
	for i := range projects {
		name := fmt.Sprintf("Package_%d", i)
		if m.Uint32()%3 == 0 && len(installed) < 25 || installed[name] != "" {
			entry.Requested = append(entry.Requested, fmt.Sprintf("package-%d", i))
			version := fmt.Sprintf("1.%d", (day+i)/releaseEvery)
			if before := installed[name]; before != version && m.IntN(10) > 0 {
				sum := sha256.Sum256([]byte(name + version))
				entry.Changed = append(entry.Changed, journal.Change{Name: name, Before: before, After: version,
					Index: "https://index.example/simple", SHA256: hex.EncodeToString(sum[:])})
				installed[name] = version
			}
		}
	}
	m.vulnerabilities(&entry, installed)
	if m.IntN(50) == 0 {
		m.refuse(&entry, installed)
	}
	return entry
}

// policy is the content of the system's policy that a machine has on a day; one in
// twenty machines stays at the last but one.
func (m *machine) policy(f fleet, day int) []journal.PolicyLayer {
	each := max(1, f.days/policies)
	content := max(0, min((day-m.lag)/each, policies-1))
	if m.stuck {
		content = min(content, policies-2)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "policy %d", content))
	written := today.AddDate(0, 0, content*each-f.days+1+m.lag)
	return []journal.PolicyLayer{{
		Layer: "system", Source: "/etc/thresher/policy.toml", SHA256: hex.EncodeToString(sum[:]), Changed: written,
	}}
}

// vulnerabilities puts known ones on the first projects, some of them ignored until
// days of this month and the next.
func (m *machine) vulnerabilities(entry *journal.Entry, installed map[string]string) {
	for i := range 6 {
		version := installed[fmt.Sprintf("Package_%d", i)]
		if version == "" {
			continue
		}
		name, id := fmt.Sprintf("Package_%d", i), fmt.Sprintf("PYSEC-2026-%d", i)
		if i%2 == 0 {
			entry.Vulnerabilities = append(entry.Vulnerabilities, journal.Vulnerability{Name: name, Version: version, ID: id})
			continue
		}
		expires := today.AddDate(0, 0, 4+10*(i/2)).Format(time.DateOnly)
		entry.Ignored = append(entry.Ignored, journal.Ignored{Name: name, Version: version, ID: id, Expires: expires})
	}
}

// refuse makes the run one that was refused, or would have been.
func (m *machine) refuse(entry *journal.Entry, installed map[string]string) {
	rules := []string{"typosquat", "denied", "new-project", "malware", "direct-url"}
	finding := journal.Finding{
		Subject: fmt.Sprintf("wrong-%d", m.IntN(40)), Rule: rules[m.IntN(len(rules))], Action: "block", Evidence: "made up",
	}
	if m.observes && finding.Rule != "malware" {
		finding.Action, finding.Observed = "note", "block"
		entry.ObservedStatus = 20
	} else {
		entry.Status, entry.PipRan = 20, false
		for _, change := range entry.Changed { // nothing was installed
			if change.Before == "" {
				delete(installed, change.Name)
			} else {
				installed[change.Name] = change.Before
			}
		}
		entry.Changed, entry.Vulnerabilities, entry.Ignored = nil, nil, nil
	}
	entry.Findings = append(entry.Findings, finding)
}
