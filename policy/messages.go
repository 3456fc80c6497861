package policy

import "fmt"

// All text of this package that a person reads. Lower case, no final period.

func badSpan(text, unit string) string {
	if unit == "m" {
		return fmt.Sprintf("%q could be minutes or months, write min or months", text)
	}
	return fmt.Sprintf("%q is no length of time, write it as \"3d\", \"36 hours\" or \"18 months\"", text)
}

func spanTooLong(text string) string {
	return fmt.Sprintf("%q is too long, at most 100 years", text)
}
