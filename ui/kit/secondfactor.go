package kit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"claria/aws"
	"claria/internal/safe"
	"claria/provision"
)

// CodesDialog asks for codes of the second factor: two consecutive codes of a new
// device, whose seed it shows as a picture and as text, or one code of a device that
// is in use. The caller waits on reply, in a job of its own.
type CodesDialog struct {
	title   string
	intro   string               // what the codes are for
	refused string               // why AWS did not accept the codes before
	device  *provision.Enrolment // the new device; nil: it is in use
	picture *picture             // of the device's URI; nil: it cannot be drawn
	phone   bool                 // a key can read the demo account's phone
	typed   []string             // the digits of each code
	at      int                  // the code that is being typed
	wrong   string
	copied  bool
	reply   chan<- codes
}

// NewCodesDialog asks for one code of the device that is in use. refused is why AWS
// did not accept the code before; nil: this is the first.
func NewCodesDialog(intro string, refused error, phone bool) *CodesDialog {
	d := &CodesDialog{title: "Second factor", intro: intro, phone: phone, typed: make([]string, 1)}
	if refused != nil {
		d.refused = Sentence(refused.Error())
	}
	return d
}

// newEnrolment asks for two codes of a new device.
func newEnrolment(device provision.Enrolment, phone bool) *CodesDialog {
	d := NewCodesDialog("", device.Refused, phone)
	d.device, d.typed = &device, make([]string, 2)
	if code, err := newPicture(device.URI, device.Seed); err == nil {
		d.picture = &code
	}
	return d
}

// codes are the answer to a CodesDialog.
type codes struct {
	typed []string
	phone bool // read them from the demo account's phone
	given bool // false: the user closed the dialog
}

// phoneKey reads the codes from the demo account's phone.
const phoneKey = "p"

// Heading is the title in the border.
func (d *CodesDialog) Heading() string { return d.title }

// Closed answers a caller that waits: no codes were given.
func (d *CodesDialog) Closed() { d.answer(codes{}) }

func (d *CodesDialog) answer(c codes) {
	if d.reply != nil {
		d.reply <- c
		d.reply = nil
	}
}

// Update takes a key or a paste.
func (d *CodesDialog) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case tea.PasteMsg:
		for _, r := range m.Content {
			d.digit(string(r))
		}
	case tea.KeyPressMsg:
		return d.key(m.String())
	}
	return nil, false
}

func (d *CodesDialog) key(key string) (cmd tea.Cmd, closed bool) {
	switch {
	case key == "enter":
		return nil, d.enter()
	case key == "tab", key == "down":
		d.at = (d.at + 1) % len(d.typed)
	case key == "shift+tab", key == "up":
		d.at = (d.at + len(d.typed) - 1) % len(d.typed)
	case key == "backspace":
		if d.typed[d.at] == "" {
			d.at = max(0, d.at-1)
		}
		d.typed[d.at] = d.typed[d.at][:max(0, len(d.typed[d.at])-1)]
	case key == phoneKey && d.phone:
		d.answer(codes{phone: true, given: true})
		return nil, true
	case key == "y" && d.device != nil:
		d.copied = true
		return tea.SetClipboard(d.device.Seed), false
	default:
		d.digit(key)
		return nil, false
	}
	d.wrong = ""
	return nil, false
}

// digit types one digit; after the last one the cursor goes to the next code.
func (d *CodesDialog) digit(key string) {
	if len(key) != 1 || key[0] < '0' || key[0] > '9' {
		return
	}
	if len(d.typed[d.at]) == codeLength && d.at < len(d.typed)-1 {
		d.at++
	}
	if d.wrong = ""; len(d.typed[d.at]) < codeLength {
		d.typed[d.at] += key
	}
	if len(d.typed[d.at]) == codeLength && d.at < len(d.typed)-1 && d.typed[d.at+1] == "" {
		d.at++
	}
}

// codeLength is how many digits a code has.
const codeLength = 6

// enter goes to the code that is missing, or answers the caller.
func (d *CodesDialog) enter() bool {
	for i, code := range d.typed {
		switch {
		case len(code) == codeLength:
		case i > d.at: // not come to yet
			d.at = i
			return false
		default:
			d.at, d.wrong = i, "A code has six digits."
			return false
		}
	}
	if len(d.typed) == 2 && d.typed[0] == d.typed[1] {
		d.at, d.typed[1], d.wrong = 1, "", "Both codes are the same. Wait until the app shows the next one."
		return false
	}
	d.answer(codes{typed: slices.Clone(d.typed), given: true})
	return true
}

// labels are the labels of the codes.
func (d *CodesDialog) labels() []string {
	if len(d.typed) == 1 {
		return []string{"Code"}
	}
	return []string{"First code", "Next code"}
}

// fields draws the codes, with the cursor in the one that is being typed, and what is
// wrong with them.
func (d *CodesDialog) fields(t *Theme, w, terse int) []string {
	var lines []string
	for i, label := range d.labels() {
		code := d.typed[i] + strings.Repeat("_", codeLength-len(d.typed[i]))
		label = Fit(label, 12)
		if i == d.at {
			label, code = t.In(TokenSelected, label), InsertCursor(code, len(d.typed[i]))
		} else {
			label = t.Dim(label)
		}
		lines = append(lines, label+code)
	}
	problem := d.wrong
	if problem == "" {
		problem = d.refused
	}
	if problem != "" {
		lines = append(lines, "")
		for _, line := range Wrap(problem, w) {
			lines = append(lines, t.In(TokenFail, line))
		}
	}
	if d.phone {
		what := "the code"
		if len(d.typed) > 1 {
			what = "both codes"
		}
		offer := "This is the demo account: " + phoneKey + " reads " + what + " from its phone."
		if terse >= 3 {
			offer = phoneKey + " reads " + what + " from the demo phone."
		}
		lines = append(lines, "")
		for _, line := range Wrap(offer, w) {
			lines = append(lines, t.In(TokenDrift, line))
		}
	}
	return lines
}

func (d *CodesDialog) foot(t *Theme) string {
	foot := t.Bold("enter") + " continue"
	if d.phone {
		foot += "  " + t.Bold(phoneKey) + " phone"
	}
	if d.device != nil {
		foot += "  " + t.Bold("y") + " copy key"
	}
	return foot + "  " + t.Bold("esc") + " back"
}

// View draws the question for the code of a device that is in use.
func (d *CodesDialog) View(t *Theme, w, _ int) string {
	lines := Wrap(d.intro, w)
	lines = append(lines, "")
	lines = append(lines, d.fields(t, w, 0)...)
	return strings.Join(append(lines, "", d.foot(t)), "\n")
}

// Whole draws a new device on the whole screen, because the picture needs nearly all
// of a window of 80×24.
func (d *CodesDialog) Whole(t *Theme, w, h int) []string {
	if d.device == nil {
		return nil
	}
	const beside = 32 // columns that the text needs
	drawn := d.picture != nil && !t.ASCII && w >= d.picture.width()+beside+2 && h >= d.picture.height()
	room := w - 4
	if drawn {
		room = min(w-d.picture.width()-3, 60)
	}
	text := d.words(t, room, drawn, 0)
	for terse := 1; len(text) > h && terse <= 3; terse++ {
		text = d.words(t, room, drawn, terse)
	}
	if !drawn {
		for i := range text {
			text[i] = "  " + text[i]
		}
		return text
	}
	if h > d.picture.height()+1 && len(text) < h {
		text = append([]string{""}, text...)
	}
	squares := d.picture.lines(t)
	lines := make([]string, max(len(squares), len(text)))
	for i := range lines {
		left := strings.Repeat(" ", d.picture.width())
		if i < len(squares) {
			left = squares[i]
		}
		right := ""
		if i < len(text) {
			right = text[i]
		}
		lines[i] = left + "  " + right
	}
	return lines
}

// words are everything but the picture, in lines of w columns. terse shortens them
// where they do not fit: 1 leaves out the device's URI, 2 also what a person whose
// codes were refused has read before, 3 also what is only polite.
func (d *CodesDialog) words(t *Theme, w int, drawn bool, terse int) []string {
	title := t.Bold(d.title)
	if d.phone {
		title += t.In(TokenDrift, "  demo account")
	}
	text := []string{title, ""}
	say := func(sentence string) { text = append(text, Wrap(sentence, w)...) }
	switch {
	case drawn && terse >= 2:
		say("Scan the picture, or type this key into the app:")
	case drawn:
		say("Scan the picture with an authenticator app on your phone, or type this key into the app:")
	case terse >= 3:
		say(d.whyNoPicture(t))
	default:
		say(d.whyNoPicture(t) + " Type this key into an authenticator app on your phone:")
	}
	for _, line := range fours(d.device.Seed, min(w, 39)) {
		text = append(text, t.Bold(line))
	}
	if d.copied {
		text = append(text, t.Dim("Copied. Clear the clipboard later."))
	}
	if !drawn && terse < 1 {
		text = append(text, "Or open this address with the app:")
		for _, line := range strings.Split(ansi.Hardwrap(d.device.URI, w, false), "\n") {
			text = append(text, t.Dim(line))
		}
	}
	text = append(text, "")
	if terse < 2 || d.refused == "" {
		say("Then type the code that the app shows. Wait for the next code (at most half a minute), and type it too.")
		text = append(text, "")
	}
	text = append(text, d.fields(t, w, terse)...)
	foot := d.foot(t)
	if Width(foot) > w {
		head, tail, _ := strings.Cut(foot, "  "+t.Bold("y"))
		return append(text, head, t.Bold("y")+tail)
	}
	return append(text, foot)
}

// whyNoPicture says why the picture is missing.
func (d *CodesDialog) whyNoPicture(t *Theme) string {
	switch {
	case d.picture == nil || t.ASCII:
		return "This terminal cannot show the picture (a QR code)."
	}
	return fmt.Sprintf("The picture (a QR code) needs a window of %d×%d. This one is smaller.", d.picture.width()+34, d.picture.height())
}

// ErrNoCode is the answer of a user who closed the question for a code, before
// anything was changed.
var ErrNoCode = errors.New("no code was given, so nothing changed")

// ErrLeft is the answer of a user who left the enrolment.
var ErrLeft = errors.New("the second factor was left before it was proven")

// ErrNotRetired is the answer of a user who kept both keys.
var ErrNotRetired = errors.New("no key was retired, so this computer has none yet")

// askCodes opens the dialog and waits for codes.
func (e *Env) askCodes(ctx context.Context, d *CodesDialog) (got codes, err error) {
	if e.Send == nil {
		return codes{}, errNobody
	}
	reply := make(chan codes, 1)
	d.reply = reply
	return wait(ctx, e.Send, d, reply)
}

// provisioner is the identity that may change the account. It asks for a code of the second
// factor when one is needed, and again when AWS refuses it.
func (e *Env) provisioner(ctx context.Context) (account *aws.Account, err error) {
	var refused error
	for {
		account, err = e.Session.AsProvisioner(ctx, func() (string, error) {
			return e.askCode(ctx, "To change the account, type a code of your second factor from the authenticator app. "+
				"One code is enough for an hour.", refused)
		})
		if _, again := errors.AsType[*provision.CodeError](err); !again {
			return account, err
		}
		refused = err
	}
}

// askCode asks for one code of the device that is in use.
func (e *Env) askCode(ctx context.Context, intro string, refused error) (string, error) {
	got, err := e.askCodes(ctx, NewCodesDialog(intro, refused, e.Session.Phone() != nil))
	switch {
	case err != nil:
		return "", err
	case !got.given:
		return "", ErrNoCode
	case got.phone:
		return e.Session.Phone().Code(ctx, refused)
	}
	return got.typed[0], nil
}

// leaving asks whether the user really wants to leave the enrolment.
func (e *Env) leaving(ctx context.Context) (bool, error) {
	return e.sure(ctx, Confirm{
		Title: "Leave the second factor?", Verb: "leave", Back: "stay",
		What: "Stops set-up here. Set-up removes the new device, so delete its entry in the app. The daily identity has no second factor, " +
			"so only the credential that you started with can change the account. That credential is not deleted.",
		Undo: "Start set-up again. What is done stays done, and the plan continues from here with a new picture.",
	})
}

// enrol shows a new second factor and asks for two codes of it.
func (e *Env) enrol(ctx context.Context, device provision.Enrolment) (first, second string, err error) {
	d := newEnrolment(device, e.Session.Phone() != nil)
	for {
		got, err := e.askCodes(ctx, d)
		switch {
		case err != nil:
			return "", "", err
		case got.phone:
			return e.Session.Phone().Enrol(ctx, device)
		case got.given:
			return got.typed[0], got.typed[1], nil
		}
		if left, err := e.leaving(ctx); err != nil || left {
			return "", "", cmp.Or(err, ErrLeft)
		}
	}
}

// proof asks for the code that proves that a new second factor works.
func (e *Env) proof(ctx context.Context, refused error) (string, error) {
	for {
		code, err := e.askCode(ctx, "The second factor is on. Type the next code that the app shows: it proves that the second factor "+
			"opens the role that changes the account.", refused)
		if !errors.Is(err, ErrNoCode) {
			return code, err
		}
		if left, err := e.leaving(ctx); err != nil || left {
			return "", cmp.Or(err, ErrLeft)
		}
	}
}

// proofAgain asks for the code that proves a second factor that was on before, without
// which the root key is not deleted.
func (e *Env) proofAgain(ctx context.Context, refused error) (string, error) {
	return e.askCode(ctx, "Before the root key is deleted, type a code of your second factor from the authenticator app. It proves that "+
		"the account can be changed without the root key.", refused)
}

// retire lets a person choose which of an identity's two keys to delete.
func (e *Env) retire(ctx context.Context, limit *provision.KeyLimitError) (string, error) {
	if e.Send == nil {
		return "", limit
	}
	reply := make(chan int, 1)
	d := &Chooser{
		Title: "Two keys are the limit", Verb: "retire it", reply: reply,
		Intro: fmt.Sprintf("AWS allows %s two access keys, one for each computer, and both exist. "+
			"Choose the key of the computer that is no longer in use.", safe.Line(limit.User)),
	}
	now := e.Now()
	for _, k := range limit.Keys {
		used, state := "never used", ""
		if !k.LastUsed.IsZero() {
			used = "last used " + Ago(now, k.LastUsed)
		}
		if !k.Active {
			state = ", switched off"
		}
		d.Rows = append(d.Rows, Choice{aws.ShortKeyID(k.ID), "created " + day(now, k.Created) + ", " + used + state})
	}
	for {
		at, err := wait(ctx, e.Send, d, reply)
		if err != nil {
			return "", err
		}
		if at < 0 {
			return "", fmt.Errorf("%w: %w", ErrNotRetired, limit)
		}
		gone := limit.Keys[at]
		ok, err := e.sure(ctx, Confirm{
			Title: "Retire " + d.Rows[at].Name, Verb: "delete the key", Target: safe.Line(limit.User) + ", " + d.Rows[at].Note,
			What: "Deletes this access key permanently. The computer that uses it can no longer work with the account until it gets a new key.",
			Undo: "Not possible. Set-up can give that computer another key.",
		})
		if err != nil {
			return "", err
		}
		if ok {
			return gone.ID, nil
		}
		d.reply = reply
	}
}
