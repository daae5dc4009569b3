package provision_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// The services that a test changes directly.
var (
	snsService    = aws.Service{Name: "sns", Host: "sns.{region}.amazonaws.com", Wording: aws.Query, Version: "2010-03-31"}
	eventsService = aws.Service{Name: "events", Host: "events.{region}.amazonaws.com", Wording: aws.JSON11, Target: "AWSEvents"}
	mantleService = aws.Service{Name: "bedrock-mantle", Host: "bedrock-mantle.{region}.api.aws", Wording: aws.RESTJSON}
)

const alertsTopic = "arn:aws:sns:us-east-1:" + sandbox.AccountID + ":claria-alerts"

func alertSettings() state.Settings {
	s := settings()
	s.Alerts = "office@example.org"
	return s
}

func (p *practice) planFor(account *aws.Account, settings state.Settings) provision.Plan {
	p.t.Helper()
	state, err := provision.Observe(p.t.Context(), account, settings)
	if err != nil {
		p.t.Fatal(err)
	}
	return withoutRootKey(provision.MakePlan(state, provision.Desired(settings), settings))
}

// mendMonitoring asks for alarms and reverts what somebody then does to them. It leaves
// one of everything that a scan reads.
func (p *practice) mendMonitoring(root *aws.Account) {
	p.t.Helper()
	for _, disturb := range append([]func(context.Context, *aws.Account) error{watchmen}, alertDrifts()...) {
		if err := disturb(p.t.Context(), root); err != nil {
			p.t.Fatalf("disturbing the account: %v", err)
		}
		steps := p.mended(p.mender(), p.planFor(root, alertSettings()))
		for _, step := range steps {
			if step.ID == "alerts/us-east-1/trail-changed" && step.CannotUndo() == "" {
				p.thereAndBack(root, step, alertSettings()) // a target that was missing is removed
			}
		}
		if left := p.planFor(root, alertSettings()); !left.Empty() {
			p.t.Errorf("not mended: %v", ids(left))
		}
	}
}

// watchmen turns on the services that a scan reads in more detail once they are on.
func watchmen(ctx context.Context, root *aws.Account) error {
	config := aws.Service{Name: "config", Host: "config.{region}.amazonaws.com", Wording: aws.JSON11, Target: "StarlingDoveService"}
	for _, each := range []struct {
		service aws.Service
		request aws.Request
	}{
		{
			aws.Service{Name: "guardduty", Host: "guardduty.{region}.amazonaws.com", Wording: aws.RESTJSON},
			aws.Request{Operation: "CreateDetector", Path: "/detector", In: map[string]any{"enable": true}},
		},
		{config, aws.Request{Operation: "PutConfigurationRecorder", In: map[string]any{
			"ConfigurationRecorder": map[string]any{"name": "default", "roleARN": "arn:aws:iam::111122223333:role/config"},
		}}},
		{config, aws.Request{Operation: "StartConfigurationRecorder", In: map[string]any{"ConfigurationRecorderName": "default"}}},
		{
			aws.Service{Name: "bedrock", Host: "bedrock.{region}.amazonaws.com", Wording: aws.RESTJSON},
			aws.Request{Operation: "CreateGuardrail", Path: "/guardrails", In: map[string]any{"name": "names"}},
		},
	} {
		if err := aws.Ask(ctx, root, each.service, each.request, nil); err != nil {
			return err
		}
	}
	return nil
}

func setTopic(ctx context.Context, root *aws.Account, name, value string) error {
	return aws.Ask(ctx, root, snsService, aws.Request{
		Operation: "SetTopicAttributes", Values: url.Values{"TopicArn": {alertsTopic}, "AttributeName": {name}, "AttributeValue": {value}},
	}, nil)
}

// alertDrifts are what somebody may do to the alarms and to Bedrock's OpenAI-compatible endpoint.
func alertDrifts() []func(context.Context, *aws.Account) error {
	rule := func(operation string, in map[string]any) func(context.Context, *aws.Account) error {
		return func(ctx context.Context, root *aws.Account) error {
			return aws.Ask(ctx, root, eventsService, aws.Request{Operation: operation, In: in}, nil)
		}
	}
	return []func(context.Context, *aws.Account) error{
		func(ctx context.Context, root *aws.Account) error {
			return setTopic(ctx, root, "Policy", `{"Version":"2012-10-17","Statement":[{"Sid":"Open","Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"`+alertsTopic+`"}]}`)
		},
		func(ctx context.Context, root *aws.Account) error {
			return setTopic(ctx, root, "KmsMasterKeyId", "alias/aws/sns")
		},
		func(ctx context.Context, root *aws.Account) error {
			return aws.Ask(ctx, root, snsService, aws.Request{
				Operation: "UntagResource", Values: url.Values{"ResourceArn": {alertsTopic}, "TagKeys.member.1": {state.SystemTag}},
			}, nil)
		},
		rule("DisableRule", map[string]any{"Name": "claria-alert-root-use"}),
		rule("PutRule", map[string]any{"Name": "claria-alert-refused", "EventPattern": `{"source":["aws.nothing"]}`}),
		rule("RemoveTargets", map[string]any{"Rule": "claria-alert-trail-changed", "Ids": []string{"claria-alerts"}}),
		func(ctx context.Context, root *aws.Account) error { // a rule with the same name that Claria did not create
			for _, r := range []aws.Request{
				{Operation: "RemoveTargets", In: map[string]any{"Rule": "claria-alert-iam-changed", "Ids": []string{"claria-alerts"}}},
				{Operation: "DeleteRule", In: map[string]any{"Name": "claria-alert-iam-changed"}},
				{Operation: "PutRule", In: map[string]any{"Name": "claria-alert-iam-changed", "EventPattern": `{"source":["aws.iam"]}`}},
			} {
				if err := aws.Ask(ctx, root, eventsService, r, nil); err != nil {
					return err
				}
			}
			return nil
		},
		func(ctx context.Context, root *aws.Account) error {
			for _, r := range []aws.Request{
				{Operation: "PutAccountDataRetention", Method: http.MethodPut, Path: "/v1/data_retention", In: map[string]string{"mode": "default"}},
				{
					Operation: "CreateProject", Path: "/v1/organization/projects", In: map[string]any{
						"name": "x", "data_retention": map[string]string{"mode": "aws_review"},
					},
				},
			} {
				if err := aws.Ask(ctx, root, mantleService, r, nil); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// Alarms are set up on request: one topic, one address, and nine rules whose emails say
// what happened and name no resource.
func TestAlertsOnRequest(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	if plan := p.planFor(root, settings()); slices.ContainsFunc(ids(plan), func(id string) bool { return strings.HasPrefix(id, "alerts/") }) {
		t.Errorf("nobody asked for alarms: %v", ids(plan))
	}
	plan := p.planFor(root, alertSettings())
	if len(plan.Steps) != 11 || ids(plan)[0] != "alerts/us-east-1/topic" || ids(plan)[1] != "alerts/us-east-1/address" {
		t.Fatalf("planned %v", ids(plan))
	}
	if one := plan.Only("MON-13"); len(one.Steps) != 2 {
		t.Errorf("one alarm takes %v", ids(one))
	}
	events := p.apply(p.mender(), plan, p.approval())
	if !slices.ContainsFunc(events, func(e provision.Progress) bool {
		return strings.Contains(e.Detail, "the link in AWS's email to office@example.org")
	}) {
		t.Error("nothing says that the subscription must be confirmed")
	}
	if again := p.planFor(root, alertSettings()); !again.Empty() {
		t.Errorf("planned again: %v", ids(again))
	}
	snapshot, err := provision.Observe(t.Context(), p.as(state.AuditorUser), alertSettings())
	if err != nil {
		t.Fatal(err)
	}
	topic, _ := snapshot.Monitoring.Alerting[0].Topic.Value()
	if len(topic.Subscriptions) != 1 || !topic.Subscriptions[0].Pending || topic.Tags[state.SystemTag] != "claria" {
		t.Errorf("topic %+v", topic)
	}
	rules, _ := snapshot.Monitoring.Alerting[0].Rules.Value()
	for _, r := range rules {
		for _, path := range r.Targets[0].Paths {
			if !slices.Contains([]string{"$.account", "$.region", "$.time", "$.detail.eventName"}, path) {
				t.Errorf("%s mails %s", r.Name, path)
			}
		}
	}
	p.sandbox.ConfirmSubscriptions()
	snapshot, _ = provision.Observe(t.Context(), p.as(state.AuditorUser), alertSettings())
	if topic, _ := snapshot.Monitoring.Alerting[0].Topic.Value(); topic.Subscriptions[0].Pending {
		t.Error("a confirmed subscription still waits")
	}
}

// A practice in another region also gets alarms from the region of sign-ins and IAM.
func TestAlertsOfAnotherRegion(t *testing.T) {
	t.Parallel()
	s := alertSettings()
	s.Region = "us-west-2"
	state := provision.Desired(s)
	if len(state.Monitoring.Alerting) != 2 {
		t.Fatalf("%d places", len(state.Monitoring.Alerting))
	}
	for i, region := range []string{"us-west-2", "us-east-1"} {
		place := state.Monitoring.Alerting[i]
		rules, _ := place.Rules.Value()
		if place.Region != region || len(rules) != 9 || rules[0].Targets[0].ARN != "arn:aws:sns:"+region+":111122223333:claria-alerts" {
			t.Errorf("%s: %d rules to %s", place.Region, len(rules), rules[0].Targets[0].ARN)
		}
	}
}
