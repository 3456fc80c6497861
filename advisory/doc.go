// Package advisory holds what is publicly known against releases: OSV records
// of the PyPI ecosystem (vulnerabilities and malware), kept in one local file
// that is read in place, matched by name and version, and brought up to date
// from OSV's export. It knows nothing of what is installed.
package advisory
