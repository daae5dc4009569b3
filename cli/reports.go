package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"claria/internal/safe"
	"claria/reports"
)

// reportsCommand lists and shows reports.
func reportsCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reports",
		Short: "List and show the reports of a client, and the templates",
	}
	cmd.AddCommand(reportsListCommand(e), reportsShowCommand(e), reportsTemplatesCommand(e))
	return cmd
}

func reportsListCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list CLIENT",
		Short: "List a client's reports, the last changed first",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, client, err := e.roomsFor(cmd.Context(), true, args[0])
			if err != nil {
				return err
			}
			list, unread := s.Reports().List(cmd.Context(), client.ID)
			if list == nil && unread != nil {
				return unread
			}
			if asJSON {
				out := make([]reportJSON, 0, len(list))
				for _, report := range list {
					out = append(out, jsonOf(report, false))
				}
				if err := e.JSON(out); err != nil {
					return err
				}
				return unread
			}
			if len(list) == 0 {
				fmt.Fprintln(e.Stderr, "No reports yet; \"claria draft CLIENT --template ID --files A,B\" drafts one.")
			}
			table := tabwriter.NewWriter(e.Stdout, 0, 4, 2, ' ', 0)
			for _, report := range list {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", report.ID, report.Changed.Local().Format("2006-01-02 15:04"), progressOf(report),
					safe.Line(report.Title))
			}
			if err := table.Flush(); err != nil {
				return err
			}
			return unread
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON, without the text")
	return cmd
}

// progressOf returns the progress of a report: "written", "3 of 7 written".
func progressOf(report reports.Report) string {
	written := 0
	for _, section := range report.Sections {
		if section.State == reports.Written {
			written++
		}
	}
	if written == len(report.Sections) {
		return "written"
	}
	return fmt.Sprintf("%d of %d written", written, len(report.Sections))
}

func reportsShowCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show CLIENT REPORT",
		Short: "Print a report as Markdown; REPORT is an id, the beginning of one, or last",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, client, err := e.roomsFor(cmd.Context(), true, args[0])
			if err != nil {
				return err
			}
			report, err := s.Reports().Find(cmd.Context(), client.ID, args[1])
			if err != nil {
				return err
			}
			if asJSON {
				return e.JSON(jsonOf(report, true))
			}
			_, err = fmt.Fprint(e.Stdout, report.Markdown())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func reportsTemplatesCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "templates",
		Short: "List the templates and their sections",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return e.JSON(templatesJSON())
			}
			for _, template := range reports.Templates() {
				fmt.Fprintf(e.Stdout, "%s  %s\n", template.ID, template.Title)
				for _, section := range template.Sections {
					fmt.Fprintf(e.Stdout, "    %s\n", section.Heading)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// reportJSON is a report for a program to read. It has text and names only if one
// report was requested.
type reportJSON struct {
	ID           string         `json:"id"`
	Client       string         `json:"client"`
	CopyOf       string         `json:"copy_of,omitempty"`
	Template     string         `json:"template"`
	Title        string         `json:"title"`
	Created      time.Time      `json:"created"`
	Changed      time.Time      `json:"changed"`
	Model        string         `json:"model"`
	Version      string         `json:"version"`
	Instructions *string        `json:"instructions,omitempty"`
	Files        []fileSpan     `json:"files"`
	Sections     []sectionJSON  `json:"sections"`
	Passages     []reports.Cite `json:"passages"` // what the text cites
	Usage        usageJSON      `json:"usage"`
}

// fileSpan is one file of a report's context and the markers that point into it.
type fileSpan struct {
	File    string  `json:"file"`
	Name    *string `json:"name,omitempty"`
	Version string  `json:"version"`
	SHA256  string  `json:"sha256"`
	First   int     `json:"first"`
	Count   int     `json:"count"`
	Unread  string  `json:"not_read,omitempty"`
}

type sectionJSON struct {
	ID      string        `json:"id"`
	Heading string        `json:"heading"`
	State   reports.State `json:"state"`
	Problem string        `json:"problem,omitempty"`
	Unknown []string      `json:"unknown_markers,omitempty"`
	Text    *string       `json:"text,omitempty"`
}

type usageJSON struct {
	InputTokens      int  `json:"input_tokens"`
	OutputTokens     int  `json:"output_tokens"`
	CacheReadTokens  int  `json:"cache_read_tokens"`
	CacheWriteTokens int  `json:"cache_write_tokens"`
	Estimated        bool `json:"estimated"`
}

func jsonOf(report reports.Report, whole bool) reportJSON {
	reveal := func(text safe.PHI) *string {
		if !whole {
			return nil
		}
		return new(text.Reveal())
	}
	out := reportJSON{
		ID: report.ID, Client: report.Client, CopyOf: report.CopyOf, Template: report.Template, Title: report.Title,
		Created: report.Created, Changed: report.Changed, Model: report.Model, Version: report.Version,
		Files: []fileSpan{}, Sections: []sectionJSON{}, Passages: append([]reports.Cite{}, report.Cites()...), Usage: usageJSON(report.Usage),
	}
	if report.Instructions != "" {
		out.Instructions = reveal(report.Instructions)
	}
	for _, file := range report.Context {
		out.Files = append(out.Files, fileSpan{file.File, reveal(file.Name), file.Version, file.SHA256, file.First, file.Count, reports.Left(file.Unread)})
	}
	for _, s := range report.Sections {
		out.Sections = append(out.Sections, sectionJSON{s.ID, s.Heading, s.State, s.Problem, s.Unknown, reveal(s.Text)})
	}
	return out
}

type templateJSON struct {
	ID       string                `json:"id"`
	Title    string                `json:"title"`
	Sections []templateSectionJSON `json:"sections"`
}

type templateSectionJSON struct {
	ID       string `json:"id"`
	Heading  string `json:"heading"`
	Required bool   `json:"required"`
}

func templatesJSON() []templateJSON {
	var out []templateJSON
	for _, template := range reports.Templates() {
		t := templateJSON{ID: template.ID, Title: template.Title}
		for _, section := range template.Sections {
			t.Sections = append(t.Sections, templateSectionJSON{section.ID, section.Heading, section.Required})
		}
		out = append(out, t)
	}
	return out
}
