package text

import (
	"fmt"
	"slices"
	"strings"

	"claria/internal/safe"
	"claria/internal/words"
)

// Version is the version of the readers. A stored reading of an earlier version is made
// again from the bytes when the file is next opened. Raise it when a reader changes.
const Version = 2

// Reading is what a file says: its passages in reading order, and what was not read.
type Reading struct {
	Kind     string // media type
	Passages []Passage
	Unread   []Unread // parts of the file that the passages lack
	Problem  string   // why there are no passages
}

// The kinds of passage.
const (
	Paragraph = "paragraph"
	Heading   = "heading"    // Level from 1
	Item      = "item"       // of a list; its text begins with its number or bullet as shown
	HeaderRow = "header row" // of a table
	Row       = "row"        // of a table
	Header    = "header"     // of pages, once for each text
	Footer    = "footer"     // of pages, once for each text
	Footnote  = "footnote"   // foot- or endnote
	Comment   = "comment"    // a comment or a sticky note, with its author
	Turn      = "turn"       // what one speaker says in a transcript
	Field     = "field"      // a label of a form and its value
)

// Passage is one numbered passage of a file's text. Start and End are byte offsets into
// the file's text, which is the passages' texts, each followed by a line feed.
type Passage struct {
	Number int // from 1, within the file; the passage's name everywhere
	Start  int
	End    int
	Kind   string     // one of the kinds above
	Level  int        // of a heading, from 1
	Place  safe.PHI   // where it is: "page 2", "sheet Scores", "00:12:03"; empty: not known
	Table  int        // which table of the file a row belongs to, from 1; 0: none
	Cells  []safe.PHI // of a row: one for each column, blank ones included
	Text   safe.PHI   // of a row: its cells, joined by " | "
}

// IsRow reports whether the passage is a row of a table.
func (p Passage) IsRow() bool { return p.Kind == Row || p.Kind == HeaderRow }

// Reason says why something was not read.
type Reason string

// The reasons. Hidden, White, Deleted and Placeholder are left out on purpose; the
// others are missing.
const (
	Picture     Reason = "picture"     // it is a picture
	Damaged     Reason = "damaged"     // its bytes cannot be read
	PastLimit   Reason = "past-limit"  // it comes after a limit of this program
	NoLetters   Reason = "no-letters"  // the font does not say which letters it draws
	NotText     Reason = "not-text"    // an embedded object or a picture within a page
	NoValue     Reason = "no-value"    // a formula whose value is not stored
	Hidden      Reason = "hidden"      // nobody who reads the document sees it
	White       Reason = "white"       // it has the colour of the paper
	Deleted     Reason = "deleted"     // a tracked deletion
	Placeholder Reason = "placeholder" // the prompt of a field that nobody filled in
	Attachment  Reason = "attachment"  // a file within the file
	Machine     Reason = "machine"     // a picture whose text a machine recognised: it was read, perhaps wrongly
)

// Unread is something in a file that its passages lack. It contains nothing of the
// file's text.
type Unread struct {
	Unit    string `json:"unit"`              // of what, in the singular: "page", "letter", "word", "row", "sheet", "part"
	Numbers []int  `json:"numbers,omitempty"` // which, where they have numbers
	Count   int    `json:"count"`             // how many; 0: not known
	Of      int    `json:"of,omitempty"`      // of how many; 0: not known
	Page    int    `json:"page,omitempty"`    // on which page; 0: no page
	Reason  Reason `json:"reason"`
}

// Missing reports whether a reader of the document would miss it. What is hidden is left
// out on purpose.
func (u Unread) Missing() bool {
	switch u.Reason {
	case Hidden, White, Deleted, Placeholder, Machine:
		return false
	}
	return true
}

// because says why, for one and for many.
func (r Reason) because(many bool) string {
	one, more := "it was not understood", "they were not understood"
	switch r {
	case Picture:
		one, more = "it is a picture", "they are pictures"
	case Damaged:
		one, more = "it is damaged", "they are damaged"
	case PastLimit:
		one, more = "it is past the limit for one file", "they are past the limit for one file"
	case NoLetters:
		one, more = "its font does not say which letter it is", "their font does not say which letters they are"
	case NotText:
		one, more = "it is an embedded object or a picture", "they are embedded objects or pictures"
	case NoValue:
		one, more = "the file does not have its value: open it in its program and save it", "the file does not have their values: open it in its program and save it"
	case Hidden:
		one, more = "it is hidden in the document", "they are hidden in the document"
	case White:
		one, more = "it has the colour of the paper", "they have the colour of the paper"
	case Deleted:
		one, more = "it is deleted in the document", "they are deleted in the document"
	case Placeholder:
		one, more = "nobody filled it in", "nobody filled them in"
	case Machine:
		one, more = "check the text against the picture", "check the text against the pictures"
	case Attachment:
		one, more = "it is a file within the file", "they are files within the file"
	}
	if many {
		return more
	}
	return one
}

// String says what was not read and why: "pages 2 and 3 of 3 were not read: they are
// pictures".
func (u Unread) String() string {
	count := max(u.Count, len(u.Numbers))
	many := count != 1
	var what string
	switch {
	case len(u.Numbers) == 1:
		what = fmt.Sprintf("%s %d", u.Unit, u.Numbers[0])
	case len(u.Numbers) > 1:
		what = u.Unit + "s " + ranges(u.Numbers)
	case count == 0:
		what = "some " + u.Unit + "s"
	default:
		what = words.Count(count, u.Unit)
	}
	if u.Of > 0 {
		what += fmt.Sprintf(" of %d", u.Of)
	}
	if u.Page > 0 {
		what += fmt.Sprintf(" on page %d", u.Page)
	}
	verb := " was"
	if many {
		verb = " were"
	}
	switch {
	case u.Reason == Machine:
		verb += " read by a machine: "
	case u.Missing():
		verb += " not read: "
	default:
		verb += " left out: "
	}
	return what + verb + u.Reason.because(many)
}

// ranges lists numbers: "2 and 3", "1, 4–9 and 12".
func ranges(numbers []int) string {
	numbers = slices.Sorted(slices.Values(numbers))
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		switch j - i {
		case 0, 1:
			for _, n := range numbers[i : j+1] {
				parts = append(parts, fmt.Sprint(n))
			}
		default:
			parts = append(parts, fmt.Sprintf("%d–%d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// Short is a few words on what is missing, for a list: "2 of 3 pages not read". It is
// empty when nothing is missing; what was left out on purpose does not count.
func Short(unread []Unread) string {
	units := map[string]Unread{}
	var order []string
	for _, u := range unread {
		if !u.Missing() {
			continue
		}
		sum, known := units[u.Unit]
		if !known {
			order = append(order, u.Unit)
		}
		sum.Unit, sum.Count, sum.Of = u.Unit, sum.Count+max(u.Count, len(u.Numbers)), max(sum.Of, u.Of)
		units[u.Unit] = sum
	}
	var parts []string
	for _, unit := range order {
		switch sum := units[unit]; {
		case sum.Count == 0:
			parts = append(parts, "some "+unit+"s")
		case sum.Of > 0:
			parts = append(parts, fmt.Sprintf("%d of %s", sum.Count, words.Count(sum.Of, unit)))
		default:
			parts = append(parts, words.Count(sum.Count, unit))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + " not read"
}
