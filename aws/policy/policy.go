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

// Parse reads a policy document; what AWS would refuse as malformed is an error.
func Parse(document []byte) (Document, error) { panic("written next") }

// Caller is who makes a request.
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
	Action   string              // "s3:GetObject"
	Resource string              // ARN, or "*" where the action has no resource
	Owner    string              // account that owns the resource; empty: the caller's
	Keys     map[string][]string // condition keys, any case; a missing key is absent
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

// Evaluate decides as AWS does: explicit deny first; then, in one account, an
// allow by the identity's or the resource's policy within the boundary and the
// session policies; across accounts both must allow. The account's root user
// is allowed without an identity policy, but not against a Deny.
func Evaluate(request Request, policies Policies) Decision { panic("written next") }

// Answer is a yes or no with the statement that decides it.
type Answer struct {
	Yes    bool
	Reason string // one sentence that names the statement
}

// Public reports whether a bucket's policy is public by AWS's definition
// ("The meaning of 'public'", S3 user guide, Blocking public access): it allows
// a principal that is not fixed, unless a condition fixes it.
func Public(d Document) Answer { panic("written next") }

// RequiresTLS reports whether the bucket's policy refuses everyone everything
// over an insecure connection: Deny, every principal, every S3 action, the bucket and
// all its objects, aws:SecureTransport false, with no further condition.
func RequiresTLS(d Document, bucket string) Answer { panic("written next") }

// RequiresTLSVersion is the least s3:TlsVersion that the policy lets through for
// everyone and everything, "1.2"; empty when it does not say.
func RequiresTLSVersion(d Document, bucket string) string { panic("written next") }

// Admin reports whether an identity's policy allows every action on every resource,
// NotAction and NotResource forms included.
func Admin(d Document) Answer { panic("written next") }

// ServiceWide lists the services that the policy allows wholly on every
// resource ("s3:*" on "*"), wildcard and Not forms included.
func ServiceWide(d Document) []string { panic("written next") }

// CrossAccount lists the principals outside account that a resource's policy
// allows; service principals count only without a source condition.
func CrossAccount(d Document, account string) []string { panic("written next") }
