package drift

import (
	"fmt"
	"slices"
	"strings"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision/state"
)

// keyInUse reports whether the practice's own encryption key is declared, or was
// and may still open records. Without one, the controls of the key do not apply; both
// buckets' encryption must prove that, and verdict is then set.
func (in *judgement) keyInUse(desired string) (v verdict, declared bool) {
	if in.keyDeclared() || in.settings.KeyKept && !in.observed.Inventory.Key.Absent() {
		return verdict{}, true
	}
	return in.noKey(desired), false
}

func (in *judgement) keyDeclared() bool {
	want, _ := in.desired.DataBucket.Encryption.Value()
	return want.Algorithm != "AES256"
}

// noKey is the verdict on a control of the key when no key is in use.
func (in *judgement) noKey(desired string) verdict {
	var p evidence
	for _, b := range []state.Bucket{in.observed.DataBucket, in.observed.AuditBucket} {
		if b.Region.Absent() {
			continue // S3-01 and CT-09 report it
		}
		setting(
			&p,
			b,
			b.Encryption,
			func() { p.unknown(b.Name + " has no default encryption, so its key is unknown") },
			func(is state.Encryption) {
				if is.Algorithm != "AES256" {
					p.unknown(b.Name + " is encrypted with " + encryptionText(is) + ", which is not declared, so its key was not checked")
				}
			},
		)
	}
	v := p.verdict("keys of account "+in.observed.Account, desired)
	if v.status == catalogue.Pass {
		v.status, v.observed = catalogue.NotApplicable, "SSE-S3 (AES-256) is declared and set: AWS manages the key, and the practice has none of its own"
	}
	return v
}

func (in *judgement) ownKey() string {
	if k, ok := in.observed.Inventory.Key.Value(); ok {
		return "key " + k.ARN
	}
	return "key alias/" + in.observed.System
}

const noKey = "the declared encryption key does not exist"

// judgeOwnEncryption is S3-03.
func judgeOwnEncryption(in *judgement) verdict {
	const desired = "the practice's own key (SSE-KMS) with a bucket key"
	if !in.keyDeclared() {
		v := in.noKey(desired)
		v.resource = in.dataBucket()
		return v
	}
	var p evidence
	in.encryption(&p, in.observed.DataBucket, in.desired.DataBucket)
	in.encryption(&p, in.observed.AuditBucket, in.desired.AuditBucket)
	return p.verdict(in.dataBucket()+" and "+in.auditBucket(), desired)
}

// keyEvidence is the evidence for a control of the key, which set-up fixes only if the key is
// declared.
func (in *judgement) keyEvidence() evidence {
	if in.keyDeclared() {
		return evidence{}
	}
	return evidence{remedy: catalogue.Guided}
}

// judgeKey is KMS-01.
func judgeKey(in *judgement) verdict {
	const desired = "an enabled symmetric key of one region (Enabled, SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT)"
	if v, declared := in.keyInUse(desired); !declared {
		return v
	}
	p := in.keyEvidence()
	withReading(&p, in.observed.Inventory.Key, p.missing("no such key", noKey), func(k state.Key) {
		if k.State != "Enabled" {
			p.bad(k.State, "the key is not enabled ("+k.State+"), so nobody can read or write records")
		}
		if k.Spec != "SYMMETRIC_DEFAULT" || k.Usage != "ENCRYPT_DECRYPT" {
			p.bad(k.Spec+" "+k.Usage, "S3 encrypts with symmetric keys only")
			p.remedy = catalogue.Guided // a key's usage cannot be changed
		}
		if k.MultiRegion {
			p.bad("a multi-region key", "the key can be copied into other regions")
			p.remedy = catalogue.Guided
		}
		if k.Manager != "CUSTOMER" {
			p.bad("managed by "+k.Manager, "AWS manages the key; it is not the practice's own")
			p.remedy = catalogue.Guided
		}
		p.ok("enabled, symmetric, one region")
	})
	return p.verdict(in.ownKey(), desired)
}

// maxRotation is how many days a key's material may be in use.
const maxRotation = 365

// judgeKeyRotation is KMS-02.
func judgeKeyRotation(in *judgement) verdict {
	desired := fmt.Sprintf("rotated automatically at least every %d days", maxRotation)
	if v, declared := in.keyInUse(desired); !declared {
		return v
	}
	p := in.keyEvidence()
	withReading(&p, in.observed.Inventory.KeyRotation, p.missing("no such key", noKey), func(r state.Rotation) {
		switch {
		case !r.On:
			p.bad("off", "the key's material is never renewed")
		case r.Days > maxRotation:
			p.bad("every "+count(r.Days, "day"), fmt.Sprintf("the key's material is renewed only every %s", count(r.Days, "day")))
		case r.Days == 0:
			p.ok("on, every year")
		default:
			p.ok("on, every %s", count(r.Days, "day"))
		}
	})
	return p.verdict(in.ownKey(), desired)
}

// judgeKeyDeletion is KMS-03.
func judgeKeyDeletion(in *judgement) verdict {
	const desired = "not scheduled for deletion"
	if v, declared := in.keyInUse(desired); !declared {
		return v
	}
	p := in.keyEvidence()
	withReading(&p, in.observed.Inventory.Key, p.missing("no such key", noKey), func(k state.Key) {
		switch k.State {
		case "PendingDeletion", "PendingReplicaDeletion":
			when := "soon"
			if !k.Deletion.IsZero() {
				when = "on " + k.Deletion.Format("2006-01-02")
			}
			p.bad("to be deleted "+when, "the key will be deleted "+when+"; every record is lost with it")
		default:
			p.ok("not scheduled for deletion")
		}
	})
	return p.verdict(in.ownKey(), desired)
}

// judgeKeyAccess is KMS-04.
func judgeKeyAccess(in *judgement) verdict {
	const desired = "usable only by this account's identities and its trail; no grants to others"
	if v, declared := in.keyInUse(desired); !declared {
		return v
	}
	var p evidence
	withReading(&p, in.observed.Inventory.KeyPolicy, p.missing("no such key", noKey), func(text string) {
		d, ok := in.parsed(&p, "the key's policy", text)
		if !ok {
			return
		}
		foreign := in.foreign(d)
		// S3's definition does not know kms:CallerAccount, which keeps a key in the account.
		if a := policy.Public(d); a.Yes && len(foreign) > 0 {
			p.bad("public", "the key's policy: "+a.Reason)
		}
		for _, who := range foreign {
			p.bad(who, "the key's policy gives access to "+strings.Replace(who, "*", "everyone", 1))
		}
	})
	withReading(&p, in.observed.Inventory.KeyGrants, func() {}, func(grants []state.KeyGrant) {
		for _, g := range grants {
			// An AWS service that works for the account creates its own grants.
			if strings.HasSuffix(g.Grantee, ".amazonaws.com") || strings.Contains(g.Grantee, ":"+in.observed.Account+":role/aws-service-role/") {
				continue
			}
			p.bad("a grant to "+g.Grantee, fmt.Sprintf("a grant lets %s use the key (%s)", g.Grantee, strings.Join(g.Operations, ", ")))
		}
	})
	p.ok("only this account and its trail, no grants")
	return p.verdict(in.ownKey(), desired)
}

// blockedOnEveryKey lists the actions that nobody should have on every key (AWS
// Config, iam-customer-policy-blocked-kms-actions).
var blockedOnEveryKey = []string{"kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"}

// judgeKeyActions is KMS-05.
func judgeKeyActions(in *judgement) verdict {
	var p evidence
	all := in.granting(&p)
	for _, h := range all {
		d, ok := in.parsed(&p, h.String(), h.text)
		if !ok {
			continue
		}
		if h.centreAdministrator(d) {
			continue
		}
		every := d
		every.Statements = slices.DeleteFunc(slices.Clone(d.Statements), func(s policy.Statement) bool {
			return s.Allow && slices.ContainsFunc(s.Conditions, limitsKeys)
		})
		var may []string
		for _, action := range blockedOnEveryKey {
			if policy.OnEvery(every, action) {
				may = append(may, action)
			}
		}
		if len(may) > 0 {
			p.bad(h.String()+": "+words.Few(may, ", "), h.String()+" allows "+strings.Join(may, ", ")+" on every key")
		}
	}
	p.ok("none of %d", len(all))
	return p.verdict(
		"every policy of account "+in.observed.Account,
		"no policy allows decrypting with every key (kms:Decrypt, kms:ReEncrypt* on *)",
	)
}

// limitsKeys reports whether a condition limits an allowance to some keys.
func limitsKeys(c policy.Condition) bool {
	key := strings.ToLower(c.Key)
	which := key == "kms:resourcealiases" || strings.HasPrefix(key, "aws:resourcetag/") || strings.HasPrefix(key, "kms:encryptioncontext:")
	return which && !c.IfExists && c.Set != "ForAllValues" && strings.HasPrefix(c.Operator, "String") &&
		!strings.HasPrefix(c.Operator, "StringNot") &&
		!slices.ContainsFunc(c.Values, func(v string) bool { return strings.Trim(v, "*") == "" })
}
