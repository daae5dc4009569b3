package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	versionsPerPolicy = 5
	policyLimit       = 6144
)

func managedPolicyOperations() []*operation {
	return []*operation{
		writes("CreatePolicy", onNewPolicy, createPolicy),
		reads("GetPolicy", onPolicy, getPolicy),
		reads("ListPolicies", func(*call, *iamState) (target, error) { return target{arn: "policy path /"}, nil }, listPolicies),
		writes("DeletePolicy", onPolicy, deletePolicy),
		writes("CreatePolicyVersion", onPolicy, createPolicyVersion),
		reads("GetPolicyVersion", onPolicy, getPolicyVersion),
		reads("ListPolicyVersions", onPolicy, listPolicyVersions),
		writes("SetDefaultPolicyVersion", onPolicy, setDefaultPolicyVersion),
		writes("DeletePolicyVersion", onPolicy, deletePolicyVersion),
		reads("ListEntitiesForPolicy", onPolicy, listEntitiesForPolicy),
	}
}

func onPolicy(c *call, s *iamState) (target, error) {
	t := target{arn: c.form.Get("PolicyArn")}
	if p := s.managed(t.arn); p != nil {
		t.tags = p.Tags
	}
	return t, nil
}

func onNewPolicy(c *call, _ *iamState) (target, error) {
	return target{arn: "arn:aws:iam::" + c.account.id + ":policy" + c.path() + c.form.Get("PolicyName")}, nil
}

// managedPolicy finds the managed policy that the request names.
func (c *call) managedPolicy(s *iamState) (*iamPolicy, error) {
	arn := c.form.Get("PolicyArn")
	if len(arn) < 20 || !strings.HasPrefix(arn, "arn:") {
		return nil, invalid("Invalid ARN:  Could not be parsed!")
	}
	p := s.managed(arn)
	if p == nil {
		return nil, noSuch("Policy %s was not found.", arn)
	}
	return p, nil
}

// ownPolicy is managedPolicy for changes, which AWS managed policies do not allow.
func (c *call) ownPolicy(s *iamState) (*iamPolicy, error) {
	p, err := c.managedPolicy(s)
	if err != nil {
		return nil, err
	}
	if s.Policies[p.ARN] == nil {
		return nil, failf(http.StatusForbidden, "AccessDenied", "Policy %s is an AWS managed policy and cannot be changed.", p.ARN)
	}
	return p, nil
}

func (c *call) newDocument() (string, error) {
	text := c.form.Get("PolicyDocument")
	if err := checkIdentityPolicy(text); err != nil {
		return "", err
	}
	if policySize(text) > policyLimit {
		return "", limitExceeded("Cannot exceed quota for PolicySize: %d", policyLimit)
	}
	return text, nil
}

func createPolicy(c *call, s *iamState) (any, error) {
	name := c.form.Get("PolicyName")
	if err := checkName("policyName", name, 128); err != nil {
		return nil, err
	}
	if !validPath(c.path()) {
		return nil, invalid("The specified value for path is invalid.")
	}
	for _, p := range s.Policies {
		if strings.EqualFold(p.Name, name) {
			return nil, exists("A policy called %s already exists. Duplicate names are not allowed.", name)
		}
	}
	text, err := c.newDocument()
	if err != nil {
		return nil, err
	}
	tags, err := c.checkedTags(nil)
	if err != nil {
		return nil, err
	}
	if err := quota("PoliciesPerAccount", len(s.Policies), 1500); err != nil {
		return nil, err
	}
	p := &iamPolicy{
		Name: name, ID: newID("ANPA"), ARN: "arn:aws:iam::" + c.account.id + ":policy" + c.path() + name, Path: c.path(),
		Description: c.form.Get("Description"), Created: c.now, Updated: c.now, Tags: tags, Default: "v1", Next: 2,
		Versions: []policyVersion{{ID: "v1", Document: text, Created: c.now}},
	}
	s.Policies[p.ARN] = p
	return struct{ Policy policyXML }{p.xml(s, true)}, nil
}

func getPolicy(c *call, s *iamState) (any, error) {
	p, err := c.managedPolicy(s)
	if err != nil {
		return nil, err
	}
	return struct{ Policy policyXML }{p.xml(s, true)}, nil
}

func listPolicies(c *call, s *iamState) (any, error) {
	scope := c.form.Get("Scope")
	var all []*iamPolicy
	if scope != "AWS" {
		for _, p := range s.Policies {
			all = append(all, p)
		}
	}
	if scope != "Local" {
		for _, p := range awsManaged() {
			all = append(all, p)
		}
	}
	var list []policyXML
	for _, p := range all {
		x := p.xml(s, false)
		unused := x.AttachmentCount == 0
		if c.form.Get("PolicyUsageFilter") == "PermissionsBoundary" {
			unused = x.PermissionsBoundaryUsageCount == 0
		}
		if strings.HasPrefix(p.Path, c.form.Get("PathPrefix")) && (c.form.Get("OnlyAttached") != "true" || !unused) {
			list = append(list, x)
		}
	}
	list, end, err := page(c, list, func(p policyXML) string { return p.PolicyName + p.Arn })
	return struct {
		Policies []policyXML `xml:"Policies>member"`
		pageEnd
	}{list, end}, err
}

func deletePolicy(c *call, s *iamState) (any, error) {
	p, err := c.ownPolicy(s)
	if err != nil {
		return nil, err
	}
	if attached, bounds := s.uses(p.ARN); attached+bounds > 0 {
		return nil, conflict("Cannot delete a policy attached to entities.")
	}
	if len(p.Versions) > 1 {
		return nil, conflict(
			"This policy has more than one version. Before you delete a policy, you must delete the " +
				"policy's versions. The default version is deleted with the policy.")
	}
	delete(s.Policies, p.ARN)
	return nil, nil
}

func createPolicyVersion(c *call, s *iamState) (any, error) {
	p, err := c.ownPolicy(s)
	if err != nil {
		return nil, err
	}
	text, err := c.newDocument()
	if err != nil {
		return nil, err
	}
	if len(p.Versions) >= versionsPerPolicy {
		return nil, limitExceeded(
			"A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", versionsPerPolicy)
	}
	v := policyVersion{ID: "v" + strconv.Itoa(p.Next), Document: text, Created: c.now}
	p.Next++
	p.Versions = append(p.Versions, v)
	if c.form.Get("SetAsDefault") == "true" {
		p.Default = v.ID
	}
	p.Updated = c.now
	return struct{ PolicyVersion versionXML }{v.xml(p, false)}, nil
}

// policyVersionOf finds the version that the request names.
func (c *call) policyVersionOf(p *iamPolicy) (*policyVersion, error) {
	id := c.form.Get("VersionId")
	v := p.version(id)
	if v == nil {
		return nil, noSuch("Policy %s version %s does not exist or is not attachable.", p.ARN, id)
	}
	return v, nil
}

func getPolicyVersion(c *call, s *iamState) (any, error) {
	p, err := c.managedPolicy(s)
	if err != nil {
		return nil, err
	}
	v, err := c.policyVersionOf(p)
	if err != nil {
		return nil, err
	}
	return struct{ PolicyVersion versionXML }{v.xml(p, true)}, nil
}

func listPolicyVersions(c *call, s *iamState) (any, error) {
	p, err := c.managedPolicy(s)
	if err != nil {
		return nil, err
	}
	var list []versionXML
	for _, v := range p.Versions {
		list = append(list, v.xml(p, false))
	}
	list, end, err := page(c, list, func(v versionXML) string { return v.VersionId })
	return struct {
		Versions []versionXML `xml:"Versions>member"`
		pageEnd
	}{list, end}, err
}

func setDefaultPolicyVersion(c *call, s *iamState) (any, error) {
	p, err := c.ownPolicy(s)
	if err != nil {
		return nil, err
	}
	v, err := c.policyVersionOf(p)
	if err != nil {
		return nil, err
	}
	p.Default, p.Updated = v.ID, c.now
	return nil, nil
}

func deletePolicyVersion(c *call, s *iamState) (any, error) {
	p, err := c.ownPolicy(s)
	if err != nil {
		return nil, err
	}
	v, err := c.policyVersionOf(p)
	if err != nil {
		return nil, err
	}
	if v.ID == p.Default {
		return nil, conflict("Cannot delete the default version of a policy.")
	}
	id := v.ID
	p.Versions = slices.DeleteFunc(p.Versions, func(v policyVersion) bool { return v.ID == id })
	return nil, nil
}

// entityRef is one entity that has a policy.
type entityRef struct {
	kind     string
	name, id string
}

func listEntitiesForPolicy(c *call, s *iamState) (any, error) {
	p, err := c.managedPolicy(s)
	if err != nil {
		return nil, err
	}
	filter, usage := c.form.Get("EntityFilter"), c.form.Get("PolicyUsageFilter")
	var all []entityRef
	s.entities(func(k entityKind, e *entity) {
		used := usage != "PermissionsBoundary" && e.attached(p.ARN) || usage != "PermissionsPolicy" && e.Boundary == p.ARN
		if used && (filter == "" || filter == k.word) && strings.HasPrefix(e.Path, c.form.Get("PathPrefix")) {
			all = append(all, entityRef{k.word, e.Name, e.ID})
		}
	})
	all, end, err := page(c, all, func(r entityRef) string { return r.kind + "/" + r.name })
	if err != nil {
		return nil, err
	}
	type (
		user  struct{ UserName, UserId string }
		group struct{ GroupName, GroupId string }
		role  struct{ RoleName, RoleId string }
	)
	out := struct {
		PolicyGroups []group `xml:"PolicyGroups>member"`
		PolicyUsers  []user  `xml:"PolicyUsers>member"`
		PolicyRoles  []role  `xml:"PolicyRoles>member"`
		pageEnd
	}{pageEnd: end}
	for _, r := range all {
		switch r.kind {
		case "User":
			out.PolicyUsers = append(out.PolicyUsers, user{r.name, r.id})
		case "Group":
			out.PolicyGroups = append(out.PolicyGroups, group{r.name, r.id})
		default:
			out.PolicyRoles = append(out.PolicyRoles, role{r.name, r.id})
		}
	}
	return out, nil
}
