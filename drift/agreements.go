package drift

import (
	"fmt"
	"slices"
	"strings"

	"claria/aws"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
)

// judgeAgreement is BAA-01. A recorded paper agreement is enough, whatever AWS
// Artifact lists.
func judgeAgreement(in *judgement) verdict {
	var p evidence
	const desired = "an active AWS Business Associate Addendum for this account or its organisation"
	resource := "account " + in.observed.Account
	if paper := in.settings.PaperAgreement; paper != nil {
		if !paper.InForce(in.Now) {
			p.bad("on paper, dated "+paper.Signed.Format("2006-01-02"), "the date of the paper agreement is in the future, so it is not in force")
		}
		p.ok("on paper, signed %s (document %.12s…)", paper.Signed.Format("2006-01-02"), paper.SHA256)
		return p.verdict(resource, desired)
	}
	withReading(&p, in.observed.Agreements, p.missing("no agreement", "AWS Artifact lists no agreement"), func(all []aws.Agreement) {
		var started []aws.Agreement
		for _, a := range all {
			if !a.EffectiveStart.After(in.Now) {
				started = append(started, a)
			}
		}
		if a, ok := provision.BusinessAssociateAddendum(started, in.observed.Account, ""); ok {
			p.ok("active since %s, this account", a.EffectiveStart.Format("2006-01-02"))
			return
		}
		none := func() {
			p.bad(described(all), "no Business Associate Addendum with AWS is in force for this account")
		}
		// An organisation's agreement counts if this account is in that organisation, which must
		// be known only if there is such an agreement.
		candidate := false
		for _, a := range started {
			if a.OrganizationARN != "" {
				_, ok := provision.BusinessAssociateAddendum([]aws.Agreement{a}, "", a.OrganizationARN)
				candidate = candidate || ok
			}
		}
		if !candidate {
			none()
			return
		}
		withReading(&p, in.observed.Organization, none, func(organization string) {
			if a, ok := provision.BusinessAssociateAddendum(started, in.observed.Account, organization); ok {
				p.ok("active since %s, the organisation", a.EffectiveStart.Format("2006-01-02"))
				return
			}
			none()
		})
	})
	v := p.verdict(resource, desired)
	if _, member := in.observed.Organization.Value(); member && v.status == catalogue.Fail {
		v.reason += "; an organisation's agreement may be visible only in its management account"
	}
	return v
}

// described returns an agreement list in words.
func described(all []aws.Agreement) string {
	if len(all) == 0 {
		return "no agreement"
	}
	var texts []string
	for _, a := range all {
		texts = append(texts, a.Name+" ("+strings.ToLower(a.State)+")")
	}
	return words.Few(texts, ", ")
}

// relied returns the agreement that a later check must find again: the one in force, or
// else the remembered one.
func relied(observed state.State, facts Facts) *aws.Agreement {
	if all, ok := observed.Agreements.Value(); ok {
		organization, _ := observed.Organization.Value()
		if a, ok := provision.BusinessAssociateAddendum(all, observed.Account, organization); ok {
			return &a
		}
	}
	return facts.Agreement
}

// judgeSameAgreement is BAA-02: the agreement that covered the account at the last check
// still does. Without an earlier check, what AWS lists now is enough.
func judgeSameAgreement(in *judgement) verdict {
	var p evidence
	const desired = "the agreement of the last check, neither ended nor replaced, and the account still in its organisation"
	if paper := in.settings.PaperAgreement; paper != nil {
		return verdict{
			status: catalogue.NotApplicable, resource: in.theAccount(), desired: desired,
			observed: fmt.Sprintf(
				"the agreement is on paper (signed %s, document %.12s…), which AWS Artifact does not list",
				paper.Signed.Format("2006-01-02"),
				paper.SHA256,
			),
		}
	}
	none := p.missing("no agreement", "no Business Associate Addendum is listed now")
	withReading(&p, in.observed.Agreements, none, func(all []aws.Agreement) {
		if before := in.Agreement; before != nil {
			in.sameAgreement(&p, all, *before)
			return
		}
		if a, ok := provision.BusinessAssociateAddendum(all, in.observed.Account, ""); ok {
			p.ok("in force since %s; there is no earlier one to compare it with", a.EffectiveStart.Format("2006-01-02"))
			return
		}
		withReading(
			&p,
			in.observed.Organization,
			func() { p.bad(described(all), "no agreement covers this account") },
			func(organization string) {
				if a, ok := provision.BusinessAssociateAddendum(all, in.observed.Account, organization); ok {
					p.ok("the organisation's, in force since %s; there is no earlier one to compare it with", a.EffectiveStart.Format("2006-01-02"))
					return
				}
				p.bad(described(all), "no agreement covers this account")
			},
		)
	})
	return p.verdict(in.theAccount(), desired)
}

// sameAgreement looks for the remembered agreement among those that AWS lists.
func (in *judgement) sameAgreement(p *evidence, all []aws.Agreement, before aws.Agreement) {
	i := slices.IndexFunc(all, func(a aws.Agreement) bool {
		return a.ARN == before.ARN && a.EffectiveStart.Equal(before.EffectiveStart)
	})
	if i < 0 {
		why := "the agreement that covered this account is no longer listed"
		if a, ok := provision.BusinessAssociateAddendum(all, in.observed.Account, ""); ok {
			why = "the agreement of the last check was replaced by one of " + a.EffectiveStart.Format("2006-01-02") +
				"; check that it is what you accepted"
		}
		p.bad(described(all), why)
		return
	}
	switch a := all[i]; {
	case a.State != "ACTIVE":
		p.bad(strings.ToLower(a.State), "the agreement was ended ("+strings.ToLower(a.State)+")")
	case !a.EffectiveEnd.IsZero():
		p.bad("ends "+a.EffectiveEnd.Format("2006-01-02"), "the agreement ends on "+a.EffectiveEnd.Format("2006-01-02"))
	case a.AccountID == in.observed.Account:
		p.ok("the same as at the last check, in force since %s", a.EffectiveStart.Format("2006-01-02"))
	default:
		left := p.missing("no organisation", "the agreement is an organisation's, and this account is no longer in it")
		withReading(p, in.observed.Organization, left, func(organization string) {
			if organization != a.OrganizationARN {
				left()
				return
			}
			p.ok("the organisation's, the same as at the last check, in force since %s", a.EffectiveStart.Format("2006-01-02"))
		})
	}
}

// judgePaperAgreement is BAA-03.
func judgePaperAgreement(in *judgement) verdict {
	v := verdict{
		resource: in.theAccount(),
		desired:  "for a paper agreement: the signed document on file, confirmed once a year",
		remedy:   catalogue.Attest,
	}
	paper := in.settings.PaperAgreement
	if paper == nil {
		// With an agreement in Artifact no paper is needed.
		artifact := judgeAgreement(in)
		switch artifact.status {
		case catalogue.Pass:
			v.status, v.observed = catalogue.NotApplicable, "the agreement is in AWS Artifact: "+artifact.observed
		case catalogue.Unknown:
			v.status, v.observed, v.reason = catalogue.Unknown, "not known", artifact.reason
		default:
			v.status, v.observed, v.reason = catalogue.AttestDue, "none on paper", "no agreement is in AWS Artifact, and none on paper is recorded"
		}
		return v
	}
	v.observed = fmt.Sprintf("signed %s, document %.12s…", paper.Signed.Format("2006-01-02"), paper.SHA256)
	status, until, reason := in.attested("BAA-03")
	// The signature under the agreement itself is valid for its first year.
	if first := paper.Signed.AddDate(1, 0, 0); status == catalogue.AttestDue && paper.InForce(in.Now) && in.Now.Before(first) {
		v.status, v.until = catalogue.Attested, first
		return v
	}
	v.status, v.until = status, until
	if status == catalogue.Attested {
		v.observed += "; " + reason
	} else {
		v.reason = reason
	}
	return v
}

// judgeUseCase is BAA-06.
func judgeUseCase(in *judgement) verdict {
	var p evidence
	resource, desired := "Bedrock in "+in.observed.Region, "Anthropic's first-use form is on file"
	if !slices.ContainsFunc(in.observed.Models, func(m state.Model) bool { return strings.HasPrefix(m.Foundation, "anthropic.") }) {
		return verdict{status: catalogue.NotApplicable, resource: resource, desired: desired, observed: "no Anthropic model is declared"}
	}
	withReading(
		&p,
		in.observed.UseCase,
		p.missing("not sent", "this account has not sent Anthropic's first-use form"),
		func(bool) { p.ok("on file") },
	)
	return p.verdict(resource, desired)
}
