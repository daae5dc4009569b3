package sandbox

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
)

// Access points: additional addresses of a bucket, each with its own policy.
// s3throughpoint.go serves requests through them.

// An accessPoint is one of the account's, in one region.
type accessPoint struct {
	Name    string             `json:"name"`
	Region  string             `json:"region"`
	Bucket  string             `json:"bucket"`
	VPC     string             `json:"vpc,omitempty"`
	Alias   string             `json:"alias,omitempty"`
	Policy  string             `json:"policy,omitempty"`
	Block   *publicAccessBlock `json:"block,omitempty"` // nil: all four on, as when a request names none
	Created time.Time          `json:"created,omitzero"`
}

func (p accessPoint) block() publicAccessBlock {
	if p.Block == nil {
		return publicAccessBlock{true, true, true, true}
	}
	return *p.Block
}

func (p accessPoint) arn(account string) string {
	return "arn:aws:s3:" + p.Region + ":" + account + ":accesspoint/" + p.Name
}

// origin is where requests may come from.
func (p accessPoint) origin() string {
	if p.VPC != "" {
		return "VPC"
	}
	return "Internet"
}

// point finds an access point; nil: there is none. Call it under view.
func (a *Account) point(region, name string) *accessPoint {
	for i, p := range a.s3().AccessPoints {
		if p.Name == name && p.Region == region {
			return &a.s3().AccessPoints[i]
		}
	}
	return nil
}

func noSuchPoint() error {
	return fail(http.StatusNotFound, "NoSuchAccessPoint", "The specified accesspoint does not exist")
}

// accessPointName: S3 user guide, "Rules for naming Amazon S3 access points".
var accessPointName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$`)

func (c *call) accessPointARN() string {
	return "arn:aws:s3:" + c.region + ":" + c.account.id + ":accesspoint/" + c.params["Name"]
}

// onAccessPoint authorises an action on the access point that the path names.
func (c *call) onAccessPoint(action string) error {
	if id := c.request.Header.Get("X-Amz-Account-Id"); id != c.account.id {
		return failf(http.StatusForbidden, "AccessDenied", "The caller is not of the account %s", id)
	}
	return c.authorize(action, c.accessPointARN(), c.s3keys())
}

func serveCreateAccessPoint(c *call) error {
	if err := c.onAccessPoint("s3:CreateAccessPoint"); err != nil {
		return err
	}
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var in struct {
		Bucket           string `need:"yes"`
		BucketAccountId  string `xml:",omitempty"`
		VpcConfiguration *struct {
			VpcId string `need:"yes"`
		}
		PublicAccessBlockConfiguration *publicAccessBlock
	}
	if err := readXML(raw, "CreateAccessPointRequest", &in); err != nil {
		return err
	}
	one := accessPoint{
		Name: c.params["Name"], Region: c.region, Bucket: in.Bucket, Block: in.PublicAccessBlockConfiguration, Created: c.now,
	}
	// The form of an alias: S3 user guide, "Access point aliases".
	one.Alias = one.Name[:min(len(one.Name), 16)] + "-" + strings.ToLower(strings.ReplaceAll(newRequestID(), "-", "")) + "-s3alias"
	if in.VpcConfiguration != nil {
		one.VPC = in.VpcConfiguration.VpcId
	}
	if !accessPointName.MatchString(one.Name) {
		return fail(http.StatusBadRequest, "InvalidRequest", "The access point name is not valid")
	}
	err = c.account.update("s3", func() error {
		state := c.account.s3()
		if b, ok := state.Buckets[one.Bucket]; !ok || b.Region != c.region {
			return noSuchBucket(one.Bucket)
		}
		if c.account.point(one.Region, one.Name) != nil {
			return fail(http.StatusConflict, "AccessPointAlreadyOwnedByYou",
				"Your previous request to create the named accesspoint succeeded and you already own it.")
		}
		state.AccessPoints = append(state.AccessPoints, one)
		slices.SortFunc(state.AccessPoints, func(a, b accessPoint) int { return cmp.Compare(a.Name, b.Name) })
		return nil
	})
	if err != nil {
		return err
	}
	return c.controlDocument("CreateAccessPointResult", struct{ AccessPointArn, Alias string }{c.accessPointARN(), one.Alias})
}

func serveDeleteAccessPoint(c *call) error {
	if err := c.onAccessPoint("s3:DeleteAccessPoint"); err != nil {
		return err
	}
	err := c.account.update("s3", func() error {
		state := c.account.s3()
		before := len(state.AccessPoints)
		state.AccessPoints = slices.DeleteFunc(state.AccessPoints,
			func(a accessPoint) bool { return a.Name == c.params["Name"] && a.Region == c.region })
		if len(state.AccessPoints) == before {
			return noSuchPoint()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusNoContent)
}

// readPoint returns a copy of the access point that the path names.
func (c *call) readPoint() (one accessPoint, err error) {
	c.account.view(func() {
		if p := c.account.point(c.region, c.params["Name"]); p != nil {
			one = *p
		} else {
			err = noSuchPoint()
		}
	})
	return one, err
}

// serveGetAccessPoint: the action takes no resource (Service Authorization Reference).
func serveGetAccessPoint(c *call) error {
	if err := c.controlAuthorize("s3:GetAccessPoint"); err != nil {
		return err
	}
	p, err := c.readPoint()
	if err != nil {
		return err
	}
	out := struct {
		Name, Bucket, NetworkOrigin    string
		VpcConfiguration               *struct{ VpcId string }
		PublicAccessBlockConfiguration publicAccessBlock
		CreationDate                   string
		Alias, AccessPointArn          string
		BucketAccountId                string
	}{
		p.Name, p.Bucket, p.origin(), nil, p.block(), stamp(p.Created), p.Alias, p.arn(c.account.id), c.account.id,
	}
	if p.VPC != "" {
		out.VpcConfiguration = &struct{ VpcId string }{p.VPC}
	}
	return c.controlDocument("GetAccessPointResult", out)
}

func servePutAccessPointPolicy(c *call) error {
	if err := c.onAccessPoint("s3:PutAccessPointPolicy"); err != nil {
		return err
	}
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var in struct {
		Policy string `need:"yes"`
	}
	if err := readXML(raw, "PutAccessPointPolicyRequest", &in); err != nil {
		return err
	}
	p, err := c.readPoint()
	if err != nil {
		return err
	}
	document, err := c.pointPolicy(in.Policy, p)
	if err != nil {
		return err
	}
	err = c.account.update("s3", func() error {
		kept := c.account.point(c.region, p.Name)
		if kept == nil {
			return noSuchPoint()
		}
		block := kept.block()
		if b, ok := c.account.s3().Buckets[kept.Bucket]; ok {
			block.BlockPublicPolicy = block.BlockPublicPolicy || c.account.blockOf(b).BlockPublicPolicy
		}
		if block.BlockPublicPolicy && policy.Public(document).Yes {
			return failf(http.StatusForbidden, "AccessDenied",
				"User: %s is not authorized to perform: s3:PutAccessPointPolicy on resource: %q because public policies are prevented by the "+
					"BlockPublicPolicy setting in S3 Block Public Access.", c.caller.ARN, c.accessPointARN())
		}
		kept.Policy = in.Policy
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// pointPolicy checks a policy of an access point: its resources are the access point and
// objects through it (S3 user guide, "Configuring IAM policies for using access points").
func (c *call) pointPolicy(text string, p accessPoint) (policy.Document, error) {
	d, err := policy.Parse([]byte(text))
	if err != nil {
		return d, malformedPolicy(err.Error(), "")
	}
	var known func(string) bool
	c.account.view(func() { known = c.account.knownPrincipals() })
	for _, s := range d.Statements {
		if !s.HasPrincipal {
			return d, malformedPolicy("Missing required field Principal", "")
		}
		for _, who := range s.Principals {
			if who.Type == "AWS" && who.Value != "*" && !known(who.Value) {
				return d, malformedPolicy("Invalid principal in policy", `"AWS" : "`+who.Value+`"`)
			}
		}
		for _, a := range s.Actions {
			if a != "*" && !strings.HasPrefix(strings.ToLower(a), "s3:") {
				return d, malformedPolicy("Policy has invalid action", a)
			}
		}
		for _, r := range s.Resources {
			if arn := p.arn(c.account.id); r != arn && !strings.HasPrefix(r, arn+"/object/") {
				return d, malformedPolicy("Policy has invalid resource", r)
			}
		}
	}
	return d, nil
}

func noPointPolicy() error {
	return fail(http.StatusNotFound, "NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist")
}

func serveGetAccessPointPolicy(c *call) error {
	if err := c.onAccessPoint("s3:GetAccessPointPolicy"); err != nil {
		return err
	}
	p, err := c.readPoint()
	if err != nil {
		return err
	}
	if p.Policy == "" {
		return noPointPolicy()
	}
	return c.controlDocument("GetAccessPointPolicyResult", struct{ Policy string }{p.Policy})
}

func serveGetAccessPointPolicyStatus(c *call) error {
	if err := c.onAccessPoint("s3:GetAccessPointPolicyStatus"); err != nil {
		return err
	}
	p, err := c.readPoint()
	if err != nil {
		return err
	}
	if p.Policy == "" {
		return noPointPolicy()
	}
	d, err := policy.Parse([]byte(p.Policy))
	if err != nil {
		return err
	}
	return c.controlDocument("GetAccessPointPolicyStatusResult", struct {
		PolicyStatus struct{ IsPublic bool }
	}{struct{ IsPublic bool }{policy.Public(d).Yes}})
}

func serveDeleteAccessPointPolicy(c *call) error {
	if err := c.onAccessPoint("s3:DeleteAccessPointPolicy"); err != nil {
		return err
	}
	err := c.account.update("s3", func() error {
		p := c.account.point(c.region, c.params["Name"])
		if p == nil {
			return noSuchPoint()
		}
		p.Policy = ""
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusNoContent)
}

func serveListAccessPoints(c *call) error {
	if err := c.controlAuthorize("s3:ListAccessPoints"); err != nil {
		return err
	}
	type listed struct {
		Name             string
		NetworkOrigin    string
		VpcConfiguration *struct{ VpcId string }
		Bucket           string
		AccessPointArn   string
		Alias            string `xml:",omitempty"`
		BucketAccountId  string
	}
	q := c.request.URL.Query()
	all := []listed{}
	c.account.view(func() {
		for _, a := range c.account.s3().AccessPoints {
			if a.Region != c.region || q.Has("bucket") && q.Get("bucket") != a.Bucket {
				continue
			}
			one := listed{
				Name: a.Name, NetworkOrigin: a.origin(), Bucket: a.Bucket, BucketAccountId: c.account.id,
				AccessPointArn: a.arn(c.account.id), Alias: a.Alias,
			}
			if a.VPC != "" {
				one.VpcConfiguration = &struct{ VpcId string }{a.VPC}
			}
			all = append(all, one)
		}
	})
	size, err := c.queryInt("maxResults", 1000)
	if err != nil || size < 1 {
		size = 1000
	}
	page, next, err := pageOf(all, q.Get("nextToken"), size)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidToken", "The continuation token provided is incorrect")
	}
	return c.controlDocument("ListAccessPointsResult", struct {
		AccessPointList struct{ AccessPoint []listed }
		NextToken       string `xml:",omitempty"`
	}{struct{ AccessPoint []listed }{page}, next})
}

// serveListMultiRegionAccessPoints answers an empty list: none can be created here. AWS
// serves the operation only in Oregon.
func serveListMultiRegionAccessPoints(c *call) error {
	if err := c.controlAuthorize("s3:ListMultiRegionAccessPoints"); err != nil {
		return err
	}
	if c.region != "us-west-2" {
		return fail(http.StatusMovedPermanently, "PermanentRedirect", "Multi-Region Access Point control requests must be sent to us-west-2.")
	}
	return c.controlDocument("ListMultiRegionAccessPointsResult", struct{ AccessPoints struct{} }{})
}
