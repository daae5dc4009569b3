// Package policy parses and evaluates IAM policy documents: identity, resource and
// boundary policies. It also answers an auditor's questions about a policy: is it
// public, does it require TLS of everyone, is it admin, service-wide, cross-account.
//
// It imports no other package of Claria and sends nothing. The demo account enforces
// policies with it and the controls judge with it, so a mistake here shows twice.
// Only whether a bucket is public does the demo account judge on its own.
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
	HasResource  bool // false in a trust policy: the statement applies to its own role
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

// Caller is who makes a request. A request without an ARN and a Service is anonymous.
type Caller struct {
	ARN     string // user, assumed-role session, or arn:aws:iam::ID:root
	Account string
	Service string // "cloudtrail.amazonaws.com" when a service calls; ARN is empty then
	UserID  string
	Tags    map[string]string
}

// Request is one action that a caller asks for.
type Request struct {
	Caller   Caller
	Action   string // "s3:GetObject"
	Resource string // ARN, or "*" where the action has no resource
	Owner    string // account that owns the resource; empty: the caller's
	// Keys are the condition keys of the request, in upper or lower case. Keys that
	// follow from Caller and Owner (aws:PrincipalArn, aws:PrincipalAccount,
	// aws:PrincipalType, aws:PrincipalTag/…, aws:userid, aws:username,
	// aws:ResourceAccount, …) are added when they are missing.
	Keys map[string][]string
}

// Policies are the policies that apply to a Request.
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
