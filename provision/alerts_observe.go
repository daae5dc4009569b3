package provision

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"claria/aws"
	"claria/provision/state"
)

func snsAPI() aws.Service {
	return aws.Service{Name: "sns", Host: "sns.{region}.amazonaws.com", Endpoint: "SNS", Wording: aws.Query, Version: "2010-03-31"}
}

func eventsAPI() aws.Service {
	return aws.Service{
		Name: "events", Host: "events.{region}.amazonaws.com", Endpoint: "EVENTBRIDGE", Wording: aws.JSON11, Target: "AWSEvents",
	}
}

func cloudWatchAPI() aws.Service {
	return aws.Service{
		Name: "cloudwatch", Signing: "monitoring", Host: "monitoring.{region}.amazonaws.com", Endpoint: "CLOUDWATCH",
		Wording: aws.Query, Version: "2010-08-01",
	}
}

func logsAPI() aws.Service {
	return aws.Service{
		Name: "logs", Host: "logs.{region}.amazonaws.com", Endpoint: "CLOUDWATCH_LOGS", Wording: aws.JSON11, Target: "Logs_20140328",
	}
}

// alerting schedules the read of Claria's topic and of the rules, in each region that
// raises alarms.
func (o *observer) alerting(s *state.State) {
	s.Monitoring.Alerting = nil
	for _, region := range o.settings.AlertRegions() {
		s.Monitoring.Alerting = append(s.Monitoring.Alerting, state.Alerting{Region: region})
	}
	for i := range s.Monitoring.Alerting {
		alerting := &s.Monitoring.Alerting[i]
		o.do(func(ctx context.Context) {
			topic := state.Topic{ARN: o.settings.TopicARN(alerting.Region)}
			operation, err := o.topic(ctx, alerting.Region, &topic)
			alerting.Topic = state.ReadingOf(topic, err, operation)
		})
		o.do(func(ctx context.Context) { o.rules(ctx, alerting) })
	}
}

// absentTopic turns SNS's NotFound into state.ErrNone; in S3 the code has another meaning.
func absentTopic(err error) error {
	if failure, ok := errors.AsType[*aws.Error](err); ok && failure.Code == "NotFound" {
		return state.ErrNone
	}
	return err
}

// topic reads one topic; the operation is the one that failed.
func (o *observer) topic(ctx context.Context, region string, t *state.Topic) (operation string, err error) {
	ask := func(name, parameter string, out any) error {
		operation = "sns:" + name
		return absentTopic(aws.Ask(ctx, o.account, snsAPI(), aws.Request{
			Operation: name, Values: url.Values{parameter: {t.ARN}}, Region: region,
		}, out))
	}
	var attributes struct {
		Entries []struct {
			Key   string `xml:"key"`
			Value string `xml:"value"`
		} `xml:"GetTopicAttributesResult>Attributes>entry"`
	}
	if err := ask("GetTopicAttributes", "TopicArn", &attributes); err != nil {
		return operation, err
	}
	if len(attributes.Entries) == 0 {
		return operation, state.ErrIncomplete
	}
	for _, e := range attributes.Entries {
		switch e.Key {
		case "Policy":
			t.Policy = e.Value
		case "KmsMasterKeyId":
			t.Key = e.Value
		}
	}
	t.Subscriptions = []state.Subscription{}
	err = aws.Pages(func(token string) (string, error) {
		operation = "sns:ListSubscriptionsByTopic"
		values := url.Values{"TopicArn": {t.ARN}}
		if token != "" {
			values.Set("NextToken", token)
		}
		var page struct {
			Result *struct {
				List []struct {
					Protocol, Endpoint, SubscriptionArn string
				} `xml:"Subscriptions>member"`
				NextToken string
			} `xml:"ListSubscriptionsByTopicResult"`
		}
		err := absentTopic(aws.Ask(ctx, o.account, snsAPI(), aws.Request{
			Operation: "ListSubscriptionsByTopic", Values: values, Region: region,
		}, &page))
		if err != nil {
			return "", err
		}
		if page.Result == nil {
			return "", state.ErrIncomplete
		}
		for _, s := range page.Result.List {
			t.Subscriptions = append(t.Subscriptions, state.Subscription{
				Protocol: s.Protocol, Endpoint: s.Endpoint, Pending: !strings.HasPrefix(s.SubscriptionArn, "arn:"),
			})
		}
		return page.Result.NextToken, nil
	})
	if err != nil {
		return operation, err
	}
	var tags struct {
		Result *struct {
			List []struct{ Key, Value string } `xml:"Tags>member"`
		} `xml:"ListTagsForResourceResult"`
	}
	if err := ask("ListTagsForResource", "ResourceArn", &tags); err != nil {
		return operation, err
	}
	if tags.Result == nil {
		return operation, state.ErrIncomplete
	}
	t.Tags = map[string]string{}
	for _, tag := range tags.Result.List {
		t.Tags[tag.Key] = tag.Value
	}
	return operation, nil
}

// topics schedules the read of every topic of the region.
func (o *observer) topics(s *state.State) {
	o.do(func(ctx context.Context) {
		all := []state.Topic{}
		const operation = "sns:ListTopics"
		err := aws.Pages(func(token string) (string, error) {
			values := url.Values{}
			if token != "" {
				values.Set("NextToken", token)
			}
			var page struct {
				Result *struct {
					List []struct {
						ARN string `xml:"TopicArn"`
					} `xml:"Topics>member"`
					NextToken string
				} `xml:"ListTopicsResult"`
			}
			if err := aws.Ask(ctx, o.account, snsAPI(), aws.Request{Operation: "ListTopics", Values: values}, &page); err != nil {
				return "", err
			}
			if page.Result == nil {
				return "", state.ErrIncomplete
			}
			for _, t := range page.Result.List {
				all = append(all, state.Topic{ARN: t.ARN})
			}
			return page.Result.NextToken, nil
		})
		if err != nil {
			s.Monitoring.Topics = state.ReadingOf[[]state.Topic](nil, err, operation)
			return
		}
		each(o, &s.Monitoring.Topics, all, "sns:GetTopicAttributes", func(ctx context.Context, t *state.Topic) error {
			operation, err := o.topic(ctx, o.account.Region(), t)
			return aws.Wrap(err, operation, "")
		})
	})
}

// rules reads the rules with an event pattern and their targets. It leaves out rules that
// an AWS service manages for itself.
func (o *observer) rules(ctx context.Context, alerting *state.Alerting) {
	all := []state.EventRule{}
	arns := map[string]string{}
	err := aws.Pages(func(token string) (string, error) {
		in := map[string]any{"Limit": 100}
		if token != "" {
			in["NextToken"] = token
		}
		if !o.settings.Wide {
			in["NamePrefix"] = o.settings.RulePrefix()
		}
		var page struct {
			Rules []struct {
				Name, Arn, EventPattern, State, ManagedBy string
			}
			NextToken string
		}
		if err := aws.Ask(ctx, o.account, eventsAPI(), aws.Request{Operation: "ListRules", In: in, Region: alerting.Region}, &page); err != nil {
			return "", err
		}
		if page.Rules == nil {
			return "", state.ErrIncomplete
		}
		for _, r := range page.Rules {
			if r.EventPattern != "" && r.ManagedBy == "" {
				all = append(all, state.EventRule{Name: r.Name, Pattern: r.EventPattern, State: r.State})
				arns[r.Name] = r.Arn
			}
		}
		return page.NextToken, nil
	})
	if err != nil {
		alerting.Rules = state.ReadingOf[[]state.EventRule](nil, err, "events:ListRules")
		return
	}
	each(o, &alerting.Rules, all, "events:ListTargetsByRule", func(ctx context.Context, r *state.EventRule) error {
		if err := o.ruleTargets(ctx, alerting.Region, r); err != nil || !strings.HasPrefix(r.Name, o.settings.RulePrefix()) {
			return err
		}
		var out struct {
			Tags []struct{ Key, Value string }
		}
		err := aws.Ask(ctx, o.account, eventsAPI(), aws.Request{
			Operation: "ListTagsForResource", In: map[string]any{"ResourceARN": arns[r.Name]}, Region: alerting.Region,
		}, &out)
		if err == nil && out.Tags == nil {
			err = state.ErrIncomplete
		}
		r.Tags = map[string]string{}
		for _, tag := range out.Tags {
			r.Tags[tag.Key] = tag.Value
		}
		return err
	})
}

// ruleTargets reads a rule's targets; a rule has five at most.
func (o *observer) ruleTargets(ctx context.Context, region string, r *state.EventRule) error {
	var out struct{ Targets []targetWire }
	err := aws.Ask(ctx, o.account, eventsAPI(), aws.Request{
		Operation: "ListTargetsByRule", In: map[string]any{"Rule": r.Name}, Region: region,
	}, &out)
	if err != nil {
		return err
	}
	if out.Targets == nil {
		return state.ErrIncomplete
	}
	r.Targets = []state.EventTarget{}
	for _, t := range out.Targets {
		r.Targets = append(r.Targets, t.reduced())
	}
	return nil
}

// targetWire is a rule's target in EventBridge's JSON.
type targetWire struct {
	Arn              string
	InputTransformer *struct {
		InputPathsMap map[string]string
		InputTemplate string
	}
}

func (t targetWire) reduced() state.EventTarget {
	target := state.EventTarget{ARN: t.Arn}
	if t.InputTransformer != nil {
		target.Paths, target.Template = t.InputTransformer.InputPathsMap, t.InputTransformer.InputTemplate
	}
	return target
}

// metric names a metric of CloudWatch.
type metric struct{ name, space string }

// logAlarms schedules the read of the alarms on log lines: a metric filter turns the lines
// into a metric, and an alarm watches the metric.
func (o *observer) logAlarms(s *state.State) {
	o.do(func(ctx context.Context) {
		filters, err := o.metricFilters(ctx)
		if err != nil {
			s.Monitoring.LogAlarms = state.ReadingOf[[]state.LogAlarm](nil, err, "logs:DescribeMetricFilters")
			return
		}
		all := []state.LogAlarm{}
		err = aws.Pages(func(token string) (string, error) {
			values := url.Values{"AlarmTypes.member.1": {"MetricAlarm"}}
			if token != "" {
				values.Set("NextToken", token)
			}
			var page struct {
				Result *struct {
					List []struct {
						AlarmName, MetricName, Namespace string
						ActionsEnabled                   bool
						Actions                          []string `xml:"AlarmActions>member"`
					} `xml:"MetricAlarms>member"`
					NextToken string
				} `xml:"DescribeAlarmsResult"`
			}
			if err := aws.Ask(ctx, o.account, cloudWatchAPI(), aws.Request{Operation: "DescribeAlarms", Values: values}, &page); err != nil {
				return "", err
			}
			if page.Result == nil {
				return "", state.ErrIncomplete
			}
			for _, a := range page.Result.List {
				for _, f := range filters[metric{a.MetricName, a.Namespace}] {
					f.Alarm, f.Acts = a.AlarmName, a.ActionsEnabled && len(a.Actions) > 0
					all = append(all, f)
				}
			}
			return page.Result.NextToken, nil
		})
		s.Monitoring.LogAlarms = state.ReadingOf(all, err, "cloudwatch:DescribeAlarms")
	})
}

func (o *observer) metricFilters(ctx context.Context) (map[metric][]state.LogAlarm, error) {
	filters := map[metric][]state.LogAlarm{}
	err := aws.Pages(func(token string) (string, error) {
		var page struct {
			Filters []struct {
				Name    string `json:"filterName"`
				Pattern string `json:"filterPattern"`
				Group   string `json:"logGroupName"`
				Metrics []struct {
					Name  string `json:"metricName"`
					Space string `json:"metricNamespace"`
				} `json:"metricTransformations"`
			} `json:"metricFilters"`
			Next string `json:"nextToken"`
		}
		if err := aws.Ask(ctx, o.account, logsAPI(), aws.Request{
			Operation: "DescribeMetricFilters", In: tokenOnly("nextToken", token),
		}, &page); err != nil {
			return "", err
		}
		if page.Filters == nil {
			return "", state.ErrIncomplete
		}
		for _, f := range page.Filters {
			for _, m := range f.Metrics {
				key := metric{m.Name, m.Space}
				filters[key] = append(filters[key], state.LogAlarm{Filter: f.Name, Pattern: f.Pattern, Group: f.Group})
			}
		}
		return page.Next, nil
	})
	return filters, err
}

// tokenOnly is the input of a listing that takes only a page token.
func tokenOnly(name, token string) map[string]any {
	if token == "" {
		return map[string]any{}
	}
	return map[string]any{name: token}
}

func (o *observer) logGroups(s *state.State) {
	ask(o, "logs:DescribeLogGroups", &s.Monitoring.LogGroups, func(ctx context.Context) ([]state.LogGroup, error) {
		all := []state.LogGroup{}
		err := aws.Pages(func(token string) (string, error) {
			var page struct {
				Groups []struct {
					Name string `json:"logGroupName"`
					Days int    `json:"retentionInDays"`
					Key  string `json:"kmsKeyId"`
				} `json:"logGroups"`
				Next string `json:"nextToken"`
			}
			if err := aws.Ask(ctx, o.account, logsAPI(), aws.Request{
				Operation: "DescribeLogGroups", In: tokenOnly("nextToken", token),
			}, &page); err != nil {
				return "", err
			}
			if page.Groups == nil {
				return "", state.ErrIncomplete
			}
			for _, g := range page.Groups {
				all = append(all, state.LogGroup{Name: g.Name, Days: g.Days, Key: g.Key})
			}
			return page.Next, nil
		})
		return all, err
	})
}

func (o *observer) logPolicies(s *state.State) {
	ask(o, "logs:DescribeResourcePolicies", &s.Monitoring.LogPolicies, func(ctx context.Context) ([]state.NamedDocument, error) {
		all := []state.NamedDocument{}
		err := aws.Pages(func(token string) (string, error) {
			var page struct {
				Policies []struct {
					Name     string `json:"policyName"`
					Document string `json:"policyDocument"`
				} `json:"resourcePolicies"`
				Next string `json:"nextToken"`
			}
			if err := aws.Ask(ctx, o.account, logsAPI(), aws.Request{
				Operation: "DescribeResourcePolicies", In: tokenOnly("nextToken", token),
			}, &page); err != nil {
				return "", err
			}
			if page.Policies == nil {
				return "", state.ErrIncomplete
			}
			for _, p := range page.Policies {
				all = append(all, state.NamedDocument{Name: p.Name, Document: p.Document})
			}
			return page.Next, nil
		})
		return all, err
	})
}

// ownRules are Claria's rules, so that a scan with Wide and one without have the same
// facts.
func ownRules(s state.Settings, all []state.EventRule) []state.EventRule {
	own := slices.DeleteFunc(slices.Clone(all), func(r state.EventRule) bool { return !strings.HasPrefix(r.Name, s.RulePrefix()) })
	slices.SortFunc(own, func(a, b state.EventRule) int { return strings.Compare(a.Name, b.Name) })
	return own
}
