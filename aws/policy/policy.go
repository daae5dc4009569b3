// Package policy parses and evaluates IAM policy documents: identity, resource
// and boundary policies, and answers what a sceptic asks of one: is it public,
// does it require TLS of everyone, is it admin, service-wide, cross-account.
//
// It imports nothing of ours and sends nothing. The practice account enforces
// with it and the controls judge with it, so a mistake here is seen twice.
package policy

// Document is a parsed policy.
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a Document.
type Statement struct {
	SID          string
	Allow        bool // false: Deny
	Principals   []Principal
	NotPrincipal bool // Principals are those excepted
	HasPrincipal bool
	Actions      []string
	NotAction    bool // Actions are those excepted
	Resources    []string
	NotResource  bool // Resources are those excepted
	HasResource  bool // false in a trust policy: the statement is about the role it is attached to
	Conditions   []Condition
}

// Principal is one principal of a statement: type "AWS", "Service",
// "Federated", "CanonicalUser", or "*" for Principal: "*".
type Principal struct{ Type, Value string }

// Condition is one operator applied to one key.
type Condition struct {
	Operator string // "StringEquals", without prefix and IfExists
	Set      string // "", "ForAllValues", "ForAnyValue"
	IfExists bool
	Key      string // as written; compared without case
	Values   []string
}

// Caller is who makes a request. With neither an ARN nor a Service the request
// is anonymous.
type Caller struct {
	ARN     string // user, assumed-role session, or arn:aws:iam::ID:root
	Account string
	Service string // "cloudtrail.amazonaws.com" when a service calls; ARN is empty then
	UserID  string
	Tags    map[string]string
}

// Request is one thing that somebody wants to do.
type Request struct {
	Caller   Caller
	Action   string // "s3:GetObject"
	Resource string // ARN, or "*" where the action has no resource
	Owner    string // account that owns the resource; empty: the caller's
	// Keys are the condition keys of the request, in any case; a missing key is
	// absent. What follows from Caller and Owner (aws:PrincipalArn,
	// aws:PrincipalAccount, aws:PrincipalType, aws:PrincipalTag/…, aws:userid,
	// aws:username, aws:ResourceAccount, …) is added when it is not here.
	Keys map[string][]string
}

// Policies are those that bear on a Request.
type Policies struct {
	Identity []Document
	Boundary *Document  // permissions boundary; nil: none
	Session  []Document // session policies of an assumed role; empty: none
	Resource *Document  // the resource's own policy; nil: none
}

// Decision is the outcome of an evaluation.
type Decision struct {
	Allowed  bool
	Explicit bool   // an explicit Deny decided
	By       string // Sid or position of the deciding statement, "bucket policy: DenyInsecure"; empty for an implicit deny
}
