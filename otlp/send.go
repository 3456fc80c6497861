package otlp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"thresher/index"
	"thresher/internal/journal"
	"thresher/internal/words"
)

// Sizes of one request: collectors take at least some megabytes.
const (
	mostRuns      = 200
	mostBytes     = 1 << 20
	longestAnswer = 64 << 10
)

// Input is what Send needs.
type Input struct {
	To        Endpoint
	Client    *index.Client
	Directory string // where it is kept what was sent
	Host      string // of runs that do not say so
	Now       time.Time
	// Read gives the log's runs as they may leave the machine, oldest first. It is
	// called once nobody else sends to the same place.
	Read     func() ([]journal.Entry, error)
	Progress func(sent, all int) // may be nil
}

// Result is what became of the runs.
type Result struct {
	Sent     int // taken by the collector
	Rejected int // given to the collector, which threw them away, and said why
	Reason   string
	Left     int // not sent yet
	// Gap says that nothing of the log had been sent before although something was:
	// the log went round since, and runs in between may be gone.
	Gap bool
}

// Send sends the runs that the endpoint has not had. Each request's runs are
// remembered as soon as the collector has taken them, so that an error, which
// comes with what was sent by then, leaves the rest to the next time. When ctx ends
// no further request begins; one on its way is waited for.
//
// A collector that takes a request and whose answer is lost gets its runs again:
// whoever reads them tells by thresher.run.id.
func Send(ctx context.Context, in Input) (Result, error) {
	var result Result
	sent, err := openSent(ctx, in.Directory, in.To)
	if err != nil {
		return result, err
	}
	defer sent.release()
	log, err := in.Read()
	if err != nil {
		return result, err
	}
	var unsent []journal.Entry
	for _, run := range log {
		if !sent.runs[run.Key()] {
			unsent = append(unsent, run)
		}
	}
	result.Gap = len(sent.runs) > 0 && len(unsent) > 0 && len(unsent) == len(log)
	if err := sent.forget(log, in.To); err != nil {
		return result, fmt.Errorf(textBadState, in.To, err)
	}
	result.Left = len(unsent)
	most := mostRuns
	for result.Left > 0 {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		batch, body, err := in.batch(unsent, most)
		if err != nil {
			return result, err
		}
		rejected, reason, err := in.post(context.WithoutCancel(ctx), body)
		if errors.Is(err, errTooLarge) && len(batch) > 1 {
			most = len(batch) / 2
			continue
		}
		if err != nil {
			return result, err
		}
		if err := sent.add(batch); err != nil {
			return result, fmt.Errorf(textBadState, in.To, err)
		}
		rejected = min(rejected, len(batch))
		result.Sent += len(batch) - rejected
		if result.Rejected += rejected; rejected > 0 {
			result.Reason = reason
		}
		unsent = unsent[len(batch):]
		result.Left = len(unsent)
		if in.Progress != nil {
			in.Progress(result.Sent+result.Rejected, result.Sent+result.Rejected+result.Left)
		}
	}
	return result, nil
}

// batch makes the next request: as many runs as fit into it.
func (in Input) batch(unsent []journal.Entry, most int) ([]journal.Entry, []byte, error) {
	batch := unsent[:min(len(unsent), most)]
	for {
		body, err := Request(batch, in.Host, in.Now)
		if err != nil || len(body) <= mostBytes || len(batch) == 1 {
			return batch, body, err
		}
		batch = batch[:max(1, len(batch)/2)]
	}
}

var errTooLarge = errors.New("the request is too large")

// post makes one request, and gives how many of its runs the collector threw away.
func (in Input) post(ctx context.Context, body []byte) (rejected int, reason string, err error) {
	header := in.To.header.Clone()
	header.Set("Content-Type", "application/json")
	answer, err := in.Client.Open(ctx, index.Fetch{Method: http.MethodPost, URL: in.To.url, Header: header, Body: body})
	if err != nil {
		return 0, "", in.unreached(err)
	}
	defer answer.Body.Close()
	switch {
	case answer.Status == http.StatusRequestEntityTooLarge:
		return 0, "", errTooLarge
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return 0, "", fmt.Errorf(textAnswer+textLogin, in.To, answer.Status, answer.Reason)
	case answer.Status < 200 || answer.Status > 299:
		return 0, "", fmt.Errorf(textAnswer, in.To, answer.Status, answer.Reason)
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if err != nil {
		// It has taken them: the status said so.
		return 0, "", nil
	}
	var said struct {
		PartialSuccess struct {
			Rejected json.Number `json:"rejectedLogRecords"`
			Message  string      `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(content, &said) != nil {
		return 0, "", nil // an answer without a body, or of another kind, rejects nothing
	}
	count, _ := said.PartialSuccess.Rejected.Int64()
	return int(max(0, count)), words.Printable(said.PartialSuccess.Message), nil
}

// unreached says why there is no answer.
func (in Input) unreached(err error) error {
	var login *index.AuthError
	var connection *index.ConnectionError
	switch {
	case errors.As(err, &login):
		return fmt.Errorf(textNoAnswer, in.To, textProxyLogin)
	case errors.As(err, &connection):
		return fmt.Errorf(textNoAnswer, in.To, connection.Err)
	}
	return fmt.Errorf(textNoAnswer, in.To, err)
}
