package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"thresher/index"
)

const (
	public  = "https://index.example/simple"
	private = "https://acme.example/simple"
	other   = "https://other.example/simple"
)

// Which indexes hear of a name, in order, by where they stand and what they
// answer.
func TestOwner(t *testing.T) {
	missing, down := index.ErrNotFound, errors.New("no answer")
	status := func(code int, sent bool) error { return &index.StatusError{Status: code, Sent: sent} }
	main := []Index{{URL: private}, {URL: public, Extra: true, Public: true}}
	extra := []Index{{URL: public, Public: true}, {URL: private, Extra: true}, {URL: other, Extra: true}}
	tests := []struct {
		name    string
		indexes []Index
		pin     string
		answers map[string]error // of the indexes that do not have it
		heard   []string
		owner   string // "" none
		err     error
	}{
		{name: "private main", indexes: main, heard: []string{private}, owner: private},
		{name: "private main lacks it", indexes: main, answers: map[string]error{private: missing},
			heard: []string{private, public}, owner: public},
		{name: "private main is down", indexes: main, answers: map[string]error{private: down}, heard: []string{private},
			owner: private, err: down},
		{name: "private extra", indexes: extra, heard: []string{private}, owner: private},
		{name: "second extra", indexes: extra, answers: map[string]error{private: missing}, heard: []string{private, other},
			owner: other},
		{name: "nobody", indexes: main, answers: map[string]error{private: missing, public: missing},
			heard: []string{private, public}, err: missing},
		{name: "pinned", indexes: extra, pin: other + "/", heard: []string{other}, owner: other},
		{name: "pinned and lacking", indexes: extra, pin: other, answers: map[string]error{other: missing},
			heard: []string{other}, err: missing},
		{name: "pinned elsewhere", indexes: main, pin: "https://new.example/simple",
			heard: []string{"https://new.example/simple"}, owner: "https://new.example/simple"},
		{name: "forbidden to strangers", indexes: main, answers: map[string]error{private: status(403, false)},
			heard: []string{private, public}, owner: public},
		{name: "forbidden to who is known", indexes: main, answers: map[string]error{private: status(403, true)},
			heard: []string{private}, owner: private, err: status(403, true)},
		{name: "gone", indexes: main, answers: map[string]error{private: status(410, true)}, heard: []string{private, public},
			owner: public},
		{name: "failing", indexes: main, answers: map[string]error{private: status(503, false)}, heard: []string{private},
			owner: private, err: status(503, false)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := Table{Indexes: test.indexes, Pin: func(string) string { return test.pin }}
			var heard []string
			answer := table.Owner("acme", func(url string) (*index.Page, error) {
				heard = append(heard, url)
				return &index.Page{}, test.answers[url]
			})
			if !slices.Equal(heard, test.heard) {
				t.Errorf("heard %q, want %q", heard, test.heard)
			}
			if answer.URL != test.owner || answer.None != (test.owner == "") {
				t.Errorf("owner %q, none %t; want %q", answer.URL, answer.None, test.owner)
			}
			if (answer.Err == nil) != (test.err == nil) || test.err != nil && answer.Err.Error() != test.err.Error() {
				t.Errorf("error %v, want %v", answer.Err, test.err)
			}
		})
	}
}

// No index hears of a name that is barred, but for the one that it is bound to.
func TestBarred(t *testing.T) {
	table := Table{
		Indexes: []Index{{URL: public, Public: true}, {URL: private, Extra: true}},
		Pin:     func(name string) string { return map[string]string{"bound": private}[name] },
		Barred:  func(name string) bool { return name != "free" },
	}
	for name, want := range map[string][]string{"free": {private}, "acme": nil, "bound": {private}} {
		var heard []string
		answer := table.Owner(name, func(url string) (*index.Page, error) {
			heard = append(heard, url)
			return &index.Page{}, nil
		})
		if !slices.Equal(heard, want) || answer.None != (want == nil) {
			t.Errorf("%s: heard %q, %+v", name, heard, answer)
		}
	}
}

func TestMerges(t *testing.T) {
	popular := func(name string) bool { return name == "numpy" }
	pinned := func(string) string { return private }
	indexes := []Index{{URL: public, Public: true}, {URL: private, Extra: true}}
	for _, test := range []struct {
		name   string
		table  Table
		asked  string
		merges bool
		keeps  bool // the private index keeps others out
	}{
		{"usual", Table{Indexes: indexes, Popular: popular}, "acme", false, true},
		{"popular", Table{Indexes: indexes, Popular: popular}, "numpy", true, false},
		{"as pip", Table{Indexes: indexes, Strategy: AsPip}, "acme", true, false},
		{"pinned", Table{Indexes: indexes, Strategy: AsPip, Pin: pinned}, "acme", false, false},
		{"one index", Table{Indexes: indexes[1:]}, "acme", false, false},
		{"barred", Table{Indexes: indexes, Strategy: AsPip, Barred: func(string) bool { return true }}, "acme", false,
			false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.table.Merges(test.asked); got != test.merges {
				t.Errorf("merges %t", got)
			}
			if got := test.table.KeepsOthersOut(test.asked, private); got != test.keeps {
				t.Errorf("keeps others out %t", got)
			}
		})
	}
}

// No way of printing an index shows the password that is in its address.
func TestIndexIsPrintedWithoutSecrets(t *testing.T) {
	index := Index{URL: "https://me:hunter2@index.example/simple", Extra: true}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{index, &index, []Index{index}, Table{Indexes: []Index{index}}} {
			text := fmt.Sprintf(verb, value)
			if strings.Contains(text, "hunter2") || !strings.Contains(text, "index.example") {
				t.Errorf("%s of %T: %s", verb, value, text)
			}
		}
	}
}
