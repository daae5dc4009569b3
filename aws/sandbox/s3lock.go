package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// lockOf returns the Object Lock of a new version: from the request, or the bucket's default.
func lockOf(h http.Header, b *bucket, now time.Time) (lock, error) {
	var out lock
	mode, until, hold := h.Get("X-Amz-Object-Lock-Mode"), h.Get("X-Amz-Object-Lock-Retain-Until-Date"), h.Get("X-Amz-Object-Lock-Legal-Hold")
	if b.Settings.ObjectLock == nil {
		if mode != "" || until != "" || hold != "" {
			return out, noObjectLock()
		}
		return out, nil
	}
	switch hold {
	case "", "OFF":
	case "ON":
		out.Hold = true
	default:
		return out, invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", hold)
	}
	if (mode == "") != (until == "") {
		return out, invalidArgument("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
			"x-amz-object-lock-mode", mode)
	}
	if mode != "" {
		t, err := time.Parse(time.RFC3339, until)
		if err != nil {
			return out, invalidArgument("The retain until date must be provided in ISO 8601 format", "x-amz-object-lock-retain-until-date", until)
		}
		out.Mode, out.Until = mode, t.UTC()
		return out, checkRetention(mode, t, now)
	}
	if rule := b.Settings.ObjectLock.Rule; rule != nil {
		out.Mode = rule.DefaultRetention.Mode
		if days := rule.DefaultRetention.Days; days != nil {
			out.Until = now.AddDate(0, 0, *days)
		} else {
			out.Until = now.AddDate(*rule.DefaultRetention.Years, 0, 0)
		}
	}
	return out, nil
}

func noObjectLock() error {
	return fail(http.StatusBadRequest, "InvalidRequest", "Bucket is missing Object Lock Configuration")
}

func checkRetention(mode string, until, now time.Time) error {
	if mode != governance && mode != compliance {
		return invalidArgument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
	}
	if !until.After(now) {
		return invalidArgument("The retain until date must be in the future!", "x-amz-object-lock-retain-until-date", until.Format(time.RFC3339))
	}
	return nil
}

type retentionDocument struct {
	Mode            string `xml:",omitempty" enum:"GOVERNANCE|COMPLIANCE"`
	RetainUntilDate string `xml:",omitempty"`
}

type legalHoldDocument struct {
	Status string `xml:",omitempty" enum:"ON|OFF"`
}

// lockTarget authorises an Object Lock operation and finds its version.
func (c *call) lockTarget(action objectAction, keys ...conditionKeys) (versionTarget, error) {
	t, err := c.s3authorizeTarget(action, keys...)
	if err != nil {
		return t, err
	}
	return t, c.readBucket(func(b *bucket) error {
		if b.Settings.ObjectLock == nil {
			return noObjectLock()
		}
		return nil
	})
}

func noLockOnObject() error {
	return fail(http.StatusNotFound, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}

func serveGetObjectRetention(c *call) error {
	t, err := c.lockTarget(getRetentionAction)
	if err != nil {
		return err
	}
	if t.version.Mode == "" {
		return noLockOnObject()
	}
	return c.document("Retention", retentionDocument{t.version.Mode, stamp(t.version.Until)})
}

func servePutObjectRetention(c *call) error {
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var asked retentionDocument
	if err := readXML(raw, "Retention", &asked); err != nil {
		return err
	}
	var next lock
	keys := conditionKeys{}
	if asked.Mode != "" || asked.RetainUntilDate != "" {
		until, err := time.Parse(time.RFC3339, asked.RetainUntilDate)
		if err != nil || asked.Mode == "" {
			return malformedXML()
		}
		next.Mode, next.Until = asked.Mode, until.UTC()
		keys["s3:object-lock-mode"] = []string{asked.Mode}
		keys["s3:object-lock-retain-until-date"] = []string{asked.RetainUntilDate}
		keys["s3:object-lock-remaining-retention-days"] = []string{remainingDays(c.now, until)}
	}
	t, err := c.lockTarget(putRetentionAction, keys)
	if err != nil {
		return err
	}
	if next.Mode != "" {
		if err := checkRetention(next.Mode, next.Until, c.now); err != nil {
			return err
		}
	}
	bypass, err := c.bypass(c.params["Key"])
	if err != nil {
		return err
	}
	err = c.changeBucket(func(b *bucket) error {
		v := b.version(c.params["Key"], t.version.ID)
		if v == nil || v != t.kept {
			return noSuchKey(c.params["Key"])
		}
		if v.weakenedBy(next, c.now) && (v.Mode == compliance || !bypass) {
			return lockedError()
		}
		v.Mode, v.Until = next.Mode, next.Until
		return nil
	})
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// weakenedBy reports whether next would shorten, remove or weaken a retention in force.
func (l lock) weakenedBy(next lock, now time.Time) bool {
	if l.Mode == "" || !now.Before(l.Until) {
		return false
	}
	return next.Until.Before(l.Until) || l.Mode == compliance && next.Mode != compliance
}

func lockedError() error {
	return fail(http.StatusForbidden, "AccessDenied", "Access Denied because object protected by object lock.")
}

// bypass reports whether the request bypasses governance retention: it asks for that, and
// the caller may do it.
func (c *call) bypass(key string) (bool, error) {
	if !strings.EqualFold(c.request.Header.Get("X-Amz-Bypass-Governance-Retention"), "true") {
		return false, nil
	}
	if err := c.s3ask("s3:BypassGovernanceRetention", c.params["Bucket"], key); err != nil {
		return false, err
	}
	return true, nil
}

func serveGetObjectLegalHold(c *call) error {
	t, err := c.lockTarget(getLegalHoldAction)
	if err != nil {
		return err
	}
	status := "OFF"
	if t.version.Hold {
		status = "ON"
	} else if t.version.Mode == "" {
		return noLockOnObject()
	}
	return c.document("LegalHold", legalHoldDocument{status})
}

func servePutObjectLegalHold(c *call) error {
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var asked legalHoldDocument
	if err := readXML(raw, "LegalHold", &asked); err != nil {
		return err
	}
	if asked.Status == "" {
		return malformedXML()
	}
	t, err := c.lockTarget(putLegalHoldAction, conditionKeys{"s3:object-lock-legal-hold": {asked.Status}})
	if err != nil {
		return err
	}
	err = c.changeVersion(t, func(v *version) { v.Hold = asked.Status == "ON" })
	if err != nil {
		return err
	}
	return c.empty(http.StatusOK)
}

// changeVersion changes the tags, retention or hold of a version.
func (c *call) changeVersion(t versionTarget, change func(*version)) error {
	key := c.params["Key"]
	return c.changeBucket(func(b *bucket) error {
		v := b.version(key, t.version.ID)
		if v == nil || v != t.kept {
			return noSuchKey(key)
		}
		change(v)
		return nil
	})
}
