package drift

import (
	"fmt"
	"slices"
	"strings"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/provision/state"
)

// judgeForeign is S3-10: nobody outside the account has access.
func judgeForeign(in *judgement) verdict {
	var p evidence
	b := in.observed.DataBucket
	setting(&p, b, b.Policy, func() { p.ok("no policy, so nobody") }, func(text string) {
		d, ok := in.parsed(&p, "the bucket's policy", text)
		if !ok {
			return
		}
		foreign := in.foreign(d)
		if len(foreign) == 0 {
			p.ok("nobody")
			return
		}
		for _, who := range foreign {
			p.bad(who, "the bucket's policy gives access to "+strings.Replace(who, "*", "everyone", 1))
		}
	})
	in.foreignPoints(&p)
	return p.verdict(in.dataBucket(), "nobody outside this account has access")
}

// judgeUploads is S3-04: an upload cannot use another encryption than the
// declared one. The policy is evaluated, for callers of every kind, on uploads that
// must be refused, so the form of its statements does not matter.
func judgeUploads(in *judgement) verdict {
	var p evidence
	b := in.observed.DataBucket
	want, _ := in.desired.DataBucket.Encryption.Value()
	other := "aws:kms"
	if want.Algorithm == other {
		other = "AES256"
	}
	setting(&p, b, b.Policy, p.missing("no policy", "no policy refuses uploads with another encryption"), func(text string) {
		d, ok := in.parsed(&p, "the bucket's policy", text)
		if !ok {
			return
		}
		for _, upload := range []struct{ key, value, seen, why string }{
			{"s3:x-amz-server-side-encryption-customer-algorithm", "AES256", "customer keys (SSE-C) accepted", "a record could be stored " +
				"that only its uploader can read (SSE-C)"},
			{"s3:x-amz-server-side-encryption", other, other + " accepted", "a record could be stored with " + other +
				" instead of " + want.Algorithm},
		} {
			for _, caller := range in.anyone() {
				decision := policy.Evaluate(policy.Request{
					Caller: caller, Action: "s3:PutObject", Resource: "arn:aws:s3:::" + b.Name + "/records/x", Owner: in.observed.Account,
					Keys: map[string][]string{"aws:SecureTransport": {"true"}, "s3:TlsVersion": {"1.3"}, upload.key: {upload.value}},
				}, policy.Policies{Resource: &d})
				if !decision.Explicit {
					p.bad(upload.seen, upload.why)
				}
			}
		}
		p.ok("refused")
	})
	return p.verdict(in.dataBucket(), "uploads with customer keys or another encryption are refused to everyone")
}

// anyone returns a caller of each kind in the account.
func (in *judgement) anyone() []policy.Caller {
	of := func(arn string) policy.Caller { return policy.Caller{ARN: arn, Account: in.observed.Account} }
	return []policy.Caller{
		of("arn:aws:iam::" + in.observed.Account + ":root"),
		of("arn:aws:iam::" + in.observed.Account + ":user/anyone"),
		of("arn:aws:iam::" + in.observed.Account + ":user/" + state.AdminUser),
		of("arn:aws:sts::" + in.observed.Account + ":assumed-role/" + state.ProvisionerRole + "/session"),
	}
}

// judgeDeletion is S3-12: daily work cannot delete the history of records,
// or Object Lock keeps it.
func judgeDeletion(in *judgement) verdict {
	var p, identity, lock evidence
	b := in.observed.DataBucket
	setting(&identity, b, b.Policy, func() { in.deletes(&identity, nil) }, func(text string) {
		if d, ok := in.parsed(&identity, "the bucket's policy", text); ok {
			in.deletes(&identity, &d)
		}
	})
	setting(&lock, b, b.ObjectLock, lock.missing("no Object Lock", ""), func(l state.ObjectLock) {
		if l.Enabled && l.Mode != "" && l.Days > 0 {
			lock.ok("Object Lock %s %d days", l.Mode, l.Days)
			return
		}
		lock.bad("no Object Lock", "")
	})
	switch {
	case len(identity.wrong)+len(identity.unread) == 0:
		p.fine = identity.fine
	case len(lock.wrong)+len(lock.unread) == 0:
		p.fine = lock.fine
	default:
		// One of the two is enough, and the unread one may be in order.
		p.unread = slices.Concat(identity.unread, lock.unread)
		if len(p.unread) == 0 {
			p.wrong, p.why = identity.wrong, identity.why
		}
	}
	return p.verdict(in.dataBucket(), "the daily identity cannot delete versions of records (s3:DeleteObjectVersion), or Object Lock is on")
}

// deletes notes whether the daily identity can delete versions of what is kept.
func (in *judgement) deletes(p *evidence, resource *policy.Document) {
	before := len(p.unread)
	daily, found := in.daily(p)
	if !found || len(p.unread) > before {
		p.ok("there is no daily identity")
		return
	}
	for _, kept := range []string{"clients/*", "records/*", "reports/*"} {
		a := policy.CanEver(policy.Caller{ARN: daily.user.ARN, Account: in.observed.Account}, "s3:DeleteObjectVersion",
			"arn:aws:s3:::"+in.observed.DataBucket.Name+"/"+kept, "",
			policy.Policies{Identity: daily.policies, Boundary: daily.boundary, Resource: resource})
		if a.Yes {
			p.bad(
				daily.user.Name+" may delete versions",
				fmt.Sprintf("%s may permanently delete versions under %s (%s)", daily.user.Name, strings.TrimSuffix(kept, "*"), a.Reason),
			)
		}
	}
	p.ok("%s cannot", daily.user.Name)
}

// tampering lists the actions with which an identity can blind the trail or extend
// its own rights; CT-09 covers those on the bucket of the logs.
var tampering = []string{
	"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
	"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
	"iam:CreateAccessKey", "iam:CreateLoginProfile",
	"iam:CreatePolicyVersion", "iam:CreateRole", "iam:CreateUser", "iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
	"iam:DetachUserPolicy", "iam:PassRole", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion",
	"iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
}

// judgeTampering is IAM-10.
func judgeTampering(in *judgement) verdict {
	var p evidence
	resource := "user " + state.AdminUser
	const desired = "cannot stop or change the trail, and cannot change identities"
	daily, found := in.daily(&p)
	switch {
	case len(p.unread) > 0: // an unread policy may refuse what another allows
	case !found:
		return verdict{status: catalogue.NotApplicable, resource: resource, desired: desired, observed: "there is no daily identity"}
	default:
		t, _ := in.desired.Trail.Value()
		for _, action := range tampering {
			on := "arn:aws:iam::" + in.observed.Account + ":*"
			if strings.HasPrefix(action, "cloudtrail:") {
				on = t.ARN
			}
			a := policy.CanEver(policy.Caller{ARN: daily.user.ARN, Account: in.observed.Account}, action, on, "",
				policy.Policies{Identity: daily.policies, Boundary: daily.boundary})
			if a.Yes {
				p.bad("may "+action, fmt.Sprintf("%s may %s (%s)", daily.user.Name, action, a.Reason))
			}
		}
		p.ok("it cannot")
	}
	return p.verdict(resource, desired)
}

// judgePasswords is IAM-15. It requires no maximum age: NIST SP 800-63B
// advises against changing passwords by the calendar.
func judgePasswords(in *judgement) verdict {
	var p evidence
	want, _ := in.desired.PasswordPolicy.Value()
	withReading(
		&p,
		in.observed.PasswordPolicy,
		p.missing("no password policy", "AWS's own minimum of 8 characters applies"),
		func(is state.PasswordPolicy) {
			if is.MinimumLength < want.MinimumLength {
				p.bad(count(is.MinimumLength, "character"), fmt.Sprintf("passwords may be shorter than %d characters", want.MinimumLength))
			}
			if !is.Lower || !is.Upper || !is.Digits || !is.Symbols {
				p.bad("not every kind of character", "passwords need not have lower and upper case, digits and symbols")
			}
			if is.Reuse < want.Reuse {
				p.bad(fmt.Sprintf("%d remembered", is.Reuse), fmt.Sprintf("only the last %s cannot be reused", count(is.Reuse, "password")))
			}
			p.ok("at least %d characters of 4 kinds, %d remembered", is.MinimumLength, is.Reuse)
		},
	)
	return p.verdict(
		"account "+in.observed.Account,
		fmt.Sprintf("at least %d characters of 4 kinds, %d remembered", want.MinimumLength, want.Reuse),
	)
}
