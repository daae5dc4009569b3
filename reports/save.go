package reports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"claria/aws"
	"claria/internal/id"
)

// How long one save may take, and how long to wait after a failed one.
const (
	saveLimit = 20 * time.Second
	saveAgain = 5 * time.Second
)

// saver writes a report while its text streams. It writes what is set within one
// interval. A newer state replaces one that waits, so that a slow connection makes
// saves rarer and never delays the text.
type saver struct {
	drafter *Drafter
	ctx     context.Context // of the saves: it outlives the user's stop
	every   time.Duration
	wake    chan struct{} // capacity 1: something to write
	news    chan struct{} // capacity 1: told has news
	quit    chan struct{}
	closed  chan struct{}

	mu      sync.Mutex
	pending *Report
	urgent  bool
	told    []news

	// Only one goroutine at a time has these: the loop, and after it finish.
	id, etag, version, copyOf string
	failing                   bool
	alone                     bool // a conflict is an error, because nothing is written yet that could be lost
}

// news is one message from the saver.
type news struct {
	report Report // as saved; ID empty: only a notice
	notice string
}

// newSaver starts to save over the report that was read or created.
func newSaver(ctx context.Context, drafter *Drafter, report Report) *saver {
	s := &saver{
		drafter: drafter, ctx: context.WithoutCancel(ctx), every: drafter.options.SaveEvery,
		wake: make(chan struct{}, 1), news: make(chan struct{}, 1), quit: make(chan struct{}), closed: make(chan struct{}),
		id: report.ID, etag: report.ETag, version: report.Version, copyOf: report.CopyOf,
	}
	go s.loop()
	return s
}

// set sets what to save; urgent does not wait for the interval.
func (s *saver) set(report Report, urgent bool) {
	report.Sections = slices.Clone(report.Sections)
	s.mu.Lock()
	s.pending, s.urgent = &report, s.urgent || urgent
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *saver) loop() {
	defer close(s.closed)
	var next <-chan time.Time // fires when the interval since the last save is over; nil: it is over
	for {
		select {
		case <-s.quit:
			return
		case <-next:
			next = nil
		case <-s.wake:
		}
		s.mu.Lock()
		due := s.pending != nil && (next == nil || s.urgent && !s.failing)
		s.mu.Unlock()
		if !due {
			continue
		}
		// The interval starts with a save, so that its duration does not add to what
		// a crash can lose.
		next = s.drafter.options.After(s.every)
		ctx, cancel := context.WithTimeout(s.ctx, saveLimit)
		err := s.save(ctx)
		cancel()
		if err != nil {
			next = s.drafter.options.After(max(saveAgain, s.every))
		}
	}
}

// save writes what is pending. After a failure it stays pending unless something
// newer is set.
func (s *saver) save(ctx context.Context) error {
	s.mu.Lock()
	report := s.pending
	s.pending, s.urgent = nil, false
	s.mu.Unlock()
	if report == nil {
		return nil
	}
	saved, notice, err := s.write(ctx, *report)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if s.pending == nil {
			s.pending = report
		}
		if !s.failing {
			s.told = append(s.told, news{notice: "The draft could not be saved (" + aws.KindOf(err).Sentence() +
				"). It continues, and is saved as soon as possible."})
		}
	} else {
		if s.failing {
			s.told = append(s.told, news{notice: "The draft can be saved again."})
		}
		s.told = append(s.told, news{report: saved, notice: notice})
	}
	s.failing = err != nil
	select {
	case s.news <- struct{}{}:
	default:
	}
	return err
}

// write writes one version. If another computer wrote the object in the meantime, the
// draft continues as a separate report; nothing is overwritten.
func (s *saver) write(ctx context.Context, report Report) (saved Report, notice string, err error) {
	nonce, err := id.New(s.drafter.options.Random)
	if err != nil {
		return report, "", err
	}
	report.Changed = s.drafter.account.Now().UTC()
	report.ID, report.CopyOf = s.id, s.copyOf
	data, err := report.encode(nonce)
	if err != nil {
		return report, "", err
	}
	version, etag, err := s.drafter.put(ctx, reportKey(report.Client, report.ID), data, s.etag)
	if kind := aws.KindOf(err); kind == aws.Conflict || kind == aws.Absent {
		version, etag, notice, err = s.lost(ctx, &report, data, nonce, err)
	}
	if err != nil {
		return report, "", err
	}
	s.id, s.copyOf, s.version, s.etag = report.ID, report.CopyOf, version, etag
	report.Version, report.ETag = version, etag
	return report, notice, nil
}

// lost decides about a refused conditional write. It may have been ours all
// along: a request whose answer was lost is sent again by the SDK and then
// meets its own result.
func (s *saver) lost(ctx context.Context, report *Report, data []byte, nonce string,
	cause error) (version, etag, notice string, err error) {
	current, version, etag, err := s.drafter.read(ctx, reportKey(report.Client, report.ID))
	switch {
	case err == nil && bytes.Equal(current, data):
		return version, etag, "", nil
	case err == nil && etag == s.etag:
		// Nobody changed it: two requests met (409). The next save tries again.
		return "", "", "", cause
	case err != nil && aws.KindOf(err) != aws.Absent:
		return "", "", "", err
	case s.alone:
		return "", "", "", cause
	}
	what := "changed"
	if err != nil {
		what = "deleted"
	}
	old := report.ID
	if report.ID, err = id.New(s.drafter.options.Random); err != nil {
		return "", "", "", err
	}
	report.CopyOf = old
	if data, err = report.encode(nonce); err != nil {
		return "", "", "", err
	}
	version, etag, err = s.drafter.put(ctx, reportKey(report.Client, report.ID), data, "")
	notice = fmt.Sprintf("Another computer %s the report %s while this draft was written. Nothing is lost or overwritten: the draft "+
		"continues as the new report %s.",
		what, old, report.ID)
	return version, etag, notice, err
}

// take returns the news so far and clears it.
func (s *saver) take() []news {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.told
	s.told = nil
	return news
}

// finish writes the last state before ctx ends, and stops the saver. Its error means
// that the text was not saved.
func (s *saver) finish(ctx context.Context, report Report) (Report, error) {
	close(s.quit)
	<-s.closed
	s.set(report, true)
	err := s.save(ctx)
	for range 2 {
		if aws.KindOf(err) == aws.Conflict {
			err = s.save(ctx)
		}
	}
	report.ID, report.CopyOf, report.Version, report.ETag = s.id, s.copyOf, s.version, s.etag
	if err != nil {
		return report, &Error{"The last part of the draft could not be saved. Copy its text before you close Claria.",
			errors.Join(err, ctx.Err())}
	}
	return report, nil
}
