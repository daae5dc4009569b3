package sandbox

import (
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// bucketName is the pattern for "Bucket naming rules" in the S3 user guide.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func validBucketName(name string) bool {
	if !bucketName.MatchString(name) || strings.Contains(name, "..") || net.ParseIP(name) != nil {
		return false
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	return true
}

// foreignBuckets are names that other accounts own, so that a test can get
// BucketAlreadyExists: all accounts share one space of names.
func foreignBuckets() []string { return []string{"example", "backup"} }

type createBucketConfiguration struct {
	LocationConstraint string
	Tags               *tagSet
}

// legacyRegion creates buckets by older rules than other regions.
const legacyRegion = "us-east-1"

func serveCreateBucket(c *call) error {
	name := c.params["Bucket"]
	h := c.request.Header
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var asked createBucketConfiguration
	if len(raw) > 0 {
		if err := readXML(raw, "CreateBucketConfiguration", &asked); err != nil {
			return err
		}
	}
	keys := c.settingKeys()
	if asked.LocationConstraint != "" {
		keys = append(keys, conditionKeys{"s3:LocationConstraint": {asked.LocationConstraint}})
	}
	if err := c.s3authorize("s3:CreateBucket", keys...); err != nil {
		return err
	}
	if !validBucketName(name) {
		return &apiError{
			status: http.StatusBadRequest, code: "InvalidBucketName", message: "The specified bucket is not valid.",
			extra: map[string]string{"BucketName": name},
		}
	}
	region, err := c.bucketRegion(asked.LocationConstraint)
	if err != nil {
		return err
	}
	b := newBucket(name, region, c.now)
	b.Settings.Encryption = defaultEncryption()
	b.Settings.PublicAccess = &publicAccessBlock{
		BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true,
	}
	b.Settings.Ownership = &ownershipControls{Rule: []ownershipRule{{ObjectOwnership: ownerEnforced}}}
	b.Settings.ACL = c.account.ownACL()
	switch ownership := h.Get("X-Amz-Object-Ownership"); ownership {
	case "":
	case ownerEnforced, "BucketOwnerPreferred", "ObjectWriter":
		if err := c.s3authorize("s3:PutBucketOwnershipControls", keys...); err != nil {
			return err
		}
		b.Settings.Ownership.Rule[0].ObjectOwnership = ownership
	default:
		return invalidArgument("Invalid x-amz-object-ownership header: "+ownership, "x-amz-object-ownership", ownership)
	}
	if acl := h.Get("X-Amz-Acl"); acl != "" && acl != "private" {
		if b.ownership() == ownerEnforced {
			return fail(http.StatusBadRequest, "InvalidBucketAclWithObjectOwnership",
				"Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
		}
		if b.Settings.ACL, err = c.askedACL(nil); err != nil {
			return err
		}
		if b.Settings.ACL.public() {
			return fail(http.StatusForbidden,
				"AccessDenied", "Access Denied because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.")
		}
	}
	if strings.EqualFold(h.Get("X-Amz-Bucket-Object-Lock-Enabled"), "true") {
		// Object Lock needs versioning, so both permissions are required.
		for _, action := range []string{"s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"} {
			if err := c.s3authorize(action, keys...); err != nil {
				return err
			}
		}
		b.Settings.Versioning = versioningEnabled
		b.Settings.ObjectLock = &objectLockConfiguration{ObjectLockEnabled: versioningEnabled}
	}
	if asked.Tags != nil {
		if err := c.s3authorize("s3:TagResource", keys...); err != nil {
			return err
		}
		if err := checkTags(asked.Tags.Tag, maxBucketTags); err != nil {
			return err
		}
		b.Settings.Tagging = &tagging{TagSet: *asked.Tags}
	}
	err = c.account.update("s3", func() error {
		state := c.account.s3()
		switch mine := state.Buckets[name]; {
		case mine == nil:
		case mine.Region == legacyRegion && region == legacyRegion:
			// For legacy compatibility this is not an error, and it resets the ACL (CreateBucket,
			// BucketAlreadyOwnedByYou).
			mine.Settings.ACL = c.account.ownACL()
			return nil
		default:
			return &apiError{
				status: http.StatusConflict, code: "BucketAlreadyOwnedByYou", extra: map[string]string{"BucketName": name},
				message: "Your previous request to create the named bucket succeeded and you already own it.",
			}
		}
		if slices.Contains(foreignBuckets(), name) {
			return &apiError{
				status: http.StatusConflict, code: "BucketAlreadyExists", extra: map[string]string{"BucketName": name},
				message: "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a " +
					"different name and try again.",
			}
		}
		state.Buckets[name] = b
		return nil
	})
	if err != nil {
		return err
	}
	c.writer.Header().Set("Location", "/"+name)
	return c.empty(http.StatusOK)
}

// bucketRegion is the region of a new bucket. us-east-1 accepts no constraint; every other
// region requires its own.
func (c *call) bucketRegion(constraint string) (string, error) {
	if constraint == "EU" {
		constraint = "eu-west-1" // its name before regions had codes
	}
	switch {
	case constraint == "" && c.region == legacyRegion:
		return legacyRegion, nil
	case constraint == "":
		return "", fail(http.StatusBadRequest, "IllegalLocationConstraintException",
			"The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	case constraint == legacyRegion || !awsRegion.MatchString(constraint):
		return "", &apiError{
			status: http.StatusBadRequest, code: "InvalidLocationConstraint", message: "The specified location-constraint is not valid",
			extra: map[string]string{"LocationConstraint": constraint},
		}
	case c.region != legacyRegion && c.region != constraint:
		return "", failf(http.StatusBadRequest, "IllegalLocationConstraintException",
			"The %s location constraint is incompatible for the region specific endpoint this request was sent to.", constraint)
	}
	return constraint, nil
}

var awsRegion = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)

func serveDeleteBucket(c *call) error {
	if err := c.s3authorize("s3:DeleteBucket"); err != nil {
		return err
	}
	name := c.params["Bucket"]
	var parts [][]segment
	err := c.account.update("s3", func() error {
		b, ok := c.account.s3().Buckets[name]
		if !ok {
			return noSuchBucket(name)
		}
		if b.objects.length > 0 {
			message := "The bucket you tried to delete is not empty"
			if b.versioned() {
				message += ". You must delete all versions in the bucket."
			}
			return &apiError{status: http.StatusConflict, code: "BucketNotEmpty", message: message, extra: map[string]string{"BucketName": name}}
		}
		for _, u := range b.uploads {
			for _, p := range u.Parts {
				parts = append(parts, p.Segments)
			}
		}
		delete(c.account.s3().Buckets, name)
		return nil
	})
	if err != nil {
		return err
	}
	c.account.letGo(parts...)
	return c.empty(http.StatusNoContent)
}

func serveHeadBucket(c *call) error {
	var region string
	if err := c.readBucket(func(b *bucket) error { region = b.Region; return nil }); err != nil {
		return err
	}
	h := c.writer.Header()
	h.Set("X-Amz-Bucket-Region", region)
	if err := c.s3authorize("s3:ListBucket"); err != nil {
		return err
	}
	h.Set("X-Amz-Access-Point-Alias", "false")
	h.Set("Content-Type", "application/xml")
	return c.empty(http.StatusOK)
}

func serveGetBucketLocation(c *call) error {
	if err := c.s3authorize("s3:GetBucketLocation"); err != nil {
		return err
	}
	var region string
	if err := c.readBucket(func(b *bucket) error { region = b.Region; return nil }); err != nil {
		return err
	}
	if region == "us-east-1" {
		region = "" // the location of us-east-1 is empty
	}
	return c.document("LocationConstraint", struct {
		Text string `xml:",chardata"`
	}{region})
}

type listedBucket struct {
	Name         string
	CreationDate string
	BucketRegion string `xml:",omitempty"`
}

type listBuckets struct {
	Owner             *owner
	Buckets           struct{ Bucket []listedBucket }
	ContinuationToken string `xml:",omitempty"`
	Prefix            string `xml:",omitempty"`
}

func serveListBuckets(c *call) error {
	if err := c.authorize("s3:ListAllMyBuckets", "*", c.s3keys()); err != nil {
		return err
	}
	q := c.request.URL.Query()
	size := 10000
	if q.Has("max-buckets") {
		n, err := pageSizeOf(q.Get("max-buckets"), size)
		if err != nil || n == 0 {
			return invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", q.Get("max-buckets"))
		}
		size = n
	}
	after := ""
	if q.Has("continuation-token") {
		var err error
		if after, err = resume(q.Get("continuation-token")); err != nil {
			return err
		}
	}
	// S3 returns the region when the request has a parameter of the paged form.
	paged := q.Has("max-buckets") || q.Has("prefix") || q.Has("bucket-region") || q.Has("continuation-token")
	out := listBuckets{Owner: c.account.owner(), Prefix: q.Get("prefix")}
	c.account.view(func() {
		buckets := c.account.s3().Buckets
		for _, name := range slices.Sorted(maps.Keys(buckets)) {
			b := buckets[name]
			if name <= after || !strings.HasPrefix(name, q.Get("prefix")) || q.Has("bucket-region") && q.Get("bucket-region") != b.Region {
				continue
			}
			if len(out.Buckets.Bucket) == size {
				out.ContinuationToken = continuation(out.Buckets.Bucket[size-1].Name)
				break
			}
			one := listedBucket{Name: name, CreationDate: stamp(b.Created)}
			if paged {
				one.BucketRegion = b.Region
			}
			out.Buckets.Bucket = append(out.Buckets.Bucket, one)
		}
	})
	return c.document("ListAllMyBucketsResult", out)
}
