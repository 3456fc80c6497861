package index

import "time"

// Page is one project's page of the Simple API, JSON or HTML alike
// (PEP 503, 592, 629, 658, 691, 700, 714, 740, 792).
type Page struct {
	Name         string   // as the index writes it
	URL          string   // of the page after redirects, without credentials
	Status       string   // project status (PEP 792): active, archived, quarantined, deprecated; "" unknown
	StatusReason string   // what the index says about it
	Versions     []string // PEP 700; nil where the index does not say
	Files        []File
	JSON         bool      // came as PEP 691
	Fetched      time.Time // when the content was last confirmed by the index
}

// File is one wheel or sdist on a page.
type File struct {
	Filename       string
	URL            string            // absolute, without credentials of the page
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
