package sandbox

import (
	"encoding/base64"
	"net/http"
	"time"
)

// transitionDefault is the header that says which objects a lifecycle rule without a size
// moves.
const (
	transitionDefaultHeader = "X-Amz-Transition-Default-Minimum-Object-Size"
	transitionDefault       = "all_storage_classes_128K"
)

// lifecycleSetting stores a bucket's lifecycle rules. The sandbox does not run them.
func lifecycleSetting() setting {
	s := field(setting{
		query: "lifecycle", root: "LifecycleConfiguration",
		names:  [3]string{"GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"},
		action: [3]string{"GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"},
		absent: absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
	}, func(s *bucketSettings) **lifecycleConfiguration { return &s.Lifecycle }, checkLifecycle)
	s.head = func(b *bucket, h http.Header) { h.Set(transitionDefaultHeader, b.Settings.Lifecycle.TransitionDefault) }
	put := s.put
	s.put = func(c *call, raw []byte) error {
		if err := put(c, raw); err != nil {
			return err
		}
		return c.readBucket(func(b *bucket) error {
			if b.Settings.Lifecycle != nil {
				s.head(b, c.writer.Header())
			}
			return nil
		})
	}
	return s
}

// checkLifecycle checks the rules as PutBucketLifecycleConfiguration does, and gives an id
// to those without one.
func checkLifecycle(c *call, _ *bucket, v *lifecycleConfiguration) error {
	v.TransitionDefault = transitionDefault
	switch asked := c.request.Header.Get(transitionDefaultHeader); asked {
	case "", transitionDefault:
	case "varies_by_storage_class":
		v.TransitionDefault = asked
	default:
		return invalidArgument("Invalid transition default minimum object size", transitionDefaultHeader, asked)
	}
	if len(v.Rule) > 1000 {
		return malformedXML()
	}
	ids := map[string]bool{}
	for i := range v.Rule {
		rule := &v.Rule[i]
		if rule.ID == "" {
			rule.ID = base64.RawURLEncoding.EncodeToString(randomBytes(36))
		}
		if len(rule.ID) > 255 {
			return invalidRule("ID length should not exceed allowed limit of 255")
		}
		if ids[rule.ID] {
			return invalidRule("Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[rule.ID] = true
		if err := rule.check(); err != nil {
			return err
		}
	}
	return nil
}

func invalidRule(message string) error {
	return fail(http.StatusBadRequest, "InvalidArgument", message)
}

func (r *lifecycleRule) check() error {
	if (r.Prefix == nil) == (r.Filter == nil) || r.Filter != nil && !r.Filter.single() {
		return malformedXML()
	}
	if r.Expiration == nil && r.NoncurrentVersionExpiration == nil && r.AbortIncompleteMultipartUpload == nil &&
		len(r.Transition) == 0 && len(r.NoncurrentVersionTransition) == 0 {
		return fail(http.StatusBadRequest, "InvalidRequest", "At least one action needs to be specified in a rule")
	}
	if r.Filter != nil && r.Filter.And != nil {
		if err := checkTags(r.Filter.And.Tag, maxBucketTags); err != nil {
			return err
		}
	}
	if e := r.Expiration; e != nil {
		given := 0
		for _, there := range []bool{e.Date != "", e.Days != nil, e.ExpiredObjectDeleteMarker != nil} {
			if there {
				given++
			}
		}
		if given != 1 {
			return malformedXML()
		}
		if e.Days != nil && *e.Days <= 0 {
			return invalidRule("'Days' for Expiration action must be a positive integer")
		}
		if !midnight(e.Date) {
			return invalidRule("'Date' must be at midnight GMT")
		}
		if e.ExpiredObjectDeleteMarker != nil && r.Filter != nil && r.Filter.tagged() {
			return fail(http.StatusBadRequest, "InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags.")
		}
	}
	if e := r.NoncurrentVersionExpiration; e != nil {
		if *e.NoncurrentDays <= 0 {
			return invalidRule("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
		}
		if e.NewerNoncurrentVersions != nil && (*e.NewerNoncurrentVersions < 1 || *e.NewerNoncurrentVersions > 100) {
			return invalidRule("'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100")
		}
	}
	if a := r.AbortIncompleteMultipartUpload; a != nil {
		if *a.DaysAfterInitiation <= 0 {
			return invalidRule("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
		}
		if r.Filter != nil && r.Filter.tagged() {
			return fail(http.StatusBadRequest, "InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")
		}
	}
	for _, t := range r.Transition {
		if (t.Date == "") == (t.Days == nil) {
			return malformedXML()
		}
		if t.Days != nil && *t.Days < 0 {
			return invalidRule("'Days' in Transition action must be nonnegative")
		}
		if t.Days != nil && *t.Days < 30 && (t.StorageClass == "STANDARD_IA" || t.StorageClass == "ONEZONE_IA") {
			return invalidRule("'Days' in Transition action must be greater than or equal to 30 for storageClass '" + t.StorageClass + "'")
		}
		if !midnight(t.Date) {
			return invalidRule("'Date' must be at midnight GMT")
		}
	}
	return nil
}

// single reports whether a filter has at most one condition; And combines several.
func (f *lifecycleFilter) single() bool {
	given := 0
	for _, there := range []bool{f.Prefix != nil, f.Tag != nil, f.ObjectSizeGreaterThan != nil, f.ObjectSizeLessThan != nil, f.And != nil} {
		if there {
			given++
		}
	}
	return given <= 1
}

func (f *lifecycleFilter) tagged() bool {
	return f.Tag != nil || f.And != nil && len(f.And.Tag) > 0
}

// midnight reports whether S3 accepts a lifecycle date; no date is accepted too.
func midnight(date string) bool {
	if date == "" {
		return true
	}
	t, err := time.Parse(time.RFC3339, date)
	if err != nil {
		t, err = time.Parse(time.DateOnly, date)
	}
	return err == nil && t.UTC().Equal(t.UTC().Truncate(24*time.Hour))
}
