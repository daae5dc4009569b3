package provision

import (
	"slices"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision/permissions"
	"claria/provision/state"
)

// keepDays is six calendar years in days (45 CFR 164.316(b)(2)(i)). Six years in a row
// have two leap days at most; a shorter time would end before the sixth anniversary.
const keepDays = 6*365 + 2

// Desired is the account as it should be. It is pure. Before set-up, fill in the
// account with Settings.In.
func Desired(s state.Settings) state.State {
	snapshot := state.State{
		Account: s.Account, System: s.SystemName(), Region: s.Region,
		Caller: aws.Identity{Account: s.Account, ARN: s.UserARN(state.AdminUser)},

		Root: state.Known(state.RootUser{AccessKeys: 0, MFA: true}),
		PasswordPolicy: state.Known(state.PasswordPolicy{
			MinimumLength: 14, Lower: true, Upper: true, Digits: true, Symbols: true, Reuse: 24,
		}),
		Users: state.Known([]state.User{
			desiredUser(s, state.AdminUser, permissions.AdminPolicy, permissions.AuditorPolicy, permissions.AuditorWidePolicy),
			desiredUser(s, state.AuditorUser, permissions.AuditorPolicy, permissions.AuditorWidePolicy),
		}),
		Roles: state.Known([]state.Role{{
			Name: state.ProvisionerRole, ARN: s.ProvisionerARN(), Path: "/", Trust: permissions.ProvisionerTrust(s),
			MaxHours: state.Known(1), Tags: s.Tags(),
			Attached: policyARNs(s,
				permissions.AuditorPolicy, permissions.AuditorWidePolicy, permissions.ProvisionerPolicy, permissions.ProvisionerWidePolicy),
		}}),
		Policies: state.Known(desiredPolicies(s)),

		DataBucket:          desiredBucket(s, state.DataBucketName(s), permissions.DataPolicy(s)),
		AuditBucket:         desiredBucket(s, state.AuditBucketName(s), permissions.AuditPolicy(s)),
		AccountPublicAccess: state.Known(nothingPublic()),

		Trail: state.Known(state.Trail{
			Name: state.TrailName(s), ARN: s.TrailARN(), HomeRegion: s.Region, Bucket: state.AuditBucketName(s), Prefix: state.TrailPrefix,
			MultiRegion: true, GlobalServices: true, Validation: true,
		}),
		TrailStatus:    state.Known(state.TrailStatus{Logging: true}),
		TrailSelectors: state.Known(state.TrailSelectors{Advanced: desiredSelectors(s)}),
		TrailTags:      state.Known(s.Tags()),

		Analyzers: state.Known([]state.Analyzer{{Name: state.AnalyzerName(s), Type: "ACCOUNT", Status: "ACTIVE"}}),

		Retention:         state.Known("none"),
		InvocationLogging: state.Known(state.InvocationLogging{}),
		UseCase:           state.Known(true),
	}
	// Old versions of recordings go after a day; everything else is kept for six years.
	snapshot.DataBucket.Lifecycle = state.Known([]state.LifecycleRule{
		{ID: "claria-history", Enabled: true, AbortDays: 7, NoncurrentDays: keepDays},
		{ID: "claria-recordings", Enabled: true, Prefix: state.RecordingsPrefix, NoncurrentDays: 1},
	})
	snapshot.AuditBucket.Lifecycle = state.Known([]state.LifecycleRule{{ID: "claria-uploads", Enabled: true, AbortDays: 7}})
	snapshot.AuditBucket.ObjectLock = state.Known(state.ObjectLock{Enabled: true, Mode: "GOVERNANCE", Days: keepDays})
	for _, profile := range s.Models {
		snapshot.Models = append(snapshot.Models, state.Model{
			Profile: profile, Foundation: state.Foundation(profile),
			Destinations: state.Known(state.Destinations(profile)),
			Availability: state.Known(state.Access{
				Agreement: "AVAILABLE", Authorization: "AUTHORIZED", Entitlement: "AVAILABLE", Region: "AVAILABLE",
			}),
		})
	}
	desiredPeople(s, &snapshot)
	desiredAccountSettings(s, &snapshot)
	desiredInventory(s, &snapshot)
	desiredMonitoring(s, &snapshot)
	return snapshot
}

func nothingPublic() state.PublicAccess {
	return state.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, RestrictsBuckets: true}
}

func desiredUser(s state.Settings, name string, policies ...string) state.User {
	user := state.User{Name: name, ARN: s.UserARN(name), Tags: s.Tags()}
	user.Attached = policyARNs(s, policies...)
	return user
}

func policyARNs(s state.Settings, names ...string) []string {
	arns := make([]string, 0, len(names))
	for _, name := range names {
		arns = append(arns, s.PolicyARN(name))
	}
	return arns
}

func desiredPolicies(s state.Settings) []state.Policy {
	var all []state.Policy
	for _, name := range permissions.PolicyNames() {
		all = append(all, desiredPolicy(s, name))
	}
	return all
}

func desiredPolicy(s state.Settings, name string) state.Policy {
	return state.Policy{Name: name, ARN: s.PolicyARN(name), Document: permissions.PolicyDocument(s, name), Tags: state.Known(s.Tags())}
}

// desiredBucket is what both buckets have in common.
func desiredBucket(s state.Settings, name, policy string) state.Bucket {
	return state.Bucket{
		Name: name, Region: state.Known(s.Region), Tags: state.Known(s.Tags()),
		Encryption:   state.Known(state.Encryption{Algorithm: "AES256"}),
		PublicAccess: state.Known(nothingPublic()),
		Policy:       state.Known(policy), PolicyPublic: state.Known(false),
		Ownership:   state.Known("BucketOwnerEnforced"),
		Versioning:  state.Known("Enabled"),
		ObjectLock:  state.Absent[state.ObjectLock](),
		EventBridge: state.Known(false), Website: state.Absent[bool](), CORS: state.Absent[int](),
	}
}

// desiredSelectors is what the trail records: calls that read or change the account,
// and reads and writes of records. It leaves out the audit bucket, where each log file
// would cause another event.
func desiredSelectors(s state.Settings) []state.Selector {
	return []state.Selector{
		{Name: "Management events", Fields: []state.SelectorField{{Field: "eventCategory", Equals: []string{"Management"}}}},
		{Name: "Record reads and writes", Fields: []state.SelectorField{
			{Field: "eventCategory", Equals: []string{"Data"}},
			{Field: "resources.type", Equals: []string{state.S3Objects}},
			{Field: "resources.ARN", StartsWith: []string{state.BucketARN(state.DataBucketName(s)) + "/"}},
		}},
	}
}

// Knowing is In, plus the choices that only the account can answer: the models of a
// practice that names none, and whether our policies still allow the practice's own key
// (KeyKept).
func Knowing(s state.Settings, observed state.State) state.Settings {
	s = s.In(observed.Account)
	if len(s.Models) == 0 {
		s.Models = profilesOf(observed.Models)
	}
	policies, _ := observed.Policies.Value()
	s.KeyKept = !s.Strict && opensKey(s, policies)
	return s
}

// opensKey reports whether one of our policies allows decrypting with a key. Only the
// strict profile's policies do.
func opensKey(s state.Settings, policies []state.Policy) bool {
	ours := permissions.Expand(s, permissions.OwnPolicies()...)
	return slices.ContainsFunc(policies, func(p state.Policy) bool {
		if !slices.Contains(ours, p.ARN) {
			return false
		}
		d, err := policy.Parse([]byte(p.Document))
		return err == nil && len(policy.Allowing(d, "kms:Decrypt")) > 0
	})
}
