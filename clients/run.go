package clients

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"claria/aws"
)

// How much a transfer does at once. Small files cost round trips, so many of them are
// under way; large ones cost bandwidth and memory, so their parts are few.
const (
	filesAtOnce = 64
	partsAtOnce = 8
	memoryLimit = 48 << 20 // bytes of files that are held in memory
)

// Control pauses a transfer. The zero value lets it run. It is safe for concurrent use.
type Control struct {
	mu     sync.Mutex
	paused chan struct{} // closed by Resume; nil: not paused
	since  time.Time
	total  time.Duration // of the pauses that are over
}

// Pause holds the transfer: what is being sent is sent to its end, and nothing new is
// begun.
func (c *Control) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused == nil {
		c.paused, c.since = make(chan struct{}), time.Now()
	}
}

// Resume ends a pause.
func (c *Control) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused != nil {
		close(c.paused)
		c.paused, c.total = nil, c.total+time.Since(c.since)
	}
}

// Paused reports whether the transfer is held.
func (c *Control) Paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused != nil
}

// wait returns when the transfer is not held. A nil Control is never held.
func (c *Control) wait(ctx context.Context) error {
	for c != nil {
		c.mu.Lock()
		paused := c.paused
		c.mu.Unlock()
		if paused == nil {
			break
		}
		select {
		case <-paused:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	return ctx.Err()
}

// held is how long the transfer was held so far.
func (c *Control) held() time.Duration {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused == nil {
		return c.total
	}
	return c.total + time.Since(c.since)
}

// gate limits how many files are under way. The limit is halved when AWS asks for fewer
// requests, and grows again while it does not.
type gate struct {
	most int

	mu     sync.Mutex
	limit  int
	busy   int
	good   int           // files since the limit last changed
	deaf   int           // files that were under way when it was halved: what they hear is no news
	change chan struct{} // closed when a place may be free
}

// growAfter is how many files must succeed before the limit grows by one.
const growAfter = 4

func newGate(most int) *gate { return &gate{most: most, limit: most, change: make(chan struct{})} }

func (g *gate) enter(ctx context.Context) error {
	for {
		g.mu.Lock()
		if g.busy < g.limit {
			g.busy++
			g.mu.Unlock()
			return ctx.Err()
		}
		change := g.change
		g.mu.Unlock()
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy--
	g.deaf = max(0, g.deaf-1)
	if g.good++; g.good >= growAfter && g.limit < g.most {
		g.limit, g.good = g.limit+1, 0
	}
	close(g.change)
	g.change = make(chan struct{})
}

func (g *gate) throttled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deaf > 0 {
		return
	}
	g.limit, g.good, g.deaf = max(1, g.limit/2), 0, g.busy
}

// run is one transfer of many files.
type run struct {
	store   *Store
	control *Control
	gate    *gate
	memory  *semaphore.Weighted
	parts   *semaphore.Weighted
	events  chan Progress
	files   int
	now     func() time.Time

	mu    sync.Mutex
	began time.Time
	done  []int64 // bytes of each file
	moved []int64 // of those, the ones that were sent or received
	sum   struct{ done, moved, all int64 }
	ended int
}

func (s *Store) newRun(control *Control, files int, all int64) *run {
	return &run{
		store: s, control: control, gate: newGate(filesAtOnce), memory: semaphore.NewWeighted(memoryLimit),
		parts: semaphore.NewWeighted(partsAtOnce), events: make(chan Progress, 64), files: files, now: s.account.Now,
		began: s.account.Now(), done: make([]int64, files), moved: make([]int64, files), sum: struct{ done, moved, all int64 }{all: all},
	}
}

// listening makes the answers to a transfer's requests set its pace.
func (r *run) listening(ctx context.Context) context.Context {
	return aws.WhenThrottled(ctx, r.gate.throttled)
}

// at notes how far a file is, and adds to the event how far all are.
func (r *run) at(event *Progress, moved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := event.Index
	r.sum.done += event.Done - r.done[i]
	r.done[i] = event.Done
	if moved {
		now := max(0, event.Done-event.kept)
		r.sum.moved += now - r.moved[i]
		r.moved[i] = now
	}
	if event.Over() {
		r.ended++
		if event.File == nil {
			r.sum.all -= max(0, event.Total-event.Done) // it is not going to be done
		}
	}
	event.Files, event.Ended, event.AllDone, event.AllMoved, event.All = r.files, r.ended, r.sum.done, r.sum.moved, r.sum.all
	event.Took = max(0, r.now().Sub(r.began)-r.control.held())
}

// step sends an event that may be dropped, so that no transfer waits for a reader.
func (r *run) step(event Progress, moved bool) {
	r.at(&event, moved)
	select {
	case r.events <- event:
	default:
	}
}

// tell sends an event that is not dropped.
func (r *run) tell(event Progress, moved bool) {
	r.at(&event, moved)
	r.events <- event
}

// hold takes memory for bytes of a file; give returns it. One that is larger than the
// limit takes all of it.
func (r *run) hold(ctx context.Context, size int64) (give func(), err error) {
	size = min(size, memoryLimit)
	if err := r.memory.Acquire(ctx, size); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { r.memory.Release(size) }), nil
}

// throttleTries is how often a step is tried again that AWS refuses as too fast, after
// the SDK's own tries. The pauses are 1, 2, 4 … seconds, a minute in all.
const throttleTries = 6

// patient repeats what AWS refuses as too fast.
func (r *run) patient(ctx context.Context, step func() error) error {
	for try := 0; ; try++ {
		if err := r.control.wait(ctx); err != nil {
			return aws.Wrap(err, "s3:PutObject", r.store.bucket)
		}
		err := step()
		if aws.KindOf(err) != aws.Throttled || try == throttleTries {
			return err
		}
		r.gate.throttled()
		if stopped := r.store.account.Sleep(ctx, time.Second<<try); stopped != nil {
			return err
		}
	}
}
