package layers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"thresher/internal/files"
	"thresher/policy"
)

// fetchTime bounds the fetch of a layer that is waited for, and againTime that of one
// that is there and older than its grace.
const (
	fetchTime = 60 * time.Second
	againTime = 10 * time.Second
)

// Loaded is a policy with the shared layers in it.
type Loaded struct {
	*policy.Policy
	Layers []Layer // in their order

	store Store
	now   time.Time
}

// Load is policy.Load with shared layers: those that were never fetched are fetched,
// and those that are older than their grace are tried once more. One that is not there
// and does not come is an error, a *policy.Error that says which and why. told hears
// of each that arrives for the first time.
func Load(ctx context.Context, input policy.LoadInput, store Store, f Fetcher, told func(Layer)) (*Loaded, error) {
	input.Fetched = store.Fetched
	loaded, err := policy.Load(input)
	var missing *policy.NotFetchedError
	if errors.As(err, &missing) {
		if err := bring(ctx, missing.Layers, store, f, input.Now, told); err != nil {
			return nil, err
		}
		loaded, err = policy.Load(input)
	}
	if err != nil {
		return nil, err
	}
	made, err := store.standing(loaded, input.Now)
	if err != nil {
		return nil, err
	}
	again := false
	for _, layer := range made.Layers {
		// Where nothing is stopped the next hour's run tries again.
		if !made.Overdue(layer) || !layer.Failed.IsZero() && loaded.Shared.Stale.Value == policy.StaleNote &&
			input.Now.Sub(layer.Failed) < loaded.Shared.Refresh.Value.Duration() {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, againTime)
		_, err := store.Update(limited, f, layer.SharedLayer, input.Now, time.Minute)
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		_ = err // it is in the store, and said with the layer's age
		again = true
	}
	if !again {
		return made, nil
	}
	if loaded, err = policy.Load(input); err != nil {
		return nil, err
	}
	return store.standing(loaded, input.Now)
}

// Read is Load without a fetch: a layer that is not there is a *policy.NotFetchedError.
func Read(input policy.LoadInput, store Store) (*Loaded, error) {
	input.Fetched = store.Fetched
	loaded, err := policy.Load(input)
	if err != nil {
		return nil, err
	}
	return store.standing(loaded, input.Now)
}

// bring fetches layers that are not there.
func bring(ctx context.Context, missing []policy.SharedLayer, store Store, f Fetcher, now time.Time,
	told func(Layer)) error {
	var problems []policy.Problem
	for _, layer := range missing {
		limited, cancel := context.WithTimeout(ctx, fetchTime)
		fetched, err := store.Update(limited, f, layer, now, time.Minute)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			problems = append(problems, layer.Problem(cannotFetch(layer, err)))
			continue
		}
		if told != nil {
			told(fetched)
		}
	}
	if len(problems) > 0 {
		return &policy.Error{Problems: problems}
	}
	return nil
}

// standing says how the shared layers of a policy stand.
func (s Store) standing(loaded *policy.Policy, now time.Time) (*Loaded, error) {
	made := &Loaded{Policy: loaded, store: s, now: now}
	for _, file := range loaded.Files {
		if file.Shared == nil {
			continue
		}
		kept, err := s.read(file.Shared.Reference)
		if err == nil && kept == nil {
			err = errDamaged // it was there a moment ago
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file.Shared.Reference, err)
		}
		made.Layers = append(made.Layers, kept.layer(*file.Shared))
	}
	return made, nil
}

// age is how long ago a layer was last seen at its place. A date from the future proves
// nothing.
func (l *Loaded) age(layer Layer) time.Duration {
	age := l.now.Sub(layer.Checked)
	if age < -time.Hour {
		return 1<<63 - 1
	}
	return age
}

// Overdue says whether a layer is older than its grace.
func (l *Loaded) Overdue(layer Layer) bool {
	return !layer.Reference.Pinned() && l.age(layer) >= l.Shared.Grace.Value.Duration()
}

// Telling are the layers that something is to be said of, once a day: those that are
// older than their grace, and those of which something came that was not taken.
func (l *Loaded) Telling() []Layer {
	var telling []Layer
	for _, layer := range l.Layers {
		if (l.Overdue(layer) || layer.Refused) && l.store.tellOnce(layer, l.now) {
			telling = append(telling, layer)
		}
	}
	return telling
}

// tellOnce says whether a day has passed since something was said of a layer, and
// writes down that it is said now. Where that cannot be written it is said again.
func (s Store) tellOnce(layer Layer, now time.Time) bool {
	release, held, err := files.TryLock(s.path(layer.Reference.String()))
	if err != nil || !held {
		return true
	}
	defer release()
	kept, err := s.read(layer.Reference)
	if err != nil || kept == nil {
		return true
	}
	if since := now.Sub(kept.Told); since >= 0 && since < 24*time.Hour {
		return false
	}
	kept.Told = now
	_ = s.write(layer.Reference, kept) // then it is said again
	return true
}

// Stopped says whether an install must not go on: a layer is older than its grace, and
// policy.stale says so.
func (l *Loaded) Stopped() (Layer, bool) {
	for _, layer := range l.Layers {
		if l.Overdue(layer) && l.Shared.Stale.Value != policy.StaleNote {
			return layer, true
		}
	}
	return Layer{}, false
}

var errTooSlow = errors.New(tooSlow)

// Beside is a refresh that goes on beside a run.
type Beside struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// Refresh begins to fetch the layers that were looked at longer ago than policy.refresh
// says; nil where all are fresh. What arrives counts for the next run.
func (l *Loaded) Refresh(ctx context.Context, f Fetcher) *Beside {
	var due []Layer
	for _, layer := range l.Layers {
		refresh := l.Shared.Refresh.Value.Duration()
		tried := !layer.Failed.IsZero() && l.now.Sub(layer.Failed) >= 0 && l.now.Sub(layer.Failed) < refresh
		if !layer.Reference.Pinned() && l.age(layer) >= refresh && !tried {
			due = append(due, layer)
		}
	}
	if len(due) == 0 {
		return nil
	}
	f.Alone = true
	ctx, cancel := context.WithCancelCause(ctx)
	beside := &Beside{cancel, make(chan struct{})}
	go func() {
		defer close(beside.done)
		ctx, cancel := context.WithTimeout(ctx, fetchTime)
		defer cancel()
		for _, layer := range due {
			_, err := l.store.Update(ctx, f, layer.SharedLayer, l.now, l.Shared.Refresh.Value.Duration())
			_ = err // the store has it, for the next run to say
		}
	}()
	return beside
}

// Close ends the refresh and waits until it has ended: done, or after patience as one
// that failed, which the next run does not try again at once.
func (b *Beside) Close(patience time.Duration) {
	if b == nil {
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-b.done:
	case <-timer.C:
		b.cancel(errTooSlow)
		<-b.done
	}
	b.cancel(nil)
}
