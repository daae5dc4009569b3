package object_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/object"
	"claria/aws/sandbox"
)

const (
	name = "111122223333-claria-records"
	key  = "clients/one.json"
)

// bucket is a bucket with versions, and its HTTP client, which a test can tamper with.
type bucket struct {
	object.Bucket
	*sandbox.Account
	before func(*http.Request) error                                   // called for the first PUT; if it fails, the PUT never arrives
	after  func(*http.Request, *http.Response) (*http.Response, error) // called for every answer
}

func (b *bucket) Do(r *http.Request) (*http.Response, error) {
	if before := b.before; before != nil && r.Method == http.MethodPut {
		b.before = nil
		if err := before(r); err != nil {
			return nil, err
		}
	}
	answer, err := b.Client().Do(r)
	if err != nil || b.after == nil {
		return answer, err
	}
	return b.after(r, answer)
}

func made(t *testing.T, attempts int) *bucket {
	t.Helper()
	account, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = account.Close() })
	b := &bucket{Account: account}
	environ := account.Environ()
	b.Name = name
	b.Bucket.Account, err = aws.Open(t.Context(), aws.Options{
		Region: "us-east-1", Client: b, Source: aws.Source{Kind: aws.FromEnvironment}, Attempts: attempts,
		LookupEnv: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aws.S3(b.Bucket.Account).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new(name)}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.S3(b.Bucket.Account).PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: new(name), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

// put writes as another computer does.
func (b *bucket) put(t *testing.T, content string) object.Object {
	t.Helper()
	before, after := b.before, b.after
	b.before, b.after = nil, nil
	defer func() { b.before, b.after = before, after }()
	o, err := b.Write(t.Context(), key, []byte(content), object.Always())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (b *bucket) inject(t *testing.T, fault string) {
	t.Helper()
	if err := b.Inject(fault); err != nil {
		t.Fatal(err)
	}
}

// versions is the content of every version, newest first; "-" for a delete marker.
func (b *bucket) versions(t *testing.T) string {
	t.Helper()
	b.Clear()
	b.before, b.after = nil, nil
	kept, err := b.Versions(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, v := range kept[key] {
		if v.Marker {
			out = append(out, "-")
			continue
		}
		o, err := b.ReadVersion(t.Context(), key, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(o.Data))
	}
	return strings.Join(out, " ")
}

func TestAWriteStatesWhatMustHold(t *testing.T) {
	b := made(t, 1)
	if _, err := b.Read(t.Context(), key); aws.KindOf(err) != aws.Absent {
		t.Errorf("nothing is there: %v", err)
	}
	b.inject(t, "drop=s3:PutObject,times=1")
	if _, err := b.Write(t.Context(), key, []byte("zero"), object.IfAbsent()); aws.KindOf(err) != aws.Offline {
		t.Errorf("the first never arrives: %v", err)
	}
	first, err := b.Write(t.Context(), key, []byte("one"), object.IfMatch(""))
	if err != nil || first.ETag == "" || first.Version == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := b.Write(t.Context(), key, []byte("two"), object.IfMatch(first.ETag))
	if err != nil || second.Version == first.Version {
		t.Fatalf("%+v, %v", second, err)
	}
	for name, must := range map[string]object.Condition{"absent": object.IfAbsent(), "the first": object.IfMatch(first.ETag)} {
		_, err := b.Write(t.Context(), key, []byte("three"), must)
		race, lost := errors.AsType[*object.RaceError](err)
		if !lost || aws.KindOf(err) != aws.Conflict || race.Now == nil || race.Now.ETag != second.ETag {
			t.Errorf("%s: %v", name, err)
		}
	}
	now, err := b.Read(t.Context(), key)
	if err != nil || string(now.Data) != "two" || now.ETag != second.ETag || now.Version != second.Version {
		t.Errorf("%+v, %v", now, err)
	}
	b.put(t, "four")
	if got := b.versions(t); got != "four two one" {
		t.Errorf("the versions are %s", got)
	}
	if _, err := aws.S3(b.Bucket.Account).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: new(name), Key: new(key)}); err != nil {
		t.Fatal(err)
	}
	_, err = b.Write(t.Context(), key, []byte("five"), object.IfMatch(second.ETag))
	if race, lost := errors.AsType[*object.RaceError](err); !lost || race.Now != nil || aws.KindOf(err) != aws.Conflict {
		t.Errorf("deleted meanwhile: %v", err)
	}
	if got := b.versions(t); got != "- four two one" {
		t.Errorf("the versions are %s", got)
	}
	b.Owner = "999988887777"
	if _, err := b.Read(t.Context(), key); aws.KindOf(err) != aws.Denied {
		t.Errorf("somebody else's bucket is read: %v", err)
	}
	if _, err := b.Write(t.Context(), key, []byte("six"), object.Always()); aws.KindOf(err) != aws.Denied {
		t.Errorf("somebody else's bucket is written to: %v", err)
	}
}

// lost drops the answer to every successful write.
func lost(r *http.Request, answer *http.Response) (*http.Response, error) {
	if r.Method != http.MethodPut || answer.StatusCode != http.StatusOK {
		return answer, nil
	}
	_ = answer.Body.Close()
	return nil, io.ErrUnexpectedEOF
}

// untagged removes the ETag from the answer to every write.
func untagged(r *http.Request, answer *http.Response) (*http.Response, error) {
	if r.Method == http.MethodPut {
		answer.Header.Del("ETag")
	}
	return answer, nil
}

// Writes over "old" whose answer is lost, late or incomplete.
func TestALostAnswerIsLookedInto(t *testing.T) {
	deaf := func(t *testing.T, b *bucket) {
		b.after = lost
		b.inject(t, "deny=s3:GetObject")
	}
	never := func(*http.Request) error { return io.ErrUnexpectedEOF }
	for title, c := range map[string]struct {
		attempts int
		trouble  func(t *testing.T, b *bucket)
		kind     aws.Kind // of the error; empty: the write took place
		race     bool
		unsure   bool
		holds    string // versions afterwards
	}{
		"it took place":        {1, func(_ *testing.T, b *bucket) { b.after = lost }, "", false, false, "mine old"},
		"a later try meets it": {3, func(_ *testing.T, b *bucket) { b.after = lost }, "", false, false, "mine old"},
		"it did not":           {1, func(t *testing.T, b *bucket) { b.inject(t, "drop=s3:PutObject") }, aws.Offline, false, false, "old"},
		"AWS failed":           {1, func(t *testing.T, b *bucket) { b.inject(t, "error=s3:PutObject") }, aws.Unavailable, false, false, "old"},
		"a later try succeeds": {3, func(_ *testing.T, b *bucket) { b.before = never }, "", false, false, "mine old"},
		"another was first": {3, func(t *testing.T, b *bucket) {
			b.before = func(r *http.Request) error { b.put(t, "theirs"); return never(r) }
		}, aws.Conflict, true, false, "theirs old"},
		"another was first, once": {1, func(t *testing.T, b *bucket) {
			b.before = func(r *http.Request) error { b.put(t, "theirs"); return never(r) }
		}, aws.Conflict, true, false, "theirs old"},
		"another wrote over it": {1, func(t *testing.T, b *bucket) {
			b.after = func(r *http.Request, answer *http.Response) (*http.Response, error) {
				b.after = nil
				b.put(t, "theirs")
				return lost(r, answer)
			}
		}, aws.Conflict, true, false, "theirs mine old"},
		"two writes met": {1, func(t *testing.T, b *bucket) {
			b.inject(t, "error=s3:PutObject,status=409,code=ConditionalRequestConflict")
		}, aws.Conflict, true, false, "old"},
		"the answer confirms nothing":  {1, func(_ *testing.T, b *bucket) { b.after = untagged }, "", false, false, "mine old"},
		"lost and not to be read back": {1, deaf, aws.Offline, false, true, "mine old"},
		"refused and not to be read":   {3, deaf, aws.Denied, false, true, "mine old"},
		"not allowed":                  {1, func(t *testing.T, b *bucket) { b.inject(t, "deny=s3:PutObject") }, aws.Denied, false, false, "old"},
	} {
		t.Run(title, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := made(t, c.attempts)
				old := b.put(t, "old")
				c.trouble(t, b)
				o, err := b.Write(t.Context(), key, []byte("mine"), object.IfMatch(old.ETag))
				if aws.KindOf(err) != c.kind {
					t.Errorf("the error is %v", err)
				}
				if c.kind == "" && (string(o.Data) != "mine" || o.ETag == "" || o.Version == "" || o.Version == old.Version) {
					t.Errorf("it returned %+v", o)
				}
				race, isRace := errors.AsType[*object.RaceError](err)
				if isRace != c.race {
					t.Errorf("a lost race: %v", err)
				}
				if _, unsure := errors.AsType[*object.UnsureError](err); unsure != c.unsure {
					t.Errorf("unsure: %v", err)
				}
				holds := b.versions(t)
				if holds != c.holds {
					t.Errorf("the bucket holds %s", holds)
				}
				if isRace && !strings.HasPrefix(holds, string(race.Now.Data)) {
					t.Errorf("the race was lost to %+v", race.Now)
				}
			})
		})
	}
}

// An identity that may write and list but not read still recognises its own write.
func TestAWriteOnlyIdentityLooksFromOutside(t *testing.T) {
	for title, c := range map[string]struct {
		there string // before the write; empty: nothing
		kms   bool
		race  bool
	}{
		"ours":                    {"", false, false},
		"ours already":            {"mine", false, false},
		"another of that size":    {"them", false, true},
		"another of another size": {"theirs", false, true},
		"ours under KMS":          {"", true, false},
		"another under KMS":       {"theirs", true, true},
	} {
		t.Run(title, func(t *testing.T) {
			b := made(t, 1)
			if c.kms {
				rule := types.ServerSideEncryptionRule{
					ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms},
				}
				if _, err := aws.S3(b.Bucket.Account).PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{
					Bucket:                            new(name),
					ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{rule}},
				}); err != nil {
					t.Fatal(err)
				}
			}
			if c.there != "" {
				b.put(t, c.there)
			}
			b.inject(t, "deny=s3:GetObject")
			b.WriteOnly, b.after = true, lost
			o, err := b.Write(t.Context(), key, []byte("mine"), object.IfAbsent())
			if _, race := errors.AsType[*object.RaceError](err); race != c.race || (err != nil) != c.race {
				t.Errorf("%v", err)
			}
			if err == nil && o.ETag == "" {
				t.Errorf("it returned %+v", o)
			}
		})
	}
	b := made(t, 1)
	b.inject(t, "deny=s3:ListBucket")
	b.WriteOnly, b.after = true, lost
	_, err := b.Write(t.Context(), key, []byte("mine"), object.IfAbsent())
	if _, unsure := errors.AsType[*object.UnsureError](err); !unsure || !strings.Contains(err.Error(), "whether it was written is not known") {
		t.Errorf("it may not list either: %v", err)
	}
}

func TestAReadIsWholeOrAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := made(t, 1)
		content := strings.Repeat("passage ", 4000)
		b.put(t, content)
		b.inject(t, "truncate=s3:GetObject,after=1000,times=2")
		if o, err := b.Read(t.Context(), key); err != nil || string(o.Data) != content {
			t.Errorf("a body that broke off twice: %d bytes, %v", len(o.Data), err)
		}
		b.inject(t, "truncate=s3:GetObject,after=1000")
		if o, err := b.Read(t.Context(), key); aws.KindOf(err) != aws.Offline || len(o.Data) != 0 {
			t.Errorf("a body that always breaks off: %d bytes, %v", len(o.Data), err)
		}
		b.Clear()
		b.Most = int64(len(content)) - 1
		if _, err := b.Read(t.Context(), key); err == nil || !strings.Contains(err.Error(), name+"/"+key+" is larger than") {
			t.Errorf("too large: %v", err)
		}
		b.Most++
		if _, err := b.Read(t.Context(), key); err != nil {
			t.Errorf("just small enough: %v", err)
		}
		b.after = func(_ *http.Request, answer *http.Response) (*http.Response, error) {
			answer.Header.Del("ETag")
			return answer, nil
		}
		if _, err := b.Read(t.Context(), key); aws.KindOf(err) != aws.Unavailable || !strings.Contains(err.Error(), "no ETag") {
			t.Errorf("without an ETag: %v", err)
		}
	})
}

func TestListing(t *testing.T) {
	b := made(t, 1)
	for i := range 1003 {
		if _, err := b.Write(t.Context(), fmt.Sprintf("reports/a/%04d.json", i), []byte("{}"), object.IfAbsent()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Write(t.Context(), "reports/a/0000/signed/1.json", []byte("{}"), object.IfAbsent()); err != nil {
		t.Fatal(err)
	}
	count := func(prefix, delimiter string) (n int, last string) {
		t.Helper()
		for o, err := range b.List(t.Context(), prefix, delimiter) {
			if err != nil {
				t.Fatal(err)
			}
			if o.Key <= last || o.Size != 2 || o.ETag == "" || o.Changed.IsZero() {
				t.Errorf("after %s: %+v", last, o)
			}
			n, last = n+1, o.Key
		}
		return n, last
	}
	if n, last := count("reports/a/", ""); n != 1004 || last != "reports/a/1002.json" {
		t.Errorf("%d objects, the last %s", n, last)
	}
	if n, _ := count("reports/a/", "/"); n != 1003 {
		t.Errorf("%d objects directly below", n)
	}
	if n, _ := count("reports/b/", ""); n != 0 {
		t.Errorf("%d objects where there are none", n)
	}

	// A listing that has more pages but no token, or whose tokens lead nowhere, would never end.
	turn := 0
	next := regexp.MustCompile("<Next([A-Za-z]+)>[^<]*<")
	for name, change := range map[string]func(body []byte) []byte{
		"no token": func(body []byte) []byte { return next.ReplaceAll(body, []byte("<Next$1><")) },
		"one token": func(body []byte) []byte {
			return next.ReplaceAll(bytes.ReplaceAll(body, []byte("<IsTruncated>false"), []byte("<IsTruncated>true")), []byte("<Next$1>a<"))
		},
		"always another token": func(body []byte) []byte {
			turn++
			return next.ReplaceAll(body, fmt.Appendf(nil, "<Next$1>a%d<", turn))
		},
	} {
		first := map[bool][]byte{} // each listing's first page, which every token leads to
		b.after = func(r *http.Request, answer *http.Response) (*http.Response, error) {
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				return nil, err
			}
			of := r.URL.Query().Has("versions")
			if first[of] == nil {
				first[of] = body
			}
			body = change(first[of])
			answer.Body, answer.ContentLength, answer.StatusCode = io.NopCloser(bytes.NewReader(body)), int64(len(body)), http.StatusOK
			answer.Header.Set("Content-Length", fmt.Sprint(len(body)))
			return answer, nil
		}
		var listing error
		for _, err := range b.List(t.Context(), "reports/", "") {
			listing = err
		}
		_, versions := b.Versions(t.Context(), "reports/")
		for what, err := range map[string]error{"objects": listing, "versions": versions} {
			if err == nil || !strings.Contains(err.Error(), "the list does not end") {
				t.Errorf("a listing of %s, %s: %v", what, name, err)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	for data, want := range map[string]string{
		`{"schema": 1, "name": "x"}`:            "",
		`{"schema": 2, "name": "x"}`:            "",
		`{"schema": 3, "name": {"of": "late"}}`: "newer version of Claria wrote it (format 3; this version reads up to 2)",
		`{"schema": 0, "name": "x"}`:            "damaged",
		`{"name": "x"}`:                         "damaged",
		`{"schema": 1, "name": 5}`:              "damaged",
		`{"schema": 1, "name": "secr`:           "damaged",
		`[1]`:                                   "damaged",
		``:                                      "damaged",
	} {
		var into struct {
			Name string `json:"name"`
		}
		err := object.Decode([]byte(data), 2, &into)
		switch {
		case want == "" && (err != nil || into.Name != "x"):
			t.Errorf("%s: %+v, %v", data, into, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v", data, err)
		}
		if syntax, quotes := errors.AsType[*json.SyntaxError](err); quotes {
			t.Errorf("%s: the error holds %v", data, syntax)
		}
	}
}
