package audit

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"claria/aws"
)

// record holds the fields that are read from an event that CloudTrail writes.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type record struct {
	Identity struct {
		Type      string `json:"type"`
		Principal string `json:"principalId"`
		ARN       string `json:"arn"`
		Account   string `json:"accountId"`
		Key       string `json:"accessKeyId"`
		User      string `json:"userName"`
		InvokedBy string `json:"invokedBy"`
		Session   struct {
			Issuer struct {
				Type string `json:"type"`
				ARN  string `json:"arn"`
				User string `json:"userName"`
			} `json:"sessionIssuer"`
			Attributes struct {
				MFA string `json:"mfaAuthenticated"`
			} `json:"attributes"`
		} `json:"sessionContext"`
	} `json:"userIdentity"`
	Region     string         `json:"awsRegion"`
	Address    string         `json:"sourceIPAddress"`
	Agent      string         `json:"userAgent"`
	Error      string         `json:"errorCode"`
	Parameters map[string]any `json:"requestParameters"`
	Additional struct {
		MFA string `json:"MFAUsed"` // of a console sign-in
	} `json:"additionalEventData"`
	Resources []struct {
		ARN string `json:"ARN"`
	} `json:"resources"`
	Response json.RawMessage `json:"responseElements"`
}

// named are the request parameters that name the target of a call. Object keys are
// not among them: calls on objects are not in the event history.
var named = []string{
	"bucketName", "bucket", "name", "trailName", "trailARN", "userName", "roleName", "groupName", "policyArn", "policyName", "serialNumber",
	"keyId", "analyzerName", "detectorId", "topicArn", "logGroupName", "rule", "modelId", "transcriptionJobName", "accessKeyId", "vpcId",
	"regionName",
}

// longestText limits each text of an event: a user agent can be of any length.
const longestText = 300

// eventOf reads one event of the event history. When its record does not parse, the
// event has only the fields of the history entry.
func eventOf(e types.Event) Event {
	event := Event{
		ID: sdk.ToString(e.EventId), At: sdk.ToTime(e.EventTime).UTC(), Name: bounded(sdk.ToString(e.EventName)),
		Source: bounded(sdk.ToString(e.EventSource)),
		Actor:  "somebody", Key: shortKey(sdk.ToString(e.AccessKeyId)), Resources: []string{},
	}
	if user := sdk.ToString(e.Username); user != "" {
		event.Actor = bounded("user " + user)
	}
	add := func(name string) {
		if name = bounded(name); name != "" && !slices.Contains(event.Resources, name) {
			event.Resources = append(event.Resources, name)
		}
	}
	for _, r := range e.Resources {
		add(sdk.ToString(r.ResourceName))
	}
	var r record
	if json.Unmarshal([]byte(sdk.ToString(e.CloudTrailEvent)), &r) != nil {
		return event
	}
	event.Actor, event.ARN = bounded(r.actor()), bounded(r.Identity.ARN)
	event.Key = cmp.Or(shortKey(r.Identity.Key), event.Key)
	event.Address, event.Agent, event.Region, event.Error = bounded(r.Address), bounded(r.Agent), bounded(r.Region), bounded(r.Error)
	event.MFA = r.Identity.Session.Attributes.MFA == "true" || r.Additional.MFA == "Yes"
	if event.Error == "" && failedSignIn(r.Response) {
		event.Error = "Failure"
	}
	for _, one := range r.Resources {
		add(one.ARN)
	}
	for _, name := range named {
		if text, ok := r.Parameters[name].(string); ok {
			add(text)
		}
	}
	return event
}

// actor describes who made a call.
func (r record) actor() string {
	id := r.Identity
	_, session, _ := strings.Cut(id.Principal, ":")
	switch id.Type {
	case "Root":
		return "root"
	case "IAMUser":
		return "user " + cmp.Or(id.User, last(id.ARN), id.Principal, "without a name")
	case "AssumedRole":
		role := "role " + cmp.Or(id.Session.Issuer.User, last(id.Session.Issuer.ARN), "without a name")
		if session != "" {
			role += " (" + session + ")"
		}
		return role
	case "FederatedUser":
		return "federated user " + cmp.Or(session, last(id.ARN), id.Principal)
	case "SAMLUser", "WebIdentityUser", "IdentityCenterUser", "Directory":
		return "signed-in user " + cmp.Or(id.User, id.Principal, "without a name")
	case "AWSService":
		return "AWS service " + cmp.Or(id.InvokedBy, "without a name")
	case "AWSAccount":
		if id.Account == "" || id.Account == "anonymous" || strings.EqualFold(id.Account, "ANONYMOUS_PRINCIPAL") {
			return "anonymous"
		}
		return "AWS account " + id.Account
	}
	if id.InvokedBy != "" {
		return "AWS service " + id.InvokedBy
	}
	return cmp.Or(id.User, id.ARN, "somebody")
}

// last is the name at the end of an ARN.
func last(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

func shortKey(id string) string {
	if id == "" {
		return ""
	}
	return aws.ShortKeyID(id)
}

// failedSignIn reads the outcome of a ConsoleLogin, which has no error code.
func failedSignIn(response json.RawMessage) bool {
	var answer struct {
		ConsoleLogin string `json:"ConsoleLogin"`
	}
	return len(response) > 0 && json.Unmarshal(response, &answer) == nil && answer.ConsoleLogin == "Failure"
}

func bounded(s string) string {
	if len(s) <= longestText {
		return s
	}
	return strings.ToValidUTF8(s[:longestText], "") + "…"
}
