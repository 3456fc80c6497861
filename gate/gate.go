package gate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// Gate is a running index server for one run of pip. Its methods may be called
// from many goroutines at once.
type Gate struct {
	config   Config
	listener net.Listener
	server   *http.Server
	address  string // "127.0.0.1:40123"
	user     string
	password string
	rank     []int // places in config.Indexes in the order they are asked

	context    context.Context // of everything that is fetched
	cancel     context.CancelFunc
	background background

	routes    flights[string, routing] // by canonical name
	fetches   flights[pageKey, *index.Page]
	verdicts  flights[pageKey, *verdict]
	looks     flights[aheadKey, []pep.Requirement]
	settled   flights[pageKey, *verdict] // what pip is given, once what is declared by URL is known
	probes    flights[string, struct{}]  // by index URL
	redirects flights[redirectKey, []string]
	slots     chan struct{} // one for each page fetched ahead
	blocks    atomic.Int64  // ids given to blocked files
	transport *http.Transport

	mutex    sync.Mutex
	blocked  map[string]blockedFile // id → what is at /b/ID/
	served   map[pageKey]*verdict   // what pip was given
	findings []rules.Finding
	known    map[findingKey]bool
	faults   faultBook
	offline  map[string]reachability // by index URL
	vouched  []Entry
	hosts    map[string]bool     // that the forward proxy passes to: "name:port"
	samples  map[string][]string // index URL → URLs of files, one for each host of a page
	direct   []string            // URLs that had a verdict of their own
	ahead    map[aheadKey]request
	declared map[releaseKey]rules.Finding // releases whose metadata declares what may not be fetched
}

// pageKey names a page: that of a project, or a page of links where name is "".
type pageKey struct {
	url  string // of the index or page, credentials included
	name string
}

type findingKey struct {
	name, version string
	rule          rules.Rule
	action        rules.Action
	subject       string
}

// Start opens the gate on a free port of 127.0.0.1 and begins to fetch ahead.
// It ends with ctx or by Close. The error says that no port could be had.
func Start(ctx context.Context, config Config) (*Gate, error) {
	config = config.withDefaults()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	secret := make([]byte, 24)
	if _, err := rand.Read(secret); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	inside, cancel := context.WithCancel(ctx)
	g := &Gate{
		config:   config,
		listener: listener,
		address:  listener.Addr().String(),
		user:     "thresher",
		password: hex.EncodeToString(secret),
		rank:     askingOrder(config.Indexes),
		context:  inside,
		cancel:   cancel,
		blocked:  map[string]blockedFile{},
		served:   map[pageKey]*verdict{},
		known:    map[findingKey]bool{},
		offline:  map[string]reachability{},
		hosts:    map[string]bool{},
		samples:  map[string][]string{},
		ahead:    map[aheadKey]request{},
		declared: map[releaseKey]rules.Finding{},
	}
	g.routes.background, g.fetches.background = &g.background, &g.background
	g.looks.background, g.settled.background = &g.background, &g.background
	g.verdicts.background, g.probes.background, g.redirects.background = &g.background, &g.background, &g.background
	g.transport = &http.Transport{
		Proxy:              func(r *http.Request) (*url.URL, error) { return g.ownProxy(r.URL) },
		DisableCompression: true,
	}
	for _, host := range config.AllowedHosts {
		g.Allow(host)
	}
	for _, address := range config.AllowedURLs {
		if host := hostOf(address); host != "" {
			g.hosts[host] = true
			g.direct = append(g.direct, address)
		}
	}
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: 30 * time.Second, ErrorLog: quiet}
	// Serve ends with ErrServerClosed once Close was called.
	g.background.begin(func() { _ = g.server.Serve(listener) })
	context.AfterFunc(inside, func() { _ = g.server.Close() })
	if config.Prefetch > 0 {
		g.slots = make(chan struct{}, config.Prefetch)
		for _, wanted := range config.Requested {
			g.fetchAhead(pep.CanonicalName(wanted.Name), requestOf(wanted), 0)
		}
	}
	return g, nil
}

// Close ends the server and everything that is still being fetched. What was
// collected can still be read.
func (g *Gate) Close() error {
	g.cancel()
	err := g.server.Close()
	g.background.close()
	g.transport.CloseIdleConnections()
	return err
}

// Address is "127.0.0.1:PORT".
func (g *Gate) Address() string { return g.address }

// Credentials are the user name and password that this run answers to.
func (g *Gate) Credentials() (user, password string) { return g.user, g.password }

// IndexURL is what stands for Config.Indexes[i] on pip's side.
func (g *Gate) IndexURL(i int) string {
	return "http://" + g.address + "/i/" + strconv.Itoa(i) + "/"
}

// FindLinksURL is what stands for Config.FindLinks[i] on pip's side.
func (g *Gate) FindLinksURL(i int) string {
	return "http://" + g.address + "/f/" + strconv.Itoa(i) + "/"
}

// NetrcEntry is the line, with its line break, that makes pip authenticate
// itself, for the file that the variable NETRC names. It should come last
// there: of several entries for one host Python takes the last.
func (g *Gate) NetrcEntry() string {
	return "machine 127.0.0.1 login " + g.user + " password " + g.password + "\n"
}

// ProxyURL is the value of http_proxy and https_proxy for pip, credentials
// included: for the environment, never for a command line. With it no_proxy
// should be empty: the gate knows its own address, and a loopback address in
// no_proxy would let pip reach other servers of this machine unseen.
func (g *Gate) ProxyURL() string {
	return (&url.URL{Scheme: "http", User: url.UserPassword(g.user, g.password), Host: g.address}).String()
}

// Allow lets the forward proxy pass to a host: "host" for its usual ports, or
// "host:port".
func (g *Gate) Allow(host string) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if name, port, err := net.SplitHostPort(host); err == nil {
		g.hosts[hostKey(name, port)] = true
		return
	}
	g.hosts[hostKey(host, "443")] = true
	g.hosts[hostKey(host, "80")] = true
}

// Vouch enters files that had a verdict of their own into the ledger: local
// archives, and what a URL of the command line gave.
func (g *Gate) Vouch(entries ...Entry) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.vouched = append(g.vouched, entries...)
}

// Ledger gives every file that was let through so far: those of Vouch, and
// those on the pages that pip was given.
func (g *Gate) Ledger() []Entry {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	entries := append([]Entry(nil), g.vouched...)
	for _, verdict := range g.served {
		entries = append(entries, verdict.entries()...)
	}
	return entries
}

// Findings gives, each once and in the order pip met them, what was noted of
// the projects that pip asked for, what was held back from their pages, and
// what was blocked. A finding with the action block is in the list only where
// pip ran into it. Notes on single files stand in the ledger.
func (g *Gate) Findings() []rules.Finding {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return append([]rules.Finding(nil), g.findings...)
}

// Faults gives what went wrong upstream and concerned pip, one entry for each
// index and kind.
func (g *Gate) Faults() []Fault {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.faults.list()
}

// record adds a finding unless it was met before.
func (g *Gate) record(name, version string, finding rules.Finding) {
	key := findingKey{name: name, version: version, rule: finding.Rule, action: finding.Action}
	if version == "" {
		key.subject = finding.Subject
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if !g.known[key] {
		g.known[key] = true
		g.findings = append(g.findings, finding)
	}
}
