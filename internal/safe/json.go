package safe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes a value as indented JSON that is safe to show on a terminal.
// encoding/json escapes the C0 controls, but not the rest of what Line drops: DEL, the
// C1 controls, which many terminals obey, and characters that reorder text. WriteJSON
// writes those as escapes, which a JSON parser reads as the same characters.
func WriteJSON(w io.Writer, value any) error {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	out := make([]byte, 0, plain.Len())
	for data := plain.Bytes(); len(data) > 0; {
		r, size := utf8.DecodeRune(data)
		switch {
		case r < 0x7f || r > 0x9f && !reorders(r):
			out = append(out, data[:size]...)
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
		data = data[size:]
	}
	_, err := w.Write(out)
	return err
}
