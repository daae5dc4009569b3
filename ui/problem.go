package ui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/internal/safe"
	"claria/provision"
)

// problem is an error as a person is told it: what happened, what to do next,
// and the detail behind a key.
type problem struct {
	what, next, detail string
}

// explain puts an error into a sentence of what happened and one of what to do.
// What the error itself says is kept as the detail.
func explain(err error) problem {
	p := problem{what: sentence(cut(safe.Line(err.Error()), 160)), next: "Try again; ! shows the detail.", detail: err.Error()}
	if cause := errors.Unwrap(err); cause != nil {
		p.detail += "\n\n" + cause.Error()
	}
	if no, ok := errors.AsType[*provision.NoAgreementError](err); ok {
		p.what, p.next = sentence(no.Reason), sentence("To go on: "+provision.AgreementSteps)
		return p
	}
	known, ok := errors.AsType[*aws.Error](err)
	if !ok {
		return p
	}
	switch known.Kind {
	case aws.Offline:
		p.what, p.next = "AWS could not be reached.", "Check the network, then try again."
	case aws.Expired:
		p.what, p.next = "The credential has expired, or this computer's clock is wrong.", "Sign in again (for SSO: aws sso login) or set the clock, then try again."
	case aws.Denied:
		switch known.Code {
		case "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException":
			p.what, p.next = "AWS does not accept this access key.", "It may have been deleted or mistyped; give Claria another credential and start again."
		default:
			p.next = "Allow " + known.Operation + " to this identity, or use one that may."
		}
	case aws.Throttled:
		p.next = "Wait a minute, then try again."
	case aws.Unavailable:
		p.what, p.next = "AWS could not serve the request.", "It is rarely for long; try again in a few minutes."
	case aws.Conflict:
		p.next = "Look at it as it is now, then decide again."
	}
	return p
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	s = safe.Line(s)
	if s == "" {
		return s
	}
	first, _, _ := strings.Cut(s, " ")
	if s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsAny(strings.TrimSuffix(first, ":"), ":-_") { // names stay as AWS writes them
		s = string(s[0]-'a'+'A') + s[1:]
	}
	switch s[len(s)-1] {
	case '.', '!', '?', "…"[len("…")-1]:
		return s
	}
	return s + "."
}

// complainOf shows an error in the line above the footer; its detail is behind "!".
func complainOf(err error) tea.Cmd {
	p := explain(err)
	return func() tea.Msg { return notifyMsg{notice{text: p.what + " " + p.next, bad: true, detail: p.detail}} }
}

// lines draws the problem in w columns.
func (p problem) lines(t *theme, w int) []string {
	var lines []string
	for i, line := range wrap(p.what, max(4, w-2)) {
		head := "  "
		if i == 0 {
			head = t.mark(statusFail) + " "
		}
		lines = append(lines, head+line)
	}
	for _, line := range wrap(p.next, max(4, w-2)) {
		lines = append(lines, "  "+line)
	}
	return lines
}
