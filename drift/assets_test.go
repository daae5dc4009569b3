package drift

import (
	"strings"
	"testing"
	"time"

	"claria/provision"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	p := denied("x:Read")
	mantle := func(mode string, projects ...provision.MantleProject) func(*provision.State, *provision.Settings, *Facts) {
		return state(func(s *provision.State) {
			s.Monitoring.Mantle = provision.Known(provision.Mantle{Mode: mode, Projects: projects})
		})
	}
	policyOf := func(name string, change func(string) string) func(*provision.State, *provision.Settings, *Facts) {
		return state(func(s *provision.State) {
			edit(&s.Policies, func(all []provision.Policy) []provision.Policy {
				for i := range all {
					if all[i].Name == name {
						all[i].Document = change(all[i].Document)
					}
				}
				return all
			})
		})
	}
	asset := func(list provision.Reading[[]provision.Asset]) func(*provision.State, *provision.Settings, *Facts) {
		return state(func(s *provision.State) { s.Monitoring.Assets[0].List = list })
	}
	job := func(name string, age time.Duration) func(*provision.State, *provision.Settings, *Facts) {
		return state(func(s *provision.State) {
			s.TranscriptionJobs = provision.Known([]provision.TranscriptionJob{{Name: name, Completed: now.Add(-age), Bucket: s.DataBucket.Name}})
		})
	}
	recordings := func(r provision.Recordings) func(*provision.State, *provision.Settings, *Facts) {
		return state(func(s *provision.State) { s.Monitoring.Recordings = provision.Known(r) })
	}
	strictly := func(change func(*provision.State, *provision.Settings, *Facts)) func(*provision.State, *provision.Settings, *Facts) {
		return func(s *provision.State, set *provision.Settings, f *Facts) {
			set.Strict = true
			if change != nil {
				change(s, set, f)
			}
		}
	}
	withKey := state(func(s *provision.State) {
		strict := settings()
		strict.Strict = true
		s.Policies = provision.Desired(strict).Policies
	})
	const opaque = "0123456789ABCDEFGHJKMNPQRS"
	checkWatched(t, []watched{
		{id: "BDR-02", want: Pass},
		{"BDR-02", "projects without an opinion", mantle("none", provision.MantleProject{ID: "p", Mode: "inherit"}, provision.MantleProject{ID: "q", Mode: "none"}), Pass, "project q none"},
		{"BDR-02", "undecided", mantle("inherit"), Fail, "undecided"},
		{"BDR-02", "one project", mantle("none", provision.MantleProject{ID: "p", Mode: "aws_review"}), Fail, "project p lets prompts"},
		{"BDR-02", "a mode of the future", mantle("forever"), Unknown, "forever"},
		{"BDR-02", "no endpoint", state(func(s *provision.State) { s.Monitoring.Mantle = provision.Absent[provision.Mantle]() }), NotApplicable, "no such endpoint in us-east-1"},
		{"BDR-02", "refused", state(func(s *provision.State) { s.Monitoring.Mantle = provision.Unknown[provision.Mantle](p) }), Unknown, "x:Read"},

		{id: "BDR-03", want: Pass},
		{"BDR-03", "no deny", policyOf(provision.AdminUser, func(d string) string {
			return strings.ReplaceAll(d, "bedrock:PutAccountDataRetention", "bedrock:Nothing")
		}), Fail, "bedrock:PutAccountDataRetention once somebody"},
		{"BDR-03", "no deny at the second door", policyOf(provision.AdminUser, func(d string) string {
			return strings.ReplaceAll(d, "bedrock-mantle:CreateProject", "bedrock-mantle:Nothing")
		}), Fail, "bedrock-mantle:CreateProject"},
		{"BDR-03", "the provisioner may turn it on", policyOf(provision.ProvisionerRole, func(d string) string {
			return strings.ReplaceAll(d, `"bedrock:DataRetentionMode":["none"]`, `"aws:RequestedRegion":["us-east-1"]`)
		}), Fail, "claria-provisioner may do bedrock:PutAccountDataRetention"},
		{"BDR-03", "refused", state(func(s *provision.State) { s.Policies = provision.Unknown[[]provision.Policy](p) }), Unknown, "x:Read"},

		{id: "BDR-06", want: Pass},
		{"BDR-06", "legacy", state(func(s *provision.State) { s.Monitoring.Lifecycles[0].Status = provision.Known("LEGACY") }), Fail, "is legacy"},
		{"BDR-06", "refused", state(func(s *provision.State) { s.Monitoring.Lifecycles[0].Status = provision.Unknown[string](p) }), Unknown, "x:Read"},
		{id: "BDR-08", want: Pass},
		{"BDR-08", "none that looks for it", state(func(s *provision.State) {
			s.Monitoring.Guardrails = provision.Known([]provision.Guardrail{{Name: "x"}})
		}), Fail, "no guardrail"},
		{"BDR-08", "refused", state(func(s *provision.State) { s.Monitoring.Guardrails = provision.Unknown[[]provision.Guardrail](p) }), Unknown, "x:Read"},
		{id: "BDR-09", want: Pass},
		{"BDR-09", "an agent", asset(provision.Known([]provision.Asset{{Name: "Jane Roe's"}})), Fail, "there is 1 agent"},
		{"BDR-09", "refused", asset(provision.Unknown[[]provision.Asset](p)), Unknown, "x:Read"},
		{id: "BDR-10", want: Pass},
		{"BDR-10", "a user", state(func(s *provision.State) {
			admin(s, func(u *provision.User) { u.Attached = append(u.Attached, bedrockFullAccess) })
		}), Fail, "user claria-admin has"},
		{"BDR-10", "refused", state(func(s *provision.State) { s.Groups = provision.Unknown[[]provision.Group](p) }), Unknown, "x:Read"},

		{id: "TRN-02", want: NotApplicable, says: "strict is not set"},
		{"TRN-02", "the key is a condition", strictly(withKey), Pass, "any other is refused"},
		{"TRN-02", "as set up before", strictly(nil), Fail, "with another key; claria-admin may start a transcription without a key"},
		{"TRN-02", "refused", strictly(state(func(s *provision.State) { s.Users = provision.Unknown[[]provision.User](p) })), Unknown, "x:Read"},
		{id: "TRN-03", want: Pass},
		{"TRN-03", "old", job(opaque, 25*time.Hour), Fail, "1 finished job should"},
		{"TRN-03", "telling", job("jane-roe-2026", time.Hour), Fail, "1 job with a name"},
		{"TRN-03", "refused", state(func(s *provision.State) { s.TranscriptionJobs = provision.Unknown[[]provision.TranscriptionJob](p) }), Unknown, "x:Read"},
		{id: "TRN-04", want: Pass},
		{"TRN-04", "old", recordings(provision.Recordings{Files: 1, Oldest: now.AddDate(0, 0, -40)}), Fail, "40 days"},
		{"TRN-04", "not really gone", recordings(provision.Recordings{Deleted: 1, Since: now.AddDate(0, 0, -5)}), Fail, "5 days"},
		{"TRN-04", "too many", recordings(provision.Recordings{Files: 4000, Oldest: now, More: true}), Unknown, "more recordings"},
		{"TRN-04", "refused", state(func(s *provision.State) { s.Monitoring.Recordings = provision.Unknown[provision.Recordings](p) }), Unknown, "x:Read"},
		{id: "TRN-05", want: Pass},
		{"TRN-05", "a list", state(func(s *provision.State) {
			s.Monitoring.Vocabularies = provision.Known([]provision.Asset{{Kind: "vocabulary", Name: "names"}})
		}), Fail, "1 vocabulary"},
		{"TRN-05", "refused", state(func(s *provision.State) { s.Monitoring.Vocabularies = provision.Unknown[[]provision.Asset](p) }), Unknown, "x:Read"},
		{id: "TRN-06", want: Attested},
		{"TRN-06", "unsigned", func(_ *provision.State, _ *provision.Settings, f *Facts) { f.Register = provision.Absent[Register]() }, AttestDue, "nobody has signed"},
		{"TRN-06", "refused", func(_ *provision.State, _ *provision.Settings, f *Facts) { f.Register = provision.Unknown[Register](p) }, Unknown, "x:Read"},
	})
	// A name that somebody gave may be a client's: things are counted.
	s := good()
	s.Monitoring.Assets[0].List = provision.Known([]provision.Asset{{Name: "Jane Roe's"}})
	edit(&s.TranscriptionJobs, func(all []provision.TranscriptionJob) []provision.TranscriptionJob {
		all[0].Name = "Jane-Roe"
		return all
	})
	for _, f := range judgeKnowing(t, Strict, s, settings(), facts()) {
		if strings.Contains(f.Observed+f.Reason+f.Resource, "Jane") {
			t.Errorf("%s names her: %s, %s", f.ID, f.Observed, f.Reason)
		}
	}
}
