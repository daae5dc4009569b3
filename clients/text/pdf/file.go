package pdf

import (
	"bytes"
	"cmp"
	"slices"
)

// place is where an object is: at an offset of the file, or in an object stream.
type place struct {
	offset int // after "obj"; of an object stream's member: its index
	in     int // number of the object stream; 0: none
	gen    int
}

// file is an open PDF file.
type file struct {
	data    []byte
	budget  *budget
	objects map[int]place
	cache   map[int]any
	opening []int // objects being loaded, to stop a cycle
	trailer dict
	crypt   *crypt
	fonts   map[any]*font

	glyphNames map[name]string
	layers     map[int]bool // numbers of the optional content groups that are off
	attached   int          // files attached to pages
	damage     int          // what could not be read since it was last set to 0
}

func (f *file) lexer(data []byte, at int) *lexer {
	return &lexer{data: data, at: at, budget: f.budget}
}

// scan reads the whole file to find every object. A later one replaces an earlier
// one, because updates are appended (7.5.6).
func (f *file) scan() error {
	if !bytes.Contains(f.data[:min(len(f.data), 1024)], []byte("%PDF-")) {
		return ErrDamaged
	}
	f.trailer = dict{}
	var containers []int
	for at := 0; ; {
		i, kind := nextMark(f.data, at)
		if i < 0 {
			break
		}
		f.budget.token()
		l := f.lexer(f.data, i+len(kind))
		at = l.at
		switch kind {
		case "trailer":
			if d, ok := l.object().(dict); ok {
				f.adopt(d)
				at = l.at
			}
		case "obj":
			number, gen, ok := before(f.data, i)
			if !ok {
				continue
			}
			if len(f.objects) >= maxObjects {
				return ErrTooMuch
			}
			f.objects[number] = place{offset: at, gen: gen}
			d, ok := l.object().(dict)
			at = l.at
			if !ok {
				continue
			}
			if raw, next, ok := f.body(l, d); ok {
				at = next
				switch d["Type"] {
				case name("ObjStm"):
					containers = append(containers, number)
				case name("XRef"):
					f.adopt(d)
				}
				_ = raw
			}
		}
	}
	if err := f.unlock(); err != nil {
		return err
	}
	f.unpack(containers)
	return nil
}

// nextMark is the next place where an object or a trailer begins.
func nextMark(data []byte, at int) (int, string) {
	for at < len(data) {
		o := bytes.Index(data[at:], []byte("obj"))
		t := bytes.Index(data[at:min(len(data), at+max(o, 0)+8)], []byte("trailer"))
		if o < 0 {
			t = bytes.Index(data[at:], []byte("trailer"))
		}
		switch {
		case t >= 0 && (o < 0 || t < o):
			return at + t, "trailer"
		case o < 0:
			return -1, ""
		case at+o > 0 && isSpace(data[at+o-1]):
			return at + o, "obj"
		}
		at += o + 3
	}
	return -1, ""
}

// before reads the two numbers in front of "obj".
func before(data []byte, at int) (number, gen int, ok bool) {
	read := func() (int, bool) {
		for at > 0 && isSpace(data[at-1]) {
			at--
		}
		v, digits := 0, 0
		for scale := 1; at > 0 && data[at-1] >= '0' && data[at-1] <= '9' && digits < 9; scale *= 10 {
			at--
			digits++
			v += int(data[at]-'0') * scale
		}
		return v, digits > 0
	}
	if gen, ok = read(); !ok {
		return 0, 0, false
	}
	number, ok = read()
	return number, gen, ok && number > 0
}

// adopt keeps the entries of a trailer; a later trailer replaces an earlier one.
func (f *file) adopt(d dict) {
	for _, key := range []name{"Root", "Encrypt", "ID"} {
		if v, ok := d[key]; ok {
			f.trailer[key] = v
		}
	}
}

// body is the raw bytes of the stream that follows a dictionary, and where it ends.
// The length is used only when "endstream" follows.
func (f *file) body(l *lexer, d dict) (raw []byte, next int, ok bool) {
	l.skipSpace()
	if !bytes.HasPrefix(l.data[l.at:], []byte("stream")) {
		return nil, l.at, false
	}
	start := l.at + len("stream")
	if start < len(l.data) && l.data[start] == '\r' {
		start++
	}
	if start < len(l.data) && l.data[start] == '\n' {
		start++
	}
	if n, direct := d["Length"].(int); direct && n >= 0 && n <= len(l.data)-start {
		rest := bytes.TrimLeft(l.data[start+n:min(len(l.data), start+n+16)], "\r\n\t ")
		if bytes.HasPrefix(rest, []byte("endstream")) {
			return l.data[start : start+n], start + n, true
		}
	}
	n := bytes.Index(l.data[start:], []byte("endstream"))
	if n < 0 {
		return l.data[start:], len(l.data), true
	}
	raw = l.data[start : start+n]
	raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	return raw, start + n, true
}

// unpack registers the members of object streams (7.5.7). Members take the place of
// their container in the file's order; a separate object later in the file replaces
// them.
func (f *file) unpack(containers []int) {
	slices.SortFunc(containers, func(a, b int) int { return cmp.Compare(f.objects[a].offset, f.objects[b].offset) })
	for _, container := range containers {
		s, ok := f.load(container).(stream)
		if !ok {
			continue
		}
		l := f.lexer(f.decode(s), 0)
		for i := range min(f.int(s.dict["N"]), maxObjects) {
			number, ok1 := l.token().(int)
			_, ok2 := l.token().(int)
			if !ok1 || !ok2 || number <= 0 || len(f.objects) >= maxObjects {
				break
			}
			if was, there := f.objects[number]; there && was.in == 0 && was.offset > f.objects[container].offset {
				continue
			}
			f.objects[number] = place{offset: i, in: container}
			delete(f.cache, number)
		}
	}
}

// load is the object of a number; nil when there is none.
func (f *file) load(number int) any {
	if v, ok := f.cache[number]; ok {
		return v
	}
	where, ok := f.objects[number]
	if !ok || slices.Contains(f.opening, number) || len(f.opening) > maxNesting {
		return nil
	}
	f.budget.load()
	f.opening = append(f.opening, number)
	defer func() { f.opening = f.opening[:len(f.opening)-1] }()
	var v any
	if where.in != 0 {
		f.loadMembers(where.in)
		return f.cache[number]
	}
	l := f.lexer(f.data, where.offset)
	v = l.object()
	if d, ok := v.(dict); ok {
		if raw, _, ok := f.body(l, d); ok {
			v = stream{dict: d, raw: raw, number: number, gen: where.gen}
		}
	}
	if f.crypt != nil {
		v = f.crypt.strings(v, number, where.gen)
	}
	f.cache[number] = v
	return v
}

// loadMembers reads all objects of an object stream at once.
func (f *file) loadMembers(container int) {
	s, ok := f.load(container).(stream)
	if !ok {
		return
	}
	data := f.decode(s)
	l := f.lexer(data, 0)
	first := f.int(s.dict["First"])
	for i := range min(f.int(s.dict["N"]), maxObjects) {
		number, ok1 := l.token().(int)
		offset, ok2 := l.token().(int)
		if !ok1 || !ok2 || first < 0 || offset < 0 || first+offset > len(data) {
			return
		}
		if f.objects[number] == (place{offset: i, in: container}) {
			f.cache[number] = f.lexer(data, first+offset).object()
		}
	}
}

// get follows references to a value.
func (f *file) get(v any) any {
	for range 16 {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = f.load(r.number)
	}
	return nil
}

func (f *file) dict(v any) dict {
	switch v := f.get(v).(type) {
	case dict:
		return v
	case stream:
		return v.dict
	}
	return nil
}

func (f *file) array(v any) array {
	a, _ := f.get(v).(array)
	return a
}

func (f *file) name(v any) name {
	n, _ := f.get(v).(name)
	return n
}

func (f *file) int(v any) int { return int(f.number(v)) }

func (f *file) number(v any) float64 {
	switch v := f.get(v).(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func (f *file) numbers() []int {
	out := make([]int, 0, len(f.objects))
	for number := range f.objects {
		out = append(out, number)
	}
	slices.Sort(out)
	return out
}

// find returns the first dictionary of a type, for a file without a usable trailer.
func (f *file) find(kind name) dict {
	for _, number := range f.numbers() {
		if d := f.dict(ref{number: number}); d != nil && f.name(d["Type"]) == kind {
			return d
		}
	}
	return nil
}
