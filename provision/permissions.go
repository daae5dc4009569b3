package provision

import (
	"fmt"
	"slices"
	"strings"
)

// The customer-managed policies. The auditor's two are the reading of
// configuration; claria-admin and claria-provisioner have them attached besides
// their own, because both scan. What the core set of controls and its mending need
// is in the first of each pair, the rest in the second: a policy may have 6,144
// characters (IAM quotas).
const (
	auditorPolicy         = AuditorUser
	auditorWidePolicy     = AuditorUser + "-wide"
	adminPolicy           = AdminUser
	provisionerPolicy     = ProvisionerRole
	provisionerWidePolicy = ProvisionerRole + "-wide"
)

// policyNames are the policies in the order in which they are shown.
func policyNames() []string {
	return []string{auditorPolicy, auditorWidePolicy, adminPolicy, provisionerPolicy, provisionerWidePolicy}
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
	When    conditions
	Why     string // for "*": why there is no narrower resource
}

// In On and When, {data}, {audit} … stand for the account's own names; {profile},
// {model} and {destination} stand for one value per declared model, {model} in
// its home region, {destination} in every region its profile may run in.

// Permissions is the table. Actions that need no permission are not in it:
// sts:GetCallerIdentity is always allowed.
func Permissions() []Permission {
	return slices.Concat(readingPermissions(), dailyPermissions(), dailyGuards(), mendingPermissions(),
		peoplePermissions(), placePermissions(), estatePermissions(), monitoringPermissions(), registerPermissions(), evidencePermissions(), auditPermissions())
}

// noResource is why a row is on "*".
const noResource = "the service has no resource for it (Service Authorization Reference)"

// inRegion keeps the rows on "*" of regional services to the declared region.
func inRegion() conditions { return conditions{"StringEquals": {"aws:RequestedRegion": {"{region}"}}} }

func readingPermissions() []Permission {
	row := func(sid string, on []string, actions ...string) Permission {
		return Permission{Policy: auditorPolicy, Sid: sid, Room: "observe", Actions: actions, On: on}
	}
	star := func(sid string, when conditions, actions ...string) Permission {
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
		row("ReadOwnPolicies", ownPolicies(), "iam:GetPolicy"),
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
	case auditorPolicy:
		p.Policy = auditorWidePolicy
	case provisionerPolicy:
		p.Policy = provisionerWidePolicy
	}
	return p
}

func ownPolicies() []string {
	var all []string
	for _, name := range policyNames() {
		all = append(all, "{account}:policy/"+name)
	}
	return all
}

func dailyPermissions() []Permission {
	row := func(sid, room string, on []string, actions ...string) Permission {
		return Permission{Policy: adminPolicy, Sid: sid, Room: room, Actions: actions, On: on}
	}
	records := make([]string, 0, len(recordPrefixes()))
	for _, prefix := range recordPrefixes() {
		records = append(records, "{data}/"+prefix+"*")
	}
	invoke := row("RunModels", "reports", []string{"{destination}"},
		"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
	// The model itself may be run only by way of its profile (Bedrock user guide,
	// "Prerequisites for inference profiles").
	invoke.When = conditions{"StringLike": {"bedrock:InferenceProfileArn": {"{profile}"}}}
	start := row("StartJobs", "transcription", []string{"*"}, "transcribe:StartTranscriptionJob")
	start.Why = noResource
	// Without it the transcript would lie in a bucket of AWS's own.
	start.When = conditions{"StringEquals": {"transcribe:OutputBucketName": {"{data-name}"}}}
	return []Permission{
		row("Records", "clients", records,
			"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject",
			"s3:AbortMultipartUpload"),
		row("RecordVersions", "clients", []string{"{data}"}, "s3:ListBucketVersions"),
		row("DeleteRecordings", "transcription", []string{"{data}/" + recordingsPrefix + "*"}, "s3:DeleteObjectVersion"),
		row("ReadAudit", "audit", []string{"{audit}/" + trailPrefix + "/*", "{audit}/" + evidencePrefix + "/*"}, "s3:GetObject"),
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
		return Permission{Policy: adminPolicy, Sid: sid, Room: "guard", Deny: true, Actions: actions, On: on}
	}
	plain := guard("NeverInTheClear", []string{"*"}, "*")
	plain.When = conditions{"Bool": {"aws:SecureTransport": {"false"}}}
	return []Permission{
		guard("NeverBlindTheTrail", []string{"*"},
			"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"),
		guard("NeverWriteLogs", []string{"{audit}/" + trailPrefix + "/*"}, "s3:PutObject"),
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
		return Permission{Policy: provisionerPolicy, Sid: sid, Room: "apply", Actions: actions, On: on}
	}
	star := func(sid string, when conditions, actions ...string) Permission {
		p := row(sid, []string{"*"}, actions...)
		p.When, p.Why = when, noResource
		return p
	}
	attach := row("AttachOwnPolicies", []string{"{account}:user/" + AdminUser, "{account}:user/" + AuditorUser},
		"iam:AttachUserPolicy")
	// What may be attached is ours only, so that nobody is made administrator by way of this role.
	attach.When = conditions{"ArnEquals": {"iam:PolicyARN": ownPolicies()}}
	linked := row("AnalyzerRole", []string{"{account}:role/aws-service-role/access-analyzer.amazonaws.com/*"},
		"iam:CreateServiceLinkedRole")
	linked.When = conditions{"StringEquals": {"iam:AWSServiceName": {"access-analyzer.amazonaws.com"}}}
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
		row("Policies", ownPolicies(),
			"iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:ListPolicyVersions", "iam:TagPolicy"),
		row("Users", []string{"{account}:user/" + AdminUser, "{account}:user/" + AuditorUser},
			"iam:TagUser", "iam:DetachUserPolicy", "iam:DeleteUserPolicy", "iam:CreateAccessKey", "iam:DeleteAccessKey"),
		row("Auditor", []string{"{account}:user/" + AuditorUser}, "iam:CreateUser"),
		row("LeaveGroups", []string{"{account}:group/*"}, "iam:RemoveUserFromGroup"),
		attach,
		row("Role", []string{"{role}"},
			"iam:TagRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy",
			"iam:DetachRolePolicy", "iam:DeleteRolePolicy"),
		star("Account", nil, "s3:PutAccountPublicAccessBlock", "iam:UpdateAccountPasswordPolicy", "iam:DeleteAccountPasswordPolicy"),
		// Retention may be turned off, never on.
		star("Retention", conditions{"StringEquals": {"bedrock:DataRetentionMode": {"none"}}}, "bedrock:PutAccountDataRetention"),
		star("Models", inRegion(),
			"bedrock:PutUseCaseForModelAccess", "bedrock:ListFoundationModelAgreementOffers",
			"bedrock:CreateFoundationModelAgreement", "bedrock:DeleteModelInvocationLoggingConfiguration"),
		// AWS subscribes the account to the model in the caller's name.
		wide(star("ModelSubscriptions", conditions{"StringEquals": {"aws:CalledViaLast": {"bedrock.amazonaws.com"}}},
			"aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions")),
	}
}

// Document renders one of the policies for an account.
func (s Settings) policyDocument(policy string) string {
	d := document{Version: policyVersion}
	for _, p := range Permissions() {
		if p.Policy != policy {
			continue
		}
		on := s.expand(p.On...)
		if len(on) == 0 { // a practice without declared models
			continue
		}
		st := statement{Sid: p.Sid, Effect: "Allow", Action: p.Actions, Resource: on}
		if p.Deny {
			st.Effect = "Deny"
		}
		for operator, keys := range p.When {
			if st.Condition == nil {
				st.Condition = conditions{}
			}
			st.Condition[operator] = map[string][]string{}
			for key, values := range keys {
				st.Condition[operator][key] = s.expand(values...)
			}
		}
		d.Statement = append(d.Statement, st)
	}
	return d.String()
}

// expand puts the account's own names into templates.
func (s Settings) expand(templates ...string) []string {
	names := strings.NewReplacer(
		"{data}", bucketARN(DataBucketName(s)), "{data-name}", DataBucketName(s), "{audit}", bucketARN(AuditBucketName(s)),
		"{trail}", s.trailARN(), "{analyzer}", s.regional("access-analyzer", "analyzer/"+analyzerName(s)),
		"{account}", "arn:aws:iam::"+s.Account, "{account-id}", s.Account, "{system}", s.system(), "{role}", s.ProvisionerARN(),
		"{jobs}", s.regional("transcribe", "transcription-job/*"), "{region}", s.Region,
		"{account-settings}", "arn:aws:account::"+s.Account+":account", "{budgets}", "arn:aws:budgets::"+s.Account+":budget/*",
	)
	var out []string
	for _, t := range templates {
		switch t {
		case "{key-kept}":
			if s.Strict || s.KeyKept {
				out = append(out, s.regional("kms", "key/*"))
			}
		case "{key}", "{key-alias}", "{strict}", "{strict-trail}": // nothing without the strict profile
			if s.Strict {
				out = append(out, map[string]string{
					"{key}": s.regional("kms", "key/*"), "{key-alias}": s.keyAliasARN(), "{strict}": "*", "{strict-trail}": s.trailARN(),
				}[t])
			}
		case "{profile}":
			for _, m := range Models(s) {
				out = append(out, s.profileARN(m))
			}
		case "{model}":
			for _, m := range Models(s) {
				out = append(out, foundationARN(s.Region, foundation(m)))
			}
		case "{destination}":
			for _, m := range Models(s) {
				for _, region := range Destinations(m) {
					out = append(out, foundationARN(region, foundation(m)))
				}
			}
		default:
			out = append(out, names.Replace(t))
		}
	}
	return out
}

// PermissionsMarkdown is docs/permissions.md: the table for a person who
// decides whether to trust the program with an account.
func PermissionsMarkdown() string {
	var b strings.Builder
	b.WriteString("# What Claria may do in your account\n\n" +
		"Generated from the one table in `provision/permissions.go`, from which the policies are rendered too.\n" +
		"`{…}` stands for a name of your account. `claria-auditor` is attached to all three identities.\n" +
		"Rows on `{key}`, `{key-alias}`, `{strict}` and `{strict-trail}` are rendered under the strict profile only; those on\n" +
		"`{key-kept}` stay when it is left, because a record keeps the key that it was stored under.\n")
	for _, policy := range policyNames() {
		fmt.Fprintf(&b, "\n## `%s`\n\n| statement | used by | actions | on | only when |\n|---|---|---|---|---|\n", policy)
		for _, p := range Permissions() {
			if p.Policy != policy {
				continue
			}
			name := p.Sid
			if p.Deny {
				name += " (deny)"
			}
			on := strings.Join(p.On, "<br>")
			if p.Why != "" {
				on += " (" + p.Why + ")"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, p.Room, strings.Join(p.Actions, "<br>"), on, p.When)
		}
	}
	if explained := Explained(); len(explained) > 0 {
		b.WriteString("\n## What other tools say of it, and why it is so\n\n" +
			"Prowler's IAM checks and cloudsplaining read the identities and policies in `make conformance`. Each of their findings is here.\n\n" +
			"| tool | check | on | why it stays |\n|---|---|---|---|\n")
		for _, e := range explained {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", e.Tool, e.Check, e.On, e.Why)
		}
	}
	return b.String()
}

// String is the conditions in words: "aws:RequestedRegion StringEquals {region}".
func (c conditions) String() string {
	var parts []string
	for operator, keys := range c {
		for key, values := range keys {
			parts = append(parts, key+" "+operator+" "+strings.Join(values, ", "))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "<br>")
}
