package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// cloudWatchState is the metric alarms, by region and name.
type cloudWatchState struct {
	Alarms map[string]map[string]alarmXML `json:"alarms,omitempty"`
}

func (a *Account) cloudWatch() *cloudWatchState { return stateOf[cloudWatchState](a, "cloudwatch") }

type alarmXML struct {
	AlarmName      string
	AlarmArn       string
	ActionsEnabled bool
	AlarmActions   []string `xml:"AlarmActions>member"`
	MetricName     string
	Namespace      string
	StateValue     string
}

func cloudWatchService() *service {
	operations := byName(
		&operation{name: "PutMetricAlarm", write: true, serve: (*call).putMetricAlarm},
		&operation{name: "DescribeAlarms", serve: (*call).describeAlarms},
	)
	return &service{
		name: "cloudwatch", signing: "monitoring", host: "monitoring", protocol: queryProtocol,
		xmlns: "http://monitoring.amazonaws.com/doc/2010-08-01/",
		route: func(c *call) *operation { return operations[c.form.Get("Action")] },
		state: func() any { return &cloudWatchState{} },
	}
}

func (c *call) putMetricAlarm() error {
	name := c.form.Get("AlarmName")
	arn := "arn:aws:cloudwatch:" + c.region + ":" + c.account.id + ":alarm:" + name
	c.note("alarmName", name)
	if err := c.authorize("cloudwatch:PutMetricAlarm", arn, nil); err != nil {
		return err
	}
	if name == "" || c.form.Get("MetricName") == "" || c.form.Get("Namespace") == "" {
		return fail(http.StatusBadRequest, "ValidationError", "AlarmName, MetricName and Namespace must not be empty")
	}
	c.touch(arn, "AWS::CloudWatch::Alarm")
	err := c.account.update("cloudwatch", func() error {
		state := c.account.cloudWatch()
		if state.Alarms == nil {
			state.Alarms = map[string]map[string]alarmXML{}
		}
		if state.Alarms[c.region] == nil {
			state.Alarms[c.region] = map[string]alarmXML{}
		}
		state.Alarms[c.region][name] = alarmXML{
			AlarmName: name, AlarmArn: arn, ActionsEnabled: c.form.Get("ActionsEnabled") != "false", AlarmActions: c.members("AlarmActions"),
			MetricName: c.form.Get("MetricName"), Namespace: c.form.Get("Namespace"), StateValue: "INSUFFICIENT_DATA",
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.result(nil)
}

func (c *call) describeAlarms() error {
	if err := c.authorize("cloudwatch:DescribeAlarms", "*", nil); err != nil {
		return err
	}
	var all []alarmXML
	c.account.view(func() {
		alarms := c.account.cloudWatch().Alarms[c.region]
		for _, name := range slices.Sorted(maps.Keys(alarms)) {
			all = append(all, alarms[name])
		}
	})
	page, next, err := pageOf(all, c.form.Get("NextToken"), 100)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidNextToken", "The next token specified is invalid.")
	}
	return c.result(struct {
		MetricAlarms []alarmXML `xml:"MetricAlarms>member"`
		NextToken    string     `xml:",omitempty"`
	}{page, next})
}

// logsState is the state of CloudWatch Logs: groups, by region and name, and the policies
// that let services write to them.
type logsState struct {
	Groups   map[string]map[string]*logGroup `json:"groups,omitempty"`
	Policies map[string]map[string]string    `json:"policies,omitempty"` // region → name → document
}

type logGroup struct {
	Retention int            `json:"retention,omitempty"` // days; 0: without limit
	Key       string         `json:"key,omitempty"`
	Created   time.Time      `json:"created"`
	Filters   []metricFilter `json:"filters,omitempty"`
}

type metricFilter struct {
	Name            string                 `json:"filterName"`
	Pattern         string                 `json:"filterPattern"`
	Group           string                 `json:"logGroupName"`
	Transformations []metricTransformation `json:"metricTransformations"`
}

type metricTransformation struct {
	Name      string `json:"metricName"`
	Namespace string `json:"metricNamespace"`
	Value     string `json:"metricValue"`
}

func (a *Account) logs() *logsState { return stateOf[logsState](a, "logs") }

func logsService() *service {
	op := func(name string, write bool, serve func(*call) error) *operation {
		return &operation{name: name, write: write, serve: serve}
	}
	return &service{
		name: "logs", protocol: json11,
		route: byTarget(byName(
			op("CreateLogGroup", true, (*call).createLogGroup),
			op("PutRetentionPolicy", true, (*call).putLogRetention),
			op("DescribeLogGroups", false, (*call).describeLogGroups),
			op("PutMetricFilter", true, (*call).putMetricFilter),
			op("DescribeMetricFilters", false, (*call).describeMetricFilters),
			op("PutResourcePolicy", true, (*call).putLogPolicy),
			op("DescribeResourcePolicies", false, (*call).describeLogPolicies),
		)),
		state: func() any { return &logsState{} },
	}
}

func (c *call) logGroupARN(name string) string {
	return "arn:aws:logs:" + c.region + ":" + c.account.id + ":log-group:" + name
}

func (c *call) createLogGroup() error {
	var in struct {
		Name string `json:"logGroupName"`
		Key  string `json:"kmsKeyId,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("logs:CreateLogGroup", c.logGroupARN(in.Name), nil); err != nil {
		return err
	}
	if in.Name == "" {
		return fail(http.StatusBadRequest, "InvalidParameterException", "logGroupName must not be empty")
	}
	err := c.account.update("logs", func() error {
		state := c.account.logs()
		if state.Groups == nil {
			state.Groups = map[string]map[string]*logGroup{}
		}
		if state.Groups[c.region] == nil {
			state.Groups[c.region] = map[string]*logGroup{}
		}
		if state.Groups[c.region][in.Name] != nil {
			return fail(http.StatusBadRequest, "ResourceAlreadyExistsException", "The specified log group already exists")
		}
		state.Groups[c.region][in.Name] = &logGroup{Key: in.Key, Created: c.now}
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// changeLogGroup changes an existing group.
func (c *call) changeLogGroup(action, name string, change func(*logGroup)) error {
	if err := c.authorize("logs:"+action, c.logGroupARN(name), nil); err != nil {
		return err
	}
	err := c.account.update("logs", func() error {
		group := c.account.logs().Groups[c.region][name]
		if group == nil {
			return fail(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
		}
		change(group)
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

func (c *call) putLogRetention() error {
	var in struct {
		Name string `json:"logGroupName"`
		Days int    `json:"retentionInDays"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	return c.changeLogGroup("PutRetentionPolicy", in.Name, func(g *logGroup) { g.Retention = in.Days })
}

type logGroupOnWire struct {
	Name      string `json:"logGroupName"`
	ARN       string `json:"arn"`
	Created   int64  `json:"creationTime"`
	Retention int    `json:"retentionInDays,omitempty"`
	Key       string `json:"kmsKeyId,omitempty"`
	Stored    int64  `json:"storedBytes"`
	Filters   int    `json:"metricFilterCount"`
}

func (c *call) describeLogGroups() error {
	var in struct {
		Prefix string `json:"logGroupNamePrefix,omitempty"`
		Next   string `json:"nextToken,omitempty"`
		Limit  *int   `json:"limit,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("logs:DescribeLogGroups", "*", nil); err != nil {
		return err
	}
	var all []logGroupOnWire
	c.account.view(func() {
		groups := c.account.logs().Groups[c.region]
		for _, name := range slices.Sorted(maps.Keys(groups)) {
			if g := groups[name]; strings.HasPrefix(name, in.Prefix) {
				all = append(all, logGroupOnWire{name, c.logGroupARN(name) + ":*", g.Created.UnixMilli(), g.Retention, g.Key, 0, len(g.Filters)})
			}
		}
	})
	return pageOfLogs(c, "logGroups", all, in.Next, in.Limit)
}

// pageOfLogs answers one page; 50 is the service's default and maximum size.
func pageOfLogs[T any](c *call, name string, all []T, token string, limit *int) error {
	size := 50
	if limit != nil {
		size = *limit
	}
	if size < 1 || size > 50 {
		return fail(http.StatusBadRequest, "InvalidParameterException", "limit must be between 1 and 50")
	}
	page, next, err := pageOf(all, token, size)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidParameterException", "The specified nextToken is invalid.")
	}
	out := map[string]any{name: nonNil(page)}
	if next != "" {
		out["nextToken"] = next
	}
	return c.json(http.StatusOK, out)
}

func (c *call) putMetricFilter() error {
	var in metricFilter
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	return c.changeLogGroup("PutMetricFilter", in.Group, func(g *logGroup) {
		g.Filters = slices.DeleteFunc(g.Filters, func(f metricFilter) bool { return f.Name == in.Name })
		g.Filters = append(g.Filters, in)
	})
}

func (c *call) describeMetricFilters() error {
	var in struct {
		Next  string `json:"nextToken,omitempty"`
		Limit *int   `json:"limit,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("logs:DescribeMetricFilters", "*", nil); err != nil {
		return err
	}
	var all []metricFilter
	c.account.view(func() {
		groups := c.account.logs().Groups[c.region]
		for _, name := range slices.Sorted(maps.Keys(groups)) {
			all = append(all, groups[name].Filters...)
		}
	})
	return pageOfLogs(c, "metricFilters", all, in.Next, in.Limit)
}

func (c *call) putLogPolicy() error {
	var in struct {
		Name     string `json:"policyName"`
		Document string `json:"policyDocument"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("logs:PutResourcePolicy", "*", nil); err != nil {
		return err
	}
	err := c.account.update("logs", func() error {
		state := c.account.logs()
		if state.Policies == nil {
			state.Policies = map[string]map[string]string{}
		}
		if state.Policies[c.region] == nil {
			state.Policies[c.region] = map[string]string{}
		}
		state.Policies[c.region][in.Name] = in.Document
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"resourcePolicy": map[string]string{"policyName": in.Name, "policyDocument": in.Document}})
}

func (c *call) describeLogPolicies() error {
	var in struct {
		Next  string `json:"nextToken,omitempty"`
		Limit *int   `json:"limit,omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("logs:DescribeResourcePolicies", "*", nil); err != nil {
		return err
	}
	var all []map[string]string
	c.account.view(func() {
		policies := c.account.logs().Policies[c.region]
		for _, name := range slices.Sorted(maps.Keys(policies)) {
			all = append(all, map[string]string{"policyName": name, "policyDocument": policies[name]})
		}
	})
	return pageOfLogs(c, "resourcePolicies", all, in.Next, in.Limit)
}
