package state

import "time"

// Settings are the declared choices that determine the desired State. They come from
// claria.toml and hold no secret.
type Settings struct {
	Account string // 12 digits; empty before set-up
	System  string // "claria"; [a-z][a-z0-9-]{2,31}
	Region  string // "us-east-1"
	// Models are the inference-profile ids of the models in use; the first one drafts. Empty,
	// before set-up: Observe finds those of the account or chooses, and Knowing fills it in.
	Models []string
	// Outgoing are the models that claria.toml names while a plan replaces them with Models;
	// nil: it names Models.
	Outgoing []string
	// PaperAgreement is the recorded paper Business Associate Addendum, for an account
	// without an agreement in AWS Artifact; nil: there is none.
	PaperAgreement *PaperAgreement
	// Practice and Website go into the form that Anthropic requires once from each account,
	// through AWS. The plan shows the form before it is sent.
	Practice string
	Website  string
	// Held is the access keys in this computer's keyring: user name → key id. Nil: the keyring
	// was not read, so any active key counts.
	Held map[string]string
	// Unfinished is what the keyring holds of keys that were not finished: user name → it.
	Unfinished map[string]Unfinished

	// Wide makes Observe also read what only the strict set of controls judges.
	Wide bool
	// Strict turns on the strict profile, with protections that cost more: the practice's
	// own encryption key, and retention that nobody can shorten.
	Strict bool
	// Keep are the Sids of statements in the policies of buckets, access points and the key
	// that set-up did not write and that the practice wants to keep.
	Keep []string
	// KeyKept says that the strict profile was turned off, but records may still be encrypted
	// with its key. Knowing sets it.
	KeyKept bool
	// Contact is the person whom AWS contacts about security; nil: none declared.
	Contact *Contact
	// Alerts is the email address for alarms; empty: no alarms.
	Alerts string
	// Budget is the monthly spending limit in US dollars. AWS sends an email to Alerts when
	// spending exceeds it; 0: none declared.
	Budget int
}

// Contact is a person to reach.
type Contact struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Email string `json:"email"`
	Phone string `json:"phone"` // "+1 555 0100"
}

// PaperAgreement is a Business Associate Addendum signed outside AWS Artifact.
type PaperAgreement struct {
	Signed time.Time `json:"signed"`
	SHA256 string    `json:"sha256"` // of the signed document, 64 hex digits
}

// InForce reports whether the agreement is signed. It allows a day for time zones.
func (p PaperAgreement) InForce(now time.Time) bool { return !p.Signed.After(now.AddDate(0, 0, 1)) }

// Unfinished is what a keyring holds of a user's new key that a rotation or a set-up did
// not finish.
type Unfinished struct {
	Keys []string // ids of keys that it holds and that are not in use yet, or no longer
	// Begun says that this computer began to create a key and does not have it; Known are
	// the ids of the keys that the user had before.
	Begun bool
	Known []string
}
