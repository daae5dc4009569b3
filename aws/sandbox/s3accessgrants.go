package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// S3 Access Grants: each gives a person or a role of IAM or of a directory access to a part of
// S3, in addition to every policy. They can be created, listed and deleted here; the access
// that they give (GetDataAccess) is not served.

// A grantsInstance is the account's, one in each region.
type grantsInstance struct {
	Region    string           `json:"region"`
	Created   time.Time        `json:"created"`
	Locations []grantsLocation `json:"locations,omitempty"`
	Grants    []accessGrant    `json:"grants,omitempty"`
}

type grantsLocation struct {
	ID    string `json:"id"`
	Scope string `json:"scope"` // "s3://" or "s3://bucket/prefix"
	Role  string `json:"role"`
}

type accessGrant struct {
	ID         string        `json:"id"`
	Location   string        `json:"location"`
	Scope      string        `json:"scope"`
	Permission string        `json:"permission"`
	Grantee    grantsGrantee `json:"grantee"`
	Created    time.Time     `json:"created"`
}

type grantsGrantee struct {
	GranteeType       string `enum:"DIRECTORY_USER|DIRECTORY_GROUP|IAM" json:"type"`
	GranteeIdentifier string `json:"identifier"`
}

func (c *call) grantsARN() string {
	return "arn:aws:s3:" + c.region + ":" + c.account.id + ":access-grants/default"
}

// grantsInstance is the region's; nil: there is none. Call it under view.
func (a *Account) grantsInstance(region string) *grantsInstance {
	for _, one := range a.s3().AccessGrants {
		if one.Region == region {
			return one
		}
	}
	return nil
}

// onGrants authorises an action on the region's instance, or on something of it.
func (c *call) onGrants(action, below string) error {
	if id := c.request.Header.Get("X-Amz-Account-Id"); id != c.account.id {
		return failf(http.StatusForbidden, "AccessDenied", "The caller is not of the account %s", id)
	}
	return c.authorize(action, c.grantsARN()+below, c.s3keys())
}

// changeGrants changes the region's instance.
func (c *call) changeGrants(change func(*grantsInstance) error) error {
	return c.account.update("s3", func() error {
		one := c.account.grantsInstance(c.region)
		if one == nil {
			return noGrantsInstance()
		}
		return change(one)
	})
}

func noGrantsInstance() error {
	return fail(http.StatusNotFound, "AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist")
}

func serveCreateAccessGrantsInstance(c *call) error {
	if err := c.onGrants("s3:CreateAccessGrantsInstance", ""); err != nil {
		return err
	}
	one := &grantsInstance{Region: c.region, Created: c.now}
	err := c.account.update("s3", func() error {
		if c.account.grantsInstance(c.region) != nil {
			return fail(http.StatusConflict, "AccessGrantsInstanceAlreadyExists", "Access Grants Instance already exists")
		}
		c.account.s3().AccessGrants = append(c.account.s3().AccessGrants, one)
		return nil
	})
	if err != nil {
		return err
	}
	return c.controlDocument("CreateAccessGrantsInstanceResult", c.listedInstance(one))
}

type listedGrantsInstance struct{ CreatedAt, AccessGrantsInstanceId, AccessGrantsInstanceArn string }

func (c *call) listedInstance(one *grantsInstance) listedGrantsInstance {
	return listedGrantsInstance{stamp(one.Created), "default", c.grantsARN()}
}

// serveListAccessGrantsInstances lists the region's instance. The action takes no resource.
func serveListAccessGrantsInstances(c *call) error {
	if err := c.controlAuthorize("s3:ListAccessGrantsInstances"); err != nil {
		return err
	}
	var all []listedGrantsInstance
	c.account.view(func() {
		if one := c.account.grantsInstance(c.region); one != nil {
			all = append(all, c.listedInstance(one))
		}
	})
	return c.controlDocument("ListAccessGrantsInstancesResult", struct {
		AccessGrantsInstancesList struct{ AccessGrantsInstance []listedGrantsInstance }
	}{struct{ AccessGrantsInstance []listedGrantsInstance }{all}})
}

func serveCreateAccessGrantsLocation(c *call) error {
	if err := c.onGrants("s3:CreateAccessGrantsLocation", ""); err != nil {
		return err
	}
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var in struct {
		LocationScope string `need:"yes"`
		IAMRoleArn    string `need:"yes"`
	}
	if err := readXML(raw, "CreateAccessGrantsLocationRequest", &in); err != nil {
		return err
	}
	location := grantsLocation{ID: newRequestID(), Scope: in.LocationScope, Role: in.IAMRoleArn}
	if in.LocationScope == "s3://" {
		location.ID = "default"
	}
	if err := c.changeGrants(func(one *grantsInstance) error {
		one.Locations = append(one.Locations, location)
		return nil
	}); err != nil {
		return err
	}
	return c.controlDocument("CreateAccessGrantsLocationResult", struct {
		AccessGrantsLocationId, AccessGrantsLocationArn, LocationScope, IAMRoleArn string
	}{location.ID, c.grantsARN() + "/location/" + location.ID, location.Scope, location.Role})
}

func serveCreateAccessGrant(c *call) error {
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var in struct {
		AccessGrantsLocationId            string `need:"yes"`
		AccessGrantsLocationConfiguration *struct{ S3SubPrefix string }
		Grantee                           *grantsGrantee `need:"yes"`
		Permission                        string         `enum:"READ|WRITE|READWRITE" need:"yes"`
	}
	if err := readXML(raw, "CreateAccessGrantRequest", &in); err != nil {
		return err
	}
	if err := c.onGrants("s3:CreateAccessGrant", "/location/"+in.AccessGrantsLocationId); err != nil {
		return err
	}
	grant := accessGrant{
		ID: newRequestID(), Location: in.AccessGrantsLocationId, Permission: in.Permission, Grantee: *in.Grantee, Created: c.now,
	}
	err = c.changeGrants(func(one *grantsInstance) error {
		for _, location := range one.Locations {
			if location.ID == grant.Location {
				grant.Scope = location.Scope
				if in.AccessGrantsLocationConfiguration != nil {
					grant.Scope += in.AccessGrantsLocationConfiguration.S3SubPrefix
				}
			}
		}
		if grant.Scope == "" {
			return fail(http.StatusNotFound, "AccessGrantsLocationNotExistsError", "Access Grants Location does not exist")
		}
		one.Grants = append(one.Grants, grant)
		return nil
	})
	if err != nil {
		return err
	}
	return c.controlDocument("CreateAccessGrantResult", c.listedGrant(grant))
}

type listedAccessGrant struct {
	CreatedAt, AccessGrantId, AccessGrantArn string
	Grantee                                  grantsGrantee
	Permission, AccessGrantsLocationId       string
	GrantScope                               string
}

func (c *call) listedGrant(g accessGrant) listedAccessGrant {
	return listedAccessGrant{stamp(g.Created), g.ID, c.grantsARN() + "/grant/" + g.ID, g.Grantee, g.Permission, g.Location, g.Scope}
}

func serveListAccessGrants(c *call) error {
	if err := c.onGrants("s3:ListAccessGrants", ""); err != nil {
		return err
	}
	var all []listedAccessGrant
	missing := false
	q := c.request.URL.Query()
	c.account.view(func() {
		one := c.account.grantsInstance(c.region)
		if missing = one == nil; missing {
			return
		}
		for _, g := range one.Grants {
			if scope := q.Get("grantscope"); scope == "" || strings.HasPrefix(g.Scope, strings.TrimSuffix(scope, "*")) {
				all = append(all, c.listedGrant(g))
			}
		}
	})
	if missing {
		return noGrantsInstance()
	}
	size, err := c.queryInt("maxResults", 1000)
	if err != nil || size < 1 {
		size = 1000
	}
	page, next, err := pageOf(all, q.Get("nextToken"), size)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidToken", "The continuation token provided is incorrect")
	}
	return c.controlDocument("ListAccessGrantsResult", struct {
		NextToken        string `xml:",omitempty"`
		AccessGrantsList struct{ AccessGrant []listedAccessGrant }
	}{next, struct{ AccessGrant []listedAccessGrant }{page}})
}

func serveDeleteAccessGrant(c *call) error {
	id := c.params["Name"]
	if err := c.onGrants("s3:DeleteAccessGrant", "/grant/"+id); err != nil {
		return err
	}
	err := c.changeGrants(func(one *grantsInstance) error {
		for i, g := range one.Grants {
			if g.ID == id {
				one.Grants = append(one.Grants[:i:i], one.Grants[i+1:]...)
				return nil
			}
		}
		return fail(http.StatusNotFound, "AccessGrantNotExistsError", "Access Grant does not exist")
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusNoContent)
}
