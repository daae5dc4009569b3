package clients

import (
	"context"
	"errors"

	"claria/clients"
	"claria/ui/kit"
)

// errLeftOut is the error of a file that a person did not want to store.
var errLeftOut = errors.New("you left it out: it may belong to someone else")

// asker asks about files that may be another person's, before anything of them is stored.
// It shows one question at a time.
func (p *Pane) asker(client clients.Client) func(context.Context, clients.Question) (clients.Answer, error) {
	all, send, turn := p.all, p.env.Send, make(chan struct{}, 1)
	return func(ctx context.Context, q clients.Question) (clients.Answer, error) {
		doubts := clients.Doubts(client, all, q.Passages)
		if len(doubts) == 0 {
			return clients.Answer{}, nil
		}
		if send == nil {
			return clients.Answer{}, errors.New("it may belong to someone else, and nobody could be asked")
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return clients.Answer{}, ctx.Err()
		}
		yes, err := kit.AskYes(ctx, send, doubtDialog(client, q.File, doubts))
		if err == nil && !yes {
			err = errLeftOut
		}
		return clients.Answer{}, err
	}
}

// doubtDialog asks whether a file is this client's.
func doubtDialog(client clients.Client, file clients.File, doubts []clients.Doubt) *kit.Confirm {
	var why []string
	for _, d := range doubts {
		if d.Other.ID != "" {
			why = append(why, passageName(d.Passage)+" names another client: "+kit.Named(d.Other.Name)+", "+tells(d.Other))
		} else {
			why = append(why, passageName(d.Passage)+" has the birth date "+d.Born+"; this client's is "+client.Born)
		}
	}
	return &kit.Confirm{
		Title:   "Is this file " + kit.Named(client.Name) + "'s?",
		What:    kit.Named(file.Name) + " may belong to someone else. Nothing of it is stored yet.",
		Target:  kit.Named(client.Name) + ", " + tells(client),
		Undo:    "Delete the file; its versions stay in the account.",
		Details: why,
		Verb:    "store it",
		Back:    "leave it out",
	}
}
