package state

import "time"

// Settings are the declared choices that the desired state follows from. They
// come from claria.toml and hold no secret.
type Settings struct {
	Account string   // 12 digits; empty before set-up
	System  string   // "claria"; [a-z][a-z0-9-]{2,31}
	Region  string   // "us-east-1"
	Models  []string // inference-profile ids of the declared models; empty: DefaultModels of the region
	// PaperAgreement is the recorded paper BAA, when there is no agreement in
	// AWS Artifact; nil otherwise.
	PaperAgreement *PaperAgreement
	// Practice and Website go into the form that Anthropic asks of each account
	// once, through AWS: the plan shows the form before it is sent.
	Practice string
	Website  string
	// Held tells which access key this machine's keyring holds for an identity:
	// user name → key id. Nil when the keyring was not looked into: then any active key counts.
	Held map[string]string

	// Wide asks Observe to read also what only the strict set of controls judges.
	Wide bool
	// Strict asks for the costlier protections: an encryption key of the practice's
	// own, retention that nobody at all can shorten.
	Strict bool
	// KeyKept says that the strict profile was left, and its key may still be what
	// opens records: they keep the key that they were stored under. Knowing sets it.
	KeyKept bool
	// Contact is whom AWS may call about security; nil: none declared.
	Contact *Contact
	// Alerts is the e-mail address that alarms go to; empty: no alarms were asked for.
	Alerts string
	// Budget is the monthly spending, in US dollars, from which AWS sends a mail to
	// Alerts; 0: none declared.
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

// InForce reports whether it was signed at a moment, wherever the day was counted.
func (p PaperAgreement) InForce(now time.Time) bool { return !p.Signed.After(now.AddDate(0, 0, 1)) }
