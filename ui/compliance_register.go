package ui

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
)

// registerSlot is the job that writes the practice's register.
const registerSlot = "register"

// registered is what was written into the register.
type registered struct {
	register register.Register
	text     string // "BAA-03 is signed, until 2027-11-21."
}

// attestAction signs a control's statement.
func (p *compliance) attestAction(f drift.Finding, ok bool) action {
	a := action{ID: "compliance.sign", Keys: []string{"s"}, Help: "sign", Long: "Attest: read a control's statement and sign it with your name."}
	c := p.catalogue[f.ID]
	switch {
	case !ok:
		a.Disabled = "Select a control first."
	case c.Statement == nil && f.Status == catalogue.AttestDue:
		a.Disabled = "This is not signed but recorded: the detail says how."
	case c.Statement == nil:
		a.Disabled = "This control has no statement to sign: it is looked at in the account."
	case !p.env.session.SetUp:
		a.Disabled = "Set-up comes first: signatures are kept in the audit bucket."
	case p.env.jobs.busy(compliancePane, registerSlot):
		a.Disabled = "The register is being written."
	}
	a.Do = func() tea.Cmd { return p.fill("sign "+f.ID, p.attestForm(f, *c.Statement)) }
	return a
}

// fill opens a form with what was typed into it before and not used.
func (p *compliance) fill(name string, f *form) tea.Cmd {
	f.grave = true
	f.left = func(values []string) {
		if p.form = nil; values == nil {
			delete(p.typed, name)
			return
		}
		p.typed[name] = values
	}
	p.form = f.begin(p.typed[name])
	return open(f)
}

// Unsaved is what was typed into forms and not used.
func (p *compliance) Unsaved() string {
	if p.form != nil && p.form.typed() || len(p.typed) > 0 {
		return "what was typed to be signed"
	}
	return ""
}

// attestForm shows what is signed, and what that means.
func (p *compliance) attestForm(f drift.Finding, text catalogue.Statement) *form {
	holds := "It holds until the text changes."
	if text.Days > 0 {
		holds = fmt.Sprintf("It holds for %d days, to %s.", text.Days, p.env.now().AddDate(0, 0, text.Days).Format(time.DateOnly))
	}
	fields := []formField{}
	if len(text.Answers) > 0 {
		fields = append(fields, answerField("Answer", text.Answers))
	}
	name := textField("Your name", p.signer(), "Whoever signs answers for what the statement says.")
	name.check = must("A signature needs your name.")
	document := optionalField("Document", "A file that belongs to it, if there is one; its fingerprint (SHA-256) is recorded, the file stays here.")
	document.check = func(value string) string {
		path := cleanPath(value)
		switch info, err := os.Stat(path); {
		case path == "":
		case err != nil:
			return "There is no such file."
		case info.IsDir():
			return "That is a folder; the document is a file."
		}
		return ""
	}
	fields = append(fields, name, document, optionalField("Note", "An auditor reads it. No patient information."))
	parts := func(values []string) (answer, signer, path, note string) {
		if len(text.Answers) > 0 {
			answer, values = values[0], values[1:]
		}
		return answer, values[0], cleanPath(values[1]), values[2]
	}
	return &form{
		title:  "Sign " + f.ID + "  " + f.Title,
		intro:  text.Text + "\n\nYour signature is a statement to auditors. Name, date and this text are recorded and kept for six years; signing again replaces it. " + holds,
		fields: fields, verb: "sign",
		check: func(values []string) string {
			answer, signer, _, note := parts(values)
			if _, err := drift.Sign(f.ID, answer, signer, p.env.now(), "", note); err != nil {
				return sentence(err.Error())
			}
			return ""
		},
		do: func(values []string) tea.Cmd {
			answer, signer, path, note := parts(values)
			at := p.env.now()
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

// waiveAction accepts a risk for a time, or withdraws that.
func (p *compliance) waiveAction(f drift.Finding, ok bool) action {
	a := action{ID: "compliance.waive", Keys: []string{"w"}, Help: "waive", Long: "Accept a risk for a time, with a reason; on a waived control, withdraw that.", Dangerous: true}
	running := p.waiver(f.ID)
	stands := f.Status == catalogue.Fail || f.Status == catalogue.AttestDue
	switch {
	case !ok:
		a.Disabled = "Select a control first."
	case f.Overdue:
		a.Disabled = "A clock of the law that has run out cannot be waived."
	case !stands && running == nil:
		a.Disabled = "Only what fails or waits for a signature can be waived."
	case !p.env.session.SetUp:
		a.Disabled = "Set-up comes first: waivers are kept in the audit bucket."
	case p.env.jobs.busy(compliancePane, registerSlot):
		a.Disabled = "The register is being written."
	}
	switch {
	case !stands && running != nil:
		a.Help, a.Do = "withdraw", func() tea.Cmd { return open(p.withdraw(f)) }
	case register.Acknowledged(f.ID):
		a.Help, a.Do = "acknowledge", func() tea.Cmd { return p.fill("acknowledge "+f.ID, p.acknowledgeForm(f)) }
	default:
		a.Do = func() tea.Cmd { return p.fill("waive "+f.ID, p.waiveForm(f)) }
	}
	return a
}

// waiver is a control's newest waiver that runs; nil: there is none.
func (p *compliance) waiver(id string) *register.Waiver {
	reg, _ := p.env.watch.facts.Register.Value()
	var newest *register.Waiver
	for i, w := range reg.Waivers {
		if w.Control == id && w.Running(p.env.now()) && (newest == nil || !w.At.Before(newest.At)) {
			newest = &reg.Waivers[i]
		}
	}
	return newest
}

func (p *compliance) waiveForm(f drift.Finding) *form {
	waiver := func(values []string, at time.Time) (register.Waiver, error) {
		return register.NewWaiver(f.ID, values[0], values[1], values[2], at, register.Date(values[3]))
	}
	owner := textField("Owner", p.signer(), "The person who answers for the risk.")
	owner.check = must("Say who answers for the risk.")
	reason := textField("Reason", "", "Why it is acceptable. No patient information.")
	reason.check = must("A risk is not accepted without a reason.")
	instead := textField("Instead", "", "What protects the records meanwhile.")
	instead.check = must("Say what protects the records meanwhile.")
	until := textField("Until", string(register.DateOf(p.env.now()).Plus(90)), "The last day, as year-month-day, at most a year ahead.")
	until.check = func(value string) string {
		if _, err := waiver([]string{"somebody", "something", "something", value}, p.env.now()); err != nil {
			return sentence(err.Error())
		}
		return ""
	}
	return &form{
		title:  "Accept the risk of " + f.ID + "  " + f.Title,
		intro:  sentence(f.Reason) + "\n\nA waived control does not fail and never counts as passed. It ends by itself; what is observed stays on record, with your name.",
		fields: []formField{owner, reason, instead, until},
		verb:   "accept the risk",
		do: func(values []string) tea.Cmd {
			at := p.env.now()
			return p.write(ledger.Waive, func() (func(*register.Register) error, string, error) {
				w, err := waiver(values, at)
				return func(r *register.Register) error { r.Waivers = append(r.Waivers, w); return nil }, f.ID + " is waived, to " + values[3] + ".", err
			})
		},
	}
}

// acknowledgeForm is for what happened and cannot be undone: a person says what it
// was. It ends nothing and lets nothing later pass, so it has no end to ask for.
func (p *compliance) acknowledgeForm(f drift.Finding) *form {
	name := textField("Your name", p.signer(), "The person who looked into it.")
	name.check = must("Say who looked into it.")
	what := textField("It was", "", "Who did it and why, such as: I did, by mistake. No patient information.")
	what.check = must("Say what it was.")
	done := textField("Done", "", "What was done about it, such as: turned back on, key changed.")
	done.check = must("Say what was done about it.")
	return &form{
		title:  "Acknowledge what " + f.ID + " shows",
		intro:  sentence(f.Reason) + "\n\nYou say that you know of this and what it was. It then counts no longer; whatever comes after it is shown anew. Your words stay on record, with your name.",
		fields: []formField{name, what, done},
		verb:   "acknowledge it",
		do: func(values []string) tea.Cmd {
			at := p.env.now()
			return p.write(ledger.Waive, func() (func(*register.Register) error, string, error) {
				w, err := register.NewWaiver(f.ID, values[0], values[1], values[2], at, register.DateOf(at).Plus(90))
				return func(r *register.Register) error { r.Waivers = append(r.Waivers, w); return nil }, "What " + f.ID + " shows is acknowledged.", err
			})
		},
	}
}

func (p *compliance) withdraw(f drift.Finding) dialog {
	title, what, said, again := "Withdraw the waiver of "+f.ID, "The risk is no longer accepted; the control counts again as it is.", "The waiver of "+f.ID+" is withdrawn.", "Waive it again."
	if register.Acknowledged(f.ID) {
		title, what, said, again = "Take back what was said of "+f.ID, "What was acknowledged counts again.", "What was acknowledged of "+f.ID+" counts again.", "Acknowledge it again."
	}
	return &confirm{
		title: title, what: what, target: f.ID + "  " + f.Title, undo: again, verb: "withdraw it",
		do: func() tea.Cmd {
			at := p.env.now()
			return p.write(ledger.Waive, func() (func(*register.Register) error, string, error) {
				return func(r *register.Register) error {
					if !r.Withdraw(f.ID, at) {
						return errors.New("there is no waiver of " + f.ID + " any more")
					}
					return nil
				}, said, nil
			})
		},
	}
}

// write changes the register in a job, and notes it in the ledger.
func (p *compliance) write(kind ledger.Kind, prepare func() (change func(*register.Register) error, said string, err error)) tea.Cmd {
	s, book := p.env.session, p.env.watch.book
	return ask(p.env.jobs, job{Pane: compliancePane, Slot: registerSlot, Title: "Writing the register"}, func(ctx context.Context) (registered, error) {
		change, said, err := prepare()
		if err != nil {
			return registered{}, err
		}
		register, err := register.NewStore(s.Account, s.Settings).Update(ctx, change)
		if err != nil {
			return registered{}, err
		}
		if book == nil {
			return registered{register, said}, nil
		}
		return registered{register, said}, book.Note(ctx, s, watch.Done{Kind: kind, Note: said}).Err()
	})
}

// wrote takes the register's job's end.
func (p *compliance) wrote(m answer[registered]) tea.Cmd {
	if m.Value.text == "" {
		return complainOf(m.Err)
	}
	said := m.Value.text
	if p.needing() > 1 { // this one is among them until the rescan
		said += " n goes to the next."
	}
	cmds := []tea.Cmd{notify(said), rescan()}
	if m.Err != nil { // written, and not in the ledger
		cmds[0] = complainOf(m.Err)
	}
	return tea.Batch(cmds...)
}

// signer is who signed last, to be offered.
func (p *compliance) signer() string {
	register, _ := p.env.watch.facts.Register.Value()
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

// cleanPath is a path as it was typed or dropped, without quotes.
func cleanPath(typed string) string {
	return local.Home(strings.Trim(strings.TrimSpace(typed), `'"`))
}
