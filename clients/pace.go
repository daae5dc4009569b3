package clients

import (
	"sync"
	"time"
)

// progressEvery is the shortest time between two progress reports of a file:
// ten a second is as fast as anybody reads.
const progressEvery = 100 * time.Millisecond

// pacer passes progress on at a bounded rate. It paces a display, so it goes by
// the machine's own clock.
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

// end reports whatever the pace.
func (p *pacer) end(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	p.report(done)
}
