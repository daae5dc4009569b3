package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/words"
	"claria/provision/state"
)

// register returns what the register holds: empty when none was written yet,
// and noted in p as unknown when it could not be read.
func (in *judgement) register(p *evidence) (r register.Register, ok bool) {
	withReading(p, in.Register, func() { ok = true }, func(known register.Register) { r, ok = known, true })
	return r, ok
}

// due makes a verdict that waits for a person.
func due(desired, observed, reason string, remedy catalogue.Remedy) verdict {
	return verdict{status: catalogue.AttestDue, resource: practiceResource, desired: desired, observed: observed, reason: reason, remedy: remedy}
}

// notApplicableOnceSigned returns the judge of a statement that a rule does not apply:
// the signature is the proof.
func notApplicableOnceSigned(id, proof string) func(*judgement) verdict {
	return func(in *judgement) verdict {
		v := in.statementAlone(id)
		if v.status == catalogue.Attested {
			v.status, v.observed = catalogue.NotApplicable, proof+"; "+v.observed
		}
		return v
	}
}

// signedAndDrilled returns the judge of a plan that is signed and was tested within
// a year: one drill of any of the kinds.
func signedAndDrilled(id string, kinds ...string) func(*judgement) verdict {
	return func(in *judgement) verdict {
		v := in.statementAlone(id)
		v.desired += ", and a drill (" + strings.Join(kinds, " or ") + ") within a year"
		reg, ok := in.Register.Value()
		if !ok && v.status == catalogue.Unknown {
			return v
		}
		var latest *register.Drill
		for i, d := range reg.Drills {
			if slices.Contains(kinds, d.Kind) && !d.At.Ahead(in.Now) && (latest == nil || d.At >= latest.At) {
				latest = &reg.Drills[i]
			}
		}
		problem := ""
		switch {
		case latest == nil:
			problem = "no such drill is recorded"
		case latest.At.Plus(catalogue.Yearly).Passed(in.Now):
			problem = fmt.Sprintf("the latest drill was on %s, more than a year ago", latest.At)
		case !latest.Worked:
			problem = fmt.Sprintf("the latest drill, on %s, did not work", latest.At)
		}
		switch {
		case problem == "" && v.status == catalogue.Attested:
			v.observed += fmt.Sprintf("; %s drill on %s", latest.Kind, latest.At)
			if end := endOf(latest.At.Plus(catalogue.Yearly), in.Now); v.until.IsZero() || end.Before(v.until) {
				v.until = end
			}
		case problem != "" && v.status == catalogue.Attested:
			return due(v.desired, v.observed, problem, catalogue.Guided)
		case problem != "" && v.status == catalogue.AttestDue:
			v.reason += "; also, " + problem
		}
		return v
	}
}

// endOf returns the end of a day, in now's time zone.
func endOf(d register.Date, now time.Time) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), now.Location())
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}

// judgeTraining is ADM-08.
func judgeTraining(in *judgement) verdict {
	var p evidence
	const desired = "a recorded training of everyone within a year"
	reg, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	latest := map[string]register.Date{}
	for _, t := range reg.Trainings {
		if t.At.Ahead(in.Now) {
			continue
		}
		latest[t.Person] = max(latest[t.Person], t.At)
	}
	if len(latest) == 0 {
		return due(desired, "no training", "no training is recorded", "")
	}
	var late []string
	first := register.Date("9999-12-31")
	for person, at := range latest {
		first = min(first, at)
		if at.Plus(catalogue.Yearly).Passed(in.Now) {
			late = append(late, fmt.Sprintf("%s last on %s", person, at))
		}
	}
	slices.Sort(late)
	if len(late) > 0 {
		return due(desired, words.Few(late, "; "), "the latest training of "+words.Few(late, "; ")+" is more than a year old", "")
	}
	return verdict{
		status: catalogue.Attested, resource: practiceResource, desired: desired, until: endOf(first.Plus(catalogue.Yearly), in.Now),
		observed: fmt.Sprintf("%s trained, the earliest on %s", count(len(latest), "person"), first),
	}
}

// judgeRiskPlan is ADM-02. A waiver has its owner and its end; a failing control needs an
// action whose day has not passed.
func judgeRiskPlan(in *judgement) verdict {
	var p evidence
	const desired = "every control that fails or is waived has an owner and a date"
	register, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	failing, waived, unknown := 0, 0, 0
	var unowned, late []string
	for _, f := range in.others {
		switch {
		case f.Advice:
		case f.Status == catalogue.Waived:
			waived++
		case f.Status == catalogue.Unknown:
			unknown++
		case f.Status == catalogue.Fail:
			failing++
			switch a := register.ActionFor(f.ID); {
			case a == nil:
				unowned = append(unowned, f.ID)
			case a.Due.Passed(in.Now):
				late = append(late, fmt.Sprintf("%s (%s, %s)", f.ID, a.Owner, a.Due))
			}
		}
	}
	observed := fmt.Sprintf("%d failing, %d waived", failing, waived)
	if unknown > 0 {
		observed += fmt.Sprintf("; %d could not be judged", unknown)
	}
	switch {
	case len(late) > 0:
		p.bad(observed, "past the date by which it should be fixed: "+words.Few(late, ", "))
	case len(unowned) > 0:
		return due(desired, observed, "without owner and date: "+words.Few(unowned, ", "), "")
	default:
		p.ok("%s", observed)
	}
	return p.verdict(practiceResource, desired)
}

// judgeAccessReview is IAM-23: a review within a quarter.
func judgeAccessReview(in *judgement) verdict {
	var p evidence
	const desired = "a review of everyone's access within 92 days"
	reg, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	var latest *register.AccessReview
	for i, r := range reg.Reviews {
		if !r.At.Ahead(in.Now) && (latest == nil || r.At >= latest.At) {
			latest = &reg.Reviews[i]
		}
	}
	const quarter = 92
	switch {
	case latest == nil:
		return due(desired, "no review", "no access review is recorded", catalogue.Guided)
	case latest.At.Plus(quarter).Passed(in.Now):
		return due(
			desired,
			"reviewed on "+string(latest.At),
			fmt.Sprintf("the latest review, of %s, is more than %d days old", latest.At, quarter),
			catalogue.Guided,
		)
	}
	return verdict{
		status: catalogue.Attested, resource: practiceResource, desired: desired, until: endOf(latest.At.Plus(quarter), in.Now),
		observed: fmt.Sprintf("reviewed by %s on %s, %s", latest.Reviewer, latest.At, count(len(latest.Credentials), "credential")),
	}
}

// Credentials returns every way into the account that a state knows, for an access
// review; problem says which could not be read. Passwords and the rarer kinds are
// known only to a state that was observed with Settings.Wide.
func Credentials(snapshot state.State) (list []register.ReviewedCredential, problem string) {
	users, ok := snapshot.Users.Value()
	if !ok {
		if p, unread := snapshot.Users.Problem(); unread {
			return nil, p.String()
		}
		return []register.ReviewedCredential{}, ""
	}
	list = []register.ReviewedCredential{}
	for _, u := range users {
		before := len(list)
		keys, _ := u.Keys.Value()
		if p, unread := u.Keys.Problem(); unread {
			problem = p.String()
		}
		for _, k := range keys {
			c := register.ReviewedCredential{User: u.Name, Kind: "access key", ID: k.ID, Active: k.Active, Created: k.Created, LastUsed: k.LastUsed}
			if at, ok := k.Use.Value(); ok {
				c.LastUsed = at
			}
			list = append(list, c)
		}
		if login, ok := u.SignIn.Console.Value(); ok {
			list = append(list, register.ReviewedCredential{User: u.Name, Kind: "password", Active: true, Created: login.Created})
		}
		for _, other := range []struct {
			kind string
			of   state.Reading[[]state.Credential]
		}{{"service credential", u.SignIn.Services}, {"SSH key", u.SignIn.SSHKeys}, {"signing certificate", u.SignIn.Certificates}} {
			all, _ := other.of.Value()
			for _, k := range all {
				list = append(list, register.ReviewedCredential{User: u.Name, Kind: other.kind, ID: k.ID, Active: k.Active, Created: k.Created})
			}
		}
		if len(list) == before && u.Keys.Known() {
			list = append(list, register.ReviewedCredential{User: u.Name, Kind: "no credential"})
		}
	}
	return list, problem
}

// judgeVendors is BAA-05: every vendor that handles health information has an
// agreement in force, and someone has signed that the register names them all.
func judgeVendors(in *judgement) verdict {
	var p evidence
	const desired = "every vendor that handles health information has an agreement in force"
	register, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	with := 0
	for _, v := range register.Vendors {
		switch {
		case !v.PHI || v.Left != "":
		case v.Signed == "" || v.Signed.Ahead(in.Now):
			p.bad(
				v.Name+": no agreement",
				fmt.Sprintf("%s (%s) handles health information without a business associate agreement", v.Name, v.Service),
			)
		case v.Ends.Passed(in.Now):
			p.bad(fmt.Sprintf("%s: ended %s", v.Name, v.Ends), fmt.Sprintf("the agreement with %s ended on %s", v.Name, v.Ends))
		default:
			with++
		}
	}
	p.ok("%s with an agreement in force", count(with, "vendor"))
	return in.attestedToo("BAA-05", p.verdict(practiceResource, desired))
}
