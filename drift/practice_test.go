package drift

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision/state"
)

// signedRegister returns the register of a practice that has signed and recorded everything,
// a new one for each caller, because tests change it.
func signedRegister() register.Register {
	var r register.Register
	if err := json.Unmarshal(signedOnce(), &r); err != nil {
		panic(err)
	}
	return r
}

var signedOnce = sync.OnceValue(func() []byte {
	r := register.Register{Schema: 1}
	at := now.AddDate(0, 0, -2)
	for id, text := range catalogue.Statements() {
		answer := ""
		if len(text.Answers) > 0 {
			answer = text.Answers[0]
		}
		a, err := Sign(id, answer, "Ada Moss", at, "", "")
		if err != nil {
			panic(err)
		}
		r.Attestations = append(r.Attestations, a)
	}
	day := register.DateOf(at)
	r.Trainings = []register.Training{{At: day, Person: "Ada Moss", Subject: "phishing"}}
	r.Reviews = []register.AccessReview{{At: day, Reviewer: "Ada Moss"}}
	for _, kind := range register.DrillKinds() {
		r.Drills = append(r.Drills, register.Drill{At: day, Kind: kind, By: "Ada Moss", Worked: true})
	}
	analysis, err := register.SignAnalysis(allYes(), nil, "Ada Moss", at)
	if err != nil {
		panic(err)
	}
	r.Analyses = []register.RiskAnalysis{analysis}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return text
})

func allYes() []register.RiskAnswer {
	var answers []register.RiskAnswer
	for _, q := range catalogue.Questions() {
		answers = append(answers, register.RiskAnswer{Question: q.ID, Answer: register.Yes})
	}
	return answers
}

// ofPractice judges the practice's controls of the strict set.
func ofPractice(t *testing.T, register state.Reading[register.Register], others ...judgedControl) map[string]Finding {
	t.Helper()
	return ofPracticeAt(t, register, now, others...)
}

func ofPracticeAt(t *testing.T, register state.Reading[register.Register], at time.Time, others ...judgedControl) map[string]Finding {
	t.Helper()
	findings := map[string]Finding{}
	in := newJudgement(state.State{}, state.State{}, settings(), Facts{Now: at, Register: register})
	var controls []catalogue.Control
	for _, other := range others {
		in.judges[other.ID] = other.judge
		controls = append(controls, other.Control)
	}
	for _, f := range in.all(append(controls, ofFamily(t, catalogue.FamilyPractice)...)) {
		findings[f.ID] = f
	}
	return findings
}

// ofFamily are the controls of one family.
func ofFamily(t *testing.T, family string) []catalogue.Control {
	t.Helper()
	all, err := catalogue.Controls(catalogue.Strict)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(c catalogue.Control) bool { return c.Family != family })
}

// judgedControl is a control that the catalogue does not have, and its judge.
type judgedControl struct {
	catalogue.Control
	judge judge
}

// always returns a control with a fixed result.
func always(id string, status catalogue.Status) judgedControl {
	return judgedControl{
		catalogue.Control{ID: id, Sets: []string{catalogue.Core}, Citations: []string{"164.312(a)(2)(iv)"}},
		func(*judgement) verdict { return verdict{status: status, observed: "seen", reason: "why"} },
	}
}

func TestAPracticeThatHasSignedAll(t *testing.T) {
	t.Parallel()
	findings := ofPractice(t, state.Known(signedRegister()))
	passes := []string{"ADM-02", "ADM-14", "PRV-05", "BRN-02", "BRN-03"}
	for id, f := range findings {
		want := catalogue.Attested
		switch {
		case slices.Contains(passes, id):
			want = catalogue.Pass
		case id == "ADM-06" || id == "ORG-02":
			want = catalogue.NotApplicable
		}
		shows(id, want)
		if f.Status != want || f.Observed == "" || f.Desired == "" {
			t.Errorf("%s: %s, want %s: %+v", id, f.Status, want, f)
		}
	}
	if f := findings["BRN-02"]; f.Observed != "no incident is open" {
		t.Errorf("BRN-02 says %q", f.Observed)
	}
	if f := findings["PRV-08"]; f.Severity != catalogue.Low || !strings.Contains(f.Observed, "does not apply") {
		t.Errorf("PRV-08: %+v", f)
	}
}

// A new practice owes signatures, and fails nothing because of it.
func TestAPracticeThatHasSignedNothing(t *testing.T) {
	t.Parallel()
	for name, register := range map[string]state.Reading[register.Register]{
		"never written": state.Absent[register.Register](), "empty": state.Known(register.Register{Schema: 1}),
	} {
		for id, f := range ofPractice(t, register) {
			if !slices.Contains([]string{"ADM-02", "ADM-14", "PRV-05", "BRN-02", "BRN-03"}, id) {
				shows(id, catalogue.AttestDue)
				if f.Status != catalogue.AttestDue {
					t.Errorf("%s, %s: %s", name, id, f.Status)
				}
			}
			if f.Status == catalogue.Fail || f.Status == catalogue.Unknown || f.Status == catalogue.AttestDue && f.Reason == "" {
				t.Errorf("%s, %s: %s %q", name, id, f.Status, f.Reason)
			}
		}
	}
}

// A register that could not be read is never a signature, and never a missing one.
func TestARegisterThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for id, f := range ofPractice(t, state.Unknown[register.Register](denied("s3:GetObject"))) {
		shows(id, catalogue.Unknown)
		if f.Status != catalogue.Unknown || !strings.Contains(f.Reason, "s3:GetObject") {
			t.Errorf("%s: %s %q", id, f.Status, f.Reason)
		}
	}
}

// The register also decides controls outside the practice's own family.
func TestWhatTheRegisterTells(t *testing.T) {
	t.Parallel()
	with := func(change func(*register.Register)) func(*Facts) {
		return func(f *Facts) { r := signedRegister(); change(&r); f.Register = state.Known(r) }
	}
	vendor := func(v register.Vendor) func(*Facts) {
		v.Name, v.Service, v.PHI = "Post Ltd", "e-mail", true
		return with(func(r *register.Register) { r.Vendors = []register.Vendor{v} })
	}
	day := func(ago int) register.Date { return register.DateOf(now.AddDate(0, 0, -ago)) }
	judgeCases(t, []placeCase{
		{id: "BAA-05", name: "all with an agreement", facts: vendor(register.Vendor{Signed: day(400)}), want: catalogue.Attested, says: "1 vendor with an agreement in force"},
		{id: "BAA-05", name: "one without", facts: vendor(register.Vendor{}), want: catalogue.Fail, says: "Post Ltd (e-mail) handles health information without"},
		{id: "BAA-05", name: "an agreement that ended", facts: vendor(register.Vendor{Signed: day(400), Ends: day(2)}), want: catalogue.Fail, says: "the agreement with Post Ltd ended on"},
		{id: "BAA-05", name: "no longer used", facts: vendor(register.Vendor{Left: day(10)}), want: catalogue.Attested, says: "0 vendors"},
		{id: "BAA-05", name: "nobody says that these are all", facts: func(f *Facts) {
			f.Register = state.Known(register.Register{Vendors: []register.Vendor{{Name: "Post Ltd", PHI: true, Signed: day(1)}}})
		}, want: catalogue.AttestDue, says: "nobody has signed"},
		{id: "BAA-05", name: "unread", facts: registerDenied, want: catalogue.Unknown, says: "s3:GetObject"},

		{id: "IAM-23", name: "on the last day", facts: with(func(r *register.Register) { r.Reviews = []register.AccessReview{{At: day(92), Reviewer: "Ada Moss"}} }), want: catalogue.Attested, says: "reviewed by Ada Moss"},
		{id: "IAM-23", name: "a day later", facts: with(func(r *register.Register) { r.Reviews = []register.AccessReview{{At: day(93), Reviewer: "Ada Moss"}} }), want: catalogue.AttestDue, says: "more than 92 days old"},
		{id: "IAM-23", name: "dated ahead", facts: with(func(r *register.Register) { r.Reviews = []register.AccessReview{{At: day(-2), Reviewer: "Ada Moss"}} }), want: catalogue.AttestDue, says: "no access review"},
		{id: "IAM-23", name: "unread", facts: registerDenied, want: catalogue.Unknown, says: "s3:GetObject"},

		{id: "CT-13", name: "this week", facts: signs("CT-13", 6), want: catalogue.Attested, says: "Ada Owner"},
		{id: "CT-13", name: "last month", facts: signs("CT-13", 30), want: catalogue.AttestDue, says: "expired"},
		{id: "CT-13", name: "unread", facts: registerDenied, want: catalogue.Unknown, says: "s3:GetObject"},
	})
}

// TestWhatThePracticeOwes has, for the controls that are more than one signature,
// registers for which they fail or are due.
func TestWhatThePracticeOwes(t *testing.T) {
	t.Parallel()
	today := register.DateOf(now)
	for _, c := range []struct {
		id, name string
		change   func(*register.Register)
		others   []judgedControl
		want     catalogue.Status
		says     string
	}{
		{"ADM-03", "expired", func(r *register.Register) { resign(r, "ADM-03", now.AddDate(0, 0, -365)) }, nil, catalogue.AttestDue, "expired on 2026-11-21"},
		{"ADM-03", "last day", func(r *register.Register) { resign(r, "ADM-03", now.AddDate(0, 0, -364)) }, nil, catalogue.Attested, ""},
		{"ADM-03", "dated ahead", func(r *register.Register) { resign(r, "ADM-03", now.AddDate(50, 0, 0)) }, nil, catalogue.AttestDue, "a date in the future"},
		{"ADM-03", "older text", func(r *register.Register) { signature(r, "ADM-03").Version = 0 }, nil, catalogue.AttestDue, "the text has changed since"},
		{"ADM-03", "newer text", func(r *register.Register) { signature(r, "ADM-03").Version = 9 }, nil, catalogue.Unknown, "a newer Claria"},
		{"ADM-01", "old", func(r *register.Register) { r.Analyses[0].At = now.AddDate(-1, 0, 0) }, nil, catalogue.AttestDue, "more than a year old"},
		{"ADM-01", "dated ahead", func(r *register.Register) { r.Analyses[0].At = now.AddDate(9, 0, 0) }, nil, catalogue.AttestDue, "in the future"},
		{"ADM-01", "older questions", func(r *register.Register) { r.Analyses[0].Version = 0 }, nil, catalogue.AttestDue, "questions have changed"},
		{"ADM-01", "drifted", func(r *register.Register) {
			r.Analyses[0].Answers[3].Facts = []register.Fact{{Control: "X-1", Status: catalogue.Pass}}
		}, []judgedControl{always("X-1", catalogue.Fail)}, catalogue.AttestDue, "X-1"},
		{"ADM-01", "was so at the signing", func(r *register.Register) {
			r.Analyses[0].Answers[3].Facts = []register.Fact{{Control: "X-1", Status: catalogue.Fail}}
		}, []judgedControl{always("X-1", catalogue.Fail)}, catalogue.Attested, ""},
		{"ADM-02", "nobody owns it", nil, []judgedControl{always("X-1", catalogue.Fail)}, catalogue.AttestDue, "without owner and date: X-1"},
		{"ADM-02", "owned", func(r *register.Register) { r.Actions = []register.Action{{Control: "X-1", Owner: "Ada", Due: today}} }, []judgedControl{always("X-1", catalogue.Fail)}, catalogue.Pass, ""},
		{"ADM-02", "day passed", func(r *register.Register) {
			r.Actions = []register.Action{{Control: "X-1", Owner: "Ada", Due: today.Plus(-1)}}
		}, []judgedControl{always("X-1", catalogue.Fail)}, catalogue.Fail, "past the date"},
		{"ADM-08", "none", func(r *register.Register) { r.Trainings = nil }, nil, catalogue.AttestDue, "no training is recorded"},
		{"ADM-08", "old", func(r *register.Register) { r.Trainings[0].At = today.Plus(-366) }, nil, catalogue.AttestDue, "Ada Moss last on"},
		{"ADM-08", "dated ahead", func(r *register.Register) { r.Trainings[0].At = "2099-01-01" }, nil, catalogue.AttestDue, "no training is recorded"},
		{"ADM-08", "last day", func(r *register.Register) { r.Trainings[0].At = today.Plus(-365) }, nil, catalogue.Attested, ""},
		{"ADM-09", "no drill", func(r *register.Register) { r.Drills = nil }, nil, catalogue.AttestDue, "no such drill"},
		{"ADM-11", "failed drill", func(r *register.Register) {
			r.Drills = append(r.Drills, register.Drill{At: today, Kind: "restore"})
		}, nil, catalogue.AttestDue, "did not work"},
		{"ADM-14", "nothing decided", nil, []judgedControl{always("X-1", catalogue.Fail)}, catalogue.Pass, ""}, // not a control of the catalogue: no row is its
		{"PRV-05", "in time", func(r *register.Register) {
			r.Requests = []register.Request{{ID: "REQ-1", Kind: "access", Received: today.Plus(-30)}}
		}, nil, catalogue.Pass, ""},
		{"PRV-05", "late", func(r *register.Register) {
			r.Requests = []register.Request{{ID: "REQ-1", Kind: "access", Received: today.Plus(-31)}}
		}, nil, catalogue.Fail, "REQ-1: answer the request for access was due on"},
		{"PRV-08", "applies", func(r *register.Register) { signature(r, "PRV-08").Answer = "yes" }, nil, catalogue.Attested, ""},
		{"BRN-01", "not assessed", func(r *register.Register) { r.Incidents = []register.Incident{{ID: "INC-1", Discovered: today}} }, nil, catalogue.Fail, "INC-1"},
		{"BRN-01", "not decided", func(r *register.Register) { r.Incidents = []register.Incident{assessed(today, "")} }, nil, catalogue.Fail, "no outcome"},
		{"BRN-01", "assessed", func(r *register.Register) {
			r.Incidents = []register.Incident{assessed(today, register.LowProbability)}
		}, nil, catalogue.Attested, ""},
		{"BRN-02", "last day", func(r *register.Register) {
			r.Incidents = []register.Incident{assessed(today.Plus(-60), register.Breach)}
		}, nil, catalogue.Pass, ""},
		{"BRN-02", "late", func(r *register.Register) {
			r.Incidents = []register.Incident{assessed(today.Plus(-61), register.Breach)}
		}, nil, catalogue.Fail, "notify the people affected"},
		{"BRN-02", "told ahead of time, so late", func(r *register.Register) {
			i := assessed(today.Plus(-61), register.Breach)
			i.Told.Individuals = "2099-01-01"
			r.Incidents = []register.Incident{i}
		}, nil, catalogue.Fail, "notify the people affected"},
		{"BRN-02", "no day", func(r *register.Register) { r.Incidents = []register.Incident{assessed("", register.Breach)} }, nil, catalogue.Unknown, "no day to count from"},
		{"BRN-03", "not known", func(r *register.Register) { r.Incidents = []register.Incident{{ID: "INC-1", Discovered: today}} }, nil, catalogue.Fail, "whether the information was readable nor what the account showed"},
	} {
		r := signedRegister()
		if c.change != nil {
			c.change(&r)
		}
		f := ofPractice(t, state.Known(r), c.others...)[c.id]
		shows(c.id, c.want)
		if f.Status != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s, %s: %s %q, want %s %q", c.id, c.name, f.Status, f.Reason, c.want, c.says)
		}
		if late := strings.HasSuffix(c.name, "late"); f.Overdue != late {
			t.Errorf("%s, %s: overdue is %v", c.id, c.name, f.Overdue)
		}
	}
}

func signature(r *register.Register, id string) *register.Attestation { return r.AttestationOf(id) }

func resign(r *register.Register, id string, at time.Time) {
	a, err := Sign(id, "", "Ada Moss", at, "", "")
	if err != nil {
		panic(err)
	}
	*r.AttestationOf(id) = a
}

func assessed(discovered register.Date, outcome string) register.Incident {
	i := register.Incident{ID: "INC-1", Discovered: discovered, Kind: "misdirected message", Outcome: outcome, Affected: 1, Unsecured: "yes"}
	for _, f := range register.Factors() {
		i.Factors = append(i.Factors, register.Factor{Name: f.Name, Rating: "low", Reasoned: true})
	}
	return i
}

// TestWaivers checks what a waiver does and what it does not.
func TestWaivers(t *testing.T) {
	t.Parallel()
	waiver := func(from time.Time, days int) register.Waiver {
		return register.Waiver{Control: "X-1", Owner: "Ada Moss", Reason: "the vendor mends it in May", Compensating: "locked room", At: from, Ends: from.AddDate(0, 0, days)}
	}
	late := always("X-1", catalogue.Fail)
	late.judge = func(*judgement) verdict { return verdict{status: catalogue.Fail, reason: "why", overdue: true} }
	for _, c := range []struct {
		name    string
		control judgedControl
		waiver  register.Waiver
		want    catalogue.Status
		says    []string
	}{
		{"runs", always("X-1", catalogue.Fail), waiver(now.AddDate(0, 0, -10), 90), catalogue.Waived, []string{"Ada Moss", "2027-02-09", "locked room", "what is waived: why"}},
		{"a signature that is due", always("X-1", catalogue.AttestDue), waiver(now.AddDate(0, 0, -10), 90), catalogue.Waived, []string{"Ada Moss"}},
		{"ends soon", always("X-1", catalogue.Fail), waiver(now.AddDate(0, 0, -76), 90), catalogue.Waived, []string{"the waiver ends in 14 days"}},
		{"expired", always("X-1", catalogue.Fail), waiver(now.AddDate(0, 0, -90), 90), catalogue.Fail, []string{"why", "the waiver of Ada Moss expired on"}},
		{"dated ahead", always("X-1", catalogue.Fail), waiver(now.AddDate(20, 0, 0), 90), catalogue.Fail, []string{"why", "in the future"}},
		{"too long", always("X-1", catalogue.Fail), waiver(now, 366), catalogue.Fail, []string{"more than 365 days"}},
		{"withdrawn", always("X-1", catalogue.Fail), func() register.Waiver { w := waiver(now, 90); w.Withdrawn = now; return w }(), catalogue.Fail, []string{"why"}},
		{"passes anyway", always("X-1", catalogue.Pass), waiver(now, 90), catalogue.Pass, nil},
		{"not known", always("X-1", catalogue.Unknown), waiver(now, 90), catalogue.Unknown, nil},
		{"a clock of the law", late, waiver(now, 90), catalogue.Fail, []string{"cannot be waived"}},
	} {
		f := ofPractice(t, state.Known(register.Register{Schema: 1, Waivers: []register.Waiver{c.waiver}}), c.control)["X-1"]
		if f.Status != c.want || (f.Status == catalogue.Waived) == f.Until.IsZero() {
			t.Errorf("%s: %+v", c.name, f)
		}
		for _, text := range c.says {
			if !strings.Contains(f.Reason, text) {
				t.Errorf("%s: %q does not say %q", c.name, f.Reason, text)
			}
		}
	}
	f := ofPractice(t, state.Known(register.Register{Schema: 1, Waivers: []register.Waiver{waiver(now, 90)}}), always("X-1", catalogue.Fail))["X-1"]
	if f.Observed != "seen" || Summarize([]Finding{f}).Pass != 0 || Summarize([]Finding{f}).Waived != 1 {
		t.Errorf("a waived control: %+v", f)
	}

	tomorrow, longest := register.DateOf(now).Plus(1), register.DateOf(now).Plus(364)
	for _, ok := range []register.Date{register.DateOf(now), tomorrow, longest} {
		if _, err := register.NewWaiver("S3-02", "Ada", "why", "what", now, ok); err != nil {
			t.Errorf("to %s: %v", ok, err)
		}
	}
	for _, bad := range []struct{ id, owner, why, what, until, says string }{
		{"S3-99", "Ada", "why", "what", string(tomorrow), "no control"},
		{"S3-02", " ", "why", "what", string(tomorrow), "owner"},
		{"S3-02", "Ada", "", "what", string(tomorrow), "reason"},
		{"S3-02", "Ada", "why", "", string(tomorrow), "compensating"},
		{"S3-02", "Ada", "why", "what", "", "its last day"},
		{"S3-02", "Ada", "why", "what", string(register.DateOf(now).Plus(-1)), "in the future"},
		{"S3-02", "Ada", "why", "what", string(register.DateOf(now).Plus(365)), "at most 365 days"},
	} {
		if _, err := register.NewWaiver(bad.id, bad.owner, bad.why, bad.what, now, register.Date(bad.until)); err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestSigningIsHeldToTheText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ id, answer, signer, says string }{
		{"S3-02", "", "Ada", "no statement"}, {"ADM-03", "", " ", "name"}, {"PRV-08", "", "Ada", "no or yes"}, {"ADM-03", "yes", "Ada", "no answers"},
	} {
		if _, err := Sign(c.id, c.answer, c.signer, now, "", ""); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	controls, err := catalogue.Controls(catalogue.Strict)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls {
		if c.Remedy == catalogue.Attest && c.Statement == nil {
			t.Errorf("%s is to be attested and has no text", c.ID)
		}
		if c.Statement != nil && (c.Statement.Version < 1 || !strings.HasSuffix(c.Statement.Text, ".")) {
			t.Errorf("%s: %+v", c.ID, *c.Statement)
		}
	}
}

func absentRegister() state.Reading[register.Register]                   { return state.Absent[register.Register]() }
func knownRegister(r register.Register) state.Reading[register.Register] { return state.Known(r) }
