package provision

// ledgerPrefix is where the mirror of the evidence ledger lies in the audit bucket.
const ledgerPrefix = evidencePrefix + "/ledger/"

// evidencePermissions are the rows of the table for the evidence.
func evidencePermissions() []Permission {
	return []Permission{{
		// The one thing that the auditor writes: it adds a line about each check to the
		// mirror. It cannot read a line back, and what it adds is locked by the bucket's
		// default retention; a thief of its key can add lines, but no signature to them.
		Policy: auditorPolicy, Sid: "AddEvidence", Room: "evidence", Actions: []string{"s3:PutObject"},
		On: []string{"{audit}/" + ledgerPrefix + "*"},
	}}
}
