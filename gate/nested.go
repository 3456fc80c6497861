package gate

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"thresher/address"
	"thresher/internal/words"
	"thresher/policy/rules"
)

// A pip inside a run (a build that calls pip) joins the gate of that run. It
// knows the way and a secret from its environment, and has to make sure that
// the one who listens there is the gate: each side proves that it knows the
// secret without saying it.

// joinPath is where a nested run asks.
const joinPath = "/-/join"

// Joined is what a nested run learns of the gate that it joins.
type Joined struct {
	Way
	Pages []string // of indexes and links that this gate answers for, without credentials
}

// JoiningWay gives the way for pips that what pip starts may start in turn.
func (g *Gate) JoiningWay() Way { return Way{Socket: g.socket, Port: g.port(), Secret: g.joining} }

// String writes a way in words for the environment.
func (w Way) String() string { return strconv.Itoa(w.Port) + " " + w.Secret + " " + w.Socket }

// ParseWay reads what String wrote; ok is false for anything else.
func ParseWay(text string) (way Way, ok bool) {
	words := strings.SplitN(text, " ", 3)
	if len(words) != 3 || words[1] == "" {
		return Way{}, false
	}
	port, err := strconv.Atoi(words[0])
	return Way{Socket: words[2], Port: port, Secret: words[1]}, err == nil && 0 < port && port < 1<<16
}

// address is where a path of the gate is asked.
func (w Way) address(path string) string { return "http://127.0.0.1:" + strconv.Itoa(w.Port) + path }

// transport reaches the gate, without a proxy: a variable of the environment must
// not carry this elsewhere.
func (w Way) transport() *http.Transport {
	transport := &http.Transport{DisableKeepAlives: true}
	if w.Socket != "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "unix", w.Socket)
		}
	}
	return transport
}

// answerJoin proves to a nested run that knows the secret that this is its gate,
// and says what it answers for.
func (g *Gate) answerJoin(w http.ResponseWriter, r *http.Request) {
	nonce, given := r.Header.Get(headerNonce), r.Header.Get(headerProof)
	if len(nonce) < 32 || !hmac.Equal([]byte(given), []byte(proof(g.joining, "nested", nonce))) {
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
		return
	}
	answer := joinAnswer{Proof: proof(g.joining, "gate", nonce)}
	for _, configured := range g.config.Indexes {
		answer.Pages = append(answer.Pages, address.Bare(configured.URL))
	}
	for _, page := range g.config.FindLinks {
		answer.Pages = append(answer.Pages, address.Bare(page))
	}
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer) // an error means that the other is gone
}

type joinAnswer struct {
	Proof string   `json:"proof"`
	Pages []string `json:"pages"`
}

// Join asks a living gate for what it answers. ok is false where nobody does,
// where somebody else does, and where no answer comes within two seconds.
func Join(ctx context.Context, way Way) (joined Joined, ok bool) {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil || way.Secret == "" {
		return Joined{}, false
	}
	nonce := hex.EncodeToString(random)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, way.address(joinPath), nil)
	if err != nil {
		return Joined{}, false
	}
	request.Header.Set(headerNonce, nonce)
	request.Header.Set(headerProof, proof(way.Secret, "nested", nonce))
	response, err := way.transport().RoundTrip(request)
	if err != nil {
		return Joined{}, false
	}
	defer response.Body.Close()
	var answer joinAnswer
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	proven := hmac.Equal([]byte(answer.Proof), []byte(proof(way.Secret, "gate", nonce)))
	if err != nil || response.StatusCode != http.StatusOK || !proven {
		return Joined{}, false
	}
	return Joined{Way: way, Pages: answer.Pages}, true
}

// reportPath is where a nested run says what it refused by itself.
const reportPath = "/-/refused"

// report is one refusal of a nested run.
type report struct {
	Subject  string `json:"subject"`
	Rule     string `json:"rule"`
	Evidence string `json:"evidence"`
}

// Report tells the gate what a nested run refused before it fetched anything, so
// that the run whose build fails of it says why. The error says that the gate
// did not hear it.
func (j Joined) Report(ctx context.Context, findings []rules.Finding) error {
	var reports []report
	for _, f := range findings {
		if f.Action == rules.Block {
			reports = append(reports, report{f.Subject, string(f.Rule), f.Evidence})
		}
	}
	body, err := json.Marshal(reports)
	if err != nil {
		return fmt.Errorf("tell the run above what was refused: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, j.address(reportPath), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("tell the run above what was refused: %w", err)
	}
	request.Header.Set(headerSecret, j.Secret)
	response, err := j.transport().RoundTrip(request)
	if err != nil {
		return fmt.Errorf("tell the run above what was refused: %w", err)
	}
	return response.Body.Close()
}

// takeReport records what a nested run refused. Whoever joined may say so, a build
// too: it fails the run, and lets nothing through. What to do about it is not a
// build's to say.
func (g *Gate) takeReport(r *http.Request) {
	var reports []report
	if json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&reports) != nil {
		return
	}
	for _, said := range reports[:min(len(reports), 100)] {
		finding := rules.Finding{
			Subject: words.Printable(said.Subject), Rule: rules.Rule(said.Rule), Action: rules.Block,
			Confidence: rules.High, Evidence: words.Printable(said.Evidence),
		}
		if _, known := rules.InfoOf(finding.Rule); !known {
			continue
		}
		finding.Hint = rules.AnswerCommand(finding)
		g.record("", "", finding)
	}
}

// Serves says whether a page is one that the gate answers for.
func (j Joined) Serves(rawURL string) bool {
	for _, page := range j.Pages {
		if strings.TrimRight(address.Key(page), "/") == strings.TrimRight(address.Key(rawURL), "/") {
			return true
		}
	}
	return false
}
