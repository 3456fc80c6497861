//go:build ignore

// Generate_imports writes imports.tsv, which imports.go reads, from a table of
// import names (by default the one beside the repository) and from what is known
// better here.
package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	source := filepath.Join("..", "..", "..", "shared", "data", "import_names.tsv")
	if len(os.Args) > 1 {
		source = os.Args[1]
	}
	if err := generate(source); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// better is what is known better than the table has it: the name to install, or
// "" where there is none, since many share the name, or it is the right one.
var better = map[string]string{
	"airflow":          "apache-airflow",
	"attr":             "attrs",
	"mpl-toolkits":     "matplotlib",
	"opencv":           "opencv-python",
	"pkg-resources":    "setuptools",
	"pylab":            "matplotlib",
	"pytorch":          "torch",
	"win32":            "pywin32",
	"gi":               "pygobject",
	"wx":               "wxpython",
	"xlib":             "python-xlib",
	"google":           "", // a namespace
	"opentelemetry":    "", // a namespace
	"concurrent":       "", // a namespace, and the standard library's
	"ansible":          "", // the name to install has ansible-core in it
	"pydantic-ai":      "", // the same with pydantic-ai-slim
	"enum":             "", // the standard library has it
	"queue":            "", // the standard library has it
	"tkinter":          "", // the standard library has it
	"winreg":           "", // the standard library has it
	"requirements":     "", // a file is meant
	"requirements-txt": "", // a file is meant
	"signal":           "", // the standard library has it
	"venv":             "", // the standard library has it
	"webbrowser":       "", // the standard library has it
}

// said are names that many a project brings along beside its own and that a
// person who types them hardly means: what is known of them is told, and is no
// question.
var said = strings.Fields(`
	alloy amd authorization base benchmark bits blas build-backend build-tests build-tools build-utils certs
	cdk-integration-tests com commands common-util compose configs cpython dde demo dummy enhancement-proposals es
	examples exceptions exchange extension-templates fabfile factories fake-name gallery helloworld images include
	integration-tests interactive interface internet lin merge method node-modules org parser perfmon plugin
	requirements results runtime sast-integration-tests screen services setup-cython setuputils shell stream
	test-data third-party timer tutorials typings v2 validate website wheels`)

// row is one line of imports.tsv.
type row struct{ name, how, distribution, others string }

func generate(source string) error {
	file, err := os.Open(source)
	if err != nil {
		return fmt.Errorf("read the import names: %w", err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma, reader.FieldsPerRecord = '\t', -1
	rows, err := reader.ReadAll()
	if err != nil {
		return fmt.Errorf("read the import names: %w", err)
	}
	seen := map[string]bool{}
	var table []row
	// The most popular come first, and the first of two with one name counts.
	for _, columns := range rows[1:] {
		name := canonical(columns[0])
		if _, known := better[name]; known || seen[name] || !valid.MatchString(name) {
			continue
		}
		seen[name] = true
		table = append(table, row{name, how(name), columns[1], columns[4]})
	}
	for name, distribution := range better {
		if distribution != "" {
			table = append(table, row{name: name, how: how(name), distribution: distribution})
		}
	}
	slices.SortFunc(table, func(a, b row) int { return strings.Compare(a.name, b.name) })
	var text bytes.Buffer
	text.WriteString("import\thow\tdistribution\talso\n")
	for _, r := range table {
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\n", r.name, r.how, r.distribution, r.others)
	}
	return os.WriteFile("imports.tsv", text.Bytes(), 0o644)
}

// how says whether a name is asked about or only told. Where one package has
// the parts of a family in it, each part can be installed by itself, too.
func how(name string) string {
	if slices.Contains(said, name) || strings.HasPrefix(name, "types-") {
		return "told"
	}
	return "asked"
}

var (
	separators = regexp.MustCompile(`[-_.]+`)
	valid      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
)

func canonical(name string) string {
	return separators.ReplaceAllString(strings.ToLower(name), "-")
}
