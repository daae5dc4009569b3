package drift

import (
	"fmt"
	"slices"
)

// Core is the set that a check judges unless it is told otherwise: what the law's
// machine-verifiable safeguards and the product's own promises need.
const Core = "core"

// Catalogue is the controls of a set, in the order they are shown in.
func Catalogue(set string) ([]Control, error) {
	if set == "" {
		set = Core
	}
	var of []Control
	for _, c := range slices.Concat(agreementControls(), identityControls(), storageControls(), trailControls(), modelControls()) {
		if slices.Contains(c.Sets, set) {
			of = append(of, c)
		}
	}
	if len(of) == 0 {
		return nil, fmt.Errorf("there is no set of controls %q; there is: %s", set, Core)
	}
	return of, nil
}

// The families, in their order.
const (
	agreements = "Agreements"
	identity   = "Identity"
	storage    = "Storage"
	trail      = "Audit trail"
	models     = "AI and transcription"
)

// cfr completes citations of 45 CFR part 164.
func cfr(sections ...string) []string {
	for i := range sections {
		sections[i] = "164." + sections[i]
	}
	return sections
}

func core() []string { return []string{Core} }

func agreementControls() []Control {
	return []Control{{
		ID: "BAA-01", Family: agreements, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeAgreement,
		Title:     "The agreement with AWS is in force",
		Meaning:   "AWS may hold records of your clients only under a Business Associate Addendum. Without it, storing them there is itself a violation, however well they are protected.",
		Guide:     "Sign in to the AWS console as the root user, open AWS Artifact, choose Agreements, accept the AWS Business Associate Addendum, then check again. If you signed one on paper, record its date and hash in the configuration.",
		Citations: cfr("308(b)(1)", "308(b)(3)", "314(a)(1)", "314(a)(2)(i)", "502(e)", "504(e)"),
	}}
}

func identityControls() []Control {
	return []Control{
		{
			ID: "IAM-01", Family: identity, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeRootKeys,
			Title:       "The root user has no access keys",
			Meaning:     "A root key opens everything in the account and no policy can limit it. Whoever finds it in a file or a backup owns every record.",
			Guide:       "Sign in to the AWS console as the root user, open Security credentials, and delete the access keys. Set-up that started from a root key deletes it as its last step.",
			Citations:   cfr("308(a)(1)(ii)(B)", "308(a)(3)(i)", "308(a)(4)(ii)(C)", "312(a)(1)", "312(a)(2)(i)"),
			ConfigRules: []string{"iam-root-access-key-check"},
			Prowler:     []string{"iam_no_root_access_key"},
		},
		{
			ID: "IAM-02", Family: identity, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeRootMFA,
			Title:       "The root user has a second factor",
			Meaning:     "The root user can undo every protection of the account. A password alone, guessed or phished, must not be enough to become it.",
			Guide:       "Sign in to the AWS console as the root user, open Security credentials, and assign an MFA device, best a passkey or a hardware key.",
			Citations:   cfr("308(a)(3)(ii)(A)", "312(d)"),
			ConfigRules: []string{"root-account-mfa-enabled"},
			Prowler:     []string{"iam_root_mfa_enabled"},
		},
		{
			ID: "IAM-07", Family: identity, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeAdministrators,
			Title:       "Nobody is allowed everything",
			Meaning:     "A policy that allows every action on everything gives whoever holds one key the whole practice. Daily work needs a short list of actions, and the rest is denied by default.",
			Guide:       "Open the named policy in the IAM console and detach or delete it, or replace it by the actions that its holder really uses.",
			Citations:   cfr("308(a)(1)(ii)(B)", "308(a)(3)(i)", "308(a)(4)(i)", "312(a)(1)", "502(b)"),
			ConfigRules: []string{"iam-policy-no-statements-with-admin-access"},
			Prowler: []string{
				"iam_aws_attached_policy_no_administrative_privileges", "iam_customer_attached_policy_no_administrative_privileges",
				"iam_customer_unattached_policy_no_administrative_privileges", "iam_inline_policy_no_administrative_privileges",
				"iam_user_administrator_access_policy", "iam_role_administratoraccess_policy", "iam_group_administrator_access_policy",
			},
		},
		{
			ID: "IAM-08", Family: identity, Severity: High, Remedy: Guided, Sets: core(), judge: judgeServiceWide,
			Title:       "Nobody is allowed a whole service",
			Meaning:     "A policy that allows everything of a service, such as all of S3 on every bucket, also allows deleting records and removing their protection. Each identity should have the actions it uses, on the resources it uses.",
			Guide:       "Open the named policy in the IAM console and replace the wildcard by the actions and resources that its holder really uses.",
			Citations:   cfr("308(a)(3)(ii)(A)", "308(a)(3)(ii)(B)", "308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", "502(b)"),
			ConfigRules: []string{"iam-policy-no-statements-with-full-access"},
			Prowler:     []string{"iam_policy_no_full_access_to_kms", "iam_policy_no_full_access_to_cloudtrail"},
		},
		{
			ID: "IAM-10", Family: identity, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeTampering,
			Title:     "Daily work cannot undo its own limits",
			Meaning:   "The identity that works with records can neither switch off the trail nor give itself more rights. A stolen daily key then stays small, and stays visible.",
			Guide:     "Run set-up: it restores the daily identity's policy with its explicit denials, and takes away what was attached besides.",
			Citations: cfr("308(a)(3)(i)", "312(b)", "312(c)(1)"),
			Prowler:   []string{"iam_policy_no_full_access_to_cloudtrail", "iam_inline_policy_no_full_access_to_cloudtrail"},
		},
		{
			ID: "IAM-12", Family: identity, Severity: Medium, Remedy: Guided, Sets: core(), judge: judgeKeyAge,
			Title:       "Access keys are at most 90 days old",
			Meaning:     "A key that leaks unnoticed works until it is replaced. Replacing keys every quarter ends the use of one that somebody copied.",
			Guide:       "Make a new access key for the named user, put it where the old one is used, then deactivate and delete the old one in the IAM console.",
			Citations:   cfr("308(a)(3)(ii)(C)", "308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", "308(a)(5)(ii)(D)"),
			ConfigRules: []string{"access-keys-rotated"},
			Prowler:     []string{"iam_rotate_access_key_90_days"},
		},
		{
			ID: "IAM-15", Family: identity, Severity: Medium, Remedy: Automatic, Sets: core(), judge: judgePasswords,
			Title:       "Console passwords are long",
			Meaning:     "Whoever signs in to the AWS console with a password needs one that cannot be guessed. The account refuses short ones and ones that were used before.",
			Guide:       "Set the account's password policy in the IAM console: 14 characters, all four kinds, 24 remembered; set-up does it.",
			Citations:   cfr("308(a)(5)(ii)(D)", "312(d)"),
			ConfigRules: []string{"iam-password-policy"},
			Prowler: []string{
				"iam_password_policy_minimum_length_14", "iam_password_policy_lowercase", "iam_password_policy_uppercase",
				"iam_password_policy_number", "iam_password_policy_symbol", "iam_password_policy_reuse_24",
			},
		},
	}
}

func storageControls() []Control {
	return []Control{
		{
			ID: "S3-01", Family: storage, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeDataBucket,
			Title:     "The records have a place of their own",
			Meaning:   "Records are kept in one bucket that belongs to your account, in the region you chose. A bucket that is missing, somebody else's or elsewhere is no place for them.",
			Guide:     "Run set-up: it creates the bucket. If a bucket of this name stands in another region, move what it holds and delete it first, or set that region in the configuration.",
			Citations: cfr("312(a)(1)", "310(d)(1)"),
			Prowler:   []string{"s3_bucket_shadow_resource_vulnerability"},
		},
		{
			ID: "S3-02", Family: storage, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeEncryption,
			Title:       "Records are encrypted at rest",
			Meaning:     "What is stored is unreadable on a disk that leaves the data centre. Properly encrypted records also fall under the safe harbour of the breach rule.",
			Guide:       "Set default encryption of the bucket to SSE-S3 (AES-256); set-up does it.",
			Citations:   cfr("312(a)(2)(iv)", "312(c)(2)", "312(e)(2)(ii)"),
			ConfigRules: []string{"s3-bucket-server-side-encryption-enabled"},
			Prowler:     []string{"s3_bucket_default_encryption"},
		},
		{
			ID: "S3-04", Family: storage, Severity: Low, Remedy: Automatic, Sets: core(), judge: judgeUploads,
			Title:     "Nobody can encrypt records their own way",
			Meaning:   "An upload that brings its own key makes a record that only its uploader can read. Extortionists do just that, so the bucket refuses it.",
			Guide:     "Deny uploads with customer keys or with another encryption than the declared one in the bucket's policy; set-up does it.",
			Citations: cfr("312(a)(2)(iv)", "312(c)(1)"),
		},
		{
			ID: "S3-05", Family: storage, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeBucketPublicAccess,
			Title:       "The records cannot be made public",
			Meaning:     "Four switches of the bucket refuse every public policy and every public permission, whoever sets them. They are the net under every other mistake.",
			Guide:       "Turn on all four settings of Block Public Access on the bucket; set-up does it.",
			Citations:   cfr("308(a)(3)(i)", "308(a)(4)(ii)(A)", "308(a)(4)(ii)(C)", "312(a)(1)", "312(e)(1)"),
			ConfigRules: []string{"s3-bucket-public-read-prohibited", "s3-bucket-public-write-prohibited"},
			Prowler:     []string{"s3_bucket_level_public_access_block"},
		},
		{
			ID: "S3-06", Family: storage, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeAccountPublicAccess,
			Title:       "Nothing in the account can be made public",
			Meaning:     "The same four switches for the whole account also protect buckets that come later. A practice has no bucket that strangers should read.",
			Guide:       "Turn on all four settings of Block Public Access for the account in the S3 console; set-up does it.",
			Citations:   cfr("308(a)(1)(ii)(B)", "308(a)(3)(i)", "312(a)(1)"),
			ConfigRules: []string{"s3-account-level-public-access-blocks-periodic"},
			Prowler:     []string{"s3_account_level_public_access_blocks"},
		},
		{
			ID: "S3-07", Family: storage, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgePolicyPublic,
			Title:       "The bucket's policy lets no stranger in",
			Meaning:     "A bucket's policy can open records to everyone with one line. AWS's verdict and our own reading of the policy must both say that this one does not.",
			Guide:       "Remove the named statement from the bucket's policy; set-up writes the policy as it should be.",
			Citations:   cfr("308(a)(3)(i)", "308(a)(4)(ii)(A)", "312(a)(1)"),
			ConfigRules: []string{"s3-bucket-public-read-prohibited", "s3-bucket-public-write-prohibited"},
			Prowler:     []string{"s3_bucket_public_access", "s3_bucket_policy_public_write_access"},
		},
		{
			ID: "S3-08", Family: storage, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeACLs,
			Title:       "Old-style permissions are switched off",
			Meaning:     "Access lists on single objects can give away a record without any policy saying so. With them switched off, policies alone decide.",
			Guide:       "Set the bucket's Object Ownership to “Bucket owner enforced”; set-up does it.",
			Citations:   cfr("308(a)(3)(i)", "312(a)(1)"),
			ConfigRules: []string{"s3-bucket-acl-prohibited"},
			Prowler:     []string{"s3_bucket_acl_prohibited", "s3_bucket_public_list_acl", "s3_bucket_public_write_acl"},
		},
		{
			ID: "S3-09", Family: storage, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeTLS,
			Title:       "Records travel encrypted only",
			Meaning:     "The bucket refuses every call that is not encrypted with TLS 1.2 or newer. A program that is set up wrongly then fails instead of sending records in the clear.",
			Guide:       "Deny every action to every principal when aws:SecureTransport is false or s3:TlsVersion is below 1.2, on the bucket and on its objects; set-up does it.",
			Citations:   cfr("312(e)(1)", "312(e)(2)(i)", "312(e)(2)(ii)", "312(a)(2)(iv)", "312(c)(2)"),
			ConfigRules: []string{"s3-bucket-ssl-requests-only"},
			Prowler:     []string{"s3_bucket_secure_transport_policy"},
		},
		{
			ID: "S3-10", Family: storage, Severity: High, Remedy: Guided, Sets: core(), judge: judgeForeign,
			Title:     "Nobody outside the account is let in",
			Meaning:   "A bucket's policy can share records with another AWS account or service. Only this account's own identities should reach them.",
			Guide:     "Remove the statement that names the outsider from the bucket's policy. Set-up leaves statements that others added alone.",
			Citations: cfr("308(a)(4)(i)", "312(a)(1)"),
			Prowler:   []string{"s3_bucket_cross_account_access"},
		},
		{
			ID: "S3-11", Family: storage, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeVersioning,
			Title:       "Earlier versions of records are kept",
			Meaning:     "Nothing is silently overwritten or lost: each change keeps what was there before. A record deleted by mistake, or by an intruder, can be brought back.",
			Guide:       "Enable versioning on the bucket; set-up does it.",
			Citations:   cfr("312(c)(1)", "312(c)(2)", "308(a)(7)(i)", "308(a)(7)(ii)(A)", "308(a)(7)(ii)(B)", "310(d)(2)(iv)"),
			ConfigRules: []string{"s3-bucket-versioning-enabled"},
			Prowler:     []string{"s3_bucket_object_versioning"},
		},
		{
			ID: "S3-12", Family: storage, Severity: Medium, Remedy: Automatic, Sets: core(), judge: judgeDeletion,
			Title:       "Daily work cannot delete for good",
			Meaning:     "Deleting a record leaves its versions, from which it can be restored. The daily identity cannot remove those, so neither can a mistake or a stolen key.",
			Guide:       "Run set-up: it restores the bucket's policy and the daily identity's policy, which both deny s3:DeleteObjectVersion outside recordings/.",
			Citations:   cfr("312(c)(1)", "308(a)(7)(ii)(A)"),
			ConfigRules: []string{"s3-bucket-default-lock-enabled"},
			Prowler:     []string{"s3_bucket_object_lock", "s3_bucket_no_mfa_delete"},
		},
		{
			ID: "S3-13", Family: storage, Severity: Medium, Remedy: Automatic, Sets: core(), judge: judgeLifecycle,
			Title:       "No rule deletes records early",
			Meaning:     "Rules of the bucket delete things by age, without asking anyone. They may clear abandoned uploads and deleted recordings, and never a record in use or its history of six years.",
			Guide:       "Remove the named lifecycle rule; set-up writes the rules as they should be.",
			Citations:   cfr("312(c)(1)", "316(b)(2)(i)", "308(a)(7)(ii)(A)"),
			ConfigRules: []string{"s3-version-lifecycle-policy-check"},
			Prowler:     []string{"s3_bucket_lifecycle_enabled"},
		},
	}
}

func trailControls() []Control {
	return []Control{
		{
			ID: "CT-01", Family: trail, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeTrailLogging,
			Title:       "A trail is recording",
			Meaning:     "CloudTrail writes down who did what in the account, and when. Without it nobody can tell after the fact whether a record was opened.",
			Guide:       "Create the trail, or start its logging; set-up does it.",
			Citations:   cfr("312(b)", "308(a)(1)(ii)(D)", "308(a)(3)(ii)(A)", "308(a)(5)(ii)(C)", "308(a)(6)(ii)"),
			ConfigRules: []string{"cloudtrail-enabled"},
			Prowler:     []string{"cloudtrail_multi_region_enabled"},
		},
		{
			ID: "CT-02", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeTrailRegions,
			Title:       "Every region is covered",
			Meaning:     "An intruder likes the regions that nobody looks at. The trail records all of them, and the services that have no region.",
			Guide:       "Make the trail a multi-region trail that includes global services; set-up does it.",
			Citations:   cfr("312(b)", "312(e)(2)(i)"),
			ConfigRules: []string{"multi-region-cloudtrail-enabled"},
			Prowler:     []string{"cloudtrail_multi_region_enabled"},
		},
		{
			ID: "CT-03", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeTrailValidation,
			Title:       "Log files are validated",
			Meaning:     "CloudTrail signs a digest of the log files every hour, so that nobody can change or remove one unnoticed. Logs that could have been altered prove nothing.",
			Guide:       "Turn on log file validation of the trail; set-up does it.",
			Citations:   cfr("312(c)(1)", "312(c)(2)", "312(b)"),
			ConfigRules: []string{"cloud-trail-log-file-validation-enabled"},
			Prowler:     []string{"cloudtrail_log_file_validation_enabled"},
		},
		{
			ID: "CT-04", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeManagementEvents,
			Title:     "Every change and look at the account is logged",
			Meaning:   "Reads and writes of the account's settings are recorded, model calls and key use included. A gap here is where tampering would hide.",
			Guide:     "Have the trail record management events, read and write, without leaving a service out; set-up does it.",
			Citations: cfr("312(b)"),
			Prowler:   []string{"cloudtrail_multi_region_enabled_logging_management_events", "cloudtrail_bedrock_logging_enabled"},
		},
		{
			ID: "CT-05", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeDataEvents,
			Title:       "Record reads and writes are logged",
			Meaning:     "The trail says who opened or changed which record, and when. A client who asks for an account of it can be answered, and so can an auditor.",
			Guide:       "Have the trail record data events, read and write, for the objects of the data bucket; set-up does it. It costs about $0.10 per 100,000 events.",
			Citations:   cfr("312(b)", "312(a)(2)(i)", "308(a)(1)(ii)(D)", "528"),
			ConfigRules: []string{"cloudtrail-s3-dataevents-enabled"},
			Prowler:     []string{"cloudtrail_s3_dataevents_read_enabled", "cloudtrail_s3_dataevents_write_enabled"},
		},
		{
			ID: "CT-06", Family: trail, Severity: High, Remedy: Guided, Sets: core(), judge: judgeDelivery,
			Title:     "Logs really arrive",
			Meaning:   "A trail can be switched on and yet deliver nothing, when its bucket refuses it. What was not delivered is lost as evidence.",
			Guide:     "If the audit bucket's policy was changed, set-up repairs it; then wait a few minutes and check again. Otherwise open the trail in the CloudTrail console: it shows the error.",
			Citations: cfr("312(b)", "308(a)(1)(ii)(D)"),
		},
		{
			ID: "CT-09", Family: trail, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeAuditBucket,
			Title:     "Logs are out of reach of daily work",
			Meaning:   "Logs lie in a bucket of their own that is private, keeps versions, and takes logs from this trail only. The identity that works with records can neither write nor delete there, so a stolen key cannot cover its tracks.",
			Guide:     "Run set-up: it restores the audit bucket's settings and the daily identity's policy. A further policy that somebody attached to claria-admin has to be detached by hand.",
			Citations: cfr("312(b)", "312(c)(1)", "308(a)(3)(i)"),
			Prowler: []string{
				"cloudtrail_logs_s3_bucket_is_not_publicly_accessible", "cloudtrail_logs_s3_bucket_access_logging_enabled",
				"cloudtrail_bucket_requires_mfa_delete",
			},
		},
		{
			ID: "CT-10", Family: trail, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeLogRetention,
			Title:     "Logs are kept for six years",
			Meaning:   "The law asks for six years of documentation. Object Lock keeps every log file that long, even from an administrator who wants it gone.",
			Guide:     "Set the audit bucket's default retention to at least 2190 days and remove rules that expire logs earlier; set-up does it.",
			Citations: cfr("316(b)(2)(i)", "312(c)(1)"),
			Prowler:   []string{"s3_bucket_object_lock"},
		},
	}
}

func modelControls() []Control {
	return []Control{
		{
			ID: "BDR-01", Family: models, Severity: Critical, Remedy: Automatic, Sets: core(), judge: judgeRetention,
			Title:     "The AI service keeps nothing",
			Meaning:   "Bedrock's retention mode is pinned to “none”: neither prompts nor answers are stored or looked at. Any other mode leaves that open to the model or to AWS's default.",
			Guide:     "Set the account's Bedrock data retention to none in this region; set-up does it. Models that insist on retention stop working then.",
			Citations: cfr("502(a)", "502(b)", "308(b)(1)", "314(a)"),
		},
		{
			ID: "BDR-04", Family: models, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeGeography,
			Title:     "Models run in this part of the world only",
			Meaning:   "A model call may be answered in another region; the declared models stay inside your geography. The daily identity cannot call any other model, nor a worldwide profile.",
			Guide:     "Run set-up: it restores the daily identity's policy. If a declared model itself leaves the geography, declare another one in the configuration.",
			Citations: cfr("312(a)(1)", "308(a)(4)(ii)(B)", "502(b)"),
		},
		{
			ID: "BDR-05", Family: models, Severity: Medium, Remedy: Automatic, Sets: core(), judge: judgeModelAccess,
			Title:     "The declared models may be used",
			Meaning:   "AWS lists the account as entitled to each declared model, under its agreement. Drafting would fail without it, or run under terms that nobody has seen.",
			Guide:     "Run set-up: it shows each model's agreement and asks before it accepts. AWS may take up to 15 minutes to open a model afterwards.",
			Citations: cfr("308(b)(1)"),
		},
		{
			ID: "BDR-07", Family: models, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeInvocationLogging,
			Title:     "Prompts are not copied elsewhere",
			Meaning:   "Bedrock can log every prompt and answer in full, which makes a second store of records. It is off here, or goes to a bucket of the practice's own that is encrypted and private.",
			Guide:     "Turn off model invocation logging in the Bedrock console's settings; set-up does it. The trail still shows who called which model.",
			Citations: cfr("312(b)", "312(a)(2)(iv)", "502(b)"),
			Prowler:   []string{"bedrock_model_invocation_logging_enabled", "bedrock_model_invocation_logs_encryption_enabled"},
		},
		{
			ID: "TRN-01", Family: models, Severity: High, Remedy: Guided, Sets: core(), judge: judgeTranscripts,
			Title:     "Transcripts stay in the practice's storage",
			Meaning:   "A transcription that names no bucket leaves its text in one that belongs to AWS. Every transcript should be in the data bucket, under the same protection as the records.",
			Guide:     "Delete the transcription jobs whose text lies elsewhere in the Transcribe console; that deletes the text too when the bucket is AWS's own.",
			Citations: cfr("312(a)(1)", "312(a)(2)(iv)"),
		},
	}
}
