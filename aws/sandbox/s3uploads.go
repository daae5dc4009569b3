package sandbox

import (
	"strconv"
	"strings"
)

type initiator struct {
	ID          string
	DisplayName string `xml:",omitempty"`
}

// initiator is the caller who began an upload: the ARN of a user or role, or the canonical
// id of the account itself (ListParts, Initiator).
func (c *call) initiator() string {
	if c.caller.root() {
		return c.account.owner().ID
	}
	return c.caller.ARN
}

type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
	checksumElements
}

type listParts struct {
	Bucket               string
	Key                  string
	UploadId             string
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	EncodingType         encoding `xml:",omitempty"`
	IsTruncated          bool
	Part                 []listedPart
	Initiator            initiator
	Owner                *owner
	StorageClass         string
	ChecksumAlgorithm    string `xml:",omitempty"`
	ChecksumType         string `xml:",omitempty"`
}

func serveListParts(c *call) error {
	if err := c.s3authorizeObject("s3:ListMultipartUploadParts"); err != nil {
		return err
	}
	q := c.request.URL.Query()
	size, err := pageSize(q, "max-parts")
	if err != nil {
		return err
	}
	e, err := encodingOf(q)
	if err != nil {
		return err
	}
	marker := 0
	if text := q.Get("part-number-marker"); text != "" {
		if marker, err = strconv.Atoi(text); err != nil || marker < 0 {
			return invalidArgument("Argument part-number-marker must be an integer between 0 and 2147483647", "part-number-marker", text)
		}
	}
	out := listParts{
		Bucket: c.params["Bucket"], Key: e.name(c.params["Key"]), UploadId: q.Get("uploadId"), PartNumberMarker: marker,
		MaxParts: size, EncodingType: e, Owner: c.account.owner(),
	}
	err = c.readUpload(func(_ *bucket, u *upload) {
		out.Initiator, out.StorageClass = initiator{ID: u.Initiator}, orDefault(u.StorageClass, "STANDARD")
		if u.Explicit {
			out.ChecksumAlgorithm, out.ChecksumType = u.Algorithm, u.Type
		}
		for _, p := range u.sortedParts() {
			if p.Number <= marker {
				continue
			}
			if len(out.Part) == size {
				out.IsTruncated = true
				break
			}
			one := listedPart{PartNumber: p.Number, LastModified: stamp(p.Modified), ETag: quote(p.ETag), Size: p.Size}
			if u.Explicit {
				one.checksumElements = p.Checksum.elements()
			}
			out.Part = append(out.Part, one)
			out.NextPartNumberMarker = p.Number
		}
	})
	if err != nil {
		return err
	}
	return c.document("ListPartsResult", out)
}

type listedUpload struct {
	Key               string
	UploadId          string
	Initiator         initiator
	Owner             *owner
	StorageClass      string
	Initiated         string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

type listUploads struct {
	Bucket             string
	KeyMarker          string
	UploadIdMarker     string
	NextKeyMarker      string `xml:",omitempty"`
	NextUploadIdMarker string `xml:",omitempty"`
	Prefix             string
	Delimiter          string `xml:",omitempty"`
	MaxUploads         int
	EncodingType       encoding `xml:",omitempty"`
	IsTruncated        bool
	Upload             []listedUpload
	CommonPrefixes     []commonPrefix
}

func serveListMultipartUploads(c *call) error {
	q := c.request.URL.Query()
	if err := c.s3authorize("s3:ListBucketMultipartUploads"); err != nil {
		return err
	}
	size, err := pageSize(q, "max-uploads")
	if err != nil {
		return err
	}
	e, err := encodingOf(q)
	if err != nil {
		return err
	}
	s := span{prefix: q.Get("prefix"), delimiter: q.Get("delimiter")}
	key, id := q.Get("key-marker"), q.Get("upload-id-marker")
	out := listUploads{
		Bucket: c.params["Bucket"], KeyMarker: e.name(key), UploadIdMarker: id, Prefix: e.name(s.prefix), Delimiter: e.name(s.delimiter),
		MaxUploads: size, EncodingType: e,
	}
	err = c.readBucket(func(b *bucket) error {
		past := id == "" // the upload of the marker was passed
		for _, u := range b.sortedUploads() {
			if u.Key == key && id != "" && !past {
				past = u.ID == id
				continue
			}
			if !strings.HasPrefix(u.Key, s.prefix) || u.Key < key || u.Key == key && id == "" && key != "" {
				continue
			}
			common, rolled := s.common(u.Key)
			if rolled && (common <= key || len(out.CommonPrefixes) > 0 && out.CommonPrefixes[len(out.CommonPrefixes)-1].Prefix == e.name(common)) {
				continue
			}
			if len(out.Upload)+len(out.CommonPrefixes) == size {
				out.IsTruncated = size > 0
				break
			}
			if rolled {
				out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{e.name(common)})
				out.NextKeyMarker, out.NextUploadIdMarker = e.name(common), ""
				continue
			}
			one := listedUpload{
				Key: e.name(u.Key), UploadId: u.ID, Initiator: initiator{ID: u.Initiator}, Owner: c.account.owner(),
				StorageClass: orDefault(u.StorageClass, "STANDARD"), Initiated: stamp(u.Started),
			}
			if u.Explicit {
				one.ChecksumAlgorithm, one.ChecksumType = u.Algorithm, u.Type
			}
			out.Upload = append(out.Upload, one)
			out.NextKeyMarker, out.NextUploadIdMarker = e.name(u.Key), u.ID
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !out.IsTruncated {
		out.NextKeyMarker, out.NextUploadIdMarker = "", ""
	}
	return c.document("ListMultipartUploadsResult", out)
}
