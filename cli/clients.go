package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"claria/clients"
	"claria/internal/safe"
)

// clientJSON is a client as --json prints it. Its name is printed unchanged, because
// the user asked for it.
type clientJSON struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
}

func clientToJSON(c clients.Client) clientJSON {
	return clientJSON{ID: c.ID, Name: c.Name.Reveal(), Created: c.Created, Changed: c.Changed}
}

// clientsCommand manages the list of clients.
func clientsCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clients",
		Short: "Add, list and rename clients",
	}
	cmd.AddCommand(clientsAddCommand(e), clientsListCommand(e), clientsRenameCommand(e))
	return cmd
}

func clientsAddCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a client and print the new id",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := e.Rooms(cmd.Context(), false)
			if err != nil {
				return err
			}
			client, err := s.Clients().Add(cmd.Context(), safe.PHI(args[0]))
			if err != nil {
				return err
			}
			return e.printClient(client, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func clientsListCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the clients: id, date added, name",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := e.Rooms(cmd.Context(), true)
			if err != nil {
				return err
			}
			list, unread := s.Clients().List(cmd.Context())
			if list == nil && unread != nil {
				return unread
			}
			if asJSON {
				out := make([]clientJSON, 0, len(list))
				for _, c := range list {
					out = append(out, clientToJSON(c))
				}
				return errors.Join(e.JSON(out), unread)
			}
			if len(list) == 0 && unread == nil {
				fmt.Fprintln(e.Stderr, "No clients yet; \"claria clients add NAME\" adds one.")
			}
			return errors.Join(e.table(func(w io.Writer) {
				for _, c := range list {
					fmt.Fprintf(w, "%s\t%s\t%s\n", c.ID, day(c.Created), c.Name.Line())
				}
			}), unread)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func clientsRenameCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rename CLIENT NAME",
		Short: "Rename a client; CLIENT is an id, or a name that only one client has",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, client, err := e.roomsFor(cmd.Context(), false, args[0])
			if err != nil {
				return err
			}
			if client, err = s.Clients().Rename(cmd.Context(), client.ID, safe.PHI(args[1])); err != nil {
				return err
			}
			return e.printClient(client, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func (e *env) printClient(client clients.Client, asJSON bool) error {
	if asJSON {
		return e.JSON(clientToJSON(client))
	}
	_, err := fmt.Fprintf(e.Stdout, "%s  %s\n", client.ID, client.Name.Line())
	return err
}

// findClient finds a client by id or name. If there is none, it shows a person at a
// terminal similar names. Its errors never contain a name.
func (e *env) findClient(ctx context.Context, store *clients.Store, idOrName string) (clients.Client, error) {
	client, err := store.Find(ctx, idOrName)
	e.suggest(err)
	return client, err
}

func (e *env) suggest(err error) {
	none, ok := errors.AsType[*clients.NoMatch](err)
	if !ok || !e.IsTerminal(e.Stderr) {
		return
	}
	for _, name := range none.Near {
		fmt.Fprintf(e.Stderr, "Did you mean %q?\n", name.Line())
	}
}

// table prints aligned columns. Names belong in the last one, because their width on
// the screen is not their length.
func (e *env) table(fill func(io.Writer)) error {
	w := tabwriter.NewWriter(e.Stdout, 0, 4, 2, ' ', 0)
	fill(w)
	return w.Flush()
}

// day is a date as people of any country read it, in their own time zone.
func day(t time.Time) string { return t.Local().Format(time.DateOnly) }
