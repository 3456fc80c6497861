package gate

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"

	"thresher/address"
	"thresher/index"
	"thresher/pep"
	"thresher/policy/rules"
)

// verdict is a page after judgement: what pip is given, and what is to be
// remembered of it once pip was given it.
type verdict struct {
	name     string // canonical; "" a page of links
	indexURL string // without credentials
	source   string // the same, credentials included
	page     *index.Page
	kept     []keptFile
	findings []versionFinding // of the project, and of files held back
	blocked  []blockedFile
	faults   []pageFault
	// stop is set where pip must end here and no page with files can make it:
	// there is none to choose.
	stop *rules.Finding

	rendering sync.Mutex // guards page, kept, json and html
	json      []byte
	html      []byte

	inspecting sync.Mutex      // guards the rest, findings and blocked until it is delivered
	inspected  map[string]bool // by URL: files that were looked into
	delivered  bool            // pip was given the page
}

type keptFile struct {
	name, version string
	file          *index.File
	notes         []rules.Finding
}

type versionFinding struct {
	version string
	finding rules.Finding
}

// blockedFile is a file that stays on a page and whose fetch is refused.
type blockedFile struct {
	url           string
	name, version string
	finding       rules.Finding
}

// hardest gives the finding that decides, where one says more than a note.
func hardest(findings []rules.Finding) (rules.Finding, rules.Action) {
	decided := rules.Decide(findings, rules.InGate)
	if decided.Action == rules.Off || decided.Action == rules.Note {
		return rules.Finding{}, rules.Note
	}
	return decided.Findings[0], decided.Action
}

// judge makes the verdict on the page that routing found for a name, or on its
// absence.
func (g *Gate) judge(name, indexURL string, public bool, page *index.Page, failure error,
	confusion []rules.Finding) *verdict {
	bare := address.Bare(indexURL)
	result := &verdict{name: name, indexURL: bare, source: indexURL, inspected: map[string]bool{}}
	project := Project{Name: name, Page: page, Public: public, IndexURL: bare}
	if failure != nil && !errors.Is(failure, index.ErrNotFound) {
		_, project.Failure = upstreamFailure(failure)
	}
	findings := g.config.JudgeProject(g.context, project)
	findings = append(findings, confusion...)
	for _, finding := range findings {
		if finding.Action != rules.Off && finding.Action != rules.Block && finding.Action != rules.Ask {
			result.findings = append(result.findings, versionFinding{finding: finding})
		}
	}
	decisive, action := hardest(findings)
	switch {
	case action == rules.Block:
		g.blockProject(result, page, decisive)
	case page == nil:
	case action == rules.Hold:
		result.page = emptied(page)
	default:
		g.filter(result, page, g.config.JudgeFile)
	}
	return result
}

func emptied(page *index.Page) *index.Page {
	copied := *page
	copied.Files, copied.Versions, copied.Unreadable = nil, nil, nil
	return &copied
}

func yesOrNo(yes bool) rules.Known {
	if yes {
		return rules.Yes
	}
	return rules.No
}

// candidate is one file of a page under judgement, under one reading of its
// name.
type candidate struct {
	file     *index.File
	evidence FileEvidence
	action   rules.Action
	decisive rules.Finding
	notes    []rules.Finding
	young    bool // the cooldown keeps it from pip, whatever else does
	// undated says that its age is not known, which policy only notes: that is said
	// of the whole index.
	undated bool
	// others are further readings of a source archive's name on a page of
	// links. The hardest verdict on any is that on the file.
	others []candidate
}

// filter judges every file of a page and writes the page that pip is given.
func (g *Gate) filter(result *verdict, page *index.Page, judgeFile func(FileEvidence) []rules.Finding) {
	result.faults = g.faultsOf(result.name, result.indexURL, page)
	candidates := g.candidates(result, page, judgeFile)
	if result.name != "" && slices.ContainsFunc(candidates, func(c candidate) bool { return c.undated }) {
		// A page of links never says.
		result.faults = append(result.faults, pageFault{Undated, fmt.Sprintf(messageUndated, result.indexURL)})
	}
	g.letFixesThrough(result.name, candidates, judgeFile)

	served := emptied(page)
	served.Files = make([]index.File, 0, len(candidates))
	result.kept = make([]keptFile, 0, len(candidates))
	versions := map[string]bool{}
	for i := range candidates {
		c := &candidates[i]
		decisive := c
		for j := range c.others {
			if harder(c.others[j].action, decisive.action) {
				decisive = &c.others[j]
			}
		}
		switch decisive.action {
		case rules.Hold:
			result.findings = append(result.findings, versionFinding{decisive.evidence.Version, decisive.decisive})
			continue
		case rules.Block:
			served.Files = append(served.Files, g.blockFile(result, *c.file, decisive.evidence.Name, decisive.evidence.Version,
				decisive.decisive))
		default:
			served.Files = append(served.Files, *c.file)
			result.kept = append(result.kept, keptFile{c.evidence.Name, c.evidence.Version, c.file, c.notes})
			for _, other := range c.others {
				result.kept = append(result.kept, keptFile{other.evidence.Name, other.evidence.Version, c.file, other.notes})
			}
		}
		versions[c.evidence.Version] = true
	}
	if page.Versions != nil {
		served.Versions = ascending(versions)
	}
	result.page = served
}

// weighed gives the hardest of the findings that hold or stop a file, nil where
// there is none, and the notes.
func weighed(findings []rules.Finding) (*rules.Finding, []rules.Finding) {
	var notes []rules.Finding
	var hardest *rules.Finding
	for _, finding := range findings {
		switch {
		case finding.Action == rules.Note:
			notes = append(notes, finding)
		case finding.Action != rules.Off && (hardest == nil || harder(finding.Action, hardest.Action)):
			hardest = &finding
		}
	}
	return hardest, notes
}

// harder compares what two verdicts do to a file.
func harder(a, b rules.Action) bool {
	return rules.Severity(a) > rules.Severity(b)
}

// candidates judges every file that pip could take for a distribution.
func (g *Gate) candidates(result *verdict, page *index.Page, judgeFile func(FileEvidence) []rules.Finding) []candidate {
	now := g.config.now()
	lost := index.LostProvenance(page, now)
	candidates := make([]candidate, 0, len(page.Files))
	for i := range page.Files {
		file := &page.Files[i]
		var first *candidate
		for _, r := range readings(file.Filename, result.name) {
			c := candidate{file: file}
			c.evidence = FileEvidence{Page: page, File: file, IndexURL: result.indexURL}
			c.evidence.FileEvidence = rules.FileEvidence{
				Name: r.name, Index: result.indexURL, Version: r.version, Filename: file.Filename, Now: now,
				UploadTime: file.UploadTime, Yanked: file.Yanked, YankedReason: file.YankedReason, IsSdist: r.source,
				Installed:              g.config.Installed[r.name],
				PredecessorsProvenance: lost[file.Filename],
			}
			if page.JSON {
				c.evidence.Provenance = yesOrNo(file.Provenance != "")
			}
			c.judge(judgeFile)
			if first == nil {
				candidates = append(candidates, c)
				first = &candidates[len(candidates)-1]
			} else {
				first.others = append(first.others, c)
			}
		}
	}
	return candidates
}

func (c *candidate) judge(judgeFile func(FileEvidence) []rules.Finding) {
	findings := judgeFile(c.evidence)
	c.notes, c.young, c.undated = nil, false, false
	c.decisive, c.action = hardest(findings)
	for _, finding := range findings {
		switch {
		case finding.Action != rules.Note && finding.Rule == rules.Cooldown:
			c.young = true
		case finding.Action != rules.Note:
		case finding.Observed != "":
			c.notes = append(c.notes, finding)
		case finding.Rule == rules.Cooldown && c.evidence.UploadTime.IsZero():
			c.undated = true
		default:
			c.notes = append(c.notes, finding)
		}
	}
}

// ascending sorts versions by PEP 440; what is no version of it comes first.
func ascending(versions map[string]bool) []string {
	type parsed struct {
		text    string
		version pep.Version
		valid   bool
	}
	list := make([]parsed, 0, len(versions))
	for text := range versions {
		version, err := pep.ParseVersion(text)
		list = append(list, parsed{text, version, err == nil})
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.valid != b.valid {
			return b.valid
		}
		if order := a.version.Compare(b.version); a.valid && order != 0 {
			return order < 0
		}
		return a.text < b.text
	})
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.text
	}
	return texts
}

// deliver enters a verdict that pip is about to be given: its findings, its
// files.
func (g *Gate) deliver(key pageKey, v *verdict) {
	v.inspecting.Lock()
	v.delivered = true
	v.inspecting.Unlock()
	for _, f := range v.findings {
		g.record(v.name, f.version, f.finding)
	}
	if v.stop != nil {
		g.record(v.name, "", *v.stop)
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.served[key] != nil {
		return
	}
	g.served[key] = v
	g.enterFaults(v)
	g.offerFiles(key.url, v)
}

// rendered gives the page as JSON or HTML as the run's own pip is given it, made
// once. onPipsSide gives what pip is to ask for a file by.
func (v *verdict) rendered(asJSON bool, narrowed func(*index.Page) *index.Page, onPipsSide func(string) string) []byte {
	v.rendering.Lock()
	defer v.rendering.Unlock()
	page := v.page
	if asJSON && v.json != nil || !asJSON && v.html != nil {
		page = nil
	} else if page = narrowed(page); len(page.Files) > 0 && onPipsSide(page.Files[0].URL) != page.Files[0].URL {
		copied := *page
		copied.Files = slices.Clone(page.Files)
		for i := range copied.Files {
			copied.Files[i].URL = onPipsSide(copied.Files[i].URL)
		}
		page = &copied
	}
	switch {
	case asJSON && page != nil:
		v.json = index.RenderJSON(page)
	case page != nil:
		v.html = index.RenderHTML(page)
	}
	if asJSON {
		return v.json
	}
	return v.html
}

// whole gives the page with all files.
func (v *verdict) whole(asJSON bool) []byte {
	v.rendering.Lock()
	defer v.rendering.Unlock()
	if asJSON {
		return index.RenderJSON(v.page)
	}
	return index.RenderHTML(v.page)
}
