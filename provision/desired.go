package provision

import "claria/aws"

// keepDays is six years of whole days, counted as AWS's documentation counts them:
// 45 CFR 164.316(b)(2)(i).
const keepDays = 6 * 365

// Desired is the account as it should be. It is pure; before set-up, fill the
// account in with Settings.In.
func Desired(s Settings) State {
	state := State{
		Account: s.Account, System: s.system(), Region: s.Region,
		Caller: aws.Identity{Account: s.Account, ARN: s.userARN(AdminUser)},

		Root: Known(RootUser{AccessKeys: 0, MFA: true}),
		PasswordPolicy: Known(PasswordPolicy{
			MinimumLength: 14, Lower: true, Upper: true, Digits: true, Symbols: true, Reuse: 24,
		}),
		Users: Known([]User{
			s.user(AdminUser, adminPolicy, auditorPolicy, auditorWidePolicy),
			s.user(AuditorUser, auditorPolicy, auditorWidePolicy),
		}),
		Roles: Known([]Role{{
			Name: ProvisionerRole, ARN: s.ProvisionerARN(), Path: "/", Trust: provisionerTrust(s),
			MaxHours: Known(1), Tags: s.tags(),
			Attached: s.policyARNs(auditorPolicy, auditorWidePolicy, provisionerPolicy, provisionerWidePolicy),
		}}),
		Policies: Known(s.policies()),

		DataBucket:          s.bucket(DataBucketName(s), dataPolicy(s)),
		AuditBucket:         s.bucket(AuditBucketName(s), auditPolicy(s)),
		AccountPublicAccess: Known(nothingPublic()),

		Trail: Known(Trail{
			Name: TrailName(s), ARN: s.trailARN(), HomeRegion: s.Region, Bucket: AuditBucketName(s), Prefix: trailPrefix,
			MultiRegion: true, GlobalServices: true, Validation: true,
		}),
		TrailStatus:    Known(TrailStatus{Logging: true}),
		TrailSelectors: Known(TrailSelectors{Advanced: s.selectors()}),
		TrailTags:      Known(s.tags()),

		Analyzers: Known([]Analyzer{{Name: analyzerName(s), Type: "ACCOUNT", Status: "ACTIVE"}}),

		Retention:         Known("none"),
		InvocationLogging: Known(InvocationLogging{}),
		UseCase:           Known(true),
	}
	// Deleted recordings are really gone; everything else is kept for six years.
	state.DataBucket.Lifecycle = Known([]LifecycleRule{
		{ID: "claria-history", Enabled: true, AbortDays: 7, NoncurrentDays: keepDays},
		{ID: "claria-recordings", Enabled: true, Prefix: recordingsPrefix, NoncurrentDays: 1},
	})
	state.AuditBucket.Lifecycle = Known([]LifecycleRule{{ID: "claria-uploads", Enabled: true, AbortDays: 7}})
	state.AuditBucket.ObjectLock = Known(ObjectLock{Enabled: true, Mode: "GOVERNANCE", Days: keepDays})
	for _, profile := range Models(s) {
		state.Models = append(state.Models, Model{
			Profile: profile, Foundation: foundation(profile),
			Destinations: Known(Destinations(profile)),
			Availability: Known(Access{Agreement: "AVAILABLE", Authorization: "AUTHORIZED", Entitlement: "AVAILABLE", Region: "AVAILABLE"}),
		})
	}
	desiredPeople(s, &state)
	desiredPlace(s, &state)
	desiredEstate(s, &state)
	desiredMonitoring(s, &state)
	return state
}

// nothingPublic is the four flags, all on.
func nothingPublic() PublicAccess {
	return PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, RestrictsBuckets: true}
}

func (s Settings) tags() map[string]string { return map[string]string{SystemTag: s.system()} }

// owned reports whether the tags are those of a resource that Claria made.
func (s Settings) owned(tags map[string]string) bool { return tags[SystemTag] == s.system() }

func (s Settings) user(name string, policies ...string) User {
	user := User{Name: name, ARN: s.userARN(name), Tags: s.tags()}
	user.Attached = s.policyARNs(policies...)
	return user
}

func (s Settings) policyARNs(names ...string) []string {
	arns := make([]string, 0, len(names))
	for _, name := range names {
		arns = append(arns, s.policyARN(name))
	}
	return arns
}

func (s Settings) policies() []Policy {
	var all []Policy
	for _, name := range policyNames() {
		all = append(all, s.policy(name))
	}
	return all
}

func (s Settings) policy(name string) Policy {
	return Policy{Name: name, ARN: s.policyARN(name), Document: s.policyDocument(name), Tags: Known(s.tags())}
}

// bucket is what both buckets have in common.
func (s Settings) bucket(name, policy string) Bucket {
	return Bucket{
		Name: name, Region: Known(s.Region), Tags: Known(s.tags()),
		Encryption:   Known(Encryption{Algorithm: "AES256"}),
		PublicAccess: Known(nothingPublic()),
		Policy:       Known(policy), PolicyPublic: Known(false),
		Ownership:   Known("BucketOwnerEnforced"),
		Versioning:  Known("Enabled"),
		ObjectLock:  Absent[ObjectLock](),
		EventBridge: Known(false), Website: Absent[bool](), CORS: Absent[int](),
	}
}

// selectors is what the trail records: who changed or read the account, and who
// read or wrote which record. Never the audit bucket, which would log its own
// logging.
func (s Settings) selectors() []Selector {
	return []Selector{
		{Name: "Management events", Fields: []SelectorField{{Field: "eventCategory", Equals: []string{"Management"}}}},
		{Name: "Record reads and writes", Fields: []SelectorField{
			{Field: "eventCategory", Equals: []string{"Data"}},
			{Field: "resources.type", Equals: []string{s3Objects}},
			{Field: "resources.ARN", StartsWith: []string{bucketARN(DataBucketName(s)) + "/"}},
		}},
	}
}

const s3Objects = "AWS::S3::Object"
