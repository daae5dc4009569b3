// Package permissions is the table of what each of Claria's identities may call, and
// the IAM policies that are rendered from it. docs/permissions.md is the same table
// for people.
package permissions

import (
	"slices"

	"claria/provision/state"
)

// The customer-managed policies. The auditor's two are the reading of
// configuration; claria-admin and claria-provisioner have them attached besides
// their own, because both scan. What the core set of controls and its mending need
// is in the first of each pair, the rest in the second: a policy may have 6,144
// characters (IAM quotas).
const (
	AuditorPolicy         = state.AuditorUser
	AuditorWidePolicy     = state.AuditorUser + "-wide"
	AdminPolicy           = state.AdminUser
	ProvisionerPolicy     = state.ProvisionerRole
	ProvisionerWidePolicy = state.ProvisionerRole + "-wide"
)

// PolicyNames are the policies in the order in which they are shown.
func PolicyNames() []string {
	return []string{AuditorPolicy, AuditorWidePolicy, AdminPolicy, ProvisionerPolicy, ProvisionerWidePolicy}
}

// A Permission is one row of the table that the policies are rendered from:
// which part of the program calls which API operations on what.
type Permission struct {
	Policy  string   // the managed policy that holds it
	Sid     string   // its statement
	Room    string   // the part of the program that makes the calls; "guard" for an explicit deny
	Deny    bool     //
	Actions []string // IAM's names, which differ from the API's in places
	On      []string // what it is allowed on; see resources
	When    Conditions
	Why     string // for "*": why there is no narrower resource
}

// In On and When, {data}, {audit} … stand for the account's own names; {profile},
// {model} and {destination} stand for one value per declared model, {model} in
// its home region, {destination} in every region its profile may run in.

// Permissions is the table. Actions that need no permission are not in it:
// sts:GetCallerIdentity is always allowed.
func Permissions() []Permission {
	return slices.Concat(readingPermissions(), dailyPermissions(), dailyGuards(), mendingPermissions(),
		peoplePermissions(), accountPermissions(), inventoryPermissions(), monitoringPermissions(), registerPermissions(), evidencePermissions(), auditPermissions())
}

// noResource is why a row is on "*".
const noResource = "the service has no resource for it (Service Authorization Reference)"

// inRegion keeps the rows on "*" of regional services to the declared region.
func inRegion() Conditions { return Conditions{"StringEquals": {"aws:RequestedRegion": {"{region}"}}} }

func readingPermissions() []Permission {
	row := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: AuditorPolicy, Sid: sid, Room: "observe", Actions: actions, On: on}
	}
	star := func(sid string, when Conditions, actions ...string) Permission {
		p := row(sid, []string{"*"}, actions...)
		p.When, p.Why = when, noResource
		return p
	}
	return []Permission{
		row("ReadBuckets", []string{"{data}", "{audit}"},
			"s3:ListBucket", // HeadBucket; object keys hold no names
			"s3:GetBucketTagging", "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock",
			"s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketOwnershipControls", "s3:GetBucketAcl",
			"s3:GetBucketVersioning", "s3:GetLifecycleConfiguration", "s3:GetBucketObjectLockConfiguration",
			"s3:GetBucketNotification", "s3:GetBucketWebsite", "s3:GetBucketCORS"),
		row("ReadTrail", []string{"{trail}"},
			"cloudtrail:GetTrail", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "cloudtrail:ListTags"),
		row("ReadUsers", []string{"{account}:user/*"},
			"iam:ListAccessKeys", "iam:ListMFADevices", "iam:GetAccessKeyLastUsed"),
		row("ReadOwnRole", []string{"{role}"}, "iam:GetRole"),
		row("ReadOwnPolicies", OwnPolicies(), "iam:GetPolicy"),
		row("ReadProfiles", []string{"{profile}"}, "bedrock:GetInferenceProfile"),
		row("ReadJobs", []string{"{jobs}"}, "transcribe:GetTranscriptionJob"),
		star("ReadAccount", nil,
			"s3:GetAccountPublicAccessBlock", "iam:GetAccountSummary", "iam:GetAccountPasswordPolicy",
			"iam:GetAccountAuthorizationDetails", "organizations:DescribeOrganization", "artifact:ListCustomerAgreements"),
		star("ReadRegion", inRegion(),
			"bedrock:GetAccountDataRetention", "bedrock:GetFoundationModelAvailability",
			"bedrock:GetModelInvocationLoggingConfiguration", "bedrock:GetUseCaseForModelAccess",
			"transcribe:ListTranscriptionJobs"),
		wide(star("ReadAnalyzers", inRegion(), "access-analyzer:ListAnalyzers")),
	}
}

// wide moves a row to the second policy of its pair.
func wide(p Permission) Permission {
	switch p.Policy {
	case AuditorPolicy:
		p.Policy = AuditorWidePolicy
	case ProvisionerPolicy:
		p.Policy = ProvisionerWidePolicy
	}
	return p
}

// OwnPolicies are the ARNs of Claria's policies, as templates.
func OwnPolicies() []string {
	var all []string
	for _, name := range PolicyNames() {
		all = append(all, "{account}:policy/"+name)
	}
	return all
}

func dailyPermissions() []Permission {
	row := func(sid, room string, on []string, actions ...string) Permission {
		return Permission{Policy: AdminPolicy, Sid: sid, Room: room, Actions: actions, On: on}
	}
	records := make([]string, 0, len(state.RecordPrefixes()))
	for _, prefix := range state.RecordPrefixes() {
		records = append(records, "{data}/"+prefix+"*")
	}
	invoke := row("RunModels", "reports", []string{"{destination}"},
		"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
	// The model itself may be run only by way of its profile (Bedrock user guide,
	// "Prerequisites for inference profiles").
	invoke.When = Conditions{"StringLike": {"bedrock:InferenceProfileArn": {"{profile}"}}}
	start := row("StartJobs", "transcription", []string{"*"}, "transcribe:StartTranscriptionJob")
	start.Why = noResource
	// Without it the transcript would lie in a bucket of AWS's own.
	start.When = Conditions{"StringEquals": {"transcribe:OutputBucketName": {"{data-name}"}}}
	return []Permission{
		row("Records", "clients", records,
			"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject",
			"s3:AbortMultipartUpload"),
		row("RecordVersions", "clients", []string{"{data}"}, "s3:ListBucketVersions"),
		row("DeleteRecordings", "transcription", []string{"{data}/" + state.RecordingsPrefix + "*"}, "s3:DeleteObjectVersion"),
		row("ReadAudit", "audit", []string{"{audit}/" + state.TrailPrefix + "/*", "{audit}/" + state.EvidencePrefix + "/*"}, "s3:GetObject"),
		row("RunProfiles", "reports", []string{"{profile}"},
			"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"),
		invoke,
		row("CountTokens", "reports", []string{"{model}"}, "bedrock:CountTokens"),
		start,
		row("DeleteJobs", "transcription", []string{"{jobs}"}, "transcribe:DeleteTranscriptionJob"),
		row("Mend", "mend", []string{"{role}"}, "sts:AssumeRole"),
	}
}

// dailyGuards are the explicit denies of the daily identity: whatever else
// somebody attaches to it, it cannot blind the trail or widen itself.
func dailyGuards() []Permission {
	guard := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: AdminPolicy, Sid: sid, Room: "guard", Deny: true, Actions: actions, On: on}
	}
	plain := guard("NeverInTheClear", []string{"*"}, "*")
	plain.When = Conditions{"Bool": {"aws:SecureTransport": {"false"}}}
	return []Permission{
		guard("NeverBlindTheTrail", []string{"*"},
			"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"),
		guard("NeverWriteLogs", []string{"{audit}/" + state.TrailPrefix + "/*"}, "s3:PutObject"),
		guard("NeverDeleteLogs", []string{"{audit}/*"},
			"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention",
			"s3:PutObjectRetention", "s3:PutObjectLegalHold"),
		guard("NeverChangeBuckets", []string{"{data}", "{audit}"},
			"s3:DeleteBucket*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"),
		guard("NeverChangeIdentities", []string{"*"},
			"iam:Add*", "iam:Attach*", "iam:Create*", "iam:Deactivate*", "iam:Delete*", "iam:Detach*", "iam:Enable*",
			"iam:PassRole", "iam:Put*", "iam:Remove*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*", "iam:Upload*"),
		plain,
		guard("NeverKeepPrompts", []string{"*"},
			"bedrock:PutAccountDataRetention", "bedrock:PutModelInvocationLoggingConfiguration"),
	}
}

func mendingPermissions() []Permission {
	row := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: ProvisionerPolicy, Sid: sid, Room: "apply", Actions: actions, On: on}
	}
	star := func(sid string, when Conditions, actions ...string) Permission {
		p := row(sid, []string{"*"}, actions...)
		p.When, p.Why = when, noResource
		return p
	}
	attach := row("AttachOwnPolicies", []string{"{account}:user/" + state.AdminUser, "{account}:user/" + state.AuditorUser},
		"iam:AttachUserPolicy")
	// What may be attached is ours only, so that nobody is made administrator by way of this role.
	attach.When = Conditions{"ArnEquals": {"iam:PolicyARN": OwnPolicies()}}
	linked := row("AnalyzerRole", []string{"{account}:role/aws-service-role/access-analyzer.amazonaws.com/*"},
		"iam:CreateServiceLinkedRole")
	linked.When = Conditions{"StringEquals": {"iam:AWSServiceName": {"access-analyzer.amazonaws.com"}}}
	return []Permission{
		row("Buckets", []string{"{data}", "{audit}"},
			"s3:CreateBucket", "s3:PutBucketTagging", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock",
			"s3:PutBucketOwnershipControls", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy",
			"s3:PutBucketObjectLockConfiguration", "s3:PutBucketNotification", "s3:DeleteBucketWebsite", "s3:PutBucketCORS"),
		row("Trail", []string{"{trail}"},
			"cloudtrail:CreateTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StartLogging",
			"cloudtrail:AddTags"),
		row("Analyzer", []string{"{analyzer}"}, "access-analyzer:CreateAnalyzer", "access-analyzer:TagResource"),
		linked,
		// The role cannot make what it needs itself to exist: its own policies, and
		// the user that assumes it. Those come from whoever sets up.
		row("Policies", OwnPolicies(),
			"iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:ListPolicyVersions", "iam:TagPolicy"),
		row("Users", []string{"{account}:user/" + state.AdminUser, "{account}:user/" + state.AuditorUser},
			"iam:TagUser", "iam:DetachUserPolicy", "iam:DeleteUserPolicy", "iam:CreateAccessKey", "iam:DeleteAccessKey"),
		row("Auditor", []string{"{account}:user/" + state.AuditorUser}, "iam:CreateUser"),
		row("LeaveGroups", []string{"{account}:group/*"}, "iam:RemoveUserFromGroup"),
		attach,
		row("Role", []string{"{role}"},
			"iam:TagRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy",
			"iam:DetachRolePolicy", "iam:DeleteRolePolicy"),
		star("Account", nil, "s3:PutAccountPublicAccessBlock", "iam:UpdateAccountPasswordPolicy", "iam:DeleteAccountPasswordPolicy"),
		// Retention may be turned off, never on.
		star("Retention", Conditions{"StringEquals": {"bedrock:DataRetentionMode": {"none"}}}, "bedrock:PutAccountDataRetention"),
		star("Models", inRegion(),
			"bedrock:PutUseCaseForModelAccess", "bedrock:ListFoundationModelAgreementOffers",
			"bedrock:CreateFoundationModelAgreement", "bedrock:DeleteModelInvocationLoggingConfiguration"),
		// AWS subscribes the account to the model in the caller's name.
		wide(star("ModelSubscriptions", Conditions{"StringEquals": {"aws:CalledViaLast": {"bedrock.amazonaws.com"}}},
			"aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions")),
	}
}
