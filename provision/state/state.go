// Package state has an account as plain data: the observed or desired State, its Readings,
// the Settings that determine the desired State, and the names of what Claria creates. It
// sends nothing and judges nothing.
package state

import (
	"encoding/json"
	"slices"
	"time"

	"claria/aws"
)

// State is an account as plain data: as Observe read it, or as it should be (Desired). It
// is a snapshot that marshals to JSON and back.
type State struct {
	Account string       `json:"account"` // 12 digits
	System  string       `json:"system"`
	Region  string       `json:"region"`
	At      time.Time    `json:"at"`
	Caller  aws.Identity `json:"caller"`

	Agreements   Reading[[]aws.Agreement] `json:"agreements"`
	Organization Reading[string]          `json:"organization"` // the organisation's ARN; absent: there is none

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

	Retention Reading[string]  `json:"retention"` // Bedrock data-retention mode in Region
	Models    []Model          `json:"models"`    // the declared models, in their order
	Offers    Reading[[]Offer] `json:"offers"`    // what Region offers, worldwide profiles included
	// Successor is the region's choice if a declared model is not ACTIVE; nil: none is needed,
	// or AWS offers none.
	Successor         *Model                     `json:"successor,omitempty"`
	InvocationLogging Reading[InvocationLogging] `json:"invocation_logging"`
	UseCase           Reading[bool]              `json:"use_case"` // Anthropic's first-use form; absent: not sent yet

	TranscriptionJobs Reading[[]TranscriptionJob] `json:"transcription_jobs"`

	People          People          `json:"people"`
	AccountSettings AccountSettings `json:"account_settings"`
	Inventory       Inventory       `json:"inventory"`
	Monitoring      Monitoring      `json:"monitoring"`

	// Raw are settings as AWS returns them, by the resource's id. Only Apply and Undo read
	// them, for resources of which the State has less.
	Raw map[string]*Reading[json.RawMessage] `json:"-"`
}

// Ours reports whether a bucket is one of our two.
func (s *State) Ours(bucket string) bool {
	return slices.Contains([]string{s.DataBucket.Name, s.AuditBucket.Name}, bucket)
}
