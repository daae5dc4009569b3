package clients_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/clients"
)

// meddle is the demo account's client; it calls before ahead of every PUT.
func meddle(p *demo, before func()) aws.HTTPClient {
	return doer(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut {
			before()
		}
		return p.Client().Do(r)
	})
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestManyFilesGoUpAndTheBadOnesAreTheirOwnErrors(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.txt")
	if err := makePipe(pipe); err != nil {
		t.Fatal(err)
	}
	big := noise(20<<20 + 17)
	paths := []string{
		file(t, "note.txt", []byte("First line.\n\nSecond paragraph.")),
		dir,
		pipe,
		filepath.Join(dir, "missing.txt"),
		file(t, "empty.txt", nil),
		file(t, "audio.m4a", big),
		file(t, "note.txt", []byte("another of the same name")),
	}
	got := outcome(t, p.store, c.ID, paths...)
	want := []string{"", "pipe", "pipe", "no such file", "", "", "same name"}
	for i, w := range want {
		if got[i].Skipped != "" {
			got[i].Err = errors.New(got[i].Skipped)
		}
		switch {
		case w == "" && got[i].Err != nil:
			t.Errorf("%s: %v", paths[i], got[i].Err)
		case w != "" && (got[i].Err == nil || !strings.Contains(got[i].Err.Error(), w)):
			t.Errorf("%s: error %v, want it to say %q", paths[i], got[i].Err, w)
		}
	}
	if names := p.names(t, c.ID, false); !slices.Equal(names, []string{"audio.m4a", "empty.txt", "note.txt"}) {
		t.Errorf("listed %q", names)
	}
	if f := got[5].File; f == nil || f.Size != int64(len(big)) || p.content(t, *f, "") != string(big) {
		t.Error("the large file came back different")
	}
	if f := got[0].File; f == nil || f.Segments != 2 || f.Problem != "" {
		t.Errorf("note.txt: %+v", got[0].File)
	}
	if f := got[5].File; f.Segments != 0 || f.Problem == "" {
		t.Error("an audio file does not say why it has no text")
	}
}

func TestTheSameNameIsANewVersionAndTheSameBytesAreNot(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	path := file(t, "note.txt", []byte("one"))
	first := outcome(t, p.store, c.ID, path)[0]
	again := outcome(t, p.store, c.ID, path)[0]
	if !again.Same || again.File.Version != first.File.Version {
		t.Errorf("the same bytes were stored twice: %+v", again)
	}
	if err := os.WriteFile(path, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := outcome(t, p.store, c.ID, path)[0]
	if second.Err != nil || !second.Replaced || second.File.ID != first.File.ID {
		t.Fatalf("second version: %+v", second)
	}
	versions, err := p.store.Versions(t.Context(), *second.File)
	if err != nil || len(versions) != 2 || !versions[0].Latest || versions[1].ID != first.File.Version {
		t.Fatalf("versions %+v, %v", versions, err)
	}
	if now, then := p.content(t, *second.File, ""), p.content(t, *second.File, versions[1].ID); now != "two" || then != "one" {
		t.Errorf("now %q, then %q", now, then)
	}
	old, err := p.store.At(t.Context(), *second.File, versions[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := p.store.Segments(t.Context(), old); err != nil || len(text) != 1 || text[0].Text != "one" {
		t.Errorf("the first version's text: %v", err)
	}
}

func TestDeleteRestoreAndGoingBack(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	ctx := t.Context()
	c := p.client(t, "A")
	f := p.put(t, c.ID, "note.txt", "one")
	p.later(2 * time.Second)
	if err := p.store.Delete(ctx, f); err != nil {
		t.Fatal(err)
	}
	p.later(2 * time.Second)
	if names := p.names(t, c.ID, false); len(names) != 0 {
		t.Errorf("deleted, still listed: %q", names)
	}
	if names := p.names(t, c.ID, true); !slices.Equal(names, []string{"note.txt (deleted)"}) {
		t.Errorf("trash shows %q", names)
	}
	if err := p.store.Delete(ctx, f); err == nil {
		t.Error("deleting twice says nothing")
	}
	if _, err := p.store.FindFile(ctx, c.ID, "note.txt"); err == nil || !strings.Contains(err.Error(), "restore") {
		t.Errorf("finding a deleted file: %v", err)
	}
	gone, err := p.store.FindAny(ctx, c.ID, "note.txt")
	if err != nil || !gone.Deleted {
		t.Fatalf("the deleted file is not found by name: %v", err)
	}
	back, err := p.store.Restore(ctx, gone, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.content(t, back, ""); got != "one" {
		t.Errorf("restored content %q", got)
	}
	if text, err := p.store.Segments(ctx, back); err != nil || len(text) != 1 {
		t.Errorf("restored text: %d segments, %v", len(text), err)
	}
	if _, err := p.store.Restore(ctx, back, ""); err == nil {
		t.Error("restoring a file that is not deleted, with no version named, says nothing")
	}
	p.later(2 * time.Second)
	two := p.put(t, c.ID, "note.txt", "two")
	p.later(2 * time.Second)
	went, err := p.store.Restore(ctx, two, back.Version)
	if err != nil || p.content(t, went, "") != "one" {
		t.Fatalf("going back: %v", err)
	}
	versions, err := p.store.Versions(ctx, went)
	if err != nil {
		t.Fatal(err)
	}
	var shape strings.Builder
	for _, v := range versions {
		shape.WriteByte("vd"[btoi(v.Deleted)])
	}
	if shape.String() != "vvvdv" || !versions[0].Latest {
		t.Errorf("history %s, want vvvdv (newest first)", shape.String())
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestAnInterruptedDeleteOrRestoreLeavesOneTruth(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	ctx := t.Context()
	c := p.client(t, "A")
	f := p.put(t, c.ID, "note.txt", "one")
	inject(t, p, "deny=s3:CopyObject")
	inject(t, p, "deny=s3:PutObject")
	if err := p.store.Delete(ctx, f); err != nil {
		t.Fatal(err)
	}
	if _, err := p.store.Restore(ctx, f, ""); err == nil {
		t.Fatal("the restore was meant to be cut off")
	}
	if names := p.names(t, c.ID, true); !slices.Equal(names, []string{"note.txt (deleted)"}) {
		t.Errorf("a restore that was cut off shows %q", names)
	}
	p.Clear()
	back, err := p.store.Restore(ctx, f, "")
	if err != nil || p.content(t, back, "") != "one" {
		t.Fatalf("restoring after that: %v", err)
	}
}

func inject(t *testing.T, p *demo, fault string) {
	t.Helper()
	if err := p.Inject(fault); err != nil {
		t.Fatal(err)
	}
}

func TestAnUploadThatIsCutOffIsInNoListing(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"drop=s3:UploadPart", "drop=s3:CompleteMultipartUpload", "deny=s3:CreateMultipartUpload"} {
		t.Run(fault, bubble(func(t *testing.T) {
			p := newDemo(t)
			c := p.client(t, "A")
			path := file(t, "scan.tif", noise(18<<20))
			inject(t, p, fault)
			if got := outcome(t, p.store, c.ID, path)[0]; got.Err == nil {
				t.Fatal("the upload was meant to fail")
			}
			if names := p.names(t, c.ID, true); len(names) != 0 {
				t.Errorf("listed %q", names)
			}
			p.Clear()
			p.noParts(t)
			if got := outcome(t, p.store, c.ID, path)[0]; got.Err != nil {
				t.Errorf("putting it again: %v", got.Err)
			}
		}))
	}
}

// A transfer that is held sends nothing, and the pause does not count as time.
func TestAPausedTransferWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newDemo(t)
		c := p.client(t, "A")
		paths := []string{file(t, "a.txt", []byte("text")), file(t, "b.txt", []byte("text"))}
		control := &clients.Control{}
		control.Pause()
		before, last, over := len(p.Calls()), clients.Progress{}, make(chan struct{})
		go func() {
			defer close(over)
			for event, err := range p.store.Put(t.Context(), c.ID, clients.PutOptions{Control: control}, paths...) {
				if err != nil || event.Err != nil {
					t.Error(err, event.Err)
				}
				last = event
			}
		}()
		time.Sleep(time.Hour) // of the test's clock: until everything waits
		for _, call := range p.Calls()[before:] {
			if call.Operation == "PutObject" {
				t.Error("something was sent during the pause")
			}
		}
		control.Resume()
		<-over
		if last.Ended != 2 || last.AllDone != 8 || last.All != 8 || last.Took > time.Minute {
			t.Errorf("at the end: %+v", last)
		}
		if names := p.names(t, c.ID, false); len(names) != 2 {
			t.Errorf("listed %q", names)
		}
	})
}

// AWS may ask for fewer requests for longer than the SDK is patient.
func TestManyFilesSurviveThrottling(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	var paths []string
	for i := range 40 {
		paths = append(paths, file(t, fmt.Sprintf("%d.txt", i), []byte("text")))
	}
	inject(t, p, "throttle=s3:PutObject,times=60")
	for _, o := range outcome(t, p.store, c.ID, paths...) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	if names := p.names(t, c.ID, false); len(names) != 40 {
		t.Errorf("%d files are listed", len(names))
	}
}

// Many files come down at once, large ones in parts, and each that fails is its own error.
func TestManyFilesComeDown(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	big := noise(41 << 20)
	put := outcome(t, p.store, c.ID, file(t, "a.txt", []byte("text")), file(t, "b.wav", big), file(t, "c.txt", []byte("other")))
	var files []clients.File
	for _, o := range put {
		files = append(files, *o.File)
	}
	files[2].SHA256 = strings.Repeat("0", 64)
	inject(t, p, "truncate=s3:GetObject,after=1000000,times=3")
	targets := map[int]*memoryTarget{0: {}, 1: {}, 2: {}}
	for event, err := range p.store.Download(t.Context(), clients.DownloadOptions{
		Open: func(i int, _ clients.File) (clients.Target, error) { return targets[i], nil },
	}, files...) {
		switch {
		case err != nil:
			t.Fatal(err)
		case event.Index == 2 && event.Over() && !errors.Is(event.Err, clients.ErrUntrusted), event.Index != 2 && event.Err != nil:
			t.Errorf("file %d: %v", event.Index, event.Err)
		}
	}
	if string(targets[0].data) != "text" || string(targets[1].data) != string(big) || !targets[0].kept || !targets[1].kept || targets[2].kept {
		t.Error("the files came down different")
	}
}

// memoryTarget is a file in memory.
type memoryTarget struct {
	mu   sync.Mutex
	data []byte
	kept bool
}

func (m *memoryTarget) WriteAt(b []byte, at int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if grow := int(at) + len(b) - len(m.data); grow > 0 {
		m.data = append(m.data, make([]byte, grow)...)
	}
	return copy(m.data[at:], b), nil
}

func (m *memoryTarget) ReadAt(b []byte, at int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.NewReader(m.data).ReadAt(b, at)
}

func (m *memoryTarget) Commit() error { m.kept = true; return nil }
func (m *memoryTarget) Discard()      {}

// noParts fails when an unfinished multipart upload is left behind.
func (p *demo) noParts(t *testing.T) {
	t.Helper()
	name := bucket
	left, err := aws.S3(p.account).ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	if len(left.Uploads) != 0 {
		t.Errorf("%d unfinished uploads were left", len(left.Uploads))
	}
}

// An upload that is killed leaves parts, and the next run sends the others only.
func TestAKilledUploadIsContinued(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	big := noise(60 << 20)
	path := file(t, "audio.m4a", big)
	// What a killed process does: parts arrive, then nothing more, not even the clean-up.
	dead, four := make(chan struct{}), make(chan struct{})
	var parts, arrived atomic.Int64
	killed := doer(func(r *http.Request) (*http.Response, error) {
		part := r.URL.Query().Has("partNumber")
		if part && parts.Add(1) > 4 || r.Method == http.MethodDelete {
			<-dead
			return nil, errors.New("killed")
		}
		response, err := p.Client().Do(r)
		if part && arrived.Add(1) == 4 {
			close(four)
		}
		return response, err
	})
	store := clients.New(p.open(t, killed), bucket)
	ctx, kill := context.WithCancel(t.Context())
	go func() {
		for range store.Put(ctx, c.ID, clients.PutOptions{}, path) {
		}
	}()
	t.Cleanup(func() { kill(); close(dead) })
	<-four
	before := len(p.Calls())
	got := outcome(t, p.store, c.ID, path)[0]
	if got.Err != nil || p.content(t, *got.File, "") != string(big) {
		t.Fatalf("the next run: %v", got.Err)
	}
	sent := 0
	for _, call := range p.Calls()[before:] {
		if call.Operation == "UploadPart" {
			sent++
		}
	}
	if sent != 4 || got.AllMoved > 32<<20 {
		t.Errorf("%d of 8 parts were sent again, %d bytes", sent, got.AllMoved)
	}
	p.noParts(t)
	if again := outcome(t, p.store, c.ID, path)[0]; !again.Same {
		t.Errorf("it is stored, but not the same: %+v", again)
	}
}

// The parts of another file are not taken, and those that nobody continues are deleted
// after a day.
func TestLeftPartsOfAnotherFileAreNotTaken(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	name, key := bucket, "records/"+c.ID+"/"+strings.Repeat("7", 26)
	begun, err := aws.S3(p.account).CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: &name, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aws.S3(p.account).UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: &name, Key: &key, UploadId: begun.UploadId, PartNumber: new(int32(1)), Body: bytes.NewReader(make([]byte, 8<<20)),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
	}); err != nil {
		t.Fatal(err)
	}
	big := noise(20 << 20)
	got := outcome(t, p.store, c.ID, file(t, "a.m4a", big))[0]
	if got.Err != nil || strings.HasSuffix(key, got.File.ID) || p.content(t, *got.File, "") != string(big) {
		t.Errorf("stored %+v", got)
	}
	if p.unfinishedParts(t) != 1 {
		t.Error("the parts were not kept for their own next run")
	}
	p.later(25 * time.Hour)
	later := clients.New(p.openAt(t, 25*time.Hour), bucket)
	if got := outcome(t, later, c.ID, file(t, "b.m4a", noise(17<<20)))[0]; got.Err != nil {
		t.Fatal(got.Err)
	}
	p.noParts(t)
}

// unfinishedParts counts the parts of unfinished uploads.
func (p *demo) unfinishedParts(t *testing.T) int {
	t.Helper()
	name := bucket
	left, err := aws.S3(p.account).ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, upload := range left.Uploads {
		parts, err := aws.S3(p.account).ListParts(t.Context(), &s3.ListPartsInput{Bucket: &name, Key: upload.Key, UploadId: upload.UploadId})
		if err != nil {
			t.Fatal(err)
		}
		count += len(parts.Parts)
	}
	return count
}

func TestStoppingAbortsTheUploads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testStoppingAbortsTheUploads)
}

func testStoppingAbortsTheUploads(t *testing.T) {
	p := newDemo(t)
	c := p.client(t, "A")
	inject(t, p, "delay=s3:UploadPart,for=200ms")
	path := file(t, "scan.tif", noise(40<<20))
	for event, err := range p.store.Put(t.Context(), c.ID, clients.PutOptions{}, path) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Done > 0 {
			break
		}
	}
	p.Clear()
	p.noParts(t)
	if names := p.names(t, c.ID, true); len(names) != 0 {
		t.Errorf("listed %q", names)
	}
}

func TestThrottlesAndDropsAreSurvived(t *testing.T) {
	t.Parallel() // the SDK's pauses are real: its adaptive pace never ends where only waiting moves the clock
	p := newDemo(t)
	c := p.client(t, "A")
	for _, fault := range []string{"throttle=s3:PutObject,times=2", "drop=s3:UploadPart,times=1", "drop=s3:GetObject,times=1"} {
		inject(t, p, fault)
	}
	big := noise(17 << 20)
	got := outcome(t, p.store, c.ID, file(t, "a.txt", []byte("text")), file(t, "b.tif", big))
	for _, o := range got {
		if o.Err != nil {
			t.Fatalf("%v", o.Err)
		}
	}
	inject(t, p, "truncate=s3:GetObject,after=1000000,times=2")
	if p.content(t, *got[1].File, "") != string(big) {
		t.Error("a download that broke off twice came back different")
	}
}

func TestADownloadThatDiffersIsNotTrusted(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	f := p.put(t, c.ID, "a.txt", "the real text")
	flipping := doer(func(r *http.Request) (*http.Response, error) {
		response, err := p.Client().Do(r)
		if err == nil && strings.HasSuffix(r.URL.Path, f.ID) {
			response.Body = io.NopCloser(bytes.NewReader([]byte("the fake text")))
			for name := range response.Header {
				if strings.HasPrefix(strings.ToLower(name), "x-amz-checksum") {
					response.Header.Del(name)
				}
			}
		}
		return response, err
	})
	err := clients.New(p.open(t, flipping), bucket).Get(t.Context(), f, "", io.Discard, nil)
	if !errors.Is(err, clients.ErrUntrusted) {
		t.Errorf("Get: %v", err)
	}
}

func TestAFileThatChangesWhileItIsReadIsNotStored(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	first, other := strings.Repeat("first version of it ", 100_000), strings.Repeat("other version of it ", 100_000)
	path := file(t, "log.txt", []byte(first))
	store := clients.New(p.open(t, meddle(p, sync.OnceFunc(func() {
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			t.Error(err)
		}
	}))), bucket)
	got := outcome(t, store, c.ID, path)[0]
	if got.Err == nil || !strings.Contains(got.Err.Error(), "changed while") {
		t.Errorf("outcome: %v", got.Err)
	}
	if names := p.names(t, c.ID, true); len(names) != 0 {
		t.Errorf("listed %q", names)
	}
}

// What a person is asked about is not in the account until they answered.
func TestNothingIsStoredBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	before := len(p.Calls())
	refused := errors.New("another person's")
	options := clients.PutOptions{Ask: func(_ context.Context, q clients.Question) (clients.Answer, error) {
		for _, call := range p.Calls()[before:] {
			if call.Action == "s3:PutObject" {
				t.Errorf("%s was stored before the answer", q.File.Name.Line())
			}
		}
		if q.Client != c.ID || len(q.Passages) != 1 || q.File.SHA256 == "" || q.File.Segments != 1 {
			t.Errorf("asked %+v", q)
		}
		if strings.Contains(q.Passages[0].Text.Reveal(), "Dana") {
			return clients.Answer{}, refused
		}
		return clients.Answer{Class: clients.Notes, Label: clients.Label{What: "session note"}}, nil
	}}
	for _, text := range []string{"Dana slept.", "Avery slept."} {
		for event, err := range p.store.Put(t.Context(), c.ID, options, file(t, "a.txt", []byte(text))) {
			switch {
			case err != nil:
				t.Fatal(err)
			case event.Err != nil && (!errors.Is(event.Err, refused) || text != "Dana slept."):
				t.Errorf("%s: %v", text, event.Err)
			case event.File != nil && (event.File.Class != clients.Notes || event.File.Label.What != "session note"):
				t.Errorf("stored %+v", event.File)
			}
		}
	}
	if names := p.names(t, c.ID, true); !slices.Equal(names, []string{"a.txt"}) {
		t.Errorf("listed %q", names)
	}
}

func TestStandardInputOfAnyLength(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	long := noise(25 << 20)
	f, err := p.store.PutReader(t.Context(), c.ID, "piped.bin", struct{ io.Reader }{bytes.NewReader(long)})
	if err != nil {
		t.Fatal(err)
	}
	if p.content(t, f, "") != string(long) {
		t.Error("it came back different")
	}
}

func TestALargeFileCostsLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("300 MB")
	}
	p := demoIn(t, t.TempDir())
	c := p.client(t, "A")
	path := file(t, "recording.wav", noise(300<<20))
	down, err := os.Create(filepath.Join(t.TempDir(), "down"))
	if err != nil {
		t.Fatal(err)
	}
	defer down.Close()
	grown := peak(func() {
		got := outcome(t, p.store, c.ID, path)[0]
		if got.Err != nil {
			t.Fatal(got.Err)
		}
		// Get verifies that the bytes are the same.
		if err := p.store.Get(t.Context(), *got.File, "", down, nil); err != nil {
			t.Error(err)
		}
	})
	t.Logf("heap grew by %d MB at most, the account's own side included", grown>>20)
	if grown > 96<<20 {
		t.Errorf("300 MB up and down took %d MB of memory", grown>>20)
	}
}

// A file that a lifecycle rule moved to an archive class says what to do to read it.
func TestAnArchivedFileSaysWhatToDo(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	f := p.put(t, c.ID, "a.txt", "the text")
	const answer = "<Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message></Error>"
	archived := doer(func(r *http.Request) (*http.Response, error) {
		response, err := p.Client().Do(r)
		if err == nil && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, f.ID) {
			response.StatusCode, response.Body, response.ContentLength = http.StatusForbidden, io.NopCloser(strings.NewReader(answer)), int64(len(answer))
		}
		return response, err
	})
	err := clients.New(p.open(t, archived), bucket).Get(t.Context(), f, "", io.Discard, nil)
	if next := aws.CauseOf(err).Next; err == nil || !strings.Contains(err.Error(), "must be restored before it can be read") ||
		!strings.Contains(next, "Initiate restore") {
		t.Errorf("reading it says %v, next %q", err, next)
	}
}
