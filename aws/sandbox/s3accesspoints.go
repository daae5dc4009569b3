package sandbox

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
)

// Access points: additional addresses of a bucket, each with its own policy. They can be
// created, listed and deleted here. Requests through them are not served.

// An accessPoint is one of the account's, in one region.
type accessPoint struct {
	Name   string `json:"name"`
	Region string `json:"region"`
	Bucket string `json:"bucket"`
	VPC    string `json:"vpc,omitempty"`
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
	one := accessPoint{Name: c.params["Name"], Region: c.region, Bucket: in.Bucket}
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
		if slices.ContainsFunc(state.AccessPoints, func(a accessPoint) bool { return a.Name == one.Name && a.Region == one.Region }) {
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
	return c.controlDocument("CreateAccessPointResult", struct{ AccessPointArn string }{c.accessPointARN()})
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
			return fail(http.StatusNotFound, "NoSuchAccessPoint", "The specified accesspoint does not exist")
		}
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
				Name: a.Name, NetworkOrigin: "Internet", Bucket: a.Bucket, BucketAccountId: c.account.id,
				AccessPointArn: "arn:aws:s3:" + a.Region + ":" + c.account.id + ":accesspoint/" + a.Name,
			}
			if a.VPC != "" {
				one.NetworkOrigin, one.VpcConfiguration = "VPC", &struct{ VpcId string }{a.VPC}
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
