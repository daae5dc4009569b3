package drift

import (
	"slices"
	"strings"
	"testing"
)

func TestQuestionsAreComplete(t *testing.T) {
	t.Parallel()
	controls, err := Catalogue(Strict)
	if err != nil {
		t.Fatal(err)
	}
	seen, perSection := map[string]bool{}, map[string]int{}
	for _, q := range Questions() {
		if seen[q.ID] || !strings.HasSuffix(q.Text, "?") || q.Threat == "" || len(q.Cites) == 0 {
			t.Errorf("%+v", q)
		}
		seen[q.ID] = true
		perSection[q.Section]++
		for _, id := range q.Controls {
			if !slices.ContainsFunc(controls, func(c Control) bool { return c.ID == id }) {
				t.Errorf("%s is filled in by %s, which is no control", q.ID, id)
			}
		}
		for _, cite := range q.Cites {
			if !slices.ContainsFunc(requirements(), func(r requirement) bool { return r.cited(cite) }) {
				t.Errorf("%s cites %s, which is no row", q.ID, cite)
			}
		}
	}
	for _, s := range Sections() {
		if perSection[s] < 4 {
			t.Errorf("section %s has %d questions", s, perSection[s])
		}
	}
}

// Answers that the scan knows are prefilled with their evidence, and no others.
func TestPrefill(t *testing.T) {
	t.Parallel()
	answer := func(findings ...Finding) RiskAnswer {
		all := Prefill(Report{Started: now, Controls: findings})
		return all[slices.IndexFunc(all, func(a RiskAnswer) bool { return a.Question == "data-3" })] // S3-05, 06, 07, 08
	}
	four := func(statuses ...Status) (all []Finding) {
		for i, s := range statuses {
			all = append(all, Finding{ID: []string{"S3-05", "S3-06", "S3-07", "S3-08"}[i], Status: s, Observed: "seen"})
		}
		return all
	}
	for _, c := range []struct {
		findings []Finding
		want     string
	}{
		{four(Pass, Pass, Pass, Pass), Yes},
		{four(Pass, Pass, Pass, NotApplicable), Yes},
		{four(Pass, Fail, Pass, Unknown), Partly},
		{four(Fail, Waived, Fail, Fail), No},
		{four(Pass, Pass, Pass, Unknown), ""},
		{four(Pass, Pass, Pass, AttestDue), ""},
		{four(Pass, Pass, Pass), ""}, // S3-08 was not judged
		{four(NotApplicable, NotApplicable, NotApplicable, NotApplicable), DoesNotApply},
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
	with := func(change func(*RiskAnswer)) []RiskAnswer {
		answers := allYes()
		change(&answers[5])
		return answers
	}
	id := Questions()[5].ID
	for _, c := range []struct {
		name    string
		answers []RiskAnswer
		signer  string
		says    string
	}{
		{"nobody", allYes(), "", "name"},
		{"unanswered", with(func(a *RiskAnswer) { a.Answer = "" }), "Ada", id + " is not answered"},
		{"missing", allYes()[1:], "Ada", Questions()[0].ID + " is not answered"},
		{"no such answer", with(func(a *RiskAnswer) { a.Answer = "maybe" }), "Ada", `"maybe"`},
		{"not rated", with(func(a *RiskAnswer) { a.Answer, a.Why = No, "w" }), "Ada", "likelihood and impact"},
		{"rated 4", with(func(a *RiskAnswer) { a.Answer, a.Likelihood, a.Impact = Partly, 4, 1 }), "Ada", "likelihood and impact"},
		{"no reason", with(func(a *RiskAnswer) { a.Answer, a.Likelihood, a.Impact = No, 1, 1 }), "Ada", "does not say why"},
		{"no such question", append(allYes(), RiskAnswer{Question: "x-1", Answer: Yes}), "Ada", "x-1"},
	} {
		if _, err := SignAnalysis(c.answers, nil, c.signer, now); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := SignAnalysis(allYes(), map[string]string{"Somewhere": "Bo"}, "Ada", now); err == nil {
		t.Error("a section that does not exist was reviewed")
	}
	analysis, err := SignAnalysis(allYes(), map[string]string{Sections()[2]: "Bo Lind"}, "Ada Moss", now)
	if err != nil || len(analysis.Sections) != 7 || analysis.Sections[2].Reviewer != "Bo Lind" || analysis.Sections[3].Reviewer != "Ada Moss" {
		t.Errorf("%v %+v", err, analysis.Sections)
	}
	for rating, pairs := range map[Rating][][2]int{LowRisk: {{1, 1}, {1, 2}}, ModerateRisk: {{1, 3}, {2, 2}}, HighRisk: {{2, 3}, {3, 3}}, NoRisk: {{0, 3}}} {
		for _, p := range pairs {
			if have := (RiskAnswer{Likelihood: p[0], Impact: p[1]}).Rating(); have != rating {
				t.Errorf("%v: %s, want %s", p, have, rating)
			}
		}
	}
}
