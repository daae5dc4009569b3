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
	"time"

	"claria/aws"
	"claria/drift/register"
	"claria/internal/config"
	"claria/internal/local"
	"claria/provision/state"
)

// knownFile, in the state directory, is the declaration that this computer last read
// from the register or wrote there. With it the program can tell whether a
// claria.toml was changed here or only lacks what another computer declared since.
const knownFile = "declared.json"

// Follow adopts what another of the practice's computers declared, unless this
// computer's claria.toml was changed since the last known declaration: then this
// computer's takes precedence, and Share shares it. It reports whether it adopted
// anything. The demo account has one computer.
func (s *Session) Follow(ctx context.Context) (taken bool, err error) {
	if s.options.Demo != nil {
		return false, nil
	}
	if err := s.Locate(ctx); err != nil {
		return false, err
	}
	entries, err := register.NewStore(s.Account, s.Settings).Load(ctx)
	if kind := aws.KindOf(err); kind == aws.Absent {
		return false, nil // nothing is set up yet
	}
	if err != nil {
		return false, fmt.Errorf("the declaration of the practice's other computers could not be read: %w", err)
	}
	if entries.Declared == nil {
		return false, nil
	}
	theirs, ours := s.whole(*entries.Declared), register.Declared(s.Settings, time.Time{})
	if theirs.Same(ours) {
		return false, nil
	}
	// A computer that is not set up, or that only checks, declares nothing itself.
	if last, ok := s.known(); s.SetUp && s.Config.Identity != "auditor" && (!ok || !last.Same(ours)) {
		return false, nil
	}
	account, region := s.Settings.Account, s.Settings.Region
	s.Config = adopt(s.Config, theirs)
	s.Settings = declared(s.Config)
	s.Settings.Account, s.Settings.Region = account, region
	if !s.SetUp {
		return true, nil // saved when set-up is done
	}
	return true, errors.Join(s.Keep(), s.remember(theirs))
}

// whole returns a declaration with its models: earlier versions did not write down what
// they chose.
func (s *Session) whole(d register.Declaration) register.Declaration {
	if len(d.Models) == 0 {
		d.Models = state.FormerModels(s.Settings.Region)
	}
	return d
}

// Share shares what this computer declares with the practice's other computers. It
// needs the daily identity.
func (s *Session) Share(ctx context.Context) error {
	if s.options.Demo != nil || s.Config.Identity == "auditor" {
		return nil
	}
	ours := register.Declared(s.Settings, s.Account.Now())
	store := register.NewStore(s.Account, s.Settings)
	entries, err := store.Load(ctx)
	if err == nil && (entries.Declared == nil || !s.whole(*entries.Declared).Same(ours)) {
		_, err = store.Update(ctx, func(r *register.Register) error { r.Declared = &ours; return nil })
	}
	if err != nil {
		return fmt.Errorf("the declaration of this computer could not be shared with the practice's other computers: %w", err)
	}
	return s.remember(ours)
}

// adopt returns the configuration with a declaration.
func adopt(c config.Config, d register.Declaration) config.Config {
	c.Practice, c.Strict, c.Models, c.Alerts, c.Budget = d.Practice, d.Strict, d.Models, d.Alerts, d.Budget
	c.Contact, c.Paper = nil, nil
	if d.Contact != nil {
		contact := config.Contact(*d.Contact)
		c.Contact = &contact
	}
	if d.Paper != nil {
		c.Paper = &config.Paper{Signed: d.Paper.Signed.Format(time.DateOnly), SHA256: d.Paper.SHA256}
	}
	return c
}

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
