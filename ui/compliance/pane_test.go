package compliance

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/ui/golden"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// The account in the golden frames: families with one control that drifted, one that
// fails and needs a person, and one that is unknown.
var sampleControls = []catalogue.Control{
	{ID: "BAA-01", Family: "Agreements", Title: "An agreement with AWS is in force", Meaning: "AWS may only keep patient records for you under a Business Associate Addendum.", Guide: "Accept it in AWS Artifact."},
	{ID: "IAM-02", Family: "Identity", Title: "The root user has a second factor", Meaning: "Nobody can sign in with the root password alone.", Guide: "1. Sign in as the root user.\n2. Open Security credentials.\n3. Add a second factor."},
	{ID: "IAM-07", Family: "Identity", Title: "No policy allows everything"},
	{ID: "S3-02", Family: "Storage", Title: "Records are encrypted at rest", Meaning: "Whoever carries a disk away reads nothing."},
	{ID: "S3-11", Family: "Storage", Title: "Every version of a record is kept", Meaning: "Nothing is permanently overwritten or deleted by accident or by someone else."},
	{ID: "BDR-07", Family: "AI", Title: "Prompts are not copied anywhere"},
}

// The view by requirement lists every requirement, with its controls or with who is
// responsible for it, and the selected control stays selected.
func TestTheLawAsAList(t *testing.T) { uitest.Bubble(testTheLawAsAList)(t) }

func testTheLawAsAList(t *testing.T) {
	s := sampled.New(t, 120, 40, uitest.WithPlan(uitest.SampleSteps...))
	s.Scan(uitest.DriftedReport(), uitest.SampleState(), nil)
	s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
	s.Keys("v")
	s.Sees("by requirement", "▌   ▲ S3-11", "Disaster recovery plan", "not judged", "out of scope")
	s.Keys("g")
	s.Send(kit.RestedMsg{Pane: kit.CompliancePane, Move: s.Tab(kit.CompliancePane).(*Pane).resting.Moves})
	s.Sees("Risk analysis", "45 CFR 164.308(a)(1)(ii)(A) · required", "Verified here, by calls to the account.")
	s.Keys("p")
	if s.Env.Scans.Set != catalogue.Strict {
		t.Errorf("the profile is %s", s.Env.Scans.Set)
	}
}

var complianceFrames = []uitest.Still{
	{Name: "compliance-loading", With: nil, Draw: func(s *uitest.Screen) { s.Show(kit.CompliancePane) }},
	{Name: "compliance-full", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
		s.Show(kit.CompliancePane)
	}},
	{Name: "compliance-detail", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
		s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
	}},
	{Name: "compliance-unknown", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
		s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "BDR-07"}))
	}},
	{Name: "compliance-drift", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.DriftedReport(), uitest.SampleState(), nil)
		s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
	}},
	{Name: "compliance-rules", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.DriftedReport(), uitest.SampleState(), nil)
		s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
		s.Keys("esc", "v", "v")
	}},
	{Name: "compliance-waive", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.DriftedReport(), uitest.SampleState(), nil)
		s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
		s.Keys("w")
		s.Typed("Dr. Reyes")
		s.Keys("tab")
	}},
	{Name: "compliance-confirm", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
		s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
		s.Keys("f")
		s.Clock = s.Clock.Add(kit.Grace)
	}},
	{Name: "compliance-filter", With: []uitest.Change{uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
		s.Show(kit.CompliancePane)
		s.Keys("/")
		s.Typed("storage q")
		s.Keys("backspace", "backspace")
	}},
	{Name: "compliance-expired", With: nil, Draw: func(s *uitest.Screen) {
		s.Scan(drift.Report{}, state.State{}, &aws.Error{Kind: aws.Expired, Operation: "sts:GetCallerIdentity", Code: "ExpiredToken"})
		s.Show(kit.CompliancePane)
	}},
}

func TestComplianceFrames(t *testing.T) { uitest.DrawFrames(t, sampled.New, complianceFrames) }

// The looks are drawn once, with their styles: dark, light, deuteranopia, no
// colour, and ASCII.
func TestLooks(t *testing.T) {
	for name, change := range map[string]func(*session.Screen){
		"dark": func(*session.Screen) {}, "light": func(o *session.Screen) { o.Theme = "light" }, "deuteranopia": func(o *session.Screen) { o.Theme = "deuteranopia" },
		"nocolor": func(o *session.Screen) { o.NoColor = true }, "ascii": func(o *session.Screen) { o.ASCII = true },
	} {
		t.Run(name, uitest.Bubble(func(t *testing.T) {
			s := sampled.New(t, 120, 40, uitest.WithPlan(uitest.SampleSteps...), func(_ *kit.Env, o *session.Screen) { change(o) })
			s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
			s.Show(kit.CompliancePane)
			text := s.Styled()
			golden.Compare(t, "look-"+name, strings.ReplaceAll(text, "\x1b", "␛"))
			if name == "nocolor" && strings.Contains(text, "\x1b[3") {
				t.Error("a colour is written in spite of NO_COLOR")
			}
			if name == "ascii" {
				for _, r := range s.Text() {
					if r > 0x7e {
						t.Fatalf("%q is not ASCII", r)
					}
				}
			}
		}))
	}
}

func TestFixAsksAppliesAndLooksAgain(t *testing.T) { uitest.Bubble(testFixAsksAppliesAndLooksAgain)(t) }

func testFixAsksAppliesAndLooksAgain(t *testing.T) {
	s := sampled.New(t, 120, 40, uitest.WithPlan(uitest.SampleSteps[1]))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
	c := s.Pane().(*Pane)
	s.Keys("f", "y")
	if c.fixing != nil {
		t.Fatal("y typed ahead applied the fix")
	}
	s.Sees("Press u in the history", "Changes: keep every version.", "Suspended", "Enabled")
	s.Keys("esc")

	// Package provision does the fix's work; this test feeds its events.
	c.fixing, c.fixed = kit.NewApplying(provision.Plan{Steps: uitest.SampleSteps[1:2]}), "S3-11"
	seq := func(context.Context) iter.Seq2[provision.Progress, error] {
		return func(yield func(provision.Progress, error) bool) {
			yield(provision.Progress{Step: uitest.SampleSteps[1], Total: 1, Status: "started"}, nil)
			yield(provision.Progress{Step: uitest.SampleSteps[1], Total: 1, Status: "done"}, nil)
		}
	}
	s.Run(kit.Stream(s.Env.Jobs, kit.Job{Pane: kit.CompliancePane, Slot: "fix", Title: "Fixing S3-11"}, seq))
	s.Ended(kit.CompliancePane, "fix")
	s.Sees("Done. Scanning the account again.", "S3-11: done")
	if !s.Env.Scans.Scanning {
		t.Error("no scan followed the fix")
	}
	report := uitest.SampleReport()
	report.Controls[4].Status, report.Controls[4].Observed = catalogue.Pass, "Enabled"
	s.Scan(report, uitest.SampleState(), nil)
	s.Sees("Done. A scan has confirmed it.", "S3-11 is fixed. A scan has confirmed it.", "failing → ok", "● 4 ok")
	s.Hides("▲")
}

func TestAFixThatFailsSaysWhatToDo(t *testing.T) { uitest.Bubble(testAFixThatFailsSaysWhatToDo)(t) }

func testAFixThatFailsSaysWhatToDo(t *testing.T) {
	s := sampled.New(t, 120, 40, uitest.WithPlan(uitest.SampleSteps[1]))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
	c := s.Pane().(*Pane)
	c.fixing, c.fixed = kit.NewApplying(provision.Plan{Steps: uitest.SampleSteps[1:2]}), "S3-11"
	job := kit.Job{Pane: kit.CompliancePane, Slot: kit.FixSlot}
	s.Run(kit.Stream(s.Env.Jobs, job, func(context.Context) iter.Seq2[provision.Progress, error] {
		return func(yield func(provision.Progress, error) bool) {
			yield(provision.Progress{}, &aws.Error{
				Kind: aws.Denied, Operation: "s3:PutBucketVersioning", Resource: "111122223333-claria-records",
				Code: "AccessDenied", Err: errors.New("403"),
			})
		}
	}))
	s.Ended(kit.CompliancePane, kit.FixSlot)
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Sees("this identity is not allowed to do it", "Allow this identity to call s3:PutBucketVersioning", "f  fix it")
	s.Keys("!")
	s.Sees("Detail", "403")
}

func TestQTypedInAFilterIsText(t *testing.T) { uitest.Bubble(testQTypedInAFilterIsText)(t) }

func testQTypedInAFilterIsText(t *testing.T) {
	s := sampled.New(t, 80, 24, uitest.WithPlan(uitest.SampleSteps...))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Show(kit.CompliancePane)
	s.Keys("/")
	s.Typed("q1?:r")
	if s.Quit || s.Pane() != s.Tab(kit.CompliancePane) || s.Asks() {
		t.Fatal("a key typed into the filter did something else")
	}
	s.Sees("/ q1?:r")
	s.Keys("esc")
	s.Hides("/ q1")
}

func TestResizingKeepsTheState(t *testing.T) { uitest.Bubble(testResizingKeepsTheState)(t) }

func testResizingKeepsTheState(t *testing.T) {
	s := sampled.New(t, 120, 40, uitest.WithPlan(uitest.SampleSteps...))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "IAM-02"}))
	before := s.Text()
	for _, size := range [][2]int{{60, 20}, {10, 3}, {200, 60}, {120, 40}} {
		s.Send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
	}
	if s.Text() != before {
		t.Errorf("the screen is another after resizing:\n%s", s.Text())
	}
}

func TestCtrlXStopsWhatRuns(t *testing.T) { uitest.Bubble(testCtrlXStopsWhatRuns)(t) }

func testCtrlXStopsWhatRuns(t *testing.T) {
	s := sampled.New(t, 80, 24, uitest.WithPlan(uitest.SampleSteps...))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Show(kit.CompliancePane)
	s.Keys("ctrl+x")
	s.Sees("Nothing is running.")
	c := s.Pane().(*Pane)
	c.fixing, c.fixed = kit.NewApplying(provision.Plan{Steps: uitest.SampleSteps[1:3]}), "S3-11"
	job := kit.Job{Pane: kit.CompliancePane, Slot: "fix", Title: "Fixing S3-11"}
	s.Run(kit.Stream(s.Env.Jobs, job, func(ctx context.Context) iter.Seq2[provision.Progress, error] {
		return func(yield func(provision.Progress, error) bool) {
			yield(provision.Progress{Step: uitest.SampleSteps[1], Total: 2, Status: "done"}, nil)
			<-ctx.Done()
			yield(provision.Progress{}, ctx.Err())
		}
	}))
	s.Keys("1", "ctrl+x")
	s.Sees("Stopping: Fixing S3-11.")
	s.Arrives("Stopped. 1 of 2 changes were made.")
}

func TestCopySaysWhatWasCopied(t *testing.T) { uitest.Bubble(testCopySaysWhatWasCopied)(t) }

func testCopySaysWhatWasCopied(t *testing.T) {
	s := sampled.New(t, 80, 24, uitest.WithPlan(uitest.SampleSteps...))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "S3-11"}))
	s.Keys("y")
	s.Sees("Copied the finding S3-11.")
}
