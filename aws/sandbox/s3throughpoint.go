package sandbox

import (
	"net"
	"net/http"
	"strings"

	"claria/aws/policy"
)

// Requests through an access point: by its host name, which is what clients make of its ARN,
// or by its alias in the place of a bucket's name.

// throughPoints are the operations that access points take, of those served here (S3 user
// guide, "Access point compatibility").
var throughPoints = []string{
	"AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject", "DeleteObjects",
	"DeleteObjectTagging", "GetBucketLocation", "GetBucketNotificationConfiguration", "GetBucketPolicy", "GetObject", "GetObjectAcl",
	"GetObjectAttributes", "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "HeadBucket", "HeadObject",
	"ListMultipartUploads", "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListParts", "PutObject", "PutObjectAcl",
	"PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "UploadPart", "UploadPartCopy",
}

func incompatible(op operation) *operation {
	op.serve = func(*call) error {
		return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	return &op
}

// enterPoint finds the access point that a request names and keeps it in the call. bucket is
// the bucket that its address would otherwise name.
func (c *call) enterPoint(bucket string) (*accessPoint, *operation) {
	host := c.request.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	label, _, byHost := strings.Cut(host, ".s3-accesspoint.")
	if !byHost && !strings.HasSuffix(bucket, "-s3alias") {
		return nil, nil
	}
	c.account.view(func() {
		for _, p := range c.account.s3().AccessPoints {
			if byHost && label == p.Name+"-"+c.account.id && p.Region == c.region || !byHost && p.Alias == bucket {
				c.point = new(p)
			}
		}
	})
	if c.point == nil {
		return nil, &operation{name: "AccessPoint", serve: func(*call) error { return noSuchPoint() }}
	}
	return c.point, nil
}

// pointResource is the resource of a request through the access point: the point itself, or
// an object through it.
func (c *call) pointResource(key string) string {
	if key == "" {
		return c.point.arn(c.account.id)
	}
	return c.point.arn(c.account.id) + "/object/" + key
}

// policyOfPoint is the policy of the access point of such a resource. Call it under view.
func (a *Account) policyOfPoint(resource string) *policy.Document {
	for _, p := range a.s3().AccessPoints {
		arn := p.arn(a.id)
		if p.Policy == "" || resource != arn && !strings.HasPrefix(resource, arn+"/") {
			continue
		}
		if d, err := a.policies.Parse(p.Policy); err == nil { // PutAccessPointPolicy takes no other
			return &d
		}
	}
	return nil
}
