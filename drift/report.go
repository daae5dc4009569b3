// Package drift judges an account against the law and the plan: the controls,
// the findings, and what changed since the last look.
//
// Judge is pure: an observed State and a desired one in, findings out. The
// package must not write to the account; mending is package provision's.
package drift

import (
	"time"

	"claria/provision"
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
)

// Severity is how much a failing control matters.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Remedy is how a failing control is mended.
type Remedy string

// The remedies.
const (
	Automatic Remedy = "auto"   // plan, confirm, apply, re-read
	Guided    Remedy = "guided" // steps for a person
	NoRemedy  Remedy = "none"
)

// Control is one row of the catalogue.
type Control struct {
	ID          string   // "S3-02", stable, never reused
	Family      string   // "Storage"
	Title       string   // in words before jargon: "Records are encrypted at rest"
	Meaning     string   // what it means for this practice, two sentences
	Guide       string   // what to do, for a person
	Severity    Severity //
	Remedy      Remedy
	Citations   []string // "164.312(a)(2)(iv)"
	ConfigRules []string // AWS Config rules of the HIPAA conformance pack
	Prowler     []string
	Sets        []string // "core", "strict", "nprm"

	judge func(in *judgement) verdict
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
}

// Report is one scan: the JSON of `claria --check --format json`.
type Report struct {
	Schema    int       `json:"schema"` // 1
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Set       string    `json:"set"`
	Started   time.Time `json:"started"`
	ElapsedMS int64     `json:"elapsed_ms"`
	APICalls  int64     `json:"api_calls"`
	Summary   Summary   `json:"summary"`
	Controls  []Finding `json:"controls"`
}

// Summary counts the findings by status.
type Summary struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"not_applicable"`
	Waived        int `json:"waived"`
}

// ExitCode is 0 when all is well, 1 when something could not be evaluated, 2
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

// Register is what a scan needs to know besides the account: none yet but the
// paper agreement, which is in the settings.
type Register struct {
	Now time.Time
}

// judgement is what a control's judge sees.
type judgement struct {
	observed, desired provision.State
	settings          provision.Settings
	register          Register
}

// verdict is what a control's judge answers.
type verdict struct {
	status                              Status
	resource, desired, observed, reason string
	remedy                              Remedy // where this finding needs another than its control's; empty: the control's
}
