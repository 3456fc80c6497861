package gate

import (
	"context"
	"sync"
)

// flights makes each value once, however many ask for it, and remembers it for
// as long as the gate lives. The zero value is ready.
type flights[Key comparable, Value any] struct {
	mutex sync.Mutex
	known map[Key]*flight[Value]
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
	go func() {
		defer close(begun.done)
		begun.value, begun.err = produce()
	}()
	return begun
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
