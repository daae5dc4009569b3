package sandbox

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// The structures of IAM's answers, named as in the API reference.

type tagXML struct{ Key, Value string }

// tagsXML returns an entity's tags; nil when it has none, which leaves the element out.
func tagsXML(tags map[string]string) *[]tagXML {
	if len(tags) == 0 {
		return nil
	}
	return new(listTags(tags))
}

func listTags(tags map[string]string) []tagXML {
	out := make([]tagXML, 0, len(tags))
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, tagXML{name, tags[name]})
	}
	return out
}

type boundaryXML struct {
	PermissionsBoundaryType string
	PermissionsBoundaryArn  string
}

func (e *entity) boundaryXML() *boundaryXML {
	if e.Boundary == "" {
		return nil
	}
	return &boundaryXML{"Policy", e.Boundary}
}

type userXML struct {
	Path                string `xml:",omitempty"`
	UserName            string `xml:",omitempty"`
	UserId              string
	Arn                 string
	CreateDate          string
	PasswordLastUsed    string       `xml:",omitempty"`
	PermissionsBoundary *boundaryXML `xml:",omitempty"`
	Tags                *[]tagXML    `xml:"Tags>member,omitempty"`
}

// userXML describes a user; lists leave boundary and tags out.
func (u *iamUser) xml(c *call, whole bool) userXML {
	out := userXML{Path: u.Path, UserName: u.Name, UserId: u.ID, Arn: u.arn(c.account.id, userKind), CreateDate: iamTime(u.Created)}
	if whole {
		out.PermissionsBoundary, out.Tags = u.boundaryXML(), tagsXML(u.Tags)
	}
	return out
}

func (s *iamState) rootXML(c *call) userXML {
	return userXML{UserId: c.account.id, Arn: "arn:aws:iam::" + c.account.id + ":root", CreateDate: iamTime(s.Created)}
}

type groupXML struct {
	Path       string
	GroupName  string
	GroupId    string
	Arn        string
	CreateDate string
}

func (g *iamGroup) xml(c *call) groupXML {
	return groupXML{g.Path, g.Name, g.ID, g.arn(c.account.id, groupKind), iamTime(g.Created)}
}

type roleLastUsedXML struct {
	LastUsedDate string `xml:",omitempty"`
	Region       string `xml:",omitempty"`
}

type roleXML struct {
	Path                     string
	RoleName                 string
	RoleId                   string
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *boundaryXML     `xml:",omitempty"`
	Tags                     *[]tagXML        `xml:"Tags>member,omitempty"`
	RoleLastUsed             *roleLastUsedXML `xml:",omitempty"`
}

// xml describes a role; lists leave boundary, tags and last use out.
func (r *iamRole) xml(c *call, whole bool) roleXML {
	out := roleXML{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.arn(c.account.id, roleKind), CreateDate: iamTime(r.Created),
		AssumeRolePolicyDocument: escapeDocument(r.Trust), Description: r.Description, MaxSessionDuration: r.MaxSession,
	}
	if whole {
		out.PermissionsBoundary, out.Tags = r.boundaryXML(), tagsXML(r.Tags)
		out.RoleLastUsed = &roleLastUsedXML{iamTime(r.LastUsed), r.LastRegion}
	}
	return out
}

type policyXML struct {
	PolicyName                    string
	PolicyId                      string
	Arn                           string
	Path                          string
	DefaultVersionId              string
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string `xml:",omitempty"`
	CreateDate                    string
	UpdateDate                    string
	Tags                          *[]tagXML `xml:"Tags>member,omitempty"`
}

// xml describes a managed policy; lists leave description and tags out.
func (p *iamPolicy) xml(s *iamState, whole bool) policyXML {
	attached, bounds := s.uses(p.ARN)
	out := policyXML{
		PolicyName: p.Name, PolicyId: p.ID, Arn: p.ARN, Path: p.Path, DefaultVersionId: p.Default,
		AttachmentCount: attached, PermissionsBoundaryUsageCount: bounds, IsAttachable: true,
		CreateDate: iamTime(p.Created), UpdateDate: iamTime(p.Updated),
	}
	if whole {
		out.Description, out.Tags = p.Description, tagsXML(p.Tags)
	}
	return out
}

type versionXML struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

func (v policyVersion) xml(p *iamPolicy, document bool) versionXML {
	out := versionXML{VersionId: v.ID, IsDefaultVersion: v.ID == p.Default, CreateDate: iamTime(v.Created)}
	if document {
		out.Document = escapeDocument(v.Document)
	}
	return out
}

type attachedXML struct{ PolicyName, PolicyArn string }

func (e *entity) attachedXML() []attachedXML {
	out := make([]attachedXML, 0, len(e.Attached))
	for _, arn := range e.Attached {
		out = append(out, attachedXML{arn[strings.LastIndex(arn, "/")+1:], arn})
	}
	return out
}

type inlineXML struct{ PolicyName, PolicyDocument string }

func (e *entity) inlineXML() []inlineXML {
	out := make([]inlineXML, 0, len(e.Inline))
	for _, name := range slices.Sorted(maps.Keys(e.Inline)) {
		out = append(out, inlineXML{name, escapeDocument(e.Inline[name])})
	}
	return out
}

// escapeDocument encodes a policy document as IAM returns it: RFC 3986, every
// character but the unreserved ones, spaces as %20.
func escapeDocument(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// uses counts the entities that a managed policy is attached to, and those for which it is
// the boundary.
func (s *iamState) uses(arn string) (attached, bounds int) {
	s.entities(func(_ entityKind, e *entity) {
		if e.attached(arn) {
			attached++
		}
		if e.Boundary == arn {
			bounds++
		}
	})
	return attached, bounds
}

func (e *entity) attached(arn string) bool { return slices.Contains(e.Attached, arn) }

// entities visits every user, group and role.
func (s *iamState) entities(visit func(entityKind, *entity)) {
	for _, name := range slices.Sorted(maps.Keys(s.Users)) {
		visit(userKind, &s.Users[name].entity)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Groups)) {
		visit(groupKind, &s.Groups[name].entity)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Roles)) {
		visit(roleKind, &s.Roles[name].entity)
	}
}
