package config

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/BurntSushi/toml"
)

// Answers are a person's answers to the questions of set-up, given in advance, so that
// set-up runs unattended. They hold no secret: a credential is named by its source.
type Answers struct {
	Practice     string        `toml:"practice"`
	Region       string        `toml:"region"`
	System       string        `toml:"system"`
	Credentials  string        `toml:"credentials"` // what set-up starts from: environment or profile:NAME
	Keyring      string        `toml:"keyring"`
	Models       []string      `toml:"models"`
	Adopt        []string      `toml:"adopt"`
	Remove       []string      `toml:"remove"`
	Paper        *Paper        `toml:"paper_agreement"`
	Contact      *Contact      `toml:"contact"`
	Alerts       string        `toml:"alerts"`
	Budget       int           `toml:"budget"`
	Strict       bool          `toml:"strict"`
	SecondFactor *SecondFactor `toml:"second_factor"`
	// DeleteRootKey deletes the root key that set-up started from, as its last step.
	DeleteRootKey bool `toml:"delete_root_key"`
	Approve       bool `toml:"approve"` // apply the plan without showing it
}

// SecondFactor says where the seed of the new second factor goes.
type SecondFactor struct {
	SeedFile string `toml:"seed_file"` // only its owner can read it; an existing file is used only if it names the device
}

// AnswersExample is a commented file of answers.
const AnswersExample = `# Answers for claria setup --answers FILE, which sets the account up unattended.
# Nothing in this file is secret, and nothing secret belongs in it.

practice = "Example practice"
region = "us-east-1"

# What set-up starts from: "environment" (AWS_ACCESS_KEY_ID …, AWS_PROFILE) or "profile:NAME",
# of the root user or of an administrator. It is used once and never stored.
credentials = "environment"

# Where this machine keeps the keys that set-up makes. "file" is encrypted; its passphrase comes from
# CLARIA_KEYRING_PASSPHRASE_FILE, CLARIA_KEYRING_PASSPHRASE_FD or a systemd credential.
keyring = "file"

# The name of the account's resources.
# system = "claria"

# Inference profiles that may write drafts. Default: the newest that AWS offers in the region's geography.
# models = ["us.anthropic.claude-sonnet-5-5"]

# Existing resources that Claria may take over, by name.
# adopt = ["claria-admin"]

# Statements of others in the policies of buckets, access points and the key that Claria may
# remove, by their Sid, and access grants by their id. claria setup --plan names them.
# remove = ["SharedWithAccountant"]

# Also set up the protections that cost more.
# strict = true

# Who gets the alarms, and the monthly cost in US dollars above which AWS sends an e-mail.
# alerts = "office@example.com"
# budget = 50

# Delete the root user's access key that set-up started from, as its last step.
delete_root_key = true

# Apply the plan without showing it first. claria setup --plan shows it.
approve = true

# The second factor of the daily identity. Its seed is written to this file, which must not exist yet. If set-up
# is interrupted, keep the file: the same command uses it again, and proves the second factor with it.
# Load the seed into an authenticator app, then delete the file or lock it away.
[second_factor]
seed_file = "/root/claria-mfa-seed"

# Whom AWS contacts about the account's security.
# [contact]
# name = "Rowan Alder"
# title = "Owner"
# email = "rowan@example.com"
# phone = "+1 555 0100"

# A Business Associate Addendum that was signed on paper, not in AWS Artifact.
# [paper_agreement]
# signed = "2026-03-02"
# sha256 = "(64 hex digits of the signed document)"
`

// ReadAnswers reads answers. It refuses an answer that this program does not know: a
// misspelt answer would have no effect.
func ReadAnswers(r io.Reader) (Answers, error) {
	answers := Answers{}
	meta, err := toml.NewDecoder(r).Decode(&answers)
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		return answers, fmt.Errorf("answers: line %d: %s", parse.Position.Line, parse.Message) // no excerpt: it may be a secret
	}
	if err != nil {
		return answers, fmt.Errorf("answers: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return answers, fmt.Errorf("answers: unknown answer %q; claria setup --answers-example shows them all", unknown[0].String())
	}
	switch {
	case answers.Credentials == string("keyring"):
		return answers, errors.New("answers: credentials: set-up fills the keyring, so it starts from environment or profile:NAME")
	case answers.SecondFactor != nil && strings.TrimSpace(answers.SecondFactor.SeedFile) == "":
		return answers, errors.New("answers: second_factor.seed_file is empty: name a file that does not exist yet")
	}
	c := Default()
	answers.Declare(&c)
	c.Credentials = answers.Credentials
	if err := c.Validate(); err != nil {
		return answers, fmt.Errorf("answers: %w", err)
	}
	return answers, nil
}

// Declare puts the answers into a configuration. Settings without an answer stay.
func (a Answers) Declare(c *Config) {
	for to, from := range map[*string]string{
		&c.Practice: a.Practice, &c.Region: a.Region, &c.System: a.System, &c.Keyring: a.Keyring, &c.Alerts: a.Alerts,
	} {
		if from != "" {
			*to = from
		}
	}
	if len(a.Models) > 0 {
		c.Models = a.Models
	}
	if a.Paper != nil {
		c.Paper = a.Paper
	}
	if a.Contact != nil {
		c.Contact = a.Contact
	}
	if a.Budget != 0 {
		c.Budget = a.Budget
	}
	c.Strict = c.Strict || a.Strict
}
