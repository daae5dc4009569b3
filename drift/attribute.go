package drift

import (
	"slices"
	"strings"
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift/catalogue"
	"claria/provision/state"
)

// lookOverlap is how far before the previous check a change may be dated and still
// have been missed by it: a check takes some seconds, and CloudTrail's times have no
// fractions.
const lookOverlap = time.Minute

// attribute marks what is worse than at the previous check, and names who did it
// where the trail shows it. Without a previous check, a failure is attributed to the
// newest call that is known to make that control fail. A mark stays until the finding
// is in order again, and the trail is asked again: CloudTrail may be 15 minutes late.
func attribute(previous *Report, current *Report, observed state.State, trail audit.Look) {
	before := map[string]Finding{}
	if previous != nil && previous.Account == current.Account {
		for _, f := range previous.Controls {
			before[f.ID] = f
		}
	}
	events, _ := trail.Writes.Value()
	for i := range current.Controls {
		f := &current.Controls[i]
		if f.Status != catalogue.Fail && f.Status != catalogue.Unknown {
			continue
		}
		was, known := before[f.ID]
		if known && was.Drift == nil && declaredAnew(previous, current, was, *f) {
			continue // nothing was weakened: the declaration now requires more
		}
		changed := known && (was.Status == catalogue.Pass || was.Status == catalogue.NotApplicable || was.Status == catalogue.Attested ||
			was.Status == catalogue.Fail && (f.Status == catalogue.Unknown || was.Observed != f.Observed))
		var d Drift
		switch {
		case changed:
			d = Drift{Since: previous.Started, Before: was.Observed, After: f.Observed}
			if was.Drift != nil && was.Status != catalogue.Pass { // still worse: keep the earlier mark
				d.Since, d.Before = was.Drift.Since, was.Drift.Before
			}
		case was.Drift != nil:
			d = *was.Drift
		case f.Status == catalogue.Unknown:
			continue // it may never have been readable
		}
		if d.Event == nil {
			since := d.Since
			if changed {
				since = previous.Started
			}
			d.Event = culprit(*f, observed, events, since)
		}
		if d.Event == nil && d.Since.IsZero() {
			continue
		}
		if d.After == "" {
			d.After = f.Observed
		}
		f.Drift = &d
	}
}

// declaredAnew reports whether a control fails because the practice declared the
// other profile since the previous check, not because of a change in the account.
func declaredAnew(previous, current *Report, was, is Finding) bool {
	return previous.Profile != "" && previous.Profile != current.Profile && (was.Desired != is.Desired || was.Status == catalogue.NotApplicable)
}

// culprit returns the newest successful call since a check that can have made a
// finding what it is; nil: the trail names none.
func culprit(f Finding, observed state.State, events []audit.Event, since time.Time) *audit.Event {
	causes := causesOf(f)
	if since.IsZero() && f.Status == catalogue.Fail {
		// It may never have been in order, like a setting that AWS leaves off: then only a
		// call that is known to make this control fail can be the cause.
		causes = controlCauses()[f.ID]
	}
	for _, e := range events { // newest first
		if !since.IsZero() && e.At.Before(since.Add(-lookOverlap)) {
			return nil
		}
		if e.Error != "" {
			continue
		}
		for _, c := range causes {
			if c.fits(e, observed) {
				return &e
			}
		}
	}
	return nil
}

// cause is a kind of call that can make a control fail.
type cause struct {
	source string   // "s3" of s3.amazonaws.com
	names  []string // of the calls; none: every one of the source that changes something
	on     place    // which resource it must concern
}

// place is the resource that a cause concerns.
type place int

const (
	anywhere place = iota
	onTrail
	onData
	onAudit
	onBuckets // either of the two
	onPeople  // the users that set-up made
)

func (c cause) fits(e audit.Event, observed state.State) bool {
	if e.Source != c.source+".amazonaws.com" || len(c.names) > 0 && !slices.Contains(c.names, e.Name) {
		return false
	}
	about := func(name string) bool {
		return name != "" && slices.ContainsFunc(e.Resources, func(r string) bool {
			return r == name || strings.HasSuffix(r, ":"+name) || strings.HasSuffix(r, "/"+name)
		})
	}
	switch c.on {
	case onTrail:
		t, ok := observed.Trail.Value()
		return !ok || about(t.Name)
	case onData:
		return about(observed.DataBucket.Name)
	case onAudit:
		return about(observed.AuditBucket.Name)
	case onBuckets:
		return about(observed.DataBucket.Name) || about(observed.AuditBucket.Name)
	case onPeople:
		return about(state.AdminUser) || about(state.AuditorUser)
	}
	return true
}

// causesOf returns the calls that can make a control fail: its own, or else those of
// its family's services. A refused read is caused by a change of
// the reader's rights.
func causesOf(f Finding) []cause {
	if f.Status == catalogue.Unknown {
		if !strings.Contains(f.Reason, aws.Denied.Sentence()) {
			return nil // the network, a throttle: nobody caused it
		}
		if strings.Contains(f.Reason, "control policy of the organization") {
			return nil // it is changed in another account
		}
		return []cause{{"iam", rightsCalls(), anywhere}, {"s3", []string{"PutBucketPolicy"}, onBuckets}}
	}
	if own, ok := controlCauses()[f.ID]; ok {
		return own
	}
	return familyCauses()[f.Family]
}

// rightsCalls change what an identity may do.
func rightsCalls() []string {
	return []string{
		"AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy", "DetachUserPolicy", "DetachGroupPolicy", "DetachRolePolicy",
		"PutUserPolicy", "PutGroupPolicy", "PutRolePolicy", "DeleteUserPolicy", "DeleteGroupPolicy", "DeleteRolePolicy",
		"CreatePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "AddUserToGroup", "RemoveUserFromGroup",
		"PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary",
	}
}

// principalCalls create and change identities.
func principalCalls() []string {
	return []string{
		"CreateUser", "DeleteUser", "CreateRole", "DeleteRole", "UpdateRole", "UpdateAssumeRolePolicy", "CreateGroup",
		"CreateSAMLProvider", "UpdateSAMLProvider", "CreateOpenIDConnectProvider",
	}
}

// controlCauses is the table: the calls by CloudTrail's names, some of which are not
// the API's (S3 user guide, "Amazon S3 CloudTrail events").
func controlCauses() map[string][]cause {
	rights := cause{"iam", rightsCalls(), anywhere}
	bucketPolicy := []string{"PutBucketPolicy", "DeleteBucketPolicy"}
	publicAccess := []string{"PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"}
	lifecycle := []string{"PutBucketLifecycle", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"}
	lock := []string{"PutBucketObjectLockConfiguration", "PutObjectLockConfiguration"}
	mfa := []string{"DeactivateMFADevice", "DeleteVirtualMFADevice"}
	gone := cause{"cloudtrail", []string{"DeleteTrail", "CreateTrail"}, onTrail}
	return map[string][]cause{
		"CT-01": {{"cloudtrail", []string{"StopLogging"}, onTrail}, gone},
		"CT-02": {{"cloudtrail", []string{"UpdateTrail"}, onTrail}, gone},
		"CT-03": {{"cloudtrail", []string{"UpdateTrail"}, onTrail}, gone},
		"CT-04": {{"cloudtrail", []string{"PutEventSelectors"}, onTrail}, gone},
		"CT-05": {{"cloudtrail", []string{"PutEventSelectors"}, onTrail}, gone},
		"CT-06": {
			{"cloudtrail", []string{"StopLogging", "UpdateTrail"}, onTrail},
			gone,
			{"s3", append([]string{"DeleteBucket", "PutBucketEncryption"}, bucketPolicy...), onAudit},
		},
		"CT-07": {{"cloudtrail", []string{"UpdateTrail"}, onTrail}, gone},
		"CT-08": {{"cloudtrail", []string{"UpdateTrail"}, onTrail}, gone},
		"CT-09": {
			{"s3", nil, onAudit},
			rights,
			{"cloudtrail", []string{"UpdateTrail"}, onTrail},
			gone,
		},
		"CT-10": {{"s3", slices.Concat(lock, lifecycle, []string{"DeleteBucket", "CreateBucket"}), onAudit}},
		"CT-11": {{"cloudtrail", []string{"StopLogging", "UpdateTrail"}, onTrail}, gone, {"s3", bucketPolicy, onAudit}},
		"CT-14": {
			{"cloudtrail", []string{"StopLogging", "UpdateTrail", "PutEventSelectors"}, onTrail},
			gone,
			{"s3", slices.Concat(bucketPolicy, lifecycle, []string{"DeleteBucket"}), onAudit},
			{"iam", tampers["iam.amazonaws.com"], onPeople},
		},

		"S3-01": {{"s3", []string{"DeleteBucket", "CreateBucket"}, onData}},
		"S3-02": {{"s3", []string{"PutBucketEncryption", "DeleteBucketEncryption"}, onBuckets}},
		"S3-03": {{"s3", []string{"PutBucketEncryption", "DeleteBucketEncryption"}, onBuckets}},
		"S3-04": {{"s3", append([]string{"PutBucketEncryption"}, bucketPolicy...), onBuckets}},
		"S3-05": {{"s3", publicAccess, onBuckets}},
		"S3-06": {{"s3", []string{"PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock"}, anywhere}},
		"S3-07": {{"s3", slices.Concat(bucketPolicy, publicAccess), onBuckets}},
		"S3-08": {{"s3", []string{"PutBucketAcl", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"}, onBuckets}},
		"S3-09": {{"s3", bucketPolicy, onBuckets}},
		"S3-10": {{"s3", append([]string{"PutBucketAcl"}, bucketPolicy...), onBuckets}},
		"S3-11": {{"s3", []string{"PutBucketVersioning"}, onBuckets}},
		"S3-12": {{"s3", slices.Concat(bucketPolicy, lock, []string{"PutBucketVersioning"}), onBuckets}, rights},
		"S3-13": {{"s3", lifecycle, onBuckets}},
		"S3-14": {{"s3", []string{"PutBucketLogging"}, onData}, {"cloudtrail", []string{"PutEventSelectors"}, onTrail}},
		"S3-15": {{"s3", []string{"PutBucketReplication", "DeleteBucketReplication"}, onData}},
		"S3-16": {{"s3", nil, anywhere}},

		"IAM-01": {{"iam", []string{"CreateAccessKey", "UpdateAccessKey"}, anywhere}},
		"IAM-02": {{"iam", mfa, anywhere}},
		"IAM-03": {{"iam", append([]string{"EnableMFADevice"}, mfa...), anywhere}},
		"IAM-05": {{"iam", append([]string{"CreateLoginProfile"}, mfa...), anywhere}},
		"IAM-06": {{"iam", append([]string{"CreateUser", "CreateLoginProfile", "CreateAccessKey"}, mfa...), anywhere}},
		"IAM-07": {rights, {"iam", principalCalls(), anywhere}},
		"IAM-08": {rights},
		"IAM-09": {rights, {"iam", principalCalls(), anywhere}},
		"IAM-10": {rights},
		"IAM-11": {rights},
		"IAM-12": {{"iam", []string{"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"}, anywhere}},
		"IAM-13": {{"iam", []string{"CreateAccessKey", "UpdateAccessKey", "CreateLoginProfile"}, anywhere}},
		"IAM-14": {{"iam", []string{"CreateAccessKey", "UpdateAccessKey"}, anywhere}},
		"IAM-15": {{"iam", []string{"UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"}, anywhere}},
		"IAM-17": {{"iam", principalCalls(), anywhere}},
		"IAM-20": {rights},
		"IAM-18": {
			{
				"iam",
				[]string{"CreateServiceSpecificCredential", "UpdateServiceSpecificCredential", "UploadSSHPublicKey", "UploadSigningCertificate"},
				anywhere,
			},
		},

		"BDR-01": {{"bedrock", []string{"PutAccountDataRetention"}, anywhere}},
		"BDR-03": {rights},
		"BDR-04": {rights},
		"BDR-05": {{"bedrock", []string{"CreateFoundationModelAgreement", "DeleteFoundationModelAgreement"}, anywhere}},
		"BDR-07": {{"bedrock", []string{"PutModelInvocationLoggingConfiguration", "DeleteModelInvocationLoggingConfiguration"}, anywhere}},
		"BDR-10": {rights},
		"TRN-01": {{"transcribe", []string{"StartTranscriptionJob", "StartMedicalTranscriptionJob"}, anywhere}},
		"TRN-02": {rights},
		"TRN-03": {{"transcribe", []string{"StartTranscriptionJob", "StartMedicalTranscriptionJob"}, anywhere}},

		"KMS-05": {rights},
		"ACC-01": {{"account", []string{"PutAlternateContact", "DeleteAlternateContact"}, anywhere}},
		"BAA-06": {{"bedrock", []string{"PutUseCaseForModelAccess"}, anywhere}},
		"ACC-04": {{"account", []string{"EnableRegion", "DisableRegion"}, anywhere}, {"s3", []string{"CreateBucket"}, anywhere}},
		"ACC-05": {{"account", []string{"EnableRegion", "DisableRegion"}, anywhere}},
		"ACC-06": {{"budgets", nil, anywhere}},
		"MON-04": {{"access-analyzer", []string{"CreateAnalyzer", "DeleteAnalyzer"}, anywhere}},
	}
}

// familyCauses are for the controls that have none of their own.
func familyCauses() map[string][]cause {
	services := func(names ...string) []cause {
		var all []cause
		for _, name := range names {
			all = append(all, cause{name, nil, anywhere})
		}
		return all
	}
	return map[string][]cause{
		catalogue.FamilyStorage:    {{"s3", nil, onBuckets}},
		catalogue.FamilyKeys:       services("kms"),
		catalogue.FamilyTrail:      {{"cloudtrail", nil, onTrail}},
		catalogue.FamilyMonitoring: services("guardduty", "access-analyzer", "sns", "events", "logs", "monitoring", "config", "securityhub"),
		catalogue.FamilyModels:     services("bedrock", "bedrock-mantle", "transcribe"),
		catalogue.FamilySurface:    services("ec2", "rds", "lambda", "ecs", "elasticfilesystem", "elasticloadbalancing", "ssm", "secretsmanager"),
	}
}
