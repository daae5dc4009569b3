package register

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/drift/catalogue"
	"claria/internal/words"
)

// The answers to a question. Yes is the safe one.
const (
	Yes           = "yes"
	Partly        = "partly"
	No            = "no"
	DoesNotApply  = "not applicable"
	NotYetDecided = ""
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

// Unanswered lists what is still missing before an analysis can be signed, by question.
func Unanswered(answers []RiskAnswer) []string {
	given := map[string]RiskAnswer{}
	for _, a := range answers {
		given[a.Question] = a
	}
	var open []string
	for _, q := range catalogue.Questions() {
		a, ok := given[q.ID]
		switch {
		case !ok || a.Answer == NotYetDecided:
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
		if !slices.ContainsFunc(catalogue.Questions(), func(q catalogue.Question) bool { return q.ID == a.Question }) {
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
		if !slices.Contains(catalogue.Sections(), section) {
			return RiskAnalysis{}, fmt.Errorf("there is no section %q; the sections are: %s", section, strings.Join(catalogue.Sections(), ", "))
		}
	}
	if open := Unanswered(answers); len(open) > 0 {
		return RiskAnalysis{}, fmt.Errorf("the risk analysis is not complete: %s", words.Few(open, "; "))
	}
	analysis := RiskAnalysis{At: at.UTC().Truncate(time.Second), Signer: signer, Version: catalogue.QuestionsVersion, Answers: answers}
	for _, section := range catalogue.Sections() {
		reviewer := signer
		if name := reviewers[section]; name != "" {
			reviewer = name
		}
		analysis.Sections = append(analysis.Sections, SectionReview{Section: section, Reviewer: reviewer, At: DateOf(at)})
	}
	return analysis, nil
}
