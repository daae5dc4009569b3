package reports

import (
	"strings"
	"testing"

	"claria/clients"
	"claria/clients/text"
)

func TestConcerns(t *testing.T) {
	pictures := []text.Unread{{Unit: "page", Numbers: []int{2, 3}, Of: 3, Reason: text.Picture}}
	white := []text.Unread{{Unit: "word", Count: 4, Page: 1, Reason: text.White}}
	for _, c := range []struct {
		name     string
		file     clients.File
		kind     ConcernKind
		why      string
		refused  bool // without a yes
		accepted bool // with one
	}{
		{"ordinary", clients.File{Class: clients.Ordinary}, "", "", false, true},
		{"ordinary with white text", clients.File{Class: clients.Ordinary, Unread: white}, "", "", false, true},
		{"no class", clients.File{}, Unclassed, "Nobody has set its class", false, true},
		{"notes", clients.File{Class: clients.Notes}, PsychotherapyNotes, "164.508(a)(2)", true, true},
		{"part 2", clients.File{Class: clients.Part2}, Part2, "42 CFR 2.31", true, true},
		{"test", clients.File{Class: clients.Test}, TestMaterial, "Attach the scores", true, false},
		{"pictures", clients.File{Class: clients.Ordinary, Unread: pictures}, Incomplete, "Pages 2 and 3 of 3 were not read: they are pictures.", true, true},
	} {
		files := []clients.File{c.file}
		concerns := Concerns(files)
		switch {
		case c.kind == "" && len(concerns) > 0:
			t.Errorf("%s: %v", c.name, concerns)
		case c.kind != "" && (len(concerns) != 1 || concerns[0].Kind != c.kind || !strings.Contains(concerns[0].Why, c.why)):
			t.Errorf("%s: %v", c.name, concerns)
		}
		if err := (Request{Files: files}).refused(); (err != nil) != c.refused {
			t.Errorf("%s, without a yes: %v", c.name, err)
		}
		if err := (Request{Files: files, Accepted: true}).refused(); (err == nil) != c.accepted {
			t.Errorf("%s, with a yes: %v", c.name, err)
		}
	}
}

func TestCitesGiveBothNumbers(t *testing.T) {
	report := Report{
		Context:  []Attachment{{File: "A", Name: "intake.docx", First: 1, Count: 32}, {File: "B", Name: "session 2.txt", First: 33, Count: 8}},
		Sections: []Section{{Text: "He slept [S36]. She came [S2, S35–S36]. Odd [S99]."}},
	}
	cites := report.Cites()
	want := []Cite{{"A", 2, 2}, {"B", 3, 35}, {"B", 4, 36}}
	if len(cites) != len(want) {
		t.Fatalf("got %v, want %v", cites, want)
	}
	for i := range want {
		if cites[i] != want[i] {
			t.Errorf("got %v, want %v", cites[i], want[i])
		}
	}
	if text := report.MarkdownSources(); !strings.Contains(text, "S33–S40: session 2.txt (S35 = §3, S36 = §4)") {
		t.Error(text)
	}
}
