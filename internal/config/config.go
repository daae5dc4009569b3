// Package config reads and writes claria.toml and knows where the program's
// files live. The file holds no secret.
package config

// Config is claria.toml.
type Config struct {
	Version     int      `toml:"version"` // 1
	Practice    string   `toml:"practice"`
	Account     string   `toml:"account"` // 12 digits; empty before set-up
	System      string   `toml:"system"`
	Region      string   `toml:"region"`
	Credentials string   `toml:"credentials"` // keyring, environment, profile:NAME
	Models      []string `toml:"models,omitempty"`
	LockMinutes int      `toml:"lock_minutes,omitempty"`
	Paper       Paper    `toml:"paper_agreement,omitempty"`
}

// Paper is the recorded paper Business Associate Addendum.
type Paper struct {
	Signed string `toml:"signed,omitempty"` // 2006-01-02
	SHA256 string `toml:"sha256,omitempty"`
}
