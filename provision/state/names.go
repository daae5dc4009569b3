package state

import "cmp"

// The identities that set-up makes. Their names do not follow the system name,
// so that a keyring and a person find them on every machine.
const (
	AdminUser       = "claria-admin"
	ProvisionerRole = "claria-provisioner"
	AuditorUser     = "claria-auditor"
)

// SystemTag marks what Claria made; its value is the system name. A resource of
// the same name without it belongs to somebody else.
const SystemTag = "claria:system"

// The places inside the buckets that other settings refer to.
const (
	TrailPrefix      = "_cloudtrail" // of the audit bucket; CloudTrail puts AWSLogs/ below it
	EvidencePrefix   = "_evidence"   // of the audit bucket
	RecordingsPrefix = "recordings/" // of the data bucket: deleted for good once documented
)

// RecordPrefixes are the places of the data bucket where objects are kept.
func RecordPrefixes() []string {
	return []string{"clients/", "records/", RecordingsPrefix, "reports/", "_state/"}
}

// DataBucketName is the name of the bucket that holds the records.
func DataBucketName(s Settings) string { return s.Account + "-" + s.SystemName() + "-records" }

// AuditBucketName is the name of the bucket that holds logs and evidence.
func AuditBucketName(s Settings) string { return s.Account + "-" + s.SystemName() + "-audit" }

// TrailName is the name of the CloudTrail trail.
func TrailName(s Settings) string { return s.SystemName() + "-trail" }

// AnalyzerName is the name of the Access Analyzer analyzer that set-up makes when
// there is none.
func AnalyzerName(s Settings) string { return s.SystemName() + "-analyzer" }

// Models are the inference profiles in use: the declared ones, or the region's
// defaults. The first is the one that drafts.
func Models(s Settings) []string {
	if len(s.Models) > 0 {
		return s.Models
	}
	return DefaultModels(s.Region)
}

// BucketARN is the ARN of a bucket.
func BucketARN(name string) string { return "arn:aws:s3:::" + name }

// Everywhere is the region that hears of sign-ins and of the services that belong
// to no region, IAM among them (CloudTrail user guide, "Global service events").
const Everywhere = "us-east-1"

// AlertRegions are the regions in which alarms are raised.
func (s Settings) AlertRegions() []string {
	if s.Region == Everywhere {
		return []string{Everywhere}
	}
	return []string{s.Region, Everywhere}
}

// TopicName is the name of the SNS topic that alarms go to.
func (s Settings) TopicName() string { return s.SystemName() + "-alerts" }

// TopicARN is the ARN of that topic in a region.
func (s Settings) TopicARN(region string) string {
	return "arn:aws:sns:" + region + ":" + s.Account + ":" + s.TopicName()
}

// RulePrefix is how the names of the alarms' EventBridge rules begin.
func (s Settings) RulePrefix() string { return s.SystemName() + "-alert-" }

// Tags are the tags of a resource that Claria made.
func (s Settings) Tags() map[string]string { return map[string]string{SystemTag: s.SystemName()} }

// Owned reports whether the tags are those of a resource that Claria made.
func (s Settings) Owned(tags map[string]string) bool { return tags[SystemTag] == s.SystemName() }

// S3Objects is the type of resource that record reads and writes are logged under.
const S3Objects = "AWS::S3::Object"

// SystemName is the declared system name, or the usual one.
func (s Settings) SystemName() string { return cmp.Or(s.System, "claria") }

// In is the settings with the account filled in where they have none yet, which
// is so before set-up.
func (s Settings) In(account string) Settings {
	s.Account = cmp.Or(s.Account, account)
	return s
}

// IAMARN is an ARN of IAM in the account: rest is "user/NAME", "role/NAME", …
func (s Settings) IAMARN(rest string) string { return "arn:aws:iam::" + s.Account + ":" + rest }

// UserARN is the ARN of an IAM user.
func (s Settings) UserARN(name string) string { return s.IAMARN("user/" + name) }

// ProvisionerARN is the role that changes the account.
func (s Settings) ProvisionerARN() string { return s.IAMARN("role/" + ProvisionerRole) }

// PolicyARN is the ARN of a customer-managed policy.
func (s Settings) PolicyARN(name string) string { return s.IAMARN("policy/" + name) }

// Regional is an ARN of a service in the declared region.
func (s Settings) Regional(service, rest string) string {
	return "arn:aws:" + service + ":" + s.Region + ":" + s.Account + ":" + rest
}

// KeyAlias is the name of the practice's own encryption key.
func (s Settings) KeyAlias() string { return "alias/" + s.SystemName() }

// KeyAliasARN is the ARN of that name.
func (s Settings) KeyAliasARN() string { return s.Regional("kms", s.KeyAlias()) }

// TrailARN is the ARN of the CloudTrail trail.
func (s Settings) TrailARN() string { return s.Regional("cloudtrail", "trail/"+TrailName(s)) }

// ProfileARN is the ARN of an inference profile, called from the declared region.
func (s Settings) ProfileARN(profile string) string {
	return s.Regional("bedrock", "inference-profile/"+profile)
}

// LogFolder is where the trail's files lie in the audit bucket: "…/CloudTrail/" and
// "…/CloudTrail-Digest/" are below it.
func LogFolder(s Settings) string { return TrailPrefix + "/AWSLogs/" + s.Account + "/" }

// LedgerPrefix is where the mirror of the evidence ledger lies in the audit bucket.
const LedgerPrefix = EvidencePrefix + "/ledger/"

// BudgetName is the name of the spending budget.
func BudgetName(s Settings) string { return s.SystemName() + "-spending" }

const objectARN = "resources.ARN"
