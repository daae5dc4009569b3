package catalogue

import "slices"

// Statements returns the texts that the catalogue asks a person to sign, by control.
func Statements() map[string]Statement {
	all, _ := Controls(Strict) // Strict is a set, so there is no error
	texts := map[string]Statement{}
	for _, c := range all {
		if c.Statement != nil {
			texts[c.ID] = *c.Statement
		}
	}
	return texts
}

// In reports whether a set has the control.
func (c Control) In(set string) bool {
	return set == Strict || slices.Contains(c.Sets, Core) || set == NPRM && slices.Contains(c.Sets, NPRM)
}

// EstablishedBy are the methods by which the control is established.
func (c Control) EstablishedBy() []Method {
	if len(c.Methods) == 0 {
		return []Method{ByCall}
	}
	return append([]Method{}, c.Methods...)
}

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

// RestoreEvery is how old the latest restore drill may be, in days.
const RestoreEvery = 90

// TamperControl is the control whose waivers acknowledge events: an ordinary waiver
// would also cover later events.
const TamperControl = "CT-14"
