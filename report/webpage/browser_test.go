package webpage

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"

	"thresher/report"
)

// TestInBrowser opens pages in a browser without a window, at the width of a phone
// and of a desk, light and dark: nothing may be wider than the screen, nothing may be
// said on the console, nothing may be loaded, and everything that scrolls must be
// reachable by the keyboard. Pictures are left where THRESHER_TEST_PICTURES says.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	pages := map[string]string{
		"usual":   written(t, sample(6, 6)),
		"many":    written(t, sample(300, 150)),
		"hostile": written(t, hostile()),
		"empty":   written(t, report.Input{Logs: []report.Log{{Machine: "ada-laptop"}}}),
	}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, known := pages[strings.TrimPrefix(r.URL.Path, "/")]
		if !known {
			asked = append(asked, r.URL.Path)
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(content)) // the browser tells what it did not get
	}))
	defer server.Close()
	b := startBrowser(t)
	for name := range pages {
		for width, schemes := range map[int][]string{390: {"light", "dark"}, 1280: {"light", "dark"}} {
			if name != "usual" {
				schemes = schemes[:1]
			}
			if width > 390 && (name == "empty" || name == "hostile") {
				continue
			}
			for _, scheme := range schemes {
				b.look(t, server.URL+"/"+name, width, scheme, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
			}
		}
	}
	for _, path := range asked {
		if path != "/favicon.ico" { // that of the server, which a browser asks for by itself
			t.Errorf("a page had %s loaded", path)
		}
	}
}

// browser is one page of a Chromium, spoken to by its DevTools protocol.
type browser struct {
	connection *websocket.Conn
	last       int
	console    []string // what was said on it since the page was opened
	loaded     bool
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("skipped: there is no chromium or chrome on PATH")
	}
	profile := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions",
		"--disable-background-networking", "--disable-component-update", "--no-first-run", "--hide-scrollbars=false",
		"--remote-debugging-port=0", "--remote-allow-origins=*", "--user-data-dir="+profile, "about:blank")
	command.WaitDelay = 5 * time.Second
	command.Env = append(os.Environ(), "HOME="+profile)
	if err := command.Start(); err != nil {
		t.Skipf("skipped: %s does not start: %v", program, err)
	}
	t.Cleanup(func() {
		cancel()
		_ = command.Wait() // it was ended
	})
	var port string
	for range 300 {
		content, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		if first, _, whole := strings.Cut(string(content), "\n"); err == nil && whole {
			port = first
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if port == "" {
		t.Skipf("skipped: %s does not open its port", program)
	}
	var targets []struct {
		Type string `json:"type"`
		URL  string `json:"webSocketDebuggerUrl"`
	}
	answer, err := http.Get("http://127.0.0.1:" + port + "/json/list")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&targets); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if target.Type == "page" {
			connection, err := websocket.Dial(target.URL, "", "http://127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			connection.MaxPayloadBytes = 64 << 20
			t.Cleanup(func() { _ = connection.Close() }) // the browser ends as well
			b := &browser{connection: connection}
			for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
				b.call(t, domain+".enable", nil, nil)
			}
			return b
		}
	}
	t.Fatal("the browser has no page")
	return nil
}

// call sends one command and waits for its answer.
func (b *browser) call(t *testing.T, method string, parameters map[string]any, answer any) {
	t.Helper()
	b.last++
	if parameters == nil {
		parameters = map[string]any{}
	}
	err := websocket.JSON.Send(b.connection, map[string]any{"id": b.last, "method": method, "params": parameters})
	if err != nil {
		t.Fatal(err)
	}
	for {
		got := b.receive(t)
		if got.ID != b.last {
			continue
		}
		if got.Error != nil {
			t.Fatalf("%s: %s", method, got.Error)
		}
		if answer != nil {
			if err := json.Unmarshal(got.Result, answer); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func (b *browser) receive(t *testing.T) message {
	t.Helper()
	var got message
	if err := b.connection.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := websocket.JSON.Receive(b.connection, &got); err != nil {
		t.Fatal(err)
	}
	switch got.Method {
	case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
		if !strings.Contains(string(got.Params), "favicon.ico") {
			b.console = append(b.console, string(got.Params))
		}
	case "Page.loadEventFired":
		b.loaded = true
	}
	return got
}

// value evaluates an expression in the page.
func (b *browser) value(t *testing.T, expression string, into any) {
	t.Helper()
	var answer struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
	}
	b.call(t, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if err := json.Unmarshal(answer.Result.Value, into); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

// look opens a page and says what is wrong with it.
func (b *browser) look(t *testing.T, url string, width int, scheme, picture string) {
	t.Helper()
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600,
	}, nil)
	b.call(t, "Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]any{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
	b.console, b.loaded = nil, false
	b.call(t, "Page.navigate", map[string]any{"url": url}, nil)
	for !b.loaded {
		b.receive(t)
	}
	var wide struct{ Content, Screen int }
	b.value(t, `({Content: document.documentElement.scrollWidth, Screen: document.documentElement.clientWidth})`, &wide)
	if wide.Content > wide.Screen || wide.Screen > width {
		t.Errorf("%s: %d wide on a screen of %d", picture, wide.Content, width)
	}
	var stuck []string
	b.value(t, `[...document.querySelectorAll("*")].filter(e =>
		(getComputedStyle(e).overflowX == "auto") && e.tabIndex < 0).map(e => e.outerHTML.slice(0, 80))`, &stuck)
	for _, element := range stuck {
		t.Errorf("%s: no keyboard reaches %s", picture, element)
	}
	// The first column stays where it is when the matrix is moved.
	var moved float64
	b.value(t, `(() => { const m = document.querySelector(".matrix"); if (!m) return 0;
		const first = m.querySelector("tbody th"), box = m.parentElement, before = first.getBoundingClientRect().left;
		box.scrollLeft = 200; const after = first.getBoundingClientRect().left; box.scrollLeft = 0;
		return Math.abs(after - before) })()`, &moved)
	if moved > 1 {
		t.Errorf("%s: the first column of the matrix moves by %g", picture, moved)
	}
	if len(b.console) > 0 {
		t.Errorf("%s: the console has %s", picture, strings.Join(b.console, "\n"))
	}
	var shot struct{ Data string }
	b.call(t, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "clip": map[string]any{
		"x": 0, "y": 0, "width": width, "height": b.height(t), "scale": 1}}, &shot)
	content, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil || len(content) < 1000 {
		t.Errorf("%s: there is no picture: %v", picture, err)
	}
	if folder := os.Getenv("THRESHER_TEST_PICTURES"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, picture), content, 0o644); err != nil {
			t.Error(err)
		}
	}
}

// height is how long the page is, up to what a picture takes.
func (b *browser) height(t *testing.T) int {
	var height int
	b.value(t, `document.documentElement.scrollHeight`, &height)
	return min(height, 6000)
}
