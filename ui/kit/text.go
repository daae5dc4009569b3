package kit

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"claria/internal/safe"
	"claria/internal/words"
)

// Width is how many columns s takes on the terminal, without its styles.
func Width(s string) int { return ansi.StringWidth(s) }

// Cut shortens s to at most n columns; an ellipsis shows that something is missing.
func Cut(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if Width(s) <= n {
		return s
	}
	return ansi.Truncate(s, n, "…")
}

// Fit makes s exactly n columns wide: it cuts or pads.
func Fit(s string, n int) string {
	s = Cut(s, n)
	return s + strings.Repeat(" ", max(0, n-Width(s)))
}

// Right is Fit aligned to the right, for numbers.
func Right(s string, n int) string {
	s = Cut(s, n)
	return strings.Repeat(" ", max(0, n-Width(s))) + s
}

// Ends puts left and right at the two ends of a line of n columns. If both do not
// fit, left is cut.
func Ends(left, rightText string, n int) string {
	if rightText == "" {
		return Fit(left, n)
	}
	room := n - Width(rightText)
	if room < 1 {
		return Fit(left, n)
	}
	return Fit(left, room-1) + " " + rightText
}

// Wrap breaks text into lines of at most n columns, at spaces and hyphens, but not after
// the hyphens of an option, so that a command can be read and copied: "--undo".
func Wrap(text string, n int) []string {
	if n < 1 {
		return nil
	}
	const option, whole = " --", " \u2011\u2011" // hyphens that do not break
	if !strings.Contains(text, option) {
		return strings.Split(ansi.Wrap(text, n, ""), "\n")
	}
	text = ansi.Wrap(strings.ReplaceAll(text, option, whole), n, "")
	return strings.Split(strings.ReplaceAll(text, whole[1:], option[1:]), "\n")
}

// Box makes text exactly w × h: it cuts, pads and adds lines.
func Box(text string, w, h int) []string {
	lines := strings.Split(text, "\n")
	if len(lines) > h {
		lines = lines[:h]
	}
	out := make([]string, h)
	for i := range out {
		if i < len(lines) {
			out[i] = Fit(lines[i], w)
		} else {
			out[i] = strings.Repeat(" ", w)
		}
	}
	return out
}

// Columns draws texts side by side, each in its width, with a rule between them.
func (t *Theme) Columns(height int, cols ...Column) string {
	boxes := make([][]string, len(cols))
	for i, c := range cols {
		boxes[i] = Box(c.Text, c.Width, height)
	}
	rule := t.Border("│")
	var b strings.Builder
	for y := range height {
		if y > 0 {
			b.WriteByte('\n')
		}
		for i := range cols {
			if i > 0 {
				b.WriteString(rule)
			}
			b.WriteString(boxes[i][y])
		}
	}
	return b.String()
}

// Column is one text of Columns.
type Column struct {
	Text  string
	Width int
}

// Shown is patient text on one line, safe and of a width that all terminals agree
// on. Some terminals draw a joined emoji in two columns and some in six, so it is
// reduced to its first sign.
func Shown(p safe.PHI) string { return Steady(p.Line()) }

// Named is Shown for a name; it says so if the name has nothing visible.
func Named(p safe.PHI) string {
	if name := Shown(p); strings.TrimSpace(name) != "" && Width(name) > 0 {
		return name
	}
	return "(no visible name)"
}

// Steady reduces the emoji sequences of s whose width differs between
// terminals (joined ones, flags, skin tones, variation selectors) to one sign.
func Steady(s string) string {
	if isASCII(s) || ansi.StringWidth(s) == ansi.StringWidthWc(s) {
		return s
	}
	var b strings.Builder
	for state := byte(0); len(s) > 0; {
		cluster, w, n, next := ansi.DecodeSequence(s, state, nil)
		if w != ansi.StringWidthWc(cluster) {
			r, size := utf8.DecodeRuneInString(cluster)
			if r >= 0x1f000 || r >= 0x2190 && r <= 0x2bff || strings.Contains(cluster, "\ufe0f") {
				cluster = cluster[:size]
			}
		}
		b.WriteString(cluster)
		s, state = s[n:], next
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Ago is a past time in coarse words, which change at most once a minute: "just now",
// "4 min ago", "3 h ago", then the date.
func Ago(now, then time.Time) string {
	switch {
	case then.IsZero():
		return "never"
	case now.Sub(then) < 24*time.Hour:
		return words.Ago(now, then)
	}
	return day(now, then)
}

// day is a short date: "Mar 3", or "2025-03-03" in another year.
func day(now, then time.Time) string {
	then = then.In(now.Location())
	if then.Year() == now.Year() {
		return then.Format("Jan 2")
	}
	return then.Format("2006-01-02")
}

// Bar is a progress bar of n columns.
func (t *Theme) Bar(done, total int64, n int) string {
	full := 0
	if total > 0 {
		full = int(min(done, total) * int64(n) / total)
	}
	return t.Accent(strings.Repeat("█", full)) + t.Dim(strings.Repeat("░", n-full))
}
