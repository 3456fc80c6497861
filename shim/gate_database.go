package shim

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"thresher/advisory"
	"thresher/internal/version"
)

// How long a run waits for advisory data that is not there yet, counted from
// its start: before the first file is let through, and before the scan. Data
// that is there but old is refreshed beside pip, and waited for a moment only.
const (
	waitForFile  = 10 * time.Second
	waitForScan  = 60 * time.Second
	waitForFresh = 2 * time.Second
)

// database is the local advisory data as one run uses it, with a refresh that
// goes on beside pip. Without data it answers that nothing is known, and
// missing says so. The first look-up that fails is kept, so that no failure
// passes for an answer.
type database struct {
	paths  []string // of the databases; the first is kept up to date
	start  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when the refresh has ended; nil without one

	mutex      sync.Mutex
	opened     *advisory.Database // nil: no data
	failure    error              // of a look-up
	refreshErr error
}

// openDatabase opens the local data, and begins to refresh it where policy
// wants that and it is older than policy allows. Data of another format or
// damaged counts as missing, and the refresh replaces it.
func (in *invocation) openDatabase(a *asked) (*database, error) {
	d, err := in.localDatabase()
	if err != nil || in.places.Data == "" {
		return d, err
	}
	update := a.policy.Update
	if !update.Automatic.Value || d.opened != nil && in.fresh(d.opened, a) {
		return d, nil
	}
	ctx, cancel := context.WithCancel(in.untilInterrupted())
	d.cancel, d.done = cancel, make(chan struct{})
	go func() {
		defer close(d.done)
		_, err := advisory.Refresh(ctx, advisory.RefreshInput{
			Path: in.places.Advisories(), URL: update.Advisories.Value, Client: &http.Client{},
			Agent:  "thresher/" + version.String(),
			MaxAge: update.MaxAge.Value.Duration(),
		})
		if err == nil {
			err = d.open()
		}
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.refreshErr = err
	}()
	return d, nil
}

// localDatabase opens the local data as it is.
func (in *invocation) localDatabase() (*database, error) {
	d := &database{paths: in.places.AllAdvisories(), start: in.start, cancel: func() {}}
	return d, d.open()
}

// fresh says whether data needs no refresh: it is young enough, or it came
// from a file and the policy names no other source.
func (in *invocation) fresh(opened *advisory.Database, a *asked) bool {
	if !opened.Meta().Remote && a.policy.Update.Advisories.Value == "" {
		return true
	}
	return in.start.Sub(opened.Updated()) < a.policy.Update.MaxAge.Value.Duration()
}

// open takes the data on disk in place of what was open.
func (d *database) open() error {
	opened, err := advisory.OpenAll(d.paths...)
	if errors.Is(err, advisory.ErrNoDatabase) || errors.Is(err, advisory.ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	// What was open before stays open: a look-up may be using it.
	d.opened = opened
	return nil
}

func (d *database) close() {
	d.cancel()
	if d.done != nil {
		<-d.done
	}
	if opened := d.data(); opened != nil {
		_ = opened.Close() // it was only read
	}
}

// data is what is open now, nil for none.
func (d *database) data() *advisory.Database {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.opened
}

// missing says whether there is no data.
func (d *database) missing() bool { return d.data() == nil }

// wait waits for the refresh until a time after the start of the run; where
// there is data already, for a moment only.
func (d *database) wait(ctx context.Context, patience time.Duration) {
	if d.done == nil {
		return
	}
	left := patience - time.Since(d.start)
	if !d.missing() {
		left = waitForFresh
	}
	timer := time.NewTimer(max(left, 0))
	defer timer.Stop()
	select {
	case <-d.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// refreshFailure is why the refresh failed; nil where it did not, or has not
// ended.
func (d *database) refreshFailure() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.refreshErr
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

// wholeMalware gives the ids of the records that call all versions of a
// project malware.
func (d *database) wholeMalware(canonical string) []string {
	opened := d.data()
	if opened == nil {
		return nil
	}
	ids, err := opened.WholeMalware(canonical)
	if err != nil {
		d.fail(err)
	}
	return ids
}

// known gives the ids of malware and of vulnerabilities of one version.
func (d *database) known(canonical, version string) (malware, vulnerabilities []string) {
	opened := d.data()
	if opened == nil {
		return nil, nil
	}
	found, err := opened.Vulnerabilities(canonical, version)
	if err != nil {
		d.fail(err)
	}
	for _, v := range found {
		if v.Malware {
			malware = append(malware, v.ID)
		} else {
			vulnerabilities = append(vulnerabilities, v.ID)
		}
	}
	return malware, vulnerabilities
}

// vulnerabilities gives the ids of all that is known against one version,
// whichever of the databases says it.
func (d *database) vulnerabilities(canonical, version string) []string {
	_, ids := d.known(canonical, version)
	return ids
}

// agreed gives those ids that every one of the databases has.
func (d *database) agreed(canonical, version string) []string {
	opened := d.data()
	if opened == nil {
		return nil
	}
	ids, err := opened.Agreed(canonical, version)
	if err != nil {
		d.fail(err)
	}
	return ids
}
