package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claria/aws"
	"claria/drift/ledger"
	"claria/internal/safe"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// keysCommand manages the access keys of the identities that set-up created.
func keysCommand(e *env) *cobra.Command {
	keys := &cobra.Command{
		Use:   "keys",
		Short: "List, rotate, retire and issue the access keys of Claria's identities",
		Long: "AWS allows two access keys for each identity. Every computer has its own key, so before a third\n" +
			"computer can get one, a key must be retired. Changing keys needs a code of the second factor.",
	}
	var asJSON, yes bool
	var declared string
	list := &cobra.Command{
		Use: "list", Short: "List every key with its age, its last use, and whether this computer has it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.listKeys(cmd.Context(), asJSON) },
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	rotate := &cobra.Command{
		Use: "rotate [admin|auditor]", Short: "Give this computer a new key and deactivate its old one", Args: cobra.MaximumNArgs(1),
		Long: "Creates a key, tests it, stores it in the keyring, and deactivates the old one; the next rotation\n" +
			"deletes the old one. If it is interrupted, run it again to finish. Without an identity it rotates\n" +
			"every key of this computer.",
		RunE: func(cmd *cobra.Command, args []string) error { return e.rotateKeys(cmd.Context(), args) },
	}
	retire := &cobra.Command{
		Use: "retire ID", Short: "Delete the key of a computer that is no longer used", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return e.retireKey(cmd.Context(), args[0], yes) },
	}
	retire.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	issue := &cobra.Command{
		Use: "issue auditor", Short: "Give this computer only a key of the auditor, for a computer that only checks", Args: cobra.ExactArgs(1),
		Long: "Creates a key of claria-auditor for this computer's keyring. If Claria is not set up here, every command\n" +
			"works as the auditor from then on. Run it with an administrator's credential, or with the daily\n" +
			"identity's and a code of its second factor. That credential is not stored.",
		ValidArgs: []string{"auditor"},
		RunE:      func(cmd *cobra.Command, args []string) error { return e.issueKey(cmd.Context(), args[0], declared) },
	}
	issue.Flags().StringVar(&declared, "declared", "", "`WHERE` to take the declaration from if the register and claria.toml differ: here or elsewhere")
	keys.AddCommand(list, rotate, retire, issue, passphraseCommand(e))
	return keys
}

// userOf returns the IAM user of an identity's short name.
func userOf(identity string) (string, error) {
	switch identity {
	case "admin", state.AdminUser:
		return state.AdminUser, nil
	case "auditor", state.AuditorUser:
		return state.AuditorUser, nil
	}
	return "", fmt.Errorf("identity %q: use admin or auditor", identity)
}

func identities() []string { return []string{state.AdminUser, state.AuditorUser} }

// listedKey is a key in the list.
type listedKey struct {
	Identity string    `json:"identity"`
	ID       string    `json:"id"`
	Active   bool      `json:"active"`
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used,omitzero"`
	Here     bool      `json:"here"` // this computer's keyring has it
}

// keysOf lists the keys of the existing identities.
func (e *env) keysOf(ctx context.Context, s *session.Session, held map[string]string) ([]listedKey, error) {
	all := []listedKey{}
	for _, user := range identities() {
		keys, err := provision.Keys(ctx, s.Account, user)
		if aws.KindOf(err) == aws.Absent {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			all = append(all, listedKey{user, k.ID, k.Active, k.Created.UTC(), k.LastUsed.UTC(), held[user] == k.ID})
		}
	}
	return all, nil
}

func (e *env) listKeys(ctx context.Context, asJSON bool) error {
	s, err := e.Session(ctx)
	if err != nil {
		return err
	}
	all, err := e.keysOf(ctx, s, s.Held(ctx))
	if err != nil {
		return err
	}
	if asJSON {
		return e.JSON(all)
	}
	printKeys(e.Stdout, all)
	return nil
}

func printKeys(w io.Writer, all []listedKey) {
	for _, k := range all {
		state, used, here := "on ", "never used", ""
		if !k.Active {
			state = "off"
		}
		if !k.LastUsed.IsZero() {
			used = "last used " + k.LastUsed.Format(time.DateOnly)
		}
		if k.Here {
			here = "  this computer"
		}
		fmt.Fprintf(w, "%-15s %-20s %s  created %s, %s%s\n", k.Identity, safe.Line(k.ID), state, k.Created.Format(time.DateOnly), used, here)
	}
}

// approve is what changing keys needs.
func (e *env) approve(ctx context.Context, s *session.Session) (provision.Approval, error) {
	approval, err := s.Approval(ctx)
	e.choosing(&approval)
	return approval, err
}

// keyChange is one change of an identity's keys, as the ledger records it.
type keyChange struct {
	step provision.Step
	do   func(account *aws.Account, approval provision.Approval) error
}

func keyStep(user string, op provision.Op, summary, before, after string) provision.Step {
	return provision.Step{
		ID: "key/" + user, Op: op, Resource: "access key of " + user, Summary: summary, Before: before, After: after,
		Why: []string{"164.312(a)(2)(i)", "164.312(d)"}, Risk: provision.Irreversible, Control: []string{"IAM-12"},
	}
}

// changeKeys makes the changes one after the other, as a plan is applied: no other process
// on this computer changes the account meanwhile, and the ledger records each. check, if
// not nil, is asked before the first. The note is a sentence for the ledger.
func (e *env) changeKeys(ctx context.Context, s *session.Session, note string,
	check func(*aws.Account, provision.Approval) error, changes ...keyChange,
) error {
	approval, err := e.approve(ctx, s)
	if err != nil {
		return err
	}
	e.made = nil
	applying, err := e.watching().Begin(ctx, s, "A change of access keys", !e.IsTerminal(e.Stdin))
	if err != nil {
		return err
	}
	account, err := e.provisioner(ctx, s)
	if err == nil && check != nil {
		err = check(account, approval)
	}
	for _, change := range changes {
		if err != nil {
			break
		}
		if err = applying.Do(change.step, func() error { return change.do(account, approval) }); err == nil {
			e.made = append(e.made, change.step)
		}
	}
	applying.End()
	if !applying.Touched() {
		return err
	}
	s.Account.Renew() // the keyring may have a new key of this identity, also after an error
	if err != nil {
		note = fmt.Sprintf("A change of access keys stopped, after %d of %d.", len(e.made), len(changes))
	}
	unrecorded := e.record(ctx, s, ledger.Apply, note, e.made...)
	if err != nil {
		return err
	}
	return unrecorded
}

// choosing lets the person at the terminal choose a key to retire if an identity has
// as many as AWS allows.
func (e *env) choosing(approval *provision.Approval) {
	if !e.IsTerminal(e.Stdin) {
		return
	}
	approval.Retire = func(ctx context.Context, limit *provision.KeyLimitError) (string, error) {
		fmt.Fprintf(e.Stderr, "%s has two access keys, the most that AWS allows:\n", limit.User)
		var listed []listedKey
		for _, k := range limit.Keys {
			listed = append(listed, listedKey{Identity: limit.User, ID: k.ID, Active: k.Active, Created: k.Created, LastUsed: k.LastUsed})
		}
		printKeys(e.Stderr, listed)
		return e.askLine(ctx, "The id of the key to delete permanently (the computer that uses it will need a new one): ")
	}
}

func (e *env) rotateKeys(ctx context.Context, args []string) error {
	s, err := e.Session(ctx)
	if err != nil {
		return err
	}
	held := s.Held(ctx)
	users := slices.DeleteFunc(identities(), func(user string) bool { return held[user] == "" })
	if len(args) == 1 {
		user, err := userOf(args[0])
		if err != nil {
			return err
		}
		users = []string{user}
	}
	if len(users) == 0 {
		return errors.New("this computer's keyring has no key to rotate: get one with claria setup --apply")
	}
	var changes []keyChange
	for _, user := range users {
		step := keyStep(user, provision.Change, "rotated", "key "+cmp.Or(aws.ShortKeyID(held[user]), "none"), "a new key; the old one inactive")
		changes = append(changes, keyChange{step, func(account *aws.Account, approval provision.Approval) error {
			done, err := provision.Rotate(ctx, account, s.Settings, user, approval)
			s.Account.Renew()
			if err != nil {
				return fmt.Errorf("%s: %w", user, err)
			}
			printRotated(e.Stdout, user, done)
			return nil
		}})
	}
	note := "Access keys were rotated: " + strings.Join(users, ", ") + "."
	return e.changeKeys(ctx, s, note, func(account *aws.Account, approval provision.Approval) error {
		for _, user := range users { // before the first is changed
			if err := provision.RoomToRotate(ctx, account, s.Settings, user, approval); err != nil {
				return fmt.Errorf("nothing was changed: %w", err)
			}
		}
		return nil
	}, changes...)
}

func printRotated(w io.Writer, user string, done provision.Rotated) {
	said := []string{"new key " + done.New}
	if done.Resumed {
		said = append(said, "which an earlier rotation created")
	}
	if done.Old != "" {
		said = append(said, "the old one, "+done.Old+", is inactive, and the next rotation deletes it")
	}
	for _, id := range done.Deleted {
		said = append(said, id+", already inactive, is deleted")
	}
	fmt.Fprintf(w, "%s: %s.\n", user, safe.Line(strings.Join(said, "; ")))
}

func (e *env) retireKey(ctx context.Context, id string, yes bool) error {
	s, err := e.Session(ctx)
	if err != nil {
		return err
	}
	all, err := e.keysOf(ctx, s, s.Held(ctx))
	if err != nil {
		return err
	}
	// Messages show keys as AKIA…WXYZ; with at most two for each identity, that is
	// enough to identify one.
	i := slices.IndexFunc(all, func(k listedKey) bool { return k.ID == id || aws.ShortKeyID(k.ID) == id })
	if i < 0 {
		return fmt.Errorf("no identity of Claria has an access key %s: claria keys list shows them", id)
	}
	printKeys(e.Stderr, all[i:i+1])
	if !yes {
		ok, err := e.Confirm("Delete this key permanently? The computer that uses it will need a new one.", "--yes")
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was changed")
		}
	}
	user, key := all[i].Identity, all[i].ID
	step := keyStep(user, provision.Delete, "retired", "key "+aws.ShortKeyID(key), "deleted")
	return e.changeKeys(ctx, s, "An access key of "+user+" was deleted.", nil, keyChange{
		step,
		func(account *aws.Account, approval provision.Approval) error {
			if err := provision.Retire(ctx, account, s.Settings, user, key, approval); err != nil {
				return err
			}
			fmt.Fprintf(e.Stdout, "%s: key %s is deleted.\n", user, key)
			return nil
		},
	})
}

func (e *env) issueKey(ctx context.Context, identity, declared string) error {
	if declared != "" {
		if err := oneOf("declared", declared, declaredAt...); err != nil {
			return err
		}
	}
	user, err := userOf(identity)
	if err != nil {
		return err
	}
	if user != state.AuditorUser {
		return errors.New("issue creates only keys of the auditor; a computer gets its key of claria-admin with claria setup --apply")
	}
	s, err := e.Session(ctx)
	if err != nil {
		return err
	}
	step := keyStep(user, provision.Create, "issued to a computer that only checks", "", "one new key")
	return e.changeKeys(ctx, s, "An access key of "+user+" was issued.",
		func(*aws.Account, provision.Approval) error {
			// Without a person or --declared the key is issued, and each check says what differs.
			if declared == "" && !e.IsTerminal(e.Stdin) {
				return nil
			}
			return e.takeOver(ctx, s, declared)
		},
		keyChange{step, func(account *aws.Account, approval provision.Approval) error {
			detail, err := provision.IssueKey(ctx, account, s.Settings, user, approval)
			if err != nil {
				return err
			}
			if err := s.Issued(ctx, "auditor"); err != nil {
				return err
			}
			fmt.Fprintf(e.Stdout, "%s: %s.\n", user, safe.Line(detail))
			return nil
		}})
}
