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
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision/state"
)

// Finding is the verdict on one control. Its JSON is the one --check prints.
type Finding struct {
	ID          string             `json:"id"`
	Title       string             `json:"title"`
	Status      catalogue.Status   `json:"status"`
	Severity    catalogue.Severity `json:"severity"`
	Citations   []string           `json:"citations"`
	ConfigRules []string           `json:"config_rules"`
	Resource    string             `json:"resource"`
	Desired     string             `json:"desired"`
	Observed    string             `json:"observed"`
	Reason      string             `json:"reason"` // one sentence; for unknown, the read that failed
	Remedy      catalogue.Remedy   `json:"remedy"`
	Family      string             `json:"family"`
	Prowler     []string           `json:"prowler"`
	Methods     []catalogue.Method `json:"methods"`
	// Advice marks a finding that fails nothing: the law only proposes it.
	Advice bool `json:"advice,omitempty"`
	// Until is when an attestation or a waiver ends.
	Until time.Time `json:"until,omitzero"`
	// Overdue marks a legal deadline that has passed.
	Overdue bool `json:"overdue,omitempty"`
	// Drift describes a finding that was better at an earlier check; nil: it was not.
	Drift *Drift `json:"drift,omitempty"`
}

// Next is the step that can make an unknown finding known; empty: its reason names no
// cause that has one.
func (f Finding) Next() string {
	cause, _ := aws.CauseIn(f.Reason)
	return cause.Next
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
	Register state.Reading[register.Register]
	// Trail is what the trail shows about the last days, including digests.
	Trail audit.Look
	// Machine is the workstation; nil: it is not judged.
	Machine *state.Machine
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
	judges     map[string]judge               // by control
	statements map[string]catalogue.Statement // the texts to sign, by control
	policies   *policy.Reader                 // those of the account and Claria's own
	others     []Finding                      // of the controls that are judged first
}

// verdict is the output of a control's judge.
type verdict struct {
	status                              catalogue.Status
	resource, desired, observed, reason string
	remedy                              catalogue.Remedy // if it differs from the control's; empty: the control's
	until                               time.Time
	overdue                             bool
	severity                            catalogue.Severity // if it depends on what was found; empty: the control's
}
