package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

func TestPythonVersion(t *testing.T) {
	for text, want := range map[string]string{
		"1.2.3":                                 "1.2.3",
		"1.3.0-rc.1":                            "1.3.0rc1",
		"0.1.0-dev":                             "0.1.0.dev0",
		"0.1.0-dev.20261122175702+8a9dd684682b": "0.1.0.dev20261122175702+8a9dd684682b",
		"0.1.0-dev.20261122175702+8a9dd684682b.dirty": "0.1.0.dev20261122175702+8a9dd684682b.dirty",
	} {
		if got, err := pythonVersion(text); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "unknown", "1.2", "v1.2.3"} {
		if got, err := pythonVersion(text); err == nil {
			t.Errorf("%q was taken for %s", text, got)
		}
	}
}

// A wheel says what is in it: names, tags, and the digest of every file.
func TestWheel(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	for _, platform := range []string{"linux/amd64", "windows/amd64"} {
		tags := platformTags[platform]
		name, content, err := wheelOf(platform, self)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "-py3-none-"+strings.Join(tags, ".")+".whl") {
			t.Errorf("%s is called %s", platform, name)
		}
		if _, again, err := wheelOf(platform, self); err != nil || !bytes.Equal(again, content) {
			t.Errorf("made again it is another: %v", err)
		}
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		contents := map[string][]byte{}
		var record, last string
		script := ""
		for _, file := range archive.File {
			opened, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			contents[file.Name], err = io.ReadAll(opened)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(file.Name, ".data/scripts/") {
				script = file.Name
				if file.Mode().Perm() != 0o755 {
					t.Errorf("%s has mode %v", file.Name, file.Mode())
				}
			}
			last = file.Name
		}
		record = last
		if !strings.HasSuffix(record, ".dist-info/RECORD") ||
			strings.HasSuffix(script, ".exe") != strings.HasPrefix(platform, "windows") {
			t.Errorf("the last file is %s, the script %s", record, script)
		}
		want := ""
		for _, file := range archive.File {
			if file.Name == record {
				want += record + ",,\n"
				continue
			}
			sum := sha256.Sum256(contents[file.Name])
			want += fmt.Sprintf("%s,sha256=%s,%d\n", file.Name, base64.RawURLEncoding.EncodeToString(sum[:]),
				len(contents[file.Name]))
		}
		if string(contents[record]) != want {
			t.Errorf("RECORD is\n%swant\n%s", contents[record], want)
		}
		info := strings.TrimSuffix(record, "RECORD")
		for _, tag := range tags {
			if !strings.Contains(string(contents[info+"WHEEL"]), "\nTag: py3-none-"+tag+"\n") {
				t.Errorf("WHEEL has no %s", tag)
			}
		}
		if !strings.Contains(string(contents[info+"METADATA"]), "\nName: "+distribution+"\nVersion: ") ||
			len(contents[info+"licenses/LICENSE"]) == 0 {
			t.Error("the name or the licence is missing")
		}
	}
	if _, _, err := wheelOf("plan9/386", self); err == nil {
		t.Error("a platform that Python has no tag for was taken")
	}
}
