package drift

import (
	"fmt"
	"strings"
	"time"

	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/words"
)

// Prefill answers what a report can answer. The answer is yes when each of a question's
// controls is in order, no when none is, and partly in between. What is
// unknown, or waits for a signature, is left to the person, with what was found.
func Prefill(report Report) []register.RiskAnswer {
	found := map[string]Finding{}
	for _, f := range report.Controls {
		found[f.ID] = f
	}
	var answers []register.RiskAnswer
	for _, q := range catalogue.Questions() {
		a := register.RiskAnswer{Question: q.ID}
		well, wrong, open, beside := 0, 0, 0, 0
		for _, id := range q.Controls {
			f, ok := found[id]
			if !ok {
				open++ // not judged: nothing is known about it
				continue
			}
			a.Facts = append(a.Facts, factOf(f, report))
			switch f.Status {
			case catalogue.Pass, catalogue.Attested:
				well++
			case catalogue.Fail, catalogue.Waived:
				wrong++
			case catalogue.NotApplicable:
				beside++
			default:
				open++
			}
		}
		switch {
		case wrong > 0 && well > 0:
			a.Answer = register.Partly
		case wrong > 0:
			a.Answer = register.No
		case open > 0:
			a.Answer = register.NotYetDecided
		case well > 0:
			a.Answer = register.Yes
		case beside > 0:
			a.Answer = register.DoesNotApply
		}
		if wrong > 0 {
			a.Why = fmt.Sprintf("the scan of %s found: ", report.Started.Format(time.DateOnly)) + strings.Join(wrongs(a.Facts), "; ")
		}
		answers = append(answers, a)
	}
	return answers
}

func wrongs(facts []register.Fact) []string {
	var texts []string
	for _, f := range facts {
		if f.Status == catalogue.Fail || f.Status == catalogue.Waived {
			texts = append(texts, f.Control+" "+f.Observed)
		}
	}
	return texts
}

// judgeAnalysis is ADM-01.
func judgeAnalysis(in *judgement) verdict {
	var p evidence
	const desired = "a signed risk analysis within a year, whose answers still hold"
	reg, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	a := reg.Analysis()
	if a == nil {
		return due(desired, "no risk analysis", "no risk analysis is signed", "")
	}
	high := 0
	for _, answer := range a.Answers {
		if answer.Rating() == register.HighRisk {
			high++
		}
	}
	observed := fmt.Sprintf("signed by %s on %s; %s rated high", a.Signer, a.At.Format(time.DateOnly), count(high, "risk"))
	ends := a.At.AddDate(0, 0, catalogue.Yearly)
	switch reopened := Reopened(*a, in.others); {
	case register.Ahead(a.At, in.Now):
		return due(desired, observed, "its date is in the future", "")
	case !in.Now.Before(ends):
		return due(desired, observed, "it is more than a year old", "")
	case a.Version < catalogue.QuestionsVersion:
		return due(desired, observed, "the questions have changed since then", "")
	case len(reopened) > 0:
		return due(desired, observed, "the controls that answered "+words.Few(reopened, ", ")+" have failed since", "")
	}
	return verdict{status: catalogue.Attested, resource: practiceResource, desired: desired, observed: observed, until: ends}
}

// Reopened returns the questions of an analysis whose answers no longer hold, because
// a control that prefilled one was in order and now fails or is waived.
func Reopened(a register.RiskAnalysis, findings []Finding) []string {
	now := map[string]catalogue.Status{}
	for _, f := range findings {
		now[f.ID] = f.Status
	}
	var open []string
	for _, answer := range a.Answers {
		for _, fact := range answer.Facts {
			was := fact.Status == catalogue.Pass || fact.Status == catalogue.Attested || fact.Status == catalogue.NotApplicable
			if is := now[fact.Control]; was && (is == catalogue.Fail || is == catalogue.Waived) {
				open = append(open, answer.Question+" ("+fact.Control+")")
				break
			}
		}
	}
	return open
}
