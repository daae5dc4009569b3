package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"claria/aws"
	"claria/provision/permissions"
	"claria/provision/state"
)

// desiredMonitoring fills in what Monitoring should be.
func desiredMonitoring(s state.Settings, snapshot *state.State) {
	snapshot.Monitoring.Mantle = state.Known(state.Mantle{Mode: "none", Projects: []state.MantleProject{}})
	if s.Alerts == "" {
		return
	}
	for _, region := range s.AlertRegions() {
		alerting := state.Alerting{Region: region, Topic: state.Known(desiredTopic(s, region))}
		rules := []state.EventRule{}
		for _, a := range Alarms() {
			rules = append(rules, desiredRule(s, a, region))
		}
		alerting.Rules = state.Known(rules)
		snapshot.Monitoring.Alerting = append(snapshot.Monitoring.Alerting, alerting)
	}
}

// monitoringResources are what a plan can change about Monitoring.
func monitoringResources(s state.Settings, _ *state.State) []resource {
	all := []resource{mantleResource(s)}
	if s.Alerts == "" {
		return all
	}
	for i, region := range s.AlertRegions() {
		topic := topicResource(s, region, i)
		all = append(all, topic, addressResource(s, region, i, topic.id))
		for _, a := range Alarms() {
			all = append(all, ruleResource(s, region, i, a, topic.id))
		}
	}
	return all
}

func mantleResource(s state.Settings) resource {
	return resource{
		id: "bedrock/mantle-retention", title: "Bedrock retention, OpenAI-compatible endpoint", controls: []string{"BDR-02"},
		why: []string{"164.502(b)", "164.308(b)(1)"}, read: (*observer).mantle,
		facts: func(st *state.State) []fact { return []fact{st.Monitoring.Mantle} },
		diff: func(st *state.State) *change {
			have, ok := st.Monitoring.Mantle.Value()
			if !ok || have.Mode == "none" && len(opinionated(have)) == 0 {
				return nil
			}
			return &change{
				op: Change, summary: have.Mode + " → none: prompts and answers are not kept", before: mantleWords(have), after: "none",
				risk: Reversible, undo: "set it back to: " + mantleWords(have),
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			have, _ := w.have.Monitoring.Mantle.Value()
			none := map[string]any{"mode": "none"}
			if have.Mode != "none" {
				err := aws.Ask(ctx, w.account, mantleAPI(), aws.Request{
					Operation: "PutAccountDataRetention", Method: http.MethodPut, Path: "/v1/data_retention", In: none,
				}, nil)
				if err != nil {
					return "", aws.Wrap(err, "bedrock-mantle:PutAccountDataRetention", s.Region)
				}
			}
			for _, p := range opinionated(have) {
				err := aws.Ask(ctx, w.account, mantleAPI(), aws.Request{
					Operation: "UpdateProject", Method: http.MethodPost, Path: "/v1/organization/projects/" + url.PathEscape(p.ID),
					In: map[string]any{"data_retention": none},
				}, nil)
				if err != nil {
					return "", aws.Wrap(err, "bedrock-mantle:UpdateProject", p.ID)
				}
			}
			return "", nil
		},
	}
}

func topicResource(s state.Settings, region string, i int) resource {
	ours := &state.Bucket{Policy: state.Known(topicPolicy(s, region))}
	facts := func(t state.Topic) state.Topic { t.Subscriptions = nil; return t }
	return resource{
		id: "alerts/" + region + "/topic", title: "alerts topic " + s.TopicName() + " in " + region, controls: []string{"MON-06", "MON-07"},
		why: []string{"164.308(a)(6)(ii)", "164.312(e)(1)"}, read: (*observer).alerting,
		facts: func(st *state.State) []fact { return []fact{state.Derive(alertingOf(st, i).Topic, facts)} },
		diff: func(st *state.State) *change {
			have, ok := alertingOf(st, i).Topic.Value()
			if !ok {
				return &change{
					op: Create, summary: "sends alarms by email; messages name no client", before: "none", after: topicWords(desiredTopic(s, region)),
					risk: Reversible, undo: "delete the topic",
				}
			}
			merged, dropped := mergePolicy(have.Policy, ours)
			if s.Owned(have.Tags) && permissions.SameDocument(have.Policy, merged) && !deaf(have) {
				return nil
			}
			after := have
			if after.Policy = merged; deaf(have) {
				after.Key = ""
			}
			c := &change{
				op: Change, summary: "EventBridge may publish, TLS only", before: topicWords(have), after: topicWords(after),
				risk: Reversible, undo: "set it back to: " + topicWords(have),
			}
			if len(dropped) > 0 {
				c.summary += "; public statement removed: " + strings.Join(dropped, ", ")
			}
			if !s.Owned(have.Tags) {
				c.op = Adopt
			}
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) { return "", w.writeTopic(ctx, region, i, ours) },
	}
}

func (w *writer) writeTopic(ctx context.Context, region string, i int, ours *state.Bucket) error {
	s := w.settings
	sns := func(operation string, values url.Values) error {
		err := aws.Ask(ctx, w.account, snsAPI(), aws.Request{Operation: operation, Values: values, Region: region}, nil)
		return aws.Wrap(err, "sns:"+operation, s.TopicARN(region))
	}
	have, known := alertingOf(w.have, i).Topic.Value()
	if !known {
		values := url.Values{
			"Name": {s.TopicName()}, "Attributes.entry.1.key": {"Policy"}, "Attributes.entry.1.value": {topicPolicy(s, region)},
		}
		addTags(values, s.Tags())
		if err := sns("CreateTopic", values); err != nil {
			return err
		}
		w.account.Made(s.TopicARN(region))
		return nil
	}
	if !s.Owned(have.Tags) {
		values := url.Values{"ResourceArn": {have.ARN}}
		addTags(values, s.Tags())
		if err := sns("TagResource", values); err != nil {
			return err
		}
	}
	set := func(name, value string) error {
		return sns("SetTopicAttributes", url.Values{"TopicArn": {have.ARN}, "AttributeName": {name}, "AttributeValue": {value}})
	}
	if deaf(have) {
		if err := set("KmsMasterKeyId", ""); err != nil {
			return err
		}
	}
	if merged, _ := mergePolicy(have.Policy, ours); !permissions.SameDocument(have.Policy, merged) {
		return set("Policy", merged)
	}
	return nil
}

// addTags adds tags in the form of the query protocol.
func addTags(values url.Values, tags map[string]string) {
	for i, key := range slices.Sorted(maps.Keys(tags)) {
		at := "Tags.member." + strconv.Itoa(i+1)
		values.Set(at+".Key", key)
		values.Set(at+".Value", tags[key])
	}
}

// addressResource subscribes the address. AWS then sends it a link that its owner must
// follow; MON-06 checks whether that happened.
func addressResource(s state.Settings, region string, i int, topic string) resource {
	is := func(sub state.Subscription) bool {
		return sub.Protocol == "email" && strings.EqualFold(sub.Endpoint, s.Alerts)
	}
	mine := func(st *state.State) state.Reading[state.Subscription] {
		return state.Find(state.Derive(alertingOf(st, i).Topic, func(t state.Topic) []state.Subscription { return t.Subscriptions }), is)
	}
	return resource{
		id: "alerts/" + region + "/address", title: "alerts to " + s.Alerts + " from " + region, controls: []string{"MON-06"},
		why: []string{"164.308(a)(6)(ii)"}, needs: []string{topic}, read: (*observer).alerting,
		facts: func(st *state.State) []fact { return []fact{mine(st)} },
		diff: func(st *state.State) *change {
			if mine(st).Known() {
				return nil
			}
			return &change{
				op: Create, summary: "AWS sends an email; follow its link to confirm", before: "not subscribed", after: s.Alerts,
				risk: Reversible, undo: "follow the unsubscribe link in any of the emails",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			err := aws.Ask(ctx, w.account, snsAPI(), aws.Request{Operation: "Subscribe", Region: region, Values: url.Values{
				"TopicArn": {s.TopicARN(region)}, "Protocol": {"email"}, "Endpoint": {s.Alerts},
			}}, nil)
			return "no alarm arrives until the link in AWS's email to " + s.Alerts + " is followed",
				aws.Wrap(err, "sns:Subscribe", s.TopicARN(region))
		},
	}
}

func ruleResource(s state.Settings, region string, i int, a Alarm, topic string) resource {
	want := desiredRule(s, a, region)
	rule := func(st *state.State) state.Reading[state.EventRule] {
		own := state.Derive(alertingOf(st, i).Rules, func(all []state.EventRule) []state.EventRule { return ownRules(s, all) })
		return state.Find(own, func(r state.EventRule) bool { return r.Name == want.Name })
	}
	return resource{
		id: "alerts/" + region + "/" + a.Name, title: "alarm " + a.Name + " in " + region, controls: []string{a.Control},
		why: []string{"164.308(a)(1)(ii)(D)", "164.308(a)(6)(ii)"}, needs: []string{topic}, read: (*observer).alerting,
		facts: func(st *state.State) []fact { return []fact{rule(st)} },
		diff: func(st *state.State) *change {
			have, ok := rule(st).Value()
			switch {
			case !ok:
				return &change{
					op: Create, summary: "an email: " + a.Words, before: "none", after: eventRuleWords(want),
					risk: Reversible, undo: "disable the rule " + want.Name,
				}
			case s.Owned(have.Tags) && sameRule(have, want):
				return nil
			}
			c := &change{
				op: Change, summary: "raises the alarm again", before: eventRuleWords(have), after: eventRuleWords(want),
				risk: Reversible, undo: "set the rule back to: " + eventRuleWords(have),
			}
			if !s.Owned(have.Tags) {
				c.op = Adopt
			}
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			have, known := rule(w.have).Value()
			return "", w.writeRule(ctx, region, a, want, known && !s.Owned(have.Tags))
		},
	}
}

func (w *writer) writeRule(ctx context.Context, region string, a Alarm, want state.EventRule, tag bool) error {
	arn := "arn:aws:events:" + region + ":" + w.settings.Account + ":rule/" + want.Name
	events := func(operation string, in map[string]any, out any) error {
		err := aws.Ask(ctx, w.account, eventsAPI(), aws.Request{Operation: operation, In: in, Region: region}, out)
		return aws.Wrap(err, "events:"+operation, want.Name)
	}
	tags := []map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(want.Tags)) {
		tags = append(tags, map[string]string{"Key": key, "Value": want.Tags[key]})
	}
	if tag { // PutRule does not change an existing rule's tags
		if err := events("TagResource", map[string]any{"ResourceARN": arn, "Tags": tags}, nil); err != nil {
			return err
		}
	}
	err := events("PutRule", map[string]any{
		"Name": want.Name, "EventPattern": want.Pattern, "State": want.State, "Description": a.Words, "Tags": tags,
	}, nil)
	if err != nil {
		return err
	}
	w.account.Made(want.Name)
	target := want.Targets[0]
	var failed struct {
		FailedEntryCount int
		FailedEntries    []struct{ ErrorCode, ErrorMessage string }
	}
	err = events("PutTargets", map[string]any{"Rule": want.Name, "Targets": []any{map[string]any{
		"Id": w.settings.TopicName(), "Arn": target.ARN,
		"InputTransformer": map[string]any{"InputPathsMap": target.Paths, "InputTemplate": target.Template},
	}}}, &failed)
	if err == nil && failed.FailedEntryCount > 0 && len(failed.FailedEntries) > 0 {
		return &aws.Error{
			Kind: aws.Invalid, Operation: "events:PutTargets", Resource: want.Name, Code: failed.FailedEntries[0].ErrorCode,
			Err: errors.New(failed.FailedEntries[0].ErrorMessage),
		}
	}
	return err
}

// mantleWords is the endpoint's modes in words.
func mantleWords(m state.Mantle) string {
	texts := []string{"account " + m.Mode}
	for _, p := range m.Projects {
		texts = append(texts, "project "+p.ID+" "+p.Mode)
	}
	return strings.Join(texts, ", ")
}

// opinionated are the projects that keep something despite the account's mode.
func opinionated(m state.Mantle) []state.MantleProject {
	return slices.DeleteFunc(slices.Clone(m.Projects), func(p state.MantleProject) bool { return p.Mode == "none" || p.Mode == "inherit" })
}

// alertingOf is one region's alarms; zero, which is unknown, if they were not read.
func alertingOf(s *state.State, i int) state.Alerting {
	if i >= len(s.Monitoring.Alerting) {
		return state.Alerting{}
	}
	return s.Monitoring.Alerting[i]
}

// sameRule reports whether the rule matches and sends what it should. Targets that others
// added do not count.
func sameRule(r state.EventRule, want state.EventRule) bool {
	return r.State == want.State && sameJSON(r.Pattern, want.Pattern) &&
		slices.ContainsFunc(r.Targets, func(t state.EventTarget) bool { return sameTarget(t, want.Targets[0]) })
}

func sameTarget(t state.EventTarget, other state.EventTarget) bool {
	return t.ARN == other.ARN && t.Template == other.Template && maps.Equal(t.Paths, other.Paths)
}

func eventRuleWords(r state.EventRule) string {
	targets := make([]string, 0, len(r.Targets))
	for _, t := range r.Targets {
		targets = append(targets, t.ARN+" "+t.Template)
	}
	return fmt.Sprintf("%s; %s → %s", strings.ToLower(r.State), r.Pattern, strings.Join(targets, ", "))
}
