package permissions

import "claria/provision/state"

// evidencePermissions are the rows of the table for the evidence.
func evidencePermissions() []Permission {
	return []Permission{{
		// The one thing that the auditor writes: it adds a line about each check to the
		// mirror. It cannot read a line back or put another in its place, and what it adds
		// is locked by the bucket's default retention; a thief of its key can add lines,
		// but no signature to them. The condition asks for a conditional write (Amazon S3
		// User Guide, "Enforce conditional writes").
		Policy: AuditorPolicy, Sid: "AddEvidence", Room: "evidence", Actions: []string{"s3:PutObject"},
		On: []string{"{audit}/" + state.LedgerPrefix + "*"}, When: Conditions{"Null": {"s3:if-none-match": {"false"}}},
	}}
}
