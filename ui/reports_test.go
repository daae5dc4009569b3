package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/clients"
	"claria/internal/safe"
	"claria/reports"
)

// sample is a report half-way: one section written, one growing.
func sample() reports.Report {
	return reports.Report{
		ID: "R", Client: "A", Template: "soap", Title: "SOAP note", Model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0", Created: noon, Changed: noon,
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

// reads shows a report on a screen that has no account behind it.
func (s *screen) reads(report reports.Report, running bool) (*reporting, *paper) {
	s.t.Helper()
	s.show(reportsPane)
	p := s.pane().(*reporting)
	q := newPaper(s.env, clients.Client{ID: "A", Name: "Avery Quill"}, report)
	q.loaded = true
	for n := 1; n <= 33; n++ {
		q.evidence = append(q.evidence, reports.Passage{Number: n, File: "intake interview.docx", Place: n, Text: safe.PHI(fmt.Sprintf("Passage %d: arrived ten minutes early and separated from her mother without difficulty.", n))})
	}
	if running {
		q.slot, q.running, q.follow = "draft 1", true, true
		p.running = append(p.running, q)
		s.env.jobs.start(job{Pane: reportsPane, Slot: q.slot, Title: "Drafting"})
	}
	p.paper, p.mode = q, reading
	return p, q
}

func TestReportsFrames(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, bubble(func(t *testing.T) {
			s := newScreen(t, size.w, size.h)
			_, q := s.reads(sample(), true)
			q.take(reports.Event{Kind: reports.Notice, Notice: "AWS asks for fewer requests; trying again in 3 s."})
			s.golden("reports-drafting-" + size.name)

			s = newScreen(t, size.w, size.h)
			done := sample()
			done.Sections[1].State, done.Sections[1].Problem = reports.Stopped, "The draft was stopped; the text so far is kept."
			_, q = s.reads(done, false)
			q.stopped = true
			s.golden("reports-stopped-" + size.name)
			s.keys("n")
			s.golden("reports-evidence-" + size.name)
			s.keys("N")
			s.sees("✗ no such passage: S99")
			s.golden("reports-unknown-" + size.name)
		}))
	}
}

// Choosing and composing, on the practice account.
func TestComposerFrames(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, bubble(func(t *testing.T) {
			l := openPractice(t, size.w, size.h, sandbox.Options{})
			at := func(name string) { t.Helper(); l.rest(); l.goldenDated("reports-" + name + "-" + size.name) }
			l.press("3")
			l.until("Reports ▸ Avery Quill")
			l.press("enter")
			at("none")
			l.press("a")
			l.until("Files to draft from")
			l.until("test scores.csv")
			l.rest()
			at("composer")
			l.press("enter", "space", "down", "space", "enter")
			l.typed("Two paragraphs at most.")
			l.press("ctrl+j")
			l.typed("No diagnosis.")
			l.await("counts the tokens", func() bool { return !strings.Contains(l.text(), "Counting the tokens") })
			at("composed")
		}))
	}
}

// Three files, started, stopped: the text stays, and going on ends it.
func TestDraftStopResume(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	atNoon(t, testDraftStopResume)
}

func testDraftStopResume(t *testing.T) {
	l := openPractice(t, 120, 40, sandbox.Options{Writer: sandbox.Pace{PerWord: 4 * time.Millisecond}})
	l.press("2")
	l.until("intake interview.docx")
	l.rest()
	l.press("D")
	l.until("Files to draft from")
	l.until("test scores.csv")
	l.rest()
	l.press("enter", "space", "down", "space", "down", "space", "enter")
	l.typed("Keep it short.")
	l.press("enter") // before the tokens are counted
	l.until("Writing section 1 of 7")
	l.until("pediatrician")
	l.press("1") // it goes on while the user is elsewhere
	l.until("Recent clients")
	l.sees("◐ Drafting")
	l.press("ctrl+c")
	l.sees("stops: drafting")
	l.press("3")
	l.until("pediatrician")
	l.press("ctrl+x")
	l.until("▲ Stopped")
	l.until("Stopped; the text so far is kept. r writes this section again and goes on.")
	q := l.pane().(*reporting).paper
	kept := q.report.Sections[0].Text.Reveal()
	if kept == "" || q.report.Instructions != "Keep it short." || len(q.report.Context) != 3 {
		t.Errorf("kept %q, %d files", kept, len(q.report.Context))
	}
	saved, err := l.env.session.Reports().Get(t.Context(), q.report.Client, q.report.ID)
	if err != nil || saved.Sections[0].Text.Reveal() != kept {
		t.Errorf("in the account is %q, %v", saved.Sections[0].Text.Reveal(), err)
	}
	l.rest()
	l.press("1")
	l.until("Needs you")
	l.until("is not finished")

	l.press("3")
	l.until("▲ Stopped")
	l.press("r")
	l.until("● Written; saved")
	l.rest()
	l.press("g", "n")
	l.until("marker 1 of")
	l.sees("S8", "intake interview.docx ¶8")

	home, _ := os.UserHomeDir()
	l.press("E")
	l.until("Export as Markdown")
	l.press("enter")
	l.until("Exported; only you can read the file.")
	found, _ := filepath.Glob(filepath.Join(home, "Avery Quill, Psychological evaluation, *.md"))
	if len(found) != 1 {
		t.Fatalf("exported: %v", found)
	}
	text, _ := os.ReadFile(found[0])
	if info, _ := os.Stat(found[0]); info.Mode().Perm() != 0o600 || string(text) != l.pane().(*reporting).paper.report.Markdown() {
		t.Errorf("%v:\n%s", info.Mode(), text)
	}
	l.press("esc", "esc")
	l.until("1 report")
	l.sees("● Psychological evaluation", "written")
}

// A refusal before anything was written goes back to what was composed.
func TestARefusedDraftLosesNothing(t *testing.T) { bubble(testARefusedDraftLosesNothing)(t) }

func testARefusedDraftLosesNothing(t *testing.T) {
	l := openPractice(t, 80, 24, sandbox.Options{Faults: []string{"deny=s3:PutObject"}})
	l.press("3")
	l.until("Reports ▸ Avery Quill")
	l.rest()
	l.press("a")
	l.until("Files to draft from")
	l.until("test scores.csv")
	l.rest()
	l.press("enter", "*")
	if n := strings.Count(l.text(), "[x]"); n != 4 {
		t.Errorf("* attaches %d files", n)
	}
	l.press("*")
	l.hides("[x]")
	l.press("space", "enter")
	l.typed("Keep this.")
	l.press("enter")
	l.until("could not be saved")
	l.rest()
	l.sees("Keep this.", "[x] intake interview.docx")
	if unsaved := l.pane().(*reporting).Unsaved(); !strings.Contains(unsaved, "instructions") {
		t.Errorf("quitting says %q", unsaved)
	}
}

func TestStreamingFollowsUnlessScrolled(t *testing.T) { bubble(testStreamingFollowsUnlessScrolled)(t) }

func testStreamingFollowsUnlessScrolled(t *testing.T) {
	s := newScreen(t, 120, 24)
	p, q := s.reads(sample(), true)
	feed := func(n int) {
		var items []reports.Event
		for i := range n {
			items = append(items, reports.Event{Kind: reports.Text, Section: 1, Delta: safe.PHI(fmt.Sprintf("\n\nParagraph %d of it [S2].", len(q.report.Sections[1].Text)+i))})
		}
		p.Update(events[reports.Event]{Slot: "draft 1", Items: items})
		s.text()
	}
	feed(40)
	end := q.scroll
	feed(5)
	if q.scroll <= end {
		t.Error("the document does not follow the stream")
	}
	s.keys("pgup")
	at := q.scroll
	feed(5)
	if q.scroll != at {
		t.Error("the document moved while it was read")
	}
	s.keys("G")
	feed(5)
	if q.scroll <= at+20 {
		t.Error("the document does not follow again from its end")
	}
	s.run(p.Update(events[reports.Event]{Slot: "draft 1", Items: []reports.Event{{Kind: reports.SectionReset, Section: 1}, {Kind: reports.Text, Section: 1, Delta: "Anew."}}}))
	s.sees("Anew.")
	s.hides("Paragraph")
	s.run(p.Update(events[reports.Event]{Slot: "draft 7", Items: []reports.Event{{Kind: reports.Text, Section: 1, Delta: "of another draft"}}}))
	s.hides("of another draft")
}

func TestADraftThatBreaksOffSaysWhatToDo(t *testing.T) {
	bubble(testADraftThatBreaksOffSaysWhatToDo)(t)
}

func testADraftThatBreaksOffSaysWhatToDo(t *testing.T) {
	s := newScreen(t, 80, 24)
	_, q := s.reads(sample(), false)
	q.err = &aws.Error{Kind: aws.Offline, Operation: "bedrock:ConverseStream"}
	s.sees("AWS could not be reached.", "Check the network, then try again.")
	a, _ := find(s.pane().Actions(), "r")
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
	s := newScreen(t, 80, 24)
	s.show(reportsPane)
	p := s.pane().(*reporting)
	p.composer, p.mode = newComposer(s.env, clients.Client{ID: "A", Name: "Avery"}), composing
	p.composer.wishes.SetValue("as it was")
	s.run(p.Update(readEdited(file, script, os.ErrPermission)))
	s.sees("The editor ended with a fault", "The text is as it was.", "as it was")
	s.run(p.Update(readEdited(filepath.Join(dir, "gone"), script, nil)))
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
	if got.err != nil || got.text != "new" || !strings.Contains(string(said), "-rw-------") || !strings.Contains(string(said), "drwx------") || !strings.Contains(string(said), "old text") {
		t.Errorf("%+v\n%s", got, said)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "claria-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// editorModel opens the editor and ends with what came of it.
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
