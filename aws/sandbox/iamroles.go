package sandbox

import (
	"net/http"
	"strconv"
	"strings"
)

// The limits of a role session, in seconds.
const (
	shortestSession = 900
	defaultSession  = 3600
	longestSession  = 43200
)

func roleOperations() []*operation {
	return []*operation{
		writes("CreateRole", roleKind.on, createRole),
		reads("GetRole", roleKind.on, getRole),
		reads("ListRoles", onAll("role/"), listRoles),
		writes("DeleteRole", roleKind.on, deleteRole),
		writes("UpdateRole", roleKind.on, updateRole),
		writes("UpdateAssumeRolePolicy", roleKind.on, updateAssumeRolePolicy),
		writes("PutRolePermissionsBoundary", roleKind.on, putBoundary(roleKind)),
		writes("DeleteRolePermissionsBoundary", roleKind.on, deleteBoundary(roleKind)),
		reads("ListInstanceProfilesForRole", roleKind.on, nothing[struct {
			InstanceProfiles struct{}
			pageEnd
		}]),
	}
}

// protected refuses to change a service-linked role: only its service can.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html (UnmodifiableEntity)
func (c *call) protected(operation string) error {
	r := c.account.iam().Roles[strings.ToLower(c.form.Get("RoleName"))]
	if r == nil || !strings.HasPrefix(r.Path, servicePath) || operation == "TagRole" || operation == "UntagRole" {
		return nil
	}
	return failf(http.StatusBadRequest, "UnmodifiableEntity",
		"Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.Name)
}

// servicePath is the path of service-linked roles.
const servicePath = "/aws-service-role/"

// nothing answers an operation about resources that the demo account never has.
func nothing[T any](*call, *iamState) (any, error) {
	var none T
	return none, nil
}

func (c *call) role(s *iamState) (*iamRole, error) {
	if _, err := roleKind.named(c, s); err != nil {
		return nil, err
	}
	return s.Roles[strings.ToLower(c.form.Get("RoleName"))], nil
}

// maxSession reads MaxSessionDuration.
func (c *call) maxSession(otherwise int) (int, error) {
	text := c.form.Get("MaxSessionDuration")
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < defaultSession || n > longestSession {
		return 0, invalid(
			"1 validation error detected: Value '%s' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between %d and %d",
			text, defaultSession, longestSession)
	}
	return n, nil
}

func (c *call) trust() (string, error) {
	text := c.form.Get("AssumeRolePolicyDocument") + c.form.Get("PolicyDocument")
	if err := checkTrustPolicy(c.account, text); err != nil {
		return "", err
	}
	if policySize(text) > 2048 {
		return "", limitExceeded("Cannot exceed quota for ACLSizePerRole: 2048")
	}
	return text, nil
}

func createRole(c *call, s *iamState) (any, error) {
	// AWS creates the roles below this path itself (CreateServiceLinkedRole); IAM refuses them
	// with this sentence.
	if strings.HasPrefix(c.form.Get("Path"), servicePath) {
		return nil, fail(http.StatusBadRequest, "InvalidInput", "Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles")
	}
	e, err := c.newEntity(s, roleKind, "AROA")
	if err != nil {
		return nil, err
	}
	trust, err := c.trust()
	if err != nil {
		return nil, err
	}
	most, err := c.maxSession(defaultSession)
	if err != nil {
		return nil, err
	}
	r := &iamRole{entity: e, Trust: trust, MaxSession: most, Description: c.form.Get("Description")}
	s.Roles[strings.ToLower(e.Name)] = r
	return struct{ Role roleXML }{r.xml(c, true)}, nil
}

func getRole(c *call, s *iamState) (any, error) {
	r, err := c.role(s)
	if err != nil {
		return nil, err
	}
	return struct{ Role roleXML }{r.xml(c, true)}, nil
}

func listRoles(c *call, s *iamState) (any, error) {
	var list []roleXML
	for _, r := range s.Roles {
		if strings.HasPrefix(r.Path, c.form.Get("PathPrefix")) {
			list = append(list, r.xml(c, false))
		}
	}
	list, end, err := page(c, list, func(r roleXML) string { return r.RoleName })
	return struct {
		Roles []roleXML `xml:"Roles>member"`
		pageEnd
	}{list, end}, err
}

func deleteRole(c *call, s *iamState) (any, error) {
	r, err := c.role(s)
	switch {
	case err != nil:
		return nil, err
	case len(r.Attached) > 0:
		return nil, conflict("Cannot delete entity, must detach all policies first.")
	case len(r.Inline) > 0:
		return nil, conflict("Cannot delete entity, must delete policies first.")
	}
	delete(s.Roles, strings.ToLower(r.Name))
	return nil, nil
}

func updateRole(c *call, s *iamState) (any, error) {
	r, err := c.role(s)
	if err != nil {
		return nil, err
	}
	most, err := c.maxSession(r.MaxSession)
	if err != nil {
		return nil, err
	}
	r.MaxSession = most
	if c.form.Has("Description") {
		r.Description = c.form.Get("Description")
	}
	return struct{}{}, nil
}

func updateAssumeRolePolicy(c *call, s *iamState) (any, error) {
	r, err := c.role(s)
	if err != nil {
		return nil, err
	}
	trust, err := c.trust()
	if err != nil {
		return nil, err
	}
	r.Trust = trust
	return nil, nil
}
