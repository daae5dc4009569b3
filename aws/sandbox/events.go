package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// eventsState is the rules of the default event bus, by ARN. The demo account delivers no
// events; the program only checks that a rule exists and has the right content.
type eventsState struct {
	Rules map[string]*eventRule `json:"rules,omitempty"`
}

type eventRule struct {
	Name        string            `json:"name"`
	Pattern     string            `json:"pattern,omitempty"`
	Schedule    string            `json:"schedule,omitempty"`
	Description string            `json:"description,omitempty"`
	State       string            `json:"state"`
	Tags        map[string]string `json:"tags,omitempty"`
	Targets     []eventTarget     `json:"targets,omitempty"`
}

type eventTarget struct {
	ID          string           `json:"Id"`
	ARN         string           `json:"Arn"`
	Role        string           `json:"RoleArn,omitempty"`
	Transformer *json.RawMessage `json:"InputTransformer,omitempty"`
}

func (a *Account) events() *eventsState { return stateOf[eventsState](a, "events") }

func eventsService() *service {
	op := func(name string, write bool, serve func(*call) error) *operation {
		return &operation{name: name, write: write, serve: serve}
	}
	return &service{
		name: "events", protocol: json11,
		route: byTarget(byName(
			op("PutRule", true, (*call).putRule),
			op("DisableRule", true, (*call).disableRule),
			op("DeleteRule", true, (*call).deleteRule),
			op("ListRules", false, (*call).listRules),
			op("PutTargets", true, (*call).putTargets),
			op("RemoveTargets", true, (*call).removeTargets),
			op("ListTargetsByRule", false, (*call).listTargets),
			op("ListTagsForResource", false, (*call).listRuleTags),
			op("TagResource", true, (*call).tagRule),
		)),
		state: func() any { return &eventsState{} },
	}
}

func (c *call) ruleARN(name string) string {
	return "arn:aws:events:" + c.region + ":" + c.account.id + ":rule/" + name
}

func noSuchRule(name string) error {
	return failf(http.StatusBadRequest, "ResourceNotFoundException", "Rule %s does not exist on EventBus default.", name)
}

var ruleName = regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`)

// putRule: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
// The tags of an existing rule stay unchanged.
func (c *call) putRule() error {
	var in struct {
		Name               string
		EventPattern       string    `json:",omitempty"`
		ScheduleExpression string    `json:",omitempty"`
		State              string    `json:",omitempty"`
		Description        string    `json:",omitempty"`
		Tags               []wireTag `json:",omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn := c.ruleARN(in.Name)
	if err := c.authorize("events:PutRule", arn, tagKeys(in.Tags)); err != nil {
		return err
	}
	if len(in.Tags) > 0 {
		if err := c.authorize("events:TagResource", arn, tagKeys(in.Tags)); err != nil {
			return err
		}
	}
	var pattern map[string]any
	switch {
	case !ruleName.MatchString(in.Name):
		return validation(
			"1 validation error detected: Value at 'name' failed to satisfy constraint: Member " +
				"must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+")
	case in.EventPattern == "" && in.ScheduleExpression == "":
		return validation("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	case in.EventPattern != "" && json.Unmarshal([]byte(in.EventPattern), &pattern) != nil:
		return fail(http.StatusBadRequest, "InvalidEventPatternException", "Event pattern is not valid. Reason: it is no JSON object")
	case in.State == "":
		in.State = "ENABLED"
	case !slices.Contains([]string{"ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}, in.State):
		return validation("Value at 'state' failed to satisfy constraint: Member must satisfy enum value set")
	}
	c.touch(arn, "AWS::Events::Rule")
	err := c.account.update("events", func() error {
		state := c.account.events()
		if state.Rules == nil {
			state.Rules = map[string]*eventRule{}
		}
		rule := state.Rules[arn]
		if rule == nil {
			rule = &eventRule{Name: in.Name, Tags: tagMap(in.Tags)}
			state.Rules[arn] = rule
		}
		rule.Pattern, rule.Schedule, rule.State, rule.Description = in.EventPattern, in.ScheduleExpression, in.State, in.Description
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]string{"RuleArn": arn})
}

// changeRule changes the rule of a name.
func (c *call) changeRule(action, name string, change func(*eventRule)) error {
	arn := c.ruleARN(name)
	if err := c.authorize("events:"+action, arn, nil); err != nil {
		return err
	}
	c.touch(arn, "AWS::Events::Rule")
	return c.account.update("events", func() error {
		rule := c.account.events().Rules[arn]
		if rule == nil {
			return noSuchRule(name)
		}
		change(rule)
		return nil
	})
}

func (c *call) disableRule() error {
	var in struct{ Name string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.changeRule("DisableRule", in.Name, func(r *eventRule) { r.State = "DISABLED" }); err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

func (c *call) deleteRule() error {
	var in struct{ Name string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn := c.ruleARN(in.Name)
	if err := c.authorize("events:DeleteRule", arn, nil); err != nil {
		return err
	}
	err := c.account.update("events", func() error {
		if rule := c.account.events().Rules[arn]; rule != nil && len(rule.Targets) > 0 {
			return validation("Rule can't be deleted since it has targets.")
		}
		delete(c.account.events().Rules, arn)
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}

type ruleOnWire struct {
	Name               string
	Arn                string
	EventPattern       string `json:",omitempty"`
	ScheduleExpression string `json:",omitempty"`
	State              string
	Description        string `json:",omitempty"`
	EventBusName       string
}

func (c *call) listRules() error {
	var in struct {
		NamePrefix string `json:",omitempty"`
		NextToken  string `json:",omitempty"`
		Limit      *int   `json:",omitempty"`
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("events:ListRules", "*", nil); err != nil {
		return err
	}
	var all []ruleOnWire
	c.account.view(func() {
		for _, arn := range slices.Sorted(maps.Keys(c.account.events().Rules)) {
			r := c.account.events().Rules[arn]
			if strings.HasPrefix(arn, c.ruleARN(in.NamePrefix)) {
				all = append(all, ruleOnWire{r.Name, arn, r.Pattern, r.Schedule, r.State, r.Description, "default"})
			}
		}
	})
	size := 100
	if in.Limit != nil {
		size = *in.Limit
	}
	if size < 1 || size > 100 {
		return validation("Limit must be between 1 and 100")
	}
	page, next, err := pageOf(all, in.NextToken, size)
	if err != nil {
		return validation("NextToken is not valid")
	}
	return c.json(http.StatusOK, struct {
		Rules []ruleOnWire
		Next  string `json:"NextToken,omitempty"`
	}{nonNil(page), next})
}

func (c *call) putTargets() error {
	var in struct {
		Rule    string
		Targets []eventTarget
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	err := c.changeRule("PutTargets", in.Rule, func(r *eventRule) {
		for _, t := range in.Targets {
			r.Targets = slices.DeleteFunc(r.Targets, func(other eventTarget) bool { return other.ID == t.ID })
			r.Targets = append(r.Targets, t)
		}
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}})
}

func (c *call) removeTargets() error {
	var in struct {
		Rule string
		Ids  []string
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	err := c.changeRule("RemoveTargets", in.Rule, func(r *eventRule) {
		r.Targets = slices.DeleteFunc(r.Targets, func(t eventTarget) bool { return slices.Contains(in.Ids, t.ID) })
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}})
}

func (c *call) listTargets() error {
	var in struct{ Rule string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	arn := c.ruleARN(in.Rule)
	if err := c.authorize("events:ListTargetsByRule", arn, nil); err != nil {
		return err
	}
	var targets []eventTarget
	found := false
	c.account.view(func() {
		if rule := c.account.events().Rules[arn]; rule != nil {
			found, targets = true, slices.Clone(rule.Targets)
		}
	})
	if !found {
		return noSuchRule(in.Rule)
	}
	return c.json(http.StatusOK, map[string]any{"Targets": nonNil(targets)})
}

func (c *call) listRuleTags() error {
	var in struct{ ResourceARN string }
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("events:ListTagsForResource", in.ResourceARN, nil); err != nil {
		return err
	}
	var tags []wireTag
	found := false
	c.account.view(func() {
		if rule := c.account.events().Rules[in.ResourceARN]; rule != nil {
			found, tags = true, sortedTags(rule.Tags)
		}
	})
	if !found {
		return noSuchRule(in.ResourceARN)
	}
	return c.json(http.StatusOK, map[string]any{"Tags": nonNil(tags)})
}

func (c *call) tagRule() error {
	var in struct {
		ResourceARN string
		Tags        []wireTag
	}
	if err := c.inputNoted(&in); err != nil {
		return err
	}
	if err := c.authorize("events:TagResource", in.ResourceARN, tagKeys(in.Tags)); err != nil {
		return err
	}
	err := c.account.update("events", func() error {
		rule := c.account.events().Rules[in.ResourceARN]
		if rule == nil {
			return noSuchRule(in.ResourceARN)
		}
		if rule.Tags == nil {
			rule.Tags = map[string]string{}
		}
		maps.Copy(rule.Tags, tagMap(in.Tags))
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
