package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A precondition of a request, from its headers.
type precondition struct {
	match, noneMatch          string
	modifiedSince, unmodified string
}

func preconditionOf(h http.Header, prefix string) precondition {
	return precondition{
		h.Get(prefix + "If-Match"), h.Get(prefix + "If-None-Match"), h.Get(prefix + "If-Modified-Since"), h.Get(prefix + "If-Unmodified-Since"),
	}
}

// refuses names the condition that a version does not meet; empty: it meets all. The order
// is that of RFC 9110, 13.2.2, which the reference of GetObject repeats: an ETag comes
// before a date.
func (p precondition) refuses(v *version) string {
	switch {
	case p.match != "":
		if !sameETag(p.match, v.ETag) {
			return "If-Match"
		}
	case p.unmodified != "":
		if t, err := http.ParseTime(p.unmodified); err == nil && v.Modified.Truncate(time.Second).After(t) {
			return "If-Unmodified-Since"
		}
	}
	switch {
	case p.noneMatch != "":
		if sameETag(p.noneMatch, v.ETag) {
			return "If-None-Match"
		}
	case p.modifiedSince != "":
		if t, err := http.ParseTime(p.modifiedSince); err == nil && !v.Modified.Truncate(time.Second).After(t) {
			return "If-Modified-Since"
		}
	}
	return ""
}

// sameETag reports whether a list of ETags, or "*", holds etag.
func sameETag(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || strings.Trim(one, `"`) == etag {
			return true
		}
	}
	return false
}

func preconditionFailed(condition string) error {
	return &apiError{
		status: http.StatusPreconditionFailed, code: "PreconditionFailed",
		message: "At least one of the pre-conditions you specified did not hold",
		extra:   map[string]string{"Condition": condition},
	}
}

// writeConditions are the conditions of a write on the key's current version.
type writeConditions struct{ match, noneMatch string }

func writeConditionsOf(h http.Header) (writeConditions, error) {
	w := writeConditions{h.Get("If-Match"), h.Get("If-None-Match")}
	if w.noneMatch != "" && w.noneMatch != "*" || w.match != "" && w.noneMatch != "" {
		return w, &apiError{
			status: http.StatusNotImplemented, code: "NotImplemented",
			message: "A header you provided implies functionality that is not implemented",
			extra:   map[string]string{"Header": "If-None-Match"},
		}
	}
	return w, nil
}

func (w writeConditions) none() bool { return w == writeConditions{} }

// check compares the conditions with the current version of key; nil: none, or a delete
// marker. Call it under the lock of the write.
func (w writeConditions) check(key string, current *version, overtaken bool) error {
	there := current != nil && !current.Marker
	switch {
	case w.none():
		return nil
	case overtaken:
		// A delete happened during the request ("Conditional writes", S3 user guide).
		condition := "If-None-Match"
		if w.match != "" {
			condition = "If-Match"
		}
		return &apiError{
			status: http.StatusConflict, code: "ConditionalRequestConflict", extra: map[string]string{"Condition": condition, "Key": key},
			message: "The conditional request cannot succeed due to a conflicting operation against this resource.",
		}
	case w.noneMatch != "" && there:
		return preconditionFailed("If-None-Match")
	case w.match != "" && !there:
		return noSuchKey(key)
	case w.match != "" && !sameETag(w.match, current.ETag):
		return preconditionFailed("If-Match")
	}
	return nil
}

// watch registers a conditional write of the request's key, so that a concurrent delete is
// noticed. done ends it.
func (c *call) watch(w writeConditions) (one *conditionalWrite, done func()) {
	one = &conditionalWrite{}
	if w.none() {
		return one, func() {}
	}
	bucketName, key := c.params["Bucket"], c.params["Key"]
	each := func(do func(*bucket)) {
		// This is not stored on disk, so no state is marked as changed.
		c.account.mu.Lock()
		defer c.account.mu.Unlock()
		if b, ok := c.account.s3().Buckets[bucketName]; ok {
			do(b)
		}
	}
	each(func(b *bucket) { b.writes[key] = append(b.writes[key], one) })
	return one, func() {
		each(func(b *bucket) {
			left := b.writes[key][:0]
			for _, other := range b.writes[key] {
				if other != one {
					left = append(left, other)
				}
			}
			if b.writes[key] = left; len(left) == 0 {
				delete(b.writes, key)
			}
		})
	}
}

// byteRange is a range of an object; whole: all of it.
type byteRange struct {
	from, size int64
	whole      bool
}

// rangeOf reads a Range header. Anything that S3 does not support, including several ranges,
// means the whole object.
func rangeOf(header string, size int64) (byteRange, error) {
	all := byteRange{size: size, whole: true}
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || !dash || strings.Contains(spec, ",") {
		return all, nil
	}
	invalid := &apiError{
		status: http.StatusRequestedRangeNotSatisfiable, code: "InvalidRange", message: "The requested range is not satisfiable",
		extra: map[string]string{"RangeRequested": header, "ActualObjectSize": strconv.FormatInt(size, 10)},
	}
	if first == "" {
		n, ok := offset(last)
		if !ok {
			return all, nil
		}
		if n == 0 || size == 0 {
			return all, invalid
		}
		n = min(n, size)
		return byteRange{from: size - n, size: n}, nil
	}
	from, ok := offset(first)
	if !ok {
		return all, nil
	}
	end := size - 1
	if last != "" {
		to, ok := offset(last)
		if !ok || to < from {
			return all, nil
		}
		end = min(end, to)
	}
	if from >= size {
		return all, invalid
	}
	return byteRange{from: from, size: end - from + 1}, nil
}

// offset reads a position in an object.
func offset(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}
