package pip

import "io"

// Page is the answer to fetching a requirements file by URL.
type Page struct {
	Body        []byte
	ContentType string
	URL         string // after redirects
}

// Input is everything that can make pip install something.
type Input struct {
	Args         []string // after the program's name
	Environ      []string // NAME=value in the order of the environment block
	Dir          string   // working directory, absolute
	Installation *Installation
	Fetch        func(url string) (Page, error) // for requirements files behind URLs; nil refuses them
	Stdin        io.Reader                      // for -r /dev/stdin; nil refuses it
	CacheDir     string                         // thresher's own cache
}

// Parse reads one pip command line as the pip of in.Installation would, with
// environment, configuration files and every file that these name.
func Parse(in Input) *Command {
	return &Command{Unreadable: []Unreadable{{Place: "command line", Reason: "not read yet"}}}
}
