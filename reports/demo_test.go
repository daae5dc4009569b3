package reports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/clients"
	"claria/internal/safe"
	"claria/reports"
)

const (
	bucket = "111122223333-claria-records"
	model  = "us.anthropic.claude-sonnet-4-6"
)

// demo is a demo account with a data bucket, access to the model, and a client
// with two files.
type demo struct {
	*sandbox.Account
	wire    *wire
	account *aws.Account
	store   *clients.Store
	client  clients.Client
	files   []clients.File
	waits   []time.Duration // the waits before another try, which a test skips
	mu      sync.Mutex
}

// wire records the requests to Bedrock, and lets a test intercept them.
type wire struct {
	next   aws.HTTPClient
	mu     sync.Mutex
	sent   []converse
	keys   []string
	before func(*http.Request, []byte) (*http.Response, error) // nil answer: continue
	after  func(*http.Request, *http.Response) (*http.Response, error)
}

// converse is a Converse request as it goes over the wire.
type converse struct {
	System   []block `json:"system"`
	Messages []struct {
		Role    string  `json:"role"`
		Content []block `json:"content"`
	} `json:"messages"`
	raw string
}

type block struct {
	Text       string          `json:"text"`
	CachePoint json.RawMessage `json:"cachePoint"`
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	w.mu.Lock()
	if strings.HasSuffix(r.URL.Path, "/converse-stream") {
		c := converse{raw: string(body)}
		_ = json.Unmarshal(body, &c)
		w.sent = append(w.sent, c)
	}
	if strings.Contains(r.URL.Host, "s3") {
		w.keys = append(w.keys, r.URL.String())
	}
	before, after := w.before, w.after
	w.mu.Unlock()
	if before != nil {
		if answer, err := before(r, body); answer != nil || err != nil {
			return answer, err
		}
	}
	answer, err := w.next.Do(r)
	if after != nil && err == nil {
		return after(r, answer)
	}
	return answer, err
}

func (w *wire) requests() []converse {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

const intake = `Reason for referral

Jane Doe was referred by her pediatrician, Dr. Alvarez, on 3 March 2026 after a drop in grades this spring. Her mother asked whether attention or worry explains the change.

Background

Her mother reported that she was born at term and walked at eleven months. She lives with her mother, her stepfather and a younger brother. She sleeps six hours on school nights and takes no medication.

Behavioral observations

She arrived ten minutes early and separated from her mother without difficulty. Her speech was clear and her affect was bright. Her attention drifted during timed tasks and she asked for two breaks in forty minutes.

Plan

We agreed that she will keep a sleep diary for two weeks. The next session is on 16 March 2026.
`

const scores = `WISC-V scores were obtained on 10 March 2026. The Verbal Comprehension Index was 112, percentile 79. The Processing Speed Index was 86, percentile 18.

The teacher questionnaire describes her as curious and kind, and rates her inattention above average.

Her mother reported worry about school on most evenings. She denied thoughts of harm to herself.
`

func newDemo(t *testing.T, options sandbox.Options) *demo {
	t.Helper()
	box, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	p := &demo{Account: box, wire: &wire{next: box.Client()}}
	environ := box.Environ()
	p.account, err = aws.Open(t.Context(), aws.Options{
		Region: "us-east-1", Client: p.wire, Source: aws.Source{Kind: aws.FromEnvironment},
		LookupEnv: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.store = clients.New(p.account, bucket)
	p.prepare(t)
	return p
}

func (p *demo) prepare(t *testing.T) {
	t.Helper()
	ctx, name := t.Context(), bucket
	_, err := aws.S3(p.account).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	must(t, err)
	_, err = aws.S3(p.account).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	must(t, err)
	form := `{"companyName":"Example practice","companyWebsite":"https://example.org","intendedUsers":"0","industryOption":"Healthcare","useCases":"drafting"}`
	_, err = aws.Bedrock(p.account).PutUseCaseForModelAccess(ctx, &bedrock.PutUseCaseForModelAccessInput{FormData: []byte(form)})
	must(t, err)
	p.subscribe(t, model)
	p.client, err = p.store.Add(ctx, "Doe, Jane")
	must(t, err)
	p.files = []clients.File{p.put(t, "Jane Doe intake.txt", intake), p.put(t, "Jane Doe scores.txt", scores)}
}

// subscribe accepts a model's terms.
func (p *demo) subscribe(t *testing.T, profile string) {
	t.Helper()
	ctx, foundation := t.Context(), strings.TrimPrefix(profile, "us.")
	offers, err := aws.Bedrock(p.account).ListFoundationModelAgreementOffers(ctx,
		&bedrock.ListFoundationModelAgreementOffersInput{ModelId: &foundation})
	must(t, err)
	_, err = aws.Bedrock(p.account).CreateFoundationModelAgreement(ctx, &bedrock.CreateFoundationModelAgreementInput{
		ModelId: &foundation, OfferToken: offers.Offers[0].OfferToken,
	})
	must(t, err)
}

// bubble runs a test with its own clock, which advances when every goroutine waits.
func bubble(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, f) }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *demo) put(t *testing.T, name, content string) clients.File {
	t.Helper()
	file, err := p.store.PutReader(t.Context(), p.client.ID, safe.PHI(name), strings.NewReader(content))
	must(t, err)
	return file
}

// drafter returns a drafter whose waits before another try end at once.
func (p *demo) drafter(change func(*reports.Options)) *reports.Drafter {
	options := reports.Options{Model: model, SaveEvery: 20 * time.Millisecond, FirstEvent: 59 * time.Second, Silence: 58 * time.Second}
	if change != nil {
		change(&options)
	}
	real := []time.Duration{options.SaveEvery, options.FirstEvent, options.Silence}
	options.After = func(d time.Duration) <-chan time.Time {
		if slices.Contains(real, d) {
			return time.After(d)
		}
		p.mu.Lock()
		p.waits = append(p.waits, d)
		p.mu.Unlock()
		return time.After(0)
	}
	return reports.NewDrafter(p.account, p.store, bucket, options)
}

func (p *demo) request(template string) reports.Request {
	return reports.Request{Client: p.client.ID, Template: template, Files: p.files}
}

// drafted is the result of a draft.
type drafted struct {
	report  reports.Report // as saved
	err     error
	events  []reports.Event
	notices []string
	text    map[int]string // the text of each section as a screen shows it, with resets applied
	resets  int
}

// follow reads a draft to its end, calling each for every event.
func follow(t *testing.T, events iter.Seq2[reports.Event, error], each func(reports.Event)) drafted {
	t.Helper()
	d := drafted{text: map[int]string{}}
	done := false
	for event, err := range events {
		if done {
			t.Fatal("an event came after Done")
		}
		d.events = append(d.events, event)
		switch event.Kind {
		case reports.Text:
			d.text[event.Section] += event.Delta.Reveal()
		case reports.SectionReset:
			d.text[event.Section] = ""
			d.resets++
		case reports.Notice:
			d.notices = append(d.notices, event.Notice)
		case reports.Done:
			d.report, done = event.Report, true
		}
		if err != nil {
			d.err = err
			if event.Kind != reports.Done && event.Kind != "" {
				t.Fatalf("an error came with a %s event", event.Kind)
			}
		}
		if each != nil {
			each(event)
		}
	}
	if !done && d.err == nil {
		t.Fatal("the draft ended without Done and without an error")
	}
	return d
}

// heard reports whether a notice contains this.
func (d drafted) heard(words string) bool {
	return slices.ContainsFunc(d.notices, func(n string) bool { return strings.Contains(n, words) })
}

// whole checks that every section is written, and that the screen, the result and the
// storage agree.
func (p *demo) whole(t *testing.T, drafter *reports.Drafter, d drafted) {
	t.Helper()
	if d.err != nil {
		t.Fatalf("the draft failed: %v", d.err)
	}
	for i, section := range d.report.Sections {
		if section.State != reports.Written || section.Text == "" {
			t.Errorf("section %s is %s: %s", section.ID, section.State, section.Problem)
		}
		if shown, ok := d.text[i]; ok && strings.TrimRight(shown, " \n") != section.Text.Reveal() {
			t.Errorf("section %s was shown as\n%s\nand kept as\n%s", section.ID, shown, section.Text.Reveal())
		}
	}
	p.same(t, drafter, d.report)
}

// same checks that the stored report is the same.
func (p *demo) same(t *testing.T, drafter *reports.Drafter, report reports.Report) {
	t.Helper()
	kept, err := drafter.Get(t.Context(), report.Client, report.ID)
	must(t, err)
	if kept.Markdown() != report.Markdown() || kept.ETag != report.ETag || kept.Version != report.Version {
		t.Errorf("kept:\n%s\nwant:\n%s", kept.Markdown(), report.Markdown())
	}
}

// calls counts the recorded calls of an operation.
func (p *demo) calls(operation string) int {
	n := 0
	for _, call := range p.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

func (p *demo) inject(t *testing.T, faults ...string) {
	t.Helper()
	for _, fault := range faults {
		must(t, p.Inject(fault))
	}
}

func background(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), time.Minute)
}
