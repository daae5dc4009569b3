package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// yes is a Confirm that work waits for.
type yes struct {
	*Confirm
	reply chan<- bool
}

// Closed answers no.
func (y *yes) Closed() { y.answer(false) }

func (y *yes) answer(is bool) {
	if y.reply != nil {
		y.reply <- is
		y.reply = nil
	}
}

// AskYes asks in the running program, for work that waits: true is yes, and closing the
// dialog is no. Its Do is not used.
func AskYes(ctx context.Context, send func(tea.Msg), c *Confirm) (bool, error) {
	reply := make(chan bool, 1)
	y := &yes{Confirm: c, reply: reply}
	c.Do = func() tea.Cmd { y.answer(true); return nil }
	return wait(ctx, send, y, reply)
}
