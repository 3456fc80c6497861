package otlp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"thresher/index"
	"thresher/internal/journal"
)

var day = time.Date(2026, 11, 2, 8, 30, 0, 123456789, time.UTC)

// collector takes logs as a collector does, and keeps count of each run.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	got    map[string]int // run → how often it was taken
	sizes  []int          // of the requests that were taken
	header http.Header    // of the last request
	// answer, where it is set, says what to do instead of taking a request: a status.
	answer func(request int, runs []string) int
	body   string // of a 200
	count  int
}

func newCollector(t *testing.T) *collector {
	c := &collector{got: map[string]int{}, body: "{}"}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/logs" ||
			r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(content)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var runs []string
		for _, resource := range logs.ResourceLogs().All() {
			for _, record := range resource.ScopeLogs().At(0).LogRecords().All() {
				id, _ := record.Attributes().Get("thresher.run.id")
				runs = append(runs, id.Str())
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.count++
		c.header = r.Header.Clone()
		if c.answer != nil {
			if status := c.answer(c.count, runs); status != 0 {
				w.WriteHeader(status)
				return
			}
		}
		for _, run := range runs {
			c.got[run]++
		}
		c.sizes = append(c.sizes, len(runs))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, c.body)
	}))
	t.Cleanup(c.Close)
	return c
}

// once fails unless the collector has each of so many runs exactly once.
func (c *collector) once(t *testing.T, runs int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for run, times := range c.got {
		if times != 1 {
			t.Errorf("%s was taken %d times", run, times)
		}
	}
	if len(c.got) != runs {
		t.Errorf("%d runs, want %d", len(c.got), runs)
	}
}

func runs(from, to int) []journal.Entry {
	var entries []journal.Entry
	for i := from; i < to; i++ {
		entries = append(entries, journal.Entry{ID: fmt.Sprintf("%08x", i), Time: day.Add(time.Duration(i) * time.Minute)})
	}
	return entries
}

// sender sends a log that tests change, through a client as the command has it.
type sender struct {
	Input
	log []journal.Entry
}

func newSender(t *testing.T, to string, environment map[string]string, log []journal.Entry) *sender {
	t.Helper()
	endpoint, err := NewEndpoint(to, environment)
	if err != nil {
		t.Fatal(err)
	}
	config := endpoint.Config([]string{"HOME=" + t.TempDir()}, "thresher/test")
	config.Sleep = func(context.Context, time.Duration) error { return nil }
	client, err := index.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s := &sender{log: log}
	s.Input = Input{To: endpoint, Client: client, Directory: filepath.Join(t.TempDir(), "otlp"), Host: "etl-7", Now: day,
		Read: func() ([]journal.Entry, error) { return s.log, nil }}
	return s
}

func (s *sender) send(t *testing.T, want Result) {
	t.Helper()
	got, err := Send(t.Context(), s.Input)
	if err != nil || got != want {
		t.Fatalf("%+v, %v, want %+v", got, err, want)
	}
}

func TestEachRunIsSentOnce(t *testing.T) {
	c := newCollector(t)
	s := newSender(t, c.URL, nil, runs(0, 450))
	s.send(t, Result{Sent: 450})
	s.send(t, Result{})
	if !slices.Equal(c.sizes, []int{200, 200, 50}) {
		t.Errorf("requests of %v runs", c.sizes)
	}
	// The log went on, and its older part went away.
	s.log = runs(300, 460)
	s.send(t, Result{Sent: 10})
	s.To, _ = NewEndpoint(c.URL+"/v1/logs/", nil) // the same place, written in another way
	s.send(t, Result{})
	c.once(t, 460)
	// The log went round since the last time.
	s.log = runs(500, 510)
	s.send(t, Result{Sent: 10, Gap: true})
	c.once(t, 470)
	files, err := os.ReadDir(s.Directory)
	if err != nil || len(files) != 2 { // and the lock
		t.Fatalf("%v %v", files, err)
	}
}

func TestAFailureLeavesTheRestToTheNextTime(t *testing.T) {
	c := newCollector(t)
	s := newSender(t, c.URL, nil, runs(0, 450))
	c.answer = func(request int, _ []string) int {
		if request > 1 {
			return http.StatusBadGateway
		}
		return 0
	}
	result, err := Send(t.Context(), s.Input)
	if err == nil || result.Sent != 200 || result.Left != 250 || !strings.Contains(err.Error(), "502") {
		t.Fatalf("%+v, %v", result, err)
	}
	if c.count != 2+retries {
		t.Errorf("%d requests", c.count)
	}
	c.answer = nil
	s.log = append(s.log, runs(450, 451)...)
	s.send(t, Result{Sent: 251})
	c.once(t, 451)

	c.Close()
	s.log = append(s.log, runs(451, 452)...)
	if result, err := Send(t.Context(), s.Input); err == nil || result.Left != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
}

// What is on its way is waited for and remembered, and nothing begins after that.
func TestAnInterruptLosesNothing(t *testing.T) {
	c := newCollector(t)
	s := newSender(t, c.URL, nil, runs(0, 450))
	ctx, interrupt := context.WithCancel(t.Context())
	c.answer = func(int, []string) int { interrupt(); return 0 }
	result, err := Send(ctx, s.Input)
	if err == nil || result.Sent != 200 || result.Left != 250 {
		t.Fatalf("%+v, %v", result, err)
	}
	c.answer = nil
	s.send(t, Result{Sent: 250})
	c.once(t, 450)
}

func TestTwoAtOnce(t *testing.T) {
	c := newCollector(t)
	s := newSender(t, c.URL, nil, runs(0, 450))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := Send(t.Context(), s.Input); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	c.once(t, 450)
}

func TestTooLargeRequestsAreSplit(t *testing.T) {
	c := newCollector(t)
	s := newSender(t, c.URL, nil, runs(0, 100))
	c.answer = func(_ int, runs []string) int {
		if len(runs) > 30 {
			return http.StatusRequestEntityTooLarge
		}
		return 0
	}
	s.send(t, Result{Sent: 100})
	c.once(t, 100)

	long := runs(200, 204)
	for i := range long {
		long[i].Note = strings.Repeat("x", mostBytes*2/3)
	}
	c.answer = nil
	s.log = append(s.log, long...)
	s.send(t, Result{Sent: 4})
	if !slices.Equal(c.sizes[len(c.sizes)-4:], []int{1, 1, 1, 1}) {
		t.Errorf("requests of %v runs", c.sizes)
	}
}

// What a collector throws away is not sent again (OTLP 1.x, partial success), and said.
func TestPartialSuccess(t *testing.T) {
	c := newCollector(t)
	c.body = `{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too\u001b[31m old"}}`
	s := newSender(t, c.URL, nil, runs(0, 10))
	result, err := Send(t.Context(), s.Input)
	if err != nil || result.Sent != 7 || result.Rejected != 3 || strings.Contains(result.Reason, "\x1b") {
		t.Fatalf("%+v, %v", result, err)
	}
	s.send(t, Result{})
}

func TestCredentials(t *testing.T) {
	c := newCollector(t)
	withLogin := strings.Replace(c.URL, "//", "//anna:s3cret@", 1)
	environment := map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS":      "x-other=1",
		"OTEL_EXPORTER_OTLP_LOGS_HEADERS": " api-key = s3cret%20key , x-team=data",
	}
	s := newSender(t, withLogin, environment, runs(0, 1))
	s.send(t, Result{Sent: 1})
	user, password, _ := index.BasicCredentials(c.header.Get("Authorization"))
	if user != "anna" || password != "s3cret" || c.header.Get("Api-Key") != "s3cret key" ||
		c.header.Get("X-Team") != "data" || c.header.Get("X-Other") != "" {
		t.Errorf("%v", c.header)
	}
	for _, file := range []string{s.To.String(), withoutRuns(t, s.Directory)} {
		if strings.Contains(file, "s3cret") || strings.Contains(file, "anna") {
			t.Errorf("it shows the login: %s", file)
		}
	}
	c.answer = func(int, []string) int { return http.StatusUnauthorized }
	s.log = runs(1, 2)
	if _, err := Send(t.Context(), s.Input); err == nil || strings.Contains(err.Error(), "s3cret") ||
		!strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_HEADERS") {
		t.Errorf("%v", err)
	}
	for text, environment := range map[string]map[string]string{
		"http://anna:s3cret@collector.example:4318": nil,
		"http://collector.example:4318":             {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cret"},
		"https://collector.example":                 {"OTEL_EXPORTER_OTLP_HEADERS": "s3cret"},
		"https://collector.example/a":               {"OTEL_EXPORTER_OTLP_HEADERS": "api key=s3cret"},
		"https://collector.example/b":               {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cret%0a"},
		"https://collector.example/c":               {"OTEL_EXPORTER_OTLP_HEADERS": "host=s3cret"},
		"grpc://anna:s3cret@collector.example":      nil,
		"collector.example":                         nil,
		"https://":                                  nil,
		"":                                          nil,
	} {
		if _, err := NewEndpoint(text, environment); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func withoutRuns(t *testing.T, directory string) string {
	t.Helper()
	all := ""
	files, err := filepath.Glob(filepath.Join(directory, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all += file + string(content)
	}
	return all
}

func TestEndpoints(t *testing.T) {
	for text, want := range map[string]string{
		"https://collector.example:4318":         "https://collector.example:4318/v1/logs",
		"https://collector.example:4318/":        "https://collector.example:4318/v1/logs",
		"https://collector.example/otlp/v1/logs": "https://collector.example/otlp/v1/logs",
		"https://collector.example/otlp":         "https://collector.example/otlp/v1/logs",
		"http://collector.example:4318":          "http://collector.example:4318/v1/logs",
		"https://a:b@collector.example":          "https://collector.example/v1/logs",
	} {
		endpoint, err := NewEndpoint(text, nil)
		if err != nil || endpoint.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, endpoint, err, want)
		}
	}
}
