package index

import (
	"strings"

	"thresher/pep"
)

// Lists says whether a page has a file of a version, yanked or not. Where that
// cannot be told of a file whose name has the version in it, it counts as one.
func (p *Page) Lists(version string) bool {
	for i := range p.Files {
		filename := p.Files[i].Filename
		found := ""
		if strings.HasSuffix(filename, ".whl") {
			if _, of, err := pep.ParseWheelFilename(filename); err == nil {
				found = of
			}
		} else if of, err := pep.ParseSdistFilename(filename, p.Name); err == nil {
			found = of
		}
		if found == version || found != "" && pep.CompareOSV(found, version) == 0 ||
			found == "" && strings.Contains(filename, version) {
			return true
		}
	}
	for _, link := range p.Unreadable {
		if strings.Contains(link, version) {
			return true
		}
	}
	return false
}
