package gate

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// A pip inside a run (a build that calls pip) joins the gate of that run. It
// knows address, user and password from its environment, and has to make sure
// that the one who listens there is the gate: each side proves that it knows
// the password without saying it.

// challengePath is where a nested run asks.
const challengePath = "/-/thresher"

// answerChallenge proves to a nested run that knows the credentials that this
// is its gate.
func (g *Gate) answerChallenge(w http.ResponseWriter, r *http.Request) {
	nonce, given := r.Header.Get(headerNonce), r.Header.Get(headerProof)
	wanted := proof(g.user, g.password, "nested", nonce)
	if len(nonce) < 32 || !hmac.Equal([]byte(given), []byte(wanted)) {
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, proof(g.user, g.password, "gate", nonce))
}

const (
	headerNonce = "X-Thresher-Nonce"
	headerProof = "X-Thresher-Proof"
)

func proof(user, password, side, nonce string) string {
	sum := hmac.New(sha256.New, []byte(password))
	sum.Write([]byte(side + "\n" + user + "\n" + nonce))
	return hex.EncodeToString(sum.Sum(nil))
}

// Alive says whether a living gate with these credentials listens at address
// ("127.0.0.1:PORT"). Any other answer than the right one, and none within
// two seconds, is no.
func Alive(ctx context.Context, address, user, password string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host != "127.0.0.1" || password == "" {
		return false
	}
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return false
	}
	nonce := hex.EncodeToString(secret)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, (&url.URL{Scheme: "http", Host: address, Path: challengePath}).String(), nil)
	if err != nil {
		return false
	}
	request.Header.Set(headerNonce, nonce)
	request.Header.Set(headerProof, proof(user, password, "nested", nonce))
	// A transport without a proxy: a variable of the environment must not
	// carry this elsewhere.
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 200))
	return err == nil && response.StatusCode == http.StatusOK &&
		hmac.Equal(answer, []byte(proof(user, password, "gate", nonce)))
}
