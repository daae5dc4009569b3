package reports_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"claria/aws/sandbox"
	"claria/reports"
)

const thinker = "us.anthropic.claude-sonnet-5-5"

// sentTo is what a request says to the model in addition to its messages.
func sentTo(t *testing.T, c converse) (room int, fields map[string]any) {
	t.Helper()
	var body struct {
		Config     map[string]any `json:"inferenceConfig"`
		Additional map[string]any `json:"additionalModelRequestFields"`
	}
	must(t, json.Unmarshal([]byte(c.raw), &body))
	for _, never := range []string{"temperature", "topP"} {
		if _, ok := body.Config[never]; ok {
			t.Errorf("the request has %s, which new models refuse", never)
		}
	}
	return int(body.Config["maxTokens"].(float64)), body.Additional
}

// A model that thinks unasked gets an effort and room to think; an older one gets neither.
func TestAModelThatThinksGetsRoomForIt(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	p.subscribe(t, thinker)
	drafter := p.drafter(func(o *reports.Options) { o.Model = thinker })
	p.whole(t, drafter, follow(t, drafter.Draft(t.Context(), p.request("soap")), nil))
	for _, c := range p.wire.requests() {
		if room, fields := sentTo(t, c); room != 4096+16_000 || !strings.Contains(c.raw, `"output_config":{"effort":"medium"}`) {
			t.Errorf("a request leaves %d tokens and says %v", room, fields)
		}
	}
	before := len(p.wire.requests())
	older := p.drafter(nil)
	p.whole(t, older, follow(t, older.Draft(t.Context(), p.request("soap")), nil))
	if room, fields := sentTo(t, p.wire.requests()[before]); room != 4096 || fields != nil {
		t.Errorf("the request to %s leaves %d tokens and says %v", model, room, fields)
	}
}

// At medium effort this writer thinks past the room, at low effort not.
func TestThinkingWithoutTextIsAskedAgainAndSaid(t *testing.T) {
	draft := func(thought int) drafted {
		p := newDemo(t, sandbox.Options{Writer: sandbox.Pace{Thought: thought}})
		p.subscribe(t, thinker)
		drafter := p.drafter(func(o *reports.Options) { o.Model = thinker })
		return follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
	}
	d := draft(100_000)
	if said := strings.Join(d.notices, "\n"); strings.Count(said, "thought and wrote nothing; it is asked again to think less") != 1 {
		t.Errorf("once, then the draft goes on with less thinking; notices:\n%s", said)
	}
	for _, section := range d.report.Sections {
		if section.State != reports.Written || section.Text == "" {
			t.Errorf("%s: %s %s", section.ID, section.State, section.Problem)
		}
	}
	for _, section := range draft(1_000_000).report.Sections {
		if section.State != reports.Failed || !strings.Contains(section.Problem, "thought and wrote no text, twice, within 20,096 tokens") ||
			!strings.Contains(section.Problem, "claria models use") {
			t.Errorf("%s: %s %s", section.ID, section.State, section.Problem)
		}
	}
}

// A request whose form the model refuses is said in AWS's words; a model that AWS retires
// is said to be retired.
func TestARefusedFormAndARetiredModelAreSaid(t *testing.T) {
	for name, c := range map[string]struct{ profile, answer, says string }{
		"form": {thinker, "output_config: Extra inputs are not permitted", "refused the form of the request through Converse: output_config: Extra"},
		"old":  {"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "", "AWS retires the model us.anthropic.claude-sonnet-4-5"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newDemo(t, sandbox.Options{})
			p.subscribe(t, c.profile)
			p.wire.before = func(r *http.Request, _ []byte) (*http.Response, error) {
				if c.answer == "" || !strings.HasSuffix(r.URL.Path, "/converse-stream") {
					return nil, nil
				}
				return &http.Response{
					StatusCode: http.StatusBadRequest, Request: r, Header: http.Header{"X-Amzn-Errortype": {"ValidationException"}},
					Body: io.NopCloser(strings.NewReader(`{"message":"` + c.answer + `"}`)),
				}, nil
			}
			drafter := p.drafter(func(o *reports.Options) { o.Model = c.profile })
			d := follow(t, drafter.Draft(t.Context(), p.request("soap")), nil)
			if d.err == nil || !strings.Contains(d.err.Error(), c.says) || !strings.Contains(d.err.Error(), "claria models") {
				t.Errorf("got %v", d.err)
			}
		})
	}
}

// A report whose model the practice no longer uses goes on with the one in use.
func TestAReportOfAnEarlierModelGoesOnWithTheOneInUse(t *testing.T) {
	p := newDemo(t, sandbox.Options{})
	p.subscribe(t, thinker)
	p.inject(t, "throttle="+stream)
	begun := follow(t, p.drafter(func(o *reports.Options) { o.Tries = 1 }).Draft(t.Context(), p.request("soap")), nil)
	p.Clear()
	drafter := p.drafter(func(o *reports.Options) { o.Model, o.Declared = thinker, []string{thinker} })
	kept, err := drafter.Get(t.Context(), p.client.ID, begun.report.ID)
	must(t, err)
	d := follow(t, drafter.Resume(t.Context(), kept), nil)
	p.whole(t, drafter, d)
	if d.report.Model != thinker || len(d.notices) == 0 || !strings.Contains(d.notices[0], "begun with "+model) {
		t.Errorf("the report's model is %s; notices %q", d.report.Model, d.notices)
	}
}
