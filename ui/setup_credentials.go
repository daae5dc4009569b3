package ui

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
)

// credential is what set-up starts from, and what is known of it.
type credential struct {
	intake  provision.Intake
	known   bool
	judging bool
	err     error
}

const intakeSlot = "intake"

// judge finds out what the credential is and may do, before anything is done with
// it. A machine that is set up has its own key.
func (p *setup) judge() tea.Cmd {
	s := p.env.session
	if s.SetUp || s.Account == nil {
		return nil
	}
	p.credential.judging = true
	return ask(p.env.jobs, job{Pane: setupPane, Slot: intakeSlot, Title: "Looking at the credential", Quiet: true}, s.Classify)
}

func (p *setup) judged(m answer[provision.Intake]) {
	p.credential = credential{intake: m.Value, known: m.Err == nil, err: m.Err}
	if selected, ok := p.list.Selected(); !ok || strings.HasPrefix(selected.key, "stage ") {
		p.list.Set(p.rows(p.width))
		p.list.Select("stage " + p.currentStage())
	}
}

// needsCredential reports whether set-up has nothing to start from that can set up.
func (p *setup) needsCredential() bool {
	if p.env.session.SetUp {
		return false
	}
	s := p.credentialsStage().status
	return s == statusFail
}

func (p *setup) credentialsStage() stage {
	s := stage{name: stageCredentials}
	w, c := p.env.watch, p.credential
	switch {
	case w.err != nil && !w.scanning:
		problem := explain(w.err)
		s.status, s.text = statusFail, problem.what+" "+problem.next
		if p.env.session.SetUp {
			s.text += " r checks again."
			return s
		}
		if none, ok := errors.AsType[*aws.NoCredentialError](w.err); ok && none.Source.Kind != aws.FromProfile {
			s.text = "No AWS credential was found on this computer."
		}
		for i, line := range credentialAdvice {
			s.add(fmt.Sprint("credential ", i), line)
		}
	case p.env.session.SetUp && w.report != nil:
		s.text = identityWords(w.state.Caller)
	case c.known:
		s.text = p.credentialWords()
		switch {
		case len(c.intake.Missing) > 0:
			s.status = statusFail
			s.add("other", "c gives another: an access key, a profile of this computer, or a role.")
		case c.intake.Unjudged != "":
			s.status = statusUnknown
		}
	case w.report == nil || c.judging:
		s.status, s.text = statusRunning, "Asking AWS whose key this is, and what it may do…"
	case c.err != nil:
		problem := explain(c.err)
		s.status, s.text = statusUnknown, identityWords(w.state.Caller)+" What it may do could not be found out: "+problem.what
	default:
		s.text = identityWords(w.state.Caller)
	}
	return s
}

// credentialAdvice is what to give, the best first. Sources of the console's words:
// IAM user guide, "Manage access keys" and "Create access keys for the root user".
var credentialAdvice = []string{
	"enter gives one, and r looks again. Best is a credential that ends by itself: a profile that signs in through IAM Identity Center (aws sso login), or an access key with a session token.",
	"Good is the access key of an administrator: AWS console, IAM, Users, Security credentials, Create access key.",
	"If there is neither, the root user's key will do: https://console.aws.amazon.com, your name at the top right, Security credentials, Create access key. Set-up deletes it at the end.",
	"Whatever you give is used once and held in memory only.",
}

// credentialWords say what the credential is, where it is from, and what becomes of it.
func (p *setup) credentialWords() string {
	c := p.credential.intake
	source := "the key you gave"
	if account := p.env.session.Account; account != nil {
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

// identityWords say whose credential it is and what becomes of it.
func identityWords(id aws.Identity) string {
	kind, name := identityKind(id)
	switch kind {
	case "root":
		return "The root user's access key. It is used once, and the plan's last step deletes it."
	case "user":
		if name == state.AdminUser {
			return "claria-admin, the daily identity: it keeps records, and changes the account only through a role for that."
		}
		return "The IAM user " + safe.Line(name) + ". Set-up uses it once and stores nothing of it; afterwards Claria has a key of its own."
	case "role":
		return "A session of the role " + safe.Line(name) + ". Set-up uses it once and stores nothing of it; afterwards Claria has a key of its own."
	}
	return safe.Line(id.ARN)
}

// identityKind reads from an ARN whose it is: "root", "user" or "role", and the name.
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

// credentialAction gives set-up something else to start from.
func (p *setup) credentialAction() action {
	a := action{
		ID: "setup.credential", Keys: []string{"c"}, Help: "another credential",
		Long: "Give set-up another credential: an access key typed here, a profile of this computer, or a role of another account.",
		Do:   p.chooseCredential,
	}
	switch {
	case p.env.session.SetUp:
		a.Disabled, a.Quiet = "This computer is set up and works with its own key.", true
	case p.env.watch.applies(p.env):
		a.Disabled = "The plan is being applied."
	}
	return a
}

// chooseCredential asks where the credential comes from.
func (p *setup) chooseCredential() tea.Cmd {
	d := &chooser{
		title: "A credential to set up with", verb: "choose",
		intro: "It is used once, held in memory only, and written nowhere. Afterwards Claria works with a narrow key of its own.",
	}
	var does []func() tea.Cmd
	add := func(name, note string, do func() tea.Cmd) {
		d.rows, does = append(d.rows, choice{name, note}), append(does, do)
	}
	add("An access key", "typed here", p.askKey)
	for _, name := range p.env.session.Profiles() {
		add("Profile "+name, "of this computer's AWS configuration", func() tea.Cmd {
			return p.start(session.Start{Source: aws.Source{Kind: aws.FromProfile, Profile: name}})
		})
	}
	if p.env.watch.report != nil {
		add("A role", "taken with the credential in use: a sub-account, for one", p.askRole)
	}
	add("The environment", "AWS_ACCESS_KEY_ID or AWS_PROFILE, as Claria was started", func() tea.Cmd {
		return p.start(session.Start{Source: aws.Source{Kind: aws.FromEnvironment}})
	})
	d.do = func(at int) tea.Cmd { return does[at]() }
	return open(d)
}

var (
	keyIDPattern  = regexp.MustCompile(`^A(KIA|SIA)[A-Z0-9]{12,124}$`)
	rolePattern   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	regionPattern = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// askKey asks for an access key.
func (p *setup) askKey() tea.Cmd {
	secret := textField("secret access key", "", "Shown as stars. AWS shows it once, when the key is made.")
	hide(&secret.input)
	token := textField("session token", "", "Only with a key that ends by itself (its id begins with ASIA).")
	hide(&token.input)
	return open(&form{
		title: "An access key", intro: "Of an administrator, or of the root user if there is no other. It is held in memory only.", verb: "use it",
		fields: []formField{
			textField("access key id", "", "Twenty letters and digits that begin with AKIA or ASIA."), secret, token,
			textField("region", p.env.session.Settings.Region, "Where the records are to be kept. It cannot be moved later."),
		},
		check: func(v []string) string {
			switch {
			case !keyIDPattern.MatchString(v[0]):
				return "An access key id is letters and digits that begin with AKIA or ASIA."
			case len(v[1]) < 20:
				return "The secret access key is missing; it has forty characters."
			case strings.HasPrefix(v[0], "ASIA") && v[2] == "":
				return "A key that begins with ASIA comes with a session token."
			case !regionPattern.MatchString(v[3]):
				return "Type a region such as us-east-1."
			}
			return ""
		},
		do: func(v []string) tea.Cmd {
			return p.start(session.Start{Source: aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: v[0], Secret: v[1], SessionToken: v[2]}}, Region: v[3]})
		},
	})
}

// askRole asks for a role that the credential in use takes.
func (p *setup) askRole() tea.Cmd {
	return open(&form{
		title: "A role", intro: "The credential in use takes it, and set-up is done in the account that it belongs to.", verb: "take it",
		fields: []formField{
			textField("role", "", "Its ARN: arn:aws:iam::111122223333:role/Name"),
			textField("external id", "", "Only if whoever gave you the role says so."),
		},
		check: func(v []string) string {
			if !rolePattern.MatchString(v[0]) {
				return "Type the role's ARN, such as arn:aws:iam::111122223333:role/Name."
			}
			return ""
		},
		do: func(v []string) tea.Cmd {
			return p.start(session.Start{Source: p.env.session.Account.Source(), Role: aws.Role{ARN: v[0], ExternalID: v[1]}})
		},
	})
}

// start goes on with another credential, and forgets what the one before it saw.
func (p *setup) start(with session.Start) tea.Cmd {
	ctx, cancel := context.WithTimeout(p.env.jobs.ctx, 10*time.Second) // it reads files at most
	defer cancel()
	next, err := p.env.session.StartWith(ctx, with)
	if err != nil {
		return complainOf(err)
	}
	w := p.env.watch
	w.pause(p.env)
	w.report, w.previous, w.err, w.facts = nil, nil, nil, drift.Facts{}
	w.state, w.plan = state.State{}, provision.Plan{}
	p.plan, p.planned, p.applying, p.finished = provision.Plan{}, false, nil, nil
	p.credential = credential{}
	p.take(next)
	return tea.Batch(rescan(), p.judge())
}

const shareSlot = "share"

// shared is the outcome of telling the practice's other computers.
type shared struct{}

// share tells the practice's other computers what is declared here, now that the
// account is so.
func (p *setup) share() tea.Cmd {
	s := p.env.session
	if s.Demo || s.Account == nil {
		return nil
	}
	return ask(p.env.jobs, job{Pane: setupPane, Slot: shareSlot, Title: "Telling the other computers", Quiet: true},
		func(ctx context.Context) (shared, error) { return shared{}, s.Share(ctx) })
}

// take makes the session the one that everything works on.
func (p *setup) take(next *session.Session) {
	p.env.session = next
}

// practiceAction declares what set-up can do without: a name, and whom to alarm.
func (p *setup) practiceAction() action {
	a := action{
		ID: "setup.edit", Keys: []string{"e"}, Help: "practice details",
		Long: "Name the practice, and say whom alarms and AWS's security notices reach. All of it is optional.", Do: p.askPractice,
	}
	if p.env.watch.applies(p.env) {
		a.Disabled = "The account is being changed."
	}
	return a
}

func (p *setup) askPractice() tea.Cmd {
	d := p.env.session.Details()
	budget := ""
	if d.Budget > 0 {
		budget = strconv.Itoa(d.Budget)
	}
	details := func(v []string) session.Details {
		budget, _ := strconv.Atoi(strings.TrimPrefix(v[2], "$"))
		return session.Details{Practice: v[0], Alerts: v[1], Budget: budget, Contact: state.Contact{Name: v[3], Title: v[4], Email: v[5], Phone: v[6]}}
	}
	return open(&form{
		title: "Practice details", verb: "keep",
		intro: "All of it is optional, and can be changed later.",
		fields: []formField{
			textField("practice", d.Practice, "Shown at the top of the screen."),
			textField("alarms to", d.Alerts, "An e-mail address, which AWS asks to confirm."),
			textField("budget a month", budget, "US dollars: a mail to that address when it costs more."),
			textField("security contact", d.Contact.Name, "Whom AWS tells of security matters: all four, or none."),
			textField("  title", d.Contact.Title, "Owner, for example."),
			textField("  e-mail", d.Contact.Email, ""),
			textField("  telephone", d.Contact.Phone, "Such as +1 555 0100."),
		},
		check: func(v []string) string {
			if n, err := strconv.Atoi(strings.TrimPrefix(v[2], "$")); v[2] != "" && (err != nil || n < 1) {
				return "The budget is a whole number of US dollars a month."
			}
			if err := details(v).Check(); err != nil {
				return sentence(err.Error())
			}
			return ""
		},
		do: func(v []string) tea.Cmd {
			next, err := p.env.session.Declare(details(v))
			if err != nil {
				return complainOf(err)
			}
			p.take(next)
			return tea.Batch(rescan(), notify("Kept. Looking at what the account needs for it."))
		},
	})
}
