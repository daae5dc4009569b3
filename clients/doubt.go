package clients

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"claria/clients/text"
	"claria/internal/safe"
)

// Doubt is a reason to ask whether a file is this client's.
type Doubt struct {
	Passage int    // where it is said
	Other   Client // another client whom the text names; no ID: none
	Born    string // another birth date than this client's, 2014-04-12; empty: none
}

// Doubts looks in a text for the full name of another client, and for a birth date that is
// not this client's. It knows only what it is given, and reads nothing.
func Doubts(client Client, all []Client, passages []text.Passage) []Doubt {
	var doubts []Doubt
	own := namesOf(client)
	for _, p := range passages {
		plain := spaced(p.Text.Reveal())
		for _, other := range all {
			if other.ID != client.ID && doubted(doubts, other.ID) == 0 && names(plain, namesOf(other), own) {
				doubts = append(doubts, Doubt{Passage: p.Number, Other: other})
			}
		}
		if born := birthDate(p.Text.Reveal()); born != "" && client.Born != "" && born != client.Born {
			doubts = append(doubts, Doubt{Passage: p.Number, Born: born})
		}
	}
	return doubts
}

// doubted counts the doubts about another client.
func doubted(doubts []Doubt, id string) (n int) {
	for _, d := range doubts {
		if d.Other.ID == id {
			n++
		}
	}
	return n
}

// namesOf are a client's full names as they are looked for. A name of one word says too
// little.
func namesOf(c Client) []string {
	var out []string
	for _, name := range append([]safe.PHI{c.Name, c.Legal}, c.Aliases...) {
		last, first, swapped := strings.Cut(name.Reveal(), ",")
		plain := strings.TrimSpace(spaced(name.Reveal()))
		if swapped {
			plain = strings.TrimSpace(spaced(first + " " + last))
		}
		words := strings.Fields(plain)
		if len(words) < 2 {
			continue
		}
		out = append(out, " "+plain+" ", " "+words[len(words)-1]+" "+strings.Join(words[:len(words)-1], " ")+" ")
	}
	return out
}

// names reports whether a text has one of the names, which is not this client's own.
func names(plain string, of, own []string) bool {
	for _, name := range of {
		if !strings.Contains(plain, name) {
			continue
		}
		mine := false
		for _, self := range own {
			mine = mine || strings.Contains(self, name) || strings.Contains(name, self)
		}
		if !mine {
			return true
		}
	}
	return false
}

// spaced is a text in lower case, with one space for all that is between two words.
func spaced(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return " " + strings.Join(words, " ") + " "
}

// A birth date follows its label closely.
var (
	birthLabel = regexp.MustCompile(`(?i)(date of birth|birth ?date|born( on)?|d\.?o\.?b\.?)[^0-9A-Za-z]{0,8}`)
	birthForms = []struct {
		at     *regexp.Regexp
		layout string
	}{
		{regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`), "2006-01-02"},
		{regexp.MustCompile(`^\d{1,2}/\d{1,2}/\d{4}`), "1/2/2006"},
		{regexp.MustCompile(`^[A-Z][a-z]+ \d{1,2}, \d{4}`), "January 2, 2006"},
		{regexp.MustCompile(`^[A-Z][a-z]{2} \d{1,2}, \d{4}`), "Jan 2, 2006"},
		{regexp.MustCompile(`^\d{1,2} [A-Z][a-z]+ \d{4}`), "2 January 2006"},
	}
)

// birthDate is the birth date that a passage states; empty: none that is understood.
func birthDate(s string) string {
	for _, label := range birthLabel.FindAllStringIndex(s, -1) {
		for _, form := range birthForms {
			if found := form.at.FindString(s[label[1]:]); found != "" {
				if day, err := time.Parse(form.layout, found); err == nil {
					return day.Format(time.DateOnly)
				}
			}
		}
	}
	return ""
}
