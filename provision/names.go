package provision

// The identities that set-up makes.
const (
	AdminUser       = "claria-admin"       // daily work
	ProvisionerRole = "claria-provisioner" // changes the account
	AuditorUser     = "claria-auditor"     // the unattended check
)

// DataBucketName is the bucket of the client records: {account}-{system}-records.
func DataBucketName(s Settings) string { return s.Account + "-" + s.System + "-records" }

// AuditBucketName is the bucket of the trail and the evidence: {account}-{system}-audit.
func AuditBucketName(s Settings) string { return s.Account + "-" + s.System + "-audit" }

// TrailName is the trail's name: {system}-trail.
func TrailName(s Settings) string { return s.System + "-trail" }
