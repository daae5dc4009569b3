package sandbox

import (
	"net/http"
	"time"
)

// hubState is when Security Hub was turned on, by region.
type hubState struct {
	Since map[string]time.Time `json:"since,omitempty"`
}

func (a *Account) hub() *hubState { return stateOf[hubState](a, "securityhub") }

func securityHubService() *service {
	return &service{
		name: "securityhub", protocol: restJSON,
		route: byPath([]path{
			{http.MethodGet, "/accounts", &operation{name: "DescribeHub", serve: (*call).describeHub}},
			{http.MethodPost, "/accounts", &operation{name: "EnableSecurityHub", write: true, serve: (*call).enableHub}},
		}),
		state: func() any { return &hubState{} },
	}
}

func (c *call) hubARN() string {
	return "arn:aws:securityhub:" + c.region + ":" + c.account.id + ":hub/default"
}

// describeHub answers as AWS does where Security Hub was never turned on: with an error that
// looks like a refusal.
func (c *call) describeHub() error {
	if err := c.authorize("securityhub:DescribeHub", c.hubARN(), nil); err != nil {
		return err
	}
	var since time.Time
	c.account.view(func() { since = c.account.hub().Since[c.region] })
	if since.IsZero() {
		return fail(http.StatusUnauthorized, "InvalidAccessException", "Account "+c.account.id+" is not subscribed to AWS Security Hub")
	}
	return c.json(http.StatusOK, map[string]any{"HubArn": c.hubARN(), "SubscribedAt": isoTime(since), "AutoEnableControls": true})
}

func (c *call) enableHub() error {
	if err := c.authorize("securityhub:EnableSecurityHub", "*", nil); err != nil {
		return err
	}
	err := c.account.update("securityhub", func() error {
		state := c.account.hub()
		if !state.Since[c.region].IsZero() {
			return fail(http.StatusConflict, "ResourceConflictException", "Account is already subscribed to Security Hub")
		}
		if state.Since == nil {
			state.Since = map[string]time.Time{}
		}
		state.Since[c.region] = c.now
		return nil
	})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, struct{}{})
}
