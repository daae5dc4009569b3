// Package drift judges an account against the law and the plan: the controls,
// the findings, and what changed since the last check.
//
// Judge is pure: an observed State and a desired one in, findings out. The
// package must not write to the account; package provision makes fixes.
package drift

import (
	"time"

	"claria/audit"
	"claria/aws"
	"claria/aws/policy"
	"claria/provision/state"
)

// Status is the verdict on one control.
type Status string

// The verdicts. A control whose read was denied or failed is Unknown, never
// Pass; Waived and NotApplicable never count as passed.
const (
	Pass          Status = "pass"
	Fail          Status = "fail"
	Unknown       Status = "unknown"
	NotApplicable Status = "not_applicable"
	Waived        Status = "waived"
	// Attested is a statement that someone signed and that is still valid;
	// AttestDue is one that nobody signed, or that has expired. Neither is passed.
	Attested  Status = "attested"
	AttestDue Status = "attest_due"
)

// Method is how a control is established.
type Method string

// The methods.
const (
	ByCall      Method = "api"         // a call to the account
	ByProbe     Method = "probe"       // a call that must succeed, or that must fail
	ByMachine   Method = "local"       // a check of the machine that Claria runs on
	ByStatement Method = "attestation" // a person's dated, signed statement
	ByRegister  Method = "register"    // what the practice's register holds, counted by code
)

// Severity is how much a failing control matters.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Remedy is how a failing control is fixed.
type Remedy string

// The remedies.
const (
	Automatic Remedy = "auto"   // plan, confirm, apply, re-read
	Guided    Remedy = "guided" // steps for a person
	NoRemedy  Remedy = "none"
	Attest    Remedy = "attest" // a person signs a statement
)

// Control is one row of the catalogue.
type Control struct {
	ID          string   // "S3-02", stable, never reused
	Family      string   // "Storage"
	Title       string   // in words before jargon: "Records are encrypted at rest"
	Meaning     string   // what it means for this practice, in two sentences or more
	Guide       string   // what to do, for a person
	Severity    Severity //
	Remedy      Remedy
	Citations   []string // "164.312(a)(2)(iv)"
	ConfigRules []string // AWS Config rules of the HIPAA conformance pack
	Prowler     []string
	Sets        []string // "core", "strict", "nprm"; the strict set has all of them
	Methods     []Method // how it is established; empty: ByCall
	// Statement is what a person signs, for a control that an attestation
	// establishes, alone or together with a call; nil: nothing to sign.
	Statement *Statement

	Last bool // judged after the others, because it uses their findings
}

// Statement is a text to sign, and for how long a signature holds.
type Statement struct {
	Version int    `json:"version"` // increases when Text changes: an older signature is then due again
	Text    string `json:"text"`    // first person: "I have …"
	Days    int    `json:"days"`    // a signature holds this long; 0: until the text changes
	// Answers are what the signer chooses from, where the statement is a
	// determination; empty: signing is all there is.
	Answers []string `json:"answers,omitempty"`
}

// Finding is the verdict on one control. Its JSON is the one --check prints.
type Finding struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Status      Status   `json:"status"`
	Severity    Severity `json:"severity"`
	Citations   []string `json:"citations"`
	ConfigRules []string `json:"config_rules"`
	Resource    string   `json:"resource"`
	Desired     string   `json:"desired"`
	Observed    string   `json:"observed"`
	Reason      string   `json:"reason"` // one sentence; for unknown, the read that failed
	Remedy      Remedy   `json:"remedy"`
	Family      string   `json:"family"`
	Prowler     []string `json:"prowler"`
	Methods     []Method `json:"methods"`
	// Advice marks a finding that fails nothing: the law only proposes it.
	Advice bool `json:"advice,omitempty"`
	// Until is when an attestation or a waiver ends.
	Until time.Time `json:"until,omitzero"`
	// Overdue marks a legal deadline that has passed.
	Overdue bool `json:"overdue,omitempty"`
	// Drift describes a finding that was better at an earlier check; nil: it was not.
	Drift *Drift `json:"drift,omitempty"`
}

// Drift says how a control that passed before got worse.
type Drift struct {
	Since  time.Time `json:"since"` // the latest check at which it was still in order
	Before string    `json:"before"`
	After  string    `json:"after"`
	// Event is the call that caused it; nil: the trail names none.
	Event *audit.Event `json:"event,omitempty"`
}

// Report is one scan: the JSON of `claria --check --format json`.
type Report struct {
	Schema    int       `json:"schema"` // 1
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Set       string    `json:"set"`
	Profile   string    `json:"profile,omitempty"` // "base" or "strict": what was declared
	Started   time.Time `json:"started"`
	ElapsedMS int64     `json:"elapsed_ms"`
	APICalls  int64     `json:"api_calls"`
	Summary   Summary   `json:"summary"`
	Controls  []Finding `json:"controls"`
	// Agreement is the one with AWS that this check, or an earlier one, relied on.
	Agreement *aws.Agreement `json:"agreement,omitempty"`
}

// Summary counts the findings by status.
type Summary struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"not_applicable"`
	Waived        int `json:"waived"`
	Attested      int `json:"attested"`
	AttestDue     int `json:"attest_due"`
	Overdue       int `json:"overdue"` // of the failing ones: deadlines that passed
	Advice        int `json:"advice"`  // would fail or be unknown if the law were more than proposed; counted nowhere else
}

// ExitCode is 0 when everything is in order, 1 when something could not be evaluated, 2
// when something fails; 2 wins.
func (s Summary) ExitCode() int {
	switch {
	case s.Fail > 0:
		return 2
	case s.Unknown > 0:
		return 1
	}
	return 0
}

// Facts is what a scan needs to know in addition to the account's state.
type Facts struct {
	Now time.Time
	// Register is the practice's statements, waivers and registers; absent
	// before anything was written, unknown when it could not be read.
	Register state.Reading[Register]
	// Trail is what the trail shows about the last days, including digests.
	Trail audit.Look
	// Machine is the workstation; nil: it is not judged.
	Machine *Machine
	// Runs are the latest checks by all of the practice's computers, newest first;
	// unknown when a ledger, or the copies in the audit bucket, could not be read.
	Runs state.Reading[[]Run]
	// Unattended says that this scan itself runs without a person.
	Unattended bool
	// Agreement is the one with AWS that the previous check relied on; nil: none is remembered.
	Agreement *aws.Agreement
	// Skew is how far this computer's clock is ahead of AWS's; absent: no answer had a time.
	Skew state.Reading[time.Duration]
}

// Run is one earlier check.
type Run struct {
	At         time.Time `json:"at"`
	Unattended bool      `json:"unattended"` // by cron or the like
	Complete   bool      `json:"complete"`   // everything could be evaluated
	// Elsewhere is the machine that recorded this run in the audit bucket; nobody has
	// verified it. Empty: the run is in this machine's own ledger.
	Elsewhere string `json:"elsewhere,omitempty"`
}

// judgement is the input of a control's judge.
type judgement struct {
	observed, desired state.State
	settings          state.Settings
	Facts
	judges     map[string]judge     // by control
	statements map[string]Statement // the texts to sign, by control
	policies   *policy.Reader       // those of the account and Claria's own
	others     []Finding            // of the controls that are judged first
}

// verdict is the output of a control's judge.
type verdict struct {
	status                              Status
	resource, desired, observed, reason string
	remedy                              Remedy // if it differs from the control's; empty: the control's
	until                               time.Time
	overdue                             bool
	severity                            Severity // if it depends on what was found; empty: the control's
}
