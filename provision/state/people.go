package state

import "time"

// People is what a State holds about identities beyond the policies, keys and second
// factors in Users, Groups and Roles.
type People struct {
	// RootUse is from the credential report, which AWS generates every four hours at most.
	// No other call shows the root user's use to other identities.
	RootUse Reading[RootUse] `json:"root_use"`
	// RootDevice is the serial number of the root user's virtual MFA device; absent: there is
	// none, so if MFA is on, it is a passkey or hardware.
	RootDevice Reading[string] `json:"root_device"` // wide
	// Passwords is when each user last signed in to the console with a password. It leaves
	// out users who never did.
	Passwords Reading[map[string]time.Time] `json:"passwords"`
	SAML      Reading[[]string]             `json:"saml"`    // ARNs of the SAML providers
	OpenID    Reading[[]string]             `json:"open_id"` // ARNs of the OpenID Connect providers
}

// RootUse is the root user's last use, as of the time of the report.
type RootUse struct {
	At       time.Time   `json:"at"`                // of the report
	Password time.Time   `json:"password,omitzero"` // last sign-in to the console; zero: none known to AWS
	Keys     []time.Time `json:"keys,omitempty"`    // last use of each access key, if used
}

// SignIn is what a user can sign in with other than access keys.
type SignIn struct {
	Console      Reading[Login]        `json:"console"` // a password; absent: none
	Services     Reading[[]Credential] `json:"services"`
	SSHKeys      Reading[[]Credential] `json:"ssh_keys"`
	Certificates Reading[[]Credential] `json:"certificates"`
}

// Login is a user's console password.
type Login struct {
	Created time.Time `json:"created"`
}

// Credential is a service-specific credential, an SSH key or a signing certificate.
type Credential struct {
	ID      string    `json:"id"`
	For     string    `json:"for,omitempty"` // the service: "bedrock.amazonaws.com"
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends,omitzero"` // zero: never
}
