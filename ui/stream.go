package ui

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
)

// coalesce is the shortest time between two deliveries of one job: thirty
// frames a second are as many as an eye or an SSH line can use.
const coalesce = 33 * time.Millisecond

// job says which work a pane starts. Pane and Slot name it: starting a slot
// again stops the earlier job and drops whatever it still sends.
type job struct {
	Pane  paneID
	Slot  string // "files", "draft"
	Title string // for the activity line: "Uploading"; no PHI
	Quiet bool   // too short to mention: no activity line, no bell
}

// These messages bring a job's results to the Update of its pane.
type (
	// events are what a sequence yielded since the last delivery, in order.
	events[E any] struct {
		Slot  string
		Items []E
	}
	// answer is the result of ask.
	answer[T any] struct {
		Slot  string
		Value T
		Err   error
	}
	// ended tells that a sequence is over. Err is its last error; Stopped is
	// true when the user stopped it.
	ended struct {
		Slot    string
		Err     error
		Stopped bool
	}
)

// stream runs a sequence as a job. Its events come to the pane as events[E] and
// its end as ended. An event that came with an error is delivered too, unless it
// is zero.
func stream[E any](jobs *jobs, j job, seq func(context.Context) iter.Seq2[E, error]) tea.Cmd {
	work := jobs.start(j)
	pipe := &pipe[E]{jobs: jobs, work: work, ready: make(chan struct{}, 1)}
	return tea.Batch(func() tea.Msg { return pipe.produce(seq) }, pipe.consume)
}

// ask runs one call as a job. Its result comes to the pane as answer[T].
func ask[T any](jobs *jobs, j job, call func(context.Context) (T, error)) tea.Cmd {
	work := jobs.start(j)
	return func() tea.Msg {
		jobs.running.Add(1)
		defer jobs.running.Add(-1)
		value, err := call(work.ctx)
		return jobMsg{work: work, payload: answer[T]{Slot: j.Slot, Value: value, Err: err}, over: true, err: err}
	}
}

// jobs is all work that runs. Only the frame's Update touches it, but for
// running, which counts the goroutines that Bubble Tea runs for it.
type jobs struct {
	ctx        context.Context
	generation uint64
	live       map[[2]string]*work
	order      []*work // the live ones, oldest first
	running    atomic.Int64
}

// work is one running job.
type work struct {
	job
	generation  uint64
	ctx         context.Context
	cancel      context.CancelFunc
	stopped     bool
	done, total int64
	detail      string
}

func newJobs(ctx context.Context) *jobs {
	return &jobs{ctx: ctx, live: map[[2]string]*work{}}
}

func (j job) key() [2]string { return [2]string{string(j.Pane), j.Slot} }

// start registers the job; a job of the same slot is cancelled and forgotten.
func (js *jobs) start(j job) *work {
	js.drop(j)
	js.generation++
	w := &work{job: j, generation: js.generation}
	w.ctx, w.cancel = context.WithCancel(js.ctx)
	js.live[j.key()] = w
	js.order = append(js.order, w)
	return w
}

// drop cancels a slot's job, if any, and drops what it still sends.
func (js *jobs) drop(j job) {
	if w, ok := js.live[j.key()]; ok {
		w.cancel()
		js.forget(w)
	}
}

func (js *jobs) forget(w *work) {
	if js.live[w.key()] == w {
		delete(js.live, w.key())
	}
	for i := range js.order {
		if js.order[i] == w {
			js.order = append(js.order[:i:i], js.order[i+1:]...)
			return
		}
	}
}

// progress says how far a slot's job is, for the activity line; total 0: unknown.
func (js *jobs) progress(pane paneID, slot string, done, total int64, detail string) {
	if w, ok := js.live[job{Pane: pane, Slot: slot}.key()]; ok {
		w.done, w.total, w.detail = done, total, detail
	}
}

// busy reports whether the slot's job runs.
func (js *jobs) busy(pane paneID, slot string) bool {
	_, ok := js.live[job{Pane: pane, Slot: slot}.key()]
	return ok
}

// stop cancels a slot's job. It still delivers what it yields on its way out,
// and its end.
func (js *jobs) stop(pane paneID, slot string) {
	if w, ok := js.live[job{Pane: pane, Slot: slot}.key()]; ok {
		w.stopped = true
		w.cancel()
	}
}

// named are the jobs that are worth a mention, oldest first.
func (js *jobs) named() []*work {
	var named []*work
	for _, w := range js.order {
		if !w.Quiet {
			named = append(named, w)
		}
	}
	return named
}

// foremost is the job that ctrl+x stops while a pane is shown: of the pane's own
// the one that began last, else the one that began last anywhere; nil: none runs.
func (js *jobs) foremost(pane paneID) *work {
	var last *work
	for _, w := range js.named() {
		if w.Pane == pane || last == nil || last.Pane != pane {
			last = w
		}
	}
	return last
}

// receive takes a delivery: what to hand to which pane, and the command that
// brings the next. A delivery of a job that was started again is dropped.
func (js *jobs) receive(m jobMsg) (payload []tea.Msg, next tea.Cmd) {
	w := m.work
	if js.live[w.key()] != w {
		return nil, nil // stale; a producer that nobody listens to ends by itself
	}
	if m.payload != nil {
		payload = append(payload, m.payload)
	}
	if !m.over {
		return payload, m.next
	}
	js.forget(w)
	w.cancel()
	if m.end {
		payload = append(payload, ended{Slot: w.Slot, Err: m.err, Stopped: w.stopped})
	}
	return payload, nil
}

// idle reports whether no job runs.
func (js *jobs) idle() bool { return len(js.order) == 0 }

// close cancels everything and waits for it to end, so that a draft can save
// what it has; it waits no longer than patience.
func (js *jobs) close(patience time.Duration) {
	for _, w := range js.order {
		w.cancel()
	}
	for waited := time.Duration(0); js.running.Load() > 0 && waited < patience; waited += 5 * time.Millisecond {
		time.Sleep(5 * time.Millisecond)
	}
}

// jobMsg is one delivery of a job to the frame.
type jobMsg struct {
	work    *work
	payload tea.Msg
	over    bool
	end     bool // an ended message is due
	err     error
	next    tea.Cmd
}

// pipe carries a sequence's events from the goroutine that ranges over it to
// the one that delivers them. Both are commands, so Bubble Tea runs them.
type pipe[E any] struct {
	jobs *jobs
	work *work

	ready chan struct{} // holds one signal: something is there
	last  time.Time     // of the last delivery; only consume touches it

	mu    sync.Mutex
	items []E
	err   error
	over  bool
}

func (p *pipe[E]) produce(seq func(context.Context) iter.Seq2[E, error]) tea.Msg {
	p.jobs.running.Add(1)
	defer p.jobs.running.Add(-1)
	defer p.finish()
	for event, err := range seq(p.work.ctx) {
		p.push(event, err)
	}
	return nil
}

func (p *pipe[E]) push(event E, err error) {
	p.mu.Lock()
	if err == nil || !reflect.ValueOf(&event).Elem().IsZero() {
		p.items = append(p.items, event)
	}
	if err != nil {
		p.err = err
	}
	p.mu.Unlock()
	p.signal()
}

func (p *pipe[E]) finish() {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.signal()
}

func (p *pipe[E]) signal() {
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

// consume waits for events, lets more of them gather until the last delivery is
// long enough ago, and delivers them all.
func (p *pipe[E]) consume() tea.Msg {
	<-p.ready
	if wait := coalesce - time.Since(p.last); !p.last.IsZero() && wait > 0 {
		time.Sleep(wait)
	}
	p.last = time.Now()

	p.mu.Lock()
	defer p.mu.Unlock()
	m := jobMsg{work: p.work, over: p.over, end: p.over, err: p.err}
	if len(p.items) > 0 {
		m.payload = events[E]{Slot: p.work.Slot, Items: p.items}
		p.items = nil
	}
	if !p.over {
		m.next = p.consume
	}
	return m
}

// stoppedByUser reports whether err is only the user's stop.
func stoppedByUser(err error) bool {
	return errors.Is(err, context.Canceled) || aws.KindOf(err) == aws.Stopped
}
