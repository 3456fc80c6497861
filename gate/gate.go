package gate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"thresher/address"
	"thresher/index"
	"thresher/index/route"
	"thresher/inside"
	"thresher/pep"
	"thresher/policy/rules"
)

// Gate is the transport of one run of pip. Its methods may be called from many
// goroutines at once.
type Gate struct {
	config   Config
	servers  []*http.Server
	address  string // "127.0.0.1:40123", of the forward proxy
	socket   string // path of the Unix socket; "" where the address serves for all
	secret   string // of the run's own pips
	joining  string // of pips that builds start, and of the forward proxy
	table    route.Table
	ready    atomic.Bool
	stopping atomic.Pointer[string] // WithoutTransport: why everything is refused from here on

	context    context.Context // of everything that is fetched
	cancel     context.CancelFunc
	background background

	routes     flights[string, routing] // by canonical name
	fetches    flights[pageKey, *index.Page]
	verdicts   flights[pageKey, *verdict]
	partials   flights[pageKey, inside.Contents]      // what wheels bring, by index and address
	olderPaths flights[pageKey, map[inside.Path]bool] // where older wheels put their files
	looks      flights[aheadKey, []pep.Requirement]
	probes     flights[string, struct{}] // by index URL
	asks       flights[pageKey, []index.Publisher]
	slots      chan struct{} // one for each page fetched ahead
	fileSlots  chan struct{} // one for each file fetched ahead
	transport  *http.Transport

	mutex    sync.Mutex
	served   map[pageKey]*verdict // what pip was given
	asked    map[string]bool      // canonical names whose pages pip asked for
	findings []rules.Finding
	known    map[findingKey]bool
	faults   faultBook
	failures []string                // what pip said of its failure
	offline  map[string]reachability // by index URL
	hosts    map[string]bool         // that the forward proxy passes to: "name:port"
	ahead    map[aheadKey]request

	offers   map[string][]*offer // by the last segment of the address
	arrivals map[string]*arrival // by comparable address
	tickets  map[string]ticket
	given    map[string]contents // metadata that pip was given ahead, by comparable address of its file
	known256 map[string]contents // what was read in this run, by sha256
	declared map[string]string   // comparable address → the release that names it
	approved map[approval]bool   // local files that were judged
	ledger   []Entry
	entered  map[string]bool

	sightings []Sighting
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

// Start opens the gate, on a Unix socket in Config.Directory where the system
// has them, and on a free port of 127.0.0.1, and begins to fetch ahead. It ends
// with ctx or by Close. The error says that neither could be had.
func Start(ctx context.Context, config Config) (*Gate, error) {
	config = config.withDefaults()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	secrets := make([]byte, 48)
	if _, err := rand.Read(secrets); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	inside, cancel := context.WithCancel(ctx)
	g := &Gate{
		config:  config,
		address: listener.Addr().String(),
		secret:  hex.EncodeToString(secrets[:24]),
		joining: hex.EncodeToString(secrets[24:]),
		table: route.Table{
			Indexes: config.Indexes, Strategy: config.Strategy, Pin: config.Pin, Popular: config.Popular,
			Barred: config.Barred,
		},
		context:  inside,
		cancel:   cancel,
		served:   map[pageKey]*verdict{},
		asked:    map[string]bool{},
		known:    map[findingKey]bool{},
		offline:  map[string]reachability{},
		hosts:    map[string]bool{},
		ahead:    map[aheadKey]request{},
		offers:   map[string][]*offer{},
		arrivals: map[string]*arrival{},
		tickets:  map[string]ticket{},
		given:    map[string]contents{},
		known256: map[string]contents{},
		declared: map[string]string{},
		approved: map[approval]bool{},
		entered:  map[string]bool{},
	}
	g.routes.background, g.fetches.background = &g.background, &g.background
	g.partials.background, g.olderPaths.background = &g.background, &g.background
	g.looks.background, g.verdicts.background, g.probes.background = &g.background, &g.background, &g.background
	g.asks.background = &g.background
	g.transport = &http.Transport{
		Proxy:              func(r *http.Request) (*url.URL, error) { return g.ownProxy(r.URL) },
		DisableCompression: true,
	}
	for _, host := range config.AllowedHosts {
		for _, key := range hostKeys(host) {
			g.hosts[key] = true
		}
	}
	for _, named := range config.Named {
		// Repositories are fetched by their own programs, through the proxy.
		host, isRepository := address.HostOf(named.URL), false
		if scheme, _, ok := strings.Cut(named.URL, "://"); ok {
			isRepository = strings.Contains(scheme, "+")
		}
		if host != "" && isRepository {
			g.hosts[host] = true
		}
	}
	g.offerNamed()
	g.serve(listener)
	if private, path := listenPrivately(config.Directory); private != nil {
		g.socket = path
		g.serve(private)
	}
	context.AfterFunc(inside, g.closeServers)
	if config.Prefetch > 0 {
		g.slots = make(chan struct{}, config.Prefetch)
		if config.FilesAhead > 0 {
			g.fileSlots = make(chan struct{}, config.FilesAhead)
		}
	}
	if !config.Deferred {
		g.FetchAhead()
	}
	return g, nil
}

// listenPrivately opens a Unix socket in a private directory, where the system
// has them and the path is short enough for them.
func listenPrivately(directory string) (listener net.Listener, path string) {
	if directory == "" || runtime.GOOS == "windows" {
		return nil, ""
	}
	path = filepath.Join(directory, "gate")
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, ""
	}
	return listener, path
}

func (g *Gate) serve(listener net.Listener) {
	server := &http.Server{Handler: g, ReadHeaderTimeout: 30 * time.Second, ErrorLog: quiet}
	g.servers = append(g.servers, server)
	// Serve ends with ErrServerClosed once Close was called.
	g.background.begin(func() { _ = server.Serve(listener) })
}

func (g *Gate) closeServers() {
	for _, server := range g.servers {
		_ = server.Close() // nobody else is served
	}
}

// Close ends the servers and everything that is still being fetched. What was
// collected can still be read.
func (g *Gate) Close() {
	g.cancel()
	g.closeServers()
	g.background.close()
	g.transport.CloseIdleConnections()
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, a := range g.arrivals {
		if a.spool != nil {
			a.spool.discard()
		}
	}
}

// Way is how a pip reaches the gate.
type Way struct {
	Socket string // path of a Unix socket; "" the port of 127.0.0.1
	Port   int
	Secret string
}

// Way gives the way of the run's own pip.
func (g *Gate) Way() Way { return Way{Socket: g.socket, Port: g.port(), Secret: g.secret} }

func (g *Gate) port() int {
	_, port, _ := net.SplitHostPort(g.address)
	number, _ := strconv.Atoi(port) // of a listener
	return number
}

// ProxyURL is the value of http_proxy and https_proxy for what pip starts,
// credentials included: for the environment, never for a command line. With it
// no_proxy should be empty, so that nothing goes around.
func (g *Gate) ProxyURL() string {
	return (&url.URL{Scheme: "http", User: url.UserPassword(proxyUser, g.joining), Host: g.address}).String()
}

const proxyUser = "thresher"

// hostKeys are the hosts and ports that a host of the policy stands for: "host"
// its usual ports, or "host:port".
func hostKeys(host string) []string {
	if name, port, err := net.SplitHostPort(host); err == nil {
		return []string{address.HostPort(name, port)}
	}
	return []string{address.HostPort(host, "443"), address.HostPort(host, "80")}
}

// Ledger gives every file that pip was let have so far.
func (g *Gate) Ledger() []Entry {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return append([]Entry(nil), g.ledger...)
}

// Offered gives the versions that pip was offered on pages of the network, by
// canonical name: what there is, whatever it took.
func (g *Gate) Offered() map[string][]string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	versions := map[string][]string{}
	for _, v := range g.served {
		if !strings.HasPrefix(v.indexURL, "http") {
			continue // a page of this machine says nothing of what there is
		}
		for _, kept := range v.kept {
			versions[kept.name] = append(versions[kept.name], kept.version)
		}
	}
	return versions
}

// Answered gives the index, without credentials, whose page of a name pip was
// given, by canonical name; none where several had one.
func (g *Gate) Answered() map[string]string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	answered, several := map[string]string{}, map[string]bool{}
	for _, v := range g.served {
		if v.name == "" || len(v.kept) == 0 || !strings.HasPrefix(v.indexURL, "http") {
			continue
		}
		if other, known := answered[v.name]; known && !address.Same(other, v.indexURL) {
			several[v.name] = true
		}
		answered[v.name] = v.indexURL
	}
	for name := range several {
		delete(answered, name)
	}
	return answered
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
