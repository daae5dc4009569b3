package drift

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision/state"
)

// attested says what a control's statement is worth now: Attested with until, or
// AttestDue with the reason, or Unknown when the register could not be read. until is zero
// where a signature holds until the text changes.
func (in *judgement) attested(id string) (status catalogue.Status, until time.Time, reason string) {
	text, ok := in.statements[id]
	if !ok {
		return catalogue.Unknown, time.Time{}, "the catalogue has no statement for " + id
	}
	if problem, unread := in.Register.Problem(); unread {
		return catalogue.Unknown, time.Time{}, problem.String()
	}
	reg, _ := in.Register.Value() // absent: nobody has signed anything
	a := reg.AttestationOf(id)
	if a == nil {
		return catalogue.AttestDue, time.Time{}, "nobody has signed this statement yet"
	}
	by := fmt.Sprintf("signed by %s on %s", a.Signer, a.At.Format(time.DateOnly))
	ends := a.Ends
	// The catalogue may require signing more often now than it did at the signature.
	if text.Days > 0 {
		if latest := a.At.AddDate(0, 0, text.Days); ends.IsZero() || latest.Before(ends) {
			ends = latest
		}
	}
	switch {
	case register.Ahead(a.At, in.Now):
		return catalogue.AttestDue, time.Time{}, by + ", a date in the future: sign again"
	case a.Version < text.Version:
		return catalogue.AttestDue, time.Time{}, fmt.Sprintf("%s, but the text has changed since (version %d; now %d)", by, a.Version, text.Version)
	case a.Version > text.Version:
		return catalogue.Unknown, time.Time{}, fmt.Sprintf(
			"%s, with a newer Claria than this one (text version %d; this one has %d)",
			by,
			a.Version,
			text.Version,
		)
	case !ends.IsZero() && !in.Now.Before(ends):
		return catalogue.AttestDue, time.Time{}, fmt.Sprintf("%s; the signature expired on %s", by, ends.Format(time.DateOnly))
	}
	return catalogue.Attested, ends, by
}

// signed returns the judge of a control that only a signed statement establishes.
func signed(id string) func(*judgement) verdict {
	return func(in *judgement) verdict { return in.statementAlone(id) }
}

func (in *judgement) statementAlone(id string) verdict {
	v := verdict{resource: practiceResource, desired: "a signed statement" + in.howLong(id)}
	return in.byStatement(id, v, "no signature that holds")
}

// byStatement decides a verdict by a control's statement alone; otherwise says what
// there is when it is not signed.
func (in *judgement) byStatement(id string, v verdict, otherwise string) verdict {
	v.remedy = catalogue.Attest
	v.status, v.until, v.reason = in.attested(id)
	switch v.status {
	case catalogue.Attested:
		v.observed, v.reason = v.reason, ""
	case catalogue.Unknown:
		v.observed = "not known"
	default:
		v.observed = otherwise
	}
	return v
}

// andStatement adds a control's statement to the verdict of its call. A verdict that
// fails, is unknown or does not apply stays as it is; a pass counts only
// while the statement is also signed.
func (in *judgement) andStatement(id string, v verdict) verdict {
	if v.status != catalogue.Pass {
		return v
	}
	status, until, reason := in.attested(id)
	v.until = until
	switch status {
	case catalogue.Attested:
		v.observed += "; " + reason
		return v
	case catalogue.Unknown:
		v.status, v.reason = catalogue.Unknown, reason
		return v
	}
	v.status, v.reason = status, cmp.Or(v.reason, reason)
	v.remedy = catalogue.Attest
	return v
}

// attestedToo is andStatement for entries of the register: a person signs that
// the register is complete, so the result is attested, not passed.
func (in *judgement) attestedToo(id string, v verdict) verdict {
	v = in.andStatement(id, v)
	if v.status == catalogue.Pass {
		v.status = catalogue.Attested
	}
	return v
}

// practiceResource is the resource that a statement is about.
const practiceResource = "the practice"

func (in *judgement) howLong(id string) string {
	if days := in.statements[id].Days; days > 0 {
		return fmt.Sprintf(", renewed every %d days", days)
	}
	return ", until its text changes"
}

// Sign makes a signature under a control's current text, with the answer where the
// text is a determination. The error says what is wrong.
func Sign(id, answer, signer string, at time.Time, sha256, note string) (register.Attestation, error) {
	text, ok := catalogue.Statements()[id]
	if !ok {
		return register.Attestation{}, fmt.Errorf("%s has no statement to sign; claria attest lists the controls that have one", id)
	}
	if strings.TrimSpace(signer) == "" {
		return register.Attestation{}, fmt.Errorf("the statement of %s needs the name of who signs it", id)
	}
	if len(text.Answers) > 0 && !slices.Contains(text.Answers, answer) {
		return register.Attestation{}, fmt.Errorf("the statement of %s needs an answer: %s", id, strings.Join(text.Answers, " or "))
	}
	if len(text.Answers) == 0 && answer != "" {
		return register.Attestation{}, fmt.Errorf("the statement of %s has no answers to choose from", id)
	}
	a := register.Attestation{
		Control: id,
		Version: text.Version,
		Text:    text.Text,
		Answer:  answer,
		Signer:  signer,
		At:      at.UTC().Truncate(time.Second),
		SHA256:  sha256,
		Note:    note,
	}
	if text.Days > 0 {
		a.Ends = a.At.AddDate(0, 0, text.Days)
	}
	return a, nil
}

// Due returns the findings that wait for a signature, in the order of the report.
func Due(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Status != catalogue.AttestDue })
}

// Signature is one statement of the catalogue, and whether its signature is valid.
type Signature struct {
	Control   string              `json:"control"`
	Title     string              `json:"title"`
	Severity  catalogue.Severity  `json:"severity"`
	Statement catalogue.Statement `json:"statement"`
	Status    catalogue.Status    `json:"status"` // Attested, AttestDue or Unknown
	Until     time.Time           `json:"until,omitzero"`
	Reason    string              `json:"reason"`
}

// Signatures returns the statements of a set, in the catalogue's order.
func Signatures(set string, register state.Reading[register.Register], now time.Time) ([]Signature, error) {
	controls, err := catalogue.Controls(set)
	if err != nil {
		return nil, err
	}
	in := &judgement{Facts: Facts{Now: now, Register: register}, statements: catalogue.Statements()}
	all := []Signature{}
	for _, c := range controls {
		if c.Statement == nil {
			continue
		}
		s := Signature{Control: c.ID, Title: c.Title, Severity: c.Severity, Statement: *c.Statement}
		s.Status, s.Until, s.Reason = in.attested(c.ID)
		all = append(all, s)
	}
	return all, nil
}
