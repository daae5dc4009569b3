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

// How long one save may take, and how long to wait after one that failed.
const (
	saveLimit = 20 * time.Second
	saveAgain = 5 * time.Second
)

// saver writes a report beside the stream. Whatever is set is written at the
// latest one interval later; what is set meanwhile replaces it, so that a slow
// connection makes saves rarer and never holds up the text.
type saver struct {
	desk   *Desk
	ctx    context.Context // of the saves: it outlives the user's stop
	every  time.Duration
	wake   chan struct{} // capacity 1: something to write
	news   chan struct{} // capacity 1: something in told
	quit   chan struct{}
	closed chan struct{}

	mu      sync.Mutex
	pending *Report
	urgent  bool
	told    []told

	// Only one goroutine at a time has these: the loop, and after it finish.
	id, etag, version, copyOf string
	doubt                     map[string]bool // the nonces of saves that may have taken place
	failing                   bool
	alone                     bool // a lost race is an error: nothing was written yet that could be lost
}

// told is one piece of news from the saver.
type told struct {
	report Report // as saved; ID empty: only a notice
	notice string
}

// newSaver starts saving over the report as it was read or created.
func newSaver(ctx context.Context, desk *Desk, report Report) *saver {
	s := &saver{
		desk: desk, ctx: context.WithoutCancel(ctx), every: desk.options.SaveEvery,
		wake: make(chan struct{}, 1), news: make(chan struct{}, 1), quit: make(chan struct{}), closed: make(chan struct{}),
		id: report.ID, etag: report.ETag, version: report.Version, copyOf: report.CopyOf,
	}
	go s.loop()
	return s
}

// set says what is to be saved; urgent does not wait for the interval.
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
	var next <-chan time.Time // when the interval since the last save is over; nil: it is
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
		// The interval runs from the beginning of a save, so that its duration
		// does not add to what a crash can lose.
		next = s.desk.options.After(s.every)
		ctx, cancel := context.WithTimeout(s.ctx, saveLimit)
		err := s.save(ctx)
		cancel()
		if err != nil {
			next = s.desk.options.After(max(saveAgain, s.every))
		}
	}
}

// save writes what is pending. After a failure it stays pending unless
// something newer was set.
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
			s.told = append(s.told, told{notice: "The draft could not be saved (" + aws.KindOf(err).Sentence() + "). It goes on and is saved as soon as that works."})
		}
	} else {
		if s.failing {
			s.told = append(s.told, told{notice: "The draft is saved again."})
		}
		s.told = append(s.told, told{report: saved, notice: notice})
	}
	s.failing = err != nil
	select {
	case s.news <- struct{}{}:
	default:
	}
	return err
}

// write writes one version. When someone else has written the object meanwhile,
// the draft goes on as a report of its own; nothing is overwritten.
func (s *saver) write(ctx context.Context, report Report) (saved Report, notice string, err error) {
	nonce, err := id.New(s.desk.options.Random)
	if err != nil {
		return report, "", err
	}
	report.Changed = s.desk.account.Now().UTC()
	report.ID, report.CopyOf = s.id, s.copyOf
	data, err := report.encode(nonce)
	if err != nil {
		return report, "", err
	}
	kept, err := s.desk.objects.Write(ctx, reportKey(report.Client, report.ID), data, object.IfMatch(s.etag))
	race, lost := errors.AsType[*object.RaceError](err)
	if lost && race.Now != nil && s.doubt[nonceOf(race.Now.Data)] {
		// An earlier save took place after all: this one replaces it.
		kept, err = s.desk.objects.Write(ctx, reportKey(report.Client, report.ID), data, object.IfMatch(race.Now.ETag))
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

// lost goes on after a lost race: the draft becomes a report of its own.
func (s *saver) lost(ctx context.Context, report *Report, nonce string, race *object.RaceError) (kept object.Object, notice string, err error) {
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
	if report.ID, err = id.New(s.desk.options.Random); err != nil {
		return kept, "", err
	}
	report.CopyOf = old
	data, err := report.encode(nonce)
	if err != nil {
		return kept, "", err
	}
	kept, err = s.desk.objects.Write(ctx, reportKey(report.Client, report.ID), data, object.IfAbsent())
	notice = fmt.Sprintf("The report %s was %s elsewhere while this draft was being written. Nothing is lost or overwritten: this draft goes on as the new report %s.",
		old, what, report.ID)
	return kept, notice, err
}

// take returns the news so far.
func (s *saver) take() []told {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.told
	s.told = nil
	return news
}

// finish writes the last state, waiting at most as long as ctx allows, and ends
// the saver. The error is what a person must know: the text was not saved.
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
		return report, &Error{"The last part of the draft could not be saved. Copy its text before you close it.", errors.Join(err, ctx.Err())}
	}
	return report, nil
}
