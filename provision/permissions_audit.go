package provision

// auditPermissions are the rows of the table for package audit: what a scan asks
// the trail itself, besides its settings.
func auditPermissions() []Permission {
	row := func(sid string, on []string, why string, actions ...string) Permission {
		return Permission{Policy: auditorPolicy, Sid: sid, Room: "audit", Actions: actions, On: on, Why: why}
	}
	return []Permission{
		// Not kept to the declared region: IAM and the root user's sign-ins are
		// recorded in us-east-1, and every region has signing keys of its own.
		row("ReadEvents", []string{"*"}, noResource, "cloudtrail:LookupEvents", "cloudtrail:ListPublicKeys"),
		row("ReadLogs", []string{"{audit}/" + trailPrefix + "/*"},
			"log files are compared with the hashes that CloudTrail signed; they name records by opaque keys, never by a client", "s3:GetObject"),
	}
}

// TrailARN is the trail's ARN.
func TrailARN(s Settings) string { return s.trailARN() }

// LogFolder is where the trail's files lie in the audit bucket: "…/CloudTrail/" and
// "…/CloudTrail-Digest/" are below it.
func LogFolder(s Settings) string { return trailPrefix + "/AWSLogs/" + s.Account + "/" }

// ReadingOf is the outcome of one read of AWS, by the rules of Observe: absent when
// AWS says that there is no such thing, unknown for any other failure.
func ReadingOf[T any](value T, err error, operation string) Reading[T] {
	return reading(value, err, operation)
}
