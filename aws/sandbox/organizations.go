package sandbox

import "net/http"

// organizationsService answers for a standalone account: it belongs to no organisation, so
// no organisation policy is in effect.
func organizationsService() *service {
	none := func(name string) *operation {
		return &operation{name: name, serve: func(c *call) error {
			if err := c.authorize("organizations:"+name, "*", nil); err != nil {
				return err
			}
			return fail(http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
		}}
	}
	return &service{
		name: "organizations", protocol: json11, global: true,
		route: byTarget(byName(none("DescribeOrganization"), none("DescribeEffectivePolicy"))),
	}
}
