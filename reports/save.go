package reports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"claria/aws"
	"claria/aws/object"
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
	doubt                     map[string]bool // the nonces of saves that may have arrived
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
	kept, err := s.drafter.objects.Write(ctx, reportKey(report.Client, report.ID), data, object.IfMatch(s.etag))
	race, lost := errors.AsType[*object.RaceError](err)
	if lost && race.Now != nil && s.doubt[nonceOf(race.Now.Data)] {
		// An earlier save arrived after all: this one replaces it.
		kept, err = s.drafter.objects.Write(ctx, reportKey(report.Client, report.ID), data, object.IfMatch(race.Now.ETag))
		race, lost = errors.AsType[*object.RaceError](err)
	}
	if lost {
		kept, notice, err = s.lost(ctx, &report, nonce, race)
	}
	if err != nil {
		if s.doubt == nil {
			s.doubt = map[string]bool{}
		}
		s.doubt[nonce] = true
		return report, "", err
	}
	s.doubt = nil
	s.id, s.copyOf, s.version, s.etag = report.ID, report.CopyOf, kept.Version, kept.ETag
	report.Version, report.ETag = kept.Version, kept.ETag
	return report, notice, nil
}

// lost handles a conflict: the draft continues as a separate report.
func (s *saver) lost(ctx context.Context, report *Report, nonce string,
	race *object.RaceError,
) (kept object.Object, notice string, err error) {
	what := "changed"
	switch {
	case s.alone:
		return kept, "", race
	case race.Now == nil:
		what = "deleted"
	case race.Now.ETag == s.etag:
		// Nobody changed it: two requests met (409). The next save tries again.
		return kept, "", race
	}
	old := report.ID
	if report.ID, err = id.New(s.drafter.options.Random); err != nil {
		return kept, "", err
	}
	report.CopyOf = old
	data, err := report.encode(nonce)
	if err != nil {
		return kept, "", err
	}
	kept, err = s.drafter.objects.Write(ctx, reportKey(report.Client, report.ID), data, object.IfAbsent())
	notice = fmt.Sprintf("Another computer %s the report %s while this draft was written. Nothing is lost or overwritten: the draft "+
		"continues as the new report %s.",
		what, old, report.ID)
	return kept, notice, err
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
		return report, &Error{
			"The last part of the draft could not be saved. Copy its text before you close Claria.",
			errors.Join(err, ctx.Err()),
		}
	}
	return report, nil
}
