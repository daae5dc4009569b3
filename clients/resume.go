package clients

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc64"
	"io"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/internal/id"
)

// A killed upload leaves its parts in the bucket. The next upload of the same bytes to
// the same client continues with them, on any computer: S3 lists the parts with their
// checksums, which are compared with the file. Nothing is kept on this computer.
//
// If the upload is not dead but runs on another computer, both send the same parts, one
// completes it and commits the file, and the other one's commit loses the race.

// leftFor is how long the parts of a killed upload are kept for its next run. The
// lifecycle rule of the bucket deletes those that no run sees.
const leftFor = 24 * time.Hour

// leftovers are the unfinished uploads of a client, read once in a run.
type leftovers struct {
	once sync.Once
	mu   sync.Mutex
	list []leftover
}

// leftover is an unfinished upload.
type leftover struct {
	key, id string
	file    string // the id of the file it was for
	began   time.Time
	taken   bool
}

// unfinished lists the client's unfinished uploads. Where the identity may not list
// them, as in accounts that an earlier version set up, there are none to continue.
func (p *putting) unfinished(ctx context.Context) {
	prefix := bytesKey(p.client, "")
	input := &s3.ListMultipartUploadsInput{Bucket: &p.store.bucket, Prefix: &prefix}
	_ = aws.Pages(func(string) (string, error) {
		page, err := aws.S3(p.store.account).ListMultipartUploads(ctx, input)
		if err != nil {
			return "", err
		}
		for _, u := range page.Uploads {
			key := sdk.ToString(u.Key)
			if file := strings.TrimPrefix(key, prefix); id.Check("file", file) == nil {
				p.left.list = append(p.left.list, leftover{key: key, id: sdk.ToString(u.UploadId), file: file, began: sdk.ToTime(u.Initiated)})
			}
		}
		input.KeyMarker, input.UploadIdMarker = page.NextKeyMarker, page.NextUploadIdMarker
		next, err := aws.Next(sdk.ToBool(page.IsTruncated), page.NextKeyMarker)
		if next != "" {
			next += " " + sdk.ToString(page.NextUploadIdMarker)
		}
		return next, err
	})
}

// adopt finds an unfinished upload of these bytes for the file was, or for a new file. It
// returns nil when there is none.
func (p *putting) adopt(ctx context.Context, src *source, was File) *multipart {
	p.left.once.Do(func() { p.unfinished(ctx) })
	for i := range p.left.list {
		left := &p.left.list[i]
		if was.ID != left.file && (was.ID != "" || p.isKnown(left.file)) || !p.left.take(left) {
			continue
		}
		parts, err := p.store.partsOf(ctx, left)
		if err == nil && len(parts) > 0 && p.sameParts(ctx, src, parts) {
			m := &multipart{store: p.store, key: left.key, id: left.id, file: left.file}
			for _, part := range parts {
				m.done = append(m.done, types.CompletedPart{ETag: part.ETag, PartNumber: part.PartNumber, ChecksumCRC64NVME: part.ChecksumCRC64NVME})
				src.kept += sdk.ToInt64(part.Size)
			}
			return m
		}
		p.left.release(left)
	}
	return nil
}

func (p *putting) isKnown(file string) bool {
	for _, f := range p.known {
		if f.ID == file {
			return true
		}
	}
	return false
}

func (l *leftovers) take(left *leftover) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := left.taken
	left.taken = true
	return !was
}

func (l *leftovers) release(left *leftover) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left.taken = false
}

// abandon aborts the unfinished uploads that no run is going to continue.
func (p *putting) abandon(ctx context.Context) {
	for i := range p.left.list {
		if left := &p.left.list[i]; p.store.account.Now().Sub(left.began) > leftFor && p.left.take(left) {
			(&multipart{store: p.store, key: left.key, id: left.id}).abort(ctx)
		}
	}
}

// partsOf lists the parts that S3 has.
func (s *Store) partsOf(ctx context.Context, left *leftover) ([]types.Part, error) {
	var all []types.Part
	input := &s3.ListPartsInput{Bucket: &s.bucket, Key: &left.key, UploadId: &left.id}
	err := aws.Pages(func(string) (string, error) {
		page, err := aws.S3(s.account).ListParts(ctx, input)
		if err != nil {
			return "", err
		}
		all = append(all, page.Parts...)
		input.PartNumberMarker = page.NextPartNumberMarker
		return aws.Next(sdk.ToBool(page.IsTruncated), page.NextPartNumberMarker)
	})
	return all, aws.Wrap(err, "s3:ListParts", s.bucket+"/"+left.key)
}

// sameParts reports whether the parts are parts of this file, by their places, sizes and
// checksums.
func (p *putting) sameParts(ctx context.Context, src *source, parts []types.Part) bool {
	buffer := make([]byte, 256<<10)
	for _, part := range parts {
		offset := int64(sdk.ToInt32(part.PartNumber)-1) * partSize
		if ctx.Err() != nil || offset < 0 || offset >= src.size || sdk.ToInt64(part.Size) != min(partSize, src.size-offset) {
			return false
		}
		sum := crc64.New(nvmeTable())
		_, err := io.CopyBuffer(sum, io.NewSectionReader(src.at, offset, sdk.ToInt64(part.Size)), buffer)
		if err != nil || base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, sum.Sum64())) != sdk.ToString(part.ChecksumCRC64NVME) {
			return false
		}
	}
	return true
}

// gone reports whether an unfinished upload was completed or aborted by somebody else.
func gone(err error) bool {
	known, ok := errors.AsType[*aws.Error](err)
	return ok && known.Code == "NoSuchUpload"
}
