package setup

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
	"claria/ui/uitest"
)

// unsquared leaves out the picture and the spaces.
func unsquared(r rune) rune {
	if strings.ContainsRune("▀▄█ \n", r) {
		return -1
	}
	return r
}

// A sitting from the root key to a practice with a second factor, whose codes are
// wrong at first and then those of an app that has the key from the screen.
func TestSetUpFromAnEmptyAccount(t *testing.T) { uitest.Bubble(testSetUpFromAnEmptyAccount)(t) }

func testSetUpFromAnEmptyAccount(t *testing.T) {
	l := screens.Live(t, "empty", 120, 40)
	l.Until("changes, ")
	l.Until("From the environment. This is the root user")
	l.Sees("Setup", "From the environment. This is the root user's key", "demo account · nothing here is real", "164.312(b)")
	l.Press("enter")
	l.Until("Apply the plan")
	l.Press("y", "y") // typed ahead
	l.Sees("Apply the plan", "You need your phone")
	l.Confirm()
	phone := provision.NewAuthenticator(time.Now)
	device := provision.Enrolment{Seed: seedOf(l)}
	l.Typed("000000111111")
	l.Press("enter")
	l.Until("AWS did not accept the two codes")
	if again := seedOf(l); again != device.Seed {
		t.Errorf("after a wrong code the device is another one: %s", again)
	}
	typeTwo(l, phone, device)
	l.Until("Type the next code that the app shows")
	code, err := phone.Code(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Typed(code)
	l.Press("enter")
	l.Until("Claria works as claria-admin.")
	l.Sees("Nothing is left to change", "The account is set up, and Claria now uses its own key.", "The second factor: on, and tested by assuming claria-provisioner.", "The root key: deleted")
	l.Hides("✗", "unknown", " 0 ok")
	l.Press("g", "enter")
	l.Until("There is nothing to change.")
}

// Leaving the second factor says what that leaves; staying keeps the device; having
// left, the plan goes on from there.
func TestTheSecondFactorCanBeLeft(t *testing.T) { uitest.Bubble(testTheSecondFactorCanBeLeft)(t) }

func testTheSecondFactorCanBeLeft(t *testing.T) {
	l := screens.Live(t, "empty", 80, 24)
	l.Until("From the environment. This is the root user")
	l.Until("changes, ")
	apply(l)
	before := seedOf(l)
	l.Typed("123")
	l.Press("esc")
	l.Until("Leave the second factor?")
	l.Sees("Set-up removes the new device", "What is done stays done")
	l.Press("esc")
	if seedOf(l) != before {
		t.Error("staying has lost the device")
	}
	l.Press("esc")
	l.Until("Leave the second factor?")
	l.Confirm()
	l.Until("You left the second factor")
	scannedAgain(l)
	apply(l)
	if seedOf(l) == before {
		t.Error("the device that was removed is shown again")
	}
	l.Codes()
	l.Until("Type the next code")
	l.Press("esc")
	l.Until("Leave the second factor?")
	l.Press("esc")
	l.Until("Type the next code")
	l.Codes()
	l.Until("Claria works as claria-admin.")
}

// Whatever keeps the root key from being deleted, the account is not left to it,
// and a person is told.
func TestARootKeyThatStaysIsToldLoudly(t *testing.T) {
	uitest.Bubble(testARootKeyThatStaysIsToldLoudly)(t)
}

func testARootKeyThatStaysIsToldLoudly(t *testing.T) {
	account, err := demo.New(demo.Options{Seed: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Sandbox.Inject("error=iam:DeleteAccessKey,code=AccessDenied,status=403"); err != nil {
		t.Fatal(err)
	}
	l := screens.On(t, account.Session(), 120, 40)
	l.Until("From the environment. This is the root user")
	l.Until("changes, ")
	apply(l)
	l.Codes()
	l.Until("Type the next code")
	l.Codes()
	l.Until("┌─ The root key was NOT deleted")
	l.Sees("can do anything in this account", "Security credentials")
	l.Press("esc")
	l.Until("Claria works as claria-admin.")
	l.Sees("THE ROOT KEY WAS NOT DELETED", "✗ Proof", "IAM-01", "was NOT deleted (iam:DeleteAccessKey")
}

// A second computer of a practice gets a key of its own; a third asks which of the
// two goes.
func TestFurtherComputers(t *testing.T) { uitest.Bubble(testFurtherComputers)(t) }

func testFurtherComputers(t *testing.T) {
	begun := time.Now() // a code serves once, and the next is not to be waited for
	account, err := demo.New(demo.Options{Seed: "empty", Sandbox: sandbox.Options{Now: func() time.Time { return begun.Add(20 * time.Since(begun)) }}})
	if err != nil {
		t.Fatal(err)
	}
	computer := func(change func(*session.Demo)) *uitest.Live {
		own := account.Session()
		own.Keyring = aws.NewMemoryKeyring()
		change(own)
		l := screens.On(t, own, 100, 30)
		l.Until("rom the environment. ")
		l.Until("This account is already set up. This computer needs only a key of its own")
		return l
	}
	own := account.Session()
	first := screens.On(t, own, 100, 30)
	first.Until("From the environment. This is the root user")
	first.Until("changes, ")
	first.Press("G")
	first.Until("Proof")
	first.Press("space")
	first.Until("Go to the step that deletes the root key first.")
	first.Press("k", "k", "space")
	first.Until("Set-up will keep the root key")
	apply(first)
	first.Codes()
	first.Until("Type the next code")
	first.Codes()
	first.Until("Claria works as claria-admin.")
	first.Sees("The root key was kept, as you chose")

	daily, err := own.Keyring.Load(state.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	second := computer(func(p *session.Demo) {
		p.Environ = maps.Clone(p.Environ)
		p.Environ["AWS_ACCESS_KEY_ID"], p.Environ["AWS_SECRET_ACCESS_KEY"] = daily.ID, daily.Secret
	})
	second.Sees("it can give another computer a key of its own")
	apply(second)
	second.Until("To change the account, type a code")
	second.Codes()
	second.Until("Claria works as claria-admin.")

	third := computer(func(*session.Demo) {})
	apply(third)
	third.Until("Two keys are the limit")
	third.Sees("created ", "last used")
	third.Press("enter")
	third.Until("Retire AKIA")
	third.Press("esc")
	third.Until("Two keys are the limit")
	third.Press("esc")
	third.Until("You kept both keys")
	scannedAgain(third)
	apply(third)
	third.Until("Two keys are the limit")
	third.Press("down", "enter")
	third.Until("Retire AKIA")
	third.Confirm()
	third.Until("Before the root key is deleted, type a code")
	third.Codes()
	third.Until("Claria works as claria-admin.")
	third.Sees("The root key: deleted")
}

// Where no credential is found, one is typed, and nothing of it is shown or kept.
func TestACredentialIsTyped(t *testing.T) { uitest.Bubble(testACredentialIsTyped)(t) }

func testACredentialIsTyped(t *testing.T) {
	account, err := demo.New(demo.Options{Seed: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	own := account.Session()
	environ := maps.Clone(own.Environ)
	own.Environ = map[string]string{"AWS_REGION": "us-east-1"}
	l := screens.On(t, own, 100, 30)
	l.Until("There is no AWS credential on this computer.")
	l.Press("g", "down", "enter")
	l.Until("A credential to set up with")
	l.Press("enter")
	l.Until("access key id")
	l.Typed(environ["AWS_ACCESS_KEY_ID"])
	l.Press("enter")
	l.Typed("short")
	l.Press("enter", "enter", "enter")
	l.Until("Type the secret access key.")
	l.Press("tab", "tab")
	l.Press("ctrl+u")
	l.Typed(environ["AWS_SECRET_ACCESS_KEY"])
	l.Press("enter")
	l.Hides(environ["AWS_SECRET_ACCESS_KEY"])
	l.Press("enter", "enter")
	l.Until("From the key you gave. This is the root user's key")
	l.Until("22 changes")
}

// What a practice declares on the screen is planned for.
func TestPracticeDetailsAreDeclared(t *testing.T) { uitest.Bubble(testPracticeDetailsAreDeclared)(t) }

func testPracticeDetailsAreDeclared(t *testing.T) {
	l := screens.Live(t, "empty", 100, 40)
	l.Until("22 changes")
	l.Press("e")
	l.Until("Practice details")
	l.Typed("Alder practice")
	l.Press("enter")
	l.Typed("nobody")
	for range 6 {
		l.Press("enter")
	}
	l.Until("must be an e-mail address")
	for range 2 {
		l.Press("tab")
	}
	l.Typed("@example.com")
	for range 6 {
		l.Press("enter")
	}
	l.Until("Saved.")
	l.Until("alarms")
	l.Sees("Alder practice")
}

func TestWithoutAnAgreementNothingIsApplied(t *testing.T) {
	uitest.Bubble(testWithoutAnAgreementNothingIsApplied)(t)
}

func testWithoutAnAgreementNothingIsApplied(t *testing.T) {
	l := screens.Live(t, "no-baa", 80, 24)
	l.Until("There is no Business Associate Addendum with AWS")
	l.Until(artifactAddress)
	l.Press("enter")
	l.Until("No Business Associate Addendum")
	if l.Asks() {
		t.Error("the plan can be applied without an agreement")
	}
	l.Sees("Come back here and press r.")
}

// seedOf reads the key of the new second factor from the screen, as a person types
// it into an app.
func seedOf(l *uitest.Live) string {
	l.T.Helper()
	l.Until("Next code")
	text := strings.Map(unsquared, l.Text())
	_, text, _ = strings.Cut(text, "intotheapp:")
	return text[:64]
}

// typeTwo types two consecutive codes of the phone, or ones that are wrong.
func typeTwo(l *uitest.Live, phone *provision.Authenticator, device provision.Enrolment) {
	l.T.Helper()
	first, second, err := phone.Enrol(l.T.Context(), device)
	if err != nil {
		l.T.Fatal(err)
	}
	l.Typed(first + second)
	l.Press("enter")
}

// begin applies the plan.
func apply(l *uitest.Live) {
	l.T.Helper()
	l.Press("f")
	l.Until("Apply the plan")
	l.Confirm()
}

// scannedAgain goes on until the account has been looked at again.
func scannedAgain(l *uitest.Live) {
	l.T.Helper()
	l.Await("is up to date", func() bool { return !paneOf(l.Screen).stale })
}
