package places

import (
	"slices"
	"testing"
)

func TestEnviron(t *testing.T) {
	environ := []string{"Path=C:\\a", "=C:=C:\\b", "LOCALAPPDATA=c=d", "x"}
	if got := Environ(environ, "windows"); !slices.Equal(got,
		[]string{"PATH=C:\\a", "=C:=C:\\b", "LOCALAPPDATA=c=d", "x"}) {
		t.Errorf("%q", got)
	}
	if got := Environ(environ, "linux"); !slices.Equal(got, environ) {
		t.Errorf("%q", got)
	}
}
