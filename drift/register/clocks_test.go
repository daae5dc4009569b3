package register

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestTheClocksOfABreach checks 45 CFR 164.404–412 at their boundaries.
func TestTheClocksOfABreach(t *testing.T) {
	t.Parallel()
	all := func(i Incident) []string {
		var texts []string
		for _, c := range i.Clocks() {
			texts = append(texts, fmt.Sprintf("%s %s", c.Citation, c.Due))
		}
		return texts
	}
	for _, c := range []struct {
		name     string
		incident Incident
		want     []string
	}{
		{"one person", Incident{Discovered: "2026-03-02", Affected: 1}, []string{"164.404 2026-05-01", "164.408 2027-03-01"}},
		{"a leap year follows", Incident{Discovered: "2027-12-31", Affected: 499}, []string{"164.404 2028-02-29", "164.408 2028-02-29"}},
		{"500 people", Incident{Discovered: "2026-03-02", Affected: 500}, []string{"164.404 2026-05-01", "164.408 2026-05-01"}},
		{"500 of one state", Incident{Discovered: "2026-03-02", Affected: 500, States: map[string]int{"OH": 500}}, []string{"164.404 2026-05-01", "164.408 2026-05-01"}},
		{"501 of one state", Incident{Discovered: "2026-03-02", Affected: 501, States: map[string]int{"OH": 501}}, []string{"164.404 2026-05-01", "164.408 2026-05-01", "164.406 2026-05-01"}},
		{"600 of two states", Incident{Discovered: "2026-03-02", Affected: 600, States: map[string]int{"OH": 300, "PA": 300}}, []string{"164.404 2026-05-01", "164.408 2026-05-01"}},
		{"another's information", Incident{Discovered: "2026-03-02", Affected: 900, AsAssociate: true}, []string{"164.410 2026-05-01"}},
		{"a written delay", Incident{Discovered: "2026-03-02", Affected: 1, Delay: &Delay{Asked: "2026-04-01", Written: true, Until: "2026-07-01"}}, []string{"164.404 2026-07-01", "164.408 2027-03-01"}},
		{"an oral delay", Incident{Discovered: "2026-03-02", Affected: 1, Delay: &Delay{Asked: "2026-04-20", Until: "2027-01-01"}}, []string{"164.404 2026-05-20", "164.408 2027-03-01"}},
		{"an oral delay that ends early", Incident{Discovered: "2026-03-02", Affected: 1, Delay: &Delay{Asked: "2026-03-05"}}, []string{"164.404 2026-05-01", "164.408 2027-03-01"}},
		{"encrypted", Incident{Discovered: "2026-03-02", Affected: 1, Outcome: Secured}, nil},
		{"low probability, said only", Incident{Discovered: "2026-03-02", Affected: 1, Outcome: LowProbability}, []string{"164.404 2026-05-01", "164.408 2027-03-01"}},
		{"low probability, assessed", assessed("2026-03-02", LowProbability), nil},
		{"assessed as a breach", assessed("2026-03-02", Breach), []string{"164.404 2026-05-01", "164.408 2027-03-01"}},
	} {
		if have := all(c.incident); !slices.Equal(have, c.want) {
			t.Errorf("%s: %v, want %v", c.name, have, c.want)
		}
	}
	i := Incident{Discovered: "2026-03-02", Affected: 1}
	eastern := time.FixedZone("EST", -5*3600)
	for at, late := range map[time.Time]bool{
		time.Date(2026, 5, 1, 23, 59, 0, 0, eastern): false, // in UTC it is the next day already
		time.Date(2026, 5, 2, 0, 0, 0, 0, eastern):   true,
	} {
		if have := i.Clocks()[0].Overdue(at); have != late {
			t.Errorf("at %s overdue is %v", at, have)
		}
	}
	i.Told.Individuals = "2026-05-09"
	if c := i.Clocks()[0]; c.Open() || c.Overdue(time.Date(2026, 11, 21, 18, 2, 0, 0, time.UTC)) {
		t.Errorf("told: %+v", c)
	}
}

// TestTheClocksOfARequest checks 45 CFR 164.524–528.
func TestTheClocksOfARequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind           string
		extended, want Date
	}{
		{"access", "", "2026-04-01"},
		{"access", "2026-04-01", "2026-05-01"}, // told on the last day of the first period
		{"access", "2026-04-02", "2026-04-01"}, // told too late: no extension
		{"amendment", "", "2026-05-01"},
		{"amendment", "2026-04-15", "2026-05-31"},
		{"accounting", "", "2026-05-01"},
		{"accounting", "2026-05-01", "2026-05-31"},
	} {
		have, ok := Request{Kind: c.kind, Received: "2026-03-02", Extended: c.extended}.Clock()
		if !ok || have.Due != c.want {
			t.Errorf("%+v: %+v", c, have)
		}
	}
	if _, ok := (Request{Kind: "restriction", Received: "2026-03-02"}).Clock(); ok {
		t.Error("a restriction has a clock")
	}
	open := Register{
		Incidents: []Incident{{ID: "b", Discovered: "2026-03-02", Affected: 1, Told: Told{Individuals: "2026-03-09"}}},
		Requests:  []Request{{ID: "a", Kind: "access", Received: "2026-03-02"}, {ID: "c", Kind: "access", Received: "2026-03-02", Answered: "2026-03-03"}},
	}.Clocks()
	if len(open) != 2 || open[0].Of != "a" || open[1].Of != "b" {
		t.Errorf("open: %+v", open)
	}
}

// assessed is an incident whose four factors are all rated low.
func assessed(discovered Date, outcome string) Incident {
	i := Incident{Discovered: discovered, Outcome: outcome, Affected: 1}
	for _, f := range Factors() {
		i.Factors = append(i.Factors, Factor{Name: f.Name, Rating: "low", Reasoned: true})
	}
	return i
}
