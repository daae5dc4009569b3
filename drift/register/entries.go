package register

import (
	"fmt"
	"time"

	"claria/drift/catalogue"
)

// The registers that a practice keeps over the years: vendors, access reviews, trainings,
// incidents, requests, plans, risk analyses and drills. None holds a client's
// name or free text about one: that is stored in Notes.

// Date is a calendar day, "2006-01-02", because legal deadlines count calendar
// days; empty: not yet, or not known.
type Date string

// ParseDate reads a calendar day.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return "", fmt.Errorf("%q is not a date: write it as 2026-11-30", text)
	}
	return DateOf(t), nil
}

// DateOf returns the calendar day of a moment, in its time zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Plus returns the day that many calendar days later; without a day, none.
func (d Date) Plus(days int) Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return DateOf(t.AddDate(0, 0, days))
}

// Passed reports whether the day is completely over at a moment; without a day, false.
func (d Date) Passed(now time.Time) bool { return d != "" && DateOf(now) > d }

// Ahead reports whether the day is in the future at a moment, by more than the calendars of
// two places differ. What is dated in the future has not happened.
func (d Date) Ahead(now time.Time) bool { return d > DateOf(now).Plus(1) }

// Vendor is a business associate other than AWS.
type Vendor struct {
	Name    string `json:"name"`
	Service string `json:"service"` // "e-mail", "telehealth", "billing" …
	PHI     bool   `json:"phi"`     // it creates, receives, keeps or passes on health information
	Signed  Date   `json:"signed,omitempty"`
	Ends    Date   `json:"ends,omitempty"`   // of the agreement; empty: until it is ended
	SHA256  string `json:"sha256,omitempty"` // of the signed agreement
	Left    Date   `json:"left,omitempty"`   // no longer used since
}

// AccessReview is one review of everyone's credentials.
type AccessReview struct {
	At          Date                 `json:"at"`
	Reviewer    string               `json:"reviewer"`
	Credentials []ReviewedCredential `json:"credentials"`     // as the account had them, filled in by the program
	Ended       []string             `json:"ended,omitempty"` // user names whose access ended since the last review
}

// ReviewedCredential is one way in, as it was at the review.
type ReviewedCredential struct {
	User     string    `json:"user"`
	Kind     string    `json:"kind"` // "access key", "password", "no credential"
	ID       string    `json:"id,omitempty"`
	Active   bool      `json:"active"`
	Created  time.Time `json:"created,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero"` // zero: never, or not known
}

// Training is one training of one member of the workforce.
type Training struct {
	At      Date   `json:"at"`
	Person  string `json:"person"`
	Subject string `json:"subject"`
	SHA256  string `json:"sha256,omitempty"` // of the certificate
}

// Incident is one security incident. What happened, in words, is in its note.
type Incident struct {
	ID         string `json:"id"` // "INC-2026-1"
	Discovered Date   `json:"discovered"`
	Kind       string `json:"kind"` // one of IncidentKinds
	// Unsecured says whether the information was readable to who got it: not
	// encrypted as HHS's guidance asks (45 CFR 164.402). "", "yes" or "no".
	Unsecured string `json:"unsecured,omitempty"`
	// Evidence is what the account showed when the incident was recorded: the
	// status of the controls that decide “unsecured”.
	Evidence []Fact `json:"evidence,omitempty"`
	// Factors are the ratings of the four-factor assessment, in the order of
	// Factors(); a missing one is not rated yet.
	Factors []Factor `json:"factors,omitempty"`
	Outcome string   `json:"outcome,omitempty"` // one of Outcomes; "": not decided, which is a breach until it is
	// AsAssociate: the information belongs to another covered entity, which must be notified.
	AsAssociate bool           `json:"as_associate,omitempty"`
	Affected    int            `json:"affected"`         // people
	States      map[string]int `json:"states,omitempty"` // of those, residents of a state: "OH": 12
	Delay       *Delay         `json:"delay,omitempty"`  // asked for by law enforcement
	Told        Told           `json:"told,omitzero"`
}

// Fact is one control as it was found at a moment.
type Fact struct {
	Control  string           `json:"control"`
	Status   catalogue.Status `json:"status"`
	Observed string           `json:"observed"`
	At       time.Time        `json:"at"`
}

// Factor is the rating of one factor: "low", "moderate" or "high" probability
// that the information was compromised. Its reasons are in the incident's note.
type Factor struct {
	Name     string `json:"name"`
	Rating   string `json:"rating"`
	Reasoned bool   `json:"reasoned"` // reasons are written down
}

// Delay is a law-enforcement delay (45 CFR 164.412).
type Delay struct {
	Asked   Date `json:"asked"`
	Written bool `json:"written"`
	Until   Date `json:"until,omitempty"` // as stated in writing; an oral one ends 30 days after it was asked
}

// Told holds the days on which each party was notified; empty: not yet.
type Told struct {
	Individuals Date `json:"individuals,omitempty"`
	HHS         Date `json:"hhs,omitempty"`
	Media       Date `json:"media,omitempty"`
	Entity      Date `json:"entity,omitempty"` // the covered entity, by its business associate
}

// Request is one request of a client that has a deadline, or that must be
// remembered. The note says whose it is.
type Request struct {
	ID       string `json:"id"`   // "REQ-2026-1"
	Kind     string `json:"kind"` // one of RequestKinds
	Received Date   `json:"received"`
	Extended Date   `json:"extended,omitempty"` // the day on which the client was informed in writing that it takes longer
	Answered Date   `json:"answered,omitempty"`
	Answer   string `json:"answer,omitempty"` // "granted", "denied", "in part", "withdrawn"
}

// Action is one entry of the risk management plan: who fixes what, and by when.
type Action struct {
	Control string `json:"control"`
	Owner   string `json:"owner"`
	What    string `json:"what"`
	Due     Date   `json:"due"`
	Done    Date   `json:"done,omitempty"`
}

// RiskAnalysis is one questionnaire, answered and signed.
type RiskAnalysis struct {
	At       time.Time       `json:"at"`
	Signer   string          `json:"signer"`
	Version  int             `json:"version"` // of the questions
	Answers  []RiskAnswer    `json:"answers"`
	Sections []SectionReview `json:"sections"` // the reviewer's sign-off, section by section
}

// RiskAnswer is the answer to one question.
type RiskAnswer struct {
	Question string `json:"question"` // its id
	Answer   string `json:"answer"`   // "yes", "partly", "no", "not applicable"
	Why      string `json:"why,omitempty"`
	// Likelihood and Impact are 1 low, 2 moderate, 3 high; 0: nothing to rate,
	// because the safeguard is in place.
	Likelihood int    `json:"likelihood,omitempty"`
	Impact     int    `json:"impact,omitempty"`
	Facts      []Fact `json:"facts,omitempty"` // the controls that prefilled the answer
}

// SectionReview is one section's sign-off.
type SectionReview struct {
	Section  string `json:"section"`
	Reviewer string `json:"reviewer"`
	At       Date   `json:"at"`
}

// Drill is one test of a plan: a restore, an emergency access, an incident.
type Drill struct {
	At      Date   `json:"at"`
	Kind    string `json:"kind"` // one of DrillKinds
	By      string `json:"by"`
	Worked  bool   `json:"worked"`
	Minutes int    `json:"minutes,omitempty"` // until it worked again
	Note    string `json:"note,omitempty"`
}
