package shim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thresher/address"
	"thresher/internal/files"
	"thresher/internal/words"
	"thresher/policy/rules"
)

// A dependency may be declared as a repository ("x @ git+ssh://…"). pip has git
// and its like fetch it, some of which take no proxy, and then runs what it
// holds to build it. So during a run these programs are found on PATH as scripts
// that let only repositories be fetched which the command names itself; all
// other uses, such as asking a checkout for its revision, pass through.

// fetchingWords are the words by which pip has each program fetch a repository
// that it does not have yet (pip 20.0 to 26.2, vcs/*.py).
var fetchingWords = map[string][]string{
	"git": {"clone"},
	"hg":  {"clone"},
	"svn": {"checkout", "export"},
	"bzr": {"branch", "checkout", "export"},
}

// repositories are the scripts of one run.
type repositories struct {
	folder ownFolder // without a path: none are needed
	log    string    // one word of a refused command line on each line, an empty line after each command
}

// guardRepositories writes the scripts for those of the programs that PATH has.
// Behind a parent's gate the parent's are on PATH.
func (in *invocation) guardRepositories(a *asked, d *door) (repositories, error) {
	if d.own == nil || runtime.GOOS == "windows" {
		return repositories{}, nil // no script stands for a program on Windows
	}
	var programs []string
	for program := range fetchingWords {
		if len(files.OnPath(in.environment["PATH"], program)) > 0 {
			programs = append(programs, program)
		}
	}
	if len(programs) == 0 {
		return repositories{}, nil
	}
	guards := repositories{log: filepath.Join(d.folder.path, "refused-repositories")}
	var err error
	if guards.folder, err = in.programFolder(d.folder.path); err != nil {
		return repositories{}, err
	}
	if strings.ContainsRune(guards.folder.path, os.PathListSeparator) {
		return repositories{}, fmt.Errorf("%s cannot be on PATH; set TMPDIR to another folder", guards.folder.path)
	}
	for _, program := range programs {
		script := guards.script(program, fetchingWords[program], a.repositoryURLs(program), a.policy.AllowedHosts())
		path := filepath.Join(guards.folder.path, program)
		if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
			guards.remove()
			return repositories{}, err
		}
	}
	return guards, nil
}

// remove takes the scripts away, which may lie outside the run's own directory.
func (g repositories) remove() {
	_ = g.folder.remove() // a private folder that is left does no harm
}

// programFolder makes a folder from which programs can be run: in the run's own
// directory, or where that file system is mounted without, in the cache.
func (in *invocation) programFolder(directory string) (ownFolder, error) {
	for _, parent := range []string{directory, in.places.Cache} {
		if parent == "" || os.MkdirAll(parent, 0o700) != nil {
			continue
		}
		folder, err := makeOwnFolder(parent, "programs-", in.start)
		if err != nil {
			continue
		}
		probe := filepath.Join(folder.path, "probe")
		if err = os.WriteFile(probe, nil, 0o700); err == nil && executable(probe) {
			return folder, os.Remove(probe)
		}
		if err := folder.remove(); err != nil {
			return ownFolder{}, err
		}
	}
	return ownFolder{}, fmt.Errorf("nothing can be run from %s; set TMPDIR to a folder of another file system", directory)
}

// repositoryURLs are the addresses under which pip passes the repositories that
// the command names to their program: without revision and fragment, and where
// the program takes them as options, without user and password.
func (a *asked) repositoryURLs(program string) []string {
	var urls []string
	for _, r := range a.command.Requirements {
		system, rest, versioned := address.CutVersionControl(r.URL)
		if !versioned || system != program || !r.MarkerApplies {
			continue
		}
		rest = withoutRevision(rest)
		if scheme, behind, found := strings.Cut(rest, "://"); found {
			rest = strings.ToLower(scheme) + "://" + behind
		}
		for _, url := range []string{rest, address.Bare(rest)} {
			urls = append(urls, url, system+"+"+url) // as svn+ssh and bzr+ssh have it
		}
	}
	slices.Sort(urls)
	return slices.Compact(urls)
}

// script stands for a program. It lets the addresses be fetched that are known,
// and what lies at a host that the policy allows. It finds the program itself on what is left of
// PATH without its own folder.
func (g repositories) script(program string, fetching, known, hosts []string) string {
	patterns := func(words []string) string {
		quoted := make([]string, len(words))
		for i, word := range words {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		return strings.Join(quoted, "|")
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# made by thresher for one run of pip, and taken away after it\nfetches=\nknown=\nfor " +
		"word\ndo\n\tcase $word in\n")
	fmt.Fprintf(&b, "\t%s) fetches=yes ;;\n", patterns(fetching))
	if len(known) > 0 {
		fmt.Fprintf(&b, "\t%s) known=yes ;;\n", patterns(known))
	}
	for _, host := range hosts {
		fmt.Fprintf(&b, "\thttps://%s/*) known=yes ;;\n", words.ShellWord(host))
	}
	fmt.Fprintf(&b, "\tesac\ndone\nif [ \"$fetches\" ] && [ ! \"$known\" ]\nthen\n\tprintf '%%s\\n' %s \"$@\" '' >>%s\n",
		program, words.ShellWord(g.log))
	fmt.Fprintf(&b, "\techo %s >&2\n\texit 1\nfi\n", words.ShellWord(messageRepositoryBlocked))
	fmt.Fprintf(&b, "here=%s\nrest=:$PATH:\nwhile case $rest in *\":$here:\"*) true ;; *) false ;; esac\ndo\n",
		words.ShellWord(g.folder.path))
	b.WriteString("\trest=${rest%%\":$here:\"*}:${rest#*\":$here:\"}\ndone\nrest=${rest#:}\nPATH=${rest%:}\nexport PATH\n")
	fmt.Fprintf(&b, "exec %s \"$@\"\n", program)
	return b.String()
}

// first puts the scripts before everything else on an environment's PATH.
func (g repositories) first(environ []string) []string {
	if g.folder.path == "" {
		return environ
	}
	environ = slices.Clone(environ)
	for i, variable := range environ {
		if path, ok := strings.CutPrefix(variable, "PATH="); ok {
			environ[i] = "PATH=" + g.folder.path + string(os.PathListSeparator) + path
		}
	}
	return environ
}

// refused gives a finding for each repository that was not let through, once.
func (g repositories) refused() ([]rules.Finding, error) {
	if g.folder.path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(g.log)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var findings []rules.Finding
	for _, command := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		program, words, _ := strings.Cut(command, "\n")
		finding := repositoryRefused(repositoryOf(program, strings.Split(words, "\n")))
		if !slices.Contains(findings, finding) {
			findings = append(findings, finding)
		}
	}
	return findings, nil
}

// repositoryOf gives the repository that a refused command line names, as
// requirements write it, without credentials.
func repositoryOf(program string, words []string) string {
	named := words[len(words)-1]
	for _, word := range words {
		if strings.Contains(word, "://") {
			named = word
			break
		}
	}
	if !strings.HasPrefix(named, program+"+") {
		named = program + "+" + named
	}
	return address.Redact(named)
}

// repositoryRefused is the finding on a repository that only a dependency names.
func repositoryRefused(url string) rules.Finding {
	return rules.Finding{
		Subject: url, Rule: rules.DirectURL, Action: rules.Block, Confidence: rules.High,
		Evidence: messageRepositoryEvidence, Hint: "pip install " + words.ShellWord(url),
	}
}
