package ui

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// secretPrompt asks for the passphrase of the encrypted keyring while the screen
// is up. Whoever needs it waits on reply, in a job of its own.
type secretPrompt struct {
	prompt
	reply chan<- secret
}

// secret is the answer to a secretPrompt; given is false when the user left it.
type secret struct {
	text  string
	given bool
}

func newSecretPrompt(question string, reply chan<- secret) *secretPrompt {
	p := &secretPrompt{reply: reply}
	p.title, p.hint, p.field = question, "It opens the encrypted file that holds this computer's AWS key. It is kept in memory only.", newField("")
	p.field.input.EchoMode, p.field.input.EchoCharacter = textinput.EchoPassword, '*'
	p.do = func(text string) tea.Cmd {
		p.reply <- secret{text, true}
		p.reply = nil
		return nil
	}
	return p
}

// Closed tells the one who waits that no answer will come.
func (p *secretPrompt) Closed() {
	if p.reply != nil {
		p.reply <- secret{}
		p.reply = nil
	}
}

// errNoPassphrase is the answer of a user who closed the dialog.
var errNoPassphrase = errors.New("no passphrase was given; r asks again")

// closer is a dialog that wants to know when it is closed.
type closer interface{ Closed() }

// askSecret asks through the running program, and waits for the answer.
func askSecret(ctx context.Context, send func(tea.Msg), question string) (string, error) {
	reply := make(chan secret, 1)
	send(openMsg{newSecretPrompt(question, reply)})
	select {
	case s := <-reply:
		if !s.given {
			return "", errNoPassphrase
		}
		return s.text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
