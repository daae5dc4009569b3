package provision

// Monitoring is what watches the account, where it raises the alarm, and what else of AI and transcription is in it.
type Monitoring struct{}
