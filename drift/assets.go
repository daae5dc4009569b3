package drift

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision/state"
)

// judgeMantle is BDR-02. A project without its own mode has the account's.
func judgeMantle(in *judgement) verdict {
	resource := "Bedrock's OpenAI-compatible endpoint in " + in.observed.Region
	const desired = "nothing is kept (account none, every project none or inherit)"
	if in.observed.Monitoring.Mantle.Absent() {
		return verdict{
			status: catalogue.NotApplicable, resource: resource, desired: desired,
			observed: "there is no such endpoint in " + in.observed.Region + ": AWS lists none, and its name does not resolve",
		}
	}
	var p evidence
	withReading(&p, in.observed.Monitoring.Mantle, func() {}, func(m state.Mantle) {
		retains(&p, "account", m.Mode)
		for _, project := range m.Projects {
			if project.Mode != "inherit" {
				retains(&p, "project "+project.ID, project.Mode)
			}
		}
	})
	return p.verdict(resource, desired)
}

func retains(p *evidence, what, mode string) {
	switch mode {
	case "none":
		p.ok("%s none", what)
	case "inherit":
		p.bad(what+" inherit", "the mode of the "+what+" is not set, so each model's own default applies")
	case "default":
		p.bad(what+" default", "the mode of the "+what+" lets each model decide what is kept")
	case "aws_review", "provider_data_share":
		p.bad(what+" "+mode, "the mode of the "+what+" lets prompts and answers be kept for 30 days and be read by AWS")
	default:
		p.unknown("AWS reports an unknown retention mode of the " + what + ": " + mode)
	}
}

// judgePinned is BDR-03: an explicit deny prevents the daily identity from turning
// retention on, whatever else it is allowed, and the provisioner can only turn it
// off.
func judgePinned(in *judgement) verdict {
	var p evidence
	everything, _ := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`))
	if daily, found := in.daily(&p); found {
		open := in.retaining(daily.user.ARN, append([]policy.Document{everything}, daily.policies...))
		if len(open) > 0 && len(p.unread) == 0 {
			p.bad(daily.user.Name+": no deny", "no policy denies "+daily.user.Name+" "+words.Few(open, ", ")+", so more rights would allow it")
		}
		p.ok("%s is denied this", daily.user.Name)
	} else if len(p.unread) == 0 {
		p.bad("no user "+state.AdminUser, "there is no daily identity yet")
	}
	l := in.library(&p)
	withReading(&p, in.observed.Roles, func() { p.unknown("the account's roles were not listed") }, func(roles []state.Role) {
		for _, r := range roles {
			if r.Name != state.ProvisionerRole {
				continue
			}
			var all []policy.Document
			for _, h := range l.of(&p, "role "+r.Name, r.Inline, r.Attached) {
				if d, ok := in.parsed(&p, h.String(), h.text); ok {
					all = append(all, d)
				}
			}
			if open := in.retaining(r.ARN, all); len(open) > 0 {
				p.bad(r.Name+": "+words.Few(open, ", "), r.Name+" may do "+words.Few(open, ", "))
			}
			p.ok("%s may only turn it off", r.Name)
		}
	})
	return p.verdict(state.AdminUser+" and "+state.ProvisionerRole, "neither can turn on retention in Bedrock")
}

// retaining lists the ways to retain prompts that the policies leave open.
func (in *judgement) retaining(arn string, documents []policy.Document) []string {
	var open []string
	for _, action := range []string{
		"bedrock:PutAccountDataRetention", "bedrock-mantle:PutAccountDataRetention",
		"bedrock-mantle:CreateProject", "bedrock-mantle:UpdateProject",
	} {
		service, _, _ := strings.Cut(action, ":")
		for _, mode := range []string{"default", "aws_review", "provider_data_share"} {
			request := policy.Request{
				Caller: policy.Caller{ARN: arn, Account: in.observed.Account}, Action: action,
				Resource: "arn:aws:" + service + ":" + in.observed.Region + ":" + in.observed.Account + ":project/proj",
				Keys: map[string][]string{
					service + ":DataRetentionMode": {mode}, "aws:RequestedRegion": {in.observed.Region}, "aws:SecureTransport": {"true"},
					"aws:MultiFactorAuthPresent": {"true"},
				},
			}
			if policy.Evaluate(request, policy.Policies{Identity: documents}).Allowed {
				open = append(open, action)
				break
			}
		}
	}
	return open
}

func judgeLifecycles(in *judgement) verdict {
	var p evidence
	resource, desired := "declared models in "+in.observed.Region, "every one ACTIVE"
	if len(in.observed.Models) == 0 {
		return in.noModel(resource, desired)
	}
	for _, m := range in.observed.Models {
		var status state.Reading[string]
		var end time.Time
		for _, l := range in.observed.Monitoring.Lifecycles {
			if l.Foundation == m.Foundation {
				status, end = l.Status, l.End
			}
		}
		withReading(
			&p,
			status,
			p.missing(m.Foundation+": retired", "AWS no longer has the model "+m.Foundation+" in this region"),
			func(s string) {
				if s == state.Active {
					p.ok("%s", m.Foundation)
					return
				}
				p.bad(m.Foundation+": "+s+ends(end), "the model "+m.Foundation+" is "+strings.ToLower(s)+": AWS will retire it"+ends(end))
			},
		)
	}
	return p.verdict(resource, desired)
}

// ends says when a model's life ends; empty: AWS has set no day.
func ends(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return ", end of life " + end.UTC().Format(time.DateOnly)
}

func judgeGuardrails(in *judgement) verdict {
	var p evidence
	none := p.missing("none", "no guardrail filters sensitive information")
	withReading(&p, in.observed.Monitoring.Guardrails, none, func(all []state.Guardrail) {
		for _, g := range all {
			if g.Sensitive {
				p.ok("%s", g.Name)
			}
		}
		if len(p.fine) == 0 {
			none()
		}
	})
	return p.verdict(
		"Bedrock guardrails in "+in.observed.Region,
		"a guardrail with a filter for sensitive information, or a recorded decision against it",
	)
}

// judgeAssets is BDR-09. Assets are counted by kind, not named: a name that someone
// else chose may hold a client's.
func judgeAssets(in *judgement) verdict {
	var p evidence
	if len(in.observed.Monitoring.Assets) == 0 {
		p.unknown("Bedrock's other resources were not read")
	}
	for _, a := range in.observed.Monitoring.Assets {
		withReading(&p, a.List, func() { p.unknown("AWS does not list the account's " + a.Kind + "s") }, func(list []state.Asset) {
			if len(list) > 0 {
				p.bad(count(len(list), a.Kind), "there "+are(len(list))+" "+count(len(list), a.Kind)+" that drafting does not need")
			}
		})
	}
	p.ok("none")
	return p.verdict(
		"Bedrock in "+in.observed.Region,
		"no agent, knowledge base, model of its own, bought throughput, batch or evaluation job",
	)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

const bedrockFullAccess = "arn:aws:iam::aws:policy/AmazonBedrockFullAccess"

func judgeFullAccess(in *judgement) verdict {
	var p evidence
	holds := func(holder string, attached []string) {
		if slices.Contains(attached, bedrockFullAccess) {
			p.bad(holder, holder+" has AmazonBedrockFullAccess, which can change every setting of the AI service")
		}
	}
	withReading(&p, in.observed.Users, func() { p.unknown("the account's users were not listed") }, func(all []state.User) {
		for _, u := range all {
			holds("user "+u.Name, u.Attached)
		}
	})
	withReading(&p, in.observed.Groups, func() { p.unknown("the account's groups were not listed") }, func(all []state.Group) {
		for _, g := range all {
			holds("group "+g.Name, g.Attached)
		}
	})
	withReading(&p, in.observed.Roles, func() { p.unknown("the account's roles were not listed") }, func(all []state.Role) {
		for _, r := range all {
			holds("role "+r.Name, r.Attached)
		}
	})
	p.ok("nobody")
	return p.verdict("identities of account "+in.observed.Account, "nobody has AmazonBedrockFullAccess")
}

// judgeOutputKey is TRN-02: if the practice has its own key, a transcription can
// start only with that key for its text.
func judgeOutputKey(in *judgement) verdict {
	resource, desired := "transcriptions by "+state.AdminUser, "can start only with the practice's own key for their text"
	if !in.settings.Strict {
		return verdict{
			status: catalogue.NotApplicable, resource: resource, desired: desired,
			observed: "strict is not set, so the practice has no key of its own; the data bucket encrypts transcripts with AES-256 (S3-02)",
		}
	}
	var p evidence
	daily, found := in.daily(&p)
	if !found && len(p.unread) == 0 {
		p.bad("no user "+state.AdminUser, "there is no daily identity yet")
	}
	for what, key := range map[string]string{"without a key": "", "with another key": "alias/another"} {
		keys := map[string][]string{
			"transcribe:OutputBucketName": {in.observed.DataBucket.Name},
			"aws:RequestedRegion":         {in.observed.Region},
			"aws:SecureTransport":         {"true"},
		}
		if key != "" {
			keys["transcribe:OutputEncryptionKMSKeyId"] = []string{key}
		}
		start := policy.Request{
			Caller: policy.Caller{ARN: daily.user.ARN, Account: in.observed.Account},
			Action: "transcribe:StartTranscriptionJob", Resource: "*", Keys: keys,
		}
		if policy.Evaluate(start, policy.Policies{Identity: daily.policies, Boundary: daily.boundary}).Allowed {
			p.bad(what, state.AdminUser+" may start a transcription "+what)
		}
	}
	slices.Sort(p.wrong)
	slices.Sort(p.why)
	p.ok("any other key is refused")
	return p.verdict(resource, desired)
}

// lingers is how long a finished job may stay; its text has been fetched by then.
const lingers = 24 * time.Hour

// opaqueJob is a name that says nothing: one of the program's random ids, a UUID,
// or hexadecimal digits.
const opaqueJob = `^(?i:[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,64})$`

// judgeJobs is TRN-03. Jobs are counted, not named.
func judgeJobs(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.TranscriptionJobs, func() { p.ok("no finished job") }, func(jobs []state.TranscriptionJob) {
		old, telling, opaque := 0, 0, regexp.MustCompile(opaqueJob)
		for _, j := range jobs {
			if in.Now.Sub(j.Completed) > lingers {
				old++
			}
			if !opaque.MatchString(j.Name) {
				telling++
			}
		}
		if old > 0 {
			p.bad(
				count(old, "old job"),
				count(old, "finished job")+" should have been deleted: a job keeps the location and the name of a recording",
			)
		}
		if telling > 0 {
			p.bad(
				count(telling, "telling name"),
				count(telling, "job")+" with a name that someone chose, which may be a client's; the audit trail also holds names",
			)
		}
		p.ok("%s", count(len(jobs), "finished job"))
	})
	return p.verdict("Transcribe in "+in.observed.Region, "finished jobs deleted within a day, with names that say nothing")
}

// How long a recording may stay, and how long S3's lifecycle may take to remove a deleted
// one: the rule waits a day, and S3 runs its rules once a day.
const (
	recordingDays = 30
	goneDays      = 3
)

func judgeRecordings(in *judgement) verdict {
	var p evidence
	days := func(t time.Time) int { return int(in.Now.Sub(t).Hours() / 24) }
	withReading(
		&p,
		in.observed.Monitoring.Recordings,
		p.missing("no such bucket", "the data bucket does not exist"),
		func(r state.Recordings) {
			if !r.Oldest.IsZero() && days(r.Oldest) > recordingDays {
				p.bad(
					fmt.Sprintf("the oldest is %s old", count(days(r.Oldest), "day")),
					fmt.Sprintf("a recording has been kept for %s; its report should be written by now", count(days(r.Oldest), "day")),
				)
			}
			if !r.Since.IsZero() && days(r.Since) > goneDays {
				p.bad(
					"a deleted one is still there",
					fmt.Sprintf("a recording that was deleted %s ago is still there as an older version", count(days(r.Since), "day")),
				)
			}
			if r.More && len(p.wrong) == 0 {
				p.unknown("there are more recordings than a scan reads")
			}
			p.ok("%s, %s being deleted", count(r.Files, "recording"), count(r.Deleted, "version"))
		},
	)
	return p.verdict(
		"recordings in "+in.dataBucket(),
		fmt.Sprintf("none older than %d days, deleted ones gone within %d", recordingDays, goneDays),
	)
}

func judgeVocabularies(in *judgement) verdict {
	var p evidence
	withReading(
		&p,
		in.observed.Monitoring.Vocabularies,
		func() { p.unknown("AWS does not list the vocabularies") },
		func(all []state.Asset) {
			kinds := map[string]int{}
			for _, a := range all {
				kinds[a.Kind]++
			}
			for kind, n := range kinds {
				p.bad(count(n, kind), "there "+are(n)+" "+count(n, kind)+", which may hold clients' names")
			}
			slices.Sort(p.wrong)
			slices.Sort(p.why)
			p.ok("none")
		},
	)
	return p.verdict("Transcribe in "+in.observed.Region, "no custom vocabulary and no language model")
}
