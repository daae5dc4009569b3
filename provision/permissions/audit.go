package permissions

import "claria/provision/state"

// auditPermissions are the rows of the table for package audit: what a scan asks
// the trail itself, besides its settings.
func auditPermissions() []Permission {
	row := func(sid string, on []string, why string, actions ...string) Permission {
		return Permission{Policy: AuditorPolicy, Sid: sid, Room: "audit", Actions: actions, On: on, Why: why}
	}
	return []Permission{
		// Not kept to the declared region: IAM and the root user's sign-ins are
		// recorded in us-east-1, and every region has signing keys of its own.
		row("ReadEvents", []string{"*"}, noResource, "cloudtrail:LookupEvents", "cloudtrail:ListPublicKeys"),
		row("ReadLogs", []string{"{audit}/" + state.TrailPrefix + "/*"},
			"log files are compared with the hashes that CloudTrail signed; they name records by opaque keys, never by a client", "s3:GetObject"),
	}
}
