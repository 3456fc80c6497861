package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"thresher/pep"
)

// AnswersIn gives the ignores that the last runs in places went by, each once for all
// places that have it with the same end.
func AnswersIn(places []Place) []Answer {
	type what struct{ subject, expires string }
	machines := map[what][]string{}
	var order []what
	for _, place := range places {
		for _, ignored := range place.Ignored {
			key := what{ignored.ID + " " + pep.CanonicalName(ignored.Name), ignored.Expires}
			if machines[key] == nil {
				order = append(order, key)
			}
			if !slices.Contains(machines[key], place.Machine) {
				machines[key] = append(machines[key], place.Machine)
			}
		}
	}
	var answers []Answer
	for _, key := range order {
		answer := Answer{Kind: Ignore, Subject: key.subject, Place: strings.Join(machines[key], ", ")}
		const most = 4
		if count := len(machines[key]); count > most {
			answer.Place = fmt.Sprintf("%s and %d more machines", strings.Join(machines[key][:most], ", "), count-most)
		}
		if expires, err := time.ParseInLocation(time.DateOnly, key.expires, time.Local); err == nil {
			answer.Expires = &expires
		}
		answers = append(answers, answer)
	}
	return answers
}

// PoliciesIn gives the policy files that the runs of a log went by, each as it was at
// its last run.
func PoliciesIn(log Log) []Policy {
	at := map[[2]string]int{}
	var policies []Policy
	for _, entry := range log.Entries {
		for _, layer := range entry.Policy {
			key := [2]string{layer.Layer, layer.Source}
			i, seen := at[key]
			if !seen {
				i = len(policies)
				at[key] = i
				policies = append(policies, Policy{Machine: log.Machine, Layer: layer.Layer, Path: layer.Source})
			}
			policies[i].SHA256, policies[i].Changed = layer.SHA256, known(layer.Changed)
		}
	}
	return policies
}
