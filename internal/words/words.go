// Package words writes what a person reads: words from elsewhere, words of a
// shell and of TOML, counts and lists.
package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// LongestShown is how much of a foreign text is shown, in characters.
const LongestShown = 300

// Printable returns a text that came from elsewhere in a form that can do
// nothing to a terminal: control characters, invisible and direction-changing
// ones as "?", and no more than LongestShown characters.
func Printable(text string) string {
	if isPlain(text) {
		return text
	}
	var shown strings.Builder
	count := 0
	for _, character := range text {
		if count == LongestShown {
			shown.WriteString("…")
			break
		}
		count++
		if character == unicode.ReplacementChar || !unicode.IsPrint(character) {
			character = '?'
		}
		shown.WriteRune(character)
	}
	return shown.String()
}

// isPlain says whether a text is of printable ASCII and not too long, as nearly
// all are: a page of an index brings thousands.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return len(text) <= LongestShown
}

// OneLine makes a text of any length one line: each white space becomes a blank,
// and what would steer a terminal is dropped.
func OneLine(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case c == unicode.ReplacementChar || !unicode.IsPrint(c):
			return -1
		}
		return c
	}, text)
}

// LastLine gives the last line of what a program printed.
func LastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// Counted writes a number of things: "1 day", "3 days".
func Counted(count int64, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(count, 10) + " " + noun + "s"
}

// Age writes how long something lasted, rounded down to its largest unit: "5
// days", "2 years". A month has 30 days, a year 365.
func Age(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{365 * day, "year"}, {30 * day, "month"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= unit.length {
			return Counted(int64(d/unit.length), unit.name)
		}
	}
	return "less than a minute"
}

// Moment writes a time to the minute, in UTC.
func Moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// Listed writes at most a few words in a row.
func Listed(words []string) string {
	const most = 4
	var shown []string
	for _, word := range words[:min(len(words), most)] {
		shown = append(shown, Printable(word))
	}
	if len(words) > most {
		shown = append(shown, fmt.Sprintf("and %d more", len(words)-most))
	}
	return strings.Join(shown, ", ")
}

// TOMLString writes a string as TOML's basic string.
func TOMLString(text string) string {
	var quoted strings.Builder
	quoted.WriteByte('"')
	for _, character := range text {
		switch {
		case character == '"' || character == '\\':
			quoted.WriteByte('\\')
			quoted.WriteRune(character)
		case character < ' ' || character == 0x7f:
			hex := strconv.FormatInt(int64(character), 16)
			quoted.WriteString(`\u` + strings.Repeat("0", 4-len(hex)) + hex)
		default:
			quoted.WriteRune(character)
		}
	}
	quoted.WriteByte('"')
	return quoted.String()
}

// TOMLKey writes one part of a dotted key, quoted where TOML asks for it.
func TOMLKey(part string) string {
	for i := 0; i < len(part); i++ {
		c := part[i]
		if ('a' > c || c > 'z') && ('A' > c || c > 'Z') && ('0' > c || c > '9') && c != '-' && c != '_' {
			return TOMLString(part)
		}
	}
	if part == "" {
		return `""`
	}
	return part
}
