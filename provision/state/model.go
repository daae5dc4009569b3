package state

import "time"

// Model is one declared model as Bedrock describes it.
type Model struct {
	Profile      string            `json:"profile"`      // inference-profile id, "us.anthropic.…"
	Foundation   string            `json:"foundation"`   // bare model id
	Destinations Reading[[]string] `json:"destinations"` // regions the profile may run in
	Availability Reading[Access]   `json:"availability"`
}

// Access is GetFoundationModelAvailability's answer, as AWS words it.
type Access struct {
	Agreement     string `json:"agreement"`     // AVAILABLE, NOT_AVAILABLE, PENDING, ERROR
	Authorization string `json:"authorization"` // AUTHORIZED, NOT_AUTHORIZED
	Entitlement   string `json:"entitlement"`   // AVAILABLE, NOT_AVAILABLE
	Region        string `json:"region"`        // AVAILABLE, NOT_AVAILABLE
}

// InvocationLogging is where Bedrock copies prompts and answers, if anywhere.
type InvocationLogging struct {
	Enabled  bool   `json:"enabled"`
	Bucket   string `json:"bucket,omitempty"`
	LogGroup string `json:"log_group,omitempty"`
}

// TranscriptionJob is a finished Transcribe job and where its text went.
type TranscriptionJob struct {
	Name      string    `json:"name"`
	Completed time.Time `json:"completed,omitzero"`
	Bucket    string    `json:"bucket"` // empty: kept in a bucket of AWS's own
	// Unasked says that Bucket is not known: there are more jobs than a scan asks about.
	Unasked bool `json:"unasked,omitempty"`
}
