package drift_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
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

// endless is between the program and the demo account and gives the pages of one
// operation's lists no end: every page says that there is another, and all are the first.
type endless struct {
	next aws.HTTPClient

	mu       sync.Mutex
	only     string            // the operation; empty: all
	refuse   bool              // refuse the operation instead
	first    map[string][]byte // the first page of each list
	followed map[string]int    // how often a further page was asked for
}

func (e *endless) Do(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	operation := r.Method + " " + r.URL.Host + r.URL.Path + r.Header.Get("X-Amz-Target")
	if form, err := url.ParseQuery(string(sent)); err == nil {
		operation += form.Get("Action")
	}
	e.mu.Lock()
	further := bytes.Contains(sent, []byte("endless")) || strings.Contains(r.URL.RawQuery, "endless")
	if further {
		e.followed[operation]++
	}
	list := operation + strings.ReplaceAll(tokens.ReplaceAllString(string(sent), ""), ",", "")
	page, token := e.first[list], fmt.Sprintf("endless%d", e.followed[operation])
	e.mu.Unlock()
	answer, err := e.next.Do(r)
	if err == nil && e.refuse && operation == e.only {
		answer.StatusCode, answer.Body = http.StatusForbidden, http.NoBody
	}
	if err != nil || r.Method == http.MethodHead || e.only != "" && operation != e.only || answer.StatusCode != http.StatusOK && !further {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	if further {
		body, answer.StatusCode = page, http.StatusOK
	}
	e.mu.Lock()
	e.first[list] = body
	e.mu.Unlock()
	body = withToken(body, token)
	answer.Header = answer.Header.Clone()
	answer.Header.Del("Content-Length")
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer, nil
}

// tokens are the tokens in a request's body.
var tokens = regexp.MustCompile(`"?(NextToken|nextToken|NextMarker|Marker)"?[:=]"?endless[0-9]+"?[,&]?`)

// firstTag is the start of the element whose children are an answer's members.
var firstTag = regexp.MustCompile(`<[A-Za-z0-9]+Result[^/>]*>|<[A-Za-z0-9]+(Response|Configuration|Status|Policy|Tagging)[^/>]*>`)

// withToken adds to a page the tokens of all services.
func withToken(body []byte, token string) []byte {
	var members map[string]any
	if json.Unmarshal(body, &members) == nil {
		for _, name := range []string{"NextToken", "nextToken", "NextMarker", "Marker", "LastEvaluatedTableName"} {
			members[name] = token
		}
		members["Truncated"] = true
		changed, _ := json.Marshal(members)
		return changed
	}
	at := firstTag.FindIndex(body)
	if result := bytes.Index(body, []byte("Result>")); result > 0 {
		at = []int{0, result + len("Result>")}
	}
	if at == nil {
		return body
	}
	added := ""
	for _, name := range []string{"Marker", "NextMarker", "NextToken", "nextToken", "ContinuationToken", "NextContinuationToken", "NextKeyMarker"} {
		added += "<" + name + ">" + token + "</" + name + ">"
	}
	tail := bytes.ReplaceAll(body[at[1]:], []byte("<IsTruncated>false</IsTruncated>"), nil)
	return slices.Concat(body[:at[1]], []byte(added+"<IsTruncated>true</IsTruncated>"), tail)
}

// TestAListWithoutEndIsUnknown gives each list that a scan reads no end: the scan ends,
// and what is unknown when the list is refused does not pass.
func TestAListWithoutEndIsUnknown(t *testing.T) {
	t.Parallel()
	practice, auditor := settled(t)
	statuses := func(t *testing.T, client aws.HTTPClient) map[string]catalogue.Status {
		account, err := aws.Open(t.Context(), aws.Options{
			Region: settings.Region, Client: client, ReadOnly: true, Attempts: 1, Source: auditor.Source(),
			LookupEnv: func(string) (string, bool) { return "", false },
		})
		if err != nil {
			t.Fatal(err)
		}
		wide := settings
		wide.Wide = true
		result, err := drift.Scan(t.Context(), account, wide, drift.Options{Runs: state.Known([]drift.Run{}), Set: catalogue.Strict})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]catalogue.Status{}
		for _, f := range result.Report.Controls {
			all[f.ID] = f.Status
		}
		return all
	}
	every := &endless{next: practice.Client(), first: map[string][]byte{}, followed: map[string]int{}}
	statuses(t, every)
	if len(every.followed) < 20 {
		t.Errorf("only these lists have pages: %v", slices.Sorted(maps.Keys(every.followed)))
	}
	for _, operation := range slices.Sorted(maps.Keys(every.followed)) {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			refused := statuses(t, &endless{next: practice.Client(), only: operation, refuse: true, first: map[string][]byte{}})
			one := &endless{next: practice.Client(), only: operation, first: map[string][]byte{}, followed: map[string]int{}}
			for id, status := range statuses(t, one) {
				if refused[id] == catalogue.Unknown && status != catalogue.Unknown && status != catalogue.Fail {
					t.Errorf("%s is %s after %d pages", id, status, one.followed[operation])
				}
			}
		})
	}
}
