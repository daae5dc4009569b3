package pdf

import "context"

// The budget of one file.
const (
	maxObjects = 300_000
	maxTokens  = 30_000_000
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
)

// budget is what is left of these limits. When it is spent, reading ends with a panic.
// Text keeps the pages that were read until then.
type budget struct {
	ctx     context.Context
	tokens  int
	decoded int
	glyphs  int
	loads   int
}

func newBudget(ctx context.Context) *budget {
	return &budget{ctx: ctx, tokens: maxTokens, decoded: maxDecoded, glyphs: maxGlyphs, loads: maxLoads}
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
}

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
