package provision

import (
	"context"
	"iter"

	"claria/aws"
)

// Op is what a step does to its resource.
type Op string

// The operations of a step, with the signs a plan is shown with.
const (
	Create Op = "create" // +
	Change Op = "change" // ~
	Delete Op = "delete" // -
	Adopt  Op = "adopt"  // ! a resource of this name exists without our tag
)

// Sign is the one-character sign of the operation.
func (o Op) Sign() string {
	switch o {
	case Create:
		return "+"
	case Change:
		return "~"
	case Delete:
		return "-"
	default:
		return "!"
	}
}

// Step is one change to the account, with all that a person needs to approve it.
type Step struct {
	ID       string   `json:"id"` // stable: "data-bucket/versioning"
	Op       Op       `json:"op"`
	Resource string   `json:"resource"`         // "data bucket 111122223333-claria-records"
	Summary  string   `json:"summary"`          // "encrypted, versioned, private"
	Before   string   `json:"before,omitempty"` // what is there, in words or JSON
	After    string   `json:"after"`
	Why      []string `json:"why"`     // 45 CFR citations, "164.312(b)"
	Risk     Risk     `json:"risk"`    // none, reversible, irreversible
	Undo     string   `json:"undo"`    // how to take it back; empty when it cannot be
	Control  []string `json:"control"` // ids of the controls it satisfies
}

// Risk says whether a step can be taken back.
type Risk string

// The risks of a step.
const (
	NoRisk       Risk = "none"
	Reversible   Risk = "reversible"
	Irreversible Risk = "irreversible"
)

// Plan is the ordered steps from an observed State to the desired one.
type Plan struct {
	Account string  `json:"account"`
	Region  string  `json:"region"`
	Steps   []Step  `json:"steps"`
	Blocked *Block  `json:"blocked,omitempty"` // why it may not be applied at all
	Unknown []Block `json:"unknown,omitempty"` // what could not be read and so is not planned

	observed, desired State
}

// Block is a reason that stands in the way, and what to do about it.
type Block struct {
	Reason string `json:"reason"`
	Next   string `json:"next"`
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Only returns the plan reduced to the steps that satisfy one of the controls.
func (p Plan) Only(controls ...string) Plan { panic("written next") }

// Progress is one event of an Apply.
type Progress struct {
	Step   Step
	Index  int // 0-based
	Total  int
	Status string // "started", "done", "failed", "stopped"
	Detail string // what a person should know: the new key's id, the wait for IAM
}

// Approval is what a person approved along with the plan.
type Approval struct {
	Adopt   []string    // names of resources to adopt
	Keyring aws.Keyring // where the new daily key goes
	// Prove makes an account from a new key, so that it can be shown to work
	// before it is stored.
	Prove func(context.Context, aws.Key) (*aws.Account, error)
	// StartedFromRootKey is the id of the root key that set-up started from; it
	// is deleted by the last step. Empty otherwise.
	StartedFromRootKey string
}

// MakePlan orders the steps from observed to desired. It is pure.
func MakePlan(observed, desired State, settings Settings) Plan { panic("written next") }

// Apply does exactly the plan: each step re-reads what it is about to change
// and stops when it is no longer what was approved, writes, and re-reads what it wrote.
func Apply(ctx context.Context, account *aws.Account, plan Plan, approval Approval) iter.Seq2[Progress, error] {
	panic("written next")
}
