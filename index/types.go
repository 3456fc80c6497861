package index

import "time"

// Page is one project's page of the Simple API, JSON or HTML alike
// (PEP 503, 592, 629, 658, 691, 700, 714, 740, 792), or a page of links that
// --find-links names. A page may be shared between goroutines: copy Files
// before changing them.
type Page struct {
	Name         string   // as the index writes it, or as it was asked for where the two are different projects
	URL          string   // of the page after redirects, without credentials
	Status       string   // project status (PEP 792): active, archived, quarantined, deprecated; "" unknown
	StatusReason string   // what the index says about it
	Versions     []string // PEP 700; nil where the index does not say
	Files        []File
	JSON         bool      // came as PEP 691
	Fetched      time.Time // when the content was last confirmed by the index

	// Stale says that the index was not asked: the page is what the cache
	// remembers. Only StalePage gives such a page.
	Stale bool
	// Unreadable names links that pip might follow in a way that cannot be
	// told for certain (an egg fragment, a file name with % in it, a URL that
	// is none). They are not among Files and are not rendered.
	Unreadable []string

	apiVersion string // of a JSON page, "1.4"
	metaExtra  string // members of "meta" that are not known here, raw
	extra      string // members of the page that are not known here, raw
}

// File is one wheel or sdist on a page.
type File struct {
	Filename       string            // as pip takes it: the last segment of URL's path, unquoted
	URL            string            // absolute, without fragment and without credentials of the page
	Hashes         map[string]string // algorithm → hex digest
	RequiresPython string
	Size           int64     // bytes; 0 where the index does not say
	UploadTime     time.Time // zero where the index does not say
	Yanked         bool
	YankedReason   string
	// CoreMetadata says whether FILE.metadata exists (PEP 658, 714);
	// MetadataHashes may be empty even so.
	CoreMetadata   bool
	MetadataHashes map[string]string
	Provenance     string // URL (PEP 740); "" none
	GPGSignature   *bool  // nil where the index does not say

	declared   string   // "filename" of a JSON page where it differs from Filename
	uploadText string   // "upload-time" as it came
	keys       fileKeys // which names of the metadata member the index wrote
	extra      string   // members that are not known here, raw
}

// Project is what the project's JSON document (the /pypi/NAME/json form that
// many indexes offer) says beyond its page. Fields that the index does not
// give are zero.
type Project struct {
	Name         string
	Version      string // the release described
	Summary      string
	HomePage     string
	URLs         map[string]string // label → URL, self-declared
	Classifiers  []string
	Roles        []Role // direct roles only; teams of an organisation are not listed
	Organization string
	Ownership    bool // the index said something about ownership at all
	Fetched      time.Time
}

// Role is one account's role on a project.
type Role struct {
	Role string // "Owner", "Maintainer"
	User string
}

// Publisher is who published a file by its provenance document (PEP 740):
// what the index verified when the file was uploaded.
type Publisher struct {
	Kind        string // "GitHub", "GitLab", …
	Repository  string // "pypa/sampleproject"
	Workflow    string // "release.yml"
	Environment string
}

// Document is a fetched text: a requirements file that is a URL.
type Document struct {
	URL         string // after redirects, without credentials
	ContentType string // as sent
	Charset     string // of ContentType, lower case; "" where it names none
	Body        []byte
}
