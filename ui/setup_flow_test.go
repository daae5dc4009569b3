package ui

import (
	"maps"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/demo"
)

// seed reads the key of the new second factor from the screen, as a person types
// it into an app.
func (l *live) seed() string {
	l.t.Helper()
	l.until("Next code")
	text := strings.Map(unsquared, l.text())
	_, text, _ = strings.Cut(text, "intotheapp:")
	return text[:64]
}

// type2 types two consecutive codes of the phone, or ones that are wrong.
func (l *live) type2(phone *provision.Authenticator, device provision.Enrolment) {
	l.t.Helper()
	first, second, err := phone.Enrol(l.t.Context(), device)
	if err != nil {
		l.t.Fatal(err)
	}
	l.typed(first + second)
	l.press("enter")
}

// begin applies the plan.
func (l *live) apply() {
	l.t.Helper()
	l.press("f")
	l.until("Apply the plan")
	l.confirm()
}

// scanned goes on until the account has been looked at again.
func (l *live) scanned() {
	l.t.Helper()
	l.await("is up to date", func() bool { return !l.setup().stale })
}

// A sitting from the root key to a practice with a second factor, whose codes are
// wrong at first and then those of an app that has the key from the screen.
func TestSetUpFromAnEmptyAccount(t *testing.T) { bubble(testSetUpFromAnEmptyAccount)(t) }

func testSetUpFromAnEmptyAccount(t *testing.T) {
	l := openLive(t, "empty", 120, 40)
	l.until("changes, ")
	l.until("From the environment. This is the root user")
	l.sees("Setup", "From the environment. This is the root user's key", "practice account · nothing here is real", "164.312(b)")
	l.press("enter")
	l.until("Apply the plan")
	l.press("y", "y") // typed ahead
	l.sees("Apply the plan", "Have your phone")
	l.confirm()
	phone := provision.NewAuthenticator(time.Now)
	device := provision.Enrolment{Seed: l.seed()}
	l.typed("000000111111")
	l.press("enter")
	l.until("AWS did not accept the two codes")
	if again := l.seed(); again != device.Seed {
		t.Errorf("after a wrong code the device is another one: %s", again)
	}
	l.type2(phone, device)
	l.until("One more code, the next that the app shows")
	code, err := phone.Code(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l.typed(code)
	l.press("enter")
	l.until("Claria works as claria-admin.")
	l.sees("nothing is left to change", "The account is set up.", "The second factor: on, and tested by assuming claria-provisioner.", "The root key: deleted")
	l.hides("✗", "unknown", " 0 ok")
	l.press("g", "enter")
	l.until("There is nothing to change.")
}

// Leaving the second factor says what that leaves; staying keeps the device; having
// left, the plan goes on from there.
func TestTheSecondFactorCanBeLeft(t *testing.T) { bubble(testTheSecondFactorCanBeLeft)(t) }

func testTheSecondFactorCanBeLeft(t *testing.T) {
	l := openLive(t, "empty", 80, 24)
	l.until("From the environment. This is the root user")
	l.until("changes, ")
	l.apply()
	before := l.seed()
	l.typed("123")
	l.press("esc")
	l.until("Leave the second factor?")
	l.sees("The new device is removed", "what is done stays done")
	l.press("esc")
	if l.seed() != before {
		t.Error("staying has lost the device")
	}
	l.press("esc")
	l.until("Leave the second factor?")
	l.confirm()
	l.until("You left the second factor")
	l.scanned()
	l.apply()
	if l.seed() == before {
		t.Error("the device that was removed is shown again")
	}
	l.codes()
	l.until("One more code")
	l.press("esc")
	l.until("Leave the second factor?")
	l.press("esc")
	l.until("One more code")
	l.codes()
	l.until("Claria works as claria-admin.")
}

// Whatever keeps the root key from being deleted, the account is not left to it,
// and a person is told.
func TestARootKeyThatStaysIsToldLoudly(t *testing.T) { bubble(testARootKeyThatStaysIsToldLoudly)(t) }

func testARootKeyThatStaysIsToldLoudly(t *testing.T) {
	account, err := demo.New(demo.Options{Seed: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Sandbox.Inject("error=iam:DeleteAccessKey,code=ServiceFailure,status=400"); err != nil {
		t.Fatal(err)
	}
	l := openOn(t, account.Session(), 120, 40)
	l.until("From the environment. This is the root user")
	l.until("changes, ")
	l.apply()
	l.codes()
	l.until("One more code")
	l.codes()
	l.until("┌─ The root key was NOT deleted")
	l.sees("can do anything in this account", "Security credentials")
	l.press("esc")
	l.until("Claria works as claria-admin.")
	l.sees("THE ROOT KEY WAS NOT DELETED", "✗ Proof", "(IAM-01)", "was NOT deleted (iam:DeleteAccessKey")
}

// A second computer of a practice gets a key of its own; a third asks which of the
// two goes.
func TestFurtherComputers(t *testing.T) { bubble(testFurtherComputers)(t) }

func testFurtherComputers(t *testing.T) {
	begun := time.Now() // a code serves once, and the next is not to be waited for
	account, err := demo.New(demo.Options{Seed: "empty", Sandbox: sandbox.Options{Now: func() time.Time { return begun.Add(20 * time.Since(begun)) }}})
	if err != nil {
		t.Fatal(err)
	}
	computer := func(change func(*session.Practice)) *live {
		own := account.Session()
		own.Keyring = aws.NewMemoryKeyring()
		change(own)
		l := openOn(t, own, 100, 30)
		l.until("rom the environment. ")
		l.until("This account is set up already, and this computer needs only a key of its own")
		return l
	}
	own := account.Session()
	first := openOn(t, own, 100, 30)
	first.until("From the environment. This is the root user")
	first.until("changes, ")
	first.press("G")
	first.until("Proof")
	first.press("space")
	first.until("Go to the step that deletes the root key first.")
	first.press("k", "k", "space")
	first.until("The root key will be kept")
	first.apply()
	first.codes()
	first.until("One more code")
	first.codes()
	first.until("Claria works as claria-admin.")
	first.sees("The root key was kept, as you chose")

	daily, err := own.Keyring.Load(state.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	second := computer(func(p *session.Practice) {
		p.Environ = maps.Clone(p.Environ)
		p.Environ["AWS_ACCESS_KEY_ID"], p.Environ["AWS_SECRET_ACCESS_KEY"] = daily.ID, daily.Secret
	})
	second.sees("it can give another computer a key of its own")
	second.apply()
	second.until("Changing the account takes a code")
	second.codes()
	second.until("Claria works as claria-admin.")

	third := computer(func(*session.Practice) {})
	third.apply()
	third.until("Two keys are the limit")
	third.sees("made ", "last used")
	third.press("enter")
	third.until("Retire AKIA")
	third.press("esc")
	third.until("Two keys are the limit")
	third.press("esc")
	third.until("You kept both keys")
	third.scanned()
	third.apply()
	third.until("Two keys are the limit")
	third.press("down", "enter")
	third.until("Retire AKIA")
	third.confirm()
	third.until("Claria works as claria-admin.")
	third.sees("The root key: deleted")
}

// Where no credential is found, one is typed, and nothing of it is shown or kept.
func TestACredentialIsTyped(t *testing.T) { bubble(testACredentialIsTyped)(t) }

func testACredentialIsTyped(t *testing.T) {
	account, err := demo.New(demo.Options{Seed: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	own := account.Session()
	environ := maps.Clone(own.Environ)
	own.Environ = map[string]string{"AWS_REGION": "us-east-1"}
	l := openOn(t, own, 100, 30)
	l.until("No AWS credential was found on this computer.")
	l.press("g", "down", "enter")
	l.until("A credential to set up with")
	l.press("enter")
	l.until("access key id")
	l.typed(environ["AWS_ACCESS_KEY_ID"])
	l.press("enter")
	l.typed("short")
	l.press("enter", "enter", "enter")
	l.until("The secret access key is missing")
	l.press("tab", "tab")
	l.press("ctrl+u")
	l.typed(environ["AWS_SECRET_ACCESS_KEY"])
	l.press("enter")
	l.hides(environ["AWS_SECRET_ACCESS_KEY"])
	l.press("enter", "enter")
	l.until("From the key you gave. This is the root user's key")
	l.until("22 changes")
}

// What a practice declares on the screen is planned for.
func TestPracticeDetailsAreDeclared(t *testing.T) { bubble(testPracticeDetailsAreDeclared)(t) }

func testPracticeDetailsAreDeclared(t *testing.T) {
	l := openLive(t, "empty", 100, 40)
	l.until("22 changes")
	l.press("e")
	l.until("Practice details")
	l.typed("Alder practice")
	l.press("enter")
	l.typed("nobody")
	for range 6 {
		l.press("enter")
	}
	l.until("must be an e-mail address")
	for range 2 {
		l.press("tab")
	}
	l.typed("@example.com")
	for range 6 {
		l.press("enter")
	}
	l.until("Kept.")
	l.until("alarms")
	l.sees("Alder practice")
}

// A fix asks for a code: a wrong one is asked again, and without one nothing is
// changed.
func TestAFixWithoutACodeChangesNothing(t *testing.T) { bubble(testAFixWithoutACodeChangesNothing)(t) }

func testAFixWithoutACodeChangesNothing(t *testing.T) {
	l := openLive(t, "demo", 100, 30)
	l.until("Log files are validated")
	fix := func() {
		l.handle(goToMsg{compliancePane, showControl{ID: "CT-03"}})
		l.press("f")
		l.until("Undo")
		l.confirm()
		l.until("Changing the account takes a code")
	}
	fix()
	l.press("esc")
	l.until("No code was given, so nothing was changed.")
	l.until("● ")
	fix()
	l.typed("000000")
	l.press("enter")
	l.until("AWS did not accept the code")
	l.codes()
	l.until("is fixed, and the account shows it.")
}

func TestWithoutAnAgreementNothingIsApplied(t *testing.T) {
	bubble(testWithoutAnAgreementNothingIsApplied)(t)
}

func testWithoutAnAgreementNothingIsApplied(t *testing.T) {
	l := openLive(t, "no-baa", 80, 24)
	l.until("There is no Business Associate Addendum with AWS")
	l.until(artifactAddress)
	l.press("enter")
	l.until("No Business Associate Addendum")
	if len(l.dialogs) != 0 {
		t.Error("the plan can be applied without an agreement")
	}
	l.sees("Come back and press r.")
}
