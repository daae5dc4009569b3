package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"rsc.io/qr"

	"claria/aws"
	"claria/internal/words"
	"claria/provision"
	"claria/session"
)

// mender is the identity that may change the account. Its code comes from
// --mfa-code, from the person at the terminal, or, on the practice account, from the
// practice's own authenticator.
func (e *env) mender(ctx context.Context, s *session.Session) (*aws.Account, error) {
	var refused error
	for tries := 1; ; tries++ {
		account, err := s.Mender(ctx, func() (string, error) { return e.code(ctx, s, refused) })
		if _, again := errors.AsType[*provision.CodeError](err); !again || tries == 3 || (s.Phone() == nil && !e.IsTerminal(e.Stdin)) {
			return account, err
		}
		refused = err
	}
}

// code is one code of the second factor.
func (e *env) code(ctx context.Context, s *session.Session, refused error) (string, error) {
	switch given := e.mfaCode; {
	case given != "" && refused == nil:
		return given, nil
	case s.Phone() != nil:
		return s.Phone().Code(ctx, refused)
	case !e.IsTerminal(e.Stdin):
		return "", errors.New("changing the account takes a code of the second factor, and nobody is at the terminal to type it: give --mfa-code")
	}
	if refused != nil {
		fmt.Fprintln(e.Stderr, words.Capital(refused.Error())+".")
	}
	return e.askLine(ctx, "Code of the second factor: ")
}

// roleToTake is the role of --assume-role, with the code that its second factor wants.
func (e *env) roleToTake(ctx context.Context) aws.Role {
	role := e.role
	role.MFACode = func() (string, error) {
		switch {
		case e.mfaCode != "":
			return e.mfaCode, nil
		case !e.IsTerminal(e.Stdin):
			return "", errors.New("the role wants a code of the second factor, and nobody is at the terminal to type it: give --mfa-code")
		}
		return e.askLine(ctx, "Code of the second factor for the role: ")
	}
	return role
}

// askLine asks for one line at the terminal. It stops waiting when ctx ends.
func (e *env) askLine(ctx context.Context, question string) (string, error) {
	fmt.Fprint(e.Stderr, question)
	type answer struct {
		line string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		line, err := e.lines().ReadString('\n')
		answered <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case a := <-answered:
		if a.line != "" {
			return a.line, nil
		}
		if a.err != nil {
			return "", errors.New("nothing was typed")
		}
		return "", errors.New("nothing was typed, so nothing was done")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// lines reads the terminal. There is one reader, for what it has read ahead is the
// next answer.
func (e *env) lines() *bufio.Reader {
	if e.stdin == nil {
		e.stdin = bufio.NewReader(e.Stdin)
	}
	return e.stdin
}

// secondFactor lets the approval enrol and try the second factor.
func (e *env) secondFactor(s *session.Session, approval *provision.Approval) {
	switch {
	case s.Phone() != nil: // nothing is real, and the phone is at hand
		approval.SecondFactor, approval.Code = s.Phone().Enrol, s.Phone().Code
	case e.IsTerminal(e.Stdin):
		approval.SecondFactor = e.enrol
		approval.Code = func(ctx context.Context, refused error) (string, error) {
			if refused != nil {
				fmt.Fprintln(e.Stderr, words.Capital(refused.Error())+".")
			}
			return e.askLine(ctx, "One more code, the next that the app shows, to try it: ")
		}
	}
}

// enrol shows the second factor as a picture and as text, and asks for two codes.
func (e *env) enrol(ctx context.Context, enrolment provision.Enrolment) (first, second string, err error) {
	if enrolment.Refused != nil {
		fmt.Fprintln(e.Stderr, words.Capital(enrolment.Refused.Error())+".")
	} else {
		picture, err := picture(enrolment.URI)
		if err != nil {
			return "", "", err
		}
		fmt.Fprintf(e.Stderr, "\nThe second factor of the daily identity. Scan this with an authenticator app:\n\n%s\nor add it by hand with this key: %s\n\n", picture, enrolment.Seed)
	}
	if first, err = e.askLine(ctx, "The code that the app shows: "); err != nil {
		return "", "", err
	}
	second, err = e.askLine(ctx, "The code that it shows next: ")
	return first, second, err
}

// picture draws a QR code with half blocks, dark on light whatever the terminal's
// colours are: two rows of squares in each line, and the quiet zone that readers want.
func picture(text string) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", fmt.Errorf("the QR code could not be drawn: %w", err)
	}
	const quiet = 2
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString("\x1b[30;47m")
		for x := -quiet; x < code.Size+quiet; x++ {
			switch up, down := code.Black(x, y), code.Black(x, y+1); {
			case up && down:
				b.WriteString("█")
			case up:
				b.WriteString("▀")
			case down:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String(), nil
}
