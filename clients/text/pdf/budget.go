package pdf

import (
	"context"
	"time"
)

// The budget of one file.
const (
	maxObjects = 300_000
	maxTokens  = 60_000_000
	maxDecoded = 192 << 20 // bytes of all streams, unpacked
	maxStream  = 48 << 20  // bytes of one stream, unpacked
	maxGlyphs  = 4_000_000
	maxPages   = 5_000
	maxBlocks  = 20_000
	maxNesting = 48 // arrays and dictionaries, forms within forms, the page tree
	maxLoads   = 2_000_000

	// The budget of one page: what layout compares with each other.
	maxWords = 60_000
	maxRules = 4_000
	maxFills = 2_000

	maxKept = 250_000 // words in memory; pages beyond are read twice
)

// budget is what is left of these limits. When it is spent, reading ends with a panic.
// Text keeps the pages that were read until then.
type budget struct {
	ctx     context.Context
	tokens  int
	decoded int
	glyphs  int
	loads   int
	begun   time.Time
}

func newBudget(ctx context.Context) *budget {
	return &budget{ctx: ctx, tokens: maxTokens, decoded: maxDecoded, glyphs: maxGlyphs, loads: maxLoads, begun: time.Now()}
}

// exhausted is the panic of a spent budget.
type exhausted struct{ err error }

func (b *budget) token() {
	b.tokens--
	if b.tokens < 0 {
		panic(exhausted{ErrTooMuch})
	}
	if b.tokens%4096 == 0 {
		b.check()
	}
}

func (b *budget) check() {
	if err := b.ctx.Err(); err != nil {
		panic(exhausted{err})
	}
	if b.used() > 0.6 {
		panic(exhausted{context.DeadlineExceeded}) // the rest is for the layout of what was read
	}
}

// used is the part of the time until the deadline that is over.
func (b *budget) used() float64 {
	deadline, ok := b.ctx.Deadline()
	if !ok {
		return 0
	}
	return float64(time.Since(b.begun)) / float64(max(1, deadline.Sub(b.begun)))
}

// late reports whether the layout must end.
func (b *budget) late() bool { return b.ctx.Err() != nil || b.used() > 0.9 }

func (b *budget) glyph() {
	b.glyphs--
	if b.glyphs < 0 {
		panic(exhausted{ErrTooMuch})
	}
}

func (b *budget) load() {
	b.loads--
	if b.loads < 0 {
		panic(exhausted{ErrTooMuch})
	}
}
