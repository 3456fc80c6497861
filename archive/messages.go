package archive

// What is said of a file that is refused. Each is read behind its name.
var reasonTexts = map[Reason]string{
	Truncated:       "it is cut off",
	NotAnArchive:    "it is no archive of the kind that its name says",
	TwoReadings:     "its directory can be read in two ways",
	DataAround:      "it holds data outside its members",
	Overlapping:     "members overlap",
	Encrypted:       "a member is encrypted",
	UnsafeName:      "a member has a name that leads elsewhere",
	SameName:        "two members have one name",
	HeadersDiffer:   "a member's own header differs from the directory",
	UnknownMethod:   "a member is compressed in a way that cannot be read",
	Damaged:         "its content does not match its checksum",
	TooLarge:        "it is larger than anything real",
	UnreadableForm:  "this form of archive cannot be read",
	NoSuchMember:    "it has no such member",
	WrongInfo:       "its .dist-info directory is not the one of its name",
	UnsupportedFlag: "a member uses a feature that Python does not read",
}

const (
	messageRefusedMember = "%s (%s)"
	messageRefusedDetail = "%s: %s"
)

// Details of a refusal.
const (
	detailEndRecord      = "there is no end record"
	detailComment        = "the comment does not reach to the end"
	detailSecondEnd      = "another end record stands in its comment"
	detailZip64Place     = "the zip64 end record is not where its locator says"
	detailZip64Differs   = "the zip64 end record contradicts the other"
	detailDisks          = "it spans several disks"
	detailBefore         = "%d bytes stand before the first member"
	detailOffset         = "its directory lies at %d and is said to lie at %d"
	detailCount          = "it has %d members and claims %d"
	detailDirectory      = "its directory is damaged"
	detailDirectorySize  = "its directory has %d bytes"
	detailMemberCount    = "it has more than %d members"
	detailExtra          = "an extra field is damaged"
	detailUnicodePath    = "a second name %q, which not every Python takes"
	detailNotUTF8        = "the name is no UTF-8"
	detailFileAndFolder  = "it is a file and a folder"
	detailPlaceTaken     = "it is installed where %s is"
	detailFolderContent  = "a folder has content"
	detailSignature      = "the header is not where the directory says"
	detailField          = "%s"
	detailSizeLimit      = "%d bytes, more than the %d that are read"
	detailTotal          = "more than %d bytes unpacked"
	detailInfoNone       = "there is no such directory"
	detailInfoSeveral    = "there are %s"
	detailInfoName       = "%q is not of %q"
	detailInfoNoVersion  = "%q names no version"
	detailEmptyMetadata  = "METADATA is empty"
	detailTarHeader      = "the header of a member cannot be read"
	detailTarType        = "a member is of the unknown type %q"
	detailTarSparse      = "a sparse file"
	detailTarPax         = "an extended header cannot be read"
	detailTarPaxGlobal   = "an extended header gives every member one %s"
	detailTarLongTwice   = "a long name is given twice"
	detailTarLinkSize    = "a link or folder has content"
	detailTarOldFolder   = "a folder of the old form behind an extended header"
	detailTarPrefix      = "a name that continues in a field of another format"
	detailTarAfter       = "something stands behind the end"
	detailZipToo         = "it is a zip as well"
	detailTarToo         = "it is a tar as well"
	detailTarAgain       = "%s is there twice, with different content"
	detailTarLink        = "%s is a link"
	detailCompressedTar  = "its compression cannot be read here"
	detailAfterGzip      = "something stands behind the compressed data"
	detailUnknownEnding  = "its name ends like no archive's"
	detailTarOtherPython = "a number that Pythons read differently"
)
