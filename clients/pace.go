package clients

import (
	"sync"
	"time"
)

// progressEvery is the shortest time between two progress events of a file: nobody
// reads more than ten a second.
const progressEvery = 100 * time.Millisecond

// pacer passes progress on at a limited rate. It serves a display, so it uses the
// machine's own clock.
type pacer struct {
	mu     sync.Mutex
	last   time.Time
	report func(done int64)
}

func newPacer(report func(int64)) *pacer { return &pacer{report: report, last: time.Now()} }

func (p *pacer) at(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.last) < progressEvery {
		return
	}
	p.last = time.Now()
	p.report(done)
}

// end reports regardless of the rate.
func (p *pacer) end(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	p.report(done)
}
