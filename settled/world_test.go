package settled

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"thresher/index"
	"thresher/internal/testkit"
	"thresher/pep"
)

// A world is an index with a few projects, an environment in which some of their
// releases are installed, and a command. Most are such that pip has nothing to do.
type world struct {
	id       int
	dir      string
	args     []string
	indexes  int // how many the command names
	projects []*made
	random   *rand.Rand
}

type made struct {
	name      string // as written
	releases  []*release
	installed *release
	extras    []string
	absent    bool // from every index
}

type release struct {
	version  string
	requires []string
	files    []*madeFile
}

type madeFile struct {
	name     string
	index    int
	yanked   bool
	requires string // Requires-Python
	content  []byte
	metadata string
}

func (w *world) maybe(percent int) bool { return w.random.IntN(100) < percent }

func pick[T any](w *world, of []T) T { return of[w.random.IntN(len(of))] }

var (
	worldNames = []string{"alpha", "Beta_Lib", "gamma.core", "delta", "Epsilon", "zeta-x", "eta", "theta", "iota2",
		"setuptools", "kappa", "lambda_"}
	worldVersions = []string{
		"0.9", "1.0.dev1", "1.0", "1.0.post1", "1.1a1", "1.1", "1.2.3", "1.10", "2.0b2", "2.0rc1", "2.0",
		"2.0.post2.dev1", "2.1",
		"3.0", "3.1+local.2", "10.0", "2024.1", "1!0.5",
	}
	worldMarkers = []string{
		`python_version >= "3.8"`, `sys_platform == "win32"`, `python_version < "3"`, `platform_system == "Linux"`,
		`python_full_version >= "3.6.1" and os_name == "posix"`, `implementation_name == "cpython" or extra == "fast"`,
	}
)

// newWorld makes a world from a seed; tags are those that the interpreter takes.
func newWorld(id int, seed uint64, tags []string) *world {
	w := &world{id: id, random: rand.New(rand.NewPCG(seed, 7)), indexes: 1}
	if w.maybe(15) {
		w.indexes = 2
	}
	names := slices.Clone(worldNames)
	if !w.maybe(8) {
		names = names[:len(names)-1] // the last is a name that not every pip reads
	}
	w.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:3+w.random.IntN(len(names)-3)] {
		p := &made{name: name, absent: w.maybe(2)}
		if w.maybe(30) {
			p.extras = []string{"fast"}
			if w.maybe(30) {
				p.extras = append(p.extras, "dev-tools")
			}
		}
		versions := map[string]bool{}
		for range 1 + w.random.IntN(5) {
			versions[pick(w, worldVersions)] = true
		}
		for _, version := range ascending(versions) {
			p.releases = append(p.releases, &release{version: version})
		}
		p.installed = pick(w, p.releases)
		if w.maybe(85) { // up to date
			for i := len(p.releases) - 1; i >= 0; i-- {
				version, _ := pep.ParseVersion(p.releases[i].version)
				if p.installed = p.releases[i]; !version.IsPrerelease() {
					break
				}
			}
		}
		w.projects = append(w.projects, p)
	}
	for i, p := range w.projects {
		for _, r := range p.releases {
			w.depend(i, p, r)
		}
	}
	for _, p := range w.projects {
		for _, r := range p.releases {
			w.publish(p, r, tags)
		}
	}
	return w
}

func ascending(set map[string]bool) []string {
	var list []string
	for version := range set {
		list = append(list, version)
	}
	slices.SortFunc(list, func(a, b string) int {
		first, _ := pep.ParseVersion(a)
		second, _ := pep.ParseVersion(b)
		return first.Compare(second)
	})
	return list
}

// depend gives a release dependencies, mostly on projects behind its own.
func (w *world) depend(i int, p *made, r *release) {
	for range w.random.IntN(4) {
		on := w.random.IntN(len(w.projects))
		if on <= i && !w.maybe(10) {
			continue
		}
		other := w.projects[on]
		line := other.name
		if len(other.extras) > 0 && w.maybe(40) {
			line += "[" + pick(w, other.extras) + "]"
		}
		line += w.specifier(other, r == p.installed)
		switch {
		case len(p.extras) > 0 && w.maybe(40):
			line += fmt.Sprintf(`; extra == "%s"`, pick(w, p.extras))
			if w.maybe(20) {
				line += ` and python_version >= "3.7"`
			}
		case w.maybe(15):
			line += "; " + pick(w, worldMarkers)
		}
		r.requires = append(r.requires, line)
	}
}

// specifier gives one that what is installed fulfils, mostly.
func (w *world) specifier(p *made, honest bool) string {
	installed := p.installed.version
	public, _, _ := strings.Cut(installed, "+")
	if !honest && w.maybe(20) || w.maybe(1) {
		return pick(w, []string{"<", ">", "==", "!="}) + pick(w, worldVersions[:len(worldVersions)-4])
	}
	set := pick(w, []string{"", "", "", "", ">=" + public, ">=" + public, ">=" + public, "<=" + public, "==" + public,
		">=0.1", "<3000", ">=0.1,<3000", ">=0.1,<3000", "!=0.0.1", "~=" + public, "!=77.0rc1", ">0.1"})
	if w.maybe(4) {
		set = ">=0.1.dev0"
	}
	if parsed, err := pep.ParseSpecifiers(set); err != nil || !parsed.Contains(installed, true) && !w.maybe(2) {
		return ""
	}
	return set
}

// publish gives a release its files.
func (w *world) publish(p *made, r *release, tags []string) {
	described := testkit.Distribution{Name: p.name, Version: r.version, Requires: r.requires}
	for _, extra := range p.extras {
		described.Metadata += "Provides-Extra: " + extra + "\n"
	}
	yanked := w.maybe(8)
	requires := ""
	if w.maybe(15) {
		requires = pick(w, []string{">=3.8", ">=3.99", "<3", ">=3.5,!=3.6.*", ">3", "nonsense"})
	}
	for range 1 + w.random.IntN(2) {
		described.Tag = pick(w, []string{"py3-none-any", "py3-none-any", "py2.py3-none-any", tags[w.random.IntN(len(tags))],
			"py2-none-any", "cp35-cp35m-win_amd64", "cp399-cp399-manylinux2014_x86_64"})
		name, content := described.Wheel()
		if w.maybe(10) {
			name = strings.Replace(name, "-"+r.version+"-", "-"+r.version+"-1-", 1)
		}
		w.add(r, &madeFile{
			name: name, yanked: yanked || w.maybe(3), requires: requires, content: content, metadata: described.MetadataText(),
		})
	}
	if w.maybe(20) {
		w.add(r, &madeFile{
			name: strings.ToLower(p.name) + "-" + r.version + ".tar.gz", yanked: yanked, requires: requires,
			content: []byte(p.name + r.version),
		})
	}
}

func (w *world) add(r *release, file *madeFile) {
	file.index = w.random.IntN(w.indexes)
	for _, known := range r.files {
		if known.name == file.name {
			return
		}
	}
	r.files = append(r.files, file)
}

// build writes the environment and the command's files into a directory, and
// makes the command. urls are the indexes'.
func (w *world) build(t testing.TB, dir string, urls []string) {
	t.Helper()
	w.dir = dir
	for _, p := range w.projects {
		described := testkit.Distribution{Name: p.name, Version: p.installed.version, Requires: p.installed.requires}
		for _, extra := range p.extras {
			described.Metadata += "Provides-Extra: " + extra + "\n"
		}
		if w.maybe(2) {
			continue // not installed
		}
		name := strings.NewReplacer("-", "_", ".", "_").Replace(p.name)
		if !strings.Contains(p.name, "_") && w.maybe(50) {
			name = strings.ToLower(name)
		}
		writeWorldFile(t, filepath.Join(w.site(), name+"-"+p.installed.version+".dist-info", "METADATA"),
			described.MetadataText())
	}
	var lines, constraints []string
	for range 1 + w.random.IntN(5) {
		p := pick(w, w.projects)
		line := p.name
		if w.maybe(20) {
			line = strings.ToUpper(line)
		}
		if len(p.extras) > 0 && w.maybe(40) {
			line += "[" + pick(w, p.extras) + "]"
		}
		line += w.specifier(p, true)
		if w.maybe(10) {
			line += " ; " + pick(w, worldMarkers[:5])
		}
		lines = append(lines, line)
	}
	if w.maybe(25) {
		for range 1 + w.random.IntN(3) {
			p := pick(w, w.projects)
			constraints = append(constraints, p.name+w.specifier(p, true))
		}
	}
	w.args = []string{"install", "--no-cache-dir", "--retries", "0", "--no-input", "-i", urls[0]}
	for _, extra := range urls[1:w.indexes] {
		w.args = append(w.args, "--extra-index-url", extra)
	}
	if w.maybe(90) {
		w.args = append(w.args, "-U")
		if w.maybe(15) {
			w.args = append(w.args, "--upgrade-strategy", "eager")
		}
	}
	if w.maybe(5) {
		w.args = append(w.args, "-q")
	}
	if w.maybe(6) {
		w.args = append(w.args, pick(w, []string{"--only-binary", "--no-binary"}),
			pick(w, []string{":all:", w.projects[0].name}))
	}
	if w.maybe(5) {
		for i := range lines {
			lines[i] = w.hashed()
		}
	}
	if len(constraints) > 0 {
		writeWorldFile(t, filepath.Join(dir, "constraints.txt"), strings.Join(constraints, "\n")+"\n")
		w.args = append(w.args, "-c", "constraints.txt")
	}
	if w.maybe(70) {
		writeWorldFile(t, filepath.Join(dir, "requirements.txt"), "# a comment\n"+strings.Join(lines, "\n")+"\n")
		w.args = append(w.args, "-r", "requirements.txt")
		if w.maybe(20) {
			w.args = append(w.args, pick(w, w.projects).name)
		}
	} else {
		for _, line := range lines {
			line, _, _ = strings.Cut(line, " --hash")
			w.args = append(w.args, line)
		}
	}
}

// hashed gives a requirement with the hashes of what is installed, or of others.
func (w *world) hashed() string {
	p := pick(w, w.projects)
	line := p.name + "==" + p.installed.version
	for _, r := range p.releases {
		for _, file := range r.files {
			if (r == p.installed) != w.maybe(10) {
				line += " --hash=sha256:" + sum(file.content)
			}
		}
	}
	return line
}

func (w *world) site() string { return filepath.Join(w.dir, "site") }

func writeWorldFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// change does one of the things that happen to an index between two mornings.
func (w *world) change(tags []string) {
	p := pick(w, w.projects)
	r := pick(w, p.releases)
	switch w.random.IntN(5) {
	case 0:
		added := &release{version: pick(w, worldVersions), requires: r.requires}
		p.releases = append(p.releases, added)
		w.publish(p, added, tags)
	case 1:
		w.publish(p, r, tags)
	case 2:
		pick(w, r.files).yanked = true
	case 3:
		pick(w, r.files).requires = pick(w, []string{">=3.8", ">=3.99", ""})
	case 4:
		described := testkit.Distribution{Name: p.name, Version: r.version, Tag: "cp35-cp35m-win_amd64"}
		name, content := described.Wheel()
		w.add(r, &madeFile{name: name, content: content, metadata: described.MetadataText()})
	}
}

// page gives the files of one project on one index; nil where it has none.
func (w *world) page(place int, canonical string) []*madeFile {
	var files []*madeFile
	for _, p := range w.projects {
		if pep.CanonicalName(p.name) != canonical || p.absent {
			continue
		}
		for _, r := range p.releases {
			for _, file := range r.files {
				if file.index == place {
					files = append(files, file)
				}
			}
		}
	}
	return files
}

// worldIndex serves the worlds: /WORLD/PLACE/simple/NAME/ and /WORLD/files/NAME.
type worldIndex struct {
	mutex  sync.Mutex
	worlds map[string]*world
	asked  map[string]bool // canonical names of the projects whose pages were asked for
}

// begin serves one world from now on.
func (x *worldIndex) begin(name string, w *world) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	x.worlds, x.asked = map[string]*world{name: w}, map[string]bool{}
}

// names gives the projects that were asked for.
func (x *worldIndex) names() []string {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	return slices.Sorted(maps.Keys(x.asked))
}

func (x *worldIndex) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	x.mutex.Lock()
	w := x.worlds[parts[0]]
	x.mutex.Unlock()
	if w == nil || len(parts) < 3 {
		http.NotFound(rw, r)
		return
	}
	if parts[1] == "files" {
		w.serveFile(rw, r, parts[2])
		return
	}
	place := int(parts[1][0] - '0')
	x.mutex.Lock()
	x.asked[parts[3]] = true
	x.mutex.Unlock()
	files := w.page(place, parts[3])
	if files == nil {
		http.NotFound(rw, r)
		return
	}
	kind, body := "text/html", pageHTML(files, "/"+parts[0]+"/files/")
	if strings.Contains(r.Header.Get("Accept"), "application/vnd.pypi.simple.v1+json") {
		kind, body = "application/vnd.pypi.simple.v1+json", pageJSON(parts[3], files, "/"+parts[0]+"/files/")
	}
	rw.Header().Set("Content-Type", kind)
	_, _ = rw.Write([]byte(body))
}

func (w *world) serveFile(rw http.ResponseWriter, r *http.Request, name string) {
	bare, metadata := strings.CutSuffix(name, ".metadata")
	for _, p := range w.projects {
		for _, release := range p.releases {
			for _, file := range release.files {
				switch {
				case file.name != bare || strings.HasSuffix(bare, ".tar.gz"):
				case metadata:
					_, _ = rw.Write([]byte(file.metadata))
					return
				default:
					_, _ = rw.Write(file.content)
					return
				}
			}
		}
	}
	http.NotFound(rw, r) // source archives, so that none is built
}

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

func pageJSON(name string, files []*madeFile, prefix string) string {
	page := map[string]any{"meta": map[string]string{"api-version": "1.0"}, "name": name}
	list := []any{}
	for _, f := range files {
		file := map[string]any{
			"filename": f.name, "url": prefix + f.name, "yanked": f.yanked,
			"hashes": map[string]string{"sha256": sum(f.content)},
		}
		if f.requires != "" {
			file["requires-python"] = f.requires
		}
		if f.metadata != "" {
			file["core-metadata"] = map[string]string{"sha256": sum([]byte(f.metadata))}
		}
		list = append(list, file)
	}
	page["files"] = list
	text, _ := json.Marshal(page)
	return string(text)
}

func pageHTML(files []*madeFile, prefix string) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html><html><body>\n")
	for _, f := range files {
		fmt.Fprintf(&b, `<a href="%s%s#sha256=%s"`, prefix, f.name, sum(f.content))
		if f.requires != "" {
			fmt.Fprintf(&b, ` data-requires-python="%s"`, html.EscapeString(f.requires))
		}
		if f.yanked {
			b.WriteString(` data-yanked=""`)
		}
		fmt.Fprintf(&b, ">%s</a><br>\n", f.name)
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

// candidates gives what pip would be given of a project, as the gate gives it.
func (w *world) candidates(t testing.TB, canonical string) []Candidate {
	t.Helper()
	var found []Candidate
	for place := range w.indexes {
		files := w.page(place, canonical)
		if files == nil {
			continue
		}
		page, err := index.ParsePage("application/vnd.pypi.simple.v1+json",
			[]byte(pageJSON(canonical, files, "/files/")), "http://index.example/simple/"+canonical+"/", canonical)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Files {
			file := &page.Files[i]
			version := ""
			if strings.HasSuffix(file.Filename, ".whl") {
				_, version, err = pep.ParseWheelFilename(file.Filename)
			} else {
				version, err = pep.ParseSdistFilename(file.Filename, canonical)
			}
			if err == nil {
				found = append(found, Candidate{Version: version, File: file})
			}
		}
	}
	return found
}
