package ui

import (
	"errors"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"claria/aws"
	"claria/drift"
	"claria/provision"
	"claria/provision/state"
)

// A new second factor, as AWS tells it; the seed is nobody's.
var sampleDevice = provision.Enrolment{
	Serial: "arn:aws:iam::111122223333:mfa/claria-admin", Seed: sampleSeed,
	URI: "otpauth://totp/claria-admin@111122223333?secret=" + sampleSeed,
}

const sampleSeed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

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

// intake hands the screen what the credential is.
func (s *screen) intake(kind string) {
	s.t.Helper()
	s.run(s.setup().Update(answer[provision.Intake]{Slot: intakeSlot, Value: sampleIntakes[kind]}))
}

func (s *screen) setup() *setup {
	for _, tab := range s.tabs {
		if p, ok := tab.pane.(*setup); ok {
			return p
		}
	}
	s.t.Fatal("there is no set-up")
	return nil
}

// enrolment is the dialog of a new second factor.
func enrolment(phone bool) *codesDialog {
	d := &codesDialog{title: "Second factor", device: &sampleDevice, typed: make([]string, 2), phone: phone}
	code, err := newPicture(sampleDevice.URI, sampleDevice.Seed)
	if err != nil {
		panic(err)
	}
	d.picture = &code
	return d
}

// planned is an account with its root key before set-up.
func planned(s *screen) {
	s.intake("root")
	s.scan(sampleReport(), rootState(), nil)
	s.show(setupPane)
}

var sittingSteps = []provision.Step{
	sampleSteps[0],
	{ID: keyStep, Op: provision.Create, Resource: "access key of claria-admin", Summary: "tested, then stored in the keyring", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: delete the key in IAM and from the keyring"},
	{ID: factorStep, Op: provision.Create, Resource: "second factor of claria-admin", Summary: "an authenticator app", Risk: provision.Manual, Undo: "Claria cannot undo this; by hand: deactivate the device of claria-admin in the IAM console"},
	{ID: rootStep, Op: provision.Delete, Resource: "root access key", Summary: "AKIA…7Q2X, after the new key was tested", Risk: provision.Irreversible},
}

// sitting is a set-up that was done: what the last step came to.
func sitting(s *screen, err error) {
	p := s.setup()
	p.applying = newApplying(provision.Plan{Steps: sittingSteps})
	details := []string{"", "key AKIA…9XYZ, stored in the keyring", "on, and tested by assuming claria-provisioner", "deleted, and no longer accepted"}
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

var setupFrames = []struct {
	name string
	with []func(*env, *Options)
	draw func(s *screen)
}{
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
	{"setup-second-factor", nil, func(s *screen) { s.send(openMsg{enrolment(true)}) }},
	{"setup-second-factor-refused", nil, func(s *screen) {
		d := enrolment(false)
		d.refused = sentence((&provision.CodeError{Pair: true, Err: errors.New("403")}).Error())
		s.send(openMsg{d})
		s.typed("12345678")
	}},
	{"setup-code", []func(*env, *Options){withPlan()}, func(s *screen) {
		s.send(openMsg{&codesDialog{title: "Second factor", intro: "Changing the account takes a code.", typed: []string{"12"}, phone: true}})
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

func TestSetUpFrames(t *testing.T) {
	for _, frame := range setupFrames {
		for _, size := range sizes {
			t.Run(frame.name+"-"+size.name, bubble(func(t *testing.T) {
				s := newScreen(t, size.w, size.h, frame.with...)
				frame.draw(s)
				s.golden(frame.name + "-" + size.name)
			}))
		}
	}
}

// Nothing that a person must type into a browser or an app is cut, whatever the
// window's width.
func TestAddressesAndSeedsAreWhole(t *testing.T) { bubble(testAddressesAndSeedsAreWhole)(t) }

func testAddressesAndSeedsAreWhole(t *testing.T) {
	for _, size := range sizes {
		s := newScreen(t, size.w, size.h, notSetUp, blockedPlan)
		snapshot := rootState()
		snapshot.Agreements = state.Known([]aws.Agreement{})
		s.scan(sampleReport(), snapshot, nil)
		s.show(setupPane)
		s.sees(artifactAddress)
		s.keys("y")
		s.sees("Copied the address.")
		s.send(openMsg{enrolment(false)})
		if text := strings.Map(unsquared, s.text()); !strings.Contains(text, sampleSeed) {
			t.Errorf("%s: the key is not whole:\n%s", size.name, s.text())
		}
	}
}

// unsquared leaves out the picture and the spaces.
func unsquared(r rune) rune {
	if strings.ContainsRune("▀▄█ \n", r) {
		return -1
	}
	return r
}

// squares reads the picture from the screen, as dark (true) and light squares.
func squares(text string, wide int) [][]bool {
	var all [][]bool
	for _, line := range strings.Split(text, "\n") {
		up, down := []bool{}, []bool{}
		for _, r := range []rune(line)[:wide] {
			up, down = append(up, r == '█' || r == '▀'), append(down, r == '█' || r == '▄')
		}
		all = append(all, up, down)
	}
	return all
}

// The picture is the code, square by square, with its quiet zone, dark on light in
// every look.
func TestThePictureIsTheCode(t *testing.T) { bubble(testThePictureIsTheCode)(t) }

func testThePictureIsTheCode(t *testing.T) {
	d := enrolment(false)
	if d.picture.width() > 46 || d.picture.height() > 23 {
		t.Errorf("the picture is %d×%d and does not fit a window of 24 rows", d.picture.width(), d.picture.height())
	}
	for _, look := range []struct {
		name     string
		change   func(*env, *Options)
		inverted bool // a block is a light square
	}{
		{"colours", func(*env, *Options) {}, false},
		{"light", func(_ *env, o *Options) { o.Theme = "light" }, false},
		{"no colours", func(_ *env, o *Options) { o.NoColor = true }, true},
	} {
		s := newScreen(t, 80, 24, look.change)
		s.send(openMsg{d})
		styled, _, _ := s.draw()
		if coloured := strings.Contains(styled, "38;2;0;0;0;48;2;255;255;255"); coloured == look.inverted {
			t.Errorf("%s: black on white is %v", look.name, coloured)
		}
		got := squares(ansi.Strip(styled), d.picture.width())
		for y := range d.picture.size {
			for x := range d.picture.size {
				if dark := got[y][x] != look.inverted; dark != d.picture.code.Black(x-quiet, y-quiet) {
					t.Fatalf("%s: square %d, %d is dark %v", look.name, x, y, dark)
				}
			}
		}
	}
	s := newScreen(t, 120, 40, func(_ *env, o *Options) { o.ASCII = true })
	s.send(openMsg{d})
	s.sees("This terminal cannot show the picture", sampleDevice.URI)
}

func TestCodesAreTypedOneAfterTheOther(t *testing.T) { bubble(testCodesAreTypedOneAfterTheOther)(t) }

func testCodesAreTypedOneAfterTheOther(t *testing.T) {
	reply := make(chan codes, 1)
	d := enrolment(false)
	d.reply = reply
	s := newScreen(t, 80, 24)
	s.send(openMsg{d})
	s.keys("enter")
	s.sees("A code has six digits.")
	s.typed("a1 2-3456")
	s.keys("enter")
	s.sees("First code  123456", "A code has six digits.")
	s.typed("123456")
	s.keys("enter")
	s.sees("That is the same code twice.", "Next code   ______")
	s.typed("65432p1")
	s.keys("enter")
	if got := <-reply; !got.given || got.phone || strings.Join(got.typed, " ") != "123456 654321" || len(s.dialogs) != 0 {
		t.Errorf("the answer is %+v", got)
	}
}
