package reports

import (
	"fmt"
	"strings"

	"claria/internal/safe"
)

// Markdown returns the report as Markdown with its markers: the title, each section,
// and the sources. The text is safe to show on a terminal.
func (r Report) Markdown() string {
	var b strings.Builder
	b.WriteString(r.MarkdownHead())
	for i := range r.Sections {
		b.WriteString(r.MarkdownSection(i))
	}
	b.WriteString(r.MarkdownSources())
	return b.String()
}

// MarkdownHead returns the title.
func (r Report) MarkdownHead() string { return "# " + safe.Line(r.Title) + "\n" }

// MarkdownSection returns section i: heading, text, and what is missing or wrong.
func (r Report) MarkdownSection(i int) string {
	var b strings.Builder
	section := r.Sections[i]
	b.WriteString("\n## " + safe.Line(section.Heading) + "\n")
	if text := strings.TrimSpace(section.Text.Text()); text != "" {
		b.WriteString("\n" + text + "\n")
	}
	if note := section.Note(); note != "" {
		b.WriteString("\n> " + note + "\n")
	}
	return b.String()
}

// Note returns what a reader of the section must know; empty: nothing.
func (s Section) Note() string {
	var notes []string
	switch s.State {
	case Waiting:
		notes = append(notes, "This section is not written yet.")
	case Writing:
		notes = append(notes, "This section is being written.")
	case Stopped, Failed:
		notes = append(notes, "This section is not finished. "+safe.Line(s.Problem))
	case Written:
		if s.Problem != "" {
			notes = append(notes, safe.Line(s.Problem))
		}
	}
	if len(s.Unknown) > 0 {
		markers := "marker "
		if len(s.Unknown) > 1 {
			markers = "markers "
		}
		notes = append(notes, "There is no passage for the "+markers+strings.Join(s.Unknown, ", ")+".")
	}
	return strings.Join(notes, " ")
}

// MarkdownSources lists the file for each range of markers, for each marker in the text
// the passage's number within its file, and what was not read of the file.
func (r Report) MarkdownSources() string {
	var b strings.Builder
	b.WriteString("\n## Sources\n\n")
	cites := map[string][]string{}
	for _, cite := range r.Cites() {
		cites[cite.File] = append(cites[cite.File], fmt.Sprintf("S%d = §%d", cite.S, cite.N))
	}
	for _, file := range r.Context {
		span := fmt.Sprintf("S%d", file.First)
		if file.Count > 1 {
			span += fmt.Sprintf("–S%d", file.First+file.Count-1)
		}
		b.WriteString("- " + span + ": " + escape(file.Name.Line()))
		if list := cites[file.File]; len(list) > 0 && file.First > 1 {
			b.WriteString(" (" + strings.Join(list, ", ") + ")")
		}
		b.WriteString("\n")
		if left := Left(file.Unread); left != "" {
			b.WriteString("  " + left + "\n")
		}
	}
	return b.String()
}

// escape escapes what Markdown would read as markup in a file's name.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, "#", `\#`).Replace(s)
}
