package sandbox

import "net/http"

// showVersion sets the header with the version of an answer.
func (c *call) showVersion(t versionTarget) {
	if t.shown {
		c.writer.Header().Set("X-Amz-Version-Id", t.version.ID)
	}
}

func serveGetObjectTagging(c *call) error {
	t, err := c.s3authorizeTarget(getTaggingAction)
	if err != nil {
		return err
	}
	c.showVersion(t)
	return c.document("Tagging", tagging{tagSet{t.version.Tags}})
}

func servePutObjectTagging(c *call) error {
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var asked tagging
	if err := readXML(raw, "Tagging", &asked); err != nil {
		return err
	}
	t, err := c.s3authorizeTarget(putTaggingAction, requestTagKeys(asked.TagSet.Tag))
	if err != nil {
		return err
	}
	if err := checkTags(asked.TagSet.Tag, maxObjectTags); err != nil {
		return err
	}
	if err := c.changeVersion(t, func(v *version) { v.Tags = asked.TagSet.Tag }); err != nil {
		return err
	}
	c.showVersion(t)
	return c.empty(http.StatusOK)
}

func serveDeleteObjectTagging(c *call) error {
	t, err := c.s3authorizeTarget(deleteTaggingAction)
	if err != nil {
		return err
	}
	if err := c.changeVersion(t, func(v *version) { v.Tags = nil }); err != nil {
		return err
	}
	c.showVersion(t)
	return c.empty(http.StatusNoContent)
}

// serveGetObjectACL shows that the bucket's owner owns the object.
func serveGetObjectACL(c *call) error {
	t, err := c.s3authorizeTarget(getACLAction)
	if err != nil {
		return err
	}
	c.showVersion(t)
	return c.document("AccessControlPolicy", *c.account.ownACL())
}

// servePutObjectACL accepts only an ACL that changes nothing: objects have no ACLs of their
// own here.
func servePutObjectACL(c *call) error {
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	t, err := c.s3authorizeTarget(putACLAction, c.writeKeys(false))
	if err != nil {
		return err
	}
	asked, err := c.askedACL(raw)
	if err != nil {
		return err
	}
	err = c.readBucket(func(b *bucket) error {
		switch {
		case b.ownership() == ownerEnforced:
			return noACLs()
		case asked.public() && c.account.blockOf(b).BlockPublicAcls:
			return accessDenied()
		case asked.foreign():
			return fail(http.StatusNotImplemented, "NotImplemented", "The demo account keeps no ACLs of objects")
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.showVersion(t)
	return c.empty(http.StatusOK)
}
