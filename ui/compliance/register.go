package compliance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/local"
	"claria/session/watch"
	"claria/ui/kit"
)

// registerSlot is the job that writes the practice's register.
const registerSlot = "register"

// registered is the outcome of writing the register.
type registered struct {
	register register.Register
	text     string // "BAA-03 is signed, until 2027-11-21."
}

// attestAction signs a control's statement.
func (p *Pane) attestAction(f drift.Finding, ok bool) kit.Action {
	a := kit.Action{
		ID: "compliance.sign", Keys: []string{"s"}, Help: "sign",
		Long: "Attest: read the control's statement and sign it with your name.",
	}
	c := p.catalogue[f.ID]
	switch {
	case !ok:
		a.Disabled = "Select a control first."
	case c.Statement == nil && f.Status == catalogue.AttestDue:
		a.Disabled = "This control needs a record, not a signature. The detail says how."
	case c.Statement == nil:
		a.Disabled = "This control has no statement to sign. Claria checks it in the account."
	case !p.env.Session.SetUp:
		a.Disabled = "Set up the account first. Signatures are stored in its audit bucket."
	case p.env.Jobs.Busy(kit.CompliancePane, registerSlot):
		a.Disabled = "The register is being written."
	}
	a.Do = func() tea.Cmd { return p.fill("sign "+f.ID, p.attestForm(f, *c.Statement)) }
	return a
}

// fill opens a form, with what was typed before it was last closed unfinished.
func (p *Pane) fill(name string, f *kit.Form) tea.Cmd {
	f.Grave = true
	f.Left = func(values []string) {
		if p.form = nil; values == nil {
			delete(p.typed, name)
			return
		}
		p.typed[name] = values
	}
	p.form = f.Begin(p.typed[name])
	return kit.Open(f)
}

// Unsaved names what was typed into unfinished forms.
func (p *Pane) Unsaved() string {
	if p.form != nil && p.form.Typed() || len(p.typed) > 0 {
		return "an unfinished statement or waiver"
	}
	return ""
}

// attestForm shows the statement to sign, and what a signature means.
func (p *Pane) attestForm(f drift.Finding, text catalogue.Statement) *kit.Form {
	holds := "It is valid until the text changes."
	if text.Days > 0 {
		ends := p.env.Now().AddDate(0, 0, text.Days).Format(time.DateOnly)
		holds = fmt.Sprintf("It is valid for %d days, until %s.", text.Days, ends)
	}
	fields := []kit.FormField{}
	if len(text.Answers) > 0 {
		fields = append(fields, kit.AnswerField("Answer", text.Answers))
	}
	name := kit.TextField("Your name", p.signer(), "Anyone who signs is responsible for what the statement says.")
	name.Check = kit.NotEmpty("A signature needs your name.")
	document := kit.OptionalField("Document", "A supporting file, if there is one. Only its SHA-256 is recorded; the file stays here.")
	document.Check = func(value string) string {
		path := cleanPath(value)
		switch info, err := os.Stat(path); {
		case path == "":
		case err != nil:
			return "There is no such file."
		case info.IsDir():
			return "That is a folder. Type the path of a file."
		}
		return ""
	}
	fields = append(fields, name, document, kit.OptionalField("Note", "The auditor reads it. No patient information."))
	parts := func(values []string) (answer, signer, path, note string) {
		if len(text.Answers) > 0 {
			answer, values = values[0], values[1:]
		}
		return answer, values[0], cleanPath(values[1]), values[2]
	}
	return &kit.Form{
		Title: "Sign " + f.ID + "  " + f.Title,
		Intro: text.Text + "\n\nYour signature is a statement to auditors. Your name, the date and this text are recorded " +
			"and kept for six years. A new signature replaces this one. " + holds,
		Fields: fields, Verb: "sign",
		Check: func(values []string) string {
			answer, signer, _, note := parts(values)
			if _, err := drift.Sign(f.ID, answer, signer, p.env.Now(), "", note); err != nil {
				return kit.Sentence(err.Error())
			}
			return ""
		},
		Do: func(values []string) tea.Cmd {
			answer, signer, path, note := parts(values)
			at := p.env.Now()
			return p.write(ledger.Attest, func() (func(*register.Register) error, string, error) {
				sum := ""
				if path != "" {
					var err error
					if sum, err = local.SHA256(path); err != nil {
						return nil, "", fmt.Errorf("the document cannot be read: %w", err)
					}
				}
				a, err := drift.Sign(f.ID, answer, signer, at, sum, note)
				said := f.ID + " is signed."
				if !a.Ends.IsZero() {
					said = f.ID + " is signed, until " + a.Ends.Format(time.DateOnly) + "."
				}
				return func(r *register.Register) error { r.Attestations = append(r.Attestations, a); return nil }, said, err
			})
		},
	}
}

// waiveAction accepts a risk for a limited time, or withdraws the waiver.
func (p *Pane) waiveAction(f drift.Finding, ok bool) kit.Action {
	a := kit.Action{
		ID: "compliance.waive", Keys: []string{"w"}, Help: "waive", Dangerous: true,
		Long: "Accept a risk for a limited time, with a reason. On a waived control, withdraw the waiver.",
	}
	running := p.waiver(f.ID)
	stands := f.Status == catalogue.Fail || f.Status == catalogue.AttestDue
	switch {
	case !ok:
		a.Disabled = "Select a control first."
	case f.Overdue:
		a.Disabled = "A missed deadline of the law cannot be waived."
	case !stands && running == nil:
		a.Disabled = "Only a control that fails or waits for a signature can be waived."
	case !p.env.Session.SetUp:
		a.Disabled = "Set up the account first. Waivers are stored in its audit bucket."
	case p.env.Jobs.Busy(kit.CompliancePane, registerSlot):
		a.Disabled = "The register is being written."
	}
	switch {
	case !stands && running != nil:
		a.Help, a.Do = "withdraw", func() tea.Cmd { return kit.Open(p.withdraw(f)) }
	case register.Acknowledged(f.ID):
		a.Help, a.Do = "acknowledge", func() tea.Cmd { return p.fill("acknowledge "+f.ID, p.acknowledgeForm(f)) }
	default:
		a.Do = func() tea.Cmd { return p.fill("waive "+f.ID, p.waiveForm(f)) }
	}
	return a
}

// waiver is a control's newest current waiver; nil: there is none.
func (p *Pane) waiver(id string) *register.Waiver {
	reg, _ := p.env.Scans.Facts.Register.Value()
	var newest *register.Waiver
	for i, w := range reg.Waivers {
		if w.Control == id && w.Running(p.env.Now()) && (newest == nil || !w.At.Before(newest.At)) {
			newest = &reg.Waivers[i]
		}
	}
	return newest
}

func (p *Pane) waiveForm(f drift.Finding) *kit.Form {
	waiver := func(values []string, at time.Time) (register.Waiver, error) {
		return register.NewWaiver(f.ID, values[0], values[1], values[2], at, register.Date(values[3]))
	}
	owner := kit.TextField("Owner", p.signer(), "The person who is responsible for the risk.")
	owner.Check = kit.NotEmpty("Type who is responsible for the risk.")
	reason := kit.TextField("Reason", "", "Why the risk is acceptable. No patient information.")
	reason.Check = kit.NotEmpty("A waiver needs a reason.")
	control := kit.TextField("Compensating control", "", "What protects the records until then.")
	control.Check = kit.NotEmpty("A waiver needs a compensating control: what protects the records until then.")
	in90 := string(register.DateOf(p.env.Now()).Plus(90))
	until := kit.TextField("Until", in90, "The last day, as year-month-day, at most a year from now.")
	until.Check = func(value string) string {
		if _, err := waiver([]string{"somebody", "something", "something", value}, p.env.Now()); err != nil {
			return kit.Sentence(err.Error())
		}
		return ""
	}
	return &kit.Form{
		Title: "Accept the risk of " + f.ID + "  " + f.Title,
		Intro: kit.Sentence(f.Reason) + "\n\nA waived control does not fail, and never counts as passed. The waiver ends on its last day. " +
			"The finding stays on record, with your name.",
		Fields: []kit.FormField{owner, reason, control, until},
		Verb:   "accept the risk",
		Do: func(values []string) tea.Cmd {
			at := p.env.Now()
			return p.write(ledger.Waive, func() (func(*register.Register) error, string, error) {
				w, err := waiver(values, at)
				said := f.ID + " is waived until " + values[3] + "."
				return func(r *register.Register) error { r.Waivers = append(r.Waivers, w); return nil }, said, err
			})
		},
	}
}

// acknowledgeForm is for events that happened and cannot be undone: a person says
// what they were. Later events are reported again, so the form asks for no end.
func (p *Pane) acknowledgeForm(f drift.Finding) *kit.Form {
	name := kit.TextField("Your name", p.signer(), "The person who investigated it.")
	name.Check = kit.NotEmpty("Type who investigated it.")
	what := kit.TextField("Cause", "", "Who did it and why. Example: I did, by mistake. No patient information.")
	what.Check = kit.NotEmpty("Type what caused it.")
	done := kit.TextField("Response", "", "What was done about it. Example: turned back on, key changed.")
	done.Check = kit.NotEmpty("Type what was done about it.")
	return &kit.Form{
		Title: "Acknowledge the events of " + f.ID,
		Intro: kit.Sentence(f.Reason) + "\n\nYou confirm that you know of these events and what caused them. They then no longer count; " +
			"later events are reported again. Your words stay on record, with your name.",
		Fields: []kit.FormField{name, what, done},
		Verb:   "acknowledge it",
		Do: func(values []string) tea.Cmd {
			at := p.env.Now()
			return p.write(ledger.Waive, func() (func(*register.Register) error, string, error) {
				w, err := register.NewWaiver(f.ID, values[0], values[1], values[2], at, register.DateOf(at).Plus(90))
				said := "The events of " + f.ID + " are acknowledged."
				return func(r *register.Register) error { r.Waivers = append(r.Waivers, w); return nil }, said, err
			})
		},
	}
}

func (p *Pane) withdraw(f drift.Finding) kit.Dialog {
	title, what := "Withdraw the waiver of "+f.ID, "Ends the waiver. The control fails again until it is fixed."
	said, again := "The waiver of "+f.ID+" is withdrawn.", "Waive it again."
	if register.Acknowledged(f.ID) {
		title, what = "Withdraw the acknowledgement of "+f.ID, "The acknowledged events count again."
		said, again = "The acknowledged events of "+f.ID+" count again.", "Acknowledge them again."
	}
	return &kit.Confirm{
		Title: title, What: what, Target: f.ID + "  " + f.Title, Undo: again, Verb: "withdraw it",
		Do: func() tea.Cmd {
			at := p.env.Now()
			return p.write(ledger.Waive, func() (func(*register.Register) error, string, error) {
				return func(r *register.Register) error {
					if !r.Withdraw(f.ID, at) {
						return errors.New(f.ID + " is no longer waived")
					}
					return nil
				}, said, nil
			})
		},
	}
}

// write changes the register in a job, and records it in the ledger.
func (p *Pane) write(kind ledger.Kind, prepare func() (change func(*register.Register) error, said string, err error)) tea.Cmd {
	s, w := p.env.Session, p.env.Scans.Watch
	job := kit.Job{Pane: kit.CompliancePane, Slot: registerSlot, Title: "Writing the register"}
	return kit.Ask(p.env.Jobs, job, func(ctx context.Context) (registered, error) {
		change, said, err := prepare()
		if err != nil {
			return registered{}, err
		}
		register, err := register.NewStore(s.Account, s.Settings).Update(ctx, change)
		if err != nil {
			return registered{}, err
		}
		if w == nil {
			return registered{register, said}, nil
		}
		return registered{register, said}, w.Note(ctx, s, watch.Done{Kind: kind, Note: said}).Err()
	})
}

// wrote shows the outcome of writing the register.
func (p *Pane) wrote(m kit.Answer[registered]) tea.Cmd {
	if m.Value.text == "" {
		return kit.ComplainOf(m.Err)
	}
	said := m.Value.text
	if p.needing() > 1 { // it includes this control until the next scan
		said += " Press n for the next."
	}
	cmds := []tea.Cmd{kit.Notify(said), kit.Rescan()}
	if m.Err != nil { // written, but not in the ledger
		cmds[0] = kit.ComplainOf(m.Err)
	}
	return tea.Batch(cmds...)
}

// signer is who signed last, as a proposal.
func (p *Pane) signer() string {
	register, _ := p.env.Scans.Facts.Register.Value()
	name, at := "", time.Time{}
	for _, a := range register.Attestations {
		if !a.At.Before(at) {
			name, at = a.Signer, a.At
		}
	}
	for _, w := range register.Waivers {
		if !w.At.Before(at) {
			name, at = w.Owner, w.At
		}
	}
	return name
}

// cleanPath is a typed or dropped path, without quotes.
func cleanPath(typed string) string {
	return local.Home(strings.Trim(strings.TrimSpace(typed), `'"`))
}
