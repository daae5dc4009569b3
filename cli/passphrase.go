package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"claria/aws"
)

// passphraseCommand gives the encrypted file keyring another passphrase.
func passphraseCommand(e *env) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "passphrase", Short: "Change the passphrase of the encrypted file keyring", Args: cobra.NoArgs,
		Long: "The current passphrase comes from where it always comes from, the new one from the first line of --new FILE\n" +
			"or from the terminal. It has 12 characters or more. Afterwards put it where Claria finds it, for example into\n" +
			"the file that " + aws.PassphraseVariable + " names. Copies of the keyring's files keep the old one.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := e.Session(cmd.Context())
			if err != nil {
				return err
			}
			passphrase := ""
			switch {
			case file != "":
				passphrase, err = aws.ReadPassphrase(file)
			case e.IsTerminal(e.Stdin):
				passphrase, err = e.newPassphrase()
			default:
				err = errors.New("there is no terminal to ask for the new passphrase: use --new FILE")
			}
			if err != nil {
				return err
			}
			if err := s.ChangePassphrase(passphrase); err != nil {
				return err
			}
			fmt.Fprintln(e.Stdout, "The keyring has the new passphrase.")
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "new", "", "the `FILE` with the new passphrase, which only you can read (mode 0600)")
	return cmd
}

// newPassphrase asks twice.
func (e *env) newPassphrase() (string, error) {
	first, err := e.askPassphrase("New passphrase of Claria's keyring")
	if err != nil {
		return "", err
	}
	second, err := e.askPassphrase("The same again")
	if err == nil && first != second {
		err = errors.New("nothing was changed: the two passphrases differ")
	}
	return first, err
}
