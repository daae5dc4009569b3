package state

import "cmp"

// The identities that set-up creates. Their names do not depend on the system name, so
// that a keyring and a person find them on every computer.
const (
	AdminUser       = "claria-admin"
	ProvisionerRole = "claria-provisioner"
	AuditorUser     = "claria-auditor"
)

// SystemTag marks what Claria created; its value is the system name. A resource with the
// same name but without the tag belongs to somebody else.
const SystemTag = "claria:system"

// Prefixes inside the buckets that settings refer to.
const (
	TrailPrefix      = "_cloudtrail" // of the audit bucket; CloudTrail adds AWSLogs/
	EvidencePrefix   = "_evidence"   // of the audit bucket
	RecordingsPrefix = "recordings/" // of the data bucket: deleted permanently once documented
)

// RecordPrefixes are the prefixes of the data bucket under which objects are kept.
func RecordPrefixes() []string {
	return []string{"clients/", "records/", RecordingsPrefix, "reports/", "_state/"}
}

// DataBucketName is the name of the bucket that holds the records.
func DataBucketName(s Settings) string { return s.Account + "-" + s.SystemName() + "-records" }

// AuditBucketName is the name of the bucket that holds logs and evidence.
func AuditBucketName(s Settings) string { return s.Account + "-" + s.SystemName() + "-audit" }

// TrailName is the name of the CloudTrail trail.
func TrailName(s Settings) string { return s.SystemName() + "-trail" }

// AnalyzerName is the name of the Access Analyzer analyzer that set-up creates if there is
// none.
func AnalyzerName(s Settings) string { return s.SystemName() + "-analyzer" }

// BucketARN is the ARN of the bucket with this name.
func BucketARN(name string) string { return "arn:aws:s3:::" + name }

// Everywhere is the region that records sign-ins and the events of global services such as
// IAM (CloudTrail user guide, "Global service events").
const Everywhere = "us-east-1"

// AlertRegions are the regions that raise alarms.
func (s Settings) AlertRegions() []string {
	if s.Region == Everywhere {
		return []string{Everywhere}
	}
	return []string{s.Region, Everywhere}
}

// TopicName is the name of the alarms' SNS topic.
func (s Settings) TopicName() string { return s.SystemName() + "-alerts" }

// TopicARN is the ARN of the alarms' SNS topic in a region.
func (s Settings) TopicARN(region string) string {
	return "arn:aws:sns:" + region + ":" + s.Account + ":" + s.TopicName()
}

// RulePrefix is how the names of the alarms' EventBridge rules begin.
func (s Settings) RulePrefix() string { return s.SystemName() + "-alert-" }

// Tags are the tags of a resource that Claria creates.
func (s Settings) Tags() map[string]string { return map[string]string{SystemTag: s.SystemName()} }

// Owned reports whether the tags say that Claria created the resource.
func (s Settings) Owned(tags map[string]string) bool { return tags[SystemTag] == s.SystemName() }

// S3Objects is the resource type of S3 objects in event selectors.
const S3Objects = "AWS::S3::Object"

// SystemName is the declared system name, or "claria".
func (s Settings) SystemName() string { return cmp.Or(s.System, "claria") }

// In is the settings with the account filled in if they have none, as before set-up.
func (s Settings) In(account string) Settings {
	s.Account = cmp.Or(s.Account, account)
	return s
}

// IAMARN is an IAM ARN in the account; rest is "user/NAME" or the like.
func (s Settings) IAMARN(rest string) string { return "arn:aws:iam::" + s.Account + ":" + rest }

// UserARN is the ARN of an IAM user.
func (s Settings) UserARN(name string) string { return s.IAMARN("user/" + name) }

// ProvisionerARN is the role that changes the account.
func (s Settings) ProvisionerARN() string { return s.IAMARN("role/" + ProvisionerRole) }

// PolicyARN is the ARN of a customer managed policy.
func (s Settings) PolicyARN(name string) string { return s.IAMARN("policy/" + name) }

// Regional is an ARN in the declared region.
func (s Settings) Regional(service, rest string) string {
	return "arn:aws:" + service + ":" + s.Region + ":" + s.Account + ":" + rest
}

// KeyAlias is the name of the practice's own encryption key.
func (s Settings) KeyAlias() string { return "alias/" + s.SystemName() }

// KeyAliasARN is the ARN of KeyAlias.
func (s Settings) KeyAliasARN() string { return s.Regional("kms", s.KeyAlias()) }

// TrailARN is the ARN of the CloudTrail trail.
func (s Settings) TrailARN() string { return s.Regional("cloudtrail", "trail/"+TrailName(s)) }

// ProfileARN is the ARN of an inference profile.
func (s Settings) ProfileARN(profile string) string {
	return s.Regional("bedrock", "inference-profile/"+profile)
}

// TrailARN is the trail's ARN.
func TrailARN(s Settings) string { return s.TrailARN() }

// LogFolder is where the audit bucket stores the trail's files, in "…/CloudTrail/" and
// "…/CloudTrail-Digest/" below it.
func LogFolder(s Settings) string { return TrailPrefix + "/AWSLogs/" + s.Account + "/" }

// LedgerPrefix is where the audit bucket stores the mirror of the evidence ledger.
const LedgerPrefix = EvidencePrefix + "/ledger/"

// BudgetName is the name of the budget that set-up creates.
func BudgetName(s Settings) string { return s.SystemName() + "-spending" }

const objectARN = "resources.ARN"
