// Package index is the client of package indexes: the pages of the Simple API
// in JSON and HTML, a project's JSON document, credentials, proxies and
// certificates as pip has them, and a cache of its own. What a page tells of a
// project's past is in History. The package knows nothing of policy; it
// writes nothing but its cache.
package index
