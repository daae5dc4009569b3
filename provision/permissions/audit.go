package permissions

import "claria/provision/state"

// auditPermissions are the rows of the table for package audit, which reads the trail's
// events and files.
func auditPermissions() []Permission {
	row := func(sid string, on []string, why string, actions ...string) Permission {
		return Permission{Policy: AuditorPolicy, Sid: sid, Room: "audit", Actions: actions, On: on, Why: why}
	}
	return []Permission{
		// Not limited to the declared region: us-east-1 records IAM and the root user's
		// sign-ins, and every region has its own signing keys.
		row("ReadEvents", []string{"*"}, noResource, "cloudtrail:LookupEvents", "cloudtrail:ListPublicKeys"),
		row("ReadLogs", []string{"{audit}/" + state.TrailPrefix + "/*"},
			"log files are compared with the hashes that CloudTrail signed; they name records by id, never by client", "s3:GetObject"),
	}
}
