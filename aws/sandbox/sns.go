package sandbox

import (
	"encoding/xml"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"claria/aws/policy"
)

// snsState is the topics, by ARN.
type snsState struct {
	Topics map[string]*topic `json:"topics,omitempty"`
}

type topic struct {
	Attributes    map[string]string `json:"attributes"`
	Tags          map[string]string `json:"tags,omitempty"`
	Subscriptions []*subscription   `json:"subscriptions,omitempty"`
}

type subscription struct {
	ID        string `json:"id"` // the last part of its ARN
	Protocol  string `json:"protocol"`
	Endpoint  string `json:"endpoint"`
	Confirmed bool   `json:"confirmed,omitempty"`
}

func (a *Account) sns() *snsState { return stateOf[snsState](a, "sns") }

func snsService() *service {
	op := func(name string, write bool, serve func(*call) error) *operation {
		return &operation{name: name, write: write, serve: serve}
	}
	operations := byName(
		op("CreateTopic", true, (*call).createTopic),
		op("DeleteTopic", true, (*call).deleteTopic),
		op("GetTopicAttributes", false, (*call).getTopicAttributes),
		op("SetTopicAttributes", true, (*call).setTopicAttributes),
		op("ListTopics", false, (*call).listTopics),
		op("Subscribe", true, (*call).subscribe),
		op("ListSubscriptionsByTopic", false, (*call).listSubscriptions),
		op("ListTagsForResource", false, (*call).listTopicTags),
		op("TagResource", true, (*call).tagTopic),
		op("UntagResource", true, (*call).untagTopic),
	)
	return &service{
		name: "sns", protocol: queryProtocol, xmlns: "http://sns.amazonaws.com/doc/2010-03-31/",
		route: func(c *call) *operation { return operations[c.form.Get("Action")] },
		state: func() any { return &snsState{} },
		resourcePolicy: func(a *Account, resource string) *policy.Document {
			if t := a.sns().Topics[resource]; t != nil {
				if d, err := a.policies.Parse(t.Attributes["Policy"]); err == nil {
					return &d
				}
			}
			return nil
		},
	}
}

// ConfirmSubscriptions confirms every pending subscription, as people do with the link in
// the e-mail.
func (a *Account) ConfirmSubscriptions() {
	_ = a.update("sns", func() error {
		for _, t := range a.sns().Topics {
			for _, s := range t.Subscriptions {
				s.Confirmed = true
			}
		}
		return nil
	})
}

func noSuchTopic() error { return fail(http.StatusNotFound, "NotFound", "Topic does not exist") }

func invalidParameter(what string) error {
	return fail(http.StatusBadRequest, "InvalidParameter", "Invalid parameter: "+what)
}

// entries reads a query-protocol map: name.entry.1.key, name.entry.1.value, …
func (c *call) entries(name string) map[string]string {
	out := map[string]string{}
	for i := 1; ; i++ {
		at := name + ".entry." + strconv.Itoa(i)
		if !c.form.Has(at + ".key") {
			return out
		}
		out[c.form.Get(at+".key")] = c.form.Get(at + ".value")
	}
}

// topicTags reads the request's tags and returns their condition keys too.
func (c *call) topicTags() (map[string]string, map[string][]string) {
	tags := c.tags()
	return tags, tagKeys(sortedTags(tags))
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// createTopic: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
// The same name again returns the existing topic, unless tags or attributes differ.
func (c *call) createTopic() error {
	name := c.form.Get("Name")
	arn := "arn:aws:sns:" + c.region + ":" + c.account.id + ":" + name
	tags, keys := c.topicTags()
	c.note("name", name)
	if err := c.authorize("sns:CreateTopic", arn, keys); err != nil {
		return err
	}
	if len(tags) > 0 {
		if err := c.authorize("sns:TagResource", arn, keys); err != nil {
			return err
		}
	}
	if !topicName.MatchString(name) {
		return invalidParameter("Topic Name")
	}
	attributes := c.entries("Attributes")
	for name, value := range attributes {
		if err := checkTopicAttribute(name, value); err != nil {
			return err
		}
	}
	c.touch(arn, "AWS::SNS::Topic")
	err := c.account.update("sns", func() error {
		state := c.account.sns()
		if t := state.Topics[arn]; t != nil {
			if len(tags) > 0 && !maps.Equal(tags, t.Tags) {
				return invalidParameter("Tags Reason: Topic already exists with different tags")
			}
			for name, value := range attributes {
				if t.Attributes[name] != value {
					return invalidParameter("Attributes Reason: Topic already exists with different attributes")
				}
			}
			return nil
		}
		if state.Topics == nil {
			state.Topics = map[string]*topic{}
		}
		t := &topic{Tags: tags, Attributes: map[string]string{
			"Policy": `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID",` +
				`"Effect":"Allow","Principal":{"AWS":"*"},` +
				`"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic",` +
				`"SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],` +
				`"Resource":"` + arn + `","Condition":{"StringEquals":{"AWS:SourceOwner":"` + c.account.id + `"}}}]}`,
		}}
		maps.Copy(t.Attributes, attributes)
		state.Topics[arn] = t
		return nil
	})
	if err != nil {
		return err
	}
	return c.result(struct{ TopicArn string }{arn})
}

func checkTopicAttribute(name, value string) error {
	switch name {
	case "Policy":
		d, err := policy.Parse([]byte(value))
		if err != nil {
			return invalidParameter("Policy Error: " + err.Error())
		}
		if allowsNotPrincipal(d) {
			return invalidParameter("Policy Error: Allow with NotPrincipal is not allowed.")
		}
	case "DisplayName", "KmsMasterKeyId", "DeliveryPolicy", "TracingConfig", "SignatureVersion":
	default:
		return invalidParameter("AttributeName")
	}
	return nil
}

// changeTopic changes the topic that the request names.
func (c *call) changeTopic(action, parameter string, keys map[string][]string, change func(*topic) error) error {
	arn := c.form.Get(parameter)
	c.note(lowerFirst(parameter), arn)
	if err := c.authorize("sns:"+action, arn, keys); err != nil {
		return err
	}
	c.touch(arn, "AWS::SNS::Topic")
	return c.account.update("sns", func() error {
		t := c.account.sns().Topics[arn]
		if t == nil {
			return noSuchTopic()
		}
		return change(t)
	})
}

// topicOf returns a copy of the topic that the request names.
func (c *call) topicOf(action, parameter string) (topic, error) {
	arn := c.form.Get(parameter)
	if err := c.authorize("sns:"+action, arn, nil); err != nil {
		return topic{}, err
	}
	var out topic
	found := false
	c.account.view(func() {
		if t := c.account.sns().Topics[arn]; t != nil {
			found, out = true, topic{Attributes: maps.Clone(t.Attributes), Tags: maps.Clone(t.Tags)}
			for _, s := range t.Subscriptions {
				out.Subscriptions = append(out.Subscriptions, new(*s))
			}
		}
	})
	if !found {
		return topic{}, noSuchTopic()
	}
	return out, nil
}

func (c *call) deleteTopic() error {
	arn := c.form.Get("TopicArn")
	if err := c.authorize("sns:DeleteTopic", arn, nil); err != nil {
		return err
	}
	err := c.account.update("sns", func() error {
		delete(c.account.sns().Topics, arn)
		return nil
	})
	if err != nil {
		return err
	}
	return c.result(nil)
}

type entryXML struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

func (c *call) getTopicAttributes() error {
	t, err := c.topicOf("GetTopicAttributes", "TopicArn")
	if err != nil {
		return err
	}
	all := maps.Clone(t.Attributes)
	all["TopicArn"], all["Owner"] = c.form.Get("TopicArn"), c.account.id
	var confirmed, pending int
	for _, s := range t.Subscriptions {
		if s.Confirmed {
			confirmed++
		} else {
			pending++
		}
	}
	all["SubscriptionsConfirmed"], all["SubscriptionsPending"] = strconv.Itoa(confirmed), strconv.Itoa(pending)
	all["SubscriptionsDeleted"] = "0"
	var out struct {
		XMLName    xml.Name   `xml:"GetTopicAttributesResult"`
		Attributes []entryXML `xml:"Attributes>entry"`
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out.Attributes = append(out.Attributes, entryXML{name, all[name]})
	}
	return c.result(out)
}

func (c *call) setTopicAttributes() error {
	name, value := c.form.Get("AttributeName"), c.form.Get("AttributeValue")
	c.note("attributeName", name)
	err := c.changeTopic("SetTopicAttributes", "TopicArn", nil, func(t *topic) error {
		if err := checkTopicAttribute(name, value); err != nil {
			return err
		}
		if t.Attributes[name] = value; value == "" {
			delete(t.Attributes, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.result(nil)
}

type topicXML struct{ TopicArn string }

// topicsAPage is how many topics are on a page of ListTopics.
const topicsAPage = 100

func (c *call) listTopics() error {
	if err := c.authorize("sns:ListTopics", "*", nil); err != nil {
		return err
	}
	var all []topicXML
	c.account.view(func() {
		for _, arn := range slices.Sorted(maps.Keys(c.account.sns().Topics)) {
			if strings.HasPrefix(arn, "arn:aws:sns:"+c.region+":") {
				all = append(all, topicXML{arn})
			}
		}
	})
	page, next, err := pageOf(all, c.form.Get("NextToken"), topicsAPage)
	if err != nil {
		return invalidParameter("NextToken")
	}
	return c.result(struct {
		Topics    []topicXML `xml:"Topics>member"`
		NextToken string     `xml:",omitempty"`
	}{page, next})
}

func (c *call) subscribe() error {
	protocol, endpoint := c.form.Get("Protocol"), c.form.Get("Endpoint")
	c.note("protocol", protocol)
	arn := c.form.Get("TopicArn")
	answer := "pending confirmation"
	keys := map[string][]string{"sns:Protocol": {protocol}, "sns:Endpoint": {endpoint}}
	err := c.changeTopic("Subscribe", "TopicArn", keys, func(t *topic) error {
		switch protocol {
		case "email", "email-json":
			if name, domain, ok := strings.Cut(endpoint, "@"); !ok || name == "" || domain == "" {
				return invalidParameter("Email address")
			}
		case "http", "https", "sqs", "lambda", "sms":
		default:
			return invalidParameter("Does not support this protocol string: " + protocol)
		}
		for _, s := range t.Subscriptions {
			if s.Protocol == protocol && s.Endpoint == endpoint {
				if s.Confirmed {
					answer = arn + ":" + s.ID
				}
				return nil
			}
		}
		t.Subscriptions = append(t.Subscriptions, &subscription{
			ID: newRequestID(), Protocol: protocol, Endpoint: endpoint, Confirmed: c.account.options.Confirm,
		})
		return nil
	})
	if err != nil {
		return err
	}
	return c.result(struct{ SubscriptionArn string }{answer})
}

type subscriptionXML struct {
	TopicArn        string
	Protocol        string
	SubscriptionArn string
	Owner           string
	Endpoint        string
}

func (c *call) listSubscriptions() error {
	t, err := c.topicOf("ListSubscriptionsByTopic", "TopicArn")
	if err != nil {
		return err
	}
	arn := c.form.Get("TopicArn")
	var all []subscriptionXML
	for _, s := range t.Subscriptions {
		one := subscriptionXML{arn, s.Protocol, arn + ":" + s.ID, c.account.id, s.Endpoint}
		if !s.Confirmed {
			one.SubscriptionArn = "PendingConfirmation"
		}
		all = append(all, one)
	}
	page, next, err := pageOf(all, c.form.Get("NextToken"), topicsAPage)
	if err != nil {
		return invalidParameter("NextToken")
	}
	return c.result(struct {
		Subscriptions []subscriptionXML `xml:"Subscriptions>member"`
		NextToken     string            `xml:",omitempty"`
	}{page, next})
}

func (c *call) listTopicTags() error {
	t, err := c.topicOf("ListTagsForResource", "ResourceArn")
	if err != nil {
		return err
	}
	return c.result(struct {
		Tags []tagXML `xml:"Tags>member"`
	}{listTags(t.Tags)})
}

func (c *call) tagTopic() error {
	tags, keys := c.topicTags()
	err := c.changeTopic("TagResource", "ResourceArn", keys, func(t *topic) error {
		if t.Tags == nil {
			t.Tags = map[string]string{}
		}
		maps.Copy(t.Tags, tags)
		return nil
	})
	if err != nil {
		return err
	}
	return c.result(struct{}{})
}

func (c *call) untagTopic() error {
	names := c.members("TagKeys")
	err := c.changeTopic("UntagResource", "ResourceArn", nil, func(t *topic) error {
		for _, name := range names {
			delete(t.Tags, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.result(struct{}{})
}
