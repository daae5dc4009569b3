package kit

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

// coalesce is the shortest time between two deliveries of one job. Neither an eye
// nor an SSH line can use more than thirty frames a second.
const coalesce = 33 * time.Millisecond

// Job names the work that a pane starts. Pane and Slot identify it: starting a slot
// again stops the earlier job and drops what it still sends.
type Job struct {
	Pane  PaneID
	Slot  string // "files", "draft"
	Title string // for the activity line: "Uploading"; no PHI
	Quiet bool   // too short to mention: no activity line, no bell
}

// These messages bring a job's results to the Update of its pane.
type (
	// Events are what a sequence has yielded since the last delivery, in order.
	Events[E any] struct {
		Slot  string
		Items []E
	}
	// Answer is the result of Ask.
	Answer[T any] struct {
		Slot  string
		Value T
		Err   error
	}
	// Ended says that a sequence is over. Err is its last error; Stopped is true when the
	// user stopped it.
	Ended struct {
		Slot    string
		Err     error
		Stopped bool
	}
)

// Stream runs a sequence as a job. Its events come to the pane as Events[E] and its
// end as Ended. An event that came with an error is delivered too, unless it is zero.
func Stream[E any](jobs *Jobs, j Job, seq func(context.Context) iter.Seq2[E, error]) tea.Cmd {
	work := jobs.start(j)
	pipe := &pipe[E]{jobs: jobs, work: work, ready: make(chan struct{}, 1)}
	return tea.Batch(func() tea.Msg { return pipe.produce(seq) }, pipe.consume)
}

// Ask runs one call as a job. Its result comes to the pane as Answer[T].
func Ask[T any](jobs *Jobs, j Job, call func(context.Context) (T, error)) tea.Cmd {
	work := jobs.start(j)
	return func() tea.Msg {
		jobs.running.Add(1)
		defer jobs.running.Add(-1)
		value, err := call(work.ctx)
		return JobMsg{Work: work, payload: Answer[T]{Slot: j.Slot, Value: value, Err: err}, Over: true, err: err}
	}
}

// Jobs is all work that runs. Only the frame's Update touches it, except running,
// which counts the goroutines that Bubble Tea runs for it.
type Jobs struct {
	Context    context.Context
	generation uint64
	live       map[[2]string]*Work
	order      []*Work // the live ones, oldest first
	running    atomic.Int64
}

// Work is one running job.
type Work struct {
	Job
	generation  uint64
	ctx         context.Context
	cancel      context.CancelFunc
	stopped     bool
	Done, Total int64
	Detail      string
}

func newJobs(ctx context.Context) *Jobs {
	return &Jobs{Context: ctx, live: map[[2]string]*Work{}}
}

func (j Job) key() [2]string { return [2]string{string(j.Pane), j.Slot} }

// start registers the job; it cancels and forgets an earlier job of the slot.
func (js *Jobs) start(j Job) *Work {
	js.Drop(j)
	js.generation++
	w := &Work{Job: j, generation: js.generation}
	w.ctx, w.cancel = context.WithCancel(js.Context)
	js.live[j.key()] = w
	js.order = append(js.order, w)
	return w
}

// Drop cancels a slot's job, if any, and drops what it still sends.
func (js *Jobs) Drop(j Job) {
	if w, ok := js.live[j.key()]; ok {
		w.cancel()
		js.forget(w)
	}
}

func (js *Jobs) forget(w *Work) {
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

// Progress sets how far a slot's job is, for the activity line; total 0: unknown.
func (js *Jobs) Progress(pane PaneID, slot string, done, total int64, detail string) {
	if w, ok := js.live[Job{Pane: pane, Slot: slot}.key()]; ok {
		w.Done, w.Total, w.Detail = done, total, detail
	}
}

// Busy reports whether the slot's job is running.
func (js *Jobs) Busy(pane PaneID, slot string) bool {
	_, ok := js.live[Job{Pane: pane, Slot: slot}.key()]
	return ok
}

// Stop cancels a slot's job. What it yields while it ends, and its end, are still
// delivered.
func (js *Jobs) Stop(pane PaneID, slot string) {
	if w, ok := js.live[Job{Pane: pane, Slot: slot}.key()]; ok {
		w.stopped = true
		w.cancel()
	}
}

// Named are the jobs that the activity line mentions, oldest first.
func (js *Jobs) Named() []*Work {
	var named []*Work
	for _, w := range js.order {
		if !w.Quiet {
			named = append(named, w)
		}
	}
	return named
}

// Foremost is the job that ctrl+x stops while a pane is shown: the latest of the
// pane's own jobs, else the latest of all; nil: none runs.
func (js *Jobs) Foremost(pane PaneID) *Work {
	var last *Work
	for _, w := range js.Named() {
		if w.Pane == pane || last == nil || last.Pane != pane {
			last = w
		}
	}
	return last
}

// Receive takes a delivery. It returns what to hand to the job's pane, and the
// command that brings the next delivery. It drops what a replaced job still sends.
func (js *Jobs) Receive(m JobMsg) (payload []tea.Msg, next tea.Cmd) {
	w := m.Work
	if js.live[w.key()] != w {
		return nil, nil // stale; a producer without a consumer ends by itself
	}
	if m.payload != nil {
		payload = append(payload, m.payload)
	}
	if !m.Over {
		return payload, m.next
	}
	js.forget(w)
	w.cancel()
	if m.end {
		payload = append(payload, Ended{Slot: w.Slot, Err: m.err, Stopped: w.stopped})
	}
	return payload, nil
}

// Idle reports whether no job runs.
func (js *Jobs) Idle() bool { return len(js.order) == 0 }

// Close cancels everything and waits until it has ended, so that a draft can save
// what it has. It waits no longer than patience.
func (js *Jobs) Close(patience time.Duration) {
	for _, w := range js.order {
		w.cancel()
	}
	for waited := time.Duration(0); js.running.Load() > 0 && waited < patience; waited += 5 * time.Millisecond {
		time.Sleep(5 * time.Millisecond)
	}
}

// JobMsg is one delivery of a job to the frame.
type JobMsg struct {
	Work    *Work
	payload tea.Msg
	Over    bool
	end     bool // Ended follows
	err     error
	next    tea.Cmd
}

// pipe carries a sequence's events from the goroutine that ranges over it to
// the one that delivers them. Both are commands that Bubble Tea runs.
type pipe[E any] struct {
	jobs *Jobs
	work *Work

	ready chan struct{} // one signal: something is there
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

// consume waits for events, collects more until the last delivery is long enough
// ago, and delivers them all.
func (p *pipe[E]) consume() tea.Msg {
	<-p.ready
	if wait := coalesce - time.Since(p.last); !p.last.IsZero() && wait > 0 {
		time.Sleep(wait)
	}
	p.last = time.Now()

	p.mu.Lock()
	defer p.mu.Unlock()
	m := JobMsg{Work: p.work, Over: p.over, end: p.over, err: p.err}
	if len(p.items) > 0 {
		m.payload = Events[E]{Slot: p.work.Slot, Items: p.items}
		p.items = nil
	}
	if !p.over {
		m.next = p.consume
	}
	return m
}

// StoppedByUser reports whether err only says that the user stopped the work.
func StoppedByUser(err error) bool {
	return errors.Is(err, context.Canceled) || aws.KindOf(err) == aws.Stopped
}
