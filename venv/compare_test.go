package venv

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCompare(t *testing.T) {
	at := time.Unix(1, 0)
	d := func(name, version string) Distribution {
		return Distribution{Name: name, Canonical: name, Version: version, Path: name + version, Written: at}
	}
	anew := d("same", "1")
	anew.Written = at.Add(time.Second)
	hidden := d("hidden", "9")
	hidden.Shadowed = true
	before := []Distribution{d("kept", "1"), d("up", "1.9"), d("minor", "1.1"), d("down", "2"), d("gone", "1"),
		d("same", "1"), d("epoch", "2020.1"), d("odd", "0.1-bulbasaur"), d("hidden", "1"), hidden}
	after := []Distribution{d("kept", "1"), d("up", "2.0"), d("minor", "1.10"), d("down", "1"), anew, d("epoch", "1!1.0"),
		d("odd", "0.1"), d("hidden", "1"), d("new", "1"), {Name: "~x", Broken: "left behind"}}
	var got []string
	for _, c := range Compare(before, after) {
		got = append(got, fmt.Sprintf("%s %s→%s %s major=%v", c.Name, c.Before, c.After, c.Kind, c.Major))
	}
	want := []string{
		"down 2→1 downgraded major=true",
		"epoch 2020.1→1!1.0 upgraded major=true",
		"gone 1→ removed major=false",
		"minor 1.1→1.10 upgraded major=false",
		"new →1 new major=false",
		"odd 0.1-bulbasaur→0.1 upgraded major=false",
		"same 1→1 reinstalled major=false",
		"up 1.9→2.0 upgraded major=true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHooksChanged(t *testing.T) {
	site, scripts := t.TempDir(), filepath.Join(t.TempDir(), "bin")
	configuration := filepath.Join(filepath.Dir(scripts), "pyvenv.cfg")
	write(t, configuration, "home = /usr/bin\n")
	write(t, filepath.Join(site, "kept.pth"), "import os\n")
	write(t, filepath.Join(site, "changed.pth"), "/somewhere\n")
	write(t, filepath.Join(site, "gone.start"), "x:y\n")
	write(t, filepath.Join(scripts, "tool"), "#!python\n")
	before, err := SnapshotHooks([]string{site, filepath.Join(site, "absent")}, scripts)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(site, "changed.pth"), "\ufeffimport os\n")
	write(t, configuration, "home = /elsewhere\n")
	write(t, filepath.Join(site, "paths.pth"), "/somewhere\nimporting\n")
	write(t, filepath.Join(site, "usercustomize", "__init__.py"), "")
	write(t, filepath.Join(site, "sitecustomize.cpython-311-x86_64-linux-gnu.so"), "")
	write(t, filepath.Join(scripts, "pip"), "#!python\n")
	write(t, filepath.Join(scripts, "stray"), "")
	write(t, filepath.Join(scripts, "python-argcomplete"), "")
	write(t, filepath.Join(scripts, "pip3"), "#!python\n# of the new pip")
	write(t, filepath.Join(site, "pip-1.dist-info", "METADATA"), metadata("pip", "1"))
	if err := os.Remove(filepath.Join(site, "gone.start")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(site, "evil-1.dist-info", "METADATA"), metadata("evil", "1"))
	relative, err := filepath.Rel(site, filepath.Join(scripts, "pip"))
	if err != nil {
		t.Fatal(err)
	}
	directory := filepath.ToSlash(filepath.Dir(relative))
	write(t, filepath.Join(site, "pip-1.dist-info", "RECORD"), directory+"/pip,,\n"+directory+
		"/pip3,,\npip/__init__.py,,\n")
	write(t, filepath.Join(site, "zeal-1.dist-info", "METADATA"), metadata("zeal", "1"))
	write(t, filepath.Join(site, "zeal-1.dist-info", "RECORD"), directory+"/pip3.11,,\n./zeal/../pip/_internal/x.py,,\n")
	write(t, filepath.Join(scripts, "pip3.11"), "#!python\n")
	write(t, filepath.Join(site, "evil-1.dist-info", "RECORD"), "changed.pth,sha256=x,1\n\"paths.pth\",,\n"+
		filepath.ToSlash(relative)+",,\n")
	after, err := SnapshotHooks([]string{site}, scripts)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range HooksChanged(before, after, read(t, site)) {
		got = append(got, fmt.Sprintf("%s %s %s owner=%s runs=%v", filepath.Base(c.Path), c.Kind, c.What, c.Owner, c.Runs))
		if c.Replaces {
			got[len(got)-1] += " replaces"
		}
	}
	want := []string{
		"changed.pth pth changed owner=evil runs=true",
		"gone.start start removed owner= runs=false",
		"paths.pth pth added owner=evil runs=false",
		"pip script added owner=evil runs=false replaces",
		"pip3 script added owner=pip runs=false",
		"pip3.11 script added owner=zeal runs=false replaces",
		"python-argcomplete script added owner= runs=false",
		"pyvenv.cfg configuration changed owner= runs=false replaces",
		"sitecustomize.cpython-311-x86_64-linux-gnu.so sitecustomize added owner= runs=true",
		"stray script added owner= runs=false",
		"usercustomize usercustomize added owner= runs=true",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var taken []string
	for _, d := range read(t, site) {
		if file := FileInPip(d); file != "" {
			taken = append(taken, d.Name+" "+filepath.Base(file))
		}
	}
	if !slices.Equal(taken, []string{"zeal x.py"}) {
		t.Errorf("files of pip's: %q", taken)
	}
	if none := HooksChanged(after, after, nil); none != nil {
		t.Errorf("%+v", none)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add("a/b.py,sha256=x,1\n\"with,comma\",,\n../../bin/x,,")
	f.Add("\"never closed")
	f.Add("a\x00b\r\n,,,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		total := 0
		_ = readRecord(strings.NewReader(text), func(path string) {
			if path == "" {
				t.Error("an empty path")
			}
			total += len(path)
		})
		if total > len(text) {
			t.Errorf("%d bytes of paths out of %d", total, len(text))
		}
	})
}
