package sandbox

import (
	"errors"
	"net/http"
	"time"
)

// removal is one object or version to delete.
type removal struct {
	key, id string
	match   string // the ETag that the current version must have
	bypass  bool   // bypass of governance retention, already authorised
}

// removed is the result of a removal.
type removed struct {
	id     string // the deleted version, or the new marker
	marker bool   // a marker was made or deleted
	gone   *version
}

// remove deletes as S3 does. Without an id it makes a marker in a versioned bucket; with an
// id it deletes that version permanently, unless it is locked. Deleting a missing object
// succeeds.
func (b *bucket) delete(r removal, now time.Time) (removed, error) {
	current := b.latest(r.key)
	if r.match != "" {
		if err := (writeConditions{match: r.match}).check(r.key, current, false); err != nil {
			return removed{}, err
		}
	}
	if r.id != "" {
		v := b.version(r.key, r.id)
		if v == nil {
			if r.id != nullVersion && noSuchVersionIs("InvalidArgument", r.id) {
				return removed{}, noSuchVersion(r.key, r.id)
			}
			return removed{id: r.id}, nil
		}
		if locked, bypassable := v.locked(now); locked && (!bypassable || !r.bypass) {
			return removed{}, lockedError()
		}
		if v == current {
			b.overtake(r.key)
		}
		return removed{id: r.id, marker: v.Marker, gone: b.remove(r.key, r.id)}, nil
	}
	b.overtake(r.key)
	if b.Settings.Versioning == "" {
		return removed{gone: b.remove(r.key, nullVersion)}, nil
	}
	marker := &version{ID: newVersionID(), Marker: true, Modified: now.Truncate(time.Second)}
	gone := b.add(r.key, marker)
	return removed{id: marker.ID, marker: true, gone: gone}, nil
}

// noSuchVersionIs reports whether a missing version is answered with code.
func noSuchVersionIs(code, id string) bool {
	e, ok := errors.AsType[*apiError](noSuchVersion("", id))
	return ok && e.code == code
}

// deleteKeys returns the condition keys of a delete.
func (c *call) deleteKeys(key, id string) []conditionKeys {
	out := []conditionKeys{}
	if id != "" {
		out = append(out, conditionKeys{"s3:VersionId": {id}})
	}
	c.account.view(func() {
		if b, ok := c.account.s3().Buckets[c.params["Bucket"]]; ok {
			v := b.latest(key)
			if id != "" {
				v = b.version(key, id)
			}
			if v != nil {
				out = append(out, existingTagKeys(v.Tags))
			}
		}
	})
	return out
}

// authorizeDelete checks a delete and, when the request asks for it, the bypass of
// governance retention.
func (c *call) authorizeDelete(r *removal) error {
	action := objectAction{"s3:DeleteObject", "s3:DeleteObjectVersion"}.named(r.id)
	if err := c.s3ask(action, c.params["Bucket"], r.key, c.deleteKeys(r.key, r.id)...); err != nil {
		return err
	}
	if r.id == "" {
		return nil
	}
	var err error
	r.bypass, err = c.bypass(r.key)
	return err
}

func serveDeleteObject(c *call) error {
	r := removal{key: c.params["Key"], id: c.request.URL.Query().Get("versionId"), match: c.request.Header.Get("If-Match")}
	if err := c.authorizeDelete(&r); err != nil {
		return err
	}
	var out removed
	err := c.changeBucket(func(b *bucket) (err error) {
		out, err = b.delete(r, c.now)
		return err
	})
	if err != nil {
		return err
	}
	if out.gone != nil {
		c.account.letGo(out.gone.Segments)
	}
	h := c.writer.Header()
	if out.marker {
		h.Set("X-Amz-Delete-Marker", "true")
	}
	if out.id != "" {
		h.Set("X-Amz-Version-Id", out.id)
	}
	return c.empty(http.StatusNoContent)
}

type deleteDocument struct {
	Quiet  bool
	Object []deleteEntry `need:"yes"`
}

type deleteEntry struct {
	Key              string `need:"yes"`
	VersionId        string
	ETag             string
	LastModifiedTime string
	Size             *int64
}

type deleteResult struct {
	Deleted []deletedEntry
	Error   []deleteError
}

type deletedEntry struct {
	Key                   string
	VersionId             string `xml:",omitempty"`
	DeleteMarker          *bool
	DeleteMarkerVersionId string `xml:",omitempty"`
}

type deleteError struct {
	Key       string
	VersionId string `xml:",omitempty"`
	Code      string
	Message   string
}

func serveDeleteObjects(c *call) error {
	h := c.request.Header
	want, err := askedChecksum(h)
	if err != nil {
		return err
	}
	if h.Get("Content-Md5") == "" && want.value == "" && !want.trailer {
		return fail(http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	raw, err := c.smallBody()
	if err != nil {
		return err
	}
	var asked deleteDocument
	if err := readXML(raw, "Delete", &asked); err != nil {
		return err
	}
	if len(asked.Object) > maxPage {
		return malformedXML()
	}
	var out deleteResult
	refuse := func(e deleteEntry, err error) error {
		known, ok := errors.AsType[*apiError](err)
		if !ok {
			return err
		}
		out.Error = append(out.Error, deleteError{e.Key, e.VersionId, known.code, known.message})
		return nil
	}
	var allowed []int
	removals := make([]removal, len(asked.Object))
	for i, e := range asked.Object {
		removals[i] = removal{key: e.Key, id: e.VersionId, match: e.ETag}
		err := c.authorizeDelete(&removals[i])
		if err == nil {
			allowed = append(allowed, i)
		} else if err := refuse(e, err); err != nil {
			return err
		}
	}
	// Every key was authorised by itself; a batch in which every key is refused is a success.
	c.authorized = true
	var gone [][]segment
	err = c.changeBucket(func(b *bucket) error {
		for _, i := range allowed {
			e := asked.Object[i]
			r, err := b.delete(removals[i], c.now)
			if err != nil {
				if err := refuse(e, err); err != nil {
					return err
				}
				continue
			}
			if r.gone != nil {
				gone = append(gone, r.gone.Segments)
			}
			if asked.Quiet {
				continue
			}
			entry := deletedEntry{Key: e.Key, VersionId: e.VersionId}
			if r.marker {
				entry.DeleteMarker, entry.DeleteMarkerVersionId = new(true), r.id
			}
			out.Deleted = append(out.Deleted, entry)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.account.letGo(gone...)
	return c.document("DeleteResult", out)
}
