package doctor

import (
	"fmt"
	"strings"
	"time"

	"claria/drift"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
)

// credential says whose credential is used and what it is.
func (x *Examination) credential() []Line {
	s := x.input.Session
	if s == nil {
		return line("credential", Act, errorText(x.input.Failed, "none was found"), "")
	}
	if x.unjudged != nil {
		return line("credential", Act, s.Account.Source().String()+": "+x.unjudged.Error(), "")
	}
	found := fmt.Sprintf("%s: a %s, %s", s.Account.Source(), x.intake.Kind, x.intake.Identity.ARN)
	switch {
	case x.intake.Kind == provision.RootKey:
		return line("credential", Act, found, "use it for set-up only; set-up offers to delete the root user's key")
	case x.intake.Own:
		return line("credential", OK, found, "")
	case x.intake.Unjudged != "":
		return line("credential", Unknown, found+"; what it may do was not found out: "+x.intake.Unjudged, "")
	case !x.intake.SetsUp():
		return line("credential", Note, found+"; it cannot set up the account: "+words.Few(x.intake.Missing, ", ")+" are missing", "")
	}
	return line("credential", OK, found+"; it can set up the account", "")
}

// seen reports whether the account was observed; if not, the line says why.
func (x *Examination) seen(topic string) ([]Line, bool) {
	if x.input.Session == nil {
		return nil, false // said above
	}
	if x.unread != nil {
		return line(topic, Unknown, x.unread.Error(), ""), false
	}
	return nil, true
}

func (x *Examination) agreement() []Line {
	if lines, ok := x.seen("agreement"); !ok {
		return lines
	}
	if x.gate == nil {
		return line("agreement", OK, "a Business Associate Addendum with AWS is in force", "")
	}
	if _, bad := x.observed.Agreements.Problem(); bad {
		return line("agreement", Unknown, x.gate.Error(), "")
	}
	return line("agreement", Act, x.gate.Error(), "")
}

func (x *Examination) retention() []Line {
	if _, ok := x.seen("retention"); !ok {
		return nil
	}
	if p, bad := x.observed.Retention.Problem(); bad {
		return line("retention", Unknown, p.String(), "")
	}
	mode, _ := x.observed.Retention.Value()
	if mode == "none" {
		return line("retention", OK, "Bedrock in "+x.observed.Region+" keeps nothing (mode none)", "")
	}
	return line("retention", Act, "Bedrock in "+x.observed.Region+" has the mode "+mode, "claria setup --apply sets it to none")
}

// rights says for each of Claria's identities what its policies lack.
func (x *Examination) rights() []Line {
	if lines, ok := x.seen("rights"); !ok {
		return lines
	}
	settings := x.input.Session.Settings.In(x.observed.Account)
	lacking, unread := drift.Lacking(x.observed, provision.Desired(settings))
	var lines []Line
	for _, who := range unread {
		lines = append(lines, Line{"rights", Unknown, who, ""})
	}
	for _, l := range lacking {
		lines = append(lines, Line{"rights", Act, l.Who + " lacks " + words.Few(l.Rights, "; "), "claria setup --apply gives it, with a code of the second factor"})
	}
	if len(lines) == 0 {
		return line("rights", OK, "each of Claria's identities may do what docs/permissions.md lists", "")
	}
	return lines
}

// pending says what waits for a person or for AWS.
func (x *Examination) pending() []Line {
	if _, ok := x.seen("pending"); !ok {
		return nil
	}
	var lines []Line
	for _, a := range x.observed.Monitoring.Alerting {
		topic, ok := a.Topic.Value()
		if !ok {
			continue
		}
		for _, s := range topic.Subscriptions {
			if s.Pending {
				lines = append(lines, Line{
					"pending", Act, "AWS waits for the confirmation of alarms to " + s.Endpoint + " (" + a.Region + ")",
					"open the mail from AWS Notifications and follow its link; it is valid for three days, and claria setup --apply sends another",
				})
			}
		}
	}
	if x.observed.UseCase.Absent() {
		lines = append(lines, Line{"pending", Act, "Anthropic's use-case form was not sent yet", "claria setup --apply shows it and sends it"})
	}
	for _, m := range x.observed.Models {
		if access, ok := m.Availability.Value(); ok && access.Agreement == "PENDING" {
			lines = append(lines, Line{"pending", Note, "AWS Marketplace is still preparing " + m.Foundation, "try again after two minutes"})
		}
	}
	if len(lines) == 0 {
		return line("pending", OK, "nothing waits for a confirmation", "")
	}
	return lines
}

// models says for each declared model whether it can be called and how long it lives.
func (x *Examination) models() []Line {
	if lines, ok := x.seen("model"); !ok {
		return lines
	}
	var lines []Line
	for i, m := range x.observed.Models {
		access, known := m.Availability.Value()
		switch {
		case !known:
			p, _ := m.Availability.Problem()
			lines = append(lines, Line{"model", Unknown, m.Profile + ": " + p.String(), ""})
			continue
		case access.Agreement != "AVAILABLE" || access.Authorization != "AUTHORIZED":
			lines = append(lines, Line{
				"model", Act, fmt.Sprintf("%s: agreement %s, authorization %s", m.Profile, access.Agreement, access.Authorization),
				"claria setup --apply enables it",
			})
			continue
		}
		lines = append(lines, x.life(i, m))
	}
	if len(lines) == 0 {
		return line("model", Act, "no model is declared for "+x.observed.Region, "set models in claria.toml to inference profiles of the region's geography")
	}
	return lines
}

// life is how long a declared model lives, as AWS says.
func (x *Examination) life(i int, m state.Model) Line {
	if i >= len(x.observed.Monitoring.Lifecycles) {
		return Line{"model", Unknown, m.Profile + ": its lifecycle was not read", ""}
	}
	life := x.observed.Monitoring.Lifecycles[i]
	if p, bad := life.Status.Problem(); bad {
		return Line{"model", Unknown, m.Profile + ": " + p.String(), ""}
	}
	if status, _ := life.Status.Value(); status != "ACTIVE" {
		return Line{"model", Act, m.Profile + " is " + strings.ToLower(status) + ": AWS is going to end it",
			"choose another model: claria setup --plan shows the successor"}
	}
	return Line{"model", OK, m.Profile + " can be called and is active", ""}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// redacted is a text without the account's number.
func (x *Examination) redacted(text string) string {
	if n := x.observed.Account; n != "" {
		text = strings.ReplaceAll(text, n, "ACCOUNT")
	}
	return text
}
