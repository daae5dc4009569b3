package drift

import (
	"fmt"
	"strings"

	"claria/drift/catalogue"
	"claria/drift/register"
)

// clocks is the verdict on legal deadlines: failing and overdue when one has passed.
func (in *judgement) clocks(desired, none string, of func(register.Register) []register.Clock) verdict {
	var p evidence
	reg, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	var next register.Clock
	open, late := 0, 0
	for _, c := range of(reg) {
		if c.Done.Ahead(in.Now) { // planned is not done
			c.Done = ""
		}
		if !c.Open() {
			continue
		}
		open++
		if next.Due == "" || c.Due < next.Due {
			next = c
		}
		switch {
		case c.Due == "": // a row without a readable day: someone edited it
			p.unknown(fmt.Sprintf("%s: the register has no day to count from", c.Of))
		case c.Overdue(in.Now):
			late++
			p.bad(fmt.Sprintf("%s was due on %s", c.Of, c.Due), fmt.Sprintf("%s: %s was due on %s (45 CFR %s)", c.Of, c.What, c.Due, c.Citation))
		}
	}
	if open == 0 {
		p.ok("%s", none)
	} else {
		p.ok("%s open; next: %s, %s by %s", count(open, "deadline"), next.Of, next.What, next.Due)
	}
	v := p.verdict(practiceResource, desired)
	v.overdue = late > 0
	return v
}

// judgeRequests is PRV-05.
func judgeRequests(in *judgement) verdict {
	return in.clocks("every request answered by its deadline", "no request is open", func(r register.Register) []register.Clock {
		var all []register.Clock
		for _, q := range r.Requests {
			if c, ok := q.Clock(); ok {
				all = append(all, c)
			}
		}
		return all
	})
}

// judgeNotices is BRN-02.
func judgeNotices(in *judgement) verdict {
	return in.clocks("every notice sent by its deadline", "no incident is open", func(r register.Register) []register.Clock {
		var all []register.Clock
		for _, i := range r.Incidents {
			all = append(all, i.Clocks()...)
		}
		return all
	})
}

// judgeAssessments is BRN-01: the four factors of every incident, and the
// signature that there are no others.
func judgeAssessments(in *judgement) verdict {
	var p evidence
	const desired = "every incident assessed by the four factors, and a signed statement that all are recorded"
	register, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	for _, i := range register.Incidents {
		switch {
		case !i.Assessed():
			p.bad(i.ID+" is not assessed", fmt.Sprintf("%s, discovered on %s: the four factors are not all rated with reasons", i.ID, i.Discovered))
		case i.Outcome == "":
			p.bad(i.ID+" is not decided", fmt.Sprintf("%s, discovered on %s: the assessment has no outcome", i.ID, i.Discovered))
		}
	}
	p.ok("%s recorded", count(len(register.Incidents), "incident"))
	return in.attestedToo("BRN-01", p.verdict(practiceResource, desired))
}

// judgeSecuredFacts is BRN-03.
func judgeSecuredFacts(in *judgement) verdict {
	var p evidence
	const desired = "for every incident: whether the information was readable, and what the account showed"
	register, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	for _, i := range register.Incidents {
		var lacks []string
		if i.Unsecured == "" {
			lacks = append(lacks, "whether the information was readable")
		}
		if len(i.Evidence) == 0 {
			lacks = append(lacks, "what the account showed")
		}
		if len(lacks) > 0 {
			p.bad(i.ID+" is incomplete", i.ID+" does not say "+strings.Join(lacks, " nor "))
		}
	}
	p.ok("%s", noneOr(len(register.Incidents), "incident"))
	return p.verdict(practiceResource, desired)
}

func noneOr(n int, one string) string {
	if n == 0 {
		return "no " + one + " is recorded"
	}
	return count(n, one) + " recorded"
}

// SecuredFacts returns the findings that decide “unsecured” (164.402 and HHS's
// guidance: encryption at rest and in transit), as they are at the discovery.
func SecuredFacts(report Report) []register.Fact {
	var facts []register.Fact
	for _, f := range report.Controls {
		switch f.ID {
		case "S3-02", "S3-05", "S3-07", "S3-09", "WKS-01", "KMS-04":
			facts = append(facts, factOf(f, report))
		}
	}
	return facts
}

func factOf(f Finding, report Report) register.Fact {
	return register.Fact{Control: f.ID, Status: f.Status, Observed: f.Observed, At: report.Started}
}

// judgePart2 is PRV-08. For a practice that has determined that Part 2 does not
// apply, little risk remains.
func judgePart2(in *judgement) verdict {
	v := in.statementAlone("PRV-08")
	register, _ := in.Register.Value()
	if a := register.AttestationOf("PRV-08"); a != nil && v.status == catalogue.Attested {
		v.observed = "it applies; " + v.observed
		if a.Answer == "no" {
			v.severity, v.observed = catalogue.Low, "it does not apply; "+strings.TrimPrefix(v.observed, "it applies; ")
		}
	}
	return v
}

// judgeCommunications is PRV-04.
func judgeCommunications(in *judgement) verdict {
	v := in.statementAlone("PRV-04")
	if register, ok := in.Register.Value(); ok && v.status == catalogue.Attested {
		n := 0
		for _, q := range register.Requests {
			if q.Kind == "confidential communication" || q.Kind == "restriction" {
				n++
			}
		}
		v.observed += "; " + noneOr(n, "request")
	}
	return v
}
