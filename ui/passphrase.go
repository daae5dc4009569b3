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
	hide(&p.field)
	p.do = func(text string) tea.Cmd {
		p.reply <- secret{text, true}
		p.reply = nil
		return nil
	}
	return p
}

// hide shows what is typed into a field as stars.
func hide(f *field) {
	f.input.EchoMode, f.input.EchoCharacter = textinput.EchoPassword, '*'
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
	got, err := wait(ctx, send, newSecretPrompt(question, reply), reply)
	switch {
	case err != nil:
		return "", err
	case !got.given:
		return "", errNoPassphrase
	}
	return got.text, nil
}

// wait opens a dialog through the running program and waits for its reply. When the
// work that asks is stopped, the dialog goes with it.
func wait[T any](ctx context.Context, send func(tea.Msg), d dialog, reply <-chan T) (T, error) {
	send(openMsg{d})
	select {
	case got := <-reply:
		return got, nil
	case <-ctx.Done():
		send(closeMsg{d})
		var none T
		return none, ctx.Err()
	}
}

// errNobody is the answer where no program runs whose screen could ask.
var errNobody = errors.New("nobody is there to be asked")

// sureDialog is a confirm whose answer somebody waits for.
type sureDialog struct {
	confirm
	reply chan<- bool
}

// Closed tells the one who waits: no, unless it was confirmed.
func (d *sureDialog) Closed() {
	if d.reply != nil {
		d.reply <- false
		d.reply = nil
	}
}

// sure asks before something dangerous goes on, and waits for the answer.
func (e *env) sure(ctx context.Context, c confirm) (bool, error) {
	if e.send == nil {
		return false, errNobody
	}
	reply := make(chan bool, 1)
	d := &sureDialog{confirm: c, reply: reply}
	d.do = func() tea.Cmd {
		d.reply <- true
		d.reply = nil
		return nil
	}
	return wait(ctx, e.send, d, reply)
}
