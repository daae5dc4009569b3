package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claria/clients"
	"claria/internal/safe"
	"claria/reports"
	"claria/session"
)

// draftFlags are the flags of `claria draft`.
type draftFlags struct {
	template, instructions, output, resume string
	files                                  []string
	force, yes                             bool
}

// draftCommand drafts a report from a client's files.
func draftCommand(e *env) *cobra.Command {
	var flags draftFlags
	cmd := &cobra.Command{
		Use:   "draft CLIENT --template ID --files A,B",
		Short: "Draft a report from a client's files, as Markdown on standard output",
		Long: "Drafts a report section by section, only from the named files of the client. Every sentence ends\n" +
			"with the number of the passage that it comes from, such as [S12]. The report is saved in the account\n" +
			"while it is written: an interrupt stops it and keeps the text, and --resume continues it.\n\n" +
			"On a terminal the text appears as it is written. In a pipe or a file each section is written\n" +
			"when it is final, so that a section that is written twice appears only once.\n" +
			"Notices, tokens and cost go to standard error. Exit codes: 0 if every section is written,\n" +
			"1 if one is not, 130 after an interrupt.",
		Example: "  claria draft \"client 014\" --template soap --files \"session 2.txt\" > note.md\n" +
			"  claria draft \"client 014\" --template psychological-evaluation --files intake.docx,wisc-v.csv -o report.md\n" +
			"  claria draft \"client 014\" --resume last",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return e.draft(cmd.Context(), args[0], flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.template, "template", "", "the template's `ID`; \"claria reports templates\" lists them")
	f.StringSliceVar(&flags.files, "files", nil, "the files to draft from, by name or id; their passages are numbered in this order")
	f.StringVar(&flags.instructions, "instructions", "", "instructions for this report; - reads them from standard input")
	f.StringVarP(&flags.output, "output", "o", "", "write the finished Markdown to `FILE`, readable only by you")
	f.BoolVar(&flags.force, "force", false, "with -o: replace an existing file")
	f.BoolVarP(&flags.yes, "yes", "y", false, "draft also from files that were not read whole or that need care; each is named on standard error")
	f.StringVar(&flags.resume, "resume", "", "continue this `REPORT` (id, beginning of an id, or last)")
	return cmd
}

// check refuses flags that cannot be combined, before anything is sent.
func (f draftFlags) check() error {
	switch {
	case f.resume != "" && (f.template != "" || len(f.files) > 0 || f.instructions != ""):
		return errors.New("--resume continues a report with its own template, files and instructions: leave out --template, --files and " +
			"--instructions")
	case f.resume != "":
		return nil
	case f.template == "":
		return fmt.Errorf("no template is given: use --template %s", strings.Join(templateIDs(), " or --template "))
	case len(f.files) == 0:
		return errors.New("no files are given: use --files with at least one file (\"claria files list CLIENT\" lists them)")
	case f.force && f.output == "":
		return errors.New("--force needs -o")
	}
	_, err := reports.FindTemplate(f.template)
	return err
}

func templateIDs() []string {
	var ids []string
	for _, template := range reports.Templates() {
		ids = append(ids, template.ID)
	}
	return ids
}

func (e *env) draft(ctx context.Context, who string, flags draftFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	if flags.instructions == "-" {
		text, err := io.ReadAll(io.LimitReader(e.Stdin, 1<<20))
		if err != nil {
			return fmt.Errorf("the instructions could not be read from standard input: %w", err)
		}
		flags.instructions = string(text)
	}
	if flags.output != "" && !flags.force {
		if err := checkFree(flags.output); err != nil {
			return err
		}
	}
	s, client, err := e.roomsFor(ctx, false, who)
	if err != nil {
		return err
	}
	drafter := s.Reports()
	events, err := e.draftEvents(ctx, s, drafter, client, flags)
	if err != nil {
		return err
	}
	report, err := e.follow(events, flags)
	if report.ID == "" {
		return err
	}
	if flags.output != "" {
		if writeErr := writePrivate(flags.output, report.Markdown(), flags.force); writeErr != nil {
			err = errors.Join(err, writeErr)
		}
	}
	e.tellUsage(report)
	return e.draftOutcome(ctx, report, err)
}

// draftEvents starts or continues a draft.
func (e *env) draftEvents(ctx context.Context, s *session.Session, drafter *reports.Drafter, client clients.Client,
	flags draftFlags,
) (iter.Seq2[reports.Event, error], error) {
	if flags.resume != "" {
		report, err := drafter.Find(ctx, client.ID, flags.resume)
		if err != nil {
			return nil, err
		}
		return drafter.Resume(ctx, report), nil
	}
	request := reports.Request{Client: client.ID, Template: flags.template, Instructions: safe.PHI(flags.instructions)}
	store := s.Clients()
	for i, name := range flags.files {
		file, err := store.FindFile(ctx, client.ID, strings.TrimSpace(name))
		if err != nil {
			return nil, fmt.Errorf("--files, file %d: %w", i+1, err)
		}
		request.Files = append(request.Files, file)
	}
	var err error
	if request.Accepted, err = e.concerns(request.Files, flags); err != nil {
		return nil, err
	}
	return drafter.Draft(ctx, request), nil
}

// concerns tells a person what to think about before the files are sent, and asks where
// a yes is needed. It counts the files, because standard error may be kept in a log.
func (e *env) concerns(files []clients.File, flags draftFlags) (bool, error) {
	asks := 0
	for _, c := range reports.Concerns(files) {
		if c.Kind.Stops() {
			return false, fmt.Errorf("--files, file %d: %s", c.File, c.Why)
		}
		if c.Kind.Asks() {
			asks++
		}
		fmt.Fprintf(e.Stderr, "File %d: %s\n", c.File, c.Why)
	}
	if asks == 0 || flags.yes {
		return true, nil
	}
	yes, err := e.Confirm("Draft from these files all the same?", "--yes")
	if err == nil && !yes {
		err = errors.New("nothing was sent to the model")
	}
	return yes, err
}

// follow prints a draft as it arrives and returns the saved report.
func (e *env) follow(events iter.Seq2[reports.Event, error], flags draftFlags) (reports.Report, error) {
	var sink draftSink = &sectionSink{out: e.Stdout, progress: e.Stderr}
	switch {
	case flags.output != "":
		sink = &sectionSink{out: io.Discard, progress: e.Stderr}
	case e.IsTerminal(e.Stdout):
		sink = &liveSink{out: e.Stdout, notes: e.Stderr}
	}
	for event, err := range events {
		if event.Kind == reports.Done {
			sink.end(event.Report)
			return event.Report, err
		}
		if err != nil {
			return reports.Report{}, err
		}
		if event.Kind == reports.Notice {
			sink.note(safe.Line(event.Notice))
			continue
		}
		sink.take(event)
	}
	return reports.Report{}, errors.New("the draft ended without a result")
}

// tellUsage prints what the report cost so far.
func (e *env) tellUsage(report reports.Report) {
	u := report.Usage
	about := ""
	if u.Estimated {
		about = "about "
	}
	line := fmt.Sprintf("Used %s%d input tokens, %d output tokens", about, u.InputTokens+u.CacheReadTokens+u.CacheWriteTokens, u.OutputTokens)
	if u.CacheReadTokens > 0 {
		line += fmt.Sprintf(" (%d input tokens were read from the cache)", u.CacheReadTokens)
	}
	if dollars, known := reports.Cost(report.Model, u); known {
		line += fmt.Sprintf("; about $%.2f at the list price", dollars)
	}
	fmt.Fprintf(e.Stderr, "%s.\nSaved as report %s, last saved %s.\n", line, report.ID, report.Changed.Local().Format(time.DateTime))
}

// draftOutcome turns the end of a draft into the verb's error.
func (e *env) draftOutcome(ctx context.Context, report reports.Report, err error) error {
	left := 0
	for _, section := range report.Sections {
		if section.State != reports.Written {
			left++
		}
	}
	next := fmt.Sprintf("claria draft %s --resume %s", report.Client, report.ID)
	switch {
	case err != nil:
		return fmt.Errorf("%w To continue: %s", err, next)
	case left > 0 && ctx.Err() != nil:
		fmt.Fprintf(e.Stderr, "Stopped; the text so far is kept. To continue: %s\n", next)
		return &exitError{code: exitInterrupted}
	case left > 0:
		return fmt.Errorf("%d of %d sections are not finished; the report says why. To continue: %s", left, len(report.Sections), next)
	}
	return nil
}
