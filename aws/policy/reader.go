package policy

import "sync"

// Reader parses documents and remembers them by their text: a scan asks about the same
// few policies repeatedly, and parsing is most of the cost of an answer. The zero Reader
// is ready for use, also concurrently. Documents that it returns are shared: do not
// change them.
type Reader struct {
	mu   sync.Mutex
	seen map[string]read
}

type read struct {
	document Document
	err      error
}

// remembered limits a Reader: an account has a few dozen policies, and a text has no
// use after its policy has changed.
const remembered = 512

// Parse is the package's Parse, called once for each text.
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
