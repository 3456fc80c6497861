package pip

import "strconv"

func httpStatusText(e *httpStatusError) string {
	kind := "Server"
	if e.Status < 500 {
		kind = "Client"
	}
	return strconv.Itoa(e.Status) + " " + kind + " Error: " + e.Reason + " for url: " + e.URL
}
