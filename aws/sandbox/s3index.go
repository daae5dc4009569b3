package sandbox

import (
	"iter"
	"slices"
	"strings"
)

// An index is a map sorted by key, in the byte order of S3 listings. A look-up, an insertion
// and the seek that begins a page cost the logarithm of its size plus one chunk, so the cost
// of a page depends on its own length and not on the bucket's.
type index[V any] struct {
	chunks [][]entry[V] // no chunk is empty; keys ascend within and across chunks
	length int
}

type entry[V any] struct {
	key   string
	value V
}

// chunkSize limits how many entries one insertion moves.
const chunkSize = 512

// find returns the chunk and the position where key is, or where it would be inserted.
func (x *index[V]) find(key string) (chunk, at int, found bool) {
	chunk, exact := slices.BinarySearchFunc(x.chunks, key, func(c []entry[V], key string) int {
		return strings.Compare(c[0].key, key)
	})
	if !exact {
		if chunk == 0 {
			return 0, 0, false
		}
		chunk--
	}
	at, found = slices.BinarySearchFunc(x.chunks[chunk], key, func(e entry[V], key string) int {
		return strings.Compare(e.key, key)
	})
	return chunk, at, found
}

func (x *index[V]) get(key string) (value V, found bool) {
	chunk, at, found := x.find(key)
	if !found {
		return value, false
	}
	return x.chunks[chunk][at].value, true
}

func (x *index[V]) set(key string, value V) {
	if len(x.chunks) == 0 {
		x.chunks = [][]entry[V]{{{key, value}}}
		x.length = 1
		return
	}
	chunk, at, found := x.find(key)
	if found {
		x.chunks[chunk][at].value = value
		return
	}
	x.length++
	c := slices.Insert(x.chunks[chunk], at, entry[V]{key, value})
	x.chunks[chunk] = c
	if len(c) > chunkSize {
		// Keys that arrive in order fill chunks instead of leaving them half empty.
		half := len(c) / 2
		if at == len(c)-1 {
			half = len(c) - 1
		}
		x.chunks = slices.Insert(x.chunks, chunk+1, slices.Clone(c[half:]))
		x.chunks[chunk] = slices.Delete(c, half, len(c))
	}
}

func (x *index[V]) delete(key string) {
	chunk, at, found := x.find(key)
	if !found {
		return
	}
	x.length--
	c := slices.Delete(x.chunks[chunk], at, at+1)
	if len(c) == 0 {
		x.chunks = slices.Delete(x.chunks, chunk, chunk+1)
		return
	}
	x.chunks[chunk] = c
}

// from yields the entries from key on, in order. The index must not change during the
// iteration.
func (x *index[V]) from(key string) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		chunk, at, _ := x.find(key)
		for ; chunk < len(x.chunks); chunk, at = chunk+1, 0 {
			for _, e := range x.chunks[chunk][at:] {
				if !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// beyond returns the least string that is greater than every string with the prefix; false
// when there is none.
func beyond(prefix string) (string, bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1}), true
		}
	}
	return "", false
}
