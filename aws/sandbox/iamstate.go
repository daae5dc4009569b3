package sandbox

import (
	"slices"
	"strings"
	"time"
)

// iamState is every identity of the account. Names are unique regardless of case, as in IAM,
// so the maps are keyed by the lower-case name.
type iamState struct {
	Users    map[string]*iamUser   `json:"users"`
	Groups   map[string]*iamGroup  `json:"groups"`
	Roles    map[string]*iamRole   `json:"roles"`
	Policies map[string]*iamPolicy `json:"policies"` // by ARN; the account's own
	Devices  map[string]*iamDevice `json:"devices"`  // by serial number
	Keys     map[string]*iamKey    `json:"keys"`     // by access key id
	Sessions map[string]*session   `json:"sessions"` // by temporary access key id
	Password *passwordPolicy       `json:"password,omitempty"`
	// Providers are the SAML and OpenID Connect providers, by ARN.
	Providers map[string]*identityProvider `json:"providers,omitempty"`
	Report    *credentialReport            `json:"report,omitempty"`
	Created   time.Time                    `json:"created"`
}

// entity has the fields that users, groups and roles share.
type entity struct {
	Name     string            `json:"name"`
	ID       string            `json:"id"`
	Path     string            `json:"path"`
	Created  time.Time         `json:"created"`
	Tags     map[string]string `json:"tags,omitempty"`
	Inline   map[string]string `json:"inline,omitempty"`   // policy name → document
	Attached []string          `json:"attached,omitempty"` // policy ARNs
	Boundary string            `json:"boundary,omitempty"` // policy ARN
}

type iamUser struct {
	entity
	Login        *loginProfile       `json:"login,omitempty"`
	Services     []serviceCredential `json:"services,omitempty"`
	SSHKeys      []uploaded          `json:"ssh_keys,omitempty"`
	Certificates []uploaded          `json:"certificates,omitempty"`
}

type loginProfile struct {
	Created time.Time `json:"created"`
	Reset   bool      `json:"reset,omitempty"`
	Changed time.Time `json:"changed"`
}

type iamGroup struct {
	entity
	Members []string `json:"members,omitempty"` // lower-case user names
}

type iamRole struct {
	entity
	Description string    `json:"description,omitempty"`
	Trust       string    `json:"trust"`
	MaxSession  int       `json:"max_session"` // seconds
	LastUsed    time.Time `json:"last_used,omitzero"`
	LastRegion  string    `json:"last_region,omitempty"`
}

type iamPolicy struct {
	Name        string            `json:"name"`
	ID          string            `json:"id"`
	ARN         string            `json:"arn"`
	Path        string            `json:"path"`
	Description string            `json:"description,omitempty"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated"`
	Tags        map[string]string `json:"tags,omitempty"`
	Default     string            `json:"default"` // version id
	Next        int               `json:"next"`    // number of the next version
	Versions    []policyVersion   `json:"versions"`
}

type policyVersion struct {
	ID       string    `json:"id"` // "v1"
	Document string    `json:"document"`
	Created  time.Time `json:"created"`
}

// iamDevice is a virtual MFA device.
type iamDevice struct {
	Serial  string            `json:"serial"`
	Seed    []byte            `json:"seed"`
	User    string            `json:"user"` // lower-case user name; "<root>"; empty: not enabled
	Enabled time.Time         `json:"enabled,omitzero"`
	Drift   int64             `json:"drift,omitempty"` // steps that the device is ahead, measured by enable and resync
	Spent   int64             `json:"spent,omitempty"` // the last step with a used code; a code works once
	Tags    map[string]string `json:"tags,omitempty"`
}

type iamKey struct {
	ID          string    `json:"id"`
	Secret      string    `json:"secret"`
	User        string    `json:"user"` // lower-case user name; empty: the root user
	Active      bool      `json:"active"`
	Created     time.Time `json:"created"`
	LastUsed    time.Time `json:"last_used,omitzero"`
	LastService string    `json:"last_service,omitempty"`
	LastRegion  string    `json:"last_region,omitempty"`
}

// session is a temporary credential.
type session struct {
	ID       string            `json:"id"`
	Secret   string            `json:"secret"`
	Token    string            `json:"token"`
	User     string            `json:"user,omitempty"` // GetSessionToken: lower-case user name; empty with no role: root
	Role     string            `json:"role,omitempty"` // lower-case role name
	RoleID   string            `json:"role_id,omitempty"`
	Name     string            `json:"name,omitempty"` // session name of a role
	Policies []string          `json:"policies,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	MFA      bool              `json:"mfa,omitempty"`
	Issued   time.Time         `json:"issued"`
	Expires  time.Time         `json:"expires"`
}

type passwordPolicy struct {
	MinimumLength int  `json:"minimum_length"`
	Symbols       bool `json:"symbols"`
	Numbers       bool `json:"numbers"`
	Upper         bool `json:"upper"`
	Lower         bool `json:"lower"`
	MayChange     bool `json:"may_change"`
	MaxAge        int  `json:"max_age,omitempty"`
	Reuse         int  `json:"reuse,omitempty"`
	HardExpiry    bool `json:"hard_expiry,omitempty"`
	HardExpirySet bool `json:"hard_expiry_set,omitempty"`
}

type credentialReport struct {
	Generated time.Time `json:"generated"`
	Content   string    `json:"content"`
}

func newIAMState() any {
	return &iamState{
		Users: map[string]*iamUser{}, Groups: map[string]*iamGroup{}, Roles: map[string]*iamRole{},
		Policies: map[string]*iamPolicy{}, Devices: map[string]*iamDevice{}, Keys: map[string]*iamKey{},
		Sessions: map[string]*session{},
	}
}

func (a *Account) iam() *iamState { return stateOf[iamState](a, "iam") }

// rootDevice is the owner of the root user's MFA devices.
const rootDevice = "<root>"

// keysOf are a user's access keys, oldest first; an empty name is the root user.
func (s *iamState) keysOf(user string) []*iamKey {
	var out []*iamKey
	for _, k := range s.Keys {
		if k.User == strings.ToLower(user) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(x, y *iamKey) int {
		if d := x.Created.Compare(y.Created); d != 0 {
			return d
		}
		return strings.Compare(x.ID, y.ID)
	})
	return out
}

const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// newID makes an identifier with one of IAM's prefixes (AKIA, ASIA, AIDA, AROA,
// ANPA, AGPA), twenty characters in all.
func newID(prefix string) string {
	b := []byte(prefix)
	for _, r := range randomBytes(20 - len(prefix)) {
		b = append(b, idAlphabet[int(r)%len(idAlphabet)])
	}
	return string(b)
}

const secretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// newSecret makes a secret access key: forty characters.
func newSecret() string {
	b := randomBytes(40)
	for i := range b {
		b[i] = secretAlphabet[int(b[i])%len(secretAlphabet)]
	}
	return string(b)
}

func (s *iamState) addKey(user string, now time.Time) *iamKey {
	k := &iamKey{ID: newID("AKIA"), Secret: newSecret(), User: strings.ToLower(user), Active: true, Created: now}
	s.Keys[k.ID] = k
	return k
}
