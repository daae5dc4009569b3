package pdf

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"maps"
	"slices"
)

// Pictures returns the largest picture of each of these pages, as a JPEG or PNG file. A
// page whose picture is in another form, as of a fax, is left out.
func Pictures(ctx context.Context, data []byte, pages []int) (out map[int][]byte) {
	out = map[int][]byte{}
	defer func() { _ = recover() }() // a hostile file, or a spent budget: what there is counts
	f := &file{data: data, budget: newBudget(ctx), objects: map[int]place{}, cache: map[int]any{}, fonts: map[any]*font{}}
	if f.scan() != nil {
		return out
	}
	nodes, _ := f.pages()
	for i, node := range nodes {
		if !slices.Contains(pages, i+1) || node == nil {
			continue
		}
		var largest stream
		size := 0
		for _, v := range f.dict(f.dict(node["Resources"])["XObject"]) {
			s, ok := f.get(v).(stream)
			if !ok || f.name(s.dict["Subtype"]) != "Image" {
				continue
			}
			if n := f.int(s.dict["Width"]) * f.int(s.dict["Height"]); n > size {
				largest, size = s, n
			}
		}
		if picture := f.picture(largest); size > 0 && picture != nil {
			out[i+1] = picture
		}
	}
	return out
}

// picture is an image object as a file of its own.
func (f *file) picture(s stream) []byte {
	filters := f.list(s.dict["Filter"])
	if n := len(filters); n > 0 {
		if last := f.name(filters[n-1]); last == "DCTDecode" || last == "DCT" {
			s.dict = maps.Clone(s.dict)
			s.dict["Filter"] = filters[:n-1]
			return f.decode(s)
		}
	}
	width, height := f.int(s.dict["Width"]), f.int(s.dict["Height"])
	bits, channels := f.int(s.dict["BitsPerComponent"]), f.channels(s.dict["ColorSpace"])
	if width < 1 || height < 1 || width > 20_000 || height > 20_000 || channels == 0 || bits != 8 && (bits != 1 || channels != 1) {
		return nil
	}
	line := (width*bits*channels + 7) / 8
	data := f.decode(s)
	if len(data) < line*height {
		return nil
	}
	out := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			row := data[y*line:]
			var gray uint8
			switch {
			case bits == 1:
				gray = row[x/8] >> (7 - x%8) & 1 * 255
			case channels == 1:
				gray = row[x]
			default:
				gray = uint8((299*int(row[3*x]) + 587*int(row[3*x+1]) + 114*int(row[3*x+2])) / 1000)
			}
			out.Pix[y*out.Stride+x] = gray
		}
	}
	var b bytes.Buffer
	if png.Encode(&b, out) != nil {
		return nil
	}
	return b.Bytes()
}

// channels is how many numbers a colour has; 0: a form that is not read.
func (f *file) channels(space any) int {
	switch f.name(space) {
	case "DeviceGray", "CalGray", "G":
		return 1
	case "DeviceRGB", "CalRGB", "RGB":
		return 3
	}
	parts := f.array(space)
	if len(parts) < 2 {
		return 0
	}
	switch f.name(parts[0]) {
	case "ICCBased":
		if s, ok := f.get(parts[1]).(stream); ok {
			if n := f.int(s.dict["N"]); n == 1 || n == 3 {
				return n
			}
		}
	case "CalGray":
		return 1
	case "CalRGB":
		return 3
	}
	return 0
}
