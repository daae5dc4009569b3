package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/register"
	"claria/internal/safe"
	"claria/session"
	"claria/session/watch"
)

// incidents is the register with legal deadlines. The note says in words what
// happened.
func incidents() registerKind {
	fields := []registerField{
		{flag: "discovered", help: "date on which it was known, or should have been known (default: today)", kind: aPastDate, in: "add"},
		{flag: "kind", help: "one of", of: register.IncidentKinds(), in: "add"},
		{flag: "unsecured", help: "whether the information could be read", of: []string{"yes", "no"}, in: "add set"},
		{flag: "affected", help: "number of people", kind: aNumber, in: "add set"},
		{flag: "state", help: "how many of them live in a state, such as OH=12", kind: aList, in: "add set"},
		{flag: "as-associate", help: "the information belongs to another covered entity", kind: aSwitch, in: "add set"},
		{flag: "outcome", help: "the conclusion of the assessment", of: register.Outcomes(), in: "set"},
		{flag: "told-individuals", help: "date on which the people were notified", kind: aPastDate, in: "set"},
		{flag: "told-hhs", help: "date on which HHS was notified", kind: aPastDate, in: "set"},
		{flag: "told-media", help: "date on which the media were notified", kind: aPastDate, in: "set"},
		{flag: "told-entity", help: "date on which the covered entity was notified", kind: aPastDate, in: "set"},
		{flag: "delay-asked", help: "date on which law enforcement asked orally for a delay", kind: aPastDate, in: "set"},
		{flag: "delay-until", help: "last day of a delay that law enforcement requested in writing", kind: aDate, in: "set"},
		{flag: "note", help: "what happened; the auditor cannot read it", in: "add set"},
	}
	for _, f := range register.Factors() {
		fields = append(fields,
			registerField{flag: f.Name, help: f.Asks + " Probability of compromise", of: []string{"low", "moderate", "high"}, in: "set"},
			registerField{flag: f.Name + "-why", help: "the reasons; the auditor cannot read them", in: "set"})
	}
	return registerKind{
		name: "incidents", one: "incident", short: "Security incidents, their four-factor assessment and legal deadlines",
		fields: fields,
		fill: func(ctx context.Context, e *env, s *session.Session, v *values) error {
			result, err := e.look(ctx, s, watch.Options{Unrecorded: true})
			if err != nil {
				return fmt.Errorf("the state of the account at the discovery could not be stored: %w", err)
			}
			v.facts = drift.SecuredFacts(result.Report)
			return nil
		},
		add: func(r *register.Register, v values, now time.Time) (string, error) {
			if err := v.need("kind", "affected"); err != nil {
				return "", err
			}
			i := register.Incident{Discovered: v.day("discovered", now), Kind: v.text("kind"), Evidence: v.facts}
			if i.Discovered > register.DateOf(now) {
				return "", fmt.Errorf("--discovered %s is in the future", i.Discovered)
			}
			i.ID = nextID("INC", i.Discovered, func(id string) bool {
				return slices.ContainsFunc(r.Incidents, func(have register.Incident) bool { return have.ID == id })
			})
			if err := setIncident(&i, v); err != nil {
				return "", err
			}
			r.Incidents = append(r.Incidents, i)
			return i.ID, nil
		},
		set: func(r *register.Register, id string, v values) (err error) {
			missing := find(r.Incidents, "incident", id, func(x register.Incident) string { return x.ID },
				func(x *register.Incident) { err = setIncident(x, v) })
			if missing != nil {
				return missing
			}
			return err
		},
		note: func(n *register.Notes, id string, v values) {
			note, given := n.Incidents[id], v.has("note")
			if given {
				note.Text = safe.PHI(v.text("note"))
			}
			note.Reasons = maps.Clone(note.Reasons)
			for _, f := range register.Factors() {
				if v.has(f.Name + "-why") {
					if note.Reasons == nil {
						note.Reasons = map[string]safe.PHI{}
					}
					note.Reasons[f.Name], given = safe.PHI(v.text(f.Name+"-why")), true
				}
			}
			if given {
				if n.Incidents == nil {
					n.Incidents = map[string]register.IncidentNote{}
				}
				n.Incidents[id] = note
			}
		},
		rows: func(r register.Register, now time.Time) (rows [][]string) {
			for _, x := range r.Incidents {
				state := x.Outcome
				switch {
				case !x.Assessed():
					state = "NOT ASSESSED"
				case state == "":
					state = "NOT DECIDED"
				}
				var clocks []string
				for _, c := range x.Clocks() {
					clocks = append(clocks, clockText(c, now))
				}
				rows = append(rows, []string{
					x.ID, "discovered " + string(x.Discovered), x.Kind, strconv.Itoa(x.Affected) + " affected", state,
					strings.Join(clocks, "; "),
				})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.Incident{}, r.Incidents...) },
	}
}

// setIncident sets the given fields.
func setIncident(x *register.Incident, v values) error {
	give(v, "unsecured", &x.Unsecured)
	give(v, "outcome", &x.Outcome)
	if v.has("affected") {
		x.Affected = v.number("affected")
	}
	if v.has("as-associate") {
		x.AsAssociate = v.is("as-associate")
	}
	for _, pair := range v.lists["state"] {
		state, number, _ := strings.Cut(pair, "=")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || len(state) != 2 {
			return fmt.Errorf("--state %q: use a state and a number, such as OH=12", pair)
		}
		x.States = maps.Clone(x.States)
		if x.States == nil {
			x.States = map[string]int{}
		}
		x.States[strings.ToUpper(state)] = n
	}
	total := 0
	for _, n := range x.States {
		total += n
	}
	if total > x.Affected {
		return fmt.Errorf("%d people live in the named states, but only %d are affected", total, x.Affected)
	}
	giveDate(v, "told-individuals", &x.Told.Individuals)
	giveDate(v, "told-hhs", &x.Told.HHS)
	giveDate(v, "told-media", &x.Told.Media)
	giveDate(v, "told-entity", &x.Told.Entity)
	if v.has("delay-asked") {
		x.Delay = &register.Delay{Asked: v.date("delay-asked")}
	}
	if v.has("delay-until") {
		x.Delay = &register.Delay{Written: true, Until: v.date("delay-until")}
	}
	x.Factors = slices.Clone(x.Factors)
	for _, f := range register.Factors() {
		rated, reasoned := v.has(f.Name), v.has(f.Name+"-why")
		if !rated && !reasoned {
			continue
		}
		at := slices.IndexFunc(x.Factors, func(have register.Factor) bool { return have.Name == f.Name })
		if at < 0 {
			x.Factors = append(x.Factors, register.Factor{Name: f.Name})
			at = len(x.Factors) - 1
		}
		give(v, f.Name, &x.Factors[at].Rating)
		x.Factors[at].Reasoned = x.Factors[at].Reasoned || strings.TrimSpace(v.text(f.Name+"-why")) != ""
	}
	if x.Outcome == register.LowProbability && !x.Assessed() {
		return fmt.Errorf("low probability needs an assessment: rate all four factors with reasons (%s)", factorFlags())
	}
	return nil
}

func factorFlags() string {
	var flags []string
	for _, f := range register.Factors() {
		flags = append(flags, "--"+f.Name+", --"+f.Name+"-why")
	}
	return strings.Join(flags, ", ")
}
