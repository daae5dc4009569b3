package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"claria/aws"
	"claria/clients"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/internal/words"
)

// putJSON is the result for one uploaded file.
type putJSON struct {
	Name   string    `json:"name"`
	Status string    `json:"status"` // stored, replaced, same, failed
	File   *fileJSON `json:"file,omitempty"`
	Error  string    `json:"error,omitempty"`
}

func filesPutCommand(e *env) *cobra.Command {
	var asJSON bool
	var name string
	cmd := &cobra.Command{
		Use:   "put CLIENT PATH…",
		Short: "Upload files; - reads standard input",
		Long: "Uploads files to a client, several at once. A file appears in listings only after its checksum was\n" +
			"verified. A file with a name that the client already has becomes a new version of it; the same bytes\n" +
			"under the same name are not stored twice. If a file fails, the command says so and continues.",
		Example: "  claria files put \"client 014\" intake.docx \"teacher form.pdf\"\n" +
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
				if piped || name != "" {
					return e.putOne(cmd.Context(), store, client, paths[0], safe.PHI(name), asJSON)
				}
				return e.putMany(cmd.Context(), store, client, paths, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "store the file, or standard input, under this `NAME`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result for each file as JSON")
	return cmd
}

// putOne stores standard input or one file under a given name.
func (e *env) putOne(ctx context.Context, store *clients.Store, client clients.Client, path string, name safe.PHI, asJSON bool) error {
	in := e.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			if where, ok := errors.AsType[*fs.PathError](err); ok {
				err = where.Err // the path contains a name
			}
			return fmt.Errorf("the file cannot be read: %w", err)
		}
		defer func() { _ = f.Close() }()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return errors.New("this is a folder: name one file with --name")
		}
		in = f
	}
	file, err := store.PutReader(ctx, client.ID, name, in)
	if err != nil {
		return err
	}
	return e.printFile(file, "stored", asJSON)
}

// putMany uploads files and prints one line for each finished file.
func (e *env) putMany(ctx context.Context, store *clients.Store, client clients.Client, paths []string, asJSON bool) error {
	outcomes := make([]putJSON, len(paths))
	bar := newTransferLine(e, asJSON)
	failed := 0
	var stopped error
	for event, err := range store.Put(ctx, client.ID, paths...) {
		if err != nil {
			bar.clear()
			if event.Files == 0 && outcomesEmpty(outcomes) {
				return err // nothing was started
			}
			stopped = err
			break
		}
		bar.show(event)
		out := putJSON{Name: event.Name.Reveal()}
		switch {
		case event.Err != nil:
			failed++
			out.Status, out.Error = "failed", event.Err.Error()
			if !asJSON {
				bar.clear()
				// The failed file is part of the result. Names must not go to
				// standard error, which cron mails and logs keep.
				fmt.Fprintf(e.Stdout, "%-26s  failed  %s: %s\n", "-", event.Name.Line(), safe.Line(event.Err.Error()))
			}
		case event.File != nil:
			file := fileToJSON(*event.File)
			out.Status, out.File = putStatus(event), &file
			if !asJSON {
				bar.clear()
				if err := e.printFile(*event.File, out.Status, false); err != nil {
					return err
				}
			}
		default:
			continue
		}
		outcomes[event.Index] = out
	}
	bar.clear()
	if asJSON {
		if err := e.JSON(outcomes); err != nil {
			return err
		}
	}
	switch {
	case stopped != nil:
		return stopped
	case failed > 0:
		return fmt.Errorf("%d of %d files could not be stored", failed, len(paths))
	}
	return nil
}

func outcomesEmpty(outcomes []putJSON) bool {
	for _, o := range outcomes {
		if o.Status != "" {
			return false
		}
	}
	return true
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

// transferLine is the progress line on a terminal; elsewhere it prints nothing.
type transferLine struct {
	e     *env
	on    bool
	done  map[int]int64
	total map[int]int64
	shown bool
}

func newTransferLine(e *env, asJSON bool) *transferLine {
	return &transferLine{e: e, on: e.IsTerminal(e.Stderr) && !asJSON, done: map[int]int64{}, total: map[int]int64{}}
}

func (l *transferLine) show(event clients.Progress) {
	if !l.on {
		return
	}
	l.done[event.Index], l.total[event.Index] = event.Done, event.Total
	var done, total int64
	for i := range l.total {
		done, total = done+l.done[i], total+max(l.total[i], 0)
	}
	fmt.Fprintf(l.e.Stderr, "\r\x1b[K%s of %s, %s", words.Bytes(done), words.Bytes(total), event.Name.Line())
	l.shown = true
}

func (l *transferLine) clear() {
	if l.shown {
		fmt.Fprint(l.e.Stderr, "\r\x1b[K")
		l.shown = false
	}
}

func filesGetCommand(e *env) *cobra.Command {
	var output, version string
	var force bool
	cmd := &cobra.Command{
		Use:   "get CLIENT FILE",
		Short: "Download a file, readable only by you; -o - writes to standard output",
		Long: "Downloads a file under its own name, or to -o. The file appears only after its SHA-256 was verified.\n" +
			"Standard output receives the bytes before they are verified: use them only if the exit code\n" +
			"is 0.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.onFile(cmd.Context(), true, version != "", args, func(store *clients.Store, file clients.File) error {
				return e.get(cmd.Context(), store, file, version, output, force)
			})
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "the `PATH` to write to: a file, a folder, or - for standard output")
	f.BoolVar(&force, "force", false, "replace an existing file")
	f.StringVar(&version, "version", "", "an earlier `VERSION`, as \"claria files versions\" shows it")
	return cmd
}

func (e *env) get(ctx context.Context, store *clients.Store, file clients.File, version, output string, force bool) error {
	if output == "-" {
		if e.IsTerminal(e.Stdout) { // the bytes, even of a text file, could take over the terminal
			return errors.New("standard output is a terminal: \"claria files text\" shows a file's text, -o PATH saves the file")
		}
		return store.Get(ctx, file, version, e.Stdout, nil)
	}
	path := output
	if info, err := os.Stat(path); path == "" || err == nil && info.IsDir() {
		path = filepath.Join(path, local.Name(file.Name, file.ID))
	}
	if !force {
		if err := checkFree(path); err != nil {
			return err
		}
	}
	line := newTransferLine(e, false)
	defer line.clear()
	err := savePrivate(path, force, func(w io.Writer) error {
		return store.Get(ctx, file, version, w, func(done, total int64) {
			line.show(clients.Progress{Name: file.Name, Done: done, Total: total})
		})
	})
	line.clear()
	if err != nil {
		if aws.KindOf(err) == aws.Stopped {
			return err
		}
		return fmt.Errorf("nothing was written: %w", err)
	}
	_, err = fmt.Fprintln(e.Stdout, safe.Line(path))
	return err
}
