package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"claria/aws/policy"
)

// A bucket is one S3 bucket.
type bucket struct {
	Name     string
	Region   string
	Created  time.Time
	Settings bucketSettings

	policy  *policy.Document
	objects index[*object] // every key that has a version or a marker
	live    index[*object] // every key whose latest version is not a marker
	uploads map[string]*upload
	writes  map[string][]*conditionalWrite // conditional writes in progress, by key
}

// An object is the versions of one key, newest first. It is never empty.
type object struct {
	Key      string     `json:"key"`
	Versions []*version `json:"versions"`
}

// nullVersion is the id of a version made while versioning was not enabled.
const nullVersion = "null"

// A version is one version of an object, or a delete marker. It is immutable, except for its
// tags, retention and hold, which change under the state's lock.
type version struct {
	ID       string    `json:"id"`
	Marker   bool      `json:"marker,omitempty"`
	Modified time.Time `json:"modified"`
	Segments []segment `json:"segments,omitempty"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag,omitempty"` // without quotes
	Checksum kept      `json:"checksum,omitzero"`
	Parts    []part    `json:"parts,omitempty"` // of a multipart object
	attributes
	lock
}

// attributes are the attributes that an upload gives its object.
type attributes struct {
	Headers      map[string]string `json:"headers,omitempty"` // Content-Type, Cache-Control, …
	Metadata     map[string]string `json:"metadata,omitempty"`
	StorageClass string            `json:"storageClass,omitempty"` // empty: STANDARD
	Encryption   sse               `json:"encryption,omitzero"`
	Tags         []tag             `json:"tags,omitempty"`
}

// sse is the server-side encryption of an object.
type sse struct {
	Algorithm string `json:"algorithm"`
	Key       string `json:"key,omitempty"` // ARN of the KMS key
	BucketKey bool   `json:"bucketKey,omitempty"`
}

// lock is the Object Lock of a version.
type lock struct {
	Mode  string    `json:"mode,omitempty"` // GOVERNANCE, COMPLIANCE
	Until time.Time `json:"until,omitzero"`
	Hold  bool      `json:"hold,omitempty"`
}

type tag struct {
	Key   string `json:"key" need:"yes"`
	Value string `json:"value"`
}

// A segment is a range of a blob. Copies share blobs, so an object's bytes never move.
type segment struct {
	Blob   string `json:"blob"`
	Offset int64  `json:"offset,omitempty"`
	Size   int64  `json:"size"`
}

// A part is one part of a multipart upload, or of the object made from it.
type part struct {
	Number   int       `json:"number"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag,omitempty"`
	Checksum kept      `json:"checksum,omitzero"`
	Modified time.Time `json:"modified,omitzero"`
	Segments []segment `json:"segments,omitempty"`
}

// An upload is a multipart upload in progress.
type upload struct {
	ID        string       `json:"id"`
	Bucket    string       `json:"bucket"`
	Key       string       `json:"key"`
	Started   time.Time    `json:"started"`
	Initiator string       `json:"initiator"`
	Algorithm string       `json:"algorithm,omitempty"` // checksum
	Explicit  bool         `json:"explicit,omitempty"`  // the request asked for it
	Type      string       `json:"type,omitempty"`      // FULL_OBJECT, COMPOSITE
	Parts     map[int]part `json:"parts"`
	attributes
	lock
}

// A conditionalWrite notices a delete that overtakes it.
type conditionalWrite struct{ overtaken bool }

func newBucket(name, region string, created time.Time) *bucket {
	return &bucket{
		Name: name, Region: region, Created: created,
		uploads: map[string]*upload{}, writes: map[string][]*conditionalWrite{},
	}
}

// keptBucket is a bucket as stored on disk.
type keptBucket struct {
	Name     string         `json:"name"`
	Region   string         `json:"region"`
	Created  time.Time      `json:"created"`
	Settings bucketSettings `json:"settings"`
	Objects  []*object      `json:"objects"`
	Uploads  []*upload      `json:"uploads,omitempty"`
}

// MarshalJSON writes the objects in order.
func (b *bucket) MarshalJSON() ([]byte, error) {
	k := keptBucket{Name: b.Name, Region: b.Region, Created: b.Created, Settings: b.Settings, Uploads: b.sortedUploads()}
	k.Objects = make([]*object, 0, b.objects.length)
	for _, o := range b.objects.from("") {
		k.Objects = append(k.Objects, o)
	}
	return json.Marshal(k)
}

// UnmarshalJSON rebuilds the indexes.
func (b *bucket) UnmarshalJSON(text []byte) error {
	var k keptBucket
	if err := json.Unmarshal(text, &k); err != nil {
		return err
	}
	*b = *newBucket(k.Name, k.Region, k.Created)
	b.Settings = k.Settings
	for _, o := range k.Objects {
		if len(o.Versions) == 0 {
			return fmt.Errorf("object %q of bucket %s has no version", o.Key, k.Name)
		}
		b.objects.set(o.Key, o)
		if !o.Versions[0].Marker {
			b.live.set(o.Key, o)
		}
	}
	for _, u := range k.Uploads {
		b.uploads[u.ID] = u
	}
	return nil
}

// versioned reports whether versioning was ever enabled: only then does S3 show version ids.
func (b *bucket) versioned() bool { return b.Settings.Versioning != "" }

// latest returns the current version of key, which may be a marker; nil: none.
func (b *bucket) latest(key string) *version {
	if o, ok := b.objects.get(key); ok {
		return o.Versions[0]
	}
	return nil
}

// version returns one version of key; nil: none.
func (b *bucket) version(key, id string) *version {
	if o, ok := b.objects.get(key); ok {
		if i := o.at(id); i >= 0 {
			return o.Versions[i]
		}
	}
	return nil
}

func (o *object) at(id string) int {
	return slices.IndexFunc(o.Versions, func(v *version) bool { return v.ID == id })
}

// add makes v the latest version of key and returns the version that it replaces
// permanently: without versioning, or while it is suspended, the null version.
func (b *bucket) add(key string, v *version) (replaced *version) {
	if b.Settings.Versioning != versioningEnabled {
		v.ID = nullVersion
		replaced = b.remove(key, nullVersion)
	}
	o, ok := b.objects.get(key)
	if !ok {
		o = &object{Key: key}
		b.objects.set(key, o)
	}
	o.Versions = slices.Insert(o.Versions, 0, v)
	if v.Marker {
		b.live.delete(key)
	} else {
		b.live.set(key, o)
	}
	return replaced
}

// remove deletes one version permanently; nil when there is none.
func (b *bucket) remove(key, id string) *version {
	o, ok := b.objects.get(key)
	if !ok {
		return nil
	}
	i := o.at(id)
	if i < 0 {
		return nil
	}
	v := o.Versions[i]
	o.Versions = slices.Delete(o.Versions, i, i+1)
	switch {
	case len(o.Versions) == 0:
		b.objects.delete(key)
		b.live.delete(key)
	case o.Versions[0].Marker:
		b.live.delete(key)
	default:
		b.live.set(key, o)
	}
	return v
}

// overtake notifies the conditional writes of key in progress that it was deleted.
func (b *bucket) overtake(key string) {
	for _, w := range b.writes[key] {
		w.overtaken = true
	}
}

// sortedUploads returns the uploads in progress in S3's order: by key, then by start.
func (b *bucket) sortedUploads() []*upload {
	out := make([]*upload, 0, len(b.uploads))
	for _, u := range b.uploads {
		out = append(out, u)
	}
	slices.SortFunc(out, func(x, y *upload) int {
		return cmp.Or(cmp.Compare(x.Key, y.Key), x.Started.Compare(y.Started), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// sortedParts returns the parts of an upload so far.
func (u *upload) sortedParts() []part {
	out := make([]part, 0, len(u.Parts))
	for _, p := range u.Parts {
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y part) int { return cmp.Compare(x.Number, y.Number) })
	return out
}

// locked reports whether a version cannot be deleted at now, and whether a bypass of
// governance retention would allow it.
func (l lock) locked(now time.Time) (locked, bypassable bool) {
	switch {
	case l.Hold:
		return true, false
	case l.Mode != "" && now.Before(l.Until):
		return true, l.Mode == governance
	}
	return false, false
}
