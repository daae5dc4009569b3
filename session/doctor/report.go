package doctor

import (
	"fmt"
	"strings"

	"claria/internal/words"
	"claria/provision/state"
)

// Answer is what this account says about one of the questions of docs/first-run.md, which
// AWS's documentation leaves open.
type Answer struct {
	Number   int    `json:"number"`
	Question string `json:"question"`
	// Found is what reading the account shows; empty: reading cannot answer, and the
	// command does.
	Found   string `json:"found,omitempty"`
	Command string `json:"command"`
	// Why is what depends on the answer; for docs/first-run.md.
	Why string `json:"-"`
}

// question is a question of docs/first-run.md.
type question struct {
	text, why, command string
	found              func(*Examination) string // nil: reading shows nothing
}

// Questions are the questions in the order of docs/first-run.md.
func Questions() []Answer {
	var all []Answer
	for i, q := range questions() {
		all = append(all, Answer{Number: i + 1, Question: q.text, Command: q.command, Why: q.why})
	}
	return all
}

// Report answers the questions as far as reading the account does. The answers hold no
// account number, no key id and nothing about a patient.
func (x *Examination) Report() []Answer {
	all := Questions()
	for i, q := range questions() {
		if q.found != nil && x.input.Session != nil && x.unread == nil {
			all[i].Found = x.redacted(q.found(x))
		}
	}
	return all
}

func questions() []question {
	return []question{
		{
			"Does the default model answer on an account that never called it?",
			"Bedrock may refuse a model in its legacy period to an account that never called it, or answer with a validation error to the Converse call that Claria uses.",
			"claria draft CLIENT --template soap --files FILE",
			(*Examination).sayModels,
		},
		{
			"Which values does Anthropic's use-case form accept, in which regions, and after how long does it work?",
			"Set-up sends the form with the practice's name and use. If AWS refuses a value or takes longer than 15 minutes, set-up must say so.",
			"claria setup --plan, then claria setup --apply, and the time until claria doctor shows the model as ok",
			func(x *Examination) string {
				return "the form is " + said(x.observed.UseCase, func(bool) string { return "sent" }, "not sent")
			},
		},
		{
			"How long is a model's agreement pending on a new account, and what does a second request for it say?",
			"Set-up waits two minutes and reads again. A longer wait would need another sentence.",
			"claria setup --apply twice within two minutes",
			(*Examination).sayAgreements,
		},
		{
			"Can data retention be set to none through both endpoints, in each region?",
			"BDR-01 requires `none` in the home region. If a model needs retention, AWS refuses the mode or the model.",
			"claria doctor --region REGION",
			func(x *Examination) string {
				return x.observed.Region + ": bedrock " + said(x.observed.Retention, func(mode string) string { return mode }, "not set") + "; bedrock-mantle " +
					said(x.observed.Monitoring.Mantle, func(m state.Mantle) string { return m.Mode }, "no such endpoint")
			},
		},
		{
			"Strict profile: does the trail start with a bucket key, and which key and encryption context do its digests get?",
			"The key's policy in the strict profile follows CloudTrail's guide. If digests use another key or context, the auditor could not decrypt them.",
			"claria setup --apply with strict = true; after two hours: claria check --controls strict",
			func(x *Examination) string {
				return "trail key " + said(x.observed.Trail, func(t state.Trail) string { return orNone(t.Key) }, "no trail") + "; delivery " + x.delivery()
			},
		},
		{
			"How long after its creation does a KMS key refuse a caller whose right depends on its tag or alias?",
			"Rights by tag and alias can take up to five minutes (KMS guide). Set-up waits that long.",
			"claria setup --apply with strict = true; the waits that it prints",
			nil,
		},
		{
			"What does AWS Artifact list to the root user, to an IAM user and to a member account: name and dates of the addendum?",
			"BAA-01 recognises the addendum by its name and state.",
			"claria doctor --report --credentials profile:NAME, once with each identity",
			(*Examination).sayArtifact,
		},
		{
			"Set-up on a fresh account: how many passing errors, and how long do they last?",
			"Set-up waits for errors that AWS documents as passing. An error that is not in its table stops it.",
			"claria setup --apply; the waits that it prints, on ten accounts",
			nil,
		},
		{
			"The first hour: what does the trail's status say before a digest exists, and which controls of the trail are not ready?",
			"Controls of the trail say \"not ready yet\" in the first hours. The exact fields decide whether they can say so.",
			"claria check --controls strict, every ten minutes in the first two hours",
			func(x *Examination) string { return "delivery " + x.delivery() },
		},
		{
			"Are empty lists of Bedrock, its agents, Transcribe and Config left out of an answer, or empty?",
			"Claria treats a missing list as an incomplete answer, so the control is unknown.",
			"claria doctor --report",
			(*Examination).sayEmpty,
		},
		{
			"Can the auditor read budgets before the root user turns on IAM access to billing?",
			"The control about spending is unknown until the root user allows it.",
			"claria doctor --report --identity auditor",
			func(x *Examination) string {
				return said(x.observed.AccountSettings.Budgets, func(all []state.Budget) string { return words.Count(len(all), "budget") }, "none")
			},
		},
		{
			"Alarms: how soon does the confirmation mail come, and in which region does a sign-in of the root user appear?",
			"Alarms depend on a confirmed subscription and on the region in which sign-ins appear.",
			"claria setup --apply with an address for alerts, then sign in to the console as root",
			(*Examination).sayAlarms,
		},
		{
			"Is a new account's quota for the model enough for a draft of seven sections?",
			"A quota that is too small makes a draft slow; Claria waits and continues.",
			"claria doctor, then claria draft CLIENT --template psychological-evaluation --files FILES",
			(*Examination).sayQuotas,
		},
		{
			"With GuardDuty on: may the auditor list its findings?",
			"The right is granted on every resource, because the action has no resource type.",
			"claria check --controls strict --identity auditor",
			func(x *Examination) string {
				return said(x.observed.Monitoring.GuardDuty, func(g state.GuardDuty) string {
					return said(g.High, func(n int) string { return words.Count(n, "high finding") }, "none")
				}, "off")
			},
		},
		{
			"Do conditional and multipart uploads work under SSE-KMS and Object Lock, over TLS?",
			"Claria's uploads depend on both.",
			"claria files put CLIENT FILE, once with a small file and once with one of 100 MB",
			nil,
		},
		{
			"How long does a scan take, and is it slowed down?",
			"A scan that takes longer than its time limit ends as unknown.",
			"claria check --timeout 5m; its time and its unknown findings",
			func(x *Examination) string {
				return fmt.Sprintf("%s sent for this report, in %.1f s", words.Count(int(x.account.Calls()), "request"), x.took.Seconds())
			},
		},
	}
}

// said is a reading in words.
func said[T any](r state.Reading[T], known func(T) string, absent string) string {
	if p, bad := r.Problem(); bad {
		return "not read: " + p.String()
	}
	if v, ok := r.Value(); ok {
		return known(v)
	}
	return absent
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func (x *Examination) delivery() string {
	return said(x.observed.TrailStatus, func(s state.TrailStatus) string {
		text := "logging"
		if !s.Logging {
			text = "stopped"
		}
		switch {
		case s.LatestDigestError != "":
			text += ", digests: " + s.LatestDigestError
		case s.LatestDeliveryError != "":
			text += ", delivery: " + s.LatestDeliveryError
		}
		if s.LatestDelivery.IsZero() {
			return text + ", nothing delivered yet"
		}
		return text + ", last delivery " + words.UTC(s.LatestDelivery)
	}, "no trail")
}

func (x *Examination) sayModels() string {
	var all []string
	for _, m := range x.observed.Models {
		all = append(all, m.Profile+" "+said(m.Availability, func(a state.Access) string {
			return "agreement " + a.Agreement + ", authorization " + a.Authorization + ", entitlement " + a.Entitlement + ", region " + a.Region
		}, "unknown to Bedrock"))
	}
	return strings.Join(all, "; ")
}

func (x *Examination) sayAgreements() string { return x.sayModels() }

func (x *Examination) sayArtifact() string {
	as := string(x.intake.Kind)
	if x.unjudged != nil {
		as = "an identity that was not judged"
	}
	return "to " + orNone(as) + ": " + x.listed()
}

func (x *Examination) listed() string {
	if p, bad := x.observed.Agreements.Problem(); bad {
		return "not read: " + p.String()
	}
	all, _ := x.observed.Agreements.Value()
	var names []string
	for _, a := range all {
		text := a.Name + " (" + a.State + ", since " + day(a.EffectiveStart)
		if !a.EffectiveEnd.IsZero() {
			text += ", until " + day(a.EffectiveEnd)
		}
		names = append(names, text+")")
	}
	return orNone(strings.Join(names, "; "))
}

func (x *Examination) sayEmpty() string {
	var all []string
	note := func(name string, problem bool, why string) {
		if problem {
			all = append(all, name+" "+why)
		}
	}
	for _, a := range x.observed.Monitoring.Assets {
		p, bad := a.List.Problem()
		note(a.Kind, bad, p.String())
	}
	for name, p := range map[string]func() (state.Problem, bool){
		"transcription jobs": x.observed.TranscriptionJobs.Problem, "vocabularies": x.observed.Monitoring.Vocabularies.Problem,
		"recorder": x.observed.Monitoring.Recorder.Problem, "guardrails": x.observed.Monitoring.Guardrails.Problem,
	} {
		problem, bad := p()
		note(name, bad, problem.String())
	}
	if len(all) == 0 {
		return "every list was there"
	}
	return strings.Join(all, "; ")
}

func (x *Examination) sayAlarms() string {
	var all []string
	for _, a := range x.observed.Monitoring.Alerting {
		all = append(all, a.Region+": "+said(a.Topic, func(t state.Topic) string {
			pending := 0
			for _, s := range t.Subscriptions {
				if s.Pending {
					pending++
				}
			}
			return fmt.Sprintf("%s, %d pending", words.Count(len(t.Subscriptions), "subscription"), pending)
		}, "no topic"))
	}
	return orNone(strings.Join(all, "; "))
}

func (x *Examination) sayQuotas() string {
	var all []string
	for _, l := range x.limits() {
		all = append(all, l.Found)
	}
	return strings.Join(all, "; ")
}
