package gate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"thresher/index"
)

// Foreseen is what pip would be told of a project if it asked every index for it
// now.
type Foreseen struct {
	Name  string // canonical
	Files []ForeseenFile

	pages []foreseenPage
}

// ForeseenFile is one file of the pages that pip would be given.
type ForeseenFile struct {
	Version string // as its name has it
	File    *index.File
	Blocked bool // it is on the page, and its fetch would be refused
}

type foreseenPage struct {
	key     pageKey
	verdict *verdict
}

// Foresee asks the indexes for a project as for pip, and judges what they have.
// An index that has no such project says so, as to pip. The error says why it is
// not certain what pip would be told: an index does not answer, or pip would be
// stopped.
func (g *Gate) Foresee(ctx context.Context, name string) (Foreseen, error) {
	foreseen := Foreseen{Name: name}
	for place := range g.config.Indexes {
		v, key, err := g.projectVerdict(ctx, place, name)
		switch {
		case errors.Is(err, errElsewhere):
			continue
		case err != nil && !errors.Is(err, index.ErrNotFound):
			return foreseen, err
		case v == nil:
			continue
		case v.stop != nil:
			return foreseen, fmt.Errorf("%s is refused", name)
		}
		g.inspect(v) // as before pip is given it
		foreseen.pages = append(foreseen.pages, foreseenPage{key, v})
		foreseen.Files = append(foreseen.Files, v.foreseen()...)
	}
	return foreseen, nil
}

// foreseen gives the files of a page as pip would be given them.
func (v *verdict) foreseen() []ForeseenFile {
	v.rendering.Lock()
	defer v.rendering.Unlock()
	if v.page == nil {
		return nil
	}
	files := make([]ForeseenFile, 0, len(v.kept))
	for _, kept := range v.kept {
		files = append(files, ForeseenFile{Version: kept.version, File: kept.file})
	}
	for _, blocked := range v.blocked {
		for i := range v.page.Files {
			if file := &v.page.Files[i]; file.URL == blocked.url {
				files = append(files, ForeseenFile{Version: blocked.version, File: file, Blocked: true})
			}
		}
	}
	return files
}

// Deliver enters what was foreseen as what pip was told, where it is not started.
func (g *Gate) Deliver(foreseen []Foreseen) {
	for _, project := range foreseen {
		for _, page := range project.pages {
			g.deliver(page.key, page.verdict)
		}
	}
}

// Asked gives the canonical names of the projects whose pages pip asked for, in
// order.
func (g *Gate) Asked() []string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return slices.Sorted(maps.Keys(g.asked))
}
