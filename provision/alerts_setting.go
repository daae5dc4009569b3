package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

	"claria/aws"
	"claria/provision/state"
)

// alertSettings are the settings of the alarms' topics and rules; none if the settings ask
// for no alarms.
func alertSettings(s state.Settings) map[string]*setting {
	all := map[string]*setting{}
	if s.Alerts == "" {
		return all
	}
	for i, region := range s.AlertRegions() {
		all["alerts/"+region+"/topic"] = keep(topicKept(s, region, i))
		for _, a := range Alarms() {
			id := "alerts/" + region + "/" + a.Name
			all[id] = keep(ruleSetting(s, id, region, i, desiredRule(s, a, region)))
		}
	}
	return all
}

// topicAttributes are the attributes of a topic that a step writes.
type topicAttributes struct {
	Policy string `json:"policy"`
	Key    string `json:"key"`
}

func topicKept(s state.Settings, region string, i int) whole[topicAttributes] {
	return whole[topicAttributes]{
		parts: true,
		of: func(st *state.State) state.Reading[topicAttributes] {
			return state.Derive(alertingOf(st, i).Topic, func(t state.Topic) topicAttributes { return topicAttributes{t.Policy, t.Key} })
		},
		see: func(st *state.State, r state.Reading[topicAttributes]) {
			k, _ := r.Value()
			seeAlerting(st, i, func(p state.Alerting) state.Alerting {
				p.Topic = state.Derive(p.Topic, func(t state.Topic) state.Topic { t.Policy, t.Key = k.Policy, k.Key; return t })
				return p
			})
		},
		put: func(ctx context.Context, w *writer, to topicAttributes) error {
			have, _ := alertingOf(w.have, i).Topic.Value()
			for _, a := range []struct{ name, from, to string }{{"KmsMasterKeyId", have.Key, to.Key}, {"Policy", have.Policy, to.Policy}} {
				if a.from == a.to {
					continue
				}
				err := aws.Ask(ctx, w.account, snsAPI(), aws.Request{Operation: "SetTopicAttributes", Region: region, Values: url.Values{
					"TopicArn": {s.TopicARN(region)}, "AttributeName": {a.name}, "AttributeValue": {a.to},
				}}, nil)
				if err != nil {
					return aws.Wrap(err, "sns:SetTopicAttributes", s.TopicARN(region))
				}
			}
			return nil
		},
	}
}

// seeAlerting changes one region's alarms in a copy, because States may share them.
func seeAlerting(s *state.State, i int, change func(state.Alerting) state.Alerting) {
	if i >= len(s.Monitoring.Alerting) {
		return
	}
	s.Monitoring.Alerting = append([]state.Alerting{}, s.Monitoring.Alerting...)
	s.Monitoring.Alerting[i] = change(s.Monitoring.Alerting[i])
}

// ruleKept is an alarm's rule and, as EventBridge returns it, the target that the step
// writes; null: it had none. Targets that others added are left alone.
type ruleKept struct {
	Pattern, State, Description string
	Target                      json.RawMessage
}

func ruleSetting(s state.Settings, id, region string, i int, want state.EventRule) whole[ruleKept] {
	events := func(ctx context.Context, account *aws.Account, operation string, in map[string]any, out any) error {
		err := aws.Ask(ctx, account, eventsAPI(), aws.Request{Operation: operation, In: in, Region: region}, out)
		return aws.Wrap(err, "events:"+operation, want.Name)
	}
	return whole[ruleKept]{
		parts:     true,
		operation: "events:ListRules",
		ask: func(ctx context.Context, o *observer) (ruleKept, error) {
			var list struct {
				Rules []struct{ Name, EventPattern, State, Description string }
			}
			if err := events(ctx, o.account, "ListRules", map[string]any{"NamePrefix": want.Name, "Limit": 100}, &list); err != nil {
				return ruleKept{}, err
			}
			for _, r := range list.Rules {
				if r.Name == want.Name {
					target, err := ruleTarget(ctx, o.account, region, want.Name, s.TopicName())
					return ruleKept{r.EventPattern, r.State, r.Description, target}, err
				}
			}
			return ruleKept{}, state.ErrNone
		},
		see: func(st *state.State, r state.Reading[ruleKept]) {
			k, _ := r.Value()
			seeAlerting(st, i, func(p state.Alerting) state.Alerting {
				p.Rules = replaced(p.Rules, func(r state.EventRule) bool { return r.Name == want.Name }, func(r state.EventRule) state.EventRule {
					r.Pattern, r.State = k.Pattern, k.State
					r.Targets = slices.DeleteFunc(slices.Clone(r.Targets), func(t state.EventTarget) bool { return t.ARN == want.Targets[0].ARN })
					var target targetWire
					if json.Unmarshal(k.Target, &target) == nil && target.Arn != "" {
						r.Targets = append(r.Targets, target.reduced())
					}
					return r
				})
				return p
			})
		},
		put: func(ctx context.Context, w *writer, k ruleKept) error {
			have := was[ruleKept](w, id)
			if have.Pattern != k.Pattern || have.State != k.State || have.Description != k.Description {
				in := map[string]any{"Name": want.Name, "EventPattern": k.Pattern, "State": k.State}
				if k.Description != "" {
					in["Description"] = k.Description
				}
				if err := events(ctx, w.account, "PutRule", in, nil); err != nil {
					return err
				}
			}
			if bytes.Equal(have.Target, k.Target) {
				return nil
			}
			operation, in := "PutTargets", map[string]any{"Rule": want.Name, "Targets": []json.RawMessage{k.Target}}
			if absentRaw(k.Target) {
				operation, in = "RemoveTargets", map[string]any{"Rule": want.Name, "Ids": []string{s.TopicName()}}
			}
			var failed struct{ FailedEntryCount int }
			err := events(ctx, w.account, operation, in, &failed)
			if err == nil && failed.FailedEntryCount > 0 {
				return aws.Wrap(errors.New("EventBridge did not accept the target"), "events:"+operation, want.Name)
			}
			return err
		},
	}
}

// ruleTarget is one target of a rule as EventBridge returns it; null: there is none.
func ruleTarget(ctx context.Context, account *aws.Account, region, rule, id string) (json.RawMessage, error) {
	var out struct{ Targets []json.RawMessage }
	err := aws.Ask(ctx, account, eventsAPI(), aws.Request{
		Operation: "ListTargetsByRule", In: map[string]any{"Rule": rule}, Region: region,
	}, &out)
	if err != nil {
		return nil, err
	}
	if out.Targets == nil {
		return nil, state.ErrIncomplete
	}
	for _, t := range out.Targets {
		var named struct{ Id string }
		if json.Unmarshal(t, &named) == nil && named.Id == id {
			return t, nil
		}
	}
	return json.RawMessage(null), nil
}
