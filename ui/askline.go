package ui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/provision"
)

// linePrompt asks for one line while work waits for it in a job of its own.
type linePrompt struct {
	prompt
	reply chan<- secret
}

func newLinePrompt(title, label, hint string, check func(string) string, reply chan<- secret) *linePrompt {
	p := &linePrompt{reply: reply}
	p.prompt = *newPrompt(title, label, "", hint, check, func(text string) tea.Cmd {
		p.reply <- secret{text, true}
		p.reply = nil
		return nil
	})
	return p
}

// Closed tells the one who waits that no answer will come.
func (p *linePrompt) Closed() {
	if p.reply != nil {
		p.reply <- secret{}
		p.reply = nil
	}
}

// errNotAnswered is the answer of a user who closed the dialog.
var errNotAnswered = errors.New("no code was given, so nothing was changed")

// askLine asks through the running program, and waits for the answer.
func (e *env) askLine(ctx context.Context, title, label, hint string, check func(string) string) (string, error) {
	if e.send == nil {
		return "", errNotAnswered
	}
	reply := make(chan secret, 1)
	e.send(openMsg{newLinePrompt(title, label, hint, check, reply)})
	select {
	case s := <-reply:
		if !s.given {
			return "", errNotAnswered
		}
		return strings.TrimSpace(s.text), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// digits checks that a line holds n codes of six digits.
func digits(n int) func(string) string {
	return func(line string) string {
		fields := strings.Fields(line)
		for _, f := range fields {
			if len(f) != 6 || strings.Trim(f, "0123456789") != "" {
				return "A code has six digits."
			}
		}
		switch {
		case len(fields) == n:
			return ""
		case n == 2:
			return "Type two codes, with a space between them: one, and the one that the app shows next."
		}
		return "Type the one code that the app shows."
	}
}

// mender is the identity that may change the account. It asks for a code of the
// second factor when that is needed, and again when AWS refuses it.
func (e *env) mender(ctx context.Context) (account *aws.Account, err error) {
	var refused error
	for {
		account, err = e.session.Mender(ctx, func() (string, error) { return e.askCode(ctx, refused) })
		if _, again := errors.AsType[*provision.CodeError](err); !again {
			return account, err
		}
		refused = err
	}
}

// askCode asks for one code. The practice account's authenticator is in nobody's
// pocket, so its code is shown.
func (e *env) askCode(ctx context.Context, refused error) (string, error) {
	hint := "The authenticator app on your phone shows it. One code serves for changes during an hour."
	if refused != nil {
		hint = sentence(refused.Error())
	}
	if phone := e.session.Phone(); phone != nil {
		code, err := phone.Code(ctx, refused)
		if err != nil {
			return "", err
		}
		hint += " Nothing is real here: the practice account's authenticator shows " + code + "."
	}
	return e.askLine(ctx, "Second factor", "code", hint, digits(1))
}

// enrol shows a new second factor and asks for two codes of it.
func (e *env) enrol(ctx context.Context, enrolment provision.Enrolment) (first, second string, err error) {
	hint := "In an authenticator app add an account by hand, with this key: " + enrolment.Seed +
		". Then type the code that it shows, wait for the next one, and type that too."
	if enrolment.Refused != nil {
		hint = sentence(enrolment.Refused.Error()) + " The key is " + enrolment.Seed + "."
	}
	if phone := e.session.Phone(); phone != nil {
		first, second, err := phone.Enrol(ctx, enrolment)
		if err != nil {
			return "", "", err
		}
		hint += " Nothing is real here: the practice account's authenticator shows " + first + " and then " + second + "."
	}
	line, err := e.askLine(ctx, "Second factor of the daily identity", "codes", hint, digits(2))
	if err != nil {
		return "", "", err
	}
	fields := strings.Fields(line)
	return fields[0], fields[1], nil
}
