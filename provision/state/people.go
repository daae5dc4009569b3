package state

import "time"

// People is what there is to know of the account's identities besides their
// policies, keys and second factors, which are in Users, Groups and Roles.
type People struct {
	// RootUse is from the credential report, which AWS makes anew every four hours
	// at the most: the one place that tells others than the root user of its use.
	RootUse Reading[RootUse] `json:"root_use"`
	// RootDevice is the serial number of the root user's virtual second factor;
	// absent: it has none, so a second factor that is on is a passkey or hardware.
	RootDevice Reading[string] `json:"root_device"` // wide
	// Passwords is when each user last signed in to the console with a password;
	// who never did is not in it.
	Passwords Reading[map[string]time.Time] `json:"passwords"`
	SAML      Reading[[]string]             `json:"saml"`    // ARNs of the SAML providers
	OpenID    Reading[[]string]             `json:"open_id"` // ARNs of the OpenID Connect providers
}

// RootUse is when the root user was last seen, at the time of the report.
type RootUse struct {
	At       time.Time   `json:"at"`                // of the report
	Password time.Time   `json:"password,omitzero"` // last sign-in to the console; zero: none that AWS knows of
	Keys     []time.Time `json:"keys,omitempty"`    // last use of each access key that was used
}

// SignIn is how a user can sign in besides access keys.
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
