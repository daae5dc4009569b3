package aws

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

// Source says where a credential comes from.
type Source struct {
	Kind    SourceKind
	Profile string  // FromProfile: its name in the AWS configuration files
	Key     Key     // FromKey: the key itself, held in memory only
	Keyring Keyring // FromKeyring: the keyring …
	Name    string  // … and the identity whose key it is, "claria-admin"
	Role    *Role   // FromRole: the role; Account.Assume makes such a source

	base *Account // FromRole: the account whose credential assumes Role
}

// SourceKind is the kind of a Source.
type SourceKind string

// The kinds of credential source.
const (
	FromEnvironment SourceKind = "environment" // the standard AWS environment, AWS_PROFILE included
	FromProfile     SourceKind = "profile"     // a named profile, SSO included
	FromKeyring     SourceKind = "keyring"     // the key that set-up stored
	FromKey         SourceKind = "key"         // a key given by the user
	FromRole        SourceKind = "role"        // another account value's credential assumes Role
)

// Key is an access key. A long-term key has no SessionToken.
type Key struct {
	ID           string
	Secret       string
	SessionToken string
}

// String shows the key's id only, shortened.
func (k Key) String() string { return ShortKeyID(k.ID) }

// Format keeps the secret out of every verb of fmt, %d included.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText keeps the secret out of JSON and of structured logs.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ShortKeyID shortens an access key's id for a person: "AKIA…7Q2X".
func ShortKeyID(id string) string {
	if len(id) < 9 {
		return "key"
	}
	return id[:4] + "…" + id[len(id)-4:]
}

// Role is a role to assume.
type Role struct {
	ARN        string
	Session    string // session name; no PHI
	ExternalID string
	MFASerial  string
	MFACode    func() (string, error) // called once per session
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
	return Source{}, fmt.Errorf("credentials %q: must be keyring, environment or profile:NAME", s)
}

// Format shows the words of String for every verb of fmt: a source may hold a key.
func (s Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String describes the source: "profile work", "the keyring".
func (s Source) String() string {
	switch s.Kind {
	case FromProfile:
		return "profile " + s.Profile
	case FromKeyring:
		return "the keyring"
	case FromKey:
		return "the key you gave"
	case FromRole:
		return "an assumed role"
	default:
		return "the environment"
	}
}

// provider makes the source's credential provider, and returns the region that comes
// with the source, if any.
func (s Source) provider(ctx context.Context, account *Account) (sdk.CredentialsProvider, string, error) {
	var provider sdk.CredentialsProvider
	var region string
	switch s.Kind {
	case FromEnvironment, "":
		lookup := account.options.LookupEnv
		region = first(lookup, "AWS_REGION", "AWS_DEFAULT_REGION")
		id, secret := first(lookup, "AWS_ACCESS_KEY_ID"), first(lookup, "AWS_SECRET_ACCESS_KEY")
		if id != "" && secret != "" {
			provider = static(Key{id, secret, first(lookup, "AWS_SESSION_TOKEN")})
			break
		}
		loaded, err := load(ctx, account.options, first(lookup, "AWS_PROFILE", "AWS_DEFAULT_PROFILE"))
		if err != nil {
			return nil, "", err
		}
		provider = loaded.Credentials
		if region == "" {
			region = loaded.Region
		}
	case FromProfile:
		loaded, err := load(ctx, account.options, s.Profile)
		if err != nil {
			return nil, "", err
		}
		provider, region = loaded.Credentials, loaded.Region
	case FromKey:
		provider = static(s.Key)
	case FromKeyring:
		ring, name := s.Keyring, s.Name
		provider = sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
			key, err := ring.Load(name)
			if err != nil {
				return sdk.Credentials{}, err
			}
			return credentialsOf(key, "keyring"), nil
		})
	case FromRole:
		if s.Role != nil && s.Key.ID != "" { // a session that has been opened
			provider = static(s.Key)
			break
		}
		if s.base == nil || s.Role == nil {
			return nil, "", fmt.Errorf("credentials: a role needs an account to assume it from")
		}
		provider, region = assume(s.base, *s.Role), s.base.Region()
	default:
		return nil, "", fmt.Errorf("credentials %q: must be keyring, environment or profile:NAME", s.Kind)
	}
	return explained{provider, s}, region, nil
}

// roleTime is how long a role session lasts: every role allows it, and it is the
// maximum for a role assumed by another role (IAM user guide, "Role chaining").
const roleTime = time.Hour

func assume(base *Account, role Role) sdk.CredentialsProvider {
	return stscreds.NewAssumeRoleProvider(STS(base), role.ARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName, o.Duration = role.Session, roleTime
		if role.ExternalID != "" {
			o.ExternalID = &role.ExternalID
		}
		if role.MFASerial != "" {
			o.SerialNumber = &role.MFASerial
			o.TokenProvider = role.MFACode
		}
	})
}

// Become returns the same account under the role, assumed now for an hour. Unlike
// Assume's, the session is not renewed: that would ask for the second factor again.
func (a *Account) Become(ctx context.Context, role Role) (*Account, error) {
	got, err := assume(a, role).Retrieve(ctx)
	if err != nil {
		return nil, Wrap(err, "sts:AssumeRole", role.ARN)
	}
	key := Key{got.AccessKeyID, got.SecretAccessKey, got.SessionToken}
	return a.As(ctx, Source{Kind: FromRole, Role: &role, Key: key})
}

// Renew forgets the credential in use, so that the next call reads its source again.
// Use it when the keyring has a new key of the same identity.
func (a *Account) Renew() {
	if cache, ok := a.config.Credentials.(*sdk.CredentialsCache); ok {
		cache.Invalidate()
	}
}

// explained adds to a failed look-up what the person can do.
type explained struct {
	sdk.CredentialsProvider
	source Source
}

// NoCredentialError says that the source holds no usable credential.
type NoCredentialError struct {
	Source Source
	Err    error
}

func (e *NoCredentialError) Error() string {
	because := ""
	if cause, ok := find(e.Err); ok {
		because = ": " + cause.cause.Says
	}
	switch e.Source.Kind {
	case FromKeyring:
		said := fmt.Sprintf("the key of %s could not be read from the keyring", e.Source.Name)
		return cmp.Or(with(said, because), fmt.Sprintf("%s (%v): run claria setup, or give --credentials", said, e.Err))
	case FromRole:
		said := fmt.Sprintf("role %s could not be assumed", e.Source.Role.ARN)
		return cmp.Or(with(said, because), fmt.Sprintf("%s (%v): check that its trust policy names this "+
			"credential, and whether it requires a second factor or an external id", said, e.Err))
	case FromProfile:
		said := fmt.Sprintf("profile %s gave no AWS credential", e.Source.Profile)
		return cmp.Or(with(said, because), fmt.Sprintf("%s (%v): check it, or sign in with aws sso login --profile %s", said, e.Err,
			e.Source.Profile))
	default:
		return cmp.Or(with("the environment gave no AWS credential", because), "no AWS credential was found in the environment: "+
			"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give --credentials profile:NAME")
	}
}

// with is said with its cause; empty when the cause is not known.
func with(said, because string) string {
	if because == "" {
		return ""
	}
	return said + because
}

// Unwrap returns the cause.
func (e *NoCredentialError) Unwrap() error { return e.Err }

// Retrieve implements sdk.CredentialsProvider.
func (e explained) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	got, err := e.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return got, &NoCredentialError{e.source, err}
	}
	return got, nil
}

func static(key Key) sdk.CredentialsProvider {
	return credentials.StaticCredentialsProvider{Value: credentialsOf(key, "static")}
}

func credentialsOf(key Key, source string) sdk.Credentials {
	return sdk.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret, SessionToken: key.SessionToken, Source: source}
}

func first(lookup func(string) (string, bool), names ...string) string {
	for _, name := range names {
		if v, ok := lookup(name); ok && v != "" {
			return v
		}
	}
	return ""
}
