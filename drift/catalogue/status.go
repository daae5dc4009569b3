package catalogue

// Status is the verdict on one control.
type Status string

// The verdicts. A control whose read was denied or failed is Unknown, never
// Pass; Waived and NotApplicable never count as passed.
const (
	Pass          Status = "pass"
	Fail          Status = "fail"
	Unknown       Status = "unknown"
	NotApplicable Status = "not_applicable"
	Waived        Status = "waived"
	// Attested is a statement that someone signed and that is still valid;
	// AttestDue is one that nobody signed, or that has expired. Neither is passed.
	Attested  Status = "attested"
	AttestDue Status = "attest_due"
)
