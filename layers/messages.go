package layers

import (
	"fmt"
	"strings"
	"time"

	"thresher/internal/words"
	"thresher/policy"
)

// All text of this package that a person reads. Lower case, no final period.
const (
	notText       = "is no text"
	noPlaceToKeep = "there is no home directory to keep it in: set HOME or XDG_STATE_HOME"
	noGit         = "there is no git on PATH to fetch it with"
	tooMuch       = "more comes than a policy is worth, and it was not taken"
	noVersion     = "nothing in it says which of two versions is the newer: its [policy] needs version = 1, " +
		"and a larger number each time"
	otherSignature = "is signed by another program than ssh-keygen, which alone is understood here; " +
		"git config gpg.format ssh"
	noDate  = "has no date"
	tooSlow = "had not come when the run was done"
)

var tooLarge = fmt.Sprintf("is larger than %d kB", largestLayer>>10)

// broken says what is wrong with a layer, without its own name before it.
func broken(problems []policy.Problem) string {
	lines := make([]string, len(problems))
	for i, problem := range problems {
		lines[i] = problem.Message
		if problem.Line > 0 {
			lines[i] = fmt.Sprintf("line %d: %s", problem.Line, problem.Message)
		}
	}
	const most = 5
	if len(lines) > most {
		lines = append(lines[:most], "and "+words.Counted(int64(len(problems)-most), "problem")+" more")
	}
	return "is broken: " + strings.Join(lines, "; ")
}

// Arrived says that a layer is here for the first time, and what vouches for it.
func (l Layer) Arrived() string {
	return fmt.Sprintf("fetched the shared policy %s, of %s, %s", l.Reference, l.Date.UTC().Format(time.DateOnly),
		l.VouchedBy())
}

func cannotFetch(layer policy.SharedLayer, err error) string {
	return fmt.Sprintf("%s is not on this machine and cannot be fetched: %s; fix: thresher policy show", layer.Reference,
		words.Printable(err.Error()))
}

func otherDigest(sum string) string { return "has another content, with sha256=" + sum }

func noSignatureBeside(ending string) string {
	return fmt.Sprintf("is not signed: there is no file of its name with %s behind it", ending)
}

func olderVersion(came, kept int) string {
	return fmt.Sprintf("is version %d, older than version %d that was there before", came, kept)
}

func olderSignature(came, kept time.Time) string {
	return fmt.Sprintf("was signed on %s, before the one of %s that was there before", words.Moment(came),
		words.Moment(kept))
}

func sameVersion(version int) string {
	return fmt.Sprintf("has another content, and is still version %d: a newer one needs a larger number", version)
}

func noSuchName(name string) string { return fmt.Sprintf("has no tag and no branch %s", name) }

func noSuchObject(object string) string { return fmt.Sprintf("has no commit %s", object) }

func noCommit(object string) string { return fmt.Sprintf("%s is no commit", object) }

func otherTag(name string) string {
	return fmt.Sprintf("is signed as the tag %q, and not as this one", words.Printable(name))
}

func noSuchFile(path string) string { return fmt.Sprintf("has no file %s", path) }

func noPlainFile(path string) string {
	return fmt.Sprintf("%s is a link or a directory, and no plain file", path)
}
