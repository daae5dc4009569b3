package sandbox

import (
	"encoding/base64"
	"encoding/xml"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxPage is the maximum number of entries on a page of a listing.
const maxPage = 1000

// span is the part of an index that a listing asks for.
type span struct {
	prefix, delimiter string
	after             string // start beyond this key or common prefix
	at                bool   // start at the key after itself
}

// group is one entry of a listing: a key, or a common prefix of several.
type group[V any] struct {
	name   string
	common bool
	value  V
}

// groups yields the entries of a listing in order. A common prefix costs one seek, for any
// number of keys.
func (x *index[V]) groups(s span) iter.Seq[group[V]] {
	return func(yield func(group[V]) bool) {
		next := s.prefix
		if s.after != "" {
			from := s.after
			if !s.at {
				from += "\x00"
			}
			next = max(next, from)
		}
		for {
			jump, ok := "", false
			for key, value := range x.from(next) {
				if !strings.HasPrefix(key, s.prefix) {
					return
				}
				if common, is := s.common(key); is {
					// A page that ended with a common prefix resumes after all its keys.
					if common > s.after && !yield(group[V]{name: common, common: true}) {
						return
					}
					jump, ok = beyond(common)
					break
				}
				if !yield(group[V]{name: key, value: value}) {
					return
				}
			}
			if !ok {
				return
			}
			next = jump
		}
	}
}

// common returns the common prefix of key; false: none.
func (s span) common(key string) (string, bool) {
	if s.delimiter == "" {
		return "", false
	}
	i := strings.Index(key[len(s.prefix):], s.delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(s.prefix)+i+len(s.delimiter)], true
}

// pageSize reads max-keys and its like.
func pageSize(query url.Values, name string) (int, error) {
	text := query.Get(name)
	if text == "" {
		return maxPage, nil
	}
	n, err := pageSizeOf(text, maxPage)
	if err != nil {
		return 0, invalidArgument("Argument "+name+" must be an integer between 0 and 2147483647", name, text)
	}
	return n, nil
}

func pageSizeOf(text string, most int) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return min(int(n), most), err
}

// encoding is how a listing writes names: unchanged, or URL-encoded for encoding-type=url,
// which names need that XML cannot represent.
type encoding string

func encodingOf(query url.Values) (encoding, error) {
	switch e := query.Get("encoding-type"); e {
	case "", "url":
		return encoding(e), nil
	default:
		return "", invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", e)
	}
}

func (e encoding) name(s string) string {
	if e == "" {
		return s
	}
	return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/")
}

type commonPrefix struct{ Prefix string }

type owner struct {
	ID string
}

type contents struct {
	Key               string
	LastModified      string
	ETag              string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              int64
	StorageClass      string
	Owner             *owner
}

type listV2 struct {
	Name                  string
	Prefix                string
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              int
	MaxKeys               int
	Delimiter             string   `xml:",omitempty"`
	EncodingType          encoding `xml:",omitempty"`
	IsTruncated           bool
	Contents              []contents
	CommonPrefixes        []commonPrefix
}

type listV1 struct {
	Name           string
	Prefix         string
	Marker         string
	NextMarker     string `xml:",omitempty"`
	MaxKeys        int
	Delimiter      string   `xml:",omitempty"`
	EncodingType   encoding `xml:",omitempty"`
	IsTruncated    bool
	Contents       []contents
	CommonPrefixes []commonPrefix
}

// tokenPrefix marks our continuation tokens, so that a made-up token is refused.
const tokenPrefix = "1\x00"

func continuation(last string) string {
	return base64.StdEncoding.EncodeToString([]byte(tokenPrefix + last))
}

func resume(token string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(token)
	last, ok := strings.CutPrefix(string(raw), tokenPrefix)
	if err != nil || !ok {
		return "", invalidArgument("The continuation token provided is incorrect", "continuation-token", token)
	}
	return last, nil
}

// page lists the current objects of a bucket.
func (b *bucket) page(s span, size int, e encoding, who *owner) (found []contents, common []commonPrefix, last string, more bool) {
	count := 0
	if size == 0 {
		return nil, nil, "", false
	}
	for g := range b.live.groups(s) {
		if count == size {
			return found, common, last, true
		}
		count++
		last = g.name
		if g.common {
			common = append(common, commonPrefix{e.name(g.name)})
			continue
		}
		v := g.value.Versions[0]
		found = append(found, contents{
			Key: e.name(g.name), LastModified: stamp(v.Modified), ETag: quote(v.ETag), Size: v.Size,
			ChecksumAlgorithm: v.Checksum.Algorithm, ChecksumType: v.Checksum.Type,
			StorageClass: v.storageClass(), Owner: who,
		})
	}
	return found, common, last, false
}

func serveListObjectsV2(c *call) error {
	q := c.request.URL.Query()
	if err := c.s3authorizeList("s3:ListBucket", q); err != nil {
		return err
	}
	size, err := pageSize(q, "max-keys")
	if err != nil {
		return err
	}
	e, err := encodingOf(q)
	if err != nil {
		return err
	}
	s := span{prefix: q.Get("prefix"), delimiter: q.Get("delimiter"), after: q.Get("start-after")}
	if q.Has("continuation-token") {
		if s.after, err = resume(q.Get("continuation-token")); err != nil {
			return err
		}
	}
	var who *owner
	if q.Get("fetch-owner") == "true" {
		who = c.account.owner()
	}
	out := listV2{
		Name: c.params["Bucket"], Prefix: e.name(s.prefix), Delimiter: e.name(s.delimiter), MaxKeys: size, EncodingType: e,
		StartAfter: e.name(q.Get("start-after")), ContinuationToken: q.Get("continuation-token"),
	}
	last := ""
	err = c.readBucket(func(b *bucket) error {
		out.Contents, out.CommonPrefixes, last, out.IsTruncated = b.page(s, size, e, who)
		return nil
	})
	if err != nil {
		return err
	}
	out.KeyCount = len(out.Contents) + len(out.CommonPrefixes)
	if out.IsTruncated {
		out.NextContinuationToken = continuation(last)
	}
	return c.document("ListBucketResult", out)
}

func serveListObjects(c *call) error {
	q := c.request.URL.Query()
	if err := c.s3authorizeList("s3:ListBucket", q); err != nil {
		return err
	}
	size, err := pageSize(q, "max-keys")
	if err != nil {
		return err
	}
	e, err := encodingOf(q)
	if err != nil {
		return err
	}
	s := span{prefix: q.Get("prefix"), delimiter: q.Get("delimiter"), after: q.Get("marker")}
	out := listV1{
		Name: c.params["Bucket"], Prefix: e.name(s.prefix), Delimiter: e.name(s.delimiter), MaxKeys: size, EncodingType: e,
		Marker: e.name(s.after),
	}
	last := ""
	err = c.readBucket(func(b *bucket) error {
		out.Contents, out.CommonPrefixes, last, out.IsTruncated = b.page(s, size, e, c.account.owner())
		return nil
	})
	if err != nil {
		return err
	}
	// Without a delimiter the next marker is the last key, and S3 leaves it out.
	if out.IsTruncated && s.delimiter != "" {
		out.NextMarker = e.name(last)
	}
	return c.document("ListBucketResult", out)
}

type listedVersion struct {
	XMLName           xml.Name
	Key               string
	VersionId         string
	IsLatest          bool
	LastModified      string
	ETag              string `xml:",omitempty"`
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              *int64
	StorageClass      string `xml:",omitempty"`
	Owner             *owner
}

type listVersions struct {
	Name                string
	Prefix              string
	KeyMarker           string
	VersionIdMarker     string
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIdMarker string `xml:",omitempty"`
	MaxKeys             int
	Delimiter           string   `xml:",omitempty"`
	EncodingType        encoding `xml:",omitempty"`
	IsTruncated         bool
	Versions            []listedVersion
	CommonPrefixes      []commonPrefix
}

func serveListObjectVersions(c *call) error {
	q := c.request.URL.Query()
	if err := c.s3authorizeList("s3:ListBucketVersions", q); err != nil {
		return err
	}
	size, err := pageSize(q, "max-keys")
	if err != nil {
		return err
	}
	e, err := encodingOf(q)
	if err != nil {
		return err
	}
	key, id := q.Get("key-marker"), q.Get("version-id-marker")
	if key == "" && id != "" {
		return invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", id)
	}
	s := span{prefix: q.Get("prefix"), delimiter: q.Get("delimiter"), after: key, at: id != ""}
	out := listVersions{
		Name: c.params["Bucket"], Prefix: e.name(s.prefix), Delimiter: e.name(s.delimiter), MaxKeys: size, EncodingType: e,
		KeyMarker: e.name(key), VersionIdMarker: id,
	}
	err = c.readBucket(func(b *bucket) error {
		lastKey, lastID, more := b.versionPage(s, id, size, func(g group[*object], v *version) {
			if g.common {
				out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{e.name(g.name)})
				return
			}
			out.Versions = append(out.Versions, listVersion(c.account, e, g, v))
		})
		if out.IsTruncated = more; more {
			out.NextKeyMarker, out.NextVersionIdMarker = e.name(lastKey), lastID
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.document("ListVersionsResult", out)
}

func listVersion(a *Account, e encoding, g group[*object], v *version) listedVersion {
	out := listedVersion{
		XMLName: xml.Name{Local: "Version"}, Key: e.name(g.name), VersionId: v.ID, IsLatest: g.value.Versions[0] == v,
		LastModified: stamp(v.Modified), Owner: a.owner(),
	}
	if v.Marker {
		out.XMLName.Local = "DeleteMarker"
		return out
	}
	out.ETag, out.Size, out.StorageClass = quote(v.ETag), new(v.Size), v.storageClass()
	out.ChecksumAlgorithm, out.ChecksumType = v.Checksum.Algorithm, v.Checksum.Type
	return out
}

// versionPage yields one page of versions and markers. When s.at is set, it resumes after
// that version id of the key s.after.
func (b *bucket) versionPage(s span, id string, size int, visit func(group[*object], *version)) (key, last string, more bool) {
	if size == 0 {
		return "", "", false
	}
	count := 0
	for g := range b.objects.groups(s) {
		versions := []*version{nil} // a common prefix is one entry
		if !g.common {
			versions = g.value.Versions
			if s.at && g.name == s.after {
				// When the marker's version no longer exists, the page starts with the key's first.
				versions = versions[slices.IndexFunc(versions, func(v *version) bool { return v.ID == id })+1:]
			}
		}
		for _, v := range versions {
			if count == size {
				return key, last, true
			}
			count++
			key, last = g.name, ""
			if v != nil {
				last = v.ID
			}
			visit(g, v)
		}
	}
	return key, last, false
}

// invalidArgument is S3's error for an invalid parameter.
func invalidArgument(message, name, value string) error {
	return &apiError{
		status: http.StatusBadRequest, code: "InvalidArgument", message: message,
		extra: map[string]string{"ArgumentName": name, "ArgumentValue": value},
	}
}
