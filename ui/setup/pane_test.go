package setup

import (
	"errors"
	"testing"

	"claria/aws"
	"claria/drift"
	"claria/provision"
	"claria/provision/state"
	"claria/ui/kit"
	"claria/ui/uitest"
)

var sampleIntakes = map[string]provision.Intake{
	"root": {
		Kind: provision.RootKey, Broad: true, Identity: aws.Identity{Account: "111122223333", ARN: "arn:aws:iam::111122223333:root"},
		Guidance: "This is the root user's key: it can do everything. Set-up uses it once.",
	},
	"lacking": {
		Kind: provision.UserKey, Identity: aws.Identity{Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/clerk"},
		Missing: []string{"iam:CreateUser", "s3:CreateBucket"}, Guidance: "This credential cannot set up the account: it lacks iam:CreateUser, s3:CreateBucket.",
	},
}

// planned is an account with its root key before set-up.
func planned(s *uitest.Screen) {
	intake(s, "root")
	s.Scan(uitest.SampleReport(), uitest.RootState(), nil)
	s.Show(kit.SetupPane)
}

var sittingSteps = []provision.Step{
	uitest.SampleSteps[0],
	{ID: keyStep, Op: provision.Create, Resource: "access key of claria-admin", Summary: "tested, then stored in the keyring", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: delete the key in IAM and from the keyring"},
	{ID: factorStep, Op: provision.Create, Resource: "second factor of claria-admin", Summary: "an authenticator app", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: deactivate the device of claria-admin in the IAM console"},
	{ID: rootStep, Op: provision.Delete, Resource: "root access key", Summary: "AKIA…7Q2X, after the new key was tested", Risk: provision.Irreversible},
}

// sitting is a finished set-up, with the result of its last step.
func sitting(s *uitest.Screen, err error) {
	p := paneOf(s)
	p.applying = kit.NewApplying(provision.Plan{Steps: sittingSteps})
	details := []string{"", "key AKIA…9XYZ, stored in the keyring", "on, and tested by assuming claria-provisioner", "deleted, and no longer accepted"}
	progress := kit.Events[provision.Progress]{Slot: kit.ApplySlot}
	for i, step := range sittingSteps {
		done := provision.Progress{Step: step, Index: i, Total: len(sittingSteps), Status: "done", Detail: details[i]}
		if err != nil && step.ID == rootStep {
			done.Status, done.Detail = "failed", ""
		}
		progress.Items = append(progress.Items, done)
	}
	s.Run(p.Update(progress))
	s.Run(p.Update(kit.Ended{Slot: kit.ApplySlot, Err: err}))
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	s.Show(kit.SetupPane)
}

var setupFrames = []uitest.Still{
	{Name: "setup-loading", With: []uitest.Change{uitest.NotSetUp}, Draw: func(s *uitest.Screen) { s.Show(kit.SetupPane) }},
	{Name: "setup-no-credential", With: []uitest.Change{uitest.NotSetUp}, Draw: func(s *uitest.Screen) {
		s.Scan(drift.Report{}, state.State{}, &aws.NoCredentialError{})
		s.Show(kit.SetupPane)
	}},
	{Name: "setup-lacking", With: []uitest.Change{uitest.NotSetUp, uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		intake(s, "lacking")
		s.Scan(uitest.SampleReport(), uitest.RootState(), nil)
		s.Show(kit.SetupPane)
	}},
	{Name: "setup-plan", With: []uitest.Change{uitest.NotSetUp, uitest.WithPlan(uitest.SampleSteps...)}, Draw: planned},
	{Name: "setup-unfolded", With: []uitest.Change{uitest.NotSetUp, uitest.WithPlan(uitest.SampleSteps...)}, Draw: func(s *uitest.Screen) {
		planned(s)
		s.Keys("down", "down", "enter")
	}},
	{Name: "setup-no-agreement", With: []uitest.Change{uitest.NotSetUp, uitest.BlockedPlan}, Draw: func(s *uitest.Screen) {
		intake(s, "root")
		snapshot := uitest.RootState()
		snapshot.Agreements = state.Known([]aws.Agreement{})
		s.Scan(uitest.SampleReport(), snapshot, nil)
		s.Show(kit.SetupPane)
	}},
	{Name: "setup-second-computer", With: []uitest.Change{uitest.NotSetUp, uitest.WithPlan(sittingSteps[1])}, Draw: planned},
	{Name: "setup-done", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
		s.Show(kit.SetupPane)
	}},
	{Name: "setup-sitting", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) { sitting(s, nil) }},
	{Name: "setup-root-left", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) { sitting(s, errNotDeleted); s.Keys("esc") }},
	{Name: "setup-confirm", With: []uitest.Change{uitest.NotSetUp, uitest.WithPlan(sittingSteps...)}, Draw: func(s *uitest.Screen) {
		planned(s)
		s.Keys("enter")
	}},
	{Name: "setup-key", With: []uitest.Change{uitest.NotSetUp}, Draw: func(s *uitest.Screen) {
		s.Show(kit.SetupPane)
		s.Keys("c", "enter")
		s.Typed("AKIAIOSFODNN7EXAMPLE")
		s.Keys("enter")
		s.Typed("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
		s.Keys("enter")
	}},
	{Name: "setup-practice", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) {
		s.Show(kit.SetupPane)
		s.Keys("e", "tab", "tab")
		s.Typed("20")
	}},
}

var errNotDeleted = errors.New("root access key: the root access key AKIAEXAMPLE7Q2X was NOT deleted (iam:DeleteAccessKey: this identity is not allowed to do it): " +
	"delete it yourself in the AWS console, under the root user's Security credentials")

func TestSetUpFrames(t *testing.T) { uitest.DrawFrames(t, screens.New, setupFrames) }

// Nothing that a person must type into a browser is cut, at any window width.
func TestAddressesAreWhole(t *testing.T) { uitest.Bubble(testAddressesAreWhole)(t) }

func testAddressesAreWhole(t *testing.T) {
	for _, size := range uitest.Sizes {
		s := screens.New(t, size.W, size.H, uitest.NotSetUp, uitest.BlockedPlan)
		snapshot := uitest.RootState()
		snapshot.Agreements = state.Known([]aws.Agreement{})
		s.Scan(uitest.SampleReport(), snapshot, nil)
		s.Show(kit.SetupPane)
		s.Sees(artifactAddress)
		s.Keys("y")
		s.Sees("Copied the address.")
	}
}

func TestAdoptionIsAskedByName(t *testing.T) { uitest.Bubble(testAdoptionIsAskedByName)(t) }

func testAdoptionIsAskedByName(t *testing.T) {
	adopt := provision.Step{ID: "user", Op: provision.Adopt, Resource: "user claria-admin", Summary: "made by another tool", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: remove the tag"}
	s := screens.New(t, 80, 24, uitest.NotSetUp, uitest.WithPlan(adopt, uitest.SampleSteps[0]))
	s.Scan(uitest.SampleReport(), uitest.RootState(), nil)
	s.Show(kit.SetupPane)
	s.Keys("enter")
	s.Sees("Take over claria-admin")
	s.Typed("claria")
	s.Keys("enter")
	s.Sees("Type claria-admin, or press esc")
	s.Typed("-admin")
	s.Keys("enter")
	s.Sees("Apply the plan", "y apply")
}

func TestRefusedWithoutAnAgreement(t *testing.T) { uitest.Bubble(testRefusedWithoutAnAgreement)(t) }

func testRefusedWithoutAnAgreement(t *testing.T) {
	s := screens.New(t, 80, 24, uitest.NotSetUp, uitest.BlockedPlan)
	s.Scan(uitest.SampleReport(), uitest.RootState(), nil)
	s.Show(kit.SetupPane)
	s.Keys("enter")
	if s.Asks() {
		t.Fatal("a blocked plan can be applied")
	}
	s.Sees("No Business Associate Addendum with AWS is in force.")
}

// intake hands the screen a credential's intake.
func intake(s *uitest.Screen, kind string) {
	s.T.Helper()
	s.Run(paneOf(s).Update(kit.Answer[provision.Intake]{Slot: intakeSlot, Value: sampleIntakes[kind]}))
}

func paneOf(s *uitest.Screen) *Pane { return s.Tab(kit.SetupPane).(*Pane) }
