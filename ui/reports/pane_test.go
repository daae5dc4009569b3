package reports

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/clients"
	"claria/internal/safe"
	"claria/reports"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// sample is an unfinished report: one section is written, one is being written.
func sample() reports.Report {
	return reports.Report{
		ID: "R", Client: "A", Template: "soap", Title: "SOAP note", Model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0", Created: uitest.Noon, Changed: uitest.Noon,
		Context: []reports.Attachment{
			{File: "1", Name: "intake interview.docx", First: 1, Count: 32},
			{File: "2", Name: "日本語 \u202e👨‍👩‍👧‍👦.txt", First: 33, Count: 1},
		},
		Usage: reports.Usage{InputTokens: 3100, OutputTokens: 410},
		Sections: []reports.Section{
			{ID: "s", Heading: "Subjective", State: reports.Written, Author: "model", Unknown: []string{"S99"}, Text: "She arrived **on time** and separated easily [S12]. Her mother reports restless sleep, at *most* five hours a night [S3–S5].\n\n- two breaks requested [S31]\n- no homework handed in [S99]\n"},
			{ID: "o", Heading: "Objective", State: reports.Writing, Author: "model", Text: "Attention drifted during timed tasks, with two breaks requested in forty min"},
			{ID: "a", Heading: "Assessment", State: reports.Waiting},
			{ID: "p", Heading: "Plan", State: reports.Waiting},
		},
	}
}

func TestReportsFrames(t *testing.T) {
	for _, size := range uitest.Sizes {
		t.Run(size.Name, uitest.Bubble(func(t *testing.T) {
			s := screens.New(t, size.W, size.H)
			_, q := reads(s, sample(), true)
			q.take(reports.Event{Kind: reports.Notice, Notice: "AWS asks for fewer requests; trying again in 3 s."})
			s.Golden("reports-drafting-" + size.Name)

			s = screens.New(t, size.W, size.H)
			done := sample()
			done.Sections[1].State, done.Sections[1].Problem = reports.Stopped, "The draft was stopped; the text so far is kept."
			_, q = reads(s, done, false)
			q.stopped = true
			s.Golden("reports-stopped-" + size.Name)
			s.Keys("n")
			s.Golden("reports-evidence-" + size.Name)
			s.Keys("N")
			s.Sees("✗ no such passage: S99")
			s.Golden("reports-unknown-" + size.Name)
		}))
	}
}

// Choosing and composing, on the demo account.
func TestComposerFrames(t *testing.T) {
	for _, size := range uitest.Sizes {
		t.Run(size.Name, uitest.Bubble(func(t *testing.T) {
			l := screens.Demo(t, size.W, size.H, sandbox.Options{})
			at := func(name string) { t.Helper(); l.Rest(); l.GoldenDated("reports-" + name + "-" + size.Name) }
			l.Press("3")
			l.Until("Reports ▸ Avery Quill")
			l.Press("enter")
			at("none")
			l.Press("a")
			l.Until("Files to draft from")
			l.Until("test scores.csv")
			l.Rest()
			at("composer")
			l.Press("enter", "space", "down", "space", "enter")
			l.Typed("Two paragraphs at most.")
			l.Press("ctrl+j")
			l.Typed("No diagnosis.")
			l.Await("counts the tokens", func() bool { return !strings.Contains(l.Text(), "Counting tokens") })
			at("composed")
		}))
	}
}

// After a refusal before anything was written, the composer is as it was.
func TestARefusedDraftLosesNothing(t *testing.T) { uitest.Bubble(testARefusedDraftLosesNothing)(t) }

func testARefusedDraftLosesNothing(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{Faults: []string{"deny=s3:PutObject"}})
	l.Press("3")
	l.Until("Reports ▸ Avery Quill")
	l.Rest()
	l.Press("a")
	l.Until("Files to draft from")
	l.Until("test scores.csv")
	l.Rest()
	l.Press("enter", "*")
	if n := strings.Count(l.Text(), "[x]"); n != 4 {
		t.Errorf("* attaches %d files", n)
	}
	l.Press("*")
	l.Hides("[x]")
	l.Press("space", "enter")
	l.Typed("Keep this.")
	l.Press("enter")
	l.Until("could not be saved")
	l.Rest()
	l.Sees("Keep this.", "[x] intake interview.docx")
	if unsaved := l.Pane().(*Pane).Unsaved(); !strings.Contains(unsaved, "instructions") {
		t.Errorf("quitting says %q", unsaved)
	}
}

func TestStreamingFollowsUnlessScrolled(t *testing.T) {
	uitest.Bubble(testStreamingFollowsUnlessScrolled)(t)
}

func testStreamingFollowsUnlessScrolled(t *testing.T) {
	s := screens.New(t, 120, 24)
	p, q := reads(s, sample(), true)
	feed := func(n int) {
		var items []reports.Event
		for i := range n {
			text := fmt.Sprintf("\n\nParagraph %d of it [S2].", len(q.report.Sections[1].Text)+i)
			items = append(items, reports.Event{Kind: reports.Text, Section: 1, Delta: safe.PHI(text)})
		}
		p.Update(kit.Events[reports.Event]{Slot: "draft 1", Items: items})
		s.Text()
	}
	feed(40)
	end := q.scroll
	feed(5)
	if q.scroll <= end {
		t.Error("the document does not follow the stream")
	}
	s.Keys("pgup")
	at := q.scroll
	feed(5)
	if q.scroll != at {
		t.Error("the document moved while it was read")
	}
	s.Keys("G")
	feed(5)
	if q.scroll <= at+20 {
		t.Error("the document does not follow again from its end")
	}
	s.Run(p.Update(kit.Events[reports.Event]{Slot: "draft 1", Items: []reports.Event{
		{Kind: reports.SectionReset, Section: 1}, {Kind: reports.Text, Section: 1, Delta: "Anew."},
	}}))
	s.Sees("Anew.")
	s.Hides("Paragraph")
	other := reports.Event{Kind: reports.Text, Section: 1, Delta: "of another draft"}
	s.Run(p.Update(kit.Events[reports.Event]{Slot: "draft 7", Items: []reports.Event{other}}))
	s.Hides("of another draft")
}

func TestADraftThatBreaksOffSaysWhatToDo(t *testing.T) {
	uitest.Bubble(testADraftThatBreaksOffSaysWhatToDo)(t)
}

func testADraftThatBreaksOffSaysWhatToDo(t *testing.T) {
	s := screens.New(t, 80, 24)
	_, q := reads(s, sample(), false)
	q.err = &aws.Error{Kind: aws.Offline, Operation: "bedrock:ConverseStream"}
	s.Sees("AWS could not be reached.", "Check the network, then try again.")
	a, _ := kit.FindAction(s.Pane().Actions(), "r")
	if a.Disabled != "" {
		t.Errorf("it cannot be resumed: %s", a.Disabled)
	}
}

func TestAFailedEditorLosesNothing(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "editor")
	file := filepath.Join(dir, "instructions.md")
	if err := os.WriteFile(file, []byte("edited\ntext\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m := readEdited(file, script, nil); m.err != nil || m.text != "edited\ntext" {
		t.Errorf("%+v", m)
	}
	s := screens.New(t, 80, 24)
	s.Show(kit.ReportsPane)
	p := s.Pane().(*Pane)
	p.composer, p.mode = newComposer(s.Env, clients.Client{ID: "A", Name: "Avery"}), composing
	p.composer.wishes.SetValue("as it was")
	s.Run(p.Update(readEdited(file, script, os.ErrPermission)))
	s.Sees("The editor failed", "The text has not changed.", "as it was")
	s.Run(p.Update(readEdited(filepath.Join(dir, "gone"), script, nil)))
	if got := p.composer.wishes.Value(); got != "as it was" {
		t.Errorf("the text is %q", got)
	}
}

// The editor gets the text in a private file, which is gone afterwards.
func TestTheEditorsFileIsPrivateAndRemoved(t *testing.T) {
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	script := filepath.Join(dir, "my editor")
	body := "#!/bin/sh\nls -ld \"$(dirname \"$2\")\" \"$2\" > '" + seen + "'\ncat \"$2\" >> '" + seen + "'\nprintf 'new' > \"$2\"\n"
	if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VISUAL", "'"+script+"' --wait")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	var got editedMsg
	program := tea.NewProgram(editorModel{&got}, tea.WithInput(nil), tea.WithOutput(new(strings.Builder)), tea.WithoutSignals())
	if _, err := program.Run(); err != nil {
		t.Fatal(err)
	}
	said, _ := os.ReadFile(seen)
	if got.err != nil || got.text != "new" || !strings.Contains(string(said), "-rw-------") ||
		!strings.Contains(string(said), "drwx------") || !strings.Contains(string(said), "old text") {
		t.Errorf("%+v\n%s", got, said)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "claria-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// editorModel opens the editor and ends with its result.
type editorModel struct{ got *editedMsg }

func (m editorModel) Init() tea.Cmd  { return editText("old text") }
func (m editorModel) View() tea.View { return tea.NewView("") }
func (m editorModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if edited, ok := msg.(editedMsg); ok {
		*m.got = edited
		return m, tea.Quit
	}
	return m, nil
}

// reads shows a report on a screen without an account.
func reads(s *uitest.Screen, report reports.Report, running bool) (*Pane, *reader) {
	s.T.Helper()
	s.Show(kit.ReportsPane)
	p := s.Pane().(*Pane)
	q := newReader(s.Env, clients.Client{ID: "A", Name: "Avery Quill"}, report)
	q.loaded = true
	for n := 1; n <= 33; n++ {
		text := fmt.Sprintf("Passage %d: arrived ten minutes early and separated from her mother without difficulty.", n)
		q.evidence = append(q.evidence, reports.Passage{Number: n, File: "intake interview.docx", InFile: n, Text: safe.PHI(text)})
	}
	if running {
		q.slot, q.running, q.follow = "draft 1", true, true
		p.running = append(p.running, q)
		s.Busy(kit.Job{Pane: kit.ReportsPane, Slot: q.slot, Title: "Drafting"})
	}
	p.reader, p.mode = q, reading
	return p, q
}
