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
)

// toldFile is, in the state directory, the declaration that this computer last
// read from the register or wrote there. It tells a claria.toml that somebody
// changed from one that only does not know yet what another computer declared.
const toldFile = "declared.json"

// Follow takes over what another of the practice's computers declared, unless this
// computer's claria.toml was changed since it last knew: what is declared then is
// this computer's, and Share tells it. It reports whether something was taken over.
// The practice account has one computer.
func (s *Session) Follow(ctx context.Context) (taken bool, err error) {
	if s.options.Practice != nil {
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
		return false, fmt.Errorf("what the practice's other computers declared could not be read: %w", err)
	}
	theirs, ours := entries.Declared, register.Declared(s.Settings, time.Time{})
	if theirs == nil || theirs.Same(ours) {
		return false, nil
	}
	// A computer that was not set up, or that only checks, declares nothing itself.
	if told, known := s.told(); s.SetUp && s.Config.Identity != "auditor" && (!known || !told.Same(ours)) {
		return false, nil
	}
	account, region := s.Settings.Account, s.Settings.Region
	s.Config = adopt(s.Config, *theirs)
	s.Settings = declared(s.Config)
	s.Settings.Account, s.Settings.Region = account, region
	if !s.SetUp {
		return true, nil // written down when it is
	}
	return true, errors.Join(s.Keep(), s.tell(*theirs))
}

// Share tells the practice's other computers what this one declares. It takes the
// daily identity.
func (s *Session) Share(ctx context.Context) error {
	if s.options.Practice != nil || s.Config.Identity == "auditor" {
		return nil
	}
	ours := register.Declared(s.Settings, s.Account.Now())
	store := register.NewStore(s.Account, s.Settings)
	entries, err := store.Load(ctx)
	if err == nil && (entries.Declared == nil || !entries.Declared.Same(ours)) {
		_, err = store.Update(ctx, func(r *register.Register) error { r.Declared = &ours; return nil })
	}
	if err != nil {
		return fmt.Errorf("what is declared here could not be told to the practice's other computers: %w", err)
	}
	return s.tell(ours)
}

// adopt is the configuration with a declaration in it.
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

func (s *Session) told() (told register.Declaration, known bool) {
	data, err := os.ReadFile(filepath.Join(s.State, toldFile))
	return told, err == nil && json.Unmarshal(data, &told) == nil
}

func (s *Session) tell(d register.Declaration) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	path := filepath.Join(s.State, toldFile)
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
