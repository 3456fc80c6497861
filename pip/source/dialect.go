package source

import (
	"thresher/address"
	"thresher/pip/internal/release"
)

// dialect is what differs between pip releases, and between Python releases,
// in how a requirement source is read.
type dialect struct {
	version string // of pip

	bareVCSSchemes      bool // below 21.0: "git:" and its like are URLs by themselves
	editableNeedsSetup  bool // below 21.3: -e needs a setup.py
	editableSetupCfg    bool // from 21.1: or a setup.cfg
	editableByPlus      bool // below 21.0: -e takes "git+anything"
	requireHashesAlone  bool // below 20.1: --require-hashes hides the rest of its line
	fileURLsAsPaths     bool // below 21.2: file: URLs are opened as paths
	fileURLErrorEscapes bool // below 21.3: a missing one is an unexpected error
	jsonIsUTF8          bool // from 21.0: requests takes JSON without a charset for UTF-8
	splitErrorEscapes   bool // below 22.3: an unbalanced quote is an unexpected error
	noIndexSticks       bool // from 22.3: after --no-index no index counts
	namesHosts          bool // from 23.0: --trusted-host needs a host
	editableSettings    bool // from 24.0: --config-settings beside -e
	extrasAfterVersion  bool // 21.0 to 24.0: "foo==1[x]" is refused as such
	legacyGrammar       bool // below 24.1: packaging before 22, by pyparsing
	schemeByColon       bool // below 24.1: all before the first colon is the scheme
	guessesEncodings    bool // below 24.1: chardet where a response has no charset
	cyclesAreFound      bool // from 24.3
	repeatsAreCycles    bool // 24.3 only: a file that is included twice is refused
	utf8First           bool // from 25.0: UTF-8, then the locale
	editableWins        bool // from 25.0: "-e" makes the whole line editable
	wheelNamesLegacy    bool // below 25.3: the former wheel file names
	wheelNamesPackaging bool // from 25.1: packaging's wheel file names
	editableDirect      bool // from 25.3: -e "name @ url"
	extrasAfterBlank    bool // from 25.3: "./dir [extra]"
	groupsByPackaging   bool // from 26.1: packaging's reader of dependency groups
	eggNamesStrict      bool // from 26.0: egg= takes a project name only
	constraintsPlain    bool // from 26.0: no editables among constraints
	locks               bool // from 26.1: -r pylock.toml
	lockFormatControl   bool // 26.1 only: --no-binary chooses among a lock's files
	invalidMarkers      bool // from 26.2: a broken marker is a plain refusal

	urls address.Reading // of this Python's urllib
}

func newDialect(pipVersion, pythonVersion string) dialect {
	from := func(floor string) bool { return release.AtLeast(pipVersion, floor) }
	return dialect{
		version:             pipVersion,
		bareVCSSchemes:      !from("21.0"),
		editableNeedsSetup:  !from("21.3"),
		editableSetupCfg:    from("21.1"),
		editableByPlus:      !from("21.0"),
		requireHashesAlone:  !from("20.1"),
		fileURLsAsPaths:     !from("21.2"),
		fileURLErrorEscapes: !from("21.3"),
		jsonIsUTF8:          from("21.0"),
		splitErrorEscapes:   !from("22.3"),
		noIndexSticks:       from("22.3"),
		namesHosts:          from("23.0"),
		editableSettings:    from("24.0"),
		extrasAfterVersion:  from("21.0") && !from("24.1"),
		legacyGrammar:       !from("24.1"),
		schemeByColon:       !from("24.1"),
		guessesEncodings:    !from("24.1"),
		cyclesAreFound:      from("24.3"),
		repeatsAreCycles:    from("24.3") && !from("24.3.1"),
		utf8First:           from("25.0"),
		editableWins:        from("25.0"),
		wheelNamesLegacy:    !from("25.3"),
		wheelNamesPackaging: from("25.1"),
		editableDirect:      from("25.3"),
		extrasAfterBlank:    from("25.3"),
		groupsByPackaging:   from("26.1"),
		eggNamesStrict:      from("26.0"),
		constraintsPlain:    from("26.0"),
		locks:               from("26.1"),
		lockFormatControl:   from("26.1") && !from("26.2"),
		invalidMarkers:      from("26.2"),

		urls: address.Reading{StripsBlanks: stripsURLs(pythonVersion),
			PortsNoSchemes: !release.AtLeast(pythonVersion, "3.9")},
	}
}

// stripsURLs tells whether this Python's urlsplit drops control characters and
// blanks before a URL (a security fix that went to every branch then alive).
func stripsURLs(pythonVersion string) bool {
	for _, branch := range [][2]string{{"3.12", "3.12"}, {"3.11", "3.11.4"}, {"3.10", "3.10.12"}, {"3.9", "3.9.17"},
		{"3.8", "3.8.17"}} {
		if release.AtLeast(pythonVersion, branch[0]) {
			return release.AtLeast(pythonVersion, branch[1])
		}
	}
	return false
}
