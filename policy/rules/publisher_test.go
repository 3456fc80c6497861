package rules_test

import (
	"testing"

	"thresher/policy/rules"
)

func TestPublisher(t *testing.T) {
	ours := rules.Identity{Kind: "GitHub", Repository: "acme/tool", Workflow: "release.yml"}
	otherWorkflow := rules.Identity{Kind: "GitHub", Repository: "Acme/Tool", Workflow: "publish.yml"}
	theirs := rules.Identity{Kind: "GitHub", Repository: "mallory/tool", Workflow: "release.yml"}
	otherKind := rules.Identity{Kind: "GitLab", Repository: "acme/tool", Workflow: "release.yml"}
	is := func(identities ...rules.Identity) []rules.Identity { return identities }
	for _, test := range []struct {
		name, user         string
		now, before, known []rules.Identity
		failure            string
		want               rules.Action
	}{
		{"the same", "", is(ours), is(ours), nil, "", ""},
		{"another workflow", "", is(otherWorkflow), is(ours), nil, "", rules.Note},
		{"another workflow, strict", "preset = \"strict\"\n", is(otherWorkflow), is(ours), nil, "", rules.Note},
		{"a workflow that is known", "", is(otherWorkflow), is(ours), is(otherWorkflow), "", ""},
		{"another repository", "", is(theirs), is(ours), nil, "", rules.Hold},
		{"another place of the same name", "", is(otherKind), is(ours), nil, "", rules.Hold},
		{"another beside the same", "", is(ours, theirs), is(ours), nil, "", rules.Hold},
		{"one of two", "", is(ours), is(ours, theirs), nil, "", ""},
		{"known", "", is(theirs), nil, is(theirs), "", ""},
		{"known beside the one before", "", is(theirs), is(ours), is(theirs), "", ""},
		{"another than known", "", is(theirs), nil, is(ours), "", rules.Hold},
		{"nobody before", "", is(theirs), nil, nil, "", ""},
		{"no attestation", "", nil, is(ours), nil, "", ""},
		{"not learned", "", is(theirs), nil, nil, "no answer", rules.Note},
		{"not learned, strict", "preset = \"strict\"\n", nil, nil, nil, "no answer", rules.Note},
		{"strict", "preset = \"strict\"\n", is(theirs), is(ours), nil, "", rules.Block},
		{"relaxed", "preset = \"relaxed\"\n", is(theirs), is(ours), nil, "", rules.Note},
		{"off", "[rules]\npublisher = \"off\"\n", is(theirs), is(ours), nil, "", ""},
		{"off, not learned", "[rules]\npublisher = \"off\"\n", is(theirs), is(ours), nil, "no answer", ""},
		{"allowed", "[allow.\"tool==2.0\"]\nreason = \"it moved\"\nrules = [\"publisher\"]\n", is(theirs), is(ours), nil, "",
			""},
		{"another release is allowed", "[allow.\"tool==1.9\"]\nreason = \"it moved\"\nrules = [\"publisher\"]\n",
			is(theirs), is(ours), nil, "", rules.Hold},
		{"allowed by name alone", "[allow.tool]\nreason = \"ours\"\n", is(theirs), is(ours), nil, "", rules.Hold},
	} {
		findings := layers{user: test.user}.settings(t).JudgePublisher(rules.PublisherEvidence{
			Name: "tool", Version: "2.0", Filename: "tool-2.0-py3-none-any.whl", Now: test.now, Before: test.before,
			BeforeVersion: "1.0", Known: test.known, Failure: test.failure,
		})
		if got := outcome(findings, rules.Publisher); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		checkTexts(t, findings)
	}
}
