package state

import "time"

// External reports whether the analyzer finds access from outside.
func (a Analyzer) External() bool {
	return (a.Type == "ACCOUNT" || a.Type == "ORGANIZATION") && (a.Status == "ACTIVE" || a.Status == "CREATING")
}

// Idle reports whether an active key is known to be unused for a number of days: since
// its last use, or since its creation if it was never used.
func (k AccessKey) Idle(at time.Time, days int) bool {
	since, used := k.Use.Value()
	if !used {
		if !k.Use.Absent() {
			return false
		}
		since = k.Created
	}
	return k.Active && at.After(since.AddDate(0, 0, days))
}

// RootUser is what the account summary says about the root user.
type RootUser struct {
	AccessKeys int  `json:"access_keys"`
	MFA        bool `json:"mfa"`
	// Certificates is how many X.509 signing certificates the root user has.
	Certificates int `json:"certificates,omitempty"`
	// StartedFrom is the id of the root user's access key that this scan used; empty: it
	// used another credential.
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
	MaxHours Reading[int]      `json:"max_hours"` // longest session; read for Claria's role only
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
	Tags     Reading[map[string]string] `json:"tags"`     // read for Claria's policies only
}

// NamedDocument is an inline policy.
type NamedDocument struct {
	Name     string `json:"name"`
	Document string `json:"document"` // JSON, decoded
}

// Analyzer is an IAM Access Analyzer analyzer.
type Analyzer struct {
	Name   string `json:"name"`
	ARN    string `json:"arn,omitempty"`
	Type   string `json:"type"`   // ACCOUNT, ORGANIZATION, …
	Status string `json:"status"` // ACTIVE, …
}
