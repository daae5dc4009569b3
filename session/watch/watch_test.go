package watch_test

import (
	"cmp"
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/internal/config"
	"claria/session"
	"claria/session/demo"
	"claria/session/watch"
)

// demoAccount is a demo account without denied reads. The test moves its clock.
type demoAccount struct {
	*demo.Account
	t     *testing.T
	later *atomic.Int64 // by how much the account's clock is ahead, in nanoseconds
}

func newDemoAccount(t *testing.T) *demoAccount {
	t.Helper()
	p := &demoAccount{t: t, later: new(atomic.Int64)}
	now := func() time.Time { return time.Now().Add(time.Duration(p.later.Load())) }
	account, err := demo.New(demo.Options{Sandbox: sandbox.Options{Now: now}})
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	account.Sandbox.Clear()
	p.Account = account
	return p
}

func (p *demoAccount) wait(d time.Duration) { p.later.Add(int64(d)) }

func (p *demoAccount) inject(fault string) {
	p.t.Helper()
	if err := p.Sandbox.Inject(fault); err != nil {
		p.t.Fatal(err)
	}
}

// computer is one of the practice's computers: where its ledger is, and the keyring with
// the key that signs it.
type computer struct {
	*demoAccount
	state string
	keys  aws.Keyring
}

func (p *demoAccount) computer() computer { return computer{p, p.t.TempDir(), aws.NewMemoryKeyring()} }

func (c computer) open(identity string, readOnly bool) *session.Session {
	c.t.Helper()
	s, err := session.Open(c.t.Context(), session.Options{Demo: c.Session(), Identity: identity, ReadOnly: readOnly})
	if err != nil {
		c.t.Fatal(err)
	}
	s.State, s.Keyring = c.state, c.keys
	return s
}

// look is a look that adds one line.
func (c computer) look(w *watch.Watch, s *session.Session, options watch.Options) watch.Seen {
	c.t.Helper()
	before := len(c.lines())
	seen, err := w.Look(c.t.Context(), s, options)
	if err != nil || seen.Kept.Line != nil || seen.Kept.Mirror != nil {
		c.t.Fatal(err, seen.Kept.Err())
	}
	if after := len(c.lines()); after != before+1 {
		c.t.Errorf("a look left %d lines", after-before)
	}
	return seen
}

// screen looks as the workstation does, which stays open.
func (c computer) screen(w *watch.Watch, identity string, last *drift.Report) watch.Seen {
	return c.look(w, c.open(identity, false), watch.Options{Set: catalogue.Core, Previous: last})
}

// command looks as claria check does with a person present.
func (c computer) command(identity string) watch.Seen {
	return c.look(watch.New("test"), c.open(identity, true), watch.Options{Set: catalogue.Core, Mirror: true, Alone: true, Limit: time.Minute})
}

// cron looks as claria check does under cron, as the auditor.
func (c computer) cron() watch.Seen {
	return c.look(watch.New("test"), c.open("auditor", true),
		watch.Options{Set: catalogue.Core, Mirror: true, Alone: true, Limit: time.Minute, Unattended: true})
}

func (c computer) lines() []ledger.Entry {
	c.t.Helper()
	lines, err := ledger.Open(ledger.Dir(c.state, "111122223333"), ledger.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	var all []ledger.Entry
	for entry, err := range lines.Entries() {
		if err != nil {
			c.t.Fatal(err)
		}
		all = append(all, entry)
	}
	return all
}

func finding(r drift.Report, id string) drift.Finding {
	i := slices.IndexFunc(r.Controls, func(f drift.Finding) bool { return f.ID == id })
	if i < 0 {
		return drift.Finding{}
	}
	return r.Controls[i]
}

// passing matches text that may change between two looks.
var passing = regexp.MustCompile(`\b\d+ (second|minute)s? ago|\d\d:\d\d UTC`)

// alike checks that two reports are equal, control by control.
func alike(t *testing.T, screen, command drift.Report) {
	t.Helper()
	if len(screen.Controls) != len(command.Controls) || len(screen.Controls) < 60 {
		t.Errorf("the screen judges %d controls, the command %d", len(screen.Controls), len(command.Controls))
	}
	for _, a := range screen.Controls {
		b, same := finding(command, a.ID), func(text string) string { return passing.ReplaceAllString(text, "") }
		if a.ID == "MON-20" { // the same answer at any time
			same = func(text string) string { return text }
		}
		if a.Status != b.Status || same(a.Observed) != same(b.Observed) || a.Reason != b.Reason {
			t.Errorf("%s\nthe screen says %s, %q, %q\nthe command  %s, %q, %q", a.ID, a.Status, a.Observed, a.Reason, b.Status, b.Observed, b.Reason)
		}
	}
}

// The workstation and the command line give the same answers on the same account, for
// any identity and whatever other computers did, and each adds a line.
func TestBothFacesAnswerAlike(t *testing.T) {
	another := func(c computer) {
		if f := finding(c.demoAccount.computer().cron().Report, "MON-20"); f.Status != catalogue.Pass ||
			!strings.HasPrefix(f.Observed, "this check") {
			c.t.Errorf("by itself: %s, %q, %q", f.Status, f.Observed, f.Reason)
		}
	}
	refused := func(c computer) {
		another(c)
		c.inject("deny=s3:ListObjectsV2")
	}
	for _, test := range []struct {
		name           string
		before         func(computer)
		admin, auditor catalogue.Status
		says, refusal  string // for the admin, and for the auditor where its read is denied
	}{
		{"nothing ran by itself yet", func(computer) {}, catalogue.Pass, catalogue.Pass, "the first check is due by ", ""},
		// The auditor can add lines to the audit bucket but cannot read them.
		{"another computer checked", another, catalogue.Pass, catalogue.Unknown, "0 hours ago, at ", "s3:GetObject: "},
		{"this one checked, and copies are refused", func(c computer) { c.cron(); refused(c) }, catalogue.Pass, catalogue.Pass, "0 hours ago, at ", ""},
		{"copies are refused", refused, catalogue.Unknown, catalogue.Unknown, "s3:ListObjectsV2: ", ""},
		{"it stopped", func(c computer) { another(c); c.wait(30 * time.Hour) }, catalogue.Fail, catalogue.Unknown, "no unattended check has completed since ", "s3:GetObject: "},
	} {
		for identity, want := range map[string]catalogue.Status{"admin": test.admin, "auditor": test.auditor} {
			t.Run(test.name+", "+identity, func(t *testing.T) {
				t.Parallel()
				c := newDemoAccount(t).computer()
				test.before(c)
				says := test.says
				if identity == "auditor" {
					says = cmp.Or(test.refusal, says)
				}
				last := c.command(identity).Report // for both to compare with
				screen := c.screen(watch.New("test"), identity, &last)
				alike(t, screen.Report, c.command(identity).Report)
				if f := finding(screen.Report, "MON-20"); f.Status != want || !strings.Contains(f.Observed+" "+f.Reason, says) {
					t.Errorf("MON-20 is %s, %q, %q; want %s, %q", f.Status, f.Observed, f.Reason, want, says)
				}
			})
		}
	}
}

// A look that only answers a question adds no line, and neither does one that was
// stopped.
func TestNoLineOfWhatWasNotALook(t *testing.T) {
	c := newDemoAccount(t).computer()
	seen, err := watch.New("test").Look(t.Context(), c.open("admin", true), watch.Options{Unrecorded: true})
	if err != nil || seen.Report.Set != catalogue.Core || len(c.lines()) != 0 {
		t.Errorf("%v, %d lines", err, len(c.lines()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := watch.New("test").Look(ctx, c.open("admin", true), watch.Options{}); err == nil || len(c.lines()) != 0 {
		t.Errorf("stopped: %v, %d lines", err, len(c.lines()))
	}
	release, err := ledger.Acquire(c.state, "check")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	_, err = watch.New("test").Look(t.Context(), c.open("admin", true), watch.Options{Alone: true})
	if busy, ok := errors.AsType[*ledger.BusyError](err); !ok || busy.What != "check" || len(c.lines()) != 0 {
		t.Errorf("beside another: %v, %d lines", err, len(c.lines()))
	}
}

// While nothing changes, a line has a whole report once a day. What changed is found
// from the previous look of any identity.
func TestALineHoldsItsReportWhenThatIsNews(t *testing.T) {
	c := newDemoAccount(t).computer()
	w := watch.New("test")
	first := c.screen(w, "admin", nil)
	if first.Previous != nil || len(first.Changes) != 0 {
		t.Errorf("before the first look: %+v", first.Changes)
	}
	same := c.command("admin")
	if same.Previous == nil || !same.Previous.Started.Equal(first.Report.Started) || len(same.Changes) != 0 {
		t.Errorf("nothing changed: %+v", same.Changes)
	}
	c.inject("deny=s3:GetBucketVersioning")
	news := c.screen(w, "admin", &first.Report)
	if !slices.ContainsFunc(news.Changes, func(ch drift.Change) bool { return *ch.After == catalogue.Unknown }) {
		t.Errorf("what changed: %+v", news.Changes)
	}
	c.command("admin")
	c.wait(21 * time.Hour)
	c.command("admin")
	var whole []bool
	for _, line := range c.lines() {
		if line.Summary == nil || line.Findings == "" || line.Set != catalogue.Core || line.Account != "111122223333" || line.Who.ARN == "" {
			t.Errorf("line %d: %+v", line.Sequence, line)
		}
		whole = append(whole, line.Report != nil)
	}
	if !slices.Equal(whole, []bool{true, false, true, false, true}) {
		t.Errorf("reports, newest first: %v", whole)
	}
}

// An action is in this computer's ledger even if AWS does not say who did it, and
// even if the line cannot be copied.
func TestALineStaysHere(t *testing.T) {
	c := newDemoAccount(t).computer()
	done := watch.Done{Kind: ledger.Attest, Note: "BAA-05 was signed, version 1."}
	c.inject("deny=sts:GetCallerIdentity")
	if kept := watch.New("test").Note(t.Context(), c.open("admin", false), done); kept.Err() != nil {
		t.Errorf("without a name: %v", kept.Err())
	}
	c.inject("deny=s3:PutObject")
	kept := watch.New("test").Note(t.Context(), c.open("admin", false), done)
	if kept.Line != nil || kept.Mirror == nil || !strings.Contains(kept.Mirror.Error(), "the next check tries again: s3:PutObject") {
		t.Errorf("%v, %v", kept.Line, kept.Mirror)
	}
	lines := c.lines()
	if len(lines) != 2 || lines[1].Note != done.Note || lines[1].Kind != ledger.Attest || lines[1].Who.ARN != "" ||
		lines[1].Account != "111122223333" {
		t.Errorf("%+v", lines)
	}
	c.Sandbox.Clear()
	s := c.open("admin", false)
	w := watch.New("test")
	if err := w.Mirror(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	book, err := w.Ledger(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if sent, err := book.Mirrored(); err != nil || sent.Sequence != 2 {
		t.Errorf("copied up to line %d, %v", sent.Sequence, err)
	}
}

// A look judges by the stricter of what is declared here and elsewhere, says what differs,
// and changes nothing on this computer.
func TestALookJudgesByTheStricterDeclaration(t *testing.T) {
	account, err := demo.New(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	environ, err := account.Environ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account.Sandbox)
	t.Cleanup(server.Close)
	home := func(change func(*config.Config)) *session.Session {
		t.Helper()
		dir := t.TempDir()
		c := config.Default()
		c.Account, c.Region, c.Credentials = "111122223333", "us-east-1", "environment"
		change(&c)
		if err := config.Save(filepath.Join(dir, "claria.toml"), c); err != nil {
			t.Fatal(err)
		}
		lookup := func(name string) (string, bool) {
			switch name {
			case "AWS_ENDPOINT_URL":
				return server.URL, true
			case "CLARIA_HOME":
				return dir, true
			}
			v, ok := environ[name]
			return v, ok
		}
		s, err := session.Open(t.Context(), session.Options{LookupEnv: lookup})
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Elsewhere(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if found != nil {
			if err := s.Overrule(found); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Share(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	screen, command := home(func(*config.Config) {}), home(func(*config.Config) {})
	home(func(c *config.Config) { c.Strict = true })
	var reports []drift.Report
	for _, s := range []*session.Session{screen, command} {
		seen, err := watch.New("test").Look(t.Context(), s, watch.Options{Set: catalogue.Strict})
		if err != nil {
			t.Fatal(err)
		}
		if seen.Undecided == nil || !strings.Contains(seen.Undecided.Error(), "it is not used here: profile strict (here core)") {
			t.Errorf("the difference: %v", seen.Undecided)
		}
		if seen.Report.Profile != "strict" || s.Settings.Strict {
			t.Errorf("profile %s", seen.Report.Profile)
		}
		reports = append(reports, seen.Report)
	}
	for _, f := range reports[0].Controls {
		if other := finding(reports[1], f.ID); f.Status != other.Status {
			t.Errorf("%s is %s and %s", f.ID, f.Status, other.Status)
		}
	}
}
