package session

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"claria/aws"
	"claria/internal/config"
	"claria/provision/state"
)

// FirstRegion is the default where nothing on the computer names a region.
const FirstRegion = "us-east-1"

// OpenToSetUp is Open for an interface in which the user can still give a credential
// and a region, so it opens without a region too.
func OpenToSetUp(ctx context.Context, options Options) (*Session, error) {
	s, err := Open(ctx, options)
	if !errors.Is(err, aws.ErrNoRegion) {
		return s, err
	}
	options.Region = FirstRegion
	if s, err = Open(ctx, options); err != nil {
		return nil, err
	}
	s.options.Region = "" // the user did not choose it
	return s, nil
}

// Start is the credential that a person gives set-up to start with. It is kept in
// memory only.
type Start struct {
	Source aws.Source
	Role   aws.Role // assumed with the source's credential; no ARN: none
	Region string   // empty: the credential's own, else the current one
}

// StartWith returns a session that sets up with another credential and keeps what was
// declared. It is for a computer that is not set up.
func (s *Session) StartWith(ctx context.Context, start Start) (*Session, error) {
	if s.SetUp {
		return nil, errors.New("this computer is set up and works with its own key: use --credentials to work with another")
	}
	next := s.clone()
	next.options.Role = start.Role
	given := cmp.Or(start.Region, s.options.Region)
	next.options.Region = given
	err := next.open(ctx, start.Source)
	if errors.Is(err, aws.ErrNoRegion) {
		next.options.Region = s.Settings.Region
		err = next.open(ctx, start.Source)
	}
	if err != nil {
		return nil, err
	}
	next.options.Region = given
	return next, nil
}

// Details are what a practice can declare about itself; all of it is optional.
type Details struct {
	Practice string
	Alerts   string // an e-mail address
	Budget   int    // US dollars a month; 0: none
	Contact  state.Contact
}

// Details returns what is declared now.
func (s *Session) Details() Details {
	d := Details{Practice: s.Config.Practice, Alerts: s.Config.Alerts, Budget: s.Config.Budget}
	if s.Config.Contact != nil {
		d.Contact = state.Contact(*s.Config.Contact)
	}
	return d
}

func (d Details) in(c config.Config) config.Config {
	c.Practice, c.Alerts, c.Budget, c.Contact = d.Practice, d.Alerts, d.Budget, nil
	if d.Contact != (state.Contact{}) {
		contact := config.Contact(d.Contact)
		c.Contact = &contact
	}
	return c
}

// Check returns what is wrong with the first wrong detail, or nil.
func (d Details) Check() error { return d.in(config.Default()).Validate() }

// Declare returns the session with other details and saves them in claria.toml at
// once. On the demo account they are kept in memory only.
func (s *Session) Declare(d Details) (*Session, error) {
	next := s.clone()
	next.Config = d.in(s.Config)
	if err := next.Config.Validate(); err != nil {
		return nil, err
	}
	if err := next.Keep(); err != nil {
		return nil, err
	}
	region, account := s.Settings.Region, s.Settings.Account
	next.Settings = declared(next.Config)
	next.Settings.Region, next.Settings.Account = region, account
	return next, nil
}

// Following returns the session with what another of the practice's computers
// declared, or with the models that a plan declared here; the same session if there is
// nothing new. See Follow.
func (s *Session) Following(ctx context.Context) (*Session, error) {
	next := s.Current()
	if next != s {
		if err := next.Share(ctx); err != nil {
			return next, err
		}
	}
	following := next.clone()
	taken, err := following.Follow(ctx)
	if err != nil || !taken {
		return next, err
	}
	return following, nil
}

// clone returns a copy of the session, to change before anyone uses it.
func (s *Session) clone() *Session {
	next := &Session{
		Config: s.Config, Settings: s.Settings, Account: s.Account, Keyring: s.Keyring, Demo: s.Demo, SetUp: s.SetUp, State: s.State,
		KeyringErr: s.KeyringErr, Passphrase: s.Passphrase, options: s.options, places: s.places, rings: s.rings,
	}
	s.provisioner.mu.Lock()
	defer s.provisioner.mu.Unlock()
	next.provisioner.account, next.provisioner.until = s.provisioner.account, s.provisioner.until
	return next
}

// Profiles returns the names of the profiles in this computer's AWS configuration
// files, sorted, and nothing else from these files. The demo account has none.
func (s *Session) Profiles() []string {
	if s.Demo {
		return nil
	}
	var names []string
	for _, file := range []struct{ variable, name, prefix string }{
		{"AWS_CONFIG_FILE", "config", "profile "}, {"AWS_SHARED_CREDENTIALS_FILE", "credentials", ""},
	} {
		path, ok := s.options.LookupEnv(file.variable)
		if !ok || path == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				continue
			}
			path = filepath.Join(home, ".aws", file.name)
		}
		names = append(names, profilesIn(path, file.prefix)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// profilesIn reads the names in a file's section headers. In the configuration file
// the word "profile" precedes every name but "default" (AWS SDKs and Tools Reference
// Guide, "Shared config and credentials files").
func profilesIn(path, prefix string) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	var names []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		header, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "[")
		header, _, closed := strings.Cut(header, "]")
		if !ok || !closed {
			continue
		}
		name, profile := strings.CutPrefix(strings.TrimSpace(header), prefix)
		if name = strings.TrimSpace(name); profile || name == "default" {
			names = append(names, name)
		}
	}
	return names
}
