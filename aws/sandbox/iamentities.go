package sandbox

import (
	"maps"
	"net/http"
	"slices"
)

// entityPolicyOperations are the operations that users, groups and roles share: on their
// inline policies and on the managed policies attached to them.
func entityPolicyOperations() []*operation {
	var out []*operation
	for _, k := range []entityKind{userKind, groupKind, roleKind} {
		out = append(
			out,
			writes("Put"+k.word+"Policy", k.on, k.putPolicy),
			reads("Get"+k.word+"Policy", k.on, k.getPolicy),
			reads("List"+k.word+"Policies", k.on, k.listPolicies),
			writes("Delete"+k.word+"Policy", k.on, k.deletePolicy),
			writes("Attach"+k.word+"Policy", k.on, k.attach),
			writes("Detach"+k.word+"Policy", k.on, k.detach),
			reads("ListAttached"+k.word+"Policies", k.on, k.listAttached),
		)
	}
	return out
}

func (k entityKind) putPolicy(c *call, s *iamState) (any, error) {
	e, err := k.named(c, s)
	if err != nil {
		return nil, err
	}
	name, text := c.form.Get("PolicyName"), c.form.Get("PolicyDocument")
	if err := checkName("policyName", name, 128); err != nil {
		return nil, err
	}
	if err := checkIdentityPolicy(text); err != nil {
		return nil, err
	}
	size := policySize(text)
	for other, document := range e.Inline {
		if other != name {
			size += policySize(document)
		}
	}
	if size > k.limit {
		return nil, limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", k.limit, k.lower, e.Name)
	}
	if e.Inline == nil {
		e.Inline = map[string]string{}
	}
	e.Inline[name] = text
	return nil, nil
}

// inline finds the inline policy that the request names.
func (k entityKind) inline(c *call, s *iamState) (*entity, string, error) {
	e, err := k.named(c, s)
	if err != nil {
		return nil, "", err
	}
	name := c.form.Get("PolicyName")
	if _, ok := e.Inline[name]; !ok {
		return nil, "", noSuch("The %s policy with name %s cannot be found.", k.lower, name)
	}
	return e, name, nil
}

func (k entityKind) getPolicy(c *call, s *iamState) (any, error) {
	e, name, err := k.inline(c, s)
	if err != nil {
		return nil, err
	}
	out := struct {
		UserName       string `xml:",omitempty"`
		GroupName      string `xml:",omitempty"`
		RoleName       string `xml:",omitempty"`
		PolicyName     string
		PolicyDocument string
	}{PolicyName: name, PolicyDocument: escapeDocument(e.Inline[name])}
	switch k.lower {
	case "user":
		out.UserName = e.Name
	case "group":
		out.GroupName = e.Name
	default:
		out.RoleName = e.Name
	}
	return out, nil
}

func (k entityKind) listPolicies(c *call, s *iamState) (any, error) {
	e, err := k.named(c, s)
	if err != nil {
		return nil, err
	}
	list, end, err := page(c, slices.Collect(maps.Keys(e.Inline)), byItself)
	return struct {
		PolicyNames []string `xml:"PolicyNames>member"`
		pageEnd
	}{list, end}, err
}

func (k entityKind) deletePolicy(c *call, s *iamState) (any, error) {
	e, name, err := k.inline(c, s)
	if err != nil {
		return nil, err
	}
	delete(e.Inline, name)
	return nil, nil
}

func (k entityKind) attach(c *call, s *iamState) (any, error) {
	e, err := k.named(c, s)
	if err != nil {
		return nil, err
	}
	arn := c.form.Get("PolicyArn")
	if s.managed(arn) == nil {
		return nil, noSuch("Policy %s does not exist or is not attachable.", arn)
	}
	if e.attached(arn) {
		return nil, nil
	}
	if err := quota("PoliciesPer"+k.word, len(e.Attached), k.quota); err != nil {
		return nil, err
	}
	e.Attached = append(e.Attached, arn)
	return nil, nil
}

func (k entityKind) detach(c *call, s *iamState) (any, error) {
	e, err := k.named(c, s)
	if err != nil {
		return nil, err
	}
	arn := c.form.Get("PolicyArn")
	i := slices.Index(e.Attached, arn)
	if i < 0 {
		return nil, noSuch("Policy %s was not found.", arn)
	}
	e.Attached = slices.Delete(e.Attached, i, i+1)
	return nil, nil
}

func (k entityKind) listAttached(c *call, s *iamState) (any, error) {
	e, err := k.named(c, s)
	if err != nil {
		return nil, err
	}
	list, end, err := page(c, e.attachedXML(), func(a attachedXML) string { return a.PolicyArn })
	return struct {
		AttachedPolicies []attachedXML `xml:"AttachedPolicies>member"`
		pageEnd
	}{list, end}, err
}

// taggable is one kind of resource with tags.
type taggable struct {
	word string // "User"
	on   func(*call, *iamState) (target, error)
	find func(*call, *iamState) (*map[string]string, error)
}

func entityTags(k entityKind) func(*call, *iamState) (*map[string]string, error) {
	return func(c *call, s *iamState) (*map[string]string, error) {
		e, err := k.named(c, s)
		if err != nil {
			return nil, err
		}
		return &e.Tags, nil
	}
}

// tagOperations are Tag, Untag and List…Tags for every kind of resource with tags.
func tagOperations() []*operation {
	kinds := []taggable{
		{"User", userKind.on, entityTags(userKind)},
		{"Role", roleKind.on, entityTags(roleKind)},
		{"Policy", onPolicy, func(c *call, s *iamState) (*map[string]string, error) {
			p, err := c.ownPolicy(s)
			if err != nil {
				return nil, err
			}
			return &p.Tags, nil
		}},
		{"MFADevice", onDevice, func(c *call, s *iamState) (*map[string]string, error) {
			d, err := c.device(s)
			if err != nil {
				return nil, err
			}
			return &d.Tags, nil
		}},
	}
	var out []*operation
	for _, k := range kinds {
		out = append(
			out,
			writes("Tag"+k.word, k.on, k.tag),
			writes("Untag"+k.word, k.on, k.untag),
			reads("List"+k.word+"Tags", k.on, k.list),
		)
	}
	return out
}

func (k taggable) tag(c *call, s *iamState) (any, error) {
	have, err := k.find(c, s)
	if err != nil {
		return nil, err
	}
	if len(c.tags()) == 0 {
		return nil, fail(http.StatusBadRequest, "InvalidInput", "Tags must not be empty")
	}
	all, err := c.checkedTags(*have)
	if err != nil {
		return nil, err
	}
	*have = all
	return nil, nil
}

func (k taggable) untag(c *call, s *iamState) (any, error) {
	have, err := k.find(c, s)
	if err != nil {
		return nil, err
	}
	for _, name := range c.members("TagKeys") {
		delete(*have, name)
	}
	return nil, nil
}

func (k taggable) list(c *call, s *iamState) (any, error) {
	have, err := k.find(c, s)
	if err != nil {
		return nil, err
	}
	list, end, err := page(c, listTags(*have), func(t tagXML) string { return t.Key })
	return struct {
		Tags []tagXML `xml:"Tags>member"`
		pageEnd
	}{list, end}, err
}
