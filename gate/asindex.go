package gate

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// For a pip whose transport the gate cannot be, it stands in the place of the
// indexes: pip is given addresses of the gate's own, which stand for the real
// ones, and everything is judged as ever. What pip opens by itself (local files,
// its caches) the gate does not see then.

// IndexURL is what stands for Config.Indexes[i] on the side of such a pip. Its
// path holds the run's secret.
func (g *Gate) IndexURL(i int) string { return g.ownURL("i", strconv.Itoa(i)) + "/" }

// FindLinksURL is what stands for Config.FindLinks[i].
func (g *Gate) FindLinksURL(i int) string { return g.ownURL("l", strconv.Itoa(i)) + "/" }

func (g *Gate) ownURL(words ...string) string {
	return "http://" + g.address + "/" + g.secret + "/" + strings.Join(words, "/")
}

// onPipsSide gives the address by which pip is to ask for another.
func (g *Gate) onPipsSide(rawURL string) string {
	if !g.config.WithoutTransport {
		return rawURL
	}
	bare, fragment, _ := strings.Cut(rawURL, "#")
	own := g.ownURL("f", base64.RawURLEncoding.EncodeToString([]byte(bare)), url.PathEscape(lastSegment(bare)))
	if fragment != "" {
		own += "#" + fragment
	}
	return own
}

// serveAsIndex answers for an address of the gate's own.
func (g *Gate) serveAsIndex(w http.ResponseWriter, r *http.Request) {
	words := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(words) < 3 || !same(words[0], g.secret) {
		refuse(w, r, http.StatusForbidden, messageNotThisRun)
		return
	}
	if stopped := g.stopping.Load(); stopped != nil {
		refuse(w, r, http.StatusForbidden, *stopped)
		return
	}
	place, err := strconv.Atoi(words[2])
	known := err == nil && place >= 0
	switch {
	case words[1] == "i" && len(words) == 4 && known && place < len(g.config.Indexes):
		g.answer(w, r, strings.TrimRight(g.config.Indexes[place].URL, "/")+"/"+words[3]+"/")
	case words[1] == "l" && len(words) == 3 && known && place < len(g.config.FindLinks):
		g.answer(w, r, g.config.FindLinks[place])
	case words[1] == "f" && len(words) == 4:
		encoded, metadata := words[2], ""
		if strings.HasSuffix(path.Base(r.URL.Path), ".metadata") {
			metadata = ".metadata"
		}
		asked, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil {
			refuse(w, r, http.StatusNotFound, messageNoSuchPlace)
			return
		}
		g.answer(w, r, string(asked)+metadata)
	default:
		refuse(w, r, http.StatusNotFound, messageNoSuchPlace)
	}
}
