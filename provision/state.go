// Package provision holds the account as it should be and the way there:
// Observe reads the account into a State, Desired renders the State it should
// have, Plan orders the steps between the two, and Apply does exactly an
// approved plan.
//
// Observe never writes. Plan and Desired are pure. It must not judge: what a
// difference means under the law is package drift's business.
package provision

import (
	"encoding/json"
	"time"

	"claria/aws"
)

// Settings are the declared choices that the desired state follows from. They
// come from claria.toml and hold no secret.
type Settings struct {
	Account string   // 12 digits; empty before set-up
	System  string   // "claria"; [a-z][a-z0-9-]{2,31}
	Region  string   // "us-east-1"
	Models  []string // inference-profile ids of the declared models; empty: DefaultModels of the region
	// PaperAgreement is the recorded paper BAA, when there is no agreement in
	// AWS Artifact; nil otherwise.
	PaperAgreement *PaperAgreement
	// Practice and Website go into the form that Anthropic asks of each account
	// once, through AWS: the plan shows the form before it is sent.
	Practice string
	Website  string
	// Held tells which access key this machine's keyring holds for an identity:
	// user name → key id. Nil when the keyring was not looked into: then any active key counts.
	Held map[string]string

	// Wide asks Observe to read also what only the strict set of controls judges.
	Wide bool
	// Strict asks for the costlier protections: an encryption key of the practice's
	// own, retention that nobody at all can shorten.
	Strict bool
	// KeyKept says that the strict profile was left, and its key may still be what
	// opens records: they keep the key that they were stored under. Knowing sets it.
	KeyKept bool
	// Contact is whom AWS may call about security; nil: none declared.
	Contact *Contact
	// Alerts is the e-mail address that alarms go to; empty: no alarms were asked for.
	Alerts string
	// Budget is the monthly spending, in US dollars, from which AWS sends a mail to
	// Alerts; 0: none declared.
	Budget int
}

// Contact is a person to reach.
type Contact struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Email string `json:"email"`
	Phone string `json:"phone"` // "+1 555 0100"
}

// PaperAgreement is a Business Associate Addendum signed outside AWS Artifact.
type PaperAgreement struct {
	Signed time.Time `json:"signed"`
	SHA256 string    `json:"sha256"` // of the signed document, 64 hex digits
}

// InForce reports whether it was signed at a moment, wherever the day was counted.
func (p PaperAgreement) InForce(now time.Time) bool { return !p.Signed.After(now.AddDate(0, 0, 1)) }

// State is an account as plain data: what Observe read, or what Desired wants.
// It is a snapshot that marshals to JSON and back.
type State struct {
	Account string       `json:"account"` // 12 digits
	System  string       `json:"system"`
	Region  string       `json:"region"`
	At      time.Time    `json:"at"`
	Caller  aws.Identity `json:"caller"`

	Agreements   Reading[[]aws.Agreement] `json:"agreements"`
	Organization Reading[string]          `json:"organization"` // the organisation's ARN; absent when there is none

	Root           Reading[RootUser]       `json:"root"`
	PasswordPolicy Reading[PasswordPolicy] `json:"password_policy"`
	Users          Reading[[]User]         `json:"users"`    // every IAM user, with policies
	Groups         Reading[[]Group]        `json:"groups"`   // every IAM group
	Roles          Reading[[]Role]         `json:"roles"`    // every IAM role, service-linked ones included
	Policies       Reading[[]Policy]       `json:"policies"` // customer-managed ones and AWS-managed ones in use

	DataBucket  Bucket `json:"data_bucket"`
	AuditBucket Bucket `json:"audit_bucket"`

	AccountPublicAccess Reading[PublicAccess] `json:"account_public_access"`

	Trail          Reading[Trail]             `json:"trail"`
	TrailStatus    Reading[TrailStatus]       `json:"trail_status"`
	TrailSelectors Reading[TrailSelectors]    `json:"trail_selectors"`
	TrailTags      Reading[map[string]string] `json:"trail_tags"`

	Analyzers Reading[[]Analyzer] `json:"analyzers"` // Access Analyzer, external access, in Region

	Retention         Reading[string]            `json:"retention"` // Bedrock data-retention mode in Region
	Models            []Model                    `json:"models"`    // the declared models, in their order
	InvocationLogging Reading[InvocationLogging] `json:"invocation_logging"`
	UseCase           Reading[bool]              `json:"use_case"` // Anthropic's first-use form; absent: not sent yet

	TranscriptionJobs Reading[[]TranscriptionJob] `json:"transcription_jobs"`

	People     People     `json:"people"`
	Place      Place      `json:"place"`
	Estate     Estate     `json:"estate"`
	Monitoring Monitoring `json:"monitoring"`

	// Raw are settings as AWS has them, by the id of the resource's row. Only an Apply
	// and an Undo read them, where the State has less.
	Raw map[string]*Reading[json.RawMessage] `json:"-"`
}

// RootUser is what the account summary tells of the root user.
type RootUser struct {
	AccessKeys int  `json:"access_keys"`
	MFA        bool `json:"mfa"`
	// Certificates is how many X.509 signing certificates the root user has.
	Certificates int `json:"certificates,omitempty"`
	// StartedFrom is the id of the root user's access key that this scan was
	// made with; empty when it was made with another credential.
	StartedFrom string `json:"started_from,omitempty"`
}

// PasswordPolicy is the account's IAM password policy.
type PasswordPolicy struct {
	MinimumLength int  `json:"minimum_length"`
	Lower         bool `json:"lower"`
	Upper         bool `json:"upper"`
	Digits        bool `json:"digits"`
	Symbols       bool `json:"symbols"`
	Reuse         int  `json:"reuse"`   // passwords remembered
	MaxAge        int  `json:"max_age"` // days; 0: never
}

// User is an IAM user.
type User struct {
	Name     string               `json:"name"`
	ARN      string               `json:"arn"`
	Created  time.Time            `json:"created"`
	Tags     map[string]string    `json:"tags,omitempty"`
	Inline   []NamedDocument      `json:"inline,omitempty"`
	Attached []string             `json:"attached,omitempty"` // policy ARNs
	Groups   []string             `json:"groups,omitempty"`
	Boundary string               `json:"boundary,omitempty"` // policy ARN
	Keys     Reading[[]AccessKey] `json:"keys"`
	MFA      Reading[[]string]    `json:"mfa"` // serial numbers
	SignIn   SignIn               `json:"sign_in"`
}

// AccessKey is one of a user's access keys.
type AccessKey struct {
	ID       string    `json:"id"`
	Active   bool      `json:"active"`
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used,omitzero"` // zero: never, or not asked
	// Use is when an active key was last used; absent: never.
	Use Reading[time.Time] `json:"use"`
}

// Group is an IAM group.
type Group struct {
	Name     string          `json:"name"`
	ARN      string          `json:"arn"`
	Inline   []NamedDocument `json:"inline,omitempty"`
	Attached []string        `json:"attached,omitempty"`
}

// Role is an IAM role.
type Role struct {
	Name     string            `json:"name"`
	ARN      string            `json:"arn"`
	Created  time.Time         `json:"created,omitzero"`
	Path     string            `json:"path"` // service-linked roles: /aws-service-role/…
	Trust    string            `json:"trust"`
	MaxHours Reading[int]      `json:"max_hours"` // longest session; read for the program's own role only
	Tags     map[string]string `json:"tags,omitempty"`
	Inline   []NamedDocument   `json:"inline,omitempty"`
	Attached []string          `json:"attached,omitempty"`
	Boundary string            `json:"boundary,omitempty"`
}

// Policy is a managed policy at its default version.
type Policy struct {
	ARN      string                     `json:"arn"`
	Name     string                     `json:"name"`
	Version  string                     `json:"version"` // "v3"
	Versions int                        `json:"versions"`
	Document string                     `json:"document"` // JSON, decoded
	Attached int                        `json:"attached"` // how many identities have it
	Tags     Reading[map[string]string] `json:"tags"`     // read for the program's own policies only
}

// NamedDocument is an inline policy.
type NamedDocument struct {
	Name     string `json:"name"`
	Document string `json:"document"` // JSON, decoded
}

// Bucket is an S3 bucket with the settings that Claria cares for.
type Bucket struct {
	Name         string                     `json:"name"`
	Region       Reading[string]            `json:"region"` // absent: there is no such bucket of ours
	Tags         Reading[map[string]string] `json:"tags"`
	Encryption   Reading[Encryption]        `json:"encryption"`
	PublicAccess Reading[PublicAccess]      `json:"public_access"`
	Policy       Reading[string]            `json:"policy"`        // JSON
	PolicyPublic Reading[bool]              `json:"policy_public"` // AWS's own verdict; absent: no policy
	Ownership    Reading[string]            `json:"ownership"`     // BucketOwnerEnforced, …
	Grants       Reading[[]Grant]           `json:"grants"`        // the ACL
	Versioning   Reading[string]            `json:"versioning"`    // Enabled, Suspended; absent: never enabled
	Lifecycle    Reading[[]LifecycleRule]   `json:"lifecycle"`
	ObjectLock   Reading[ObjectLock]        `json:"object_lock"`
	EventBridge  Reading[bool]              `json:"event_bridge"`
	Website      Reading[bool]              `json:"website"` // absent: none
	CORS         Reading[int]               `json:"cors"`    // rules; absent: none
}

// Encryption is a bucket's default encryption.
type Encryption struct {
	Algorithm string `json:"algorithm"` // AES256, aws:kms, aws:kms:dsse
	Key       string `json:"key,omitempty"`
	BucketKey bool   `json:"bucket_key,omitempty"`
}

// PublicAccess is the four public-access-block flags.
type PublicAccess struct {
	BlockACLs        bool `json:"block_acls"`
	IgnoreACLs       bool `json:"ignore_acls"`
	BlockPolicy      bool `json:"block_policy"`
	RestrictsBuckets bool `json:"restrict_buckets"`
}

// Grant is one grant of a bucket's ACL.
type Grant struct {
	Grantee    string `json:"grantee"` // canonical id or group URI
	Permission string `json:"permission"`
}

// LifecycleRule is one rule of a bucket's lifecycle, reduced to what matters to
// the keeping of records. Days are whole days; 0 means that the rule has no such action.
type LifecycleRule struct {
	ID             string `json:"id"`
	Enabled        bool   `json:"enabled"`
	Prefix         string `json:"prefix"`
	Filtered       bool   `json:"filtered,omitempty"` // narrowed further by tag or size
	ExpireDays     int    `json:"expire_days,omitempty"`
	ExpireDate     string `json:"expire_date,omitempty"` // RFC 3339
	ExpireMarkers  bool   `json:"expire_markers,omitempty"`
	NoncurrentDays int    `json:"noncurrent_days,omitempty"`
	NoncurrentKeep int    `json:"noncurrent_keep,omitempty"` // newest noncurrent versions kept
	AbortDays      int    `json:"abort_days,omitempty"`
	Transitions    bool   `json:"transitions,omitempty"`
}

// ObjectLock is a bucket's default retention.
type ObjectLock struct {
	Enabled bool   `json:"enabled"`
	Mode    string `json:"mode,omitempty"` // GOVERNANCE, COMPLIANCE
	Days    int    `json:"days,omitempty"` // years × 365
}

// Trail is the CloudTrail trail's own settings.
type Trail struct {
	Name           string `json:"name"`
	ARN            string `json:"arn"`
	HomeRegion     string `json:"home_region"`
	Bucket         string `json:"bucket"`
	Prefix         string `json:"prefix"`
	MultiRegion    bool   `json:"multi_region"`
	GlobalServices bool   `json:"global_services"`
	Validation     bool   `json:"validation"` // log file validation
	Key            string `json:"key,omitempty"`
	LogGroup       string `json:"log_group,omitempty"` // of CloudWatch Logs; ARN
	Organization   bool   `json:"organization,omitempty"`
}

// TrailStatus is how the trail is doing.
type TrailStatus struct {
	Logging             bool      `json:"logging"`
	LatestDelivery      time.Time `json:"latest_delivery,omitzero"`
	LatestDeliveryError string    `json:"latest_delivery_error,omitempty"`
	LatestDigestError   string    `json:"latest_digest_error,omitempty"`
	LatestForward       time.Time `json:"latest_forward,omitzero"` // to CloudWatch Logs
	LatestForwardError  string    `json:"latest_forward_error,omitempty"`
	Started             time.Time `json:"started,omitzero"`
}

// TrailSelectors says which events the trail records, in advanced form; basic
// selectors are translated when read.
type TrailSelectors struct {
	Basic    bool       `json:"basic,omitempty"` // they were basic ones
	Advanced []Selector `json:"advanced"`
}

// Selector is one advanced event selector: all of its conditions hold.
type Selector struct {
	Name   string          `json:"name"`
	Fields []SelectorField `json:"fields"`
}

// SelectorField is one condition of a Selector; any one value of a list suffices.
type SelectorField struct {
	Field         string   `json:"field"` // eventCategory, readOnly, resources.type, resources.ARN, …
	Equals        []string `json:"equals,omitempty"`
	NotEquals     []string `json:"not_equals,omitempty"`
	StartsWith    []string `json:"starts_with,omitempty"`
	NotStartsWith []string `json:"not_starts_with,omitempty"`
	EndsWith      []string `json:"ends_with,omitempty"`
	NotEndsWith   []string `json:"not_ends_with,omitempty"`
}

// Analyzer is an IAM Access Analyzer analyzer.
type Analyzer struct {
	Name   string `json:"name"`
	ARN    string `json:"arn,omitempty"`
	Type   string `json:"type"`   // ACCOUNT, ORGANIZATION, …
	Status string `json:"status"` // ACTIVE, …
}

// Model is one declared model as Bedrock describes it.
type Model struct {
	Profile      string            `json:"profile"`      // inference-profile id, "us.anthropic.…"
	Foundation   string            `json:"foundation"`   // bare model id
	Destinations Reading[[]string] `json:"destinations"` // regions the profile may run in
	Availability Reading[Access]   `json:"availability"`
}

// Access is GetFoundationModelAvailability's answer, as AWS words it.
type Access struct {
	Agreement     string `json:"agreement"`     // AVAILABLE, NOT_AVAILABLE, PENDING, ERROR
	Authorization string `json:"authorization"` // AUTHORIZED, NOT_AUTHORIZED
	Entitlement   string `json:"entitlement"`   // AVAILABLE, NOT_AVAILABLE
	Region        string `json:"region"`        // AVAILABLE, NOT_AVAILABLE
}

// InvocationLogging is where Bedrock copies prompts and answers, if anywhere.
type InvocationLogging struct {
	Enabled  bool   `json:"enabled"`
	Bucket   string `json:"bucket,omitempty"`
	LogGroup string `json:"log_group,omitempty"`
}

// TranscriptionJob is a finished Transcribe job and where its text went.
type TranscriptionJob struct {
	Name      string    `json:"name"`
	Completed time.Time `json:"completed,omitzero"`
	Bucket    string    `json:"bucket"` // empty: kept in a bucket of AWS's own
	// Unasked says that Bucket is not known: there are more jobs than a scan asks about.
	Unasked bool `json:"unasked,omitempty"`
}
