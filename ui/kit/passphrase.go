package kit

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// secretPrompt asks for the passphrase of the encrypted keyring while the screen
// is up. The caller waits on reply, in a job of its own.
type secretPrompt struct {
	Prompt
	reply chan<- secret
}

// secret is the answer to a secretPrompt; given is false when the user closed it.
type secret struct {
	text  string
	given bool
}

func newSecretPrompt(question string, reply chan<- secret) *secretPrompt {
	p := &secretPrompt{reply: reply}
	p.title, p.field = question, NewField("")
	p.hint = "The passphrase opens the encrypted file that holds this computer's AWS key. Claria keeps it in memory only."
	Hide(&p.field)
	p.do = func(text string) tea.Cmd {
		p.reply <- secret{text, true}
		p.reply = nil
		return nil
	}
	return p
}

// Hide makes a field show stars for what is typed.
func Hide(f *Field) {
	f.input.EchoMode, f.input.EchoCharacter = textinput.EchoPassword, '*'
}

// Closed answers a caller that waits: no passphrase was given.
func (p *secretPrompt) Closed() {
	if p.reply != nil {
		p.reply <- secret{}
		p.reply = nil
	}
}

// errNoPassphrase is the answer of a user who closed the dialog.
var errNoPassphrase = errors.New("no passphrase was given; r asks again")

// Closer is a dialog that is called when it is closed.
type Closer interface{ Closed() }

// AskSecret asks in the running program and waits for the answer.
func AskSecret(ctx context.Context, send func(tea.Msg), question string) (string, error) {
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

// wait opens a dialog in the running program and waits for its reply. It closes the
// dialog when the work that asks is stopped.
func wait[T any](ctx context.Context, send func(tea.Msg), d Dialog, reply <-chan T) (T, error) {
	send(OpenMsg{d})
	select {
	case got := <-reply:
		return got, nil
	case <-ctx.Done():
		send(CloseMsg{d})
		var none T
		return none, ctx.Err()
	}
}

// errNobody is the answer when no screen is up that could ask.
var errNobody = errors.New("nobody is there to answer a question")

// sureDialog is a confirm that a caller waits for.
type sureDialog struct {
	Confirm
	reply chan<- bool
}

// Closed answers a caller that waits: no, unless it was confirmed.
func (d *sureDialog) Closed() {
	if d.reply != nil {
		d.reply <- false
		d.reply = nil
	}
}

// sure asks before something dangerous continues, and waits for the answer.
func (e *Env) sure(ctx context.Context, c Confirm) (bool, error) {
	if e.Send == nil {
		return false, errNobody
	}
	reply := make(chan bool, 1)
	d := &sureDialog{Confirm: c, reply: reply}
	d.Do = func() tea.Cmd {
		d.reply <- true
		d.reply = nil
		return nil
	}
	return wait(ctx, e.Send, d, reply)
}
