package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/clients"
	"claria/internal/safe"
)

const bucket = "111122223333-claria-records"

// demo is an empty demo account with a versioned data bucket.
type demo struct {
	*sandbox.Account
	account *aws.Account
	store   *clients.Store
	ahead   atomic.Int64 // how far the account's clock is ahead of the machine's clock
}

// later lets time pass, because S3 dates versions in whole seconds.
func (p *demo) later(d time.Duration) { p.ahead.Add(int64(d)) }

// bubble runs a test with its own clock, which advances when every goroutine waits.
func bubble(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, f) }
}

func newDemo(t *testing.T) *demo {
	t.Helper()
	return demoIn(t, "")
}

// demoIn keeps the account's objects in a directory when it is not empty.
func demoIn(t *testing.T, dir string) *demo {
	t.Helper()
	p := &demo{}
	box, err := sandbox.New(sandbox.Options{
		Dir: dir, Now: func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	p.Account = box
	p.account = p.open(t, nil)
	p.store = clients.New(p.account, bucket)
	ctx := t.Context()
	name := bucket
	if _, err := aws.S3(p.account).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.S3(p.account).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

// open opens the account again, with another HTTP client if one is given.
func (p *demo) open(t *testing.T, client aws.HTTPClient) *aws.Account {
	t.Helper()
	return p.openWith(t, client, 0)
}

// openAt opens the account on a computer whose clock is ahead.
func (p *demo) openAt(t *testing.T, ahead time.Duration) *aws.Account {
	t.Helper()
	return p.openWith(t, nil, ahead)
}

func (p *demo) openWith(t *testing.T, client aws.HTTPClient, ahead time.Duration) *aws.Account {
	t.Helper()
	environ := p.Environ()
	if client == nil {
		client = p.Client()
	}
	account, err := aws.Open(t.Context(), aws.Options{
		Now:    func() time.Time { return time.Now().Add(ahead) },
		Region: "us-east-1", Client: client, Attempts: 3, Source: aws.Source{Kind: aws.FromEnvironment},
		LookupEnv: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

func (p *demo) client(t *testing.T, name string) clients.Client {
	t.Helper()
	c, err := p.store.Add(t.Context(), safe.PHI(name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *demo) put(t *testing.T, client, name, content string) clients.File {
	t.Helper()
	f, err := p.store.PutReader(t.Context(), client, safe.PHI(name), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (p *demo) content(t *testing.T, f clients.File, version string) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.store.Get(t.Context(), f, version, &b, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// names are the names of a client's files as a listing shows them.
func (p *demo) names(t *testing.T, client string, deleted bool) []string {
	t.Helper()
	files, err := p.store.Files(t.Context(), client, deleted)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, f := range files {
		name := f.Name.Reveal()
		if f.Deleted {
			name += " (deleted)"
		}
		out = append(out, name)
	}
	return out
}

// file writes a local file and returns its path.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// outcome is the last event of Put for each file, by index.
func outcome(t *testing.T, store *clients.Store, client string, paths ...string) []clients.Progress {
	t.Helper()
	out := make([]clients.Progress, len(paths))
	for event, err := range store.Put(t.Context(), client, clients.PutOptions{}, paths...) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Over() {
			if out[event.Index].Over() {
				t.Errorf("file %d ended twice", event.Index)
			}
			out[event.Index] = event
		}
	}
	return out
}

func noise(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// awkward are names that a system may contain and a screen must survive.
var awkward = []string{
	"Avery Quill",
	"\x1b[31mred\x1b[0m \x1b]0;title\x07",
	"abc\u202edcba\u2066x\u2069",
	strings.Repeat("長い名前", 25), // 300 bytes
	"山田 太郎", "👩‍⚕️ 🧠", "tab\tline\nnul\x00", `"quoted" \ & <b> \u2028 ` + "\u2028", " spaces ",
}

func TestAnyNameRoundTrips(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	for _, name := range awkward {
		c := p.client(t, name)
		f := p.put(t, c.ID, name, "text of "+name)
		all, err := p.store.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(all, func(o clients.Client) bool { return o.ID == c.ID }); i < 0 || all[i].Name.Reveal() != name {
			t.Errorf("client %q came back changed", name)
		}
		if got := p.names(t, c.ID, false); !slices.Equal(got, []string{name}) {
			t.Errorf("file %q listed as %q", name, got)
		}
		if got := p.content(t, f, ""); got != "text of "+name {
			t.Errorf("file %q holds %q", name, got)
		}
		if found, err := p.store.Find(t.Context(), name); err != nil || found.ID != c.ID {
			t.Errorf("client %q is not found by its name: %v", name, err)
		}
	}
	for _, name := range []string{"", "bad\xff", strings.Repeat("x", 301)} {
		if _, err := p.store.Add(t.Context(), safe.PHI(name)); err == nil {
			t.Errorf("name %q was accepted", name)
		}
	}
}

func TestNamesAreNeverInKeysOrErrors(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "Zebulon Marchetti")
	f := p.put(t, c.ID, "Zebulon intake.txt", "Zebulon Marchetti was referred.")
	p.put(t, c.ID, "Zebulon intake.txt", "Zebulon Marchetti was referred again.")
	var said []string
	say := func(err error) {
		if err == nil {
			t.Error("expected an error to look at")
			return
		}
		for ; err != nil; err = errors.Unwrap(err) {
			said = append(said, err.Error())
		}
	}
	path := filepath.Join(t.TempDir(), "Zebulon missing.txt")
	say(outcome(t, p.store, c.ID, path)[0].Err)
	_, err := p.store.Find(t.Context(), "Zebulon Nobody")
	say(err)
	_, err = p.store.FindFile(t.Context(), c.ID, "Zebulon nothing.pdf")
	say(err)
	say(p.store.Delete(t.Context(), f)) // an older version
	if err := p.Inject("deny=s3:PutObject"); err != nil {
		t.Fatal(err)
	}
	_, err = p.store.Rename(t.Context(), c.ID, "Zebulon Other")
	say(err)
	_, err = p.store.PutReader(t.Context(), c.ID, "Zebulon two.txt", strings.NewReader("Zebulon"))
	say(err)
	p.Clear()

	calls, err := json.Marshal(p.Calls())
	if err != nil {
		t.Fatal(err)
	}
	said = append(said, string(calls))
	name := bucket
	objects, err := aws.S3(p.account).ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range objects.Versions {
		said = append(said, *v.Key)
	}
	if len(objects.Versions) < 6 {
		t.Errorf("%d object versions: the test checked too little", len(objects.Versions))
	}
	for _, s := range said {
		if strings.Contains(s, "Zebulon") || strings.Contains(s, "Marchetti") || strings.Contains(s, "intake") {
			t.Errorf("a name leaked: %s", s)
		}
	}
}

func TestFindSaysWhichIDs(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	one, two := p.client(t, "Robin Vale"), p.client(t, "Robin Vale")
	alone := p.client(t, "Robinson Ashe")
	_, err := p.store.Find(t.Context(), "robin vale")
	if err == nil || !strings.Contains(err.Error(), one.ID) || !strings.Contains(err.Error(), two.ID) {
		t.Errorf("two of one name: %v", err)
	}
	for _, asked := range []string{"robinson", alone.ID, strings.ToLower(alone.ID), "ROBINSON ASHE"} {
		if c, err := p.store.Find(t.Context(), asked); err != nil || c.ID != alone.ID {
			t.Errorf("Find(%q) = %v, %v", asked, c.ID, err)
		}
	}
	_, err = p.store.Find(t.Context(), "Rowan Ashe")
	none, ok := errors.AsType[*clients.NoMatch](err)
	if !ok || !slices.Contains(none.Near, "Robinson Ashe") {
		t.Errorf("no near name in %v", err)
	}
}

func TestADamagedRecordIsReportedAndTheOthersListed(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	good := p.client(t, "Good")
	bad, newer := p.client(t, "Bad"), p.client(t, "Newer")
	p.object(t, "clients/"+bad.ID+".json", `{"schema":1,"name":`)
	p.object(t, "clients/"+newer.ID+".json", `{"schema":9,"name":"x"}`)
	all, err := p.store.List(t.Context())
	if len(all) != 1 || all[0].ID != good.ID {
		t.Errorf("listed %d clients, want the good one", len(all))
	}
	part, ok := errors.AsType[*clients.Unreadable](err)
	if !ok || len(part.Errors) != 2 {
		t.Fatalf("want two reported, got %v", err)
	}
	if text := errors.Join(part.Errors...).Error(); !strings.Contains(text, "newer version of Claria") || !strings.Contains(text, bad.ID) {
		t.Errorf("the report does not say which or why: %s", text)
	}
	if _, err := p.store.Rename(t.Context(), newer.ID, "Other"); err == nil {
		t.Error("a record of a newer format was written over")
	}
}

func (p *demo) object(t *testing.T, key, body string) {
	t.Helper()
	name := bucket
	if _, err := aws.S3(p.account).PutObject(t.Context(),
		&s3.PutObjectInput{Bucket: &name, Key: &key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

func TestAThousandClientsAreListed(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	for range 1005 {
		p.client(t, "Client")
	}
	began := time.Now()
	all, err := p.store.List(t.Context())
	if err != nil || len(all) != 1005 {
		t.Fatalf("%d clients, %v", len(all), err)
	}
	t.Logf("listed %d clients in %v", len(all), time.Since(began))
}

func TestALostRaceIsAConflictInWords(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "Before")
	once := false
	other := clients.New(p.open(t, meddle(p, func() {
		if !once {
			once = true
			if _, err := p.store.Rename(t.Context(), c.ID, "By the other machine"); err != nil {
				t.Error(err)
			}
		}
	})), bucket)
	_, err := other.Rename(t.Context(), c.ID, "By this machine")
	if aws.KindOf(err) != aws.Conflict || !strings.Contains(err.Error(), "another machine") {
		t.Fatalf("lost race: %v", err)
	}
	now, err := p.store.Find(t.Context(), c.ID)
	if err != nil || now.Name != "By the other machine" {
		t.Errorf("the other machine's name was overwritten: %v", err)
	}
}

func TestTheGateRefusesBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	p := newDemo(t)
	c := p.client(t, "A")
	closed := errors.New("no agreement")
	p.store.Gate = func(context.Context) error { return closed }
	before := len(p.Calls())
	if _, err := p.store.Add(t.Context(), "B"); !errors.Is(err, closed) {
		t.Errorf("Add: %v", err)
	}
	for _, err := range p.store.Put(t.Context(), c.ID, clients.PutOptions{}, file(t, "a.txt", []byte("a"))) {
		if !errors.Is(err, closed) {
			t.Errorf("Put: %v", err)
		}
	}
	if _, err := p.store.PutReader(t.Context(), c.ID, "a.txt", strings.NewReader("a")); !errors.Is(err, closed) {
		t.Errorf("PutReader: %v", err)
	}
	if n := len(p.Calls()) - before; n != 0 {
		t.Errorf("%d calls were made past a closed gate", n)
	}
}

// peak samples the heap while f runs and returns how far it grew, in bytes.
func peak(f func()) uint64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	done, stopped := make(chan struct{}), make(chan uint64)
	go func() {
		most := before.HeapAlloc
		for {
			select {
			case <-done:
				stopped <- most - before.HeapAlloc
				return
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
	}()
	f()
	close(done)
	return <-stopped
}
