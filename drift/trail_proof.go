package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/audit"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/words"
	"claria/provision/state"
)

// judgeTrailEncryption is CT-07: the trail's own key, or its bucket's encryption.
func judgeTrailEncryption(in *judgement) verdict {
	var p evidence
	want, _ := in.desired.Trail.Value()
	desired := "log files encrypted with AES-256 (SSE-S3)"
	if want.Key != "" {
		desired = "log files encrypted with the practice's own key (KmsKeyId)"
	}
	withReading(&p, in.observed.Trail, p.missing("no such trail", noTrail), func(t state.Trail) {
		switch {
		case want.Key != "" && t.Key == "":
			p.bad("not with the declared key", "the log files are not encrypted with the practice's own key")
		case want.Key != "" && !in.observed.SameKey(t.Key, want.Key):
			p.bad("key "+t.Key, "the log files are not encrypted with the declared key")
		case want.Key == "" && t.Key != "" && !strings.Contains(t.Key, ":"+in.observed.Account+":"):
			p.bad("key "+t.Key, "the log files are encrypted with a key of another account, which can withdraw it")
		case t.Key != "":
			p.ok("with key %s", t.Key)
		default:
			in.encryption(&p, in.observed.AuditBucket, in.desired.AuditBucket)
		}
	})
	return p.verdict(in.trailName()+" into "+in.auditBucket(), desired)
}

// judgeTrailForward is CT-08.
func judgeTrailForward(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Trail, p.missing("no such trail", noTrail), func(t state.Trail) {
		if t.LogGroup == "" {
			p.bad("not set", "the trail's events are not in CloudWatch Logs, where an alarm could read them")
			return
		}
		withReading(&p, in.observed.TrailStatus, p.missing("no such trail", noTrail), func(s state.TrailStatus) {
			switch {
			case s.LatestForwardError != "":
				p.bad("error "+s.LatestForwardError, "the latest events could not be delivered to CloudWatch Logs: "+s.LatestForwardError)
			case s.LatestForward.IsZero():
				p.bad("never delivered", "nothing was ever delivered to CloudWatch Logs")
			case in.Now.Sub(s.LatestForward) > idleDelivery:
				p.bad("last delivery "+age(in.Now.Sub(s.LatestForward))+" ago", "nothing was delivered to CloudWatch Logs for "+age(in.Now.Sub(s.LatestForward)))
			default:
				p.ok("last delivery %s ago", age(max(0, in.Now.Sub(s.LatestForward))))
			}
		})
	})
	return p.verdict(in.trailName(), "delivered to CloudWatch Logs within a day")
}

// firstDigest is how long a new trail may take until its first digest:
// CloudTrail delivers one each hour, some minutes later.
const firstDigest = 2 * time.Hour

// judgeDigests is CT-11.
func judgeDigests(in *judgement) verdict {
	var p evidence
	withReading(&p, in.Trail.Digests, p.missing("no digests", "the trail has no digests, so nothing proves that its log files are unchanged"), func(d audit.Digests) {
		for _, problem := range d.Problems {
			p.bad(problem, problem)
		}
		switch {
		case d.Partial != "":
			p.unknown("not all of the window was verified: " + d.Partial)
		case d.Digests > 0:
			p.ok("%s and %s since %s match CloudTrail's signatures", count(d.Digests, "digest"), count(d.Files, "log file"), words.UTC(d.From))
		default:
			in.noDigest(&p, d)
		}
	})
	return p.verdict(in.trailName()+" in "+in.auditBucket(), "every log file matches its signature, no digest missing")
}

// noDigest notes whether it is acceptable that there is no digest yet.
func (in *judgement) noDigest(p *evidence, d audit.Digests) {
	withReading(p, in.observed.TrailStatus, p.missing("no such trail", noTrail), func(s state.TrailStatus) {
		begun := s.Started
		if d.Begins.After(begun) { // validation was turned on later
			begun = d.Begins
		}
		if running := in.Now.Sub(begun); s.Logging && running < firstDigest {
			p.ok("started %s ago, first digest expected", age(max(0, running)))
			return
		}
		p.bad("no digest", "no digest was found, so nothing proves that the log files are unchanged")
	})
}

// judgeInsights is CT-12.
func judgeInsights(in *judgement) verdict {
	want, _ := in.desired.Inventory.Insights.Value()
	if len(want) == 0 {
		return in.notDeclared(in.trailName(), "as declared", "not declared: it is billed by the event, and only the strict profile turns it on", in.observed.Inventory.Insights)
	}
	var p evidence
	withReading(&p, in.observed.Inventory.Insights, p.missing("off", "the trail does not detect unusual activity"), func(kinds []string) {
		for _, kind := range want {
			if !slices.Contains(kinds, kind) {
				p.bad("without "+kind, "the trail does not detect "+kind)
			}
		}
		p.ok("on: %s", strings.Join(kinds, ", "))
	})
	return p.verdict(in.trailName(), "on: "+strings.Join(want, ", "))
}

// tampers lists the calls that could hide what was done, by the service that they
// go to, as CloudTrail names them. Those to S3 count only on the bucket of the
// logs, those to KMS on the practice's own key, those to IAM on its own users.
var tampers = map[string][]string{
	"cloudtrail.amazonaws.com": {"StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"},
	"s3.amazonaws.com": {
		"PutBucketPolicy", "DeleteBucketPolicy", "DeleteBucket", "PutBucketLifecycle", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle",
		"PutBucketVersioning", "PutBucketPublicAccessBlock", "PutPublicAccessBlock", "DeleteBucketPublicAccessBlock", "DeletePublicAccessBlock",
		"PutBucketObjectLockConfiguration", "PutObjectLockConfiguration", "PutBucketAcl", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls",
		"PutBucketReplication",
	},
	"kms.amazonaws.com": {"DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy"},
	// Anyone who adds their own second factor or key to the practice's identities can
	// act as the practice from then on.
	"iam.amazonaws.com": {
		"EnableMFADevice", "DeactivateMFADevice", "DeleteVirtualMFADevice", "CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile",
	},
}

// harmless lists those calls that set-up also makes.
var harmless = []string{
	"UpdateTrail", "PutEventSelectors", "PutBucketPolicy", "PutBucketLifecycle", "PutBucketLifecycleConfiguration", "PutBucketVersioning",
	"PutBucketPublicAccessBlock", "PutPublicAccessBlock", "PutBucketObjectLockConfiguration", "PutObjectLockConfiguration", "PutBucketOwnershipControls",
	"EnableMFADevice", "DeactivateMFADevice", "DeleteVirtualMFADevice", "CreateAccessKey",
}

// setUpTakes is how long before and after the creation of the trail its set-up may run.
const setUpTakes = time.Hour

// judgeTamperEvents is CT-14. An event stays in the window after its damage was
// repaired. A waiver of this control that is newer than the event says that someone
// investigated it.
func judgeTamperEvents(in *judgement) verdict {
	const desired = "only set-up and claria-provisioner changed the trail, its bucket, its key, or how the practice's identities sign in; anything else is acknowledged"
	resource := in.trailName() + " and " + in.auditBucket()
	var p evidence
	withReading(&p, in.Trail.Writes, p.missing("no events", "the trail has no events"), func(events []audit.Event) {
		var open []audit.Event
		for _, e := range events {
			if in.tampers(e) && !in.madeBySetUp(e, events) {
				open = append(open, e)
			}
		}
		acknowledged := 0
		if len(open) > 0 {
			withReading(&p, in.Register, func() {}, func(r register.Register) {
				before := len(open)
				open = slices.DeleteFunc(open, func(e audit.Event) bool { return acknowledges(r, e, in.Now) })
				acknowledged = before - len(open)
			})
			if len(p.unread) > 0 {
				return // one may have been acknowledged
			}
		}
		for _, e := range open {
			who := e.Actor
			if e.Address != "" {
				who += " from " + e.Address
			}
			p.bad(e.Name+" by "+who, fmt.Sprintf("%s by %s at %s", e.Name, who, words.UTC(e.At)))
		}
		if !in.Trail.Complete {
			p.unknown("there were more changes since " + in.Trail.From.UTC().Format("2006-01-02") + " than one check reads")
		}
		switch {
		case acknowledged > 0:
			p.ok("none since %s except %s, acknowledged", in.Trail.From.UTC().Format("2006-01-02"), count(acknowledged, "event"))
		default:
			p.ok("none since %s", in.Trail.From.UTC().Format("2006-01-02"))
		}
	})
	return p.verdict(resource, desired)
}

// tampers reports whether an event could hide what was done.
func (in *judgement) tampers(e audit.Event) bool {
	if e.Error != "" || !slices.Contains(tampers[e.Source], e.Name) || in.byProvisioner(e) {
		return false
	}
	var on []string
	switch e.Source {
	case "cloudtrail.amazonaws.com":
		t, _ := in.desired.Trail.Value()
		on = []string{t.Name, t.ARN}
	case "s3.amazonaws.com":
		on = []string{in.observed.AuditBucket.Name, "arn:aws:s3:::" + in.observed.AuditBucket.Name}
	case "iam.amazonaws.com":
		// A call that names no user is about the caller.
		return slices.ContainsFunc(e.Resources, func(r string) bool {
			return slices.Contains([]string{state.AdminUser, state.AuditorUser}, r[strings.LastIndexByte(r, '/')+1:])
		})
	default:
		k, known := in.observed.Inventory.Key.Value()
		if !known {
			return false
		}
		on = []string{k.ARN, k.ARN[strings.LastIndexByte(k.ARN, '/')+1:]}
	}
	// An event without a resource counts.
	return len(e.Resources) == 0 || slices.ContainsFunc(e.Resources, func(r string) bool { return slices.Contains(on, r) })
}

func (in *judgement) byProvisioner(e audit.Event) bool {
	return strings.HasPrefix(e.ARN, "arn:aws:sts::"+in.observed.Account+":assumed-role/"+state.ProvisionerRole+"/")
}

// madeBySetUp reports whether an event belongs to the creation of the trail: the identity
// that created it, with the same key and from the same address, made the settings of
// its bucket around that time. A call that blinds the trail is not set-up, and
// the creation of another trail does not count.
func (in *judgement) madeBySetUp(e audit.Event, all []audit.Event) bool {
	if !slices.Contains(harmless, e.Name) {
		return false
	}
	t, _ := in.desired.Trail.Value()
	ours := func(name string) bool { return name == t.Name || name == t.ARN }
	return slices.ContainsFunc(all, func(made audit.Event) bool {
		return made.Name == "CreateTrail" && made.Error == "" && slices.ContainsFunc(made.Resources, ours) && made.ARN == e.ARN && made.Key == e.Key && made.Address == e.Address &&
			e.At.Sub(made.At).Abs() <= setUpTakes
	})
}

// acknowledges reports whether a waiver of CT-14 was written after the event.
// It covers events from before it was written, so its end does not matter, and
// one dated in the future covers nothing.
func acknowledges(r register.Register, e audit.Event, now time.Time) bool {
	return slices.ContainsFunc(r.Waivers, func(w register.Waiver) bool {
		return w.Control == catalogue.TamperControl && w.Withdrawn.IsZero() && !w.At.Before(e.At) && !register.Ahead(w.At, now)
	})
}
