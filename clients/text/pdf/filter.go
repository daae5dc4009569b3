package pdf

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"encoding/binary"
	"hash/adler32"
	"io"
)

// decode unpacks a stream (7.4). From broken data it returns what it could unpack
// before the break; from a picture filter, nothing.
func (f *file) decode(s stream) []byte {
	data := s.raw
	filters, parameters := f.list(s.dict["Filter"]), f.list(s.dict["DecodeParms"])
	if f.crypt != nil && f.name(s.dict["Type"]) != "XRef" {
		data = f.crypt.stream(data, s)
	}
	for i, filter := range filters {
		if i >= 8 {
			f.damage++
			return nil
		}
		var p dict
		if i < len(parameters) {
			p = f.dict(parameters[i])
		}
		switch f.name(filter) {
		case "FlateDecode", "Fl":
			data = f.predict(f.inflate(data), p)
		case "LZWDecode", "LZW":
			early := 1
			if v, ok := f.get(p["EarlyChange"]).(int); ok {
				early = v
			}
			data = f.predict(f.spend(unLZW(data, early, f.room())), p)
		case "ASCII85Decode", "A85":
			data = f.spend(f.un85(data))
		case "ASCIIHexDecode", "AHx":
			l := f.lexer(append([]byte("<"), data...), 0)
			data = f.spend([]byte(l.hex()))
		case "RunLengthDecode", "RL":
			data = f.spend(unRun(data, f.room()))
		case "Crypt":
		default:
			f.damage++
			return nil
		}
	}
	return data
}

// list is an array, or one value as an array.
func (f *file) list(v any) array {
	switch v := f.get(v).(type) {
	case nil:
		return nil
	case array:
		return v
	default:
		return array{v}
	}
}

// room returns how many more bytes one stream may unpack to.
func (f *file) room() int { return min(maxStream, f.budget.decoded) }

// spend takes unpacked bytes off the budget.
func (f *file) spend(data []byte) []byte {
	f.budget.decoded -= len(data)
	if f.budget.decoded < 0 || len(data) >= maxStream {
		panic(exhausted{ErrTooMuch})
	}
	f.budget.check()
	return data
}

// inflate unpacks zlib data. It returns what it unpacked before an error, and counts the
// error, or a wrong checksum, as damage.
func (f *file) inflate(data []byte) []byte {
	data = bytes.TrimLeft(data, "\r\n")
	if len(data) < 2 {
		f.damage++
		return nil
	}
	source := bytes.NewReader(data[2:])
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(source), int64(f.room())))
	out = f.spend(out)
	var sum [4]byte
	_, short := io.ReadFull(source, sum[:])
	if err != nil || short == nil && binary.BigEndian.Uint32(sum[:]) != adler32.Checksum(out) {
		f.damage++
	}
	return out
}

// predict undoes a predictor (7.4.4.4): PNG's, and TIFF's for whole bytes.
func (f *file) predict(data []byte, p dict) []byte {
	kind := f.int(p["Predictor"])
	if kind < 2 {
		return data
	}
	or := func(key name, usual int) int {
		if v, ok := f.get(p[key]).(int); ok && v > 0 && v <= 1<<16 {
			return v
		}
		return usual
	}
	colors, bits, columns := or("Colors", 1), or("BitsPerComponent", 8), or("Columns", 1)
	pixel := max(1, min(colors, 64)*min(bits, 32)/8)
	row := (min(colors, 64)*min(bits, 32)*columns + 7) / 8
	if kind == 2 {
		for start := 0; start < len(data); start += row {
			line := data[start:min(len(data), start+row)]
			for i := pixel; i < len(line); i++ {
				line[i] += line[i-pixel]
			}
		}
		return data
	}
	out := make([]byte, 0, len(data))
	previous := make([]byte, row)
	for len(data) > 1 {
		method, line := data[0], data[1:min(len(data), 1+row)]
		data = data[1+len(line):]
		unfilter(method, line, previous, pixel)
		out = append(out, line...)
		copy(previous, line)
	}
	return out
}

// unfilter undoes one PNG filter (PNG specification, section 9).
func unfilter(method byte, line, above []byte, pixel int) {
	for i := range line {
		var left, corner int
		if i >= pixel {
			left, corner = int(line[i-pixel]), int(above[i-pixel])
		}
		up := int(above[i])
		switch method {
		case 1:
			line[i] += byte(left)
		case 2:
			line[i] += byte(up)
		case 3:
			line[i] += byte((left + up) / 2)
		case 4:
			p := left + up - corner
			best := left
			if abs(p-up) < abs(p-best) {
				best = up
			}
			if abs(p-corner) < abs(p-best) {
				best = corner
			}
			line[i] += byte(best)
		}
	}
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}

func (f *file) un85(data []byte) []byte {
	i := bytes.IndexByte(data, '~')
	if i >= 0 {
		data = data[:i]
	}
	out, err := io.ReadAll(ascii85.NewDecoder(bytes.NewReader(data)))
	if err != nil || i < 0 {
		f.damage++
	}
	return out
}

// unRun undoes run-length encoding (7.4.5).
func unRun(data []byte, limit int) []byte {
	var out []byte
	for i := 0; i < len(data) && len(out) < limit; {
		n := int(data[i])
		i++
		switch {
		case n < 128:
			stop := min(len(data), i+n+1)
			out = append(out, data[i:stop]...)
			i = stop
		case n > 128 && i < len(data):
			out = append(out, bytes.Repeat(data[i:i+1], 257-n)...)
			i++
		default:
			return out
		}
	}
	return out
}

// unLZW undoes LZW with codes of 9 to 12 bits, high bit first (7.4.4.2).
func unLZW(data []byte, early, limit int) []byte {
	const clear, stop = 256, 257
	type entry struct {
		prefix int
		last   byte
		length int
	}
	table := make([]entry, 258, 4096)
	for i := range 256 {
		table[i] = entry{-1, byte(i), 1}
	}
	var out []byte
	spell := func(code int) {
		n := table[code].length
		out = append(out, make([]byte, n)...)
		for i := len(out) - 1; n > 0; i, n = i-1, n-1 {
			out[i] = table[code].last
			code = table[code].prefix
		}
	}
	width, previous := 9, -1
	for bits, have, i := 0, 0, 0; len(out) < limit; {
		for have < width {
			if i >= len(data) {
				return out
			}
			bits, have, i = bits<<8|int(data[i]), have+8, i+1
		}
		code := bits >> (have - width) & (1<<width - 1)
		have -= width
		bits &= 1<<have - 1
		switch {
		case code == clear:
			table, width, previous = table[:258], 9, -1
			continue
		case code == stop, code > len(table), code == len(table) && previous < 0:
			return out
		}
		start := len(out)
		if code == len(table) {
			spell(previous)
			out = append(out, out[start])
		} else {
			spell(code)
		}
		if previous >= 0 && len(table) < 4096 {
			table = append(table, entry{previous, out[start], table[previous].length + 1})
		}
		previous = code
		if n := len(table) + early; n >= 1<<width && width < 12 {
			width++
		}
	}
	return out
}
