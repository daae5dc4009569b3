package state

import "time"

// Model is one declared model as Bedrock describes it.
type Model struct {
	Profile      string            `json:"profile"`      // inference-profile id, "us.anthropic.…"
	Foundation   string            `json:"foundation"`   // bare model id
	Destinations Reading[[]string] `json:"destinations"` // regions where the profile may run
	Availability Reading[Access]   `json:"availability"`
}

// Access is GetFoundationModelAvailability's answer, in AWS's words.
type Access struct {
	Agreement     string `json:"agreement"`     // AVAILABLE, NOT_AVAILABLE, PENDING, ERROR
	Authorization string `json:"authorization"` // AUTHORIZED, NOT_AUTHORIZED
	Entitlement   string `json:"entitlement"`   // AVAILABLE, NOT_AVAILABLE
	Region        string `json:"region"`        // AVAILABLE, NOT_AVAILABLE
}

// Active is the lifecycle status of a model that AWS does not retire.
const Active = "ACTIVE"

// Offer is a model that the region offers through an inference profile.
type Offer struct {
	Profile      string   `json:"profile"`      // inference-profile id
	Foundation   string   `json:"foundation"`   // bare model id
	Name         string   `json:"name"`         // "Claude Sonnet 5.5"
	Destinations []string `json:"destinations"` // regions where it may run; "": any region of the world
	Life
}

// Life is a model's lifecycle as AWS tells it (Bedrock API reference,
// FoundationModelLifecycle).
type Life struct {
	Status string    `json:"status"` // ACTIVE, LEGACY
	Legacy time.Time `json:"legacy,omitzero"`
	End    time.Time `json:"end,omitzero"` // of life: no request is answered afterwards
}

// InvocationLogging is where Bedrock logs prompts and answers, if at all.
type InvocationLogging struct {
	Enabled  bool   `json:"enabled"`
	Bucket   string `json:"bucket,omitempty"`
	LogGroup string `json:"log_group,omitempty"`
}

// TranscriptionJob is a finished Transcribe job and where its text is stored.
type TranscriptionJob struct {
	Name      string    `json:"name"`
	Completed time.Time `json:"completed,omitzero"`
	Bucket    string    `json:"bucket"` // empty: in a bucket of AWS
	// Unasked says that Bucket is not known, because there are more jobs than a scan reads.
	Unasked bool `json:"unasked,omitempty"`
}
