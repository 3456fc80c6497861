package evidence

import (
	"testing"

	"thresher/pip"
	"thresher/pip/option"
	"thresher/policy"
)

// The index that pip asks by itself is the public one, also for whom it knows.
func TestPublicIndex(t *testing.T) {
	const public = "https://index.example/simple"
	for url, want := range map[string]bool{
		public: true, public + "/": true, "https://INDEX.example:443/simple/": true,
		"https://me:secret@index.example/simple": true, "https://${TOKEN}@index.example/simple/": true,
		"https://index.example/private/simple": false, "https://index.example@private.example/simple": false, "": false,
	} {
		command := &pip.Command{
			Indexes: []option.Setting{{Value: url}}, ExtraAt: 1, Installation: &pip.Installation{DefaultIndex: public},
		}
		if got := Table(command, &policy.Policy{}).Indexes[0].Public; got != want {
			t.Errorf("%q: public %t, want %t", url, got, want)
		}
	}
}
