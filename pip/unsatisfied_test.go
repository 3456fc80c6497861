package pip

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What pips of several years say, as they say it.
func TestUnsatisfied(t *testing.T) {
	for _, test := range []struct {
		name, said, want string
	}{
		{"pip 26", "No matching distribution found for alpha==1.1", "alpha==1.1"},
		{"pip 20, of a dependency", "No matching distribution found for beta>=1.1 (from alpha)", "beta>=1.1"},
		{"pip 20, of a file", "No matching distribution found for alpha==1.1 (from -r requirements.txt (line 1))",
			"alpha==1.1"},
		{"an extra", "No matching distribution found for alpha[all]<2", "alpha<2"},
		{"a conflict", "\nThe conflict is caused by:\n    alpha 1.0 depends on beta>=1.1\n" +
			"    The user requested (constraint) beta==1.2\n    The user requested gamma\n\nTo fix this you could try to:",
			"beta>=1.1 beta==1.2 gamma"},
		{"something else", "Could not install packages due to an OSError: [Errno 13] Permission denied", ""},
		{"no requirement", "No matching distribution found for ./here", ""},
	} {
		var got []string
		for _, requirement := range Unsatisfied([]string{test.said}) {
			got = append(got, requirement.Name+requirement.Specifiers.String())
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}
