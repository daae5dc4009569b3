package setup

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/drift"
	"claria/internal/safe"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/ui/kit"
)

// credential is what set-up starts from, and what is known about it.
type credential struct {
	intake  provision.Intake
	known   bool
	judging bool
	err     error
}

const intakeSlot = "intake"

// judge asks AWS what the credential is and what it may do, before set-up uses it. A
// computer that is set up has its own key.
func (p *Pane) judge() tea.Cmd {
	s := p.env.Session
	if s.SetUp || s.Account == nil {
		return nil
	}
	p.credential.judging = true
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.SetupPane, Slot: intakeSlot, Title: "Checking the credential", Quiet: true}, s.Classify)
}

func (p *Pane) judged(m kit.Answer[provision.Intake]) {
	p.credential = credential{intake: m.Value, known: m.Err == nil, err: m.Err}
	if selected, ok := p.list.Selected(); !ok || strings.HasPrefix(selected.key, "stage ") {
		p.list.Set(p.rows(p.width))
		p.list.Select("stage " + p.currentStage())
	}
}

// needsCredential reports whether set-up has no credential that it can use.
func (p *Pane) needsCredential() bool {
	if p.env.Session.SetUp {
		return false
	}
	s := p.credentialsStage().status
	return s == kit.StatusFail
}

func (p *Pane) credentialsStage() stage {
	s := stage{name: stageCredentials}
	w, c := p.env.Scans, p.credential
	switch {
	case w.Err != nil && !w.Scanning:
		problem := kit.Explain(w.Err)
		s.status, s.text = kit.StatusFail, problem.What+" "+problem.Next
		if p.env.Session.SetUp {
			s.text += " Press r to check again."
			return s
		}
		if none, ok := errors.AsType[*aws.NoCredentialError](w.Err); ok && none.Source.Kind != aws.FromProfile {
			s.text = "There is no AWS credential on this computer."
		}
		for i, line := range credentialAdvice {
			s.add(fmt.Sprint("credential ", i), line)
		}
	case p.env.Session.SetUp && w.Report != nil:
		s.text = identityWords(w.State.Caller)
	case c.known:
		s.text = p.credentialWords()
		switch {
		case len(c.intake.Missing) > 0:
			s.status = kit.StatusFail
			s.add("other", "Press c to use another one: an access key, a profile of this computer, or a role.")
		case c.intake.Unjudged != "":
			s.status = kit.StatusUnknown
		}
	case w.Report == nil || c.judging:
		s.status, s.text = kit.StatusRunning, "Asking AWS whose key this is and what it may do…"
	case c.err != nil:
		problem := kit.Explain(c.err)
		s.status, s.text = kit.StatusUnknown, identityWords(w.State.Caller)+" Its permissions are unknown: "+problem.What
	default:
		s.text = identityWords(w.State.Caller)
	}
	return s
}

// credentialAdvice says which credential to use, the best first. Source of the menu
// names: IAM user guide, "Manage access keys" and "Create access keys for the root user".
var credentialAdvice = []string{
	"Press enter to give one, or r to look again. Best is a credential that expires by itself: a profile that signs in through " +
		"IAM Identity Center (aws sso login), or an access key with a session token.",
	"An administrator's access key also works: AWS console, IAM, Users, Security credentials, Create access key.",
	"If you have neither, use the root user's key: https://console.aws.amazon.com, your name at the top right, Security credentials, " +
		"Create access key. Set-up deletes it at the end.",
	"Claria uses the credential once and holds it in memory only.",
}

// credentialWords say what the credential is, where it is from, and what happens to it.
func (p *Pane) credentialWords() string {
	c := p.credential.intake
	source := "the key you gave"
	if account := p.env.Session.Account; account != nil {
		source = safe.Line(account.Source().String())
	}
	_, name := identityKind(c.Identity)
	switch {
	case c.Kind == provision.RootKey:
		return "From " + source + ". " + safe.Line(c.Guidance)
	case name != "":
		source = safe.Line(name) + ", from " + source
	}
	article := "A "
	if c.Kind == provision.SSOSession {
		article = "An "
	}
	return article + string(c.Kind) + " of " + source + ". " + safe.Line(c.Guidance)
}

// identityWords say whose credential it is and what happens to it.
func identityWords(id aws.Identity) string {
	kind, name := identityKind(id)
	switch kind {
	case "root":
		return "The root user's access key. Set-up uses it once and deletes it in the last step."
	case "user":
		if name == state.AdminUser {
			return "claria-admin, the daily identity. It keeps records, and changes the account only through a separate role."
		}
		return "The IAM user " + safe.Line(name) + onceOnly
	case "role":
		return "A session of the role " + safe.Line(name) + onceOnly
	}
	return safe.Line(id.ARN)
}

// onceOnly is what happens to a credential that set-up starts from.
const onceOnly = ". Set-up uses it once and does not store it. Afterwards Claria has its own key."

// identityKind is the kind of identity in an ARN ("root", "user" or "role") and its name.
func identityKind(id aws.Identity) (kind, name string) {
	_, resource, _ := strings.Cut(id.ARN, "::"+id.Account+":")
	switch parts := strings.Split(resource, "/"); {
	case id.Root():
		return "root", ""
	case parts[0] == "user" && len(parts) > 1:
		return "user", parts[len(parts)-1]
	case parts[0] == "assumed-role" && len(parts) > 1:
		return "role", parts[1]
	}
	return "", ""
}

// credentialAction lets set-up start from another credential.
func (p *Pane) credentialAction() kit.Action {
	a := kit.Action{
		ID: "setup.credential", Keys: []string{"c"}, Help: "another credential",
		Long: "Set up with another credential: an access key that you type, a profile of this computer, or a role of another account.",
		Do:   p.chooseCredential,
	}
	switch {
	case p.env.Session.SetUp:
		a.Disabled, a.Quiet = "This computer is set up and uses its own key.", true
	case p.env.Scans.Applies(p.env):
		a.Disabled = "The plan is being applied."
	}
	return a
}

// chooseCredential asks where the credential comes from.
func (p *Pane) chooseCredential() tea.Cmd {
	d := &kit.Chooser{
		Title: "A credential to set up with", Verb: "choose",
		Intro: "Claria uses it once, holds it in memory only, and stores it nowhere. Afterwards Claria uses its own key, " +
			"which has few permissions.",
	}
	var does []func() tea.Cmd
	add := func(name, note string, do func() tea.Cmd) {
		d.Rows, does = append(d.Rows, kit.Choice{Name: name, Note: note}), append(does, do)
	}
	add("An access key", "that you type here", p.askKey)
	for _, name := range p.env.Session.Profiles() {
		add("Profile "+name, "in this computer's AWS configuration", func() tea.Cmd {
			return p.start(session.Start{Source: aws.Source{Kind: aws.FromProfile, Profile: name}})
		})
	}
	if p.env.Scans.Report != nil {
		add("A role", "that the current credential assumes, for example in a sub-account", p.askRole)
	}
	add("The environment", "AWS_ACCESS_KEY_ID or AWS_PROFILE, as when Claria started", func() tea.Cmd {
		return p.start(session.Start{Source: aws.Source{Kind: aws.FromEnvironment}})
	})
	d.Do = func(at int) tea.Cmd { return does[at]() }
	return kit.Open(d)
}

var (
	keyIDPattern  = regexp.MustCompile(`^A(KIA|SIA)[A-Z0-9]{12,124}$`)
	rolePattern   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	regionPattern = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// askKey asks for an access key.
func (p *Pane) askKey() tea.Cmd {
	secret := kit.TextField("secret access key", "", "Shown as stars. AWS shows it once, when you create the key.")
	kit.Hide(&secret.Input)
	token := kit.TextField("session token", "", "Only for a key that expires by itself (its id begins with ASIA).")
	kit.Hide(&token.Input)
	return kit.Open(&kit.Form{
		Title: "An access key", Verb: "use it",
		Intro: "An administrator's key, or the root user's if there is no other. It is held in memory only.",
		Fields: []kit.FormField{
			kit.TextField("access key id", "", "Twenty letters and digits. It begins with AKIA or ASIA."), secret, token,
			kit.TextField("region", p.env.Session.Settings.Region, "Where AWS stores the records. You cannot change it later."),
		},
		Check: func(v []string) string {
			switch {
			case !keyIDPattern.MatchString(v[0]):
				return "An access key id has letters and digits, and begins with AKIA or ASIA."
			case len(v[1]) < 20:
				return "Type the secret access key. It has forty characters."
			case strings.HasPrefix(v[0], "ASIA") && v[2] == "":
				return "A key that begins with ASIA needs a session token."
			case !regionPattern.MatchString(v[3]):
				return "Type a region such as us-east-1."
			}
			return ""
		},
		Do: func(v []string) tea.Cmd {
			key := aws.Key{ID: v[0], Secret: v[1], SessionToken: v[2]}
			return p.start(session.Start{Source: aws.Source{Kind: aws.FromKey, Key: key}, Region: v[3]})
		},
	})
}

// askRole asks for a role that the current credential assumes.
func (p *Pane) askRole() tea.Cmd {
	return kit.Open(&kit.Form{
		Title: "A role", Intro: "The current credential assumes the role, and set-up runs in the role's account.", Verb: "assume it",
		Fields: []kit.FormField{
			kit.TextField("role", "", "Its ARN: arn:aws:iam::111122223333:role/Name"),
			kit.TextField("external id", "", "Only if the owner of the role gave you one."),
		},
		Check: func(v []string) string {
			if !rolePattern.MatchString(v[0]) {
				return "Type the role's ARN, such as arn:aws:iam::111122223333:role/Name."
			}
			return ""
		},
		Do: func(v []string) tea.Cmd {
			return p.start(session.Start{Source: p.env.Session.Account.Source(), Role: aws.Role{ARN: v[0], ExternalID: v[1]}})
		},
	})
}

// start continues with another credential, and drops what the earlier one has read.
func (p *Pane) start(with session.Start) tea.Cmd {
	ctx, cancel := context.WithTimeout(p.env.Jobs.Context, 10*time.Second) // it only reads files
	defer cancel()
	next, err := p.env.Session.StartWith(ctx, with)
	if err != nil {
		return kit.ComplainOf(err)
	}
	w := p.env.Scans
	w.Pause(p.env)
	w.Report, w.Previous, w.Err, w.Facts = nil, nil, nil, drift.Facts{}
	w.State, w.Plan = state.State{}, provision.Plan{}
	p.plan, p.planned, p.applying, p.finished = provision.Plan{}, false, nil, nil
	p.credential = credential{}
	p.take(next)
	return tea.Batch(kit.Rescan(), p.judge())
}

const shareSlot = "share"

// shared is the outcome of sharing with the practice's other computers.
type shared struct{}

// share shares what is declared here with the practice's other computers, now that
// the account is set up so.
func (p *Pane) share() tea.Cmd {
	s := p.env.Session
	if s.Demo || s.Account == nil {
		return nil
	}
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.SetupPane, Slot: shareSlot, Title: "Sharing with the other computers", Quiet: true},
		func(ctx context.Context) (shared, error) { return shared{}, s.Share(ctx) })
}

// take makes the session the one that everything works on.
func (p *Pane) take(next *session.Session) {
	p.env.Session = next
}

// practiceAction declares optional details: the practice's name, and who gets alarms.
func (p *Pane) practiceAction() kit.Action {
	a := kit.Action{
		ID: "setup.edit", Keys: []string{"e"}, Help: "practice details",
		Long: "Set the practice's name, and who gets alarms and AWS's security notices. All details are optional.", Do: p.askPractice,
	}
	if p.env.Scans.Applies(p.env) {
		a.Disabled = "The account is being changed."
	}
	return a
}

func (p *Pane) askPractice() tea.Cmd {
	d := p.env.Session.Details()
	budget := ""
	if d.Budget > 0 {
		budget = strconv.Itoa(d.Budget)
	}
	details := func(v []string) session.Details {
		budget, _ := strconv.Atoi(strings.TrimPrefix(v[2], "$"))
		contact := state.Contact{Name: v[3], Title: v[4], Email: v[5], Phone: v[6]}
		return session.Details{Practice: v[0], Alerts: v[1], Budget: budget, Contact: contact}
	}
	return kit.Open(&kit.Form{
		Title: "Practice details", Verb: "save",
		Intro: "All fields are optional. You can change them later.",
		Fields: []kit.FormField{
			kit.TextField("practice", d.Practice, "Shown at the top of the screen."),
			kit.TextField("alarms to", d.Alerts, "An e-mail address. AWS sends it a message to confirm."),
			kit.TextField("budget a month", budget, "US dollars. AWS sends an e-mail if costs exceed it."),
			kit.TextField("security contact", d.Contact.Name, "Who gets AWS's security notices. Fill in all four fields, or none."),
			kit.TextField("  title", d.Contact.Title, "For example: Owner."),
			kit.TextField("  e-mail", d.Contact.Email, ""),
			kit.TextField("  telephone", d.Contact.Phone, "For example: +1 555 0100."),
		},
		Check: func(v []string) string {
			if n, err := strconv.Atoi(strings.TrimPrefix(v[2], "$")); v[2] != "" && (err != nil || n < 1) {
				return "The budget is a whole number of US dollars a month."
			}
			if err := details(v).Check(); err != nil {
				return kit.Sentence(err.Error())
			}
			return ""
		},
		Do: func(v []string) tea.Cmd {
			next, err := p.env.Session.Declare(details(v))
			if err != nil {
				return kit.ComplainOf(err)
			}
			p.take(next)
			return tea.Batch(kit.Rescan(), kit.Notify("Saved. Scanning the account for the changes that this needs."))
		},
	})
}
