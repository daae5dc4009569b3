package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision/state"
)

// judgeRetention is BDR-01. The modes are those of Bedrock's API; an
// unknown mode may be stricter or laxer, so the result is unknown.
func judgeRetention(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Retention, func() { p.unknown("AWS reports no retention mode for this region") }, func(mode string) {
		switch mode {
		case "none":
			p.ok("none%s", in.answeredIn())
		case "inherit":
			p.bad("inherit", "the mode is not set, so each model's own default applies")
		case "default":
			p.bad("default", "AWS's default applies, which AWS may change")
		case "aws_review":
			p.bad("aws_review", "AWS may keep prompts and answers for up to 30 days and read them")
		case "provider_data_share":
			p.bad("provider_data_share", "AWS may keep prompts and answers and share them with the model's provider")
		default:
			p.unknown("AWS reports an unknown retention mode: " + mode)
		}
	})
	return p.verdict("Bedrock in "+in.observed.Region, "nothing is kept (data retention mode none)")
}

// answeredIn says where the declared models may answer. The mode counts where a request
// is made, so the other regions are reported and not judged.
func (in *judgement) answeredIn() string {
	var all []string
	for _, m := range in.observed.Models {
		regions, _ := m.Destinations.Value()
		for _, r := range regions {
			all = append(all, orText(r, "any region"))
		}
	}
	if len(all) == 0 {
		return ""
	}
	slices.Sort(all)
	return "; requests are made here and may be answered in " + strings.Join(slices.Compact(all), ", ")
}

// noModel is the verdict on the models if there are none. It is unknown if none could be
// chosen because the region's models could not be read.
func (in *judgement) noModel(resource, desired string) verdict {
	if _, unknown := in.observed.Offers.Problem(); unknown {
		var p evidence
		withReading(&p, in.observed.Offers, func() {}, func([]state.Offer) {})
		return p.verdict(resource, desired)
	}
	return verdict{status: catalogue.NotApplicable, resource: resource, desired: desired, observed: "no model is declared"}
}

// area returns the part of a region's name that gives its geography: "us-",
// "eu-"; "us-gov-" is separate.
func area(region string) string {
	if strings.HasPrefix(region, "us-gov-") {
		return "us-gov-"
	}
	name, _, _ := strings.Cut(region, "-")
	return name + "-"
}

// judgeGeography is BDR-04: where the declared models may run, and that the
// daily identity may run no others.
func judgeGeography(in *judgement) verdict {
	if _, unread := in.observed.Offers.Problem(); len(in.observed.Models) == 0 && unread {
		return in.noModel("models and "+state.AdminUser, "only the declared models")
	}
	var p evidence
	home := area(in.observed.Region)
	p.remedy = catalogue.Automatic
	for _, m := range in.observed.Models {
		if strings.HasPrefix(m.Profile, "global.") {
			p.bad(m.Profile, m.Profile+" runs anywhere in the world")
			p.remedy = catalogue.Guided
			continue
		}
		withReading(&p, m.Destinations, func() {
			p.bad(m.Profile+": no such profile", "there is no inference profile "+m.Profile+" in "+in.observed.Region)
			p.remedy = catalogue.Guided
		}, func(regions []string) {
			var out []string
			for _, r := range regions {
				if area(r) != home {
					out = append(out, orText(r, "any region"))
				}
			}
			if len(out) > 0 {
				p.bad(m.Profile+" → "+words.Few(out, ", "), m.Profile+" may run in "+words.Few(out, ", "))
				p.remedy = catalogue.Guided
				return
			}
			p.ok("%s → %s", m.Profile, words.Few(regions, ", "))
		})
	}
	invokes := in.invocations(&p, home)
	resource := "models and " + state.AdminUser
	desired := fmt.Sprintf("only the declared models, only in %s* regions", home)
	if len(in.observed.Models) == 0 && !invokes && len(p.wrong)+len(p.unread) == 0 {
		return verdict{
			status:   catalogue.NotApplicable,
			resource: resource,
			desired:  desired,
			observed: "no model is declared, and the daily identity may call none",
		}
	}
	return p.verdict(resource, desired)
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// invocations notes what the daily identity may call in addition to the declared models
// in the geography; some says whether it may call any.
func (in *judgement) invocations(p *evidence, home string) (some bool) {
	daily, found := in.daily(p)
	if !found {
		return false
	}
	for _, d := range daily.policies {
		for _, action := range []string{
			"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "bedrock:InvokeModelWithBidirectionalStream",
		} {
			for _, s := range policy.Allowing(d, action) {
				some = true
				if s.NotResource {
					p.bad("all models except some", daily.user.Name+" may call every model except those that a statement lists")
					continue
				}
				for _, r := range s.Resources {
					if why := in.undeclared(r, home); why != "" {
						p.bad(r, daily.user.Name+" may call "+r+", "+why)
					}
				}
			}
		}
	}
	return some
}

// undeclared says what is wrong with a resource that the daily identity may
// call; empty when it is a declared model in the geography.
func (in *judgement) undeclared(resource, home string) string {
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) != 6 || parts[2] != "bedrock" {
		return "which is more than the declared models"
	}
	if !strings.HasPrefix(parts[3], home) || area(parts[3]) != home || strings.ContainsAny(parts[3], "*?$") {
		return "which is not in one region of " + home + "*"
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	declared := func(m state.Model) bool {
		return kind == "foundation-model" && name == m.Foundation || kind == "inference-profile" && name == m.Profile
	}
	switch {
	case kind == "inference-profile" && strings.HasPrefix(name, "global."):
		return "which runs anywhere in the world"
	case !slices.ContainsFunc(in.observed.Models, declared):
		return "which is not a declared model"
	}
	return ""
}

func judgeModelAccess(in *judgement) verdict {
	var p evidence
	resource := "declared models in " + in.observed.Region
	const desired = "agreement AVAILABLE, AUTHORIZED, entitled, in this region"
	if len(in.observed.Models) == 0 {
		return in.noModel(resource, desired)
	}
	for _, m := range in.observed.Models {
		withReading(
			&p,
			m.Availability,
			p.missing(m.Foundation+": not known to AWS", "AWS has no model "+m.Foundation+" in this region"),
			func(a state.Access) {
				if a.Agreement == "PENDING" {
					p.unknown("AWS is still opening " + m.Foundation + " (agreement PENDING), which takes up to 15 minutes: check again then")
					return
				}
				for _, part := range []struct{ what, is, want string }{
					{"region", a.Region, "AVAILABLE"},
					{"agreement", a.Agreement, "AVAILABLE"},
					{"authorization", a.Authorization, "AUTHORIZED"},
					{"entitlement", a.Entitlement, "AVAILABLE"},
				} {
					if part.is != part.want {
						p.bad(m.Foundation+": "+part.what+" "+part.is, "the account may not use "+m.Foundation+": "+part.what+" is "+part.is)
					}
				}
				p.ok("%s", m.Foundation)
			},
		)
	}
	return p.verdict(resource, desired)
}

// judgeInvocationLogging is BDR-07. Prompts may be copied only to a bucket of the
// practice, which other controls judge.
func judgeInvocationLogging(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.InvocationLogging, func() { p.ok("off") }, func(l state.InvocationLogging) {
		if !l.Enabled {
			p.ok("off")
			return
		}
		if l.LogGroup != "" {
			p.bad("to log group "+l.LogGroup, "prompts and answers are copied to the log group "+l.LogGroup+", which is not the practice's storage")
		}
		switch l.Bucket {
		case "":
			if l.LogGroup == "" {
				p.bad("on", "prompts and answers are copied to a destination that AWS does not name")
			}
		case in.observed.DataBucket.Name, in.observed.AuditBucket.Name:
			b, desired := in.observed.DataBucket, in.desired.DataBucket
			if l.Bucket == in.observed.AuditBucket.Name {
				b, desired = in.observed.AuditBucket, in.desired.AuditBucket
			}
			p.ok("to %s", l.Bucket)
			in.encryption(&p, b, desired)
			setting(
				&p,
				b,
				b.PublicAccess,
				p.missing("no public-access block", "the bucket of the prompts can be made public"),
				p.flags("the bucket"),
			)
			in.policyPublic(&p, b)
		default:
			p.bad("to bucket "+l.Bucket, "prompts and answers are copied to "+l.Bucket+", which is not the practice's storage")
		}
	})
	return p.verdict("Bedrock in "+in.observed.Region, "off, or to an encrypted, private bucket of the practice")
}

// judgeTranscripts is TRN-01. Jobs are counted, not named: a name that someone
// else chose may hold a client's.
func judgeTranscripts(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.TranscriptionJobs, func() { p.ok("no finished job") }, func(jobs []state.TranscriptionJob) {
		elsewhere, unasked := map[string]int{}, 0
		var latest time.Time
		for _, j := range jobs {
			if j.Unasked {
				unasked++
				continue
			}
			if j.Bucket == in.observed.DataBucket.Name {
				continue
			}
			elsewhere[orText(j.Bucket, "AWS's own bucket")]++
			if j.Completed.After(latest) {
				latest = j.Completed
			}
		}
		if len(elsewhere) == 0 {
			p.ok("%s, every transcript in the data bucket", count(len(jobs)-unasked, "finished job"))
			if unasked > 0 { // the list shows AWS's own bucket, so these are in a customer's bucket
				p.ok("%s older and not read one by one, none in a bucket of AWS", count(unasked, "job"))
			}
			return
		}
		when := ""
		if !latest.IsZero() {
			when = ", the last of " + words.UTC(latest)
		}
		for bucket, n := range elsewhere {
			p.bad(count(n, "transcript")+" in "+bucket, count(n, "transcript")+" in "+bucket+when)
		}
		slices.Sort(p.wrong)
		slices.Sort(p.why)
	})
	return p.verdict("Transcribe in "+in.observed.Region, "every transcript in the data bucket")
}
