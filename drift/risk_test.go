package drift

import (
	"slices"
	"strings"
	"testing"

	"claria/drift/catalogue"
	"claria/drift/register"
)

func TestQuestionsAreComplete(t *testing.T) {
	t.Parallel()
	controls, err := catalogue.Controls(catalogue.Strict)
	if err != nil {
		t.Fatal(err)
	}
	seen, perSection := map[string]bool{}, map[string]int{}
	for _, q := range catalogue.Questions() {
		if seen[q.ID] || !strings.HasSuffix(q.Text, "?") || q.Threat == "" || len(q.Cites) == 0 {
			t.Errorf("%+v", q)
		}
		seen[q.ID] = true
		perSection[q.Section]++
		for _, id := range q.Controls {
			if !slices.ContainsFunc(controls, func(c catalogue.Control) bool { return c.ID == id }) {
				t.Errorf("%s is filled in by %s, which is no control", q.ID, id)
			}
		}
		for _, cite := range q.Cites {
			if !slices.ContainsFunc(catalogue.Requirements(), func(r catalogue.Requirement) bool { return r.Cited(cite) }) {
				t.Errorf("%s cites %s, which is no row", q.ID, cite)
			}
		}
	}
	for _, s := range catalogue.Sections() {
		if perSection[s] < 4 {
			t.Errorf("section %s has %d questions", s, perSection[s])
		}
	}
}

// Answers that the scan knows are prefilled with their evidence, and no others.
func TestPrefill(t *testing.T) {
	t.Parallel()
	answer := func(findings ...Finding) register.RiskAnswer {
		all := Prefill(Report{Started: now, Controls: findings})
		return all[slices.IndexFunc(all, func(a register.RiskAnswer) bool { return a.Question == "data-3" })] // S3-05, 06, 07, 08
	}
	four := func(statuses ...catalogue.Status) (all []Finding) {
		for i, s := range statuses {
			all = append(all, Finding{ID: []string{"S3-05", "S3-06", "S3-07", "S3-08"}[i], Status: s, Observed: "seen"})
		}
		return all
	}
	for _, c := range []struct {
		findings []Finding
		want     string
	}{
		{four(catalogue.Pass, catalogue.Pass, catalogue.Pass, catalogue.Pass), register.Yes},
		{four(catalogue.Pass, catalogue.Pass, catalogue.Pass, catalogue.NotApplicable), register.Yes},
		{four(catalogue.Pass, catalogue.Fail, catalogue.Pass, catalogue.Unknown), register.Partly},
		{four(catalogue.Fail, catalogue.Waived, catalogue.Fail, catalogue.Fail), register.No},
		{four(catalogue.Pass, catalogue.Pass, catalogue.Pass, catalogue.Unknown), ""},
		{four(catalogue.Pass, catalogue.Pass, catalogue.Pass, catalogue.AttestDue), ""},
		{four(catalogue.Pass, catalogue.Pass, catalogue.Pass), ""}, // S3-08 was not judged
		{four(catalogue.NotApplicable, catalogue.NotApplicable, catalogue.NotApplicable, catalogue.NotApplicable), register.DoesNotApply},
		{nil, ""},
	} {
		a := answer(c.findings...)
		if a.Answer != c.want || len(a.Facts) != len(c.findings) {
			t.Errorf("%v: %+v", c.findings, a)
		}
		if a.Open() != strings.Contains(a.Why, "the scan of 2026-11-21 found: ") {
			t.Errorf("%v: why %q", c.findings, a.Why)
		}
	}
}

func TestSigningARiskAnalysis(t *testing.T) {
	t.Parallel()
	with := func(change func(*register.RiskAnswer)) []register.RiskAnswer {
		answers := allYes()
		change(&answers[5])
		return answers
	}
	id := catalogue.Questions()[5].ID
	for _, c := range []struct {
		name    string
		answers []register.RiskAnswer
		signer  string
		says    string
	}{
		{"nobody", allYes(), "", "name"},
		{"unanswered", with(func(a *register.RiskAnswer) { a.Answer = "" }), "Ada", id + " is not answered"},
		{"missing", allYes()[1:], "Ada", catalogue.Questions()[0].ID + " is not answered"},
		{"no such answer", with(func(a *register.RiskAnswer) { a.Answer = "maybe" }), "Ada", `"maybe"`},
		{"not rated", with(func(a *register.RiskAnswer) { a.Answer, a.Why = register.No, "w" }), "Ada", "likelihood and impact"},
		{"rated 4", with(func(a *register.RiskAnswer) { a.Answer, a.Likelihood, a.Impact = register.Partly, 4, 1 }), "Ada", "likelihood and impact"},
		{"no reason", with(func(a *register.RiskAnswer) { a.Answer, a.Likelihood, a.Impact = register.No, 1, 1 }), "Ada", "does not say why"},
		{"no such question", append(allYes(), register.RiskAnswer{Question: "x-1", Answer: register.Yes}), "Ada", "x-1"},
	} {
		if _, err := register.SignAnalysis(c.answers, nil, c.signer, now); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := register.SignAnalysis(allYes(), map[string]string{"Somewhere": "Bo"}, "Ada", now); err == nil {
		t.Error("a section that does not exist was reviewed")
	}
	analysis, err := register.SignAnalysis(allYes(), map[string]string{catalogue.Sections()[2]: "Bo Lind"}, "Ada Moss", now)
	if err != nil || len(analysis.Sections) != 7 || analysis.Sections[2].Reviewer != "Bo Lind" || analysis.Sections[3].Reviewer != "Ada Moss" {
		t.Errorf("%v %+v", err, analysis.Sections)
	}
	for rating, pairs := range map[register.Rating][][2]int{register.LowRisk: {{1, 1}, {1, 2}}, register.ModerateRisk: {{1, 3}, {2, 2}}, register.HighRisk: {{2, 3}, {3, 3}}, register.NoRisk: {{0, 3}}} {
		for _, p := range pairs {
			if have := (register.RiskAnswer{Likelihood: p[0], Impact: p[1]}).Rating(); have != rating {
				t.Errorf("%v: %s, want %s", p, have, rating)
			}
		}
	}
}
