package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"claria/aws"
	"claria/provision/state"
)

// keptFile is written next to a demo account that is kept in a directory, once it is
// filled. It has the daily key and the seed of its second factor, for the environment
// to print.
const keptFile = "practice.json"

type kept struct {
	Seed   string `json:"seed"`
	KeyID  string `json:"key_id"`
	Secret string `json:"secret"`
	Phone  string `json:"phone"`
	Model  string `json:"model,omitempty"` // that the practice declares; empty: the former one
}

// open looks for a filled demo account in the directory and loads its daily key. It
// refuses a directory whose filling was interrupted, because half a demo would
// mislead.
func (a *Account) open(dir string) (found bool, err error) {
	if dir == "" || a.seed != "demo" {
		return false, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, keptFile))
	if errors.Is(err, fs.ErrNotExist) {
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			return false, fmt.Errorf("%s is neither empty nor a complete demo account: choose an empty directory", dir)
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return false, fmt.Errorf("%s: %w", filepath.Join(dir, keptFile), err)
	}
	if err := a.phone.Load(k.Phone); err != nil {
		return false, fmt.Errorf("%s: %w", filepath.Join(dir, keptFile), err)
	}
	if a.model = k.Model; k.Model == "" {
		a.model = state.FormerModels(settings().Region)[0]
	}
	return true, a.keys.Store(state.AdminUser, aws.Key{ID: k.KeyID, Secret: k.Secret})
}

// keep writes the file for open.
func (a *Account) keep() error {
	if a.asked.Dir == "" {
		return nil
	}
	key, err := a.keys.Load(state.AdminUser)
	if err != nil {
		return err
	}
	data, err := json.Marshal(kept{Seed: a.seed, KeyID: key.ID, Secret: key.Secret, Phone: a.phone.Seed(), Model: a.model})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.asked.Dir, keptFile), data, 0o600)
}
