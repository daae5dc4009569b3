package drift

import (
	"encoding/json"
	"fmt"
	"strings"

	"claria/drift/pattern"
	"claria/internal/words"
	"claria/provision/state"
)

// occasion is one event that an alert must cover, as CloudTrail records it.
type occasion struct {
	name    string
	detail  string // EventBridge's detail-type
	home    bool   // it arrives in the practice's region; otherwise where sign-ins and IAM report
	reads   bool   // a call that only reads
	record  map[string]any
	service string
}

// occasions are the events that the CIS AWS Foundations Benchmark wants alerts for, one
// list for each control: a rule that matches all of them is as good as Claria's.
func occasions(control string) []occasion {
	switch control {
	case "MON-08":
		root := map[string]any{"type": "Root"}
		return []occasion{
			login("the root user signs in", map[string]any{"userIdentity": root, "responseElements": map[string]any{"ConsoleLogin": "Success"}}),
			call("s3", "DeleteBucket", map[string]any{"userIdentity": root}),
		}
	case "MON-09":
		return []occasion{login("a failed sign-in", map[string]any{
			"userIdentity": map[string]any{"type": "IAMUser"}, "errorMessage": "Failed authentication",
			"responseElements": map[string]any{"ConsoleLogin": "Failure"}, "additionalEventData": map[string]any{"MFAUsed": "No"},
		})}
	case "MON-10":
		return []occasion{login("a sign-in without a second factor", map[string]any{
			"userIdentity":     map[string]any{"type": "IAMUser"},
			"responseElements": map[string]any{"ConsoleLogin": "Success"}, "additionalEventData": map[string]any{"MFAUsed": "No"},
		})}
	case "MON-11":
		looked := call("s3", "GetBucketPolicy", map[string]any{"errorCode": "AccessDenied", "readOnly": true})
		looked.reads = true
		return []occasion{
			call("s3", "PutBucketPolicy", map[string]any{"errorCode": "AccessDenied"}), looked,
			call("ec2", "RunInstances", map[string]any{"errorCode": "Client.UnauthorizedOperation"}),
		}
	case "MON-12":
		return calls("iam", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "CreatePolicy", "CreatePolicyVersion",
			"DeleteGroupPolicy", "DeletePolicy", "DeletePolicyVersion", "DeleteRolePolicy", "DeleteUserPolicy", "DetachGroupPolicy",
			"DetachRolePolicy", "DetachUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy")
	case "MON-13":
		return calls("cloudtrail", "CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail")
	case "MON-14":
		return calls("s3", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketPolicy", "DeleteBucketReplication",
			"PutBucketAcl", "PutBucketCors", "PutBucketLifecycle", "PutBucketPolicy", "PutBucketReplication")
	case "MON-15":
		return calls("kms", "DisableKey", "ScheduleKeyDeletion")
	case "MON-16":
		return calls("config", "DeleteDeliveryChannel", "PutConfigurationRecorder", "PutDeliveryChannel", "StopConfigurationRecorder")
	}
	return nil
}

func calls(service string, names ...string) []occasion {
	all := make([]occasion, 0, len(names))
	for _, name := range names {
		all = append(all, call(service, name, nil))
	}
	return all
}

func call(service, name string, more map[string]any) occasion {
	record := map[string]any{
		"eventSource": service + ".amazonaws.com", "eventName": name, "eventType": "AwsApiCall", "readOnly": false,
		"userIdentity": map[string]any{"type": "IAMUser"},
	}
	for field, value := range more {
		record[field] = value
	}
	return occasion{name: name, detail: "AWS API Call via CloudTrail", home: service != "iam", record: record, service: service}
}

func login(name string, more map[string]any) occasion {
	o := call("signin", "ConsoleLogin", more)
	o.name, o.detail, o.home = name, "AWS Console Sign In via CloudTrail", false
	o.record["eventType"] = "AwsConsoleSignIn"
	return o
}

// event is the occasion as EventBridge delivers it.
func (o occasion) event(account, region string) map[string]any {
	return map[string]any{
		"version": "0", "source": "aws." + o.service, "detail-type": o.detail, "account": account, "region": region, "detail": o.record,
	}
}

// judgeAlarm is MON-08 to MON-16: every occasion raises an alert, by a rule
// with a target or by an alarm with an action on the trail's log lines.
func judgeAlarm(control string) func(*judgement) verdict {
	return func(in *judgement) verdict {
		var p evidence
		in.listeners(&p, occasions(control))
		return p.verdict("alarms of account "+in.observed.Account, "a rule or an alarm that notifies someone")
	}
}

func (in *judgement) listeners(p *evidence, all []occasion) {
	by := map[string]bool{}
	var silent []string
	unread := map[string]bool{}
	for _, o := range all {
		name, problems := in.listener(o)
		switch {
		case name != "":
			if !by[name] {
				by[name] = true
				p.ok("%s", name)
			}
		case len(problems) > 0:
			for _, problem := range problems {
				unread[problem] = true
			}
		default:
			silent = append(silent, o.name)
		}
	}
	for problem := range unread {
		p.unknown(problem)
	}
	if len(silent) > 0 {
		p.bad("no alert on "+words.Few(silent, ", "), "nobody gets an alert on "+words.Few(silent, ", "))
	}
}

// listener names what raises an alert on the occasion; empty: nothing that could be
// read does, and problems says what could not be read.
func (in *judgement) listener(o occasion) (name string, problems []string) {
	region := state.Everywhere
	if o.home {
		region = in.observed.Region
	}
	var rules state.Reading[[]state.EventRule] // zero: they were not read
	for _, place := range in.observed.Monitoring.Alerting {
		if place.Region == region {
			rules = place.Rules
		}
	}
	event := o.event(in.observed.Account, region)
	if all, ok := rules.Value(); ok {
		for _, r := range all {
			var rule map[string]any
			if acts(r, o) && json.Unmarshal([]byte(r.Pattern), &rule) == nil && pattern.Event(rule, event) {
				return "rule " + r.Name, nil
			}
		}
	} else if problem, unread := rules.Problem(); unread {
		problems = append(problems, problem.String())
	}
	found, problem := in.logAlarm(o)
	if problem != "" {
		problems = append(problems, problem)
	}
	return found, problems
}

// acts reports whether the rule is on, also for events of this kind, and has
// a target.
func acts(r state.EventRule, o occasion) bool {
	return len(r.Targets) > 0 && (r.State == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" || r.State == "ENABLED" && !o.reads)
}

// logAlarm returns the alarm on the trail's log lines that counts the occasion. A trail
// of all regions writes the lines of all of them into one log group.
func (in *judgement) logAlarm(o occasion) (name, problem string) {
	trail, ok := in.observed.Trail.Value()
	if unread, failed := in.observed.Trail.Problem(); failed {
		return "", unread.String()
	}
	if !ok || trail.LogGroup == "" || !trail.MultiRegion && !o.home {
		return "", ""
	}
	all, ok := in.observed.Monitoring.LogAlarms.Value()
	if !ok {
		unread, _ := in.observed.Monitoring.LogAlarms.Problem()
		return "", unread.String()
	}
	for _, a := range all {
		if !a.Acts || !strings.HasSuffix(strings.TrimSuffix(trail.LogGroup, ":*"), ":log-group:"+a.Group) {
			continue
		}
		if matched, err := pattern.Filter(a.Pattern, o.record); err == nil && matched {
			return fmt.Sprintf("alarm %s on %s", a.Alarm, a.Filter), ""
		}
	}
	return "", ""
}
