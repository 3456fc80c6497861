package gate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"thresher/address"
	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// The gate as pip's transport: the bootstrap that pip runs behind (package pip)
// sends every request of pip's session here, with its original address.

// Headers between the bootstrap and the gate.
const (
	headerURL     = "Thresher-Url"     // the address that pip asks for
	headerSecret  = "Thresher-Secret"  // of the run
	headerSession = "Thresher-Session" // set by the outer of the two wraps
	headerTicket  = "Thresher-Ticket"  // of a file whose verdict comes with its end
	headerStop    = "Thresher-Stop"    // has pip stop at once, with these words
	headerNonce   = "Thresher-Nonce"
	headerProof   = "Thresher-Proof"
)

// What the bootstrap asks for before pip's first word: requests that reach the
// gate through both wraps, by either scheme.
const (
	readyURL       = "http://ready.thresher.invalid/"
	readySecureURL = "https://ready.thresher.invalid/"
)

// serveRun answers what the run's own pips ask.
func (g *Gate) serveRun(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/-/proof":
		w.Header().Set("Content-Length", "64")
		_, _ = io.WriteString(w, proof(g.secret, "gate", r.Header.Get(headerNonce)))
		return
	case joinPath:
		g.answerJoin(w, r)
		return
	}
	if !g.belongs(r.Header.Get(headerSecret)) {
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
		return
	}
	switch r.URL.Path {
	case "/-/fetch":
		g.serveFetch(w, r)
	case "/-/cached":
		g.serveCached(w, r)
	case "/-/verdict":
		g.serveVerdict(w, r)
	case failedPath:
		g.takeFailure(r)
	case reportPath:
		g.takeReport(r)
	case installPath:
		g.serveInstall(w, r)
	case "/-/use":
		g.serveUse(w, r)
	default:
		refuse(w, r, http.StatusNotFound, messageNoSuchPlace)
	}
}

// belongs checks the secret of the run, or that of those who joined it.
func (g *Gate) belongs(given string) bool {
	return same(given, g.secret) || same(given, g.joining)
}

func same(a, b string) bool {
	// Hashed, so that not even the length can be told from the time taken.
	first, second := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(first[:], second[:]) == 1
}

func proof(secret, side, nonce string) string {
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte(side + "\n" + nonce))
	return hex.EncodeToString(sum.Sum(nil))
}

// Ready says whether a pip showed that its transport is the gate.
func (g *Gate) Ready() bool { return g.ready.Load() }

// serveFetch answers one request of pip's session.
func (g *Gate) serveFetch(w http.ResponseWriter, r *http.Request) {
	asked := r.Header.Get(headerURL)
	if r.Header.Get(headerSession) == "" {
		// Whoever sent this took another way than the one that was proven.
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
		return
	}
	if asked == readyURL || asked == readySecureURL {
		if asked == readySecureURL { // the last of the two
			g.ready.Store(true)
		}
		_, _ = io.WriteString(w, "ready")
		return
	}
	g.answer(w, r, asked)
}

// answer judges one address that pip asks for.
func (g *Gate) answer(w http.ResponseWriter, r *http.Request, asked string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		g.refuseAddress(w, r, asked, messageNotRead)
		return
	}
	if place, name, ok := g.projectPage(asked); ok {
		g.serveProject(w, r, place, name)
		return
	}
	for i, page := range g.config.FindLinks {
		if address.Key(page) == address.Key(asked) {
			g.serveLinks(w, r, i)
			return
		}
	}
	if offers := g.offered(asked); len(offers) > 0 {
		g.serveFile(w, r, asked, offers)
		return
	}
	if o := g.offeredMetadata(asked); o != nil {
		g.serveMetadata(w, r, asked, o)
		return
	}
	g.refuseAddress(w, r, asked, "")
}

// projectPage says which project of which index an address is the page of. pip
// asks by canonical names, which have no point: what ends like an archive is a
// file, which may lie beside the pages.
func (g *Gate) projectPage(asked string) (place int, name string, ok bool) {
	asked = address.Key(asked)
	for i, configured := range g.config.Indexes {
		rest, below := strings.CutPrefix(asked, strings.TrimRight(address.Key(configured.URL), "/")+"/")
		if !below {
			continue
		}
		rest = strings.TrimSuffix(rest, "/")
		if strings.HasPrefix(asked, "file:") {
			rest = strings.TrimSuffix(rest, "/index.html")
		}
		if pep.ValidName(rest) && rest == pep.CanonicalName(rest) {
			return i, rest, true
		}
	}
	return 0, "", false
}

// refuseAddress stops pip at an address that no page of this run offered and no
// input of the user's named.
func (g *Gate) refuseAddress(w http.ResponseWriter, r *http.Request, asked, why string) {
	g.mutex.Lock()
	by := g.declared[address.Key(asked)]
	g.mutex.Unlock()
	finding := unknownAddress(asked, by, why)
	g.record("", "", finding)
	if len(readings(lastSegment(asked), "")) == 0 {
		// pip would take a page that it may not have for one that is not there.
		g.stopPip(w, r, refusal(finding))
		return
	}
	refuse(w, r, http.StatusForbidden, refusal(finding))
}

// stopPip ends pip at a page or at metadata, where it would take an error
// status for something that is not there.
func (g *Gate) stopPip(w http.ResponseWriter, r *http.Request, reason string) {
	if g.config.WithoutTransport {
		// Whatever pip asks for next is refused as well.
		g.stopping.CompareAndSwap(nil, &reason)
	}
	refuse(w, r, http.StatusForbidden, reason, headerStop+": "+oneLine(reason))
}

// serveMetadata answers with a file's metadata, judged as that of the file is.
func (g *Gate) serveMetadata(w http.ResponseWriter, r *http.Request, asked string, o *offer) {
	text, err := g.config.Source.Metadata(r.Context(), o.indexURL, o.file)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return
		}
		status, reason := upstreamFailure(err)
		g.failFile(asked, o, err)
		refuse(w, r, status, oneLine("thresher: "+reason))
		return
	}
	read, err := contentsOfMetadata(text)
	if err != nil {
		read.Problem = err.Error()
	}
	if finding := g.judgeRead(o, read); finding != nil {
		g.record(o.name, o.version, *finding)
		g.stopPip(w, r, refusal(*finding))
		return
	}
	g.mutex.Lock()
	g.given[offeredKey(o)] = read
	g.mutex.Unlock()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text)
}

// serveCached says whether pip's own cache may answer for an address: only for
// a file with a sha256 on its page, which pip checks, that the gate has read
// itself. Such a file counts as fetched.
func (g *Gate) serveCached(w http.ResponseWriter, r *http.Request) {
	offers := g.offered(r.Header.Get(headerURL))
	entries := make([]Entry, 0, len(offers))
	var notes []rules.Finding
	for _, o := range offers {
		digest := strings.ToLower(o.hashes["sha256"])
		read, known := g.recall(o.filename, digest)
		if o.blocked != nil || o.file == nil || digest == "" || !known || g.judgeRead(o, read) != nil {
			break
		}
		refused, noted := g.judgeArrived([]*offer{o}, read)
		if refused != nil {
			break // its fetch says so
		}
		refused, published := g.judgePublishers([]*offer{o})
		if refused != nil {
			break
		}
		notes = append(append(notes, noted...), published...)
		entries = append(entries, entryOf(o, read, map[string]string{"sha256": digest}))
	}
	// Which of several offers pip goes by, and whether by one without a hash,
	// is not known here.
	if len(entries) == 0 || len(entries) < len(offers) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	for _, entry := range entries {
		g.enter(entry, notes...)
	}
	for _, o := range offers {
		g.publishedTaken(o)
	}
	_, _ = io.WriteString(w, "yes")
}

// pipsCredentials are those that pip itself sends: what a person told it, or
// what stands in a URL that the command names. The word that stands for a
// password which only the gate knows is none, and a build is no person: under its
// login an index could have other files.
func (g *Gate) pipsCredentials(r *http.Request) (user, password string, ok bool) {
	user, password, ok = index.BasicCredentials(r.Header.Get("Authorization"))
	if !ok || password == Placeholder || user == Placeholder || same(r.Header.Get(headerSecret), g.joining) {
		return "", "", false
	}
	return user, password, true
}

// authenticate has the credentials that pip sends be used from now on.
func (g *Gate) authenticate(asked, user, password string) bool {
	return g.config.Source.Authenticate(asked, user, password) == nil
}

// Placeholder stands in the addresses that pip is given for a password that the
// gate alone knows.
const Placeholder = "known-to-thresher"

// decodeUse reads what pip is about to use without fetching it.
func decodeUse(r *http.Request) (use, error) {
	var asked use
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&asked)
	return asked, err
}

// unusable is the finding on what pip would open by itself.
func unusable(subject, evidence, hint string) rules.Finding {
	return rules.Finding{
		Subject: subject, Rule: rules.DirectURL, Action: rules.Block, Confidence: rules.High, Evidence: evidence, Hint: hint,
	}
}
