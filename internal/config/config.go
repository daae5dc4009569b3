// Package config reads and writes claria.toml and knows where the program's files are.
// The file holds no secret, and the package must not know what its values mean to the
// rest of the program.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Current is the version of the file that this program writes.
const Current = 1

// Config is claria.toml.
type Config struct {
	Version     int      `toml:"version"`
	Practice    string   `toml:"practice,omitempty"` // the practice's name, shown on screen
	Account     string   `toml:"account,omitempty"`  // 12 digits; empty before set-up
	System      string   `toml:"system"`             // names the account's resources; "claria"
	Region      string   `toml:"region,omitempty"`
	Credentials string   `toml:"credentials,omitempty"` // keyring, environment, profile:NAME
	Models      []string `toml:"models,omitempty"`      // inference-profile ids; set-up chooses and writes one
	Paper       *Paper   `toml:"paper_agreement,omitempty"`

	// Identity is the identity whose key this machine uses by default: admin or
	// auditor; empty: admin. A machine that only checks holds the auditor's.
	Identity string `toml:"identity,omitempty"`
	Keyring  string `toml:"keyring,omitempty"` // where keys are kept, one of aws.Backends; empty: Claria chooses
	// Optional protections and alarms.
	Strict  bool     `toml:"strict,omitempty"` // also the protections that cost more
	Alerts  string   `toml:"alerts,omitempty"` // the e-mail address that alarms go to
	Budget  int      `toml:"budget,omitzero"`  // US dollars a month from which AWS sends a mail to Alerts
	Contact *Contact `toml:"contact,omitempty"`
	Bucket  *Bucket  `toml:"bucket,omitempty"`
}

// Bucket is what the practice decides about the policies of its buckets.
type Bucket struct {
	Keep []string `toml:"keep,omitempty"` // Sids of statements that Claria did not write and does not offer to remove
}

// Contact is whom AWS contacts about the account's security.
type Contact struct {
	Name  string `toml:"name"`
	Title string `toml:"title"`
	Email string `toml:"email"`
	Phone string `toml:"phone"` // "+1 555 0100"
}

// Paper is a Business Associate Addendum that was signed outside AWS Artifact.
type Paper struct {
	Signed string `toml:"signed"` // 2006-01-02
	SHA256 string `toml:"sha256"` // of the signed document, 64 hex digits
}

// Default is the configuration before there is a file.
func Default() Config { return Config{Version: Current, System: "claria"} }

// Places are where the program's files live on this machine.
type Places struct {
	File    string // claria.toml
	State   string // directory: log, ledger
	Keyring string // directory of the encrypted file keyring
}

// Locate finds the places: everything under CLARIA_HOME when that is set, else
// where the system keeps a user's configuration and state.
func Locate(lookup func(string) (string, bool)) (Places, error) {
	if home, ok := lookup("CLARIA_HOME"); ok && home != "" {
		return Places{
			File: filepath.Join(home, "claria.toml"), State: filepath.Join(home, "state"), Keyring: filepath.Join(home, "keyring"),
		}, nil
	}
	configs, err := os.UserConfigDir()
	if err != nil {
		return Places{}, fmt.Errorf("no place for the configuration (%w): set CLARIA_HOME to a directory", err)
	}
	configs = filepath.Join(configs, "claria")
	state := filepath.Join(configs, "state")
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		if base, ok := lookup("XDG_STATE_HOME"); ok && filepath.IsAbs(base) {
			state = filepath.Join(base, "claria")
		} else if home, err := os.UserHomeDir(); err == nil {
			state = filepath.Join(home, ".local", "state", "claria")
		}
	}
	return Places{File: filepath.Join(configs, "claria.toml"), State: state, Keyring: filepath.Join(configs, "keyring")}, nil
}

var (
	systemPattern  = regexp.MustCompile(`^[a-z][a-z0-9-]{2,31}$`)
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	// A region becomes part of host names, so its form is checked; package aws knows which ones exist.
	regionPattern      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	credentialsPattern = regexp.MustCompile(`^(keyring|environment|profile:.+)$`)
	phonePattern       = regexp.MustCompile(`^\+[0-9][0-9 ()-]{5,24}$`)
	hashPattern        = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Load reads the file. Without a file it returns the default configuration, and found
// is false. It refuses a file that a newer Claria wrote or that has an unknown key.
func Load(path string) (config Config, found bool, err error) {
	config = Default()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return config, false, nil
	}
	if err != nil {
		return config, false, fmt.Errorf("configuration: %w", err)
	}
	config.Version = 0
	meta, err := toml.Decode(string(data), &config)
	if err != nil {
		return config, true, fmt.Errorf("configuration %s: %w", path, err)
	}
	switch unknown := meta.Undecoded(); {
	case config.Version > Current:
		return config, true, fmt.Errorf("configuration %s was written by a newer Claria (version %d, this one knows %d): update Claria", path,
			config.Version, Current)
	case config.Version < 1:
		return config, true, fmt.Errorf("configuration %s: version = %d is missing or wrong; this Claria writes version = %d", path,
			config.Version, Current)
	case len(unknown) > 0:
		return config, true, fmt.Errorf("configuration %s: unknown setting %q", path, unknown[0].String())
	}
	if err := config.Validate(); err != nil {
		return config, true, fmt.Errorf("configuration %s: %w", path, err)
	}
	return config, true, nil
}

// Validate describes the first wrong setting; nil: all are right.
func (c Config) Validate() error {
	switch {
	case !systemPattern.MatchString(c.System):
		return fmt.Errorf("system = %q: must be 3 to 32 characters of a-z, 0-9 and -, and start with a letter", c.System)
	case c.Account != "" && !accountPattern.MatchString(c.Account):
		return fmt.Errorf("account = %q: want 12 digits", c.Account)
	case c.Region != "" && !regionPattern.MatchString(c.Region):
		return fmt.Errorf("region = %q: must be a region such as us-east-1", c.Region)
	case c.Credentials != "" && !credentialsPattern.MatchString(c.Credentials): // the value is not shown: it may be a key
		return fmt.Errorf("credentials: must be keyring, environment or profile:NAME")
	case c.Paper != nil && !date(c.Paper.Signed):
		return fmt.Errorf("paper_agreement.signed = %q: must be a date such as 2026-03-02", c.Paper.Signed)
	case c.Paper != nil && !hashPattern.MatchString(c.Paper.SHA256):
		return fmt.Errorf("paper_agreement.sha256: must be the 64 hex digits of the signed document's SHA-256")
	case c.Bucket != nil && slices.Contains(c.Bucket.Keep, ""):
		return errors.New("bucket.keep: must name statements by their Sid")
	case c.Identity != "" && c.Identity != "admin" && c.Identity != "auditor":
		return fmt.Errorf("identity = %q: must be admin or auditor", c.Identity)
	case c.Keyring != "" && !slices.Contains(keyrings, c.Keyring):
		return fmt.Errorf("keyring = %q: must be one of %s", c.Keyring, strings.Join(keyrings, ", "))
	case c.Alerts != "" && !email(c.Alerts):
		return fmt.Errorf("alerts = %q: must be an e-mail address", c.Alerts)
	case c.Budget < 0:
		return fmt.Errorf("budget = %d: must be whole US dollars a month", c.Budget)
	case c.Budget > 0 && c.Alerts == "":
		return fmt.Errorf("budget: alerts = \"…\" is missing, the address that AWS sends the e-mail to")
	}
	if c.Contact != nil {
		return c.Contact.validate()
	}
	return nil
}

// keyrings are the values of keyring; a test compares them with aws.Backends.
var keyrings = []string{"system", "file", "keyctl", "keychain", "pass", "secret-service", "wincred"}

func (c Contact) validate() error {
	switch {
	case strings.TrimSpace(c.Name) == "" || strings.TrimSpace(c.Title) == "":
		return fmt.Errorf("contact: name and title are both needed")
	case !email(c.Email):
		return fmt.Errorf("contact.email = %q: must be an e-mail address", c.Email)
	case !phonePattern.MatchString(c.Phone):
		return fmt.Errorf("contact.phone = %q: must be a number such as +1 555 0100", c.Phone)
	}
	return nil
}

func email(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s
}

func date(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Save writes the file completely or not at all. Only its owner can read it.
func Save(path string, config Config) error {
	config.Version = Current
	if err := config.Validate(); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	var out bytes.Buffer
	encoder := toml.NewEncoder(&out)
	encoder.Indent = ""
	if err := encoder.Encode(config); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".claria-*.toml") // mode 0600
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(out.Bytes())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}
