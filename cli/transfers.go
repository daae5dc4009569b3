package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/safe"
	"claria/internal/words"
)

// putJSON is the result for one uploaded file.
type putJSON struct {
	Name   string    `json:"name"`
	Status string    `json:"status"` // stored, replaced, same, skipped, failed
	File   *fileJSON `json:"file,omitempty"`
	Why    string    `json:"why,omitempty"` // it was skipped
	Error  string    `json:"error,omitempty"`
}

func filesPutCommand(e *env) *cobra.Command {
	var asJSON, verbose, attached bool
	var name string
	cmd := &cobra.Command{
		Use:   "put CLIENT PATH…",
		Short: "Upload files and folders; - reads standard input",
		Long: "Uploads files to a client, many at once. A file appears in listings only after its checksum was\n" +
			"verified. A file with a name that the client already has becomes a new version of it; the same bytes\n" +
			"under the same name are not stored twice, so that an upload that was interrupted is continued by the\n" +
			"same command. If a file fails, the command says so and continues.\n\n" +
			"A folder stands for the files in it. A file of a subfolder has its path in the folder as its name\n" +
			"(school/report.pdf). Hidden files, links, pipes, empty files and what systems put into a folder are\n" +
			"left out, and each is listed.",
		Example: "  claria files put \"client 014\" intake.docx \"teacher form.pdf\" school/\n" +
			"  pdftotext scan.pdf - | claria files put \"client 014\" - --name scan.txt",
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			who, paths := args[0], args[1:]
			piped := len(paths) == 1 && paths[0] == "-"
			switch {
			case piped && name == "":
				return errors.New("standard input has no name: give it one with --name")
			case name != "" && len(paths) > 1:
				return errors.New("--name works with one file only")
			}
			return e.onClient(cmd.Context(), false, who, func(store *clients.Store, client clients.Client) error {
				p := &putRun{env: e, store: store, client: client, options: clients.PutOptions{Name: safe.PHI(name)}, json: asJSON, verbose: verbose}
				p.attached, p.count = attached, map[string]int{}
				if piped {
					return p.one(cmd.Context())
				}
				return p.many(cmd.Context(), paths)
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "store the file, or standard input, under this `NAME`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result for each file as JSON")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "also print what of each file was not read")
	cmd.Flags().BoolVar(&attached, "attachments", false, "also store the files within e-mails, as E-MAIL/NAME")
	return cmd
}

// lean keeps a transfer's memory flat: near this much, Go collects garbage more often
// instead of taking more from the system. The result ends that. A demo account is in the
// same memory, with all its files.
func (e *env) lean() func() {
	if e.demo {
		return func() {}
	}
	const most = 56 << 20
	was := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(was, most))
	return func() { debug.SetMemoryLimit(was) }
}

// putRun is one run of files put.
type putRun struct {
	*env
	store         *clients.Store
	client        clients.Client
	options       clients.PutOptions
	json, verbose bool
	attached      bool           // store the files within e-mails
	mails         []clients.File // stored e-mails that have some

	outcomes []putJSON
	count    map[string]int // by status
}

// one stores standard input.
func (p *putRun) one(ctx context.Context) error {
	file, same, err := p.store.PutFrom(ctx, p.client.ID, p.options, p.options.Name, p.Stdin)
	if err != nil {
		return err
	}
	if p.json {
		return p.printFile(file, "stored", true)
	}
	status := "stored"
	if same {
		status = "same"
	}
	if err := p.print(file, status); err != nil {
		return err
	}
	p.mails = append(p.mails, file)
	return p.within(ctx)
}

// many uploads files and prints one line for each finished file.
func (p *putRun) many(ctx context.Context, paths []string) error {
	if p.options.Name != "" {
		if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
			return errors.New("this is a folder: name one file with --name")
		}
	}
	defer p.lean()()
	bar := newTransferLine(p.env, p.json)
	var last clients.Progress
	var stopped error
	for event, err := range p.store.Put(ctx, p.client.ID, p.options, paths...) {
		if err != nil {
			stopped = err
			break
		}
		if last = event; !event.Over() {
			bar.show(event)
			continue
		}
		bar.clear()
		if err := p.over(event); err != nil {
			return err
		}
	}
	bar.clear()
	if stopped != nil && last.Files == 0 {
		return stopped // nothing was started
	}
	if stopped == nil {
		stopped = p.within(ctx)
	}
	if p.json {
		if err := p.JSON(p.outcomes); err != nil {
			return err
		}
	} else if last.Files > 1 {
		fmt.Fprintln(p.Stderr, transferSum(last, p.count, "stored", "replaced", "same", "skipped", "failed"))
	}
	switch {
	case stopped != nil:
		return stopped
	case p.count["failed"] > 0:
		return fmt.Errorf("%d of %d files could not be stored", p.count["failed"], last.Files)
	}
	return nil
}

// over prints what became of a file.
func (p *putRun) over(event clients.Progress) error {
	for len(p.outcomes) < event.Files {
		p.outcomes = append(p.outcomes, putJSON{})
	}
	out := &p.outcomes[event.Index]
	*out = putJSON{Name: event.Name.Reveal(), Why: event.Skipped}
	var err error
	switch {
	case event.Skipped != "":
		out.Status = "skipped"
		err = p.line(out.Status, event.Name, event.Skipped)
	case event.Err != nil:
		out.Status, out.Error = "failed", event.Err.Error()
		// The failed file is part of the result. Names must not go to standard error,
		// which cron mails and logs keep.
		err = p.line(out.Status, event.Name, event.Err.Error())
	default:
		file := fileToJSON(*event.File)
		out.Status, out.File = putStatus(event), &file
		if attachments(*event.File) > 0 {
			p.mails = append(p.mails, *event.File)
		}
		if !p.json {
			err = p.print(*event.File, out.Status)
		}
	}
	p.count[out.Status]++
	return err
}

// line prints a file that is not stored.
func (p *putRun) line(status string, name safe.PHI, why string) error {
	if p.json {
		return nil
	}
	_, err := fmt.Fprintf(p.Stdout, "%-26s  %s  %s: %s\n", "-", status, name.Line(), safe.Line(why))
	return err
}

// print prints a stored file, and what of it was not read.
func (p *putRun) print(file clients.File, status string) error {
	lacks := text.Short(file.Unread)
	if file.Size == 0 {
		lacks = "it is empty"
	}
	if lacks != "" {
		lacks = "  " + lacks
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s  %s  %s%s\n", file.ID, status, file.Name.Line(), lacks); err != nil || !p.verbose {
		return err
	}
	return unreadLines(p.Stdout, file)
}

// unreadLines print sentence by sentence what of a file was not read.
func unreadLines(w io.Writer, file clients.File) error {
	for _, u := range file.Unread {
		if _, err := fmt.Fprintf(w, "%28s%s\n", "", u); err != nil {
			return err
		}
	}
	if file.Problem != "" {
		_, err := fmt.Fprintf(w, "%28sno text: %s\n", "", safe.Line(file.Problem))
		return err
	}
	return nil
}

func putStatus(event clients.Progress) string {
	switch {
	case event.Same:
		return "same"
	case event.Replaced:
		return "replaced"
	}
	return "stored"
}

// transferSum is a transfer in one line: "3 stored, 1 failed; 2 MB in 4 s".
func transferSum(last clients.Progress, count map[string]int, order ...string) string {
	var parts []string
	for _, status := range order {
		if count[status] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[status], status))
		}
	}
	return fmt.Sprintf("%s; %s in %.1f s", strings.Join(parts, ", "), words.Bytes(last.AllMoved), last.Took.Seconds())
}

// transferLine is the progress line on a terminal; elsewhere it prints nothing.
type transferLine struct {
	e     *env
	on    bool
	shown bool
}

func newTransferLine(e *env, asJSON bool) *transferLine {
	return &transferLine{e: e, on: e.IsTerminal(e.Stderr) && !asJSON}
}

func (l *transferLine) show(event clients.Progress) {
	if !l.on {
		return
	}
	text := fmt.Sprintf("%s of %s", words.Bytes(event.AllDone), words.Bytes(event.All))
	if event.Files > 1 {
		text = fmt.Sprintf("%d of %d files, %s", event.Ended, event.Files, text)
	}
	if rate := event.Rate(); rate > 0 {
		text += fmt.Sprintf(", %s/s, %s left", words.Bytes(int64(rate)), event.Left().Round(time.Second))
	}
	fmt.Fprintf(l.e.Stderr, "\r\x1b[K%s, %s", text, event.Name.Line())
	l.shown = true
}

func (l *transferLine) clear() {
	if l.shown {
		fmt.Fprint(l.e.Stderr, "\r\x1b[K")
		l.shown = false
	}
}
