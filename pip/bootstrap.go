package pip

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// bootstrapSource runs pip with the gate as its transport.
//
//go:embed bootstrap.py
var bootstrapSource string

// Transport is the way to the gate that carries every request of pip's session,
// instead of pip's own connections.
type Transport struct {
	Socket string // path of a Unix socket; "" the port
	Port   int    // on 127.0.0.1
	Secret string // of the run
	// Named are local places that pip may open without asking the gate: those
	// that a nested command names itself.
	Named  []string
	Builds Builds
}

// Builds says how the bootstrap starts what pip builds with. The zero value is:
// as pip does.
type Builds struct {
	// Prefix are the words that start a program, by its path and its words
	// behind them, where it sees less; nil for nowhere.
	Prefix []string `json:"prefix"`
	// Installing is Prefix for a setup.py that installs by itself, as
	// Command.RunsSetupInstall foresees it; nil where none does.
	Installing []string `json:"installing"`
	// Open are canonical names, with `*` for any characters, whose builds are
	// started as pip does; OpenFolders their sources where they are folders.
	Open        []string `json:"open"`
	OpenFolders []string `json:"open_folders"`
	// Repositories says that git and its like are started as pip does.
	Repositories bool `json:"repositories"`
	// Hidden are variables that pip gets and nothing that it starts, Fetching
	// those that git and its like get as well, where Repositories says so.
	Hidden   []string `json:"hidden"`
	Fetching []string `json:"fetching"`
	// Proxy is the forward proxy of what is built, with its user and password, of
	// which each build gets its own; "" for none.
	Proxy string `json:"proxy"`
	// Names are the canonical names of folders that are built from in place.
	Names map[string]string `json:"names"`
	// Failed is a file to which the folder of each build that failed is added.
	Failed string `json:"failed"`
}

// transportVariable hands the way over; the bootstrap takes it out of the
// environment before anything else is imported.
const transportVariable = "THRESHER_TRANSPORT"

// transportSettings is what the bootstrap reads.
type transportSettings struct {
	Socket  string   `json:"socket"`
	Port    int      `json:"port"`
	Secret  string   `json:"secret"`
	Package string   `json:"package"` // directory of the pip package
	Program string   `json:"program"` // what the bootstrap stands for
	Argv0   string   `json:"argv0"`   // what pip sees as sys.argv[0], which its usage shows
	Named   []string `json:"named"`
	Builds  Builds   `json:"builds"`
}

// Bootstrap puts the bootstrap in front of a pip that has no words yet, and writes
// it into a private directory. The error says that it could not be written.
func (r *Run) Bootstrap(installation *Installation, transport Transport, directory string) error {
	path := filepath.Join(directory, "bootstrap.py")
	if err := os.WriteFile(path, []byte(bootstrapSource), 0o600); err != nil {
		return fmt.Errorf("write the bootstrap of pip: %w", err)
	}
	settings := transportSettings{
		Socket: transport.Socket, Port: transport.Port, Secret: transport.Secret, Package: installation.PackageDir,
		Argv0: filepath.Join(installation.PackageDir, "__main__.py"), Named: transport.Named,
		Builds: transport.Builds,
	}
	switch {
	case installation.Runner != "":
		settings.Program = installation.Runner
	case installation.Script != "":
		settings.Program = installation.Script
		// On Windows pip does not replace itself under the name of its script.
		if runtime.GOOS != "windows" {
			settings.Argv0 = installation.Script
		}
	default:
		settings.Program = installation.PackageDir
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("tell pip the way to the gate: %w", err)
	}
	last := len(r.Args) - 1
	if r.Args[last] == "pip" { // -m pip
		last--
	}
	r.Args = append(r.Args[:last:last], path, settings.Program)
	r.Environ = withVariable(r.Environ, transportVariable, string(text))
	return nil
}
