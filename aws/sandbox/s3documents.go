package sandbox

import "encoding/xml"

// The settings of a bucket, as S3's documents. Their fields are the schema against which
// readXML checks a request.

const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
	governance          = "GOVERNANCE"
	compliance          = "COMPLIANCE"
	ownerEnforced       = "BucketOwnerEnforced"
)

// bucketSettings are a bucket's settings; nil: not configured.
type bucketSettings struct {
	Versioning   string                       `json:"versioning,omitempty"` // empty: never on
	Encryption   *encryptionConfiguration     `json:"encryption,omitempty"`
	PublicAccess *publicAccessBlock           `json:"publicAccess,omitempty"`
	Policy       string                       `json:"policy,omitempty"` // JSON as it was put
	Ownership    *ownershipControls           `json:"ownership,omitempty"`
	ACL          *accessControlPolicy         `json:"acl,omitempty"`
	Lifecycle    *lifecycleConfiguration      `json:"lifecycle,omitempty"`
	ObjectLock   *objectLockConfiguration     `json:"objectLock,omitempty"`
	Tagging      *tagging                     `json:"tagging,omitempty"`
	Website      *websiteConfiguration        `json:"website,omitempty"`
	CORS         *corsConfiguration           `json:"cors,omitempty"`
	Notification *notificationConfiguration   `json:"notification,omitempty"`
	Logging      *bucketLoggingStatus         `json:"logging,omitempty"`
	Payment      *requestPaymentConfiguration `json:"payment,omitempty"`
	Accelerate   *accelerateConfiguration     `json:"accelerate,omitempty"`
	Tiering      []tieringConfiguration       `json:"tiering,omitempty"`
}

type versioningConfiguration struct {
	Status    string `xml:",omitempty" enum:"Enabled|Suspended"`
	MfaDelete string `xml:",omitempty" enum:"Enabled|Disabled"`
}

type encryptionConfiguration struct {
	Rule []encryptionRule `need:"yes"`
}

type encryptionRule struct {
	Apply     *encryptionDefault `xml:"ApplyServerSideEncryptionByDefault"`
	BucketKey *bool              `xml:"BucketKeyEnabled"`
	Blocked   *blockedEncryption `xml:"BlockedEncryptionTypes"`
}

type encryptionDefault struct {
	Algorithm string `xml:"SSEAlgorithm" enum:"AES256|aws:kms|aws:kms:dsse" need:"yes"`
	Key       string `xml:"KMSMasterKeyID,omitempty"`
}

type blockedEncryption struct {
	EncryptionType []string `enum:"NONE|SSE-C"`
}

type publicAccessBlock struct {
	BlockPublicAcls       bool
	IgnorePublicAcls      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

type ownershipControls struct {
	Rule []ownershipRule `need:"yes"`
}

type ownershipRule struct {
	ObjectOwnership string `enum:"BucketOwnerEnforced|BucketOwnerPreferred|ObjectWriter" need:"yes"`
}

type accessControlPolicy struct {
	Owner             *owner
	AccessControlList accessControlList
}

type accessControlList struct {
	Grant []grant
}

type grant struct {
	Grantee    grantee
	Permission string `enum:"FULL_CONTROL|READ|WRITE|READ_ACP|WRITE_ACP" need:"yes"`
}

type grantee struct {
	XSI          string `xml:"http://www.w3.org/2001/XMLSchema-instance type,attr" json:"type"`
	ID           string `xml:",omitempty"`
	DisplayName  string `xml:",omitempty"`
	URI          string `xml:",omitempty"`
	EmailAddress string `xml:",omitempty"`
}

// MarshalXML writes the grantee's type with the prefix xsi, which clients expect.
func (g grantee) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	start.Attr = append(start.Attr,
		xml.Attr{Name: xml.Name{Local: "xmlns:xsi"}, Value: "http://www.w3.org/2001/XMLSchema-instance"},
		xml.Attr{Name: xml.Name{Local: "xsi:type"}, Value: g.XSI})
	return e.EncodeElement(struct {
		ID           string `xml:",omitempty"`
		DisplayName  string `xml:",omitempty"`
		URI          string `xml:",omitempty"`
		EmailAddress string `xml:",omitempty"`
	}{g.ID, g.DisplayName, g.URI, g.EmailAddress}, start)
}

type lifecycleConfiguration struct {
	Rule              []lifecycleRule `need:"yes"`
	TransitionDefault string          `xml:"-" json:"transitionDefault,omitempty"`
}

type lifecycleRule struct {
	ID                             string  `xml:",omitempty"`
	Prefix                         *string // the older form, without filters
	Filter                         *lifecycleFilter
	Status                         string `enum:"Enabled|Disabled" need:"yes"`
	Transition                     []lifecycleTransition
	NoncurrentVersionTransition    []noncurrentTransition
	Expiration                     *lifecycleExpiration
	NoncurrentVersionExpiration    *noncurrentExpiration
	AbortIncompleteMultipartUpload *abortIncompleteMultipart
}

type lifecycleFilter struct {
	Prefix                *string
	Tag                   *tag
	ObjectSizeGreaterThan *int64
	ObjectSizeLessThan    *int64
	And                   *lifecycleAnd
}

type lifecycleAnd struct {
	Prefix                *string
	Tag                   []tag
	ObjectSizeGreaterThan *int64
	ObjectSizeLessThan    *int64
}

type lifecycleTransition struct {
	Date         string `xml:",omitempty"`
	Days         *int
	StorageClass string `enum:"GLACIER|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|DEEP_ARCHIVE|GLACIER_IR" need:"yes"`
}

type noncurrentTransition struct {
	NoncurrentDays          *int `need:"yes"`
	NewerNoncurrentVersions *int
	StorageClass            string `enum:"GLACIER|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|DEEP_ARCHIVE|GLACIER_IR" need:"yes"`
}

type lifecycleExpiration struct {
	Date                      string `xml:",omitempty"`
	Days                      *int
	ExpiredObjectDeleteMarker *bool
}

type noncurrentExpiration struct {
	NoncurrentDays          *int `need:"yes"`
	NewerNoncurrentVersions *int
}

type abortIncompleteMultipart struct {
	DaysAfterInitiation *int `need:"yes"`
}

type objectLockConfiguration struct {
	ObjectLockEnabled string `xml:",omitempty" enum:"Enabled"`
	Rule              *objectLockRule
}

type objectLockRule struct {
	DefaultRetention *defaultRetention `need:"yes"`
}

type defaultRetention struct {
	Mode  string `enum:"GOVERNANCE|COMPLIANCE" need:"yes"`
	Days  *int
	Years *int
}

type tagging struct {
	TagSet tagSet
}

type tagSet struct {
	Tag []tag
}

type websiteConfiguration struct {
	RedirectAllRequestsTo *websiteRedirect
	IndexDocument         *websiteIndex
	ErrorDocument         *websiteError
	RoutingRules          *websiteRules
}

type websiteRedirect struct {
	HostName string `need:"yes"`
	Protocol string `xml:",omitempty" enum:"http|https"`
}

type websiteIndex struct {
	Suffix string `need:"yes"`
}

type websiteError struct {
	Key string `need:"yes"`
}

type websiteRules struct {
	RoutingRule []websiteRule
}

type websiteRule struct {
	Condition *websiteCondition
	Redirect  *websiteRuleRedirect `need:"yes"`
}

type websiteCondition struct {
	HttpErrorCodeReturnedEquals string `xml:",omitempty"`
	KeyPrefixEquals             string `xml:",omitempty"`
}

type websiteRuleRedirect struct {
	HostName             string `xml:",omitempty"`
	HttpRedirectCode     string `xml:",omitempty"`
	Protocol             string `xml:",omitempty" enum:"http|https"`
	ReplaceKeyPrefixWith string `xml:",omitempty"`
	ReplaceKeyWith       string `xml:",omitempty"`
}

type corsConfiguration struct {
	CORSRule []corsRule `need:"yes"`
}

type corsRule struct {
	ID            string `xml:",omitempty"`
	AllowedHeader []string
	AllowedMethod []string `need:"yes"`
	AllowedOrigin []string `need:"yes"`
	ExposeHeader  []string
	MaxAgeSeconds *int
}

type notificationConfiguration struct {
	TopicConfiguration         []notificationTarget `json:"-"`
	QueueConfiguration         []notificationTarget `json:"-"`
	CloudFunctionConfiguration []notificationTarget `json:"-"`
	EventBridgeConfiguration   *struct{}            `json:"eventBridge,omitempty"`
}

type notificationTarget struct {
	Id            string   `xml:",omitempty"`
	Topic         string   `xml:",omitempty"`
	Queue         string   `xml:",omitempty"`
	CloudFunction string   `xml:",omitempty"`
	Event         []string `need:"yes"`
	Filter        *notificationFilter
}

type notificationFilter struct {
	S3Key notificationKey
}

type notificationKey struct {
	FilterRule []notificationRule
}

type notificationRule struct {
	Name  string
	Value string
}

type bucketLoggingStatus struct {
	LoggingEnabled *loggingEnabled
}

type loggingEnabled struct {
	TargetBucket          string `need:"yes"`
	TargetPrefix          string
	TargetGrants          *targetGrants
	TargetObjectKeyFormat *targetKeyFormat
}

type targetGrants struct {
	Grant []grant
}

type targetKeyFormat struct {
	SimplePrefix      *struct{}
	PartitionedPrefix *partitionedPrefix
}

type partitionedPrefix struct {
	PartitionDateSource string `xml:",omitempty" enum:"EventTime|DeliveryTime"`
}

type requestPaymentConfiguration struct {
	Payer string `enum:"BucketOwner|Requester" need:"yes"`
}

type accelerateConfiguration struct {
	Status string `xml:",omitempty" enum:"Enabled|Suspended"`
}
