// Package docs holds the pages of this folder for the program itself: the man
// page of the policy file is the same text.
package docs

import "embed"

// Pages are the Markdown pages, by file name.
//
//go:embed *.md
var Pages embed.FS
