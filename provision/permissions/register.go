package permissions

import "claria/provision/state"

// The practice's register is in the audit bucket, where Object Lock keeps every version.
// The auditor can read RegisterKey, which holds no patient information. Free text about
// incidents and requests is in NotesKey, which only the daily identity can read.
const (
	registerPrefix = state.EvidencePrefix + "/register/"
	RegisterKey    = registerPrefix + "register.json"
	NotesKey       = registerPrefix + "notes.json"
)

// registerPermissions are the rows of the table for register.Store, except the daily
// identity's reads of _evidence/ (dailyPermissions).
func registerPermissions() []Permission {
	versions := Permission{
		Policy: AdminPolicy, Sid: "RegisterVersions", Room: "audit", Actions: []string{"s3:ListBucketVersions"}, On: []string{"{audit}"},
		When: Conditions{"StringLike": {"s3:prefix": {registerPrefix + "*"}}},
	}
	return []Permission{
		{Policy: AuditorPolicy, Sid: "ReadRegister", Room: "audit", Actions: []string{"s3:GetObject"}, On: []string{"{audit}/" + RegisterKey}},
		{
			Policy: AdminPolicy, Sid: "WriteRegister", Room: "audit", Actions: []string{"s3:PutObject"},
			On: []string{"{audit}/" + RegisterKey, "{audit}/" + NotesKey},
		},
		versions,
	}
}
