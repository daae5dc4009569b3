package audit_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/audit"
	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision/state"
)

// busy lets hours pass, each with calls to log in two regions.
func (p *demo) busy(hours int) {
	p.t.Helper()
	for range hours {
		for _, region := range []string{"us-east-1", "us-west-2"} {
			if _, err := aws.CloudTrail(p.root()).DescribeTrails(p.t.Context(), &cloudtrail.DescribeTrailsInput{},
				func(o *cloudtrail.Options) { o.Region = region }); err != nil {
				p.t.Fatal(err)
			}
		}
		p.later(time.Hour)
	}
}

// keys are the keys of the audit bucket below a folder of the logs.
func (p *demo) objects(folder string) []string {
	p.t.Helper()
	out, err := aws.S3(p.root()).ListObjectsV2(p.t.Context(), &s3.ListObjectsV2Input{
		Bucket: new(state.AuditBucketName(settings())), Prefix: new(state.LogFolder(settings()) + folder),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

func (p *demo) remove(key string) {
	p.t.Helper()
	if _, err := aws.S3(p.root()).DeleteObject(p.t.Context(), &s3.DeleteObjectInput{
		Bucket: new(state.AuditBucketName(settings())), Key: &key,
	}); err != nil {
		p.t.Fatal(err)
	}
}

// alter replaces a file's content and keeps its metadata.
func (p *demo) alter(key string, change func(string) string) {
	p.t.Helper()
	bucket := state.AuditBucketName(settings())
	out, err := aws.S3(p.root()).GetObject(p.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := gzip.NewReader(out.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		p.t.Fatal(err)
	}
	changed := change(string(content))
	if changed == string(content) {
		p.t.Fatal("nothing was altered")
	}
	body, err := io.ReadAll(zipped(p.t, []byte(changed)))
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := aws.S3(p.root()).PutObject(p.t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), Metadata: out.Metadata, ContentEncoding: out.ContentEncoding,
	}); err != nil {
		p.t.Fatal(err)
	}
}

// again stores a file again as it is: its object looks new.
func (p *demo) again(key string) {
	p.t.Helper()
	bucket := state.AuditBucketName(settings())
	out, err := aws.S3(p.root()).GetObject(p.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		p.t.Fatal(err)
	}
	body, err := io.ReadAll(out.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := aws.S3(p.root()).PutObject(p.t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), Metadata: out.Metadata, ContentEncoding: out.ContentEncoding,
	}); err != nil {
		p.t.Fatal(err)
	}
}

// Untouched logs verify in every region, and one verification stays valid for half an
// hour.
func TestDigestsOfAnHonestTrail(t *testing.T) {
	t.Parallel()
	p := settled(t)
	if d := known(t, p.look().Digests); d.Digests != 0 || len(d.Problems) != 0 || d.Partial != "" || len(d.Notes) != 1 ||
		!strings.Contains(d.Notes[0], "no digest has been delivered yet") {
		t.Errorf("a new trail: %+v", d)
	}
	p.busy(5)
	first := p.look()
	d := known(t, first.Digests)
	files := len(p.objects("CloudTrail/"))
	if d.Digests < 8 || len(d.Problems) != 0 || d.Partial != "" || d.Files == 0 || d.Files > files || p.clock().Sub(d.To) > time.Hour {
		t.Errorf("%d log files are stored; %+v", files, d)
	}
	wide := settings()
	wide.Wide = true
	if all := known(t, audit.Recent(t.Context(), p.auditor(), wide, audit.Look{}).Digests); all.Files != files || all.Digests <= d.Digests ||
		len(all.Problems) != 0 {
		t.Errorf("a wide look: %+v", all)
	}

	count := func(earlier audit.Look) int {
		start := len(p.sandbox.Calls())
		audit.Recent(t.Context(), p.auditor(), settings(), earlier)
		return len(slices.DeleteFunc(p.sandbox.Calls()[start:], func(c sandbox.Call) bool { return c.Service != "s3" }))
	}
	if n := count(first); n != 0 {
		t.Errorf("%d files were read again at once", n)
	}
	p.later(31 * time.Minute)
	if n := count(first); n == 0 {
		t.Error("after half an hour nothing was verified")
	}
}

// Any tampering with the files is found and named.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	digests := "CloudTrail-Digest/us-east-1/"
	for name, c := range map[string]struct {
		do   func(p *demo) string // the file that a problem must name
		says string
	}{
		"an altered log": {func(p *demo) string {
			key := p.objects("CloudTrail/us-east-1/")[3]
			p.alter(key, func(s string) string { return strings.ReplaceAll(s, "DescribeTrails", "DescribeTrialz") })
			return key
		}, "is not the file that CloudTrail delivered"},
		"a removed log": {func(p *demo) string {
			key := p.objects("CloudTrail/us-east-1/")[3]
			p.remove(key)
			return key
		}, "is gone"},
		"a removed digest": {func(p *demo) string {
			key := p.objects(digests)[3]
			p.remove(key)
			return key
		}, "is gone"},
		"two neighbours removed": {func(p *demo) string {
			keys := p.objects(digests)
			p.remove(keys[3])
			p.remove(keys[4])
			return keys[4]
		}, "is gone, and 1 more before it"},
		"the first ones removed": {func(p *demo) string {
			keys := p.objects(digests)
			p.remove(keys[0])
			p.remove(keys[1])
			return keys[1]
		}, "is gone"},
		"the newest removed": {func(p *demo) string {
			keys := p.objects(digests)
			p.remove(keys[len(keys)-1])
			return ""
		}, "the latest digests are gone"},
		"the newest removed, and the one before it stored again": {func(p *demo) string {
			keys := p.objects(digests)
			p.remove(keys[len(keys)-1])
			p.again(keys[len(keys)-2])
			return ""
		}, "the latest digests are gone"},
		"all removed": {func(p *demo) string {
			for _, key := range p.objects(digests) {
				p.remove(key)
			}
			return ""
		}, "every digest of the last day is gone"},
		"a forged digest": {func(p *demo) string {
			key := p.objects(digests)[3]
			p.alter(key, func(s string) string { return strings.Replace(s, `"hashValue":"`, `"hashValue":"0`, 1) })
			return key
		}, "altered or forged"},
		"a digest in another's place": {func(p *demo) string {
			keys := p.objects(digests)
			bucket := state.AuditBucketName(settings())
			if _, err := aws.S3(p.root()).CopyObject(p.t.Context(), &s3.CopyObjectInput{
				Bucket: &bucket, Key: &keys[3], CopySource: new(bucket + "/" + keys[2]),
			}); err != nil {
				p.t.Fatal(err)
			}
			return keys[3]
		}, "is another digest under this name"},
		"a digest of another region removed": {func(p *demo) string {
			keys := p.objects("CloudTrail-Digest/us-west-2/")
			p.remove(keys[2])
			return keys[2]
		}, "is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			p := settled(t)
			p.busy(7)
			key := c.do(p)
			p.wait(3 * time.Minute)
			d := known(t, p.look().Digests)
			want := key[strings.LastIndex(key, "/")+1:]
			if !slices.ContainsFunc(d.Problems, func(s string) bool { return strings.Contains(s, want) && strings.Contains(s, c.says) }) {
				t.Errorf("%q of %s is not among %q (%q)", c.says, want, d.Problems, d.Notes)
			}
			if len(d.Problems) > 1 && name != "all removed" {
				t.Errorf("one cause, %d problems: %q", len(d.Problems), d.Problems)
			}
		})
	}
}

// A chain that begins again is no problem when the trail shows who stopped and started
// it, and a problem when it does not.
func TestAChainThatBeginsAgain(t *testing.T) {
	t.Parallel()
	p := settled(t)
	p.busy(3)
	trail := &cloudtrail.StopLoggingInput{Name: new(state.TrailName(settings()))}
	if _, err := aws.CloudTrail(p.root()).StopLogging(t.Context(), trail); err != nil {
		t.Fatal(err)
	}
	p.later(3 * time.Hour)
	if _, err := aws.CloudTrail(p.root()).StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: trail.Name}); err != nil {
		t.Fatal(err)
	}
	p.busy(2)
	d := known(t, p.look().Digests)
	if len(d.Problems) != 0 || !slices.ContainsFunc(d.Notes, func(s string) bool {
		return strings.Contains(s, "no log was signed") && strings.Contains(s, "StopLogging by root")
	}) {
		t.Errorf("stopped and started: problems %q, notes %q", d.Problems, d.Notes)
	}
	// The digests before the stop are removed too: the stop does not explain all of the gap.
	keys := p.objects("CloudTrail-Digest/us-east-1/")
	for _, key := range keys[1:4] {
		p.remove(key)
	}
	if d := known(t, p.look().Digests); len(d.Problems) == 0 {
		t.Errorf("digests before the stop are gone: %q", d.Notes)
	}
}

// Without a trail there is nothing to verify.
func TestNoTrail(t *testing.T) {
	t.Parallel()
	p := settled(t)
	if _, err := aws.CloudTrail(p.root()).DeleteTrail(context.Background(),
		&cloudtrail.DeleteTrailInput{Name: new(state.TrailName(settings()))}); err != nil {
		t.Fatal(err)
	}
	if !p.look().Digests.Absent() {
		t.Error("digests of a trail that does not exist")
	}
}
