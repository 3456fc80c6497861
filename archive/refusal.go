package archive

import (
	"errors"
	"fmt"

	"thresher/internal/words"
)

// Reason says why a file is refused.
type Reason string

// The reasons.
const (
	Truncated       Reason = "truncated"
	NotAnArchive    Reason = "not-an-archive"
	TwoReadings     Reason = "two-readings"   // another reader would find other members
	DataAround      Reason = "data-around"    // before the first member or behind the last
	Overlapping     Reason = "overlapping"    // members share bytes, or lie where none can
	Encrypted       Reason = "encrypted"      // a member asks for a password
	UnsafeName      Reason = "unsafe-name"    // NUL, backslash, "..", ".", absolute, a drive
	SameName        Reason = "same-name"      // two members of one name, or a file that is a folder too
	HeadersDiffer   Reason = "headers-differ" // a member's own header and the directory
	UnknownMethod   Reason = "unknown-method" // neither stored nor deflated
	UnsupportedFlag Reason = "unsupported-flag"
	Damaged         Reason = "damaged"   // checksum or size, known when a member is read
	TooLarge        Reason = "too-large" // beyond every bound
	UnreadableForm  Reason = "unreadable-form"
	NoSuchMember    Reason = "no-such-member"
	WrongInfo       Reason = "wrong-info" // no or several .dist-info, or one of another name
)

// Refusal is the error of a file that is not read, because it lies, is damaged,
// or goes beyond a bound. Errors of the reader below are no refusals.
type Refusal struct {
	Reason Reason
	Member string // its name as the file has it; "" where none is concerned
	Detail string // more, for a person; may be ""
}

func (r *Refusal) Error() string {
	text := reasonTexts[r.Reason]
	if r.Member != "" {
		text = fmt.Sprintf(messageRefusedMember, text, words.Printable(r.Member))
	}
	if r.Detail != "" {
		text = fmt.Sprintf(messageRefusedDetail, text, r.Detail)
	}
	return text
}

// ReasonOf gives the reason of an error that is, or wraps, a Refusal; "" for
// any other.
func ReasonOf(err error) Reason {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

func refuse(reason Reason, member, detail string, arguments ...any) error {
	if len(arguments) > 0 {
		detail = fmt.Sprintf(detail, arguments...)
	}
	return &Refusal{Reason: reason, Member: member, Detail: detail}
}
