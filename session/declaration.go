package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"claria/aws"
	"claria/drift/register"
	"claria/internal/config"
	"claria/internal/local"
	"claria/provision/state"
)

// knownFile, in the state directory, is the declaration in the register that this
// computer last used, wrote or overruled. One that differs from it and from claria.toml
// is news.
const knownFile = "declared.json"

// Elsewhere is what the register declares for the practice and this computer's
// claria.toml does not.
//
// The register is written with the daily key, so it proves nothing about who declared
// it: anyone with a stolen key could declare a paper agreement there, which opens the
// gate, or another address for the alarms. Therefore this computer uses none of it until
// a person takes it over; what could weaken the practice needs a code of the second
// factor too, which AWS verifies when the session becomes claria-provisioner.
type Elsewhere struct {
	Differences []Difference
	theirs      register.Declaration
	account     string
	checks      bool // this computer only checks
}

// whole returns a declaration with its models: earlier versions did not write down what
// they chose.
func (s *Session) whole(d register.Declaration) register.Declaration {
	if len(d.Models) == 0 {
		d.Models = state.FormerModels(s.Settings.Region)
	}
	return d
}

// Difference is one setting that is declared differently.
type Difference struct {
	What, Here, There string
	// Guarded: it could weaken the practice, so it is taken over with a code only.
	Guarded bool
	adopt   func(*config.Config)
}

// Error says what is declared elsewhere and what to do.
func (e *Elsewhere) Error() string {
	var texts []string
	for _, d := range e.Differences {
		texts = append(texts, d.String())
	}
	next := "claria setup --apply asks whether to use it here, and needs a code of the second factor"
	if e.checks {
		next = "if it is right, write it into claria.toml on this computer"
	}
	return fmt.Sprintf("the register of account %s declares what claria.toml on this computer does not, and it is not used here: %s. Next: %s",
		e.account, strings.Join(texts, "; "), next)
}

// String is the difference in words.
func (d Difference) String() string { return fmt.Sprintf("%s %s (here %s)", d.What, d.There, d.Here) }

// Strict reports whether the strict profile is declared elsewhere only. A check judges by
// the stricter of the two.
func (e *Elsewhere) Strict() bool { return e != nil && e.theirs.Strict }

// Guarded reports whether all of it needs a code.
func (e *Elsewhere) Guarded() bool {
	return !slices.ContainsFunc(e.Differences, func(d Difference) bool { return !d.Guarded })
}

// AnyGuarded reports whether some of it needs a code.
func (e *Elsewhere) AnyGuarded() bool {
	return slices.ContainsFunc(e.Differences, func(d Difference) bool { return d.Guarded })
}

// Elsewhere reads what the practice's register declares and this computer does not. It
// returns nil if the two agree, or if this computer's claria.toml was changed since it
// last used or overruled that declaration; then Share shares this computer's. It changes
// nothing. The demo account has one computer.
func (s *Session) Elsewhere(ctx context.Context) (*Elsewhere, error) {
	if s.options.Demo != nil || s.Account == nil {
		return nil, nil
	}
	account := s.Settings.Account
	if account == "" {
		identity, err := s.Account.Identity(ctx)
		if err != nil {
			return nil, err
		}
		account = identity.Account
	}
	settings := s.Settings
	settings.Account = account
	entries, err := register.NewStore(s.Account, settings).Load(ctx)
	if kind := aws.KindOf(err); kind == aws.Absent {
		return nil, nil // nothing is set up yet
	}
	if err != nil {
		return nil, fmt.Errorf("the declaration of the practice's other computers could not be read: %w", err)
	}
	return s.elsewhere(entries.Declared, account), nil
}

func (s *Session) elsewhere(registered *register.Declaration, account string) *Elsewhere {
	if registered == nil {
		return nil
	}
	theirs := s.whole(*registered)
	if theirs.Same(register.Declared(s.Settings, time.Time{})) {
		return nil
	}
	if last, ok := s.known(); ok && last.Same(theirs) {
		return nil
	}
	found := &Elsewhere{theirs: theirs, account: account, checks: s.Config.Identity == "auditor"}
	if found.Differences = differences(s.Settings, theirs); len(found.Differences) == 0 {
		return nil
	}
	return found
}

// differences compares this computer's settings with a declaration.
func differences(here state.Settings, there register.Declaration) []Difference {
	var all []Difference
	add := func(what, here, there string, guarded bool, adopt func(*config.Config)) {
		if here != there {
			all = append(all, Difference{what, orNone(here), orNone(there), guarded, adopt})
		}
	}
	add("practice name", here.Practice, there.Practice, false, func(c *config.Config) { c.Practice = there.Practice })
	add("profile", profile(here.Strict), profile(there.Strict), here.Strict, func(c *config.Config) { c.Strict = there.Strict })
	if len(here.Models) > 0 { // else set-up takes those that the account's identities already use
		add("models", strings.Join(here.Models, ", "), strings.Join(there.Models, ", "), true, func(c *config.Config) { c.Models = there.Models })
	}
	add("alerts to", here.Alerts, there.Alerts, true, func(c *config.Config) { c.Alerts = there.Alerts })
	add("budget", dollars(here.Budget), dollars(there.Budget), true, func(c *config.Config) { c.Budget = there.Budget })
	add("contact", contactText(here.Contact), contactText(there.Contact), true, func(c *config.Config) {
		c.Contact = nil
		if there.Contact != nil {
			contact := config.Contact(*there.Contact)
			c.Contact = &contact
		}
	})
	add("paper agreement", paperText(here.PaperAgreement), paperText(there.Paper), true, func(c *config.Config) {
		c.Paper = nil
		if there.Paper != nil {
			c.Paper = &config.Paper{Signed: there.Paper.Signed.Format(time.DateOnly), SHA256: there.Paper.SHA256}
		}
	})
	return all
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func profile(strict bool) string {
	if strict {
		return "strict"
	}
	return "core"
}

func dollars(n int) string {
	if n == 0 {
		return ""
	}
	return "$" + strconv.Itoa(n)
}

func contactText(c *state.Contact) string {
	if c == nil {
		return ""
	}
	return strings.Join([]string{c.Name, c.Title, c.Email, c.Phone}, ", ")
}

func paperText(p *state.PaperAgreement) string {
	if p == nil {
		return ""
	}
	return "signed " + p.Signed.Format(time.DateOnly) + ", SHA-256 " + p.SHA256
}

// TakeOver declares on this computer what is declared elsewhere, and saves it. What is
// Guarded is left unless AsProvisioner has verified a code of the second factor in this
// session; left are those differences. It refuses a declaration that claria.toml could
// not hold.
func (s *Session) TakeOver(found *Elsewhere) (left []Difference, err error) {
	next := s.Config
	for _, d := range found.Differences {
		if d.Guarded && !s.IsProvisioner() {
			left = append(left, d)
			continue
		}
		d.adopt(&next)
	}
	if err := next.Validate(); err != nil {
		return nil, fmt.Errorf("what the register declares cannot be used, so this computer's claria.toml stays as it is: %w", err)
	}
	account, region := s.Settings.Account, s.Settings.Region
	s.Config, s.Settings = next, declared(next)
	s.Settings.Account, s.Settings.Region = account, region
	if s.SetUp { // else saved when set-up is done
		if err := s.Keep(); err != nil {
			return left, err
		}
	}
	if len(left) > 0 {
		return left, nil
	}
	return nil, s.remember(found.theirs)
}

// TakingOver is TakeOver on a copy of the session, which it returns.
func (s *Session) TakingOver(found *Elsewhere) (next *Session, left []Difference, err error) {
	next = s.clone()
	left, err = next.TakeOver(found)
	return next, left, err
}

// Overrule keeps this computer's declaration: Share then replaces the one in the
// register.
func (s *Session) Overrule(found *Elsewhere) error { return s.remember(found.theirs) }

// Share shares what this computer declares with the practice's other computers. It
// needs the daily identity. It returns an *Elsewhere, and changes nothing, if a person
// has not yet decided between the two declarations.
func (s *Session) Share(ctx context.Context) error {
	if s.options.Demo != nil || s.Config.Identity == "auditor" {
		return nil
	}
	ours := register.Declared(s.Settings, s.Account.Now())
	_, err := register.NewStore(s.Account, s.Settings).Update(ctx, func(r *register.Register) error {
		switch found := s.elsewhere(r.Declared, s.Settings.Account); {
		case found != nil:
			return found
		case r.Declared != nil && s.whole(*r.Declared).Same(ours):
			return errShared
		}
		r.Declared = &ours
		return nil
	})
	if _, undecided := errors.AsType[*Elsewhere](err); undecided {
		return err
	}
	if err != nil && !errors.Is(err, errShared) {
		return fmt.Errorf("the declaration of this computer could not be shared with the practice's other computers: %w", err)
	}
	return s.remember(ours)
}

// errShared says that the register already has this computer's declaration.
var errShared = errors.New("the register has it already")

func (s *Session) known() (last register.Declaration, ok bool) {
	data, err := os.ReadFile(filepath.Join(s.State, knownFile))
	if err != nil || json.Unmarshal(data, &last) != nil {
		return last, false
	}
	return s.whole(last), true
}

func (s *Session) remember(d register.Declaration) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	path := filepath.Join(s.State, knownFile)
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(s.State, 0o700); err != nil {
		return err
	}
	return local.Replace(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
