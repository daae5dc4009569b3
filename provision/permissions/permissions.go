// Package permissions has the table of what each of Claria's identities may call, and
// renders the IAM policies from it. docs/permissions.md shows the same table.
package permissions

import (
	"slices"

	"claria/provision/state"
)

// The customer managed policies. The auditor's two allow reading the configuration;
// claria-admin and claria-provisioner also have them, because both scan. The first of each
// pair has what the core set of controls and its fixes need, the second the rest, because
// a policy may have 6,144 characters (IAM quotas).
const (
	AuditorPolicy         = state.AuditorUser
	AuditorWidePolicy     = state.AuditorUser + "-wide"
	AdminPolicy           = state.AdminUser
	ProvisionerPolicy     = state.ProvisionerRole
	ProvisionerWidePolicy = state.ProvisionerRole + "-wide"
)

// PolicyNames are the policies in the order in which set-up creates them.
func PolicyNames() []string {
	return []string{AuditorPolicy, AuditorWidePolicy, AdminPolicy, ProvisionerPolicy, ProvisionerWidePolicy}
}

// A Permission is one row of the table: which part of the program calls which API
// operations on which resources.
type Permission struct {
	Policy  string   // the managed policy that holds it
	Sid     string   // the statement's id
	Room    string   // the part of the program that makes the calls; "guard": an explicit deny
	Deny    bool     //
	Actions []string // IAM's names; a few differ from the API's
	On      []string // ARNs, with the placeholders below
	When    Conditions
	Why     string // for "*": why there is no narrower resource
}

// In On and When, placeholders such as {data} and {audit} stand for the account's names.
// {profile}, {model} and {destination} stand for one or more values per declared model:
// {model} in the declared region, {destination} in every region where its profile may run.

// Permissions is the table. sts:GetCallerIdentity, which is always allowed, is not in it.
func Permissions() []Permission {
	return slices.Concat(readingPermissions(), dailyPermissions(), dailyGuards(), mendingPermissions(),
		peoplePermissions(), accountPermissions(), inventoryPermissions(), monitoringPermissions(),
		registerPermissions(), evidencePermissions(), auditPermissions(), doctorPermissions())
}

// noResource is why a row is on "*".
const noResource = "the actions take no resource (Service Authorization Reference)"

// inRegion limits rows on "*" to the declared region, for regional services.
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

// wide puts a row in the second policy of its pair.
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
	// Models may be invoked only through their profiles (Bedrock user guide, "Prerequisites
	// for inference profiles").
	invoke.When = Conditions{"StringLike": {"bedrock:InferenceProfileArn": {"{profile}"}}}
	start := row("StartJobs", "transcription", []string{"*"}, "transcribe:StartTranscriptionJob")
	start.Why = noResource
	// Otherwise Transcribe would store the transcript in a bucket of AWS.
	start.When = Conditions{"StringEquals": {"transcribe:OutputBucketName": {"{data-name}"}}}
	return []Permission{
		row("Records", "clients", records,
			"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject",
			"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
		row("RecordVersions", "clients", []string{"{data}"}, "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
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

// dailyGuards are the explicit denies of the daily identity: even if somebody attaches
// other policies to it, it cannot stop the trail or give itself rights.
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
	// Only our own policies may be attached, so the role cannot make anyone an administrator.
	attach.When = Conditions{"ArnEquals": {"iam:PolicyARN": OwnPolicies()}}
	linked := row("AnalyzerRole", []string{"{account}:role/aws-service-role/access-analyzer.amazonaws.com/*"},
		"iam:CreateServiceLinkedRole")
	linked.When = Conditions{"StringEquals": {"iam:AWSServiceName": {"access-analyzer.amazonaws.com"}}}
	return []Permission{
		row("Buckets", []string{"{data}", "{audit}"},
			"s3:CreateBucket", "s3:TagResource", "s3:PutBucketTagging", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock",
			"s3:PutBucketOwnershipControls", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy",
			"s3:PutBucketObjectLockConfiguration", "s3:PutBucketNotification", "s3:DeleteBucketWebsite", "s3:PutBucketCORS"),
		row("Trail", []string{"{trail}"},
			"cloudtrail:CreateTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StartLogging",
			"cloudtrail:AddTags"),
		row("Analyzer", []string{"{analyzer}"}, "access-analyzer:CreateAnalyzer", "access-analyzer:TagResource"),
		linked,
		// The role cannot create its own policies or the user that assumes it. The credential
		// that sets up does.
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
		// AWS subscribes the account to the model on behalf of the caller.
		wide(star("ModelSubscriptions", Conditions{"StringEquals": {"aws:CalledViaLast": {"bedrock.amazonaws.com"}}},
			"aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions")),
	}
}
