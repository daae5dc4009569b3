package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/words"
	"claria/provision/access"
	"claria/provision/permissions"
	"claria/provision/state"
)

// judgeObjectAudit is S3-14: the trail's data events, or the bucket's own access
// log. One of the two is enough.
func judgeObjectAudit(in *judgement) verdict {
	var p, byTrail, byLog evidence
	objects := "arn:aws:s3:::" + in.observed.DataBucket.Name + "/"
	withReading(&byTrail, in.observed.TrailSelectors, byTrail.missing("no such trail", noTrail), func(s state.TrailSelectors) {
		in.selected(&byTrail, s, "record", dataEvents(s, objects))
	})
	setting(
		&byLog,
		in.observed.DataBucket,
		in.observed.Inventory.Logging,
		byLog.missing("no access log", "the bucket keeps no access log either"),
		func(l state.AccessLog) {
			if l.Bucket == in.observed.DataBucket.Name {
				byLog.bad("an access log into the bucket itself", "the access log is stored among the records")
				return
			}
			byLog.ok("access log into %s", l.Bucket)
		},
	)
	switch {
	case len(byTrail.wrong)+len(byTrail.unread) == 0:
		p.ok("the trail records every read and write")
	case len(byLog.wrong)+len(byLog.unread) == 0:
		p.fine = byLog.fine
	case len(byTrail.unread)+len(byLog.unread) > 0: // one of the two is enough, and the unread one may be in order
		p.unread = slices.Concat(byTrail.unread, byLog.unread)
	default:
		p.wrong, p.why = slices.Concat(byTrail.wrong, byLog.wrong), slices.Concat(byTrail.why, byLog.why)
	}
	return p.verdict(in.dataBucket(), "reads and writes of records logged, by the trail or by the bucket's access log")
}

// judgeReplica is S3-15: the records have a second copy, in another region or, as
// a person states, elsewhere.
func judgeReplica(in *judgement) verdict {
	const desired = "a copy in another region, encrypted and private, or a signed statement of one kept elsewhere"
	var p evidence
	none := false
	setting(&p, in.observed.DataBucket, in.observed.Inventory.Replication, func() { none = true }, func(rules []state.Replication) {
		i := slices.IndexFunc(rules, func(r state.Replication) bool { return r.Enabled && r.Prefix == "" && !r.Filtered })
		if i < 0 {
			p.bad("no rule copies every record", "the replication copies only some records, or is off")
			return
		}
		in.copyOf(&p, rules[i])
	})
	if !none {
		return p.verdict(in.dataBucket(), desired)
	}
	v := verdict{resource: in.dataBucket(), desired: desired}
	return in.byStatement("S3-15", v, "no replication, and no signed statement of another copy")
}

// copyOf notes what is wrong with the bucket that a rule copies into.
func (in *judgement) copyOf(p *evidence, r state.Replication) {
	if r.Account != "" && r.Account != in.observed.Account {
		p.bad("copied into account "+r.Account, "the records are copied into another account, "+r.Account)
		return
	}
	withReading(
		p,
		in.observed.Inventory.Buckets,
		func() { p.unknown("the account's buckets were not listed") },
		func(all []state.OtherBucket) {
			i := slices.IndexFunc(all, func(b state.OtherBucket) bool { return b.Name == r.Bucket })
			if i < 0 {
				p.bad("copied into "+r.Bucket, "the bucket "+r.Bucket+", into which the records are copied, is not this account's")
				return
			}
			b := all[i]
			if b.Region == in.observed.Region {
				p.bad("copied within "+b.Region, "the copy is in the same region as the records")
			}
			if country(b.Region) != country(in.observed.Region) {
				p.bad("copied to "+b.Region, "the copy leaves the geography of the declared region")
			}
			before := len(p.wrong) + len(p.unread)
			in.shut(p, b)
			if len(p.wrong)+len(p.unread) == before {
				p.ok("copied into %s (%s)", b.Name, b.Region)
			}
		},
	)
}

// country returns a region's geography: "us" for us-east-1.
func country(region string) string {
	geography, _, _ := strings.Cut(region, "-")
	return geography
}

// judgeOtherBuckets is S3-16: no other bucket of the account is open. Each one that is
// not Claria's must be encrypted, blocked from the public, without a public policy
// and with TLS only, as S3-02, S3-05, S3-07 and S3-09 require of the data bucket.
func judgeOtherBuckets(in *judgement) verdict {
	var p evidence
	withReading(
		&p,
		in.observed.Inventory.Buckets,
		func() { p.unknown("the account's buckets were not listed") },
		func(all []state.OtherBucket) {
			for _, b := range all {
				var one evidence
				in.shut(&one, b)
				if len(one.wrong) > 0 {
					p.bad(b.Name+": "+strings.Join(one.wrong, ", "), b.Name+": "+strings.Join(one.why, ", "))
				}
				for _, problem := range one.unread {
					p.unknown(b.Name + ": " + problem)
				}
			}
			if len(all) == 0 {
				p.ok("no bucket other than Claria's two")
			} else {
				p.ok("%s, each encrypted, private, TLS only", count(len(all), "other bucket"))
			}
		},
	)
	return p.verdict(
		"every other bucket of account "+in.observed.Account,
		"encrypted, all four public-access blocks, no public policy, TLS only",
	)
}

// shut notes how a bucket gives strangers access, or sends its content unencrypted.
func (in *judgement) shut(p *evidence, other state.OtherBucket) {
	b := state.Bucket{
		Name: other.Name, Region: state.Known(other.Region), Encryption: other.Encryption,
		PublicAccess: other.PublicAccess, Policy: other.Policy, PolicyPublic: other.PolicyPublic,
	}
	setting(p, b, b.Encryption, p.missing("not encrypted", "stored objects are not encrypted by default"), func(state.Encryption) {})
	setting(p, b, b.PublicAccess, p.missing("no public-access block", "the bucket can be made public"), p.flags("the bucket"))
	in.policyPublic(p, b)
	setting(p, b, b.Policy, p.missing("takes insecure connections", "no policy refuses insecure connections"), func(text string) {
		if d, err := in.policies.Parse(text); err == nil && !policy.RequiresTLS(d, b.Name).Yes { // policyPublic has noted what cannot be parsed
			p.bad("takes insecure connections", "insecure connections are not refused")
		}
	})
}

// judgeExposure is S3-17: the two buckets can be reached only at their own address.
func judgeExposure(in *judgement) verdict {
	var p evidence
	for _, b := range []state.Bucket{in.observed.DataBucket, in.observed.AuditBucket} {
		setting(&p, b, b.Website, func() {}, func(on bool) {
			if on {
				p.bad("a website", b.Name+" is served as a website")
			}
		})
		setting(&p, b, b.CORS, func() {}, func(rules int) {
			if rules > 0 {
				p.bad("open to web pages", b.Name+" allows pages of other sites to call it ("+count(rules, "CORS rule")+")")
			}
		})
	}
	fixable := len(p.wrong) // set-up fixes those; a person fixes the rest
	withReading(&p, in.observed.Inventory.AccessPoints, func() {}, in.doors(&p, "access point"))
	withReading(&p, in.observed.Inventory.MultiRegion, func() {}, in.doors(&p, "multi-region access point"))
	withReading(&p, in.observed.Inventory.Targets, p.missing("no such bucket", "a bucket does not exist"), func(targets []string) {
		for _, arn := range targets {
			// arn:aws:sns:us-east-1:111122223333:topic
			if parts := strings.Split(arn, ":"); len(parts) < 6 || parts[4] != in.observed.Account {
				p.bad("events sent to "+arn, "events of stored objects go to "+arn+", which is not in this account")
			}
		}
	})
	if len(p.wrong) > fixable {
		p.remedy = catalogue.Guided
	}
	p.ok("no website, CORS or access point; no events to targets outside the account")
	return p.verdict(
		in.dataBucket()+" and "+in.auditBucket(),
		"no website, CORS or access points, and no events to targets outside the account",
	)
}

func (in *judgement) doors(p *evidence, kind string) func([]state.AccessPoint) {
	return func(points []state.AccessPoint) {
		for _, a := range points {
			p.bad(kind+" "+a.Name, "the "+kind+" "+a.Name+" is another way to "+strings.Join(a.Buckets, " and "))
		}
	}
}

// judgeBucketEvents is S3-18.
func judgeBucketEvents(in *judgement) verdict {
	want, _ := in.desired.DataBucket.EventBridge.Value()
	if !want {
		return in.notDeclared(
			in.dataBucket(),
			"object events as declared",
			"events are declared off: the trail already records every read and write",
			in.observed.DataBucket.EventBridge,
		)
	}
	var p evidence
	b := in.observed.DataBucket
	setting(&p, b, b.EventBridge, p.missing("off", "the bucket publishes no events"), func(on bool) {
		if on {
			p.ok("on")
			return
		}
		p.bad("off", "the bucket does not send its events to EventBridge")
	})
	return p.verdict(in.dataBucket(), "object events sent to EventBridge")
}

// notDeclared is “not applicable”, with its proof, unless the reading that proves
// it could not be made.
func (in *judgement) notDeclared(resource, desired, proof string, reading interface {
	Problem() (state.Problem, bool)
},
) verdict {
	if problem, unknown := reading.Problem(); unknown {
		return verdict{status: catalogue.Unknown, resource: resource, desired: desired, observed: "not known", reason: problem.String()}
	}
	return verdict{status: catalogue.NotApplicable, resource: resource, desired: desired, observed: proof}
}

// judgeRestore is S3-19. A scan writes nothing, so the proof that a restore works comes
// from the register: a drill, or a person's statement.
func judgeRestore(in *judgement) verdict {
	v := verdict{
		resource: in.dataBucket(),
		desired:  fmt.Sprintf("a deleted object restored, with the same checksum, within the last %d days", catalogue.RestoreEvery),
	}
	reg, known := in.Register.Value()
	if problem, unread := in.Register.Problem(); unread {
		v.status, v.observed, v.reason = catalogue.Unknown, "not known", problem.String()
		return v
	}
	var newest *register.Drill
	if known {
		for i, d := range reg.Drills {
			if d.Kind == "restore" && !d.At.Ahead(in.Now) && (newest == nil || d.At >= newest.At) {
				newest = &reg.Drills[i]
			}
		}
	}
	switch {
	case newest != nil && !newest.At.Plus(catalogue.RestoreEvery).Passed(in.Now) && newest.Worked:
		v.status, v.observed = catalogue.Pass, fmt.Sprintf("restored on %s by %s", newest.At, newest.By)
		if newest.Minutes > 0 { // 0: nobody measured it
			v.observed += ", within " + count(newest.Minutes, "minute")
		}
		if ends, err := time.Parse(time.DateOnly, string(newest.At.Plus(catalogue.RestoreEvery))); err == nil {
			v.until = ends
		}
		return v
	case newest != nil && !newest.At.Plus(catalogue.RestoreEvery).Passed(in.Now):
		v.status, v.observed, v.reason = catalogue.Fail, "the restore of "+string(newest.At)+" did not work", "the latest restore did not work"
		return v
	}
	return in.byStatement("S3-19", v, fmt.Sprintf("no restore was tested in the last %d days", catalogue.RestoreEvery))
}

// judgeSingleObjects is S3-20: a single object can be public only by its own access
// list, and this program never creates links that work without a key.
func judgeSingleObjects(in *judgement) verdict {
	var p evidence
	b := in.observed.DataBucket
	const desired = "no object has an access list of its own; no links that work without a key"
	enforced := false
	setting(&p, b, b.Ownership, p.missing("access lists count", "objects may have access lists of their own"), func(ownership string) {
		enforced = ownership == "BucketOwnerEnforced"
		if !enforced {
			setting(&p, b, b.PublicAccess, p.missing("access lists count", "a single record can be made public"), func(f state.PublicAccess) {
				if f.IgnoreACLs {
					p.ok("public access lists are ignored (IgnorePublicAcls)")
					return
				}
				p.bad("access lists count", "a single record can be made public by its own access list")
			})
		}
	})
	if enforced {
		return verdict{
			status:   catalogue.NotApplicable,
			resource: in.dataBucket(),
			desired:  desired,
			observed: "access lists are off (BucketOwnerEnforced), and Claria makes no links that work without a key",
		}
	}
	return p.verdict(in.dataBucket(), desired)
}

// foreignPoints notes whom outside the account the policies of access points to the data
// bucket let in.
func (in *judgement) foreignPoints(p *evidence) {
	withReading(p, in.observed.Inventory.AccessPoints, func() {}, func(points []state.AccessPoint) {
		for _, a := range points {
			if !slices.Contains(a.Buckets, in.observed.DataBucket.Name) {
				continue
			}
			withReading(p, a.Policy, func() {}, func(text string) {
				d, ok := in.parsed(p, "the policy of access point "+a.Name, text)
				if !ok {
					return
				}
				for _, who := range policy.CrossAccount(d, in.observed.Account) {
					p.bad(who+" through access point "+a.Name,
						"the policy of access point "+a.Name+" gives access to "+strings.Replace(who, "*", "everyone", 1))
				}
			})
		}
	})
}

// judgeStrangers is S3-21: no policy of a bucket, an access point or the key, and no access
// grant, lets anyone in whom set-up did not let in.
func judgeStrangers(in *judgement) verdict {
	var p evidence
	var kept []string
	look := func(where, of, text, ours string) {
		foreign, err := access.Foreign(text, ours, of)
		if err != nil {
			p.unknown(where + " cannot be read: " + err.Error())
			return
		}
		for _, one := range foreign {
			said := "statement “" + one.Name + "” of " + where + " " + one.Words
			switch {
			case !one.Allow:
			case one.Sid != "" && !one.Public && slices.Contains(in.settings.Keep, one.Sid):
				kept = append(kept, said)
			default:
				p.bad(one.Name, said)
			}
		}
	}
	for _, b := range []struct {
		name, of     string
		is, declared state.Bucket
	}{
		{"the records bucket's policy", "records", in.observed.DataBucket, in.desired.DataBucket},
		{"the audit bucket's policy", "audit", in.observed.AuditBucket, in.desired.AuditBucket},
	} {
		ours, _ := b.declared.Policy.Value()
		setting(&p, b.is, b.is.Policy, func() {}, func(text string) { look(b.name, b.of, text, ours) })
	}
	withReading(&p, in.observed.Inventory.AccessPoints, func() {}, func(points []state.AccessPoint) {
		for _, a := range points {
			withReading(&p, a.Policy, func() {}, func(text string) { look("the policy of access point "+a.Name, a.Name, text, "") })
		}
	})
	withReading(&p, in.observed.Inventory.MultiRegion, func() {}, func(points []state.AccessPoint) {
		for _, a := range points {
			p.unknown("the multi-region access point " + a.Name + " reaches " + strings.Join(a.Buckets, " and ") + ", and Claria does not read its " +
				"policy: look at it in the S3 console under Multi-Region Access Points")
		}
	})
	withReading(&p, in.observed.Inventory.AccessGrants, func() {}, func(grants []state.AccessGrant) {
		for _, g := range grants {
			p.bad("access grant "+g.ID, "the access grant "+g.ID+" gives "+g.Grantee+" "+g.Permission+" on "+g.Scope)
		}
	})
	in.keyStrangers(&p, look)
	p.ok("nobody but those whom set-up lets in")
	v := p.verdict(in.dataBucket()+" and "+in.auditBucket(), "every statement that lets somebody in is one that set-up wrote")
	switch {
	case len(kept) == 0:
	case v.status == catalogue.Pass:
		v.status, v.observed = catalogue.Waived, words.Few(kept, "; ")
		v.reason = "kept by claria.toml, under [bucket]: " + words.Few(kept, "; ")
	default:
		v.reason += "; kept by claria.toml: " + words.Few(kept, "; ")
	}
	return v
}

// keyStrangers looks at the policy of the practice's own key, if there is one.
func (in *judgement) keyStrangers(p *evidence, look func(where, of, text, ours string)) {
	if _, used := in.keyInUse(""); !used {
		return
	}
	ours, declared := in.desired.Inventory.KeyPolicy.Value()
	if !declared {
		ours = permissions.KeyPolicy(in.settings)
	}
	withReading(p, in.observed.Inventory.KeyPolicy, func() {}, func(text string) {
		before := len(p.wrong)
		look("the encryption key's policy", "key", text, ours)
		if !declared && len(p.wrong) > before {
			p.remedy = catalogue.Guided // set-up changes only the key that is declared
		}
	})
}
