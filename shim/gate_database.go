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

// waitForFresh is how long a run waits for the refresh of data that is there, of the
// advisories before the scan and of a shared policy at the end: it goes on beside pip.
// Data that is not there is waited for before pip starts, for as long as bytes arrive.
const waitForFresh = 2 * time.Second

// database is the local advisory data as one run uses it, with a refresh that
// goes on beside pip. Without data it answers that nothing is known, and
// missing says so. The first look-up that fails is kept, so that no failure
// passes for an answer.
type database struct {
	paths  []string // of the databases; the first is kept up to date
	start  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when the refresh has ended; nil without one

	patience time.Duration // how long data that is not there is waited for while nothing arrives

	mutex      sync.Mutex
	opened     *advisory.Database // nil: no data
	damaged    error              // why data that is there does not count
	failure    error              // of a look-up
	refreshErr error
	heard      time.Time               // when something of the refresh arrived last
	complete   bool                    // all has arrived, and is being read
	show       func(advisory.Progress) // how far it is; nil where nobody waits
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
	d.heard, d.patience = time.Now(), update.Patience.Value.Duration()
	go func() {
		defer close(d.done)
		_, err := advisory.Refresh(ctx, advisory.RefreshInput{
			Path: in.places.Advisories(), URL: update.Advisories.Value, Client: &http.Client{},
			Agent:  "thresher/" + version.String(),
			MaxAge: update.MaxAge.Value.Duration(), Progress: d.arrived,
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
	missing := errors.Is(err, advisory.ErrNoDatabase) || errors.Is(err, advisory.ErrDamaged)
	if err != nil && !missing {
		return err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.damaged = nil; errors.Is(err, advisory.ErrDamaged) {
		d.damaged = err
	}
	if missing {
		return nil
	}
	d.damaged = opened.Damaged()
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

// damage is why data that is there does not count, nil for none.
func (d *database) damage() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.damaged
}

// missing says whether there is no data.
func (d *database) missing() bool { return d.data() == nil }

// arrived hears how far the refresh is.
func (d *database) arrived(at advisory.Progress) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.heard, d.complete = time.Now(), at.Stage == "import"
	if d.show != nil {
		d.show(at)
	}
}

// shown says who is shown how far the refresh is; nil for nobody.
func (d *database) shown(to func(advisory.Progress)) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.show = to
}

// wait waits for the refresh: where there is no data, for as long as something
// arrives and is read; otherwise for a moment.
func (d *database) wait(ctx context.Context) {
	if d.done == nil {
		return
	}
	fresh := time.Now().Add(waitForFresh)
	for {
		left, bounded := d.left(fresh)
		if bounded && left <= 0 {
			return
		}
		timer := time.NewTimer(left)
		select {
		case <-d.done:
		case <-timer.C:
			continue
		case <-ctx.Done():
		}
		timer.Stop()
		return
	}
}

// left says how long there still is to wait; without a bound it is when to look
// again.
func (d *database) left(fresh time.Time) (left time.Duration, bounded bool) {
	if !d.missing() {
		return time.Until(fresh), true
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.complete {
		return time.Second, false
	}
	return d.patience - time.Since(d.heard), true
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

// fixedBy gives the ids of the vulnerabilities of one version that another
// fixes, by all of the databases.
func (d *database) fixedBy(canonical, version, fix string, uploaded time.Time) []string {
	opened := d.data()
	if opened == nil {
		return nil
	}
	ids, err := opened.FixedBy(canonical, version, fix, uploaded)
	if err != nil {
		d.fail(err)
	}
	return ids
}
