// Package scan matches installed distributions against the advisory data and
// says what can be done: which requirement brings a vulnerable distribution,
// whether a fix exists, and what holds it back. It reports as text, JSON,
// SARIF and CycloneDX. It knows nothing of pip or of policy files: what it
// needs of them comes in as plain values.
package scan
