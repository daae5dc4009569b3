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

// provisioner returns the account as the identity that may change it. The code comes from
// --mfa-code, from the person at the terminal, or on the demo account from its own
// authenticator.
func (e *env) provisioner(ctx context.Context, s *session.Session) (*aws.Account, error) {
	var refused error
	for tries := 1; ; tries++ {
		account, err := s.AsProvisioner(ctx, func() (string, error) { return e.code(ctx, s, refused) })
		if _, again := errors.AsType[*provision.CodeError](err); !again || tries == 3 || (s.Phone() == nil && !e.IsTerminal(e.Stdin)) {
			return account, err
		}
		refused = err
	}
}

// code returns one code of the second factor.
func (e *env) code(ctx context.Context, s *session.Session, refused error) (string, error) {
	switch given := e.mfaCode; {
	case given != "" && refused == nil:
		return given, nil
	case s.Phone() != nil:
		return s.Phone().Code(ctx, refused)
	case !e.IsTerminal(e.Stdin):
		return "", errors.New("a change to the account needs a code of the second factor, and there is no terminal to ask for it: use --mfa-code")
	}
	if refused != nil {
		fmt.Fprintln(e.Stderr, words.Capital(refused.Error())+".")
	}
	return e.askLine(ctx, "Code of the second factor: ")
}

// roleToTake returns the role of --assume-role, with the code of its second factor.
func (e *env) roleToTake(ctx context.Context) aws.Role {
	role := e.role
	role.MFACode = func() (string, error) {
		switch {
		case e.mfaCode != "":
			return e.mfaCode, nil
		case !e.IsTerminal(e.Stdin):
			return "", errors.New("the role needs a code of the second factor, and there is no terminal to ask for it: use --mfa-code")
		}
		return e.askLine(ctx, "Code of the second factor for the role: ")
	}
	return role
}

// askLine asks for one line at the terminal, until ctx ends.
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
			return "", errors.New("the input ended without an answer")
		}
		return "", errors.New("the answer was empty, so nothing was changed")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// lines returns the one reader of the terminal, because what it has read ahead is the
// next answer.
func (e *env) lines() *bufio.Reader {
	if e.stdin == nil {
		e.stdin = bufio.NewReader(e.Stdin)
	}
	return e.stdin
}

// secondFactor lets the approval enrol and test the second factor.
func (e *env) secondFactor(s *session.Session, approval *provision.Approval) {
	switch {
	case s.Phone() != nil: // the demo account has its own authenticator
		approval.SecondFactor, approval.Code = s.Phone().Enrol, s.Phone().Code
	case e.IsTerminal(e.Stdin):
		approval.SecondFactor = e.enrol
		approval.Code = func(ctx context.Context, refused error) (string, error) {
			if refused != nil {
				fmt.Fprintln(e.Stderr, words.Capital(refused.Error())+".")
			}
			return e.askLine(ctx, "To test it, the next code that the app shows: ")
		}
	case e.mfaCode != "": // it can prove a second factor that is on
		approval.Code = func(_ context.Context, refused error) (string, error) {
			if refused != nil {
				return "", refused
			}
			return e.mfaCode, nil
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
		fmt.Fprintf(e.Stderr, "\nThe second factor of the daily identity. Scan this code with an authenticator app:\n\n%s\nor enter this key "+
			"in the app: %s\n\n", picture, enrolment.Seed)
	}
	if first, err = e.askLine(ctx, "The code that the app shows: "); err != nil {
		return "", "", err
	}
	second, err = e.askLine(ctx, "The next code that the app shows: ")
	return first, second, err
}

// picture draws a QR code with half blocks, two rows of squares in each line, and the
// quiet zone that readers need. It is dark on light with any colours of the terminal.
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
