package drift

import (
	"slices"
	"strings"
	"testing"
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision/state"
)

// placeCase is an account, the scan's other facts, and what a finding must say.
type placeCase struct {
	id, name string
	state    func(*state.State)
	facts    func(*Facts)
	settings func(*state.Settings)
	want     catalogue.Status
	says     string
}

func judgeCases(t *testing.T, cases []placeCase) {
	t.Helper()
	for _, c := range cases {
		shows(c.id, c.want)
		t.Run(c.id+"/"+c.name, func(t *testing.T) {
			s, known, with := good(), facts(), settings()
			known.Machine = goodMachine()
			known.Skew = state.Known(time.Second)
			if c.state != nil {
				c.state(&s)
			}
			if c.facts != nil {
				c.facts(&known)
			}
			if c.settings != nil {
				c.settings(&with)
			}
			f := judgeThe(t, c.id, catalogue.Strict, s, with, known)
			text := f.Observed + " | " + f.Reason
			if f.Status != c.want || !strings.Contains(text, c.says) {
				t.Errorf("%s: %s, want %s with %q", f.Status, text, c.want, c.says)
			}
			if f.Status == catalogue.Unknown && f.Reason == "" || f.Observed == "" || f.Desired == "" || f.Resource == "" {
				t.Errorf("it does not say enough: %+v", f)
			}
		})
	}
}

func madeCall(name, source, region string) audit.Event {
	return audit.Event{At: now.Add(-time.Hour), Name: name, Source: source, Region: region, Actor: "user bob"}
}

func did(events ...audit.Event) func(*Facts) {
	return func(f *Facts) { f.Trail.Writes = state.Known(events) }
}

func unseen(f *Facts) {
	f.Trail.Writes = state.Unknown[[]audit.Event](denied("cloudtrail:LookupEvents"))
}

func signs(id string, age int) func(*Facts) {
	return func(f *Facts) {
		a, err := Sign(id, "", "Ada Owner", now.AddDate(0, 0, -age), "", "")
		if err != nil {
			panic(err)
		}
		f.Register = state.Known(register.Register{Attestations: []register.Attestation{a}})
	}
}

func unsigned(f *Facts) { f.Register = state.Absent[register.Register]() }

func registerDenied(f *Facts) { f.Register = state.Unknown[register.Register](denied("s3:GetObject")) }

func TestAgreementsAndTheAccount(t *testing.T) {
	t.Parallel()
	paper := func(age int) func(*state.Settings) {
		return func(s *state.Settings) {
			s.PaperAgreement = &state.PaperAgreement{Signed: now.AddDate(0, 0, -age), SHA256: strings.Repeat("ab", 32)}
		}
	}
	remembered := func(change func(*aws.Agreement)) func(*Facts) {
		return func(f *Facts) {
			all, _ := good().Agreements.Value()
			change(&all[0])
			f.Agreement = &all[0]
		}
	}
	same := remembered(func(*aws.Agreement) {})
	agreement := func(change func(*aws.Agreement)) func(*state.State) {
		return func(s *state.State) {
			edit(&s.Agreements, func(all []aws.Agreement) []aws.Agreement { change(&all[0]); return all })
		}
	}
	unread := func(s *state.State) {
		s.Agreements = state.Unknown[[]aws.Agreement](denied("artifact:ListCustomerAgreements"))
	}
	none := func(s *state.State) { s.Agreements = state.Known([]aws.Agreement{}) }
	alone := func(s *state.State) {
		s.Organization = state.Absent[string]()
		s.AccountSettings.OptOut = state.Absent[state.OptOut]()
		s.TranscriptionJobs = state.Known([]state.TranscriptionJob{})
	}
	judgeCases(t, []placeCase{
		{id: "BAA-02", name: "nothing remembered", want: catalogue.Pass, says: "no earlier one"},
		{id: "BAA-02", name: "the same", facts: same, want: catalogue.Pass, says: "the same as at the last check"},
		{id: "BAA-02", name: "ended", facts: same, state: agreement(func(a *aws.Agreement) { a.State = "AWS_TERMINATED" }), want: catalogue.Fail, says: "aws_terminated"},
		{id: "BAA-02", name: "about to end", facts: same, state: agreement(func(a *aws.Agreement) { a.EffectiveEnd = now.AddDate(0, 1, 0) }), want: catalogue.Fail, says: "ends 2026-12-21"},
		{id: "BAA-02", name: "replaced", facts: remembered(func(a *aws.Agreement) { a.ARN = "another" }), want: catalogue.Fail, says: "replaced by one of 2026-03-02"},
		{id: "BAA-02", name: "vanished", facts: same, state: none, want: catalogue.Fail, says: "no longer listed"},
		{id: "BAA-02", name: "the account left the organisation", state: func(s *state.State) {
			agreement(func(a *aws.Agreement) { a.AccountID, a.OrganizationARN = "444455556666", ourOrganization })(s)
			s.Organization = state.Absent[string]()
		}, facts: remembered(func(a *aws.Agreement) { a.AccountID, a.OrganizationARN = "444455556666", ourOrganization }), want: catalogue.Fail, says: "no longer in it"},
		{id: "BAA-02", name: "on paper", settings: paper(30), state: none, want: catalogue.NotApplicable, says: "on paper"},
		{id: "BAA-02", name: "unread", state: unread, want: catalogue.Unknown, says: "artifact:ListCustomerAgreements"},

		{id: "BAA-03", name: "in Artifact", want: catalogue.NotApplicable, says: "active since 2026-03-02"},
		{id: "BAA-03", name: "signed this year", settings: paper(30), state: none, want: catalogue.Attested, says: "signed 2026-10-22"},
		{id: "BAA-03", name: "signed long ago, confirmed", settings: paper(800), state: none, facts: signs("BAA-03", 10), want: catalogue.Attested, says: "Ada Owner"},
		{id: "BAA-03", name: "signed long ago", settings: paper(800), state: none, facts: unsigned, want: catalogue.AttestDue, says: "nobody has signed"},
		{id: "BAA-03", name: "confirmed too long ago", settings: paper(800), state: none, facts: signs("BAA-03", 366), want: catalogue.AttestDue, says: "expired"},
		{id: "BAA-03", name: "none at all", state: none, want: catalogue.AttestDue, says: "none on paper is recorded"},
		{id: "BAA-03", name: "register unread", settings: paper(800), facts: registerDenied, want: catalogue.Unknown, says: "s3:GetObject"},
		{id: "BAA-03", name: "Artifact unread", state: unread, want: catalogue.Unknown, says: "artifact:ListCustomerAgreements"},

		{id: "BAA-04", name: "covered", facts: did(madeCall("CreateBucket", "s3.amazonaws.com", "us-east-1"), madeCall("CreateUser", "iam.amazonaws.com", "us-east-1")), want: catalogue.Pass, says: "2 services, all covered (since 2026-11-14"},
		{id: "BAA-04", name: "not covered", facts: did(madeCall("CreateFleet", "gamelift.amazonaws.com", "us-east-1")), want: catalogue.Fail, says: "gamelift was used on 2026-11-21 (CreateFleet by user bob)"},
		{id: "BAA-04", name: "tried only", facts: did(audit.Event{At: now, Name: "CreateFleet", Source: "gamelift.amazonaws.com", Error: "AccessDenied"}), want: catalogue.Pass},
		{id: "BAA-04", name: "not all was read", facts: func(f *Facts) { f.Trail.Complete = false }, want: catalogue.Pass, says: "the latest 0 changes since 2026-11-14"},
		{id: "BAA-04", name: "trail unread", facts: unseen, want: catalogue.Unknown, says: "cloudtrail:LookupEvents"},

		{id: "BAA-06", name: "sent", want: catalogue.Pass, says: "on file"},
		{id: "BAA-06", name: "not sent", state: func(s *state.State) { s.UseCase = state.Absent[bool]() }, want: catalogue.Fail, says: "not sent"},
		{id: "BAA-06", name: "no such model", state: func(s *state.State) { s.Models = []state.Model{{Foundation: "amazon.nova-pro-v1:0"}} }, want: catalogue.NotApplicable, says: "no Anthropic model"},
		{id: "BAA-06", name: "unread", state: func(s *state.State) {
			s.UseCase = state.Unknown[bool](denied("bedrock:GetUseCaseForModelAccess"))
		}, want: catalogue.Unknown, says: "bedrock:GetUseCase"},

		{id: "ACC-01", name: "set", want: catalogue.Pass, says: "security@example.com"},
		{id: "ACC-01", name: "none", state: func(s *state.State) { s.AccountSettings.Security = state.Absent[state.Contact]() }, want: catalogue.Fail, says: "no security contact"},
		{id: "ACC-01", name: "no phone", state: func(s *state.State) {
			edit(&s.AccountSettings.Security, func(c state.Contact) state.Contact { c.Phone = ""; return c })
		}, want: catalogue.Fail, says: "no phone number"},
		{id: "ACC-01", name: "another than declared", settings: func(s *state.Settings) { s.Contact = &state.Contact{Name: "Bo"} }, want: catalogue.Fail, says: "not the declared one"},
		{id: "ACC-01", name: "unread", state: func(s *state.State) {
			s.AccountSettings.Security = state.Unknown[state.Contact](denied("account:GetAlternateContact"))
		}, want: catalogue.Unknown, says: "account:GetAlternateContact"},

		{id: "ACC-02", name: "confirmed", facts: signs("ACC-02", 100), want: catalogue.Pass, says: "billing@example.com"},
		{id: "ACC-02", name: "not confirmed", facts: unsigned, want: catalogue.AttestDue, says: "nobody has signed"},
		{id: "ACC-02", name: "no billing contact", facts: signs("ACC-02", 100), state: func(s *state.State) { s.AccountSettings.Billing = state.Absent[state.Contact]() }, want: catalogue.Fail, says: "no billing contact"},
		{id: "ACC-02", name: "unread", facts: signs("ACC-02", 100), state: func(s *state.State) {
			s.AccountSettings.Primary = state.Unknown[state.Primary](denied("account:GetContactInformation"))
		}, want: catalogue.Unknown, says: "account:GetContactInformation"},

		{id: "ACC-03", name: "opted out", want: catalogue.Pass, says: "opted out"},
		{id: "ACC-03", name: "transcription left in", state: func(s *state.State) {
			s.AccountSettings.OptOut = state.Known(state.OptOut{Default: "optOut", Services: map[string]string{"transcribe": "optIn"}})
		}, want: catalogue.Fail, says: "lets AWS use recordings"},
		{id: "ACC-03", name: "no policy", state: func(s *state.State) { s.AccountSettings.OptOut = state.Absent[state.OptOut]() }, want: catalogue.Fail, says: "no AI services opt-out policy"},
		{id: "ACC-03", name: "no organisation, nothing transcribed", state: alone, want: catalogue.NotApplicable, says: "no transcription job, none started since 2026-11-14"},
		{id: "ACC-03", name: "no organisation, something transcribed", state: func(s *state.State) {
			jobs := s.TranscriptionJobs
			alone(s)
			s.TranscriptionJobs = jobs
		}, want: catalogue.Fail, says: "without an organisation"},
		{id: "ACC-03", name: "no organisation, transcribed and deleted", state: alone, facts: did(madeCall("StartTranscriptionJob", "transcribe.amazonaws.com", "us-east-1")), want: catalogue.Fail, says: "without an organisation"},
		{id: "ACC-03", name: "no organisation, jobs unread", state: func(s *state.State) {
			alone(s)
			s.TranscriptionJobs = state.Unknown[[]state.TranscriptionJob](denied("transcribe:ListTranscriptionJobs"))
		}, want: catalogue.Unknown, says: "transcribe:ListTranscriptionJobs"},
		{id: "ACC-03", name: "policy unread", state: func(s *state.State) {
			s.AccountSettings.OptOut = state.Unknown[state.OptOut](denied("organizations:DescribeEffectivePolicy"))
		}, want: catalogue.Unknown, says: "organizations:DescribeEffectivePolicy"},

		{id: "ACC-04", name: "at home", facts: did(madeCall("CreateUser", "iam.amazonaws.com", "us-east-1")), want: catalogue.Pass, says: "3 buckets in us-east-1; nothing else created in other regions (since 2026-11-14)"},
		{id: "ACC-04", name: "a bucket elsewhere", state: func(s *state.State) {
			edit(&s.Inventory.Buckets, func(b []state.OtherBucket) []state.OtherBucket { b[0].Region = "eu-west-1"; return b })
		}, want: catalogue.Fail, says: "is in eu-west-1"},
		{id: "ACC-04", name: "something made elsewhere", facts: did(madeCall("RunInstances", "ec2.amazonaws.com", "us-west-2")), want: catalogue.Fail, says: "RunInstances in us-west-2 by user bob"},
		{id: "ACC-04", name: "services without a region", settings: func(s *state.Settings) { s.Region = "us-east-1" }, facts: did(madeCall("ConsoleLogin", "signin.amazonaws.com", "eu-north-1"), madeCall("CreateHostedZone", "route53.amazonaws.com", "us-west-1")), want: catalogue.Pass},
		{id: "ACC-04", name: "buckets unread", state: func(s *state.State) {
			s.Inventory.Buckets = state.Unknown[[]state.OtherBucket](denied("s3:ListBuckets"))
		}, want: catalogue.Unknown, says: "s3:ListBuckets"},
		{id: "ACC-04", name: "trail unread", facts: unseen, want: catalogue.Unknown, says: "cloudtrail:LookupEvents"},

		{id: "ACC-05", name: "none", want: catalogue.Pass, says: "only the regions that every account has"},
		{id: "ACC-05", name: "one on", state: func(s *state.State) {
			edit(&s.AccountSettings.Regions, func(r []state.Region) []state.Region { r[2].Status = "ENABLED"; return r })
		}, want: catalogue.Fail, says: "me-south-1"},
		{id: "ACC-05", name: "unread", state: func(s *state.State) {
			s.AccountSettings.Regions = state.Unknown[[]state.Region](denied("account:ListRegions"))
		}, want: catalogue.Unknown, says: "account:ListRegions"},

		{id: "ACC-06", name: "a budget", want: catalogue.Pass, says: "claria-spending: 40 USD"},
		{id: "ACC-06", name: "none", state: func(s *state.State) { s.AccountSettings.Budgets = state.Known([]state.Budget{}) }, want: catalogue.Fail, says: "no budget"},
		{id: "ACC-06", name: "tells nobody", state: func(s *state.State) {
			edit(&s.AccountSettings.Budgets, func(b []state.Budget) []state.Budget { b[0].Notifications = 0; return b })
		}, want: catalogue.Fail, says: "1 budget without notification"},
		{id: "ACC-06", name: "unread", state: func(s *state.State) {
			s.AccountSettings.Budgets = state.Unknown[[]state.Budget](denied("budgets:DescribeBudgets"))
		}, want: catalogue.Unknown, says: "budgets:DescribeBudgets"},

		{id: "ACC-07", name: "reviewed", facts: signs("ACC-07", 300), want: catalogue.Pass, says: "3 buckets, 2 users"},
		{id: "ACC-07", name: "not reviewed", facts: unsigned, want: catalogue.AttestDue, says: "nobody has signed"},
		{id: "ACC-07", name: "not counted", facts: signs("ACC-07", 300), state: func(s *state.State) {
			s.Users = state.Unknown[[]state.User](denied("iam:GetAccountAuthorizationDetails"))
		}, want: catalogue.Unknown, says: "iam:GetAccountAuthorizationDetails"},
	})
}

// The agreement that a check relied on is remembered, also while AWS does not list it.
func TestTheAgreementIsRemembered(t *testing.T) {
	t.Parallel()
	all, _ := good().Agreements.Value()
	if a := relied(good(), Facts{}); a == nil || !a.EffectiveStart.Equal(all[0].EffectiveStart) {
		t.Errorf("the agreement in force is not remembered: %+v", a)
	}
	s := good()
	s.Agreements = state.Known([]aws.Agreement{})
	if a := relied(s, Facts{Agreement: &all[0]}); a != &all[0] {
		t.Errorf("the remembered agreement was forgotten: %+v", a)
	}
}

// TestTheListOfServices checks the list against what Claria itself uses, and against
// careless entries.
func TestTheListOfServices(t *testing.T) {
	t.Parallel()
	for _, ours := range []string{"s3", "bedrock", "transcribe", "cloudtrail", "iam", "sts", "kms", "sns", "events", "monitoring", "logs", "access-analyzer", "artifact", "account", "budgets", "organizations"} {
		if !catalogue.Eligible(ours + ".amazonaws.com") {
			t.Errorf("%s is not on the list", ours)
		}
	}
	for _, other := range []string{"gamelift", "lightsail", "deepracer", "s3x", ""} {
		if catalogue.Eligible(other + ".amazonaws.com") {
			t.Errorf("%q is on the list", other)
		}
	}
	all := append(catalogue.EligibleServices(), catalogue.Plumbing()...)
	for i, name := range all {
		if slices.Contains(all[i+1:], name) {
			t.Errorf("%s is listed twice", name)
		}
	}
}
