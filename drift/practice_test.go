package drift

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"claria/provision/state"
)

// signedRegister returns the register of a practice that has signed and recorded everything,
// a new one for each caller, because tests change it.
func signedRegister() Register {
	var r Register
	if err := json.Unmarshal(signedOnce(), &r); err != nil {
		panic(err)
	}
	return r
}

var signedOnce = sync.OnceValue(func() []byte {
	r := Register{Schema: 1}
	at := now.AddDate(0, 0, -2)
	for id, text := range Statements() {
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
	day := DateOf(at)
	r.Trainings = []Training{{At: day, Person: "Ada Moss", Subject: "phishing"}}
	r.Reviews = []AccessReview{{At: day, Reviewer: "Ada Moss"}}
	for _, kind := range DrillKinds() {
		r.Drills = append(r.Drills, Drill{At: day, Kind: kind, By: "Ada Moss", Worked: true})
	}
	analysis, err := SignAnalysis(allYes(), nil, "Ada Moss", at)
	if err != nil {
		panic(err)
	}
	r.Analyses = []RiskAnalysis{analysis}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return text
})

func allYes() []RiskAnswer {
	var answers []RiskAnswer
	for _, q := range Questions() {
		answers = append(answers, RiskAnswer{Question: q.ID, Answer: Yes})
	}
	return answers
}

// ofPractice judges the practice's controls of the strict set.
func ofPractice(t *testing.T, register state.Reading[Register], others ...judgedControl) map[string]Finding {
	t.Helper()
	return ofPracticeAt(t, register, now, others...)
}

func ofPracticeAt(t *testing.T, register state.Reading[Register], at time.Time, others ...judgedControl) map[string]Finding {
	t.Helper()
	findings := map[string]Finding{}
	in := newJudgement(state.State{}, state.State{}, settings(), Facts{Now: at, Register: register})
	var controls []Control
	for _, other := range others {
		in.judges[other.ID] = other.judge
		controls = append(controls, other.Control)
	}
	for _, f := range in.all(append(controls, ofFamily(t, practice)...)) {
		findings[f.ID] = f
	}
	return findings
}

// ofFamily are the controls of one family.
func ofFamily(t *testing.T, family string) []Control {
	t.Helper()
	all, err := Catalogue(Strict)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(c Control) bool { return c.Family != family })
}

// judgedControl is a control that the catalogue does not have, and its judge.
type judgedControl struct {
	Control
	judge judge
}

// always returns a control with a fixed result.
func always(id string, status Status) judgedControl {
	return judgedControl{
		Control{ID: id, Sets: []string{Core}, Citations: []string{"164.312(a)(2)(iv)"}},
		func(*judgement) verdict { return verdict{status: status, observed: "seen", reason: "why"} },
	}
}

func TestAPracticeThatHasSignedAll(t *testing.T) {
	t.Parallel()
	findings := ofPractice(t, state.Known(signedRegister()))
	passes := []string{"ADM-02", "ADM-14", "PRV-05", "BRN-02", "BRN-03"}
	for id, f := range findings {
		want := Attested
		switch {
		case slices.Contains(passes, id):
			want = Pass
		case id == "ADM-06" || id == "ORG-02":
			want = NotApplicable
		}
		shows(id, want)
		if f.Status != want || f.Observed == "" || f.Desired == "" {
			t.Errorf("%s: %s, want %s: %+v", id, f.Status, want, f)
		}
	}
	if f := findings["BRN-02"]; f.Observed != "no incident is open" {
		t.Errorf("BRN-02 says %q", f.Observed)
	}
	if f := findings["PRV-08"]; f.Severity != Low || !strings.Contains(f.Observed, "does not apply") {
		t.Errorf("PRV-08: %+v", f)
	}
}

// A new practice owes signatures, and fails nothing because of it.
func TestAPracticeThatHasSignedNothing(t *testing.T) {
	t.Parallel()
	for name, register := range map[string]state.Reading[Register]{
		"never written": state.Absent[Register](), "empty": state.Known(Register{Schema: 1}),
	} {
		for id, f := range ofPractice(t, register) {
			if !slices.Contains([]string{"ADM-02", "ADM-14", "PRV-05", "BRN-02", "BRN-03"}, id) {
				shows(id, AttestDue)
				if f.Status != AttestDue {
					t.Errorf("%s, %s: %s", name, id, f.Status)
				}
			}
			if f.Status == Fail || f.Status == Unknown || f.Status == AttestDue && f.Reason == "" {
				t.Errorf("%s, %s: %s %q", name, id, f.Status, f.Reason)
			}
		}
	}
}

// A register that could not be read is never a signature, and never a missing one.
func TestARegisterThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for id, f := range ofPractice(t, state.Unknown[Register](denied("s3:GetObject"))) {
		shows(id, Unknown)
		if f.Status != Unknown || !strings.Contains(f.Reason, "s3:GetObject") {
			t.Errorf("%s: %s %q", id, f.Status, f.Reason)
		}
	}
}

// The register also decides controls outside the practice's own family.
func TestWhatTheRegisterTells(t *testing.T) {
	t.Parallel()
	with := func(change func(*Register)) func(*Facts) {
		return func(f *Facts) { r := signedRegister(); change(&r); f.Register = state.Known(r) }
	}
	vendor := func(v Vendor) func(*Facts) {
		v.Name, v.Service, v.PHI = "Post Ltd", "e-mail", true
		return with(func(r *Register) { r.Vendors = []Vendor{v} })
	}
	day := func(ago int) Date { return DateOf(now.AddDate(0, 0, -ago)) }
	judgeCases(t, []placeCase{
		{id: "BAA-05", name: "all with an agreement", facts: vendor(Vendor{Signed: day(400)}), want: Attested, says: "1 vendor with an agreement in force"},
		{id: "BAA-05", name: "one without", facts: vendor(Vendor{}), want: Fail, says: "Post Ltd (e-mail) handles health information without"},
		{id: "BAA-05", name: "an agreement that ended", facts: vendor(Vendor{Signed: day(400), Ends: day(2)}), want: Fail, says: "the agreement with Post Ltd ended on"},
		{id: "BAA-05", name: "no longer used", facts: vendor(Vendor{Left: day(10)}), want: Attested, says: "0 vendors"},
		{id: "BAA-05", name: "nobody says that these are all", facts: func(f *Facts) {
			f.Register = state.Known(Register{Vendors: []Vendor{{Name: "Post Ltd", PHI: true, Signed: day(1)}}})
		}, want: AttestDue, says: "nobody has signed"},
		{id: "BAA-05", name: "unread", facts: registerDenied, want: Unknown, says: "s3:GetObject"},

		{id: "IAM-23", name: "on the last day", facts: with(func(r *Register) { r.Reviews = []AccessReview{{At: day(92), Reviewer: "Ada Moss"}} }), want: Attested, says: "reviewed by Ada Moss"},
		{id: "IAM-23", name: "a day later", facts: with(func(r *Register) { r.Reviews = []AccessReview{{At: day(93), Reviewer: "Ada Moss"}} }), want: AttestDue, says: "more than 92 days old"},
		{id: "IAM-23", name: "dated ahead", facts: with(func(r *Register) { r.Reviews = []AccessReview{{At: day(-2), Reviewer: "Ada Moss"}} }), want: AttestDue, says: "no access review"},
		{id: "IAM-23", name: "unread", facts: registerDenied, want: Unknown, says: "s3:GetObject"},

		{id: "CT-13", name: "this week", facts: signs("CT-13", 6), want: Attested, says: "Ada Owner"},
		{id: "CT-13", name: "last month", facts: signs("CT-13", 30), want: AttestDue, says: "expired"},
		{id: "CT-13", name: "unread", facts: registerDenied, want: Unknown, says: "s3:GetObject"},
	})
}

// TestWhatThePracticeOwes has, for the controls that are more than one signature,
// registers for which they fail or are due.
func TestWhatThePracticeOwes(t *testing.T) {
	t.Parallel()
	today := DateOf(now)
	for _, c := range []struct {
		id, name string
		change   func(*Register)
		others   []judgedControl
		want     Status
		says     string
	}{
		{"ADM-03", "expired", func(r *Register) { resign(r, "ADM-03", now.AddDate(0, 0, -365)) }, nil, AttestDue, "expired on 2026-11-21"},
		{"ADM-03", "last day", func(r *Register) { resign(r, "ADM-03", now.AddDate(0, 0, -364)) }, nil, Attested, ""},
		{"ADM-03", "dated ahead", func(r *Register) { resign(r, "ADM-03", now.AddDate(50, 0, 0)) }, nil, AttestDue, "a date in the future"},
		{"ADM-03", "older text", func(r *Register) { signature(r, "ADM-03").Version = 0 }, nil, AttestDue, "the text has changed since"},
		{"ADM-03", "newer text", func(r *Register) { signature(r, "ADM-03").Version = 9 }, nil, Unknown, "a newer Claria"},
		{"ADM-01", "old", func(r *Register) { r.Analyses[0].At = now.AddDate(-1, 0, 0) }, nil, AttestDue, "more than a year old"},
		{"ADM-01", "dated ahead", func(r *Register) { r.Analyses[0].At = now.AddDate(9, 0, 0) }, nil, AttestDue, "in the future"},
		{"ADM-01", "older questions", func(r *Register) { r.Analyses[0].Version = 0 }, nil, AttestDue, "questions have changed"},
		{"ADM-01", "drifted", func(r *Register) { r.Analyses[0].Answers[3].Facts = []Fact{{Control: "X-1", Status: Pass}} }, []judgedControl{always("X-1", Fail)}, AttestDue, "X-1"},
		{"ADM-01", "was so at the signing", func(r *Register) { r.Analyses[0].Answers[3].Facts = []Fact{{Control: "X-1", Status: Fail}} }, []judgedControl{always("X-1", Fail)}, Attested, ""},
		{"ADM-02", "nobody owns it", nil, []judgedControl{always("X-1", Fail)}, AttestDue, "without owner and date: X-1"},
		{"ADM-02", "owned", func(r *Register) { r.Actions = []Action{{Control: "X-1", Owner: "Ada", Due: today}} }, []judgedControl{always("X-1", Fail)}, Pass, ""},
		{"ADM-02", "day passed", func(r *Register) { r.Actions = []Action{{Control: "X-1", Owner: "Ada", Due: today.Plus(-1)}} }, []judgedControl{always("X-1", Fail)}, Fail, "past the date"},
		{"ADM-08", "none", func(r *Register) { r.Trainings = nil }, nil, AttestDue, "no training is recorded"},
		{"ADM-08", "old", func(r *Register) { r.Trainings[0].At = today.Plus(-366) }, nil, AttestDue, "Ada Moss last on"},
		{"ADM-08", "dated ahead", func(r *Register) { r.Trainings[0].At = "2099-01-01" }, nil, AttestDue, "no training is recorded"},
		{"ADM-08", "last day", func(r *Register) { r.Trainings[0].At = today.Plus(-365) }, nil, Attested, ""},
		{"ADM-09", "no drill", func(r *Register) { r.Drills = nil }, nil, AttestDue, "no such drill"},
		{"ADM-11", "failed drill", func(r *Register) {
			r.Drills = append(r.Drills, Drill{At: today, Kind: "restore"})
		}, nil, AttestDue, "did not work"},
		{"ADM-14", "nothing decided", nil, []judgedControl{always("X-1", Fail)}, Pass, ""}, // not a control of the catalogue: no row is its
		{"PRV-05", "in time", func(r *Register) { r.Requests = []Request{{ID: "REQ-1", Kind: "access", Received: today.Plus(-30)}} }, nil, Pass, ""},
		{"PRV-05", "late", func(r *Register) { r.Requests = []Request{{ID: "REQ-1", Kind: "access", Received: today.Plus(-31)}} }, nil, Fail, "REQ-1: answer the request for access was due on"},
		{"PRV-08", "applies", func(r *Register) { signature(r, "PRV-08").Answer = "yes" }, nil, Attested, ""},
		{"BRN-01", "not assessed", func(r *Register) { r.Incidents = []Incident{{ID: "INC-1", Discovered: today}} }, nil, Fail, "INC-1"},
		{"BRN-01", "not decided", func(r *Register) { r.Incidents = []Incident{assessed(today, "")} }, nil, Fail, "no outcome"},
		{"BRN-01", "assessed", func(r *Register) { r.Incidents = []Incident{assessed(today, LowProbability)} }, nil, Attested, ""},
		{"BRN-02", "last day", func(r *Register) { r.Incidents = []Incident{assessed(today.Plus(-60), Breach)} }, nil, Pass, ""},
		{"BRN-02", "late", func(r *Register) { r.Incidents = []Incident{assessed(today.Plus(-61), Breach)} }, nil, Fail, "notify the people affected"},
		{"BRN-02", "told ahead of time, so late", func(r *Register) {
			i := assessed(today.Plus(-61), Breach)
			i.Told.Individuals = "2099-01-01"
			r.Incidents = []Incident{i}
		}, nil, Fail, "notify the people affected"},
		{"BRN-02", "no day", func(r *Register) { r.Incidents = []Incident{assessed("", Breach)} }, nil, Unknown, "no day to count from"},
		{"BRN-03", "not known", func(r *Register) { r.Incidents = []Incident{{ID: "INC-1", Discovered: today}} }, nil, Fail, "whether the information was readable nor what the account showed"},
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

func signature(r *Register, id string) *Attestation { return r.attestation(id) }

func resign(r *Register, id string, at time.Time) {
	a, err := Sign(id, "", "Ada Moss", at, "", "")
	if err != nil {
		panic(err)
	}
	*r.attestation(id) = a
}

func assessed(discovered Date, outcome string) Incident {
	i := Incident{ID: "INC-1", Discovered: discovered, Kind: "misdirected message", Outcome: outcome, Affected: 1, Unsecured: "yes"}
	for _, f := range Factors() {
		i.Factors = append(i.Factors, Factor{Name: f.Name, Rating: "low", Reasoned: true})
	}
	return i
}

// TestWaivers checks what a waiver does and what it does not.
func TestWaivers(t *testing.T) {
	t.Parallel()
	waiver := func(from time.Time, days int) Waiver {
		return Waiver{Control: "X-1", Owner: "Ada Moss", Reason: "the vendor mends it in May", Compensating: "locked room", At: from, Ends: from.AddDate(0, 0, days)}
	}
	late := always("X-1", Fail)
	late.judge = func(*judgement) verdict { return verdict{status: Fail, reason: "why", overdue: true} }
	for _, c := range []struct {
		name    string
		control judgedControl
		waiver  Waiver
		want    Status
		says    []string
	}{
		{"runs", always("X-1", Fail), waiver(now.AddDate(0, 0, -10), 90), Waived, []string{"Ada Moss", "2027-02-09", "locked room", "what is waived: why"}},
		{"a signature that is due", always("X-1", AttestDue), waiver(now.AddDate(0, 0, -10), 90), Waived, []string{"Ada Moss"}},
		{"ends soon", always("X-1", Fail), waiver(now.AddDate(0, 0, -76), 90), Waived, []string{"the waiver ends in 14 days"}},
		{"expired", always("X-1", Fail), waiver(now.AddDate(0, 0, -90), 90), Fail, []string{"why", "the waiver of Ada Moss expired on"}},
		{"dated ahead", always("X-1", Fail), waiver(now.AddDate(20, 0, 0), 90), Fail, []string{"why", "in the future"}},
		{"too long", always("X-1", Fail), waiver(now, 366), Fail, []string{"more than 365 days"}},
		{"withdrawn", always("X-1", Fail), func() Waiver { w := waiver(now, 90); w.Withdrawn = now; return w }(), Fail, []string{"why"}},
		{"passes anyway", always("X-1", Pass), waiver(now, 90), Pass, nil},
		{"not known", always("X-1", Unknown), waiver(now, 90), Unknown, nil},
		{"a clock of the law", late, waiver(now, 90), Fail, []string{"cannot be waived"}},
	} {
		f := ofPractice(t, state.Known(Register{Schema: 1, Waivers: []Waiver{c.waiver}}), c.control)["X-1"]
		if f.Status != c.want || (f.Status == Waived) == f.Until.IsZero() {
			t.Errorf("%s: %+v", c.name, f)
		}
		for _, text := range c.says {
			if !strings.Contains(f.Reason, text) {
				t.Errorf("%s: %q does not say %q", c.name, f.Reason, text)
			}
		}
	}
	f := ofPractice(t, state.Known(Register{Schema: 1, Waivers: []Waiver{waiver(now, 90)}}), always("X-1", Fail))["X-1"]
	if f.Observed != "seen" || Summarize([]Finding{f}).Pass != 0 || Summarize([]Finding{f}).Waived != 1 {
		t.Errorf("a waived control: %+v", f)
	}

	tomorrow, longest := DateOf(now).Plus(1), DateOf(now).Plus(364)
	for _, ok := range []Date{DateOf(now), tomorrow, longest} {
		if _, err := NewWaiver("S3-02", "Ada", "why", "what", now, ok); err != nil {
			t.Errorf("to %s: %v", ok, err)
		}
	}
	for _, bad := range []struct{ id, owner, why, what, until, says string }{
		{"S3-99", "Ada", "why", "what", string(tomorrow), "no control"},
		{"S3-02", " ", "why", "what", string(tomorrow), "owner"},
		{"S3-02", "Ada", "", "what", string(tomorrow), "reason"},
		{"S3-02", "Ada", "why", "", string(tomorrow), "compensating"},
		{"S3-02", "Ada", "why", "what", "", "its last day"},
		{"S3-02", "Ada", "why", "what", string(DateOf(now).Plus(-1)), "in the future"},
		{"S3-02", "Ada", "why", "what", string(DateOf(now).Plus(365)), "at most 365 days"},
	} {
		if _, err := NewWaiver(bad.id, bad.owner, bad.why, bad.what, now, Date(bad.until)); err == nil || !strings.Contains(err.Error(), bad.says) {
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
	controls, err := Catalogue(Strict)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls {
		if c.Remedy == Attest && c.Statement == nil {
			t.Errorf("%s is to be attested and has no text", c.ID)
		}
		if c.Statement != nil && (c.Statement.Version < 1 || !strings.HasSuffix(c.Statement.Text, ".")) {
			t.Errorf("%s: %+v", c.ID, *c.Statement)
		}
	}
}

func absentRegister() state.Reading[Register]          { return state.Absent[Register]() }
func knownRegister(r Register) state.Reading[Register] { return state.Known(r) }
