package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"claria/aws"
	"claria/clients"
	"claria/internal/local"
	"claria/internal/safe"
)

// getJSON is the result for one downloaded file.
type getJSON struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"` // saved, same, failed
	Path   string `json:"path,omitempty"`
	Error  string `json:"error,omitempty"`
}

func filesGetCommand(e *env) *cobra.Command {
	g := &getRun{env: e, count: map[string]int{}}
	cmd := &cobra.Command{
		Use:   "get CLIENT [FILE…|PATTERN…]",
		Short: "Download files, readable only by you; -o - writes to standard output",
		Long: "Downloads a file under its own name, or to -o. Several files, a PATTERN (\"*.pdf\", in quotes) and --all\n" +
			"go to a folder: -o, or this one. A name like school/report.pdf becomes a file in a subfolder. Names that\n" +
			"only differ in case get the file's id; a file that is there with the same bytes is not downloaded\n" +
			"again, and another one stays unless you give --force.\n\n" +
			"Each file appears only after its SHA-256 was verified. If the program is killed, no part of a file is\n" +
			"left that could be read. Standard output receives the bytes before they are verified: use them only if\n" +
			"the exit code is 0.",
		Example: "  claria files get \"client 014\" intake.docx -o ~/Downloads\n" +
			"  claria files get \"client 014\" \"*.pdf\" \"school/*\" -o client-014",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case g.all == (len(args) > 1):
				return errors.New("name the files to download, or give --all")
			case g.version != "" && len(args) != 2:
				return errors.New("--version works with one file only")
			}
			if len(args) == 2 && !strings.ContainsAny(args[1], "*?[") {
				return e.onFile(cmd.Context(), true, g.version != "", args, func(store *clients.Store, file clients.File) error {
					g.store = store
					return g.one(cmd.Context(), file)
				})
			}
			return e.onClient(cmd.Context(), true, args[0], func(store *clients.Store, client clients.Client) error {
				g.store = store
				return g.many(cmd.Context(), client, args[1:])
			})
		},
	}
	f := cmd.Flags()
	f.StringVarP(&g.output, "output", "o", "", "the `PATH` to write to: a file, a folder, or - for standard output")
	f.BoolVar(&g.force, "force", false, "replace existing files")
	f.BoolVar(&g.all, "all", false, "all files of the client")
	f.BoolVar(&g.json, "json", false, "print the result for each file as JSON")
	f.StringVar(&g.version, "version", "", "an earlier `VERSION`, as \"claria files versions\" shows it")
	return cmd
}

// getRun is one run of files get.
type getRun struct {
	*env
	store            *clients.Store
	output, version  string
	force, all, json bool

	paths    []string // where each file goes
	outcomes []getJSON
	count    map[string]int // by status
}

// target is a file on this computer, as the transfer writes it.
type target struct {
	*local.File
	replace bool
}

func (t target) Commit() error { return inWords(t.File.Commit(t.replace)) }

// one downloads one file, perhaps an earlier version of it.
func (g *getRun) one(ctx context.Context, file clients.File) error {
	if g.output == "-" {
		if g.IsTerminal(g.Stdout) { // the bytes, even of a text file, could take over the terminal
			return errors.New("standard output is a terminal: \"claria files text\" shows a file's text, -o PATH saves the file")
		}
		return g.store.Get(ctx, file, g.version, g.Stdout, nil)
	}
	path := g.output
	if info, err := os.Stat(path); path == "" || err == nil && info.IsDir() {
		path = filepath.Join(path, local.Name(lastPart(file.Name), file.ID))
	}
	if g.version != "" {
		then, err := g.store.At(ctx, file, g.version)
		if err != nil {
			return err
		}
		file = then
	}
	if !g.force {
		if err := checkFree(path); err != nil {
			return err
		}
	}
	line := newTransferLine(g.env, g.json)
	defer line.clear()
	var failed error
	for event, err := range g.store.Download(ctx, clients.DownloadOptions{Open: func(int, clients.File) (clients.Target, error) {
		return g.begin(path)
	}}, file) {
		if failed = errors.Join(err, event.Err); failed != nil {
			break
		}
		line.show(event)
	}
	line.clear()
	switch {
	case aws.KindOf(failed) == aws.Stopped:
		return failed
	case failed != nil:
		return fmt.Errorf("nothing was written: %w", failed)
	case g.json:
		return g.JSON(getJSON{ID: file.ID, Name: file.Name.Reveal(), Status: "saved", Path: path})
	}
	_, err := fmt.Fprintln(g.Stdout, safe.Line(path))
	return err
}

// lastPart is a name without the folders of the upload.
func lastPart(name safe.PHI) safe.PHI {
	text := name.Reveal()
	return safe.PHI(text[strings.LastIndex(text, "/")+1:])
}

func (g *getRun) begin(path string) (clients.Target, error) {
	file, err := local.New(path)
	if err != nil {
		return nil, err
	}
	return target{file, g.force}, nil
}

// many downloads files into a folder.
func (g *getRun) many(ctx context.Context, client clients.Client, words []string) error {
	if g.output == "-" {
		return errors.New("standard output takes one file: name it, or give a folder with -o")
	}
	files, unread := g.store.Files(ctx, client.ID, false)
	if files == nil && unread != nil {
		return unread
	}
	if !g.all {
		var err error
		if files, err = clients.Select(files, words...); err != nil {
			g.suggest(err)
			return errors.Join(err, unread)
		}
	}
	folder, err := g.folder()
	if err != nil {
		return err
	}
	g.paths, g.outcomes = pathsIn(folder, files), make([]getJSON, len(files))
	line := newTransferLine(g.env, g.json)
	var last clients.Progress
	var stopped error
	for event, err := range g.store.Download(ctx, clients.DownloadOptions{Open: g.open}, files...) {
		if err != nil {
			stopped = err
			break
		}
		if last = event; !event.Over() {
			line.show(event)
			continue
		}
		line.clear()
		if err := g.over(event, files[event.Index]); err != nil {
			return err
		}
	}
	line.clear()
	return errors.Join(g.sum(last, stopped), unread)
}

// folder is where many files go. It is made if it does not exist.
func (g *getRun) folder() (string, error) {
	if g.output == "" {
		return ".", nil
	}
	info, err := os.Stat(g.output)
	switch {
	case err == nil && !info.IsDir():
		return "", errors.New("several files need a folder, and -o is a file")
	case err == nil:
		return g.output, nil
	}
	return g.output, folderMade(g.output)
}

// folderMade makes a folder that only its owner can read.
func folderMade(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return errors.New("the folder cannot be made there: choose another with -o")
	}
	return nil
}

// open begins a file, unless the same bytes are there.
func (g *getRun) open(i int, file clients.File) (clients.Target, error) {
	path := g.paths[i]
	if info, err := os.Lstat(path); err == nil && !g.force {
		if info.Mode().IsRegular() && info.Size() == file.Size {
			if sum, err := local.SHA256(path); err == nil && sum == file.SHA256 {
				return nil, nil
			}
		}
		return nil, inWords(local.ErrExists)
	}
	if err := folderMade(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return g.begin(path)
}

// over prints what became of a file.
func (g *getRun) over(event clients.Progress, file clients.File) error {
	out := &g.outcomes[event.Index]
	*out = getJSON{ID: file.ID, Name: file.Name.Reveal(), Status: "saved", Path: g.paths[event.Index]}
	text := safe.Line(out.Path)
	switch {
	case event.Err != nil:
		out.Status, out.Path, out.Error = "failed", "", event.Err.Error()
		// The failed file is part of the result: names must not go to standard error.
		text = file.Name.Line() + ": " + safe.Line(out.Error)
	case event.Same:
		out.Status = "same"
	}
	g.count[out.Status]++
	if g.json {
		return nil
	}
	_, err := fmt.Fprintf(g.Stdout, "%s  %s  %s\n", file.ID, out.Status, text)
	return err
}

// sum ends the result.
func (g *getRun) sum(last clients.Progress, stopped error) error {
	if g.json {
		if err := g.JSON(g.outcomes); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(g.Stderr, transferSum(last, g.count, "saved", "same", "failed"))
	}
	switch {
	case stopped != nil:
		return stopped
	case g.count["failed"] > 0:
		return fmt.Errorf("%d of %d files could not be saved", g.count["failed"], last.Files)
	}
	return nil
}

// pathsIn are the paths of files in a folder. Where names lead to one path, or to two
// that differ only in case, which is one for many computers, each has the file's id.
func pathsIn(folder string, files []clients.File) []string {
	paths, taken := make([]string, len(files)), map[string]int{}
	for i, file := range files {
		parts := []string{folder}
		for part := range strings.SplitSeq(file.Name.Reveal(), "/") {
			parts = append(parts, local.Name(safe.PHI(part), file.ID))
		}
		paths[i] = filepath.Join(parts...)
		taken[strings.ToLower(paths[i])]++
	}
	for i, path := range paths {
		if taken[strings.ToLower(path)] > 1 {
			ending := filepath.Ext(path)
			paths[i] = strings.TrimSuffix(path, ending) + " " + files[i].ID + ending
		}
	}
	return paths
}
