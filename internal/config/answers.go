package config

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/BurntSushi/toml"
)

// Answers are a person's answers to what set-up asks, given beforehand, so that set-up
// runs where nobody types. They hold no secret: a credential is named by its source.
type Answers struct {
	Practice     string        `toml:"practice"`
	Region       string        `toml:"region"`
	System       string        `toml:"system"`
	Credentials  string        `toml:"credentials"` // what set-up starts from: environment or profile:NAME
	Keyring      string        `toml:"keyring"`
	Models       []string      `toml:"models"`
	Adopt        []string      `toml:"adopt"`
	Paper        *Paper        `toml:"paper_agreement"`
	Contact      *Contact      `toml:"contact"`
	Alerts       string        `toml:"alerts"`
	Budget       int           `toml:"budget"`
	Strict       bool          `toml:"strict"`
	SecondFactor *SecondFactor `toml:"second_factor"`
	// DeleteRootKey deletes the root key that set-up started from, as its last step.
	DeleteRootKey bool `toml:"delete_root_key"`
	Approve       bool `toml:"approve"` // the plan, unseen
}

// SecondFactor says where the seed of the new second factor goes.
type SecondFactor struct {
	SeedFile string `toml:"seed_file"` // must not be there yet; made readable by its owner only
}

// AnswersExample is a file of answers, explained.
const AnswersExample = `# Answers for claria setup --answers FILE: set-up in one go where nobody types.
# Nothing in this file is secret, and nothing secret belongs in it.

practice = "Example practice"
region = "us-east-1"

# What set-up starts from: "environment" (AWS_ACCESS_KEY_ID …, AWS_PROFILE) or "profile:NAME",
# of the root user or of an administrator. It is used once, and never written down.
credentials = "environment"

# Where this machine keeps the keys that set-up makes. "file" is encrypted; its passphrase comes from
# CLARIA_KEYRING_PASSPHRASE_FILE, CLARIA_KEYRING_PASSPHRASE_FD or a systemd credential.
keyring = "file"

# The name that the account's resources bear.
# system = "claria"

# Inference profiles that may draft; by default the region's.
# models = ["us.anthropic.claude-sonnet-4-5-20250929-v1:0"]

# Resources that exist already and Claria may take over, by name.
# adopt = ["claria-admin"]

# The costlier protections too.
# strict = true

# Whom alarms reach, and the monthly spending in US dollars from which a mail is sent.
# alerts = "office@example.com"
# budget = 50

# Delete the root user's access key that set-up started from, as its last step.
delete_root_key = true

# Do the plan without showing it to anybody first. claria setup --plan shows it.
approve = true

# The second factor of the daily identity. Its seed is written to this file, which must not be there
# yet: load it into an authenticator app, and then delete the file or lock it away.
[second_factor]
seed_file = "/root/claria-mfa-seed"

# Whom AWS may reach about the account's security.
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

// ReadAnswers reads answers. One that this program does not know is refused: a
// misspelt answer would go unheard.
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
		return answers, errors.New("answers: second_factor.seed_file is empty: name a file that is not there yet")
	}
	c := Default()
	answers.Declare(&c)
	c.Credentials = answers.Credentials
	if err := c.Validate(); err != nil {
		return answers, fmt.Errorf("answers: %w", err)
	}
	return answers, nil
}

// Declare puts the answers into a configuration; what was not answered stays.
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
