package cli

import (
	"fmt"
	"io"
	"strings"

	"claria/internal/safe"
	"claria/reports"
)

// draftSink prints a draft as it comes.
type draftSink interface {
	take(reports.Event)
	note(string)
	end(reports.Report)
}

// sectionSink prints a section once it is final: what it has printed is never
// taken back, and in the end it is exactly the report's Markdown.
type sectionSink struct {
	out, progress io.Writer
	begun         bool
	next          int // the first section that is not printed
}

func (s *sectionSink) note(text string) { fmt.Fprintln(s.progress, text) }

func (s *sectionSink) take(event reports.Event) {
	switch event.Kind {
	case reports.SectionStarted:
		section := event.Report.Sections[event.Section]
		fmt.Fprintf(s.progress, "Section %d of %d: %s\n", event.Section+1, len(event.Report.Sections), safe.Line(section.Heading))
		s.print(event.Report, event.Section) // those before it stay as they are
	case reports.SectionReset:
		fmt.Fprintf(s.progress, "Section %d begins again.\n", event.Section+1)
	case reports.SectionEnded:
		s.print(event.Report, event.Section+1)
	}
}

func (s *sectionSink) end(report reports.Report) {
	s.print(report, len(report.Sections))
	fmt.Fprint(s.out, report.MarkdownSources())
}

// print prints the sections before end that are not printed yet.
func (s *sectionSink) print(report reports.Report, end int) {
	if !s.begun {
		s.begun = true
		fmt.Fprint(s.out, report.MarkdownHead())
	}
	for ; s.next < end; s.next++ {
		fmt.Fprint(s.out, report.MarkdownSection(s.next))
	}
}

// liveSink prints text on a terminal as it arrives. When a section begins again
// it says so and repeats the heading: what is above cannot be taken back.
type liveSink struct {
	out, notes io.Writer
	begun      bool
	next       int
	report     reports.Report // as it stood when the present section began
	midLine    bool
}

func (s *liveSink) note(text string) {
	s.newLine()
	fmt.Fprintf(s.notes, "-- %s\n", text)
}

func (s *liveSink) take(event reports.Event) {
	switch event.Kind {
	case reports.SectionStarted:
		s.print(event.Report, event.Section)
		s.report = event.Report
		s.heading(event.Section)
		s.next = event.Section + 1
	case reports.SectionReset:
		s.note("The text above is void; the section is written again.")
		s.heading(event.Section)
	case reports.Text:
		text := event.Delta.Text()
		fmt.Fprint(s.out, text)
		s.midLine = !strings.HasSuffix(text, "\n")
	case reports.SectionEnded:
		s.newLine()
		if note := event.Report.Sections[event.Section].Note(); note != "" {
			fmt.Fprintf(s.out, "\n> %s\n", note)
		}
	}
}

func (s *liveSink) end(report reports.Report) {
	s.newLine()
	s.print(report, len(report.Sections))
	fmt.Fprint(s.out, report.MarkdownSources())
}

func (s *liveSink) heading(i int) {
	fmt.Fprintf(s.out, "\n## %s\n\n", safe.Line(s.report.Sections[i].Heading))
}

func (s *liveSink) newLine() {
	if s.midLine {
		fmt.Fprintln(s.out)
		s.midLine = false
	}
}

// print prints the sections before end that were not printed as they came.
func (s *liveSink) print(report reports.Report, end int) {
	if !s.begun {
		s.begun = true
		fmt.Fprint(s.out, report.MarkdownHead())
	}
	for ; s.next < end; s.next++ {
		fmt.Fprint(s.out, report.MarkdownSection(s.next))
	}
}
