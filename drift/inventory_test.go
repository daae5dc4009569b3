package drift

import (
	"strings"
	"testing"
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision"
	"claria/provision/state"
)

func strictly() state.Settings {
	s := settings()
	s.Strict = true
	return s
}

// goodStrict returns a good account of the strict profile.
func goodStrict() state.State {
	s := good()
	want := provision.Desired(strictly())
	s.DataBucket.Encryption, s.AuditBucket.Encryption = want.DataBucket.Encryption, want.AuditBucket.Encryption
	s.DataBucket.EventBridge, s.DataBucket.Policy = want.DataBucket.EventBridge, want.DataBucket.Policy
	s.AuditBucket.ObjectLock, s.Trail, s.Policies = want.AuditBucket.ObjectLock, want.Trail, want.Policies
	buckets := s.Inventory.Buckets
	s.Inventory = want.Inventory
	s.Inventory.Buckets = buckets
	edit(&s.Inventory.Key, func(k state.Key) state.Key {
		k.ARN = "arn:aws:kms:us-east-1:" + account + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
		return k
	})
	key, _ := s.Inventory.Key.Value()
	for _, b := range []*state.Bucket{&s.DataBucket, &s.AuditBucket} {
		edit(&b.Encryption, func(e state.Encryption) state.Encryption { e.Key = key.ARN; return e })
	}
	edit(&s.Trail, func(t state.Trail) state.Trail { t.Key = key.ARN; return t })
	return s
}

// TestStrictEstate has, for the controls of storage, keys and trail that the strict
// profile adds or changes, accounts that pass, fail and are unknown.
func TestStrictEstate(t *testing.T) {
	t.Parallel()
	hidden := denied
	other := func(s *state.State, change func(*state.OtherBucket)) {
		edit(&s.Inventory.Buckets, func(all []state.OtherBucket) []state.OtherBucket { change(&all[0]); return all })
	}
	copied := func(s *state.State, change func(*state.OtherBucket, *state.Replication)) {
		r := state.Replication{ID: "all", Enabled: true, Bucket: "the-copy"}
		other(s, func(b *state.OtherBucket) {
			edit(&b.Policy, func(p string) string { return strings.ReplaceAll(p, b.Name, "the-copy") })
			b.Name, b.Region = "the-copy", "us-west-2"
			change(b, &r)
		})
		s.Inventory.Replication = state.Known([]state.Replication{r})
	}
	group := func(s *state.State, text string) {
		s.Groups = state.Known([]state.Group{{Name: "office", Inline: []state.NamedDocument{{Name: "keys", Document: statement(text)}}}})
	}
	nothing := func(*state.State) {}
	for _, c := range []struct {
		id, name string
		change   func(*state.State)
		want     catalogue.Status
		says     string
	}{
		{"S3-02", "our key", nothing, catalogue.Pass, "aws:kms with key"},
		{"S3-02", "another key", func(s *state.State) {
			edit(&s.DataBucket.Encryption, func(e state.Encryption) state.Encryption { e.Key += "0"; return e })
		}, catalogue.Fail, "not the declared one"},
		{"S3-03", "our key", nothing, catalogue.Pass, "aws:kms"},
		{"S3-03", "logs without it", func(s *state.State) {
			s.AuditBucket.Encryption = state.Known(state.Encryption{Algorithm: "AES256"})
		}, catalogue.Fail, "AES-256"},
		{"S3-03", "not read", func(s *state.State) {
			s.AuditBucket.Encryption = state.Unknown[state.Encryption](hidden("s3:GetBucketEncryption"))
		}, catalogue.Unknown, "s3:GetBucketEncryption"},
		{"S3-04", "a stranger's key is refused", nothing, catalogue.Pass, "refused"},
		{"S3-14", "by the bucket's own log", func(s *state.State) {
			s.TrailSelectors = state.Known(state.TrailSelectors{})
			s.Inventory.Logging = state.Known(state.AccessLog{Bucket: "elsewhere"})
		}, catalogue.Pass, "access log into elsewhere"},
		{"S3-14", "among the records", func(s *state.State) {
			s.TrailSelectors = state.Known(state.TrailSelectors{})
			s.Inventory.Logging = state.Known(state.AccessLog{Bucket: s.DataBucket.Name})
		}, catalogue.Fail, "among the records"},
		{"S3-14", "neither", func(s *state.State) { s.TrailSelectors = state.Known(state.TrailSelectors{}) }, catalogue.Fail, "no access log"},
		{"S3-14", "the other not read", func(s *state.State) {
			s.TrailSelectors = state.Known(state.TrailSelectors{})
			s.Inventory.Logging = state.Unknown[state.AccessLog](hidden("s3:GetBucketLogging"))
		}, catalogue.Unknown, "s3:GetBucketLogging"},
		{"S3-15", "none, unsigned", nothing, catalogue.AttestDue, "no replication"},
		{"S3-15", "to another region", func(s *state.State) { copied(s, func(*state.OtherBucket, *state.Replication) {}) }, catalogue.Pass, "the-copy (us-west-2)"},
		{"S3-15", "to the same region", func(s *state.State) {
			copied(s, func(b *state.OtherBucket, _ *state.Replication) { b.Region = "us-east-1" })
		}, catalogue.Fail, "same region"},
		{"S3-15", "abroad", func(s *state.State) {
			copied(s, func(b *state.OtherBucket, _ *state.Replication) { b.Region = "eu-west-1" })
		}, catalogue.Fail, "leaves the geography"},
		{"S3-15", "to another account", func(s *state.State) {
			copied(s, func(_ *state.OtherBucket, r *state.Replication) { r.Account = "444455556666" })
		}, catalogue.Fail, "444455556666"},
		{"S3-15", "into an open bucket", func(s *state.State) {
			copied(s, func(b *state.OtherBucket, _ *state.Replication) {
				b.PublicAccess = state.Absent[state.PublicAccess]()
			})
		}, catalogue.Fail, "made public"},
		{"S3-15", "only some records", func(s *state.State) {
			copied(s, func(_ *state.OtherBucket, r *state.Replication) { r.Prefix = "records/" })
		}, catalogue.Fail, "only some records"},
		{"S3-15", "not read", func(s *state.State) {
			s.Inventory.Replication = state.Unknown[[]state.Replication](hidden("s3:GetBucketReplication"))
		}, catalogue.Unknown, "s3:GetBucketReplication"},
		{"S3-16", "one, shut", nothing, catalogue.Pass, "1 other bucket"},
		{"S3-16", "none", func(s *state.State) { s.Inventory.Buckets = state.Known([]state.OtherBucket{}) }, catalogue.Pass, "no bucket other than"},
		{"S3-16", "no block", func(s *state.State) {
			other(s, func(b *state.OtherBucket) { b.PublicAccess = state.Absent[state.PublicAccess]() })
		}, catalogue.Fail, "cloudformation-templates: no public-access block"},
		{"S3-16", "public", func(s *state.State) {
			other(s, func(b *state.OtherBucket) {
				b.PolicyPublic = state.Known(true)
				b.Policy = state.Known(statement(`{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cloudformation-templates/*"}`))
			})
		}, catalogue.Fail, "“Open” allows everyone"},
		{"S3-16", "plain HTTP", func(s *state.State) {
			other(s, func(b *state.OtherBucket) {
				b.Policy, b.PolicyPublic = state.Absent[string](), state.Absent[bool]()
			})
		}, catalogue.Fail, "insecure connections"},
		{"S3-16", "one not read", func(s *state.State) {
			other(s, func(b *state.OtherBucket) {
				b.Encryption = state.Unknown[state.Encryption](hidden("s3:GetBucketEncryption"))
			})
		}, catalogue.Unknown, "cloudformation-templates: s3:GetBucketEncryption"},
		{"S3-17", "none", nothing, catalogue.Pass, "no website, CORS or access point"},
		{"S3-17", "a website", func(s *state.State) { s.DataBucket.Website = state.Known(true) }, catalogue.Fail, "served as a website"},
		{"S3-17", "CORS", func(s *state.State) { s.AuditBucket.CORS = state.Known(2) }, catalogue.Fail, "2 CORS rules"},
		{"S3-17", "an access point", func(s *state.State) {
			s.Inventory.AccessPoints = state.Known([]state.AccessPoint{{Name: "side", Buckets: []string{s.DataBucket.Name}}})
		}, catalogue.Fail, "access point side"},
		{"S3-17", "a multi-region access point", func(s *state.State) {
			s.Inventory.MultiRegion = state.Known([]state.AccessPoint{{Name: "far", Buckets: []string{s.DataBucket.Name}}})
		}, catalogue.Fail, "multi-region access point far"},
		{"S3-17", "a stranger is told", func(s *state.State) {
			s.Inventory.Targets = state.Known([]string{"arn:aws:sqs:us-east-1:444455556666:spy"})
		}, catalogue.Fail, "444455556666:spy"},
		{"S3-17", "not read", func(s *state.State) {
			s.Inventory.AccessPoints = state.Unknown[[]state.AccessPoint](hidden("s3control:ListAccessPoints"))
		}, catalogue.Unknown, "s3control:ListAccessPoints"},
		{"S3-18", "on", nothing, catalogue.Pass, "on"},
		{"S3-18", "off", func(s *state.State) { s.DataBucket.EventBridge = state.Known(false) }, catalogue.Fail, "does not send"},
		{"S3-18", "not read", func(s *state.State) {
			s.DataBucket.EventBridge = state.Unknown[bool](hidden("s3:GetBucketNotificationConfiguration"))
		}, catalogue.Unknown, "s3:GetBucketNotification"},
		{"S3-19", "never tried", nothing, catalogue.AttestDue, "no restore was tested"},
		{"S3-20", "access lists off", nothing, catalogue.NotApplicable, "BucketOwnerEnforced"},
		{"S3-20", "on, but ignored", func(s *state.State) { s.DataBucket.Ownership = state.Known("ObjectWriter") }, catalogue.Pass, "ignored"},
		{"S3-20", "on", func(s *state.State) {
			s.DataBucket.Ownership, s.DataBucket.PublicAccess = state.Known("ObjectWriter"), state.Absent[state.PublicAccess]()
		}, catalogue.Fail, "single record"},
		{"S3-20", "not read", func(s *state.State) {
			s.DataBucket.Ownership = state.Unknown[string](hidden("s3:GetBucketOwnershipControls"))
		}, catalogue.Unknown, "s3:GetBucketOwnershipControls"},

		{"KMS-01", "enabled", nothing, catalogue.Pass, "enabled"},
		{"KMS-01", "disabled", func(s *state.State) {
			edit(&s.Inventory.Key, func(k state.Key) state.Key { k.State = "Disabled"; return k })
		}, catalogue.Fail, "not enabled"},
		{"KMS-01", "in many regions", func(s *state.State) {
			edit(&s.Inventory.Key, func(k state.Key) state.Key { k.MultiRegion = true; return k })
		}, catalogue.Fail, "multi-region"},
		{"KMS-01", "none", func(s *state.State) { s.Inventory.Key = state.Absent[state.Key]() }, catalogue.Fail, "does not exist"},
		{"KMS-01", "not read", func(s *state.State) { s.Inventory.Key = state.Unknown[state.Key](hidden("kms:DescribeKey")) }, catalogue.Unknown, "kms:DescribeKey"},
		{"KMS-02", "on", nothing, catalogue.Pass, "365 days"},
		{"KMS-02", "off", func(s *state.State) { s.Inventory.KeyRotation = state.Known(state.Rotation{}) }, catalogue.Fail, "never renewed"},
		{"KMS-02", "seldom", func(s *state.State) {
			s.Inventory.KeyRotation = state.Known(state.Rotation{On: true, Days: 2560})
		}, catalogue.Fail, "2,560 days"},
		{"KMS-02", "not read", func(s *state.State) {
			s.Inventory.KeyRotation = state.Unknown[state.Rotation](hidden("kms:GetKeyRotationStatus"))
		}, catalogue.Unknown, "kms:GetKeyRotationStatus"},
		{"KMS-03", "stays", nothing, catalogue.Pass, "not scheduled"},
		{"KMS-03", "going", func(s *state.State) {
			edit(&s.Inventory.Key, func(k state.Key) state.Key {
				k.State, k.Deletion = "PendingDeletion", now.AddDate(0, 0, 7)
				return k
			})
		}, catalogue.Fail, "2026-11-28"},
		{"KMS-03", "not read", func(s *state.State) { s.Inventory.Key = state.Unknown[state.Key](hidden("kms:DescribeKey")) }, catalogue.Unknown, "kms:DescribeKey"},
		{"KMS-04", "ours", nothing, catalogue.Pass, "this account"},
		{"KMS-04", "public", func(s *state.State) {
			s.Inventory.KeyPolicy = state.Known(statement(`{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}`))
		}, catalogue.Fail, "everyone"},
		{"KMS-04", "callers of our account", func(s *state.State) {
			s.Inventory.KeyPolicy = state.Known(statement(`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Decrypt"], "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}`))
		}, catalogue.Pass, "only this account"},
		{"KMS-04", "callers of another account", func(s *state.State) {
			s.Inventory.KeyPolicy = state.Known(statement(`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Decrypt"], "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "444455556666"}}}`))
		}, catalogue.Fail, "444455556666"},
		{"KMS-04", "another account", func(s *state.State) {
			s.Inventory.KeyPolicy = state.Known(statement(`{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "kms:*", "Resource": "*"}`))
		}, catalogue.Fail, "444455556666"},
		{"KMS-04", "a grant", func(s *state.State) {
			s.Inventory.KeyGrants = state.Known([]state.KeyGrant{{Grantee: "arn:aws:iam::444455556666:role/spy", Operations: []string{"Decrypt"}}})
		}, catalogue.Fail, "role/spy"},
		{"KMS-04", "grants not read", func(s *state.State) {
			s.Inventory.KeyGrants = state.Unknown[[]state.KeyGrant](hidden("kms:ListGrants"))
		}, catalogue.Unknown, "kms:ListGrants"},
		{"KMS-05", "our own use of one key", nothing, catalogue.Pass, "none of"},
		{"KMS-05", "every key", func(s *state.State) { group(s, `{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}`) }, catalogue.Fail, "kms:Decrypt"},
		{"KMS-05", "every key of the account, through S3", func(s *state.State) {
			group(s, `{"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:us-east-1:111122223333:key/*", "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}`)
		}, catalogue.Fail, "group office"},
		{"KMS-05", "one key", func(s *state.State) {
			group(s, `{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:111122223333:key/1234abcd"}`)
		}, catalogue.Pass, ""},
		{"KMS-05", "not read", func(s *state.State) { s.Groups = state.Unknown[[]state.Group](hidden("iam:groups")) }, catalogue.Unknown, "iam:groups"},

		{"CT-07", "our key", nothing, catalogue.Pass, "with key"},
		{"CT-07", "none", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail { t.Key = ""; return t })
		}, catalogue.Fail, "not encrypted with the practice's own key"},
		{"CT-07", "not read", func(s *state.State) { s.Trail = state.Unknown[state.Trail](hidden("cloudtrail:GetTrail")) }, catalogue.Unknown, "cloudtrail:GetTrail"},
		{"CT-08", "not set", nothing, catalogue.Fail, "not in CloudWatch Logs"},
		{"CT-08", "delivered", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail {
				t.LogGroup = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*"
				return t
			})
			edit(&s.TrailStatus, func(t state.TrailStatus) state.TrailStatus { t.LatestForward = now.Add(-time.Hour); return t })
		}, catalogue.Pass, "1 hour ago"},
		{"CT-08", "silent", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail { t.LogGroup = "g"; return t })
			edit(&s.TrailStatus, func(t state.TrailStatus) state.TrailStatus { t.LatestForward = now.AddDate(0, 0, -3); return t })
		}, catalogue.Fail, "3 days"},
		{"CT-08", "not read", func(s *state.State) { s.Trail = state.Unknown[state.Trail](hidden("cloudtrail:GetTrail")) }, catalogue.Unknown, "cloudtrail:GetTrail"},
		{"CT-10", "nobody can delete", nothing, catalogue.Pass, "COMPLIANCE"},
		{"CT-10", "an administrator can", func(s *state.State) {
			edit(&s.AuditBucket.ObjectLock, func(l state.ObjectLock) state.ObjectLock { l.Mode = "GOVERNANCE"; return l })
		}, catalogue.Fail, "administrator"},
		{"CT-12", "on", nothing, catalogue.Pass, "ApiCallRateInsight"},
		{"CT-12", "off", func(s *state.State) { s.Inventory.Insights = state.Absent[[]string]() }, catalogue.Fail, "does not detect"},
		{"CT-12", "one of two", func(s *state.State) { s.Inventory.Insights = state.Known([]string{"ApiCallRateInsight"}) }, catalogue.Fail, "ApiErrorRateInsight"},
		{"CT-12", "not read", func(s *state.State) {
			s.Inventory.Insights = state.Unknown[[]string](hidden("cloudtrail:GetInsightSelectors"))
		}, catalogue.Unknown, "cloudtrail:GetInsightSelectors"},
		{"CT-13", "nobody looked", nothing, catalogue.AttestDue, "nobody has signed"},
	} {
		shows(c.id, c.want)
		t.Run(c.id+"/"+c.name, func(t *testing.T) {
			s := goodStrict()
			c.change(&s)
			known := facts()
			known.Register = state.Absent[register.Register]()
			f := judgeThe(t, c.id, catalogue.Strict, s, strictly(), known)
			if text := f.Observed + " | " + f.Reason; f.Status != c.want || !strings.Contains(text, c.says) {
				t.Errorf("%s: %s, want %s with %q", f.Status, text, c.want, c.says)
			}
		})
	}
}

// Without the strict profile there is no key to lose, and the finding proves it.
func TestNoKeyOfOnesOwn(t *testing.T) {
	t.Parallel()
	for id, f := range judgeKnowing(t, catalogue.Strict, good(), settings(), facts()) {
		if want := map[string]string{"S3-03": "SSE-S3", "KMS-01": "SSE-S3", "KMS-02": "SSE-S3", "KMS-03": "SSE-S3", "KMS-04": "SSE-S3", "S3-18": "declared off", "CT-12": "not declared"}[id]; want != "" &&
			(f.Status != catalogue.NotApplicable || !strings.Contains(f.Observed, want)) {
			t.Errorf("%s: %s %s %s", id, f.Status, f.Observed, f.Reason)
		}
	}
	s := good()
	s.AuditBucket.Encryption = state.Known(state.Encryption{Algorithm: "aws:kms", Key: "arn:aws:kms:us-east-1:444455556666:key/x"})
	if f := judgeAll(t, s)["KMS-03"]; f.Status != catalogue.Unknown || !strings.Contains(f.Reason, "not declared") {
		t.Errorf("a key that nobody declared: %+v", f)
	}
	if f := judgeAll(t, s)["CT-07"]; f.Status != catalogue.Fail {
		t.Errorf("logs with a stranger's key: %+v", f)
	}
}

// A key that the strict profile left behind is checked: records keep the key that
// they were stored under.
func TestTheKeyOfAProfileThatWasLeft(t *testing.T) {
	t.Parallel()
	left := settings()
	left.KeyKept = true
	key := state.Key{ARN: "arn:aws:kms:us-east-1:" + account + ":key/k", State: "Enabled", Spec: "SYMMETRIC_DEFAULT", Usage: "ENCRYPT_DECRYPT", Manager: "CUSTOMER"}
	judged := func(key state.Reading[state.Key]) (Finding, Finding) {
		s := good()
		s.Inventory.Key = key
		all := judgeWith(t, s, left)
		return all["KMS-01"], all["KMS-03"]
	}
	if works, stays := judged(state.Known(key)); works.Status != catalogue.Pass || stays.Status != catalogue.Pass {
		t.Errorf("%+v %+v", works, stays)
	}
	key.State = "PendingDeletion"
	if works, stays := judged(state.Known(key)); works.Status != catalogue.Fail || stays.Status != catalogue.Fail || stays.Remedy != catalogue.Guided {
		t.Errorf("%+v %+v", works, stays)
	}
	if works, stays := judged(state.Unknown[state.Key](state.Problem{Operation: "kms:DescribeKey", Kind: aws.Denied})); works.Status != catalogue.Unknown || stays.Status != catalogue.Unknown {
		t.Errorf("%+v %+v", works, stays)
	}
	if works, stays := judged(state.Absent[state.Key]()); works.Status != catalogue.NotApplicable || stays.Status != catalogue.NotApplicable {
		t.Errorf("%+v %+v", works, stays)
	}
}

// What the trail proves about itself, and who changed it.
func TestTheTrailItself(t *testing.T) {
	t.Parallel()
	at := now.Add(-24 * time.Hour)
	trail := "arn:aws:cloudtrail:us-east-1:" + account + ":trail/claria-trail"
	event := func(name, actor string, on ...string) audit.Event {
		source := "cloudtrail.amazonaws.com"
		switch {
		case strings.Contains(name, "Bucket"):
			source = "s3.amazonaws.com"
		case strings.Contains(name, "MFA"), strings.Contains(name, "AccessKey"):
			source = "iam.amazonaws.com"
		}
		return audit.Event{At: at, Name: name, Source: source, Actor: actor, ARN: "arn:aws:iam::" + account + ":" + actor, Key: "AKIA…1", Address: "203.0.113.7", Resources: on}
	}
	root := event("UpdateTrail", "root", trail)
	mended := event("UpdateTrail", "x", trail)
	mended.ARN = "arn:aws:sts::" + account + ":assumed-role/claria-provisioner/claria-mend"
	refused := event("StopLogging", "user bob", trail)
	refused.Error = "AccessDenied"
	made := event("CreateTrail", "root", trail)
	elsewhere := root
	elsewhere.Address = "198.51.100.9"
	waived := func(after time.Duration) state.Reading[register.Register] {
		return state.Known(register.Register{Waivers: []register.Waiver{{Control: "CT-14", Owner: "Dr. Y", Reason: "it was me", At: at.Add(after), Ends: at.Add(after + time.Hour)}}})
	}
	events := func(all ...audit.Event) func(*Facts) {
		return func(f *Facts) { f.Trail.Writes = state.Known(all) }
	}
	for _, c := range []struct {
		id, name string
		change   func(*Facts)
		want     catalogue.Status
		says     string
	}{
		{"CT-14", "nothing", events(), catalogue.Pass, "none since"},
		{"CT-14", "by root", events(root), catalogue.Fail, "UpdateTrail by root from 203.0.113.7"},
		{"CT-14", "stopped by a user", events(event("StopLogging", "user bob", "claria-trail")), catalogue.Fail, "user bob"},
		{"CT-14", "another trail", events(event("StopLogging", "user bob", "other-trail")), catalogue.Pass, ""},
		{"CT-14", "the audit bucket's policy", events(event("PutBucketPolicy", "user bob", account+"-claria-audit")), catalogue.Fail, "PutBucketPolicy"},
		{"CT-14", "another bucket's policy", events(event("PutBucketPolicy", "user bob", "other")), catalogue.Pass, ""},
		{"CT-14", "it does not say on what", events(event("DeleteTrail", "user bob")), catalogue.Fail, "DeleteTrail"},
		{"CT-14", "refused", events(refused), catalogue.Pass, ""},
		{"CT-14", "by the provisioner", events(mended), catalogue.Pass, ""},
		{"CT-14", "somebody's own second factor for claria-admin", events(event("EnableMFADevice", "user bob", "claria-admin", "arn:aws:iam::"+account+":mfa/other")), catalogue.Fail, "EnableMFADevice by user bob"},
		{"CT-14", "the second factor taken away", events(event("DeactivateMFADevice", "root", "claria-admin"), made), catalogue.Pass, "none since"},
		{"CT-14", "the second factor taken away later", events(event("DeactivateMFADevice", "root", "claria-admin")), catalogue.Fail, "DeactivateMFADevice by root"},
		{"CT-14", "a key for claria-auditor", events(event("CreateAccessKey", "user bob", "claria-auditor")), catalogue.Fail, "CreateAccessKey by user bob"},
		{"CT-14", "a key for somebody else", events(event("CreateAccessKey", "user bob", "carol")), catalogue.Pass, ""},
		{"CT-14", "a key for oneself", events(event("CreateAccessKey", "user bob")), catalogue.Pass, ""},
		{"CT-14", "by set-up", events(root, event("PutBucketPolicy", "root", account+"-claria-audit"), made), catalogue.Pass, ""},
		{"CT-14", "another trail was made, which is no excuse", events(root, event("CreateTrail", "root", "decoy")), catalogue.Fail, "UpdateTrail by root"},
		{"CT-14", "acknowledged ahead of time", func(f *Facts) { events(root)(f); f.Register = waived(now.Sub(at) + time.Hour) }, catalogue.Fail, "UpdateTrail"},
		{"CT-14", "from another address than set-up", events(elsewhere, made), catalogue.Fail, "198.51.100.9"},
		{"CT-14", "set-up does not stop the trail", events(event("StopLogging", "root", trail), made), catalogue.Fail, "StopLogging"},
		{"CT-14", "acknowledged, and the waiver has ended", func(f *Facts) { events(root)(f); f.Register = waived(time.Hour) }, catalogue.Pass, "1 event, acknowledged"},
		{"CT-14", "acknowledged before it happened", func(f *Facts) { events(root)(f); f.Register = waived(-time.Minute) }, catalogue.Fail, "UpdateTrail"},
		{"CT-14", "a running waiver does not cover what comes after it", func(f *Facts) {
			events(root)(f)
			f.Register = state.Known(register.Register{Waivers: []register.Waiver{{Control: "CT-14", Owner: "Dr. Y", Reason: "r", Compensating: "c", At: at.Add(-time.Hour), Ends: now.AddDate(0, 1, 0)}}})
		}, catalogue.Fail, "UpdateTrail"},
		{"CT-14", "acknowledged or not, unread", func(f *Facts) { events(root)(f); f.Register = state.Unknown[register.Register](denied("s3:GetObject")) }, catalogue.Unknown, "s3:GetObject"},
		{"CT-14", "not read", func(f *Facts) { f.Trail.Writes = state.Unknown[[]audit.Event](denied("cloudtrail:LookupEvents")) }, catalogue.Unknown, "cloudtrail:LookupEvents"},
		{"CT-14", "more than was read", func(f *Facts) { f.Trail.Complete = false }, catalogue.Unknown, "more changes"},
		{"CT-11", "verified", func(*Facts) {}, catalogue.Pass, "168 digests and 900 log files"},
		{"CT-11", "one is missing", func(f *Facts) {
			f.Trail.Digests = state.Known(audit.Digests{Digests: 100, Problems: []string{"no digest from 02:00 to 04:00"}})
		}, catalogue.Fail, "02:00 to 04:00"},
		{"CT-11", "in part", func(f *Facts) {
			f.Trail.Digests = state.Known(audit.Digests{Digests: 100, Partial: "it took too long"})
		}, catalogue.Unknown, "too long"},
		{"CT-11", "none at all", func(f *Facts) { f.Trail.Digests = state.Known(audit.Digests{}) }, catalogue.Fail, "no digest"},
		{"CT-11", "not read", func(f *Facts) { f.Trail.Digests = state.Unknown[audit.Digests](denied("s3:ListObjectsV2")) }, catalogue.Unknown, "s3:ListObjectsV2"},
	} {
		shows(c.id, c.want)
		t.Run(c.id+"/"+c.name, func(t *testing.T) {
			known := facts()
			c.change(&known)
			f := judgeThe(t, c.id, catalogue.Core, good(), settings(), known)
			if text := f.Observed + " | " + f.Reason; f.Status != c.want || !strings.Contains(text, c.says) {
				t.Errorf("%s: %s, want %s with %q", f.Status, text, c.want, c.says)
			}
		})
	}
	s := good()
	s.TrailStatus = state.Known(state.TrailStatus{Logging: true, Started: now.Add(-20 * time.Minute)})
	known := facts()
	known.Trail.Digests = state.Known(audit.Digests{})
	if f := judgeKnowing(t, catalogue.Core, s, settings(), known)["CT-11"]; f.Status != catalogue.Pass || !strings.Contains(f.Observed, "first digest expected") {
		t.Errorf("a new trail: %+v", f)
	}
}

// A restore is known from the register.
func TestRestoreDrills(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		register state.Reading[register.Register]
		want     catalogue.Status
		says     string
	}{
		"worked":   {state.Known(register.Register{Drills: []register.Drill{{At: register.DateOf(now.AddDate(0, 0, -10)), Kind: "restore", By: "Dr. Y", Worked: true, Minutes: 4}}}), catalogue.Pass, "in 4 minutes"},
		"did not":  {state.Known(register.Register{Drills: []register.Drill{{At: register.DateOf(now.AddDate(0, 0, -10)), Kind: "restore", By: "Dr. Y"}}}), catalogue.Fail, "did not work"},
		"long ago": {state.Known(register.Register{Drills: []register.Drill{{At: register.DateOf(now.AddDate(0, 0, -100)), Kind: "restore", By: "Dr. Y", Worked: true}}}), catalogue.AttestDue, "90 days"},
		"unread":   {state.Unknown[register.Register](denied("s3:GetObject")), catalogue.Unknown, "s3:GetObject"},
	} {
		shows("S3-19", c.want)
		known := facts()
		known.Register = c.register
		f := judgeKnowing(t, catalogue.Strict, good(), settings(), known)["S3-19"]
		if text := f.Observed + " | " + f.Reason; f.Status != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s: %s: %s", name, f.Status, text)
		}
	}
}
