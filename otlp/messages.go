package otlp

// What stands in the way of sending.
const (
	textNoEndpoint = "%s is not the address of a collector; it looks like https://collector.example:4318"
	textClearText  = "a login or a header for %s would go there in clear text; use its https address"
	textHeaders    = "OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_LOGS_HEADERS hold NAME=VALUE, separated by " +
		"commas, with special characters of a value written as %20; one of them does not"
	textAnswer     = "%s answered %d %s"
	textNoAnswer   = "%s cannot be reached: %v"
	textLogin      = "; it wants a login: put it in OTEL_EXPORTER_OTLP_HEADERS or ~/.netrc"
	textBadState   = "what was sent to %s is not known: %v"
	textProxyLogin = "the proxy wants a login"
)
