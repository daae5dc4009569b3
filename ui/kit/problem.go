package kit

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/internal/safe"
	"claria/provision"
	"claria/session/watch"
)

// Problem is an error as a person is told it: what happened, what to do next,
// and the detail behind a key.
type Problem struct {
	What, Next, Detail string
}

// Explain puts an error into a sentence of what happened and one of what to do.
// What the error itself says is kept as the detail.
func Explain(err error) Problem {
	p := Problem{What: Sentence(Cut(safe.Line(err.Error()), 160)), Next: "Try again; ! shows the detail.", Detail: err.Error()}
	if cause := errors.Unwrap(err); cause != nil {
		p.Detail += "\n\n" + cause.Error()
	}
	if no, ok := errors.AsType[*provision.NoAgreementError](err); ok {
		p.What, p.Next = Sentence(no.Reason), Sentence("To go on: "+provision.AgreementSteps)
		return p
	}
	if _, ok := errors.AsType[*watch.UnreadyError](err); ok {
		p.What = "Nothing was changed: this computer's evidence ledger cannot be written."
		p.Next = "Free disk space or make it writable, then try again."
		return p
	}
	known, ok := errors.AsType[*aws.Error](err)
	if !ok {
		return p
	}
	switch known.Kind {
	case aws.Offline:
		p.What, p.Next = "AWS could not be reached.", "Check the network, then try again."
	case aws.Expired:
		p.What, p.Next = "The credential has expired, or this computer's clock is wrong.", "Sign in again (for SSO: aws sso login) or set the clock, then try again."
	case aws.Denied:
		switch known.Code {
		case "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException":
			p.What, p.Next = "AWS does not accept this access key.", "It may have been deleted or mistyped; give Claria another credential and start again."
		default:
			p.Next = "Allow " + known.Operation + " to this identity, or use one that may."
		}
	case aws.Throttled:
		p.Next = "Wait a minute, then try again."
	case aws.Unavailable:
		p.What, p.Next = "AWS could not serve the request.", "It is rarely for long; try again in a few minutes."
	case aws.Conflict:
		p.Next = "Look at it as it is now, then decide again."
	}
	return p
}

// Sentence begins with a capital and ends with a full stop.
func Sentence(s string) string {
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

// ComplainOf shows an error in the line above the footer; its detail is behind "!".
func ComplainOf(err error) tea.Cmd {
	p := Explain(err)
	return func() tea.Msg { return NotifyMsg{Notice{Text: p.What + " " + p.Next, Bad: true, Detail: p.Detail}} }
}

// Lines draws the problem in w columns.
func (p Problem) Lines(t *Theme, w int) []string {
	var lines []string
	for i, line := range Wrap(p.What, max(4, w-2)) {
		head := "  "
		if i == 0 {
			head = t.Mark(StatusFail) + " "
		}
		lines = append(lines, head+line)
	}
	for _, line := range Wrap(p.Next, max(4, w-2)) {
		lines = append(lines, "  "+line)
	}
	return lines
}

// NoClients are the lines of an empty list of clients: what comes before it, what
// went wrong, or what belongs there and how it begins.
func NoClients(e *Env, w int, failed error, loaded bool, before, belongs, begin string) []string {
	t := e.Theme
	paragraph := func(text, next string) []string {
		var lines []string
		for _, line := range Wrap(text, max(4, w-4)) {
			lines = append(lines, "  "+line)
		}
		return append(lines, "", "  "+next)
	}
	switch {
	case !e.Session.SetUp:
		return paragraph(before, t.Bold("8")+" goes to Setup, which comes first.")
	case failed != nil && !loaded:
		return append(Explain(failed).Lines(t, w-2), "", "  "+t.Bold("r")+t.Dim(" tries again"))
	case !loaded:
		return []string{"  " + t.Mark(StatusRunning) + " Loading the clients."}
	}
	return paragraph(belongs, begin)
}
