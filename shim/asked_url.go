package shim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"thresher/address"
	"thresher/index"
	"thresher/internal/words"
	"thresher/pip/option"
	"thresher/pip/source"
	"thresher/policy/rules"
)

// What is looked at for the hash of an archive that is refused for having none.
const (
	mostToHash     = 1 << 30
	patienceToHash = 60 * time.Second
	mostRedirects  = 5
)

// fillHashes gives archives by URL that are refused for want of a hash what helps:
// the same with the hash of what is there today. Where it cannot be had the
// refusal stays as it was.
func (in *invocation) fillHashes(a *asked, d *door) {
	for i, f := range a.findings {
		if f.Rule != rules.DirectURL || f.Action != rules.Block {
			continue
		}
		at := slices.IndexFunc(a.command.Requirements, func(r source.Requirement) bool {
			return r.URL != "" && address.Key(r.URL) == f.Subject
		})
		if at < 0 || address.Parse(a.command.Requirements[at].URL).HasUser() {
			continue // what holds a password is not written anywhere
		}
		r := a.command.Requirements[at]
		if _, _, versioned := address.CutVersionControl(r.URL); versioned {
			continue
		}
		digest, err := in.hashAt(d, r.URL)
		if err != nil {
			continue // nothing is lost: pip would not have had it either
		}
		if hint := in.withHash(r, digest); hint != "" {
			a.findings[i].Hint, a.findings[i].Place = hint, r.Origin.Place
		}
	}
}

// withHash is the command, or the line of a file, with the hash of what a
// requirement's URL stands for.
func (in *invocation) withHash(r source.Requirement, digest string) string {
	joint := "#"
	if strings.Contains(r.URL, "#") {
		joint = "&"
	}
	fixed := r.URL + joint + "sha256=" + digest
	if r.Origin.Kind != option.FromArgv {
		if r.Name == "" {
			return fixed
		}
		return r.Name + " @ " + fixed
	}
	place, _ := strconv.Atoi(strings.TrimPrefix(r.Origin.Place, "argument "))
	if place < 1 || place > len(in.args) || !strings.Contains(in.args[place-1], r.URL) {
		return ""
	}
	args := slices.Clone(in.args)
	args[place-1] = strings.Replace(args[place-1], r.URL, fixed, 1)
	return in.program + " " + words.ShellWords(redactArgs(args))
}

// hashAt gives the sha256 of what is at a URL, as hex digits. The error says why
// it could not be had.
func (in *invocation) hashAt(d *door, rawURL string) (string, error) {
	ctx, cancel := context.WithTimeout(in.untilInterrupted(), patienceToHash)
	defer cancel()
	var indexes []string
	for _, configured := range d.config.Indexes {
		indexes = append(indexes, configured.URL)
	}
	from := ""
	for range mostRedirects {
		stream, err := d.client.Open(ctx, index.Fetch{Method: http.MethodGet, URL: rawURL, From: from})
		if err != nil {
			return "", err
		}
		if location := stream.Header.Get("Location"); stream.Status >= 300 && stream.Status < 400 && location != "" {
			_ = stream.Body.Close()
			next, err := d.client.Redirected(ctx, rawURL, location, indexes)
			if err != nil {
				return "", err
			}
			from, rawURL = rawURL, next
			continue
		}
		sum := sha256.New()
		read, err := io.Copy(sum, io.LimitReader(stream.Body, mostToHash+1))
		_ = stream.Body.Close()
		switch {
		case stream.Status != http.StatusOK:
			return "", fmt.Errorf("%s answers with %d", stream.URL, stream.Status)
		case err != nil:
			return "", err
		case read > mostToHash:
			return "", fmt.Errorf("%s is too large", stream.URL)
		}
		return hex.EncodeToString(sum.Sum(nil)), nil
	}
	return "", errors.New("redirected too often")
}
