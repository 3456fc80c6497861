package advisory

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrBackward says that a source is no newer form of the data that is there: its
// newest record is older, or it leaves out records that are known. Taking it
// would take advisories away, which only its user may want (Replace).
var ErrBackward = errors.New("would take advisories away")

// forward is how far a source may fall behind the data that it would replace.
type forward struct {
	slack time.Duration // by which its newest record may be older
	most  int           // known records that it may leave out or have in an older form
}

// fromSameSource is for a later form of the same export: records are published
// out of the order of their dates, and some are deleted.
func fromSameSource(base *Database) forward {
	return forward{slack: overlap, most: min(tolerated(base.meta.Count), base.meta.Count/2)}
}

// fromElsewhere is for a file or another mirror, which must have what is known.
func fromElsewhere(base *Database) forward { return forward{most: base.meta.Count / 100} }

// checkWhole holds what was collected, as a whole, against what is known.
func (f forward) checkWhole(b *builder, base *Database, now time.Time) error {
	if err := f.checkNewest(earlier(b.newest, now), base); err != nil {
		return err
	}
	lost, example := 0, ""
	err := base.table.each(func(key string, content []byte) error {
		id, isRecord := strings.CutPrefix(key, idKey)
		if !isRecord {
			return nil
		}
		var known recorded
		if err := json.Unmarshal(content, &known); err != nil {
			return fmt.Errorf("read the advisory %s: %w", id, err)
		}
		if len(known.Names) > 0 && b.seen[id].takesAway(known) {
			if lost++; example == "" {
				example = id
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.checkLost(lost, example, base)
}

// checkChanges holds records that were fetched one by one against what is known
// of them.
func (f forward) checkChanges(b *builder, base *Database) error {
	lost, example := 0, ""
	for id, got := range b.seen {
		known, err := base.recorded(id)
		if err != nil {
			return err
		}
		if len(known.Names) > 0 && got.takesAway(known) {
			if lost++; example == "" || id < example {
				example = id
			}
		}
	}
	return f.checkLost(lost, example, base)
}

// takesAway says whether a record in force is not there any more (nil, or without
// a date), is there in an older form, or is withdrawn by no later one.
func (p *pending) takesAway(known recorded) bool {
	return p == nil || p.modified.Before(known.Modified) || p.withdrawn && !p.modified.After(known.Modified)
}

func (f forward) checkNewest(newest time.Time, base *Database) error {
	if newest.Before(base.meta.Newest.Add(-f.slack)) {
		return fmt.Errorf("it %w: its newest record is of %s, the newest known of %s", ErrBackward,
			newest.Format(time.DateOnly), base.meta.Newest.Format(time.DateOnly))
	}
	return nil
}

func (f forward) checkLost(lost int, example string, base *Database) error {
	if lost > f.most {
		return fmt.Errorf("it %w: %d of the %d known are not in it or only in an older form, %s among them",
			ErrBackward, lost, base.meta.Count, example)
	}
	return nil
}
