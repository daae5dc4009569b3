package drift

import (
	"cmp"
	"fmt"
	"slices"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision/state"
)

// Judge judges every control of the set. It is pure: everything known about the
// account is in observed, and nothing is read or written.
func Judge(observed, desired state.State, settings state.Settings, facts Facts, controls []catalogue.Control) []Finding {
	return newJudgement(observed, desired, settings, facts).all(controls)
}

func newJudgement(observed, desired state.State, settings state.Settings, facts Facts) *judgement {
	return &judgement{
		observed: observed, desired: desired, settings: settings, Facts: facts,
		judges: judges(), statements: catalogue.Statements(), policies: &policy.Reader{},
	}
}

// all judges the controls; those that look at other findings come last.
func (in *judgement) all(controls []catalogue.Control) []Finding {
	findings := make([]Finding, len(controls))
	for i, c := range controls {
		if !c.Last {
			findings[i] = in.finding(c)
			in.others = append(in.others, findings[i])
		}
	}
	for i, c := range controls {
		if c.Last {
			findings[i] = in.finding(c)
		}
	}
	return findings
}

func (in *judgement) finding(c catalogue.Control) Finding {
	v := in.judgeOf(c)(in)
	f := Finding{
		ID: c.ID, Title: c.Title, Status: v.status, Severity: cmp.Or(v.severity, c.Severity),
		Citations: append([]string{}, c.Citations...), ConfigRules: append([]string{}, c.ConfigRules...),
		Resource: v.resource, Desired: v.desired, Observed: v.observed, Reason: v.reason, Remedy: cmp.Or(v.remedy, c.Remedy),
		Family: c.Family, Prowler: append([]string{}, c.Prowler...), Methods: c.EstablishedBy(),
		Advice: !c.In(catalogue.Core) && slices.Contains(c.Sets, catalogue.NPRM), Until: v.until, Overdue: v.overdue,
	}
	in.waive(&f)
	return f
}

// Summarize counts findings by status.
func Summarize(findings []Finding) Summary {
	var s Summary
	for _, f := range findings {
		if f.Advice && f.Status != catalogue.Pass && f.Status != catalogue.NotApplicable && f.Status != catalogue.Waived && f.Status != catalogue.Attested && f.Status != catalogue.AttestDue {
			s.Advice++
			continue
		}
		switch f.Status {
		case catalogue.Pass:
			s.Pass++
		case catalogue.Fail:
			s.Fail++
			if f.Overdue {
				s.Overdue++
			}
		case catalogue.NotApplicable:
			s.NotApplicable++
		case catalogue.Waived:
			s.Waived++
		case catalogue.Attested:
			s.Attested++
		case catalogue.AttestDue:
			s.AttestDue++
		default: // an unknown status is not a pass
			s.Unknown++
		}
	}
	return s
}

// evidence collects what a control examines. One wrong item makes the
// control fail; otherwise one unreadable item makes it unknown.
type evidence struct {
	fine, wrong, why, unread []string
	remedy                   catalogue.Remedy
}

// ok notes an item that is right, in the words shown as observed.
func (p *evidence) ok(format string, args ...any) {
	p.fine = append(p.fine, fmt.Sprintf(format, args...))
}

// bad notes an item that is wrong: what was seen, and what is wrong with it.
func (p *evidence) bad(observed, why string) {
	p.wrong = append(p.wrong, observed)
	p.why = append(p.why, why)
}

// unknown notes an item that could not be established, and why.
func (p *evidence) unknown(why string) { p.unread = append(p.unread, why) }

func (p *evidence) verdict(resource, desired string) verdict {
	v := verdict{resource: resource, desired: desired, remedy: p.remedy}
	switch {
	case len(p.wrong) > 0:
		v.status, v.observed, v.reason = catalogue.Fail, words.Few(p.wrong, "; "), words.Few(p.why, "; ")
		if len(p.unread) > 0 {
			v.reason += "; also not known: " + words.Few(p.unread, "; ")
		}
	case len(p.unread) > 0:
		v.status, v.observed, v.reason = catalogue.Unknown, "not known", words.Few(p.unread, "; ")
	default:
		v.status, v.observed = catalogue.Pass, words.Few(p.fine, "; ")
	}
	return v
}

// withReading passes a reading on: to known, to absent, or to the evidence as unknown.
func withReading[T any](p *evidence, r state.Reading[T], absent func(), known func(T)) {
	if v, ok := r.Value(); ok {
		known(v)
	} else if problem, ok := r.Problem(); ok {
		p.unknown(problem.String())
	} else {
		absent()
	}
}

// setting is withReading for a setting of a bucket. AWS also answers “absent” for a
// setting of a bucket that does not exist, so an absent setting counts only
// when the bucket is known to exist.
func setting[T any](p *evidence, b state.Bucket, r state.Reading[T], absent func(), known func(T)) {
	withReading(p, r, func() {
		withReading(p, b.Region,
			func() { p.bad("the bucket does not exist", "the bucket does not exist") },
			func(string) { absent() })
	}, known)
}

// missing is the absent callback for something that must exist.
func (p *evidence) missing(observed, why string) func() { return func() { p.bad(observed, why) } }

func (in *judgement) dataBucket() string  { return "data bucket " + in.observed.DataBucket.Name }
func (in *judgement) auditBucket() string { return "audit bucket " + in.observed.AuditBucket.Name }

// count is "1 key", "2 keys".
func count(n int, one string) string { return words.Count(n, one) }
