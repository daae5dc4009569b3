package policy

import "sync"

// Reader parses documents and remembers them by their text: the same few policies
// are asked about again and again, and parsing is most of what an answer costs.
// The zero Reader is ready, and it is safe for concurrent use. What it returns is
// shared: nobody may change it.
type Reader struct {
	mu   sync.Mutex
	seen map[string]read
}

type read struct {
	document Document
	err      error
}

// remembered bounds a Reader: an account has a few dozen policies, and an old text
// is of no use once its policy has changed.
const remembered = 512

// Parse is the package's Parse, once for each text.
func (r *Reader) Parse(text string) (Document, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if was, ok := r.seen[text]; ok {
		return was.document, was.err
	}
	if r.seen == nil || len(r.seen) >= remembered {
		r.seen = map[string]read{}
	}
	var now read
	now.document, now.err = Parse([]byte(text))
	r.seen[text] = now
	return now.document, now.err
}
