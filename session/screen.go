package session

import (
	"io"
	"os"
	"strings"
	"time"
)

// Screen is how the workstation looks, and the terminal that shows it. The zero value
// of each field is usable.
type Screen struct {
	Theme   string // "", "dark", "light", "deuteranopia"; "" follows the terminal's background
	ASCII   bool   // only ASCII glyphs
	NoColor bool   // no colours; also when NO_COLOR is set and not empty

	Stdin   io.Reader // nil: the terminal
	Stdout  io.Writer // nil: os.Stdout
	Environ []string  // "NAME=value"; nil: os.Environ()
	Now     func() time.Time
	Version string
}

// Themes are the values of Screen.Theme.
func Themes() []string { return []string{"dark", "light", "deuteranopia"} }

// WithDefaults is the screen with what was left out taken from the process, and with
// what its environment asks for: NO_COLOR, and ASCII where the locale has no more.
func (s Screen) WithDefaults() Screen {
	if s.Environ == nil {
		s.Environ = os.Environ()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Stdout == nil {
		s.Stdout = os.Stdout
	}
	s.NoColor = s.NoColor || s.Getenv("NO_COLOR") != ""
	s.ASCII = s.ASCII || !s.utf8()
	return s
}

// Getenv is a variable of the screen's environment; empty: it is not set.
func (s Screen) Getenv(name string) string {
	value := ""
	for _, pair := range s.Environ {
		if rest, ok := strings.CutPrefix(pair, name+"="); ok {
			value = rest
		}
	}
	return value
}

// utf8 reports whether the locale lets the program write more than ASCII. A
// locale that is not set says nothing; most such terminals do.
func (s Screen) utf8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(s.Getenv(name)); locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return true
}
