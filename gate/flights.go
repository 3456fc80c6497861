package gate

import (
	"context"
	"maps"
	"sync"
)

// background is what runs beside the server. After its close nothing begins,
// and nothing runs any more.
type background struct {
	mutex   sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// begin runs a function on a goroutine of its own; false where it is too late.
func (b *background) begin(run func()) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.closed {
		return false
	}
	b.running.Go(run)
	return true
}

// close waits for everything that has begun.
func (b *background) close() {
	b.mutex.Lock()
	b.closed = true
	b.mutex.Unlock()
	b.running.Wait()
}

// flights makes each value once, however many ask for it, and remembers it for
// as long as the gate lives.
type flights[Key comparable, Value any] struct {
	background *background
	mutex      sync.Mutex
	known      map[Key]*flight[Value]
}

type flight[Value any] struct {
	done  chan struct{}
	value Value
	err   error
}

// start gives the flight for key, and begins it where it has not begun.
// produce runs on a goroutine of its own: who asked first may give up without
// ending it for the others.
func (f *flights[Key, Value]) start(key Key, produce func() (Value, error)) *flight[Value] {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if known, ok := f.known[key]; ok {
		return known
	}
	if f.known == nil {
		f.known = map[Key]*flight[Value]{}
	}
	begun := &flight[Value]{done: make(chan struct{})}
	f.known[key] = begun
	if !f.background.begin(func() {
		defer close(begun.done)
		begun.value, begun.err = produce()
	}) {
		begun.err = context.Canceled
		close(begun.done)
	}
	return begun
}

// forget lets what was made be made anew.
func (f *flights[Key, Value]) forget(which func(Key) bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	maps.DeleteFunc(f.known, func(key Key, _ *flight[Value]) bool { return which(key) })
}

// wait gives the flight's value, or ctx's error where that comes first.
func (f *flight[Value]) wait(ctx context.Context) (Value, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none Value
		return none, ctx.Err()
	}
}
