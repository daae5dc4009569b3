// Package register is what a practice declares, signs and records over the years:
// attestations, waivers, decisions, vendors, reviews, trainings, incidents, requests,
// and the clocks of the law that these start. It stores them in the audit bucket.
package register

import "time"

// Register holds what a practice declares about itself, signed and dated. It is stored as one
// JSON object in the audit bucket under Object Lock, so every version is kept.
// It holds no patient information: the auditor may read it.
type Register struct {
	Schema       int            `json:"schema"` // 1
	Attestations []Attestation  `json:"attestations"`
	Waivers      []Waiver       `json:"waivers"`
	Decisions    []Decision     `json:"decisions"`
	Vendors      []Vendor       `json:"vendors"`
	Reviews      []AccessReview `json:"reviews"`
	Trainings    []Training     `json:"trainings"`
	Incidents    []Incident     `json:"incidents"`
	Requests     []Request      `json:"requests"`
	Actions      []Action       `json:"actions"`
	Analyses     []RiskAnalysis `json:"analyses"`
	Drills       []Drill        `json:"drills"`

	// Declared is what the practice declared its account to be; nil: no computer has recorded it yet.
	Declared *Declaration `json:"declared,omitempty"`
}

// Attestation is one signed statement. The newest of a control counts.
type Attestation struct {
	Control string    `json:"control"`
	Version int       `json:"version"`          // of the text that was signed
	Text    string    `json:"text"`             // as it was signed
	Answer  string    `json:"answer,omitempty"` // one of the statement's answers
	Signer  string    `json:"signer"`
	At      time.Time `json:"at"`
	Ends    time.Time `json:"ends,omitzero"`
	SHA256  string    `json:"sha256,omitempty"` // of a document that belongs to it
	Note    string    `json:"note,omitempty"`
}

// Waiver accepts one control's risk for a time. It never counts as passed.
type Waiver struct {
	Control      string    `json:"control"`
	Owner        string    `json:"owner"`
	Reason       string    `json:"reason"`
	Compensating string    `json:"compensating"` // the compensating control
	At           time.Time `json:"at"`
	Ends         time.Time `json:"ends"` // at most 365 days after At
	Withdrawn    time.Time `json:"withdrawn,omitzero"`
}

// clockSlack is how far the clocks of two machines may differ before what one of
// them wrote counts as dated ahead.
const clockSlack = 10 * time.Minute

// Ahead reports whether a moment is in the future. A signature or a waiver dated
// in the future would hold for as long as its author liked.
func Ahead(at, now time.Time) bool { return at.After(now.Add(clockSlack)) }

// Decision is what 45 CFR 164.306(d)(3) requires for each addressable specification
// that is not implemented as written.
type Decision struct {
	Specification string    `json:"specification"` // "164.312(a)(2)(iii)"
	Choice        string    `json:"choice"`        // implement, alternative, not reasonable
	Why           string    `json:"why"`
	Alternative   string    `json:"alternative,omitempty"`
	Signer        string    `json:"signer"`
	At            time.Time `json:"at"`
}
