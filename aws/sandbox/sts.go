package sandbox

func stsService() *service {
	return &service{
		name: "sts", protocol: queryProtocol, xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
		route: func(c *call) *operation { return stsOperations()[c.form.Get("Action")] },
	}
}

func stsOperations() map[string]*operation {
	return byName(
		&operation{name: "GetCallerIdentity", serve: (*call).getCallerIdentity},
	)
}

func (c *call) getCallerIdentity() error {
	if err := c.allow("sts:GetCallerIdentity", "*"); err != nil {
		return err
	}
	return c.result(struct {
		Arn, UserId, Account string //nolint:revive // the wire's names
	}{c.caller.ARN, c.caller.UserID, c.caller.Account})
}
