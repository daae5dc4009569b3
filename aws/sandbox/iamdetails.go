package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"claria/aws/policy"
)

type userDetailXML struct {
	userXML
	UserPolicyList          []inlineXML   `xml:"UserPolicyList>member"`
	GroupList               []string      `xml:"GroupList>member"`
	AttachedManagedPolicies []attachedXML `xml:"AttachedManagedPolicies>member"`
}

type groupDetailXML struct {
	groupXML
	GroupPolicyList         []inlineXML   `xml:"GroupPolicyList>member"`
	AttachedManagedPolicies []attachedXML `xml:"AttachedManagedPolicies>member"`
}

type roleDetailXML struct {
	Path                     string
	RoleName                 string
	RoleId                   string
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	InstanceProfileList      struct{}         // there are none
	RolePolicyList           []inlineXML      `xml:"RolePolicyList>member"`
	AttachedManagedPolicies  []attachedXML    `xml:"AttachedManagedPolicies>member"`
	PermissionsBoundary      *boundaryXML     `xml:",omitempty"`
	Tags                     *[]tagXML        `xml:"Tags>member,omitempty"`
	RoleLastUsed             *roleLastUsedXML `xml:",omitempty"`
}

type policyDetailXML struct {
	policyXML
	PolicyVersionList []versionXML `xml:"PolicyVersionList>member"`
}

// detail is one element of GetAccountAuthorizationDetails; exactly one is set.
type detail struct {
	key    string
	user   *userDetailXML
	group  *groupDetailXML
	role   *roleDetailXML
	policy *policyDetailXML
}

// getAccountAuthorizationDetails lists every identity and its policies, and the AWS managed
// policies in use.
func getAccountAuthorizationDetails(c *call, s *iamState) (any, error) {
	filter := c.members("Filter")
	want := func(kind string) bool { return len(filter) == 0 || slices.Contains(filter, kind) }
	var all []detail
	if want("User") {
		for name, u := range s.Users {
			d := &userDetailXML{userXML: u.xml(c, true), UserPolicyList: u.inlineXML(), AttachedManagedPolicies: u.attachedXML()}
			for _, g := range s.groupsOf(name) {
				d.GroupList = append(d.GroupList, g.Name)
			}
			all = append(all, detail{key: "1" + name, user: d})
		}
	}
	if want("Group") {
		for name, g := range s.Groups {
			all = append(all, detail{key: "2" + name, group: &groupDetailXML{g.xml(c), g.inlineXML(), g.attachedXML()}})
		}
	}
	if want("Role") {
		for name, r := range s.Roles {
			x := r.xml(c, true)
			all = append(all, detail{key: "3" + name, role: &roleDetailXML{
				x.Path, x.RoleName, x.RoleId, x.Arn, x.CreateDate, x.AssumeRolePolicyDocument,
				struct{}{},
				r.inlineXML(), r.attachedXML(), x.PermissionsBoundary, x.Tags, x.RoleLastUsed,
			}})
		}
	}
	for _, p := range s.policiesInUse(want("LocalManagedPolicy"), want("AWSManagedPolicy")) {
		d := &policyDetailXML{policyXML: p.xml(s, true)}
		d.Tags = nil
		for _, v := range p.Versions {
			d.PolicyVersionList = append(d.PolicyVersionList, v.xml(p, true))
		}
		all = append(all, detail{key: "4" + p.ARN, policy: d})
	}
	all, end, err := page(c, all, func(d detail) string { return d.key })
	if err != nil {
		return nil, err
	}
	out := struct {
		pageEnd
		UserDetailList  []*userDetailXML   `xml:"UserDetailList>member"`
		GroupDetailList []*groupDetailXML  `xml:"GroupDetailList>member"`
		RoleDetailList  []*roleDetailXML   `xml:"RoleDetailList>member"`
		Policies        []*policyDetailXML `xml:"Policies>member"`
	}{pageEnd: end}
	for _, d := range all {
		switch {
		case d.user != nil:
			out.UserDetailList = append(out.UserDetailList, d.user)
		case d.group != nil:
			out.GroupDetailList = append(out.GroupDetailList, d.group)
		case d.role != nil:
			out.RoleDetailList = append(out.RoleDetailList, d.role)
		default:
			out.Policies = append(out.Policies, d.policy)
		}
	}
	return out, nil
}

// policiesInUse are the account's own managed policies and the AWS managed policies in use.
func (s *iamState) policiesInUse(own, aws bool) []*iamPolicy {
	var out []*iamPolicy
	if own {
		out = slices.Collect(maps.Values(s.Policies))
	}
	if aws {
		for arn, p := range awsManaged() {
			if attached, bounds := s.uses(arn); attached+bounds > 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

func onSimulated(c *call, _ *iamState) (target, error) {
	return target{arn: c.form.Get("PolicySourceArn")}, nil
}

// simulated is the identity that a simulation is about.
func (c *call) simulated(s *iamState, arn string) (caller, *entity, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return caller{}, nil, fail(400, "InvalidInput", "Invalid Entity Arn: "+arn)
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	name = name[strings.LastIndex(name, "/")+1:]
	missing := noSuch("Specified entity does not exist: %s", arn)
	switch kind {
	case "user":
		if u := s.Users[strings.ToLower(name)]; u != nil {
			return s.callerOf(c.account.id, strings.ToLower(name)), &u.entity, nil
		}
		return caller{}, nil, missing
	case "group":
		if g := s.Groups[strings.ToLower(name)]; g != nil {
			return caller{Caller: policy.Caller{ARN: arn, Account: c.account.id}}, &g.entity, nil
		}
		return caller{}, nil, missing
	case "role":
		if r := s.Roles[strings.ToLower(name)]; r != nil {
			return caller{
				Caller: policy.Caller{ARN: arn, Account: c.account.id, UserID: r.ID, Tags: maps.Clone(r.Tags)}, role: r.Name, roleARN: arn,
			}, &r.entity, nil
		}
		return caller{}, nil, missing
	}
	return caller{}, nil, fail(400, "InvalidInput", "Invalid Entity Arn: "+arn+" does not clearly define entity type and name.")
}

// simulatePrincipalPolicy evaluates an identity's policies for every action on
// every resource, with the context that the request gives.
func simulatePrincipalPolicy(c *call, s *iamState) (any, error) {
	who, e, err := c.simulated(s, c.form.Get("PolicySourceArn"))
	if err != nil {
		return nil, err
	}
	var policies policy.Policies
	if who.user != "" || who.role != "" {
		policies = c.account.policiesFor(who, c.now).Policies
	} else {
		policies = c.account.policiesOf(s, e)
	}
	for _, text := range c.members("PolicyInputList") {
		policies.Identity = c.account.appendParsed(policies.Identity, text)
	}
	if text := c.form.Get("ResourcePolicy"); text != "" {
		d, err := policy.Parse([]byte(text))
		if err != nil {
			return nil, fail(400, "InvalidInput", "Invalid resource policy")
		}
		policies.Resource = &d
	}
	keys := map[string][]string{}
	for i := 1; ; i++ {
		at := "ContextEntries.member." + strconv.Itoa(i)
		if !c.form.Has(at + ".ContextKeyName") {
			break
		}
		keys[c.form.Get(at+".ContextKeyName")] = c.members(at + ".ContextKeyValues")
	}
	actions, resources := c.members("ActionNames"), c.members("ResourceArns")
	if len(actions) == 0 {
		return nil, invalid("ActionNames must not be empty")
	}
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	type statement struct{ SourcePolicyId string }
	type result struct {
		EvalActionName       string
		EvalResourceName     string
		EvalDecision         string
		MatchedStatements    []statement `xml:"MatchedStatements>member"`
		MissingContextValues struct{}
	}
	var list []result
	for _, action := range actions {
		for _, resource := range resources {
			d := policy.Evaluate(policy.Request{Caller: who.Caller, Action: action, Resource: resource, Owner: c.account.id, Keys: keys}, policies)
			r := result{EvalActionName: action, EvalResourceName: resource, EvalDecision: "implicitDeny"}
			switch {
			case d.Allowed:
				r.EvalDecision = "allowed"
			case d.Explicit:
				r.EvalDecision = "explicitDeny"
			}
			if d.By != "" {
				r.MatchedStatements = []statement{{d.By}}
			}
			list = append(list, r)
		}
	}
	// The answer has the order of the request, so the marker is a position.
	positions := make([]int, len(list))
	for i := range positions {
		positions[i] = i
	}
	positions, end, err := page(c, positions, func(i int) string { return fmt.Sprintf("%06d", i) })
	if err != nil {
		return nil, err
	}
	out := struct {
		EvaluationResults []result `xml:"EvaluationResults>member"`
		pageEnd
	}{pageEnd: end}
	for _, i := range positions {
		out.EvaluationResults = append(out.EvaluationResults, list[i])
	}
	return out, nil
}
