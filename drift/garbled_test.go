package drift_test

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"claria/aws"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision/state"
)

// garbler is between the program and the demo account and puts another
// answer in place of one kind of request's.
type garbler struct {
	next aws.HTTPClient

	mu     sync.Mutex
	seen   map[string]bool
	only   string // the kind of request; empty: none
	answer instead

	changed bool // an answer was AWS's with another body
}

// instead is an answer in the place of AWS's.
type instead struct {
	name   string
	status int
	body   string
	of     func(string) string // the body made of AWS's, with AWS's headers; nil: body
}

func (g *garbler) Do(r *http.Request) (*http.Response, error) {
	kind, err := kindOf(r)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	g.seen[kind] = true
	hit := kind == g.only
	g.mu.Unlock()
	if !hit {
		return g.next.Do(r)
	}
	header, status, body := http.Header{}, g.answer.status, g.answer.body
	if g.answer.of != nil {
		real, err := g.next.Do(r)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(real.Body)
		_ = real.Body.Close()
		if err != nil {
			return nil, err
		}
		header, status, body = real.Header.Clone(), real.StatusCode, string(text)
		header.Del("Content-Length")
		if status == http.StatusOK && body != "" {
			body = g.answer.of(body)
			g.mu.Lock()
			g.changed = true
			g.mu.Unlock()
		}
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: header,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// kindOf distinguishes requests of different operations in each of AWS's protocols:
// by action, by target, or by path.
func kindOf(r *http.Request) (string, error) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target, nil
	}
	kind := r.Method + " " + r.URL.Host + r.URL.Path
	if r.Body != nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", err
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		form, _, _ := strings.Cut(string(body), "&Version")
		return kind + " " + form, nil
	}
	return kind + "?" + strings.Join(slices.Sorted(maps.Keys(r.URL.Query())), "&"), nil
}

// TestAnAnswerThatIsNoAnswerIsNeverAPass puts, for each request that a scan makes,
// what a proxy, a cut connection or a service that changed could answer: the
// controls that are unknown when the request is refused must not pass then.
func TestAnAnswerThatIsNoAnswerIsNeverAPass(t *testing.T) {
	t.Parallel()
	practice, auditor := settled(t)
	// behind returns the auditor's view through its own garbler.
	behind := func(t *testing.T) (*garbler, func() map[string]catalogue.Status) {
		g := &garbler{next: practice.Client(), seen: map[string]bool{}}
		account, err := aws.Open(t.Context(), aws.Options{
			Region: settings.Region, Client: g, ReadOnly: true, Attempts: 1,
			Source:    auditor.Source(),
			LookupEnv: func(string) (string, bool) { return "", false },
		})
		if err != nil {
			t.Fatal(err)
		}
		return g, func() map[string]catalogue.Status {
			result, err := drift.Scan(t.Context(), account, settings, drift.Options{Runs: state.Known([]drift.Run{})})
			if err != nil {
				return nil // the scan says that it could not begin
			}
			all := map[string]catalogue.Status{}
			for _, f := range result.Report.Controls {
				all[f.ID] = f.Status
			}
			return all
		}
	}
	g, statuses := behind(t)
	if fine := statuses(); len(fine) == 0 || slices.ContainsFunc(slices.Collect(maps.Values(fine)), func(s catalogue.Status) bool { return s == catalogue.Fail || s == catalogue.Unknown }) {
		t.Fatalf("not a good account to begin with: %v", fine)
	}
	other := func(body string) func(string) string { return func(string) string { return body } }
	answers := []instead{
		{name: "a proxy's 404", status: http.StatusNotFound, body: "<html><body>not found</body></html>"},
		{name: "a proxy's welcome", status: http.StatusOK, body: "<html><body>Welcome to the hotel</body></html>"},
		{name: "nothing", status: http.StatusOK},
		{name: "AWS's headers and a page", of: other("<html><body>blocked</body></html>")},
		{name: "AWS's headers and an empty object", of: other("{}")},
		{name: "AWS's headers and another document", of: other(anotherDocument)},
		{name: "half of the answer", of: func(body string) string { return body[:(len(body)+1)/2] }},
	}
	for _, kind := range slices.Sorted(maps.Keys(g.seen)) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			g, statuses := behind(t)
			g.only, g.answer = kind, instead{status: http.StatusForbidden}
			refused := statuses()
			if !slices.Contains(slices.Collect(maps.Values(refused)), catalogue.Unknown) {
				return // it only informs
			}
			for _, answer := range answers {
				g.answer, g.changed = answer, false
				found := statuses()
				if answer.of != nil && !g.changed || says(kind, answer) {
					continue // AWS has no body there
				}
				for id, status := range found {
					if refused[id] == catalogue.Unknown && (status != catalogue.Unknown && status != catalogue.Fail) {
						t.Errorf("answered with %s: %s is %s", answer.name, id, status)
					}
				}
			}
		})
	}
}

// says reports whether a body is a valid answer to a request: Bedrock says that nothing is
// logged by leaving the configuration out.
func says(kind string, answer instead) bool {
	return strings.HasSuffix(kind, "/logging/modelinvocations?") && answer.of != nil && answer.of("") == "{}"
}

// anotherDocument has the namespace of S3, but no operation answers with it.
const anotherDocument = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
	`<AnotherConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></AnotherConfiguration>`
