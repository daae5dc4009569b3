package provision

import (
	"encoding/json"
	"strings"

	"claria/provision/permissions"
	"claria/provision/state"
)

// Alarm is an event in the account that a person gets an email about.
type Alarm struct {
	Control string // "MON-08"
	Name    string // the rule's name, after the system's
	Words   string // the first words of the email
	// Reads says that the rule must also match calls that only read.
	Reads   bool
	Pattern map[string]any // EventBridge event pattern
}

// The detail types of CloudTrail's events in EventBridge (EventBridge user guide, "AWS
// service events delivered via AWS CloudTrail").
const (
	apiCall = "AWS API Call via CloudTrail"
	signIn  = "AWS Console Sign In via CloudTrail"
)

// Alarms are the alarms that Claria sets up: the events in the monitoring section of the
// CIS AWS Foundations Benchmark.
func Alarms() []Alarm {
	login := func(more map[string]any) map[string]any {
		more["eventName"] = []string{"ConsoleLogin"}
		return map[string]any{"detail-type": []string{signIn}, "detail": more}
	}
	calls := func(service string, names ...string) map[string]any {
		return map[string]any{"detail-type": []string{apiCall}, "detail": map[string]any{
			"eventSource": []string{service + ".amazonaws.com"}, "eventName": names,
		}}
	}
	return []Alarm{
		{Control: "MON-08", Name: "root-use", Words: "The root user was used", Pattern: map[string]any{
			"detail-type": []string{apiCall, signIn},
			"detail": map[string]any{
				"userIdentity": map[string]any{"type": []string{"Root"}, "invokedBy": []any{map[string]any{"exists": false}}},
				"eventType":    []any{map[string]any{"anything-but": []string{"AwsServiceEvent"}}},
			},
		}},
		{Control: "MON-09", Name: "login-failed", Words: "Somebody failed to sign in to the console", Pattern: login(map[string]any{
			"responseElements": map[string]any{"ConsoleLogin": []string{"Failure"}},
		})},
		{Control: "MON-10", Name: "login-without-mfa", Words: "Somebody signed in without a second factor", Pattern: login(map[string]any{
			"responseElements":    map[string]any{"ConsoleLogin": []string{"Success"}},
			"additionalEventData": map[string]any{"MFAUsed": []string{"No"}},
			"userIdentity":        map[string]any{"type": []string{"IAMUser", "Root"}},
		})},
		{Control: "MON-11", Name: "refused", Words: "A call was refused for want of permission", Reads: true, Pattern: map[string]any{
			"detail-type": []string{apiCall},
			"detail": map[string]any{"errorCode": []any{
				map[string]any{"prefix": "AccessDenied"}, map[string]any{"suffix": "UnauthorizedOperation"},
			}},
		}},
		{Control: "MON-12", Name: "iam-changed", Words: "A policy of an identity was changed", Pattern: calls("iam",
			"AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "CreatePolicy", "CreatePolicyVersion", "DeleteGroupPolicy",
			"DeletePolicy", "DeletePolicyVersion", "DeleteRolePolicy", "DeleteUserPolicy", "DetachGroupPolicy", "DetachRolePolicy",
			"DetachUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy", "SetDefaultPolicyVersion", "UpdateAssumeRolePolicy",
			"PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")},
		{Control: "MON-13", Name: "trail-changed", Words: "The audit trail was changed", Pattern: calls("cloudtrail",
			"CreateTrail", "DeleteTrail", "PutEventSelectors", "PutInsightSelectors", "StartLogging", "StopLogging", "UpdateTrail")},
		{Control: "MON-14", Name: "bucket-opened", Words: "The protection of a bucket was changed", Pattern: calls("s3",
			"DeleteAccountPublicAccessBlock", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketPolicy", "DeleteBucketPublicAccessBlock",
			"DeleteBucketReplication", "PutAccountPublicAccessBlock", "PutBucketAcl", "PutBucketCors", "PutBucketLifecycle", "PutBucketPolicy",
			"PutBucketPublicAccessBlock", "PutBucketReplication", "PutBucketVersioning")},
		{Control: "MON-15", Name: "key-disabled", Words: "An encryption key was disabled or is to be deleted", Pattern: calls("kms", "DisableKey", "ScheduleKeyDeletion")},
		{Control: "MON-16", Name: "config-changed", Words: "AWS Config was changed", Pattern: calls("config",
			"DeleteConfigurationRecorder", "DeleteDeliveryChannel", "PutConfigurationRecorder", "PutDeliveryChannel", "StopConfigurationRecorder")},
	}
}

// topicPolicy lets EventBridge publish, and requires TLS. EventBridge sends SNS no
// condition keys, so its statement cannot have a condition (EventBridge user guide, "Using
// resource-based policies", Amazon SNS).
func topicPolicy(s state.Settings, region string) string {
	return permissions.Document{Version: permissions.PolicyVersion, Statement: []permissions.Statement{
		{
			Sid: "ClariaRulesPublish", Effect: "Allow", Principal: map[string]string{"Service": "events.amazonaws.com"},
			Action: []string{"sns:Publish"}, Resource: []string{s.TopicARN(region)},
		},
		{
			Sid: "ClariaTLSOnly", Effect: "Deny", Principal: "*", Action: []string{"sns:Publish"}, Resource: []string{s.TopicARN(region)},
			Condition: permissions.Conditions{"Bool": {"aws:SecureTransport": {"false"}}},
		},
	}}.String()
}

// desiredTopic is Claria's topic as it should be.
func desiredTopic(s state.Settings, region string) state.Topic {
	return state.Topic{
		ARN: s.TopicARN(region), Policy: topicPolicy(s, region), Tags: s.Tags(),
		Subscriptions: []state.Subscription{{Protocol: "email", Endpoint: s.Alerts}},
	}
}

// desiredRule is an alarm's rule as it should be. Its email says which call was made, where
// and when, but names no resource, because that could be a record. The text is part of
// the rule: an account set up with another text needs a step to change it.
func desiredRule(s state.Settings, a Alarm, region string) state.EventRule {
	pattern, err := json.Marshal(a.Pattern)
	if err != nil {
		panic("provision: a pattern of strings always marshals: " + err.Error())
	}
	rule := state.EventRule{
		Name: s.RulePrefix() + a.Name, Pattern: string(pattern), State: "ENABLED", Tags: s.Tags(),
		Targets: []state.EventTarget{{
			ARN:   s.TopicARN(region),
			Paths: map[string]string{"account": "$.account", "event": "$.detail.eventName", "region": "$.region", "time": "$.time"},
			Template: `"` + a.Words + `: <event> in account <account>, region <region>, at <time> (UTC). ` +
				`Run claria --check, and look into the trail for who did it."`,
		}},
	}
	if a.Reads {
		rule.State = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
	}
	return rule
}

// topicWords is a topic's settings in words.
func topicWords(t state.Topic) string {
	key := "SNS's default encryption"
	if t.Key != "" {
		key = "encrypted with " + t.Key
	}
	return key + "; policy " + t.Policy
}

// deaf reports whether EventBridge cannot publish because of the topic's key: the key that
// AWS manages for SNS allows no other service (SNS developer guide, "Key management").
func deaf(t state.Topic) bool { return strings.HasSuffix(t.Key, "alias/aws/sns") }
