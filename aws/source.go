package aws

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
)

// Source says where a credential comes from. Exactly one of its kinds is set.
type Source struct {
	Kind    SourceKind
	Profile string // Profile: the profile's name in the AWS configuration files
	Key     Key    // Explicit: the key itself, held in memory only
	Role    *Role  // when set, the credential above assumes this role
	Keyring Keyring
	Name    string // Keyring: which identity's key, "claria-admin"
}

// SourceKind is the kind of a Source.
type SourceKind string

// The kinds of credential source.
const (
	FromEnvironment SourceKind = "environment" // the standard AWS environment, AWS_PROFILE included
	FromProfile     SourceKind = "profile"     // a named profile, SSO included
	FromKeyring     SourceKind = "keyring"     // the key that set-up stored
	FromKey         SourceKind = "key"         // a key given by the user
	FromRole        SourceKind = "role"        // a base account's credential assumes Role
)

// Key is an access key. SessionToken is empty for a long-term key.
type Key struct {
	ID           string
	Secret       string
	SessionToken string
}

// String shows the key's id only, shortened as AWS's console does.
func (k Key) String() string {
	if len(k.ID) < 8 {
		return "key"
	}
	return k.ID[:4] + "…" + k.ID[len(k.ID)-4:]
}

// GoString keeps the secret out of %#v.
func (k Key) GoString() string { return k.String() }

// Role is a role to assume.
type Role struct {
	ARN        string
	Session    string // session name, no PHI
	ExternalID string
	MFASerial  string
	MFACode    func(context.Context) (string, error)
}

// ParseSource reads the value of --credentials: keyring, environment or
// profile:NAME.
func ParseSource(s string) (Source, error) {
	switch {
	case s == string(FromKeyring), s == string(FromEnvironment):
		return Source{Kind: SourceKind(s)}, nil
	case strings.HasPrefix(s, "profile:") && len(s) > len("profile:"):
		return Source{Kind: FromProfile, Profile: strings.TrimPrefix(s, "profile:")}, nil
	}
	return Source{}, fmt.Errorf("credentials %q: want keyring, environment or profile:NAME", s)
}

// provider makes the SDK's credential provider for the source.
func (s Source) provider(ctx context.Context, base sdk.Config) (sdk.CredentialsProvider, error) {
	panic("written next")
}
