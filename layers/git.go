package layers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"thresher/address"
	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/policy/shared"
)

// fetchedName is what is fetched in our repository.
const fetchedName = "refs/thresher/layer"

// repository is one of git's that is made for one fetch. It has no working tree.
type repository struct {
	program string
	dir     string
	environ []string
	alone   bool // nobody is there to be asked
}

// byGit fetches a file of a repository at a commit, a tag or a branch.
func (f Fetcher) byGit(ctx context.Context, fetched *Layer, kept *record, now time.Time) error {
	r, err := f.newRepository(ctx, fetched.Reference)
	if err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	object, name := fetched.Reference.Commit(), ""
	if object == "" {
		if object, name, err = r.find(ctx, fetched.Reference); err != nil {
			return err
		}
		if kept != nil && kept.Object == object && fetched.Keys.Counts(kept.Signer, now) == nil {
			*fetched = kept.layer(fetched.SharedLayer)
			fetched.Checked = now
			return nil
		}
	}
	if err := r.fetch(ctx, fetched.Reference, object, name); err != nil {
		return err
	}
	fetched.object = object
	commit, err := r.vouched(ctx, fetched, object, now)
	if err != nil {
		return err
	}
	fetched.Content, err = r.file(ctx, commit, fetched.Reference.File)
	return err
}

// newRepository makes an empty repository, for objects whose names are as long as
// that of a pinned commit.
func (f Fetcher) newRepository(ctx context.Context, reference shared.Reference) (*repository, error) {
	path := ""
	for _, pair := range f.Environ {
		if value, found := strings.CutPrefix(pair, "PATH="); found {
			path = value
		}
	}
	programs := files.OnPath(path, gitProgram)
	if len(programs) == 0 {
		return nil, errors.New(noGit)
	}
	dir, err := os.MkdirTemp("", "thresher-policy-")
	if err != nil {
		return nil, err
	}
	r := &repository{program: programs[0], dir: dir, environ: gitEnviron(f.Environ, dir, f.Alone), alone: f.Alone}
	init := []string{"init", "--quiet", "--bare", "--template="}
	if len(reference.Commit()) == 64 {
		init = append(init, "--object-format=sha256")
	}
	if _, err := r.run(ctx, append(init, dir)...); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return r, nil
}

// keptVariables are those of git's that say how a place is reached, and may hold the
// way to a password. All others are taken out: they say where a repository lies, what
// is configured, and where to write down what was sent.
var keptVariables = []string{"GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_SSL_CAINFO",
	"GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_PROXY_SSL_CAINFO", "GIT_HTTP_PROXY_AUTHMETHOD",
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}

// gitEnviron is the environment of git: the user's, with another repository than the
// one that the user stands in.
func gitEnviron(environ []string, dir string, alone bool) []string {
	var kept []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(strings.ToUpper(name), "GIT_") || slices.Contains(keptVariables, name) {
			kept = append(kept, pair)
		}
	}
	kept = append(kept, "GIT_DIR="+dir, "GIT_ALLOW_PROTOCOL=https:ssh:file", "GIT_LITERAL_PATHSPECS=1",
		"GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	if alone {
		kept = append(kept, "GIT_TERMINAL_PROMPT=0", "SSH_ASKPASS_REQUIRE=never", "GCM_INTERACTIVE=never")
	}
	return kept
}

// gitSettings beat what the user has configured: no program of a repository's or a
// template's is run, nothing is fetched but what was asked for, what comes is checked,
// and no server leads to another.
var gitSettings = []string{"core.hooksPath=" + os.DevNull, "core.fsmonitor=false", "core.attributesFile=" + os.DevNull,
	"submodule.recurse=false", "fetch.recurseSubmodules=false", "fetch.fsckObjects=true", "fetch.writeCommitGraph=false",
	"transfer.bundleURI=false", "gc.auto=0", "maintenance.auto=false", "http.followRedirects=false",
	"protocol.version=2"}

// mostOutput bounds what is read of git's answers; mostFetched what a fetch may bring.
const (
	mostOutput  = 4 << 20
	mostFetched = 256 << 20
)

// run runs git and gives its output.
func (r *repository) run(ctx context.Context, args ...string) ([]byte, error) {
	var line []string
	for _, setting := range gitSettings {
		line = append(line, "-c", setting)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	command := exec.CommandContext(ctx, r.program, append(line, args...)...)
	command.Dir, command.Env, command.WaitDelay = r.dir, r.environ, time.Second
	if r.alone {
		keepAlone(command)
	}
	out, errorOut := &bounded{most: mostOutput}, &bounded{most: mostOutput}
	command.Stdout, command.Stderr = out, errorOut
	stop := r.watch(func() { cancel(errTooMuch) })
	err := command.Run()
	stop()
	switch {
	case context.Cause(ctx) == errTooMuch:
		return nil, refuse(errTooMuch.Error())
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, &gitError{args[0], said(errorOut.Bytes(), err)}
	case out.over:
		return nil, refuse(errTooMuch.Error())
	}
	return out.Bytes(), nil
}

var errTooMuch = errors.New(tooMuch)

// watch calls end when more has arrived than a policy is worth, until stop is called.
func (r *repository) watch(end func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if files.SizeOf(r.dir) > mostFetched {
					end()
					return
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

// gitError is a command of git's that failed.
type gitError struct{ command, message string }

func (e *gitError) Error() string { return fmt.Sprintf("git %s: %s", e.command, e.message) }

// said is the last line that says why git failed, without secrets.
func said(output []byte, err error) string {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	text := lines[len(lines)-1]
	for _, line := range lines {
		if strings.HasPrefix(line, "fatal: ") {
			text = strings.TrimPrefix(line, "fatal: ")
			break
		}
	}
	if text == "" {
		text = err.Error()
	}
	const most = 300
	if len(text) > most {
		text = text[:most] + "…"
	}
	return words.Printable(address.RedactText(text))
}

// bounded is a buffer that takes no more than so many bytes.
type bounded struct {
	bytes.Buffer
	most int
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		b.over = true
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

// find asks where a name leads: a tag, or else a branch.
func (r *repository) find(ctx context.Context, reference shared.Reference) (object, name string, err error) {
	tag, branch := "refs/tags/"+reference.Revision, "refs/heads/"+reference.Revision
	out, err := r.run(ctx, "ls-remote", "--quiet", "--", reference.URL, tag, branch)
	if err != nil {
		return "", "", err
	}
	for line := range strings.Lines(string(out)) {
		listed, listedName, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if listedName == tag || listedName == branch && name == "" {
			object, name = listed, listedName
		}
	}
	if name == "" {
		return "", "", refuse(noSuchName(reference.Revision))
	}
	return object, name, nil
}

// fetch brings an object, or all that has a name where a server gives no objects by
// their own names, or no part of its history.
func (r *repository) fetch(ctx context.Context, reference shared.Reference, object, name string) error {
	what := object
	if name != "" {
		what = name
	}
	fetch := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules"}
	_, err := r.run(ctx, append(append(fetch, "--depth=1", "--"), reference.URL, "+"+what+":"+fetchedName)...)
	var failed *gitError
	if err != nil && errors.As(err, &failed) {
		all := []string{"--", reference.URL, "+refs/heads/*:refs/thresher/heads/*", "+refs/tags/*:refs/thresher/tags/*"}
		if _, again := r.run(ctx, append(fetch, all...)...); again != nil {
			return again
		}
	} else if err != nil {
		return err
	}
	if _, err := r.run(ctx, "cat-file", "-e", object); err != nil {
		return refuse(noSuchObject(object))
	}
	return nil
}

// vouched gives the commit that an object stands for, once a key vouches for it, or
// the reference pins it.
func (r *repository) vouched(ctx context.Context, fetched *Layer, object string, now time.Time) (string, error) {
	kind, err := r.run(ctx, "cat-file", "-t", object)
	if err != nil {
		return "", err
	}
	commit := object
	if strings.TrimSpace(string(kind)) == "tag" {
		raw, err := r.run(ctx, "cat-file", "tag", object)
		if err != nil {
			return "", err
		}
		tag, payload, signature := readTag(raw)
		if tag["type"] != "commit" || fetched.Reference.Commit() != "" {
			return "", refuse(noCommit(object))
		}
		commit = tag["object"]
		if len(signature) > 0 {
			if tag["tag"] != fetched.Reference.Revision {
				return "", refuse(otherTag(tag["tag"]))
			}
			return commit, fetched.signedBy(payload, signature, tag["tagger"], now)
		}
	} else if strings.TrimSpace(string(kind)) != "commit" {
		return "", refuse(noCommit(object))
	}
	raw, err := r.run(ctx, "cat-file", "commit", commit)
	if err != nil {
		return "", err
	}
	headers, payload, signature := readCommit(raw)
	fetched.Date = momentOf(headers["committer"])
	if fetched.Reference.Commit() != "" {
		return commit, nil
	}
	return commit, fetched.signedBy(payload, signature, headers["committer"], now)
}

// signedBy checks the signature of an object of git, and takes its date.
func (fetched *Layer) signedBy(payload, signature []byte, who string, now time.Time) error {
	switch {
	case len(signature) == 0:
		return refuse(shared.ErrUnsigned.Error())
	case !bytes.HasPrefix(signature, []byte("-----BEGIN SSH SIGNATURE-----")):
		return refuse(otherSignature)
	}
	signed, err := shared.VerifySSH(payload, signature, shared.GitNamespace, fetched.Keys.SSH, now)
	if err != nil {
		return refuse(err.Error())
	}
	fetched.Signer, fetched.signedAt = signed.By, momentOf(who)
	fetched.Date = fetched.signedAt
	if fetched.signedAt.IsZero() {
		return refuse(noDate)
	}
	return nil
}

// momentOf is the date of a line `NAME <ADDRESS> SECONDS ZONE`; zero for none.
func momentOf(who string) time.Time {
	words := strings.Fields(who)
	if len(words) < 2 {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(words[len(words)-2], 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// readCommit gives a commit's headers, what its signature covers, and that. Of a
// header that stands twice the first counts, as for git.
func readCommit(raw []byte) (headers map[string]string, payload, signature []byte) {
	headers = map[string]string{}
	inHeaders, inSignature := true, false
	for line := range bytes.Lines(raw) {
		if inHeaders && inSignature && line[0] == ' ' {
			signature = append(signature, line[1:]...)
			continue
		}
		inSignature = false
		if rest, found := bytes.CutPrefix(line, []byte("gpgsig ")); inHeaders && found {
			inSignature = true
			signature = append(signature, rest...)
			continue
		}
		payload = append(payload, line...)
		if len(line) == 1 {
			inHeaders = false
		}
		if inHeaders {
			addHeader(headers, line)
		}
	}
	return headers, payload, signature
}

// readTag does the same for a tag, whose signature stands at its end.
func readTag(raw []byte) (headers map[string]string, payload, signature []byte) {
	headers = map[string]string{}
	payload = raw
	for _, mark := range []string{"\n-----BEGIN SSH SIGNATURE-----", "\n-----BEGIN PGP SIGNATURE-----",
		"\n-----BEGIN SIGNED MESSAGE-----"} {
		if at := bytes.LastIndex(payload, []byte(mark)); at >= 0 {
			payload, signature = raw[:at+1], raw[at+1:]
		}
	}
	for line := range bytes.Lines(payload) {
		if len(line) == 1 {
			break
		}
		addHeader(headers, line)
	}
	return headers, payload, signature
}

func addHeader(headers map[string]string, line []byte) {
	name, value, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
	if _, twice := headers[name]; !twice && name != "" {
		headers[name] = value
	}
}

// file gives a regular file of a commit. A link is none: it may lead anywhere.
func (r *repository) file(ctx context.Context, commit, path string) ([]byte, error) {
	out, err := r.run(ctx, "ls-tree", "-z", "--full-tree", commit, "--", path)
	if err != nil {
		return nil, err
	}
	entry, name, _ := strings.Cut(strings.TrimSuffix(string(out), "\x00"), "\t")
	words := strings.Fields(entry)
	if len(words) != 3 || name != path {
		return nil, refuse(noSuchFile(path))
	}
	if words[1] != "blob" || words[0] != "100644" && words[0] != "100755" {
		return nil, refuse(noPlainFile(path))
	}
	size, err := r.run(ctx, "cat-file", "-s", words[2])
	if err != nil {
		return nil, err
	}
	if bytes, err := strconv.Atoi(strings.TrimSpace(string(size))); err != nil || bytes > largestLayer {
		return nil, refuse(tooLarge)
	}
	return r.run(ctx, "cat-file", "blob", words[2])
}
