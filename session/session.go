// Package session opens what both interfaces, the screen and the command line, work
// on: the settings, the account with the right credential, and the packages that use
// them.
//
// It must not print and must not know the screen. The demo account comes in as an
// HTTP client; the session does not know what is behind it.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"claria/aws"
	"claria/clients"
	"claria/internal/config"
	"claria/provision"
	"claria/provision/state"
	"claria/reports"
)

// Options say what to open.
type Options struct {
	Credentials string   // --credentials: "", keyring, environment, profile:NAME
	Identity    string   // --identity: "", admin, auditor: whose key of the keyring
	PreferAudit bool     // work as the auditor if its key is here and no other credential was chosen
	Backend     string   // --keyring: where keys are kept; empty: the configuration's
	Role        aws.Role // --assume-role: assumed with the credential, for example in a sub-account; no ARN: none
	Start       string   // the credential that set-up starts from, when Credentials is empty
	// Declare changes what the configuration declares, for the answers of a set-up.
	// Finish and Keep save it. Nil: no change.
	Declare   func(*config.Config)
	Region    string // --region; empty: the configuration's, then the credential's own
	ReadOnly  bool   // refuse, before it is sent, every call that could change the account
	Frozen    bool   // leave the files on this computer as they are, the keyring's included
	Demo      *Demo  // the demo account; nil: AWS
	LookupEnv func(string) (string, bool)
	UserAgent string
	// Passphrase asks a person for the file keyring's passphrase, and for the code of the
	// second factor that a profile needs; nil: never ask.
	Passphrase func(prompt string) (string, error)
}

// Demo is an account in which nothing is real.
type Demo struct {
	Client  aws.HTTPClient
	Environ map[string]string // used instead of the machine's environment
	Keyring aws.Keyring
	Config  *config.Config // of an account that is set up; nil: set-up comes first
	Now     func() time.Time
	Phone   *provision.Authenticator // the daily identity's second factor, once it is enrolled
}

// Session is an open account. It does not change once it is open; Finish returns
// another session.
type Session struct {
	Config   config.Config
	Settings state.Settings
	Account  *aws.Account
	Keyring  aws.Keyring // nil when the machine has none; KeyringErr says what to do
	Demo     bool        // nothing here is real
	SetUp    bool        // this machine has a configuration with an account
	State    string      // directory of the log; empty on the demo account

	KeyringErr error

	// Passphrase, if set, replaces Options.Passphrase: the full screen asks in a
	// dialog, because it occupies the terminal.
	Passphrase func(prompt string) (string, error)

	options     Options
	places      config.Places
	rings       *rings
	gate        gate
	provisioner provisioner
	picked      picked
}

// Open opens the session. It sends nothing to AWS.
func Open(ctx context.Context, options Options) (*Session, error) {
	if options.LookupEnv == nil {
		options.LookupEnv = os.LookupEnv
	}
	s := &Session{options: options, rings: &rings{opened: map[string]aws.Keyring{}}}
	if err := s.configure(); err != nil {
		return nil, err
	}
	source, err := s.source()
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, source); err != nil {
		return nil, err
	}
	return s, nil
}

// configure reads the configuration and opens the keyring.
func (s *Session) configure() error {
	if demo := s.options.Demo; demo != nil {
		s.Demo, s.Keyring, s.Config = true, demo.Keyring, config.Default()
		s.options.LookupEnv = func(name string) (string, bool) {
			v, ok := demo.Environ[name]
			return v, ok
		}
		if demo.Config != nil {
			s.Config = *demo.Config
		}
		if s.options.Declare != nil {
			s.options.Declare(&s.Config)
		}
	} else {
		places, err := config.Locate(s.options.LookupEnv)
		if err != nil {
			return err
		}
		s.places, s.State = places, places.State
		if s.Config, _, err = config.Load(places.File); err != nil {
			return err
		}
		if s.options.Declare != nil {
			s.options.Declare(&s.Config)
		}
		s.Keyring, s.KeyringErr = s.keyring(s.Config.Account)
	}
	s.SetUp = s.Config.Account != ""
	s.Settings = declared(s.Config)
	return nil
}

// declared are the choices of a configuration. It has been validated.
func declared(c config.Config) state.Settings {
	settings := state.Settings{
		Account: c.Account, System: c.System, Region: c.Region, Models: c.Models, Practice: c.Practice,
		Strict: c.Strict, Alerts: c.Alerts, Budget: c.Budget,
	}
	if c.Account != "" && len(c.Models) == 0 {
		settings.Models = state.FormerModels(c.Region)
	}
	if c.Contact != nil {
		contact := state.Contact(*c.Contact)
		settings.Contact = &contact
	}
	if c.Bucket != nil {
		settings.Keep = c.Bucket.Keep
	}
	if c.Paper != nil {
		signed, _ := time.Parse(time.DateOnly, c.Paper.Signed)
		settings.PaperAgreement = &state.PaperAgreement{Signed: signed, SHA256: c.Paper.SHA256}
	}
	return settings
}

// asker returns the function that asks for the keyring's passphrase: the screen's
// dialog or the terminal's prompt. Nil if no person can answer.
func (s *Session) asker() func(string) (string, error) {
	if s.options.Passphrase == nil {
		return nil
	}
	return func(prompt string) (string, error) {
		if s.Passphrase != nil {
			return s.Passphrase(prompt)
		}
		return s.options.Passphrase(prompt)
	}
}

// source decides which credential is used: the one of --credentials, else the
// configuration's, else the environment before set-up and the keyring after it. From
// the keyring it uses the key of --identity, else of the configuration's identity,
// else of claria-admin.
func (s *Session) source() (aws.Source, error) {
	say := s.options.Credentials
	if s.options.Identity != "" {
		if say != "" && say != string(aws.FromKeyring) {
			return aws.Source{}, fmt.Errorf("--identity %s takes its key from the keyring: leave out --credentials %s", s.options.Identity, say)
		}
		say = string(aws.FromKeyring)
	}
	if say == "" {
		say = s.Config.Credentials
	}
	if !s.SetUp && s.options.Start != "" && s.options.Credentials == "" && s.options.Identity == "" {
		say = s.options.Start
	}
	if say == "" && s.SetUp {
		say = string(aws.FromKeyring)
	}
	if say == "" {
		say = string(aws.FromEnvironment)
	}
	source, err := aws.ParseSource(say)
	if err != nil {
		return source, err
	}
	if source.Kind == aws.FromKeyring {
		if s.Keyring == nil {
			return source, s.KeyringErr
		}
		source.Keyring = s.Keyring
		source.Name, err = s.identity()
	}
	return source, err
}

// identity returns the identity whose key in the keyring is used.
func (s *Session) identity() (string, error) {
	switch s.options.Identity {
	case "admin":
		return state.AdminUser, nil
	case "auditor":
		return state.AuditorUser, nil
	case "":
	default:
		return "", fmt.Errorf("--identity %q: want admin or auditor", s.options.Identity)
	}
	if s.Config.Identity == "auditor" {
		return state.AuditorUser, nil
	}
	// The demo account shows what the daily identity sees.
	if s.options.PreferAudit && s.options.Demo == nil && s.options.Credentials == "" {
		if names, err := s.Keyring.Names(); err == nil && slices.Contains(names, state.AuditorUser) {
			return state.AuditorUser, nil
		}
	}
	return state.AdminUser, nil
}

func (s *Session) open(ctx context.Context, source aws.Source) error {
	region := s.options.Region
	if region == "" {
		region = s.Config.Region
	}
	options := aws.Options{
		Region: region, Source: source, LookupEnv: s.options.LookupEnv,
		ReadOnly: s.options.ReadOnly, UserAgent: s.options.UserAgent,
	}
	if ask := s.asker(); ask != nil {
		options.MFACode = func(serial string) (string, error) { return ask("Code of the second factor " + serial) }
	}
	if demo := s.options.Demo; demo != nil {
		options.Client, options.Now = demo.Client, demo.Now
	}
	account, err := aws.Open(ctx, options)
	if err != nil {
		return err
	}
	if role := s.options.Role; role.ARN != "" {
		role.Session = "claria"
		take := account.Assume
		if role.MFASerial != "" {
			take = account.Become // renewing would ask for a new code in the middle of work
		}
		if account, err = take(ctx, role); err != nil {
			return fmt.Errorf("role %s could not be assumed: %w", role.ARN, err)
		}
	}
	s.Account, s.Settings.Region = account, account.Region()
	return nil
}

// Clients returns the store of client records.
func (s *Session) Clients() *clients.Store {
	store := clients.New(s.Account, state.DataBucketName(s.Settings))
	store.Gate = s.Gate
	return store
}

// Reports returns the drafter.
func (s *Session) Reports() *reports.Drafter {
	drafter := reports.NewDrafter(s.Account, s.Clients(), state.DataBucketName(s.Settings), reports.Options{
		Model: s.model(), Declared: s.Settings.Models,
	})
	drafter.Gate = func(ctx context.Context) error {
		if s.model() == "" {
			return fmt.Errorf("no model is chosen for region %s: claria models lists the models there, and claria models use PROFILE "+
				"chooses one", s.Settings.Region)
		}
		return s.Gate(ctx)
	}
	return drafter
}

// model returns the inference profile that drafts; empty if none is declared.
func (s *Session) model() string {
	if len(s.Settings.Models) > 0 {
		return s.Settings.Models[0]
	}
	return ""
}

// Locate sets the account from the credential if no configuration names it, so that a
// verb works with only an AWS environment.
func (s *Session) Locate(ctx context.Context) error {
	if s.Settings.Account != "" {
		return nil
	}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return err
	}
	s.Settings.Account = identity.Account
	return nil
}

// Plan returns the steps from an observed account to the desired one.
func (s *Session) Plan(observed state.State) provision.Plan {
	settings := s.Settings.In(observed.Account)
	if settings.Held, settings.Unfinished = s.held(settings.Account); s.Config.Identity == "auditor" {
		settings.Held = nil // a computer that only checks must not get a daily key
	}
	plan := provision.MakePlan(observed, provision.Desired(settings), settings)
	if !s.SetUp && len(plan.Models) > 0 {
		s.picked.set(plan.Models) // for Finish
	}
	return plan
}

// Held returns the keys that this computer's keyring holds for the account: user →
// key id.
func (s *Session) Held(ctx context.Context) map[string]string {
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return nil
	}
	held, _ := s.held(identity.Account)
	return held
}

// held returns the keys that this computer has, so that a plan issues one if it has
// none: a second computer, or one whose set-up was interrupted. It also returns what an
// interrupted change of keys left. Nil: the keyring is not used or cannot be read.
func (s *Session) held(account string) (map[string]string, map[string]state.Unfinished) {
	ring := s.Keyring
	if s.SetUp {
		// A computer whose key was retired gets a new one with another credential.
		keeps := s.Config.Credentials == "" || s.Config.Credentials == string(aws.FromKeyring)
		if !keeps && s.Account.Source().Kind != aws.FromKeyring || ring == nil {
			return nil, nil
		}
	} else if s.options.Demo == nil {
		var err error
		if ring, err = s.keyring(account); err != nil {
			return nil, nil
		}
	}
	held, unfinished, err := provision.Holding(ring)
	if err != nil {
		return nil, nil
	}
	return held, unfinished
}

// keyring opens this computer's keyring for one account. Keys of different accounts
// are stored separately.
func (s *Session) keyring(account string) (aws.Keyring, error) {
	return s.rings.open(aws.KeyringOptions{
		Dir: s.places.Keyring, LookupEnv: s.options.LookupEnv, Passphrase: s.asker(), Scope: account,
		Backend: cmp.Or(s.options.Backend, s.Config.Keyring), Frozen: s.options.Frozen,
	})
}

// Notes returns sentences about the keyring that a person should see, each once.
func (s *Session) Notes() []string {
	if s.rings == nil {
		return nil
	}
	s.rings.noted.Lock()
	defer s.rings.noted.Unlock()
	notes := s.rings.notes
	s.rings.notes = nil
	return notes
}

// rings keeps the opened keyrings and the passphrase, because a person types it once
// and a file descriptor can be read only once.
type rings struct {
	mu      sync.Mutex
	opened  map[string]aws.Keyring // by scope
	private map[string]*Private    // by owner
	secret  string

	noted sync.Mutex
	notes []string
}

func (r *rings) note(text string) {
	r.noted.Lock()
	defer r.noted.Unlock()
	if !slices.Contains(r.notes, text) {
		r.notes = append(r.notes, text)
	}
}

func (r *rings) open(options aws.KeyringOptions) (aws.Keyring, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ring, ok := r.opened[options.Scope]; ok {
		return ring, nil
	}
	if r.secret == "" && (options.Backend == "" || options.Backend == "file") {
		var err error
		if r.secret, err = aws.FindPassphrase(options.LookupEnv); err != nil {
			return nil, err
		}
	}
	options.Secret, options.Note = r.secret, r.note
	ring, err := aws.OpenKeyring(options)
	if err != nil {
		return nil, err
	}
	r.opened[options.Scope] = ring
	return ring, nil
}

// ChangePassphrase gives the encrypted file keyring of this computer another passphrase.
func (s *Session) ChangePassphrase(passphrase string) error {
	if s.options.Demo != nil {
		return errors.New("the demo account keeps its keys in memory")
	}
	return aws.ChangePassphrase(aws.KeyringOptions{
		Dir: s.places.Keyring, LookupEnv: s.options.LookupEnv, Passphrase: s.asker(), Secret: s.rings.secret,
	}, passphrase)
}

// Approval returns what Apply needs in addition to the plan: the keyring, the test of
// a new key, and the root key if set-up started from one.
func (s *Session) Approval(ctx context.Context) (provision.Approval, error) {
	approval := provision.Approval{Keyring: s.Keyring, Prove: s.prove, Declare: s.pick}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return approval, err
	}
	if s.options.Demo == nil {
		if approval.Keyring, err = s.keyring(identity.Account); err != nil {
			return approval, err
		}
	}
	if approval.Keyring != nil {
		if err := provision.Tidy(approval.Keyring); err != nil {
			return approval, err
		}
	}
	if identity.Root() {
		if approval.StartedFromRootKey, err = s.Account.KeyID(ctx); err != nil {
			return approval, err
		}
	}
	if s.options.Demo == nil {
		approval.Remember = func() error { return config.Save(s.places.File, s.finished(identity)) }
	}
	return approval, nil
}

// SecondFactorARN is the serial number of the device that set-up enrols in an account.
func (s *Session) SecondFactorARN(account string) string {
	return s.Settings.In(account).IAMARN("mfa/" + state.AdminUser)
}

// Keep saves the configuration with what was declared since it was read.
func (s *Session) Keep() error {
	if s.options.Demo != nil {
		return nil
	}
	return config.Save(s.places.File, s.Config)
}

// Classify says what the session's credential is and may do.
func (s *Session) Classify(ctx context.Context) (provision.Intake, error) {
	return provision.Classify(ctx, s.Account, s.Settings)
}

// finished returns the configuration of this computer after set-up.
func (s *Session) finished(identity aws.Identity) config.Config {
	c := s.Config
	if models := s.picked.get(); models != nil {
		c.Models = models
	}
	c.Account, c.Region, c.Credentials = identity.Account, s.Account.Region(), string(aws.FromKeyring)
	c.Keyring, c.Identity = cmp.Or(s.options.Backend, c.Keyring), ""
	return c
}

func (s *Session) prove(ctx context.Context, key aws.Key) (*aws.Account, error) {
	return s.Account.As(ctx, aws.Source{Kind: aws.FromKey, Key: key})
}

// Finish records that set-up is done. It saves the configuration with the account,
// and returns the session that continues with the daily identity's key from the
// keyring. On the demo account it writes nothing to the computer.
func (s *Session) Finish(ctx context.Context) (*Session, error) {
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return nil, err
	}
	next := &Session{
		Config: s.finished(identity), Settings: s.Settings, Keyring: s.Keyring, Demo: s.Demo, SetUp: true, State: s.State,
		Passphrase: s.Passphrase, options: s.options, places: s.places, rings: s.rings,
	}
	next.Settings.Account = identity.Account
	if len(next.Config.Models) > 0 {
		next.Settings.Models = next.Config.Models
	}
	if s.options.Demo == nil {
		if next.Keyring, err = s.keyring(identity.Account); err != nil {
			return nil, err
		}
		if err := config.Save(s.places.File, next.Config); err != nil {
			return nil, err
		}
	}
	next.options.Role = aws.Role{} // only set-up used it
	return next, next.open(ctx, aws.Source{Kind: aws.FromKeyring, Keyring: next.Keyring, Name: state.AdminUser})
}
