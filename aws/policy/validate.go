package policy

import (
	"fmt"
	"strings"
)

// Attachment is what a policy is attached to. It decides which elements the policy must
// and must not have.
type Attachment uint8

// The attachments.
const (
	ToIdentity Attachment = iota // a user, group or role; also a boundary or a session policy
	ToBucket                     // a resource other than a role
	ToRole                       // a role's trust policy
)

// Validate checks what depends on the attachment, which Parse does not know. The error
// is a *MalformedError.
func Validate(d Document, attachment Attachment) error {
	if len(d.Statements) == 0 {
		return malformed("Statement", "there is none")
	}
	sids := map[string]int{}
	for i, s := range d.Statements {
		where := fmt.Sprintf("Statement[%d]", i)
		if s.SID != "" {
			if _, twice := sids[s.SID]; twice && attachment != ToBucket {
				return malformed(where+".Sid", "%q is used twice", s.SID)
			}
			sids[s.SID] = i
			if attachment != ToBucket && strings.ContainsFunc(s.SID, func(r rune) bool { return !alphanumeric(r) }) {
				return malformed(where+".Sid", "%q has characters other than letters and digits", s.SID)
			}
		}
		switch {
		case len(s.Actions) == 0:
			return malformed(where, "it names no action")
		case attachment == ToIdentity && s.HasPrincipal:
			return malformed(where, "an identity's policy cannot have a Principal")
		case attachment != ToIdentity && !s.HasPrincipal:
			return malformed(where, "it has no Principal")
		case attachment == ToRole && s.HasResource:
			return malformed(where, "a trust policy cannot have a Resource")
		case attachment == ToRole && s.NotPrincipal:
			return malformed(where, "a trust policy cannot have NotPrincipal")
		case attachment != ToRole && (!s.HasResource || len(s.Resources) == 0):
			return malformed(where, "it names no resource")
		case s.HasPrincipal && len(s.Principals) == 0:
			return malformed(where, "it names no principal")
		case s.NotPrincipal && s.Allow:
			return malformed(where, "NotPrincipal goes with Deny only")
		}
	}
	return nil
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
