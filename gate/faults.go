package gate

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"thresher/address"
	"thresher/index"
)

// FaultKind says what went wrong with an index.
type FaultKind string

// The kinds of faults.
const (
	Unreachable FaultKind = "unreachable" // refused, no such host, timed out, bad certificate
	Refused     FaultKind = "refused"     // the index wants other credentials
	Answered    FaultKind = "answered"    // an error status
	Unreadable  FaultKind = "unreadable"  // no page that can be read
	Skipped     FaultKind = "skipped"     // unreachable, but every name concerned is installed
	EmptyOwner  FaultKind = "empty"       // a page without files keeps other indexes from being asked
	LeftOut     FaultKind = "left out"    // single links that cannot be read for certain
	Undated     FaultKind = "undated"     // no upload times, by which a cooldown goes
)

// Fault is something that went wrong upstream and concerned pip.
type Fault struct {
	Kind  FaultKind
	Index string   // without credentials
	Names []string // of the projects concerned, sorted
	Text  string   // one line
}

type faultKey struct {
	kind  FaultKind
	index string
	page  string // the project, where each page is a fault of its own
}

type faultBook struct {
	order []faultKey
	known map[faultKey]*openFault
}

type openFault struct {
	reason string
	names  map[string]bool
}

// add enters a fault; the first reason of several stays.
func (b *faultBook) add(key faultKey, name, reason string) {
	if b.known == nil {
		b.known = map[faultKey]*openFault{}
	}
	fault, ok := b.known[key]
	if !ok {
		fault = &openFault{reason: reason, names: map[string]bool{}}
		b.known[key] = fault
		b.order = append(b.order, key)
	}
	fault.names[name] = true
}

func (b *faultBook) list() []Fault {
	var faults []Fault
	for _, key := range b.order {
		open := b.known[key]
		var names []string
		for name := range open.names {
			if name != "" {
				names = append(names, name)
			}
		}
		sort.Strings(names)
		faults = append(faults, Fault{Kind: key.kind, Index: key.index, Names: names,
			Text: faultText(key, open.reason, names)})
	}
	return faults
}

func faultText(key faultKey, reason string, names []string) string {
	switch key.kind {
	case Skipped:
		return fmt.Sprintf(messageSkippedUpgrade, key.index, reason, listed(names))
	case Unreachable:
		return fmt.Sprintf(messageUnreachable, key.index, reason, listed(names))
	case EmptyOwner, LeftOut, Undated:
		return reason
	}
	return fmt.Sprintf(messageFault, key.index, listed(names), reason)
}

// forgetRefusal takes back that an index refused to answer for a name: somebody
// said at pip's question what it wants.
func (g *Gate) forgetRefusal(indexURL, name string) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.faults.remove(faultKey{kind: Refused, index: address.Redact(indexURL)}, name)
}

// remove takes a name out of a fault, and the fault where that was the last.
func (b *faultBook) remove(key faultKey, name string) {
	fault, ok := b.known[key]
	if !ok {
		return
	}
	delete(fault.names, name)
	if len(fault.names) == 0 {
		delete(b.known, key)
		b.order = slices.DeleteFunc(b.order, func(other faultKey) bool { return other == key })
	}
}

// listed writes names as one phrase of bounded length.
func listed(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// fail enters the failure of a page that pip asked for, and gives the status
// and the reason phrase that pip is answered.
func (g *Gate) fail(indexURL, name string, err error) (status int, reason string) {
	place := address.Redact(indexURL)
	kind := Answered
	status, reason = upstreamFailure(err)
	var connection *index.ConnectionError
	var content *index.ContentError
	var refused *index.AuthError
	switch {
	case errors.Is(err, errOffline):
		kind, reason = Skipped, g.offlineReason(indexURL)
	case errors.As(err, &connection):
		kind = Unreachable
	case errors.As(err, &content):
		kind = Unreadable
	case errors.As(err, &refused):
		kind = Refused
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.faults.add(faultKey{kind: kind, index: place}, name, reason)
	return status, oneLine("thresher: " + place + ": " + reason)
}

// failFile enters the failure of a file that pip asked for.
func (g *Gate) failFile(rawURL string, o *offer, err error) {
	place := o.page
	if place == "" {
		place = address.Redact(rawURL)
	}
	kind := Answered
	_, reason := upstreamFailure(err)
	var connection *index.ConnectionError
	if errors.As(err, &connection) {
		kind = Unreachable
	}
	name := o.name
	if name == "" {
		name = o.filename
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.faults.add(faultKey{kind: kind, index: place}, name, reason)
}

// gatewayTimeout is the one error status of the 500s that no pip retries: the
// client behind the gate has made all retries that pip's options ask for.
const gatewayTimeout = 504

// upstreamFailure gives the status that tells pip of an error, and its words.
func upstreamFailure(err error) (status int, reason string) {
	var answered *index.StatusError
	var connection *index.ConnectionError
	var content *index.ContentError
	var refused *index.AuthError
	switch {
	case errors.Is(err, index.ErrNotFound):
		return 404, messageNoProject
	case errors.As(err, &answered):
		if answered.Status < 400 || answered.Status >= 500 {
			return gatewayTimeout, upstreamStatus(answered.Status, answered.Reason)
		}
		return answered.Status, upstreamStatus(answered.Status, answered.Reason)
	case errors.As(err, &connection):
		return gatewayTimeout, reasonOf(connection.Err)
	case errors.As(err, &content):
		return gatewayTimeout, oneLine(content.Reason)
	case errors.As(err, &refused):
		// Not 401, which would make pip ask for credentials of the gate.
		if refused.Sent {
			return 403, messageCredentialsRefused
		}
		return 403, messageCredentialsWanted
	}
	return gatewayTimeout, oneLine(err.Error())
}

// pageFault is a fault of a page that was served all the same.
type pageFault struct {
	kind FaultKind
	text string
}

// faultsOf gives what a person should know of a page that is served.
func (g *Gate) faultsOf(name, bare string, page *index.Page) []pageFault {
	var faults []pageFault
	if len(page.Unreadable) > 0 {
		faults = append(faults, pageFault{LeftOut,
			oneLine(fmt.Sprintf(messageUnreadableLinks, bare, len(page.Unreadable), name, page.Unreadable[0]))})
	}
	if len(page.Files) == 0 && (page.Status == "" || page.Status == "active") && g.keepsOthersOut(name, bare) {
		faults = append(faults, pageFault{EmptyOwner, fmt.Sprintf(messageEmptyOwner, bare, name)})
	}
	return faults
}

// keepsOthersOut says whether an index that has a name keeps others from being
// asked for it.
func (g *Gate) keepsOthersOut(name, bare string) bool {
	return name != "" && g.table.KeepsOthersOut(name, bare)
}

// enterFaults enters the faults of a page that pip is given. The mutex must be
// held.
func (g *Gate) enterFaults(v *verdict) {
	for _, fault := range v.faults {
		key := faultKey{kind: fault.kind, index: address.Redact(v.indexURL)}
		if fault.kind != Undated {
			key.page = v.name
		}
		g.faults.add(key, v.name, fault.text)
	}
}
