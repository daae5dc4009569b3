package drift

import (
	"fmt"
	"slices"
	"strings"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/provision/state"
)

func judgeDataBucket(in *judgement) verdict {
	var p evidence
	b := in.observed.DataBucket
	withReading(&p, b.Region, p.missing("no such bucket", "the bucket for records does not exist"), func(region string) {
		if region == in.observed.Region {
			p.ok("%s, owned by this account", region)
			return
		}
		p.bad(region, "the bucket is in "+region+", but the declared region is "+in.observed.Region)
		p.remedy = catalogue.Guided // a bucket cannot be moved
	})
	return p.verdict(in.dataBucket(), "a bucket of this account in "+in.observed.Region)
}

func judgeEncryption(in *judgement) verdict {
	var p evidence
	in.encryption(&p, in.observed.DataBucket, in.desired.DataBucket)
	want, _ := in.desired.DataBucket.Encryption.Value()
	return p.verdict(in.dataBucket(), encryptionText(want)+" by default")
}

func (in *judgement) encryption(p *evidence, b, desired state.Bucket) {
	want, _ := desired.Encryption.Value()
	setting(
		p,
		b,
		b.Encryption,
		p.missing("no default encryption", "stored objects are not encrypted by default"),
		func(is state.Encryption) {
			switch {
			case is.Algorithm != want.Algorithm, want.Key != "" && !in.observed.SameKey(is.Key, want.Key):
				p.bad(encryptionText(is), "the default encryption is not the declared one")
			case want.BucketKey && !is.BucketKey:
				p.bad(encryptionText(is)+" without a bucket key", "the bucket key is off")
			default:
				p.ok("%s", encryptionText(is))
			}
		},
	)
}

func encryptionText(e state.Encryption) string {
	switch {
	case e.Algorithm == "AES256":
		return "AES-256 (SSE-S3)"
	case e.Key != "":
		return e.Algorithm + " with key " + e.Key
	case e.Algorithm == "":
		return "none"
	}
	return e.Algorithm
}

const fourFlags = "all four block-public-access settings on"

func judgeBucketPublicAccess(in *judgement) verdict {
	var p evidence
	b := in.observed.DataBucket
	setting(&p, b, b.PublicAccess, p.missing("none is set", "the bucket can be made public"), p.flags("the bucket"))
	return p.verdict(in.dataBucket(), fourFlags)
}

func judgeAccountPublicAccess(in *judgement) verdict {
	var p evidence
	withReading(
		&p,
		in.observed.AccountPublicAccess,
		p.missing("none is set", "buckets of this account can be made public"),
		p.flags("the account"),
	)
	return p.verdict("account "+in.observed.Account, fourFlags)
}

// flags notes which of the four settings are off.
func (p *evidence) flags(of string) func(state.PublicAccess) {
	return func(f state.PublicAccess) {
		var off []string
		for _, flag := range []struct {
			on   bool
			name string
		}{
			{f.BlockACLs, "BlockPublicAcls"},
			{f.IgnoreACLs, "IgnorePublicAcls"},
			{f.BlockPolicy, "BlockPublicPolicy"},
			{f.RestrictsBuckets, "RestrictPublicBuckets"},
		} {
			if !flag.on {
				off = append(off, flag.name)
			}
		}
		if len(off) == 0 {
			p.ok("all four on")
			return
		}
		p.bad("off: "+strings.Join(off, ", "), count(len(off), "public-access setting")+" of "+of+" off")
	}
}

func judgePolicyPublic(in *judgement) verdict {
	var p evidence
	in.policyPublic(&p, in.observed.DataBucket)
	return p.verdict(in.dataBucket(), "not public, by AWS's verdict (IsPublic false) and by Claria's reading")
}

// policyPublic compares AWS's verdict on a bucket's policy with Claria's own. A
// disagreement is unknown: one of the two is wrong about who may read records.
func (in *judgement) policyPublic(p *evidence, b state.Bucket) {
	var aws, ours, none bool
	var reason string
	known := 0
	setting(p, b, b.PolicyPublic, func() { known++ }, func(public bool) { known, aws = known+1, public })
	setting(p, b, b.Policy, func() { known, none = known+1, true }, func(text string) {
		if d, ok := in.written(p, "the bucket's policy", text); ok {
			a := policy.Public(d)
			known, ours, reason = known+1, a.Yes, a.Reason
		}
	})
	switch {
	case aws && (known < 2 || ours):
		if reason == "" {
			reason = "AWS says that the policy gives the public access"
		}
		p.bad("public", reason)
	case known < 2: // what is missing is noted
	case aws != ours:
		says := map[bool]string{true: "public", false: "not public"}
		p.unknown("AWS calls the policy " + says[aws] + ", Claria's reading is " + says[ours] + " (" + reason + ")")
	case none:
		p.ok("no policy")
	default:
		p.ok("not public")
	}
}

func judgeACLs(in *judgement) verdict {
	var p evidence
	in.acls(&p, in.observed.DataBucket)
	return p.verdict(in.dataBucket(), "access lists off (BucketOwnerEnforced), and none grants public access")
}

func (in *judgement) acls(p *evidence, b state.Bucket) {
	setting(
		p,
		b,
		b.Ownership,
		p.missing("no object ownership is set", "access lists on objects decide who may read them"),
		func(ownership string) {
			if ownership == "BucketOwnerEnforced" {
				p.ok("off (BucketOwnerEnforced)")
				return
			}
			p.bad(ownership, "access lists on objects still count")
		},
	)
	setting(p, b, b.Grants, func() {}, func(grants []state.Grant) {
		for _, g := range grants {
			// The predefined groups (S3 user guide, "Access control list overview").
			if group, ok := strings.CutPrefix(g.Grantee, "http://acs.amazonaws.com/groups/"); ok {
				p.bad(group+" "+g.Permission, "the bucket's access list grants "+g.Permission+" to "+group)
			}
		}
	})
}

// leastTLS is the oldest version of TLS that may carry a record.
const leastTLS = 1.2

func judgeTLS(in *judgement) verdict {
	var p evidence
	in.tls(&p, in.observed.DataBucket)
	return p.verdict(in.dataBucket(), "every call refused unless it uses TLS 1.2 or newer")
}

func (in *judgement) tls(p *evidence, b state.Bucket) {
	setting(p, b, b.Policy, p.missing("no policy", "no policy refuses insecure connections"), func(text string) {
		d, ok := in.parsed(p, "the bucket's policy", text)
		if !ok {
			return
		}
		if a := policy.RequiresTLS(d, b.Name); !a.Yes {
			p.bad("insecure connections not refused", a.Reason)
		}
		version := policy.RequiresTLSVersion(d, b.Name)
		var least float64
		if _, err := fmt.Sscanf(version, "%g", &least); err != nil || least < leastTLS {
			seen := "no minimum TLS version"
			if version != "" {
				seen = "TLS " + version + " and newer"
			}
			p.bad(seen, "versions of TLS older than 1.2 are not refused to everyone")
			return
		}
		p.ok("only TLS %s or newer", version)
	})
}

func judgeVersioning(in *judgement) verdict {
	var p evidence
	in.versioning(&p, in.observed.DataBucket)
	return p.verdict(in.dataBucket(), "versioning on (Status Enabled)")
}

func (in *judgement) versioning(p *evidence, b state.Bucket) {
	setting(
		p,
		b,
		b.Versioning,
		p.missing("versioning was never enabled", "overwritten or deleted records cannot be restored"),
		func(status string) {
			if status == "Enabled" {
				p.ok("versioning on")
				return
			}
			p.bad("versioning "+strings.ToLower(status), "records overwritten or deleted now cannot be restored")
		},
	)
}

// judgeLifecycle is S3-13. What may be deleted early, and what must be deleted
// at all, comes from the declared rules: abandoned uploads, and the old versions
// under prefixes with a shorter declared time than the records.
func judgeLifecycle(in *judgement) verdict {
	var p evidence
	b := in.observed.DataBucket
	declared, _ := in.desired.DataBucket.Lifecycle.Value()
	keep, abort := 0, 0
	var short []state.LifecycleRule
	for _, r := range declared {
		if r.Prefix == "" {
			keep, abort = max(keep, r.NoncurrentDays), max(abort, r.AbortDays)
		}
	}
	for _, r := range declared {
		if r.Prefix != "" && r.NoncurrentDays > 0 && r.NoncurrentDays < keep {
			short = append(short, r)
		}
	}
	setting(
		&p,
		b,
		b.Lifecycle,
		p.missing("no rules", "abandoned uploads and deleted recordings are never cleared"),
		func(rules []state.LifecycleRule) {
			aborts := false
			cleared := map[string]bool{}
			for _, r := range rules {
				if !r.Enabled {
					continue
				}
				expiring(&p, r)
				archiving(&p, r)
				mayClear := slices.ContainsFunc(short, func(s state.LifecycleRule) bool { return strings.HasPrefix(r.Prefix, s.Prefix) })
				if r.NoncurrentDays > 0 && r.NoncurrentDays < keep && !mayClear {
					p.bad(fmt.Sprintf("%s: earlier versions %s", ruleName(r), count(r.NoncurrentDays, "day")),
						fmt.Sprintf("%s deletes earlier versions after %s instead of %d", ruleName(r), count(r.NoncurrentDays, "day"), keep))
				}
				aborts = aborts || r.Prefix == "" && !r.Filtered && r.AbortDays > 0 && r.AbortDays <= abort
				for _, s := range short {
					if !r.Filtered && r.NoncurrentKeep == 0 && r.NoncurrentDays > 0 && r.NoncurrentDays <= s.NoncurrentDays &&
						strings.HasPrefix(s.Prefix, r.Prefix) {
						cleared[s.Prefix] = true
					}
				}
			}
			if !aborts && abort > 0 {
				p.bad("abandoned uploads stay", fmt.Sprintf("no rule clears abandoned uploads within %d days", abort))
			}
			for _, s := range short {
				if !cleared[s.Prefix] {
					p.bad(
						"deleted "+strings.TrimSuffix(s.Prefix, "/")+" stay",
						"no rule clears the old versions of deleted "+strings.TrimSuffix(s.Prefix, "/"),
					)
				}
			}
			p.ok("earlier versions kept %d days, nothing current expires", keep)
		},
	)
	setting(&p, b, in.observed.Inventory.ArchiveTiers, func() {}, func(ids []string) {
		for _, id := range ids {
			p.bad("archive tier "+id, "the Intelligent-Tiering configuration "+id+
				" moves what nobody reads to an archive, where nobody can read it until it is restored")
		}
	})
	return p.verdict(
		in.dataBucket(),
		fmt.Sprintf("records never expire, earlier versions %d days, abandoned uploads cleared in %d", keep, abort),
	)
}

// expiring notes a rule that deletes current objects.
func expiring(p *evidence, r state.LifecycleRule) {
	switch {
	case r.ExpireDays > 0:
		p.bad(fmt.Sprintf("%s: expires after %s", ruleName(r), count(r.ExpireDays, "day")),
			fmt.Sprintf("%s deletes what is in use after %s", ruleName(r), count(r.ExpireDays, "day")))
	case r.ExpireDate != "":
		day, _, _ := strings.Cut(r.ExpireDate, "T")
		p.bad(ruleName(r)+": expires on "+day, ruleName(r)+" deletes what is in use on "+day)
	}
}

// archiving notes a rule that moves objects to a class from which they must be restored,
// which takes hours, before anyone can read them.
func archiving(p *evidence, r state.LifecycleRule) {
	if r.Archives != "" {
		p.bad(ruleName(r)+": archived as "+r.Archives,
			ruleName(r)+" moves objects to "+r.Archives+", where nobody can read them until they are restored")
	}
}

func ruleName(r state.LifecycleRule) string {
	name := "rule"
	if r.ID != "" {
		name += " " + r.ID
	}
	if r.Prefix != "" {
		name += " (" + r.Prefix + ")"
	}
	return name
}
