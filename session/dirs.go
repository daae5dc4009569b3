package session

import "path/filepath"

// Dirs are the program's own directories on this computer: state, configuration,
// keyring. The demo account has none.
func (s *Session) Dirs() []string {
	if s.options.Demo != nil || s.places.File == "" {
		return nil
	}
	return []string{s.places.State, filepath.Dir(s.places.File), s.places.Keyring}
}
