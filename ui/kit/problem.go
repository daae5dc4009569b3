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

// Problem is an error as a person reads it: what happened, what to do next, and the
// detail.
type Problem struct {
	What, Next, Detail string
}

// Explain turns an error into a sentence about what happened and one about what to
// do. The error's own text becomes the detail.
func Explain(err error) Problem {
	p := Problem{What: Sentence(Cut(safe.Line(err.Error()), 160)), Next: "Try again. ! shows the detail.", Detail: err.Error()}
	if cause := errors.Unwrap(err); cause != nil {
		p.Detail += "\n\n" + cause.Error()
	}
	if no, ok := errors.AsType[*provision.NoAgreementError](err); ok {
		p.What, p.Next = Sentence(no.Reason), Sentence("To continue: "+provision.AgreementSteps)
		return p
	}
	if _, ok := errors.AsType[*watch.UnreadyError](err); ok {
		p.What = "Nothing was changed: this computer's evidence ledger cannot be written."
		p.Next = "Free disk space or make it writable, then try again."
		return p
	}
	cause := aws.CauseOf(err)
	if cause.Alone {
		p.What = Sentence(cause.Says)
	}
	if cause.Next != "" {
		p.Next = Sentence(cause.Next)
	}
	if known, ok := errors.AsType[*aws.Error](err); ok && known.Kind == aws.Denied && !cause.Named() {
		p.Next = "Allow this identity to call " + known.Operation + ", or use an identity that may."
	}
	return p
}

// Sentence makes s begin with a capital and end with a full stop.
func Sentence(s string) string {
	s = safe.Line(s)
	if s == "" {
		return s
	}
	first, _, _ := strings.Cut(s, " ")
	if s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsAny(strings.TrimSuffix(first, ":"), ":-_") { // AWS's names stay as they are
		s = string(s[0]-'a'+'A') + s[1:]
	}
	switch s[len(s)-1] {
	case '.', '!', '?', "…"[len("…")-1]:
		return s
	}
	return s + "."
}

// ComplainOf shows an error in the line above the footer; "!" shows its detail.
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

// NoClients are the lines of an empty list of clients: before if set-up comes first,
// else what went wrong, else belongs and begin, which say what the list is for and
// how to begin.
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
		return paragraph(before, t.Bold("8")+" opens Setup, which comes first.")
	case failed != nil && !loaded:
		return append(Explain(failed).Lines(t, w-2), "", "  "+t.Bold("r")+t.Dim(" try again"))
	case !loaded:
		return []string{"  " + t.Mark(StatusRunning) + " Loading clients."}
	}
	return paragraph(belongs, begin)
}
