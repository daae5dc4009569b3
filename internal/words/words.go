// Package words writes numbers, sizes and times in English. All packages use it, so that
// the screen, the command line and documents write them the same way.
package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Count is a number of things whose plural ends in s: "1 key", "2 keys".
func Count(n int, one string) string { return Plural(n, one, one+"s") }

// Plural is Count with any plural: "2 identities".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// Thousands is a number in groups of three digits: "41,204".
func Thousands(n int) string {
	s, negative := strings.CutPrefix(strconv.Itoa(n), "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if negative {
		return "-" + s
	}
	return s
}

// Bytes is a size in decimal units, with two significant digits from 1 kB: "312 B",
// "41 kB", "3.1 MB", "41 MB", "1.2 GB".
func Bytes(n int64) string {
	switch f := float64(n); {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case f < 999.5e3:
		return fmt.Sprintf("%.0f kB", f/1e3)
	case f < 9.95e6:
		return fmt.Sprintf("%.1f MB", f/1e6)
	case f < 999.5e6:
		return fmt.Sprintf("%.0f MB", f/1e6)
	default:
		return fmt.Sprintf("%.1f GB", f/1e9)
	}
}

// Ago is how long ago a moment was, in words that change once a minute at most: "just
// now", "4 min ago", "3 h ago" up to two days, then "5 days ago".
func Ago(now, then time.Time) string {
	switch d := now.Sub(then); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return Count(int(d.Hours()/24), "day") + " ago"
	}
}

// minutes is the layout of a moment to the minute.
const minutes = "2006-01-02 15:04"

// UTC is a moment to the minute: "2026-11-21 09:00 UTC".
func UTC(t time.Time) string { return t.UTC().Format(minutes) + " UTC" }

// Moment is UTC followed by the time in zone, if that differs: "2026-11-21 09:00 UTC
// (01:00 PST)". Without a zone it is UTC only. The zero time is "never".
func Moment(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "never"
	}
	text := UTC(t)
	if zone == nil {
		return text
	}
	local := t.In(zone)
	switch _, offset := local.Zone(); {
	case offset == 0:
		return text
	case local.Format(time.DateOnly) == t.UTC().Format(time.DateOnly):
		return text + " (" + local.Format("15:04 MST") + ")"
	}
	return text + " (" + local.Format(minutes+" MST") + ")"
}

// Capital is the text with a capital first letter.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return strings.ToUpper(string(first)) + text[size:]
}

// Wrap breaks text at spaces into lines of at most width characters; a longer word gets
// its own line. It counts characters, not columns: the screen has its own function for
// wide characters.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
