package drift

import (
	"slices"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/drift/catalogue"
	"claria/provision/state"
)

func denied(operation string) state.Problem {
	return state.Problem{Operation: operation, Kind: aws.Denied, Message: aws.Denied.Sentence()}
}

// TestAReadThatFailsIsNeverAPass turns each reading of a good account into
// unknown, one at a time: exactly the controls that need it become unknown, they
// name the read, and no other changes.
func TestAReadThatFailsIsNeverAPass(t *testing.T) {
	t.Parallel()
	readings := map[string]struct {
		hide  func(*state.State, state.Problem)
		needs []string
	}{
		"artifact:ListCustomerAgreements": {func(s *state.State, p state.Problem) { s.Agreements = state.Unknown[[]aws.Agreement](p) }, []string{"BAA-01", "BAA-02", "BAA-03"}},
		"iam:GetAccountSummary":           {func(s *state.State, p state.Problem) { s.Root = state.Unknown[state.RootUser](p) }, []string{"IAM-01", "IAM-02", "IAM-04"}},
		"iam:users":                       {func(s *state.State, p state.Problem) { s.Users = state.Unknown[[]state.User](p) }, []string{"IAM-07", "IAM-08", "IAM-10", "IAM-12", "S3-12", "CT-09", "BDR-04", "KMS-05", "IAM-04", "IAM-05", "IAM-06", "IAM-09", "IAM-11", "IAM-13", "IAM-17", "IAM-18"}},
		"iam:groups":                      {func(s *state.State, p state.Problem) { s.Groups = state.Unknown[[]state.Group](p) }, []string{"IAM-07", "IAM-08", "KMS-05"}},
		"iam:roles":                       {func(s *state.State, p state.Problem) { s.Roles = state.Unknown[[]state.Role](p) }, []string{"IAM-07", "IAM-08", "KMS-05", "IAM-09", "IAM-11", "IAM-17"}},
		"iam:policies":                    {func(s *state.State, p state.Problem) { s.Policies = state.Unknown[[]state.Policy](p) }, []string{"IAM-07", "IAM-08", "IAM-10", "S3-12", "CT-09", "BDR-04", "KMS-05", "IAM-06", "IAM-09", "IAM-11", "IAM-17"}},
		"iam:GetAccountPasswordPolicy": {func(s *state.State, p state.Problem) {
			s.PasswordPolicy = state.Unknown[state.PasswordPolicy](p)
		}, []string{"IAM-15"}},
		"iam:ListAccessKeys": {func(s *state.State, p state.Problem) {
			admin(s, func(u *state.User) { u.Keys = state.Unknown[[]state.AccessKey](p) })
		}, []string{"IAM-12", "IAM-06", "IAM-13"}},
		"iam:ListMFADevices": {func(s *state.State, p state.Problem) {
			admin(s, func(u *state.User) { u.MFA = state.Unknown[[]string](p) })
		}, []string{"IAM-06"}},
		"iam:GetAccessKeyLastUsed": {func(s *state.State, p state.Problem) {
			admin(s, func(u *state.User) {
				edit(&u.Keys, func(keys []state.AccessKey) []state.AccessKey {
					keys = slices.Clone(keys)
					keys[0].Use = state.Unknown[time.Time](p)
					return keys
				})
			})
		}, []string{"IAM-13"}},
		"iam:GetLoginProfile": {func(s *state.State, p state.Problem) {
			admin(s, func(u *state.User) { u.SignIn.Console = state.Unknown[state.Login](p) })
		}, []string{"IAM-05", "IAM-06", "IAM-13"}},
		"iam:ListServiceSpecificCredentials": {func(s *state.State, p state.Problem) {
			admin(s, func(u *state.User) { u.SignIn.Services = state.Unknown[[]state.Credential](p) })
		}, []string{"IAM-18"}},
		"iam:ListSSHPublicKeys": {func(s *state.State, p state.Problem) {
			admin(s, func(u *state.User) { u.SignIn.SSHKeys = state.Unknown[[]state.Credential](p) })
		}, []string{"IAM-18"}},
		"iam:ListSigningCertificates": {func(s *state.State, p state.Problem) {
			admin(s, func(u *state.User) { u.SignIn.Certificates = state.Unknown[[]state.Credential](p) })
		}, []string{"IAM-18"}},
		"iam:ListUsers": {func(s *state.State, p state.Problem) {
			s.People.Passwords = state.Unknown[map[string]time.Time](p)
		}, []string{"IAM-13"}},
		"iam:GetCredentialReport": {func(s *state.State, p state.Problem) {
			s.People.RootUse = state.Unknown[state.RootUse](p)
		}, []string{"IAM-04"}},
		"iam:ListSAMLProviders": {func(s *state.State, p state.Problem) {
			s.People.SAML = state.Unknown[[]string](p)
		}, []string{"IAM-17"}},
		"iam:ListOpenIDConnectProviders": {func(s *state.State, p state.Problem) {
			s.People.OpenID = state.Unknown[[]string](p)
		}, []string{"IAM-17"}},
		"s3:HeadBucket": {func(s *state.State, p state.Problem) { s.DataBucket.Region = state.Unknown[string](p) }, []string{"S3-01", "ACC-04"}},
		"s3:GetBucketEncryption": {func(s *state.State, p state.Problem) {
			s.DataBucket.Encryption = state.Unknown[state.Encryption](p)
		}, []string{"S3-02", "KMS-01", "KMS-03", "KMS-04"}},
		"s3:GetPublicAccessBlock": {func(s *state.State, p state.Problem) {
			s.DataBucket.PublicAccess = state.Unknown[state.PublicAccess](p)
		}, []string{"S3-05"}},
		"s3:GetBucketPolicy":            {func(s *state.State, p state.Problem) { s.DataBucket.Policy = state.Unknown[string](p) }, []string{"S3-04", "S3-07", "S3-09", "S3-10", "S3-12", "S3-21"}},
		"s3:GetBucketPolicyStatus":      {func(s *state.State, p state.Problem) { s.DataBucket.PolicyPublic = state.Unknown[bool](p) }, []string{"S3-07"}},
		"s3:GetBucketOwnershipControls": {func(s *state.State, p state.Problem) { s.DataBucket.Ownership = state.Unknown[string](p) }, []string{"S3-08"}},
		"s3:GetBucketAcl": {func(s *state.State, p state.Problem) {
			s.DataBucket.Grants = state.Unknown[[]state.Grant](p)
		}, []string{"S3-08"}},
		"s3:GetBucketVersioning": {func(s *state.State, p state.Problem) { s.DataBucket.Versioning = state.Unknown[string](p) }, []string{"S3-11"}},
		"s3:GetBucketLifecycle": {func(s *state.State, p state.Problem) {
			s.DataBucket.Lifecycle = state.Unknown[[]state.LifecycleRule](p)
		}, []string{"S3-13"}},
		"s3:ListBucketIntelligentTieringConfigurations": {func(s *state.State, p state.Problem) {
			s.Inventory.ArchiveTiers = state.Unknown[[]string](p)
		}, []string{"S3-13"}},
		"s3control:GetPublicAccessBlock": {func(s *state.State, p state.Problem) {
			s.AccountPublicAccess = state.Unknown[state.PublicAccess](p)
		}, []string{"S3-06"}},
		"audit:HeadBucket": {func(s *state.State, p state.Problem) { s.AuditBucket.Region = state.Unknown[string](p) }, []string{"CT-09", "ACC-04"}},
		"audit:GetPublicAccessBlock": {func(s *state.State, p state.Problem) {
			s.AuditBucket.PublicAccess = state.Unknown[state.PublicAccess](p)
		}, []string{"CT-09"}},
		"audit:GetBucketEncryption": {func(s *state.State, p state.Problem) {
			s.AuditBucket.Encryption = state.Unknown[state.Encryption](p)
		}, []string{"CT-07", "KMS-01", "KMS-03", "KMS-04"}},
		"s3control:ListAccessPoints": {func(s *state.State, p state.Problem) {
			s.Inventory.AccessPoints = state.Unknown[[]state.AccessPoint](p)
		}, []string{"S3-10", "S3-21"}},
		"s3control:GetAccessPointPolicy": {func(s *state.State, p state.Problem) {
			s.Inventory.AccessPoints = state.Known([]state.AccessPoint{{Name: "lab", Buckets: []string{s.DataBucket.Name}, Policy: state.Unknown[string](p)}})
		}, []string{"S3-10", "S3-21"}},
		"s3control:ListMultiRegionAccessPoints": {func(s *state.State, p state.Problem) {
			s.Inventory.MultiRegion = state.Unknown[[]state.AccessPoint](p)
		}, []string{"S3-21"}},
		"s3control:ListAccessGrants": {func(s *state.State, p state.Problem) {
			s.Inventory.AccessGrants = state.Unknown[[]state.AccessGrant](p)
		}, []string{"S3-21"}},
		"s3:ListBuckets": {func(s *state.State, p state.Problem) {
			s.Inventory.Buckets = state.Unknown[[]state.OtherBucket](p)
		}, []string{"S3-16", "ACC-04"}},
		"organizations:DescribeOrganization": {func(s *state.State, p state.Problem) { s.Organization = state.Unknown[string](p) }, []string{"ACC-03"}},
		"organizations:DescribeEffectivePolicy": {func(s *state.State, p state.Problem) {
			s.AccountSettings.OptOut = state.Unknown[state.OptOut](p)
		}, []string{"ACC-03"}},
		"audit:GetBucketPolicy":            {func(s *state.State, p state.Problem) { s.AuditBucket.Policy = state.Unknown[string](p) }, []string{"CT-09", "S3-21"}},
		"audit:GetBucketPolicyStatus":      {func(s *state.State, p state.Problem) { s.AuditBucket.PolicyPublic = state.Unknown[bool](p) }, []string{"CT-09"}},
		"audit:GetBucketOwnershipControls": {func(s *state.State, p state.Problem) { s.AuditBucket.Ownership = state.Unknown[string](p) }, []string{"CT-09"}},
		"audit:GetBucketAcl": {func(s *state.State, p state.Problem) {
			s.AuditBucket.Grants = state.Unknown[[]state.Grant](p)
		}, []string{"CT-09"}},
		"audit:GetBucketVersioning": {func(s *state.State, p state.Problem) { s.AuditBucket.Versioning = state.Unknown[string](p) }, []string{"CT-09"}},
		"audit:GetBucketLifecycle": {func(s *state.State, p state.Problem) {
			s.AuditBucket.Lifecycle = state.Unknown[[]state.LifecycleRule](p)
		}, []string{"CT-10"}},
		"audit:GetObjectLockConfiguration": {func(s *state.State, p state.Problem) {
			s.AuditBucket.ObjectLock = state.Unknown[state.ObjectLock](p)
		}, []string{"CT-10"}},
		"cloudtrail:GetTrail": {func(s *state.State, p state.Problem) { s.Trail = state.Unknown[state.Trail](p) }, []string{"CT-01", "CT-02", "CT-03", "CT-09", "CT-07"}},
		"cloudtrail:GetTrailStatus": {func(s *state.State, p state.Problem) {
			s.TrailStatus = state.Unknown[state.TrailStatus](p)
		}, []string{"CT-01", "CT-06"}},
		"cloudtrail:GetEventSelectors": {func(s *state.State, p state.Problem) {
			s.TrailSelectors = state.Unknown[state.TrailSelectors](p)
		}, []string{"CT-04", "CT-05", "S3-14"}},
		"bedrock:GetAccountDataRetention": {func(s *state.State, p state.Problem) { s.Retention = state.Unknown[string](p) }, []string{"BDR-01"}},
		"bedrock:GetInferenceProfile": {func(s *state.State, p state.Problem) {
			s.Models[0].Destinations = state.Unknown[[]string](p)
		}, []string{"BDR-04"}},
		"bedrock:GetFoundationModelAvailability": {func(s *state.State, p state.Problem) {
			s.Models[0].Availability = state.Unknown[state.Access](p)
		}, []string{"BDR-05"}},
		"bedrock:GetFoundationModel": {func(s *state.State, p state.Problem) {
			s.Monitoring.Lifecycles[0].Status = state.Unknown[string](p)
		}, []string{"BDR-06"}},
		"bedrock:GetModelInvocationLoggingConfigu": {func(s *state.State, p state.Problem) {
			s.InvocationLogging = state.Unknown[state.InvocationLogging](p)
		}, []string{"BDR-07"}},
		"guardduty:ListDetectors": {func(s *state.State, p state.Problem) {
			s.Monitoring.GuardDuty = state.Unknown[state.GuardDuty](p)
		}, []string{"MON-03"}},
		"access-analyzer:ListFindingsV2": {func(s *state.State, p state.Problem) {
			s.Monitoring.Findings = state.Unknown[[]state.AccessFinding](p)
		}, []string{"MON-05"}},
		"bedrock-mantle:GetAccountDataRetention": {func(s *state.State, p state.Problem) {
			s.Monitoring.Mantle = state.Unknown[state.Mantle](p)
		}, []string{"BDR-02"}},
		"transcribe:ListTranscriptionJobs": {func(s *state.State, p state.Problem) {
			s.TranscriptionJobs = state.Unknown[[]state.TranscriptionJob](p)
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
				shows(id, catalogue.Unknown)
			}
			switch {
			case needs && (f.Status != catalogue.Unknown || !strings.Contains(f.Reason, operation)):
				t.Errorf("without %s, %s is %s: %s", operation, id, f.Status, f.Reason)
			case !needs && f.Status != catalogue.Pass && f.Status != catalogue.NotApplicable && f.Status != catalogue.Attested:
				t.Errorf("without %s, %s is %s: %s", operation, id, f.Status, f.Reason)
			}
		}
	}
	for id, f := range judgeAll(t, good()) {
		if f.Family == catalogue.FamilyPractice || f.Family == catalogue.FamilyWorkstation { // need the register or the computer alone; their own tests hide those
			continue
		}
		// Those are read from the trail's own files and events, from the register or from the ledger.
		if elsewhere := []string{"CT-11", "CT-14", "BAA-04", "BAA-05", "MON-20", "TRN-06"}; !covered[id] && !slices.Contains(elsewhere, id) {
			t.Errorf("no read is known that %s needs", id)
		}
	}
	// An account that could not be read at all passes nothing.
	nothing := state.State{Account: account, Region: "us-east-1", DataBucket: state.Bucket{Name: "d"}, AuditBucket: state.Bucket{Name: "a"}, Models: []state.Model{{Profile: "us.x.y"}}}
	for id, f := range judgeKnowing(t, catalogue.Core, nothing, settings(), Facts{Now: now}) {
		if f.Status != catalogue.Unknown {
			t.Errorf("with nothing read, %s is %s: %s", id, f.Status, f.Reason)
		}
	}
}
