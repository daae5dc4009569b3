package state

// Bucket is an S3 bucket with the settings that Claria reads.
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

// LifecycleRule is one rule of a bucket's lifecycle, reduced to what affects whether
// records are kept. Days are whole days; 0: the rule has no such action.
type LifecycleRule struct {
	ID             string `json:"id"`
	Enabled        bool   `json:"enabled"`
	Prefix         string `json:"prefix"`
	Filtered       bool   `json:"filtered,omitempty"` // also limited by tag or size
	ExpireDays     int    `json:"expire_days,omitempty"`
	ExpireDate     string `json:"expire_date,omitempty"` // RFC 3339
	ExpireMarkers  bool   `json:"expire_markers,omitempty"`
	NoncurrentDays int    `json:"noncurrent_days,omitempty"`
	NoncurrentKeep int    `json:"noncurrent_keep,omitempty"` // newest noncurrent versions kept
	AbortDays      int    `json:"abort_days,omitempty"`
	Transitions    bool   `json:"transitions,omitempty"`
	Archives       string `json:"archives,omitempty"` // class that must be restored before it can be read: GLACIER, DEEP_ARCHIVE
}

// ObjectLock is a bucket's default retention.
type ObjectLock struct {
	Enabled bool   `json:"enabled"`
	Mode    string `json:"mode,omitempty"` // GOVERNANCE, COMPLIANCE
	Days    int    `json:"days,omitempty"` // years × 365
}
