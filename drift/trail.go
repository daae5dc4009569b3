package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
	"claria/provision/state"
)

func (in *judgement) trailName() string {
	if t, ok := in.observed.Trail.Value(); ok {
		return "trail " + t.Name
	}
	t, _ := in.desired.Trail.Value()
	return "trail " + t.Name
}

const noTrail = "there is no such trail"

func judgeTrailLogging(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Trail, p.missing("no such trail", noTrail), func(state.Trail) {
		withReading(&p, in.observed.TrailStatus, p.missing("no such trail", noTrail), func(s state.TrailStatus) {
			if s.Logging {
				p.ok("recording")
				return
			}
			p.bad("stopped", "the trail exists but records nothing")
		})
	})
	return p.verdict(in.trailName(), "recording (IsLogging true)")
}

func judgeTrailRegions(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Trail, p.missing("no such trail", noTrail), func(t state.Trail) {
		if !t.MultiRegion {
			p.bad("one region only ("+t.HomeRegion+")", "the trail does not record other regions")
		}
		if !t.GlobalServices {
			p.bad("global services left out", "the trail does not record sign-ins and changes of identities")
		}
		p.ok("all regions and global services")
	})
	return p.verdict(in.trailName(), "all regions (IsMultiRegionTrail) and global services (IncludeGlobalServiceEvents)")
}

func judgeTrailValidation(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Trail, p.missing("no such trail", noTrail), func(t state.Trail) {
		if t.Validation {
			p.ok("on")
			return
		}
		p.bad("off", "nobody would notice a changed or removed log file")
	})
	return p.verdict(in.trailName(), "on (LogFileValidationEnabled true)")
}

func judgeManagementEvents(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.TrailSelectors, p.missing("no such trail", noTrail), func(s state.TrailSelectors) {
		in.selected(&p, s, "management events", managementEvents(s))
	})
	return p.verdict(in.trailName(), "management events, read and write, of every service")
}

func judgeDataEvents(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.TrailSelectors, p.missing("no such trail", noTrail), func(s state.TrailSelectors) {
		in.selected(&p, s, "record", dataEvents(s, "arn:aws:s3:::"+in.observed.DataBucket.Name+"/"))
	})
	return p.verdict(in.trailName()+" for "+in.dataBucket(), "data events, read and write, of every object of the data bucket")
}

// selected notes whether the selectors together record both reads and writes of
// something: each event that can happen must match one of them.
func (in *judgement) selected(p *evidence, s state.TrailSelectors, what string, events eventFields) {
	reads, writes := events.recorded(s, "true"), events.recorded(s, "false")
	switch {
	case reads && writes:
		p.ok("reads and writes")
	case reads:
		p.bad("reads only", what+" writes are not recorded")
	case writes:
		p.bad("writes only", what+" reads are not recorded")
	default:
		p.bad("not recorded", "the trail records neither all "+what+" reads nor all writes")
	}
}

// eventFields are the values that the fields of some events can have, as far as selectors
// can tell them apart: the values that a selector names, and one that none names.
type eventFields map[string][]string

// unnamed is a part of values that no selector names.
const unnamed = "qjx9"

// recorded reports whether all events that only read, or do not, match a selector.
func (e eventFields) recorded(s state.TrailSelectors, readOnly string) bool {
	fields := []string{"readOnly"}
	for field := range e {
		if slices.ContainsFunc(s.Advanced, func(one state.Selector) bool {
			return slices.ContainsFunc(one.Fields, func(f state.SelectorField) bool { return f.Field == field })
		}) {
			fields = append(fields, field)
		}
	}
	event := map[string]string{}
	var every func(i int) bool
	every = func(i int) bool {
		if i == len(fields) {
			return impossible(event) || slices.ContainsFunc(s.Advanced, func(one state.Selector) bool { return matches(one, event) })
		}
		values := e[fields[i]]
		if fields[i] == "readOnly" {
			values = []string{readOnly}
		}
		for _, v := range values {
			event[fields[i]] = v
			if !every(i + 1) {
				return false
			}
		}
		return true
	}
	return every(0)
}

// matches reports whether an event matches a selector. A selector with a field that is not
// known does not count, nor one without a category.
func matches(s state.Selector, event map[string]string) bool {
	category := false
	for _, f := range s.Fields {
		value, known := event[f.Field]
		if !known || !admits(f, value) {
			return false
		}
		category = category || f.Field == "eventCategory"
	}
	return category
}

// named adds to the values of a field what the selectors name.
func named(s state.TrailSelectors, field string, values ...string) []string {
	for _, one := range s.Advanced {
		for _, f := range one.Fields {
			if f.Field != field {
				continue
			}
			values = slices.Concat(values, f.Equals, f.NotEquals)
			for _, start := range slices.Concat(f.StartsWith, f.NotStartsWith) {
				values = append(values, start+unnamed)
			}
			for _, end := range slices.Concat(f.EndsWith, f.NotEndsWith) {
				values = append(values, unnamed+end)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// managementEvents are the management events of every service.
func managementEvents(s state.TrailSelectors) eventFields {
	return eventFields{
		"eventCategory":                {"Management"},
		"eventSource":                  named(s, "eventSource", unnamed+".amazonaws.com", "kms.amazonaws.com", "rdsdata.amazonaws.com"),
		"eventName":                    named(s, "eventName", unnamed),
		"eventType":                    {"AwsApiCall", "AwsConsoleAction", "AwsConsoleSignIn", "AwsServiceEvent"},
		"userIdentity.arn":             named(s, "userIdentity.arn", unnamed),
		"sessionCredentialFromConsole": {"true", "false"},
	}
}

// objectReads and objectWrites are S3's data events on objects (S3 user guide, "Amazon S3
// CloudTrail events").
var (
	objectReads = []string{
		"GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "GetObjectTorrent",
		"HeadObject", "ListParts", "SelectObjectContent",
	}
	objectWrites = []string{
		"AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject", "DeleteObjectTagging",
		"DeleteObjects", "PutObject", "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject",
		"UploadPart", "UploadPartCopy",
	}
)

// impossible reports whether an event of S3 would read with a name that writes, or the
// other way round.
func impossible(event map[string]string) bool {
	name := event["eventName"]
	return event["eventCategory"] == "Data" &&
		(event["readOnly"] == "true" && slices.Contains(objectWrites, name) ||
			event["readOnly"] == "false" && slices.Contains(objectReads, name))
}

// dataEvents are the data events of every object under the ARN prefix (CloudTrail API
// reference, AdvancedFieldSelector). Some fields have one value for all of them.
func dataEvents(s state.TrailSelectors, objects string) eventFields {
	arns := slices.DeleteFunc(named(s, "resources.ARN"), func(v string) bool { return !strings.HasPrefix(v, objects) })
	for _, one := range s.Advanced {
		for _, f := range one.Fields {
			if f.Field == "resources.ARN" {
				for _, end := range slices.Concat(f.EndsWith, f.NotEndsWith) {
					arns = append(arns, objects+unnamed+end)
				}
			}
		}
	}
	return eventFields{
		"eventCategory":                {"Data"},
		"resources.type":               {"AWS::S3::Object"},
		"resources.ARN":                append(arns, objects+unnamed),
		"eventSource":                  {"s3.amazonaws.com"},
		"eventName":                    slices.Concat(objectReads, objectWrites, []string{unnamed}),
		"eventType":                    {"AwsApiCall"},
		"userIdentity.arn":             named(s, "userIdentity.arn", unnamed),
		"sessionCredentialFromConsole": {"true", "false"},
	}
}

// admits reports whether a field lets a value through: one of the wanted is enough, and
// none of the unwanted may match (CloudTrail user guide, "How CloudTrail evaluates multiple
// conditions for a field").
func admits(f state.SelectorField, value string) bool {
	some := slices.ContainsFunc[[]string]
	equal := func(v string) bool { return v == value }
	starts := func(v string) bool { return strings.HasPrefix(value, v) }
	ends := func(v string) bool { return strings.HasSuffix(value, v) }
	if some(f.NotEquals, equal) || some(f.NotStartsWith, starts) || some(f.NotEndsWith, ends) {
		return false
	}
	return len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 || some(f.Equals, equal) || some(f.StartsWith, starts) || some(f.EndsWith, ends)
}

const (
	// firstDelivery is how long a new trail may take until its first log file:
	// CloudTrail delivers within about five minutes, and guarantees no time.
	firstDelivery = time.Hour
	// idleDelivery is how old the latest delivery may be: an idle account has
	// little to deliver, but CloudTrail's own calls are always logged.
	idleDelivery = 24 * time.Hour
)

func judgeDelivery(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.TrailStatus, p.missing("no such trail", noTrail), func(s state.TrailStatus) {
		now := in.Now
		if s.LatestDeliveryError != "" {
			p.bad("delivery error "+s.LatestDeliveryError, "the last log files could not be delivered: "+s.LatestDeliveryError)
		}
		if s.LatestDigestError != "" {
			p.bad("digest error "+s.LatestDigestError, "the last digest could not be delivered: "+s.LatestDigestError)
		}
		fresh := !s.Started.IsZero() && now.Sub(s.Started) < firstDelivery
		switch {
		case !s.Logging:
			p.bad("stopped", "the trail is stopped, so nothing is delivered")
		case fresh && now.Sub(s.LatestDelivery) > firstDelivery:
			p.ok("started %s ago, first delivery expected", age(now.Sub(s.Started)))
		case s.LatestDelivery.IsZero():
			p.bad("never delivered", "no log file was ever delivered")
		case now.Sub(s.LatestDelivery) > idleDelivery:
			p.bad("last delivery "+age(now.Sub(s.LatestDelivery))+" ago", "no log file was delivered for "+age(now.Sub(s.LatestDelivery)))
		default:
			p.ok("last delivery %s ago, no errors", age(max(0, now.Sub(s.LatestDelivery))))
		}
	})
	return p.verdict(in.trailName(), "delivered within a day, no delivery errors")
}

// age formats a duration for people.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return count(int(d.Seconds()), "second")
	case d < time.Hour:
		return count(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour")
	}
	return count(int(d.Hours()/24), "day")
}

// judgeAuditBucket is CT-09: the bucket of the logs is separate, hardened like the
// data bucket, accepts logs only from Claria's trail, and is out of the daily
// identity's reach.
func judgeAuditBucket(in *judgement) verdict {
	var p evidence
	b := in.observed.AuditBucket
	withReading(&p, in.observed.Trail, p.missing("no such trail", noTrail), func(t state.Trail) {
		switch t.Bucket {
		case b.Name:
		case in.observed.DataBucket.Name:
			p.bad("the trail writes into the data bucket", "logs are stored among the records")
		default:
			p.bad("the trail writes into "+t.Bucket, "the trail writes into another bucket, which this control does not check")
		}
	})
	there := false
	withReading(&p, b.Region, p.missing("no such bucket", "the bucket for logs does not exist"), func(string) { there = true })
	if there {
		var hardening evidence // it has too many ok texts to show
		setting(
			&hardening,
			b,
			b.PublicAccess,
			hardening.missing("no public-access block", "the bucket can be made public"),
			hardening.flags("the bucket"),
		)
		in.policyPublic(&hardening, b)
		in.acls(&hardening, b)
		in.versioning(&hardening, b)
		in.tls(&hardening, b)
		p.wrong, p.why, p.unread = append(p.wrong, hardening.wrong...), append(p.why, hardening.why...), append(p.unread, hardening.unread...)
		setting(&p, b, b.Policy, func() {}, func(text string) {
			if d, err := in.policies.Parse(text); err == nil { // tls has noted what cannot be parsed
				for _, who := range in.foreign(policy.InForce(d, in.Now)) {
					if who == cloudTrail { // trailWrites reports it
						continue
					}
					p.bad("open to "+who, "the bucket's policy lets in "+strings.Replace(who, "*", "everyone", 1))
				}
				in.trailWrites(&p, d)
				in.dailyReach(&p, d)
			}
		})
	}
	p.ok("separate, private, versioned, TLS only, this trail only")
	return p.verdict(in.auditBucket(), "separate, private, versioned, TLS only; only this trail writes, the daily identity cannot")
}

const cloudTrail = "cloudtrail.amazonaws.com"

// trailWrites evaluates what the bucket's policy lets CloudTrail write: for Claria's trail
// it must be allowed, for another account's trail it must not (the confused deputy;
// CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail").
func (in *judgement) trailWrites(p *evidence, d policy.Document) {
	t, ok := in.observed.Trail.Value()
	if !ok {
		return // noted above
	}
	prefix := t.Prefix
	if prefix != "" {
		prefix += "/"
	}
	account := in.observed.Account
	ask := func(source, of string) bool {
		keys := map[string][]string{
			"aws:SecureTransport": {"true"}, "s3:TlsVersion": {"1.3"}, "s3:x-amz-acl": {"bucket-owner-full-control"},
		}
		if source != "" {
			keys["aws:SourceArn"], keys["aws:SourceAccount"] = []string{source}, []string{of}
		}
		return policy.Evaluate(policy.Request{
			Caller: policy.Caller{Service: cloudTrail}, Action: "s3:PutObject", Owner: account, Keys: keys,
			Resource: "arn:aws:s3:::" + in.observed.AuditBucket.Name + "/" + prefix +
				"AWSLogs/" + account + "/CloudTrail/" + in.observed.Region + "/x.json.gz",
		}, policy.Policies{Resource: &d}).Allowed
	}
	if !ask(t.ARN, account) {
		p.bad("CloudTrail may not write", "the bucket's policy does not let the trail write its logs")
	}
	const stranger = "999999999999"
	if ask("arn:aws:cloudtrail:"+in.observed.Region+":"+stranger+":trail/"+t.Name, stranger) || ask("", "") {
		p.bad("any trail may write", "the bucket's policy lets CloudTrail write for other accounts too (no aws:SourceArn)")
	}
}

// dailyReach evaluates whether the daily identity can write, delete or unprotect
// logs.
func (in *judgement) dailyReach(p *evidence, resource policy.Document) {
	before := len(p.unread)
	daily, found := in.daily(p)
	if !found || len(p.unread) > before {
		return // an unread policy may refuse what another allows
	}
	bucket := "arn:aws:s3:::" + in.observed.AuditBucket.Name
	logs := bucket + "/*"
	t, read := in.observed.Trail.Value()
	if !read {
		t, _ = in.desired.Trail.Value()
	}
	if t.Prefix != "" {
		logs = bucket + "/" + t.Prefix + "/*"
	}
	caller := policy.Caller{ARN: daily.user.ARN, Account: in.observed.Account}
	policies := policy.Policies{Identity: daily.policies, Boundary: daily.boundary, Resource: &resource}
	for _, reach := range []struct{ action, on string }{
		{"s3:PutObject", logs},
		{"s3:DeleteObject", bucket + "/*"},
		{"s3:DeleteObjectVersion", bucket + "/*"},
		{"s3:BypassGovernanceRetention", bucket + "/*"},
		{"s3:PutObjectRetention", bucket + "/*"},
		{"s3:PutBucketPolicy", bucket},
		{"s3:DeleteBucketPolicy", bucket},
		{"s3:PutBucketVersioning", bucket},
		{"s3:PutBucketPublicAccessBlock", bucket},
		{"s3:PutBucketObjectLockConfiguration", bucket},
		{"s3:PutLifecycleConfiguration", bucket},
		{"s3:DeleteBucket", bucket},
	} {
		if a := policy.CanEver(caller, reach.action, reach.on, "", policies); a.Yes {
			p.bad(daily.user.Name+" may "+reach.action, fmt.Sprintf("%s may %s there (%s)", daily.user.Name, reach.action, a.Reason))
		}
	}
}

// judgeLogRetention is CT-10.
func judgeLogRetention(in *judgement) verdict {
	var p evidence
	b := in.observed.AuditBucket
	want, _ := in.desired.AuditBucket.ObjectLock.Value()
	setting(&p, b, b.ObjectLock, p.missing("no Object Lock", "logs can be deleted"), func(lock state.ObjectLock) {
		switch {
		case !lock.Enabled:
			p.bad("Object Lock off", "logs can be deleted")
		case lock.Mode != "GOVERNANCE" && lock.Mode != "COMPLIANCE":
			p.bad("no default retention", "new logs are not locked")
		case want.Mode == "COMPLIANCE" && lock.Mode != want.Mode:
			p.bad(lock.Mode, "an administrator can still delete logs (GOVERNANCE); COMPLIANCE is declared")
		case lock.Days < want.Days:
			p.bad(
				fmt.Sprintf("%s %s", lock.Mode, count(lock.Days, "day")),
				fmt.Sprintf("logs are locked for %s instead of %d", count(lock.Days, "day"), want.Days),
			)
		default:
			p.ok("%s %d days", lock.Mode, lock.Days)
		}
	})
	setting(&p, b, b.Lifecycle, func() {}, func(rules []state.LifecycleRule) {
		for _, r := range rules {
			if !r.Enabled {
				continue
			}
			if r.ExpireDate != "" || r.ExpireDays > 0 && r.ExpireDays < want.Days {
				expiring(&p, r)
			}
			archiving(&p, r)
			if r.NoncurrentDays > 0 && r.NoncurrentDays < want.Days {
				p.bad(fmt.Sprintf("%s: earlier versions %s", ruleName(r), count(r.NoncurrentDays, "day")),
					fmt.Sprintf("%s deletes earlier versions of logs after %s", ruleName(r), count(r.NoncurrentDays, "day")))
			}
		}
	})
	return p.verdict(in.auditBucket(), fmt.Sprintf("Object Lock for at least %d days, nothing expires earlier", want.Days))
}
