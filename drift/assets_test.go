package drift

import (
	"strings"
	"testing"
	"time"

	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision"
	"claria/provision/state"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	p := denied("x:Read")
	mantle := func(mode string, projects ...state.MantleProject) func(*state.State, *state.Settings, *Facts) {
		return setUp(func(s *state.State) {
			s.Monitoring.Mantle = state.Known(state.Mantle{Mode: mode, Projects: projects})
		})
	}
	policyOf := func(name string, change func(string) string) func(*state.State, *state.Settings, *Facts) {
		return setUp(func(s *state.State) {
			edit(&s.Policies, func(all []state.Policy) []state.Policy {
				for i := range all {
					if all[i].Name == name {
						all[i].Document = change(all[i].Document)
					}
				}
				return all
			})
		})
	}
	asset := func(list state.Reading[[]state.Asset]) func(*state.State, *state.Settings, *Facts) {
		return setUp(func(s *state.State) { s.Monitoring.Assets[0].List = list })
	}
	job := func(name string, age time.Duration) func(*state.State, *state.Settings, *Facts) {
		return setUp(func(s *state.State) {
			s.TranscriptionJobs = state.Known([]state.TranscriptionJob{{Name: name, Completed: now.Add(-age), Bucket: s.DataBucket.Name}})
		})
	}
	recordings := func(r state.Recordings) func(*state.State, *state.Settings, *Facts) {
		return setUp(func(s *state.State) { s.Monitoring.Recordings = state.Known(r) })
	}
	strictly := func(change func(*state.State, *state.Settings, *Facts)) func(*state.State, *state.Settings, *Facts) {
		return func(s *state.State, set *state.Settings, f *Facts) {
			set.Strict = true
			if change != nil {
				change(s, set, f)
			}
		}
	}
	withKey := setUp(func(s *state.State) {
		strict := settings()
		strict.Strict = true
		s.Policies = provision.Desired(strict).Policies
	})
	const opaque = "0123456789ABCDEFGHJKMNPQRS"
	checkWatched(t, []watched{
		{id: "BDR-02", want: catalogue.Pass},
		{"BDR-02", "projects without an opinion", mantle("none", state.MantleProject{ID: "p", Mode: "inherit"}, state.MantleProject{ID: "q", Mode: "none"}), catalogue.Pass, "project q none"},
		{"BDR-02", "not set", mantle("inherit"), catalogue.Fail, "not set"},
		{"BDR-02", "one project", mantle("none", state.MantleProject{ID: "p", Mode: "aws_review"}), catalogue.Fail, "project p lets prompts"},
		{"BDR-02", "a mode of the future", mantle("forever"), catalogue.Unknown, "forever"},
		{"BDR-02", "no endpoint", setUp(func(s *state.State) { s.Monitoring.Mantle = state.Absent[state.Mantle]() }), catalogue.NotApplicable, "no such endpoint in us-east-1"},
		{"BDR-02", "refused", setUp(func(s *state.State) { s.Monitoring.Mantle = state.Unknown[state.Mantle](p) }), catalogue.Unknown, "x:Read"},

		{id: "BDR-03", want: catalogue.Pass},
		{"BDR-03", "no deny", policyOf(state.AdminUser, func(d string) string {
			return strings.ReplaceAll(d, "bedrock:PutAccountDataRetention", "bedrock:Nothing")
		}), catalogue.Fail, "no policy denies claria-admin bedrock:PutAccountDataRetention"},
		{"BDR-03", "no deny at the second door", policyOf(state.AdminUser, func(d string) string {
			return strings.ReplaceAll(d, "bedrock-mantle:CreateProject", "bedrock-mantle:Nothing")
		}), catalogue.Fail, "bedrock-mantle:CreateProject"},
		{"BDR-03", "the provisioner may turn it on", policyOf(state.ProvisionerRole, func(d string) string {
			return strings.ReplaceAll(d, `"bedrock:DataRetentionMode":["none"]`, `"aws:RequestedRegion":["us-east-1"]`)
		}), catalogue.Fail, "claria-provisioner may do bedrock:PutAccountDataRetention"},
		{"BDR-03", "refused", setUp(func(s *state.State) { s.Policies = state.Unknown[[]state.Policy](p) }), catalogue.Unknown, "x:Read"},

		{id: "BDR-06", want: catalogue.Pass},
		{"BDR-06", "legacy", setUp(func(s *state.State) {
			s.Monitoring.Lifecycles[0].Status, s.Monitoring.Lifecycles[0].End = state.Known("LEGACY"), time.Date(2027, 4, 30, 0, 0, 0, 0, time.UTC)
		}), catalogue.Fail, "is legacy: AWS will retire it, end of life 2027-04-30"},
		{"BDR-06", "gone", setUp(func(s *state.State) { s.Monitoring.Lifecycles[0].Status = state.Absent[string]() }), catalogue.Fail, "no longer has the model"},
		{"BDR-06", "none could be chosen", setUp(func(s *state.State) { s.Models, s.Offers = nil, state.Unknown[[]state.Offer](p) }), catalogue.Unknown, "x:Read"},
		{"BDR-06", "refused", setUp(func(s *state.State) { s.Monitoring.Lifecycles[0].Status = state.Unknown[string](p) }), catalogue.Unknown, "x:Read"},
		{id: "BDR-08", want: catalogue.Pass},
		{"BDR-08", "none that looks for it", setUp(func(s *state.State) {
			s.Monitoring.Guardrails = state.Known([]state.Guardrail{{Name: "x"}})
		}), catalogue.Fail, "no guardrail"},
		{"BDR-08", "refused", setUp(func(s *state.State) { s.Monitoring.Guardrails = state.Unknown[[]state.Guardrail](p) }), catalogue.Unknown, "x:Read"},
		{id: "BDR-09", want: catalogue.Pass},
		{"BDR-09", "an agent", asset(state.Known([]state.Asset{{Name: "Jane Roe's"}})), catalogue.Fail, "there is 1 agent"},
		{"BDR-09", "refused", asset(state.Unknown[[]state.Asset](p)), catalogue.Unknown, "x:Read"},
		{id: "BDR-10", want: catalogue.Pass},
		{"BDR-10", "a user", setUp(func(s *state.State) {
			admin(s, func(u *state.User) { u.Attached = append(u.Attached, bedrockFullAccess) })
		}), catalogue.Fail, "user claria-admin has"},
		{"BDR-10", "refused", setUp(func(s *state.State) { s.Groups = state.Unknown[[]state.Group](p) }), catalogue.Unknown, "x:Read"},

		{id: "TRN-02", want: catalogue.NotApplicable, says: "strict is not set"},
		{"TRN-02", "the key is a condition", strictly(withKey), catalogue.Pass, "any other key is refused"},
		{"TRN-02", "as set up before", strictly(nil), catalogue.Fail, "with another key; claria-admin may start a transcription without a key"},
		{"TRN-02", "refused", strictly(setUp(func(s *state.State) { s.Users = state.Unknown[[]state.User](p) })), catalogue.Unknown, "x:Read"},
		{id: "TRN-03", want: catalogue.Pass},
		{"TRN-03", "old", job(opaque, 25*time.Hour), catalogue.Fail, "1 finished job should"},
		{"TRN-03", "telling", job("jane-roe-2026", time.Hour), catalogue.Fail, "1 job with a name"},
		{"TRN-03", "refused", setUp(func(s *state.State) { s.TranscriptionJobs = state.Unknown[[]state.TranscriptionJob](p) }), catalogue.Unknown, "x:Read"},
		{id: "TRN-04", want: catalogue.Pass},
		{"TRN-04", "old", recordings(state.Recordings{Files: 1, Oldest: now.AddDate(0, 0, -40)}), catalogue.Fail, "40 days"},
		{"TRN-04", "not really gone", recordings(state.Recordings{Deleted: 1, Since: now.AddDate(0, 0, -5)}), catalogue.Fail, "5 days"},
		{"TRN-04", "too many", recordings(state.Recordings{Files: 4000, Oldest: now, More: true}), catalogue.Unknown, "more recordings"},
		{"TRN-04", "refused", setUp(func(s *state.State) { s.Monitoring.Recordings = state.Unknown[state.Recordings](p) }), catalogue.Unknown, "x:Read"},
		{id: "TRN-05", want: catalogue.Pass},
		{"TRN-05", "a list", setUp(func(s *state.State) {
			s.Monitoring.Vocabularies = state.Known([]state.Asset{{Kind: "vocabulary", Name: "names"}})
		}), catalogue.Fail, "1 vocabulary"},
		{"TRN-05", "refused", setUp(func(s *state.State) { s.Monitoring.Vocabularies = state.Unknown[[]state.Asset](p) }), catalogue.Unknown, "x:Read"},
		{id: "TRN-06", want: catalogue.Attested},
		{"TRN-06", "unsigned", func(_ *state.State, _ *state.Settings, f *Facts) { f.Register = state.Absent[register.Register]() }, catalogue.AttestDue, "nobody has signed"},
		{"TRN-06", "refused", func(_ *state.State, _ *state.Settings, f *Facts) { f.Register = state.Unknown[register.Register](p) }, catalogue.Unknown, "x:Read"},
	})
	// A name that someone chose may be a client's, so things are counted, not named.
	s := good()
	s.Monitoring.Assets[0].List = state.Known([]state.Asset{{Name: "Jane Roe's"}})
	edit(&s.TranscriptionJobs, func(all []state.TranscriptionJob) []state.TranscriptionJob {
		all[0].Name = "Jane-Roe"
		return all
	})
	for _, f := range judgeKnowing(t, catalogue.Strict, s, settings(), facts()) {
		if strings.Contains(f.Observed+f.Reason+f.Resource, "Jane") {
			t.Errorf("%s names her: %s, %s", f.ID, f.Observed, f.Reason)
		}
	}
}
