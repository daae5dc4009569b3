package ui

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"claria/audit"
	"claria/aws"
	"claria/clients"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
	"claria/reports"
	"claria/session"
	"claria/session/watch"
)

// The account that the golden frames show: two families, one drifted control,
// one failing one for a person, one unknown one.
var sampleControls = []catalogue.Control{
	{ID: "BAA-01", Family: "Agreements", Title: "An agreement with AWS is in force", Meaning: "AWS may only keep patient records for you under a Business Associate Addendum.", Guide: "Accept it in AWS Artifact."},
	{ID: "IAM-02", Family: "Identity", Title: "The root user has a second factor", Meaning: "Whoever has the root password alone can not get in.", Guide: "1. Sign in as the root user.\n2. Open Security credentials.\n3. Add a second factor."},
	{ID: "IAM-07", Family: "Identity", Title: "No policy allows everything"},
	{ID: "S3-02", Family: "Storage", Title: "Records are encrypted at rest", Meaning: "Whoever carries a disk away reads nothing."},
	{ID: "S3-11", Family: "Storage", Title: "Every version of a record is kept", Meaning: "Nothing is overwritten or deleted for good by accident or by somebody else."},
	{ID: "BDR-07", Family: "AI", Title: "Prompts are not copied anywhere"},
}

var sampleFindings = []drift.Finding{
	{ID: "BAA-01", Title: "An agreement with AWS is in force", Status: catalogue.Pass, Severity: catalogue.Critical, Citations: []string{"164.308(b)(1)"}, Resource: "account 111122223333", Desired: "active", Observed: "active since 2026-03-02", Remedy: catalogue.Guided},
	{ID: "IAM-02", Title: "The root user has a second factor", Status: catalogue.Fail, Severity: catalogue.Critical, Citations: []string{"164.312(d)"}, ConfigRules: []string{"root-account-mfa-enabled"}, Resource: "root user", Desired: "on", Observed: "off", Reason: "The root user can sign in with a password alone", Remedy: catalogue.Guided},
	{ID: "IAM-07", Title: "No policy allows everything", Status: catalogue.Pass, Severity: catalogue.Critical, Citations: []string{"164.502(b)"}, Remedy: catalogue.Guided},
	{ID: "S3-02", Title: "Records are encrypted at rest", Status: catalogue.Pass, Severity: catalogue.High, Citations: []string{"164.312(a)(2)(iv)"}, Remedy: catalogue.Automatic},
	{ID: "S3-11", Title: "Every version of a record is kept", Status: catalogue.Fail, Severity: catalogue.High, Citations: []string{"164.312(c)(1)", "164.308(a)(7)"}, ConfigRules: []string{"s3-bucket-versioning-enabled"}, Resource: "bucket 111122223333-claria-records", Desired: "Enabled", Observed: "Suspended", Reason: "Versioning is suspended", Remedy: catalogue.Automatic},
	{ID: "BDR-07", Title: "Prompts are not copied anywhere", Status: catalogue.Unknown, Severity: catalogue.Medium, Citations: []string{"164.312(a)(1)"}, Resource: "Bedrock in us-east-1", Desired: "off", Reason: "bedrock:GetModelInvocationLoggingConfiguration: this identity is not allowed to do it", Remedy: catalogue.Automatic},
}

var sampleSteps = []provision.Step{
	{ID: "data-bucket", Op: provision.Create, Resource: "data bucket 111122223333-claria-records", Summary: "encrypted, versioned, private", After: "AES-256, versions kept, all public access blocked", Why: []string{"164.312(a)(2)(iv)"}, Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: delete the bucket while it is empty", Control: []string{"S3-02"}},
	{ID: "versioning", Op: provision.Change, Resource: "data bucket 111122223333-claria-records", Summary: "keep every version", Before: "Suspended", After: "Enabled", Why: []string{"164.312(c)(1)", "164.308(a)(7)"}, Risk: provision.Reversible, Undo: "press u in the history, or run claria setup --undo; it was: Suspended", Control: []string{"S3-11"}},
	{ID: "trail", Op: provision.Create, Resource: "trail claria-trail", Summary: "all regions, including reads of records", After: "on", Why: []string{"164.312(b)"}, Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: delete the trail; the logs stay", Control: []string{"CT-01"}},
	{ID: "root-key", Op: provision.Delete, Resource: "root access key AKIA…7Q2X", Summary: "after the new key was tested", Before: "active", After: "gone", Why: []string{"164.308(a)(3)"}, Risk: provision.Irreversible, Control: []string{"IAM-01"}},
}

func sampleReport() drift.Report {
	return drift.Report{Account: "111122223333", Region: "us-east-1", Set: "core", Started: noon, ElapsedMS: 912, Controls: append([]drift.Finding(nil), sampleFindings...)}
}

// driftedReport is one in which somebody changed a setting, a statement waits for
// its signature, one was signed and one risk was accepted.
func driftedReport() drift.Report {
	r := sampleReport()
	for i := range r.Controls {
		switch f := &r.Controls[i]; f.ID {
		case "S3-11":
			f.Drift = &drift.Drift{Since: noon.Add(-70 * time.Minute), Before: "versioning enabled", After: "versioning suspended", Event: &audit.Event{
				At: noon.Add(-64 * time.Minute), Name: "PutBucketVersioning", Actor: "user bob\x1b[2J", Address: "203.0.113.9", Key: "AKIA…7Q2X",
			}}
		case "BAA-01":
			f.Status, f.Remedy, f.Reason = catalogue.AttestDue, catalogue.Attest, "nobody has signed this statement yet"
		case "IAM-07":
			f.Status, f.Until = catalogue.Attested, noon.AddDate(0, 3, 0)
		case "IAM-02":
			f.Status, f.Until = catalogue.Waived, noon.AddDate(0, 1, 0)
		}
	}
	return r
}

func sampleState() state.State {
	return state.State{
		Account: "111122223333", Region: "us-east-1",
		Caller:     aws.Identity{Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/claria-admin"},
		Agreements: state.Known([]aws.Agreement{{Name: "AWS Business Associate Addendum", AccountID: "111122223333", State: "ACTIVE", EffectiveStart: noon.AddDate(0, -8, -19)}}),
		Users: state.Known([]state.User{{
			Name: state.AdminUser, MFA: state.Known([]string{"arn:aws:iam::111122223333:mfa/claria-admin"}),
		}}),
	}
}

// withPlan makes every plan one of these steps.
func withPlan(steps ...provision.Step) func(*env, *Options) {
	return func(e *env, _ *Options) {
		e.watch.lead = func(_ *session.Session, state state.State) provision.Plan {
			return provision.Plan{Account: state.Account, Region: state.Region, Steps: steps}
		}
	}
}

// notSetUp is an account before set-up, seen with its root key.
func notSetUp(e *env, _ *Options) { e.session.SetUp = false }

// scan hands the screen a scan's result, as the watch would.
func (s *screen) scan(report drift.Report, state state.State, err error) {
	s.t.Helper()
	for _, tab := range s.tabs {
		if c, ok := tab.pane.(*compliance); ok {
			for _, control := range sampleControls {
				c.catalogue[control.ID] = control
			}
		}
	}
	s.env.watch.scanning, s.env.watch.began = true, s.clock.Add(-912*time.Millisecond)
	s.run(s.scanned(answer[scanned]{Slot: "scan", Value: scanned{Seen: watch.Seen{Result: drift.Result{Report: report, State: state}}, plan: s.env.watch.lead(s.env.session, state)}, Err: err}))
}

// TestTheLawAsAList holds the view by requirement: every one is there, with its
// controls or with who else sees to it, and a control keeps its place.
func TestTheLawAsAList(t *testing.T) { bubble(testTheLawAsAList)(t) }

func testTheLawAsAList(t *testing.T) {
	s := newScreen(t, 120, 40, withPlan(sampleSteps...))
	s.scan(driftedReport(), sampleState(), nil)
	s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
	s.keys("v")
	s.sees("by requirement", "▌   ▲ S3-11", "Disaster recovery plan", "not judged", "out of scope")
	s.keys("g")
	s.send(restedMsg{compliancePane, s.tabs[3].pane.(*compliance).resting.moves})
	s.sees("Risk analysis", "45 CFR 164.308(a)(1)(ii)(A) · required", "Verified here, by calls to the account.")
	s.keys("p")
	if s.env.watch.set != catalogue.Strict {
		t.Errorf("the profile is %s", s.env.watch.set)
	}
}

func (s *screen) show(id paneID) { s.t.Helper(); s.run(goTo(id, nil)) }

// ended fails while the slot's job goes on: run has brought what there was.
func (s *screen) ended(pane paneID, slot string) {
	s.t.Helper()
	if s.env.jobs.busy(pane, slot) {
		s.t.Fatalf("job %s of %s does not end", slot, pane)
	}
}

var invented = []clients.Client{
	{ID: "c1", Name: "Rowan Alder", Changed: noon.Add(-3 * time.Hour)},
	{ID: "c2", Name: "Iris\x1b[2J Birch\u202e", Changed: noon.AddDate(0, 0, -2)},
	{ID: "c3", Name: "李小龍 👨‍👩‍👧 Ōta", Changed: noon.AddDate(0, -1, 0)},
}

func (s *screen) loadDesk() {
	s.t.Helper()
	for _, tab := range s.tabs {
		if tab.id == todayPane {
			s.run(tab.pane.Update(answer[desk]{Slot: "desk", Value: desk{
				recent: invented,
				drafts: []draft{{invented[0], reports.Report{ID: "r1", Title: "Psychological evaluation", Changed: noon.Add(-40 * time.Minute)}}},
			}}))
		}
	}
}

// frames are the states of the panes that are held as golden frames at each size.
var frames = []struct {
	name string
	with []func(*env, *Options)
	draw func(s *screen)
}{
	{"today-loading", nil, func(*screen) {}},
	{"today-full", []func(*env, *Options){withPlan()}, func(s *screen) { s.scan(sampleReport(), sampleState(), nil); s.loadDesk() }},
	{"today-not-set-up", []func(*env, *Options){notSetUp}, func(*screen) {}},
	{"today-offline", []func(*env, *Options){withPlan()}, func(s *screen) {
		s.scan(drift.Report{}, state.State{}, &aws.Error{Kind: aws.Offline, Operation: "sts:GetCallerIdentity"})
	}},
	{"compliance-loading", nil, func(s *screen) { s.show(compliancePane) }},
	{"compliance-full", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(sampleReport(), sampleState(), nil)
		s.show(compliancePane)
	}},
	{"compliance-detail", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(sampleReport(), sampleState(), nil)
		s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
	}},
	{"compliance-unknown", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(sampleReport(), sampleState(), nil)
		s.run(goTo(compliancePane, showControl{ID: "BDR-07"}))
	}},
	{"compliance-drift", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(driftedReport(), sampleState(), nil)
		s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
	}},
	{"compliance-rules", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(driftedReport(), sampleState(), nil)
		s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
		s.keys("esc", "v", "v")
	}},
	{"compliance-waive", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(driftedReport(), sampleState(), nil)
		s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
		s.keys("w")
		s.typed("Dr. Reyes")
		s.keys("tab")
	}},
	{"today-drift", []func(*env, *Options){withPlan()}, func(s *screen) { s.scan(driftedReport(), sampleState(), nil); s.loadDesk() }},
	{"compliance-confirm", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(sampleReport(), sampleState(), nil)
		s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
		s.keys("f")
		s.clock = s.clock.Add(grace)
	}},
	{"compliance-filter", []func(*env, *Options){withPlan(sampleSteps...)}, func(s *screen) {
		s.scan(sampleReport(), sampleState(), nil)
		s.show(compliancePane)
		s.keys("/")
		s.typed("storage q")
		s.keys("backspace", "backspace")
	}},
	{"compliance-expired", nil, func(s *screen) {
		s.scan(drift.Report{}, state.State{}, &aws.Error{Kind: aws.Expired, Operation: "sts:GetCallerIdentity", Code: "ExpiredToken"})
		s.show(compliancePane)
	}},
	{"audit", nil, func(s *screen) { s.keys("5") }},
	{"practice", nil, func(s *screen) { s.keys("6") }},
	{"costs", nil, func(s *screen) { s.keys("7") }},
	{"palette", []func(*env, *Options){withPlan()}, func(s *screen) { s.keys(":"); s.typed("sc") }},
	{"help", []func(*env, *Options){withPlan()}, func(s *screen) { s.keys("?") }},
	{"leaving", nil, func(s *screen) {
		s.env.jobs.start(job{Pane: setupPane, Slot: "apply", Title: "Applying the plan"})
		s.keys("ctrl+c")
	}},
	{"activity", nil, func(s *screen) {
		s.env.jobs.start(job{Pane: setupPane, Slot: "apply", Title: "Applying the plan"})
		s.env.jobs.progress(setupPane, "apply", 3, 17, "trail claria-trail")
	}},
}

func rootState() state.State {
	snapshot := sampleState()
	snapshot.Caller.ARN, snapshot.Users = "arn:aws:iam::111122223333:root", state.Known([]state.User{})
	return snapshot
}

func blockedPlan(e *env, _ *Options) {
	e.watch.lead = func(_ *session.Session, state state.State) provision.Plan {
		return provision.Plan{
			Account: state.Account, Region: state.Region, Steps: sampleSteps,
			Blocked: &provision.Block{Reason: "no Business Associate Addendum with AWS is in force", Next: "accept it in AWS Artifact"},
		}
	}
}

func TestFrames(t *testing.T) {
	for _, frame := range frames {
		for _, size := range sizes {
			t.Run(frame.name+"-"+size.name, bubble(func(t *testing.T) {
				s := newScreen(t, size.w, size.h, frame.with...)
				frame.draw(s)
				s.golden(frame.name + "-" + size.name)
			}))
		}
	}
}

// The looks are drawn once, with their styles: dark, light, deuteranopia, no
// colour, and ASCII.
func TestLooks(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"dark": func(*Options) {}, "light": func(o *Options) { o.Theme = "light" }, "deuteranopia": func(o *Options) { o.Theme = "deuteranopia" },
		"nocolor": func(o *Options) { o.NoColor = true }, "ascii": func(o *Options) { o.ASCII = true },
	} {
		t.Run(name, bubble(func(t *testing.T) {
			s := newScreen(t, 120, 40, withPlan(sampleSteps...), func(_ *env, o *Options) { change(o) })
			s.scan(sampleReport(), sampleState(), nil)
			s.show(compliancePane)
			text, _, _ := s.draw()
			compareGolden(t, "look-"+name, strings.ReplaceAll(text, "\x1b", "␛"))
			if name == "nocolor" && strings.Contains(text, "\x1b[3") {
				t.Error("a colour is written in spite of NO_COLOR")
			}
			if name == "ascii" {
				for _, r := range s.text() {
					if r > 0x7e {
						t.Fatalf("%q is not ASCII", r)
					}
				}
			}
		}))
	}
}

func TestNamesFromOutsideAreSafe(t *testing.T) { bubble(testNamesFromOutsideAreSafe)(t) }

func testNamesFromOutsideAreSafe(t *testing.T) {
	s := newScreen(t, 80, 24, withPlan())
	s.scan(sampleReport(), sampleState(), nil)
	s.loadDesk()
	text, _, _ := s.draw()
	if strings.Contains(text, "\x1b[2J") || strings.ContainsRune(text, '\u202e') || strings.ContainsRune(text, '\u200d') {
		t.Errorf("a name reached the terminal as it came: %q", text)
	}
	s.sees("Iris Birch", "李小龍 👨 Ōta")
}

func TestFixAsksAppliesAndLooksAgain(t *testing.T) { bubble(testFixAsksAppliesAndLooksAgain)(t) }

func testFixAsksAppliesAndLooksAgain(t *testing.T) {
	s := newScreen(t, 120, 40, withPlan(sampleSteps[1]))
	s.scan(sampleReport(), sampleState(), nil)
	s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
	c := s.pane().(*compliance)
	s.keys("f", "y")
	if c.fixing != nil {
		t.Fatal("y typed ahead applied the fix")
	}
	s.sees("Press u in the history", "Changes it: keep every version.", "Suspended", "Enabled")
	s.keys("esc")

	// The fix's own work is done by provision; here its events are fed.
	c.fixing, c.fixed = newApplying(provision.Plan{Steps: sampleSteps[1:2]}), "S3-11"
	seq := func(context.Context) iter.Seq2[provision.Progress, error] {
		return func(yield func(provision.Progress, error) bool) {
			yield(provision.Progress{Step: sampleSteps[1], Total: 1, Status: "started"}, nil)
			yield(provision.Progress{Step: sampleSteps[1], Total: 1, Status: "done"}, nil)
		}
	}
	s.run(stream(s.env.jobs, job{Pane: compliancePane, Slot: "fix", Title: "Fixing S3-11"}, seq))
	s.ended(compliancePane, "fix")
	s.sees("Done. Looking at the account again.", "S3-11: done")
	if !s.env.watch.scanning {
		t.Error("no scan followed the fix")
	}
	report := sampleReport()
	report.Controls[4].Status, report.Controls[4].Observed = catalogue.Pass, "Enabled"
	s.scan(report, sampleState(), nil)
	s.sees("Done, and seen in the account.", "S3-11 is fixed, and the account shows it.", "failing → ok", "● 4 ok")
	s.hides("▲")
}

func TestAFixThatFailsSaysWhatToDo(t *testing.T) { bubble(testAFixThatFailsSaysWhatToDo)(t) }

func testAFixThatFailsSaysWhatToDo(t *testing.T) {
	s := newScreen(t, 120, 40, withPlan(sampleSteps[1]))
	s.scan(sampleReport(), sampleState(), nil)
	s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
	c := s.pane().(*compliance)
	c.fixing, c.fixed = newApplying(provision.Plan{Steps: sampleSteps[1:2]}), "S3-11"
	w := c.env.jobs.start(job{Pane: compliancePane, Slot: fixSlot})
	s.send(jobMsg{work: w, over: true, end: true, err: &aws.Error{
		Kind: aws.Denied, Operation: "s3:PutBucketVersioning", Resource: "111122223333-claria-records", Code: "AccessDenied", Err: errors.New("403"),
	}})
	s.scan(sampleReport(), sampleState(), nil)
	s.sees("this identity is not allowed to do it", "Allow s3:PutBucketVersioning to this identity", "f  set it right")
	s.keys("!")
	s.sees("Detail", "403")
}

func TestAdoptionIsAskedByName(t *testing.T) { bubble(testAdoptionIsAskedByName)(t) }

func testAdoptionIsAskedByName(t *testing.T) {
	adopt := provision.Step{ID: "user", Op: provision.Adopt, Resource: "user claria-admin", Summary: "made by another tool", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: remove the tag"}
	s := newScreen(t, 80, 24, notSetUp, withPlan(adopt, sampleSteps[0]))
	s.scan(sampleReport(), rootState(), nil)
	s.show(setupPane)
	s.keys("enter")
	s.sees("Take over claria-admin")
	s.typed("claria")
	s.keys("enter")
	s.sees("Type claria-admin, or esc")
	s.typed("-admin")
	s.keys("enter")
	s.sees("Apply the plan", "y apply")
}

func TestRefusedWithoutAnAgreement(t *testing.T) { bubble(testRefusedWithoutAnAgreement)(t) }

func testRefusedWithoutAnAgreement(t *testing.T) {
	s := newScreen(t, 80, 24, notSetUp, blockedPlan)
	s.scan(sampleReport(), rootState(), nil)
	s.show(setupPane)
	s.keys("enter")
	if len(s.dialogs) != 0 {
		t.Fatal("a blocked plan can be applied")
	}
	s.sees("No Business Associate Addendum with AWS is in force.")
}

func TestQTypedInAFilterIsText(t *testing.T) { bubble(testQTypedInAFilterIsText)(t) }

func testQTypedInAFilterIsText(t *testing.T) {
	s := newScreen(t, 80, 24, withPlan(sampleSteps...))
	s.scan(sampleReport(), sampleState(), nil)
	s.show(compliancePane)
	s.keys("/")
	s.typed("q1?:r")
	if s.quit || s.current != indexOf(s.tabs, compliancePane) || len(s.dialogs) != 0 {
		t.Fatal("a key typed into the filter did something else")
	}
	s.sees("/ q1?:r")
	s.keys("esc")
	s.hides("/ q1")
}

func indexOf(tabs []tab, id paneID) int {
	for i, t := range tabs {
		if t.id == id {
			return i
		}
	}
	return -1
}

func TestResizingKeepsTheState(t *testing.T) { bubble(testResizingKeepsTheState)(t) }

func testResizingKeepsTheState(t *testing.T) {
	s := newScreen(t, 120, 40, withPlan(sampleSteps...))
	s.scan(sampleReport(), sampleState(), nil)
	s.run(goTo(compliancePane, showControl{ID: "IAM-02"}))
	before := s.text()
	for _, size := range [][2]int{{60, 20}, {10, 3}, {200, 60}, {120, 40}} {
		s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
	}
	if s.text() != before {
		t.Errorf("the screen is another after resizing:\n%s", s.text())
	}
}

func TestTheBellRingsWhenNobodyLooks(t *testing.T) { bubble(testTheBellRingsWhenNobodyLooks)(t) }

func testTheBellRingsWhenNobodyLooks(t *testing.T) {
	for _, blurred := range []bool{false, true} {
		s := newScreen(t, 80, 24)
		if blurred {
			s.send(tea.BlurMsg{})
		}
		seq := func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { yield(1, nil) }
		}
		s.run(stream(s.env.jobs, job{Pane: todayPane, Slot: "x", Title: "Uploading"}, seq))
		s.ended(todayPane, "x")
		if rang := len(s.raw) > 0; rang != blurred {
			t.Errorf("terminal out of focus %v: the bell rang %v", blurred, rang)
		}
	}
}

func TestCtrlXStopsWhatRuns(t *testing.T) { bubble(testCtrlXStopsWhatRuns)(t) }

func testCtrlXStopsWhatRuns(t *testing.T) {
	s := newScreen(t, 80, 24, withPlan(sampleSteps...))
	s.scan(sampleReport(), sampleState(), nil)
	s.show(compliancePane)
	s.keys("ctrl+x")
	s.sees("Nothing is running.")
	c := s.pane().(*compliance)
	c.fixing, c.fixed = newApplying(provision.Plan{Steps: sampleSteps[1:3]}), "S3-11"
	s.run(stream(s.env.jobs, job{Pane: compliancePane, Slot: "fix", Title: "Fixing S3-11"}, func(ctx context.Context) iter.Seq2[provision.Progress, error] {
		return func(yield func(provision.Progress, error) bool) {
			yield(provision.Progress{Step: sampleSteps[1], Total: 2, Status: "done"}, nil)
			<-ctx.Done()
			yield(provision.Progress{}, ctx.Err())
		}
	}))
	// The harness let go of the waiting half of the stream; this takes it up again.
	w := s.env.jobs.named()[0]
	s.keys("1", "ctrl+x")
	s.sees("Stopping: Fixing S3-11.")
	if !w.stopped || w.ctx.Err() == nil {
		t.Fatal("the work was not stopped")
	}
	s.send(jobMsg{work: w, over: true, end: true, err: w.ctx.Err()})
	s.sees("Stopped. 1 of 2 changes were made.")
}

func TestCopySaysWhatWasCopied(t *testing.T) { bubble(testCopySaysWhatWasCopied)(t) }

func testCopySaysWhatWasCopied(t *testing.T) {
	s := newScreen(t, 80, 24, withPlan(sampleSteps...))
	s.scan(sampleReport(), sampleState(), nil)
	s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
	s.keys("y")
	s.sees("Copied the finding S3-11.")
}

// Every colour can be read on the backgrounds its theme is for: WCAG's contrast
// of 4.5:1. Backgrounds: black, Solarized's and One's for dark; white and
// Solarized's for light.
func TestContrast(t *testing.T) {
	backgrounds := map[string][]string{
		"dark": {"#000000", "#002b36", "#282c34"}, "deuteranopia": {"#000000", "#002b36", "#282c34"},
		"light": {"#ffffff", "#fdf6e3"}, "deuteranopia-light": {"#ffffff", "#fdf6e3"},
	}
	for name, palette := range palettes {
		for _, background := range backgrounds[name] {
			for k, shade := range palette {
				if shade.hex == "" {
					continue
				}
				if c := contrast(shade.hex, background); c < 4.5 {
					t.Errorf("%s: token %d (%s) on %s has a contrast of %.1f", name, k, shade.hex, background, c)
				}
			}
		}
	}
}

// contrast is WCAG 2's contrast ratio of two colours.
func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestLongListDrawsOnlyWhatShows(t *testing.T) {
	rows := make([]string, 100_000)
	for i := range rows {
		rows[i] = fmt.Sprintf("client %06d", i)
	}
	l := list[string]{Key: func(s string) string { return s }, Text: func(s string) string { return s }, Draw: func(s string, _ int, _ bool) string { return s }}
	l.Set(rows)
	look := newTheme("dark", true, false, colorprofile.TrueColor)
	for i := range 200 {
		l.Update(press([]string{"down", "pgdown", "end", "home"}[i%4]))
		if got := l.View(look, 100, 40, true); strings.Count(got, "\n") != 39 {
			t.Fatalf("%d rows are drawn, not 40", strings.Count(got, "\n")+1)
		}
	}
	l.Update(press("/"))
	for _, r := range "client 09999" {
		l.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	if l.Len() != 11 { // 009999 and 09999x
		t.Errorf("the filter lets %d rows through, not 11", l.Len())
	}
}

// luminance is WCAG 2's relative luminance of "#rrggbb".
func luminance(hex string) float64 {
	var r, g, b int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil {
		panic(err)
	}
	channel := func(c int) float64 {
		v := float64(c) / 255
		if v <= 0.03928 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(r) + 0.7152*channel(g) + 0.0722*channel(b)
}
