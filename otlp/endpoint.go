package otlp

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"thresher/address"
	"thresher/index"
)

// logsPath is where a collector takes logs, below its address (OTLP 1.x, OTLP/HTTP
// request).
const logsPath = "v1/logs"

// Endpoint is where runs are sent, and with which credentials.
type Endpoint struct {
	url    string      // may hold credentials
	header http.Header // of the environment; may hold credentials
	plain  bool        // http to another machine: no credentials go there
}

// NewEndpoint reads an address as `thresher log --otlp` takes it: where its path does
// not end in v1/logs, that is added. Headers come from OTEL_EXPORTER_OTLP_LOGS_HEADERS,
// else from OTEL_EXPORTER_OTLP_HEADERS (OpenTelemetry's specification, OTLP exporter).
// No error repeats a header or a password.
func NewEndpoint(text string, environment map[string]string) (Endpoint, error) {
	own := address.Parse(text)
	read, err := own.Read()
	if err != nil || read.Host == "" || read.Scheme != "http" && read.Scheme != "https" {
		return Endpoint{}, fmt.Errorf(textNoEndpoint, address.Redact(text))
	}
	read.Path = strings.TrimRight(read.Path, "/")
	if !strings.HasSuffix(read.Path, "/"+logsPath) {
		read.Path += "/" + logsPath
	}
	read.RawPath = ""
	read.Fragment, read.RawFragment = "", ""
	e := Endpoint{plain: read.Scheme == "http" && !address.IsLoopback(read.Hostname())}
	if e.header, err = readHeaders(environment); err != nil {
		return Endpoint{}, err
	}
	if own.HasUser() {
		user, password := own.Credentials()
		read.User = url.UserPassword(user, password)
	}
	e.url = read.String()
	if e.plain && (own.HasUser() || len(e.header) > 0) {
		return Endpoint{}, fmt.Errorf(textClearText, read.Hostname())
	}
	return e, nil
}

// String is the address without credentials.
func (e Endpoint) String() string { return address.Redact(address.Parse(e.url).Bare()) }

// key is what two ways of writing one address have in common.
func (e Endpoint) key() string { return address.Key(e.url) }

// Config says how a collector is reached: through the proxies and with the
// certificates that the environment has for an index, and with the credentials of
// netrc unless others are given.
func (e Endpoint) Config(environ []string, agent string) index.Config {
	config := index.Config{Environ: environ, UserAgent: agent, KeyringProvider: "disabled", Retries: retries}
	if e.plain || e.header.Get("Authorization") != "" {
		config.Netrc = "-"
	}
	return config
}

// retries is how often a collector is asked again before the next run of the
// command has to.
const retries = 4

var errHeaders = errors.New(textHeaders)

// readHeaders reads the environment's headers: KEY=VALUE, by commas, with values
// quoted as those of a URL are (OpenTelemetry's specification: W3C Baggage without
// properties).
func readHeaders(environment map[string]string) (http.Header, error) {
	text, found := environment["OTEL_EXPORTER_OTLP_LOGS_HEADERS"]
	if !found {
		text = environment["OTEL_EXPORTER_OTLP_HEADERS"]
	}
	header := http.Header{}
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, quoted, paired := strings.Cut(part, "=")
		name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
		value, err := url.PathUnescape(strings.TrimSpace(quoted))
		if !paired || err != nil || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, errHeaders
		}
		switch name {
		case "Content-Type", "Content-Length", "Content-Encoding", "Host", "Transfer-Encoding":
			return nil, errHeaders
		}
		header.Add(name, value)
	}
	return header, nil
}
