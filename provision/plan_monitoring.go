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
)

// desiredMonitoring fills in what Monitoring should be.
func desiredMonitoring(s Settings, state *State) {
	state.Monitoring.Mantle = Known(Mantle{Mode: "none", Projects: []MantleProject{}})
	if s.Alerts == "" {
		return
	}
	for _, region := range s.alertRegions() {
		place := Alerting{Region: region, Topic: Known(s.topic(region))}
		rules := []EventRule{}
		for _, a := range Alarms() {
			rules = append(rules, s.rule(a, region))
		}
		place.Rules = Known(rules)
		state.Monitoring.Alerting = append(state.Monitoring.Alerting, place)
	}
}

// monitoringRows are the things of Monitoring that a plan can change.
func monitoringRows(s Settings, _ *State) []row {
	all := []row{mantleRow(s)}
	if s.Alerts == "" {
		return all
	}
	for i, region := range s.alertRegions() {
		topic := topicRow(s, region, i)
		all = append(all, topic, addressRow(s, region, i, topic.id))
		for _, a := range Alarms() {
			all = append(all, ruleRow(s, region, i, a, topic.id))
		}
	}
	return all
}

// words tells of the endpoint's modes.
func (m Mantle) words() string {
	texts := []string{"account " + m.Mode}
	for _, p := range m.Projects {
		texts = append(texts, "project "+p.ID+" "+p.Mode)
	}
	return strings.Join(texts, ", ")
}

// opinionated are the projects that keep something whatever the account says.
func (m Mantle) opinionated() []MantleProject {
	return slices.DeleteFunc(slices.Clone(m.Projects), func(p MantleProject) bool { return p.Mode == "none" || p.Mode == "inherit" })
}

func mantleRow(s Settings) row {
	return row{
		id: "bedrock/mantle-retention", resource: "Bedrock retention, OpenAI-compatible endpoint", controls: []string{"BDR-02"},
		why: []string{"164.502(b)", "164.308(b)(1)"}, read: (*observer).mantle,
		facts: func(st *State) []fact { return []fact{st.Monitoring.Mantle} },
		diff: func(st *State) *change {
			have, ok := st.Monitoring.Mantle.Value()
			if !ok || have.Mode == "none" && len(have.opinionated()) == 0 {
				return nil
			}
			return &change{
				op: Change, summary: have.Mode + " → none: nothing kept by the model", before: have.words(), after: "none",
				risk: Reversible, undo: "set it back to: " + have.words(),
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
			for _, p := range have.opinionated() {
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

// place is the reading of one region's alarms; zero, which is unknown, where they
// were not read.
func (s *State) place(i int) Alerting {
	if i >= len(s.Monitoring.Alerting) {
		return Alerting{}
	}
	return s.Monitoring.Alerting[i]
}

func topicRow(s Settings, region string, i int) row {
	ours := &Bucket{Policy: Known(s.topicPolicy(region))}
	facts := func(t Topic) Topic { t.Subscriptions = nil; return t }
	return row{
		id: "alerts/" + region + "/topic", resource: "alerts topic " + s.topicName() + " in " + region, controls: []string{"MON-06", "MON-07"},
		why: []string{"164.308(a)(6)(ii)", "164.312(e)(1)"}, read: (*observer).alerting,
		facts: func(st *State) []fact { return []fact{derive(st.place(i).Topic, facts)} },
		diff: func(st *State) *change {
			have, ok := st.place(i).Topic.Value()
			if !ok {
				return &change{
					op: Create, summary: "where alarms are mailed from; messages name no client", before: "none", after: s.topic(region).words(),
					risk: Reversible, undo: "delete the topic",
				}
			}
			merged, dropped := mergePolicy(have.Policy, ours)
			if s.owned(have.Tags) && SameDocument(have.Policy, merged) && !have.deaf() {
				return nil
			}
			after := have
			if after.Policy = merged; have.deaf() {
				after.Key = ""
			}
			c := &change{
				op: Change, summary: "EventBridge may publish, TLS only", before: have.words(), after: after.words(),
				risk: Reversible, undo: "set it back to: " + have.words(),
			}
			if len(dropped) > 0 {
				c.summary += "; public statement removed: " + strings.Join(dropped, ", ")
			}
			if !s.owned(have.Tags) {
				c.op = Adopt
			}
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) { return "", w.writeTopic(ctx, region, i, ours) },
	}
}

func (w *writer) writeTopic(ctx context.Context, region string, i int, ours *Bucket) error {
	s := w.settings
	sns := func(operation string, values url.Values) error {
		err := aws.Ask(ctx, w.account, snsAPI(), aws.Request{Operation: operation, Values: values, Region: region}, nil)
		return aws.Wrap(err, "sns:"+operation, s.topicARN(region))
	}
	have, known := w.have.place(i).Topic.Value()
	if !known {
		values := url.Values{
			"Name": {s.topicName()}, "Attributes.entry.1.key": {"Policy"}, "Attributes.entry.1.value": {s.topicPolicy(region)},
		}
		addTags(values, s.tags())
		return sns("CreateTopic", values)
	}
	if !s.owned(have.Tags) {
		values := url.Values{"ResourceArn": {have.ARN}}
		addTags(values, s.tags())
		if err := sns("TagResource", values); err != nil {
			return err
		}
	}
	set := func(name, value string) error {
		return sns("SetTopicAttributes", url.Values{"TopicArn": {have.ARN}, "AttributeName": {name}, "AttributeValue": {value}})
	}
	if have.deaf() {
		if err := set("KmsMasterKeyId", ""); err != nil {
			return err
		}
	}
	if merged, _ := mergePolicy(have.Policy, ours); !SameDocument(have.Policy, merged) {
		return set("Policy", merged)
	}
	return nil
}

// addTags words tags as the query protocol wants them.
func addTags(values url.Values, tags map[string]string) {
	for i, key := range slices.Sorted(maps.Keys(tags)) {
		at := "Tags.member." + strconv.Itoa(i+1)
		values.Set(at+".Key", key)
		values.Set(at+".Value", tags[key])
	}
}

// addressRow subscribes the address. AWS then mails it a link, which its owner has
// to follow; that is theirs to do, and MON-06 watches for it.
func addressRow(s Settings, region string, i int, topic string) row {
	is := func(sub Subscription) bool {
		return sub.Protocol == "email" && strings.EqualFold(sub.Endpoint, s.Alerts)
	}
	mine := func(st *State) Reading[Subscription] {
		return find(derive(st.place(i).Topic, func(t Topic) []Subscription { return t.Subscriptions }), is)
	}
	return row{
		id: "alerts/" + region + "/address", resource: "alerts to " + s.Alerts + " from " + region, controls: []string{"MON-06"},
		why: []string{"164.308(a)(6)(ii)"}, needs: []string{topic}, read: (*observer).alerting,
		facts: func(st *State) []fact { return []fact{mine(st)} },
		diff: func(st *State) *change {
			if mine(st).Known() {
				return nil
			}
			return &change{
				op: Create, summary: "AWS sends a mail; follow its link to confirm", before: "not subscribed", after: s.Alerts,
				risk: Reversible, undo: "follow the unsubscribe link in any of the mails",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			err := aws.Ask(ctx, w.account, snsAPI(), aws.Request{Operation: "Subscribe", Region: region, Values: url.Values{
				"TopicArn": {s.topicARN(region)}, "Protocol": {"email"}, "Endpoint": {s.Alerts},
			}}, nil)
			return "no alarm arrives before the link in AWS's mail to " + s.Alerts + " was followed", aws.Wrap(err, "sns:Subscribe", s.topicARN(region))
		},
	}
}

// same reports whether the rule hears and sends what it should. Targets that
// somebody added are theirs.
func (r EventRule) same(want EventRule) bool {
	return r.State == want.State && sameJSON(r.Pattern, want.Pattern) && slices.ContainsFunc(r.Targets, func(t EventTarget) bool { return t.same(want.Targets[0]) })
}

func (t EventTarget) same(other EventTarget) bool {
	return t.ARN == other.ARN && t.Template == other.Template && maps.Equal(t.Paths, other.Paths)
}

func (r EventRule) words() string {
	targets := make([]string, 0, len(r.Targets))
	for _, t := range r.Targets {
		targets = append(targets, t.ARN+" "+t.Template)
	}
	return fmt.Sprintf("%s; %s → %s", strings.ToLower(r.State), r.Pattern, strings.Join(targets, ", "))
}

func ruleRow(s Settings, region string, i int, a Alarm, topic string) row {
	want := s.rule(a, region)
	rule := func(st *State) Reading[EventRule] {
		return find(derive(st.place(i).Rules, func(all []EventRule) []EventRule { return s.ownRules(all) }), func(r EventRule) bool { return r.Name == want.Name })
	}
	return row{
		id: "alerts/" + region + "/" + a.Name, resource: "alarm " + a.Name + " in " + region, controls: []string{a.Control},
		why: []string{"164.308(a)(1)(ii)(D)", "164.308(a)(6)(ii)"}, needs: []string{topic}, read: (*observer).alerting,
		facts: func(st *State) []fact { return []fact{rule(st)} },
		diff: func(st *State) *change {
			have, ok := rule(st).Value()
			switch {
			case !ok:
				return &change{
					op: Create, summary: "a mail: " + a.Words, before: "none", after: want.words(),
					risk: Reversible, undo: "disable the rule " + want.Name,
				}
			case s.owned(have.Tags) && have.same(want):
				return nil
			}
			c := &change{
				op: Change, summary: "the alarm is raised again", before: have.words(), after: want.words(),
				risk: Reversible, undo: "set the rule back to: " + have.words(),
			}
			if !s.owned(have.Tags) {
				c.op = Adopt
			}
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			have, known := rule(w.have).Value()
			return "", w.writeRule(ctx, region, a, want, known && !s.owned(have.Tags))
		},
	}
}

func (w *writer) writeRule(ctx context.Context, region string, a Alarm, want EventRule, tag bool) error {
	arn := "arn:aws:events:" + region + ":" + w.settings.Account + ":rule/" + want.Name
	events := func(operation string, in map[string]any, out any) error {
		err := aws.Ask(ctx, w.account, eventsAPI(), aws.Request{Operation: operation, In: in, Region: region}, out)
		return aws.Wrap(err, "events:"+operation, want.Name)
	}
	tags := []map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(want.Tags)) {
		tags = append(tags, map[string]string{"Key": key, "Value": want.Tags[key]})
	}
	if tag { // PutRule leaves the tags of a rule that is there as they are
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
	target := want.Targets[0]
	var failed struct {
		FailedEntryCount int
		FailedEntries    []struct{ ErrorCode, ErrorMessage string }
	}
	err = events("PutTargets", map[string]any{"Rule": want.Name, "Targets": []any{map[string]any{
		"Id": w.settings.topicName(), "Arn": target.ARN,
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
