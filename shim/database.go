package shim

import (
	"errors"
	"sync"
	"time"

	"thresher/advisory"
)

// database is the local advisory data as one run uses it. Without data it
// answers that nothing is known, and missing says so. The first failed look-up
// is kept, so that no failure passes for an answer.
type database struct {
	*advisory.Database
	missing bool

	mutex   sync.Mutex
	failure error
}

// advisories opens the local data. Data of another format or damaged counts as
// missing, and the next refresh replaces it.
func (in *invocation) advisories(*analysis) (*database, error) {
	if in.places.Data == "" {
		return &database{missing: true}, nil
	}
	opened, err := advisory.Open(in.places.Advisories())
	switch {
	case errors.Is(err, advisory.ErrNoDatabase), errors.Is(err, advisory.ErrDamaged):
		return &database{missing: true}, nil
	case err != nil:
		return nil, err
	}
	return &database{Database: opened}, nil
}

func (d *database) close() {
	if !d.missing {
		_ = d.Close() // it was only read
	}
}

func (d *database) fail(err error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.failure == nil {
		d.failure = err
	}
}

// err is the first look-up that failed.
func (d *database) err() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.failure
}

func (d *database) records(canonical string) []advisory.Record {
	if d.missing {
		return nil
	}
	records, err := d.Records(canonical)
	if err != nil {
		d.fail(err)
	}
	return records
}

// wholeMalware gives the ids of the records that call all versions of a
// project malware.
func (d *database) wholeMalware(canonical string) []string {
	if d.missing {
		return nil
	}
	ids, err := d.WholeMalware(canonical)
	if err != nil {
		d.fail(err)
	}
	return ids
}

// known gives the ids of malware and of vulnerabilities of one version.
func (d *database) known(canonical, version string) (malware, vulnerabilities []string) {
	for _, v := range advisory.Group(d.records(canonical), version) {
		if v.Malware {
			malware = append(malware, v.ID)
		} else {
			vulnerabilities = append(vulnerabilities, v.ID)
		}
	}
	return malware, vulnerabilities
}

func (d *database) vulnerabilities(canonical, version string) []string {
	_, ids := d.known(canonical, version)
	return ids
}

// age is how long ago the data was brought up to date.
func (d *database) age(now time.Time) time.Duration {
	if d.missing {
		return 0
	}
	return now.Sub(d.AsOf())
}
