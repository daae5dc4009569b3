package ui

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"claria/internal/safe"
	"claria/internal/words"
)

// width is how many columns s takes on the terminal, styles not counted.
func width(s string) int { return ansi.StringWidth(s) }

// cut shortens s to at most n columns; what was cut shows as an ellipsis.
func cut(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if width(s) <= n {
		return s
	}
	return ansi.Truncate(s, n, "…")
}

// fit makes s exactly n columns wide: cut when longer, padded when shorter.
func fit(s string, n int) string {
	s = cut(s, n)
	return s + strings.Repeat(" ", max(0, n-width(s)))
}

// right is fit, aligned to the right: for numbers.
func right(s string, n int) string {
	s = cut(s, n)
	return strings.Repeat(" ", max(0, n-width(s))) + s
}

// ends puts left and right at the two ends of a line of n columns. When there
// is no room for both, the left one is cut.
func ends(left, rightText string, n int) string {
	if rightText == "" {
		return fit(left, n)
	}
	room := n - width(rightText)
	if room < 1 {
		return fit(left, n)
	}
	return fit(left, room-1) + " " + rightText
}

// wrap breaks text into lines of at most n columns, at spaces.
func wrap(text string, n int) []string {
	if n < 1 {
		return nil
	}
	return strings.Split(ansi.Wrap(text, n, ""), "\n")
}

// box makes text exactly width × height: lines cut, padded and filled.
func box(text string, w, h int) []string {
	lines := strings.Split(text, "\n")
	if len(lines) > h {
		lines = lines[:h]
	}
	out := make([]string, h)
	for i := range out {
		if i < len(lines) {
			out[i] = fit(lines[i], w)
		} else {
			out[i] = strings.Repeat(" ", w)
		}
	}
	return out
}

// columns draws texts side by side, each in its width, with a rule between.
func (t *theme) columns(height int, cols ...column) string {
	boxes := make([][]string, len(cols))
	for i, c := range cols {
		boxes[i] = box(c.text, c.width, height)
	}
	rule := t.border("│")
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

// column is one text of columns.
type column struct {
	text  string
	width int
}

// shown is patient text on one line, safe and of a width that all terminals
// agree on: a joined emoji, which some terminals draw in two columns and some in
// six, is reduced to its first sign.
func shown(p safe.PHI) string { return steady(p.Line()) }

// named is shown for a name: of one that has nothing to see it says so.
func named(p safe.PHI) string {
	if name := shown(p); strings.TrimSpace(name) != "" && width(name) > 0 {
		return name
	}
	return "(no visible name)"
}

// steady reduces the emoji sequences of s whose width differs between
// terminals (joined ones, flags, skin tones, variation selectors) to one sign.
func steady(s string) string {
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

// ago is a past time in coarse words, so that it changes once a minute at most:
// "just now", "4 min ago", "3 h ago", then the date.
func ago(now, then time.Time) string {
	switch {
	case then.IsZero():
		return "never"
	case now.Sub(then) < 24*time.Hour:
		return words.Ago(now, then)
	}
	return day(now, then)
}

// day is a date as short as it can be: "Mar 3", or "2025-03-03" of another year.
func day(now, then time.Time) string {
	then = then.In(now.Location())
	if then.Year() == now.Year() {
		return then.Format("Jan 2")
	}
	return then.Format("2006-01-02")
}

// bar is a progress bar of n columns.
func (t *theme) bar(done, total int64, n int) string {
	full := 0
	if total > 0 {
		full = int(min(done, total) * int64(n) / total)
	}
	return t.accent(strings.Repeat("█", full)) + t.dim(strings.Repeat("░", n-full))
}
