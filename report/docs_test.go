package report

import (
	"reflect"
	"strings"
	"testing"

	"thresher/docs"
)

// Each field of the JSON is in docs/report.md.
func TestPageHasEveryField(t *testing.T) {
	page, err := docs.Pages.ReadFile("report.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			if of.Kind() == reflect.Slice {
				path += "[]"
			}
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of.PkgPath() == "time" || seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			field := strings.TrimPrefix(path+"."+name, ".")
			if name == "" || !strings.Contains(string(page), "| `"+field+"` |") {
				t.Errorf("docs/report.md does not have %s", field)
			}
			walk(field, of.Field(i).Type)
		}
	}
	walk("", reflect.TypeFor[Report]())
}
