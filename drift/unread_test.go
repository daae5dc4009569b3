package drift

import (
	"slices"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/provision"
)

func denied(operation string) provision.Problem {
	return provision.Problem{Operation: operation, Kind: aws.Denied, Message: aws.Denied.Sentence()}
}

// TestAReadThatFailsIsNeverAPass turns each reading of a good account into
// unknown, one at a time: exactly the controls that need it become unknown, they
// name the read, and no other changes.
func TestAReadThatFailsIsNeverAPass(t *testing.T) {
	t.Parallel()
	readings := map[string]struct {
		hide  func(*provision.State, provision.Problem)
		needs []string
	}{
		"artifact:ListCustomerAgreements": {func(s *provision.State, p provision.Problem) { s.Agreements = provision.Unknown[[]aws.Agreement](p) }, []string{"BAA-01", "BAA-02", "BAA-03"}},
		"iam:GetAccountSummary":           {func(s *provision.State, p provision.Problem) { s.Root = provision.Unknown[provision.RootUser](p) }, []string{"IAM-01", "IAM-02", "IAM-04"}},
		"iam:users":                       {func(s *provision.State, p provision.Problem) { s.Users = provision.Unknown[[]provision.User](p) }, []string{"IAM-07", "IAM-08", "IAM-10", "IAM-12", "S3-12", "CT-09", "BDR-04", "KMS-05", "IAM-04", "IAM-05", "IAM-06", "IAM-09", "IAM-11", "IAM-13", "IAM-17", "IAM-18"}},
		"iam:groups":                      {func(s *provision.State, p provision.Problem) { s.Groups = provision.Unknown[[]provision.Group](p) }, []string{"IAM-07", "IAM-08", "KMS-05"}},
		"iam:roles":                       {func(s *provision.State, p provision.Problem) { s.Roles = provision.Unknown[[]provision.Role](p) }, []string{"IAM-07", "IAM-08", "KMS-05", "IAM-09", "IAM-11", "IAM-17"}},
		"iam:policies":                    {func(s *provision.State, p provision.Problem) { s.Policies = provision.Unknown[[]provision.Policy](p) }, []string{"IAM-07", "IAM-08", "IAM-10", "S3-12", "CT-09", "BDR-04", "KMS-05", "IAM-06", "IAM-09", "IAM-11", "IAM-17"}},
		"iam:GetAccountPasswordPolicy": {func(s *provision.State, p provision.Problem) {
			s.PasswordPolicy = provision.Unknown[provision.PasswordPolicy](p)
		}, []string{"IAM-15"}},
		"iam:ListAccessKeys": {func(s *provision.State, p provision.Problem) {
			admin(s, func(u *provision.User) { u.Keys = provision.Unknown[[]provision.AccessKey](p) })
		}, []string{"IAM-12", "IAM-06", "IAM-13"}},
		"iam:ListMFADevices": {func(s *provision.State, p provision.Problem) {
			admin(s, func(u *provision.User) { u.MFA = provision.Unknown[[]string](p) })
		}, []string{"IAM-06"}},
		"iam:GetAccessKeyLastUsed": {func(s *provision.State, p provision.Problem) {
			admin(s, func(u *provision.User) {
				edit(&u.Keys, func(keys []provision.AccessKey) []provision.AccessKey {
					keys = slices.Clone(keys)
					keys[0].Use = provision.Unknown[time.Time](p)
					return keys
				})
			})
		}, []string{"IAM-13"}},
		"iam:GetLoginProfile": {func(s *provision.State, p provision.Problem) {
			admin(s, func(u *provision.User) { u.SignIn.Console = provision.Unknown[provision.Login](p) })
		}, []string{"IAM-05", "IAM-06", "IAM-13"}},
		"iam:ListServiceSpecificCredentials": {func(s *provision.State, p provision.Problem) {
			admin(s, func(u *provision.User) { u.SignIn.Services = provision.Unknown[[]provision.Credential](p) })
		}, []string{"IAM-18"}},
		"iam:ListSSHPublicKeys": {func(s *provision.State, p provision.Problem) {
			admin(s, func(u *provision.User) { u.SignIn.SSHKeys = provision.Unknown[[]provision.Credential](p) })
		}, []string{"IAM-18"}},
		"iam:ListSigningCertificates": {func(s *provision.State, p provision.Problem) {
			admin(s, func(u *provision.User) { u.SignIn.Certificates = provision.Unknown[[]provision.Credential](p) })
		}, []string{"IAM-18"}},
		"iam:ListUsers": {func(s *provision.State, p provision.Problem) {
			s.People.Passwords = provision.Unknown[map[string]time.Time](p)
		}, []string{"IAM-13"}},
		"iam:GetCredentialReport": {func(s *provision.State, p provision.Problem) {
			s.People.RootUse = provision.Unknown[provision.RootUse](p)
		}, []string{"IAM-04"}},
		"iam:ListSAMLProviders": {func(s *provision.State, p provision.Problem) {
			s.People.SAML = provision.Unknown[[]string](p)
		}, []string{"IAM-17"}},
		"iam:ListOpenIDConnectProviders": {func(s *provision.State, p provision.Problem) {
			s.People.OpenID = provision.Unknown[[]string](p)
		}, []string{"IAM-17"}},
		"s3:HeadBucket": {func(s *provision.State, p provision.Problem) { s.DataBucket.Region = provision.Unknown[string](p) }, []string{"S3-01", "ACC-04"}},
		"s3:GetBucketEncryption": {func(s *provision.State, p provision.Problem) {
			s.DataBucket.Encryption = provision.Unknown[provision.Encryption](p)
		}, []string{"S3-02", "KMS-01", "KMS-03", "KMS-04"}},
		"s3:GetPublicAccessBlock": {func(s *provision.State, p provision.Problem) {
			s.DataBucket.PublicAccess = provision.Unknown[provision.PublicAccess](p)
		}, []string{"S3-05"}},
		"s3:GetBucketPolicy":            {func(s *provision.State, p provision.Problem) { s.DataBucket.Policy = provision.Unknown[string](p) }, []string{"S3-04", "S3-07", "S3-09", "S3-10", "S3-12"}},
		"s3:GetBucketPolicyStatus":      {func(s *provision.State, p provision.Problem) { s.DataBucket.PolicyPublic = provision.Unknown[bool](p) }, []string{"S3-07"}},
		"s3:GetBucketOwnershipControls": {func(s *provision.State, p provision.Problem) { s.DataBucket.Ownership = provision.Unknown[string](p) }, []string{"S3-08"}},
		"s3:GetBucketAcl": {func(s *provision.State, p provision.Problem) {
			s.DataBucket.Grants = provision.Unknown[[]provision.Grant](p)
		}, []string{"S3-08"}},
		"s3:GetBucketVersioning": {func(s *provision.State, p provision.Problem) { s.DataBucket.Versioning = provision.Unknown[string](p) }, []string{"S3-11"}},
		"s3:GetBucketLifecycle": {func(s *provision.State, p provision.Problem) {
			s.DataBucket.Lifecycle = provision.Unknown[[]provision.LifecycleRule](p)
		}, []string{"S3-13"}},
		"s3control:GetPublicAccessBlock": {func(s *provision.State, p provision.Problem) {
			s.AccountPublicAccess = provision.Unknown[provision.PublicAccess](p)
		}, []string{"S3-06"}},
		"audit:HeadBucket": {func(s *provision.State, p provision.Problem) { s.AuditBucket.Region = provision.Unknown[string](p) }, []string{"CT-09", "ACC-04"}},
		"audit:GetPublicAccessBlock": {func(s *provision.State, p provision.Problem) {
			s.AuditBucket.PublicAccess = provision.Unknown[provision.PublicAccess](p)
		}, []string{"CT-09"}},
		"audit:GetBucketEncryption": {func(s *provision.State, p provision.Problem) {
			s.AuditBucket.Encryption = provision.Unknown[provision.Encryption](p)
		}, []string{"CT-07", "KMS-01", "KMS-03", "KMS-04"}},
		"s3:ListBuckets": {func(s *provision.State, p provision.Problem) {
			s.Estate.Buckets = provision.Unknown[[]provision.OtherBucket](p)
		}, []string{"S3-16", "ACC-04"}},
		"organizations:DescribeOrganization": {func(s *provision.State, p provision.Problem) { s.Organization = provision.Unknown[string](p) }, []string{"ACC-03"}},
		"organizations:DescribeEffectivePolicy": {func(s *provision.State, p provision.Problem) {
			s.Place.OptOut = provision.Unknown[provision.OptOut](p)
		}, []string{"ACC-03"}},
		"audit:GetBucketPolicy":            {func(s *provision.State, p provision.Problem) { s.AuditBucket.Policy = provision.Unknown[string](p) }, []string{"CT-09"}},
		"audit:GetBucketPolicyStatus":      {func(s *provision.State, p provision.Problem) { s.AuditBucket.PolicyPublic = provision.Unknown[bool](p) }, []string{"CT-09"}},
		"audit:GetBucketOwnershipControls": {func(s *provision.State, p provision.Problem) { s.AuditBucket.Ownership = provision.Unknown[string](p) }, []string{"CT-09"}},
		"audit:GetBucketAcl": {func(s *provision.State, p provision.Problem) {
			s.AuditBucket.Grants = provision.Unknown[[]provision.Grant](p)
		}, []string{"CT-09"}},
		"audit:GetBucketVersioning": {func(s *provision.State, p provision.Problem) { s.AuditBucket.Versioning = provision.Unknown[string](p) }, []string{"CT-09"}},
		"audit:GetBucketLifecycle": {func(s *provision.State, p provision.Problem) {
			s.AuditBucket.Lifecycle = provision.Unknown[[]provision.LifecycleRule](p)
		}, []string{"CT-10"}},
		"audit:GetObjectLockConfiguration": {func(s *provision.State, p provision.Problem) {
			s.AuditBucket.ObjectLock = provision.Unknown[provision.ObjectLock](p)
		}, []string{"CT-10"}},
		"cloudtrail:GetTrail": {func(s *provision.State, p provision.Problem) { s.Trail = provision.Unknown[provision.Trail](p) }, []string{"CT-01", "CT-02", "CT-03", "CT-09", "CT-07"}},
		"cloudtrail:GetTrailStatus": {func(s *provision.State, p provision.Problem) {
			s.TrailStatus = provision.Unknown[provision.TrailStatus](p)
		}, []string{"CT-01", "CT-06"}},
		"cloudtrail:GetEventSelectors": {func(s *provision.State, p provision.Problem) {
			s.TrailSelectors = provision.Unknown[provision.TrailSelectors](p)
		}, []string{"CT-04", "CT-05", "S3-14"}},
		"bedrock:GetAccountDataRetention": {func(s *provision.State, p provision.Problem) { s.Retention = provision.Unknown[string](p) }, []string{"BDR-01"}},
		"bedrock:GetInferenceProfile": {func(s *provision.State, p provision.Problem) {
			s.Models[0].Destinations = provision.Unknown[[]string](p)
		}, []string{"BDR-04"}},
		"bedrock:GetFoundationModelAvailability": {func(s *provision.State, p provision.Problem) {
			s.Models[0].Availability = provision.Unknown[provision.Access](p)
		}, []string{"BDR-05"}},
		"bedrock:GetModelInvocationLoggingConfigu": {func(s *provision.State, p provision.Problem) {
			s.InvocationLogging = provision.Unknown[provision.InvocationLogging](p)
		}, []string{"BDR-07"}},
		"guardduty:ListDetectors": {func(s *provision.State, p provision.Problem) {
			s.Monitoring.GuardDuty = provision.Unknown[provision.GuardDuty](p)
		}, []string{"MON-03"}},
		"access-analyzer:ListFindingsV2": {func(s *provision.State, p provision.Problem) {
			s.Monitoring.Findings = provision.Unknown[[]provision.AccessFinding](p)
		}, []string{"MON-05"}},
		"bedrock-mantle:GetAccountDataRetention": {func(s *provision.State, p provision.Problem) {
			s.Monitoring.Mantle = provision.Unknown[provision.Mantle](p)
		}, []string{"BDR-02"}},
		"transcribe:ListTranscriptionJobs": {func(s *provision.State, p provision.Problem) {
			s.TranscriptionJobs = provision.Unknown[[]provision.TranscriptionJob](p)
		}, []string{"TRN-01"}},
	}
	// Every control needs some read, and every one is here.
	covered := map[string]bool{}
	for operation, r := range readings {
		s := good()
		r.hide(&s, denied(operation))
		for id, f := range judgeAll(t, s) {
			needs := slices.Contains(r.needs, id)
			covered[id] = covered[id] || needs
			if needs {
				shows(id, Unknown)
			}
			switch {
			case needs && (f.Status != Unknown || !strings.Contains(f.Reason, operation)):
				t.Errorf("without %s, %s is %s: %s", operation, id, f.Status, f.Reason)
			case !needs && f.Status != Pass && f.Status != NotApplicable && f.Status != Attested:
				t.Errorf("without %s, %s is %s: %s", operation, id, f.Status, f.Reason)
			}
		}
	}
	for id, f := range judgeAll(t, good()) {
		if f.Family == practice || f.Family == workstation { // need the register or the computer alone; their own tests hide those
			continue
		}
		// Those are read from the trail's own files and events, from the register or from the ledger.
		if elsewhere := []string{"CT-11", "CT-14", "BAA-04", "BAA-05", "MON-20", "TRN-06"}; !covered[id] && !slices.Contains(elsewhere, id) {
			t.Errorf("no read is known that %s needs", id)
		}
	}
	// An account of which nothing could be read passes nothing.
	nothing := provision.State{Account: account, Region: "us-east-1", DataBucket: provision.Bucket{Name: "d"}, AuditBucket: provision.Bucket{Name: "a"}, Models: []provision.Model{{Profile: "us.x.y"}}}
	for id, f := range judgeKnowing(t, Core, nothing, settings(), Facts{Now: now}) {
		if f.Status != Unknown {
			t.Errorf("with nothing read, %s is %s: %s", id, f.Status, f.Reason)
		}
	}
}
