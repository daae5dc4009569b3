package clients

import (
	"strings"
	"testing"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/safe"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// scores is a text with every kind of passage.
func scores() (clients.File, []text.Passage) {
	row := func(kind string, cells ...safe.PHI) text.Passage {
		var joined []string
		for _, cell := range cells {
			joined = append(joined, cell.Reveal())
		}
		return text.Passage{Kind: kind, Table: 1, Place: "page 2", Cells: cells, Text: safe.PHI(strings.Join(joined, text.CellBreak))}
	}
	all := []text.Passage{
		{Kind: text.Heading, Level: 1, Place: "page 1", Text: "Rating scale"},
		{Kind: text.Header, Place: "page 1", Text: "Example practice"},
		{Kind: text.Paragraph, Place: "page 1", Text: "The teacher filled in the scale. The teacher was asked about school only, not about home."},
		row(text.HeaderRow, "Scale", "Mother T", "Teacher T"),
		row(text.Row, "Anxiety", "", "71"),
		row(text.Row, "Attention problems", "65", "8"),
		{Kind: text.Comment, Place: "page 3", Text: "D. Quill: check this"},
		{Kind: text.Footnote, Place: "page 3", Text: "Norms of 2015."},
		{Kind: text.Turn, Place: "00:12:03", Text: "Mother: he sleeps badly."},
	}
	for i := range all {
		all[i].Number = i + 1
	}
	return clients.File{
		ID: "F", Client: "A", Name: "rating scale.pdf", Size: 40_000, Segments: len(all), Added: uitest.Noon, Class: clients.Test,
		Label:  clients.Label{What: "rating scale", Informant: "teacher", Instrument: "BASC-3", Date: "2026-03-03"},
		Unread: []text.Unread{{Unit: "page", Numbers: []int{4, 5}, Of: 5, Reason: text.Picture}, {Unit: "word", Count: 3, Reason: text.Hidden}},
	}, all
}

// openText shows the sample as an open text.
func openText(s *uitest.Screen) *Pane {
	s.T.Helper()
	file, passages := scores()
	s.Show(kit.ClientsPane)
	p := s.Pane().(*Pane)
	p.Update(kit.Answer[[]clients.Client]{Value: []clients.Client{{ID: "A", Name: "Rowan Alder"}}})
	p.held, p.column = p.people.Items()[0], previewColumn
	p.Update(kit.Answer[filesOf]{Value: filesOf{client: "A", files: []clients.File{file}}})
	p.preview.open, p.column = true, previewColumn
	p.preview.came(kit.Answer[previewed]{Value: previewed{file, passages}})
	return p
}

// A text shows where its passages are, keeps blank cells in their columns, and begins
// with what was not read.
func TestTheTextShowsPlacesTablesAndWhatIsMissing(t *testing.T) {
	uitest.DrawFrames(t, screens.New, []uitest.Still{
		{Name: "clients-text", Draw: func(s *uitest.Screen) { openText(s) }},
		{Name: "clients-found", Draw: func(s *uitest.Screen) {
			openText(s)
			s.Sees("§1") // it is laid out
			s.Keys("/")
			s.Typed("teacher")
			s.Keys("enter", "n")
		}},
	})
	s := screens.New(t, 60, 20)
	p := openText(s)
	s.Sees("▲ Pages 4 and 5 of 5 were not read: they are pictures.", "3 words were left out: they are hidden", "test ")
	p.preview.scroll = 8
	text := s.Text()
	for _, want := range []string{"Anxiety                       71", "Attention problems        65   8"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no row %q:\n%s", want, text)
		}
	}
	var score, header int
	for line := range strings.SplitSeq(text, "\n") {
		if at := strings.Index(line, "Teacher T"); at >= 0 {
			header = at + len("Teacher T")
		}
		if at := strings.Index(line, "71"); at >= 0 {
			score = at + len("71")
		}
	}
	if header == 0 || score != header {
		t.Errorf("the teacher's score ends in column %d, its header in %d:\n%s", score, header, text)
	}
}

// What is typed is found as it is typed, also over the end of a line; n and N go around.
func TestAWordIsFoundInTheText(t *testing.T) { uitest.Bubble(testAWordIsFoundInTheText)(t) }

func testAWordIsFoundInTheText(t *testing.T) {
	s := screens.New(t, 60, 20)
	openText(s)
	s.Sees("§1")
	s.Keys("/")
	s.Typed("TEACHER")
	s.Sees("1 of 3")
	s.Keys("enter", "n")
	s.Sees("2 of 3")
	s.Keys("n", "n")
	s.Sees("1 of 3")
	s.Keys("N")
	s.Sees("3 of 3")
	s.Keys("/")
	for range len("TEACHER") {
		s.Keys("backspace")
	}
	s.Typed("about home")
	s.Sees("1 of 1")
	s.Typed("work")
	s.Sees("not found")
	s.Keys("esc")
	s.Hides("not found")
	s.Sees("9 passages")
	s.Keys("esc", "esc")
	s.Sees("▌ Rowan Alder")
}
