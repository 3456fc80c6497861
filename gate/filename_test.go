package gate

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"

	"thresher/internal/testkit"
	"thresher/policy/rules"
)

// A page may call a file otherwise than its URL does. pip goes by the URL, so
// the verdict is on what that names, whatever the page says.
func TestFilenameOtherThanItsURL(t *testing.T) {
	t.Parallel()
	for _, release := range someReleases("22.3.1", "23.2.1", "24.2", "26.2.1") {
		t.Run("pip "+release, func(t *testing.T) {
			t.Parallel()
			x := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/files/") {
					version := strings.Split(path.Base(r.URL.Path), "-")[1]
					_, content := testkit.Distribution{Name: "app", Version: version}.Wheel()
					_, _ = w.Write(content)
					return
				}
				w.Header().Set("Content-Type", contentJSON)
				fmt.Fprint(w, `{"meta":{"api-version":"1.0"},"name":"app","files":[
					{"filename":"app-1.0-py3-none-any.whl","url":"/files/app-2.0-py3-none-any.whl","hashes":{}},
					{"filename":"app-3.0-py3-none-any.whl","url":"/files/other-3.0-py3-none-any.whl","hashes":{}},
					{"filename":"app-4.0-py3-none-any.whl","url":"/files/app-1.5-py3-none-any.whl?app-4.0-py3-none-any.whl#app-4.0-py3-none-any.whl","hashes":{}},
					{"filename":"app-5.0-py3-none-any.whl","url":"/files/app-1.4-py3-none-any.whl/","hashes":{}},
					{"filename":"app-6.0-py3-none-any.whl","url":"/files/app-1%2E3-py3-none-any.whl","hashes":{}}]}`)
			}))
			defer x.Close()
			var mutex sync.Mutex
			blocking := func(version string) (Config, map[string]bool) {
				judged := map[string]bool{}
				return Config{Indexes: []Index{{URL: x.URL + "/simple/"}}, JudgeFile: func(e FileEvidence) []rules.Finding {
					mutex.Lock()
					defer mutex.Unlock()
					judged[e.Version] = true
					if e.Version != version {
						return nil
					}
					return []rules.Finding{{Subject: "app", Rule: rules.Malware, Action: rules.Block, Evidence: "is malware"}}
				}}, judged
			}
			e := newEnvironment(t, release)
			config, _ := blocking("2.0")
			e.pip(open(t, config), "install", "app").want(t, 1, "blocked by thresher: app: is malware")
			e.wantInstalled()
			config, judged := blocking("1.0")
			g := open(t, config)
			e.pip(g, "install", "app").want(t, 0)
			e.wantInstalled("app==2.0")
			if missing := Unvouched(g.Ledger(), []Arrived{{Name: "app", Version: "2.0"}}); len(missing) > 0 {
				t.Errorf("unvouched %+v", missing)
			}
			for _, claimed := range []string{"1.0", "3.0", "4.0", "5.0", "6.0"} {
				if judged[claimed] {
					t.Errorf("%s was judged, which pip cannot take", claimed)
				}
				e.pip(g, "install", "--force-reinstall", "app=="+claimed).want(t, 1, "No matching distribution")
			}
			// Whatever pip takes of the rest had its verdict.
			for _, version := range []string{"1.3", "1.4", "1.5"} {
				if outcome := e.pip(g, "install", "--force-reinstall", "app=="+version); outcome.status == 0 && !judged[version] {
					t.Errorf("%s was installed without a verdict\n%s", version, outcome.output)
				}
			}
		})
	}
}
