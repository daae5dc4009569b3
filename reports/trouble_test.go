package reports_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/reports"
)

const stream = "bedrock:ConverseStream"

func TestEveryPassingTroubleIsSurvivedAndSaid(t *testing.T) {
	for name, c := range map[string]struct {
		fault  string
		says   string
		resets bool // text had been shown before
	}{
		"throttled":             {"throttle=" + stream + ",times=2", "AWS asks for fewer requests (ThrottlingException); trying again in ", false},
		"dropped":               {"drop=" + stream + ",times=1", "The connection to AWS was lost; trying again in ", false},
		"truncated":             {"truncate=" + stream + ",after=2000,times=1", "The connection to AWS was lost; the section starts again in ", true},
		"unavailable":           {"error=" + stream + ",code=ServiceUnavailableException,status=503,times=1", "could not run the model (ServiceUnavailableException)", false},
		"internal":              {"error=" + stream + ",code=InternalServerException,status=500,times=1", "could not run the model", false},
		"model timeout":         {"error=" + stream + ",code=ModelTimeoutException,status=408,times=1", "could not run the model", false},
		"model not ready":       {"error=" + stream + ",code=ModelNotReadyException,status=429,times=1", "fewer requests (ModelNotReadyException)", false},
		"stream error":          {"break=" + stream + ",after=60,code=modelStreamErrorException,times=1", "could not run the model (ModelStreamErrorException); the section starts again", true},
		"throttled in stream":   {"break=" + stream + ",after=60,code=throttlingException,times=1", "fewer requests (ThrottlingException); the section starts again", true},
		"unavailable in stream": {"break=" + stream + ",after=60,code=serviceUnavailableException,times=1", "(ServiceUnavailableException); the section starts again", true},
		"malformed output":      {"stop=" + stream + ",reason=malformed_model_output,times=1", "The model's answer was malformed; the section starts again", true},
		"malformed tool use":    {"stop=" + stream + ",reason=malformed_tool_use,times=1", "malformed tool call; the section starts again", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newDemo(t, sandbox.Options{})
			p.inject(t, c.fault)
			drafter := p.drafter(nil)
			d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
			p.whole(t, drafter, d)
			if !d.heard(c.says) {
				t.Errorf("want a notice …%s…, got %q", c.says, d.notices)
			}
			if (d.resets > 0) != c.resets {
				t.Errorf("%d resets", d.resets)
			}
		})
	}
}

func TestWaitsGrowAndDiffer(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	p.inject(t, "throttle="+stream+",times=5")
	drafter := p.drafter(nil)
	p.whole(t, drafter, follow(t, drafter.Draft(t.Context(), p.request("soap")), nil))
	if len(p.waits) != 5 {
		t.Fatalf("waits %v", p.waits)
	}
	for i, wait := range p.waits {
		most := min(2*time.Second<<i, 30*time.Second)
		if wait < most/2 || wait > most {
			t.Errorf("wait %d is %s, want %s to %s", i, wait, most/2, most)
		}
	}
}

func TestLastingTroubleEndsTheDraftWithANextStepAndResumeGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		fault, says string
		kind        aws.Kind
	}{
		"throttled": {"throttle=" + stream, "ask AWS to raise the Bedrock quota", aws.Throttled},
		"offline":   {"drop=" + stream, "check the connection, then resume", aws.Offline},
		"denied":    {"deny=bedrock:InvokeModelWithResponseStream", "It needs bedrock:InvokeModelWithResponseStream", aws.Denied},
		"organization": {
			"deny=" + stream + ",by=scp", "denied by a service control policy of the organization) (AccessDeniedException). Nothing is lost: ask the administrator",
			aws.Denied,
		},
		"form": {
			"error=" + stream + ",code=ResourceNotFoundException,status=404,message=Model use case details have not been submitted for this account. " +
				"Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.",
			"wait 15 minutes if it was submitted", aws.Waiting,
		},
		"marketplace": {
			"error=" + stream + ",code=AccessDeniedException,status=403,message=Model access is denied due to IAM user or service role is not authorized " +
				"to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this " +
				"model. Refer to the Amazon Bedrock documentation for further details. Your AWS Marketplace subscription for this model cannot be " +
				"completed at this time. If you recently fixed this issue, try again after 2 minutes.",
			"try again in 2 minutes", aws.Waiting,
		},
		"absent":  {"error=" + stream + ",code=ResourceNotFoundException,status=404", "There is no model us.anthropic", aws.Absent},
		"expired": {"error=" + stream + ",code=ExpiredTokenException,status=403", "The session token has expired (ExpiredTokenException). Nothing is lost: sign in again", aws.Expired},
		"invalid": {"error=" + stream + ",code=ValidationException,status=400", "AWS refused the request", aws.Invalid},
		"broken":  {"break=" + stream + ",after=20", "resume the report later", aws.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newDemo(t, sandbox.Options{})
			drafter := p.drafter(nil)
			// The fault begins after the first section.
			d := follow(t, drafter.Draft(t.Context(), p.request("soap")), func(e reports.Event) {
				if e.Kind == reports.SectionEnded && e.Section == 0 {
					p.inject(t, c.fault)
				}
			})
			if d.err == nil || !strings.Contains(d.err.Error(), c.says) || aws.KindOf(d.err) != c.kind {
				t.Fatalf("got %v (%s), want …%s… (%s)", d.err, aws.KindOf(d.err), c.says, c.kind)
			}
			first, second := d.report.Sections[0], d.report.Sections[1]
			if first.State != reports.Written || second.State != reports.Failed || second.Problem == "" ||
				d.report.Sections[2].State != reports.Waiting {
				t.Errorf("states %s %s (%s) %s", first.State, second.State, second.Problem, d.report.Sections[2].State)
			}
			if name == "broken" && (second.Text == "" || second.Text.Reveal() != d.text[1]) {
				t.Errorf("the text of the section that failed must be kept: %q, shown %q", second.Text.Reveal(), d.text[1])
			}
			p.same(t, drafter, d.report)

			p.Clear()
			kept, err := drafter.Get(t.Context(), p.client.ID, d.report.ID)
			must(t, err)
			sent := len(p.wire.requests())
			again := follow(t, drafter.Resume(t.Context(), kept), nil)
			p.whole(t, drafter, again)
			if again.report.ID != d.report.ID || again.report.Sections[0].Text != first.Text || len(p.wire.requests())-sent != 3 {
				t.Errorf("the written section must stay as it is; %d requests", len(p.wire.requests())-sent)
			}
		})
	}
}

func TestEveryStopReasonIsNamed(t *testing.T) {
	for _, reason := range append(types.StopReason("").Values(), "a_reason_of_tomorrow") {
		t.Run(string(reason), func(t *testing.T) {
			p := newDemo(t, sandbox.Options{})
			p.inject(t, "stop="+stream+",reason="+string(reason)+",times=1")
			drafter := p.drafter(nil)
			d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
			if d.err != nil {
				t.Fatal(d.err)
			}
			first := d.report.Sections[0]
			want := map[types.StopReason]struct {
				state reports.State
				says  string
			}{
				types.StopReasonEndTurn:                    {reports.Written, ""},
				types.StopReasonMaxTokens:                  {reports.Written, ""},
				types.StopReasonMalformedModelOutput:       {reports.Written, ""},
				types.StopReasonMalformedToolUse:           {reports.Written, ""},
				types.StopReasonStopSequence:               {reports.Written, "check that the section is complete"},
				types.StopReasonToolUse:                    {reports.Failed, "asked for a tool"},
				types.StopReasonGuardrailIntervened:        {reports.Failed, "guardrail of this account"},
				types.StopReasonContentFiltered:            {reports.Failed, "content filter"},
				types.StopReasonModelContextWindowExceeded: {reports.Failed, "fewer files"},
				"a_reason_of_tomorrow":                     {reports.Failed, `("a_reason_of_tomorrow")`},
			}[reason]
			if first.State != want.state || !strings.Contains(first.Problem, want.says) || (want.says == "") != (first.Problem == "") {
				t.Errorf("got %s: %s; want %s: …%s…", first.State, first.Problem, want.state, want.says)
			}
			if first.Text == "" || first.Text.Reveal() != strings.TrimRight(d.text[0], " \n") {
				t.Errorf("the text is not kept: %q, shown %q", first.Text.Reveal(), d.text[0])
			}
			for _, other := range d.report.Sections[1:] {
				if other.State != reports.Written {
					t.Errorf("one section's stop must not keep the others from being written: %s is %s", other.ID, other.State)
				}
			}
			if want.says != "" && !strings.Contains(d.report.Markdown(), want.says) {
				t.Error("the Markdown does not say so")
			}
		})
	}
}

func TestAnAnswerThatWasCutOffIsContinued(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	whole := follow(t, p.drafter(nil).Draft(t.Context(), p.request("soap")), nil)
	sent := len(p.wire.requests())
	drafter := p.drafter(func(o *reports.Options) { o.MaxTokens = 60 })
	d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
	p.whole(t, drafter, d)
	for i, section := range d.report.Sections {
		if section.Text != whole.report.Sections[i].Text {
			t.Errorf("continued:\n%s\nin one piece:\n%s", section.Text.Reveal(), whole.report.Sections[i].Text.Reveal())
		}
	}
	requests := p.wire.requests()[sent:]
	if len(requests) <= 4 || len(requests[1].Messages) != 3 || requests[1].Messages[2].Role != "user" {
		t.Errorf("want continuations that end in a user's turn; got %d requests", len(requests))
	}

	bounded := p.drafter(func(o *reports.Options) { o.MaxTokens = 3 })
	d = follow(t, bounded.Draft(t.Context(), p.request("soap")), nil)
	if first := d.report.Sections[0]; d.err != nil || first.State != reports.Failed ||
		!strings.Contains(first.Problem, "longer than 15 tokens") || first.Text == "" {
		t.Errorf("got %v, %s: %s", d.err, first.State, first.Problem)
	}
}

func TestSilenceIsBounded(t *testing.T) {
	t.Run("before the first event", bubble(func(t *testing.T) {
		p := newDemo(t, sandbox.Options{})
		p.inject(t, "delay="+stream+",for=10s,times=1")
		drafter := p.drafter(func(o *reports.Options) { o.FirstEvent = 300 * time.Millisecond })
		d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
		p.whole(t, drafter, d)
		if !d.heard("The model did not start to answer within 0.3 s; trying again in ") {
			t.Errorf("notices %q", d.notices)
		}
	}))
	t.Run("between events", bubble(func(t *testing.T) {
		p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{PerWord: time.Second}})
		drafter := p.drafter(func(o *reports.Options) { o.Silence, o.Tries = 100*time.Millisecond, 2 })
		d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
		if d.err == nil || !strings.Contains(d.err.Error(), "The model sent nothing for 0.1 s. Nothing is lost") {
			t.Errorf("got %v, notices %q", d.err, d.notices)
		}
	}))
}

func TestStoppingKeepsTheText(t *testing.T) { synctest.Test(t, testStoppingKeepsTheText) }

func testStoppingKeepsTheText(t *testing.T) {
	p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{PerWord: 2 * time.Millisecond}})
	drafter := p.drafter(nil)
	ctx, stop := background(t)
	defer stop()
	pieces := 0
	d := follow(t, drafter.Draft(ctx, p.request("psychological-evaluation")), func(e reports.Event) {
		if e.Kind == reports.Text && e.Section == 2 {
			if pieces++; pieces == 8 {
				stop()
			}
		}
	})
	if d.err != nil {
		t.Fatalf("a stop is not an error: %v", d.err)
	}
	section := d.report.Sections[2]
	if section.State != reports.Stopped || section.Text == "" || section.Text.Reveal() != strings.TrimRight(d.text[2], " \n") {
		t.Errorf("%s, kept %q, shown %q", section.State, section.Text.Reveal(), d.text[2])
	}
	if d.report.Sections[1].State != reports.Written || d.report.Sections[3].State != reports.Waiting || !d.report.Usage.Estimated {
		t.Errorf("states %s, %s; usage %+v", d.report.Sections[1].State, d.report.Sections[3].State, d.report.Usage)
	}
	p.same(t, drafter, d.report)

	kept, err := drafter.Get(t.Context(), p.client.ID, d.report.ID)
	must(t, err)
	again := follow(t, drafter.Resume(t.Context(), kept), nil)
	p.whole(t, drafter, again)
	if again.report.Sections[1].Text != d.report.Sections[1].Text || again.resets != 1 {
		t.Errorf("%d resets", again.resets)
	}
	if d := follow(t, drafter.Resume(t.Context(), again.report), nil); d.err == nil || !strings.Contains(d.err.Error(), "nothing to resume") {
		t.Errorf("a whole report: %v", d.err)
	}
}

func TestStoppingTheLoopStopsTheDraft(t *testing.T) {
	synctest.Test(t, testStoppingTheLoopStopsTheDraft)
}

func testStoppingTheLoopStopsTheDraft(t *testing.T) {
	p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{PerWord: time.Millisecond}})
	drafter := p.drafter(nil)
	var id, shown string
	for event, err := range drafter.Draft(t.Context(), p.request("soap")) {
		must(t, err)
		id = max(id, event.Report.ID)
		shown += event.Delta.Reveal()
		if len(shown) > 60 {
			break
		}
	}
	kept, err := drafter.Get(t.Context(), p.client.ID, id)
	must(t, err)
	if got := kept.Sections[0]; got.State != reports.Stopped || !strings.HasPrefix(got.Text.Reveal(), strings.TrimSpace(shown)) {
		t.Errorf("%s, kept %q, shown %q", got.State, got.Text.Reveal(), shown)
	}
}

// While text streams, the saved text is never more than a second behind the displayed
// text, so a program that is killed loses no more than that. The clock is the test's
// own, and each save takes as long as on a slow line.
func TestAKilledDraftLosesAtMostTheLastSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{PerWord: 25 * time.Millisecond}})
		p.inject(t, "delay=s3:PutObject,for=200ms")
		drafter := reports.NewDrafter(p.account, p.store, bucket, reports.Options{Model: model})
		type shown struct {
			at     time.Time
			length int
		}
		var mu sync.Mutex
		var log []shown
		var id string
		length, looks := 0, 0
		var behind time.Duration
		ctx, stop := context.WithCancel(t.Context())
		var watching sync.WaitGroup
		watching.Go(func() {
			ticks := time.NewTicker(10 * time.Millisecond)
			defer ticks.Stop()
			for ; ctx.Err() == nil; <-ticks.C {
				mu.Lock()
				report := id
				mu.Unlock()
				if report == "" {
					continue
				}
				kept, err := drafter.Get(t.Context(), p.client.ID, report)
				if err != nil {
					t.Error(err)
					return
				}
				have := 0
				for _, s := range kept.Sections {
					have += len(s.Text)
				}
				mu.Lock()
				looks++
				if at := slices.IndexFunc(log, func(s shown) bool { return s.length > have }); at >= 0 {
					behind = max(behind, time.Since(log[at].at))
				}
				mu.Unlock()
			}
		})
		d := follow(t, drafter.Draft(ctx, p.request("psychological-evaluation")), func(e reports.Event) {
			mu.Lock()
			defer mu.Unlock()
			id = max(id, e.Report.ID)
			if e.Kind == reports.Text {
				length += len(e.Delta)
				log = append(log, shown{time.Now(), length})
			}
		})
		stop()
		watching.Wait()
		p.whole(t, drafter, d)
		if looks < 100 || behind < 500*time.Millisecond || behind > time.Second {
			t.Errorf("what was kept was up to %s behind what was shown, in %d looks", behind, looks)
		}
		t.Logf("at most %s behind, %d looks, %d saves of %d words", behind, looks, p.calls("PutObject"), len(log))
	})
}

func TestWhatACrashLeftIsShownAsCutOffAndResumes(t *testing.T) {
	synctest.Test(t, testWhatACrashLeftIsShownAsCutOffAndResumes)
}

func testWhatACrashLeftIsShownAsCutOffAndResumes(t *testing.T) {
	p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{PerWord: 5 * time.Millisecond}})
	drafter := p.drafter(nil)
	// A crash is a draft whose last words were never saved: after the draft, the test
	// restores the object from the middle of the second section.
	var middle string
	d := follow(t, drafter.Draft(t.Context(), p.request("soap")), func(e reports.Event) {
		if e.Kind == reports.Saved && middle == "" && e.Report.Sections[1].State == reports.Writing && e.Report.Sections[1].Text != "" {
			middle = p.object(t, e.Report)
		}
	})
	p.whole(t, drafter, d)
	if middle == "" {
		t.Fatal("nothing was saved in the middle of a section")
	}
	p.overwrite(t, d.report, middle)
	cut, err := drafter.Get(t.Context(), p.client.ID, d.report.ID)
	must(t, err)
	second := cut.Sections[1]
	if second.State != reports.Stopped || !strings.Contains(second.Problem, "The draft was interrupted and last saved on 20") ||
		second.Text == "" {
		t.Fatalf("%s: %s", second.State, second.Problem)
	}
	again := follow(t, drafter.Resume(t.Context(), cut), nil)
	p.whole(t, drafter, again)
	if again.report.ID != d.report.ID || again.resets != 1 {
		t.Errorf("%d resets", again.resets)
	}
}

func TestALostRaceLosesNothing(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	drafter := p.drafter(nil)
	const other = `{"schema":1,"title":"Written on another machine","sections":[],"context":[]}`
	var first string
	d := follow(t, drafter.Draft(t.Context(), p.request("soap")), func(e reports.Event) {
		if e.Kind == reports.SectionEnded && e.Section == 1 {
			first = e.Report.ID
			p.overwrite(t, e.Report, other)
		}
	})
	p.whole(t, drafter, d)
	if d.report.ID == first || d.report.CopyOf != first || !d.heard("Another computer changed the report "+first) ||
		!d.heard("continues as the new report "+d.report.ID) {
		t.Errorf("report %s, copy of %s, notices %q", d.report.ID, d.report.CopyOf, d.notices)
	}
	if got := p.object(t, reports.Report{Client: p.client.ID, ID: first}); got != other {
		t.Errorf("the other machine's report was overwritten: %s", got)
	}
	stale := d.report
	stale.Sections = slices.Clone(stale.Sections)
	stale.Sections[3].State = reports.Stopped
	p.overwrite(t, d.report, other)
	sent := len(p.wire.requests())
	if d := follow(t, drafter.Resume(t.Context(), stale), nil); d.err == nil ||
		!strings.Contains(d.err.Error(), "changed this report in the meantime") || len(p.wire.requests()) != sent {
		t.Errorf("a stale report must not be resumed: %v", d.err)
	}
	if got := p.object(t, d.report); got != other {
		t.Errorf("a stale resume overwrote: %s", got)
	}
}

// When the answer to a save is lost, the SDK sends the save again, and the second one
// meets the first. No other computer is involved.
func TestASaveWhoseAnswerIsLostIsKnownAsOurs(t *testing.T) {
	synctest.Test(t, testASaveWhoseAnswerIsLostIsKnownAsOurs)
}

func testASaveWhoseAnswerIsLostIsKnownAsOurs(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	lost := 0
	p.wire.after = func(r *http.Request, answer *http.Response) (*http.Response, error) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "reports/") && r.Header.Get("If-Match") != "" && lost < 1 {
			lost++
			_ = answer.Body.Close()
			return nil, io.ErrUnexpectedEOF
		}
		return answer, nil
	}
	drafter := p.drafter(nil)
	d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
	p.whole(t, drafter, d)
	if lost != 1 || d.report.CopyOf != "" || d.heard("Another computer") {
		t.Errorf("%d answers lost, copy of %q, notices %q", lost, d.report.CopyOf, d.notices)
	}
}

// When the connection fails just after a save arrived, the program does not know
// whether it did until the connection is back. The next save, with more text,
// replaces it.
func TestASaveWhoseFateWasUnknownIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{PerWord: 200 * time.Millisecond}})
		ours := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "reports/") }
		var mu sync.Mutex
		var broken time.Time
		p.wire.after = func(r *http.Request, answer *http.Response) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if ours(r) && r.Header.Get("If-Match") != "" && answer.StatusCode == http.StatusOK && broken.IsZero() {
				broken = time.Now()
				_ = answer.Body.Close()
				return nil, io.ErrUnexpectedEOF
			}
			return answer, nil
		}
		p.wire.before = func(r *http.Request, _ []byte) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if ours(r) && !broken.IsZero() && time.Since(broken) < 30*time.Second {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, nil
		}
		drafter := p.drafter(nil)
		d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
		p.whole(t, drafter, d)
		if broken.IsZero() || !d.heard("could not be saved") || !d.heard("can be saved again") || d.report.CopyOf != "" ||
			d.heard("Another computer") {
			t.Errorf("copy of %q, notices %q", d.report.CopyOf, d.notices)
		}
	})
}

func TestADraftThatCannotBeSavedGoesOnAndSaysSo(t *testing.T) {
	synctest.Test(t, testADraftThatCannotBeSavedGoesOnAndSaysSo)
}

func testADraftThatCannotBeSavedGoesOnAndSaysSo(t *testing.T) {
	p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{PerWord: 25 * time.Millisecond}})
	drafter := reports.NewDrafter(p.account, p.store, bucket, reports.Options{Model: model})
	d := follow(t, drafter.Draft(t.Context(), p.request("soap")), func(e reports.Event) {
		switch {
		case e.Kind == reports.SectionEnded && e.Section == 0:
			p.inject(t, "deny=s3:PutObject")
		case e.Kind == reports.SectionEnded && e.Section == 2:
			p.Clear()
		}
	})
	p.whole(t, drafter, d)
	if !d.heard("could not be saved (this identity is not allowed to do it). It continues") || !d.heard("can be saved again") {
		t.Errorf("notices %q", d.notices)
	}

	d = follow(t, drafter.Draft(t.Context(), p.request("soap")), func(e reports.Event) {
		if e.Kind == reports.SectionEnded && e.Section == 0 {
			p.inject(t, "deny=s3:PutObject")
		}
	})
	if d.err == nil || !strings.Contains(d.err.Error(), "could not be saved. Copy its text") || d.report.Sections[3].State != reports.Written {
		t.Errorf("got %v", d.err)
	}
	if d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil); d.err == nil ||
		!strings.Contains(d.err.Error(), "nothing was sent to the model") {
		t.Errorf("got %v", d.err)
	}
}

// AWS refuses a cache point for some models, as denied or as invalid.
func TestAModelWithoutACacheIsAskedWithoutOne(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusBadRequest} {
		p := newDemo(t, sandbox.Options{})
		code := map[int]string{403: "AccessDeniedException", 400: "ValidationException"}[status]
		p.wire.before = func(r *http.Request, body []byte) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/converse-stream") || !strings.Contains(string(body), "cachePoint") {
				return nil, nil
			}
			return &http.Response{
				StatusCode: status, Request: r, Header: http.Header{"X-Amzn-Errortype": {code}, "Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(`{"message":"You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information."}`)),
			}, nil
		}
		drafter := p.drafter(nil)
		d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
		p.whole(t, drafter, d)
		if !d.heard("does not cache") || len(p.wire.requests()) != 5 || len(p.waits) != 0 {
			t.Errorf("%s: %d requests, notices %q", code, len(p.wire.requests()), d.notices)
		}
	}
}

// object returns a report's object from the bucket.
func (p *demo) object(t *testing.T, report reports.Report) string {
	t.Helper()
	out, err := aws.S3(p.account).GetObject(t.Context(),
		&s3.GetObjectInput{Bucket: new(bucket), Key: new("reports/" + report.Client + "/" + report.ID + ".json")})
	must(t, err)
	data, err := io.ReadAll(out.Body)
	must(t, err)
	return string(data)
}

// overwrite writes a report's object as another computer would.
func (p *demo) overwrite(t *testing.T, report reports.Report, content string) {
	t.Helper()
	_, err := aws.S3(p.account).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: new(bucket), Key: new("reports/" + report.Client + "/" + report.ID + ".json"), Body: strings.NewReader(content),
	})
	must(t, err)
}

func TestReportsErrorsAndTextDoNotPrintThemselves(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	drafter := p.drafter(nil)
	request := p.request("soap")
	request.Instructions = "mention nothing of Xanadu"
	d := follow(t, drafter.Draft(t.Context(), request), nil)
	printed := fmt.Sprintf("%v %+v %#v", d.report, d.events, d.report.Sections)
	if strings.Contains(printed, "Xanadu") || strings.Contains(printed, "mother") || strings.Contains(printed, "intake.txt") {
		t.Error("a report prints its text through fmt")
	}
}
