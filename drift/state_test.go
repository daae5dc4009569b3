package drift

import (
	"slices"
	"testing"
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
)

var now = time.Date(2026, 11, 21, 18, 2, 0, 0, time.UTC)

func settings() state.Settings {
	return state.Settings{Account: "111122223333", System: "claria", Region: "us-east-1", Models: []string{"us.anthropic.claude-sonnet-5-5"}}
}

// good returns an account in which everything is in order: the desired state, and
// what only an account itself can say.
func good() state.State {
	s := provision.Desired(settings())
	s.At = now
	s.Agreements = state.Known([]aws.Agreement{{
		Name: "AWS Business Associate Addendum", AccountID: s.Account, State: "ACTIVE", Type: "DEFAULT",
		EffectiveStart: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
	}})
	s.Organization = state.Absent[string]()
	s.Offers = state.Known([]state.Offer{})
	s.Groups = state.Known([]state.Group{})
	edit(&s.Users, func(users []state.User) []state.User {
		for i := range users {
			users[i].Keys = state.Known([]state.AccessKey{{ID: "AKIAIOSFODNN7EXAMPLE", Active: true, Created: now.AddDate(0, 0, -30)}})
			users[i].MFA = state.Known([]string{})
		}
		return users
	})
	edit(&s.Roles, func(roles []state.Role) []state.Role {
		return append(roles, state.Role{
			Name: "AWSServiceRoleForAccessAnalyzer", Path: "/aws-service-role/access-analyzer.amazonaws.com/",
			Attached: []string{"arn:aws:iam::aws:policy/aws-service-role/AccessAnalyzerServiceRolePolicy"},
		})
	})
	owner := state.Known([]state.Grant{{Grantee: "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", Permission: "FULL_CONTROL"}})
	s.DataBucket.Grants, s.AuditBucket.Grants = owner, owner
	s.TrailStatus = state.Known(state.TrailStatus{Logging: true, Started: now.AddDate(0, -8, 0), LatestDelivery: now.Add(-12 * time.Minute)})
	s.TranscriptionJobs = state.Known([]state.TranscriptionJob{{Name: "a1b2c3", Completed: now.Add(-time.Hour), Bucket: s.DataBucket.Name}})
	goodPeople(&s)
	goodPlace(&s)
	goodEstate(&s)
	goodMonitoring(&s)
	return s
}

// edit changes a known reading.
func edit[T any](r *state.Reading[T], change func(T) T) {
	v, ok := r.Value()
	if !ok {
		panic("the good state does not know this")
	}
	*r = state.Known(change(v))
}

func judgeAll(t *testing.T, observed state.State) map[string]Finding {
	t.Helper()
	return judgeWith(t, observed, settings())
}

func judgeWith(t *testing.T, observed state.State, settings state.Settings) map[string]Finding {
	t.Helper()
	return judgeKnowing(t, catalogue.Core, observed, settings, facts())
}

// judgeThe judges only one control, which keeps a table of many accounts fast.
func judgeThe(t *testing.T, id, set string, observed state.State, settings state.Settings, facts Facts) Finding {
	t.Helper()
	controls, err := catalogue.Controls(set)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(controls, func(c catalogue.Control) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("%s is not judged", id)
	}
	return Judge(observed, provision.Desired(settings), settings, facts, controls[i:i+1])[0]
}

func judgeKnowing(t *testing.T, set string, observed state.State, settings state.Settings, facts Facts) map[string]Finding {
	t.Helper()
	controls, err := catalogue.Controls(set)
	if err != nil {
		t.Fatal(err)
	}
	findings := map[string]Finding{}
	for _, f := range Judge(observed, provision.Desired(settings), settings, facts, controls) {
		findings[f.ID] = f
	}
	return findings
}

// facts returns what a scan knows about a good practice in addition to its account.
func facts() Facts {
	from := now.AddDate(0, 0, -7)
	return Facts{
		Now: now, Register: state.Known(signedRegister()), Machine: goodMachine(),
		Runs: state.Known([]Run{{At: now.Add(-5 * time.Hour), Unattended: true, Complete: true}}),
		Trail: audit.Look{
			From: from, Complete: true, Writes: state.Known([]audit.Event{}), Root: state.Known([]audit.Event{}),
			Digests: state.Known(audit.Digests{From: from, To: now, Digests: 168, Files: 900}),
		},
	}
}
