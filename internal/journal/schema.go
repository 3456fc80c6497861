package journal

import _ "embed"

// SchemaVersion is the version of what a line of the log is. Within one fields are
// added, and none is renamed, taken away or given another meaning.
const SchemaVersion = 1

//go:embed log.schema.json
var schema string

// JSONSchema gives the JSON Schema (draft 07) of a line of the log.
func JSONSchema() string { return schema }
