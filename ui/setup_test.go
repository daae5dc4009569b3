package ui

import (
	"errors"
	"testing"

	"claria/aws"
	"claria/drift"
	"claria/provision"
	"claria/provision/state"
)

var sampleIntakes = map[string]provision.Intake{
	"root": {
		Kind: provision.RootKey, Broad: true, Identity: aws.Identity{Account: "111122223333", ARN: "arn:aws:iam::111122223333:root"},
		Guidance: "This is the root user's key: it can do everything. Set-up uses it once.",
	},
	"lacking": {
		Kind: provision.UserKey, Identity: aws.Identity{Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/clerk"},
		Missing: []string{"iam:CreateUser", "s3:CreateBucket"}, Guidance: "This credential cannot set the account up: it lacks iam:CreateUser, s3:CreateBucket.",
	},
}

// intake hands the screen what the credential is.
func (s *screen) intake(kind string) {
	s.t.Helper()
	s.run(s.setup().Update(answer[provision.Intake]{Slot: intakeSlot, Value: sampleIntakes[kind]}))
}

func (s *screen) setup() *setup { return s.tab(setupPane).(*setup) }

// planned is an account with its root key before set-up.
func planned(s *screen) {
	s.intake("root")
	s.scan(sampleReport(), rootState(), nil)
	s.show(setupPane)
}

var sittingSteps = []provision.Step{
	sampleSteps[0],
	{ID: keyStep, Op: provision.Create, Resource: "access key of claria-admin", Summary: "proven, then kept in the keyring", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: delete the key in IAM and from the keyring"},
	{ID: factorStep, Op: provision.Create, Resource: "second factor of claria-admin", Summary: "an authenticator app", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: deactivate the device of claria-admin in the IAM console"},
	{ID: rootStep, Op: provision.Delete, Resource: "root access key", Summary: "AKIA…7Q2X, after the new key is proven", Risk: provision.Irreversible},
}

// sitting is a set-up that was done: what the last step came to.
func sitting(s *screen, err error) {
	p := s.setup()
	p.applying = newApplying(provision.Plan{Steps: sittingSteps})
	details := []string{"", "key AKIA…9XYZ, kept in the keyring", "on, and proven by becoming claria-provisioner", "deleted, and no longer accepted"}
	progress := events[provision.Progress]{Slot: applySlot}
	for i, step := range sittingSteps {
		done := provision.Progress{Step: step, Index: i, Total: len(sittingSteps), Status: "done", Detail: details[i]}
		if err != nil && step.ID == rootStep {
			done.Status, done.Detail = "failed", ""
		}
		progress.Items = append(progress.Items, done)
	}
	s.run(p.Update(progress))
	s.run(p.Update(ended{Slot: applySlot, Err: err}))
	s.scan(sampleReport(), sampleState(), nil)
	s.show(setupPane)
}

var setupFrames = []still{
	{"setup-loading", []func(*env, *Options){notSetUp}, func(s *screen) { s.show(setupPane) }},
	{"setup-no-credential", []func(*env, *Options){notSetUp}, func(s *screen) {
		s.scan(drift.Report{}, state.State{}, &aws.NoCredentialError{})
		s.show(setupPane)
	}},
	{"setup-lacking", []func(*env, *Options){notSetUp, withPlan(sampleSteps...)}, func(s *screen) {
		s.intake("lacking")
		s.scan(sampleReport(), rootState(), nil)
		s.show(setupPane)
	}},
	{"setup-plan", []func(*env, *Options){notSetUp, withPlan(sampleSteps...)}, planned},
	{"setup-unfolded", []func(*env, *Options){notSetUp, withPlan(sampleSteps...)}, func(s *screen) {
		planned(s)
		s.keys("down", "down", "enter")
	}},
	{"setup-no-agreement", []func(*env, *Options){notSetUp, blockedPlan}, func(s *screen) {
		s.intake("root")
		snapshot := rootState()
		snapshot.Agreements = state.Known([]aws.Agreement{})
		s.scan(sampleReport(), snapshot, nil)
		s.show(setupPane)
	}},
	{"setup-second-computer", []func(*env, *Options){notSetUp, withPlan(sittingSteps[1])}, planned},
	{"setup-done", []func(*env, *Options){withPlan()}, func(s *screen) {
		s.scan(sampleReport(), sampleState(), nil)
		s.show(setupPane)
	}},
	{"setup-sitting", []func(*env, *Options){withPlan()}, func(s *screen) { sitting(s, nil) }},
	{"setup-root-left", []func(*env, *Options){withPlan()}, func(s *screen) { sitting(s, errNotDeleted); s.keys("esc") }},
	{"setup-confirm", []func(*env, *Options){notSetUp, withPlan(sittingSteps...)}, func(s *screen) {
		planned(s)
		s.keys("enter")
	}},
	{"setup-key", []func(*env, *Options){notSetUp}, func(s *screen) {
		s.show(setupPane)
		s.keys("c", "enter")
		s.typed("AKIAIOSFODNN7EXAMPLE")
		s.keys("enter")
		s.typed("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
		s.keys("enter")
	}},
	{"setup-practice", []func(*env, *Options){withPlan()}, func(s *screen) {
		s.show(setupPane)
		s.keys("e", "tab", "tab")
		s.typed("20")
	}},
}

var errNotDeleted = errors.New("root access key: the root access key AKIAEXAMPLE7Q2X was NOT deleted (iam:DeleteAccessKey: this identity is not allowed to do it): " +
	"delete it yourself in the AWS console, under the root user's Security credentials")

func TestSetUpFrames(t *testing.T) { drawFrames(t, newScreen, setupFrames) }

// Nothing that a person must type into a browser is cut, whatever the window's width.
func TestAddressesAreWhole(t *testing.T) { bubble(testAddressesAreWhole)(t) }

func testAddressesAreWhole(t *testing.T) {
	for _, size := range sizes {
		s := newScreen(t, size.w, size.h, notSetUp, blockedPlan)
		snapshot := rootState()
		snapshot.Agreements = state.Known([]aws.Agreement{})
		s.scan(sampleReport(), snapshot, nil)
		s.show(setupPane)
		s.sees(artifactAddress)
		s.keys("y")
		s.sees("Copied the address.")
	}
}
