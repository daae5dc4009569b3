package sandbox

import (
	"slices"
	"strings"
)

func userOperations() []*operation {
	return []*operation{
		writes("CreateUser", userKind.on, createUser),
		reads("GetUser", onUser, getUser),
		reads("ListUsers", onAll("user/"), listUsers),
		writes("DeleteUser", userKind.on, deleteUser),
		writes("PutUserPermissionsBoundary", userKind.on, putBoundary(userKind)),
		writes("DeleteUserPermissionsBoundary", userKind.on, deleteBoundary(userKind)),
		writes("CreateLoginProfile", userKind.on, createLoginProfile),
		reads("GetLoginProfile", userKind.on, getLoginProfile),
		writes("UpdateLoginProfile", userKind.on, updateLoginProfile),
		writes("DeleteLoginProfile", userKind.on, deleteLoginProfile),
	}
}

// user finds the user that UserName names.
func (c *call) user(s *iamState) (*iamUser, error) {
	if _, err := userKind.named(c, s); err != nil {
		return nil, err
	}
	return s.Users[strings.ToLower(c.form.Get("UserName"))], nil
}

func createUser(c *call, s *iamState) (any, error) {
	e, err := c.newEntity(s, userKind, "AIDA")
	if err != nil {
		return nil, err
	}
	if err := quota("UsersPerAccount", len(s.Users), 5000); err != nil {
		return nil, err
	}
	u := &iamUser{entity: e}
	s.Users[strings.ToLower(e.Name)] = u
	return struct{ User userXML }{u.xml(c, true)}, nil
}

func getUser(c *call, s *iamState) (any, error) {
	name, err := c.userName(s)
	if err != nil {
		return nil, err
	}
	if name == "" && !c.form.Has("UserName") {
		return struct{ User userXML }{s.rootXML(c)}, nil
	}
	u := s.Users[strings.ToLower(name)]
	if u == nil {
		return nil, noSuch("The user with name %s cannot be found.", name)
	}
	return struct{ User userXML }{u.xml(c, true)}, nil
}

func listUsers(c *call, s *iamState) (any, error) {
	var list []userXML
	for _, u := range s.Users {
		if strings.HasPrefix(u.Path, c.form.Get("PathPrefix")) {
			list = append(list, u.xml(c, false))
		}
	}
	list, end, err := page(c, list, func(u userXML) string { return u.UserName })
	return struct {
		Users []userXML `xml:"Users>member"`
		pageEnd
	}{list, end}, err
}

// deleteUser refuses, as IAM does, while the user still owns something.
func deleteUser(c *call, s *iamState) (any, error) {
	u, err := c.user(s)
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(u.Name)
	switch {
	case len(s.keysOf(name)) > 0:
		return nil, conflict("Cannot delete entity, must delete access keys first.")
	case len(u.Attached) > 0:
		return nil, conflict("Cannot delete entity, must detach all policies first.")
	case len(u.Inline) > 0:
		return nil, conflict("Cannot delete entity, must delete policies first.")
	case u.Login != nil:
		return nil, conflict("Cannot delete entity, must delete login profile first.")
	case len(s.devicesOf(name)) > 0:
		return nil, conflict("Cannot delete entity, must delete MFA device first.")
	case len(s.groupsOf(name)) > 0:
		return nil, conflict("Cannot delete entity, must remove users from group first.")
	case len(u.Certificates) > 0:
		return nil, conflict("Cannot delete entity, must delete signing certificates first.")
	case len(u.SSHKeys) > 0:
		return nil, conflict("Cannot delete entity, must delete SSH public keys first.")
	case len(u.Services) > 0:
		return nil, conflict("Cannot delete entity, must delete service specific credentials first.")
	}
	delete(s.Users, name)
	return nil, nil
}

func putBoundary(k entityKind) func(*call, *iamState) (any, error) {
	return func(c *call, s *iamState) (any, error) {
		e, err := k.named(c, s)
		if err != nil {
			return nil, err
		}
		arn := c.form.Get("PermissionsBoundary")
		if s.managed(arn) == nil {
			return nil, noSuch("Scope ARN: %s does not exist or is not attachable.", arn)
		}
		e.Boundary = arn
		return nil, nil
	}
}

func deleteBoundary(k entityKind) func(*call, *iamState) (any, error) {
	return func(c *call, s *iamState) (any, error) {
		e, err := k.named(c, s)
		if err != nil {
			return nil, err
		}
		if e.Boundary == "" {
			return nil, noSuch("The %s with name %s does not have a permissions boundary.", k.lower, e.Name)
		}
		e.Boundary = ""
		return nil, nil
	}
}

type loginXML struct {
	UserName              string
	CreateDate            string
	PasswordResetRequired bool
}

func (u *iamUser) loginXML() any {
	return struct{ LoginProfile loginXML }{loginXML{u.Name, iamTime(u.Login.Created), u.Login.Reset}}
}

func createLoginProfile(c *call, s *iamState) (any, error) {
	u, err := c.user(s)
	if err != nil {
		return nil, err
	}
	if u.Login != nil {
		return nil, exists("Login Profile for user %s already exists.", u.Name)
	}
	if err := s.checkPassword(c.form.Get("Password")); err != nil {
		return nil, err
	}
	// The password itself is not stored: nobody can sign in to the demo account's console.
	u.Login = &loginProfile{Created: c.now, Changed: c.now, Reset: c.form.Get("PasswordResetRequired") == "true"}
	return u.loginXML(), nil
}

func (c *call) loginOf(s *iamState) (*iamUser, error) {
	u, err := c.user(s)
	if err != nil {
		return nil, err
	}
	if u.Login == nil {
		return nil, noSuch("Login Profile for User %s cannot be found.", u.Name)
	}
	return u, nil
}

func getLoginProfile(c *call, s *iamState) (any, error) {
	u, err := c.loginOf(s)
	if err != nil {
		return nil, err
	}
	return u.loginXML(), nil
}

func updateLoginProfile(c *call, s *iamState) (any, error) {
	u, err := c.loginOf(s)
	if err != nil {
		return nil, err
	}
	if password := c.form.Get("Password"); password != "" {
		if err := s.checkPassword(password); err != nil {
			return nil, err
		}
		u.Login.Changed = c.now
	}
	if c.form.Has("PasswordResetRequired") {
		u.Login.Reset = c.form.Get("PasswordResetRequired") == "true"
	}
	return nil, nil
}

func deleteLoginProfile(c *call, s *iamState) (any, error) {
	u, err := c.loginOf(s)
	if err != nil {
		return nil, err
	}
	u.Login = nil
	return nil, nil
}

func groupOperations() []*operation {
	return []*operation{
		writes("CreateGroup", groupKind.on, createGroup),
		reads("GetGroup", groupKind.on, getGroup),
		reads("ListGroups", onAll("group/"), listGroups),
		writes("DeleteGroup", groupKind.on, deleteGroup),
		writes("AddUserToGroup", groupKind.on, addUserToGroup),
		writes("RemoveUserFromGroup", groupKind.on, removeUserFromGroup),
		reads("ListGroupsForUser", userKind.on, listGroupsForUser),
	}
}

func (c *call) group(s *iamState) (*iamGroup, error) {
	if _, err := groupKind.named(c, s); err != nil {
		return nil, err
	}
	return s.Groups[strings.ToLower(c.form.Get("GroupName"))], nil
}

func createGroup(c *call, s *iamState) (any, error) {
	e, err := c.newEntity(s, groupKind, "AGPA")
	if err != nil {
		return nil, err
	}
	g := &iamGroup{entity: e}
	s.Groups[strings.ToLower(e.Name)] = g
	return struct{ Group groupXML }{g.xml(c)}, nil
}

func getGroup(c *call, s *iamState) (any, error) {
	g, err := c.group(s)
	if err != nil {
		return nil, err
	}
	var list []userXML
	for _, name := range g.Members {
		if u := s.Users[name]; u != nil {
			list = append(list, u.xml(c, false))
		}
	}
	list, end, err := page(c, list, func(u userXML) string { return u.UserName })
	return struct {
		Group groupXML
		Users []userXML `xml:"Users>member"`
		pageEnd
	}{g.xml(c), list, end}, err
}

func groupList(c *call, groups []*iamGroup) (any, error) {
	var list []groupXML
	for _, g := range groups {
		if strings.HasPrefix(g.Path, c.form.Get("PathPrefix")) {
			list = append(list, g.xml(c))
		}
	}
	list, end, err := page(c, list, func(g groupXML) string { return g.GroupName })
	return struct {
		Groups []groupXML `xml:"Groups>member"`
		pageEnd
	}{list, end}, err
}

func listGroups(c *call, s *iamState) (any, error) {
	var all []*iamGroup
	for _, g := range s.Groups {
		all = append(all, g)
	}
	return groupList(c, all)
}

func listGroupsForUser(c *call, s *iamState) (any, error) {
	u, err := c.user(s)
	if err != nil {
		return nil, err
	}
	return groupList(c, s.groupsOf(u.Name))
}

func deleteGroup(c *call, s *iamState) (any, error) {
	g, err := c.group(s)
	switch {
	case err != nil:
		return nil, err
	case len(g.Members) > 0:
		return nil, conflict("Cannot delete entity, must remove users from group first.")
	case len(g.Attached) > 0:
		return nil, conflict("Cannot delete entity, must detach all policies first.")
	case len(g.Inline) > 0:
		return nil, conflict("Cannot delete entity, must delete policies first.")
	}
	delete(s.Groups, strings.ToLower(g.Name))
	return nil, nil
}

func addUserToGroup(c *call, s *iamState) (any, error) {
	g, err := c.group(s)
	if err != nil {
		return nil, err
	}
	u, err := c.user(s)
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(u.Name)
	if slices.Contains(g.Members, name) {
		return nil, nil
	}
	if err := quota("GroupsPerUser", len(s.groupsOf(name)), 10); err != nil {
		return nil, err
	}
	g.Members = append(g.Members, name)
	return nil, nil
}

func removeUserFromGroup(c *call, s *iamState) (any, error) {
	g, err := c.group(s)
	if err != nil {
		return nil, err
	}
	u, err := c.user(s)
	if err != nil {
		return nil, err
	}
	i := slices.Index(g.Members, strings.ToLower(u.Name))
	if i < 0 {
		return nil, noSuch("User %s not in Group %s", u.Name, g.Name)
	}
	g.Members = slices.Delete(g.Members, i, i+1)
	return nil, nil
}
