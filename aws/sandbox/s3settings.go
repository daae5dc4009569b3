package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// A setting is one setting of a bucket: its operations, their actions, and S3's answer when
// it is absent.
type setting struct {
	query  string    // "versioning"
	root   string    // its document
	names  [3]string // Get, Put, Delete operations; empty: there is none
	action [3]string // their IAM actions
	absent error     // the answer to Get when it is not configured; nil: an empty document
	status int       // status of a successful Put; 0: 200

	read func(*bucket) any                   // nil: not configured
	put  func(c *call, raw []byte) error     // decodes, checks and sets it
	drop func(c *call, b *bucket) error      // nil: no Delete
	head func(b *bucket, answer http.Header) // additional headers; nil: none
}

// routes returns the setting's rows for the table of operations.
func (s setting) routes() []s3route {
	methods := [3]string{http.MethodGet, http.MethodPut, http.MethodDelete}
	serve := [3]func(*call) error{s.serveGet, s.servePut, s.serveDelete}
	var rows []s3route
	for i, name := range s.names {
		if name == "" {
			continue
		}
		rows = append(rows, s3route{
			methods[i], bucketLevel, []string{s.query}, "", operation{name: name, action: s.action[i], write: i > 0, serve: serve[i]},
		})
	}
	return rows
}

func (s setting) serveGet(c *call) error {
	if err := c.s3authorize("s3:" + s.action[0]); err != nil {
		return err
	}
	var found any
	err := c.readBucket(func(b *bucket) error {
		found = s.read(b)
		if found != nil && s.head != nil {
			s.head(b, c.writer.Header())
		}
		return nil
	})
	if err != nil {
		return err
	}
	if found == nil {
		if s.absent != nil {
			return withBucket(s.absent, c.params["Bucket"])
		}
		found = struct{}{}
	}
	if text, ok := found.(jsonDocument); ok {
		return c.send(http.StatusOK, "application/json", []byte(text))
	}
	return c.document(s.root, found)
}

func (s setting) servePut(c *call) error {
	if err := c.s3authorize("s3:"+s.action[1], c.settingKeys()...); err != nil {
		return err
	}
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	if err := s.put(c, raw); err != nil {
		return err
	}
	return c.empty(max(s.status, http.StatusOK))
}

func (s setting) serveDelete(c *call) error {
	if err := c.s3authorize("s3:" + s.action[2]); err != nil {
		return err
	}
	if err := c.changeBucket(func(b *bucket) error { return s.drop(c, b) }); err != nil {
		return err
	}
	return c.empty(http.StatusNoContent)
}

// withBucket adds the bucket's name to an error of the table.
func withBucket(err error, name string) error {
	e, ok := err.(*apiError) //nolint:errorlint // ours, never wrapped
	if !ok {
		return err
	}
	named := *e
	named.extra = map[string]string{"BucketName": name}
	return &named
}

// field makes read, put and drop for a setting that is one field.
func field[T any](s setting, of func(*bucketSettings) **T, check func(*call, *bucket, *T) error) setting {
	s.read = func(b *bucket) any {
		if v := *of(&b.Settings); v != nil {
			return *v
		}
		return nil
	}
	s.put = func(c *call, raw []byte) error {
		v := new(T)
		if err := readXML(raw, s.root, v); err != nil {
			return err
		}
		return c.changeBucket(func(b *bucket) error {
			if check != nil {
				if err := check(c, b, v); err != nil {
					return err
				}
			}
			*of(&b.Settings) = v
			return nil
		})
	}
	if s.drop == nil {
		s.drop = func(_ *call, b *bucket) error { *of(&b.Settings) = nil; return nil }
	}
	return s
}

func absent(code, message string) error { return fail(http.StatusNotFound, code, message) }

// bucketSettingsTable is every setting of a bucket but its policy's status. The
// actions are those of the Service Authorization Reference, which differ from the
// operations; the absent codes are those of the API reference.
func bucketSettingsTable() []setting {
	names := func(get, put, del string) [3]string { return [3]string{get, put, del} }
	return []setting{
		versioningSetting(),
		field(setting{
			query: "encryption", root: "ServerSideEncryptionConfiguration",
			names:  names("GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"),
			action: names("GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"),
			// S3 always encrypts: deleting the setting restores the default.
			drop: func(_ *call, b *bucket) error { b.Settings.Encryption = defaultEncryption(); return nil },
		}, func(s *bucketSettings) **encryptionConfiguration { return &s.Encryption }, checkEncryption),
		field(setting{
			query: "publicAccessBlock", root: "PublicAccessBlockConfiguration",
			names:  names("GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"),
			action: names("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
			absent: absent("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
		}, func(s *bucketSettings) **publicAccessBlock { return &s.PublicAccess }, nil),
		policySetting(),
		field(setting{
			query: "ownershipControls", root: "OwnershipControls",
			names:  names("GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
			action: names("GetBucketOwnershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls"),
			absent: absent("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
		}, func(s *bucketSettings) **ownershipControls { return &s.Ownership }, checkOwnership),
		aclSetting(),
		lifecycleSetting(),
		field(setting{
			query: "object-lock", root: "ObjectLockConfiguration",
			names:  names("GetObjectLockConfiguration", "PutObjectLockConfiguration", ""),
			action: names("GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration", ""),
			absent: absent("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
		}, func(s *bucketSettings) **objectLockConfiguration { return &s.ObjectLock }, checkObjectLock),
		field(setting{
			query: "tagging", root: "Tagging", status: http.StatusNoContent,
			names:  names("GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"),
			action: names("GetBucketTagging", "PutBucketTagging", "PutBucketTagging"),
			absent: absent("NoSuchTagSet", "The TagSet does not exist"),
		}, func(s *bucketSettings) **tagging { return &s.Tagging }, func(_ *call, _ *bucket, t *tagging) error {
			return checkTags(t.TagSet.Tag, maxBucketTags)
		}),
		field(setting{
			query: "website", root: "WebsiteConfiguration",
			names:  names("GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
			action: names("GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
			absent: absent("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
		}, func(s *bucketSettings) **websiteConfiguration { return &s.Website }, checkWebsite),
		field(setting{
			query: "cors", root: "CORSConfiguration",
			names:  names("GetBucketCors", "PutBucketCors", "DeleteBucketCors"),
			action: names("GetBucketCORS", "PutBucketCORS", "PutBucketCORS"),
			absent: absent("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
		}, func(s *bucketSettings) **corsConfiguration { return &s.CORS }, checkCORS),
		field(setting{
			query: "notification", root: "NotificationConfiguration",
			names:  names("GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration", ""),
			action: names("GetBucketNotification", "PutBucketNotification", ""),
		}, func(s *bucketSettings) **notificationConfiguration { return &s.Notification }, checkNotification),
		field(setting{
			query: "logging", root: "BucketLoggingStatus",
			names:  names("GetBucketLogging", "PutBucketLogging", ""),
			action: names("GetBucketLogging", "PutBucketLogging", ""),
		}, func(s *bucketSettings) **bucketLoggingStatus { return &s.Logging }, checkLogging),
		paymentSetting(),
		field(setting{
			query: "accelerate", root: "AccelerateConfiguration",
			names:  names("GetBucketAccelerateConfiguration", "PutBucketAccelerateConfiguration", ""),
			action: names("GetAccelerateConfiguration", "PutAccelerateConfiguration", ""),
		}, func(s *bucketSettings) **accelerateConfiguration { return &s.Accelerate }, checkAccelerate),
		{
			// Buckets cannot be replicated here, so replication is always absent.
			query: "replication", root: "ReplicationConfiguration",
			names:  names("GetBucketReplication", "", "DeleteBucketReplication"),
			action: names("GetReplicationConfiguration", "", "PutReplicationConfiguration"),
			absent: absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
			read:   func(*bucket) any { return nil },
			drop:   func(*call, *bucket) error { return nil },
		},
	}
}

// defaultEncryption is the encryption of a new bucket: AES256, no bucket key, and since
// April 2026 no SSE-C (S3 user guide, "Blocking or unblocking SSE-C").
func defaultEncryption() *encryptionConfiguration {
	return &encryptionConfiguration{Rule: []encryptionRule{{
		Apply:     &encryptionDefault{Algorithm: "AES256"},
		BucketKey: new(false),
		Blocked:   &blockedEncryption{EncryptionType: []string{"SSE-C"}},
	}}}
}

func versioningSetting() setting {
	s := setting{
		query: "versioning", root: "VersioningConfiguration",
		names:  [3]string{"GetBucketVersioning", "PutBucketVersioning", ""},
		action: [3]string{"GetBucketVersioning", "PutBucketVersioning", ""},
	}
	s.read = func(b *bucket) any { return versioningConfiguration{Status: b.Settings.Versioning} }
	s.put = func(c *call, raw []byte) error {
		var v versioningConfiguration
		if err := readXML(raw, s.root, &v); err != nil {
			return err
		}
		if v.Status == "" {
			return fail(http.StatusBadRequest, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
		}
		if v.MfaDelete == versioningEnabled {
			// The device belongs to the root user, and only the root user may do this.
			return fail(http.StatusNotImplemented, "NotImplemented", "The demo account does not serve MFA delete")
		}
		return c.changeBucket(func(b *bucket) error {
			if v.Status == versioningSuspended && b.Settings.ObjectLock != nil {
				return fail(http.StatusConflict,
					"InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
			}
			b.Settings.Versioning = v.Status
			return nil
		})
	}
	return s
}

func checkEncryption(_ *call, _ *bucket, v *encryptionConfiguration) error {
	if len(v.Rule) != 1 {
		return malformedXML()
	}
	rule := &v.Rule[0]
	if rule.Apply == nil {
		if rule.Blocked == nil {
			return malformedXML()
		}
		rule.Apply = &encryptionDefault{Algorithm: "AES256"}
	}
	if rule.Apply.Algorithm == "AES256" && rule.Apply.Key != "" {
		return fail(http.StatusBadRequest,
			"InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	}
	if rule.BucketKey == nil {
		rule.BucketKey = new(false)
	}
	return nil
}

func checkOwnership(_ *call, b *bucket, v *ownershipControls) error {
	if len(v.Rule) != 1 {
		return malformedXML()
	}
	if v.Rule[0].ObjectOwnership == ownerEnforced && b.Settings.ACL != nil && b.Settings.ACL.foreign() {
		return fail(http.StatusBadRequest, "InvalidBucketAclWithObjectOwnership",
			"Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	return nil
}

func checkObjectLock(_ *call, b *bucket, v *objectLockConfiguration) error {
	if v.ObjectLockEnabled == "" {
		return malformedXML()
	}
	if b.Settings.Versioning != versioningEnabled {
		return fail(http.StatusConflict, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	}
	if v.Rule == nil {
		return nil
	}
	r := v.Rule.DefaultRetention
	switch {
	case (r.Days == nil) == (r.Years == nil):
		return malformedXML()
	case r.Days != nil && *r.Days <= 0, r.Years != nil && *r.Years <= 0:
		return fail(http.StatusBadRequest, "InvalidArgument", "Default retention period must be a positive integer value.")
	case r.Days != nil && *r.Days > 36500, r.Years != nil && *r.Years > 100:
		return fail(http.StatusBadRequest, "InvalidArgument", "Default retention period too large.")
	}
	return nil
}

func checkWebsite(_ *call, _ *bucket, v *websiteConfiguration) error {
	if v.RedirectAllRequestsTo != nil && (v.IndexDocument != nil || v.ErrorDocument != nil || v.RoutingRules != nil) {
		return fail(http.StatusBadRequest, "InvalidRequest", "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.")
	}
	if v.RedirectAllRequestsTo == nil && v.IndexDocument == nil {
		return fail(http.StatusBadRequest,
			"InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")
	}
	if v.IndexDocument != nil && strings.Contains(v.IndexDocument.Suffix, "/") {
		return fail(http.StatusBadRequest, "InvalidArgument", "The IndexDocument Suffix is not well formed")
	}
	return nil
}

func checkCORS(_ *call, _ *bucket, v *corsConfiguration) error {
	if len(v.CORSRule) > 100 {
		return fail(http.StatusBadRequest, "InvalidRequest", "The number of CORS rules should not exceed allowed limit of 100 rules.")
	}
	for _, rule := range v.CORSRule {
		for _, method := range rule.AllowedMethod {
			if !slices.Contains([]string{"GET", "PUT", "HEAD", "POST", "DELETE"}, method) {
				return failf(http.StatusBadRequest, "InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is %s", method)
			}
		}
		for _, origin := range rule.AllowedOrigin {
			if strings.Count(origin, "*") > 1 {
				return failf(http.StatusBadRequest, "InvalidRequest", `AllowedOrigin "%s" can not have more than one wildcard.`, origin)
			}
		}
	}
	return nil
}

// checkNotification accepts only EventBridge: S3 tests a topic, a queue or a function before
// it accepts one, and none exists here.
func checkNotification(_ *call, _ *bucket, v *notificationConfiguration) error {
	if len(v.TopicConfiguration)+len(v.QueueConfiguration)+len(v.CloudFunctionConfiguration) > 0 {
		return fail(http.StatusBadRequest, "InvalidArgument", "Unable to validate the following destination configurations")
	}
	return nil
}

func checkLogging(c *call, b *bucket, v *bucketLoggingStatus) error {
	if v.LoggingEnabled == nil {
		return nil
	}
	target, ok := c.account.s3().Buckets[v.LoggingEnabled.TargetBucket]
	if !ok {
		return &apiError{
			status: http.StatusBadRequest, code: "InvalidTargetBucketForLogging", message: "The target bucket for logging does not exist",
			extra: map[string]string{"TargetBucket": v.LoggingEnabled.TargetBucket},
		}
	}
	if target.Region != b.Region {
		return fail(http.StatusForbidden, "CrossLocationLoggingProhibited", "Cross S3 location logging not allowed.")
	}
	return nil
}

func paymentSetting() setting {
	s := field(setting{
		query: "requestPayment", root: "RequestPaymentConfiguration",
		names:  [3]string{"GetBucketRequestPayment", "PutBucketRequestPayment", ""},
		action: [3]string{"GetBucketRequestPayment", "PutBucketRequestPayment", ""},
	}, func(s *bucketSettings) **requestPaymentConfiguration { return &s.Payment }, nil)
	kept := s.read
	s.read = func(b *bucket) any {
		if found := kept(b); found != nil {
			return found
		}
		return requestPaymentConfiguration{Payer: "BucketOwner"} // who pays by default
	}
	return s
}

func checkAccelerate(_ *call, b *bucket, v *accelerateConfiguration) error {
	if v.Status == "" {
		return malformedXML()
	}
	if strings.Contains(b.Name, ".") {
		return fail(http.StatusBadRequest,
			"InvalidRequest", "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
	}
	return nil
}

const (
	maxBucketTags = 50
	maxObjectTags = 10
)

// checkTags checks the rules of "Tagging" in the API reference.
func checkTags(tags []tag, most int) error {
	if len(tags) > most {
		if most == maxObjectTags {
			return fail(http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than 10")
		}
		return fail(http.StatusBadRequest, "BadRequest", "Bucket tag count cannot be greater than 50")
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case t.Key == "" || len([]rune(t.Key)) > 128:
			return fail(http.StatusBadRequest, "InvalidTag", "The TagKey you have provided is invalid")
		case len([]rune(t.Value)) > 256:
			return fail(http.StatusBadRequest, "InvalidTag", "The TagValue you have provided is invalid")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return fail(http.StatusBadRequest, "InvalidTag", "System tags cannot be added/updated by requester")
		case seen[t.Key]:
			return fail(http.StatusBadRequest, "InvalidTag", "Cannot provide multiple Tags with the same key")
		}
		seen[t.Key] = true
	}
	return nil
}
