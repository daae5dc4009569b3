package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision/state"
)

func judgeGuardDuty(in *judgement) verdict {
	var p evidence
	withReading(
		&p,
		in.observed.Monitoring.GuardDuty,
		p.missing("not turned on", "GuardDuty is not turned on in "+in.observed.Region),
		func(g state.GuardDuty) {
			withReading(&p, g.Detector, p.missing("no detector", "the detector no longer exists"), func(d state.Detector) {
				if d.Enabled {
					p.ok("on")
					return
				}
				p.bad("suspended", "the detector is suspended")
			})
		},
	)
	return p.verdict("GuardDuty in "+in.observed.Region, "on")
}

func judgeGuardDutyS3(in *judgement) verdict {
	var p evidence
	withReading(
		&p,
		in.observed.Monitoring.GuardDuty,
		p.missing("GuardDuty is not turned on", "GuardDuty is not turned on, so it does not watch the buckets"),
		func(g state.GuardDuty) {
			withReading(&p, g.Detector, p.missing("no detector", "the detector no longer exists"), func(d state.Detector) {
				if d.Enabled && d.S3 {
					p.ok("on")
					return
				}
				p.bad("off", "the detector does not watch reads and writes of objects")
			})
		},
	)
	return p.verdict("GuardDuty in "+in.observed.Region, "S3 protection is on")
}

// judgeHighFindings is MON-03. Without a detector there can be no findings;
// that is shown, not passed.
func judgeHighFindings(in *judgement) verdict {
	resource, desired := "GuardDuty in "+in.observed.Region, "no unreviewed finding of high severity"
	if in.observed.Monitoring.GuardDuty.Absent() {
		return verdict{
			status: catalogue.NotApplicable, resource: resource, desired: desired,
			observed: "there is no detector in " + in.observed.Region + ", so there are no findings; MON-01 says whether there should be one",
		}
	}
	var p evidence
	withReading(&p, in.observed.Monitoring.GuardDuty, func() {}, func(g state.GuardDuty) {
		withReading(&p, g.High, func() { p.unknown("AWS says that the detector no longer exists") }, func(n int) {
			if n == 0 {
				p.ok("none")
				return
			}
			p.bad(count(n, "finding"), count(n, "finding")+" of high severity, not archived: an intruder may be in the account")
		})
	})
	return p.verdict(resource, desired)
}

func outward(a state.Analyzer) bool { return a.Type == "ACCOUNT" || a.Type == "ORGANIZATION" }

func judgeAnalyzer(in *judgement) verdict {
	var p evidence
	none := p.missing("none", "there is no analyzer for outside access in "+in.observed.Region)
	withReading(&p, in.observed.Analyzers, none, func(all []state.Analyzer) {
		i := slices.IndexFunc(all, func(a state.Analyzer) bool { return outward(a) && a.Status == "ACTIVE" })
		j := slices.IndexFunc(all, outward)
		switch {
		case i >= 0:
			p.ok("%s, active", all[i].Name)
		case j >= 0:
			p.bad(all[j].Name+", "+strings.ToLower(all[j].Status), "the analyzer "+all[j].Name+" is not active")
		default:
			none()
		}
	})
	return p.verdict("Access Analyzer in "+in.observed.Region, "an active analyzer for outside access")
}

func judgeOutside(in *judgement) verdict {
	var p evidence
	nobody := func() {
		p.bad("no analyzer", "there is no analyzer, so nobody checks for outside access")
		p.remedy = catalogue.Automatic
	}
	withReading(&p, in.observed.Monitoring.Findings, nobody, func(findings []state.AccessFinding) {
		for _, f := range findings {
			p.bad(f.Resource, f.Resource+" can be reached from outside the account")
		}
		p.ok("none")
	})
	return p.verdict("Access Analyzer in "+in.observed.Region, "no active finding of outside access")
}

// judgeAlertPath is MON-06: an alert reaches someone who agreed to get it.
func judgeAlertPath(in *judgement) verdict {
	var p evidence
	resource, desired := "alerts of account "+in.observed.Account, "an address whose owner agreed to get the mails"
	if in.settings.Alerts == "" {
		in.anyTopic(&p)
		return p.verdict(resource, desired)
	}
	if len(in.observed.Monitoring.Alerting) == 0 {
		p.unknown("the alerts' topic was not read")
	}
	for _, place := range in.observed.Monitoring.Alerting {
		none := func() {
			p.bad("no topic in "+place.Region, "the topic that mails alerts does not exist in "+place.Region)
			p.remedy = catalogue.Automatic
		}
		withReading(&p, place.Topic, none, func(t state.Topic) {
			i := slices.IndexFunc(t.Subscriptions, func(s state.Subscription) bool {
				return s.Protocol == "email" && strings.EqualFold(s.Endpoint, in.settings.Alerts)
			})
			switch {
			case i < 0:
				p.bad(in.settings.Alerts+" is not subscribed in "+place.Region, in.settings.Alerts+" is not subscribed to the alerts of "+place.Region)
				p.remedy = catalogue.Automatic
			case t.Subscriptions[i].Pending:
				p.bad(
					in.settings.Alerts+" has not confirmed in "+place.Region,
					"the subscription is not confirmed: open the mail “AWS Notification - Subscription Confirmation” of "+
						""+place.Region+" and follow its link",
				)
			default:
				p.ok("%s, confirmed, in %s", in.settings.Alerts, place.Region)
			}
		})
	}
	return p.verdict(resource, desired)
}

// anyTopic looks for alerts that someone else set up.
func (in *judgement) anyTopic(p *evidence) {
	withReading(p, in.observed.Monitoring.Topics, p.missing("no topic", "there is no topic for alerts"), func(all []state.Topic) {
		pending := 0
		for _, t := range all {
			for _, s := range t.Subscriptions {
				if s.Pending {
					pending++
				} else {
					p.ok("%s gets the messages of %s", s.Protocol, topicName(t))
				}
			}
		}
		switch {
		case len(p.fine) > 0:
		case pending > 0:
			p.bad(count(pending, "address")+" not confirmed", "no subscribed address has confirmed yet")
		default:
			p.bad("no address", "there is no address for alerts")
		}
	})
}

func topicName(t state.Topic) string { return t.ARN[strings.LastIndex(t.ARN, ":")+1:] }

// judgeTopics is MON-07. For the program's own topic SNS's disk encryption
// is enough: EventBridge cannot publish to a topic under the key that AWS manages
// for SNS, and the messages name no client, no file and no resource.
func judgeTopics(in *judgement) verdict {
	var p evidence
	resource, desired := "SNS topics in "+in.observed.Region, "encrypted, not public, TLS only, no subscription over plain HTTP"
	own := ":" + orText(in.observed.System, "claria") + "-alerts"
	var topics []state.Topic
	withReading(&p, in.observed.Monitoring.Topics, func() {}, func(all []state.Topic) { topics = append(topics, all...) })
	for _, place := range in.observed.Monitoring.Alerting {
		if place.Region == in.observed.Region {
			continue // Topics includes it
		}
		withReading(&p, place.Topic, func() {}, func(t state.Topic) { topics = append(topics, t) })
	}
	if len(topics) == 0 && len(p.unread) == 0 {
		return verdict{status: catalogue.NotApplicable, resource: resource, desired: desired, observed: "there is no topic"}
	}
	for _, t := range topics {
		for _, wrong := range in.topicFaults(&p, t, strings.HasSuffix(t.ARN, own)) {
			p.bad(topicName(t)+": "+wrong, "the topic "+topicName(t)+" "+wrong)
		}
		p.ok("%s", topicName(t))
	}
	return p.verdict(resource, desired)
}

func (in *judgement) topicFaults(p *evidence, t state.Topic, own bool) []string {
	var faults []string
	if t.Key == "" && !own {
		faults = append(faults, "has no encryption key")
	}
	for _, s := range t.Subscriptions {
		if s.Protocol == "http" {
			faults = append(faults, "sends messages over plain HTTP")
		}
	}
	d, ok := in.parsed(p, "the policy of the topic "+topicName(t), t.Policy)
	if !ok {
		return faults
	}
	if policy.Public(d).Yes {
		faults = append(faults, "is open to everyone")
	} else {
		// An AWS service is not another account; EventBridge passes no condition on.
		isService := func(who string) bool { return strings.Contains(who, ".amazonaws.com") }
		foreign := slices.DeleteFunc(in.foreign(d), isService)
		for _, who := range foreign {
			faults = append(faults, "is open to "+who)
		}
	}
	plain := policy.Request{
		Caller: policy.Caller{ARN: "arn:aws:iam::" + in.observed.Account + ":root", Account: in.observed.Account},
		Action: "sns:Publish", Resource: t.ARN, Owner: in.observed.Account, Keys: map[string][]string{"aws:SecureTransport": {"false"}},
	}
	if !policy.Evaluate(plain, policy.Policies{Resource: &d}).Explicit {
		faults = append(faults, "accepts messages without TLS")
	}
	return faults
}

// leastLogDays is AWS Config's default for cw-loggroup-retention-period-check.
const leastLogDays = 365

func judgeLogGroups(in *judgement) verdict {
	var p evidence
	resource := "CloudWatch log groups in " + in.observed.Region
	desired := fmt.Sprintf("kept for at least %d days, not public", leastLogDays)
	if in.settings.Strict {
		desired += ", encrypted with a key of the practice's own"
	}
	groups := -1
	withReading(
		&p,
		in.observed.Monitoring.LogGroups,
		func() { p.unknown("AWS does not list the log groups") },
		func(all []state.LogGroup) {
			groups = len(all)
			for _, g := range all {
				if g.Days != 0 && g.Days < leastLogDays {
					p.bad(g.Name+": "+count(g.Days, "day"), "the log group "+g.Name+" keeps its lines for only "+count(g.Days, "day")+"")
				}
				if in.settings.Strict && g.Key == "" {
					p.bad(g.Name+": no key of your own", "the log group "+g.Name+" is encrypted with AWS's key, not with the practice's own")
				}
			}
		},
	)
	withReading(
		&p,
		in.observed.Monitoring.LogPolicies,
		func() { p.unknown("AWS does not list the policies of the log groups") },
		func(all []state.NamedDocument) {
			for _, d := range all {
				if document, ok := in.parsed(&p, "the log policy "+d.Name, d.Document); ok && policy.Public(document).Yes {
					p.bad(d.Name+" is public", "the log policy "+d.Name+" is open to everyone")
				}
			}
		},
	)
	if groups == 0 && len(p.wrong)+len(p.unread) == 0 {
		return verdict{status: catalogue.NotApplicable, resource: resource, desired: desired, observed: "there is no log group"}
	}
	p.ok("%s", count(groups, "group"))
	return p.verdict(resource, desired)
}

func judgeRecorder(in *judgement) verdict {
	var p evidence
	withReading(
		&p,
		in.observed.Monitoring.Recorder,
		p.missing("no recorder", "AWS Config is not turned on in "+in.observed.Region),
		func(r state.Recorder) {
			hipaa := slices.ContainsFunc(r.Packs, func(name string) bool { return strings.Contains(strings.ToLower(name), "hipaa") })
			switch {
			case !r.Recording:
				p.bad("not recording", "AWS Config's recorder is stopped")
			case !hipaa:
				p.bad("no HIPAA pack", "AWS Config is recording, but no conformance pack with HIPAA in its name is deployed")
			default:
				p.ok("recording, %s", words.Few(r.Packs, ", "))
			}
		},
	)
	return p.verdict("AWS Config in "+in.observed.Region, "recording, with the HIPAA conformance pack")
}

func judgeHub(in *judgement) verdict {
	var p evidence
	off := p.missing("off", "Security Hub is not turned on in "+in.observed.Region)
	withReading(&p, in.observed.Monitoring.SecurityHub, off, func(on bool) {
		if on {
			p.ok("on")
			return
		}
		off()
	})
	return p.verdict("Security Hub in "+in.observed.Region, "on")
}

// deadMan is how long may pass between two unattended checks: a day, and two
// hours for a late machine.
const deadMan = 26 * time.Hour

// latestAlone is the newest unattended run that completed; nil: there is none.
func latestAlone(runs []Run, now time.Time) *Run {
	var newest *Run
	for i, r := range runs {
		if r.Unattended && r.Complete && !r.At.After(now) && (newest == nil || r.At.After(newest.At)) {
			newest = &runs[i]
		}
	}
	return newest
}

// Watched reports whether runs prove that the account is checked by unattended runs.
// Where one computer's own runs do, MON-20 needs no other computer's.
func Watched(runs []Run, now time.Time) bool {
	newest := latestAlone(runs, now)
	return newest != nil && now.Sub(newest.At) <= deadMan
}

// judgeWatch is MON-20. An unattended check proves by running that
// it runs; a check by a person looks for unattended ones in the ledgers.
func judgeWatch(in *judgement) verdict {
	var p evidence
	runs, _ := in.Runs.Value()
	problem, unread := in.Runs.Problem()
	newest := latestAlone(runs, in.Now)
	last := in.Now // the oldest run in the ledgers; without one, now
	for _, r := range runs {
		if r.At.Before(last) {
			last = r.At
		}
	}
	ago := func(t time.Time) string {
		return count(int(in.Now.Sub(t).Hours()), "hour") + " ago, at " + words.UTC(t)
	}
	switch {
	case in.Unattended && newest != nil:
		p.ok("this check; the one before it %s", ago(newest.At))
	case in.Unattended && unread:
		p.ok("this check; the ones before it are not known")
	case in.Unattended:
		p.ok("this check, the first in the ledger")
	case unread:
		p.unknown("the unattended checks are not known: " + problem.String())
	case newest != nil && newest.Elsewhere != "" && in.Now.Sub(newest.At) <= deadMan:
		p.ok("%s, recorded by machine %s; this computer has not verified its signature", ago(newest.At), newest.Elsewhere)
	case newest != nil && in.Now.Sub(newest.At) <= deadMan:
		p.ok("%s", ago(newest.At))
	case newest != nil:
		p.bad("the last one "+ago(newest.At), "no unattended check has completed since "+words.UTC(newest.At))
	case in.Now.Sub(last) < deadMan:
		p.ok("the first check is due by %s", words.UTC(last.Add(deadMan)))
	default:
		p.bad("never", "no unattended check has ever completed")
	}
	return p.verdict("this practice's checks", "an unattended check in the last 26 hours")
}
