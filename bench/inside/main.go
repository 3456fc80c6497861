// Command inside measures on real wheels what looking into them costs and finds:
// how many bytes and requests it takes to read them by their ends, how many have
// startup hooks, which releases of the last year would have been held back when
// they were three days old, and which files two of the wheels have both. It asks
// the index that pip is configured for.
//
//	pip freeze | go run ./bench/inside
//	go run ./bench/inside < requirements.txt
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"thresher/archive"
	"thresher/index"
	"thresher/inside"
	"thresher/pep"
	"thresher/pip"
	"thresher/session"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/inside:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("inside", flag.ContinueOnError)
	workers := flags.Int("workers", 8, "wheels read at once")
	hooks := flags.Bool("hooks", false, "print the startup hooks of all releases older than 90 days, as "+
		"inside/known.tsv has them")
	platform := flags.String("platform", "manylinux", "what the name of a wheel for one platform has in it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	client, indexURL, err := open()
	if err != nil {
		return err
	}
	defer client.Close()
	measure := &measurement{client: client, indexURL: indexURL, platform: *platform, now: time.Now()}
	var pins []string
	for lines := bufio.NewScanner(in); lines.Scan(); {
		name, version, ok := strings.Cut(strings.TrimSpace(lines.Text()), "==")
		if ok || *hooks {
			pins = append(pins, pep.CanonicalName(name)+" "+version)
		}
	}
	if *hooks {
		return measure.known(out, pins)
	}
	var wait sync.WaitGroup
	slots := make(chan struct{}, *workers)
	for _, pin := range pins {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			name, version, _ := strings.Cut(pin, " ")
			if err := measure.release(context.Background(), name, version); err != nil {
				fmt.Fprintf(os.Stderr, "%s %s: %v\n", name, version, err)
			}
		})
	}
	wait.Wait()
	measure.report(out)
	return nil
}

// open gives a client of the index that pip in this shell asks.
func open() (*index.Client, string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, "", err
	}
	installation, err := pip.Find(pip.FindInput{Name: "pip", Environ: os.Environ(), Dir: dir, CacheDir: cache})
	if err != nil {
		return nil, "", err
	}
	command := pip.Parse(pip.Input{
		Args: []string{"install"}, Environ: os.Environ(), Dir: dir, Installation: installation, CacheDir: cache,
	})
	if len(command.Indexes) == 0 {
		return nil, "", errors.New("pip has no index here")
	}
	client, err := session.New(command, os.Environ(), "")
	return client, command.Indexes[0].Value, err
}

// measurement is what was found.
type measurement struct {
	client   *index.Client
	indexURL string
	platform string
	now      time.Time

	mutex    sync.Mutex
	read     []wheel
	held     []string
	hooked   []string
	releases int // of the last year, of projects with hooks
}

// wheel is one wheel that was read as an install reads it.
type wheel struct {
	name, filename  string
	size, needed    int64 // bytes: of the file, of its end that holds the directory
	requests, bytes int64
	contents        inside.Contents
	members         []archive.Member
}

func (m *measurement) release(ctx context.Context, name, version string) error {
	page, err := m.client.Page(ctx, m.indexURL, name)
	if err != nil {
		return err
	}
	releases := m.wheelsOf(page, name)
	at := slices.IndexFunc(releases, func(r inside.Release) bool { return r.Version == version })
	if at < 0 {
		return errors.New("no wheel")
	}
	w, err := m.wheel(ctx, name, releases[at])
	if err != nil {
		return err
	}
	runs := slices.ContainsFunc(w.contents.Hooks, func(hook inside.Hook) bool { return hook.Runs })
	m.mutex.Lock()
	m.read = append(m.read, w)
	for _, hook := range w.contents.Hooks {
		m.hooked = append(m.hooked, fmt.Sprintf("%s %s: %s, runs code: %t", name, version, hook.Path, hook.Runs))
	}
	m.mutex.Unlock()
	if runs {
		m.lastYear(ctx, name, releases)
	}
	return nil
}

// lastYear judges every release of the last year on its third day.
func (m *measurement) lastYear(ctx context.Context, name string, releases []inside.Release) {
	for _, release := range releases {
		uploaded := release.File.UploadTime
		if m.now.Sub(uploaded) > 365*24*time.Hour || release.File.Yanked {
			continue
		}
		contents, err := m.contents(ctx, release)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", release.File.Filename, err)
			continue
		}
		older := inside.Vouching(releases, release.Version, release.File.Filename, uploaded.Add(3*24*time.Hour), nil)
		standings, compared := inside.Compare(contents.Hooks, older, func(r inside.Release) (inside.Contents, bool) {
			known, err := m.contents(ctx, r)
			return known, err == nil
		})
		m.mutex.Lock()
		m.releases++
		for _, s := range standings {
			if s.Hook.Runs && s.Seen == "" {
				m.held = append(m.held, fmt.Sprintf("%s %s of %s: %s, compared with %s, other content in %q",
					name, release.Version, uploaded.Format(time.DateOnly), s.Hook.Path, cmp.Or(compared, "nothing"), s.Other))
			}
		}
		m.mutex.Unlock()
	}
}

// knownReleases bounds how many releases of a project are looked into for its
// hooks, the newest of those that are old enough.
const knownReleases = 40

// known prints the startup hooks that projects had for long.
func (m *measurement) known(out io.Writer, names []string) error {
	var lines []string
	for _, name := range names {
		name = strings.TrimSpace(name)
		page, err := m.client.Page(context.Background(), m.indexURL, name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			continue
		}
		var settled []inside.Release
		for _, release := range m.wheelsOf(page, name) {
			if inside.IsSettled(release.File, m.now) && !release.File.Yanked {
				settled = append(settled, release)
			}
		}
		slices.SortFunc(settled, func(a, b inside.Release) int { return b.File.UploadTime.Compare(a.File.UploadTime) })
		for _, release := range settled[:min(len(settled), knownReleases)] {
			contents, err := m.contents(context.Background(), release)
			if err != nil {
				continue
			}
			for _, hook := range contents.Hooks {
				line := name + "\t" + string(hook.Kind) + "\t" + hook.SHA256
				if hook.Runs && hook.SHA256 != "" && !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
		}
	}
	slices.Sort(lines)
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

// wheelsOf gives one wheel of each release: for any platform, or for the one that
// is meant.
func (m *measurement) wheelsOf(page *index.Page, name string) []inside.Release {
	var releases []inside.Release
	for i := range page.Files {
		file := &page.Files[i]
		found, version, err := pep.ParseWheelFilename(file.Filename)
		if err != nil || found != name ||
			!strings.HasSuffix(file.Filename, "-any.whl") && !(strings.Contains(file.Filename, m.platform) &&
				strings.Contains(file.Filename, "x86_64")) {
			continue
		}
		if !slices.ContainsFunc(releases, func(r inside.Release) bool { return r.Version == version }) {
			releases = append(releases, inside.Release{Version: version, File: file})
		}
	}
	return releases
}

func (m *measurement) ranges(file *index.File, w *wheel) inside.Ranges {
	ranges := inside.OverHTTP(m.client.Open, func(ctx context.Context, asked, location string) (string, error) {
		return m.client.Redirected(ctx, asked, location, []string{m.indexURL})
	}, file.URL, m.indexURL)
	return func(ctx context.Context, offset, length int64) (inside.Piece, error) {
		piece, err := ranges(ctx, offset, length)
		if w != nil {
			w.requests++
			w.bytes += int64(len(piece.Content))
		}
		return piece, err
	}
}

func (m *measurement) contents(ctx context.Context, release inside.Release) (inside.Contents, error) {
	return inside.Ahead(ctx, release.File.Filename, release.File.Size, m.ranges(release.File, nil), false)
}

// wheel reads a wheel as an install does, and once more for all of its members.
func (m *measurement) wheel(ctx context.Context, name string, release inside.Release) (wheel, error) {
	file := release.File
	w := wheel{name: name, filename: file.Filename, size: file.Size}
	var err error
	if w.contents, err = inside.Ahead(ctx, file.Filename, file.Size, m.ranges(file, &w), false); err != nil {
		return w, err
	}
	ranges := m.ranges(file, nil)
	from := max(file.Size-64<<10, 0)
	for {
		piece, err := ranges(ctx, from, file.Size-from)
		if err != nil {
			return w, err
		}
		members, more, err := archive.ReadDirectory(piece.Content, file.Size)
		if err != nil {
			return w, err
		}
		if more < 0 {
			w.members = members
			break
		}
		from = more
	}
	directory := int64(0)
	for _, member := range w.members {
		offset, length := member.Extent()
		directory = max(directory, offset+length)
	}
	w.needed = file.Size - directory
	return w, nil
}

func (m *measurement) report(out io.Writer) {
	slices.SortFunc(m.read, func(a, b wheel) int { return cmp.Compare(a.name, b.name) })
	requests, bytes, size, one := int64(0), int64(0), int64(0), 0
	for _, w := range m.read {
		requests, bytes, size = requests+w.requests, bytes+w.bytes, size+w.size
		if w.requests == 1 {
			one++
		}
	}
	fmt.Fprintf(out, "%d wheels of %.1f MB: %d requests, %.2f MB; one request was enough for %d\n",
		len(m.read), float64(size)/1e6, requests, float64(bytes)/1e6, one)
	for _, first := range []int64{16, 32, 64, 128, 256} {
		enough := 0
		for _, w := range m.read {
			if w.needed <= first<<10 {
				enough++
			}
		}
		fmt.Fprintf(out, "  the last %d kB hold the directory of %d\n", first, enough)
	}
	section := func(title string, lines []string) {
		slices.Sort(lines)
		fmt.Fprintf(out, "%s: %d\n", title, len(lines))
		for _, line := range lines {
			fmt.Fprintf(out, "  %s\n", line)
		}
	}
	section("startup hooks", m.hooked)
	section(fmt.Sprintf("held back, of %d releases of the last year", m.releases), m.held)
	var payloads []string
	for _, w := range m.read {
		for _, p := range w.contents.Payloads {
			payloads = append(payloads, fmt.Sprintf("%s: %s %s %d", w.filename, p.Kind, p.Path, p.Size))
		}
	}
	section("payloads", payloads)
	section("files that two of them have", m.collisions())
}

// collisions gives the files that two wheels would install with different content.
func (m *measurement) collisions() []string {
	type owned struct {
		wheel  string
		member archive.Member
	}
	owners := map[string]owned{}
	var found []string
	for _, w := range m.read {
		for _, member := range w.members {
			scheme, path := archive.Destination(member.Name)
			if member.IsFolder() {
				continue
			}
			key := string(scheme) + ":" + path
			first, taken := owners[key]
			switch {
			case !taken:
				owners[key] = owned{w.name, member}
			case first.member.CRC != member.CRC || first.member.Size != member.Size:
				found = append(found, fmt.Sprintf("%s and %s: %s", first.wheel, w.name, key))
			}
		}
	}
	return found
}
