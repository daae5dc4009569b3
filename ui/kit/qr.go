package kit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"rsc.io/qr/coding"
)

// quiet is the empty margin that a reader of QR codes needs, in squares (ISO/IEC
// 18004, section 6.3.8).
const quiet = 4

// picture is a QR code, its quiet zone included.
type picture struct {
	code *coding.Code
	size int // squares on a side
}

// newPicture makes the smallest code that holds the text. tail is the end of the text
// that has capitals and digits only, such as a seed in base32: encoded as those, it
// takes two thirds of the space, and the code fits a window of 24 rows.
func newPicture(text, tail string) (picture, error) {
	head, found := strings.CutSuffix(text, tail)
	parts := []coding.Encoding{coding.String(head), coding.Alpha(tail)}
	if !found || tail == "" || parts[1].Check() != nil {
		parts = []coding.Encoding{coding.String(text)}
	}
	for version := coding.Version(coding.MinVersion); version <= coding.MaxVersion; version++ {
		bits := 0
		for _, part := range parts {
			bits += part.Bits(version)
		}
		if bits > version.DataBytes(coding.L)*8 {
			continue
		}
		plan, err := coding.NewPlan(version, coding.L, 0)
		if err != nil {
			return picture{}, fmt.Errorf("the picture could not be drawn: %w", err)
		}
		code, err := plan.Encode(parts...)
		if err != nil {
			return picture{}, fmt.Errorf("the picture could not be drawn: %w", err)
		}
		return picture{code, code.Size + 2*quiet}, nil
	}
	return picture{}, errors.New("the picture could not be drawn: its text is too long")
}

// width and height are its columns and rows on the terminal.
func (p picture) width() int  { return p.size }
func (p picture) height() int { return (p.size + 1) / 2 }

// lines draws it with half blocks, two rows of squares in each line. It is dark on
// light in every theme: in black and white on a terminal with colours, else by
// filling the light squares on a dark background or the dark ones on a light one.
func (p picture) lines(t *Theme) []string {
	coloured := t.colour && (t.Profile == colorprofile.Unknown || t.Profile >= colorprofile.ANSI)
	ink := coloured || !t.Dark // a block is a dark square
	lines := make([]string, 0, p.height())
	for y := -quiet; y < p.size-quiet; y += 2 {
		var b strings.Builder
		if coloured {
			b.WriteString("\x1b[38;2;0;0;0;48;2;255;255;255m")
		}
		for x := -quiet; x < p.size-quiet; x++ {
			up, down := p.code.Black(x, y) == ink, p.code.Black(x, y+1) == ink
			switch {
			case up && down:
				b.WriteRune('█')
			case up:
				b.WriteRune('▀')
			case down:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		if coloured {
			b.WriteString("\x1b[m")
		}
		lines = append(lines, b.String())
	}
	return lines
}

// fours sets text in groups of four, in lines of at most w columns.
func fours(text string, w int) []string {
	var lines []string
	line := ""
	for len(text) > 0 {
		group := text[:min(4, len(text))]
		text = text[len(group):]
		if line != "" && len(line)+1+len(group) > w {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+group, " ")
	}
	return append(lines, line)
}
