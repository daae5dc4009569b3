package state

import (
	"strings"
	"time"
)

// Inventory is what else the account stores: every other bucket, other access paths to our
// two, the encryption key, and further settings of the trail.
type Inventory struct {
	Buckets Reading[[]OtherBucket] `json:"buckets"` // every bucket of the account except our two

	// The data bucket's further settings.
	Logging     Reading[AccessLog]     `json:"logging"`     // server access logging; absent: off
	Replication Reading[[]Replication] `json:"replication"` // absent: none
	// ArchiveTiers are the ids of the Intelligent-Tiering configurations in force that move
	// what nobody reads to an archive tier; empty: none.
	ArchiveTiers Reading[[]string] `json:"archive_tiers"`
	// Targets are the topics, queues and functions that get the buckets' notifications;
	// empty: none.
	Targets      Reading[[]string]      `json:"targets"`
	AccessPoints Reading[[]AccessPoint] `json:"access_points"` // access points to our two buckets
	MultiRegion  Reading[[]AccessPoint] `json:"multi_region"`  // multi-region access points to our two buckets
	AccessGrants Reading[[]AccessGrant] `json:"access_grants"` // S3 Access Grants that reach our two buckets

	// The practice's own encryption key, read only if Settings.Strict declares it or our
	// policies still allow it. Absent: our alias names no key.
	Key         Reading[Key]               `json:"key"`
	KeyTags     Reading[map[string]string] `json:"key_tags"`
	KeyRotation Reading[Rotation]          `json:"key_rotation"`
	KeyPolicy   Reading[string]            `json:"key_policy"` // JSON
	KeyGrants   Reading[[]KeyGrant]        `json:"key_grants"`

	Insights Reading[[]string] `json:"insights"` // kinds of unusual activity that the trail detects; absent: none
}

// OtherBucket is a bucket of the account that Claria did not create, with the settings
// that protect it.
type OtherBucket struct {
	Name         string                `json:"name"`
	Region       string                `json:"region"`
	Encryption   Reading[Encryption]   `json:"encryption"`
	PublicAccess Reading[PublicAccess] `json:"public_access"`
	Policy       Reading[string]       `json:"policy"`
	PolicyPublic Reading[bool]         `json:"policy_public"`
}

// AccessLog is where a bucket's server access log goes.
type AccessLog struct {
	Bucket string `json:"bucket"`
	Prefix string `json:"prefix,omitempty"`
}

// Replication is one rule that copies a bucket's objects.
type Replication struct {
	ID       string `json:"id"`
	Enabled  bool   `json:"enabled"`
	Prefix   string `json:"prefix,omitempty"`
	Filtered bool   `json:"filtered,omitempty"` // also limited by tag
	Bucket   string `json:"bucket"`             // name of the copy's bucket
	Account  string `json:"account,omitempty"`  // of the copy's bucket; empty: not named
}

// AccessPoint is an S3 access point.
type AccessPoint struct {
	Name    string          `json:"name"`
	Buckets []string        `json:"buckets"`
	Origin  string          `json:"origin,omitempty"` // Internet, VPC
	Policy  Reading[string] `json:"policy"`           // JSON; of a multi-region access point it is not read
}

// AccessGrant is one of S3 Access Grants: it gives a person or a role access in addition to
// every policy.
type AccessGrant struct {
	ID         string `json:"id"`
	Scope      string `json:"scope"`      // "s3://bucket/prefix*"
	Permission string `json:"permission"` // READ, WRITE, READWRITE
	Grantee    string `json:"grantee"`    // ARN, or the id of a directory's user or group
}

// Reaches reports whether the grant is about a bucket or a part of it.
func (g AccessGrant) Reaches(bucket string) bool {
	scope, whole := strings.TrimSuffix(g.Scope, "*"), "s3://"+bucket+"/"
	return strings.HasPrefix(whole, scope) || strings.HasPrefix(scope, whole)
}

// Key is a KMS key as DescribeKey returns it.
type Key struct {
	ARN         string    `json:"arn"`
	State       string    `json:"state"`   // Enabled, Disabled, PendingDeletion, …
	Spec        string    `json:"spec"`    // SYMMETRIC_DEFAULT, …
	Usage       string    `json:"usage"`   // ENCRYPT_DECRYPT, …
	Manager     string    `json:"manager"` // CUSTOMER, AWS
	Origin      string    `json:"origin"`  // AWS_KMS, EXTERNAL, …
	MultiRegion bool      `json:"multi_region,omitempty"`
	Deletion    time.Time `json:"deletion,omitzero"`
}

// Rotation is whether and how often a key's material is rotated.
type Rotation struct {
	On   bool `json:"on"`
	Days int  `json:"days,omitempty"`
}

// KeyGrant allows the use of a key in addition to its policy.
type KeyGrant struct {
	ID         string   `json:"id"`
	Grantee    string   `json:"grantee"` // ARN, or a service's name
	Operations []string `json:"operations"`
}

// SameKey reports whether a key's ARN and the ARN of an alias mean the same key, as far as
// the State knows.
func (s State) SameKey(have, want string) bool {
	key, known := s.Inventory.Key.Value()
	alias := Settings{Account: s.Account, System: s.System, Region: s.Region}.KeyAliasARN()
	return have == want || known && want == alias && have == key.ARN
}
