package drift

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The answers to a question. Yes is the safe one.
const (
	Yes           = "yes"
	Partly        = "partly"
	No            = "no"
	DoesNotApply  = "not applicable"
	notYetDecided = ""
)

// Answers are the answers to a question.
func Answers() []string { return []string{Yes, Partly, No, DoesNotApply} }

// Rating is a risk: likelihood times impact, each 1 to 3.
type Rating string

// The ratings. Low: 1–2; moderate: 3–4; high: 6–9.
const (
	NoRisk       Rating = ""
	LowRisk      Rating = "low"
	ModerateRisk Rating = "moderate"
	HighRisk     Rating = "high"
)

// Rating returns the answer's risk; NoRisk while there is nothing to rate.
func (a RiskAnswer) Rating() Rating {
	switch n := a.Likelihood * a.Impact; {
	case n <= 0:
		return NoRisk
	case n <= 2:
		return LowRisk
	case n <= 4:
		return ModerateRisk
	}
	return HighRisk
}

// Open reports whether the answer leaves a risk.
func (a RiskAnswer) Open() bool { return a.Answer == Partly || a.Answer == No }

// Prefill answers what a report can answer. The answer is yes when each of a question's
// controls is in order, no when none is, and partly in between. What is
// unknown, or waits for a signature, is left to the person, with what was found.
func Prefill(report Report) []RiskAnswer {
	found := map[string]Finding{}
	for _, f := range report.Controls {
		found[f.ID] = f
	}
	var answers []RiskAnswer
	for _, q := range Questions() {
		a := RiskAnswer{Question: q.ID}
		well, wrong, open, beside := 0, 0, 0, 0
		for _, id := range q.Controls {
			f, ok := found[id]
			if !ok {
				open++ // not judged: nothing is known about it
				continue
			}
			a.Facts = append(a.Facts, factOf(f, report))
			switch f.Status {
			case Pass, Attested:
				well++
			case Fail, Waived:
				wrong++
			case NotApplicable:
				beside++
			default:
				open++
			}
		}
		switch {
		case wrong > 0 && well > 0:
			a.Answer = Partly
		case wrong > 0:
			a.Answer = No
		case open > 0:
			a.Answer = notYetDecided
		case well > 0:
			a.Answer = Yes
		case beside > 0:
			a.Answer = DoesNotApply
		}
		if wrong > 0 {
			a.Why = fmt.Sprintf("the scan of %s found: ", report.Started.Format(time.DateOnly)) + strings.Join(wrongs(a.Facts), "; ")
		}
		answers = append(answers, a)
	}
	return answers
}

func wrongs(facts []Fact) []string {
	var texts []string
	for _, f := range facts {
		if f.Status == Fail || f.Status == Waived {
			texts = append(texts, f.Control+" "+f.Observed)
		}
	}
	return texts
}

// Unanswered lists what is still missing before an analysis can be signed, by question.
func Unanswered(answers []RiskAnswer) []string {
	given := map[string]RiskAnswer{}
	for _, a := range answers {
		given[a.Question] = a
	}
	var open []string
	for _, q := range Questions() {
		a, ok := given[q.ID]
		switch {
		case !ok || a.Answer == notYetDecided:
			open = append(open, q.ID+" is not answered")
		case !slices.Contains(Answers(), a.Answer):
			open = append(open, fmt.Sprintf("%s: %q is not an answer; the answers are: %s", q.ID, a.Answer, strings.Join(Answers(), ", ")))
		case a.Open() && (a.Likelihood < 1 || a.Likelihood > 3 || a.Impact < 1 || a.Impact > 3):
			open = append(open, q.ID+" leaves a risk without a rating of likelihood and impact (1 low, 2 moderate, 3 high)")
		case a.Answer == No && strings.TrimSpace(a.Why) == "":
			open = append(open, q.ID+" is answered no and does not say why")
		}
	}
	for _, a := range answers {
		if !slices.ContainsFunc(Questions(), func(q Question) bool { return q.ID == a.Question }) {
			open = append(open, fmt.Sprintf("%q is not a question", a.Question))
		}
	}
	return open
}

// SignAnalysis makes a signed risk analysis. reviewers names who reviewed each
// section; the signer reviewed a section without a name. The error lists
// what is still missing.
func SignAnalysis(answers []RiskAnswer, reviewers map[string]string, signer string, at time.Time) (RiskAnalysis, error) {
	if strings.TrimSpace(signer) == "" {
		return RiskAnalysis{}, errors.New("a risk analysis needs the name of who signs it")
	}
	for section := range reviewers {
		if !slices.Contains(Sections(), section) {
			return RiskAnalysis{}, fmt.Errorf("there is no section %q; the sections are: %s", section, strings.Join(Sections(), ", "))
		}
	}
	if open := Unanswered(answers); len(open) > 0 {
		return RiskAnalysis{}, fmt.Errorf("the risk analysis is not complete: %s", few(open, "; "))
	}
	analysis := RiskAnalysis{At: at.UTC().Truncate(time.Second), Signer: signer, Version: questionsVersion, Answers: answers}
	for _, section := range Sections() {
		reviewer := signer
		if name := reviewers[section]; name != "" {
			reviewer = name
		}
		analysis.Sections = append(analysis.Sections, SectionReview{Section: section, Reviewer: reviewer, At: DateOf(at)})
	}
	return analysis, nil
}

// analysis returns the newest signed risk analysis; nil: there is none.
func (r Register) analysis() *RiskAnalysis {
	var newest *RiskAnalysis
	for i, a := range r.Analyses {
		if newest == nil || !a.At.Before(newest.At) {
			newest = &r.Analyses[i]
		}
	}
	return newest
}

// Reopened returns the questions of an analysis whose answers no longer hold, because
// a control that prefilled one was in order and now fails or is waived.
func (a RiskAnalysis) Reopened(findings []Finding) []string {
	now := map[string]Status{}
	for _, f := range findings {
		now[f.ID] = f.Status
	}
	var open []string
	for _, answer := range a.Answers {
		for _, fact := range answer.Facts {
			was := fact.Status == Pass || fact.Status == Attested || fact.Status == NotApplicable
			if is := now[fact.Control]; was && (is == Fail || is == Waived) {
				open = append(open, answer.Question+" ("+fact.Control+")")
				break
			}
		}
	}
	return open
}

// judgeAnalysis is ADM-01.
func judgeAnalysis(in *judgement) verdict {
	var p evidence
	const desired = "a signed risk analysis within a year, whose answers still hold"
	register, ok := in.register(&p)
	if !ok {
		return p.verdict(practiceResource, desired)
	}
	a := register.analysis()
	if a == nil {
		return due(desired, "no risk analysis", "no risk analysis is signed", "")
	}
	high := 0
	for _, answer := range a.Answers {
		if answer.Rating() == HighRisk {
			high++
		}
	}
	observed := fmt.Sprintf("signed by %s on %s; %s rated high", a.Signer, a.At.Format(time.DateOnly), count(high, "risk"))
	ends := a.At.AddDate(0, 0, yearly)
	switch reopened := a.Reopened(in.others); {
	case ahead(a.At, in.Now):
		return due(desired, observed, "its date is in the future", "")
	case !in.Now.Before(ends):
		return due(desired, observed, "it is more than a year old", "")
	case a.Version < questionsVersion:
		return due(desired, observed, "the questions have changed since then", "")
	case len(reopened) > 0:
		return due(desired, observed, "the controls that answered "+few(reopened, ", ")+" have failed since", "")
	}
	return verdict{status: Attested, resource: practiceResource, desired: desired, observed: observed, until: ends}
}
