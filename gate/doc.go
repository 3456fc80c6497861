// Package gate is the package index that pip talks to during one run: a server
// on the loopback interface that serves the user's own indexes, page by page,
// filtered by verdicts that the caller gives.
//
// Start opens it for one run, Close ends it. Between the two, pip is pointed
// at IndexURL and FindLinksURL, authenticates by NetrcEntry, and may use
// ProxyURL as its forward proxy. Afterwards Findings says what was held back
// or blocked, Faults what went wrong upstream, and Ledger every file that was
// let through, which Unvouched compares with what arrived in the environment.
//
// The gate decides mechanics: which index answers for a name, what a page
// looks like after a verdict, how pip is made to stop. Verdicts come from the
// functions in Config, so the gate knows nothing of policy files, of
// advisories, of pip's options and of the terminal.
package gate
