package drift

import (
	"strings"

	"claria/aws"
	"claria/provision"
)

// judgeAgreement is BAA-01. A recorded paper agreement is an agreement; what AWS
// Artifact lists then makes no difference.
func judgeAgreement(in *judgement) verdict {
	var p parts
	const desired = "an active AWS Business Associate Addendum for this account or its organisation"
	resource := "account " + in.observed.Account
	if paper := in.settings.PaperAgreement; paper != nil {
		p.ok("on paper, signed %s (document %.12s…)", paper.Signed.Format("2006-01-02"), paper.SHA256)
		return p.verdict(resource, desired)
	}
	look(&p, in.observed.Agreements, p.missing("no agreement", "AWS Artifact lists no agreement"), func(all []aws.Agreement) {
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
		// An agreement of an organisation counts when it is ours; which that is has
		// to be known only if there is one.
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
		look(&p, in.observed.Organization, none, func(organization string) {
			if a, ok := provision.BusinessAssociateAddendum(started, in.observed.Account, organization); ok {
				p.ok("active since %s, the organisation", a.EffectiveStart.Format("2006-01-02"))
				return
			}
			none()
		})
	})
	v := p.verdict(resource, desired)
	if _, member := in.observed.Organization.Value(); member && v.status == Fail {
		v.reason += "; in a member account of an organisation its agreement may show only in the management account"
	}
	return v
}

// described is what an agreement list holds, for a person.
func described(all []aws.Agreement) string {
	if len(all) == 0 {
		return "no agreement"
	}
	var texts []string
	for _, a := range all {
		texts = append(texts, a.Name+" ("+strings.ToLower(a.State)+")")
	}
	return few(texts, ", ")
}
