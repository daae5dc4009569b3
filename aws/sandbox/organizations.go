package sandbox

import "net/http"

// organizationsService answers for an account of its own: it belongs to no
// organisation.
func organizationsService() *service {
	return &service{
		name: "organizations", protocol: json11, global: true,
		route: byTarget(byName(&operation{name: "DescribeOrganization", serve: func(c *call) error {
			if err := c.authorize("organizations:DescribeOrganization", "*", nil); err != nil {
				return err
			}
			return fail(http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
		}})),
	}
}
