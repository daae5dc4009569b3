package drift

import (
	"strings"
	"testing"
	"time"

	"claria/drift/catalogue"
	"claria/drift/pattern"
	"claria/provision"
	"claria/provision/state"
)

// watched is a change to a good account, or to its settings, and what one
// control then says.
type watched struct {
	id, name string
	change   func(s *state.State, set *state.Settings, f *Facts)
	want     catalogue.Status
	says     string // in the reason, or in what was observed when there is none
}

func setUp(change func(*state.State)) func(*state.State, *state.Settings, *Facts) {
	return func(s *state.State, _ *state.Settings, _ *Facts) { change(s) }
}

func checkWatched(t *testing.T, cases []watched) {
	t.Helper()
	for _, c := range cases {
		shows(c.id, c.want)
		s, set, f := good(), settings(), facts()
		if c.change != nil {
			c.change(&s, &set, &f)
		}
		got := judgeThe(t, c.id, catalogue.Strict, s, set, f)
		if got.Status != c.want || !strings.Contains(got.Reason+"\n"+got.Observed, c.says) {
			t.Errorf("%s %s: %s, %q, %q; want %s and %q", c.id, c.name, got.Status, got.Observed, got.Reason, c.want, c.says)
		}
	}
}

func rules(change func([]state.EventRule) []state.EventRule) func(*state.State, *state.Settings, *Facts) {
	return setUp(func(s *state.State) { edit(&s.Monitoring.Alerting[0].Rules, change) })
}

// only keeps the rule with one name, changed.
func only(name string, change func(*state.EventRule)) func([]state.EventRule) []state.EventRule {
	return func(all []state.EventRule) []state.EventRule {
		for _, r := range all {
			if strings.HasSuffix(r.Name, name) {
				change(&r)
				return []state.EventRule{r}
			}
		}
		return nil
	}
}

func TestWatchmen(t *testing.T) {
	t.Parallel()
	p := denied("x:Read")
	guardDuty := func(r state.Reading[state.GuardDuty]) func(*state.State, *state.Settings, *Facts) {
		return setUp(func(s *state.State) { s.Monitoring.GuardDuty = r })
	}
	detector := func(d state.Reading[state.Detector]) func(*state.State, *state.Settings, *Facts) {
		return guardDuty(state.Known(state.GuardDuty{Detector: d, High: state.Known(0)}))
	}
	topics := func(change func(*state.Topic)) func(*state.State, *state.Settings, *Facts) {
		return setUp(func(s *state.State) {
			edit(&s.Monitoring.Topics, func(all []state.Topic) []state.Topic { change(&all[0]); return all })
		})
	}
	asked := func(change func(*state.State)) func(*state.State, *state.Settings, *Facts) {
		return func(s *state.State, set *state.Settings, _ *Facts) {
			set.Alerts = "office@example.org"
			change(s)
		}
	}
	pending := func(yes bool) func(*state.State) {
		return func(s *state.State) {
			edit(&s.Monitoring.Alerting[0].Topic, func(t state.Topic) state.Topic {
				t.Subscriptions = []state.Subscription{{Protocol: "email", Endpoint: "Office@example.org", Pending: yes}}
				return t
			})
		}
	}
	runs := func(unattended bool, all ...Run) func(*state.State, *state.Settings, *Facts) {
		return func(_ *state.State, _ *state.Settings, f *Facts) {
			f.Runs, f.Unattended = state.Known(all), unattended
		}
	}
	unread := func(unattended bool, r state.Reading[[]Run]) func(*state.State, *state.Settings, *Facts) {
		return func(_ *state.State, _ *state.Settings, f *Facts) { f.Runs, f.Unattended = r, unattended }
	}
	ago := func(d time.Duration, unattended, complete bool) Run {
		return Run{At: now.Add(-d), Unattended: unattended, Complete: complete}
	}
	const public = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}]}`
	checkWatched(t, []watched{
		{id: "MON-01", want: catalogue.Pass},
		{"MON-01", "absent", guardDuty(state.Absent[state.GuardDuty]()), catalogue.Fail, "not turned on"},
		{"MON-01", "suspended", detector(state.Known(state.Detector{S3: true})), catalogue.Fail, "suspended"},
		{"MON-01", "list refused", guardDuty(state.Unknown[state.GuardDuty](p)), catalogue.Unknown, "x:Read"},
		{"MON-01", "detector refused", detector(state.Unknown[state.Detector](p)), catalogue.Unknown, "x:Read"},
		{id: "MON-02", want: catalogue.Pass},
		{"MON-02", "off", detector(state.Known(state.Detector{Enabled: true})), catalogue.Fail, "does not watch"},
		{"MON-02", "refused", detector(state.Unknown[state.Detector](p)), catalogue.Unknown, "x:Read"},
		{id: "MON-03", want: catalogue.Pass},
		{"MON-03", "two", guardDuty(state.Known(state.GuardDuty{High: state.Known(2)})), catalogue.Fail, "2 findings"},
		{"MON-03", "no detector", guardDuty(state.Absent[state.GuardDuty]()), catalogue.NotApplicable, "no detector in us-east-1"},
		{"MON-03", "refused", guardDuty(state.Known(state.GuardDuty{High: state.Unknown[int](p)})), catalogue.Unknown, "x:Read"},
		{id: "MON-04", want: catalogue.Pass},
		{"MON-04", "unused access only", setUp(func(s *state.State) {
			s.Analyzers = state.Known([]state.Analyzer{{Name: "a", Type: "ACCOUNT_UNUSED_ACCESS", Status: "ACTIVE"}})
		}), catalogue.Fail, "no analyzer"},
		{"MON-04", "refused", setUp(func(s *state.State) { s.Analyzers = state.Unknown[[]state.Analyzer](p) }), catalogue.Unknown, "x:Read"},
		{id: "MON-05", want: catalogue.Pass},
		{"MON-05", "a bucket", setUp(func(s *state.State) {
			s.Monitoring.Findings = state.Known([]state.AccessFinding{{Resource: "arn:aws:s3:::open", Type: "AWS::S3::Bucket"}})
		}), catalogue.Fail, "arn:aws:s3:::open can be reached"},
		{"MON-05", "nobody looks", setUp(func(s *state.State) { s.Monitoring.Findings = state.Absent[[]state.AccessFinding]() }), catalogue.Fail, "nobody checks"},
		{"MON-05", "refused", setUp(func(s *state.State) { s.Monitoring.Findings = state.Unknown[[]state.AccessFinding](p) }), catalogue.Unknown, "x:Read"},

		{"MON-06", "confirmed", asked(pending(false)), catalogue.Pass, "confirmed, in us-east-1"},
		{"MON-06", "pending", asked(pending(true)), catalogue.Fail, "follow its link"},
		{"MON-06", "another's", asked(func(s *state.State) {
			edit(&s.Monitoring.Alerting[0].Topic, func(t state.Topic) state.Topic { t.Subscriptions = nil; return t })
		}), catalogue.Fail, "not subscribed"},
		{"MON-06", "no topic", asked(func(s *state.State) { s.Monitoring.Alerting[0].Topic = state.Absent[state.Topic]() }), catalogue.Fail, "does not exist in us-east-1"},
		{"MON-06", "refused", asked(func(s *state.State) { s.Monitoring.Alerting[0].Topic = state.Unknown[state.Topic](p) }), catalogue.Unknown, "x:Read"},
		{"MON-06", "not asked for, none", setUp(func(s *state.State) { s.Monitoring.Topics = state.Known([]state.Topic{}) }), catalogue.Fail, "no address"},
		{"MON-06", "not asked for, somebody's", topics(func(t *state.Topic) { t.Subscriptions = []state.Subscription{{Protocol: "sms", Endpoint: "1"}} }), catalogue.Pass, "sms"},
		{id: "MON-07", want: catalogue.Pass, says: "claria-alerts"},
		{"MON-07", "public", topics(func(t *state.Topic) { t.Policy = public }), catalogue.Fail, "open to everyone; the topic claria-alerts accepts messages without TLS"},
		{"MON-07", "another's without a key", topics(func(t *state.Topic) { t.ARN = "arn:aws:sns:us-east-1:111122223333:billing" }), catalogue.Fail, "billing has no encryption key"},
		{"MON-07", "plain HTTP", topics(func(t *state.Topic) { t.Subscriptions = []state.Subscription{{Protocol: "http"}} }), catalogue.Fail, "plain HTTP"},
		{"MON-07", "foreign account", topics(func(t *state.Topic) {
			t.Policy = strings.Replace(t.Policy, `{"Service":"events.amazonaws.com"}`, `{"AWS":"arn:aws:iam::999988887777:root"}`, 1)
		}), catalogue.Fail, "open to arn:aws:iam::999988887777:root"},
		{"MON-07", "garbled policy", topics(func(t *state.Topic) { t.Policy = "{" }), catalogue.Unknown, "could not be understood"},
		{"MON-07", "none", setUp(func(s *state.State) { s.Monitoring.Topics = state.Known([]state.Topic{}) }), catalogue.NotApplicable, "no topic"},

		{id: "MON-17", want: catalogue.Pass},
		{"MON-17", "a week", setUp(func(s *state.State) {
			s.Monitoring.LogGroups = state.Known([]state.LogGroup{{Name: "/x", Days: 7}})
		}), catalogue.Fail, "only 7 days"},
		{"MON-17", "no own key", func(_ *state.State, set *state.Settings, _ *Facts) { set.Strict = true }, catalogue.Fail, "AWS's key"},
		{"MON-17", "public", setUp(func(s *state.State) {
			s.Monitoring.LogPolicies = state.Known([]state.NamedDocument{{Name: "in", Document: strings.Replace(public, "sns:Publish", "logs:PutLogEvents", 1)}})
		}), catalogue.Fail, "in is open"},
		{"MON-17", "refused", setUp(func(s *state.State) { s.Monitoring.LogGroups = state.Unknown[[]state.LogGroup](p) }), catalogue.Unknown, "x:Read"},
		{"MON-17", "none", setUp(func(s *state.State) { s.Monitoring.LogGroups = state.Known([]state.LogGroup{}) }), catalogue.NotApplicable, "no log group"},
		{id: "MON-18", want: catalogue.Pass},
		{"MON-18", "none", setUp(func(s *state.State) { s.Monitoring.Recorder = state.Absent[state.Recorder]() }), catalogue.Fail, "not turned on"},
		{"MON-18", "another pack", setUp(func(s *state.State) {
			s.Monitoring.Recorder = state.Known(state.Recorder{Recording: true, Packs: []string{"PCI"}})
		}), catalogue.Fail, "no conformance pack with HIPAA"},
		{"MON-18", "refused", setUp(func(s *state.State) { s.Monitoring.Recorder = state.Unknown[state.Recorder](p) }), catalogue.Unknown, "x:Read"},
		{id: "MON-19", want: catalogue.Pass},
		{"MON-19", "off", setUp(func(s *state.State) { s.Monitoring.SecurityHub = state.Absent[bool]() }), catalogue.Fail, "not turned on"},
		{"MON-19", "refused", setUp(func(s *state.State) { s.Monitoring.SecurityHub = state.Unknown[bool](p) }), catalogue.Unknown, "x:Read"},

		{"MON-20", "this one", runs(true, ago(25*time.Hour, true, true)), catalogue.Pass, "the one before it 25 hours ago"},
		{"MON-20", "this one, the first", runs(true), catalogue.Pass, "the first"},
		{"MON-20", "seen on the screen", runs(false, ago(time.Hour, false, true), ago(25*time.Hour, true, true)), catalogue.Pass, "25 hours ago"},
		{"MON-20", "by another machine", runs(false, Run{At: now.Add(-time.Hour), Unattended: true, Complete: true, Elsewhere: "00112233aabbccdd"}), catalogue.Pass, "recorded by machine 00112233aabbccdd; this computer has not verified its signature"},
		{"MON-20", "too long ago", runs(false, ago(time.Hour, false, true), ago(27*time.Hour, true, true)), catalogue.Fail, "no unattended check has completed"},
		{"MON-20", "never to its end", runs(false, ago(time.Hour, true, false), ago(30*time.Hour, false, true)), catalogue.Fail, "ever"},
		{"MON-20", "a new practice", runs(false, ago(20*time.Hour, false, true)), catalogue.Pass, "the first check is due by 2026-11-22 00:02 UTC"},
		{"MON-20", "nobody looked", unread(false, state.Reading[[]Run]{}), catalogue.Unknown, "it was not read"},
		{"MON-20", "refused", unread(false, state.Unknown[[]Run](p)), catalogue.Unknown, "x:Read"},
		{"MON-20", "refused, and this one is proof", unread(true, state.Unknown[[]Run](p)), catalogue.Pass, "the ones before it are not known"},
	})
}

// Every alert that set-up creates covers the events of the benchmark;
// one that is off, notifies nobody, or matches fewer events does not.
func TestAlarms(t *testing.T) {
	t.Parallel()
	var cases []watched
	for _, a := range provision.Alarms() {
		cases = append(cases, watched{id: a.Control, name: "as set up", want: catalogue.Pass, says: "rule claria-alert-" + a.Name},
			watched{a.Control, "alone", rules(only(a.Name, func(*state.EventRule) {})), catalogue.Pass, a.Name},
			watched{a.Control, "off", rules(only(a.Name, func(r *state.EventRule) { r.State = "DISABLED" })), catalogue.Fail, "nobody gets an alert"},
			watched{a.Control, "to nobody", rules(only(a.Name, func(r *state.EventRule) { r.Targets = nil })), catalogue.Fail, "nobody gets an alert"},
			watched{a.Control, "for less", rules(only(a.Name, func(r *state.EventRule) { r.Pattern = `{"detail":{"eventName":["DisableKey"]}}` })), catalogue.Fail, "nobody gets an alert"},
			watched{a.Control, "refused", setUp(func(s *state.State) {
				s.Monitoring.Alerting[0].Rules = state.Unknown[[]state.EventRule](denied("events:ListRules"))
			}), catalogue.Unknown, "events:ListRules"},
			watched{a.Control, "not read", setUp(func(s *state.State) { s.Monitoring.Alerting = nil }), catalogue.Unknown, "not read"})
	}
	cases = append(
		cases, watched{"MON-11", "deaf to reads", rules(only("refused", func(r *state.EventRule) { r.State = "ENABLED" })), catalogue.Fail, "GetBucketPolicy"},
	)
	checkWatched(t, cases)
	if n := len(provision.Alarms()); n != 9 {
		t.Errorf("%d alarms", n)
	}
}

// A practice in another region gets sign-in events only from us-east-1.
func TestAlarmsElsewhere(t *testing.T) {
	t.Parallel()
	s := good()
	s.Region = "us-west-2"
	home := s.Monitoring.Alerting[0]
	home.Region = "us-west-2"
	s.Monitoring.Alerting = []state.Alerting{home, {Region: "us-east-1", Rules: state.Known([]state.EventRule{})}}
	for id, want := range map[string]catalogue.Status{"MON-09": catalogue.Fail, "MON-12": catalogue.Fail, "MON-13": catalogue.Pass} {
		if got := judgeKnowing(t, catalogue.Strict, s, settings(), facts())[id]; got.Status != want {
			t.Errorf("%s is %s: %s", id, got.Status, got.Reason)
		}
	}
}

// The benchmark's own metric filters count, on the trail's log group and with an
// alarm that has an action.
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
		s.Monitoring.Alerting[0].Rules = state.Known([]state.EventRule{})
		edit(&s.Trail, func(trail state.Trail) state.Trail {
			trail.LogGroup = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*"
			return trail
		})
		one := state.LogAlarm{Alarm: "a", Filter: "f", Pattern: pattern, Group: "trail", Acts: true}
		judge := func(a state.LogAlarm) Finding {
			s.Monitoring.LogAlarms = state.Known([]state.LogAlarm{a})
			return judgeKnowing(t, catalogue.Strict, s, settings(), facts())[id]
		}
		if f := judge(one); f.Status != catalogue.Pass || f.Observed != "alarm a on f" {
			t.Errorf("%s: %s, %s %s", id, f.Status, f.Observed, f.Reason)
		}
		silent, elsewhere, broken := one, one, one
		silent.Acts, elsewhere.Group, broken.Pattern = false, "web", pattern[:len(pattern)-1]
		for _, a := range []state.LogAlarm{silent, elsewhere, broken} {
			if f := judge(a); f.Status != catalogue.Fail {
				t.Errorf("%s: %+v is %s", id, a, f.Status)
			}
		}
		s.Monitoring.LogAlarms = state.Unknown[[]state.LogAlarm](denied("cloudwatch:DescribeAlarms"))
		if f := judgeKnowing(t, catalogue.Strict, s, settings(), facts())[id]; f.Status != catalogue.Unknown || !strings.Contains(f.Reason, "DescribeAlarms") {
			t.Errorf("%s without the alarms is %s: %s", id, f.Status, f.Reason)
		}
	}
}

// What EventBridge documents about its patterns.
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
		if pattern.Event(c.pattern, event) != c.want {
			t.Errorf("%v: want %v", c.pattern, c.want)
		}
	}
}
