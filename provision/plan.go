package provision

import (
	"cmp"
	"slices"
	"strings"

	"claria/aws"
	"claria/aws/policy"

	"claria/provision/state"
)

// Op is what a step does to its resource.
type Op string

// The operations of a step, with the signs that a plan shows.
const (
	Create Op = "create" // +
	Change Op = "change" // ~
	Delete Op = "delete" // -
	Adopt  Op = "adopt"  // ! a resource with this name exists without our tag
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

// Step is one change to the account, with everything that a person needs to approve it.
type Step struct {
	ID       string   `json:"id"` // stable: "data-bucket/versioning"
	Op       Op       `json:"op"`
	Resource string   `json:"resource"`         // "data bucket 111122223333-claria-records"
	Summary  string   `json:"summary"`          // "encrypted, versioned, private"
	Before   string   `json:"before,omitempty"` // what is there now, in words or JSON
	After    string   `json:"after"`
	Why      []string `json:"why"`     // 45 CFR citations, "164.312(b)"
	Risk     Risk     `json:"risk"`    // none, reversible, manual, irreversible
	Undo     string   `json:"undo"`    // how to undo it; empty when it cannot be undone
	Control  []string `json:"control"` // ids of the controls it satisfies

	// Asks are the names that a person must approve one by one: statements that Claria did
	// not write and the step removes. Empty: approving the plan is enough.
	Asks []string `json:"asks,omitempty"`

	// Undoes is the change that the step undoes, as the ledger numbers it; empty: it
	// undoes none.
	Undoes string `json:"undoes,omitempty"`
	// Kept is what Undo needs. Apply fills it in for a step that was done; nil: the step
	// left nothing to undo.
	Kept *Kept `json:"kept,omitempty"`
}

// Risk says whether a step can be undone.
type Risk string

// The risks of a step.
const (
	NoRisk       Risk = "none"
	Reversible   Risk = "reversible" // Undo restores the setting
	Manual       Risk = "manual"     // Undo does not; Step.Undo says what a person can do
	Irreversible Risk = "irreversible"
)

// Plan is the ordered steps from an observed State to the desired one.
type Plan struct {
	Account string  `json:"account"`
	Region  string  `json:"region"`
	Steps   []Step  `json:"steps"`
	Blocked *Block  `json:"blocked,omitempty"` // why it may not be applied at all
	Unknown []Block `json:"unknown,omitempty"` // what could not be read and so is not planned
	// Models are the models that the plan chose because the practice names none; set-up
	// writes them into claria.toml once it is done.
	Models []string `json:"models,omitempty"`

	// asked are the steps that Only adds when their control is asked for by name: they
	// touch what somebody may still use.
	asked []Step

	observed, desired state.State
	settings          state.Settings
	undone            *Step // the step whose setting is restored; nil: the plan leads to the desired State
}

// resources are the resources that the plan's steps belong to.
func (p Plan) resources() []resource {
	all := resources(p.settings, &p.desired)
	if p.undone != nil {
		for i, r := range all {
			if r.id == p.undone.ID {
				all[i] = r.back(*p.undone)
			}
		}
	}
	return all
}

// Block is why something cannot be done, and what to do about it.
type Block struct {
	Reason string `json:"reason"`
	Next   string `json:"next"`
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Only returns the plan reduced to the steps that satisfy one of the controls, and the
// steps that those need first.
func (p Plan) Only(controls ...string) Plan {
	wanted := map[string]bool{}
	var want func(id string)
	all := resources(p.settings, &p.desired)
	want = func(id string) {
		wanted[id] = true
		for _, r := range all {
			if r.id == id {
				for _, need := range r.needs {
					want(need)
				}
			}
		}
	}
	steps := append(slices.Clone(p.Steps), p.asked...)
	for _, step := range steps {
		if slices.ContainsFunc(step.Control, func(c string) bool { return slices.Contains(controls, c) }) {
			want(step.ID)
		}
	}
	if len(wanted) > 0 { // the caller needs the rights to do them
		for _, step := range p.Steps {
			wanted[step.ID] = wanted[step.ID] || step.widens()
		}
	}
	p.Steps = slices.DeleteFunc(steps, func(s Step) bool { return !wanted[s.ID] })
	p.asked = nil
	return p
}

// MakePlan orders the steps from observed to desired. It is pure. A resource that could
// not be read is in Unknown and not planned. Without an agreement the plan lists its
// steps but is Blocked.
func MakePlan(observed, desired state.State, settings state.Settings) Plan {
	settings, block := settled(observed, settings)
	if block != nil {
		return Plan{Account: observed.Account, Region: observed.Region, Steps: []Step{}, Blocked: block}
	}
	plan := newPlan(observed, desired, settings)
	stuck := "" // the resource whose attributes are left out
	for _, r := range plan.resources() {
		if stuck != "" && strings.HasPrefix(r.id, stuck) {
			continue
		}
		if r.stuck != nil {
			if block := r.stuck(&observed); block != nil {
				plan.unknown(*block)
				stuck = r.id + "/"
				continue
			}
		}
		if problems := r.problems(&observed); len(problems) > 0 {
			for _, p := range problems {
				plan.unknown(Block{
					Reason: r.title + " could not be read (" + p.String() + "), so no change to it is planned",
					Next:   nextAfter(p),
				})
			}
			continue
		}
		switch c := r.diff(&observed); {
		case c == nil:
		case r.asked:
			plan.asked = append(plan.asked, r.step(c, &observed))
		default:
			plan.Steps = append(plan.Steps, r.step(c, &observed))
		}
	}
	plan.keepKeys()
	plan.Steps = rightsFirst(plan.Steps)
	return plan
}

// keepKeys leaves out the deletion of keys while something of the account is unread: a
// key may be the only way to what could not be read.
func (p *Plan) keepKeys() {
	if len(p.Unknown) == 0 {
		return
	}
	p.Steps = slices.DeleteFunc(p.Steps, func(s Step) bool {
		if s.ID != rootKeyID && s.ID != unheldKeysID {
			return false
		}
		p.unknown(Block{
			Reason: s.Resource + " would be removed, but not while part of the account is unread",
			Next:   "make the rest readable, then scan again",
		})
		return true
	})
}

// settled are the settings for the observed account, or why there are none.
func settled(observed state.State, settings state.Settings) (state.Settings, *Block) {
	if observed.Account == settings.Account && observed.Region == settings.Region {
		return settings, nil
	}
	settings.Region = cmp.Or(settings.Region, observed.Region)
	if block := otherAccount(observed, settings); block != nil {
		return settings, block
	}
	return settings.In(observed.Account), nil
}

// newPlan is a plan without steps from an observed State of the settings' account.
func newPlan(observed, desired state.State, settings state.Settings) Plan {
	declared := settings.Models
	settings = Knowing(settings, observed)
	settings, observed = succeeded(settings, observed)
	if desired.Account != settings.Account || desired.Region != settings.Region || settings.KeyKept ||
		!slices.Equal(profilesOf(desired.Models), settings.Models) { // rendered before the account was known
		desired = Desired(settings)
	}
	plan := Plan{
		Account: observed.Account, Region: observed.Region, Steps: []Step{}, Blocked: agreementBlock(observed, settings),
		observed: observed, desired: desired, settings: settings,
	}
	if len(declared) == 0 {
		plan.Models = settings.Models
	}
	return plan
}

// unknown adds a block once: the settings of a bucket share the read of its tags.
func (p *Plan) unknown(b Block) {
	if !slices.Contains(p.Unknown, b) {
		p.Unknown = append(p.Unknown, b)
	}
}

func nextAfter(p state.Problem) string {
	if cause, ok := aws.CauseIn(p.Message); ok && cause.Next != "" {
		return cause.Next
	}
	if p.Kind != aws.Denied {
		return "scan again"
	}
	if strings.Contains(p.Message, aws.ByResourcePolicy) {
		return "the policy of the resource itself refuses it, so no right of this identity helps: if it is a bucket, plan with the root user's " +
			"credential, who can always read and replace a bucket's policy"
	}
	return "allow " + IAMAction(p.Operation) + " for this identity, or scan with another credential"
}

// IAMAction is the IAM action that allows an API operation; a few have different names
// (Service Authorization Reference, Amazon S3).
func IAMAction(operation string) string {
	switch operation {
	case "s3:HeadBucket":
		return "s3:ListBucket"
	case "s3:GetBucketEncryption":
		return "s3:GetEncryptionConfiguration"
	case "s3:GetPublicAccessBlock":
		return "s3:GetBucketPublicAccessBlock"
	case "s3control:GetPublicAccessBlock":
		return "s3:GetAccountPublicAccessBlock"
	case "s3:GetBucketLifecycleConfiguration":
		return "s3:GetLifecycleConfiguration"
	case "s3:GetObjectLockConfiguration":
		return "s3:GetBucketObjectLockConfiguration"
	case "s3:GetBucketNotificationConfiguration":
		return "s3:GetBucketNotification"
	case "budgets:DescribeBudgets":
		return "budgets:ViewBudget"
	case "s3:ListBucketIntelligentTieringConfigurations":
		return "s3:GetIntelligentTieringConfiguration"
	case "s3:GetBucketCors":
		return "s3:GetBucketCORS"
	}
	if name, ok := strings.CutPrefix(operation, "s3control:"); ok {
		return "s3:" + name
	}
	return operation
}

// otherAccount blocks a plan for an account or region that is not the practice's.
func otherAccount(observed state.State, settings state.Settings) *Block {
	if settings.Account != "" && observed.Account != settings.Account {
		return &Block{
			Reason: (&ForeignError{Practice: settings.Account, Caller: observed.Account}).Error(),
			Next:   "use a credential of account " + settings.Account,
		}
	}
	if observed.Region != settings.Region {
		return &Block{
			Reason: "the account was read in " + observed.Region + ", but the practice's region is " + settings.Region,
			Next:   "scan again in " + settings.Region,
		}
	}
	return nil
}

// agreementBlock is the gate: without a Business Associate Addendum, Claria sets up
// nothing that holds patient information.
func agreementBlock(observed state.State, settings state.Settings) *Block {
	if paper := settings.PaperAgreement; paper != nil {
		if !paper.InForce(observed.At) {
			return &Block{
				Reason: "the paper agreement is dated in the future, " + paper.Signed.Format("2006-01-02"),
				Next:   "correct paper_agreement.signed in claria.toml, or wait for that day",
			}
		}
		return nil
	}
	agreements, known := observed.Agreements.Value()
	if !known {
		problem, _ := observed.Agreements.Problem()
		return &Block{
			Reason: "whether a Business Associate Addendum with AWS is in force could not be read (" + problem.String() + ")",
			Next:   nextAfter(problem),
		}
	}
	organization, _ := observed.Organization.Value()
	if _, ok := BusinessAssociateAddendum(agreements, observed.Account, organization); ok {
		return nil
	}
	reason := "no Business Associate Addendum with AWS is in force for account " + observed.Account
	if problem, unknown := observed.Organization.Problem(); unknown {
		reason += ", and its organisation could not be read (" + problem.String() + ")"
	}
	return &Block{Reason: reason, Next: AgreementSteps}
}

// rightsFirst moves policies that gain rights before the steps that need those rights:
// until then, the role that applies the plan has only its earlier rights. That happens
// when the strict profile is turned on, and when a new version of Claria makes a call
// that the old one did not. A policy that only loses rights keeps its place, because
// the steps before it may still need them.
func rightsFirst(steps []Step) []Step {
	first, rest := []Step{}, []Step{}
	for _, s := range steps {
		if s.widens() {
			first = append(first, s)
		} else {
			rest = append(rest, s)
		}
	}
	return append(first, rest...)
}

// widens reports whether the step makes an existing policy allow more.
func (s Step) widens() bool {
	if s.Op != Change || !strings.HasPrefix(s.ID, "policy/") {
		return false
	}
	before, after := allowed(s.Before), allowed(s.After)
	return slices.ContainsFunc(after, func(a string) bool { return !slices.Contains(before, a) })
}

// allowed are the pairs of action and resource that a document allows, whatever the conditions.
func allowed(doc string) []string {
	parsed, err := policy.Parse([]byte(doc))
	if err != nil {
		return nil // so everything in the other document counts as more
	}
	var all []string
	for _, s := range parsed.Statements {
		if !s.Allow {
			continue
		}
		for _, action := range s.Actions {
			for _, resource := range s.Resources {
				all = append(all, strings.ToLower(action)+" "+resource)
			}
		}
	}
	return all
}
