package kit

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// secretPrompt asks for the passphrase of the encrypted keyring while the screen
// is up. Whoever needs it waits on reply, in a job of its own.
type secretPrompt struct {
	Prompt
	reply chan<- secret
}

// secret is the answer to a secretPrompt; given is false when the user left it.
type secret struct {
	text  string
	given bool
}

func newSecretPrompt(question string, reply chan<- secret) *secretPrompt {
	p := &secretPrompt{reply: reply}
	p.title, p.hint, p.field = question, "It opens the encrypted file that holds this computer's AWS key. It is kept in memory only.", NewField("")
	Hide(&p.field)
	p.do = func(text string) tea.Cmd {
		p.reply <- secret{text, true}
		p.reply = nil
		return nil
	}
	return p
}

// Hide shows what is typed into a field as stars.
func Hide(f *Field) {
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

// Closer is a dialog that wants to know when it is closed.
type Closer interface{ Closed() }

// AskSecret asks through the running program, and waits for the answer.
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

// wait opens a dialog through the running program and waits for its reply. When the
// work that asks is stopped, the dialog goes with it.
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

// errNobody is the answer where no program runs whose screen could ask.
var errNobody = errors.New("nobody is there to be asked")

// sureDialog is a confirm whose answer somebody waits for.
type sureDialog struct {
	Confirm
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
