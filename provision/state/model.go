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
