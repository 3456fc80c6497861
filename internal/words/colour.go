package words

// Coloured says whether a stream gets colours: never where NO_COLOR has a value
// (no-color.org), else where CLICOLOR_FORCE has one but 0, as of logs that are read
// with colours, else on a terminal that is not dumb.
func Coloured(environment map[string]string, terminal bool) bool {
	if environment["NO_COLOR"] != "" {
		return false
	}
	if forced := environment["CLICOLOR_FORCE"]; forced != "" && forced != "0" {
		return true
	}
	return terminal && environment["TERM"] != "dumb"
}
