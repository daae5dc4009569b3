package permissions

import "claria/provision/state"

// evidencePermissions are the rows of the table for the evidence ledger.
func evidencePermissions() []Permission {
	return []Permission{{
		// The only write of the auditor: it adds a line about each check to the mirror. It
		// cannot read or replace a line, and the bucket's default retention locks what it
		// adds. A stolen key can add lines, but cannot sign them. The condition requires a
		// conditional write (Amazon S3 User Guide, "Enforce conditional writes").
		Policy: AuditorPolicy, Sid: "AddEvidence", Room: "evidence", Actions: []string{"s3:PutObject"},
		On: []string{"{audit}/" + state.LedgerPrefix + "*"}, When: Conditions{"Null": {"s3:if-none-match": {"false"}}},
	}}
}
