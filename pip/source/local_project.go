package source

import (
	"os"
	"path/filepath"

	"thresher/pep"
)

// localProjectName gives the name that a local project's own files state for
// certain, "" where it is only known after building.
func localProjectName(dir string) string {
	content, err := os.ReadFile(filepath.Join(dir, "pyproject.toml"))
	if err != nil {
		return ""
	}
	var document map[string]any
	if unmarshalTOML(content, &document) != nil {
		return ""
	}
	project, _ := document["project"].(map[string]any)
	name, _ := project["name"].(string)
	if !pep.ValidName(name) {
		return ""
	}
	return name
}
