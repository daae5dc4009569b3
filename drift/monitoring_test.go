package drift

import (
	"strings"
	"testing"
	"time"

	"claria/provision"
)

// watched is a change to a good account, or to what was asked of it, and what one
// control then says.
type watched struct {
	id, name string
	change   func(s *provision.State, set *provision.Settings, f *Facts)
	want     Status
	says     string // in the reason, or in what was observed when there is none
}

func state(change func(*provision.State)) func(*provision.State, *provision.Settings, *Facts) {
	return func(s *provision.State, _ *provision.Settings, _ *Facts) { change(s) }
}

func checkWatched(t *testing.T, cases []watched) {
	t.Helper()
	for _, c := range cases {
		shows(c.id, c.want)
		s, set, f := good(), settings(), facts()
		if c.change != nil {
			c.change(&s, &set, &f)
		}
		got := judgeThe(t, c.id, Strict, s, set, f)
		if got.Status != c.want || !strings.Contains(got.Reason+"\n"+got.Observed, c.says) {
			t.Errorf("%s %s: %s, %q, %q; want %s and %q", c.id, c.name, got.Status, got.Observed, got.Reason, c.want, c.says)
		}
	}
}

func rules(change func([]provision.EventRule) []provision.EventRule) func(*provision.State, *provision.Settings, *Facts) {
	return state(func(s *provision.State) { edit(&s.Monitoring.Alerting[0].Rules, change) })
}

// only keeps the rule of one name, changed.
func only(name string, change func(*provision.EventRule)) func([]provision.EventRule) []provision.EventRule {
	return func(all []provision.EventRule) []provision.EventRule {
		for _, r := range all {
			if strings.HasSuffix(r.Name, name) {
				change(&r)
				return []provision.EventRule{r}
			}
		}
		return nil
	}
}

func TestWatchmen(t *testing.T) {
	t.Parallel()
	p := denied("x:Read")
	guardDuty := func(r provision.Reading[provision.GuardDuty]) func(*provision.State, *provision.Settings, *Facts) {
		return state(func(s *provision.State) { s.Monitoring.GuardDuty = r })
	}
	detector := func(d provision.Reading[provision.Detector]) func(*provision.State, *provision.Settings, *Facts) {
		return guardDuty(provision.Known(provision.GuardDuty{Detector: d, High: provision.Known(0)}))
	}
	topics := func(change func(*provision.Topic)) func(*provision.State, *provision.Settings, *Facts) {
		return state(func(s *provision.State) {
			edit(&s.Monitoring.Topics, func(all []provision.Topic) []provision.Topic { change(&all[0]); return all })
		})
	}
	asked := func(change func(*provision.State)) func(*provision.State, *provision.Settings, *Facts) {
		return func(s *provision.State, set *provision.Settings, _ *Facts) {
			set.Alerts = "office@example.org"
			change(s)
		}
	}
	pending := func(yes bool) func(*provision.State) {
		return func(s *provision.State) {
			edit(&s.Monitoring.Alerting[0].Topic, func(t provision.Topic) provision.Topic {
				t.Subscriptions = []provision.Subscription{{Protocol: "email", Endpoint: "Office@example.org", Pending: yes}}
				return t
			})
		}
	}
	runs := func(unattended bool, all ...Run) func(*provision.State, *provision.Settings, *Facts) {
		return func(_ *provision.State, _ *provision.Settings, f *Facts) { f.Runs, f.Unattended = all, unattended }
	}
	ago := func(d time.Duration, unattended, complete bool) Run {
		return Run{At: now.Add(-d), Unattended: unattended, Complete: complete}
	}
	const public = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}]}`
	checkWatched(t, []watched{
		{id: "MON-01", want: Pass},
		{"MON-01", "absent", guardDuty(provision.Absent[provision.GuardDuty]()), Fail, "not turned on"},
		{"MON-01", "suspended", detector(provision.Known(provision.Detector{S3: true})), Fail, "suspended"},
		{"MON-01", "list refused", guardDuty(provision.Unknown[provision.GuardDuty](p)), Unknown, "x:Read"},
		{"MON-01", "detector refused", detector(provision.Unknown[provision.Detector](p)), Unknown, "x:Read"},
		{id: "MON-02", want: Pass},
		{"MON-02", "off", detector(provision.Known(provision.Detector{Enabled: true})), Fail, "does not look"},
		{"MON-02", "refused", detector(provision.Unknown[provision.Detector](p)), Unknown, "x:Read"},
		{id: "MON-03", want: Pass},
		{"MON-03", "two", guardDuty(provision.Known(provision.GuardDuty{High: provision.Known(2)})), Fail, "2 findings"},
		{"MON-03", "no detector", guardDuty(provision.Absent[provision.GuardDuty]()), NotApplicable, "no detector in us-east-1"},
		{"MON-03", "refused", guardDuty(provision.Known(provision.GuardDuty{High: provision.Unknown[int](p)})), Unknown, "x:Read"},
		{id: "MON-04", want: Pass},
		{"MON-04", "unused access only", state(func(s *provision.State) {
			s.Analyzers = provision.Known([]provision.Analyzer{{Name: "a", Type: "ACCOUNT_UNUSED_ACCESS", Status: "ACTIVE"}})
		}), Fail, "no analyzer"},
		{"MON-04", "refused", state(func(s *provision.State) { s.Analyzers = provision.Unknown[[]provision.Analyzer](p) }), Unknown, "x:Read"},
		{id: "MON-05", want: Pass},
		{"MON-05", "a bucket", state(func(s *provision.State) {
			s.Monitoring.Findings = provision.Known([]provision.AccessFinding{{Resource: "arn:aws:s3:::open", Type: "AWS::S3::Bucket"}})
		}), Fail, "arn:aws:s3:::open can be reached"},
		{"MON-05", "nobody looks", state(func(s *provision.State) { s.Monitoring.Findings = provision.Absent[[]provision.AccessFinding]() }), Fail, "nobody looks"},
		{"MON-05", "refused", state(func(s *provision.State) { s.Monitoring.Findings = provision.Unknown[[]provision.AccessFinding](p) }), Unknown, "x:Read"},

		{"MON-06", "confirmed", asked(pending(false)), Pass, "confirmed, in us-east-1"},
		{"MON-06", "pending", asked(pending(true)), Fail, "follow its link"},
		{"MON-06", "another's", asked(func(s *provision.State) {
			edit(&s.Monitoring.Alerting[0].Topic, func(t provision.Topic) provision.Topic { t.Subscriptions = nil; return t })
		}), Fail, "not subscribed"},
		{"MON-06", "no topic", asked(func(s *provision.State) { s.Monitoring.Alerting[0].Topic = provision.Absent[provision.Topic]() }), Fail, "not there in us-east-1"},
		{"MON-06", "refused", asked(func(s *provision.State) { s.Monitoring.Alerting[0].Topic = provision.Unknown[provision.Topic](p) }), Unknown, "x:Read"},
		{"MON-06", "not asked for, none", state(func(s *provision.State) { s.Monitoring.Topics = provision.Known([]provision.Topic{}) }), Fail, "no address"},
		{"MON-06", "not asked for, somebody's", topics(func(t *provision.Topic) { t.Subscriptions = []provision.Subscription{{Protocol: "sms", Endpoint: "1"}} }), Pass, "sms"},
		{id: "MON-07", want: Pass, says: "claria-alerts"},
		{"MON-07", "public", topics(func(t *provision.Topic) { t.Policy = public }), Fail, "open to everybody; the topic claria-alerts takes messages without TLS"},
		{"MON-07", "another's without a key", topics(func(t *provision.Topic) { t.ARN = "arn:aws:sns:us-east-1:111122223333:billing" }), Fail, "billing has no encryption key"},
		{"MON-07", "plain HTTP", topics(func(t *provision.Topic) { t.Subscriptions = []provision.Subscription{{Protocol: "http"}} }), Fail, "plain HTTP"},
		{"MON-07", "foreign account", topics(func(t *provision.Topic) {
			t.Policy = strings.Replace(t.Policy, `{"Service":"events.amazonaws.com"}`, `{"AWS":"arn:aws:iam::999988887777:root"}`, 1)
		}), Fail, "open to arn:aws:iam::999988887777:root"},
		{"MON-07", "garbled policy", topics(func(t *provision.Topic) { t.Policy = "{" }), Unknown, "could not be understood"},
		{"MON-07", "none", state(func(s *provision.State) { s.Monitoring.Topics = provision.Known([]provision.Topic{}) }), NotApplicable, "no topic"},

		{id: "MON-17", want: Pass},
		{"MON-17", "a week", state(func(s *provision.State) {
			s.Monitoring.LogGroups = provision.Known([]provision.LogGroup{{Name: "/x", Days: 7}})
		}), Fail, "7 days only"},
		{"MON-17", "no own key", func(_ *provision.State, set *provision.Settings, _ *Facts) { set.Strict = true }, Fail, "AWS's key"},
		{"MON-17", "public", state(func(s *provision.State) {
			s.Monitoring.LogPolicies = provision.Known([]provision.NamedDocument{{Name: "in", Document: strings.Replace(public, "sns:Publish", "logs:PutLogEvents", 1)}})
		}), Fail, "in is open"},
		{"MON-17", "refused", state(func(s *provision.State) { s.Monitoring.LogGroups = provision.Unknown[[]provision.LogGroup](p) }), Unknown, "x:Read"},
		{"MON-17", "none", state(func(s *provision.State) { s.Monitoring.LogGroups = provision.Known([]provision.LogGroup{}) }), NotApplicable, "no log group"},
		{id: "MON-18", want: Pass},
		{"MON-18", "none", state(func(s *provision.State) { s.Monitoring.Recorder = provision.Absent[provision.Recorder]() }), Fail, "not turned on"},
		{"MON-18", "another pack", state(func(s *provision.State) {
			s.Monitoring.Recorder = provision.Known(provision.Recorder{Recording: true, Packs: []string{"PCI"}})
		}), Fail, "no conformance pack with HIPAA"},
		{"MON-18", "refused", state(func(s *provision.State) { s.Monitoring.Recorder = provision.Unknown[provision.Recorder](p) }), Unknown, "x:Read"},
		{id: "MON-19", want: Pass},
		{"MON-19", "off", state(func(s *provision.State) { s.Monitoring.SecurityHub = provision.Absent[bool]() }), Fail, "not turned on"},
		{"MON-19", "refused", state(func(s *provision.State) { s.Monitoring.SecurityHub = provision.Unknown[bool](p) }), Unknown, "x:Read"},

		{"MON-20", "this one", runs(true, ago(25*time.Hour, true, true)), Pass, "the one before it 25 hours ago"},
		{"MON-20", "this one, the first", runs(true), Pass, "the first"},
		{"MON-20", "seen on the screen", runs(false, ago(time.Hour, false, true), ago(25*time.Hour, true, true)), Pass, "25 hours ago"},
		{"MON-20", "by another machine", runs(false, Run{At: now.Add(-time.Hour), Unattended: true, Complete: true, Elsewhere: "00112233aabbccdd"}), Pass, "machine 00112233aabbccdd tells of itself; its signature was not verified"},
		{"MON-20", "too long ago", runs(false, ago(time.Hour, false, true), ago(27*time.Hour, true, true)), Fail, "no check has run by itself"},
		{"MON-20", "never to its end", runs(false, ago(time.Hour, true, false), ago(30*time.Hour, false, true)), Fail, "ever"},
		{"MON-20", "a new practice", runs(false, ago(20*time.Hour, false, true)), Pass, "the first check is due by 2026-11-22 00:02 UTC"},
		{"MON-20", "nobody looked", runs(false), Unknown, "not looked into"},
	})
}

// Every alarm that set-up makes hears of what the benchmark wants to be heard of;
// one that is off, tells nobody, or listens for less does not.
func TestAlarms(t *testing.T) {
	t.Parallel()
	var cases []watched
	for _, a := range provision.Alarms() {
		cases = append(cases, watched{id: a.Control, name: "as set up", want: Pass, says: "rule claria-alert-" + a.Name},
			watched{a.Control, "alone", rules(only(a.Name, func(*provision.EventRule) {})), Pass, a.Name},
			watched{a.Control, "off", rules(only(a.Name, func(r *provision.EventRule) { r.State = "DISABLED" })), Fail, "nobody would be told"},
			watched{a.Control, "to nobody", rules(only(a.Name, func(r *provision.EventRule) { r.Targets = nil })), Fail, "nobody would be told"},
			watched{a.Control, "for less", rules(only(a.Name, func(r *provision.EventRule) { r.Pattern = `{"detail":{"eventName":["DisableKey"]}}` })), Fail, "nobody would be told"},
			watched{a.Control, "refused", state(func(s *provision.State) {
				s.Monitoring.Alerting[0].Rules = provision.Unknown[[]provision.EventRule](denied("events:ListRules"))
			}), Unknown, "events:ListRules"},
			watched{a.Control, "not read", state(func(s *provision.State) { s.Monitoring.Alerting = nil }), Unknown, "not read"})
	}
	cases = append(
		cases, watched{"MON-11", "deaf to reads", rules(only("refused", func(r *provision.EventRule) { r.State = "ENABLED" })), Fail, "GetBucketPolicy"},
	)
	checkWatched(t, cases)
	if n := len(provision.Alarms()); n != 9 {
		t.Errorf("%d alarms", n)
	}
}

// A practice elsewhere hears of sign-ins only where they are heard of.
func TestAlarmsElsewhere(t *testing.T) {
	t.Parallel()
	s := good()
	s.Region = "us-west-2"
	home := s.Monitoring.Alerting[0]
	home.Region = "us-west-2"
	s.Monitoring.Alerting = []provision.Alerting{home, {Region: "us-east-1", Rules: provision.Known([]provision.EventRule{})}}
	for id, want := range map[string]Status{"MON-09": Fail, "MON-12": Fail, "MON-13": Pass} {
		if got := judgeKnowing(t, Strict, s, settings(), facts())[id]; got.Status != want {
			t.Errorf("%s is %s: %s", id, got.Status, got.Reason)
		}
	}
}

// The benchmark's own metric filters count, on the trail's log group and with an
// alarm that does something.
func TestLogAlarms(t *testing.T) {
	t.Parallel()
	benchmark := map[string]string{
		"MON-08": `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`,
		"MON-09": `{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`,
		"MON-10": `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`,
		"MON-11": `{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`,
		"MON-13": `{($.eventName=CreateTrail)||($.eventName=UpdateTrail)||($.eventName=DeleteTrail)||($.eventName=StartLogging)||($.eventName=StopLogging)}`,
		"MON-15": `{($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }`,
	}
	for id, pattern := range benchmark {
		s := good()
		s.Monitoring.Alerting[0].Rules = provision.Known([]provision.EventRule{})
		edit(&s.Trail, func(trail provision.Trail) provision.Trail {
			trail.LogGroup = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*"
			return trail
		})
		one := provision.LogAlarm{Alarm: "a", Filter: "f", Pattern: pattern, Group: "trail", Acts: true}
		judge := func(a provision.LogAlarm) Finding {
			s.Monitoring.LogAlarms = provision.Known([]provision.LogAlarm{a})
			return judgeKnowing(t, Strict, s, settings(), facts())[id]
		}
		if f := judge(one); f.Status != Pass || f.Observed != "alarm a on f" {
			t.Errorf("%s: %s, %s %s", id, f.Status, f.Observed, f.Reason)
		}
		silent, elsewhere, broken := one, one, one
		silent.Acts, elsewhere.Group, broken.Pattern = false, "web", pattern[:len(pattern)-1]
		for _, a := range []provision.LogAlarm{silent, elsewhere, broken} {
			if f := judge(a); f.Status != Fail {
				t.Errorf("%s: %+v is %s", id, a, f.Status)
			}
		}
		s.Monitoring.LogAlarms = provision.Unknown[[]provision.LogAlarm](denied("cloudwatch:DescribeAlarms"))
		if f := judgeKnowing(t, Strict, s, settings(), facts())[id]; f.Status != Unknown || !strings.Contains(f.Reason, "DescribeAlarms") {
			t.Errorf("%s without the alarms is %s: %s", id, f.Status, f.Reason)
		}
	}
}

// What EventBridge documents of its patterns.
func TestEventPatterns(t *testing.T) {
	t.Parallel()
	event := map[string]any{"source": "aws.s3", "detail": map[string]any{
		"eventName": "PutBucketPolicy", "sourceIPAddress": "10.0.0.7", "userIdentity": map[string]any{"type": "Root"}, "list": []any{"a", "b"},
	}}
	for _, c := range []struct {
		pattern map[string]any
		want    bool
	}{
		{map[string]any{}, true},
		{map[string]any{"source": []any{"aws.ec2", "aws.s3"}}, true},
		{map[string]any{"source": []any{"aws.ec2"}}, false},
		{map[string]any{"source": "aws.s3"}, false}, // a pattern's values are lists
		{map[string]any{"source": []any{map[string]any{"prefix": "aws."}}}, true},
		{map[string]any{"source": []any{map[string]any{"suffix": "ec2"}}}, false},
		{map[string]any{"source": []any{map[string]any{"anything-but": []any{"aws.ec2"}}}}, true},
		{map[string]any{"source": []any{map[string]any{"anything-but": map[string]any{"prefix": "aws."}}}}, false},
		{map[string]any{"source": []any{map[string]any{"wildcard": "a*s.*3"}}}, true},
		{map[string]any{"source": []any{map[string]any{"equals-ignore-case": "AWS.S3"}}}, true},
		{map[string]any{"detail": map[string]any{"errorCode": []any{map[string]any{"exists": false}}}}, true},
		{map[string]any{"detail": map[string]any{"errorCode": []any{"AccessDenied"}}}, false},
		{map[string]any{"detail": map[string]any{"userIdentity": map[string]any{"invokedBy": []any{map[string]any{"exists": false}}}}}, true},
		{map[string]any{"detail": map[string]any{"sourceIPAddress": []any{map[string]any{"cidr": "10.0.0.0/8"}}}}, true},
		{map[string]any{"detail": map[string]any{"list": []any{"b"}}}, true},
		{map[string]any{"$or": []any{map[string]any{"source": []any{"x"}}, map[string]any{"detail": map[string]any{"eventName": []any{"PutBucketPolicy"}}}}}, true},
		{map[string]any{"source": []any{map[string]any{"numeric": []any{">", 1.0}}}}, false},
		{map[string]any{"source": []any{map[string]any{"of-the-future": "aws.s3"}}}, false},
		{map[string]any{"source": []any{map[string]any{"anything-but": map[string]any{"of-the-future": "x"}}}}, false},
	} {
		if hears(c.pattern, event) != c.want {
			t.Errorf("%v: want %v", c.pattern, c.want)
		}
	}
}
