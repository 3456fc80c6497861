package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"thresher/internal/words"
)

// Span is a length of time as policy files write it: "3d", "36 hours",
// "18 months". A day has 24 hours, a week 7 days, a month 30 days, a year 365.
type Span time.Duration

// The lengths that have a name.
const (
	Second Span = Span(time.Second)
	Minute Span = Span(time.Minute)
	Hour   Span = Span(time.Hour)
	Day         = 24 * Hour
	Week        = 7 * Day
	Month       = 30 * Day
	Year        = 365 * Day
)

// longestSpan is the longest time that a policy may name: whatever is longer
// is a slip of the pen, and would overflow.
const longestSpan = 100 * Year

var spanUnits = map[string]Span{
	"ms": Span(time.Millisecond), "millisecond": Span(time.Millisecond), "milliseconds": Span(time.Millisecond),
	"s": Second, "second": Second, "seconds": Second,
	"min": Minute, "minute": Minute, "minutes": Minute,
	"h": Hour, "hour": Hour, "hours": Hour,
	"d": Day, "day": Day, "days": Day,
	"w": Week, "week": Week, "weeks": Week,
	"month": Month, "months": Month,
	"y": Year, "year": Year, "years": Year,
}

// ParseSpan reads a length of time: a whole number and a unit, with or without
// a space between them. It returns an error that says what is expected.
func ParseSpan(text string) (Span, error) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	unit := strings.TrimSpace(text[digits:])
	length, known := spanUnits[unit]
	if digits == 0 || !known {
		return 0, fmt.Errorf("%s", badSpan(text, unit))
	}
	count, err := strconv.ParseInt(text[:digits], 10, 64)
	if err != nil || count > int64(longestSpan/length) {
		return 0, fmt.Errorf("%s", spanTooLong(text))
	}
	return Span(count) * length, nil
}

// Duration returns the span as a time.Duration.
func (s Span) Duration() time.Duration { return time.Duration(s) }

// String writes the span in the largest unit that holds it exactly, in a form
// that ParseSpan reads.
func (s Span) String() string {
	for _, unit := range []struct {
		length Span
		name   string
	}{{Year, "year"}, {Month, "month"}, {Day, "day"}, {Hour, "hour"}, {Minute, "minute"}, {Second, "second"},
		{Span(time.Millisecond), "millisecond"}} {
		if s == Month && unit.length == Month {
			continue // people say 30 days
		}
		if s >= unit.length && s%unit.length == 0 {
			return words.Counted(int64(s/unit.length), unit.name)
		}
	}
	return "0 days"
}
