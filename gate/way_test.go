package gate

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"thresher/internal/testkit"
)

// TestWithoutSocket: where there can be no Unix socket (a path that is too long,
// another system) pip reaches the gate by a port, and whoever else listens there
// gets neither a header nor the run's secret.
func TestWithoutSocket(t *testing.T) {
	for _, release := range testkit.PipReleases(t) {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			x := testkit.NewIndex(t)
			x.AddWheel(testkit.Distribution{Name: "app", Version: "1.0"})
			directory := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
			if err := os.Mkdir(directory, 0o700); err != nil {
				t.Fatal(err)
			}
			g := open(t, Config{Indexes: mainIndex(x), Directory: directory})
			if g.Way().Socket != "" {
				t.Fatalf("a socket at %s", g.Way().Socket)
			}
			e := newEnvironment(t, release)
			e.pip(g, "install", "app").want(t, 0)
			e.wantInstalled("app==1.0")

			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			var mutex sync.Mutex
			var heard strings.Builder
			go func() {
				for {
					connection, err := listener.Accept()
					if err != nil {
						return
					}
					buffer := make([]byte, 64<<10)
					n, _ := connection.Read(buffer) // what came is looked at
					mutex.Lock()
					heard.Write(buffer[:n])
					mutex.Unlock()
					_, _ = connection.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + strings.Repeat("0", 64)))
					_ = connection.Close()
				}
			}()
			forged := &Gate{config: g.config, address: listener.Addr().String(), secret: g.secret}
			e.run(forged, e.variables(g), "install", "--force-reinstall", "app").want(t, 125, "somebody else answers in the "+
				"place of thresher's gate")
			mutex.Lock()
			defer mutex.Unlock()
			if said := heard.String(); !strings.HasPrefix(said, "GET /-/proof ") || strings.Contains(said, g.secret) ||
				strings.Contains(said, headerURL) {
				t.Errorf("somebody else heard %q", said)
			}
		})
	}
}
