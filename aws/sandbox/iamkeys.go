package sandbox

import (
	"cmp"
	"strings"
)

// keysPerUser is IAM's limit, for the root user too.
const keysPerUser = 2

func keyOperations() []*operation {
	return []*operation{
		writes("CreateAccessKey", onUser, createAccessKey),
		reads("ListAccessKeys", onUser, listAccessKeys),
		writes("UpdateAccessKey", onUser, updateAccessKey),
		writes("DeleteAccessKey", onUser, deleteAccessKey),
		reads("GetAccessKeyLastUsed", onUser, getAccessKeyLastUsed),
	}
}

// keyOwner is the user whose keys an operation is about; empty for root.
func (c *call) keyOwner(s *iamState) (string, error) {
	name, err := c.userName(s)
	if err != nil || (name == "" && !c.form.Has("UserName")) {
		return "", err
	}
	if s.Users[strings.ToLower(name)] == nil {
		return "", noSuch("The user with name %s cannot be found.", name)
	}
	return name, nil
}

type keyXML struct {
	UserName        string `xml:",omitempty"`
	AccessKeyId     string
	Status          string
	SecretAccessKey string `xml:",omitempty"`
	CreateDate      string
}

func (k *iamKey) xml(s *iamState) keyXML {
	out := keyXML{AccessKeyId: k.ID, Status: k.status(), CreateDate: iamTime(k.Created)}
	if u := s.Users[k.User]; u != nil {
		out.UserName = u.Name
	}
	return out
}

func (k *iamKey) status() string {
	if k.Active {
		return "Active"
	}
	return "Inactive"
}

func createAccessKey(c *call, s *iamState) (any, error) {
	user, err := c.keyOwner(s)
	if err != nil {
		return nil, err
	}
	if err := quota("AccessKeysPerUser", len(s.keysOf(user)), keysPerUser); err != nil {
		return nil, err
	}
	key := s.addKey(user, c.now)
	out := key.xml(s)
	c.respond("accessKey", map[string]any{"accessKeyId": key.ID, "status": "Active", "userName": out.UserName, "createDate": out.CreateDate})
	out.SecretAccessKey = key.Secret
	return struct{ AccessKey keyXML }{out}, nil
}

func listAccessKeys(c *call, s *iamState) (any, error) {
	user, err := c.keyOwner(s)
	if err != nil {
		return nil, err
	}
	var list []keyXML
	for _, key := range s.keysOf(user) {
		list = append(list, key.xml(s))
	}
	list, end, err := page(c, list, func(k keyXML) string { return k.CreateDate + k.AccessKeyId })
	return struct {
		UserName          string   `xml:",omitempty"`
		AccessKeyMetadata []keyXML `xml:"AccessKeyMetadata>member"`
		pageEnd
	}{user, list, end}, err
}

// key finds the access key that the request names among its owner's.
func (c *call) key(s *iamState) (*iamKey, error) {
	user, err := c.keyOwner(s)
	if err != nil {
		return nil, err
	}
	id := c.form.Get("AccessKeyId")
	key := s.Keys[id]
	if key == nil || key.User != strings.ToLower(user) {
		return nil, noSuch("The Access Key with id %s cannot be found.", id)
	}
	return key, nil
}

func updateAccessKey(c *call, s *iamState) (any, error) {
	key, err := c.key(s)
	if err != nil {
		return nil, err
	}
	switch status := c.form.Get("Status"); status {
	case "Active", "Inactive":
		key.Active = status == "Active"
		return nil, nil
	default:
		return nil, invalid(
			"1 validation error detected: Value '%s' at 'status' failed to satisfy "+
				"constraint: Member must satisfy enum value set: [Active, Inactive]", status)
	}
}

func deleteAccessKey(c *call, s *iamState) (any, error) {
	key, err := c.key(s)
	if err != nil {
		return nil, err
	}
	delete(s.Keys, key.ID)
	return nil, nil
}

func getAccessKeyLastUsed(c *call, s *iamState) (any, error) {
	id := c.form.Get("AccessKeyId")
	key := s.Keys[id]
	if key == nil {
		return nil, noSuch("The Access Key with id %s cannot be found", id)
	}
	type lastUsed struct {
		LastUsedDate string `xml:",omitempty"`
		ServiceName  string
		Region       string
	}
	return struct {
		UserName          string `xml:",omitempty"`
		AccessKeyLastUsed lastUsed
	}{key.xml(s).UserName, lastUsed{iamTime(key.LastUsed), cmp.Or(key.LastService, "N/A"), cmp.Or(key.LastRegion, "N/A")}}, nil
}
