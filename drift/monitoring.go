package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
	"claria/internal/words"
	"claria/provision/state"
)

func judgeGuardDuty(in *judgement) verdict {
	var p parts
	look(&p, in.observed.Monitoring.GuardDuty, p.missing("not turned on", "GuardDuty is not turned on in "+in.observed.Region), func(g state.GuardDuty) {
		look(&p, g.Detector, p.missing("no detector", "the detector is gone"), func(d state.Detector) {
			if d.Enabled {
				p.ok("on")
				return
			}
			p.bad("suspended", "the detector is suspended")
		})
	})
	return p.verdict("GuardDuty in "+in.observed.Region, "on")
}

func judgeGuardDutyS3(in *judgement) verdict {
	var p parts
	look(&p, in.observed.Monitoring.GuardDuty, p.missing("GuardDuty is not turned on", "GuardDuty is not turned on, so it does not watch the buckets either"), func(g state.GuardDuty) {
		look(&p, g.Detector, p.missing("no detector", "the detector is gone"), func(d state.Detector) {
			if d.Enabled && d.S3 {
				p.ok("on")
				return
			}
			p.bad("off", "the detector does not look at reads and writes of objects")
		})
	})
	return p.verdict("GuardDuty in "+in.observed.Region, "S3 protection is on")
}

// judgeHighFindings is MON-03. Where there is no detector there can be no finding,
// which is shown, not passed.
func judgeHighFindings(in *judgement) verdict {
	resource, desired := "GuardDuty in "+in.observed.Region, "no finding of high severity that nobody has looked at"
	if in.observed.Monitoring.GuardDuty.Absent() {
		return verdict{
			status: NotApplicable, resource: resource, desired: desired,
			observed: "there is no detector in " + in.observed.Region + ", so there are no findings; MON-01 says whether there should be one",
		}
	}
	var p parts
	look(&p, in.observed.Monitoring.GuardDuty, func() {}, func(g state.GuardDuty) {
		look(&p, g.High, func() { p.unknown("AWS answers that the detector is gone") }, func(n int) {
			if n == 0 {
				p.ok("none")
				return
			}
			p.bad(count(n, "finding"), count(n, "finding")+" of high severity, not archived: somebody may be in the account")
		})
	})
	return p.verdict(resource, desired)
}

func outward(a state.Analyzer) bool { return a.Type == "ACCOUNT" || a.Type == "ORGANIZATION" }

func judgeAnalyzer(in *judgement) verdict {
	var p parts
	none := p.missing("none", "there is no analyzer for access from outside in "+in.observed.Region)
	look(&p, in.observed.Analyzers, none, func(all []state.Analyzer) {
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
	return p.verdict("Access Analyzer in "+in.observed.Region, "an analyzer for access from outside, active")
}

func judgeOutside(in *judgement) verdict {
	var p parts
	nobody := func() {
		p.bad("nobody looks", "there is no analyzer, so nobody looks for access from outside")
		p.remedy = Automatic
	}
	look(&p, in.observed.Monitoring.Findings, nobody, func(findings []state.AccessFinding) {
		for _, f := range findings {
			p.bad(f.Resource, f.Resource+" can be reached from outside the account")
		}
		p.ok("none")
	})
	return p.verdict("Access Analyzer in "+in.observed.Region, "no active finding of access from outside")
}

// judgeAlertPath is MON-06: an alarm reaches somebody who agreed to get it.
func judgeAlertPath(in *judgement) verdict {
	var p parts
	resource, desired := "alerts of account "+in.observed.Account, "an address that agreed to get the mails"
	if in.settings.Alerts == "" {
		in.anyTopic(&p)
		return p.verdict(resource, desired)
	}
	if len(in.observed.Monitoring.Alerting) == 0 {
		p.unknown("the alerts' topic was not read")
	}
	for _, place := range in.observed.Monitoring.Alerting {
		none := func() {
			p.bad("no topic in "+place.Region, "the topic that mails alerts is not there in "+place.Region)
			p.remedy = Automatic
		}
		look(&p, place.Topic, none, func(t state.Topic) {
			i := slices.IndexFunc(t.Subscriptions, func(s state.Subscription) bool {
				return s.Protocol == "email" && strings.EqualFold(s.Endpoint, in.settings.Alerts)
			})
			switch {
			case i < 0:
				p.bad(in.settings.Alerts+" is not subscribed in "+place.Region, in.settings.Alerts+" is not subscribed to the alerts of "+place.Region)
				p.remedy = Automatic
			case t.Subscriptions[i].Pending:
				p.bad(in.settings.Alerts+" has not confirmed in "+place.Region,
					"the subscription waits for confirmation: open the mail “AWS Notification - Subscription Confirmation” of "+place.Region+" and follow its link")
			default:
				p.ok("%s, confirmed, in %s", in.settings.Alerts, place.Region)
			}
		})
	}
	return p.verdict(resource, desired)
}

// anyTopic looks for a way of alerting that somebody else set up.
func (in *judgement) anyTopic(p *parts) {
	look(p, in.observed.Monitoring.Topics, p.missing("no topic", "there is no topic that alerts could go to"), func(all []state.Topic) {
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
			p.bad(count(pending, "address")+" not confirmed", "no address that was subscribed has agreed yet")
		default:
			p.bad("no address", "no address was given that alerts go to")
		}
	})
}

func topicName(t state.Topic) string { return t.ARN[strings.LastIndex(t.ARN, ":")+1:] }

// judgeTopics is MON-07. Of the program's own topic SNS's encryption of its disks
// is enough: EventBridge cannot publish to a topic under the key that AWS manages
// for SNS, and the messages name no client, no file and no resource.
func judgeTopics(in *judgement) verdict {
	var p parts
	resource, desired := "SNS topics in "+in.observed.Region, "encrypted, not public, TLS only, nobody subscribed over plain HTTP"
	own := ":" + orText(in.observed.System, "claria") + "-alerts"
	var topics []state.Topic
	look(&p, in.observed.Monitoring.Topics, func() {}, func(all []state.Topic) { topics = append(topics, all...) })
	for _, place := range in.observed.Monitoring.Alerting {
		if place.Region == in.observed.Region {
			continue // it is among the region's
		}
		look(&p, place.Topic, func() {}, func(t state.Topic) { topics = append(topics, t) })
	}
	if len(topics) == 0 && len(p.unread) == 0 {
		return verdict{status: NotApplicable, resource: resource, desired: desired, observed: "there is no topic"}
	}
	for _, t := range topics {
		for _, wrong := range in.topicFaults(&p, t, strings.HasSuffix(t.ARN, own)) {
			p.bad(topicName(t)+": "+wrong, "the topic "+topicName(t)+" "+wrong)
		}
		p.ok("%s", topicName(t))
	}
	return p.verdict(resource, desired)
}

func (in *judgement) topicFaults(p *parts, t state.Topic, own bool) []string {
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
		faults = append(faults, "is open to everybody")
	} else {
		// A service of AWS's is no other account; EventBridge hands no condition on.
		foreign := slices.DeleteFunc(policy.CrossAccount(d, in.observed.Account), func(who string) bool { return strings.Contains(who, ".amazonaws.com") })
		for _, who := range foreign {
			faults = append(faults, "is open to "+who)
		}
	}
	plain := policy.Request{
		Caller: policy.Caller{ARN: "arn:aws:iam::" + in.observed.Account + ":root", Account: in.observed.Account},
		Action: "sns:Publish", Resource: t.ARN, Owner: in.observed.Account, Keys: map[string][]string{"aws:SecureTransport": {"false"}},
	}
	if !policy.Evaluate(plain, policy.Policies{Resource: &d}).Explicit {
		faults = append(faults, "takes messages without TLS")
	}
	return faults
}

// leastLogDays is AWS Config's default for cw-loggroup-retention-period-check.
const leastLogDays = 365

func judgeLogGroups(in *judgement) verdict {
	var p parts
	resource := "CloudWatch log groups in " + in.observed.Region
	desired := fmt.Sprintf("kept for %d days or for ever, not public", leastLogDays)
	if in.settings.Strict {
		desired += ", encrypted with a key of the practice's own"
	}
	groups := -1
	look(&p, in.observed.Monitoring.LogGroups, func() { p.unknown("AWS does not list the log groups") }, func(all []state.LogGroup) {
		groups = len(all)
		for _, g := range all {
			if g.Days != 0 && g.Days < leastLogDays {
				p.bad(g.Name+": "+count(g.Days, "day"), "the log group "+g.Name+" keeps its lines for "+count(g.Days, "day")+" only")
			}
			if in.settings.Strict && g.Key == "" {
				p.bad(g.Name+": no key of your own", "the log group "+g.Name+" is encrypted with AWS's key, not with one of the practice's own")
			}
		}
	})
	look(&p, in.observed.Monitoring.LogPolicies, func() { p.unknown("AWS does not list who may write into them") }, func(all []state.NamedDocument) {
		for _, d := range all {
			if document, ok := in.parsed(&p, "the log policy "+d.Name, d.Document); ok && policy.Public(document).Yes {
				p.bad(d.Name+" is public", "the log policy "+d.Name+" is open to everybody")
			}
		}
	})
	if groups == 0 && len(p.wrong)+len(p.unread) == 0 {
		return verdict{status: NotApplicable, resource: resource, desired: desired, observed: "there is no log group"}
	}
	p.ok("%s", count(groups, "group"))
	return p.verdict(resource, desired)
}

func judgeRecorder(in *judgement) verdict {
	var p parts
	look(&p, in.observed.Monitoring.Recorder, p.missing("no recorder", "AWS Config is not turned on in "+in.observed.Region), func(r state.Recorder) {
		hipaa := slices.ContainsFunc(r.Packs, func(name string) bool { return strings.Contains(strings.ToLower(name), "hipaa") })
		switch {
		case !r.Recording:
			p.bad("not recording", "AWS Config's recorder is stopped")
		case !hipaa:
			p.bad("no HIPAA pack", "AWS Config records, but no conformance pack with HIPAA in its name is deployed")
		default:
			p.ok("recording, %s", few(r.Packs, ", "))
		}
	})
	return p.verdict("AWS Config in "+in.observed.Region, "recording, with the HIPAA conformance pack")
}

func judgeHub(in *judgement) verdict {
	var p parts
	off := p.missing("off", "Security Hub is not turned on in "+in.observed.Region)
	look(&p, in.observed.Monitoring.SecurityHub, off, func(on bool) {
		if on {
			p.ok("on")
			return
		}
		off()
	})
	return p.verdict("Security Hub in "+in.observed.Region, "on")
}

// deadMan is how long may pass between two checks without a person: a day, and two
// hours for a machine that was late.
const deadMan = 26 * time.Hour

// latestAlone is the newest run without a person that went to its end; nil: there is none.
func latestAlone(runs []Run, now time.Time) *Run {
	var newest *Run
	for i, r := range runs {
		if r.Unattended && r.Complete && !r.At.After(now) && (newest == nil || r.At.After(newest.At)) {
			newest = &runs[i]
		}
	}
	return newest
}

// Watched reports whether runs prove that the account is checked without a person.
// Where one computer's own runs do, MON-20 needs no other computer's.
func Watched(runs []Run, now time.Time) bool {
	newest := latestAlone(runs, now)
	return newest != nil && now.Sub(newest.At) <= deadMan
}

// judgeWatch is MON-20. A check that runs without a person proves by running that
// it runs; when a person checks, the ledgers have to show it.
func judgeWatch(in *judgement) verdict {
	var p parts
	runs, _ := in.Runs.Value()
	problem, unread := in.Runs.Problem()
	newest := latestAlone(runs, in.Now)
	last := in.Now // of the ledger's, the oldest run; without one, now
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
		p.ok("this check, the first that the ledger knows of")
	case unread:
		p.unknown("which checks ran by themselves is not known: " + problem.String())
	case newest != nil && newest.Elsewhere != "" && in.Now.Sub(newest.At) <= deadMan:
		p.ok("%s, as machine %s tells of itself; its signature was not verified here", ago(newest.At), newest.Elsewhere)
	case newest != nil && in.Now.Sub(newest.At) <= deadMan:
		p.ok("%s", ago(newest.At))
	case newest != nil:
		p.bad("the last "+ago(newest.At), "no check has run by itself and to its end since "+words.UTC(newest.At))
	case in.Now.Sub(last) < deadMan:
		p.ok("the first check is due by %s", words.UTC(last.Add(deadMan)))
	default:
		p.bad("never", "no check is known to have ever run by itself and to its end")
	}
	return p.verdict("this practice's checks", "a check without a person in the last 26 hours")
}
