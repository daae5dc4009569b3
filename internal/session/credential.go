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
)

// FirstRegion is offered where nothing on the machine names a region.
const FirstRegion = "us-east-1"

// OpenToSetUp is Open for a face on which a credential and a region can still be
// given: that no region is known is then no reason not to open.
func OpenToSetUp(ctx context.Context, options Options) (*Session, error) {
	s, err := Open(ctx, options)
	if !errors.Is(err, aws.ErrNoRegion) {
		return s, err
	}
	options.Region = FirstRegion
	if s, err = Open(ctx, options); err != nil {
		return nil, err
	}
	s.options.Region = "" // nobody asked for it
	return s, nil
}

// Start is a credential that a person gives set-up to begin with. It is held in
// memory only.
type Start struct {
	Source aws.Source
	Role   aws.Role // taken with the source's credential; no ARN: none
	Region string   // empty: the credential's own, else the one so far
}

// StartWith is the session that sets up with another credential than the one that
// was found. What was declared stays. It is for a machine that is not set up.
func (s *Session) StartWith(ctx context.Context, start Start) (*Session, error) {
	if s.SetUp {
		return nil, errors.New("this computer is set up and works with its own key: give another with --credentials")
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

// Declare is the session with a change to what the configuration declares, which is
// written down at once; on the practice account it is kept in memory only.
func (s *Session) Declare(change func(*config.Config)) (*Session, error) {
	next := s.clone()
	change(&next.Config)
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

// clone is the session as it is now, to be changed before anybody has it.
func (s *Session) clone() *Session {
	next := &Session{
		Config: s.Config, Settings: s.Settings, Account: s.Account, Keyring: s.Keyring, Practice: s.Practice, SetUp: s.SetUp, State: s.State,
		KeyringErr: s.KeyringErr, Passphrase: s.Passphrase, options: s.options, places: s.places, rings: s.rings,
	}
	s.mender.mu.Lock()
	defer s.mender.mu.Unlock()
	next.mender.account, next.mender.until = s.mender.account, s.mender.until
	return next
}

// Profiles are the names of the profiles in this machine's AWS configuration files,
// sorted; no more of the files is kept. The practice account has none.
func (s *Session) Profiles() []string {
	if s.Practice {
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
// a profile's has a word before it, the default one's alone excepted (AWS SDKs and
// Tools Reference Guide, "Shared config and credentials files").
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
