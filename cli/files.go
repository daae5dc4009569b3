package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/words"
	"claria/session"
)

// fileJSON is a file as --json prints it.
type fileJSON struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Type     string     `json:"type"`
	Size     int64      `json:"size"`
	SHA256   string     `json:"sha256"`
	Added    time.Time  `json:"added"`
	Source   string     `json:"source"`
	Segments int        `json:"segments"`
	NotRead  []string   `json:"not_read,omitempty"` // what the passages lack, a sentence each
	LeftOut  []string   `json:"left_out,omitempty"` // what is hidden in the file, a sentence each
	Machine  string     `json:"read_by,omitempty"`  // the model that read its pictures
	Problem  string     `json:"problem,omitempty"`
	Class    string     `json:"class,omitempty"`
	Label    *labelJSON `json:"label,omitempty"`
	Proposed *labelJSON `json:"proposed,omitempty"` // a label found in the text, not confirmed
	Version  string     `json:"version"`
	Deleted  bool       `json:"deleted"`
}

// labelJSON is what a document is, as --json prints it.
type labelJSON struct {
	What       string `json:"what,omitempty"`
	Informant  string `json:"informant,omitempty"`
	Instrument string `json:"instrument,omitempty"`
	Date       string `json:"date,omitempty"`
}

func labelToJSON(l clients.Label) *labelJSON {
	if l == (clients.Label{}) {
		return nil
	}
	return &labelJSON{l.What.Reveal(), l.Informant.Reveal(), l.Instrument.Reveal(), l.Date}
}

func fileToJSON(f clients.File) fileJSON {
	missing, hidden := unreadSentences(f)
	return fileJSON{
		NotRead: missing, LeftOut: hidden, Machine: f.Machine, Class: string(f.Class), Label: labelToJSON(f.Label),
		Proposed: labelToJSON(f.Proposed),
		ID:       f.ID, Name: f.Name.Reveal(), Type: f.Type, Size: f.Size, SHA256: f.SHA256, Added: f.Added, Source: f.Source,
		Segments: f.Segments, Problem: f.Problem, Version: f.Version, Deleted: f.Deleted,
	}
}

// filesCommand manages a client's files.
func filesCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "files",
		Short: "Upload, list, download, delete and restore a client's files",
		Long: "CLIENT and FILE are ids, or names that only one client or file has. Nothing is overwritten: a file\n" +
			"of the same name becomes a new version, and a deleted file can be restored.",
	}
	cmd.AddCommand(
		filesPutCommand(e), filesListCommand(e), filesGetCommand(e), filesRemoveCommand(e),
		filesRestoreCommand(e), filesVersionsCommand(e), filesTextCommand(e), filesReadCommand(e),
	)
	return cmd
}

// onClient runs a verb with the store and the client of the first argument.
func (e *env) onClient(ctx context.Context, readOnly bool, who string, run func(*clients.Store, clients.Client) error) error {
	s, client, err := e.roomsFor(ctx, readOnly, who)
	if err != nil {
		return err
	}
	return run(s.Clients(), client)
}

// roomsFor opens a session for records and finds the client of an argument.
func (e *env) roomsFor(ctx context.Context, readOnly bool, who string) (*session.Session, clients.Client, error) {
	s, err := e.Rooms(ctx, readOnly)
	if err != nil {
		return nil, clients.Client{}, err
	}
	client, err := e.findClient(ctx, s.Clients(), who)
	return s, client, err
}

// onFile is onClient with the file of the second argument. It finds deleted files
// only if asked to.
func (e *env) onFile(ctx context.Context, readOnly, deleted bool, args []string, run func(*clients.Store, clients.File) error) error {
	return e.onClient(ctx, readOnly, args[0], func(store *clients.Store, client clients.Client) error {
		find := store.FindFile
		if deleted {
			find = store.FindAny
		}
		file, err := find(ctx, client.ID, args[1])
		if err != nil {
			e.suggest(err)
			return err
		}
		return run(store, file)
	})
}

func filesListCommand(e *env) *cobra.Command {
	var asJSON, deleted bool
	cmd := &cobra.Command{
		Use:   "list CLIENT",
		Short: "List a client's files: id, size, date, passages of text, name",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.onClient(cmd.Context(), true, args[0], func(store *clients.Store, client clients.Client) error {
				list, unread := store.Files(cmd.Context(), client.ID, deleted)
				if list == nil && unread != nil {
					return unread
				}
				if asJSON {
					out := make([]fileJSON, 0, len(list))
					for _, f := range list {
						out = append(out, fileToJSON(f))
					}
					return errors.Join(e.JSON(out), unread)
				}
				if len(list) == 0 && unread == nil {
					fmt.Fprintln(e.Stderr, "No files yet; \"claria files put CLIENT PATH…\" uploads some.")
				}
				return errors.Join(e.table(func(w io.Writer) {
					for _, f := range list {
						fmt.Fprintf(w, "%s\t%9s\t%s\t%s\t%s\n", f.ID, words.Bytes(f.Size), day(f.Added), fileState(f), f.Name.Line())
					}
				}), unread)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	cmd.Flags().BoolVar(&deleted, "deleted", false, "also list deleted files")
	return cmd
}

// fileState describes a file in a listing in a word or two.
func fileState(f clients.File) string {
	switch {
	case f.Deleted:
		return "deleted"
	case f.Segments == 0:
		return "no text"
	}
	state := words.Count(f.Segments, "passage")
	if short := text.Short(f.Unread); short != "" {
		state += ", " + short
	}
	return state
}

// unreadSentences says what a file's passages lack, and what is hidden in it.
func unreadSentences(f clients.File) (missing, hidden []string) {
	for _, u := range f.Unread {
		if said := words.Capital(u.String()) + "."; u.Missing() {
			missing = append(missing, said)
		} else {
			hidden = append(hidden, said)
		}
	}
	return missing, hidden
}

func filesRemoveCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rm CLIENT FILE",
		Short: "Delete a file; \"claria files restore\" brings it back",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.onFile(cmd.Context(), false, false, args, func(store *clients.Store, file clients.File) error {
				if err := store.Delete(cmd.Context(), file); err != nil {
					return err
				}
				file.Deleted = true
				return e.printFile(file, "deleted", asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func filesRestoreCommand(e *env) *cobra.Command {
	var asJSON bool
	var version string
	cmd := &cobra.Command{
		Use:   "restore CLIENT FILE",
		Short: "Restore a deleted file or an earlier version of a file",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.onFile(cmd.Context(), false, true, args, func(store *clients.Store, file clients.File) error {
				file, err := store.Restore(cmd.Context(), file, version)
				if err != nil {
					return err
				}
				return e.printFile(file, "restored", asJSON)
			})
		},
	}
	// This --version is the verb's own, not the program's.
	cmd.Flags().StringVar(&version, "version", "", "the `VERSION` to restore, as \"claria files versions\" shows it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// printFile prints what was done to one file.
func (e *env) printFile(file clients.File, done string, asJSON bool) error {
	if asJSON {
		return e.JSON(fileToJSON(file))
	}
	_, err := fmt.Fprintf(e.Stdout, "%s  %s  %s\n", file.ID, done, file.Name.Line())
	return err
}

// versionJSON is a version as --json prints it.
type versionJSON struct {
	Version string    `json:"version"`
	Changed time.Time `json:"changed"`
	Size    int64     `json:"size"`
	Latest  bool      `json:"latest"`
	Deleted bool      `json:"deleted"`
}

func filesVersionsCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "versions CLIENT FILE",
		Short: "List a file's versions and deletions, newest first",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.onFile(cmd.Context(), true, true, args, func(store *clients.Store, file clients.File) error {
				list, unread := store.Versions(cmd.Context(), file)
				if list == nil && unread != nil {
					return unread
				}
				if asJSON {
					out := make([]versionJSON, 0, len(list))
					for _, v := range list {
						out = append(out, versionJSON{v.ID, v.Changed, v.Size, v.Latest, v.Deleted})
					}
					return errors.Join(e.JSON(out), unread)
				}
				return errors.Join(e.table(func(w io.Writer) {
					for _, v := range list {
						what := words.Bytes(v.Size)
						if v.Deleted {
							what = "deleted"
						}
						latest := ""
						if v.Latest {
							latest = "now"
						}
						fmt.Fprintf(w, "%s\t%s\t%9s\t%s\n", v.ID, v.Changed.Local().Format("2006-01-02 15:04:05"), what, latest)
					}
				}), unread)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// segmentJSON is a passage as --json prints it.
type segmentJSON struct {
	Number int      `json:"number"`
	Kind   string   `json:"kind"`
	Level  int      `json:"level,omitempty"`
	Place  string   `json:"place,omitempty"` // "page 2"
	Table  int      `json:"table,omitempty"` // which table of the file a row belongs to, from 1
	Start  int      `json:"start"`
	End    int      `json:"end"`
	Cells  []string `json:"cells,omitempty"` // of a row
	Text   string   `json:"text"`
}

func segmentToJSON(p text.Passage) segmentJSON {
	out := segmentJSON{
		Number: p.Number, Kind: p.Kind, Level: p.Level, Place: p.Place.Reveal(), Table: p.Table, Start: p.Start, End: p.End, Text: p.Text.Reveal(),
	}
	for _, cell := range p.Cells {
		out.Cells = append(out.Cells, cell.Reveal())
	}
	return out
}

func filesTextCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "text CLIENT FILE",
		Short: "Print a file's text as numbered passages, §1, §2, …",
		Long: "Prints a file's text as passages. A passage has the same number everywhere: §4 here is §4 of this file\n" +
			"on the screen and in the sources of a report. What was not read of the file is said on standard error.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.onFile(cmd.Context(), true, false, args, func(store *clients.Store, file clients.File) error {
				segments, err := store.Segments(cmd.Context(), file)
				if err != nil {
					return err
				}
				if len(segments) == 0 {
					return fmt.Errorf("the file has no text: %s; \"claria files get\" downloads it", file.Problem)
				}
				missing, hidden := unreadSentences(file)
				for _, said := range append(missing, hidden...) {
					fmt.Fprintln(e.Stderr, said)
				}
				if asJSON {
					out := make([]segmentJSON, 0, len(segments))
					for _, s := range segments {
						out = append(out, segmentToJSON(s))
					}
					return e.JSON(out)
				}
				placed := slices.ContainsFunc(segments, func(p text.Passage) bool { return p.Place != "" })
				return e.table(func(w io.Writer) {
					for _, s := range segments {
						fmt.Fprintf(w, "§%d\t", s.Number)
						if placed {
							fmt.Fprintf(w, "%s\t", s.Place.Line())
						}
						fmt.Fprintf(w, "%s\n", s.Text.Line())
					}
				})
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON, with the position of each passage")
	return cmd
}
