package safe_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"claria/internal/safe"
)

// hostile returns the parts of a text that could control a terminal or reorder text.
// It is written from the standards (ECMA-48, Unicode's bidirectional controls),
// not from the code under test.
func hostile(s string, breaks string) string {
	if !utf8.ValidString(s) {
		return "invalid UTF-8"
	}
	for _, r := range s {
		switch {
		case strings.ContainsRune(breaks, r):
		case unicode.IsControl(r):
			return fmt.Sprintf("control %U", r)
		case unicode.Is(unicode.Bidi_Control, r):
			return fmt.Sprintf("direction %U", r)
		case unicode.In(r, unicode.Zl, unicode.Zp):
			return fmt.Sprintf("separator %U", r)
		case r >= 0xe0000 && r <= 0xe007f:
			return fmt.Sprintf("tag %U", r)
		}
	}
	return ""
}

func TestLineAndText(t *testing.T) {
	for _, c := range []struct{ in, line, text string }{
		{"Avery Quill", "Avery Quill", "Avery Quill"},
		{"日本語 é 👩‍👧", "日本語 é 👩‍👧", "日本語 é 👩‍👧"}, // joiners stay: they belong to the letters
		{"a\tb\r\nc\nd\re", "a b  c d e", "a    b\nc\nd\ne"},
		{"a\u2028b\u2029c\vd\fe", "a b c d e", "a\nb\nc\nd\ne"},
		{"\x1b[31mred\x1b[0m", "red", "red"},
		{"\x1b]0;title\x07after", "after", "after"},
		{"\x1b]52;c;aGk=\x1b\\after", "after", "after"},
		{"\x1bP1;2|q\x1b\\after\x1b_apc\x1b\\!", "after!", "after!"},
		{"\x1b]0;never ends\nnext line stays", "0;never ends next line stays", "0;never ends\nnext line stays"},
		{"He said \u0090 and then left", "He said  and then left", "He said  and then left"},
		{"\x1bcreset\x1b(0line\x1b#8", "resetline", "resetline"},
		{"\u009b31mred\u009d0;t\u009cafter", "redafter", "redafter"},
		{"\x9b31m", "\ufffd31m", "\ufffd31m"}, // a bare byte is not UTF-8
		{"\x1b\x1b[31mx\x1b", "x", "x"},       // the first is unterminated
		{"\x1b[3\x1b[31mx", "x", "x"},         // one inside another
		{"inv\u202eoice\u2066.exe\u200f", "invoice.exe", "invoice.exe"},
		{"a\u200bb\ufeffc\u00add\u2064e\U000e0041f", "abcdef", "abcdef"},
		{"nul\x00bell\x07del\x7fnel\u0085", "nulbelldelnel", "nulbelldelnel"},
		{"  spaces  ", "spaces", "  spaces  "},
		{"", "", ""},
	} {
		if got := safe.Line(c.in); got != c.line {
			t.Errorf("Line(%q) = %q, want %q", c.in, got, c.line)
		}
		if got := safe.Text(c.in); got != c.text {
			t.Errorf("Text(%q) = %q, want %q", c.in, got, c.text)
		}
		if phi := safe.PHI(c.in); phi.Line() != c.line || phi.Text() != c.text || phi.Reveal() != c.in {
			t.Errorf("PHI(%q) shows %q and %q, reveals %q", c.in, phi.Line(), phi.Text(), phi.Reveal())
		}
	}
}

func FuzzNothingHostileIsShown(f *testing.F) {
	for _, seed := range []string{
		"plain", "\x1b[2J\x1b]0;x\x07", "\u009b1m\u202e\u2028", "\x1b", "\x9b", "\x1bP\x1b", "\xc2", "\r\n\t", "\x1b[\x1b[m", "\U000e0041",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if why := hostile(safe.Line(in), ""); why != "" {
			t.Errorf("Line(%q) = %q holds %s", in, safe.Line(in), why)
		}
		if why := hostile(safe.Text(in), "\n"); why != "" {
			t.Errorf("Text(%q) = %q holds %s", in, safe.Text(in), why)
		}
		if again := safe.Line(safe.Line(in)); again != safe.Line(in) {
			t.Errorf("Line(%q) = %q, and again %q", in, safe.Line(in), again)
		}
		var out bytes.Buffer
		if err := safe.WriteJSON(&out, map[string]string{"name": in}); err != nil {
			t.Fatal(err)
		}
		if why := hostile(out.String(), "\n"); why != "" {
			t.Errorf("the JSON of %q, %q, holds %s", in, out.String(), why)
		}
		var back map[string]string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["name"] != strings.ToValidUTF8(in, "\ufffd") && utf8.ValidString(in) {
			t.Errorf("%q comes back as %q, %v", in, back["name"], err)
		}
	})
}

func TestPHIDoesNotPrintItself(t *testing.T) {
	const name = "Avery Quill"
	phi := safe.PHI(name)
	record := struct {
		Name  safe.PHI
		Ptr   *safe.PHI
		Names []safe.PHI
		Map   map[string]safe.PHI
	}{phi, &phi, []safe.PHI{phi}, map[string]safe.PHI{"a": phi}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%10.3s"} {
		for _, value := range []any{phi, &phi, record, &record, record.Names, record.Map, fmt.Errorf("of "+verb, phi)} {
			if _, pointer := value.(*safe.PHI); pointer {
				value = reflect.ValueOf(value).Elem().Interface()
			}
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	fmt.Fprintln(&out, phi, record)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("log", "name", phi, "record", record, "list", record.Names)
	}
	for _, value := range []any{phi, record, record.Map} {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
	}
	for _, shown := range []string{"Avery", "Quill", fmt.Sprintf("%x", "Avery"), fmt.Sprintf("%X", "Avery"), "41 76 65"} {
		if strings.Contains(out.String(), shown) {
			t.Errorf("%q is in\n%s", shown, out.String())
		}
	}
	if !strings.Contains(out.String(), safe.Redacted) {
		t.Error("nothing was redacted")
	}
}

// TestNoFieldIsAMapWithPHIKeys guards what no method can: encoding/json writes a string key
// as it is.
func TestNoFieldIsAMapWithPHIKeys(t *testing.T) {
	key := regexp.MustCompile(`(?m)^\t+\w+ +map\[(safe\.)?PHI\]`)
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		seen++
		source, err := os.ReadFile(path)
		if found := key.Find(source); found != nil {
			t.Errorf("%s has a %s", path, found)
		}
		return err
	})
	if err != nil || seen < 100 {
		t.Errorf("%d files, %v", seen, err)
	}
}
