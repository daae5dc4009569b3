package clients

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"claria/aws"
)

// How a large object is sent. Parts are read from the file while they are sent, so
// they take no memory; 5 GB are 596 of the 10,000 parts that S3 allows.
const (
	partSize    = 8 << 20
	singleLimit = 16 << 20 // larger objects are sent in parts
)

// abortTime limits the clean-up of a stopped upload.
const abortTime = 10 * time.Second

// upload stores a source's bytes and returns their version and digest, which is d unless
// d is not known yet. S3's checksum of the whole object must equal the digest's, so the
// stored bytes are the hashed ones.
func (r *run) upload(ctx context.Context, key string, src *source, d digest, progress func(int64)) (string, digest, error) {
	var sent atomic.Int64
	body := func(offset, length int64) *counted {
		return &counted{SectionReader: io.NewSectionReader(src.at, offset, length), sent: &sent, progress: progress}
	}
	if src.size <= singleLimit {
		version, err := r.store.putObject(ctx, key, body(0, src.size), src.size, d)
		return version, d, err
	}
	parts := src.parts // of an earlier run
	for {
		var err error
		if parts == nil {
			src.kept = 0
			if parts, err = r.store.beginParts(ctx, key); err != nil {
				return "", d, err
			}
		}
		sent.Store(src.kept)
		adopted := parts == src.parts
		var version string
		version, d, err = r.sendParts(ctx, parts, src, d, body)
		if !adopted || !gone(err) {
			return version, d, err
		}
		parts = nil // somebody else completed or aborted it
	}
}

// sendParts sends the parts that S3 does not have, and completes the upload.
func (r *run) sendParts(ctx context.Context, parts *multipart, src *source, d digest, body func(offset, length int64) *counted) (
	string, digest, error,
) {
	group, groupCtx := errgroup.WithContext(ctx)
	if d.sha == "" {
		group.Go(func() (err error) {
			d, err = src.read(groupCtx)
			return err
		})
	}
	there := parts.numbers()
	for number, offset := int32(1), int64(0); offset < src.size; number, offset = number+1, offset+partSize {
		if there[number] {
			continue
		}
		if r.control.wait(groupCtx) != nil || r.parts.Acquire(groupCtx, 1) != nil {
			break // the group has the error, or ctx
		}
		group.Go(func() error {
			defer r.parts.Release(1)
			length := min(partSize, src.size-offset)
			return r.patient(groupCtx, func() error { return parts.send(groupCtx, number, body(offset, length), length) })
		})
	}
	err := group.Wait()
	if err == nil {
		err = aws.Wrap(ctx.Err(), "s3:UploadPart", r.store.bucket+"/"+parts.key)
	}
	if err != nil {
		parts.abort(ctx)
		return "", d, err
	}
	version, err := parts.complete(ctx, d)
	return version, d, err
}

// uploadStream stores bytes of unknown length that can be read only once, one part at
// a time from one buffer.
func (s *Store) uploadStream(ctx context.Context, key string, r io.Reader) (string, digest, error) {
	parts, err := s.beginParts(ctx, key)
	if err != nil {
		return "", digest{}, err
	}
	h := newHasher()
	buffer := make([]byte, partSize)
	for number := int32(1); ; number++ {
		n, readErr := io.ReadFull(r, buffer)
		_, _ = h.Write(buffer[:n])
		if n > 0 {
			if err := parts.send(ctx, number, bytes.NewReader(buffer[:n]), int64(n)); err != nil {
				parts.abort(ctx)
				return "", digest{}, err
			}
		}
		switch {
		case h.size > maxFile:
			parts.abort(ctx)
			return "", digest{}, errTooLarge()
		case errors.Is(readErr, io.EOF), errors.Is(readErr, io.ErrUnexpectedEOF):
			version, err := parts.complete(ctx, h.digest())
			return version, h.digest(), err
		case readErr != nil:
			parts.abort(ctx)
			return "", digest{}, inWords(readErr)
		}
	}
}

// putObject stores an object in one request.
func (s *Store) putObject(ctx context.Context, key string, body io.Reader, size int64, d digest) (string, error) {
	out, err := aws.S3(s.account).PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, Body: body, ContentLength: &size,
		ContentType: new("application/octet-stream"), ChecksumCRC64NVME: &d.crc,
	})
	if err != nil {
		return "", changed(aws.Wrap(err, "s3:PutObject", s.bucket+"/"+key))
	}
	return s.verified(key, sdk.ToString(out.ChecksumCRC64NVME), sdk.ToString(out.VersionId), d)
}

// verified compares S3's checksum of what it stored with ours.
func (s *Store) verified(key, checksum, version string, d digest) (string, error) {
	switch {
	case checksum == "":
		return "", fmt.Errorf("%s/%s: S3 did not confirm the checksum of the upload, so the file was not added: try again", s.bucket, key)
	case checksum != d.crc:
		return "", errChanged
	case version == "":
		return "", fmt.Errorf("%s: versioning is off in this bucket, so files could not be restored: turn it on (claria setup --plan)", s.bucket)
	}
	return version, nil
}

// multipart is a running upload in parts.
type multipart struct {
	store *Store
	key   string
	id    string
	file  string // of an earlier run: the id of the file it was for

	mu   sync.Mutex
	done []types.CompletedPart
}

func (s *Store) beginParts(ctx context.Context, key string) (*multipart, error) {
	out, err := aws.S3(s.account).CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.bucket, Key: &key, ContentType: new("application/octet-stream"),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
	})
	if err != nil {
		return nil, aws.Wrap(err, "s3:CreateMultipartUpload", s.bucket+"/"+key)
	}
	return &multipart{store: s, key: key, id: sdk.ToString(out.UploadId)}, nil
}

// numbers are the parts that S3 has.
func (m *multipart) numbers() map[int32]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	there := map[int32]bool{}
	for _, part := range m.done {
		there[*part.PartNumber] = true
	}
	return there
}

func (m *multipart) send(ctx context.Context, number int32, body io.Reader, length int64) error {
	out, err := aws.S3(m.store.account).UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &m.store.bucket, Key: &m.key, UploadId: &m.id, PartNumber: &number, Body: body, ContentLength: &length,
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
	})
	if err != nil {
		return aws.Wrap(err, "s3:UploadPart", m.store.bucket+"/"+m.key)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done = append(m.done, types.CompletedPart{ETag: out.ETag, PartNumber: &number, ChecksumCRC64NVME: out.ChecksumCRC64NVME})
	return nil
}

// complete joins the parts. S3 refuses if the whole object has another checksum or
// size than given here.
func (m *multipart) complete(ctx context.Context, d digest) (string, error) {
	slices.SortFunc(m.done, func(a, b types.CompletedPart) int { return cmp.Compare(*a.PartNumber, *b.PartNumber) })
	out, err := aws.S3(m.store.account).CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &m.store.bucket, Key: &m.key, UploadId: &m.id,
		MultipartUpload:   &types.CompletedMultipartUpload{Parts: m.done},
		ChecksumCRC64NVME: &d.crc, ChecksumType: types.ChecksumTypeFullObject, MpuObjectSize: &d.size,
	})
	if err != nil {
		m.abort(ctx)
		return "", changed(aws.Wrap(err, "s3:CompleteMultipartUpload", m.store.bucket+"/"+m.key))
	}
	return m.store.verified(m.key, sdk.ToString(out.ChecksumCRC64NVME), sdk.ToString(out.VersionId), d)
}

// changed explains that S3 received other bytes than were hashed.
func changed(err error) error {
	if known, ok := errors.AsType[*aws.Error](err); ok && (known.Code == "BadDigest" || known.Code == "IncompleteBody") {
		return fmt.Errorf("%w: %w", errChanged, err)
	}
	return err
}

// abort deletes the parts, even if ctx is already cancelled. It ignores errors,
// because the bucket's lifecycle rule deletes remaining parts after seven days.
func (m *multipart) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	_, _ = aws.S3(m.store.account).AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: &m.store.bucket, Key: &m.key, UploadId: &m.id,
	})
}

// counted is a request body that reports how much of it was sent. A retry rewinds it,
// and then it counts back.
type counted struct {
	*io.SectionReader
	here     int64 // how much of this body sent includes
	sent     *atomic.Int64
	progress func(int64)
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.SectionReader.Read(b)
	c.count(c.here + int64(n))
	return n, err
}

func (c *counted) Seek(offset int64, whence int) (int64, error) {
	at, err := c.SectionReader.Seek(offset, whence)
	// A seek to the end only finds out the size and sends nothing.
	if err == nil && whence != io.SeekEnd {
		c.count(at)
	}
	return at, err
}

func (c *counted) count(here int64) {
	total := c.sent.Add(here - c.here)
	c.here = here
	if c.progress != nil {
		c.progress(total)
	}
}
