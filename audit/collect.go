package audit

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/provision/state"
)

// How much of the trail is verified: in the home region, one day. A multi-region
// trail has seventeen or more other regions; there the digests of one day are counted
// and those of the last three hours are opened.
const (
	digestWindow    = 24 * time.Hour
	elsewhereWindow = 3 * time.Hour
	mostLogFiles    = 600
	mostLogBytes    = 64 << 20 // as delivered, compressed
	longestFile     = 64 << 20 // inflated: CloudTrail's log files are a few megabytes at most
	downloads       = 32       // at once
)

// evidence is the material for verifying the digests; chain.go judges it.
type evidence struct {
	now     time.Time
	home    string
	trail   string // ARN
	failed  error  // the trail or its home region could not be read
	started time.Time
	latest  time.Time // when the trail says that it last delivered a digest; zero: never
	chains  []*chain  // by region, the home region's first
	partial []string
}

// chain is the digests of one region, oldest first.
type chain struct {
	region string
	files  []*digestFile
	keys   map[string]*rsa.PublicKey // by fingerprint
	opened int                       // in this window, of those listed
}

// digestFile is one digest as stored in the bucket.
type digestFile struct {
	key      string
	end      time.Time // by its name
	backfill bool
	open     bool // to be downloaded

	gone      bool
	err       error
	hash      string // of its content
	signature string // hex
	content   digest
	garbled   bool
	logs      []*logFile
}

// digest is the content of a digest file.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
type digest struct {
	Start             time.Time `json:"digestStartTime"`
	End               string    `json:"digestEndTime"` // kept as text: it is signed in this form
	Bucket            string    `json:"digestS3Bucket"`
	Object            string    `json:"digestS3Object"`
	Fingerprint       string    `json:"digestPublicKeyFingerprint"`
	Algorithm         string    `json:"digestSignatureAlgorithm"`
	PreviousObject    *string   `json:"previousDigestS3Object"`
	PreviousHash      *string   `json:"previousDigestHashValue"`
	PreviousSignature *string   `json:"previousDigestSignature"`
	LogFiles          []logFile `json:"logFiles"`
}

// logFile is a log file as its digest lists it, and what was found.
type logFile struct {
	Bucket string `json:"s3Bucket"`
	Object string `json:"s3Object"`
	Hash   string `json:"hashValue"`

	found  string // the hash of the stored file
	gone   bool
	err    error
	passed bool // beyond the limits of one check
}

// collector downloads what a verification needs.
type collector struct {
	account  *aws.Account
	settings state.Settings
	bucket   string
	now      time.Time
	slots    chan struct{}
	files    atomic.Int64
	bytes    atomic.Int64
}

// collect reads the trail's status, its digests and the log files that they list.
// The longest chain is four calls: folders, digests' names, digests, log files.
func collect(ctx context.Context, account *aws.Account, settings state.Settings, now time.Time) evidence {
	c := &collector{
		account: account, settings: settings, bucket: state.AuditBucketName(settings), now: now, slots: make(chan struct{}, downloads),
	}
	e := evidence{now: now, home: settings.Region, trail: settings.TrailARN()}
	home := &chain{region: settings.Region}
	e.chains = []*chain{home}
	var statusErr, homeErr, foldersErr error
	var others []*chain
	errs := map[string]error{}
	var mu sync.Mutex
	var tasks sync.WaitGroup
	tasks.Go(func() { e.started, e.latest, statusErr = c.status(ctx) })
	tasks.Go(func() { homeErr = c.region(ctx, home, now.Add(-digestWindow)) })
	tasks.Go(func() {
		var found []string
		if found, foldersErr = c.folders(ctx); foldersErr != nil {
			return
		}
		for _, region := range found {
			if region == home.region {
				continue
			}
			other := &chain{region: region}
			others = append(others, other)
			since := now.Add(-elsewhereWindow)
			if settings.Wide {
				since = now.Add(-digestWindow)
			}
			tasks.Go(func() {
				if err := c.region(ctx, other, since); err != nil {
					mu.Lock()
					errs[region] = err
					mu.Unlock()
				}
			})
		}
	})
	tasks.Wait()
	e.failed = cmpErr(statusErr, homeErr)
	e.chains = append(e.chains, others...)
	if foldersErr != nil {
		e.partial = append(e.partial, "the list of other regions with digests could not be read: "+foldersErr.Error())
	}
	for _, other := range others {
		if err := errs[other.region]; err != nil {
			e.partial = append(e.partial, "the digests of "+other.region+" could not be read: "+err.Error())
		}
	}
	return e
}

func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// status asks the trail when it was started and when it last delivered a digest.
func (c *collector) status(ctx context.Context) (started, latest time.Time, err error) {
	arn := c.settings.TrailARN()
	out, err := aws.CloudTrail(c.account).GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &arn})
	if err != nil {
		return started, latest, aws.Wrap(err, "cloudtrail:GetTrailStatus", arn)
	}
	return sdk.ToTime(out.StartLoggingTime), sdk.ToTime(out.LatestDigestDeliveryTime), nil
}

func (c *collector) folder() string {
	return state.LogFolder(c.settings) + "CloudTrail-Digest/"
}

// regionName is the form of a folder name that can be a region.
var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`)

// folders are the regions that have digests.
func (c *collector) folders(ctx context.Context) ([]string, error) {
	out, err := aws.S3(c.account).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &c.bucket, Prefix: new(c.folder()), Delimiter: new("/")})
	if err != nil {
		return nil, aws.Wrap(err, "s3:ListBucket", c.bucket)
	}
	var found []string
	for _, p := range out.CommonPrefixes {
		name := strings.TrimSuffix(strings.TrimPrefix(sdk.ToString(p.Prefix), c.folder()), "/")
		if regionName.MatchString(name) {
			found = append(found, name)
		}
	}
	return found, nil
}

// region reads the digests of one region: the names of the last day's, and the content
// of those since a time, with their log files.
func (c *collector) region(ctx context.Context, of *chain, since time.Time) error {
	if err := c.list(ctx, of); err != nil {
		return err
	}
	var before time.Time
	for _, f := range of.files {
		f.open = f.end.After(since) || !before.IsZero() && f.end.Sub(before) > longestDigest
		if !f.backfill {
			before = f.end
		}
		if f.open {
			of.opened++
		}
	}
	if of.opened == 0 {
		return nil
	}
	var keysErr error
	var tasks sync.WaitGroup
	tasks.Go(func() { of.keys, keysErr = c.publicKeys(ctx, of.region) })
	for _, f := range of.files {
		if !f.open {
			continue
		}
		tasks.Go(func() {
			c.digest(ctx, f)
			for i := range f.content.LogFiles {
				log := &f.content.LogFiles[i]
				f.logs = append(f.logs, log)
				tasks.Go(func() { c.log(ctx, log) })
			}
		})
	}
	tasks.Wait()
	return keysErr
}

// list finds the names of the digests of the last day.
func (c *collector) list(ctx context.Context, of *chain) error {
	prefix := c.folder() + of.region + "/"
	name := c.settings.Account + "_CloudTrail-Digest_" + of.region + "_" + state.TrailName(c.settings) + "_" + c.settings.Region + "_"
	from := c.now.Add(-digestWindow).UTC()
	in := &s3.ListObjectsV2Input{Bucket: &c.bucket, Prefix: &prefix, StartAfter: new(prefix + from.Format("2006/01/02/"))}
	err := aws.Pages(func(token string) (string, error) {
		in.ContinuationToken = aws.Token(token)
		out, err := aws.S3(c.account).ListObjectsV2(ctx, in)
		if err != nil {
			return "", err
		}
		for _, o := range out.Contents {
			key := sdk.ToString(o.Key)
			end, backfill, ok := digestEnd(key, name)
			if ok && end.After(from) {
				of.files = append(of.files, &digestFile{key: key, end: end, backfill: backfill})
			}
		}
		return aws.Next(sdk.ToBool(out.IsTruncated), out.NextContinuationToken)
	})
	if err != nil {
		return aws.Wrap(err, "s3:ListBucket", c.bucket)
	}
	slices.SortStableFunc(of.files, func(a, b *digestFile) int { return a.end.Compare(b.end) })
	return nil
}

// digestEnd reads the time at which a digest ends from its key. The name of a backfill
// digest, which lists what an earlier one left out, says that it is one.
func digestEnd(key, name string) (end time.Time, backfill, ok bool) {
	rest, ok := strings.CutPrefix(base(key), name)
	if !ok {
		return end, false, false
	}
	rest, ok = strings.CutSuffix(rest, ".json.gz")
	if !ok {
		return end, false, false
	}
	rest, backfill = strings.CutSuffix(rest, "_backfill")
	end, err := time.Parse("20060102T150405Z", rest)
	return end, backfill, err == nil
}

// base is the last part of a key.
func base(key string) string { return key[strings.LastIndex(key, "/")+1:] }

// publicKeys returns the public keys of a region: each region signs with its own.
func (c *collector) publicKeys(ctx context.Context, region string) (map[string]*rsa.PublicKey, error) {
	keys := map[string]*rsa.PublicKey{}
	in := &cloudtrail.ListPublicKeysInput{StartTime: new(c.now.Add(-digestWindow - 2*time.Hour)), EndTime: &c.now}
	err := aws.Pages(func(token string) (string, error) {
		in.NextToken = aws.Token(token)
		out, err := aws.CloudTrail(c.account).ListPublicKeys(ctx, in, inRegion(region))
		if err != nil {
			return "", err
		}
		for _, k := range out.PublicKeyList {
			if key, err := x509.ParsePKCS1PublicKey(k.Value); err == nil {
				keys[sdk.ToString(k.Fingerprint)] = key
			}
		}
		return sdk.ToString(out.NextToken), nil
	})
	return keys, aws.Wrap(err, "cloudtrail:ListPublicKeys", region)
}

func (c *collector) digest(ctx context.Context, f *digestFile) {
	content, metadata, err := c.get(ctx, f.key)
	switch {
	case aws.KindOf(err) == aws.Absent:
		f.gone = true
		return
	case errors.Is(err, errGarbled):
		f.garbled = true
		return
	case err != nil:
		f.err = err
		return
	}
	f.hash, f.signature = hashOf(content), metadata["signature"]
	if json.Unmarshal(content, &f.content) != nil {
		f.garbled, f.content = true, digest{}
	}
}

// log downloads one log file, within the limits of one check.
func (c *collector) log(ctx context.Context, l *logFile) {
	if l.Bucket != c.bucket || c.files.Add(1) > mostLogFiles || c.bytes.Load() > mostLogBytes {
		l.passed = true
		return
	}
	content, _, err := c.get(ctx, l.Object)
	switch {
	case aws.KindOf(err) == aws.Absent:
		l.gone = true
	case errors.Is(err, errGarbled):
		l.found = "garbled"
	case err != nil:
		l.err = err
	default:
		l.found = hashOf(content)
	}
}

// errGarbled is an object that is not a gzip file, or is too large for a log file.
var errGarbled = errors.New("it is not a gzip file")

// get downloads an object and inflates it: CloudTrail hashes the content.
func (c *collector) get(ctx context.Context, key string) ([]byte, map[string]string, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, nil, aws.Wrap(ctx.Err(), "s3:GetObject", key)
	}
	out, err := aws.S3(c.account).GetObject(ctx, &s3.GetObjectInput{Bucket: &c.bucket, Key: &key})
	if err != nil {
		return nil, nil, aws.Wrap(err, "s3:GetObject", key)
	}
	defer func() { _ = out.Body.Close() }()
	zipped, err := io.ReadAll(io.LimitReader(out.Body, longestFile))
	if err != nil {
		return nil, nil, aws.Wrap(err, "s3:GetObject", key)
	}
	c.bytes.Add(int64(len(zipped)))
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", key, errGarbled)
	}
	content, err := io.ReadAll(io.LimitReader(r, longestFile+1))
	if err != nil || len(content) > longestFile {
		return nil, nil, fmt.Errorf("%s: %w", key, errGarbled)
	}
	return content, out.Metadata, nil
}
