package kit

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"claria/provision"
	"claria/ui/golden"
)

// A new second factor, as AWS returns it; the seed is invented.
var sampleDevice = provision.Enrolment{
	Serial: "arn:aws:iam::111122223333:mfa/claria-admin", Seed: sampleSeed,
	URI: "otpauth://totp/claria-admin@111122223333?secret=" + sampleSeed,
}

const sampleSeed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// drawnWhole is the dialog of a new device on a screen of w × h, with its styles.
func drawnWhole(d *CodesDialog, look *Theme, w, h int) string {
	return strings.ReplaceAll(strings.Join(Box(strings.Join(d.Whole(look, w, h), "\n"), w, h), "\n"), CursorMark, "")
}

// typeInto presses a key for each letter.
func typeInto(d *CodesDialog, text string) {
	for _, r := range text {
		d.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// Nothing that a person must type into an app is cut, at any window size. Each size is
// a golden frame.
func TestTheSecondFactorIsWhole(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"60x20", 60, 20}, {"80x24", 80, 24}, {"120x40", 120, 40}} {
		look := NewTheme("dark", true, false, colorprofile.TrueColor)
		golden.Compare(t, "setup-second-factor-"+size.name, ansi.Strip(drawnWhole(newEnrolment(sampleDevice, true), look, size.w, size.h)))

		refused := sampleDevice
		refused.Refused = &provision.CodeError{Pair: true, Err: errors.New("403")}
		d := newEnrolment(refused, false)
		typeInto(d, "12345678")
		text := ansi.Strip(drawnWhole(d, look, size.w, size.h))
		golden.Compare(t, "setup-second-factor-refused-"+size.name, text)
		if !strings.Contains(strings.NewReplacer("▀", "", "▄", "", "█", "", " ", "", "\n", "").Replace(text), sampleSeed) {
			t.Errorf("%s: the key is not whole:\n%s", size.name, text)
		}
	}
}

// squares reads the picture from the screen, as dark (true) and light squares.
func squares(text string, wide int) [][]bool {
	var all [][]bool
	for _, line := range strings.Split(text, "\n") {
		up, down := []bool{}, []bool{}
		for _, r := range []rune(line)[:wide] {
			up, down = append(up, r == '█' || r == '▀'), append(down, r == '█' || r == '▄')
		}
		all = append(all, up, down)
	}
	return all
}

// The picture equals the code, square by square, with its quiet zone, and is dark on
// light in every theme.
func TestThePictureIsTheCode(t *testing.T) {
	d := newEnrolment(sampleDevice, false)
	if d.picture.width() > 46 || d.picture.height() > 23 {
		t.Errorf("the picture is %d×%d and does not fit a window of 24 rows", d.picture.width(), d.picture.height())
	}
	for _, look := range []struct {
		name     string
		theme    *Theme
		inverted bool // a block is a light square
	}{
		{"colours", NewTheme("dark", true, false, colorprofile.TrueColor), false},
		{"light", NewTheme("light", true, false, colorprofile.TrueColor), false},
		{"no colours", NewTheme("dark", false, false, colorprofile.TrueColor), true},
	} {
		styled := drawnWhole(d, look.theme, 80, 24)
		if coloured := strings.Contains(styled, "38;2;0;0;0;48;2;255;255;255"); coloured == look.inverted {
			t.Errorf("%s: black on white is %v", look.name, coloured)
		}
		got := squares(ansi.Strip(styled), d.picture.width())
		for y := range d.picture.size {
			for x := range d.picture.size {
				if dark := got[y][x] != look.inverted; dark != d.picture.code.Black(x-quiet, y-quiet) {
					t.Fatalf("%s: square %d, %d is dark %v", look.name, x, y, dark)
				}
			}
		}
	}
	text := ansi.Strip(drawnWhole(d, NewTheme("dark", true, true, colorprofile.TrueColor), 120, 40))
	if !strings.Contains(text, "This terminal cannot show the picture") || !strings.Contains(text, sampleDevice.URI) {
		t.Errorf("in ASCII the screen is:\n%s", text)
	}
}

func TestCodesAreTypedOneAfterTheOther(t *testing.T) {
	reply := make(chan codes, 1)
	d := newEnrolment(sampleDevice, false)
	d.reply = reply
	enter := func() (closed bool) { _, closed = d.Update(tea.KeyPressMsg{Code: tea.KeyEnter}); return closed }
	sees := func(texts ...string) {
		t.Helper()
		screen := ansi.Strip(drawnWhole(d, NewTheme("dark", true, false, colorprofile.TrueColor), 80, 24))
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				t.Errorf("the screen does not show %q:\n%s", text, screen)
			}
		}
	}
	enter()
	sees("A code has six digits.")
	typeInto(d, "a1 2-3456")
	enter()
	sees("First code  123456", "A code has six digits.")
	typeInto(d, "123456")
	enter()
	sees("Both codes are the same.", "Next code   ______")
	typeInto(d, "65432p1")
	if !enter() {
		t.Error("the dialog stays")
	}
	if got := <-reply; !got.given || got.phone || strings.Join(got.typed, " ") != "123456 654321" {
		t.Errorf("the answer is %+v", got)
	}
}
