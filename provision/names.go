package provision

import (
	"cmp"
	"slices"

	"claria/aws/policy"
)

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
	trailPrefix      = "_cloudtrail" // of the audit bucket; CloudTrail puts AWSLogs/ below it
	evidencePrefix   = "_evidence"   // of the audit bucket
	recordingsPrefix = "recordings/" // of the data bucket: deleted for good once documented
)

// recordPrefixes are the places of the data bucket where objects are kept.
func recordPrefixes() []string {
	return []string{"clients/", "records/", recordingsPrefix, "reports/", "_state/"}
}

func (s Settings) system() string { return cmp.Or(s.System, "claria") }

// DataBucketName is the name of the bucket that holds the records.
func DataBucketName(s Settings) string { return s.Account + "-" + s.system() + "-records" }

// AuditBucketName is the name of the bucket that holds logs and evidence.
func AuditBucketName(s Settings) string { return s.Account + "-" + s.system() + "-audit" }

// TrailName is the name of the CloudTrail trail.
func TrailName(s Settings) string { return s.system() + "-trail" }

// analyzerName is the name of the Access Analyzer analyzer that set-up makes when
// there is none.
func analyzerName(s Settings) string { return s.system() + "-analyzer" }

// In is the settings with the account filled in where they have none yet, which
// is so before set-up.
func (s Settings) In(account string) Settings {
	s.Account = cmp.Or(s.Account, account)
	return s
}

// Knowing is In, and what else the account itself has to say before the desired
// state can be: whether our identities open a key of the practice's own.
func (s Settings) Knowing(observed State) Settings {
	s = s.In(observed.Account)
	policies, _ := observed.Policies.Value()
	s.KeyKept = !s.Strict && s.opensKey(policies)
	return s
}

// opensKey reports whether one of our policies lets its holder decrypt with a key,
// which only the strict profile's do.
func (s Settings) opensKey(policies []Policy) bool {
	ours := s.expand(ownPolicies()...)
	return slices.ContainsFunc(policies, func(p Policy) bool {
		if !slices.Contains(ours, p.ARN) {
			return false
		}
		d, err := policy.Parse([]byte(p.Document))
		return err == nil && len(policy.Allowing(d, "kms:Decrypt")) > 0
	})
}

// Models are the inference profiles in use: the declared ones, or the region's
// defaults. The first is the one that drafts.
func Models(s Settings) []string {
	if len(s.Models) > 0 {
		return s.Models
	}
	return DefaultModels(s.Region)
}

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

func (s Settings) iamARN(rest string) string { return "arn:aws:iam::" + s.Account + ":" + rest }

func (s Settings) userARN(name string) string { return s.iamARN("user/" + name) }

// ProvisionerARN is the role that changes the account.
func (s Settings) ProvisionerARN() string { return s.iamARN("role/" + ProvisionerRole) }

func (s Settings) policyARN(name string) string { return s.iamARN("policy/" + name) }

// regional is an ARN of a service in the declared region.
func (s Settings) regional(service, rest string) string {
	return "arn:aws:" + service + ":" + s.Region + ":" + s.Account + ":" + rest
}

// keyAlias is the name of the practice's own encryption key.
func (s Settings) keyAlias() string { return "alias/" + s.system() }

func (s Settings) keyAliasARN() string { return s.regional("kms", s.keyAlias()) }

func (s Settings) trailARN() string { return s.regional("cloudtrail", "trail/"+TrailName(s)) }

func (s Settings) profileARN(profile string) string {
	return s.regional("bedrock", "inference-profile/"+profile)
}
