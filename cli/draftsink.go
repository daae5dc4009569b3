package cli

import (
	"fmt"
	"io"
	"strings"

	"claria/internal/safe"
	"claria/reports"
)

// draftSink prints a draft as it arrives.
type draftSink interface {
	take(reports.Event)
	note(string)
	end(reports.Report)
}

// sectionSink prints a section once it is final. It never withdraws what it printed,
// and its whole output is exactly the report's Markdown.
type sectionSink struct {
	out, progress io.Writer
	begun         bool
	next          int // the first section that is not yet printed
}

func (s *sectionSink) note(text string) { fmt.Fprintln(s.progress, text) }

func (s *sectionSink) take(event reports.Event) {
	switch event.Kind {
	case reports.SectionStarted:
		section := event.Report.Sections[event.Section]
		fmt.Fprintf(s.progress, "Section %d of %d: %s\n", event.Section+1, len(event.Report.Sections), safe.Line(section.Heading))
		s.print(event.Report, event.Section) // the sections before it no longer change
	case reports.SectionReset:
		fmt.Fprintf(s.progress, "Section %d starts again.\n", event.Section+1)
	case reports.SectionEnded:
		s.print(event.Report, event.Section+1)
	}
}

func (s *sectionSink) end(report reports.Report) {
	s.print(report, len(report.Sections))
	fmt.Fprint(s.out, report.MarkdownSources())
}

// print prints the sections before end that are not yet printed.
func (s *sectionSink) print(report reports.Report, end int) {
	if !s.begun {
		s.begun = true
		fmt.Fprint(s.out, report.MarkdownHead())
	}
	for ; s.next < end; s.next++ {
		fmt.Fprint(s.out, report.MarkdownSection(s.next))
	}
}

// liveSink prints text on a terminal as it arrives. When a section starts again, it
// says so and repeats the heading, because it cannot remove the text above.
type liveSink struct {
	out, notes io.Writer
	begun      bool
	next       int
	report     reports.Report // the report when the current section started
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
		s.note("Discard the text above: the section starts again.")
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

// print prints the sections before end that were not printed as they arrived.
func (s *liveSink) print(report reports.Report, end int) {
	if !s.begun {
		s.begun = true
		fmt.Fprint(s.out, report.MarkdownHead())
	}
	for ; s.next < end; s.next++ {
		fmt.Fprint(s.out, report.MarkdownSection(s.next))
	}
}
