package layers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"thresher/layers"
	"thresher/policy/rules"
)

// signedWorld is a world with a layer that a minisign key vouches for, and more in the
// user's file.
func signedWorld(t *testing.T, more string) (*world, minisigner) {
	w, mini := newWorld(t), newMinisigner(t)
	content := "[deny]\nbad = \"x\"\n"
	url := w.put("/pip.toml", content)
	w.put("/pip.toml.minisig", mini.sign(t, content, "timestamp:1790000000"))
	w.write("user.toml", following("", mini.key(), url)+more)
	w.mustLoad()
	w.requests()
	return w, mini
}

func TestRefreshBesideARun(t *testing.T) {
	w, mini := signedWorld(t, "")
	w.now = w.now.Add(30 * time.Minute)
	if w.mustLoad().Refresh(context.Background(), w.fetcher()) != nil {
		t.Error("what is fresh is fetched again")
	}
	inHours(w, 1)
	content := "[deny]\nworse = \"x\"\n"
	w.put("/pip.toml", content)
	w.put("/pip.toml.minisig", mini.sign(t, content, "timestamp:1790000001"))
	loaded := w.mustLoad()
	if !denies(loaded.Policy, "bad") || w.requests() != 0 {
		t.Error("a run waits for the refresh")
	}
	loaded.Refresh(context.Background(), w.fetcher()).Close(time.Minute)
	if !denies(w.mustLoad().Policy, "worse") {
		t.Error("the next run does not go by what came")
	}
}

// A refresh that Ctrl-C cuts off leaves no trace; one that a run did not wait for any
// longer counts as tried, so that not every run of the hour waits for it. Both end at
// once.
func TestRefreshIsCutOff(t *testing.T) {
	interrupted, interrupt := context.WithCancel(context.Background())
	interrupt()
	if layer := cutOff(t, interrupted, time.Hour); layer.Failure != "" {
		t.Errorf("what was cut off counts as failed: %s", layer.Failure)
	}
	if layer := cutOff(t, context.Background(), time.Millisecond); !strings.Contains(layer.Failure, "had not come") {
		t.Errorf("what takes too long is tried by each run: %q", layer.Failure)
	}
}

// cutOff is a layer after a refresh from a server that answers nobody.
func cutOff(t *testing.T, ctx context.Context, patience time.Duration) layers.Layer {
	t.Helper()
	w, _ := signedWorld(t, "")
	inHours(w, 2)
	loaded := w.mustLoad()
	w.mutex.Lock()
	beside := loaded.Refresh(ctx, w.fetcher())
	ended := make(chan struct{})
	go func() { beside.Close(patience); close(ended) }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the refresh goes on when the run has ended")
	}
	w.mutex.Unlock()
	return w.mustLoad().Layers[0]
}

func TestServerIsDown(t *testing.T) {
	for _, stale := range []string{"", "stale = \"block\"\n"} {
		w, _ := signedWorld(t, stale)
		w.setDown(true)
		inHours(w, 1)
		w.refresh()
		loaded := w.mustLoad()
		if _, stops := loaded.Stopped(); stops || len(loaded.Telling()) != 0 || !denies(loaded.Policy, "bad") {
			t.Errorf("%q: an hour is more than a word", stale)
		}
		if w.requests() == 0 {
			t.Error("it was not tried")
		}
		// Failed attempts are not made again by each run of the hour.
		if w.mustLoad().Refresh(context.Background(), w.fetcher()) != nil {
			t.Error("it is tried again at once")
		}

		inHours(w, 99)
		w.requests()
		loaded = w.mustLoad()
		if w.requests() == 0 {
			t.Error("it is not tried once more before it is said")
		}
		layer, stops := loaded.Stopped()
		if stops != (stale != "") || !denies(loaded.Policy, "bad") {
			t.Errorf("%q: stops %t", stale, stops)
		}
		if stops && !strings.Contains(layer.Failure, "502") {
			t.Errorf("why: %q", layer.Failure)
		}
		if told := loaded.Telling(); len(told) != 1 {
			t.Errorf("%q: not said", stale)
		}
		if told := w.mustLoad().Telling(); len(told) != 0 {
			t.Errorf("%q: said twice a day", stale)
		}

		// A machine that was away for four days, with the server there again: fetched
		// before it is stopped.
		w.setDown(false)
		inHours(w, 1)
		loaded = w.mustLoad()
		if _, stops := loaded.Stopped(); stops || loaded.Layers[0].Failure != "" || len(loaded.Telling()) != 0 {
			t.Errorf("%q: it is not up to date again: %+v", stale, loaded.Layers[0])
		}
	}
}

func TestGraceIsPolicy(t *testing.T) {
	w, _ := signedWorld(t, "refresh = \"1 day\"\ngrace = \"2 weeks\"\nstale = \"block\"\n")
	w.setDown(true)
	inHours(w, 23)
	if w.mustLoad().Refresh(context.Background(), w.fetcher()) != nil {
		t.Error("refresh does not count")
	}
	inHours(w, 12*24)
	if _, stops := w.mustLoad().Stopped(); stops {
		t.Error("grace does not count")
	}
	inHours(w, 3*24)
	if _, stops := w.mustLoad().Stopped(); !stops {
		t.Error("stale does not count")
	}
	// A clock that was set back proves nothing.
	w.now = w.now.AddDate(-1, 0, 0)
	if _, stops := w.mustLoad().Stopped(); !stops {
		t.Error("a date from the future counts as fresh")
	}
}

// The keys of a layer's age can be its own.
func TestLayerSaysItsGrace(t *testing.T) {
	w, mini := newWorld(t), newMinisigner(t)
	content := "[policy]\nstale = \"block\"\ngrace = \"1 day\"\n"
	url := w.put("/pip.toml", content)
	w.put("/pip.toml.minisig", mini.sign(t, content, "timestamp:1790000000"))
	w.write("user.toml", following("", mini.key(), url))
	if got := w.mustLoad().Shared.Stale; got.Value != rules.Block || got.Layer != rules.UserSharedLayer {
		t.Errorf("%v", got)
	}
	w.setDown(true)
	inHours(w, 25)
	if _, stops := w.mustLoad().Stopped(); !stops {
		t.Error("it does not stop")
	}
}
