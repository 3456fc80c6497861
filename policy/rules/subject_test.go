package rules

import (
	"strings"
	"testing"
)

func TestParseSubject(t *testing.T) {
	for text, want := range map[string]Subject{
		"Foo_Bar":                           {Kind: NameSubject, Name: "foo-bar"},
		"acme-*":                            {Kind: NameSubject, Name: "acme-*"},
		"Foo.Bar==1.0":                      {Kind: ReleaseSubject, Name: "foo-bar", Version: "1.0"},
		"foo == 1.0-RC.1":                   {Kind: ReleaseSubject, Name: "foo", Version: "1.0rc1"},
		"foo==1!2.0+CPU.1":                  {Kind: ReleaseSubject, Name: "foo", Version: "1!2.0+cpu.1"},
		"host:Files.example:8443":           {Kind: HostSubject, Name: "files.example:8443"},
		"build:Acme_Data":                   {Kind: BuildSubject, Name: "acme-data"},
		"build:acme-*":                      {Kind: BuildSubject, Name: "acme-*"},
		"fetch:Acme_Data=Files.example":     {Kind: FetchSubject, Name: "acme-data", Place: "files.example"},
		"fetch:acme=files.example:8443/A/b": {Kind: FetchSubject, Name: "acme", Place: "files.example:8443/A/b"},
		"trusted-host:Index.example":        {Kind: TrustedHostSubject, Name: "index.example"},
		"https://H.example/x.whl#a=b":       {Kind: URLSubject, Name: "https://h.example/x.whl"},
		"https://index.example/simple/":     {Kind: URLSubject, Name: "https://index.example/simple"},
		"git+https://h.example/a==b":        {Kind: URLSubject, Name: "git+https://h.example/a==b"},
	} {
		got, err := ParseSubject(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
			continue
		}
		if again, err := ParseSubject(got.String()); err != nil || again != got {
			t.Errorf("%q is written as %q, which is %+v, %v", text, got, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                             "is no name",
		"a b":                          "is no name",
		"build:":                       "is no name",
		"build:a==1":                   "is no name",
		"x]\n[scan":                    "is no name",
		"acme-*==1.0":                  "is no name",
		"==1.0":                        "is no name",
		"foo==":                        "is no version",
		"foo==1.*":                     "is no version",
		"foo===1":                      "is no version",
		"foo==1,==2":                   "is no version",
		"foo>=1":                       "is no name",
		"foo[bar]==1":                  "is no name",
		"host:":                        "is no host",
		"fetch:=files.example":         "is no name",
		"fetch:acme-*=files.example":   "is no name",
		"fetch:acme":                   "is no place",
		"fetch:acme=":                  "is no place",
		"fetch:acme=/a":                "is no place",
		"fetch:acme=*.example":         "is no place",
		"fetch:acme=https://h.example": "is no place",
		"fetch:acme=h.example/a/../b":  "is no place",
		"host:a/b":                     "is no host",
		"host:*.example":               "is no host",
		"https://u:secret@h.example/x": "password",
	} {
		subject, err := ParseSubject(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %+v, %v, want %q", text, subject, err, want)
		}
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, text := range []string{"Foo_Bar", "a-*", "foo==1.0", "host:h.example:1", "trusted-host:h.example",
		"https://h.example/x?y#z", "a==1==2", "\x1b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		subject, err := ParseSubject(text)
		if err != nil {
			return
		}
		if again, err := ParseSubject(subject.String()); err != nil || again != subject {
			t.Errorf("%q is %+v and written %q, which is %+v, %v", text, subject, subject, again, err)
		}
	})
}
