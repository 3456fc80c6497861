package shim

import (
	"time"

	"thresher/advisory"
	"thresher/internal/progress"
	"thresher/internal/statuses"
	"thresher/policy/rules"
)

// awaitAdvisories waits, before pip starts, for advisory data that this machine
// does not have, so that no file is let through unjudged. Where it does not come
// that is said before the first file, and policy says whether the run goes on.
func (in *invocation) awaitAdvisories(a *asked, d *database) *ending {
	if !d.missing() {
		if damage := d.damage(); damage != nil {
			in.say.damagedDatabase(damage)
		}
		return nil
	}
	ctx := in.untilInterrupted()
	if d.done != nil {
		if in.width == 0 {
			in.say.fetchesDatabase()
		}
		bar := progress.Bar{Out: in.streams.Err, Width: in.width}
		d.shown(func(at advisory.Progress) {
			bar.Show(at.Stage, at.Amount(at.Done), at.Amount(at.Total), at.Done, at.Total)
		})
		d.wait(ctx)
		d.shown(nil)
		bar.Clear()
	}
	switch {
	case ctx.Err() != nil:
		return &ending{status: statuses.Broken} // which Run makes the interruption's
	case !d.missing():
		return nil
	}
	if damage := d.damage(); damage != nil {
		in.say.damagedDatabase(damage)
	}
	failure := d.refreshFailure()
	if failure == nil && d.done != nil {
		failure = slowDatabase(d.patience)
	}
	if a.policy.Update.Missing.Value == rules.Block && !a.policy.Observes() {
		return &ending{status: statuses.Refused, tell: func(m *messenger) {
			m.noDatabase(failure)
			m.refusedSummary()
		}}
	}
	in.say.noDatabase(failure)
	return nil
}

// staleRemedy is what brings newer advisories than those that are there: another
// fetch, or another source where that one was asked just now.
func staleRemedy(a *asked, data *advisory.Database, now time.Time) string {
	advisories, maxAge := a.policy.Update.Advisories, a.policy.Update.MaxAge.Value.Duration()
	if advisories.Value == "" || !data.Meta().Remote || now.Sub(data.Updated()) >= maxAge {
		return messageUpdate
	}
	return advisories.Place() + ": " + messageSourceStandsStill
}
