package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/safe"
	"claria/provision"
	"claria/session"
)

// registerKinds returns the practice's registers.
func registerKinds() []registerKind {
	return []registerKind{vendors(), reviews(), trainings(), incidents(), requests(), decisions(), actions(), drills()}
}

func vendors() registerKind {
	return registerKind{
		name: "vendors", one: "vendor", short: "Business associates other than AWS, and their agreements",
		fields: []registerField{
			{flag: "name", help: "the vendor", in: "add"},
			{flag: "service", help: "what it does for you", in: "add set"},
			{flag: "phi", help: "the vendor handles health information", kind: aSwitch, in: "add set"},
			{flag: "signed", help: "date of the agreement", kind: aPastDate, in: "add set"},
			{flag: "ends", help: "last day of the agreement", kind: aDate, in: "add set"},
			{flag: "file", help: "the signed agreement: its SHA-256 is stored", kind: aFile, in: "add set"},
			{flag: "left", help: "date from which the vendor is no longer used", kind: aPastDate, in: "set"},
		},
		add: func(r *register.Register, v values, _ time.Time) (string, error) {
			if err := v.need("name", "service"); err != nil {
				return "", err
			}
			if slices.ContainsFunc(r.Vendors, func(have register.Vendor) bool { return have.Name == v.text("name") }) {
				return "", fmt.Errorf("%s is already recorded: change it with claria register vendors set", v.text("name"))
			}
			vendor := register.Vendor{Name: v.text("name")}
			change(&vendor, v)
			r.Vendors = append(r.Vendors, vendor)
			return vendor.Name, nil
		},
		set: func(r *register.Register, id string, v values) error {
			return find(r.Vendors, "vendor", id, func(x register.Vendor) string { return x.Name }, func(x *register.Vendor) { change(x, v) })
		},
		rows: func(r register.Register, now time.Time) (rows [][]string) {
			for _, x := range r.Vendors {
				state := "handles no health information"
				switch {
				case x.Left != "":
					state = "not used since " + string(x.Left)
				case x.PHI && x.Signed == "":
					state = "NO AGREEMENT"
				case x.PHI && x.Ends.Passed(now):
					state = "agreement ENDED " + string(x.Ends)
				case x.PHI:
					state = "agreement of " + string(x.Signed)
				}
				rows = append(rows, []string{x.Name, x.Service, state})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.Vendor{}, r.Vendors...) },
	}
}

// change sets the given fields.
func change(x *register.Vendor, v values) {
	give(v, "service", &x.Service)
	give(v, "file", &x.SHA256)
	giveDate(v, "signed", &x.Signed)
	giveDate(v, "ends", &x.Ends)
	giveDate(v, "left", &x.Left)
	if v.has("phi") {
		x.PHI = v.is("phi")
	}
}

func give(v values, flag string, to *string) {
	if v.has(flag) {
		*to = v.text(flag)
	}
}

func giveDate(v values, flag string, to *register.Date) {
	if v.has(flag) {
		*to = v.date(flag)
	}
}

// find applies change to the row with an id.
func find[T any](rows []T, one, id string, idOf func(T) string, change func(*T)) error {
	for i := range rows {
		if strings.EqualFold(idOf(rows[i]), id) {
			change(&rows[i])
			return nil
		}
	}
	return fmt.Errorf("there is no %s %s", one, id)
}

// day returns the given day, or today.
func (v values) day(flag string, now time.Time) register.Date {
	if v.has(flag) {
		return v.date(flag)
	}
	return register.DateOf(now)
}

func reviews() registerKind {
	return registerKind{
		name: "reviews", one: "access review", short: "Quarterly reviews of everyone's credentials",
		fields: []registerField{
			{flag: "reviewer", help: "who reviewed", in: "add"},
			{flag: "at", help: "date (default: today)", kind: aPastDate, in: "add"},
			{flag: "ended", help: "a user whose access ended since the last review", kind: aList, in: "add"},
		},
		fill: func(ctx context.Context, _ *env, s *session.Session, v *values) error {
			settings := s.Settings
			settings.Wide = true
			state, err := provision.Observe(ctx, s.Account, settings)
			if err != nil {
				return err
			}
			ways, problem := drift.Credentials(state)
			if problem != "" {
				return errors.New("the list of credentials is incomplete and cannot be reviewed: " + problem)
			}
			v.ways = ways
			return nil
		},
		add: func(r *register.Register, v values, now time.Time) (string, error) {
			if err := v.need("reviewer"); err != nil {
				return "", err
			}
			review := register.AccessReview{At: v.day("at", now), Reviewer: v.text("reviewer"), Credentials: v.ways, Ended: v.lists["ended"]}
			r.Reviews = append(r.Reviews, review)
			return fmt.Sprintf("%s, %d credentials", review.At, len(v.ways)), nil
		},
		rows: func(r register.Register, _ time.Time) (rows [][]string) {
			for _, x := range r.Reviews {
				rows = append(rows, []string{string(x.At), x.Reviewer, fmt.Sprintf("%d credentials", len(x.Credentials)), strings.Join(x.Ended, ", ")})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.AccessReview{}, r.Reviews...) },
	}
}

func trainings() registerKind {
	return registerKind{
		name: "trainings", one: "training", short: "Security training of the workforce",
		fields: []registerField{
			{flag: "person", help: "who was trained", in: "add"},
			{flag: "subject", help: "the subject", in: "add"},
			{flag: "at", help: "date (default: today)", kind: aPastDate, in: "add"},
			{flag: "file", help: "the certificate: its SHA-256 is stored", kind: aFile, in: "add"},
		},
		add: func(r *register.Register, v values, now time.Time) (string, error) {
			if err := v.need("person", "subject"); err != nil {
				return "", err
			}
			r.Trainings = append(r.Trainings,
				register.Training{At: v.day("at", now), Person: v.text("person"), Subject: v.text("subject"), SHA256: v.text("file")})
			return v.text("person") + ", " + string(v.day("at", now)), nil
		},
		rows: func(r register.Register, _ time.Time) (rows [][]string) {
			for _, x := range r.Trainings {
				rows = append(rows, []string{string(x.At), x.Person, x.Subject})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.Training{}, r.Trainings...) },
	}
}

func requests() registerKind {
	return registerKind{
		name: "requests", one: "request", short: "Clients' requests: access, amendment, accounting, restrictions, confidential communication",
		fields: []registerField{
			{flag: "kind", help: "one of", of: register.RequestKinds(), in: "add"},
			{flag: "received", help: "date (default: today)", kind: aPastDate, in: "add"},
			{flag: "extended", help: "date on which the client was informed in writing of the delay", kind: aPastDate, in: "set"},
			{flag: "answered", help: "date of the answer", kind: aPastDate, in: "set"},
			{flag: "answer", help: "one of", of: []string{"granted", "denied", "in part", "withdrawn"}, in: "set"},
			{flag: "note", help: "whose request it is and what it is about; the auditor cannot read it", in: "add set"},
		},
		add: func(r *register.Register, v values, now time.Time) (string, error) {
			if err := v.need("kind"); err != nil {
				return "", err
			}
			q := register.Request{Kind: v.text("kind"), Received: v.day("received", now)}
			q.ID = nextID("REQ", q.Received, func(id string) bool {
				return slices.ContainsFunc(r.Requests, func(have register.Request) bool { return have.ID == id })
			})
			r.Requests = append(r.Requests, q)
			return q.ID, nil
		},
		set: func(r *register.Register, id string, v values) error {
			return find(r.Requests, "request", id, func(x register.Request) string { return x.ID }, func(x *register.Request) {
				giveDate(v, "extended", &x.Extended)
				giveDate(v, "answered", &x.Answered)
				give(v, "answer", &x.Answer)
			})
		},
		note: func(n *register.Notes, id string, v values) {
			if v.has("note") {
				if n.Requests == nil {
					n.Requests = map[string]safe.PHI{}
				}
				n.Requests[id] = safe.PHI(v.text("note"))
			}
		},
		rows: func(r register.Register, now time.Time) (rows [][]string) {
			for _, x := range r.Requests {
				state := "no deadline"
				c, ok := x.Clock()
				switch {
				case x.Answered != "":
					state = strings.TrimSpace("answered " + string(x.Answered) + " " + x.Answer)
				case ok:
					state = clockText(c, now)
				}
				rows = append(rows, []string{x.ID, x.Kind, "received " + string(x.Received), state})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.Request{}, r.Requests...) },
	}
}

// nextID returns the first free id of a year: "REQ-2026-1".
func nextID(prefix string, day register.Date, taken func(string) bool) string {
	year, _, _ := strings.Cut(string(day), "-")
	for n := 1; ; n++ {
		if id := prefix + "-" + year + "-" + strconv.Itoa(n); !taken(id) {
			return id
		}
	}
}

func clockText(c register.Clock, now time.Time) string {
	switch {
	case !c.Open():
		return c.What + ": done " + string(c.Done)
	case c.Overdue(now):
		return c.What + ": OVERDUE since " + string(c.Due)
	}
	return c.What + " by " + string(c.Due)
}

func decisions() registerKind {
	return registerKind{
		name: "decisions", one: "decision", short: "Decisions on addressable specifications (45 CFR 164.306(d)(3))",
		fields: []registerField{
			{flag: "specification", help: "the specification, such as 164.312(a)(2)(iii)", in: "add"},
			{flag: "choice", help: "one of", of: register.Choices(), in: "add"},
			{flag: "why", help: "the reasons", in: "add"},
			{flag: "alternative", help: "the alternative measure", in: "add"},
			{flag: "signer", help: "who decided", in: "add"},
		},
		add: func(r *register.Register, v values, now time.Time) (string, error) {
			d := register.Decision{
				Specification: v.text("specification"), Choice: v.text("choice"), Why: v.text("why"), Alternative: v.text("alternative"),
				Signer: v.text("signer"), At: now.UTC().Truncate(time.Second),
			}
			if err := d.Check(); err != nil {
				return "", err
			}
			r.Decisions = append(r.Decisions, d)
			return d.Specification, nil
		},
		rows: func(r register.Register, _ time.Time) (rows [][]string) {
			for _, x := range r.Decisions {
				rows = append(rows, []string{
					x.At.Format(time.DateOnly), x.Specification, x.Choice, x.Signer,
					strings.TrimSuffix(x.Why+"; instead: "+x.Alternative, "; instead: "),
				})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.Decision{}, r.Decisions...) },
	}
}

func actions() registerKind {
	return registerKind{
		name: "actions", one: "action", short: "The risk management plan: who fixes what, and by when",
		fields: []registerField{
			{flag: "control", help: "the failing control, such as IAM-12", in: "add"},
			{flag: "owner", help: "who fixes it", in: "add"},
			{flag: "what", help: "what will be done", in: "add"},
			{flag: "due", help: "the due date", kind: aDate, in: "add"},
			{flag: "done", help: "date on which it was done", kind: aPastDate, in: "set"},
		},
		add: func(r *register.Register, v values, _ time.Time) (string, error) {
			if err := v.need("control", "owner", "what", "due"); err != nil {
				return "", err
			}
			controls, err := catalogue.Controls(catalogue.Strict)
			if err != nil {
				return "", err
			}
			id := strings.ToUpper(v.text("control"))
			if !slices.ContainsFunc(controls, func(c catalogue.Control) bool { return c.ID == id }) {
				return "", fmt.Errorf("there is no control %q; docs/controls.md lists all controls", v.text("control"))
			}
			r.Actions = append(r.Actions, register.Action{Control: id, Owner: v.text("owner"), What: v.text("what"), Due: v.date("due")})
			return id, nil
		},
		set: func(r *register.Register, id string, v values) error {
			open := func(x register.Action) string {
				if x.Done != "" {
					return ""
				}
				return x.Control
			}
			return find(r.Actions, "open action for", id, open, func(x *register.Action) { giveDate(v, "done", &x.Done) })
		},
		rows: func(r register.Register, now time.Time) (rows [][]string) {
			for _, x := range r.Actions {
				state := "by " + string(x.Due)
				switch {
				case x.Done != "":
					state = "done " + string(x.Done)
				case x.Due.Passed(now):
					state = "LATE since " + string(x.Due)
				}
				rows = append(rows, []string{x.Control, x.Owner, state, x.What})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.Action{}, r.Actions...) },
	}
}

func drills() registerKind {
	return registerKind{
		name: "drills", one: "drill", short: "Tests of plans: restore, emergency access, incident response, contingency",
		run: rehearseCommand,
		fields: []registerField{
			{flag: "kind", help: "one of", of: register.DrillKinds(), in: "add"},
			{flag: "at", help: "date (default: today)", kind: aPastDate, in: "add"},
			{flag: "by", help: "who ran it", in: "add"},
			{flag: "worked", help: "it worked", kind: aSwitch, in: "add"},
			{flag: "minutes", help: "minutes until everything worked again", kind: aNumber, in: "add"},
			{flag: "remark", help: "what was learned; no patient information", in: "add"},
		},
		add: func(r *register.Register, v values, now time.Time) (string, error) {
			if err := v.need("kind", "by"); err != nil {
				return "", err
			}
			d := register.Drill{
				At: v.day("at", now), Kind: v.text("kind"), By: v.text("by"), Worked: v.is("worked"), Minutes: v.number("minutes"),
				Note: v.text("remark"),
			}
			r.Drills = append(r.Drills, d)
			return d.Kind + ", " + string(d.At), nil
		},
		rows: func(r register.Register, _ time.Time) (rows [][]string) {
			for _, x := range r.Drills {
				state := "did not work"
				if x.Worked {
					state = "worked"
				}
				switch {
				case x.Minutes == 1:
					state += ", 1 minute"
				case x.Minutes > 1:
					state += fmt.Sprintf(", %d minutes", x.Minutes)
				}
				rows = append(rows, []string{string(x.At), x.Kind, x.By, state, x.Note})
			}
			return rows
		},
		json: func(r register.Register) any { return append([]register.Drill{}, r.Drills...) },
	}
}
