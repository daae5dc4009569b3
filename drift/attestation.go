package drift

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/provision/state"
)

// Statements returns the texts that the catalogue asks a person to sign, by control.
func Statements() map[string]Statement {
	all, _ := Catalogue(Strict) // Strict is a set, so there is no error
	texts := map[string]Statement{}
	for _, c := range all {
		if c.Statement != nil {
			texts[c.ID] = *c.Statement
		}
	}
	return texts
}

// attestation returns the newest signature under a control's text; nil: there is none.
func (r Register) attestation(id string) *Attestation {
	var newest *Attestation
	for i, a := range r.Attestations {
		// Of two signatures at the same moment, the later in the register counts.
		if a.Control == id && (newest == nil || !a.At.Before(newest.At)) {
			newest = &r.Attestations[i]
		}
	}
	return newest
}

// attested says what a control's statement is worth now: Attested with until, or
// AttestDue with the reason, or Unknown when the register could not be read. until is zero
// where a signature holds until the text changes.
func (in *judgement) attested(id string) (status Status, until time.Time, reason string) {
	text, ok := in.statements[id]
	if !ok {
		return Unknown, time.Time{}, "the catalogue has no statement for " + id
	}
	if problem, unread := in.Register.Problem(); unread {
		return Unknown, time.Time{}, problem.String()
	}
	register, _ := in.Register.Value() // absent: nobody has signed anything
	a := register.attestation(id)
	if a == nil {
		return AttestDue, time.Time{}, "nobody has signed this statement yet"
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
	case ahead(a.At, in.Now):
		return AttestDue, time.Time{}, by + ", a date in the future: sign again"
	case a.Version < text.Version:
		return AttestDue, time.Time{}, fmt.Sprintf("%s, but the text has changed since (version %d; now %d)", by, a.Version, text.Version)
	case a.Version > text.Version:
		return Unknown, time.Time{}, fmt.Sprintf(
			"%s, with a newer Claria than this one (text version %d; this one has %d)",
			by,
			a.Version,
			text.Version,
		)
	case !ends.IsZero() && !in.Now.Before(ends):
		return AttestDue, time.Time{}, fmt.Sprintf("%s; the signature expired on %s", by, ends.Format(time.DateOnly))
	}
	return Attested, ends, by
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
	v.remedy = Attest
	v.status, v.until, v.reason = in.attested(id)
	switch v.status {
	case Attested:
		v.observed, v.reason = v.reason, ""
	case Unknown:
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
	if v.status != Pass {
		return v
	}
	status, until, reason := in.attested(id)
	v.until = until
	switch status {
	case Attested:
		v.observed += "; " + reason
		return v
	case Unknown:
		v.status, v.reason = Unknown, reason
		return v
	}
	v.status, v.reason = status, cmp.Or(v.reason, reason)
	v.remedy = Attest
	return v
}

// attestedToo is andStatement for entries of the register: a person signs that
// the register is complete, so the result is attested, not passed.
func (in *judgement) attestedToo(id string, v verdict) verdict {
	v = in.andStatement(id, v)
	if v.status == Pass {
		v.status = Attested
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
func Sign(id, answer, signer string, at time.Time, sha256, note string) (Attestation, error) {
	text, ok := Statements()[id]
	if !ok {
		return Attestation{}, fmt.Errorf("%s has no statement to sign; claria attest lists the controls that have one", id)
	}
	if strings.TrimSpace(signer) == "" {
		return Attestation{}, fmt.Errorf("the statement of %s needs the name of who signs it", id)
	}
	if len(text.Answers) > 0 && !slices.Contains(text.Answers, answer) {
		return Attestation{}, fmt.Errorf("the statement of %s needs an answer: %s", id, strings.Join(text.Answers, " or "))
	}
	if len(text.Answers) == 0 && answer != "" {
		return Attestation{}, fmt.Errorf("the statement of %s has no answers to choose from", id)
	}
	a := Attestation{
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
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Status != AttestDue })
}

// Signature is one statement of the catalogue, and whether its signature is valid.
type Signature struct {
	Control   string    `json:"control"`
	Title     string    `json:"title"`
	Severity  Severity  `json:"severity"`
	Statement Statement `json:"statement"`
	Status    Status    `json:"status"` // Attested, AttestDue or Unknown
	Until     time.Time `json:"until,omitzero"`
	Reason    string    `json:"reason"`
}

// Signatures returns the statements of a set, in the catalogue's order.
func Signatures(set string, register state.Reading[Register], now time.Time) ([]Signature, error) {
	controls, err := Catalogue(set)
	if err != nil {
		return nil, err
	}
	in := &judgement{Facts: Facts{Now: now, Register: register}, statements: Statements()}
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
